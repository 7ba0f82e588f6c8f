//! What a drop takes with it: the closure over the dependencies, told apart into what goes silently and what needs `CASCADE`.

use super::describe::describe_doomed;
use crate::catalog::{Catalog, Dependency, Dependent, Name, Relation, Table};
use crate::change::{ColumnValue, ConstraintKind, Ident};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// Something that a drop takes away.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Doomed {
    /// A table, view or sequence.
    Relation(Name),
    Index(Name),
    Column(Name, Ident),
    /// A column's default only.
    Default(Name, Ident),
    Constraint(Name, Ident),
    Trigger(Name, Ident),
    Policy(Name, Ident),
    Rule(Name, Ident),
    Type(Name),
    Routine(Name, Arc<str>),
}

impl Doomed {
    /// The relation that it is a part of.
    fn owner(&self, catalog: &Catalog) -> Option<Name> {
        match self {
            Doomed::Column(name, _)
            | Doomed::Default(name, _)
            | Doomed::Constraint(name, _)
            | Doomed::Trigger(name, _)
            | Doomed::Policy(name, _)
            | Doomed::Rule(name, _) => Some(name.clone()),
            Doomed::Index(name) => match catalog.relations.get(name) {
                Some(Relation::Index(owner)) => Some(owner.clone()),
                _ => None,
            },
            Doomed::Relation(_) | Doomed::Type(_) | Doomed::Routine(..) => None,
        }
    }
}

/// The closure of what is dropped, in the order found.
pub(super) struct Closure<'a> {
    catalog: &'a Catalog,
    all: Vec<Doomed>,
    /// Whether an object goes only because of `CASCADE`.
    cascaded: FxHashMap<Doomed, bool>,
}

impl<'a> Closure<'a> {
    /// Everything that goes when these go.
    pub(super) fn of(catalog: &'a Catalog, dropped: impl IntoIterator<Item = Doomed>) -> Self {
        let mut closure = Closure { catalog, all: Vec::new(), cascaded: FxHashMap::default() };
        for doomed in dropped {
            closure.add(doomed, false);
        }
        let mut at = 0;
        while at < closure.all.len() {
            let doomed = closure.all[at].clone();
            closure.spread(&doomed);
            at += 1;
        }
        closure
    }

    /// Everything that goes.
    pub(super) fn all(&self) -> &[Doomed] {
        &self.all
    }

    /// What goes only because of `CASCADE`, in the server's words.
    pub(super) fn blockers(&self) -> Vec<String> {
        let goes_anyway = |doomed: &Doomed| {
            let owner = doomed.owner(self.catalog).map(Doomed::Relation);
            // The default of a column that goes needs nothing: of a serial column it names the sequence that goes with it.
            let column = match doomed {
                Doomed::Default(table, column) => Some(Doomed::Column(table.clone(), column.clone())),
                _ => None,
            };
            owner.into_iter().chain(column).any(|whole| self.cascaded.get(&whole) == Some(&false))
        };
        let cascaded = self.all.iter().filter(|doomed| self.cascaded[*doomed] && !goes_anyway(doomed));
        cascaded.map(|doomed| describe_doomed(self.catalog, doomed)).collect()
    }

    fn add(&mut self, doomed: Doomed, cascaded: bool) {
        match self.cascaded.get_mut(&doomed) {
            Some(known) => *known &= cascaded,
            None => {
                self.cascaded.insert(doomed.clone(), cascaded);
                self.all.push(doomed);
            }
        }
    }

    fn spread(&mut self, doomed: &Doomed) {
        match doomed {
            Doomed::Relation(name) => self.spread_relation(name),
            Doomed::Index(name) => {
                if let Some((owner, index)) = self.catalog.index(name)
                    && let Some(constraint) = &index.constraint
                {
                    self.add(Doomed::Constraint(owner.clone(), constraint.clone()), false);
                }
                self.reach_all(&Dependency::Relation(name.clone()), None);
            }
            Doomed::Column(table, column) => {
                self.reach_all(&Dependency::Column(table.clone(), column.clone()), Some(table));
            }
            Doomed::Constraint(table, constraint) => {
                let behind = |index: &&Arc<crate::catalog::Index>| index.constraint.as_ref() == Some(constraint);
                if let Some(index) = self.catalog.table(table).and_then(|table| table.indexes.iter().find(behind)) {
                    self.add(Doomed::Index(Name { schema: table.schema.clone(), name: index.name.clone() }), false);
                }
            }
            Doomed::Type(name) => self.reach_all(&Dependency::Type(name.clone()), None),
            Doomed::Routine(name, signature) => self.spread_routine(name, signature),
            Doomed::Default(..) | Doomed::Trigger(..) | Doomed::Policy(..) | Doomed::Rule(..) => {}
        }
    }

    fn spread_relation(&mut self, name: &Name) {
        self.reach_all(&Dependency::Relation(name.clone()), Some(name));
        let (columns, indexes): (Vec<Ident>, Vec<Ident>) = match self.catalog.relations.get(name) {
            Some(Relation::Table(table)) => parts(table),
            Some(Relation::View(view)) => (
                view.columns.iter().map(|column| column.name.clone()).collect(),
                view.indexes.iter().map(|index| index.name.clone()).collect(),
            ),
            Some(Relation::Sequence(_) | Relation::Index(_)) | None => (Vec::new(), Vec::new()),
        };
        self.spread_partition(name);
        for column in columns {
            self.reach_all(&Dependency::Column(name.clone(), column), Some(name));
        }
        for index in indexes {
            self.reach_all(&Dependency::Relation(Name { schema: name.schema.clone(), name: index }), Some(name));
        }
    }

    /// A foreign key to a partitioned table refers to its partitions too: it goes with any of them.
    fn spread_partition(&mut self, name: &Name) {
        let catalog = self.catalog;
        let parent = |table: &Name| Some(catalog.table(table)?.partition_of.as_ref()?.0.clone());
        let above: Vec<Name> = std::iter::successors(parent(name), parent).collect();
        for table in &above {
            for dependent in catalog.dependents(&Dependency::Relation(table.clone())) {
                let Dependent::Constraint(owner, constraint) = dependent else { continue };
                let is_key = catalog
                    .table(owner)
                    .and_then(|owner| owner.constraint(constraint))
                    .is_some_and(|found| matches!(found.kind, ConstraintKind::ForeignKey(_)));
                if is_key && !above.contains(owner) && parent(owner).is_none_or(|parent| !above.contains(&parent)) {
                    self.add(Doomed::Constraint(owner.clone(), constraint.clone()), true);
                }
            }
        }
    }

    /// Of what depends on routines by their name it is not known which one is meant while others of the name stay.
    fn spread_routine(&mut self, name: &Name, signature: &Arc<str>) {
        let stays = |own: &crate::catalog::CatalogRoutine| {
            own.signature != *signature && !self.cascaded.contains_key(&Doomed::Routine(name.clone(), own.signature.clone()))
        };
        let alone = !self.catalog.routines.get(name).is_some_and(|all| all.iter().any(stays));
        let on = Dependency::Routine(name.clone());
        let own = Dependency::Overload(name.clone(), signature.clone());
        for who in self.catalog.dependents(&on).cloned().collect::<Vec<_>>() {
            if alone || self.catalog.references(&who).any(|on| *on == own) {
                self.reach(&who, &on, None);
            }
        }
    }

    /// `within`: the table whose own parts go silently.
    fn reach_all(&mut self, on: &Dependency, within: Option<&Name>) {
        for who in self.catalog.dependents(on).cloned().collect::<Vec<_>>() {
            self.reach(&who, on, within);
        }
    }

    fn reach(&mut self, who: &Dependent, on: &Dependency, within: Option<&Name>) {
        match who {
            Dependent::Relation(name) => self.reach_relation(name, on),
            Dependent::Column(table, column) => self.reach_column(table, column, on),
            Dependent::Constraint(table, constraint) => {
                let silent = within == Some(table) && self.is_own_column(table, constraint, on);
                self.add(Doomed::Constraint(table.clone(), constraint.clone()), !silent);
            }
            Dependent::Index(name) => {
                let own = matches!(self.catalog.relations.get(name), Some(Relation::Index(owner)) if within == Some(owner));
                let part = matches!(on, Dependency::Relation(_));
                self.add(Doomed::Index(name.clone()), !own && !part);
            }
            Dependent::Trigger(table, trigger) => self.add(Doomed::Trigger(table.clone(), trigger.clone()), true),
            Dependent::Policy(table, policy) => self.add(Doomed::Policy(table.clone(), policy.clone()), true),
            Dependent::Rule(table, rule) => self.add(Doomed::Rule(table.clone(), rule.clone()), true),
            Dependent::Type(name) => self.add(Doomed::Type(name.clone()), true),
            Dependent::Routine(name, signature) => self.add(Doomed::Routine(name.clone(), signature.clone()), true),
        }
    }

    fn reach_relation(&mut self, name: &Name, on: &Dependency) {
        let silent = match self.catalog.relations.get(name) {
            Some(Relation::Table(table)) => {
                matches!(on, Dependency::Relation(parent) if table.partition_of.as_ref().is_some_and(|(of, _)| of == parent))
            }
            Some(Relation::Sequence(_)) => true,
            Some(Relation::View(_)) => false,
            Some(Relation::Index(_)) | None => return,
        };
        self.add(Doomed::Relation(name.clone()), !silent);
    }

    /// A column goes with its type and with what its generation needs; a default goes alone.
    fn reach_column(&mut self, table: &Name, column: &Ident, on: &Dependency) {
        let Some(own) = self.catalog.table(table).and_then(|table| table.column(column)) else { return };
        let mut of_type = imbl::OrdSet::new();
        self.catalog.type_name_references(&own.data_type, &mut of_type);
        let whole =
            of_type.contains(on) || matches!(own.value, ColumnValue::Generated { .. }) || matches!(on, Dependency::Other(..));
        let doomed =
            if whole { Doomed::Column(table.clone(), column.clone()) } else { Doomed::Default(table.clone(), column.clone()) };
        self.add(doomed, true);
    }

    /// Whether a constraint of the table goes silently with the column: not where the column is what its foreign key refers to.
    fn is_own_column(&self, table: &Name, constraint: &Ident, on: &Dependency) -> bool {
        let Dependency::Column(of, column) = on else { return false };
        let found = self.catalog.table(table).and_then(|table| table.constraint(constraint));
        of == table
            && match found.map(|found| &found.kind) {
                Some(ConstraintKind::ForeignKey(key)) => key.columns.contains(column),
                _ => true,
            }
    }
}

fn parts(table: &Table) -> (Vec<Ident>, Vec<Ident>) {
    let columns = table.columns.iter().map(|column| column.name.clone()).collect();
    (columns, table.indexes.iter().map(|index| index.name.clone()).collect())
}
