//! The findings that a project has accepted: what was there when the tool came shall not keep it out. A finding is known by its
//! fingerprint, so it stays accepted while lines move, and is reported again once its statement does something else.

use crate::allow::{Reported, Suppression};
use crate::lint::Lint;
use crate::rules::{Fingerprint, label};
use std::collections::BTreeSet;
use std::fmt::Write;

/// The name of the file.
pub const FILE_NAME: &str = "migsafe-baseline.txt";

const HEADER: &str = "# Findings that are accepted: they are not reported. One on a line: fingerprint, rule, migration.\n\
                      # `migsafe lint --write-baseline` writes this file anew, and what was fixed drops out.\n";

/// Accepted findings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Baseline {
    /// In the order of the file.
    pub entries: BTreeSet<Accepted>,
}

/// An accepted finding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Accepted {
    /// The migration that it is in, as reports call it.
    pub migration: String,
    /// The rule.
    pub rule: String,
    /// What it is known by.
    pub fingerprint: Fingerprint,
}

/// A line that is none of a baseline's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: `{text}` is no accepted finding; `migsafe lint --write-baseline` writes the file anew")]
pub struct BaselineError {
    /// The line, from 1.
    pub line: usize,
    /// What stands there.
    pub text: String,
}

impl Baseline {
    /// Reads the text of a baseline.
    pub fn parse(text: &str) -> Result<Baseline, BaselineError> {
        let lines = text.lines().enumerate().map(|(number, line)| (number + 1, line.trim()));
        let entry = |(line, text): (usize, &str)| {
            let mut parts = text.splitn(3, ' ');
            let mut part = || parts.next().unwrap_or_default().to_owned();
            let (fingerprint, rule, migration) = (part(), part(), part());
            let fingerprint = fingerprint.parse().ok().filter(|_| !rule.is_empty());
            let wrong = || BaselineError { line, text: text.to_owned() };
            Ok(Accepted { migration, rule, fingerprint: fingerprint.ok_or_else(wrong)? })
        };
        let entries = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#')).map(entry);
        Ok(Baseline { entries: entries.collect::<Result<_, _>>()? })
    }

    /// The text of the file.
    pub fn render(&self) -> String {
        let mut out = HEADER.to_owned();
        for Accepted { migration, rule, fingerprint } in &self.entries {
            writeln!(out, "{fingerprint} {rule} {migration}").expect("writing to a string cannot fail");
        }
        out
    }

    /// Marks what is accepted, and returns the entries whose migrations were judged without that finding.
    pub fn apply(&self, judged: &mut [Lint<'_>]) -> Vec<&Accepted> {
        let accepted: BTreeSet<Fingerprint> = self.entries.iter().map(|entry| entry.fingerprint).collect();
        let mut found = BTreeSet::new();
        for reported in judged.iter_mut().flat_map(|lint| &mut lint.findings) {
            found.insert(reported.fingerprint);
            if reported.suppressed.is_none() && accepted.contains(&reported.fingerprint) {
                reported.suppressed = Some(Suppression::Baseline);
            }
        }
        let labels = judged_labels(judged);
        let fixed = |entry: &&Accepted| labels.contains(&entry.migration) && !found.contains(&entry.fingerprint);
        self.entries.iter().filter(fixed).collect()
    }

    /// The baseline with everything that is found now and not allowed by a directive. Of migrations that were not judged it keeps
    /// what it has, of those that are gone nothing.
    pub fn renewed(&self, judged: &[Lint<'_>]) -> Baseline {
        let all: BTreeSet<String> = judged.iter().flat_map(|lint| lint.project.history.migrations.iter().map(label)).collect();
        let labels = judged_labels(judged);
        let kept = self.entries.iter().filter(|entry| all.contains(&entry.migration) && !labels.contains(&entry.migration));
        let new = judged.iter().flat_map(|lint| {
            let open = lint.findings.iter().filter(|found| !matches!(found.suppressed, Some(Suppression::Directive { .. })));
            open.map(|found| accept(lint, found))
        });
        Baseline { entries: kept.cloned().chain(new).collect() }
    }
}

fn accept(lint: &Lint<'_>, found: &Reported) -> Accepted {
    let migration = &lint.project.history.migrations[found.finding.place.migration];
    Accepted { migration: label(migration), rule: found.finding.id().to_owned(), fingerprint: found.fingerprint }
}

fn judged_labels(judged: &[Lint<'_>]) -> BTreeSet<String> {
    let of = |lint: &Lint<'_>| {
        let migrations = &lint.project.history.migrations;
        lint.assessments.iter().map(|assessment| label(&migrations[assessment.migration])).collect::<Vec<_>>()
    };
    judged.iter().flat_map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let text = format!("{HEADER}{0} column-dropped 0002_drop it\n{0} x 0001_a\n", "0".repeat(32));
        let baseline = Baseline::parse(&text).expect("it is well formed");
        let migrations: Vec<&str> = baseline.entries.iter().map(|entry| entry.migration.as_str()).collect();
        assert_eq!(migrations, ["0001_a", "0002_drop it"]);
        assert_eq!(Baseline::parse(&baseline.render()), Ok(baseline));
        let wrong = Baseline::parse("# x\n\n<<<<<<< HEAD\n").expect_err("a conflict");
        assert_eq!((wrong.line, wrong.text.as_str()), (3, "<<<<<<< HEAD"));
    }
}
