//! Statements that were not understood.

use super::{At, Check, Finding, rule};
use crate::change::{Change, OpaqueClass};

rule! {
    /// A statement was not understood, so nothing is known about what it does.
    ///
    /// It may do anything to the schema, and everything judged after it rests on a schema without it. Its neighbours are judged all the
    /// same.
    ///
    /// ```sql,bad
    /// -- transaction: none
    /// -- migration
    /// \i another.sql
    /// ```
    ///
    /// ```sql,good
    /// -- migration
    /// CREATE TABLE users (id bigint PRIMARY KEY);
    /// ```
    pub(super) static NOT_UNDERSTOOD = "not-understood", Warning, Reading, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let mut out: Vec<Finding> = Vec::new();
    for (change, span) in at.changes() {
        let Change::Opaque(opaque) = change else { continue };
        let (message, help) = match opaque.class {
            OpaqueClass::Syntax => (
                format!("not understood: {}", opaque.reason),
                "Check it by hand. If the server accepts it, it is a fault of migsafe that should be reported.",
            ),
            OpaqueClass::ClientCommand => (
                format!("not followed: {}", opaque.reason),
                "Put the statements themselves into the migration, or check by hand what the client makes of this.",
            ),
            OpaqueClass::Language => (format!("not read: {}", opaque.reason), "Check by hand what the body does."),
            OpaqueClass::Dynamic => continue,
        };
        if !out.iter().any(|found| found.place.span == span && found.message == message) {
            out.push(at.finding(span, message).help(help));
        }
    }
    out
}
