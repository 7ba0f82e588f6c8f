//! Judgements that rest on an assumption.

use super::{At, Check, Finding, rule};

rule! {
    /// A statement is about something that no migration made, so its judgement rests on an assumption.
    ///
    /// What it names was taken to exist, without columns, constraints and users that nobody showed. Begin the history with the whole
    /// schema, and nothing need be assumed.
    ///
    /// ```sql,bad
    /// -- migration
    /// ALTER TABLE users ADD COLUMN email text;
    /// ```
    ///
    /// ```sql,good
    /// CREATE TABLE users (id bigint PRIMARY KEY);
    /// -- migration
    /// ALTER TABLE users ADD COLUMN email text;
    /// ```
    pub(super) static SCHEMA_ASSUMED = "schema-assumed", Info, Reading, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let help = "Add a first migration that makes what was there before the others.";
    let mut out = Vec::new();
    if !at.step.assumed.is_empty() {
        let message = format!("no migration makes {}: it was taken to exist", at.step.assumed.join(", "));
        out.push(at.finding(at.statement.span, message).help(help));
    }
    for (span, problem) in &at.step.doubtful {
        let Some(atom) = at.step.atoms.iter().rfind(|atom| atom.change.span == *span) else { continue };
        let error = at.dialect().problem(problem, &atom.change.value);
        let message = format!("as far as the schema is known this would fail, so it was passed over: {}", error.message);
        out.push(at.finding(*span, message).help(help));
    }
    out
}
