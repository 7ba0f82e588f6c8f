//! Making way: what depends on something goes before it, to be made again where it is wanted.

use super::Walk;
use super::alike::indexes;
use super::gone::{drop_member, drop_one};
use crate::catalog::render::{alter, object, relation_kind, routine_object};
use crate::catalog::{Catalog, Dependency, Dependent, Index, Name, Relation};
use crate::change::{Change, ColumnValue, Ident, ObjectKind, TableAction};
use std::sync::Arc;

impl Walk<'_> {
    /// Drops something with everything that depends on it, one by one and the last first, all of it or nothing. What is wanted is
    /// made again. Tables, columns and types do not go this way: they hold rows.
    pub(super) fn drop_with_dependents(&mut self, first: Dependent) -> bool {
        let mut all = vec![first];
        let mut at = 0;
        while at < all.len() {
            for who in dependents_of(&self.state, &all[at]) {
                all.retain(|own| *own != who);
                all.push(who);
            }
            at += 1;
            if all.len() > 10_000 {
                return false;
            }
        }
        let changes: Option<Vec<Change>> = all.iter().rev().map(|who| self.drop_dependent(who)).collect();
        changes.is_some_and(|changes| self.make_all(changes.into_iter().collect()))
    }

    /// The change that drops something that holds no rows.
    fn drop_dependent(&self, who: &Dependent) -> Option<Change> {
        match who {
            Dependent::Relation(name) => match self.state.relations.get(name)? {
                own @ Relation::View(_) => Some(drop_one(object(relation_kind(own), name))),
                Relation::Table(_) | Relation::Sequence(_) | Relation::Index(_) => None,
            },
            Dependent::Constraint(table, name) => {
                let table = self.state.table(table)?;
                Some(alter(table, TableAction::DropConstraint { name: name.clone(), if_exists: false, cascade: false }))
            }
            Dependent::Index(name) => {
                let (owner, index) = self.state.index(name)?;
                match (&index.constraint, self.state.table(owner)) {
                    (Some(constraint), Some(table)) => {
                        let name = constraint.clone();
                        Some(alter(table, TableAction::DropConstraint { name, if_exists: false, cascade: false }))
                    }
                    _ => Some(drop_one(object(ObjectKind::Index, name))),
                }
            }
            Dependent::Trigger(table, name) => Some(drop_member(ObjectKind::Trigger, table, name)),
            Dependent::Policy(table, name) => Some(drop_member(ObjectKind::Policy, table, name)),
            Dependent::Rule(table, name) => Some(drop_member(ObjectKind::Rule, table, name)),
            Dependent::Routine(name, signature) => {
                let all = self.state.routines.get(name)?;
                all.iter().find(|own| own.signature == *signature).map(|own| drop_one(routine_object(own)))
            }
            Dependent::Column(table, column) => {
                let table = self.state.table(table)?;
                let (own, column) = (table.column(column)?, column.clone());
                match own.value {
                    ColumnValue::Default(_) => Some(alter(table, TableAction::DropDefault { column })),
                    // Its values are computed again.
                    ColumnValue::Generated { .. } if !own.inherited => {
                        Some(alter(table, TableAction::DropColumn { column, if_exists: false, cascade: false }))
                    }
                    ColumnValue::Generated { .. } | ColumnValue::None | ColumnValue::Serial | ColumnValue::Identity { .. } => {
                        None
                    }
                }
            }
            Dependent::Type(_) => None,
        }
    }

    /// Nothing more can be done as it is: whatever holds up a drop goes if it can be made again, and a type that has the name of
    /// one that is wanted gets another. Whether anything was done.
    pub(super) fn make_way(&mut self) -> bool {
        for own in self.relations().gone {
            let Some(name) = own.own_name().cloned() else { continue };
            let on = every_part(&self.state, &name);
            let holding: Vec<Dependent> = on.iter().flat_map(|on| self.state.dependents(on)).cloned().collect();
            let foreign: Vec<Dependent> = holding.into_iter().filter(|who| part_of(who, &self.state) != Some(&name)).collect();
            if self.drop_all(foreign) {
                return true;
            }
        }
        for own in self.routines().gone {
            let on = Dependency::Routine(own.name.clone());
            let holding: Vec<Dependent> = self.state.dependents(&on).cloned().collect();
            if self.drop_all(holding) {
                return true;
            }
        }
        self.types_aside()
    }

    /// Drops each with its dependents; whether any went.
    fn drop_all(&mut self, all: Vec<Dependent>) -> bool {
        let made = self.changes.len();
        for who in all {
            self.drop_with_dependents(who);
        }
        self.changes.len() > made
    }
}

/// Everything of a relation that others may depend on.
fn every_part(catalog: &Catalog, name: &Name) -> Vec<Dependency> {
    let mut on = vec![Dependency::Relation(name.clone())];
    let Some(relation) = catalog.relations.get(name) else { return on };
    let columns: Vec<&Ident> = match relation {
        Relation::Table(table) => table.columns.iter().map(|own| &own.column.name).collect(),
        Relation::View(view) => view.columns.iter().map(|own| &own.name).collect(),
        Relation::Sequence(_) | Relation::Index(_) => Vec::new(),
    };
    on.extend(columns.into_iter().map(|column| Dependency::Column(name.clone(), column.clone())));
    let index = |own: &Arc<Index>| Dependency::Relation(Name { schema: name.schema.clone(), name: own.name.clone() });
    on.extend(indexes(relation).iter().map(index));
    on
}

/// The relation whose part something is; of a relation itself.
fn part_of<'a>(who: &'a Dependent, catalog: &'a Catalog) -> Option<&'a Name> {
    match who {
        Dependent::Relation(name)
        | Dependent::Column(name, _)
        | Dependent::Constraint(name, _)
        | Dependent::Trigger(name, _)
        | Dependent::Policy(name, _)
        | Dependent::Rule(name, _) => Some(name),
        Dependent::Index(name) => catalog.index(name).map(|(owner, _)| owner),
        Dependent::Type(_) | Dependent::Routine(..) => None,
    }
}

/// What depends directly on something that may be dropped to make way.
fn dependents_of(catalog: &Catalog, who: &Dependent) -> Vec<Dependent> {
    let on = match who {
        Dependent::Relation(name) => every_part(catalog, name),
        Dependent::Routine(name, _) => vec![Dependency::Routine(name.clone())],
        Dependent::Index(name) => vec![Dependency::Relation(name.clone())],
        Dependent::Constraint(table, name) => {
            vec![Dependency::Relation(Name { schema: table.schema.clone(), name: name.clone() })]
        }
        Dependent::Column(..) | Dependent::Trigger(..) | Dependent::Policy(..) | Dependent::Rule(..) | Dependent::Type(_) => {
            Vec::new()
        }
    };
    let own = part_of(who, catalog).cloned();
    let others = on.iter().flat_map(|on| catalog.dependents(on)).filter(|other| {
        // A relation's own parts go with it, and those on a column with that.
        !matches!(who, Dependent::Relation(_) | Dependent::Column(..)) || part_of(other, catalog) != own.as_ref()
    });
    others.filter(|other| *other != who).cloned().collect()
}
