//! Why a change cannot be applied to a schema state: the migration itself would fail there. The dialect turns a problem into
//! the server's error.

use crate::change::{Ident, ObjectKind};

/// Why the server would refuse a change on this schema state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// An object that the change needs does not exist.
    Missing {
        /// Its kind.
        kind: ObjectKind,
        /// Its name as written.
        name: String,
        /// The table of a member.
        of: Option<String>,
    },
    /// An object of that name exists already.
    Exists {
        /// Its kind.
        kind: ObjectKind,
        /// Its name.
        name: String,
        /// The table of a member.
        of: Option<String>,
    },
    /// Other objects depend on what would be dropped or changed, and `CASCADE` was not written.
    Dependents {
        /// What would be dropped or changed: `column email of table users`.
        what: String,
        /// What depends on it: `view active_users`.
        dependents: Vec<String>,
        /// Whether it would be dropped rather than changed.
        drop: bool,
    },
    /// The object exists but is of another kind: `"users" is not a view`.
    WrongKind {
        /// Its name.
        name: String,
        /// What it should have been.
        expected: ObjectKind,
    },
    /// The statement cannot run inside a transaction.
    InTransaction {
        /// The statement's name: `CREATE INDEX CONCURRENTLY`.
        statement: String,
    },
    /// An enum label that was added in the same transaction is used.
    UncommittedLabel {
        /// The label.
        label: String,
        /// The enum.
        enumeration: String,
    },
    /// The label is not one of the enum's.
    UnknownLabel {
        /// The label.
        label: String,
        /// The enum.
        enumeration: String,
    },
    /// A table has a primary key already.
    SecondPrimaryKey {
        /// The table.
        table: String,
    },
    /// No unique constraint matches the referenced columns.
    NoKeyReferenced {
        /// The referenced table.
        table: String,
    },
    /// No unique index or constraint matches the columns of `ON CONFLICT`.
    NoConflictKey {
        /// The table.
        table: String,
        /// The columns; none where it names expressions.
        columns: Vec<Ident>,
    },
    /// A view would lose, rename or retype a column by `CREATE OR REPLACE`.
    ViewColumns {
        /// What the server says of it.
        detail: ViewColumnsProblem,
        /// The column before.
        column: String,
        /// The column's new name or type where it has one.
        to: Option<String>,
    },
    /// A routine cannot be replaced by one of another result or parameter names.
    RoutineReplaced {
        /// The routine.
        name: String,
        /// Whether the result differs (else a parameter's name or default).
        result: bool,
    },
    /// Anything else, with the server's code and message where they are known.
    Other {
        /// The code: SQLSTATE.
        code: &'static str,
        /// The message.
        message: String,
    },
}

/// What is wrong with a view's new columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ViewColumnsProblem {
    /// A column would go.
    Dropped,
    /// A column would be renamed.
    Renamed,
    /// A column would change its type.
    Retyped,
}
