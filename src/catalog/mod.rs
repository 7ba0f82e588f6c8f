//! The schema as a value. A [`Catalog`] is cheap to clone and shares everything that did not change between two states, so
//! states can be kept and compared at the cost of their difference. [`apply`](Catalog::apply) is the only way in which a
//! statement changes it.

mod apply;
mod contents;
pub mod diff;
mod edit;
mod filled;
mod object;
mod problem;
mod references;
pub mod render;
mod resolve;
mod roles;
mod shape;
mod stars;

pub use contents::Contents;
pub use filled::Fill;
pub use object::*;
pub use problem::*;
pub use resolve::{Around, ResolvedQuery, ResolvedStatement};
pub use roles::{Membership, Roles};

use crate::change::{Ident, ObjectKind, QName};
use imbl::{OrdMap, OrdSet};
use std::fmt;
use std::sync::Arc;

/// The full name of something that lives in a schema.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name {
    /// The schema.
    pub schema: Ident,
    /// The object's own name.
    pub name: Ident,
}

impl Name {
    /// A name in a schema.
    pub fn new(schema: impl Into<Ident>, name: impl Into<Ident>) -> Self {
        Name { schema: schema.into(), name: name.into() }
    }

    /// The same as a qualified name of the IR.
    pub fn qname(&self) -> QName {
        QName { schema: Some(self.schema.clone()), name: self.name.clone() }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.schema, self.name)
    }
}

/// The identity of an object through renames: two objects of one name, one made after the other was dropped, differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectId(pub u32);

/// What other objects may depend on.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Dependency {
    /// A table, view, sequence or index.
    Relation(Name),
    /// A column of a table or view.
    Column(Name, Ident),
    /// A type.
    Type(Name),
    /// All routines of a name.
    Routine(Name),
    /// One of them, by its signature, where the number of arguments says which it is.
    Overload(Name, Arc<str>),
    /// A collation or anything that is kept by name only.
    Other(ObjectKind, Name),
}

/// What depends on something.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Dependent {
    /// A table, view or sequence as a whole.
    Relation(Name),
    /// A column (its type, default or generation expression).
    Column(Name, Ident),
    /// A constraint of a table.
    Constraint(Name, Ident),
    /// An index, by its name.
    Index(Name),
    /// A trigger of a table.
    Trigger(Name, Ident),
    /// A policy of a table.
    Policy(Name, Ident),
    /// A rule of a table.
    Rule(Name, Ident),
    /// A type.
    Type(Name),
    /// A routine: name and number in its overload list's signature text.
    Routine(Name, Arc<str>),
}

/// A schema state.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    /// Schemas by name.
    pub schemas: OrdMap<Ident, Arc<Schema>>,
    /// Tables, views, materialized views, sequences and the names of indexes: they share one name space in each schema.
    pub relations: OrdMap<Name, Relation>,
    /// Types of one's own: enums, composites, domains, ranges. Row types of tables are not listed.
    pub types: OrdMap<Name, Arc<UserType>>,
    /// Routines, all overloads of a name together.
    pub routines: OrdMap<Name, Arc<Vec<CatalogRoutine>>>,
    /// The schemas that the server brings, whose objects are not followed.
    pub system_schemas: &'static [&'static str],
    /// Extensions by name.
    pub extensions: OrdMap<Ident, Arc<Extension>>,
    /// Comments.
    pub comments: OrdMap<CommentKey, Arc<str>>,
    /// What is kept by name only: publications, roles, casts, statistics, ... by kind and the words that name it.
    pub others: OrdMap<(ObjectKind, String), Arc<Other>>,
    /// Default privileges, in the order given.
    pub default_privileges: OrdMap<DefaultPrivilege, Privileges>,
    /// Who is a member of which role.
    pub roles: Roles,
    /// The settings of the session and transaction: `search_path`, `lock_timeout`, `role`.
    pub session: Session,
    /// Who depends on what, the reverse of every reference that objects hold.
    dependents: OrdMap<Dependency, OrdSet<Dependent>>,
    /// Who refers to what, as it was resolved when it was made: names mean what they meant then, whatever `search_path` says now.
    references: OrdMap<Dependent, OrdSet<Dependency>>,
    /// What statements have put into tables.
    contents: OrdMap<ObjectId, Contents>,
    /// How many constraints of tables have a name, by schema: automatic names avoid them.
    constraint_names: OrdMap<Name, u32>,
    /// What statements wrote into columns.
    filled: filled::Filled,
    /// The next identity.
    next_id: u32,
}

/// Something in the name space of relations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Relation {
    /// A table of any kind.
    Table(Arc<Table>),
    /// A view or materialized view.
    View(Arc<View>),
    /// A sequence.
    Sequence(Arc<Sequence>),
    /// An index: its table, or materialized view, holds it.
    Index(Name),
}

impl Relation {
    /// Whether both are the same value in memory: nothing in it changed.
    pub fn ptr_eq(&self, other: &Relation) -> bool {
        match (self, other) {
            (Relation::Table(a), Relation::Table(b)) => Arc::ptr_eq(a, b),
            (Relation::View(a), Relation::View(b)) => Arc::ptr_eq(a, b),
            (Relation::Sequence(a), Relation::Sequence(b)) => Arc::ptr_eq(a, b),
            (Relation::Index(a), Relation::Index(b)) => a == b,
            _ => false,
        }
    }

    /// Its identity; of an index its table's entry knows it.
    pub fn id(&self) -> Option<ObjectId> {
        match self {
            Relation::Table(table) => Some(table.id),
            Relation::View(view) => Some(view.id),
            Relation::Sequence(sequence) => Some(sequence.id),
            Relation::Index(_) => None,
        }
    }
}

impl Catalog {
    /// Whether both are the same values in memory: nothing changed between them. Two that differ in memory may still be equal.
    pub fn ptr_eq(&self, other: &Catalog) -> bool {
        self.schemas.ptr_eq(&other.schemas)
            && self.relations.ptr_eq(&other.relations)
            && self.types.ptr_eq(&other.types)
            && self.routines.ptr_eq(&other.routines)
            && self.system_schemas == other.system_schemas
            && self.extensions.ptr_eq(&other.extensions)
            && self.comments.ptr_eq(&other.comments)
            && self.others.ptr_eq(&other.others)
            && self.default_privileges.ptr_eq(&other.default_privileges)
            && self.roles.ptr_eq(&other.roles)
            && self.session == other.session
            && self.dependents.ptr_eq(&other.dependents)
            && self.references.ptr_eq(&other.references)
            && self.contents.ptr_eq(&other.contents)
            && self.constraint_names.ptr_eq(&other.constraint_names)
            && self.filled.ptr_eq(&other.filled)
            && self.next_id == other.next_id
    }

    /// The table of that name.
    pub fn table(&self, name: &Name) -> Option<&Arc<Table>> {
        match self.relations.get(name)? {
            Relation::Table(table) => Some(table),
            _ => None,
        }
    }

    /// The view or materialized view of that name.
    pub fn view(&self, name: &Name) -> Option<&Arc<View>> {
        match self.relations.get(name)? {
            Relation::View(view) => Some(view),
            _ => None,
        }
    }

    /// The sequence of that name.
    pub fn sequence(&self, name: &Name) -> Option<&Arc<Sequence>> {
        match self.relations.get(name)? {
            Relation::Sequence(sequence) => Some(sequence),
            _ => None,
        }
    }

    /// The index of that name with the name of its table or materialized view.
    pub fn index(&self, name: &Name) -> Option<(&Name, &Arc<Index>)> {
        let Relation::Index(owner) = self.relations.get(name)? else { return None };
        let indexes = match self.relations.get(owner)? {
            Relation::Table(table) => &table.indexes,
            Relation::View(view) => &view.indexes,
            _ => return None,
        };
        indexes.iter().find(|index| index.name == name.name).map(|index| (owner, index))
    }

    /// The first relation that the search path finds, or the one in the schema that is written.
    pub fn resolve_relation(&self, name: &QName) -> Option<Name> {
        self.resolve(name, |full| self.relations.contains_key(full))
    }

    /// The same for types of one's own (a table's row type is none).
    pub fn resolve_type(&self, name: &QName) -> Option<Name> {
        self.resolve(name, |full| self.types.contains_key(full))
    }

    /// The same for routines.
    pub fn resolve_routine(&self, name: &QName) -> Option<Name> {
        self.resolve(name, |full| self.routines.contains_key(full))
    }

    fn resolve(&self, name: &QName, exists: impl Fn(&Name) -> bool) -> Option<Name> {
        let in_schema = |schema: &Ident| Name { schema: schema.clone(), name: name.name.clone() };
        match &name.schema {
            Some(schema) => Some(in_schema(schema)).filter(|full| exists(full)),
            None => self.session.search_path.iter().map(in_schema).find(|full| exists(full)),
        }
    }

    /// The schema in which an unqualified name is created: the first of the search path that exists.
    pub fn creation_schema(&self) -> Option<&Ident> {
        self.session.search_path.iter().find(|schema| self.schemas.contains_key(*schema))
    }

    /// Who depends on it directly.
    pub fn dependents(&self, on: &Dependency) -> impl Iterator<Item = &Dependent> {
        self.dependents.get(on).into_iter().flatten()
    }
}
