//! JUnit's XML, for whatever shows test results: a suite for each migration and a case for each finding in it. A finding that fails
//! the run is a failure, an allowed one is skipped, another passes with its text as output; a migration without findings is one
//! case that passes.

use super::gather::{Entry, Judged, gather, path_text};
use crate::allow::Suppression;
use crate::lint::Lint;
use crate::rules::{Base, Level};
use std::fmt::Write;

/// Everything that was judged as test results; findings of the severity `fail_on` and above are failures.
pub fn junit(judged: &[Lint<'_>], base: &Base, fail_on: Level) -> String {
    let all = gather(judged, base);
    let mut suites = String::new();
    let mut totals = Counts::default();
    for migration in &all {
        let counts = Counts::of(migration, fail_on);
        suites.push_str(&suite(migration, &counts, fail_on));
        totals.tests += counts.tests;
        totals.failures += counts.failures;
    }
    let Counts { tests, failures, .. } = totals;
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <testsuites name=\"migsafe\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\">\n{suites}</testsuites>\n"
    )
}

#[derive(Default)]
struct Counts {
    tests: usize,
    failures: usize,
    skipped: usize,
}

impl Counts {
    fn of(migration: &Judged<'_>, fail_on: Level) -> Self {
        let entries = &migration.entries;
        Counts {
            tests: entries.len().max(1),
            failures: migration.open().filter(|entry| entry.finding.level >= fail_on).count(),
            skipped: entries.iter().filter(|entry| entry.suppressed.is_some()).count(),
        }
    }
}

fn suite(migration: &Judged<'_>, counts: &Counts, fail_on: Level) -> String {
    let path = xml(&path_text(&migration.path));
    let Counts { tests, failures, skipped } = counts;
    let mut out = format!(
        "  <testsuite name=\"{path}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\" skipped=\"{skipped}\" file=\"{path}\">\n"
    );
    if migration.entries.is_empty() {
        writeln!(out, "    <testcase name=\"no findings\" classname=\"{path}\"/>").expect("writing to a string cannot fail");
    }
    for entry in &migration.entries {
        let place = format!("{}:{}:{}", path_text(&entry.path), entry.start.line, entry.start.column);
        let name = xml(&format!("{} at {}:{}", entry.finding.id(), entry.start.line, entry.start.column));
        writeln!(out, "    <testcase name=\"{name}\" classname=\"{path}\">\n{}    </testcase>", outcome(entry, &place, fail_on))
            .expect("writing to a string cannot fail");
    }
    out + "  </testsuite>\n"
}

fn outcome(entry: &Entry<'_>, place: &str, fail_on: Level) -> String {
    let message = xml(&entry.message());
    let text = xml(&format!("{place}\n{}", entry.text()));
    match entry.suppressed {
        Some(Suppression::Directive { reason, .. }) => format!("      <skipped message=\"allowed: {}\"/>\n", xml(reason)),
        Some(Suppression::Baseline) => "      <skipped message=\"accepted by the baseline\"/>\n".to_owned(),
        None if entry.finding.level >= fail_on => {
            format!("      <failure type=\"{}\" message=\"{message}\">{text}</failure>\n", entry.finding.level)
        }
        None => format!("      <system-out>{}: {text}</system-out>\n", entry.finding.level),
    }
}

/// Text for an attribute or an element. What XML has no way to say is written out.
fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for character in super::escape(text).chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '\u{fffe}' | '\u{ffff}' => out.extend(character.escape_unicode()),
            _ => out.push(character),
        }
    }
    out
}
