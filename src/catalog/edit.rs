//! The only ways in which objects enter, change and leave a [`Catalog`]: each keeps the name space and both directions of the
//! dependencies true. The cost follows the object: of a table that is put again only the parts that are not the same value in
//! memory are looked at.

use super::{Catalog, CatalogRoutine, Dependency, Dependent, Name, ObjectId, Relation, Sequence, Table, UserType, View};
use crate::change::{Constraint, Ident};
use imbl::OrdSet;
use std::sync::Arc;

impl Catalog {
    /// A new identity.
    pub fn new_id(&mut self) -> ObjectId {
        self.next_id += 1;
        ObjectId(self.next_id)
    }

    /// Whether an identity had been given out in this state: whether the object was there, or had been, before what came later.
    pub fn knows(&self, id: ObjectId) -> bool {
        id.0 <= self.next_id
    }

    /// What an object refers to directly.
    pub fn references(&self, who: &Dependent) -> impl Iterator<Item = &Dependency> {
        self.references.get(who).into_iter().flatten()
    }

    /// Says what an object refers to from now on; an empty set forgets it.
    pub(super) fn set_references(&mut self, who: Dependent, to: OrdSet<Dependency>) {
        let old = self.references.get(&who).cloned().unwrap_or_default();
        if old == to {
            return;
        }
        for gone in old.iter().filter(|on| !to.contains(*on)) {
            if let Some(set) = self.dependents.get_mut(gone) {
                set.remove(&who);
                if set.is_empty() {
                    self.dependents.remove(gone);
                }
            }
        }
        for new in to.iter().filter(|on| !old.contains(*on)) {
            self.dependents.entry(new.clone()).or_default().insert(who.clone());
        }
        if to.is_empty() {
            self.references.remove(&who);
        } else {
            self.references.insert(who, to);
        }
    }

    fn forget(&mut self, who: Dependent) {
        self.set_references(who, OrdSet::new());
    }

    /// Puts a table in, or in the place of the one that has its name.
    pub fn put_table(&mut self, table: Table) {
        let new = Arc::new(table);
        let old = self.table(&new.name).cloned();
        self.relations.insert(new.name.clone(), Relation::Table(new.clone()));
        let name = &new.name;
        let parts = |table: &Table| {
            // Only what a table as a whole refers to: parents and the type it is of.
            (table.inherits.clone(), table.partition_of.as_ref().map(|(parent, _)| parent.clone()), table.of_type.clone())
        };
        if old.as_deref().map(parts) != Some(parts(&new)) {
            let to = self.table_references(&new);
            self.set_references(Dependent::Relation(name.clone()), to);
        }
        let before = old.as_deref();
        self.sync_indexes(name, before.map_or(&[], |table| &table.indexes), &new.indexes);
        let of = |kind: fn(Name, Ident) -> Dependent| move |part: &Ident| kind(name.clone(), part.clone());
        let (gone, changed) = difference(before.map_or(&[], |t| &t.columns), &new.columns, |c| &c.column.name);
        self.replace_parts(gone, changed, of(Dependent::Column), |catalog, part| catalog.column_references(&new, part));
        let (gone, changed) = difference(before.map_or(&[], |t| &t.constraints), &new.constraints, constraint_name);
        self.count_constraints(&name.schema, before.map_or(&[], |t| &t.constraints), &new.constraints);
        self.replace_parts(gone, changed, of(Dependent::Constraint), |catalog, part| catalog.constraint_references(&new, part));
        let (gone, changed) = difference(before.map_or(&[], |t| &t.triggers), &new.triggers, |trigger| &trigger.name);
        self.replace_parts(gone, changed, of(Dependent::Trigger), |catalog, part| catalog.trigger_references(name, part));
        let (gone, changed) = difference(before.map_or(&[], |t| &t.rules), &new.rules, |rule| &rule.name);
        self.replace_parts(gone, changed, of(Dependent::Rule), |catalog, part| catalog.rule_references(name, part));
        let (gone, changed) = difference(before.map_or(&[], |t| &t.policies), &new.policies, |policy| &policy.name);
        self.replace_parts(gone, changed, of(Dependent::Policy), |catalog, part| catalog.policy_references(&new, part));
    }

    /// Changes a table in place; nothing happens where there is none of that name. Its name must stay.
    pub fn edit_table(&mut self, name: &Name, edit: impl FnOnce(&mut Table)) {
        if let Some(table) = self.table(name) {
            let mut table = Table::clone(table);
            edit(&mut table);
            self.put_table(table);
        }
    }

    /// Puts a view in, or in the place of the one that has its name.
    pub fn put_view(&mut self, view: View) {
        let new = Arc::new(view);
        let old = self.view(&new.name).cloned();
        self.relations.insert(new.name.clone(), Relation::View(new.clone()));
        let name = &new.name;
        let before = old.as_deref();
        if before.is_none_or(|old| old.query != new.query || old.defaults != new.defaults) {
            let to = self.view_references(&new);
            self.set_references(Dependent::Relation(name.clone()), to);
        }
        self.sync_indexes(name, before.map_or(&[], |view| &view.indexes), &new.indexes);
        let of = |kind: fn(Name, Ident) -> Dependent| move |part: &Ident| kind(name.clone(), part.clone());
        let (gone, changed) = difference(before.map_or(&[], |v| &v.triggers), &new.triggers, |trigger| &trigger.name);
        self.replace_parts(gone, changed, of(Dependent::Trigger), |catalog, part| catalog.trigger_references(name, part));
        let (gone, changed) = difference(before.map_or(&[], |v| &v.rules), &new.rules, |rule| &rule.name);
        self.replace_parts(gone, changed, of(Dependent::Rule), |catalog, part| catalog.rule_references(name, part));
    }

    /// Changes a view in place; nothing happens where there is none of that name. Its name must stay.
    pub fn edit_view(&mut self, name: &Name, edit: impl FnOnce(&mut View)) {
        if let Some(view) = self.view(name) {
            let mut view = View::clone(view);
            edit(&mut view);
            self.put_view(view);
        }
    }

    /// Puts a sequence in, or in the place of the one that has its name.
    pub fn put_sequence(&mut self, sequence: Sequence) {
        let to = match &sequence.owned_by {
            Some((table, column)) => OrdSet::unit(Dependency::Column(table.clone(), column.clone())),
            None => OrdSet::new(),
        };
        self.set_references(Dependent::Relation(sequence.name.clone()), to);
        self.relations.insert(sequence.name.clone(), Relation::Sequence(Arc::new(sequence)));
    }

    /// Changes a sequence in place; nothing happens where there is none of that name. Its name must stay.
    pub fn edit_sequence(&mut self, name: &Name, edit: impl FnOnce(&mut Sequence)) {
        if let Some(sequence) = self.sequence(name) {
            let mut sequence = Sequence::clone(sequence);
            edit(&mut sequence);
            self.put_sequence(sequence);
        }
    }

    /// Takes a table, view or sequence out with all its parts, but nothing that depends on it.
    pub fn remove_relation(&mut self, name: &Name) -> Option<Relation> {
        match self.relations.get(name)?.clone() {
            Relation::Table(table) => self.put_table(Table {
                columns: Vec::new(),
                constraints: Vec::new(),
                indexes: Vec::new(),
                triggers: Vec::new(),
                rules: Vec::new(),
                policies: Vec::new(),
                ..Table::clone(&table)
            }),
            Relation::View(view) => {
                self.put_view(View { indexes: Vec::new(), triggers: Vec::new(), rules: Vec::new(), ..View::clone(&view) })
            }
            Relation::Sequence(_) | Relation::Index(_) => {}
        }
        self.forget(Dependent::Relation(name.clone()));
        self.relations.remove(name)
    }

    /// Puts a type in, or in the place of the one that has its name.
    pub fn put_type(&mut self, user_type: UserType) {
        let to = self.type_references(&user_type);
        self.set_references(Dependent::Type(user_type.name.clone()), to);
        self.types.insert(user_type.name.clone(), Arc::new(user_type));
    }

    /// Changes a type in place; nothing happens where there is none of that name. Its name must stay.
    pub fn edit_type(&mut self, name: &Name, edit: impl FnOnce(&mut UserType)) {
        if let Some(user_type) = self.types.get(name) {
            let mut user_type = UserType::clone(user_type);
            edit(&mut user_type);
            self.put_type(user_type);
        }
    }

    /// Takes a type out, but nothing that depends on it.
    pub fn remove_type(&mut self, name: &Name) -> Option<Arc<UserType>> {
        self.forget(Dependent::Type(name.clone()));
        self.types.remove(name)
    }

    /// Puts a routine in, or in the place of the one that has its name and signature.
    pub fn put_routine(&mut self, routine: CatalogRoutine) {
        let to = self.routine_references(&routine);
        self.set_references(Dependent::Routine(routine.name.clone(), routine.signature.clone()), to);
        let overloads = self.routines.entry(routine.name.clone()).or_default();
        let overloads = Arc::make_mut(overloads);
        match overloads.iter_mut().find(|other| other.signature == routine.signature) {
            Some(place) => *place = routine,
            None => overloads.push(routine),
        }
    }

    /// Changes a routine in place. Its name and signature must stay.
    pub fn edit_routine(&mut self, name: &Name, signature: &str, edit: impl FnOnce(&mut CatalogRoutine)) {
        let found = self.routines.get(name).and_then(|all| all.iter().find(|routine| &*routine.signature == signature));
        if let Some(mut routine) = found.cloned() {
            edit(&mut routine);
            self.put_routine(routine);
        }
    }

    /// Takes one overload of a routine out, but nothing that depends on it.
    pub fn remove_routine(&mut self, name: &Name, signature: &str) -> Option<CatalogRoutine> {
        let overloads = Arc::make_mut(self.routines.get_mut(name)?);
        let at = overloads.iter().position(|routine| &*routine.signature == signature)?;
        let routine = overloads.remove(at);
        if overloads.is_empty() {
            self.routines.remove(name);
        }
        self.forget(Dependent::Routine(name.clone(), routine.signature.clone()));
        Some(routine)
    }

    fn sync_indexes(&mut self, owner: &Name, old: &[Arc<super::Index>], new: &[Arc<super::Index>]) {
        let full = |name: &Ident| Name { schema: owner.schema.clone(), name: name.clone() };
        let (gone, changed) = difference(old, new, |index| &index.name);
        for name in gone {
            let name = full(&name);
            if matches!(self.relations.get(&name), Some(Relation::Index(of)) if of == owner) {
                self.relations.remove(&name);
            }
            self.forget(Dependent::Index(name));
        }
        for (_, index) in changed {
            let name = full(&index.name);
            let to = self.index_references(owner, index);
            self.set_references(Dependent::Index(name.clone()), to);
            self.relations.insert(name, Relation::Index(owner.clone()));
        }
    }

    /// Whether a table of the schema has a constraint of that name.
    pub fn has_constraint(&self, name: &Name) -> bool {
        self.constraint_names.contains_key(name)
    }

    fn count_constraints(&mut self, schema: &Ident, old: &[Arc<Constraint>], new: &[Arc<Constraint>]) {
        let full = |name: Ident| Name { schema: schema.clone(), name };
        for name in difference(old, new, constraint_name).0 {
            let name = full(name);
            match self.constraint_names.get(&name) {
                Some(1) | None => drop(self.constraint_names.remove(&name)),
                Some(count) => drop(self.constraint_names.insert(name, count - 1)),
            }
        }
        for name in difference(new, old, constraint_name).0 {
            *self.constraint_names.entry(full(name)).or_default() += 1;
        }
    }

    /// Works out anew what an object refers to, after something that it names got another name.
    pub(super) fn refresh(&mut self, who: &Dependent) {
        let to = match who {
            Dependent::Relation(name) => match self.relations.get(name) {
                Some(Relation::Table(table)) => Some(self.table_references(table)),
                Some(Relation::View(view)) => Some(self.view_references(view)),
                Some(Relation::Sequence(_) | Relation::Index(_)) | None => None,
            },
            Dependent::Column(name, column) => {
                let found = self.table(name).and_then(|table| Some((table, table.column(column)?)));
                found.map(|(table, column)| self.column_references(table, column))
            }
            Dependent::Constraint(name, constraint) => {
                let found = self.table(name).and_then(|table| Some((table, table.constraint(constraint)?)));
                found.map(|(table, constraint)| self.constraint_references(table, constraint))
            }
            Dependent::Index(name) => self.index(name).map(|(owner, index)| self.index_references(owner, index)),
            Dependent::Trigger(name, trigger) => {
                let triggers = match self.relations.get(name) {
                    Some(Relation::Table(table)) => &table.triggers[..],
                    Some(Relation::View(view)) => &view.triggers,
                    Some(Relation::Sequence(_) | Relation::Index(_)) | None => &[],
                };
                triggers.iter().find(|own| own.name == *trigger).map(|trigger| self.trigger_references(name, trigger))
            }
            Dependent::Policy(name, policy) => self.table(name).and_then(|table| {
                table.policies.iter().find(|own| own.name == *policy).map(|policy| self.policy_references(table, policy))
            }),
            Dependent::Rule(name, rule) => {
                let rules = match self.relations.get(name) {
                    Some(Relation::Table(table)) => &table.rules[..],
                    Some(Relation::View(view)) => &view.rules,
                    Some(Relation::Sequence(_) | Relation::Index(_)) | None => &[],
                };
                rules.iter().find(|own| own.name == *rule).map(|rule| self.rule_references(name, rule))
            }
            Dependent::Type(name) => self.types.get(name).map(|user_type| self.type_references(user_type)),
            Dependent::Routine(name, signature) => {
                let overloads = self.routines.get(name);
                let found = overloads.and_then(|all| all.iter().find(|routine| routine.signature == *signature));
                found.map(|routine| self.routine_references(routine))
            }
        };
        if let Some(to) = to {
            self.set_references(who.clone(), to);
        }
    }

    fn replace_parts<'a, T: 'a>(
        &mut self,
        gone: Vec<Ident>,
        changed: Vec<(Ident, &'a T)>,
        who: impl Fn(&Ident) -> Dependent,
        references: impl Fn(&Catalog, &T) -> OrdSet<Dependency>,
    ) {
        for name in gone {
            self.forget(who(&name));
        }
        for (name, part) in changed {
            let to = references(self, part);
            self.set_references(who(&name), to);
        }
    }
}

fn constraint_name(constraint: &Constraint) -> &Ident {
    constraint.name.as_ref().expect("a constraint that is kept has a name")
}

/// The names that only `old` has, and the parts of `new` that are not the same values in memory as those in `old`.
fn difference<'a, T>(
    old: &[Arc<T>],
    new: &'a [Arc<T>],
    name: impl for<'b> Fn(&'b T) -> &'b Ident,
) -> (Vec<Ident>, Vec<(Ident, &'a T)>) {
    let same = old.iter().zip(new).take_while(|(old, new)| Arc::ptr_eq(old, new)).count();
    let (old, new) = (&old[same..], &new[same..]);
    let gone = old.iter().filter(|old| !new.iter().any(|new| name(new) == name(old)));
    let changed = new.iter().filter(|new| !old.iter().any(|old| Arc::ptr_eq(old, new)));
    (gone.map(|part| name(part).clone()).collect(), changed.map(|part| (name(part).clone(), &**part)).collect())
}
