//! The house rules, held against the source: the layers, who may know which library, where input and output happen, where a
//! database may be named, and how long a file may be.
//!
//! The order of the layers is written in `src/lib.rs`, in the table of modules; it is read from there.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// One file below `src`.
struct File {
    /// Its path below `src`, with `/`: `catalog/apply/mod.rs`.
    path: String,
    text: String,
    /// The text without comments, and with string literals emptied.
    code: String,
}

impl File {
    /// The top-level module that it belongs to.
    fn module(&self) -> &str {
        let first = self.path.split('/').next().unwrap_or_default();
        first.strip_suffix(".rs").unwrap_or(first)
    }

    /// How many modules lie between the crate and this one, itself counted.
    fn depth(&self) -> usize {
        let parts = self.path.split('/').count();
        if self.path.ends_with("/mod.rs") { parts - 1 } else { parts }
    }

    /// Whether all of it is tests.
    fn is_test(&self) -> bool {
        self.path.ends_with("tests.rs") || self.path.contains("/tests/")
    }

    fn is_in(&self, places: &[&str]) -> bool {
        places.iter().any(|place| self.path == *place || self.path.starts_with(place) && place.ends_with('/'))
    }
}

#[test]
fn a_module_names_only_those_above_it() {
    let order = order();
    let mut wrong = String::new();
    for file in files() {
        let Some(own) = order.iter().position(|module| module == file.module()) else { continue };
        for name in named(file) {
            let Some(other) = order.iter().position(|module| *module == name) else { continue };
            // States and dialects know each other: applying a change asks the trait for names, types and errors.
            let is_pair = file.module() == "catalog" && name == "dialect";
            if other > own && !is_pair {
                writeln!(wrong, "src/{} names `{name}`, which comes after `{}`", file.path, file.module()).expect("a string");
            }
        }
    }
    assert!(wrong.is_empty(), "the order is that of the table in src/lib.rs\n{wrong}");
}

#[test]
fn every_module_has_its_place_in_the_order() {
    let order: BTreeSet<String> = order().into_iter().collect();
    let modules: BTreeSet<String> = files().iter().map(|file| file.module().to_owned()).collect();
    let missing: Vec<&String> = modules.iter().filter(|name| !["lib", "main"].contains(&name.as_str())).collect();
    let missing: Vec<&&String> = missing.iter().filter(|name| !order.contains(name.as_str())).collect();
    assert!(missing.is_empty(), "not in the table in src/lib.rs: {missing:?}");
}

#[test]
fn libraries_are_known_where_they_belong() {
    for (library, places) in [
        ("sqlparser", ["parse.rs", "parse/", "lower/", "assess/compat/"].as_slice()),
        ("sqlx", &["verify.rs", "verify/", "read/layout/"]),
        ("tokio", &["verify.rs", "verify/"]),
        ("clap", &["cli/"]),
        ("anstream", &["cli/"]),
        ("serde", &["report/", "config.rs", "read/"]),
        ("serde_json", &["report/", "read/"]),
        ("toml", &["config.rs", "read/"]),
        ("annotate_snippets", &["report/"]),
    ] {
        let path = format!("{library}::");
        let users = files().iter().filter(|file| !file.is_in(places) && has_word(&file.code, &path));
        let users: Vec<&str> = users.map(|file| file.path.as_str()).collect();
        assert!(users.is_empty(), "{library} belongs to {places:?}, and is named in {users:?}");
    }
}

#[test]
fn the_core_neither_reads_nor_prints() {
    let places = ["read/", "verify.rs", "verify/", "cli/", "main.rs"];
    for word in ["std::fs", "std::process", "std::env", "std::net", "println!", "print!", "eprintln!", "eprint!"] {
        let users = files().iter().filter(|file| !file.is_in(&places) && has_word(&file.code, word));
        let users: Vec<&str> = users.map(|file| file.path.as_str()).collect();
        assert!(users.is_empty(), "{word} belongs to {places:?}, and is named in {users:?}");
    }
}

#[test]
fn databases_are_named_in_their_own_files_only() {
    // The reader knows file names, the command line the dialects' names, `verify` a server; what `lower` reads is PostgreSQL's SQL.
    let places = ["dialect/postgres.rs", "dialect/postgres/", "lower/", "read/", "verify.rs", "verify/", "cli/"];
    let mut wrong = String::new();
    for file in files().iter().filter(|file| !file.is_in(&places) && !file.is_test()) {
        let (_, literals) = split(file.text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default());
        for literal in literals {
            let lower = literal.to_lowercase();
            if ["pg_", "postgres", "mysql", "sqlite", "mariadb"].iter().any(|word| lower.contains(word)) {
                writeln!(wrong, "src/{}: {literal}", file.path).expect("a string");
            }
        }
    }
    assert!(wrong.is_empty(), "only {places:?} name databases\n{wrong}");
}

#[test]
fn files_open_with_what_they_are_for_and_stay_short() {
    for file in files() {
        assert!(file.text.starts_with("//! "), "src/{} does not say what it is for", file.path);
        let lines = file.text.lines().count();
        assert!(lines <= 500, "src/{} has {lines} lines: split it", file.path);
    }
}

/// The modules in their order: the table in `src/lib.rs`, then what stands outside the core.
fn order() -> Vec<String> {
    let text = std::fs::read_to_string(root().join("lib.rs")).expect("src/lib.rs is there");
    let rows = text.lines().filter_map(|line| line.strip_prefix("//! | [`"));
    let mut order: Vec<String> = rows.filter_map(|row| Some(row.split_once('`')?.0.to_owned())).collect();
    assert!(order.len() > 10, "the table of modules in src/lib.rs was found: {order:?}");
    order.push("cli".to_owned());
    order
}

/// The top-level modules that a file names, by `crate::` or by climbing to the crate with `super::`.
fn named(file: &File) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let up = "super::".repeat(file.depth());
    for prefix in ["crate::", &up] {
        for (at, _) in file.code.match_indices(prefix) {
            if file.code[..at].ends_with("super::") {
                continue;
            }
            let rest = &file.code[at + prefix.len()..];
            match rest.strip_prefix('{') {
                Some(group) => names.extend(heads(group)),
                None => names.extend(heads(rest).into_iter().next()),
            }
        }
    }
    names
}

/// The first names of the parts of a `use` group, up to its end.
fn heads(group: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut depth = 0;
    let mut is_head = true;
    let mut word = String::new();
    for character in group.chars() {
        if is_head && (character.is_alphanumeric() || character == '_') {
            word.push(character);
            continue;
        }
        if !word.is_empty() {
            out.push(std::mem::take(&mut word));
            is_head = false;
        }
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' => is_head = depth == 0,
            ';' => break,
            _ => {}
        }
    }
    out
}

/// Whether the code has the word where no longer name ends in it.
fn has_word(code: &str, word: &str) -> bool {
    code.match_indices(word).any(|(at, _)| {
        !code[..at].ends_with(|character: char| character.is_alphanumeric() || character == '_' || character == ':')
    })
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn files() -> &'static [File] {
    static FILES: OnceLock<Vec<File>> = OnceLock::new();
    FILES.get_or_init(read)
}

fn read() -> Vec<File> {
    let root = root();
    let mut files = Vec::new();
    let mut waiting = vec![root.clone()];
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            waiting.extend(std::fs::read_dir(&path).expect("it can be listed").flatten().map(|entry| entry.path()));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).expect("it is UTF-8");
            let below = path.strip_prefix(&root).expect("it lies below src").to_string_lossy().replace('\\', "/");
            let (code, _) = split(&text);
            files.push(File { path: below, text, code });
        }
    }
    assert!(files.len() > 50, "the source was found");
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

/// Rust without comments and with empty literals, and the literals.
fn split(text: &str) -> (String, Vec<String>) {
    let (mut code, mut literals) = (String::new(), Vec::new());
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let taken = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if let Some(end) = raw_string(rest).filter(|_| !code.ends_with(|last: char| last.is_alphanumeric() || last == '_'))
        {
            literals.push(rest[..end].to_owned());
            code.push_str("\"\"");
            end
        } else if character == '"' {
            let end = string_end(rest);
            literals.push(rest[..end].to_owned());
            code.push_str("\"\"");
            end
        } else if let Some(end) = character_end(rest) {
            code.push_str("''");
            end
        } else {
            code.push(character);
            character.len_utf8()
        };
        rest = &rest[taken..];
    }
    (code, literals)
}

/// The length of the raw string at the beginning.
fn raw_string(text: &str) -> Option<usize> {
    let hashes = text.strip_prefix('r')?;
    let count = hashes.len() - hashes.trim_start_matches('#').len();
    let body = hashes[count..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(count));
    Some(1 + count + 1 + body.find(&end)? + end.len())
}

/// The length of the string at the beginning.
fn string_end(text: &str) -> usize {
    let mut escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The length of the character literal at the beginning; a lifetime is none.
fn character_end(text: &str) -> Option<usize> {
    let body = text.strip_prefix('\'')?;
    match body.strip_prefix('\\') {
        Some(escape) => Some(2 + escape.char_indices().skip(1).find(|(_, character)| *character == '\'')?.0 + 1),
        None => {
            let character = body.chars().next()?;
            body[character.len_utf8()..].starts_with('\'').then_some(2 + character.len_utf8())
        }
    }
}
