//! GitHub's workflow commands: each finding becomes an annotation on its line. The protocol is one line for each, with the line
//! feeds, percent signs, colons and commas of its parts written as `%XX`.
//!
//! GitHub shows ten annotations of a severity for a step and drops the others without a word, so what goes beyond is printed to
//! the log, and a last annotation says so.

use super::escape::{escape, escape_line};
use super::gather::{Entry, by_level, cut, gather, path_text};
use super::human::totals;
use crate::lint::Lint;
use crate::rules::{Base, Level};
use std::fmt::Write;

/// How many annotations of one severity GitHub shows for a step.
const MAX_OF_A_LEVEL: usize = 10;

/// How many characters of a finding's text are annotated.
const MAX_TEXT: usize = 4000;

/// Everything that was judged as workflow commands.
pub fn github(judged: &[Lint<'_>], base: &Base) -> String {
    let all = gather(judged, base);
    let mut out = String::new();
    let mut left = String::new();
    let mut dropped = 0;
    let levels: Vec<(Level, Vec<&Entry<'_>>)> = by_level(&all).collect();
    let too_many = levels.iter().any(|(_, entries)| entries.len() > MAX_OF_A_LEVEL);
    for (level, entries) in levels {
        // The last annotation is a notice too.
        let room = if too_many && level == Level::Info { MAX_OF_A_LEVEL - 1 } else { MAX_OF_A_LEVEL };
        for entry in entries.iter().take(room) {
            out.push_str(&annotation(level, entry));
        }
        for entry in entries.iter().skip(room) {
            left.push_str(&log_line(level, entry));
            dropped += 1;
        }
    }
    let total = totals(judged);
    if dropped > 0 {
        let findings = if dropped == 1 { "finding is" } else { "findings are" };
        let text = format!("{total}; {dropped} {findings} not annotated but in the log of this step");
        writeln!(out, "::notice title=migsafe::{}", data(&text)).expect("writing to a string cannot fail");
        out.push_str(&left);
    }
    writeln!(out, "migsafe: {total}").expect("writing to a string cannot fail");
    out
}

fn annotation(level: Level, entry: &Entry<'_>) -> String {
    let command = match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Info | Level::Off => "notice",
    };
    let mut properties = vec![format!("title={}", property(entry.finding.id()))];
    // Standard input is no file of the repository.
    if entry.path.as_os_str() != "-" {
        properties.insert(0, format!("file={}", property(&path_text(&entry.path))));
        properties.insert(1, format!("line={}", entry.start.line));
        properties.insert(2, format!("endLine={}", entry.end.line));
        // Columns are only known on one line.
        if entry.start.line == entry.end.line && entry.start.column < entry.end.column {
            properties.insert(3, format!("col={}", entry.start.column));
            properties.insert(4, format!("endColumn={}", entry.end.column));
        }
    }
    format!("::{command} {}::{}\n", properties.join(","), data(&cut(&entry.text(), MAX_TEXT)))
}

/// A finding as a line that is no command: those begin with `::`, or hold `##[` anywhere.
fn log_line(level: Level, entry: &Entry<'_>) -> String {
    let path = path_text(&entry.path);
    let (line, column) = (entry.start.line, entry.start.column);
    let text = format!("{level}[{}] {path}:{line}:{column}: {}", entry.finding.id(), entry.message());
    format!("{}\n", escape_line(&text).replace("##[", "## ["))
}

fn data(text: &str) -> String {
    escape(text).replace('%', "%25").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
