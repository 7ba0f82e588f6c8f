//! What goes: parts of what stays, then whole objects, those first on which nothing depends.

use super::Walk;
use super::alike::{
    alterable, alterable_constraint, constraint_parts, indexes, keeps_columns, of_parent, policy_parts, programs, rule_parts,
    same_index, same_rule, same_trigger, same_view, trigger_parts,
};
use super::pairs::changed;
use crate::catalog::render::{alter, object, relation_kind, routine_object};
use crate::catalog::{CatalogRoutine, Dependency, Dependent, Name, ObjectId, Other, Relation, Table, View};
use crate::change::{Change, ConstraintKind, Ident, ObjectKind, ObjectRef, QName, TableAction};
use std::sync::Arc;

impl Walk<'_> {
    /// Triggers, rules and policies that are not wanted, or not so.
    pub(super) fn drop_programs_of_all(&mut self) {
        for (old, new) in self.relations().both {
            self.drop_programs(&old, &new);
        }
    }

    /// Foreign keys, other constraints, indexes and columns that are not wanted, or not so.
    pub(super) fn drop_parts(&mut self) {
        let relations = self.relations();
        let tables = self.tables();
        for (old, new) in &tables {
            self.drop_constraints(old, new, true);
        }
        for (old, new) in &relations.both {
            self.drop_indexes(old, new);
        }
        for (old, new) in &tables {
            self.drop_constraints(old, new, false);
        }
        for (old, new) in &tables {
            self.drop_columns(&old.name, new);
        }
    }

    fn drop_programs(&mut self, old: &Relation, new: &Relation) {
        let (Some(owner), Some((triggers, rules)), Some((new_triggers, new_rules))) =
            (old.own_name(), programs(old), programs(new))
        else {
            return;
        };
        let found = trigger_parts(triggers, new_triggers);
        for gone in found.gone.iter().chain(found.both.iter().filter(|(old, new)| !same_trigger(old, new)).map(|(old, _)| old)) {
            self.make(drop_member(ObjectKind::Trigger, owner, &gone.name));
        }
        let found = rule_parts(rules, new_rules);
        for gone in found.gone.iter().chain(found.both.iter().filter(|(old, new)| !same_rule(old, new)).map(|(old, _)| old)) {
            self.make(drop_member(ObjectKind::Rule, owner, &gone.name));
        }
        let (Relation::Table(old), Relation::Table(new)) = (old, new) else { return };
        let found = policy_parts(&old.policies, &new.policies);
        for gone in found.gone.iter().chain(found.both.iter().filter(|(old, new)| !alterable(old, new)).map(|(old, _)| old)) {
            self.make(drop_member(ObjectKind::Policy, &old.name, &gone.name));
        }
    }

    fn drop_constraints(&mut self, old: &Table, new: &Table, foreign: bool) {
        let Some(state) = self.state.table(&old.name).cloned() else { return };
        let found = constraint_parts(&state.constraints, &new.constraints);
        let differ = found.both.iter().filter(|(old, new)| !alterable_constraint(old, new)).map(|(old, _)| old);
        for gone in found.gone.iter().chain(differ) {
            let is_foreign = matches!(gone.kind, ConstraintKind::ForeignKey(_));
            let Some(name) = gone.name.clone() else { continue };
            let who = Dependent::Constraint(old.name.clone(), name.clone());
            if is_foreign != foreign || of_parent(&self.state, &state, gone) || self.goes_with_column(&state, new, &who) {
                continue;
            }
            // Its parent may have taken it along.
            if self.state.table(&old.name).is_some_and(|table| table.constraint(&name).is_some()) {
                self.make(alter(&state, TableAction::DropConstraint { name, if_exists: false, cascade: false }));
            }
        }
    }

    fn drop_indexes(&mut self, old: &Relation, new: &Relation) {
        let Some(owner) = old.own_name().cloned() else { return };
        let Some(state) = self.state.relations.get(&owner).cloned() else { return };
        let found = self.indexes(indexes(&state), indexes(new));
        let differ = found.both.iter().filter(|(old, new)| !same_index(old, new)).map(|(old, _)| old);
        let gone: Vec<_> = found.gone.iter().chain(differ).cloned().collect();
        for index in gone.iter().filter(|index| index.constraint.is_none() && index.parent.is_none()) {
            let name = Name { schema: owner.schema.clone(), name: index.name.clone() };
            let who = Dependent::Index(name.clone());
            let with_column = match (&state, new) {
                (Relation::Table(state), Relation::Table(new)) => self.goes_with_column(state, new, &who),
                _ => false,
            };
            if !with_column {
                self.make(drop_one(object(ObjectKind::Index, &name)));
            }
        }
    }

    /// Whether a part goes because a column does that it is on.
    fn goes_with_column(&self, state: &Table, new: &Table, who: &Dependent) -> bool {
        let gone = self.columns(state, new).gone;
        self.state.references(who).any(|on| match on {
            Dependency::Column(table, column) => {
                *table == state.name && gone.iter().any(|own| own.name == *column && !own.inherited)
            }
            Dependency::Relation(_)
            | Dependency::Type(_)
            | Dependency::Routine(_)
            | Dependency::Overload(..)
            | Dependency::Other(..) => false,
        })
    }

    fn drop_columns(&mut self, name: &Name, new: &Table) {
        let Some(state) = self.state.table(name).cloned() else { return };
        let gone = self.columns(&state, new).gone;
        // The last first, as they were added.
        for column in gone.iter().rev().filter(|column| !column.inherited) {
            let action = TableAction::DropColumn { column: column.name.clone(), if_exists: false, cascade: false };
            self.make(alter(&state, action));
        }
    }

    /// Views and routines whose definition is another: replaced where the server lets them be, else dropped, to be made again.
    pub(super) fn replace_bodies(&mut self) {
        for (old, new) in self.relations().both {
            if let (Relation::View(old), Relation::View(new)) = (&old, &new) {
                self.replace_view(old, new);
            }
        }
        for (old, new) in self.routines().both {
            self.replace_routine(&old, &new);
        }
    }

    fn replace_view(&mut self, old: &Arc<View>, new: &Arc<View>) {
        let Some(state) = self.state.view(&old.name).cloned() else { return };
        if same_view(&state, new) {
            return;
        }
        let placed = state.name == new.name && !state.materialized && !new.materialized;
        if placed && keeps_columns(&state, new) {
            let mut replace = crate::catalog::render::create_view(new);
            replace.or_replace = true;
            if self.make(Change::CreateView(Box::new(replace))) {
                return;
            }
        }
        self.drop_with_dependents(Dependent::Relation(old.name.clone()));
    }

    fn replace_routine(&mut self, old: &CatalogRoutine, new: &CatalogRoutine) {
        if old.routine == new.routine && old.signature == new.signature {
            return;
        }
        // Its types may have others' names since.
        let types = |own: &CatalogRoutine| own.routine.parameters.iter().map(|own| own.data_type.clone()).collect::<Vec<_>>();
        let placed = old.name == new.name && old.signature == new.signature && types(old) == types(new);
        let replace =
            || Change::CreateRoutine { name: new.name.qname(), or_replace: true, routine: Box::new(new.routine.clone()) };
        if !(placed && self.make(replace())) {
            self.drop_with_dependents(Dependent::Routine(old.name.clone(), old.signature.clone()));
        }
    }

    /// Whole objects that are not wanted: as long as one of them can go.
    pub(super) fn drop_wholes(&mut self) {
        loop {
            let made = self.changes.len();
            let mut gone: Vec<(ObjectId, Change)> = Vec::new();
            let routines = self.routines().gone;
            let unused = routines.iter().filter(|own| !self.is_awaited(own));
            gone.extend(unused.map(|own| (own.id, drop_one(routine_object(own)))));
            for own in self.relations().gone {
                if let Relation::Table(table) = &own {
                    self.detach_first(&table.name);
                }
                gone.extend(self.drop_of(&own));
            }
            for own in self.types().gone {
                let kind = crate::catalog::render::type_kind(&own);
                gone.push((own.id, drop_one(object(kind, &own.name))));
            }
            // The last made first.
            gone.sort_by_key(|(id, _)| std::cmp::Reverse(*id));
            for (_, change) in gone {
                self.drop_if_there(change);
            }
            if self.changes.len() == made {
                break;
            }
        }
        self.drop_outside();
    }

    /// Whether defaults that call a routine are about to call another: which of several of a name they call is not known.
    fn is_awaited(&self, own: &CatalogRoutine) -> bool {
        let tables = self.tables();
        self.state.dependents(&Dependency::Routine(own.name.clone())).any(|who| match who {
            Dependent::Column(table, column) => tables.iter().any(|(old, new)| {
                let wanted = new.column(column).map(|own| &own.value);
                old.name == *table && wanted.is_some_and(|wanted| old.column(column).is_some_and(|own| own.value != *wanted))
            }),
            _ => false,
        })
    }

    /// How a relation goes; nothing where it goes with what owns it.
    fn drop_of(&self, own: &Relation) -> Option<(ObjectId, Change)> {
        let owned = match own {
            // A column's own sequence goes with the column, or its table.
            Relation::Sequence(sequence) => sequence.identity || self.owner_goes(sequence.owned_by.as_ref()),
            Relation::Table(_) | Relation::View(_) | Relation::Index(_) => false,
        };
        let name = own.own_name()?;
        (!owned).then(|| (own.id().unwrap_or(ObjectId(0)), drop_one(object(relation_kind(own), name))))
    }

    fn owner_goes(&self, owner: Option<&(Name, Ident)>) -> bool {
        let Some((table, column)) = owner else { return false };
        let Some(state) = self.state.table(table) else { return false };
        let kept = self.relations().both.into_iter().find_map(|pair| match pair {
            (Relation::Table(old), Relation::Table(new)) if old.name == *table => Some(new),
            _ => None,
        });
        match kept {
            Some(new) => self.columns(state, &new).gone.iter().any(|own| own.name == *column),
            None => self.to.relations.get(table).is_none_or(|own| own.id() != Some(state.id)),
        }
    }

    /// A foreign key to a partitioned table holds its partitions too, until they are detached.
    fn detach_first(&mut self, name: &Name) {
        let Some(table) = self.state.table(name).cloned() else { return };
        let Some(parent) = table.partition_of.as_ref().and_then(|(parent, _)| self.state.table(parent)).cloned() else { return };
        let on = Dependency::Relation(parent.name.clone());
        let referred = self.state.dependents(&on).any(|who| matches!(who, Dependent::Constraint(..)));
        if referred {
            let partition = name.qname();
            self.make(alter(&parent, TableAction::DetachPartition { partition, concurrently: false, finalize: false }));
        }
    }

    fn drop_if_there(&mut self, change: Change) -> bool {
        let Change::Drop { objects, .. } = &change else { return false };
        let there = objects.iter().all(|own| match own.kind {
            ObjectKind::Type | ObjectKind::Domain => self.state.resolve_type(&own.name).is_some(),
            ObjectKind::Function | ObjectKind::Procedure | ObjectKind::Aggregate | ObjectKind::Routine => {
                self.state.resolve_routine(&own.name).is_some()
            }
            _ => self.state.resolve_relation(&own.name).is_some(),
        });
        there && self.make(change)
    }

    /// What may hold more than is known: extensions, schemas, and roles, when nothing of theirs is used any more.
    pub(super) fn drop_last(&mut self) {
        for own in changed(&self.state.extensions, &self.to.extensions).0 {
            if !self.to.extensions.contains_key(&own.name) {
                self.make(drop_one(ObjectRef::new(ObjectKind::Extension, QName::bare(own.name.clone()))));
            }
        }
        let schemas: Vec<Ident> =
            self.state.schemas.keys().filter(|name| !self.to.schemas.contains_key(*name)).cloned().collect();
        for schema in schemas {
            let empty = !self.to.schemas.keys().any(|other| self.renamed_schema(&schema).as_ref() == Some(other));
            if empty {
                self.make(drop_one(ObjectRef::new(ObjectKind::Schema, QName::bare(schema))));
            }
        }
        let gone: Vec<_> =
            self.state.others.keys().filter(|key| holds_more(key.0) && !self.to.others.contains_key(*key)).cloned().collect();
        for (kind, words) in gone.into_iter().rev() {
            self.make(drop_one(crate::catalog::render::other_object(kind, &words)));
        }
    }

    /// What is kept by name only.
    fn drop_outside(&mut self) {
        let gone = |walk: &Self| -> Vec<((ObjectKind, String), Arc<Other>)> {
            let others = walk.state.others.iter().filter(|(key, own)| match walk.to.others.get(*key) {
                Some(other) => other.statements != own.statements,
                None => true,
            });
            others.map(|(key, own)| (key.clone(), own.clone())).collect()
        };
        if !self.state.others.ptr_eq(&self.to.others) {
            for ((kind, words), _) in gone(self).into_iter().rev() {
                if holds_more(kind) {
                    continue;
                }
                self.make(drop_one(crate::catalog::render::other_object(kind, &words)));
            }
        }
    }
}

/// Whether something holds more than its own definition, or rights on others: it goes last, and is never made anew.
fn holds_more(kind: ObjectKind) -> bool {
    matches!(kind, ObjectKind::Role | ObjectKind::Database | ObjectKind::Tablespace | ObjectKind::Subscription)
}

/// `DROP` of one object.
pub(super) fn drop_one(object: ObjectRef) -> Change {
    Change::Drop { objects: vec![object], if_exists: false, cascade: false, concurrently: false }
}

pub(super) fn drop_member(kind: ObjectKind, owner: &Name, member: &Ident) -> Change {
    drop_one(ObjectRef::member(kind, owner.qname(), member.clone()))
}
