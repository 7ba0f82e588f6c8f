//! The work of a column's change of type: rows, indexes and constraints that have to be done again.

use super::super::locks::Mode;
use super::super::types;
use super::collect::Locks;
use super::{constraint, drop};
use crate::catalog::{Catalog, Index, Name, UserTypeShape};
use crate::change::{ConstraintKind, Expr, ExprShape, Ident, QName, RefKind, TypeName};
use crate::dialect::Held;

pub(super) fn set_type(
    table: &Name,
    column: &Ident,
    to: &TypeName,
    collation: Option<&QName>,
    using: Option<&Expr>,
    locks: &mut Locks<'_>,
) {
    foreign_keys(table, column, locks);
    let Some(found) = locks.before().table(table).cloned() else { return };
    let Some(from) = found.column(column) else { return };
    let conversion = types::conversion(&from.data_type, to, locks.before());
    let plain = using.is_none_or(|using| is_plain(using, column));
    if conversion.rewrite || !plain {
        locks.tree(table).iter().for_each(|member| locks.rewrite(member));
        return;
    }
    // What hangs on the column is made again, also where its type stays what it was.
    let tree = locks.tree(table);
    let checked = found.constraints.iter().any(|it| matches!(&it.kind, ConstraintKind::Check(expr) if names(expr, column)));
    if checked {
        locks.hold_for(&tree, Held::Scan);
    }
    let recollated = from.collation.as_ref() != collation;
    let reindexed = !types::same_operators(&from.data_type, to, locks.before());
    if found.indexes.iter().any(|index| is_rebuilt(index, column, recollated || reindexed)) {
        locks.hold_for(&tree, Held::IndexBuild);
    }
}

/// Constraints on both sides of a foreign key are made again.
fn foreign_keys(table: &Name, column: &Ident, locks: &mut Locks<'_>) {
    for (referencing, key) in locks.referencing(table) {
        if key.referenced.contains(column) {
            constraint::lock_whole(&referencing, Mode::AccessExclusive, locks);
        }
    }
    let constraints = locks.before().table(table).map(|table| table.constraints.clone()).unwrap_or_default();
    for constraint in &constraints {
        if let ConstraintKind::ForeignKey(key) = &constraint.kind
            && key.columns.contains(column)
            && let Some(referenced) = locks.resolve(&key.table)
        {
            constraint::lock_whole(&referenced, Mode::ShareRowExclusive, locks);
            drop::lock_triggers(&referenced, locks);
        }
    }
}

/// An index over plain columns keeps its file where the operators are the same; one with expressions or a predicate that names
/// the column does not.
fn is_rebuilt(index: &Index, column: &Ident, operators_differ: bool) -> bool {
    let in_key = index.shape.keys.iter().any(|key| key.column() == Some(column)) || index.shape.include.contains(column);
    let in_expression = index.shape.keys.iter().any(|key| key.column().is_none() && names(&key.expr, column));
    let in_predicate = index.shape.predicate.as_ref().is_some_and(|predicate| names(predicate, column));
    let has_expressions = index.shape.keys.iter().any(|key| key.column().is_none()) || index.shape.predicate.is_some();
    in_expression || in_predicate || (in_key && (operators_differ || has_expressions))
}

fn names(expr: &Expr, column: &Ident) -> bool {
    expr.refs.iter().any(|reference| reference.kind == RefKind::Column && reference.name() == column)
}

/// Whether a `USING` is no more than the column, perhaps with a cast.
fn is_plain(using: &Expr, column: &Ident) -> bool {
    if matches!(&using.shape, ExprShape::Column(name) if name == column) {
        return true;
    }
    let lower = using.sql.trim().to_ascii_lowercase();
    let Some((before, cast)) = lower.split_once("::") else { return false };
    let is_type = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | ' ' | '(' | ')' | ',' | '.' | '"');
    before.trim().trim_matches('"') == column.to_ascii_lowercase() && cast.chars().all(is_type)
}

/// Whether a type is a domain that refuses some values of its base.
pub(super) fn has_constraints(data_type: &TypeName, catalog: &Catalog) -> bool {
    types::domain(data_type, catalog).is_some_and(|shape| match shape {
        UserTypeShape::Domain(domain) => {
            domain.not_null || !domain.checks.is_empty() || has_constraints(&domain.data_type, catalog)
        }
        UserTypeShape::Type(_) => false,
    })
}
