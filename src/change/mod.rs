//! The IR: what a statement does, in the words of no dialect and no parser. Statements are lowered to [`Change`]s; the
//! catalog applies them, the dialect says what they cost, and everything later judges them and the schema states between
//! them. Names arrive folded as the database would store them; nothing here is resolved against a schema.

mod alter;
mod control;
mod expr;
mod kind;
mod object;
mod objects;
mod table;

pub use alter::*;
pub use control::*;
pub use expr::*;
pub use object::*;
pub use table::*;

use crate::source::Span;
use std::fmt;
use std::sync::Arc;

/// A name as the database stores it.
pub type Ident = smol_str::SmolStr;

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub span: Span,
}

/// A name that may be qualified with a schema.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct QName {
    /// The schema, where one was written.
    pub schema: Option<Ident>,
    /// The object.
    pub name: Ident,
}

impl QName {
    /// A name without a schema.
    pub fn bare(name: impl Into<Ident>) -> Self {
        QName { schema: None, name: name.into() }
    }

    /// A name in a schema.
    pub fn in_schema(schema: impl Into<Ident>, name: impl Into<Ident>) -> Self {
        QName { schema: Some(schema.into()), name: name.into() }
    }
}

impl fmt::Display for QName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.schema {
            Some(schema) => write!(f, "{schema}.{}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

/// A type with its modifiers, as the dialect spells it: `character varying(20)[]` has the name `character varying`, one
/// modifier and one dimension. Built-in types carry no schema and the dialect's canonical name, whatever alias was written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TypeName {
    /// The schema, for types that are not built in, where one was written.
    pub schema: Option<Ident>,
    /// The canonical name.
    pub name: Ident,
    /// Length, precision and scale, fields of an interval.
    pub modifiers: Vec<Ident>,
    /// How many times `[]`.
    pub dimensions: u8,
}

impl TypeName {
    /// A type without modifiers.
    pub fn simple(name: impl Into<Ident>) -> Self {
        TypeName { schema: None, name: name.into(), modifiers: Vec::new(), dimensions: 0 }
    }

    /// Its name without modifiers and dimensions.
    pub fn qname(&self) -> QName {
        QName { schema: self.schema.clone(), name: self.name.clone() }
    }
}

/// The kinds of objects that statements name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ObjectKind {
    /// An ordinary or partitioned table.
    Table,
    /// A foreign table.
    ForeignTable,
    /// A column; its name's schema is the table.
    Column,
    /// A constraint of a table.
    Constraint,
    /// A constraint of a domain.
    DomainConstraint,
    /// An index.
    Index,
    /// A view.
    View,
    /// A materialized view.
    MaterializedView,
    /// A sequence.
    Sequence,
    /// A type: enum, composite, range, base.
    Type,
    /// A domain.
    Domain,
    /// A function.
    Function,
    /// A procedure.
    Procedure,
    /// An aggregate.
    Aggregate,
    /// Function, procedure or aggregate, whichever has the name.
    Routine,
    /// A trigger of a table.
    Trigger,
    /// An event trigger.
    EventTrigger,
    /// A rule of a table.
    Rule,
    /// A row security policy of a table.
    Policy,
    /// A schema.
    Schema,
    /// An extension.
    Extension,
    /// A role or user.
    Role,
    /// A database.
    Database,
    /// A tablespace.
    Tablespace,
    /// A publication.
    Publication,
    /// A subscription.
    Subscription,
    /// A collation.
    Collation,
    /// Extended statistics.
    Statistics,
    /// An operator, operator class, operator family, cast, conversion, language, access method, foreign-data wrapper, server, user
    /// mapping, text search object, transform, large object: kept by name only.
    Other,
}

/// What sort of thing an object is, where its kind makes no other difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ObjectClass {
    /// What shares the name space of tables.
    Relation,
    /// A part of a table or view: a column, constraint, trigger, rule or policy.
    Member,
    /// A type or domain, or a part of one.
    Type,
    /// A function, procedure or aggregate.
    Routine,
    /// A schema.
    Schema,
    /// Anything else.
    Other,
}

impl ObjectKind {
    /// What sort of thing it is.
    pub fn class(self) -> ObjectClass {
        match self {
            ObjectKind::Table
            | ObjectKind::ForeignTable
            | ObjectKind::View
            | ObjectKind::MaterializedView
            | ObjectKind::Sequence
            | ObjectKind::Index => ObjectClass::Relation,
            ObjectKind::Column | ObjectKind::Constraint | ObjectKind::Trigger | ObjectKind::Rule | ObjectKind::Policy => {
                ObjectClass::Member
            }
            ObjectKind::Type | ObjectKind::Domain | ObjectKind::DomainConstraint => ObjectClass::Type,
            ObjectKind::Function | ObjectKind::Procedure | ObjectKind::Aggregate | ObjectKind::Routine => ObjectClass::Routine,
            ObjectKind::Schema => ObjectClass::Schema,
            ObjectKind::EventTrigger
            | ObjectKind::Extension
            | ObjectKind::Role
            | ObjectKind::Database
            | ObjectKind::Tablespace
            | ObjectKind::Publication
            | ObjectKind::Subscription
            | ObjectKind::Collation
            | ObjectKind::Statistics
            | ObjectKind::Other => ObjectClass::Other,
        }
    }
}

/// An object that a statement names, of whatever kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectRef {
    /// Its kind.
    pub kind: ObjectKind,
    /// Its name; of a column, constraint, trigger, rule or policy the table's (of a domain constraint the domain's).
    pub name: QName,
    /// The column, constraint, trigger, rule or policy.
    pub member: Option<Ident>,
    /// The argument types of a routine; `None` where the parentheses were left out.
    pub arguments: Option<Vec<TypeName>>,
    /// For [`ObjectKind::Other`]: the words that name it (`OPERATOR CLASS x USING btree`).
    pub words: Option<String>,
}

impl ObjectRef {
    /// An object that its kind and name identify.
    pub fn new(kind: ObjectKind, name: QName) -> Self {
        ObjectRef { kind, name, member: None, arguments: None, words: None }
    }

    /// A part of a table: a column, constraint, trigger, rule or policy.
    pub fn member(kind: ObjectKind, table: QName, member: impl Into<Ident>) -> Self {
        ObjectRef { kind, name: table, member: Some(member.into()), arguments: None, words: None }
    }
}

/// What a statement does. `ALTER TABLE` with several actions gives one change for each, in the order in which the database
/// performs them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// `CREATE SCHEMA`; the elements inside follow as changes of their own.
    CreateSchema {
        /// The schema.
        name: Ident,
        /// `IF NOT EXISTS`.
        if_not_exists: bool,
        /// `AUTHORIZATION`.
        owner: Option<Ident>,
    },
    /// `CREATE TABLE`, `CREATE FOREIGN TABLE`, `CREATE TABLE AS`, `SELECT INTO`.
    CreateTable(Box<CreateTable>),
    /// `ALTER TABLE` and its kin, one action.
    AlterTable(Box<AlterTable>),
    /// `CREATE INDEX`.
    CreateIndex(Box<CreateIndex>),
    /// `CREATE VIEW`, `CREATE MATERIALIZED VIEW`.
    CreateView(Box<CreateView>),
    /// `ALTER VIEW ... ALTER COLUMN ... SET DEFAULT` goes as `AlterTable`; this is `REFRESH MATERIALIZED VIEW`.
    Refresh {
        /// The view.
        view: QName,
        /// `CONCURRENTLY`.
        concurrently: bool,
        /// `WITH NO DATA`.
        no_data: bool,
    },
    /// `CREATE SEQUENCE`.
    CreateSequence {
        /// The sequence.
        name: QName,
        /// `IF NOT EXISTS`.
        if_not_exists: bool,
        /// `TEMPORARY`, `UNLOGGED`.
        persistence: Persistence,
        /// Its options.
        options: Box<SequenceOptions>,
    },
    /// `ALTER SEQUENCE` with options.
    AlterSequence {
        /// The sequence.
        name: QName,
        /// `IF EXISTS`.
        if_exists: bool,
        /// What changes.
        options: Box<SequenceOptions>,
    },
    /// `CREATE TYPE`.
    CreateType {
        /// The type.
        name: QName,
        /// What it is.
        shape: TypeShape,
    },
    /// `ALTER TYPE ... ADD VALUE / RENAME VALUE`.
    AlterEnum {
        /// The type.
        name: QName,
        /// The change.
        change: EnumChange,
    },
    /// `ALTER TYPE ... ATTRIBUTE`.
    AlterComposite {
        /// The type.
        name: QName,
        /// The change.
        change: AttributeChange,
        /// `CASCADE`.
        cascade: bool,
    },
    /// `CREATE DOMAIN`.
    CreateDomain {
        /// The domain.
        name: QName,
        /// What it is.
        domain: Box<Domain>,
    },
    /// `ALTER DOMAIN`.
    AlterDomain {
        /// The domain.
        name: QName,
        /// The change.
        change: DomainChange,
    },
    /// `CREATE FUNCTION`, `CREATE PROCEDURE`, `CREATE AGGREGATE`.
    CreateRoutine {
        /// The name.
        name: QName,
        /// `OR REPLACE`.
        or_replace: bool,
        /// What it is.
        routine: Box<Routine>,
    },
    /// `ALTER FUNCTION ...` with options: volatility, security, settings.
    AlterRoutine {
        /// Function, procedure, aggregate or routine.
        kind: ObjectKind,
        /// Which.
        signature: Signature,
        /// The options in order.
        options: Vec<RoutineOption>,
    },
    /// `CREATE TRIGGER`.
    CreateTrigger {
        /// The table or view.
        table: QName,
        /// `OR REPLACE`.
        or_replace: bool,
        /// What it is.
        trigger: Box<Trigger>,
    },
    /// `CREATE RULE`.
    CreateRule {
        /// The table or view.
        table: QName,
        /// `OR REPLACE`.
        or_replace: bool,
        /// What it is.
        rule: Box<Rule>,
    },
    /// `CREATE POLICY`.
    CreatePolicy {
        /// The table.
        table: QName,
        /// What it is.
        policy: Box<Policy>,
    },
    /// `ALTER POLICY` (a rename is a [`Change::Rename`]).
    AlterPolicy {
        /// The table.
        table: QName,
        /// The policy.
        name: Ident,
        /// `TO ...`.
        roles: Option<Vec<Ident>>,
        /// `USING`.
        using: Option<Expr>,
        /// `WITH CHECK`.
        check: Option<Expr>,
    },
    /// `DROP ...` of one kind, one or several objects.
    Drop {
        /// The objects.
        objects: Vec<ObjectRef>,
        /// `IF EXISTS`.
        if_exists: bool,
        /// `CASCADE`.
        cascade: bool,
        /// `DROP INDEX CONCURRENTLY`.
        concurrently: bool,
    },
    /// `ALTER ... RENAME TO` of anything but a column or table constraint.
    Rename {
        /// The object.
        object: ObjectRef,
        /// Its new name.
        to: Ident,
        /// `IF EXISTS`.
        if_exists: bool,
    },
    /// `ALTER ... SET SCHEMA`.
    SetSchema {
        /// The object.
        object: ObjectRef,
        /// The schema.
        schema: Ident,
        /// `IF EXISTS`.
        if_exists: bool,
    },
    /// `ALTER ... OWNER TO`.
    SetOwner {
        /// The object.
        object: ObjectRef,
        /// The role.
        owner: Ident,
        /// `IF EXISTS`.
        if_exists: bool,
    },
    /// `COMMENT ON ... IS`.
    Comment {
        /// The object.
        object: ObjectRef,
        /// The text; `None` removes it.
        text: Option<String>,
    },
    /// `GRANT`, `REVOKE`, `ALTER DEFAULT PRIVILEGES`.
    Grant(Box<Grant>),
    /// `CREATE EXTENSION`.
    CreateExtension {
        /// The extension.
        name: Ident,
        /// `IF NOT EXISTS`.
        if_not_exists: bool,
        /// `SCHEMA`.
        schema: Option<Ident>,
        /// `VERSION`.
        version: Option<String>,
        /// `CASCADE`.
        cascade: bool,
    },
    /// `CREATE` of something that is kept by name only (publication, statistics, role, cast, operator, ...).
    CreateOther {
        /// The object.
        object: ObjectRef,
        /// `IF NOT EXISTS`.
        if_not_exists: bool,
        /// `OR REPLACE`.
        or_replace: bool,
        /// The statement as written, for showing the schema.
        sql: String,
    },
    /// `ALTER` of something kept by name only, or an alteration of which only the object matters (`ALTER EXTENSION ... UPDATE`,
    /// `ALTER PUBLICATION`, `ALTER ROLE`, `ALTER DATABASE ... SET`).
    AlterOther {
        /// The object.
        object: ObjectRef,
        /// The statement as written.
        sql: String,
    },
    /// `INSERT`, `UPDATE`, `DELETE`, `MERGE`, `COPY`, `SELECT`, `CALL`.
    Data(Arc<Data>),
    /// `TRUNCATE`.
    Truncate {
        /// The tables.
        tables: Vec<Target>,
        /// `CASCADE`.
        cascade: bool,
        /// `RESTART IDENTITY`.
        restart_identity: bool,
    },
    /// `DO`: the statements of the block.
    Do(Block),
    /// `BEGIN`, `COMMIT` and their kin.
    Transaction(TransactionChange),
    /// `SET`, `RESET`, `SELECT set_config(...)`.
    Set {
        /// The setting, folded: `search_path`, `lock_timeout`, `role`, `session_authorization`.
        name: Ident,
        /// The values without quotes; `None`: the default.
        value: Option<Vec<Ident>>,
        /// `SET LOCAL`: to the end of the transaction.
        local: bool,
    },
    /// `LOCK TABLE`.
    Lock {
        /// The tables.
        tables: Vec<Target>,
        /// The mode in capitals: `ACCESS EXCLUSIVE`.
        mode: Ident,
        /// `NOWAIT`.
        nowait: bool,
    },
    /// `VACUUM`, `ANALYZE`, `CLUSTER`, `REINDEX`, `CHECKPOINT`.
    Maintenance(Maintenance),
    /// Something without effect on the schema, the rows, or any application: `SHOW`, `NOTIFY`, `EXPLAIN`, a psql command that only
    /// prints, ...
    NoEffect,
    /// A statement that was not understood.
    Opaque(Opaque),
}
