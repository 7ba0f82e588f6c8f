//! Rows deleted by a migration.

use super::{At, Check, Finding, Level, rule};
use crate::change::{Change, DataKind};

rule! {
    /// Rows of a table that was there before are deleted.
    ///
    /// No down migration brings them back. Without a condition, all of them go.
    ///
    /// ```sql,bad
    /// CREATE TABLE carts (id bigint PRIMARY KEY, open boolean);
    /// -- migration
    /// DELETE FROM carts;
    /// ```
    ///
    /// ```sql,bad
    /// CREATE TABLE carts (id bigint PRIMARY KEY, open boolean);
    /// -- migration
    /// DELETE FROM carts WHERE NOT open;
    /// ```
    ///
    /// ```sql,good
    /// -- migration
    /// CREATE TABLE import (line text);
    /// DELETE FROM import;
    /// ```
    pub(super) static ROWS_DELETED = "rows-deleted", Warning, Data, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let mut out = Vec::new();
    for atom in &at.step.atoms {
        let Change::Data(data) = &atom.change.value else { continue };
        let table = data.table.as_ref().and_then(|name| atom.before.resolve_relation(name));
        let Some(table) = table.filter(|name| data.kind == DataKind::Delete && at.step.base.relations.contains_key(name)) else {
            continue;
        };
        let shown = at.shown(&table);
        let (what, most) = match data.filtered {
            true => (format!("rows of {shown} are deleted"), Level::Info),
            false => (format!("all rows of {shown} are deleted"), Level::Error),
        };
        let help = format!("Keep a copy of the rows if anybody may want them back: CREATE TABLE ... AS SELECT * FROM {shown}.");
        out.push(at.finding(atom.change.span, what).help(help).at_most(most));
    }
    out
}
