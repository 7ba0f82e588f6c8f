//! Locks of constraints as they come, are validated, altered and go.

use super::super::locks::Mode;
use super::collect::Locks;
use super::{drop, proof};
use crate::catalog::Name;
use crate::change::{Constraint, ConstraintKind, Ident, Key};
use crate::dialect::Held;

/// A foreign key puts triggers on the table it refers to, and on that table's partitions.
pub(super) fn lock_referenced(constraint: &Constraint, locks: &mut Locks<'_>) {
    if let ConstraintKind::ForeignKey(key) = &constraint.kind
        && let Some(referenced) = locks.resolve(&key.table)
    {
        lock_whole(&referenced, Mode::ShareRowExclusive, locks);
    }
}

/// A partitioned table with its partitions; any other table alone.
pub(super) fn lock_whole(table: &Name, mode: Mode, locks: &mut Locks<'_>) {
    match locks.is_partitioned(table) {
        true => locks.lock_tree(table, mode),
        false => locks.lock(table, mode),
    }
}

pub(super) fn add(table: &Name, constraint: &Constraint, only: bool, locks: &mut Locks<'_>) {
    let tree = if only { vec![table.clone()] } else { locks.tree(table) };
    let partitioned = locks.is_partitioned(table);
    let unchecked = constraint.not_valid || constraint.not_enforced;
    match &constraint.kind {
        ConstraintKind::Check(_) => {
            locks.lock(table, Mode::AccessExclusive);
            let inherited = !constraint.no_inherit;
            // Since 18 children are locked before it is known that nothing is for them.
            if inherited || locks.version() >= 18 {
                tree.iter().for_each(|member| locks.lock(member, Mode::AccessExclusive));
            }
            if !unchecked {
                locks.hold_for(if inherited { &tree } else { std::slice::from_ref(table) }, Held::Scan);
            }
        }
        ConstraintKind::NotNull(column) => {
            tree.iter().for_each(|member| locks.lock(member, Mode::AccessExclusive));
            if !unchecked && !proof::has_no_nulls(&tree, column, locks) {
                locks.hold_for(&tree, Held::Scan);
            }
        }
        ConstraintKind::ForeignKey(_) => {
            lock_whole(table, Mode::ShareRowExclusive, locks);
            if locks.version() >= 18 {
                // Children are locked before it is known that nothing is for them.
                tree.iter().for_each(|member| locks.lock(member, Mode::ShareRowExclusive));
            }
            lock_referenced(constraint, locks);
            if !unchecked {
                locks.hold_for(&tree, Held::Scan);
            }
        }
        ConstraintKind::Unique(key) => {
            locks.lock(table, Mode::AccessExclusive);
            unique_below(&tree, partitioned, false, locks);
            if key.using_index.is_none() {
                locks.hold_for(if partitioned { &tree } else { std::slice::from_ref(table) }, Held::IndexBuild);
            }
        }
        ConstraintKind::PrimaryKey(key) => primary_key(table, key, &tree, locks),
        ConstraintKind::Exclude(_) => {
            locks.lock(table, Mode::AccessExclusive);
            unique_below(&tree, partitioned, false, locks);
            locks.hold_for(if partitioned { &tree } else { std::slice::from_ref(table) }, Held::IndexBuild);
        }
    }
}

/// The partitions get indexes of their own, under `SHARE` before 18. Since 18, and for the `NOT NULL` of a primary key always,
/// children are locked like their parent.
fn unique_below(tree: &[Name], partitioned: bool, not_null: bool, locks: &mut Locks<'_>) {
    let mode = if not_null || locks.version() >= 18 { Mode::AccessExclusive } else { Mode::Share };
    if partitioned || mode == Mode::AccessExclusive {
        tree[1..].iter().for_each(|member| locks.lock(member, mode));
    }
}

fn primary_key(table: &Name, key: &Key, tree: &[Name], locks: &mut Locks<'_>) {
    locks.lock(table, Mode::AccessExclusive);
    let partitioned = locks.is_partitioned(table);
    unique_below(tree, partitioned, true, locks);
    match &key.using_index {
        None => locks.hold_for(if partitioned { tree } else { std::slice::from_ref(table) }, Held::IndexBuild),
        Some(index) => {
            let index = Name::new(table.schema.clone(), index.clone());
            let columns: Vec<Ident> = locks
                .before()
                .index(&index)
                .map_or(Vec::new(), |(_, index)| index.shape.keys.iter().filter_map(|key| key.column().cloned()).collect());
            if columns.iter().any(|column| !proof::has_no_nulls(tree, column, locks)) {
                locks.hold_for(tree, Held::Scan);
            }
        }
    }
}

pub(super) fn drop_constraint(table: &Name, name: &Ident, only: bool, locks: &mut Locks<'_>) {
    locks.lock(table, Mode::AccessExclusive);
    let kind =
        locks.before().table(table).and_then(|table| table.constraint(name)).map(|found| (found.kind.clone(), found.no_inherit));
    let inherited = match &kind {
        Some((ConstraintKind::Check(_) | ConstraintKind::NotNull(_), no_inherit)) => !*no_inherit && !only,
        Some((ConstraintKind::ForeignKey(_), _)) => locks.is_partitioned(table),
        Some((ConstraintKind::PrimaryKey(_) | ConstraintKind::Unique(_) | ConstraintKind::Exclude(_), _)) => {
            locks.is_partitioned(table)
        }
        None => false,
    };
    if let Some((ConstraintKind::ForeignKey(key), _)) = &kind
        && let Some(referenced) = locks.resolve(&key.table)
    {
        locks.lock(&referenced, Mode::AccessExclusive);
    }
    if inherited {
        locks.lock_tree(table, Mode::AccessExclusive);
    }
    drop::lost(locks);
}

pub(super) fn validate(table: &Name, name: &Ident, only: bool, locks: &mut Locks<'_>) {
    locks.lock(table, Mode::ShareUpdateExclusive);
    let Some(constraint) = locks.before().table(table).and_then(|table| table.constraint(name)).cloned() else { return };
    if !constraint.not_valid {
        return;
    }
    let tree = if only { vec![table.clone()] } else { locks.tree(table) };
    match &constraint.kind {
        ConstraintKind::ForeignKey(key) => {
            if let Some(referenced) = locks.resolve(&key.table) {
                locks.lock(&referenced, Mode::RowShare);
                for member in locks.tree(&referenced) {
                    locks.lock(&member, Mode::RowShare);
                }
            }
            if locks.is_partitioned(table) {
                tree.iter().for_each(|member| locks.lock(member, Mode::ShareUpdateExclusive));
            }
        }
        ConstraintKind::Check(_) | ConstraintKind::NotNull(_) => {
            if !constraint.no_inherit {
                tree.iter().for_each(|member| locks.lock(member, Mode::ShareUpdateExclusive));
            }
        }
        ConstraintKind::PrimaryKey(_) | ConstraintKind::Unique(_) | ConstraintKind::Exclude(_) => {}
    }
    locks.hold_for(&tree, Held::Scan);
}

pub(super) fn alter(table: &Name, name: &Ident, enforced: Option<bool>, inherit: Option<bool>, locks: &mut Locks<'_>) {
    lock_whole(table, Mode::AccessExclusive, locks);
    if inherit.is_some() {
        locks.lock_tree(table, Mode::AccessExclusive);
    }
    let Some(constraint) = locks.before().table(table).and_then(|table| table.constraint(name)).cloned() else { return };
    let (ConstraintKind::ForeignKey(key), Some(enforced)) = (&constraint.kind, enforced) else { return };
    if enforced != constraint.not_enforced {
        return;
    }
    if let Some(referenced) = locks.resolve(&key.table) {
        lock_whole(&referenced, if enforced { Mode::ShareRowExclusive } else { Mode::AccessExclusive }, locks);
    }
    if enforced {
        locks.hold_for(&locks.tree(table), Held::Scan);
    }
}
