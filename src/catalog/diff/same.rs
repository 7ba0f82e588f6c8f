//! Whether two states mean the same: identities, the order of parts and what is only said differently do not count.

use super::properties::sequence_change;
use super::rights::owner;
use crate::catalog::{
    Catalog, CatalogRoutine, Index, Relation, Schema, Sequence, Table, TableColumn, UserType, UserTypeShape, View,
};
use crate::change::{ColumnValue, Constraint, ConstraintKind, Expr, Ident, IndexShape};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The first thing in which two states differ, for people; nothing where they mean the same. The order of columns does not count.
pub fn difference(old: &Catalog, new: &Catalog) -> Option<String> {
    let relations = pick(&old.relations, &new.relations, relation);
    let types = || pick(&old.types, &new.types, |a, b| user_type(a, b));
    let routines = || pick(&old.routines, &new.routines, |a, b| routines(a, b));
    let schemas = || pick(&old.schemas, &new.schemas, |a, b| schema(a, b));
    let outside = || {
        let placed = |of: &Catalog| of.extensions.values().map(|own| (own.name.clone(), own.schema.clone())).collect::<Vec<_>>();
        let same = old.extensions.ptr_eq(&new.extensions) || placed(old) == placed(new);
        (!same).then(|| "the extensions".to_owned())
    };
    let others = || {
        if old.others.ptr_eq(&new.others) {
            return None;
        }
        let differ = |key: &&(crate::change::ObjectKind, String)| {
            old.others.get(*key).map(|own| &own.statements) != new.others.get(*key).map(|own| &own.statements)
        };
        old.others.keys().chain(new.others.keys()).find(differ).map(|(_, words)| words.clone())
    };
    let comments = || (old.comments != new.comments).then(|| "a comment".to_owned());
    let defaults = || {
        let some = |of: &Catalog| -> Vec<_> {
            let all = of.default_privileges.iter().filter(|(_, privileges)| !privileges.is_empty());
            all.map(|(key, privileges)| (key.clone(), privileges.clone())).collect()
        };
        (some(old) != some(new)).then(|| "default privileges".to_owned())
    };
    let roles = || (old.roles != new.roles).then(|| "who is a member of which role".to_owned());
    relations
        .or_else(types)
        .or_else(routines)
        .or_else(schemas)
        .or_else(outside)
        .or_else(others)
        .or_else(comments)
        .or_else(defaults)
        .or_else(roles)
}

fn pick<K: Ord + Clone + std::fmt::Display, V: Clone + PartialEq>(
    old: &imbl::OrdMap<K, V>,
    new: &imbl::OrdMap<K, V>,
    differ: impl Fn(&V, &V) -> Option<&'static str>,
) -> Option<String> {
    old.diff(new).find_map(|item| match item {
        imbl::ordmap::DiffItem::Add(key, _) => Some(format!("{key} is missing")),
        imbl::ordmap::DiffItem::Remove(key, _) => Some(format!("{key} is still there")),
        imbl::ordmap::DiffItem::Update { old: (key, old), new: (_, new) } => {
            differ(old, new).map(|what| format!("{what} of {key}"))
        }
    })
}

fn relation(old: &Relation, new: &Relation) -> Option<&'static str> {
    match (old, new) {
        (Relation::Table(old), Relation::Table(new)) => table(old, new),
        (Relation::View(old), Relation::View(new)) => view(old, new),
        (Relation::Sequence(old), Relation::Sequence(new)) => sequence(old, new),
        (Relation::Index(old), Relation::Index(new)) => (old != new).then_some("the table"),
        _ => Some("the kind"),
    }
}

fn table(old: &Table, new: &Table) -> Option<&'static str> {
    let bound = |table: &Table| table.partition_of.as_ref().map(|(parent, bound)| (parent.clone(), bound.sql.clone()));
    let key = |table: &Table| table.partition_by.as_ref().map(|key| (key.strategy.clone(), key.keys.sql.clone()));
    let columns = |table: &Table| -> BTreeMap<Ident, Arc<TableColumn>> {
        table.columns.iter().map(|own| (own.column.name.clone(), own.clone())).collect()
    };
    let checks = [
        (old.persistence != new.persistence, "the persistence"),
        (key(old) != key(new), "the partition key"),
        (bound(old) != bound(new), "the parent"),
        (old.inherits != new.inherits, "the parents"),
        (old.server != new.server, "the server"),
        (old.of_type != new.of_type, "the type"),
        (!by_name(&columns(old), &columns(new), column), "a column"),
        (!by_name(&constraints(old), &constraints(new), constraint), "a constraint"),
        (!by_name(&indexes(&old.indexes), &indexes(&new.indexes), index), "an index"),
        (!by_name(&named(&old.triggers, |own| &own.name), &named(&new.triggers, |own| &own.name), |a, b| a == b), "a trigger"),
        (!by_name(&named(&old.rules, |own| &own.name), &named(&new.rules, |own| &own.name), |a, b| a == b), "a rule"),
        (!by_name(&named(&old.policies, |own| &own.name), &named(&new.policies, |own| &own.name), |a, b| a == b), "a policy"),
        (old.row_security != new.row_security || old.force_row_security != new.force_row_security, "row security"),
        (old.replica_identity != new.replica_identity, "the replica identity"),
        (old.cluster_on != new.cluster_on, "the clustering"),
        (options(&old.options) != options(&new.options), "the options"),
        (owner(&old.owner) != owner(&new.owner), "the owner"),
        (old.privileges != new.privileges, "the privileges"),
    ];
    first(&checks)
}

fn first(checks: &[(bool, &'static str)]) -> Option<&'static str> {
    checks.iter().find(|(differ, _)| *differ).map(|(_, what)| *what)
}

fn options(of: &[(Ident, String)]) -> BTreeMap<&Ident, &String> {
    of.iter().map(|(name, value)| (name, value)).collect()
}

fn named<T>(parts: &[Arc<T>], name: impl Fn(&T) -> &Ident) -> BTreeMap<Ident, Arc<T>> {
    parts.iter().map(|own| (name(own).clone(), own.clone())).collect()
}

fn indexes(of: &[Arc<Index>]) -> BTreeMap<Ident, Arc<Index>> {
    named(of, |own| &own.name)
}

/// The constraints that have a life of their own: the name of a plain not-null is the server's before 18.
fn constraints(table: &Table) -> BTreeMap<Ident, Arc<Constraint>> {
    let own = table.constraints.iter().filter(|own| !is_plain_not_null(own));
    own.map(|own| (own.name.clone().unwrap_or_default(), own.clone())).collect()
}

/// Whether a constraint says no more than the column's `NOT NULL`.
pub(super) fn is_plain_not_null(constraint: &Constraint) -> bool {
    matches!(constraint.kind, ConstraintKind::NotNull(_)) && !constraint.not_valid && !constraint.no_inherit
}

fn by_name<T>(old: &BTreeMap<Ident, Arc<T>>, new: &BTreeMap<Ident, Arc<T>>, same: impl Fn(&T, &T) -> bool) -> bool {
    old.len() == new.len()
        && old.iter().all(|(name, own)| new.get(name).is_some_and(|other| Arc::ptr_eq(own, other) || same(own, other)))
}

fn column(old: &TableColumn, new: &TableColumn) -> bool {
    let value = match (&old.value, &new.value) {
        (ColumnValue::Default(old), ColumnValue::Default(new)) => text(old, new),
        (ColumnValue::Generated { expr: old, stored: kept }, ColumnValue::Generated { expr: new, stored }) => {
            text(old, new) && kept == stored
        }
        (ColumnValue::Identity { always: old, sequence: have }, ColumnValue::Identity { always, sequence }) => {
            old == always && sequence_change(have, sequence).is_none()
        }
        (old, new) => old == new,
    };
    value
        && old.data_type == new.data_type
        && old.not_null == new.not_null
        && old.collation == new.collation
        && options(&old.options) == options(&new.options)
        && old.inherited == new.inherited
}

fn text(old: &Expr, new: &Expr) -> bool {
    old.sql == new.sql
}

fn constraint(old: &Constraint, new: &Constraint) -> bool {
    let kind = match (&old.kind, &new.kind) {
        (ConstraintKind::Check(old), ConstraintKind::Check(new)) => text(old, new),
        (ConstraintKind::Exclude(old), ConstraintKind::Exclude(new)) => shape(old, new),
        (old, new) => old == new,
    };
    kind && old.deferrable == new.deferrable
        && old.not_valid == new.not_valid
        && old.not_enforced == new.not_enforced
        && old.no_inherit == new.no_inherit
}

fn index(old: &Index, new: &Index) -> bool {
    old.unique == new.unique
        && old.primary == new.primary
        && old.constraint == new.constraint
        && shape(&old.shape, &new.shape)
        && old.parent == new.parent
}

fn shape(old: &IndexShape, new: &IndexShape) -> bool {
    let keys = |shape: &IndexShape| shape.keys.iter().map(|key| (key.expr.sql.clone(), key.tail.clone())).collect::<Vec<_>>();
    let predicate = |shape: &IndexShape| shape.predicate.as_ref().map(|own| own.sql.clone());
    old.method == new.method
        && keys(old) == keys(new)
        && old.include == new.include
        && old.nulls_not_distinct == new.nulls_not_distinct
        && predicate(old) == predicate(new)
        && options(&old.options) == options(&new.options)
}

fn view(old: &View, new: &View) -> Option<&'static str> {
    let defaults =
        |view: &View| view.defaults.iter().map(|(name, own)| (name.clone(), own.sql.clone())).collect::<BTreeMap<_, _>>();
    let checks = [
        (!super::alike::same_view(old, new), "the query"),
        (!by_name(&indexes(&old.indexes), &indexes(&new.indexes), index), "an index"),
        (!by_name(&named(&old.triggers, |own| &own.name), &named(&new.triggers, |own| &own.name), |a, b| a == b), "a trigger"),
        (!by_name(&named(&old.rules, |own| &own.name), &named(&new.rules, |own| &own.name), |a, b| a == b), "a rule"),
        (defaults(old) != defaults(new), "a default"),
        (options(&old.options) != options(&new.options), "the options"),
        (owner(&old.owner) != owner(&new.owner), "the owner"),
        (old.privileges != new.privileges, "the privileges"),
    ];
    first(&checks)
}

fn sequence(old: &Sequence, new: &Sequence) -> Option<&'static str> {
    let own = |of: &Sequence| if of.owned_by.is_some() { Ident::default() } else { owner(&of.owner) };
    let checks = [
        (old.persistence != new.persistence, "the persistence"),
        (sequence_change(&old.options, &new.options).is_some(), "the options"),
        (old.owned_by != new.owned_by, "the column"),
        (old.identity != new.identity, "the identity"),
        (own(old) != own(new), "the owner"),
        (old.privileges != new.privileges, "the privileges"),
    ];
    first(&checks)
}

fn user_type(old: &UserType, new: &UserType) -> Option<&'static str> {
    let same = match (&old.shape, &new.shape) {
        (UserTypeShape::Domain(old), UserTypeShape::Domain(new)) => {
            let checks = |of: &crate::change::Domain| -> BTreeMap<Option<Ident>, (Arc<str>, bool)> {
                of.checks.iter().map(|own| (own.name.clone(), (own.expr.sql.clone(), own.not_valid))).collect()
            };
            let default = |of: &crate::change::Domain| of.default.as_ref().map(|own| own.sql.clone());
            old.data_type == new.data_type
                && old.collation == new.collation
                && old.not_null == new.not_null
                && default(old) == default(new)
                && checks(old) == checks(new)
        }
        (old, new) => old == new,
    };
    let checks = [
        (!same, "the definition"),
        (owner(&old.owner) != owner(&new.owner), "the owner"),
        (old.privileges != new.privileges, "the privileges"),
    ];
    first(&checks)
}

fn routines(old: &[CatalogRoutine], new: &[CatalogRoutine]) -> Option<&'static str> {
    let same = |own: &CatalogRoutine| {
        new.iter().find(|other| other.signature == own.signature).is_some_and(|other| {
            own.routine == other.routine
                && owner(&own.owner) == owner(&other.owner)
                && own.privileges == other.privileges
                && own.public_revoked == other.public_revoked
        })
    };
    (old.len() != new.len() || !old.iter().all(same)).then_some("the definition")
}

fn schema(old: &Schema, new: &Schema) -> Option<&'static str> {
    first(&[(owner(&old.owner) != owner(&new.owner), "the owner"), (old.privileges != new.privileges, "the privileges")])
}
