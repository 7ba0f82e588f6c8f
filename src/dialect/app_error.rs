//! The errors that an application can meet on a schema that is not the one it was written for, in the words of no database.

use crate::change::Ident;

/// Why a use fails.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum AppError {
    /// The table or view does not exist (or is not found under that name any more).
    NoRelation {
        /// The relation.
        relation: String,
    },
    /// The column does not exist.
    NoColumn {
        /// The column.
        column: Ident,
        /// The relation.
        relation: Ident,
        /// Whether it is written (the server words it differently for `INSERT` and `UPDATE`).
        written: bool,
    },
    /// A column that the application leaves out, or writes null into, demands a value.
    NotNull {
        /// The column.
        column: Ident,
        /// The relation.
        relation: Ident,
    },
    /// An explicit value for a column that the database generates.
    GeneratedWritten {
        /// The column.
        column: Ident,
        /// `INSERT` (the server words an identity column and a generated one differently).
        identity: bool,
    },
    /// A value is too long for its column.
    TooLong {
        /// The type as printed.
        data_type: String,
    },
    /// A number is out of the range of its type.
    OutOfRange {
        /// The type as printed.
        data_type: String,
    },
    /// A text is not a value of the type.
    Malformed {
        /// The type as printed.
        data_type: String,
    },
    /// What is computed from a row divides by zero.
    DivisionByZero,
    /// What is computed from a row is a range whose lower bound is above the upper one.
    RangeBounds,
    /// A value of one type is written to a column of another, and no cast applies.
    TypeMismatch {
        /// The column.
        column: Ident,
        /// The column's type as printed.
        data_type: String,
        /// The value's type as printed.
        value: String,
    },
    /// A row breaks a check.
    Check {
        /// The relation.
        relation: Ident,
        /// The constraint.
        constraint: Ident,
    },
    /// A row breaks a domain's check.
    DomainCheck {
        /// The domain.
        domain: Ident,
        /// The constraint.
        constraint: Ident,
    },
    /// A domain refuses null.
    DomainNotNull {
        /// The domain.
        domain: Ident,
    },
    /// A row repeats a key.
    Duplicate {
        /// The unique constraint or index.
        constraint: Ident,
    },
    /// A row conflicts under an exclusion constraint.
    Excluded {
        /// The constraint.
        constraint: Ident,
    },
    /// A row refers to nothing.
    NoReferencedRow {
        /// The relation that is written.
        relation: Ident,
        /// The foreign key.
        constraint: Ident,
    },
    /// A row is still referred to.
    StillReferenced {
        /// The relation that is deleted from.
        relation: Ident,
        /// The foreign key.
        constraint: Ident,
        /// The relation that refers to it.
        referencing: Ident,
    },
    /// A trigger's function refuses the row.
    Raised {
        /// The code that it gives.
        sqlstate: String,
        /// The message as it is written there.
        message: String,
    },
    /// A row written through a view is not one that it shows.
    CheckOption {
        /// The view.
        view: Ident,
    },
    /// A routine of the other kind: a procedure is selected from, or a function called.
    RoutineKind {
        /// The call as printed.
        call: String,
        /// Whether it is a procedure now.
        procedure: bool,
    },
    /// What is refreshed is no materialized view.
    NotMaterialized {
        /// The relation.
        relation: Ident,
        /// Whether it is a table.
        table: bool,
    },
    /// A materialized view without a key is refreshed concurrently.
    NotRefreshedConcurrently {
        /// The view.
        view: String,
    },
    /// A materialized view is written.
    MaterializedWritten {
        /// The view.
        relation: Ident,
    },
    /// The operator does not exist.
    NoOperator {
        /// The operator as printed: `=== (integer, integer)`.
        operator: String,
    },
    /// A collation or the like does not exist.
    NoNamed {
        /// What it is and its name, as printed: `collation german`.
        what: String,
    },
    /// Rules rewrite what is inserted or updated, and upserts cannot be rewritten.
    ConflictWithRules,
    /// No unique key matches the target of an upsert.
    NoConflictTarget,
    /// The key of an upsert is deferrable.
    DeferrableConflictTarget,
    /// The constraint that an upsert names does not exist.
    NoConstraint {
        /// The constraint.
        constraint: Ident,
        /// The relation.
        relation: Ident,
    },
    /// The constraint is not deferrable.
    NotDeferrable {
        /// The constraint.
        constraint: Ident,
    },
    /// No partition takes the row.
    NoPartition {
        /// The partitioned table.
        relation: Ident,
    },
    /// A row lies outside the partition it is written to.
    PartitionBound {
        /// The partition.
        relation: Ident,
    },
    /// The function does not exist with these arguments.
    NoFunction {
        /// The call as printed: `f(integer)`.
        call: String,
    },
    /// More than one function fits the call.
    AmbiguousFunction {
        /// The call as printed.
        call: String,
    },
    /// The type does not exist.
    NoType {
        /// The type.
        name: Ident,
    },
    /// The label is not one of the enum's.
    NoLabel {
        /// The enum.
        enumeration: Ident,
        /// The label.
        label: String,
    },
    /// A row cannot be cast to a composite type of another shape.
    CompositeShape {
        /// The type.
        name: Ident,
    },
    /// A composite type has no such attribute.
    NoAttribute {
        /// The type.
        name: Ident,
        /// The attribute.
        attribute: Ident,
    },
    /// The role lacks a privilege.
    Denied {
        /// The kind in the server's words: `table`, `function`, `schema`, `sequence`.
        kind: &'static str,
        /// The object.
        name: Ident,
    },
    /// A policy reads the table that it is for.
    PolicyRecursion {
        /// The table.
        relation: Ident,
    },
    /// Changes of a table are sent, and nothing tells its rows.
    NoReplicaIdentity {
        /// The table.
        relation: Ident,
        /// Whether rows are deleted, rather than changed.
        deleted: bool,
    },
    /// Patterns are not looked for in texts of such a collation.
    NoPatternMatch,
    /// The role may not begin a session.
    NoLogin {
        /// The role.
        role: Ident,
        /// Whether that is because it may have no sessions at a time.
        limited: bool,
    },
    /// A new row is refused by row security.
    RowSecurity {
        /// The table.
        relation: Ident,
    },
    /// The relation cannot be written: it is a view that is not automatically updatable, or no table.
    NotWritable {
        /// The relation.
        relation: Ident,
        /// `insert into`, `update`, `delete from`.
        verb: &'static str,
    },
    /// A trigger's row has no such field.
    NoRowField {
        /// `new` or `old`.
        row: &'static str,
        /// The column that the function names.
        column: Ident,
    },
    /// A column is named without its table, and may be more than one, or a variable.
    AmbiguousColumn {
        /// The column.
        column: Ident,
    },
    /// An `INSERT` in a routine's body whose values are not as many as its columns.
    InsertCount {
        /// Whether there are more values than columns; else fewer.
        more: bool,
    },
    /// The rows of a query in a routine's body do not have the shape that the routine gives.
    ResultShape {
        /// What the routine is declared to return.
        returns: Ident,
        /// Whether the query is returned by a statement of its own.
        in_query: bool,
    },
    /// Inside a routine's body something is missing: the error is that of its statement.
    InBody {
        /// The routine.
        routine: String,
        /// What its statement meets.
        error: Box<AppError>,
    },
    /// No error of the server: the application cannot decode or silently gets something else. In words.
    Silent(String),
}
