//! Which uses of an application fail on a schema state, and so which stop working between two. An application is taken to
//! do everything that its own schema permits; what it does is read off its [`Catalog`], and each use is tried on the state.
//! Only objects that the change touched are looked at, so judging costs what the change costs.

mod admission;
mod body;
mod computed;
mod condition;
mod constraint;
mod evaluate;
mod expression;
mod filler;
mod guard;
mod partition;
mod passing;
mod policy;
mod relation;
mod replication;
mod routine;
mod row;
mod security;
mod surface;
mod types;
mod unique;
mod usage;

pub use routine::{Dangling, dangling};
pub use usage::{Broken, Use, UseClass};

use crate::catalog::{Catalog, Dependency, Dependent, Name, Privileges, Relation, Table};
use crate::change::{Constraint, ConstraintKind, ForeignKey, Ident, ObjectKind};
use crate::dialect::{AppError, Dialect};
use imbl::ordmap::DiffItem;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The names of what differs between two states.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Touched {
    /// Tables, views and sequences.
    pub relations: BTreeSet<Name>,
    /// Types and domains.
    pub types: BTreeSet<Name>,
    /// Routines.
    pub routines: BTreeSet<Name>,
    /// Schemas.
    pub schemas: BTreeSet<Ident>,
    /// Extensions.
    pub extensions: BTreeSet<Ident>,
    /// What is kept by name only.
    pub others: BTreeSet<(ObjectKind, String)>,
}

impl Touched {
    /// What differs between two states, and what an application sees through it: views over a changed table, the parent of a
    /// changed partition, tables that a changed trigger function fills, tables that rows now refer to.
    pub fn between(before: &Catalog, after: &Catalog) -> Touched {
        let mut touched = Touched::in_schema(before, after);
        let filled = after.filled_since(before).filter_map(|(name, number)| Some((after.table(name)?, number)));
        touched.relations.extend(filled.flat_map(|(table, number)| references_of(table, number)));
        touched
    }

    /// The same without what only rows tell: nothing where the schema is the same.
    pub fn in_schema(before: &Catalog, after: &Catalog) -> Touched {
        let mut touched = Touched {
            relations: changed(&before.relations, &after.relations),
            types: changed(&before.types, &after.types),
            routines: changed(&before.routines, &after.routines),
            schemas: changed(&before.schemas, &after.schemas),
            extensions: changed(&before.extensions, &after.extensions),
            others: changed(&before.others, &after.others),
        };
        for catalog in [before, after] {
            let around: Vec<Name> = touched.relations.iter().flat_map(|name| related(catalog, name)).collect();
            touched.relations.extend(around);
            let targets: Vec<Name> = touched.relations.iter().flat_map(|name| changed_references(before, after, name)).collect();
            touched.relations.extend(targets);
            let filled: Vec<Name> = touched.routines.iter().flat_map(|name| trigger_tables(catalog, name)).collect();
            touched.relations.extend(filled);
            let swapped: Vec<Name> = touched.types.iter().flat_map(|name| users_of_type(catalog, name)).collect();
            touched.relations.extend(swapped);
        }
        for role in before.roles.touched(&after.roles) {
            touched.what_has_rights(before, &role);
            touched.what_has_rights(after, &role);
        }
        touched
    }

    /// Adds all that a role has rights on.
    fn what_has_rights(&mut self, catalog: &Catalog, role: &Ident) {
        let given = |privileges: &Privileges, owner: &Option<Ident>| {
            owner.as_ref() == Some(role) || privileges.keys().any(|(who, _)| who == role)
        };
        let relations = catalog.relations.iter().filter(|(_, relation)| match relation {
            Relation::Table(own) => given(&own.privileges, &own.owner),
            Relation::View(own) => given(&own.privileges, &own.owner),
            Relation::Sequence(own) => given(&own.privileges, &own.owner),
            Relation::Index(_) => false,
        });
        self.relations.extend(relations.map(|(name, _)| name.clone()));
        let routines = catalog.routines.iter().filter(|(_, all)| all.iter().any(|own| given(&own.privileges, &own.owner)));
        self.routines.extend(routines.map(|(name, _)| name.clone()));
        let schemas = catalog.schemas.iter().filter(|(_, own)| given(&own.privileges, &own.owner));
        self.schemas.extend(schemas.map(|(name, _)| name.clone()));
    }

    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        *self == Touched::default()
    }
}

fn changed<K: Ord + Clone, V: Clone + PartialEq>(before: &imbl::OrdMap<K, V>, after: &imbl::OrdMap<K, V>) -> BTreeSet<K> {
    let key = |item: DiffItem<'_, '_, K, V>| match item {
        DiffItem::Add(key, _) | DiffItem::Remove(key, _) => key.clone(),
        DiffItem::Update { new: (key, _), .. } => key.clone(),
    };
    before.diff(after).map(key).collect()
}

fn related(catalog: &Catalog, name: &Name) -> Vec<Name> {
    let mut around: Vec<Name> = match catalog.relations.get(name) {
        Some(Relation::Table(table)) => {
            table.partition_of.iter().map(|(parent, _)| parent).chain(&table.inherits).cloned().collect()
        }
        _ => Vec::new(),
    };
    around.extend(catalog.dependents(&Dependency::Relation(name.clone())).filter_map(|dependent| match dependent {
        Dependent::Relation(view) if catalog.view(view).is_some() => Some(view.clone()),
        // Who reads or writes them needs rights on what their policies and defaults name.
        Dependent::Policy(table, _) => Some(table.clone()),
        Dependent::Column(table, _) if catalog.sequence(name).is_some() => Some(table.clone()),
        _ => None,
    }));
    around
}

/// The tables that a table refers to by a column of that number.
fn references_of(table: &Table, number: u32) -> Vec<Name> {
    let column = table.columns.iter().find(|column| column.number == number);
    let on = |key: &&ForeignKey| column.is_some_and(|column| key.columns.contains(&column.name));
    foreign_keys(table).map(|(_, key)| key).filter(on).map(target).collect()
}

/// The tables that a table refers to by foreign keys which are not the same in both states, or whose columns the server may fill
/// in another way.
fn changed_references(before: &Catalog, after: &Catalog, name: &Name) -> Vec<Name> {
    let (old, new) = (before.table(name), after.table(name));
    let (had, has): (Vec<_>, Vec<_>) =
        (old.into_iter().flat_map(|t| foreign_keys(t)).collect(), new.into_iter().flat_map(|t| foreign_keys(t)).collect());
    let refilled = match (old, new) {
        (Some(old), Some(new)) => old.triggers != new.triggers || old.columns != new.columns,
        _ => true,
    };
    let differ = |key: &&(&Arc<Constraint>, &ForeignKey), others: &[(&Arc<Constraint>, &ForeignKey)]| {
        refilled || !others.iter().any(|(other, _)| *other == key.0)
    };
    let gone = had.iter().filter(|key| differ(key, &has));
    gone.chain(has.iter().filter(|key| differ(key, &had))).map(|(_, key)| target(key)).collect()
}

fn foreign_keys(table: &Table) -> impl Iterator<Item = (&Arc<Constraint>, &ForeignKey)> {
    table.constraints.iter().filter_map(|constraint| match &constraint.kind {
        ConstraintKind::ForeignKey(key) => Some((constraint, key)),
        _ => None,
    })
}

fn target(key: &ForeignKey) -> Name {
    Name::new(key.table.schema.clone().unwrap_or_default(), key.table.name.clone())
}

fn trigger_tables(catalog: &Catalog, routine: &Name) -> Vec<Name> {
    let on = Dependency::Routine(routine.clone());
    catalog
        .dependents(&on)
        .filter_map(|d| if let Dependent::Trigger(table, _) = d { Some(table.clone()) } else { None })
        .collect()
}

fn users_of_type(catalog: &Catalog, name: &Name) -> Vec<Name> {
    let on = Dependency::Type(name.clone());
    catalog.dependents(&on).filter_map(|d| if let Dependent::Column(table, _) = d { Some(table.clone()) } else { None }).collect()
}

/// Which application is asked, which changes what counts against it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum App {
    /// Written for the schema before the change, running after it.
    Old,
    /// Written for the schema after the change, running before it.
    New,
}

/// What trying the uses of an application on a state needs to know.
pub(crate) struct Trial<'a> {
    /// The application's own schema.
    app: &'a Catalog,
    /// The state that it runs on.
    state: &'a Catalog,
    /// Old or new.
    which: App,
    dialect: &'a dyn Dialect,
    /// What fails, and why.
    failing: BTreeMap<Use, AppError>,
}

impl<'a> Trial<'a> {
    fn fail(&mut self, usage: Use, error: AppError) {
        self.failing.entry(usage).or_insert(error);
    }

    fn type_text(&self, data_type: &crate::change::TypeName) -> String {
        self.dialect.type_text(data_type)
    }
}

/// The uses of the application written for `app` that fail on `state`, among those that concern what was touched.
pub fn failing(which: App, app: &Catalog, state: &Catalog, touched: &Touched, dialect: &dyn Dialect) -> BTreeMap<Use, AppError> {
    let mut trial = Trial { app, state, which, dialect, failing: BTreeMap::new() };
    for name in &touched.relations {
        relation::try_relation(&mut trial, name);
    }
    for name in &touched.types {
        types::try_type(&mut trial, name);
    }
    for name in &touched.routines {
        routine::try_routines(&mut trial, name);
    }
    for name in &touched.schemas {
        security::try_schema(&mut trial, name);
    }
    if touched.others.iter().any(|(kind, _)| *kind == ObjectKind::Publication) {
        for name in app.relations.keys().filter(|name| app.table(name).is_some()) {
            replication::try_published(&mut trial, name);
        }
    }
    for (_, role) in touched.others.iter().filter(|(kind, _)| *kind == ObjectKind::Role) {
        security::try_connect(&mut trial, &role.as_str().into());
    }
    for key in &touched.others {
        let named = matches!(key.0, ObjectKind::Collation | ObjectKind::Other) && app.others.contains_key(key);
        if let Some(error) = (named && !state.others.contains_key(key)).then(|| dialect.without(key.0, &key.1)).flatten() {
            trial.fail(Use::Other(key.1.as_str().into()), error);
        }
    }
    for name in &touched.extensions {
        // Names without a schema are found along the search path, the others where they were.
        let in_path = |schema: &Ident| app.session.search_path.contains(schema) || app.system_schemas.contains(&schema.as_str());
        match (app.extensions.get(name), state.extensions.get(name)) {
            (Some(_), None) => trial.fail(Use::Extension(name.clone()), AppError::NoType { name: name.clone() }),
            (Some(own), Some(there)) => {
                let found = own.schema == there.schema || own.schema.iter().chain(&there.schema).all(in_path);
                if !found {
                    trial.fail(Use::Extension(name.clone()), AppError::NoFunction { call: format!("of extension {name}") });
                }
            }
            (None, _) => {}
        }
    }
    trial.failing
}
