//! A column has another type.

use super::evidence::column_of;
use super::{At, Check, Finding, FindingBreak, Level, rule};
use crate::assess::{Broken, Loss, Phase, Use};
use crate::catalog::Name;
use crate::change::{Change, Column, Expr, Ident, TableAction};
use crate::dialect::{AppError, Fit};

rule! {
    /// A column's type changes to one that the old application cannot read, or not write.
    ///
    /// Old code decodes the values it reads and writes values of the type it knows; new code does the same with the new type before
    /// the change has run. Add a column of the new type beside the old one, keep both the same by a trigger, and drop the old one at
    /// the end. A text for a uuid, say, fails with `42804` or `22P02`.
    ///
    /// ```sql,bad
    /// CREATE TABLE orders (id bigint PRIMARY KEY, reference text);
    /// -- migration
    /// ALTER TABLE orders ALTER COLUMN reference TYPE uuid USING reference::uuid;
    /// ```
    ///
    /// ```sql,good
    /// CREATE TABLE orders (id bigint PRIMARY KEY, reference varchar(20));
    /// -- migration
    /// ALTER TABLE orders ALTER COLUMN reference TYPE varchar(40);
    /// ```
    pub(super) static COLUMN_TYPE_CHANGED = "column-type-changed", Error, Compatibility, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let finding = |((table, column), breaks): ((Name, Ident), Vec<FindingBreak>)| {
        let (from, to) = types(at, &table, &column);
        let what = format!("{}.{column} changes from {from} to {to}", at.shown(&table));
        let finding = at.breaking(place(at, &table, &column), what, breaks).help(help(at, &table, &column));
        let finding = with_new_column(at, finding, &table, &column);
        // Every value of the old application still fits; only values that it could not have written cannot be decoded.
        if at_hand(at, &table, &column).is_some_and(|conversion| conversion.old_values == Fit::All) {
            finding.at_most(Level::Warning)
        } else {
            finding
        }
    };
    claim(at, |_, _| true).into_iter().map(finding).collect()
}

/// What the statement does to the values of a column.
pub(super) enum Kind {
    /// Some values of the old application are refused, everything that is read can be decoded.
    Narrowed,
    /// Values change silently.
    Lossy,
    /// Anything else.
    Other,
}

/// What the statement does to the values of a column.
pub(super) fn kind(at: &At<'_>, table: &Name, column: &Ident) -> Kind {
    let of_column = |broken: &&Broken| {
        column_of(&broken.usage).is_some_and(|(name, found)| at.below(name, found) == (table.clone(), column.clone()))
    };
    let breaks: Vec<&Broken> = at.verdict.breaks.iter().filter(of_column).collect();
    let reads = breaks.iter().any(|broken| matches!(broken.usage, Use::Read(..)));
    let writes = || breaks.iter().filter(|broken| matches!(broken.usage, Use::Write(..)));
    if writes().any(|broken| matches!(broken.error, AppError::Silent(_))) {
        Kind::Lossy
    } else if !reads && writes().next().is_some() {
        Kind::Narrowed
    } else if !reads && at.verdict.losses.contains(&Loss::Precision(table.clone(), column.clone())) {
        Kind::Lossy
    } else {
        Kind::Other
    }
}

/// The breaks by types that differ, those of views with their tables', where `matches`.
pub(super) fn claim(at: &At<'_>, matches: impl Fn(&Name, &Ident) -> bool) -> Vec<((Name, Ident), Vec<FindingBreak>)> {
    at.claim_by(|broken: &Broken| {
        let typed = matches!(
            (&broken.usage, &broken.error),
            (
                Use::Write(..),
                AppError::TooLong { .. }
                    | AppError::OutOfRange { .. }
                    | AppError::Malformed { .. }
                    | AppError::TypeMismatch { .. }
                    | AppError::Silent(_)
            ) | (Use::Read(..), AppError::Silent(_))
        );
        let (name, column) = column_of(&broken.usage).filter(|_| typed)?;
        let (table, column) = at.below(name, column);
        let of = |catalog: &crate::catalog::Catalog| Some(catalog.table(&table)?.column(&column)?.data_type.clone());
        let now = of(&at.step.after)?;
        // Of a view: only where the table below is what changed.
        if table != *name && of(&at.step.before).is_none_or(|before| before == now) {
            return None;
        }
        matches(&table, &column).then_some((table, column))
    })
}

/// Where the type changes.
pub(super) fn place(at: &At<'_>, table: &Name, column: &Ident) -> crate::source::Span {
    at.place(|catalog| catalog.table(table).and_then(|table| table.column(column)).map(|column| column.data_type.clone()))
}

/// The column's types before and after as SQL.
pub(super) fn types(at: &At<'_>, table: &Name, column: &Ident) -> (String, String) {
    let text = |column: Option<&std::sync::Arc<crate::catalog::TableColumn>>| {
        column.map_or("another type".into(), |column| at.type_of(&column.data_type))
    };
    (
        text(at.table_before(table).and_then(|table| table.column(column))),
        text(at.step.after.table(table).and_then(|table| table.column(column))),
    )
}

fn at_hand(at: &At<'_>, table: &Name, column: &Ident) -> Option<crate::dialect::Conversion> {
    let from = &at.table_before(table)?.column(column)?.data_type;
    let to = &at.step.after.table(table)?.column(column)?.data_type;
    Some(at.dialect().conversion(from, to, &at.step.after))
}

/// The way out in a sentence.
pub(super) fn help(at: &At<'_>, table: &Name, column: &Ident) -> String {
    format!(
        "Add a column of the new type beside {}.{column} with a trigger that keeps them the same, copy the rows, and drop the old \
         one after the rollback window.",
        at.shown(table)
    )
}

/// The way out as statements: a new column beside the old one.
pub(super) fn with_new_column(at: &At<'_>, finding: Finding, table: &Name, column: &Ident) -> Finding {
    let before = at.step.before.table(table).and_then(|before| Some((before, before.column(column)?)));
    let after = at.step.after.table(table).and_then(|after| after.column(column));
    let (Some((before, old)), Some(after)) = (before, after) else { return finding };
    let name = super::recipe::short(&[column, "new"]);
    if before.column(&name).is_some() || !at.step.base.relations.contains_key(table) {
        return finding;
    }
    let (from, to) = (at.quoted(column), at.quoted(&name));
    let new = Column { data_type: after.data_type.clone(), collation: after.collation.clone(), ..at.twin(old, &name) };
    let value = match using(at, column) {
        Some(using) => format!("({})", using.sql),
        None => format!("{from}::{}", at.type_of(&after.data_type)),
    };
    let mut expand = vec![at.add_column(table, new)];
    expand.extend(at.sync(table, column, &name));
    let mut contract = at.end_sync(table, column);
    contract.push(at.drop_column(table, column));
    contract.extend(at.finish_twin(table, &Column { value: after.value.clone(), ..old.column.clone() }, &name));
    finding
        .part(Phase::Expand, expand)
        .part(Phase::Migrate, [at.backfill(before, &format!("{to} = {value}"), &format!("{to} IS NULL AND {from} IS NOT NULL"))])
        .part(Phase::Contract, contract)
}

fn using<'a>(at: &At<'a>, column: &Ident) -> Option<&'a Expr> {
    at.changes().find_map(|(change, _)| match change {
        Change::AlterTable(alter) => match &alter.action {
            TableAction::SetType { column: found, using, .. } if found == column => using.as_ref(),
            _ => None,
        },
        _ => None,
    })
}
