//! The commands of `psql` that stand between statements: which of them change what runs, and which only print or set
//! something. The manual's page "psql" lists them.

use crate::change::{Change, Opaque, OpaqueClass};

/// Commands that only print, format, or remember something for the client.
const HARMLESS: &[&str] = &[
    "a",
    "bind",
    "bind_named",
    "C",
    "cd",
    "conninfo",
    "copyright",
    "crosstabview",
    "echo",
    "encoding",
    "errverbose",
    "f",
    "gdesc",
    "getenv",
    "getresults",
    "gset",
    "gx",
    "g",
    "h",
    "help",
    "H",
    "html",
    "lo_export",
    "lo_list",
    "o",
    "out",
    "p",
    "print",
    "prompt",
    "pset",
    "qecho",
    "r",
    "reset",
    "restrict",
    "s",
    "set",
    "setenv",
    "sf",
    "sv",
    "t",
    "T",
    "timing",
    "unrestrict",
    "unset",
    "w",
    "warn",
    "write",
    "x",
    "z",
    "?",
];

/// What the command does; `text` begins with the backslash.
pub fn command(text: &str) -> Change {
    let name =
        text.trim_start_matches('\\').split(|c: char| c.is_whitespace() || c == '\\' || c == ';').next().unwrap_or_default();
    let reason = match name {
        "i" | "ir" | "include" | "include_relative" => "another script is run here, and it is not read",
        "gexec" => "what the query returns is run as SQL",
        "watch" => "the query is run again and again",
        "c" | "connect" => "what follows runs in another session, perhaps in another database",
        "if" | "elif" | "else" | "endif" => "what runs from here on depends on a condition of the client",
        "q" | "quit" => "the script ends here for the client",
        "copy" => "rows are copied between a table and a file of the client",
        "!" => "a program is run",
        "e" | "edit" | "ef" | "ev" => "a person edits the text here",
        _ if HARMLESS.contains(&name) || name.starts_with('d') || name.starts_with('l') => return Change::NoEffect,
        _ => "a command to the client that is not known",
    };
    let reason = format!("`\\{name}`: {reason}");
    Change::Opaque(Opaque { reason, class: OpaqueClass::ClientCommand })
}
