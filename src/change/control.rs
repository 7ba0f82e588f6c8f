//! What changes no object: transaction control and maintenance, and what was not understood.

use super::{Ident, ObjectKind, QName};

/// Transaction control.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TransactionChange {
    /// `BEGIN`, `START TRANSACTION`.
    Begin,
    /// `COMMIT`, `END`; with `AND CHAIN`.
    Commit {
        /// `AND CHAIN`.
        chain: bool,
    },
    /// `ROLLBACK`, `ABORT`; with `AND CHAIN`.
    Rollback {
        /// `AND CHAIN`.
        chain: bool,
    },
    /// `SAVEPOINT`.
    Savepoint(Ident),
    /// `ROLLBACK TO`.
    RollbackTo(Ident),
    /// `RELEASE`.
    Release(Ident),
}

/// Maintenance of tables and indexes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Maintenance {
    /// `VACUUM`; no tables means all.
    Vacuum {
        /// `FULL`: rewrites.
        full: bool,
        /// The tables.
        tables: Vec<QName>,
    },
    /// `ANALYZE`; no tables means all.
    Analyze(Vec<QName>),
    /// `CLUSTER`; no table means all that were clustered before.
    Cluster {
        /// The table.
        table: Option<QName>,
        /// `USING`.
        index: Option<Ident>,
    },
    /// `REINDEX`.
    Reindex {
        /// Index, table, schema or database.
        kind: ObjectKind,
        /// Which.
        name: Option<QName>,
        /// `CONCURRENTLY`.
        concurrently: bool,
    },
    /// `CHECKPOINT`
    Checkpoint,
}

/// Why a statement was not understood, or what in it was not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opaque {
    /// The reason, for people: `EXECUTE of a string that is built at run time`.
    pub reason: String,
    /// Whether it may change the schema or rows; a statement whose first words say that it cannot is no danger.
    pub class: OpaqueClass,
}

/// What kind of not understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OpaqueClass {
    /// No grammar of ours accepts it.
    Syntax,
    /// SQL that is built when it runs.
    Dynamic,
    /// A body in a language that is not read (`LANGUAGE plperl`).
    Language,
    /// A command of a client that pulls in or makes SQL (`\i`, `\gexec`).
    ClientCommand,
}
