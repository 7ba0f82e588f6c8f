//! The parts of a table as a statement writes them and as the catalog keeps them: columns, constraints, indexes,
//! triggers and policies.

use super::{Expr, Ident, QName, SequenceOptions, TypeName};

/// `CREATE TABLE` in all its forms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateTable {
    /// The table.
    pub name: QName,
    /// `IF NOT EXISTS`.
    pub if_not_exists: bool,
    /// How long it lives and whether it survives a crash.
    pub persistence: Persistence,
    /// Columns and `LIKE` clauses in the order written; constraints written at a column stand in `constraints`.
    pub elements: Vec<TableElement>,
    /// Table constraints and those written at a column, in the order written. `NOT NULL` without a name is in the column.
    pub constraints: Vec<Constraint>,
    /// `INHERITS (...)`.
    pub inherits: Vec<QName>,
    /// `PARTITION BY ...`.
    pub partition_by: Option<PartitionKey>,
    /// `PARTITION OF parent bound`.
    pub partition_of: Option<(QName, Expr)>,
    /// `CREATE FOREIGN TABLE ... SERVER name`.
    pub server: Option<Ident>,
    /// `OF type`.
    pub of_type: Option<QName>,
    /// `AS query`, also `SELECT ... INTO`.
    pub query: Option<super::Query>,
    /// The column names of `CREATE TABLE t (a, b) AS`.
    pub query_columns: Vec<Ident>,
    /// `WITH NO DATA`: the query only gives the columns.
    pub no_data: bool,
    /// `WITH (fillfactor = 70)`, names as written with the text of their values.
    pub options: Vec<(Ident, String)>,
    /// `TABLESPACE`.
    pub tablespace: Option<Ident>,
    /// `USING heap`.
    pub access_method: Option<Ident>,
}

impl CreateTable {
    /// A table of which nothing else is said.
    pub fn new(name: QName) -> Self {
        CreateTable {
            name,
            if_not_exists: false,
            persistence: Persistence::Permanent,
            elements: Vec::new(),
            constraints: Vec::new(),
            inherits: Vec::new(),
            partition_by: None,
            partition_of: None,
            server: None,
            of_type: None,
            query: None,
            query_columns: Vec::new(),
            no_data: false,
            options: Vec::new(),
            tablespace: None,
            access_method: None,
        }
    }
}

/// A column or a `LIKE` clause of `CREATE TABLE`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "nearly every element is a column")]
pub enum TableElement {
    /// A column.
    Column(Column),
    /// `LIKE table INCLUDING ...`.
    Like {
        /// The table whose columns are copied.
        table: QName,
        /// What else is copied.
        including: LikeOptions,
    },
}

/// What `LIKE ... INCLUDING` copies beside names, types and `NOT NULL`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LikeOptions {
    /// Comments of columns, constraints and indexes.
    pub comments: bool,
    /// Compression methods.
    pub compression: bool,
    /// Check constraints.
    pub constraints: bool,
    /// Defaults.
    pub defaults: bool,
    /// Generation expressions.
    pub generated: bool,
    /// Identity columns, with sequences of their own.
    pub identity: bool,
    /// Indexes, primary key, unique and exclusion constraints.
    pub indexes: bool,
    /// Extended statistics.
    pub statistics: bool,
    /// Storage modes.
    pub storage: bool,
}

/// How long a table lives and whether it survives a crash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Persistence {
    /// An ordinary table.
    #[default]
    Permanent,
    /// Emptied after a crash, not replicated.
    Unlogged,
    /// Of one session.
    Temporary,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: Ident,
    /// Its type.
    pub data_type: TypeName,
    /// `NOT NULL`, also where a primary key or an identity implies it.
    pub not_null: bool,
    /// Where a value comes from when an insert leaves the column out.
    pub value: ColumnValue,
    /// `COLLATE`.
    pub collation: Option<QName>,
    /// `SET STORAGE`, in capitals.
    pub storage: Option<Ident>,
    /// `SET COMPRESSION`.
    pub compression: Option<Ident>,
    /// `SET STATISTICS`.
    pub statistics: Option<i32>,
    /// `SET (n_distinct = 5)`.
    pub options: Vec<(Ident, String)>,
}

impl Column {
    /// A nullable column without anything else.
    pub fn new(name: impl Into<Ident>, data_type: TypeName) -> Self {
        Column {
            name: name.into(),
            data_type,
            not_null: false,
            value: ColumnValue::None,
            collation: None,
            storage: None,
            compression: None,
            statistics: None,
            options: Vec::new(),
        }
    }
}

/// Where a column's value comes from when an insert leaves it out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum ColumnValue {
    /// Nowhere: it is null.
    #[default]
    None,
    /// `DEFAULT expr`.
    Default(Expr),
    /// `serial` and its kin as written in a statement. The catalog holds a sequence that the column owns and a
    /// [`ColumnValue::Default`] instead.
    Serial,
    /// `GENERATED ... AS IDENTITY`. The catalog also holds the sequence, under the name in `sequence`.
    Identity {
        /// `ALWAYS` rather than `BY DEFAULT`: explicit values are refused.
        always: bool,
        /// The sequence's options; its name where one was written, and always in the catalog.
        sequence: Box<SequenceOptions>,
    },
    /// `GENERATED ALWAYS AS (expr)`.
    Generated {
        /// The expression.
        expr: Expr,
        /// `STORED` rather than `VIRTUAL`.
        stored: bool,
    },
}

/// A constraint, as written or as kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Constraint {
    /// Its name. As written there may be none; the catalog always has one.
    pub name: Option<Ident>,
    /// What it demands.
    pub kind: ConstraintKind,
    /// When it is checked.
    pub deferrable: Deferrable,
    /// `NOT VALID` when written; in the catalog: not validated yet.
    pub not_valid: bool,
    /// `NOT ENFORCED`.
    pub not_enforced: bool,
    /// `NO INHERIT`.
    pub no_inherit: bool,
}

impl Constraint {
    /// An unnamed, immediate, enforced and valid constraint.
    pub fn new(kind: ConstraintKind) -> Self {
        Constraint { name: None, kind, deferrable: Deferrable::No, not_valid: false, not_enforced: false, no_inherit: false }
    }
}

/// What a constraint demands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConstraintKind {
    /// `PRIMARY KEY`.
    PrimaryKey(Key),
    /// `UNIQUE`.
    Unique(Key),
    /// `CHECK`.
    Check(Expr),
    /// `FOREIGN KEY`.
    ForeignKey(ForeignKey),
    /// `EXCLUDE`.
    Exclude(IndexShape),
    /// `CONSTRAINT name NOT NULL column`, or `NOT NULL column NOT VALID`: a not-null constraint with a name of its own.
    NotNull(Ident),
}

/// The columns of a primary key or unique constraint.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Key {
    /// The columns. As written empty with `using_index`.
    pub columns: Vec<Ident>,
    /// `INCLUDE (...)`.
    pub include: Vec<Ident>,
    /// `NULLS NOT DISTINCT`.
    pub nulls_not_distinct: bool,
    /// The last column is `WITHOUT OVERLAPS`.
    pub without_overlaps: bool,
    /// `USING INDEX name`: an index that exists already. Only as written.
    pub using_index: Option<Ident>,
    /// `WITH (fillfactor = 70)`.
    pub options: Vec<(Ident, String)>,
    /// `USING INDEX TABLESPACE`.
    pub tablespace: Option<Ident>,
}

/// A foreign key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignKey {
    /// The referencing columns.
    pub columns: Vec<Ident>,
    /// The referenced table; in the catalog with its schema.
    pub table: QName,
    /// The referenced columns; in the catalog never empty (the primary key's where none were written).
    pub referenced: Vec<Ident>,
    /// `ON DELETE`.
    pub on_delete: ReferentialAction,
    /// `ON DELETE SET NULL (a, b)`.
    pub on_delete_columns: Vec<Ident>,
    /// `ON UPDATE`.
    pub on_update: ReferentialAction,
    /// `MATCH FULL`.
    pub match_full: bool,
    /// The last column is a `PERIOD`.
    pub period: bool,
}

/// What a foreign key does when the referenced row goes or changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ReferentialAction {
    /// Refuse, at the end of the statement.
    #[default]
    NoAction,
    /// Refuse at once.
    Restrict,
    /// Follow.
    Cascade,
    /// Null.
    SetNull,
    /// The default.
    SetDefault,
}

/// When a constraint is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Deferrable {
    /// At once.
    #[default]
    No,
    /// `DEFERRABLE INITIALLY IMMEDIATE`.
    Immediate,
    /// `DEFERRABLE INITIALLY DEFERRED`.
    Deferred,
}

/// `PARTITION BY`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartitionKey {
    /// `RANGE`, `LIST` or `HASH`, in capitals.
    pub strategy: Ident,
    /// The columns and expressions as one text with its names: `(created_at, lower(region))`, parentheses included.
    pub keys: Expr,
}

/// What an index is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexShape {
    /// `btree`, `gin`, ...
    pub method: Ident,
    /// The keys in order.
    pub keys: Vec<IndexKey>,
    /// `INCLUDE (...)`.
    pub include: Vec<Ident>,
    /// `NULLS NOT DISTINCT`.
    pub nulls_not_distinct: bool,
    /// `WHERE ...`.
    pub predicate: Option<Expr>,
    /// `WITH (fillfactor = 70)`.
    pub options: Vec<(Ident, String)>,
    /// `TABLESPACE`.
    pub tablespace: Option<Ident>,
}

/// One key of an index or exclusion constraint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexKey {
    /// The column or expression; a bare column has [`super::ExprShape::Column`].
    pub expr: Expr,
    /// Operator class, collation, order and nulls order as written (`text_pattern_ops DESC NULLS LAST`), or the exclusion
    /// operator's tail (`WITH &&`); empty for none.
    pub tail: String,
}

impl IndexKey {
    /// The column where the key is one, not an expression.
    pub fn column(&self) -> Option<&Ident> {
        match &self.expr.shape {
            super::ExprShape::Column(name) => Some(name),
            _ => None,
        }
    }
}

/// `CREATE INDEX`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateIndex {
    /// Its name where one was written (without schema: an index lies in its table's).
    pub name: Option<Ident>,
    /// The table.
    pub table: QName,
    /// `UNIQUE`.
    pub unique: bool,
    /// `CONCURRENTLY`.
    pub concurrently: bool,
    /// `IF NOT EXISTS`.
    pub if_not_exists: bool,
    /// `ON ONLY`.
    pub only: bool,
    /// What it is made of.
    pub shape: IndexShape,
}

/// A trigger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trigger {
    /// Its name.
    pub name: Ident,
    /// `BEFORE`, `AFTER` or `INSTEAD OF`, in capitals.
    pub timing: Ident,
    /// `INSERT`, `UPDATE`, `DELETE`, `TRUNCATE`, in capitals.
    pub events: Vec<Ident>,
    /// The columns of `UPDATE OF`.
    pub update_of: Vec<Ident>,
    /// `FOR EACH ROW`.
    pub for_each_row: bool,
    /// `WHEN (...)`.
    pub when: Option<Expr>,
    /// `REFERENCING ...` as written.
    pub referencing: Option<String>,
    /// The function.
    pub function: QName,
    /// Its arguments as written.
    pub arguments: Vec<String>,
    /// `CREATE CONSTRAINT TRIGGER`.
    pub constraint: bool,
    /// Of a constraint trigger.
    pub deferrable: Deferrable,
    /// `FROM table` of a constraint trigger.
    pub from: Option<QName>,
    /// Whether and when it fires.
    pub enabled: Firing,
}

impl Trigger {
    /// Whether it fires in ordinary sessions, as those of applications are.
    pub fn fires(&self) -> bool {
        matches!(self.enabled, Firing::Origin | Firing::Always)
    }

    /// Whether it fires there for that event: `INSERT`, `UPDATE`, `DELETE` or `TRUNCATE`.
    pub fn fires_on(&self, event: &str) -> bool {
        self.fires() && self.events.iter().any(|own| own == event)
    }

    /// Whether it may change rows before they are inserted.
    pub fn changes_new_rows(&self) -> bool {
        self.timing == "BEFORE" && self.for_each_row && self.fires_on("INSERT")
    }
}

/// Whether and when a trigger or rule fires.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Firing {
    /// In ordinary sessions.
    #[default]
    Origin,
    /// Never.
    Disabled,
    /// Only where replication applies changes.
    Replica,
    /// Always.
    Always,
}

/// A row security policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Its name.
    pub name: Ident,
    /// `AS PERMISSIVE` (rather than `RESTRICTIVE`).
    pub permissive: bool,
    /// `ALL`, `SELECT`, `INSERT`, `UPDATE` or `DELETE`, in capitals.
    pub command: Ident,
    /// The roles; `public` for everybody.
    pub roles: Vec<Ident>,
    /// `USING (...)`, without the outer parentheses.
    pub using: Option<Expr>,
    /// `WITH CHECK (...)`, without the outer parentheses.
    pub check: Option<Expr>,
}
