//! Everything that differs between databases, behind one trait: names, types, spelling, errors, locks and costs. Each fact
//! about a database stands in that database's file and nowhere else.

mod app_error;

pub use app_error::AppError;

use crate::catalog::{Catalog, Name, Problem, Table};
use crate::change::{Change, Column, Expr, Ident, ObjectKind, QName, TypeName};
use std::borrow::Cow;
use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

mod postgres;

pub use postgres::Postgres;

/// The database of that name.
pub fn by_name(name: &str) -> Option<&'static dyn Dialect> {
    ALL.into_iter().find(|dialect| dialect.name() == name)
}

/// Every database that is known.
pub const ALL: [&'static dyn Dialect; 1] = [&Postgres];

/// A database.
pub trait Dialect: Sync {
    /// Its name on the command line and in reports: `postgres`.
    fn name(&self) -> &'static str;

    /// The major versions of its server that are known.
    fn versions(&self) -> RangeInclusive<u16>;

    /// The version that is judged for where none is named.
    fn usual_version(&self) -> ServerVersion;

    /// The state of a new, empty database: its schemas and search path.
    fn empty_catalog(&self) -> Catalog;

    /// The name the database gives to what the statement left unnamed. `taken` tells which names are in use.
    fn automatic_name(&self, table: &str, parts: &[&str], kind: AutomaticName, taken: &dyn Fn(&str) -> bool) -> Ident;

    /// The default of a serial column: the next value of its sequence.
    fn next_value(&self, sequence: &Name) -> Expr;

    /// An identifier as it must be written.
    fn quote<'a>(&self, ident: &'a str) -> Cow<'a, str>;

    /// A type as the database prints it: `character varying(20)[]`.
    fn type_text(&self, data_type: &TypeName) -> String;

    /// A change as SQL without the final `;`. It parses back to the same change.
    fn write(&self, change: &Change) -> String;

    /// Whether a trigger runs because of what another one wrote, as SQL.
    fn in_nested_trigger(&self) -> &'static str;

    /// A statement over a whole table, some rows at a time: each batch commits by itself and tells how far it is. Without the final `;`.
    fn batched(&self, work: &Batched<'_>) -> String;

    /// The deletion of the rows that have these values in these columns.
    fn delete_rows(&self, table: &Name, columns: &[Ident], rows: &[Vec<Expr>]) -> Change;

    /// The update that gives the rows that have the constant `now` in a column the constant `to` there.
    fn replace_value(&self, table: &Name, column: &Ident, now: &Expr, to: &Expr) -> Change;

    /// A lock on these tables under which nobody else reads or writes them.
    fn lock_alone(&self, tables: &[Name]) -> Change;

    /// The statement that copies what is to be kept into its archive.
    fn keep(&self, keep: &Keep) -> Change;

    /// The statement that puts it back.
    fn put_back(&self, keep: &Keep) -> Change;

    /// Whether a built-in function, although volatile, changes neither the schema nor rows.
    fn is_harmless(&self, function: &QName) -> bool;

    /// Whether a label that is added to an enum can be used in the same transaction where that has made the enum.
    fn uses_labels_of_new_types(&self, version: ServerVersion) -> bool;

    /// A statement that fails with this message, without the final `;`.
    fn raise(&self, message: &str) -> String;

    /// Whether an unqualified relation of this name that nobody created is the server's own.
    fn is_system_name(&self, name: &str) -> bool;

    /// Whether every new database has this extension.
    fn brings_extension(&self, name: &str) -> bool;

    /// Whether every table has a hidden column of this name.
    fn is_system_column(&self, name: &str) -> bool;

    /// Why an expression cannot be the default of a column of that type; nothing unless that is certain.
    fn default_problem(&self, column: &str, default: &Expr, data_type: &TypeName, catalog: &Catalog) -> Option<Problem>;

    /// The type that a built-in function gives, where it is the same for all arguments.
    fn call_type(&self, function: &QName, arguments: u16) -> Option<TypeName>;

    /// What `ALL PRIVILEGES` on an object of a kind stands for, in capitals.
    fn all_privileges(&self, kind: ObjectKind) -> &'static [&'static str];

    /// What is set before a whole schema is created, so that bodies may name what comes after them.
    fn preamble(&self) -> Vec<Change>;

    /// Whether something that is kept by name only needs no type, table or routine to be there.
    fn stands_alone(&self, kind: ObjectKind, words: &str) -> bool;

    /// What happens to an application's values when a column's type changes.
    fn conversion(&self, from: &TypeName, to: &TypeName, catalog: &Catalog) -> Conversion;

    /// Whether values that differ as the one type may be equal as the other, so that a unique key refuses them.
    fn equates(&self, from: &TypeName, to: &TypeName, catalog: &Catalog) -> bool;

    /// Whether texts of the one type are compared and ordered otherwise than those of the other.
    fn compares_otherwise(&self, from: &TypeName, to: &TypeName, catalog: &Catalog) -> bool;

    /// How values of the one type become values of the other when a column takes another type.
    fn cast(&self, column: &str, from: &TypeName, to: &TypeName, catalog: &Catalog) -> Cast;

    /// What a table has where nothing is said.
    fn usual(&self) -> Usual;

    /// The storage mode of a column of a type where nothing is said, in capitals.
    fn usual_storage(&self, data_type: &TypeName, catalog: &Catalog) -> Ident;

    /// The error that the server answers a change with: the same problem is worded differently for different statements.
    fn problem(&self, problem: &Problem, change: &Change) -> ServerError;

    /// Whether a column of the one type can be given the other without saying how; unless that is certainly not so, yes.
    fn assigns(&self, from: &TypeName, to: &TypeName, catalog: &Catalog) -> bool;

    /// Whether a column of the one type can refer to one of the other.
    fn may_reference(&self, from: &TypeName, to: &TypeName, catalog: &Catalog) -> bool;

    /// Whether a call's argument of the one type fits a parameter of the other without being cast.
    fn passes_as(&self, from: &TypeName, to: &TypeName, catalog: &Catalog) -> bool;

    /// What an application meets that names something which is kept by its words only and is gone; nothing where it names it nowhere.
    fn without(&self, kind: ObjectKind, words: &str) -> Option<AppError>;

    /// Whether texts under the collation are equal only where they are the same.
    fn is_deterministic(&self, collation: &QName, catalog: &Catalog) -> bool;

    /// What publications send of a table.
    fn published(&self, table: &Table, catalog: &Catalog) -> Published;

    /// The error that an application gets from a use that fails.
    fn app_error(&self, error: &AppError) -> ServerError;

    /// Whether the expression gives the same value for all rows of one statement.
    fn is_volatile(&self, expr: &Expr, catalog: &Catalog) -> bool;

    /// The locks and the work of a change.
    fn impact(&self, change: &Change, context: &ImpactContext<'_>) -> Impact;
}

/// A statement that goes over a table in batches.
#[derive(Clone, Copy)]
pub struct Batched<'a> {
    /// The table whose rows are walked, as it is written.
    pub table: &'a str,
    /// The column that tells its rows apart, and orders them.
    pub key: Option<&'a Column>,
    /// The statement for the rows of one batch, by the condition that they meet.
    pub statement: &'a dyn Fn(&str) -> String,
    /// What the progress is told of.
    pub label: &'a str,
    /// What has become of the rows, one word: `filled`.
    pub done: &'a str,
}

/// Something that is copied before it is removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keep {
    /// The table that takes the copy.
    pub archive: Name,
    /// What is copied.
    pub what: Kept,
}

/// What is copied, under the names that it has then, and where it goes back to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// All rows of a table.
    Rows {
        /// The table.
        from: Name,
        /// The table that gets them back.
        to: Name,
        /// The columns that hold something of their own.
        columns: Vec<KeptColumn>,
        /// Whether a column of them numbers the rows by itself.
        numbered: bool,
    },
    /// The values of some columns, by their rows' keys.
    Values {
        /// The table.
        from: Name,
        /// The table that gets them back.
        to: Name,
        /// The key.
        key: Vec<KeptColumn>,
        /// The columns.
        columns: Vec<KeptColumn>,
    },
    /// Where a sequence stands.
    Position {
        /// The sequence.
        from: Name,
        /// The sequence that goes on from there.
        to: Name,
    },
}

/// A column that is copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptColumn {
    /// Its name when it is copied.
    pub from: Ident,
    /// Its name in the archive, and where it goes back to.
    pub to: Ident,
    /// Its type where that may go too: the archive then holds its values as text.
    pub text_of: Option<TypeName>,
}

/// What an automatic name is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AutomaticName {
    /// A primary key and its index.
    PrimaryKey,
    /// A unique constraint and its index.
    Unique,
    /// A check.
    Check,
    /// A foreign key.
    ForeignKey,
    /// An exclusion constraint and its index.
    Exclude,
    /// A named not-null constraint.
    NotNull,
    /// An index.
    Index,
    /// The sequence of a serial or identity column.
    Sequence,
}

/// An error as an application or the runner gets it from the server.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ServerError {
    /// The SQLSTATE, where one is known.
    pub sqlstate: Option<Cow<'static, str>>,
    /// The message.
    pub message: String,
}

/// What a change of type means for applications and for the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conversion {
    /// What becomes of values that were written as the old type, when the column has the new one.
    pub old_values: Fit,
    /// What becomes of values that are written as the new type, while the column has the old one.
    pub new_values: Fit,
    /// Whether a program that expects the old type can decode every value of the new one.
    pub old_reads: bool,
    /// Whether a program that expects the new type can decode every value of the old one.
    pub new_reads: bool,
    /// Whether every row is written anew.
    pub rewrite: bool,
    /// Whether the values in the table may change (rounding, padding, time zone).
    pub lossy: bool,
}

/// How a column's values become values of another type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cast {
    /// Without being asked for.
    Assignment,
    /// By this expression in `USING`.
    Explicit(Expr),
    /// Not at all.
    Never,
}

/// What some publication sends of a table's changes, so that rows need a key to be told by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Published {
    /// Changed rows.
    pub updates: bool,
    /// Deleted rows.
    pub deletes: bool,
}

/// What a table has where nothing is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usual {
    /// The tablespace.
    pub tablespace: &'static str,
    /// The access method.
    pub access_method: &'static str,
    /// The word for the server's own choice of compression.
    pub compression: &'static str,
}

/// What becomes of one type's values in another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fit {
    /// Every value fits and stays what it was.
    All,
    /// Every value is accepted, some change silently.
    Altered,
    /// Some values are refused: too long or out of range.
    Overflow,
    /// Some values are refused as malformed.
    Malformed,
    /// Values are refused because there is no cast.
    Mismatch,
}

/// What an impact depends on beside the change.
#[derive(Debug, Clone, Copy)]
pub struct ImpactContext<'a> {
    /// The state right before the change.
    pub before: &'a Catalog,
    /// The state right after it (the same as `before` where it cannot be applied).
    pub after: &'a Catalog,
    /// The state before the transaction: what is not in it blocks nobody.
    pub base: &'a Catalog,
    /// The server's version.
    pub version: ServerVersion,
}

/// A server's major and minor version; of PostgreSQL the major counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServerVersion {
    /// `16` of 16.2.
    pub major: u16,
    /// `2` of 16.2.
    pub minor: u16,
}

impl fmt::Display for ServerVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.minor {
            0 => write!(f, "{}", self.major),
            minor => write!(f, "{}.{minor}", self.major),
        }
    }
}

impl FromStr for ServerVersion {
    type Err = String;

    /// `16`, `16.2`; what follows the minor version is not looked at.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts = text.trim().split('.').map(str::parse::<u16>);
        match (parts.next(), parts.next()) {
            (Some(Ok(major)), None) => Ok(ServerVersion { major, minor: 0 }),
            (Some(Ok(major)), Some(Ok(minor))) => Ok(ServerVersion { major, minor }),
            _ => Err(format!("`{text}` is no server version: write it like `16` or `16.2`")),
        }
    }
}

/// What a change costs while it runs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Impact {
    /// The strongest lock on each object that was there before the transaction, the strongest first.
    pub locks: Vec<Lock>,
    /// The tables that are written anew.
    pub rewrites: Vec<Name>,
    /// The reason why the statement cannot run inside a transaction, where it cannot: its name.
    pub not_in_transaction: Option<&'static str>,
}

/// A lock on one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lock {
    /// The table, view, index or sequence, by the name it has before the change.
    pub object: Name,
    /// The mode by the database's own name, in capitals: `ACCESS EXCLUSIVE`.
    pub mode: &'static str,
    /// How strong it is among the dialect's modes: greater is stronger.
    pub strength: u8,
    /// What it blocks.
    pub blocks: &'static [Blocked],
    /// How long the statement itself holds it.
    pub held: Held,
}

/// What a lock blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Blocked {
    /// `SELECT`
    Read,
    /// `INSERT`, `UPDATE`, `DELETE`
    Write,
    /// Other schema changes and maintenance
    Ddl,
}

/// How long a statement takes while it holds its lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Held {
    /// A change of the catalog only.
    Instant,
    /// It reads the table.
    Scan,
    /// It builds an index.
    IndexBuild,
    /// It writes the table and its indexes anew.
    Rewrite,
}
