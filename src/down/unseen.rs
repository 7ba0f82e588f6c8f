//! What may have been there unseen. Where the schema before a statement is not fully known, `IF EXISTS` that finds nothing may have
//! dropped something, which cannot be made again, and `IF NOT EXISTS` or `OR REPLACE` may have found something, which then goes.

use super::{Context, UpFidelity};
use crate::catalog::diff::{changed_relations, difference};
use crate::catalog::{Catalog, Name, ObjectId, Relation};
use crate::change::{Change, ObjectKind, ObjectRef, QName, TableAction};
use crate::replay::{Atom, Step};

/// What a statement may have found.
pub(super) enum Unseen {
    /// It may have dropped this.
    Dropped(String),
    /// It may have left or replaced this.
    Found(String),
}

/// What a statement may have found though it is not known to have been there.
pub(super) fn unseen(context: &Context<'_>, step: &Step) -> Option<Unseen> {
    if step.known {
        return None;
    }
    let either = |atom| dropped(atom, context).map(Unseen::Dropped).or_else(|| found(atom, context).map(Unseen::Found));
    step.atoms.iter().find_map(either)
}

/// Leaves to a person what dropped an old table or view that what was not understood may have altered.
pub(super) fn note_gone(ups: &mut [UpFidelity], earlier: &[Step], steps: &[Step], first: &Catalog) {
    for (step, up) in steps.iter().zip(ups).filter(|(step, _)| !step.known) {
        if let Some(name) = gone(step, earlier, first) {
            up.by_hand(format!("what else {name} had is not known: something before it was not understood"));
        }
    }
}

/// An old table or view that is gone, and that what was not understood may have altered.
fn gone(step: &Step, earlier: &[Step], first: &Catalog) -> Option<Name> {
    let names = changed_relations(&step.before, &step.after);
    let id_in = |catalog: &Catalog, name: &Name| match catalog.relations.get(name) {
        Some(own @ (Relation::Table(_) | Relation::View(_))) => own.id(),
        Some(Relation::Sequence(_) | Relation::Index(_)) | None => None,
    };
    let is_gone = |name: &&Name| {
        let id = id_in(&step.before, name).filter(|id| first.knows(*id) && was_touched(*id, step, earlier));
        id.is_some_and(|id| !names.iter().any(|other| id_in(&step.after, other) == Some(id)))
    };
    names.iter().find(is_gone).cloned()
}

/// Whether something was there when a statement ran that was not understood.
fn was_touched(id: ObjectId, step: &Step, earlier: &[Step]) -> bool {
    let unclear = |step: &Step| {
        let opaque = step.atoms.iter().any(|atom| matches!(atom.change.value, Change::Opaque(_)));
        opaque || !step.problems.is_empty() || !step.doubtful.is_empty()
    };
    let first = earlier.first().unwrap_or(step);
    !first.known && first.before.knows(id) || earlier.iter().any(|step| unclear(step) && step.after.knows(id))
}

fn dropped(atom: &Atom, context: &Context<'_>) -> Option<String> {
    let before = &atom.before;
    match &atom.change.value {
        Change::Drop { objects, if_exists: true, .. } => {
            let missing = |own: &&ObjectRef| may_be_old(own, before, context) && is_refused(drop_of(own), before, context);
            objects.iter().find(missing).map(shown)
        }
        Change::AlterTable(alter) => {
            let (kind, name) = match &alter.action {
                TableAction::DropConstraint { name, if_exists: true, .. } => (ObjectKind::Constraint, name),
                TableAction::DropColumn { column, if_exists: true, .. } => (ObjectKind::Column, column),
                _ => return None,
            };
            let object = ObjectRef::member(kind, alter.table.clone(), name.clone());
            let nothing = difference(before, &atom.after).is_none();
            (nothing && may_be_old(&object, before, context)).then(|| shown(&object))
        }
        _ => None,
    }
}

fn found(atom: &Atom, context: &Context<'_>) -> Option<String> {
    let before = &atom.before;
    match &atom.change.value {
        Change::AlterTable(alter) => {
            let TableAction::AddColumn { column, if_not_exists: true, .. } = &alter.action else { return None };
            let object = ObjectRef::member(ObjectKind::Column, alter.table.clone(), column.name.clone());
            let added = difference(before, &atom.after).is_some();
            (added && may_be_old(&object, before, context)).then(|| shown(&object))
        }
        Change::CreateRoutine { name, or_replace: true, routine } => {
            let strict = Change::CreateRoutine { name: name.clone(), or_replace: false, routine: routine.clone() };
            (!is_refused(strict, before, context)).then(|| name.to_string())
        }
        Change::CreateView(view) if view.or_replace || view.if_not_exists => is_new(&view.name, before),
        Change::CreateTable(table) if table.if_not_exists => is_new(&table.name, before),
        Change::CreateSequence { name, if_not_exists: true, .. } => is_new(name, before),
        Change::CreateTrigger { table, or_replace: true, trigger } => {
            let object = ObjectRef::member(ObjectKind::Trigger, table.clone(), trigger.name.clone());
            let strict = Change::CreateTrigger { table: table.clone(), or_replace: false, trigger: trigger.clone() };
            (may_be_old(&object, before, context) && !is_refused(strict, before, context)).then(|| shown(&object))
        }
        Change::CreateIndex(index) if index.if_not_exists => {
            let name = index.name.clone()?;
            let object = ObjectRef::member(ObjectKind::Index, index.table.clone(), name.clone());
            let mut strict = index.clone();
            strict.if_not_exists = false;
            let absent = !is_refused(Change::CreateIndex(strict), before, context);
            (absent && may_be_old(&object, before, context)).then(|| name.to_string())
        }
        _ => None,
    }
}

/// Whether a part of something may have been there before the migration: not that of a table that the migration made.
fn may_be_old(object: &ObjectRef, before: &Catalog, context: &Context<'_>) -> bool {
    if object.member.is_none() {
        return true;
    }
    let owner = before.resolve_relation(&object.name).and_then(|name| before.relations.get(&name)?.id());
    owner.is_none_or(|id| context.first.knows(id))
}

fn is_new(name: &QName, before: &Catalog) -> Option<String> {
    before.resolve_relation(name).is_none().then(|| name.to_string())
}

fn is_refused(change: Change, before: &Catalog, context: &Context<'_>) -> bool {
    before.clone().apply(&change, context.dialect).is_err()
}

fn drop_of(object: &ObjectRef) -> Change {
    Change::Drop { objects: vec![object.clone()], if_exists: false, cascade: true, concurrently: false }
}

fn shown(object: &ObjectRef) -> String {
    match &object.member {
        Some(member) => format!("{}.{member}", object.name),
        None => object.name.to_string(),
    }
}
