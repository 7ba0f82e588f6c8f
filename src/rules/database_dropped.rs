//! A whole database dropped.

use super::{At, Check, Finding, rule};
use crate::change::{Change, ObjectKind};

rule! {
    /// A database is dropped with everything in it.
    ///
    /// Nothing brings it back but a backup, and a migration is hardly the place to do it.
    ///
    /// ```sql,bad
    /// -- transaction: none
    /// -- migration
    /// DROP DATABASE IF EXISTS shop;
    /// ```
    ///
    /// ```sql,good
    /// -- migration
    /// CREATE TABLE shops (id bigint PRIMARY KEY);
    /// ```
    pub(super) static DATABASE_DROPPED = "database-dropped", Error, Data, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let mut out = Vec::new();
    for (change, span) in at.changes() {
        let Change::Drop { objects, .. } = change else { continue };
        for object in objects.iter().filter(|object| object.kind == ObjectKind::Database) {
            out.push(
                at.finding(span, format!("database {} is dropped with everything in it", object.name.name))
                    .help("Drop databases by hand, after a backup that was tried."),
            );
        }
    }
    out
}
