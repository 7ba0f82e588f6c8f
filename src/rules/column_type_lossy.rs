//! A column's type changes its values.

use super::column_type_changed::{Kind, claim, help, kind, place, types, with_new_column};
use super::{At, Check, Finding, FindingBreak, rule};
use crate::catalog::Name;
use crate::change::Ident;

rule! {
    /// A column's type changes so that values are altered silently: digits, time zones or padding are lost.
    ///
    /// No query fails. What the old application writes is rounded or shifted, the rows that are there lose what no down migration can
    /// bring back. Keep the old column and write the new type into one beside it.
    ///
    /// ```sql,bad
    /// CREATE TABLE prices (id bigint PRIMARY KEY, amount numeric(10, 4));
    /// -- migration
    /// ALTER TABLE prices ALTER COLUMN amount TYPE numeric(10, 2);
    /// ```
    ///
    /// ```sql,good
    /// CREATE TABLE prices (id bigint PRIMARY KEY, amount numeric(10, 4));
    /// -- migration
    /// ALTER TABLE prices ALTER COLUMN amount TYPE numeric(12, 4);
    /// ```
    ///
    /// ```sql,good
    /// CREATE TABLE events (id bigint PRIMARY KEY, at timestamp);
    /// -- migration
    /// SET LOCAL TIME ZONE 'UTC';
    /// ALTER TABLE events ALTER COLUMN at TYPE timestamptz;
    /// ```
    pub(super) static COLUMN_TYPE_LOSSY = "column-type-lossy", Error, Compatibility, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let finding = |((table, column), breaks): ((Name, Ident), Vec<FindingBreak>)| {
        let (from, to) = types(at, &table, &column);
        let what = format!("{}.{column} changes from {from} to {to} and loses part of its values", at.shown(&table));
        let finding = at.breaking(place(at, &table, &column), what, breaks).help(help(at, &table, &column));
        with_new_column(at, finding, &table, &column)
    };
    claim(at, |table, column| matches!(kind(at, table, column), Kind::Lossy)).into_iter().map(finding).collect()
}
