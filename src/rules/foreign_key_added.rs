//! A foreign key that old code may violate, from either side.

use super::check_added::validated;
use super::{At, Check, Finding, FindingBreak, Level, rule};
use crate::assess::{Broken, Phase, Use};
use crate::catalog::{Catalog, Name, Table};
use crate::change::{Constraint, ConstraintKind, ForeignKey, Ident};
use crate::dialect::AppError;
use std::sync::Arc;

rule! {
    /// A foreign key is added: old code may write rows that refer to nothing, and delete rows that are referred to.
    ///
    /// Both fail with `23503`, also where the constraint is `NOT VALID`. Ship the application that writes in the right order and
    /// cleans up before it deletes first.
    ///
    /// ```sql,bad
    /// CREATE TABLE users (id bigint PRIMARY KEY);
    /// CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint);
    /// -- migration
    /// ALTER TABLE orders ADD CONSTRAINT orders_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) NOT VALID;
    /// ```
    ///
    /// A new column refers to nothing as long as it is empty. Once the migration fills it, the old application, which does not know
    /// it, cannot delete what it refers to.
    ///
    /// ```sql,bad
    /// CREATE TABLE users (id bigint PRIMARY KEY, email text);
    /// CREATE TABLE orders (id bigint PRIMARY KEY, email text);
    /// -- migration
    /// ALTER TABLE orders ADD COLUMN user_id bigint REFERENCES users (id);
    /// UPDATE orders SET user_id = users.id FROM users WHERE users.email = orders.email;
    /// ```
    ///
    /// A table that takes the place of another needs its foreign keys too: those that are there follow the one that is renamed away.
    ///
    /// ```sql,bad
    /// CREATE TABLE users (id bigint PRIMARY KEY);
    /// CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint REFERENCES users (id));
    /// -- migration
    /// ALTER TABLE users RENAME TO users_old;
    /// CREATE TABLE users (id bigint PRIMARY KEY, email text);
    /// ```
    ///
    /// ```sql,good
    /// CREATE TABLE users (id bigint PRIMARY KEY);
    /// CREATE TABLE orders (id bigint PRIMARY KEY);
    /// -- migration
    /// ALTER TABLE orders ADD COLUMN user_id bigint REFERENCES users (id);
    /// ```
    pub(super) static FOREIGN_KEY_ADDED = "foreign-key-added", Warning, Compatibility, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let key = |broken: &Broken| match (&broken.usage, &broken.error) {
        (Use::WriteRow(name, label), AppError::NoReferencedRow { .. }) => Some((at.below(name, label).0.name, label.clone())),
        (Use::DeleteReferenced(_, label), AppError::StillReferenced { referencing, .. }) => {
            Some((referencing.clone(), label.clone()))
        }
        _ => None,
    };
    at.claim_by(key).into_iter().map(|((child, label), breaks)| finding(at, &child, &label, breaks)).collect()
}

fn finding(at: &At<'_>, child: &Ident, label: &Ident, breaks: Vec<FindingBreak>) -> Finding {
    let found = at.step.after.relations.iter().filter(|(name, _)| name.name == *child).find_map(|(name, _)| {
        let table = at.step.after.table(name)?;
        let (constraint, key) = foreign_key(table, label)?;
        Some((name.clone(), constraint.clone(), key.clone()))
    });
    let Some((name, constraint, key)) = found else {
        return at.breaking(at.statement.span, format!("{child} gets foreign key {label}"), breaks);
    };
    let of = |catalog: &Catalog| catalog.table(&name).and_then(|table| table.constraint(label)).cloned();
    let target = key.table.name.clone();
    let here = |catalog: &Catalog| catalog.table(&name).map(|table| table.constraint(label).cloned());
    let writes = breaks.iter().any(|found| matches!(found.broken.usage, Use::WriteRow(..)));
    if writes && at.step.atoms.iter().all(|atom| here(&atom.before) == here(&atom.after)) {
        let what = format!("{label} of {} refers to {target} and not to the table that takes its place", at.shown(&name));
        let help = format!("Drop {label} in the same transaction, and add it again to refer to the new table.");
        return at.breaking(at.statement.span, what, breaks).help(help).at_most(Level::Warning);
    }
    let unknown = |column: &Ident| {
        let first = at.scene.replayed.commits.first();
        first.and_then(|commit| commit.before.table(&name)).is_none_or(|table| table.column(column).is_none())
    };
    if breaks.iter().all(|found| matches!(found.broken.usage, Use::DeleteReferenced(..))) && key.columns.iter().any(unknown) {
        let columns = key.columns.join(", ");
        let what = format!("rows of {target} that {}.{columns} refers to are there to stay", at.shown(&name));
        let help = format!(
            "Fill {columns} when no old instance deletes from {target}, or let {label} say what becomes of {child} then: ON DELETE SET NULL or CASCADE."
        );
        return at.breaking(at.place(of), what, breaks).help(help).at_most(Level::Warning);
    }
    let what = format!("{}.{} must refer to rows of {target}", at.shown(&name), key.columns.join(", "));
    let finding = at
        .breaking(at.place(of), what, breaks)
        .help(format!(
            "Deploy an application that writes {target} before {child} and cleans up before it deletes, then add {label} and validate it."
        ))
        .at_most(Level::Warning);
    let whole = at.step.before.table(&name).is_some_and(|before| {
        before.constraint(label).is_none() && key.columns.iter().all(|column| before.column(column).is_some())
    });
    let partitioned = at.step.after.table(&name).is_some_and(|table| table.partition_by.is_some());
    if whole && !partitioned { finding.part(Phase::Contract, validated(at, &name, &constraint)) } else { finding }
}

/// The foreign key of that name.
pub(super) fn foreign_key<'t>(table: &'t Table, label: &str) -> Option<(&'t Arc<Constraint>, &'t ForeignKey)> {
    let constraint = table.constraint(label)?;
    match &constraint.kind {
        ConstraintKind::ForeignKey(key) => Some((constraint, key)),
        _ => None,
    }
}

/// The table of that name and constraint in a schema state.
pub(super) fn owner(catalog: &Catalog, table: &Ident, label: &str) -> Option<Name> {
    let named = catalog.relations.iter().filter(|(name, _)| name.name == *table);
    named.map(|(name, _)| name).find(|name| catalog.table(name).is_some_and(|t| foreign_key(t, label).is_some())).cloned()
}
