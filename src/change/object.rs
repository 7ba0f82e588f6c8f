//! The parts of everything that is not a table: types, sequences, views, routines, grants, and what else a statement may
//! create.

use super::{Change, Expr, Ident, ObjectKind, QName, Query, Spanned, TypeName};
use std::sync::Arc;

/// The options of a sequence; `None` where nothing is said.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SequenceOptions {
    /// `SEQUENCE NAME` of an identity column.
    pub name: Option<QName>,
    /// `AS bigint`.
    pub data_type: Option<TypeName>,
    /// `INCREMENT BY`.
    pub increment: Option<i64>,
    /// `MINVALUE` (`Some(None)`: `NO MINVALUE`).
    pub min: Option<Option<i64>>,
    /// `MAXVALUE` (`Some(None)`: `NO MAXVALUE`).
    pub max: Option<Option<i64>>,
    /// `START WITH`.
    pub start: Option<i64>,
    /// `RESTART` (`Some(None)`) or `RESTART WITH`.
    pub restart: Option<Option<i64>>,
    /// `CACHE`.
    pub cache: Option<i64>,
    /// `CYCLE` or `NO CYCLE`.
    pub cycle: Option<bool>,
    /// `OWNED BY table.column` (`Some(None)`: `OWNED BY NONE`).
    pub owned_by: Option<Option<(QName, Ident)>>,
}

/// `CREATE VIEW` and `CREATE MATERIALIZED VIEW`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateView {
    /// The view.
    pub name: QName,
    /// `OR REPLACE`.
    pub or_replace: bool,
    /// `IF NOT EXISTS`.
    pub if_not_exists: bool,
    /// `TEMPORARY`.
    pub temporary: bool,
    /// `MATERIALIZED`.
    pub materialized: bool,
    /// `RECURSIVE`.
    pub recursive: bool,
    /// The column names in parentheses.
    pub columns: Vec<Ident>,
    /// `AS ...`.
    pub query: Query,
    /// `WITH (security_invoker = true)`.
    pub options: Vec<(Ident, String)>,
    /// `WITH LOCAL CHECK OPTION`, `WITH CASCADED CHECK OPTION`: `LOCAL` or `CASCADED`.
    pub check_option: Option<Ident>,
    /// `WITH NO DATA`.
    pub no_data: bool,
    /// `TABLESPACE`.
    pub tablespace: Option<Ident>,
    /// `USING method` of a materialized view.
    pub access_method: Option<Ident>,
}

/// What a `CREATE TYPE` makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TypeShape {
    /// `AS ENUM`.
    Enum(Vec<Arc<str>>),
    /// `AS (attributes)`: names, types and collations.
    Composite(Vec<(Ident, TypeName, Option<QName>)>),
    /// `AS RANGE`, with the text in the parentheses.
    Range(String),
    /// A base or shell type, with the text in the parentheses.
    Base(String),
}

/// A change of an enum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EnumChange {
    /// `ADD VALUE`.
    Add {
        /// The label.
        label: Arc<str>,
        /// `IF NOT EXISTS`.
        if_not_exists: bool,
        /// `BEFORE` (true) or `AFTER` (false) this label.
        position: Option<(bool, Arc<str>)>,
    },
    /// `RENAME VALUE`.
    Rename {
        /// The old label.
        from: Arc<str>,
        /// The new label.
        to: Arc<str>,
    },
}

/// A change of a composite type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttributeChange {
    /// `ADD ATTRIBUTE`.
    Add(Ident, TypeName, Option<QName>),
    /// `DROP ATTRIBUTE`, with `IF EXISTS`.
    Drop(Ident, bool),
    /// `ALTER ATTRIBUTE ... TYPE`.
    SetType(Ident, TypeName, Option<QName>),
    /// `RENAME ATTRIBUTE a TO b`.
    Rename(Ident, Ident),
}

/// A domain, as written or as kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Domain {
    /// The type below.
    pub data_type: TypeName,
    /// `COLLATE`.
    pub collation: Option<QName>,
    /// `DEFAULT`.
    pub default: Option<Expr>,
    /// `NOT NULL`.
    pub not_null: bool,
    /// The name of the not-null constraint, where one was written.
    pub not_null_name: Option<Ident>,
    /// Its check constraints.
    pub checks: Vec<DomainCheck>,
}

/// A check of a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DomainCheck {
    /// Its name; the catalog always has one.
    pub name: Option<Ident>,
    /// The condition on `VALUE`.
    pub expr: Expr,
    /// `NOT VALID`.
    pub not_valid: bool,
}

/// `ALTER DOMAIN`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DomainChange {
    /// `SET DEFAULT` or `DROP DEFAULT`.
    Default(Option<Expr>),
    /// `SET NOT NULL` (true) or `DROP NOT NULL` (false).
    NotNull(bool),
    /// `ADD CONSTRAINT ... CHECK`.
    AddCheck(DomainCheck),
    /// `DROP CONSTRAINT`, with `IF EXISTS` and `CASCADE`.
    DropConstraint(Ident, bool, bool),
    /// `RENAME CONSTRAINT a TO b`.
    RenameConstraint(Ident, Ident),
    /// `VALIDATE CONSTRAINT`.
    Validate(Ident),
}

/// A routine: a function, procedure or aggregate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Routine {
    /// Function, procedure or aggregate.
    pub kind: ObjectKind,
    /// The parameters.
    pub parameters: Vec<Parameter>,
    /// `RETURNS type`; `None` for a procedure, or where only `OUT` parameters say it. `RETURNS TABLE` stands in the parameters.
    pub returns: Option<TypeName>,
    /// `RETURNS SETOF`, and `RETURNS TABLE`.
    pub returns_set: bool,
    /// `LANGUAGE`.
    pub language: Ident,
    /// The body: the string after `AS`, or the text of `BEGIN ATOMIC ... END` / `RETURN expr`.
    pub body: RoutineBody,
    /// `IMMUTABLE`, `STABLE` or `VOLATILE`.
    pub volatility: Volatility,
    /// `STRICT`.
    pub strict: bool,
    /// `SECURITY DEFINER`.
    pub security_definer: bool,
    /// `LEAKPROOF`.
    pub leakproof: bool,
    /// `PARALLEL SAFE`, `RESTRICTED`, `UNSAFE`, in capitals; `UNSAFE` by default.
    pub parallel: Ident,
    /// `COST`, as written.
    pub cost: Option<String>,
    /// `ROWS`, as written.
    pub rows: Option<String>,
    /// `SET name = value` / `FROM CURRENT`, the value as written.
    pub settings: Vec<(Ident, String)>,
    /// `WINDOW`.
    pub window: bool,
    /// `SUPPORT function`.
    pub support: Option<QName>,
    /// `TRANSFORM FOR TYPE ...` as written.
    pub transform: Option<String>,
}

/// What `ALTER FUNCTION` changes, and `CREATE FUNCTION` says, of how a routine runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RoutineOption {
    /// `IMMUTABLE`, `STABLE` or `VOLATILE`.
    Volatility(Volatility),
    /// `STRICT` (true) or `CALLED ON NULL INPUT`.
    Strict(bool),
    /// `SECURITY DEFINER` (true) or `SECURITY INVOKER`.
    SecurityDefiner(bool),
    /// `[NOT] LEAKPROOF`.
    Leakproof(bool),
    /// `PARALLEL`, in capitals.
    Parallel(Ident),
    /// `COST`, as written.
    Cost(String),
    /// `ROWS`, as written.
    Rows(String),
    /// `SUPPORT`.
    Support(QName),
    /// `SET name = value`, the value as written.
    Set(Ident, String),
    /// `RESET name`; `None`: `RESET ALL`.
    Reset(Option<Ident>),
}

impl Routine {
    /// Takes an option over.
    pub fn set(&mut self, option: &RoutineOption) {
        match option {
            RoutineOption::Volatility(volatility) => self.volatility = *volatility,
            RoutineOption::Strict(strict) => self.strict = *strict,
            RoutineOption::SecurityDefiner(definer) => self.security_definer = *definer,
            RoutineOption::Leakproof(leakproof) => self.leakproof = *leakproof,
            RoutineOption::Parallel(parallel) => self.parallel = parallel.clone(),
            RoutineOption::Cost(cost) => self.cost = Some(cost.clone()),
            RoutineOption::Rows(rows) => self.rows = Some(rows.clone()),
            RoutineOption::Support(support) => self.support = Some(support.clone()),
            RoutineOption::Set(name, value) => {
                self.settings.retain(|(own, _)| own != name);
                if !value.eq_ignore_ascii_case("DEFAULT") {
                    self.settings.push((name.clone(), value.clone()));
                }
            }
            RoutineOption::Reset(name) => self.settings.retain(|(own, _)| name.as_ref().is_some_and(|name| own != name)),
        }
    }
}

/// A routine's body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RoutineBody {
    /// The text of the string, unescaped.
    Text(Arc<str>),
    /// `AS 'object file', 'symbol'`.
    Library(String, Option<String>),
    /// A standard SQL body, as written from `BEGIN ATOMIC` or `RETURN`; its names are dependencies. Its selects are those of its
    /// statements, one after the other.
    Sql(Query),
    /// An aggregate's options, the text in the parentheses.
    Aggregate(String),
}

/// A parameter of a routine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// In, out, both, or one of the rest.
    pub mode: ParameterMode,
    /// Its name.
    pub name: Option<Ident>,
    /// Its type.
    pub data_type: TypeName,
    /// `DEFAULT`.
    pub default: Option<Expr>,
}

/// The direction of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ParameterMode {
    /// `IN`
    #[default]
    In,
    /// `OUT`
    Out,
    /// `INOUT`
    InOut,
    /// `VARIADIC`
    Variadic,
    /// A column of `RETURNS TABLE`.
    Table,
}

/// How a function's result depends on anything but its arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Volatility {
    /// Never.
    Immutable,
    /// Not within one statement.
    Stable,
    /// At any moment.
    #[default]
    Volatile,
}

/// A routine named by its signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// The name.
    pub name: QName,
    /// The types of the input arguments; `None` where the parentheses were left out.
    pub arguments: Option<Vec<TypeName>>,
}

/// A rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Its name.
    pub name: Ident,
    /// `SELECT`, `INSERT`, `UPDATE` or `DELETE`, in capitals.
    pub event: Ident,
    /// `DO INSTEAD`.
    pub instead: bool,
    /// `WHERE ...` and the actions, as written after the table's name. The first select has the sources `new` and `old`, which
    /// those of the actions may name.
    pub text: Query,
    /// Whether and when it applies.
    pub enabled: super::Firing,
}

/// `GRANT` (true) or `REVOKE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// `GRANT` rather than `REVOKE`.
    pub grant: bool,
    /// The privileges in capitals, with the columns they are limited to; `ALL` as such.
    pub privileges: Vec<(Ident, Vec<Ident>)>,
    /// On what.
    pub on: GrantObjects,
    /// To or from whom; `public` for everybody.
    pub roles: Vec<Ident>,
    /// `WITH GRANT OPTION`, or `GRANT OPTION FOR`.
    pub grant_option: bool,
    /// `CASCADE` of a revocation.
    pub cascade: bool,
}

/// The objects of a [`Grant`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GrantObjects {
    /// These objects of one kind.
    Named(ObjectKind, Vec<QName>),
    /// These routines.
    Routines(ObjectKind, Vec<Signature>),
    /// `ALL TABLES IN SCHEMA ...`.
    AllIn(ObjectKind, Vec<Ident>),
    /// Membership in these roles (no `ON`): the privileges are the roles' names, the grant option is `ADMIN OPTION`.
    Membership(MembershipOptions),
    /// Whether the roles have what the roles have that they are members of: `ALTER ROLE ... [NO]INHERIT`. There are no privileges.
    Inheritance,
    /// `ALTER DEFAULT PRIVILEGES [FOR ROLE ...] [IN SCHEMA ...]`: on objects of this kind that are made later.
    Default {
        /// The kind.
        kind: ObjectKind,
        /// `IN SCHEMA`; empty for all.
        schemas: Vec<Ident>,
        /// `FOR ROLE`; empty for the current one.
        owners: Vec<Ident>,
    },
}

/// What a `GRANT` or `REVOKE` says of a membership besides `ADMIN OPTION`: the value that is given, or that there is one to take.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MembershipOptions {
    /// `INHERIT`, since PostgreSQL 16: whether the member has what the role has.
    pub inherit: Option<bool>,
    /// `SET`, since PostgreSQL 16: whether the member may become the role.
    pub set: Option<bool>,
}

/// A table that a statement takes with its children and partitions, or without them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The table.
    pub table: QName,
    /// `ONLY`.
    pub only: bool,
}

impl Target {
    /// The table with its children and partitions.
    pub fn with_children(table: QName) -> Self {
        Target { table, only: false }
    }
}

/// A statement about rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Data {
    /// What it does with them.
    pub kind: DataKind,
    /// The table that is written; `None` for a query.
    pub table: Option<QName>,
    /// `ONLY` before that table: its children and partitions are not written.
    pub only: bool,
    /// The columns that are written; `None`: all, by position.
    pub columns: Option<Vec<Ident>>,
    /// Whether a condition limits the rows (`WHERE`; of a `MERGE`, its join).
    pub filtered: bool,
    /// What that condition demands of single columns, as far as it shows; nothing where there are other sources of rows.
    pub demands: Demands,
    /// The values of an `UPDATE`, in the order of its columns, where each column has one of its own.
    pub values: Option<Vec<Expr>>,
    /// Whether it is limited to some rows at a time (`LIMIT`, a range of keys in a subquery).
    pub batched: bool,
    /// The rows of an `INSERT ... VALUES`: their number and, where every value is a literal, their texts.
    pub rows: Option<Vec<Vec<Expr>>>,
    /// `ON CONFLICT`: its target.
    pub conflict: Option<ConflictTarget>,
    /// The whole statement with its names and selects; `None` where it was too large to be read.
    pub query: Option<Query>,
}

impl Data {
    /// Nothing but its kind.
    pub fn new(kind: DataKind) -> Data {
        Data {
            kind,
            table: None,
            only: false,
            columns: None,
            filtered: false,
            demands: Demands::default(),
            values: None,
            batched: false,
            rows: None,
            conflict: None,
            query: None,
        }
    }
}

/// A condition as far as it demands that columns have one of some constants: `a = 1 AND b IN ('x', 'y')`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Demands {
    /// The columns with the constants that each may have.
    pub of: Vec<(Ident, Vec<Expr>)>,
    /// Whether it demands something, and nothing else.
    pub whole: bool,
}

/// What a [`Data`] statement does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DataKind {
    /// `SELECT`, `VALUES`, `TABLE`, `PERFORM`.
    Select,
    /// `INSERT`
    Insert,
    /// `UPDATE`
    Update,
    /// `DELETE`
    Delete,
    /// `MERGE`
    Merge,
    /// `COPY ... FROM`
    CopyIn,
    /// `COPY ... TO`
    CopyOut,
    /// `CALL procedure(...)`
    Call,
}

/// What an upsert relies on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConflictTarget {
    /// `ON CONFLICT DO NOTHING`: any.
    Any,
    /// `ON CONFLICT (a, b) [WHERE ...]`.
    Columns {
        /// The columns.
        columns: Vec<Ident>,
        /// Whether a condition names the rows of a partial index.
        filtered: bool,
    },
    /// `ON CONFLICT (lower(a))`.
    Expressions,
    /// `ON CONFLICT ON CONSTRAINT name`.
    Constraint(Ident),
}

/// The statements that a `DO` block or a routine's body would run, as far as they can be read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Block {
    /// Its statements in order.
    pub statements: Vec<BlockStatement>,
    /// The variables that it declares.
    pub variables: Vec<Ident>,
}

/// One statement in a [`Block`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockStatement {
    /// What it does.
    pub change: Spanned<Change>,
    /// Whether it runs in any case, or only under a condition, in a loop, or until an exception.
    pub conditional: bool,
    /// Whether its rows are the routine's result.
    pub returned: bool,
}
