//! GitLab's code quality report: a JSON array of findings, which merge requests show beside the changed lines.

use super::escape::escape_json;
use super::gather::{Entry, Judged, gather, path_text};
use crate::lint::Lint;
use crate::rules::{Base, Level};
use serde::Serialize;

#[derive(Serialize)]
struct Issue {
    description: String,
    check_name: &'static str,
    fingerprint: String,
    severity: &'static str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
    end: u32,
}

/// Everything that is found and not allowed, as a code quality report.
pub fn gitlab(judged: &[Lint<'_>], base: &Base) -> String {
    let all = gather(judged, base);
    let issues: Vec<Issue> = all.iter().flat_map(Judged::open).map(issue).collect();
    escape_json(serde_json::to_string_pretty(&issues).expect("a report has only strings, numbers and lists"))
}

fn issue(entry: &Entry<'_>) -> Issue {
    Issue {
        description: entry.message(),
        check_name: entry.finding.id(),
        fingerprint: entry.fingerprint.clone(),
        severity: match entry.finding.level {
            Level::Error => "critical",
            Level::Warning => "minor",
            Level::Info | Level::Off => "info",
        },
        location: Location { path: path_text(&entry.path), lines: Lines { begin: entry.start.line, end: entry.end.line } },
    }
}
