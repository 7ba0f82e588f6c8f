//! What is the same as what: parts told apart, and which of their differences one statement makes.

use super::pairs::{Parts, parts};
use super::same::is_plain_not_null;
use crate::catalog::{Catalog, Index, Name, Relation, Table, View};
use crate::change::{Constraint, ConstraintKind, Policy, Rule, Trigger};
use std::sync::Arc;

/// The indexes of a relation.
pub(super) fn indexes(relation: &Relation) -> &[Arc<Index>] {
    match relation {
        Relation::Table(table) => &table.indexes,
        Relation::View(view) => &view.indexes,
        Relation::Sequence(_) | Relation::Index(_) => &[],
    }
}

/// The triggers and rules of a relation.
#[expect(clippy::type_complexity, reason = "two lists of shared parts")]
pub(super) fn programs(relation: &Relation) -> Option<(&[Arc<Trigger>], &[Arc<Rule>])> {
    match relation {
        Relation::Table(table) => Some((&table.triggers, &table.rules)),
        Relation::View(view) => Some((&view.triggers, &view.rules)),
        Relation::Sequence(_) | Relation::Index(_) => None,
    }
}

pub(super) fn trigger_parts(old: &[Arc<Trigger>], new: &[Arc<Trigger>]) -> Parts<Trigger> {
    parts(old, new, |own| &own.name, |old, new| same_trigger(&Trigger { name: new.name.clone(), ..old.clone() }, new))
}

pub(super) fn rule_parts(old: &[Arc<Rule>], new: &[Arc<Rule>]) -> Parts<Rule> {
    parts(old, new, |own| &own.name, |old, new| same_rule(&Rule { name: new.name.clone(), ..old.clone() }, new))
}

pub(super) fn policy_parts(old: &[Arc<Policy>], new: &[Arc<Policy>]) -> Parts<Policy> {
    parts(old, new, |own| &own.name, |old, new| Policy { name: new.name.clone(), ..old.clone() } == *new)
}

pub(super) fn constraint_parts(old: &[Arc<Constraint>], new: &[Arc<Constraint>]) -> Parts<Constraint> {
    let name = |own: &Constraint| own.name.clone();
    let of_its_own =
        |all: &[Arc<Constraint>]| -> Vec<Arc<Constraint>> { all.iter().filter(|own| !is_plain_not_null(own)).cloned().collect() };
    parts(
        &of_its_own(old),
        &of_its_own(new),
        |own| own.name.as_ref().expect("a constraint that is kept has a name"),
        |old, new| Constraint { name: name(new), ..old.clone() } == *new,
    )
}

pub(super) fn same_trigger(old: &Trigger, new: &Trigger) -> bool {
    Trigger { enabled: new.enabled, ..old.clone() } == *new
}

pub(super) fn same_rule(old: &Rule, new: &Rule) -> bool {
    Rule { enabled: new.enabled, ..old.clone() } == *new
}

/// `ALTER POLICY` sets roles and conditions, and takes no condition away.
pub(super) fn alterable(old: &Policy, new: &Policy) -> bool {
    old.permissive == new.permissive
        && old.command == new.command
        && (old.using.is_none() || new.using.is_some())
        && (old.check.is_none() || new.check.is_some())
}

/// Whether `ALTER CONSTRAINT` or `VALIDATE CONSTRAINT` makes the one of the other.
pub(super) fn alterable_constraint(old: &Constraint, new: &Constraint) -> bool {
    let foreign = matches!(old.kind, ConstraintKind::ForeignKey(_));
    let not_null = matches!(old.kind, ConstraintKind::NotNull(_));
    let validated = old.not_valid && !new.not_valid;
    old.kind == new.kind
        && (foreign || old.deferrable == new.deferrable)
        && old.not_enforced == new.not_enforced
        && (not_null || old.no_inherit == new.no_inherit)
        && (old.not_valid == new.not_valid || validated)
}

/// Whether a parent has the constraint, so that it goes and comes with the parent's.
pub(super) fn of_parent(catalog: &Catalog, table: &Table, constraint: &Constraint) -> bool {
    let parents = table.inherits.iter().chain(table.partition_of.as_ref().map(|(parent, _)| parent));
    let has = |parent: &Name| {
        catalog.table(parent).is_some_and(|parent| {
            parent.constraints.iter().any(|own| match (&own.kind, &constraint.kind) {
                (ConstraintKind::ForeignKey(own), ConstraintKind::ForeignKey(key)) => table.partition_of.is_some() && own == key,
                (
                    ConstraintKind::Check(_) | ConstraintKind::NotNull(_),
                    ConstraintKind::Check(_) | ConstraintKind::NotNull(_),
                ) => own.name == constraint.name && !own.no_inherit,
                _ => false,
            })
        })
    };
    let by_index = || {
        let behind = |index: &&Arc<Index>| index.constraint == constraint.name;
        table.indexes.iter().find(behind).is_some_and(|index| index.parent.is_some())
    };
    parents.clone().any(has) || by_index()
}

/// Whether two indexes are the same but for their names and what only the catalog knows. Options can be set.
pub(super) fn same_index(old: &Index, new: &Index) -> bool {
    let shape = crate::change::IndexShape {
        options: new.shape.options.clone(),
        tablespace: new.shape.tablespace.clone(),
        ..old.shape.clone()
    };
    old.unique == new.unique
        && old.primary == new.primary
        && old.constraint.is_some() == new.constraint.is_some()
        && shape == new.shape
}

/// Whether two views show the same.
pub(super) fn same_view(old: &View, new: &View) -> bool {
    let names = |view: &View| view.columns.iter().map(|own| own.name.clone()).collect::<Vec<_>>();
    old.materialized == new.materialized
        && old.recursive == new.recursive
        && old.query.text.sql == new.query.text.sql
        && old.check_option == new.check_option
        && old.columns_known == new.columns_known
        && names(old) == names(new)
}

/// Whether the one's columns are the first of the other's, of types that are known.
pub(super) fn keeps_columns(old: &View, new: &View) -> bool {
    let same = |(old, new): (&crate::catalog::ViewColumn, &crate::catalog::ViewColumn)| {
        old.name == new.name && old.data_type.is_some() && old.data_type == new.data_type
    };
    old.columns_known
        && new.columns_known
        && old.columns.len() <= new.columns.len()
        && old.columns.iter().zip(&new.columns).all(same)
}
