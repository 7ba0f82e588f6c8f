//! A check that old code may violate.

use super::{At, Check, Finding, FindingBreak, Level, rule};
use crate::assess::{Broken, Phase, Use};
use crate::catalog::{Catalog, Dependency, Dependent, Name};
use crate::change::{Constraint, ConstraintKind, ExprShape, Ident, TableAction};
use crate::dialect::AppError;
use std::sync::Arc;

rule! {
    /// A check is added or tightened, and the old application may write rows that violate it.
    ///
    /// Such a row fails with `23514`. `NOT VALID` spares the scan of the rows that are there, not the incompatibility: it binds every
    /// new row at once. Ship the application that keeps to the check first.
    ///
    /// ```sql,bad
    /// CREATE TABLE products (id bigint PRIMARY KEY, price numeric);
    /// -- migration
    /// ALTER TABLE products ADD CONSTRAINT price_positive CHECK (price > 0) NOT VALID;
    /// ```
    ///
    /// ```sql,good
    /// CREATE TABLE products (id bigint PRIMARY KEY, price numeric CONSTRAINT price_positive CHECK (price > 0));
    /// -- migration
    /// ALTER TABLE products ADD CONSTRAINT price_not_negative CHECK (price >= 0) NOT VALID;
    /// ```
    pub(super) static CHECK_ADDED = "check-added", Warning, Compatibility, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let key = |broken: &Broken| match (&broken.usage, &broken.error) {
        (Use::WriteRow(name, label), AppError::Check { relation, .. }) => {
            Some((partition(at, name, relation).unwrap_or_else(|| at.below(name, label).0), label.clone()))
        }
        (Use::WriteNull(name, column) | Use::Omit(name, column), AppError::Check { constraint, .. }) => {
            Some((at.below(name, column).0, constraint.clone()))
        }
        (Use::WriteNull(name, column) | Use::Omit(name, column), AppError::NotNull { .. }) => {
            let (table, column) = at.below(name, column);
            let label = demanding(at, &table, &column)?;
            Some((table, label))
        }
        _ => None,
    };
    at.claim_by(key).into_iter().map(|((table, label), breaks)| finding(at, &table, &label, breaks)).collect()
}

/// The partition that refuses what is written to its parent.
fn partition(at: &At<'_>, parent: &Name, partition: &Ident) -> Option<Name> {
    if at.step.after.table(parent)?.name.name == *partition {
        return None;
    }
    let on = Dependency::Relation(parent.clone());
    at.step.after.dependents(&on).find_map(|dependent| match dependent {
        Dependent::Relation(name) if name.name == *partition => Some(name.clone()),
        _ => None,
    })
}

/// The check of this statement that refuses null in a column.
fn demanding(at: &At<'_>, table: &Name, column: &Ident) -> Option<Ident> {
    let after = at.step.after.table(table)?;
    let demands = |constraint: &&Arc<Constraint>| match &constraint.kind {
        ConstraintKind::Check(expr) => matches!(&expr.shape, ExprShape::NotNull(columns) if columns.contains(column)),
        _ => false,
    };
    let new = |constraint: &&Arc<Constraint>| {
        let name = constraint.name.as_deref().unwrap_or_default();
        at.step
            .before
            .table(table)
            .and_then(|before| before.constraint(name))
            .is_none_or(|old| !demands(&old) || old.not_enforced)
    };
    after.constraints.iter().filter(demands).find(new).and_then(|constraint| constraint.name.clone())
}

fn finding(at: &At<'_>, table: &Name, label: &Ident, breaks: Vec<FindingBreak>) -> Finding {
    let constraint = |catalog: &Catalog| catalog.table(table).and_then(|table| table.constraint(label)).cloned();
    let now = constraint(&at.step.after);
    let condition = match now.as_deref().map(|constraint| &constraint.kind) {
        Some(ConstraintKind::Check(expr)) => format!(": {}", expr.sql),
        _ => String::new(),
    };
    let finding = at
        .breaking(at.place(constraint), format!("rows of {} must pass {label}{condition}", at.shown(table)), breaks)
        .help(format!("Deploy an application whose rows pass {label} first, and add it after the rollback window."))
        .at_most(Level::Warning);
    let base = at.step.base.table(table).is_some();
    match now.filter(|_| base) {
        Some(now) if constraint(&at.step.before).is_none() => finding.part(Phase::Contract, validated(at, table, &now)),
        _ => finding,
    }
}

/// A constraint added without a scan, then validated under a lock that lets the application work.
pub(super) fn validated(at: &At<'_>, table: &Name, constraint: &Constraint) -> Vec<String> {
    let added = Constraint { not_valid: true, ..constraint.clone() };
    let name = constraint.name.clone().unwrap_or_default();
    let add = at.alter(table, TableAction::AddConstraint(added));
    vec![add, at.alter(table, TableAction::ValidateConstraint { name })]
}
