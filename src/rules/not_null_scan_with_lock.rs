//! Nulls looked for in every row while everybody waits.

use super::work::{Slow, Work};
use super::{At, Check, Finding, rule};
use crate::assess::Phase;
use crate::catalog::{Name, Table};
use crate::change::{Change, Constraint, ConstraintKind, Ident, TableAction};

rule! {
    /// Every row is searched for nulls under a lock that stops all use of the table.
    ///
    /// The search is left out where a valid check shows that the column holds none, and such a check can be validated while reads and
    /// writes go on.
    ///
    /// ```sql,bad
    /// CREATE TABLE users (id bigint PRIMARY KEY, email text);
    /// -- migration
    /// ALTER TABLE users ALTER COLUMN email SET NOT NULL;
    /// ```
    ///
    /// ```sql,good
    /// CREATE TABLE users (id bigint PRIMARY KEY, email text, CONSTRAINT has_email CHECK (email IS NOT NULL));
    /// -- migration
    /// ALTER TABLE users ALTER COLUMN email SET NOT NULL;
    /// ```
    pub(super) static NOT_NULL_SCAN_WITH_LOCK = "not-null-scan-with-lock", Error, Locks, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    at.slow(Work::NotNull).iter().filter_map(|slow| finding(at, slow)).collect()
}

fn finding(at: &At<'_>, slow: &Slow<'_>) -> Option<Finding> {
    let Change::AlterTable(alter) = &slow.atom.change.value else { return None };
    let table = slow.atom.before.resolve_relation(&alter.table)?;
    let columns = columns(slow, &table, &alter.action);
    let found = at
        .blocked(slow, format!("every row is searched for nulls in {}", columns.join(", ")))
        .help("Add a check as NOT VALID, validate it in a later transaction, and set NOT NULL then: the search is left out.");
    let mut sql: Vec<String> = columns.iter().flat_map(|column| at.set_not_null(&table, column)).collect();
    if let TableAction::AddConstraint(Constraint { kind: ConstraintKind::PrimaryKey(_), .. }) = &alter.action {
        sql.push(at.alter(&table, alter.action.clone()));
    }
    Some(found.part(Phase::Contract, sql))
}

fn columns(slow: &Slow<'_>, table: &Name, action: &TableAction) -> Vec<Ident> {
    match action {
        TableAction::SetNotNull { column } => vec![column.clone()],
        TableAction::AddConstraint(Constraint { kind: ConstraintKind::NotNull(column), .. }) => vec![column.clone()],
        TableAction::AddConstraint(Constraint { kind: ConstraintKind::PrimaryKey(key), .. }) => {
            let before = slow.atom.before.table(table);
            let index = key.using_index.as_ref().and_then(|index| before?.index(index));
            let keys = index.map(|index| index.shape.keys.iter().filter_map(|key| key.column().cloned()));
            let nullable = |column: &Ident| {
                before.and_then(|table: &std::sync::Arc<Table>| table.column(column)).is_some_and(|it| !it.not_null)
            };
            keys.into_iter().flatten().filter(nullable).collect()
        }
        _ => Vec::new(),
    }
}
