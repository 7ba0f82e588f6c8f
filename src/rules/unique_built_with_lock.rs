//! A constraint's index built while everybody waits.

use super::work::{Slow, Work, added_constraints};
use super::{At, Check, Finding, rule};
use crate::assess::Phase;
use crate::catalog::{Name, Table};
use crate::change::{Change, Constraint, ConstraintKind, Ident, Key};
use std::sync::Arc;

rule! {
    /// The index of a new primary key, unique or exclusion constraint is built under a lock that stops all use of the table.
    ///
    /// Reads wait as well as writes, until every row has been read and sorted. Build the unique index concurrently, and make the
    /// constraint of it: that is over in an instant.
    ///
    /// ```sql,bad
    /// CREATE TABLE users (id bigint PRIMARY KEY, email text);
    /// -- migration
    /// ALTER TABLE users ADD CONSTRAINT users_email UNIQUE (email);
    /// ```
    ///
    /// ```sql,bad
    /// CREATE TABLE users (id bigint, email text);
    /// -- migration
    /// ALTER TABLE users ADD PRIMARY KEY (id);
    /// ```
    ///
    /// ```sql,good
    /// -- transaction: none
    /// CREATE TABLE users (id bigint PRIMARY KEY, email text);
    /// -- migration
    /// CREATE UNIQUE INDEX CONCURRENTLY users_email ON users (email);
    /// ALTER TABLE users ADD CONSTRAINT users_email UNIQUE USING INDEX users_email;
    /// ```
    pub(super) static UNIQUE_BUILT_WITH_LOCK = "unique-built-with-lock", Error, Locks, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    at.slow(Work::Unique).iter().filter_map(|slow| finding(at, slow)).collect()
}

fn finding(at: &At<'_>, slow: &Slow<'_>) -> Option<Finding> {
    let Change::AlterTable(alter) = &slow.atom.change.value else { return None };
    let table = slow.atom.before.resolve_relation(&alter.table)?;
    let added = added_constraints(slow.atom, &table).into_iter().find(|constraint| {
        matches!(constraint.kind, ConstraintKind::PrimaryKey(_) | ConstraintKind::Unique(_) | ConstraintKind::Exclude(_))
    })?;
    let label = added.name.clone()?;
    let found = at.blocked(slow, format!("the index of {label} is built"));
    let before = slow.atom.before.table(&table)?;
    let key = match &added.kind {
        _ if before.partition_by.is_some() => {
            return Some(found.help(
                "Build the index of each partition concurrently first and attach it to an index of the parent: a constraint of a \
                 partitioned table cannot be made of an index.",
            ));
        }
        ConstraintKind::Exclude(_) => {
            return Some(found.help(
                "No exclusion constraint can be added without this lock: set lock_timeout, and run it when a pause hurts least, or \
                 fill a new table that has it.",
            ));
        }
        ConstraintKind::PrimaryKey(key) | ConstraintKind::Unique(key) => key,
        ConstraintKind::Check(_) | ConstraintKind::ForeignKey(_) | ConstraintKind::NotNull(_) => return None,
    };
    let found = found.help(format!("Build the index with CONCURRENTLY, and make the constraint of it. {}", at.outside()));
    let new_column = key.columns.iter().any(|column| before.column(column).is_none());
    Some(if new_column { found } else { found.part(Phase::Contract, alternative(at, slow, &table, &added, &label, key, before)) })
}

fn alternative(
    at: &At<'_>,
    slow: &Slow<'_>,
    table: &Name,
    added: &Constraint,
    label: &Ident,
    key: &Key,
    before: &Arc<Table>,
) -> Vec<String> {
    let Some(shape) = slow.atom.after.table(table).and_then(|table| table.index(label)).map(|index| index.shape.clone()) else {
        return Vec::new();
    };
    let primary = matches!(added.kind, ConstraintKind::PrimaryKey(_));
    let nullable = |column: &&Ident| before.column(column).is_some_and(|column| !column.not_null);
    let nullable = key.columns.iter().filter(|column| primary && nullable(column));
    let mut sql: Vec<String> = nullable.flat_map(|column| at.set_not_null(table, column)).collect();
    sql.push(at.index_concurrently(table, label, true, &shape));
    let using = Key { using_index: Some(label.clone()), ..Key::default() };
    let kind = if primary { ConstraintKind::PrimaryKey(using) } else { ConstraintKind::Unique(using) };
    let constraint = Constraint { kind, ..added.clone() };
    sql.push(at.alter(table, crate::change::TableAction::AddConstraint(constraint)));
    sql
}
