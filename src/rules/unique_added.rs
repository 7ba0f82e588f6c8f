//! A key that old code may violate.

use super::{At, Check, Finding, FindingBreak, Level, rule};
use crate::assess::{Broken, Phase, Use};
use crate::catalog::{Catalog, Index, Name};
use crate::change::{Change, Constraint, ConstraintKind, CreateIndex, Deferrable, Ident, Key, TableAction};
use crate::dialect::AppError;
use std::sync::Arc;

rule! {
    /// A unique key is added, and the old application may write rows that repeat it.
    ///
    /// Such a row fails with `23505`, and the change itself fails where rows repeat already. Ship the application that writes no
    /// repetitions first, clean up the rows, and build the index concurrently.
    ///
    /// ```sql,bad
    /// CREATE TABLE users (id bigint PRIMARY KEY, email text);
    /// -- migration
    /// ALTER TABLE users ADD CONSTRAINT users_email_key UNIQUE (email);
    /// ```
    ///
    /// ```sql,bad
    /// -- transaction: none
    /// CREATE TABLE users (id bigint PRIMARY KEY, email text);
    /// -- migration
    /// CREATE UNIQUE INDEX CONCURRENTLY users_email_idx ON users (email);
    /// ```
    ///
    /// ```sql,good
    /// CREATE TABLE users (id bigint PRIMARY KEY, email text UNIQUE);
    /// -- migration
    /// CREATE UNIQUE INDEX users_email_id_idx ON users (email, id);
    /// ```
    pub(super) static UNIQUE_ADDED = "unique-added", Warning, Compatibility, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let index_of = |table: &Name, label: &Ident| {
        let labelled = |index: &&Arc<Index>| index.constraint.as_ref().unwrap_or(&index.name) == label;
        let (name, _) = at.below(table, label);
        let after = at.step.after.table(&name)?;
        after.indexes.iter().filter(|index| index.unique).find(labelled).map(|index| (name, index.clone()))
    };
    let primary = at.verdict.breaks.iter().find_map(|broken| match (&broken.usage, &broken.error) {
        (Use::WriteRow(name, label), AppError::Duplicate { .. }) => index_of(name, label).filter(|(_, index)| index.primary),
        _ => None,
    });
    let key = |broken: &Broken| match (&broken.usage, &broken.error) {
        (Use::WriteRow(name, label), AppError::Duplicate { .. }) => Some((at.below(name, label).0, label.clone())),
        // A primary key refuses null too: the same cause.
        (Use::WriteNull(name, column) | Use::Omit(name, column), AppError::NotNull { .. }) => {
            let (table, column) = at.below(name, column);
            let (owner, index) = primary.as_ref()?;
            let part = *owner == table && index.shape.keys.iter().any(|key| key.column() == Some(&column));
            part.then(|| (table, index.constraint.clone().unwrap_or_else(|| index.name.clone())))
        }
        _ => None,
    };
    let groups = at.claim_by(key);
    groups
        .into_iter()
        .map(|((table, label), breaks)| finding(at, &table, &label, index_of(&table, &label).map(|f| f.1), breaks))
        .collect()
}

fn finding(at: &At<'_>, table: &Name, label: &Ident, index: Option<Arc<Index>>, mut breaks: Vec<FindingBreak>) -> Finding {
    breaks.sort_by_key(|found| !matches!(found.broken.usage, Use::WriteRow(..)));
    let find =
        |catalog: &Catalog| catalog.table(table).and_then(|t| index.as_ref().map(|i| t.indexes.iter().any(|o| o.id == i.id)));
    let keys =
        index.as_ref().map(|index| index.shape.keys.iter().map(|key| key.expr.sql.to_string()).collect::<Vec<_>>().join(", "));
    let of = keys.map(|keys| format!(" ({keys})")).unwrap_or_default();
    let finding = at
        .breaking(at.place(find), format!("{}{of} must be unique by {label}", at.shown(table)), breaks)
        .help(format!(
            "Deploy an application that writes no repetitions into {} first, remove those that are there, then build the index \
             concurrently.",
            at.shown(table)
        ))
        .at_most(Level::Warning);
    let Some(index) = index.filter(|_| at.step.before.table(table).is_some()) else { return finding };
    finding.part(Phase::Contract, build(at, table, &index))
}

/// The index built concurrently, then made the constraint where there is one.
fn build(at: &At<'_>, table: &Name, index: &Index) -> Vec<String> {
    let create = CreateIndex {
        name: Some(index.name.clone()),
        table: at.qname(table),
        unique: true,
        concurrently: at.step.after.table(table).is_some_and(|table| table.partition_by.is_none()),
        if_not_exists: false,
        only: false,
        shape: index.shape.clone(),
    };
    let concurrently = create.concurrently;
    let mut out = vec![at.write(&Change::CreateIndex(Box::new(create)))];
    if let Some(name) = index.constraint.clone().filter(|_| concurrently) {
        let key = Key { using_index: Some(index.name.clone()), ..Key::default() };
        let kind = if index.primary { ConstraintKind::PrimaryKey(key) } else { ConstraintKind::Unique(key) };
        let deferrable = at.step.after.table(table).and_then(|t| t.constraint(&name)).map_or(Deferrable::No, |c| c.deferrable);
        let constraint = Constraint { name: Some(name), deferrable, ..Constraint::new(kind) };
        out.push(at.alter(table, TableAction::AddConstraint(constraint)));
    }
    out
}
