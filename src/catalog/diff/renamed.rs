//! What is there under another name, or in another schema.

use super::Walk;
use super::alike::{constraint_parts, indexes, policy_parts, programs, rule_parts, trigger_parts};
use crate::catalog::render::{alter, object, relation_kind, routine_object, type_kind};
use crate::catalog::{Name, Relation, Table};
use crate::change::{AlterTable, Change, Ident, ObjectKind, ObjectRef, QName, TableAction};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

impl Walk<'_> {
    /// Schemas first, then what is in them, then the parts of it.
    pub(super) fn rename(&mut self) {
        let schemas: Vec<Ident> =
            self.state.schemas.keys().filter(|name| !self.to.schemas.contains_key(*name)).cloned().collect();
        for schema in schemas {
            if let Some(to) = self.renamed_schema(&schema) {
                let object = ObjectRef::new(ObjectKind::Schema, QName::bare(schema));
                self.make(Change::Rename { object, to, if_exists: false });
            }
        }
        self.break_circle();
        for (old, new) in self.types().both {
            self.move_to(object(type_kind(&old), &old.name), &old.name, &new.name);
        }
        for (old, new) in self.routines().both {
            self.move_to(routine_object(&old), &old.name, &new.name);
        }
        for (old, new) in self.relations().both {
            let (Some(from), Some(to)) = (old.own_name(), new.own_name()) else { continue };
            // A sequence that a column owns lies in its table's schema, and moves with it.
            if self.state.relations.get(from).and_then(Relation::id) == old.id() {
                self.move_to(object(relation_kind(&old), from), from, to);
            }
        }
        for (old, new) in self.tables() {
            self.rename_columns(&old.name, &new);
        }
        for (old, new) in self.relations().both {
            self.rename_parts(&old, &new);
        }
    }

    /// The schema that one became: where everything went that was in it.
    pub(super) fn renamed_schema(&self, schema: &Ident) -> Option<Ident> {
        let mut places: BTreeSet<Ident> = BTreeSet::new();
        let mut note = |old: &Name, new: &Name| {
            if old.schema == *schema {
                places.insert(new.schema.clone());
            }
        };
        for (old, new) in self.relations().both {
            if let (Some(old), Some(new)) = (old.own_name(), new.own_name()) {
                note(old, new);
            }
        }
        self.types().both.iter().for_each(|(old, new)| note(&old.name, &new.name));
        self.routines().both.iter().for_each(|(old, new)| note(&old.name, &new.name));
        let only = places.pop_first().filter(|_| places.is_empty())?;
        (!self.state.schemas.contains_key(&only)).then_some(only)
    }

    fn move_to(&mut self, object: ObjectRef, from: &Name, to: &Name) {
        let mut object = object;
        let (mut schema, mut name) = (from.schema != to.schema, from.name != to.name);
        // In the schema where it goes the old name may be taken, in the one where it is the new one.
        let taken = self.state.relations.contains_key(&Name { schema: to.schema.clone(), name: from.name.clone() });
        for step in if schema && name && taken { [false, true] } else { [true, false] } {
            if step && std::mem::take(&mut schema) {
                let change = Change::SetSchema { object: object.clone(), schema: to.schema.clone(), if_exists: false };
                if !self.make(change) {
                    return;
                }
                object.name.schema = Some(to.schema.clone());
            } else if !step && std::mem::take(&mut name) {
                if !self.make(Change::Rename { object: object.clone(), to: to.name.clone(), if_exists: false }) {
                    return;
                }
                object.name.name = to.name.clone();
            }
        }
    }

    /// Relations and types that have each other's names: of each circle one steps aside, and the others can follow.
    fn break_circle(&mut self) {
        let relations = self.relations().both;
        let pairs: Vec<(Name, Name)> =
            relations.iter().filter_map(|(old, new)| Some((old.own_name()?.clone(), new.own_name()?.clone()))).collect();
        if let Some(at) = circle(&pairs) {
            let (old, name) = (&relations[at].0, &pairs[at].0);
            let to = self.free(name);
            self.make(Change::Rename { object: object(relation_kind(old), name), to, if_exists: false });
        }
        let types = self.types().both;
        let pairs: Vec<(Name, Name)> = types.iter().map(|(old, new)| (old.name.clone(), new.name.clone())).collect();
        if let Some(at) = circle(&pairs) {
            let (old, name) = (&types[at].0, &pairs[at].0);
            let to = self.free(name);
            self.make(Change::Rename { object: object(type_kind(old), name), to, if_exists: false });
        }
    }

    /// A name beside this one that nothing has, now or in the end.
    fn free(&self, name: &Name) -> Ident {
        let taken = |own: &Ident| {
            let full = Name { schema: name.schema.clone(), name: own.clone() };
            [&self.state, self.to].iter().any(|state| state.relations.contains_key(&full) || state.types.contains_key(&full))
        };
        aside(&name.name, taken)
    }

    /// Whether something that stays has another's name, or none of its own.
    pub(super) fn is_misplaced(&self) -> bool {
        let columns = |(old, new): &(Arc<Table>, Arc<Table>)| {
            self.columns(old, new).both.iter().any(|(old, new)| old.name != new.name && !old.inherited)
        };
        self.relations().both.iter().any(|(old, new)| old.own_name() != new.own_name())
            || self.types().both.iter().any(|(old, new)| old.name != new.name)
            || self.tables().iter().any(columns)
    }

    fn rename_columns(&mut self, name: &Name, new: &Table) {
        let mut refused: BTreeSet<Ident> = BTreeSet::new();
        loop {
            let Some(state) = self.state.table(name).cloned() else { return };
            let both = self.columns(&state, new).both;
            let pairs: Vec<(Ident, Ident)> =
                both.iter().filter(|(old, _)| !old.inherited).map(|(old, new)| (old.name.clone(), new.name.clone())).collect();
            let is_free = |own: &Ident| state.column(own).is_none();
            let next = pairs.iter().find(|(from, to)| from != to && is_free(to) && !refused.contains(from)).cloned();
            let away = || {
                let from = &pairs[circle(&pairs)?].0;
                Some((from.clone(), aside(from, |own| !is_free(own) || new.column(own).is_some())))
            };
            let Some((from, to)) = next.or_else(away) else { return };
            if !self.make(alter(&state, TableAction::RenameColumn { from: from.clone(), to })) && !refused.insert(from) {
                return;
            }
        }
    }

    fn rename_parts(&mut self, old: &Relation, new: &Relation) {
        let Some(owner) = old.own_name().cloned() else { return };
        if let (Some(state), Relation::Table(new)) = (self.state.table(&owner).cloned(), new) {
            for (from, constraint) in constraint_parts(&state.constraints, &new.constraints).renamed {
                let Some(to) = constraint.name.clone() else { continue };
                if self.state.table(&owner).is_some_and(|table| table.constraint(&from).is_some()) {
                    self.make(alter(&state, TableAction::RenameConstraint { from, to }));
                }
            }
            for (from, policy) in policy_parts(&state.policies, &new.policies).renamed {
                self.rename_member(ObjectKind::Policy, &owner, from, &policy.name);
            }
        }
        let Some(state) = self.state.relations.get(&owner).cloned() else { return };
        for (old, new) in self.indexes(indexes(&state), indexes(new)).both {
            if old.name != new.name {
                let name = Name { schema: owner.schema.clone(), name: old.name.clone() };
                let to = new.name.clone();
                self.make(Change::Rename { object: object(ObjectKind::Index, &name), to, if_exists: false });
            }
        }
        if let (Some((triggers, rules)), Some((new_triggers, new_rules))) = (programs(&state), programs(new)) {
            for (from, trigger) in trigger_parts(triggers, new_triggers).renamed {
                self.rename_member(ObjectKind::Trigger, &owner, from, &trigger.name);
            }
            for (from, rule) in rule_parts(rules, new_rules).renamed {
                self.rename_member(ObjectKind::Rule, &owner, from, &rule.name);
            }
        }
        if let (Relation::View(old), Relation::View(new)) = (&state, new) {
            let known = old.columns_known && new.columns_known && old.query.text.sql == new.query.text.sql;
            for (old, new) in old.columns.iter().zip(&new.columns).filter(|(old, new)| known && old.name != new.name) {
                let action = TableAction::RenameColumn { from: old.name.clone(), to: new.name.clone() };
                let kind = relation_kind(&state);
                let alter = AlterTable { kind, table: owner.qname(), if_exists: false, only: false, action };
                self.make(Change::AlterTable(Box::new(alter)));
            }
        }
    }

    fn rename_member(&mut self, kind: ObjectKind, owner: &Name, from: Ident, to: &Ident) {
        let object = ObjectRef::member(kind, owner.qname(), from);
        self.make(Change::Rename { object, to: to.clone(), if_exists: false });
    }
}

/// The first of the pairs of names that belongs to a circle: what has each name waits for the next.
fn circle<N: Ord>(pairs: &[(N, N)]) -> Option<usize> {
    let held: BTreeMap<&N, usize> = pairs.iter().enumerate().map(|(at, (from, _))| (from, at)).collect();
    let returns = |start: &usize| {
        let mut at = *start;
        for _ in 0..pairs.len() {
            let Some(next) = held.get(&pairs[at].1).filter(|next| **next != at) else { return false };
            if next == start {
                return true;
            }
            at = *next;
        }
        false
    };
    (0..pairs.len()).find(returns)
}

/// The name with something behind it that makes it free.
fn aside(name: &Ident, taken: impl Fn(&Ident) -> bool) -> Ident {
    let short: String = name.chars().take(40).collect();
    let names = (0..).map(|number| match number {
        0 => format!("{short}_old"),
        number => format!("{short}_old{number}"),
    });
    names.map(Ident::from).find(|name| !taken(name)).expect("there is always another number")
}
