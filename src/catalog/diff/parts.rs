//! Parts of what stays or was made: constraints, indexes, triggers, rules and policies that are missing or otherwise.

use super::Walk;
use super::alike::{
    alterable, alterable_constraint, constraint_parts, indexes, of_parent, policy_parts, programs, rule_parts, trigger_parts,
};
use crate::catalog::render::{alter, create_index, is_late_part};
use crate::catalog::{Name, Relation, Table};
use crate::change::{AlterTable, Change, Constraint, ConstraintKind, Firing, ObjectKind, Policy, TableAction};
use std::sync::Arc;

impl Walk<'_> {
    /// Indexes and constraints, those of partitions before those of their parents, which then take them as their own; foreign
    /// keys last, for they need the keys of other tables.
    pub(super) fn add_parts(&mut self) {
        let tables = self.tables();
        for (old, new) in tables.iter().rev() {
            self.add_constraints(&old.name, new, false);
        }
        for (old, new) in tables.iter().rev() {
            self.add_indexes(&old.name, &Relation::Table(new.clone()));
        }
        for (old, new) in self.relations().both {
            if let (Relation::View(old), Relation::View(_)) = (&old, &new) {
                self.add_indexes(&old.name, &new);
            }
        }
        for (old, new) in &tables {
            self.add_constraints(&old.name, new, true);
        }
    }

    fn add_constraints(&mut self, name: &Name, new: &Arc<Table>, foreign: bool) {
        let Some(state) = self.state.table(name).cloned().filter(|own| own.name == new.name) else { return };
        let found = constraint_parts(&state.constraints, &new.constraints);
        let is_foreign = |own: &Constraint| matches!(own.kind, ConstraintKind::ForeignKey(_));
        for own in found.missing.iter().filter(|own| is_foreign(own) == foreign && !of_parent(self.to, new, own)) {
            self.make(alter(&state, TableAction::AddConstraint((**own).clone())));
        }
        for (old, new) in found.both.iter().filter(|(old, new)| is_foreign(old) == foreign && alterable_constraint(old, new)) {
            let Some(name) = new.name.clone() else { continue };
            if old.deferrable != new.deferrable {
                let deferrable = Some(new.deferrable);
                let action = TableAction::AlterConstraint { name: name.clone(), deferrable, enforced: None, inherit: None };
                self.make(alter(&state, action));
            }
            if old.no_inherit != new.no_inherit {
                let inherit = Some(!new.no_inherit);
                let action = TableAction::AlterConstraint { name: name.clone(), deferrable: None, enforced: None, inherit };
                self.make(alter(&state, action));
            }
            if old.not_valid && !new.not_valid {
                self.make(alter(&state, TableAction::ValidateConstraint { name }));
            }
        }
    }

    fn add_indexes(&mut self, name: &Name, new: &Relation) {
        let Some(state) = self.state.relations.get(name).cloned() else { return };
        let found = self.indexes(indexes(&state), indexes(new));
        let mut missing = found.missing;
        missing.sort_by(|a, b| a.name.cmp(&b.name));
        for index in missing.iter().filter(|index| is_late_part(index)) {
            self.make(create_index(name, index));
        }
    }

    /// Triggers, rules and policies.
    pub(super) fn add_programs(&mut self) {
        for (old, new) in self.relations().both {
            let Some(owner) = old.own_name().cloned() else { continue };
            let Some(state) = self.state.relations.get(&owner).cloned() else { continue };
            let (Some((triggers, rules)), Some((new_triggers, new_rules))) = (programs(&state), programs(&new)) else { continue };
            let found = trigger_parts(triggers, new_triggers);
            for trigger in sorted(&found.missing, |own| &own.name) {
                let (table, trigger) = (owner.qname(), Box::new((**trigger).clone()));
                let firing = (trigger.name.clone(), trigger.enabled);
                if self.make(Change::CreateTrigger { table, or_replace: false, trigger }) && firing.1 != Firing::Origin {
                    self.fire(&owner, TableAction::SetTrigger { name: Some(firing.0), firing: firing.1 });
                }
            }
            for (_, trigger) in found.both.iter().filter(|(old, new)| old.enabled != new.enabled) {
                self.fire(&owner, TableAction::SetTrigger { name: Some(trigger.name.clone()), firing: trigger.enabled });
            }
            let found = rule_parts(rules, new_rules);
            for rule in sorted(&found.missing, |own| &own.name) {
                let (table, rule) = (owner.qname(), Box::new((**rule).clone()));
                let firing = (rule.name.clone(), rule.enabled);
                if self.make(Change::CreateRule { table, or_replace: false, rule }) && firing.1 != Firing::Origin {
                    self.fire(&owner, TableAction::SetRule { name: firing.0, firing: firing.1 });
                }
            }
            for (_, rule) in found.both.iter().filter(|(old, new)| old.enabled != new.enabled) {
                self.fire(&owner, TableAction::SetRule { name: rule.name.clone(), firing: rule.enabled });
            }
        }
        for (old, new) in self.tables() {
            self.add_policies(&old.name, &new);
        }
    }

    fn fire(&mut self, owner: &Name, action: TableAction) {
        let alter = AlterTable { kind: ObjectKind::Table, table: owner.qname(), if_exists: false, only: false, action };
        self.make(Change::AlterTable(Box::new(alter)));
    }

    fn add_policies(&mut self, name: &Name, new: &Table) {
        let Some(state) = self.state.table(name).cloned() else { return };
        let found = policy_parts(&state.policies, &new.policies);
        for policy in sorted(&found.missing, |own| &own.name) {
            self.make(Change::CreatePolicy { table: name.qname(), policy: Box::new((**policy).clone()) });
        }
        for (old, new) in found.both.iter().filter(|(old, new)| alterable(old, new)) {
            let roles = Some(new.roles.clone()).filter(|roles| *roles != old.roles);
            let Policy { using, check, .. } = (**new).clone();
            let (using, check) = (using.filter(|_| old.using != new.using), check.filter(|_| old.check != new.check));
            self.make(Change::AlterPolicy { table: name.qname(), name: new.name.clone(), roles, using, check });
        }
    }
}

fn sorted<T>(parts: &[Arc<T>], name: impl Fn(&T) -> &crate::change::Ident) -> Vec<&Arc<T>> {
    let mut sorted: Vec<_> = parts.iter().collect();
    sorted.sort_by(|a, b| name(a).cmp(name(b)));
    sorted
}
