//! A column that old code still uses is gone.

use super::evidence::{column_of, numbered};
use super::{At, Check, Finding, FindingBreak, rule};
use crate::assess::{Broken, Phase, Use};
use crate::catalog::{Name, Relation};
use crate::change::{ColumnValue, Ident};
use crate::dialect::AppError;

rule! {
    /// A column is dropped that the old application may still read and write.
    ///
    /// Every query of the old application that names it fails with `42703`, in running instances and after a rollback of the
    /// deployment. Stop using the column first; drop it when no instance that knows it can come back.
    ///
    /// ```sql,bad
    /// CREATE TABLE users (id bigint PRIMARY KEY, nickname text);
    /// -- migration
    /// ALTER TABLE users DROP COLUMN nickname;
    /// ```
    ///
    /// ```sql,good
    /// CREATE TABLE users (id bigint PRIMARY KEY, nickname text);
    /// -- migration
    /// ALTER TABLE users DROP COLUMN nickname, ADD COLUMN nickname text;
    /// ```
    pub(super) static COLUMN_DROPPED = "column-dropped", Error, Compatibility, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    claim(at, |_, _| true).into_iter().map(|((table, column), breaks)| finding(at, &table, &column, breaks)).collect()
}

fn finding(at: &At<'_>, table: &Name, column: &Ident, breaks: Vec<FindingBreak>) -> Finding {
    let label = format!("{}.{column}", at.shown(table));
    let drop = at.drop_column(table, column);
    at.breaking(place(at, table, column), format!("column {label} is dropped"), breaks)
        .help(format!("Deploy an application that does not name {label} first, and drop it after the rollback window."))
        .part(Phase::Contract, [drop])
}

/// Where the column goes.
pub(super) fn place(at: &At<'_>, table: &Name, column: &Ident) -> crate::source::Span {
    at.place(|catalog| catalog.table(table).and_then(|table| table.column(column)).map(|column| column.number))
}

/// The breaks by columns that are gone from tables, and by the sequences that went with them, where `matches`.
pub(super) fn claim(at: &At<'_>, matches: impl Fn(&Name, &Ident) -> bool) -> Vec<((Name, Ident), Vec<FindingBreak>)> {
    let gone = |table: &Name, column: &Ident| {
        let number = at.table_before(table).and_then(|before| before.column(column)).map(|column| column.number);
        let lost = match (number, at.table_after(table)) {
            (Some(number), Some(after)) => numbered(after, number).is_none(),
            // Dropped and made again without the column.
            (Some(_), None) => at.step.after.table(table).is_some_and(|after| after.column(column).is_none()),
            (None, _) => false,
        };
        lost && matches(table, column)
    };
    at.claim_by(|broken: &Broken| match (&broken.usage, &broken.error) {
        (Use::NextValue(name), _) => match at.was(name) {
            Some(Relation::Sequence(sequence)) => sequence.owned_by.clone().filter(|(table, column)| gone(table, column)),
            _ => None,
        },
        (usage, AppError::NoColumn { .. }) => {
            column_of(usage).filter(|(table, column)| gone(table, column)).map(|(table, column)| (table.clone(), column.clone()))
        }
        _ => None,
    })
}

/// Whether a new application that leaves the column out cannot insert while it is there.
pub(super) fn is_required(at: &At<'_>, table: &Name, column: &Ident) -> bool {
    let plain = at
        .table_before(table)
        .and_then(|before| before.column(column))
        .is_some_and(|column| matches!(column.value, ColumnValue::None | ColumnValue::Default(_)));
    plain && !at.needs(|broken| matches!(&broken.usage, Use::Omit(name, found) if name == table && found == column)).is_empty()
}
