//! Statements that the server refuses.

use super::{At, Check, Finding, rule};
use crate::catalog::Problem;
use crate::replay::Atom;

rule! {
    /// The migration itself fails: the server refuses a statement on the schema that the migrations before it make.
    ///
    /// Something that it names is not there, or is there already, or is used by something else. Inside a transaction nothing of the
    /// migration remains; outside of one, everything before the statement does.
    ///
    /// ```sql,bad
    /// CREATE TABLE users (id bigint PRIMARY KEY);
    /// -- migration
    /// ALTER TABLE users DROP COLUMN email;
    /// ```
    ///
    /// ```sql,bad
    /// CREATE TABLE users (id bigint PRIMARY KEY);
    /// CREATE VIEW members AS SELECT id FROM users;
    /// -- migration
    /// DROP TABLE users;
    /// ```
    ///
    /// A label cannot be used in the transaction that adds it, up to PostgreSQL 16 not even where that has made the enum.
    ///
    /// ```sql,bad
    /// CREATE TABLE users (id bigint PRIMARY KEY);
    /// -- migration
    /// CREATE TYPE mood AS ENUM ('sad');
    /// ALTER TYPE mood ADD VALUE 'glad';
    /// ALTER TABLE users ADD COLUMN mood mood DEFAULT 'glad';
    /// ```
    ///
    /// ```sql,good
    /// CREATE TABLE users (id bigint PRIMARY KEY);
    /// -- migration
    /// ALTER TABLE users DROP COLUMN IF EXISTS email;
    /// ```
    ///
    /// ```sql,good
    /// CREATE TABLE users (id bigint PRIMARY KEY);
    /// -- migration
    /// CREATE TYPE mood AS ENUM ('sad');
    /// ALTER TYPE mood ADD VALUE 'glad';
    /// ALTER TABLE users ADD COLUMN mood mood DEFAULT 'sad';
    /// ```
    pub(super) static MIGRATION_FAILS = "migration-fails", Error, Runner, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let mut out = labels_of_new_types(at);
    for (span, problem) in &at.step.problems {
        let failed = at.step.atoms.iter().rfind(|atom| atom.change.span == *span);
        let (Some(atom), false) = (failed, matches!(problem, Problem::InTransaction { .. })) else { continue };
        out.push(finding(at, atom, problem));
    }
    out
}

fn finding(at: &At<'_>, atom: &Atom, problem: &Problem) -> Finding {
    let error = at.dialect().problem(problem, &atom.change.value);
    let code = error.sqlstate.map(|code| format!(" ({code})")).unwrap_or_default();
    at.finding(atom.change.span, format!("the migration fails here: {}{code}", error.message)).help(help(problem))
}

/// What only some versions of the server refuse.
fn labels_of_new_types(at: &At<'_>) -> Vec<Finding> {
    if at.dialect().uses_labels_of_new_types(at.scene.version) {
        return Vec::new();
    }
    let certain = at.step.atoms.iter().filter(|atom| !atom.conditional);
    let found = certain.filter_map(|atom| Some((atom, atom.after.label_of_new_type(&atom.change.value)?)));
    found.map(|(atom, problem)| finding(at, atom, &problem)).collect()
}

fn help(problem: &Problem) -> String {
    match problem {
        Problem::Missing { .. } => {
            "Check the name and the order of the migrations; write IF EXISTS where it may be missing.".into()
        }
        Problem::Exists { .. } => {
            "Check whether an earlier migration makes it; write IF NOT EXISTS where it may be there.".into()
        }
        Problem::Dependents { dependents, .. } => {
            format!("Change or drop {} first.", dependents.join(", "))
        }
        Problem::UncommittedLabel { .. } => "Use the new label in a later migration: it must be committed first.".into(),
        Problem::ViewColumns { .. } | Problem::RoutineReplaced { .. } => {
            "Make a new one under another name, or drop the old one in the same transaction.".into()
        }
        Problem::NoKeyReferenced { table } => format!("Give {table} a primary key or unique constraint on these columns first."),
        Problem::NoConflictKey { table, columns } if columns.is_empty() => {
            format!("Make a unique index on these expressions of {table} first.")
        }
        Problem::NoConflictKey { table, columns } => format!("Make a unique index on ({}) of {table} first.", columns.join(", ")),
        Problem::SecondPrimaryKey { .. } => "Drop the primary key that is there first.".into(),
        Problem::WrongKind { .. } => "Use the statement for its kind.".into(),
        Problem::InTransaction { .. } | Problem::UnknownLabel { .. } | Problem::Other { .. } => {
            "Correct the statement, and try the migrations on an empty database.".into()
        }
    }
}
