//! Markdown for a comment on a pull request: a marker by which a bot finds its own comment again, one table with a row for each
//! migration, and each finding folded below it. What others wrote is shown and means nothing: it makes no markup, no link, and
//! calls nobody.

use super::escape::escape_line;
use super::gather::{Entry, Judged, cut, gather, path_text};
use super::human::{totals, worst_lock};
use crate::lint::Lint;
use crate::rules::{Base, Level};
use std::fmt::Write;

/// The first line of the comment.
pub const MARKER: &str = "<!-- migsafe -->";

/// How many characters a comment on GitHub may have.
const MAX_COMMENT: usize = 65_536;

/// How many of them the table may take.
const MAX_TABLE: usize = 20_000;

/// What is kept for the last line.
const RESERVE: usize = 300;

/// How many characters of one safe sequence are shown.
const MAX_SQL: usize = 6000;

/// How many characters of one message are shown.
const MAX_MESSAGE: usize = 600;

/// Everything that was judged, as one comment.
pub fn markdown(judged: &[Lint<'_>], base: &Base) -> String {
    let all = gather(judged, base);
    let mut out = format!("{MARKER}\n");
    if all.is_empty() {
        out.push_str("### migsafe: no migration is pending\n");
        return out;
    }
    writeln!(out, "### migsafe: {}\n", totals(judged)).expect("writing to a string cannot fail");
    out.push_str(&table(&all));
    let mut used = length(&out);
    let (mut full, mut left) = (false, 0);
    for entry in all.iter().flat_map(Judged::open) {
        let text = folded(entry);
        full |= used + length(&text) > MAX_COMMENT - RESERVE;
        if full {
            left += 1;
        } else {
            used += length(&text);
            out.push_str(&text);
        }
    }
    if left > 0 {
        let findings = if left == 1 { "finding does" } else { "findings do" };
        writeln!(out, "\n**{left} more {findings} not fit into this comment:** `migsafe lint` shows all.")
            .expect("writing to a string cannot fail");
    }
    out
}

fn table(all: &[Judged<'_>]) -> String {
    let mut out = "| migration | phase | old version after it | new version before it | strongest lock | findings |\n\
                   | --- | --- | --- | --- | --- | --- |\n"
        .to_owned();
    for (number, migration) in all.iter().enumerate() {
        let row = row(migration);
        if length(&out) + length(&row) > MAX_TABLE {
            writeln!(out, "| and {} more | | | | | |", all.len() - number).expect("writing to a string cannot fail");
            break;
        }
        out.push_str(&row);
    }
    out.push('\n');
    out
}

fn row(migration: &Judged<'_>) -> String {
    let Judged { lint, assessment, .. } = migration;
    let path = plain(&cut(&path_text(&migration.path), 200));
    let Some(assessment) = assessment else { return format!("| {path} | released | | | | {} |\n", counts(migration)) };
    let lock = worst_lock(lint, assessment).map(|lock| plain(&lock)).unwrap_or_default();
    let old = if assessment.old_ok() { "works" } else { "**fails**" };
    let new = if assessment.new_ok() { "works" } else { "needs it" };
    format!("| {path} | {} | {old} | {new} | {lock} | {} |\n", assessment.phase.name(), counts(migration))
}

fn counts(migration: &Judged<'_>) -> String {
    let count = |level| migration.open().filter(|entry| entry.finding.level == level).count();
    let mut parts = Vec::new();
    for (level, one, many) in
        [(Level::Error, "error", "errors"), (Level::Warning, "warning", "warnings"), (Level::Info, "note", "notes")]
    {
        match count(level) {
            0 => {}
            1 => parts.push(format!("1 {one}")),
            count => parts.push(format!("{count} {many}")),
        }
    }
    if parts.is_empty() { "none".into() } else { parts.join(", ") }
}

/// One finding: its head is seen, the rest when it is opened.
fn folded(entry: &Entry<'_>) -> String {
    let finding = entry.finding;
    let sign = match finding.level {
        Level::Error => "❌",
        Level::Warning => "⚠️",
        Level::Info | Level::Off => "ℹ️",
    };
    let place = format!("{}:{}", cut(&path_text(&entry.path), 200), entry.start.line);
    let message = plain(&cut(&entry.message(), MAX_MESSAGE));
    let mut out = format!("<details><summary>{sign} <b>{}</b>: {message} ({})</summary>\n\n", finding.id(), plain(&place));
    let evidence = entry.evidence();
    for line in &evidence {
        writeln!(out, "- {}", plain(&cut(line, MAX_MESSAGE))).expect("writing to a string cannot fail");
    }
    if !evidence.is_empty() {
        out.push('\n');
    }
    for text in [&finding.why, &finding.help] {
        if !text.is_empty() {
            write!(out, "{}\n\n", plain(&cut(text, MAX_MESSAGE))).expect("writing to a string cannot fail");
        }
    }
    if let Some(sql) = entry.safe() {
        let sql = cut(&sql, MAX_SQL);
        let fence = "`".repeat(longest_run(&sql, '`').max(2) + 1);
        write!(out, "Instead:\n\n{fence}sql\n{sql}\n{fence}\n\n").expect("writing to a string cannot fail");
    }
    out + "</details>\n"
}

/// Text on one line that reads the same in Markdown and in HTML: whatever would be markup is written as a character reference, and
/// what would be made a link or call somebody is cut by a space without width.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 32);
    let text = escape_line(text);
    let mut last = ' ';
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        let between = |next: Option<&char>| last.is_alphanumeric() && next.is_some_and(|next| next.is_alphanumeric());
        match character {
            '@' | '#' => write!(out, "{character}&#8203;"),
            ':' if rest.peek() == Some(&'/') => write!(out, ":&#8203;"),
            '.' if out.to_ascii_lowercase().ends_with("www") => write!(out, "&#8203;."),
            '_' if between(rest.peek()) => write!(out, "_"),
            '&' | '<' | '>' | '\\' | '`' | '*' | '_' | '[' | ']' | '~' | '|' | '$' => {
                write!(out, "&#{};", u32::from(character))
            }
            _ => write!(out, "{character}"),
        }
        .expect("writing to a string cannot fail");
        last = character;
    }
    out
}

/// How many of a character stand in a row at most.
fn longest_run(text: &str, wanted: char) -> usize {
    text.split(|character| character != wanted).map(|run| run.chars().count()).max().unwrap_or(0)
}

/// As GitHub counts, to be on the safe side.
fn length(text: &str) -> usize {
    text.encode_utf16().count()
}
