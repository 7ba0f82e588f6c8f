//! What is there under another name, or in another schema.

use super::Walk;
use super::alike::{constraint_parts, indexes, policy_parts, programs, rule_parts, trigger_parts};
use crate::catalog::render::{alter, object, relation_kind, routine_object, type_kind};
use crate::catalog::{Name, Relation, Table};
use crate::change::{AlterTable, Change, Ident, ObjectKind, ObjectRef, QName, TableAction};
use std::collections::BTreeSet;

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

    fn rename_columns(&mut self, name: &Name, new: &Table) {
        let Some(state) = self.state.table(name).cloned() else { return };
        for (old, new) in self.columns(&state, new).both {
            if old.name != new.name && !old.inherited {
                let action = TableAction::RenameColumn { from: old.name.clone(), to: new.name.clone() };
                self.make(alter(&state, action));
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
