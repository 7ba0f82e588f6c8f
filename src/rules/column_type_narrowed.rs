//! A column's type takes less than before.

use super::column_type_changed::{Kind, claim, kind, place, types, with_new_column};
use super::{At, Check, Finding, FindingBreak, Level, rule};
use crate::assess::Phase;
use crate::catalog::Name;
use crate::change::{Change, Ident, TableAction};

rule! {
    /// A column's type is narrowed: values that the old application may write are refused.
    ///
    /// A text that is too long fails with `22001`, a number out of range with `22003`; the change itself fails where rows hold such
    /// values. Narrow only when no instance that may write them can come back.
    ///
    /// ```sql,bad
    /// CREATE TABLE users (id bigint PRIMARY KEY, city varchar(100));
    /// -- migration
    /// ALTER TABLE users ALTER COLUMN city TYPE varchar(20);
    /// ```
    ///
    /// ```sql,good
    /// CREATE TABLE users (id bigint PRIMARY KEY, city varchar(100));
    /// -- migration
    /// ALTER TABLE users ALTER COLUMN city TYPE text;
    /// ```
    pub(super) static COLUMN_TYPE_NARROWED = "column-type-narrowed", Warning, Compatibility, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let finding = |((table, column), breaks): ((Name, Ident), Vec<FindingBreak>)| {
        let (from, to) = types(at, &table, &column);
        let label = format!("{}.{column}", at.shown(&table));
        let finding = at
            .breaking(place(at, &table, &column), format!("{label} is narrowed from {from} to {to}"), breaks)
            .help(format!(
                "Deploy an application that writes only what fits {to} first, and narrow {label} after the rollback window."
            ))
            .at_most(Level::Warning);
        if rewrites(at, &table, &column) {
            return with_new_column(at, finding, &table, &column);
        }
        match change(at, &column) {
            Some(sql) => finding.part(Phase::Contract, [sql]),
            None => finding,
        }
    };
    claim(at, |table, column| matches!(kind(at, table, column), Kind::Narrowed)).into_iter().map(finding).collect()
}

/// Whether the change writes every row anew: then a second column is the way.
fn rewrites(at: &At<'_>, table: &Name, column: &Ident) -> bool {
    let of = |catalog: &crate::catalog::Catalog| Some(catalog.table(table)?.column(column)?.data_type.clone());
    let types = of(&at.step.before).zip(of(&at.step.after));
    types.is_some_and(|(from, to)| at.dialect().conversion(&from, &to, &at.step.after).rewrite)
}

/// The change as the statement makes it.
fn change(at: &At<'_>, column: &Ident) -> Option<String> {
    let of_column = |change: &&Change| match change {
        Change::AlterTable(alter) => matches!(&alter.action, TableAction::SetType { column: found, .. } if found == column),
        _ => false,
    };
    at.changes().map(|(change, _)| change).find(of_column).map(|change| at.write(change))
}
