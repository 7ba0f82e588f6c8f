//! What the formats for pipelines have in common: the findings of each judged migration with their places as the repository calls
//! them, and what is said of a finding in plain words.

use super::escape::{escape, escape_line};
use super::json::app_name;
use crate::allow::{Reported, Suppression};
use crate::assess::Assessment;
use crate::lint::Lint;
use crate::rules::{Base, Finding, FindingBreak, Level};
use crate::source::Position;
use std::collections::HashMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// How many broken uses of a finding are told.
const MAX_BREAKS: usize = 3;

/// A judged migration, or a released one of which there is something to say.
pub(super) struct Judged<'a> {
    pub lint: &'a Lint<'a>,
    /// The verdict; a released migration has none.
    pub assessment: Option<&'a Assessment>,
    /// Its file, from the root on.
    pub path: PathBuf,
    /// What was found in it, also what is allowed.
    pub entries: Vec<Entry<'a>>,
}

/// A finding and its place.
pub(super) struct Entry<'a> {
    pub lint: &'a Lint<'a>,
    pub assessment: Option<&'a Assessment>,
    pub finding: &'a Finding,
    pub suppressed: Option<&'a Suppression>,
    /// The file, from the root on.
    pub path: PathBuf,
    pub start: Position,
    /// One past the last character.
    pub end: Position,
    /// The same for the same finding in every run, and for no other one of this run.
    pub fingerprint: String,
}

/// Everything that was judged, in order.
pub(super) fn gather<'a>(judged: &'a [Lint<'a>], base: &Base) -> Vec<Judged<'a>> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut out = Vec::new();
    for lint in judged {
        let mut entry = |assessment, reported| {
            let mut entry = Entry::new(lint, assessment, reported, base);
            let count = seen.entry(entry.fingerprint.clone()).or_default();
            *count += 1;
            if *count > 1 {
                write!(entry.fingerprint, ":{count}").expect("writing to a string cannot fail");
            }
            entry
        };
        for reported in lint.findings_of_released() {
            let entry = entry(None, reported);
            out.push(Judged { lint, assessment: None, path: entry.path.clone(), entries: vec![entry] });
        }
        for assessment in &lint.assessments {
            let file = lint.project.history.migrations[assessment.migration].file;
            let path = base.relative(lint.project.sources.path(file));
            let entries = lint.findings_of(assessment).map(|reported| entry(Some(assessment), reported)).collect();
            out.push(Judged { lint, assessment: Some(assessment), path, entries });
        }
    }
    out
}

impl<'a> Judged<'a> {
    /// What is found and not allowed.
    pub fn open(&self) -> impl Iterator<Item = &Entry<'a>> {
        self.entries.iter().filter(|entry| entry.suppressed.is_none())
    }
}

impl<'a> Entry<'a> {
    fn new(lint: &'a Lint<'a>, assessment: Option<&'a Assessment>, reported: &'a Reported, base: &Base) -> Self {
        let sources = &lint.project.sources;
        let Reported { finding, fingerprint, suppressed } = reported;
        let span = finding.place.span;
        Entry {
            lint,
            assessment,
            finding,
            suppressed: suppressed.as_ref(),
            path: base.relative(sources.path(span.file)),
            start: sources.position(span.file, span.start),
            end: sources.position(span.file, span.end),
            fingerprint: fingerprint.to_string(),
        }
    }

    /// What happens, on one line.
    pub fn message(&self) -> String {
        escape_line(&self.finding.message).into_owned()
    }

    /// Who breaks, by which use, with which error: a line for each, the first few.
    pub fn evidence(&self) -> Vec<String> {
        let dialect = self.lint.options.dialect;
        let mut out: Vec<String> = Vec::new();
        for FindingBreak { app, broken } in self.finding.breaks.iter().take(MAX_BREAKS) {
            let error = broken.server_error(dialect);
            let state = error.sqlstate.as_deref().map(|state| format!("{state} ")).unwrap_or_default();
            let line = format!("{} app: {} → {state}{}", app_name(*app), broken.usage.sql(dialect), error.message);
            out.push(escape_line(&line).into_owned());
        }
        let more = self.finding.breaks.len().saturating_sub(MAX_BREAKS);
        if more > 0 {
            out.push(format!("and {more} more {}", if more == 1 { "use" } else { "uses" }));
        }
        out
    }

    /// The way out as one script, each part under its phase.
    pub fn safe(&self) -> Option<String> {
        let mut out = String::new();
        for part in &self.finding.alternative {
            writeln!(out, "-- {}", part.phase.name()).expect("writing to a string cannot fail");
            for sql in &part.sql {
                let sql = escape_lines(sql.trim_end_matches(';'));
                let is_comment = sql.lines().last().is_some_and(|line| line.starts_with("--"));
                writeln!(out, "{sql}{}", if is_comment { "" } else { ";" }).expect("writing to a string cannot fail");
            }
        }
        (!out.is_empty()).then(|| out.trim_end().to_owned())
    }

    /// Everything in plain words: what happens first, then who breaks, why, and what to do.
    pub fn text(&self) -> String {
        let mut parts = vec![self.message()];
        parts.extend(Some(self.evidence().join("\n")).filter(|text| !text.is_empty()));
        for text in [&self.finding.why, &self.finding.help] {
            if !text.is_empty() {
                parts.push(escape(text).into_owned());
            }
        }
        parts.extend(self.safe().map(|sql| format!("Instead:\n{sql}")));
        parts.join("\n\n")
    }
}

/// The worst first, and each in the order of the text.
pub(super) fn by_level<'a, 'b>(judged: &'b [Judged<'a>]) -> impl Iterator<Item = (Level, Vec<&'b Entry<'a>>)> {
    [Level::Error, Level::Warning, Level::Info].into_iter().map(|level| {
        let of_level = |entry: &&Entry<'_>| entry.finding.level == level;
        (level, judged.iter().flat_map(Judged::open).filter(of_level).collect())
    })
}

/// A path as repositories write it, with `/`. Bytes that are no UTF-8 are lost.
pub(super) fn path_text(path: &Path) -> String {
    let text = path.to_string_lossy();
    if cfg!(windows) { text.replace('\\', "/") } else { text.into_owned() }
}

/// The text cut after so many characters.
pub(super) fn cut(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// Escaped, but with the tabs that indent.
fn escape_lines(sql: &str) -> String {
    sql.replace("\r\n", "\n").split('\t').map(escape).collect::<Vec<_>>().join("\t")
}
