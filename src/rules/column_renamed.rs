//! A column has another name.

use super::evidence::{column_of, numbered};
use super::twin::Twin;
use super::{At, Check, Finding, FindingBreak, rule};
use crate::assess::Broken;
use crate::catalog::Name;
use crate::change::{Column, Ident};
use crate::dialect::AppError;

rule! {
    /// A column is renamed: no moment suits both the old and the new application.
    ///
    /// Old code fails with `42703` after the change, new code fails before it. Add a column under the new name, keep both the same by
    /// a trigger, copy the rows, and drop the old one when no instance that knows it can come back.
    ///
    /// ```sql,bad
    /// CREATE TABLE users (id bigint PRIMARY KEY, fullname text NOT NULL);
    /// -- migration
    /// ALTER TABLE users RENAME COLUMN fullname TO name;
    /// ```
    ///
    /// ```sql,good
    /// CREATE TABLE users (id bigint PRIMARY KEY, fullname text NOT NULL);
    /// -- migration
    /// ALTER TABLE users ADD COLUMN name text;
    /// ```
    pub(super) static COLUMN_RENAMED = "column-renamed", Error, Compatibility, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let key = |broken: &Broken| {
        let AppError::NoColumn { .. } = broken.error else { return None };
        let (table, column) = column_of(&broken.usage)?;
        let number = at.table_before(table)?.column(column)?.number;
        let now = numbered(at.table_after(table)?, number)?;
        (now.name != *column).then(|| (table.clone(), column.clone(), now.name.clone()))
    };
    at.claim_by(key).into_iter().map(|((table, from, to), breaks)| finding(at, &table, &from, &to, breaks)).collect()
}

fn finding(at: &At<'_>, table: &Name, from: &Ident, to: &Ident, mut breaks: Vec<FindingBreak>) -> Finding {
    let span = at.place(|catalog| catalog.table(table).map(|table| table.column(from).is_some()));
    let names = |broken: &Broken| {
        column_of(&broken.usage).is_some_and(|(name, column)| name == table && (column == to || column == from))
    };
    breaks.extend(at.needs(names));
    let finding = at.breaking(span, format!("column {}.{from} is renamed to {to}", at.shown(table)), breaks).help(format!(
        "Add {to} beside {from} with a trigger that keeps them the same, copy the rows, and drop {from} after the rollback window."
    ));
    let before = at.table_before(table).and_then(|before| Some((before, before.column(from)?)));
    match before {
        Some((before, column)) if before.name == *table => {
            let new = Column { name: to.clone(), ..column.column.clone() };
            at.with_twin(finding, &Twin { table: before, old: column, new, ways: None })
        }
        _ => finding,
    }
}
