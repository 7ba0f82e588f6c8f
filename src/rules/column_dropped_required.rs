//! A column goes that every insert must fill while it is there.

use super::column_dropped::{claim, is_required, place};
use super::{At, Check, Finding, FindingBreak, rule};
use crate::assess::{Phase, Use};
use crate::catalog::Name;
use crate::change::Ident;

rule! {
    /// A column is dropped that is NOT NULL and has no default: neither the old nor the new application works across the change.
    ///
    /// Old code fails with `42703` after it. New code, which does not write the column any more, cannot insert before it: the column
    /// still demands a value (`23502`). Give it up in two steps: drop the NOT NULL before the deploy, the column after it.
    ///
    /// ```sql,bad
    /// CREATE TABLE users (id bigint PRIMARY KEY, region text NOT NULL);
    /// -- migration
    /// ALTER TABLE users DROP COLUMN region;
    /// ```
    ///
    /// ```sql,good
    /// CREATE TABLE users (id bigint PRIMARY KEY, region text NOT NULL);
    /// -- migration
    /// ALTER TABLE users ALTER COLUMN region DROP NOT NULL;
    /// ```
    pub(super) static COLUMN_DROPPED_REQUIRED = "column-dropped-required", Error, Compatibility, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let finding = |((table, column), mut breaks): ((Name, Ident), Vec<FindingBreak>)| {
        let label = format!("{}.{column}", at.shown(&table));
        breaks.extend(at.needs(|broken| matches!(&broken.usage, Use::Omit(name, found) if *name == table && *found == column)));
        let (name, quoted) = (at.sql(&table), at.quoted(&column));
        at.breaking(place(at, &table, &column), format!("column {label}, which every insert must fill, is dropped"), breaks)
            .why(format!("The new application does not write {label}, so its inserts fail until the column is gone."))
            .help(format!("Drop the NOT NULL of {label} before the deploy, and the column after the rollback window."))
            .part(Phase::Expand, [format!("ALTER TABLE {name} ALTER COLUMN {quoted} DROP NOT NULL")])
            .part(Phase::Contract, [at.drop_column(&table, &column)])
    };
    claim(at, |table, column| is_required(at, table, column)).into_iter().map(finding).collect()
}
