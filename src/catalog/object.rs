//! The objects of a [`Catalog`](super::Catalog) as they are kept: names resolved, automatic names given, `serial` unfolded
//! into its sequence. Parts that are the same as written (columns, constraints, triggers) are the IR's own.

use super::{Name, ObjectId};
use crate::change::{
    Column, Constraint, Expr, Ident, IndexShape, ObjectKind, Persistence, Policy, Query, ReplicaIdentity, Routine, Rule, Trigger,
    TypeName, TypeShape,
};
use imbl::OrdMap;
use std::sync::Arc;

/// A schema.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Schema {
    /// Its owner where one was named.
    pub owner: Option<Ident>,
    /// Who may use it and create in it.
    pub privileges: Privileges,
}

/// Privileges by role, then by privilege in capitals; each with the columns it is limited to (empty for the whole object) and
/// whether it may be granted on. `public` is everybody. Only what statements said: an owner's own rights are not listed.
pub type Privileges = OrdMap<(Ident, Ident), Vec<Ident>>;

/// A table: ordinary, partitioned, a partition, or foreign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Its identity.
    pub id: ObjectId,
    /// Its name.
    pub name: Name,
    /// How long it lives.
    pub persistence: Persistence,
    /// `PARTITION BY`, where it is partitioned.
    pub partition_by: Option<crate::change::PartitionKey>,
    /// Its parent and bound, where it is a partition.
    pub partition_of: Option<(Name, Expr)>,
    /// The parents it inherits from (not as a partition).
    pub inherits: Vec<Name>,
    /// The server, where it is foreign.
    pub server: Option<Ident>,
    /// The composite type that it is `OF`.
    pub of_type: Option<Name>,
    /// The columns in order.
    pub columns: Vec<Arc<TableColumn>>,
    /// The constraints in the order made; every one has a name, and foreign keys a schema and columns at their target.
    pub constraints: Vec<Arc<Constraint>>,
    /// The indexes in the order made, those behind constraints included.
    pub indexes: Vec<Arc<Index>>,
    /// The triggers in the order made.
    pub triggers: Vec<Arc<Trigger>>,
    /// The rules in the order made.
    pub rules: Vec<Arc<Rule>>,
    /// The policies in the order made.
    pub policies: Vec<Arc<Policy>>,
    /// `ENABLE ROW LEVEL SECURITY`.
    pub row_security: bool,
    /// `FORCE ROW LEVEL SECURITY`.
    pub force_row_security: bool,
    /// `REPLICA IDENTITY`.
    pub replica_identity: ReplicaIdentity,
    /// `CLUSTER ON`.
    pub cluster_on: Option<Ident>,
    /// `WITH (...)`.
    pub options: Vec<(Ident, String)>,
    /// `TABLESPACE`.
    pub tablespace: Option<Ident>,
    /// `USING method`.
    pub access_method: Option<Ident>,
    /// Its owner where one was named.
    pub owner: Option<Ident>,
    /// Who may do what.
    pub privileges: Privileges,
}

impl Table {
    /// The column of that name.
    pub fn column(&self, name: &str) -> Option<&Arc<TableColumn>> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The constraint of that name.
    pub fn constraint(&self, name: &str) -> Option<&Arc<Constraint>> {
        self.constraints.iter().find(|constraint| constraint.name.as_deref() == Some(name))
    }

    /// The index of that name.
    pub fn index(&self, name: &str) -> Option<&Arc<Index>> {
        self.indexes.iter().find(|index| index.name == name)
    }
}

/// A column of a table: the IR's column and what the catalog adds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableColumn {
    /// Identity and order: grows with each column added, never used again.
    pub number: u32,
    /// The column itself. Its type's schema is filled in for types of one's own.
    pub column: Column,
    /// Whether a parent has it too.
    pub inherited: bool,
    /// Whether the table defines it itself (also true for both).
    pub local: bool,
}

impl std::ops::Deref for TableColumn {
    type Target = Column;

    fn deref(&self) -> &Column {
        &self.column
    }
}

/// An index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    /// Its identity.
    pub id: ObjectId,
    /// Its name; its schema is the table's.
    pub name: Ident,
    /// `UNIQUE`.
    pub unique: bool,
    /// Whether it is behind a primary key.
    pub primary: bool,
    /// The constraint (primary key, unique, exclusion) that it is behind.
    pub constraint: Option<Ident>,
    /// What it is made of.
    pub shape: IndexShape,
    /// Whether queries use it: not after a failed concurrent build, nor of a partitioned table while partitions lack it.
    pub valid: bool,
    /// `ON ONLY`.
    pub only: bool,
    /// The index of the partitioned parent that it is a partition of.
    pub parent: Option<Name>,
}

/// A view or materialized view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// Its identity.
    pub id: ObjectId,
    /// Its name.
    pub name: Name,
    /// `MATERIALIZED`.
    pub materialized: bool,
    /// `TEMPORARY`.
    pub temporary: bool,
    /// `RECURSIVE`: its query reads the view itself.
    pub recursive: bool,
    /// Its query; names in it follow renames.
    pub query: Query,
    /// Its columns in order.
    pub columns: Vec<ViewColumn>,
    /// Whether `columns` are all: a star over something that is not followed hides the others.
    pub columns_known: bool,
    /// The indexes of a materialized view.
    pub indexes: Vec<Arc<Index>>,
    /// `INSTEAD OF` triggers.
    pub triggers: Vec<Arc<Trigger>>,
    /// Rules.
    pub rules: Vec<Arc<Rule>>,
    /// Defaults of its own, by column (`ALTER VIEW ... ALTER COLUMN ... SET DEFAULT`).
    pub defaults: Vec<(Ident, Expr)>,
    /// `WITH (...)`.
    pub options: Vec<(Ident, String)>,
    /// `WITH CHECK OPTION`.
    pub check_option: Option<Ident>,
    /// Whether a materialized view holds rows (not after `WITH NO DATA`).
    pub populated: bool,
    /// `TABLESPACE` of a materialized view.
    pub tablespace: Option<Ident>,
    /// Its owner where one was named.
    pub owner: Option<Ident>,
    /// Who may do what.
    pub privileges: Privileges,
}

/// An output column of a view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewColumn {
    /// Its name.
    pub name: Ident,
    /// Its type where the query tells.
    pub data_type: Option<TypeName>,
    /// The column of a table or view that it shows unchanged, where it is one.
    pub source: Option<(Name, Ident)>,
}

/// A sequence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sequence {
    /// Its identity.
    pub id: ObjectId,
    /// Its name.
    pub name: Name,
    /// How long it lives.
    pub persistence: Persistence,
    /// Its options as last said; `owned_by` and `name` are not used here.
    pub options: crate::change::SequenceOptions,
    /// The column that owns it.
    pub owned_by: Option<(Name, Ident)>,
    /// Whether it is an identity column's: it has no life of its own.
    pub identity: bool,
    /// Its owner where one was named.
    pub owner: Option<Ident>,
    /// Who may do what.
    pub privileges: Privileges,
}

/// A type of one's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserType {
    /// Its identity.
    pub id: ObjectId,
    /// Its name.
    pub name: Name,
    /// What it is.
    pub shape: UserTypeShape,
    /// Labels that were added in the transaction that runs: they cannot be used before it commits.
    pub uncommitted_labels: Vec<Arc<str>>,
    /// Its owner where one was named.
    pub owner: Option<Ident>,
    /// Who may use it.
    pub privileges: Privileges,
}

/// What a [`UserType`] is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "always behind the Arc of its UserType")]
pub enum UserTypeShape {
    /// An enum, composite, range or base type.
    Type(TypeShape),
    /// A domain; every check has a name.
    Domain(crate::change::Domain),
}

/// A routine as kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogRoutine {
    /// Its identity.
    pub id: ObjectId,
    /// Its name.
    pub name: Name,
    /// The canonical text of its input argument types, which tells overloads apart: `integer, text[]`.
    pub signature: Arc<str>,
    /// What it is.
    pub routine: Routine,
    /// Its owner where one was named.
    pub owner: Option<Ident>,
    /// Who may call it. Everybody may, unless `public` was revoked: see `public_revoked`.
    pub privileges: Privileges,
    /// Whether `EXECUTE` was taken from everybody.
    pub public_revoked: bool,
}

/// An extension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extension {
    /// Its name.
    pub name: Ident,
    /// The schema named at its creation.
    pub schema: Option<Ident>,
    /// The version named.
    pub version: Option<String>,
}

/// Something of which only the name and the statement are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Other {
    /// Its kind.
    pub kind: ObjectKind,
    /// The statements that made and altered it, in order.
    pub statements: Vec<Arc<str>>,
}

/// What a comment is on.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CommentKey {
    /// The kind of object.
    pub kind: ObjectKind,
    /// Its name; of a member its table's. Objects outside schemas have an empty schema.
    pub name: Name,
    /// The column, constraint, trigger, rule or policy; of a routine its signature.
    pub member: Option<Ident>,
}

/// What default privileges apply to.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DefaultPrivilege {
    /// `FOR ROLE`.
    pub owner: Option<Ident>,
    /// `IN SCHEMA`.
    pub schema: Option<Ident>,
    /// The kind of object.
    pub kind: ObjectKind,
}

/// What a session has set.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Session {
    /// The schemas that unqualified names are looked up in, in order.
    pub search_path: Vec<Ident>,
    /// Other settings in force, by name, with their values as written.
    pub settings: OrdMap<Ident, Ident>,
    /// The settings as they were when the transaction began, where `SET LOCAL` changed them.
    pub before_local: Option<Box<Session>>,
    /// Whether a transaction is open.
    pub in_transaction: bool,
    /// The types that the open transaction made: some servers let labels added to them be used in it.
    pub new_types: Vec<super::Name>,
    /// The enums to which the open transaction added labels.
    pub new_labels: Vec<super::Name>,
}
