//! Locks of what goes: the objects named, and all that a cascade or an ownership takes with them.

use super::super::locks::Mode;
use super::collect::Locks;
use super::outside;
use crate::catalog::{Name, Relation, Table, View};
use crate::change::{ConstraintKind, ObjectClass, ObjectKind, ObjectRef};
use imbl::ordmap::DiffItem;
use std::sync::Arc;

pub(super) fn drop(objects: &[ObjectRef], concurrently: bool, locks: &mut Locks<'_>) {
    for object in objects {
        match object.kind {
            ObjectKind::Statistics => outside::drop_statistics(object, locks),
            _ => named(object, concurrently, locks),
        }
    }
    if concurrently {
        return;
    }
    lost(locks);
    if objects.iter().any(|object| object.kind == ObjectKind::Index) {
        lost_indexes(locks);
    }
}

/// The indexes of partitions go with that of their table.
fn lost_indexes(locks: &mut Locks<'_>) {
    let context = locks.context;
    for item in context.before.relations.diff(&context.after.relations) {
        if let DiffItem::Remove(name, Relation::Index(_)) = item {
            locks.lock_index(name, Mode::AccessExclusive);
        }
    }
}

fn named(object: &ObjectRef, concurrently: bool, locks: &mut Locks<'_>) {
    let Some(name) = locks.resolve(&object.name) else { return };
    if !has_member(object, &name, locks) {
        // Its table's lock is let go again when there is nothing to drop.
        return;
    }
    match (object.kind, object.kind.class()) {
        (ObjectKind::Index, _) => {
            let Some(owner) = locks.before().index(&name).map(|(owner, _)| owner.clone()) else { return };
            let mode = if concurrently { Mode::ShareUpdateExclusive } else { Mode::AccessExclusive };
            locks.lock_index(&name, mode);
            match locks.is_partitioned(&owner) {
                true => locks.lock_tree(&owner, mode),
                false => locks.lock(&owner, mode),
            }
        }
        (ObjectKind::Trigger, _) => match locks.is_partitioned(&name) {
            true => locks.lock_tree(&name, Mode::AccessExclusive),
            false => locks.lock(&name, Mode::AccessExclusive),
        },
        (_, ObjectClass::Relation | ObjectClass::Member) => locks.lock(&name, Mode::AccessExclusive),
        (_, ObjectClass::Type | ObjectClass::Routine | ObjectClass::Schema | ObjectClass::Other) => {}
    }
}

/// Whether the trigger, rule or policy that is to go is there.
fn has_member(object: &ObjectRef, name: &Name, locks: &Locks<'_>) -> bool {
    let Some(member) = &object.member else { return true };
    match (object.kind, locks.before().relations.get(name)) {
        (ObjectKind::Trigger, Some(Relation::Table(table))) => table.triggers.iter().any(|trigger| trigger.name == *member),
        (ObjectKind::Rule, Some(Relation::Table(table))) => table.rules.iter().any(|rule| rule.name == *member),
        (ObjectKind::Policy, Some(Relation::Table(table))) => table.policies.iter().any(|policy| policy.name == *member),
        _ => true,
    }
}

/// Locks every relation that is gone after the change, or has lost a part.
pub(super) fn lost(locks: &mut Locks<'_>) {
    let context = locks.context;
    for item in context.before.relations.diff(&context.after.relations) {
        match item {
            DiffItem::Add(..) => {}
            DiffItem::Remove(name, relation) => gone(name, relation, locks),
            DiffItem::Update { old: (name, old), new: (_, new) } => match (old, new) {
                (Relation::Table(old), Relation::Table(new)) if old.id == new.id => changed(name, old, new, locks),
                (Relation::View(old), Relation::View(new)) if old.id == new.id => {
                    if view_lost(old, new) {
                        locks.lock(name, Mode::AccessExclusive);
                    }
                }
                (Relation::Sequence(_), Relation::Sequence(_)) => {}
                _ => gone(name, old, locks),
            },
        }
    }
}

fn gone(name: &Name, relation: &Relation, locks: &mut Locks<'_>) {
    match relation {
        Relation::View(_) | Relation::Sequence(_) => locks.lock(name, Mode::AccessExclusive),
        Relation::Index(owner) => {
            if locks.context.after.relations.contains_key(owner) {
                locks.lock(owner, Mode::AccessExclusive);
            }
        }
        Relation::Table(table) => {
            locks.lock(name, Mode::AccessExclusive);
            foreign_keys(table, None, locks);
            if let Some((parent, _)) = &table.partition_of {
                locks.lock(parent, Mode::AccessExclusive);
                super::partition::lock_default(parent, locks);
            }
        }
    }
}

/// A table that is still there: what has it lost?
fn changed(name: &Name, old: &Arc<Table>, new: &Arc<Table>, locks: &mut Locks<'_>) {
    let triggers = old.triggers.iter().any(|it| !new.triggers.iter().any(|other| other.name == it.name));
    let rules = old.rules.iter().any(|it| !new.rules.iter().any(|other| other.name == it.name));
    let policies = old.policies.iter().any(|it| !new.policies.iter().any(|other| other.name == it.name));
    let constraints = old.constraints.iter().any(|it| !new.constraints.iter().any(|other| other.name == it.name));
    let indexes = old.indexes.iter().any(|it| !new.indexes.iter().any(|other| other.id == it.id));
    let columns = old.columns.iter().any(|it| {
        new.columns
            .iter()
            .find(|other| other.number == it.number)
            .is_none_or(|other| std::mem::discriminant(&other.value) != std::mem::discriminant(&it.value))
    });
    if triggers || rules || policies || constraints || indexes || columns {
        locks.lock(name, Mode::AccessExclusive);
    }
    // Triggers for rows are on the partitions too.
    let of_rows = old.triggers.iter().any(|it| it.for_each_row && !new.triggers.iter().any(|other| other.name == it.name));
    if of_rows && locks.is_partitioned(name) {
        locks.lock_tree(name, Mode::AccessExclusive);
    }
    if constraints {
        foreign_keys(old, Some(new), locks);
    }
}

/// Foreign keys that are gone take their triggers from the referenced tables.
fn foreign_keys(old: &Table, new: Option<&Table>, locks: &mut Locks<'_>) {
    for constraint in &old.constraints {
        let ConstraintKind::ForeignKey(key) = &constraint.kind else { continue };
        let kept = new.is_some_and(|new| new.constraints.iter().any(|other| other.name == constraint.name));
        // A partition's key is its parent's: the parent holds the triggers.
        let of_parent = old
            .partition_of
            .as_ref()
            .and_then(|(parent, _)| locks.before().table(parent))
            .is_some_and(|parent| parent.constraints.iter().any(|other| other.kind == constraint.kind));
        let Some(referenced) = locks.resolve(&key.table).filter(|_| !kept && !of_parent) else { continue };
        lock_triggers(&referenced, locks);
    }
}

/// The triggers that a foreign key has on the table it refers to go with it. Before 15 only the partitions that hold rows had
/// them.
pub(super) fn lock_triggers(referenced: &Name, locks: &mut Locks<'_>) {
    if !locks.is_partitioned(referenced) {
        return locks.lock(referenced, Mode::AccessExclusive);
    }
    for member in locks.tree(referenced) {
        if locks.version() >= 15 || !locks.is_partitioned(&member) {
            locks.lock(&member, Mode::AccessExclusive);
        }
    }
}

fn view_lost(old: &View, new: &View) -> bool {
    old.triggers.len() > new.triggers.len() || old.rules.len() > new.rules.len() || old.indexes.len() > new.indexes.len()
}
