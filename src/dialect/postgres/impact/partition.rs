//! Locks of partitions as they come and go, and of inheritance.

use super::super::locks::Mode;
use super::collect::Locks;
use super::{constraint, proof};
use crate::catalog::{Index, Name};
use crate::change::{Expr, QName};
use crate::dialect::Held;
use std::sync::Arc;

/// `CREATE TABLE ... PARTITION OF`.
pub(super) fn create(parent: &QName, bound: &Expr, locks: &mut Locks<'_>) {
    let Some(parent) = locks.lock_named(parent, Mode::AccessExclusive) else { return };
    keys_of_parent(&parent, locks);
    if !is_default(bound) {
        scan_default(&parent, locks);
    }
}

/// `ATTACH PARTITION`, of a table or of an index.
pub(super) fn attach(parent: &Name, partition: &QName, bound: &Expr, locks: &mut Locks<'_>) {
    let Some(partition) = locks.resolve(partition) else { return };
    if let (Some((owner, _)), Some((part, _))) = (locks.before().index(parent), locks.before().index(&partition)) {
        let (owner, part) = (owner.clone(), part.clone());
        locks.lock_index(parent, Mode::ShareUpdateExclusive);
        locks.lock_index(&partition, Mode::AccessExclusive);
        locks.lock(&owner, Mode::AccessShare);
        locks.lock(&part, Mode::AccessShare);
        return;
    }
    locks.lock(parent, Mode::ShareUpdateExclusive);
    locks.lock_above(parent);
    locks.lock_tree(&partition, Mode::AccessExclusive);
    keys_of_parent(parent, locks);
    if !is_default(bound) {
        scan_default(parent, locks);
    }
    let (Some(above), Some(table)) = (locks.before().table(parent), locks.before().table(&partition)) else { return };
    let tree = locks.tree(&partition);
    let proven = above.partition_by.as_ref().is_some_and(|key| proof::implies_bound(table, &key.keys, bound));
    let has_keys = above.constraints.iter().any(|it| matches!(it.kind, crate::change::ConstraintKind::ForeignKey(_)));
    if !proven || has_keys {
        locks.hold_for(&tree, Held::Scan);
    }
    if above.indexes.iter().any(|index| !table.indexes.iter().any(|own| same_index(index, own))) {
        locks.hold_for(&tree, Held::IndexBuild);
    }
}

/// `DETACH PARTITION`.
pub(super) fn detach(parent: &Name, partition: &QName, concurrently: bool, finalize: bool, locks: &mut Locks<'_>) {
    let Some(partition) = locks.resolve(partition) else { return };
    if concurrently || finalize {
        locks.lock(parent, Mode::ShareUpdateExclusive);
        locks.lock_tree(&partition, Mode::AccessExclusive);
        return;
    }
    locks.lock(parent, Mode::AccessExclusive);
    lock_default(parent, locks);
    // Its own partitions are locked in full in every version; the partition itself since 14, and where it has triggers of the
    // parent's, which foreign keys that refer to it make too.
    let of_rows = |table: &Name| locks.before().table(table).is_some_and(|table| table.triggers.iter().any(|it| it.for_each_row));
    let referred = !locks.is_partitioned(&partition) && !locks.referencing(parent).is_empty();
    let has_triggers = referred || of_rows(parent) || locks.above(parent).iter().any(of_rows);
    for member in locks.tree(&partition) {
        let weak = member == partition && locks.version() < 14 && !has_triggers;
        locks.lock(&member, if weak { Mode::ShareUpdateExclusive } else { Mode::AccessExclusive });
    }
    for constraint in locks.before().table(parent).map(|table| table.constraints.clone()).unwrap_or_default() {
        constraint::lock_referenced(&constraint, locks);
    }
    for (table, _) in locks.referencing(parent) {
        locks.lock(&table, Mode::AccessExclusive);
        locks.hold_for(&[table], Held::Scan);
    }
}

/// `INHERIT` and `NO INHERIT`.
pub(super) fn inherit(table: &Name, parent: &QName, inherit: bool, locks: &mut Locks<'_>) {
    locks.lock(table, Mode::AccessExclusive);
    locks.lock_named(parent, if inherit { Mode::ShareUpdateExclusive } else { Mode::AccessShare });
}

/// A change of the partitions changes the bound of the default one.
pub(super) fn lock_default(parent: &Name, locks: &mut Locks<'_>) {
    if let Some(default) = default_of(parent, locks) {
        locks.lock(&default, Mode::AccessExclusive);
    }
}

/// Rows of the default partition may belong to the new one: it is read.
fn scan_default(parent: &Name, locks: &mut Locks<'_>) {
    if let Some(default) = default_of(parent, locks) {
        locks.lock_tree(&default, Mode::AccessExclusive);
        locks.hold_for(&locks.tree(&default), Held::Scan);
    }
}

fn default_of(parent: &Name, locks: &Locks<'_>) -> Option<Name> {
    let is_it = |child: &Name| {
        locks.before().table(child).and_then(|table| table.partition_of.as_ref()).is_some_and(|(_, bound)| is_default(bound))
    };
    locks.children(parent).into_iter().find(is_it)
}

/// Foreign keys from and to the partitioned table get triggers for the new partition.
fn keys_of_parent(parent: &Name, locks: &mut Locks<'_>) {
    let Some(table) = locks.before().table(parent).cloned() else { return };
    for constraint in &table.constraints {
        constraint::lock_referenced(constraint, locks);
    }
    let mode = if locks.version() >= 15 { Mode::ShareRowExclusive } else { Mode::AccessShare };
    for (referencing, _) in locks.referencing(parent) {
        locks.lock(&referencing, mode);
    }
}

fn is_default(bound: &Expr) -> bool {
    bound.sql.trim().eq_ignore_ascii_case("default")
}

fn same_index(one: &Arc<Index>, other: &Arc<Index>) -> bool {
    let keys = |index: &Index| -> Vec<String> {
        index
            .shape
            .keys
            .iter()
            .map(|key| format!("{} {}", key.expr.sql.to_ascii_lowercase(), key.tail.to_ascii_lowercase()))
            .collect()
    };
    let predicate = |index: &Index| index.shape.predicate.as_ref().map(|predicate| predicate.sql.to_ascii_lowercase());
    one.unique == other.unique
        && one.shape.method == other.shape.method
        && one.shape.include == other.shape.include
        && keys(one) == keys(other)
        && predicate(one) == predicate(other)
        && (one.constraint.is_none() || other.constraint.is_some())
}
