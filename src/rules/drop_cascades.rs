//! What `CASCADE` takes along.

use super::{At, Check, Finding, rule};
use crate::catalog::{Catalog, Name, Relation, Table};
use crate::change::{AlterTable, Change, ObjectKind, TableAction};
use crate::replay::Atom;
use std::collections::BTreeSet;
use std::sync::Arc;

rule! {
    /// `CASCADE` drops more than the statement names.
    ///
    /// Views, foreign keys, defaults and functions that depend on the object go with it, without a word. Name what has to go, so that
    /// the statement fails where something is left that somebody uses.
    ///
    /// ```sql,bad
    /// CREATE TABLE users (id bigint PRIMARY KEY);
    /// CREATE VIEW members AS SELECT id FROM users;
    /// -- migration
    /// DROP TABLE users CASCADE;
    /// ```
    ///
    /// ```sql,good
    /// CREATE TABLE users (id bigint PRIMARY KEY);
    /// CREATE VIEW members AS SELECT id FROM users;
    /// -- migration
    /// DROP VIEW members;
    /// DROP TABLE users;
    /// ```
    ///
    /// ```sql,good
    /// CREATE TABLE users (id bigint PRIMARY KEY);
    /// CREATE VIEW members AS SELECT id FROM users;
    /// CREATE VIEW guests AS SELECT id FROM members;
    /// -- migration
    /// DROP VIEW members CASCADE;
    /// CREATE VIEW members AS SELECT id FROM users;
    /// CREATE VIEW guests AS SELECT id FROM members;
    /// ```
    pub(super) static DROP_CASCADES = "drop-cascades", Error, Data, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let mut out = Vec::new();
    for atom in at.step.atoms.iter().filter(|atom| cascades(&atom.change.value)) {
        let gone = gone(at, atom);
        if !gone.is_empty() {
            let gone = gone.into_iter().collect::<Vec<_>>().join(", ");
            out.push(
                at.finding(atom.change.span, format!("CASCADE also drops {gone}")).help(
                    "Drop these by name first, and leave CASCADE out: the statement then fails where anything else is left.",
                ),
            );
        }
    }
    out
}

fn cascades(change: &Change) -> bool {
    match change {
        Change::Drop { cascade, .. } | Change::AlterComposite { cascade, .. } => *cascade,
        Change::AlterTable(alter) => match alter.as_ref() {
            AlterTable {
                action: TableAction::DropColumn { cascade, .. } | TableAction::DropConstraint { cascade, .. }, ..
            } => *cascade,
            _ => false,
        },
        _ => false,
    }
}

/// What was there before the transaction, is gone after it, was not named, and is no part of what was named.
fn gone(at: &At<'_>, atom: &Atom) -> BTreeSet<String> {
    let named = named(atom);
    let mut out = BTreeSet::new();
    let end = at.committed();
    let old = |name: &Name| at.step.base.relations.contains_key(name) && !end.relations.contains_key(name);
    for (name, relation) in atom.before.relations.iter() {
        match (relation, atom.after.relations.get(name)) {
            (before, Some(after)) if before.ptr_eq(after) => {}
            (Relation::Table(before), Some(Relation::Table(after))) => {
                // What comes back before the commit was never away.
                parts(at, atom, before, [after, end.table(name).unwrap_or(after)], &mut out);
            }
            (Relation::Table(_), None) if old(name) && !named.contains(name) => {
                out.insert(format!("table {}", at.shown(name)));
            }
            (Relation::View(_), None) if old(name) && !named.contains(name) => {
                out.insert(format!("view {}", at.shown(name)));
            }
            (Relation::Sequence(sequence), None) if old(name) && !named.contains(name) && sequence.owned_by.is_none() => {
                out.insert(format!("sequence {}", at.shown(name)));
            }
            _ => {}
        }
    }
    for (name, _) in atom.before.types.iter() {
        if !atom.after.types.contains_key(name)
            && at.step.base.types.contains_key(name)
            && !end.types.contains_key(name)
            && !named.contains(name)
        {
            out.insert(format!("type {}", at.shown(name)));
        }
    }
    for (name, before) in atom.before.routines.iter() {
        let left = atom.after.routines.get(name).map_or(0, |left| left.len());
        if left < before.len()
            && at.step.base.routines.contains_key(name)
            && !end.routines.contains_key(name)
            && !named.contains(name)
        {
            out.insert(format!("function {}", at.shown(name)));
        }
    }
    out
}

/// What a table that stays has lost.
fn parts(at: &At<'_>, atom: &Atom, before: &Arc<Table>, after: [&Arc<Table>; 2], out: &mut BTreeSet<String>) {
    if !at.step.base.knows(before.id) {
        return;
    }
    let table = at.shown(&before.name);
    let own = match &atom.change.value {
        Change::AlterTable(alter) if atom.before.resolve_relation(&alter.table).as_ref() == Some(&before.name) => {
            Some(&alter.action)
        }
        _ => None,
    };
    for column in before.columns.iter().filter(|column| after.iter().all(|after| after.column(&column.name).is_none())) {
        if !matches!(own, Some(TableAction::DropColumn { column: named, .. }) if *named == column.name) {
            out.insert(format!("column {table}.{}", column.name));
        }
    }
    // Constraints and indexes of a column that was named go with it, cascade or not.
    let drops_column = matches!(own, Some(TableAction::DropColumn { .. }));
    let lost_constraint = |name: &str| after.iter().all(|after| after.constraint(name).is_none());
    for constraint in &before.constraints {
        let Some(name) = constraint.name.as_ref().filter(|name| lost_constraint(name) && !drops_column) else {
            continue;
        };
        if !matches!(own, Some(TableAction::DropConstraint { name: named, .. }) if named == name) {
            out.insert(format!("constraint {name} of {table}"));
        }
    }
    for policy in before
        .policies
        .iter()
        .filter(|policy| !after.iter().any(|after| after.policies.iter().any(|left| left.name == policy.name)))
    {
        out.insert(format!("policy {} of {table}", policy.name));
    }
    for trigger in before
        .triggers
        .iter()
        .filter(|trigger| !after.iter().any(|after| after.triggers.iter().any(|left| left.name == trigger.name)))
    {
        out.insert(format!("trigger {} of {table}", trigger.name));
    }
    for column in &before.columns {
        let lost = |now: &Catalog| {
            now.table(&before.name).and_then(|table| table.column(&column.name)).is_some_and(|now| {
                now.value == crate::change::ColumnValue::None && column.value != crate::change::ColumnValue::None
            })
        };
        if lost(&atom.after) && lost(at.committed()) {
            out.insert(format!("the default of {table}.{}", column.name));
        }
    }
}

fn named(atom: &Atom) -> BTreeSet<Name> {
    let Change::Drop { objects, .. } = &atom.change.value else { return BTreeSet::new() };
    let resolve = |object: &crate::change::ObjectRef| match object.kind {
        ObjectKind::Function | ObjectKind::Procedure | ObjectKind::Aggregate | ObjectKind::Routine => {
            atom.before.resolve_routine(&object.name)
        }
        ObjectKind::Type | ObjectKind::Domain => atom.before.resolve_type(&object.name),
        _ => atom.before.resolve_relation(&object.name),
    };
    objects.iter().filter_map(resolve).collect()
}
