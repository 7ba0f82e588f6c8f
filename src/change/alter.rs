//! What `ALTER TABLE` and its kin do.

use super::{Column, Constraint, Deferrable, Expr, Firing, Ident, ObjectKind, Persistence, QName, SequenceOptions, TypeName};

/// One action of `ALTER TABLE` (also of `ALTER VIEW`, `ALTER INDEX` and their kin, where they share it).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TableAction {
    /// `ADD [COLUMN]`, with the constraints written at it.
    AddColumn {
        /// The column.
        column: Column,
        /// Constraints written at the column.
        constraints: Vec<Constraint>,
        /// `IF NOT EXISTS`.
        if_not_exists: bool,
    },
    /// `DROP [COLUMN]`.
    DropColumn {
        /// The column.
        column: Ident,
        /// `IF EXISTS`.
        if_exists: bool,
        /// `CASCADE`.
        cascade: bool,
    },
    /// `RENAME [COLUMN] a TO b`.
    RenameColumn {
        /// The old name.
        from: Ident,
        /// The new name.
        to: Ident,
    },
    /// `RENAME CONSTRAINT a TO b`.
    RenameConstraint {
        /// The old name.
        from: Ident,
        /// The new name.
        to: Ident,
    },
    /// `ALTER COLUMN ... TYPE`.
    SetType {
        /// The column.
        column: Ident,
        /// The new type.
        data_type: TypeName,
        /// `COLLATE`.
        collation: Option<QName>,
        /// `USING`.
        using: Option<Expr>,
    },
    /// `ALTER COLUMN ... SET DEFAULT`.
    SetDefault {
        /// The column.
        column: Ident,
        /// The new default.
        default: Expr,
    },
    /// `ALTER COLUMN ... DROP DEFAULT`.
    DropDefault {
        /// The column.
        column: Ident,
    },
    /// `ALTER COLUMN ... SET NOT NULL`.
    SetNotNull {
        /// The column.
        column: Ident,
    },
    /// `ALTER COLUMN ... DROP NOT NULL`.
    DropNotNull {
        /// The column.
        column: Ident,
    },
    /// `ALTER COLUMN ... ADD GENERATED ... AS IDENTITY`.
    AddIdentity {
        /// The column.
        column: Ident,
        /// `ALWAYS`.
        always: bool,
        /// The sequence's options.
        sequence: Box<SequenceOptions>,
    },
    /// `ALTER COLUMN ... SET GENERATED ...`, `SET sequence option`, `RESTART`.
    AlterIdentity {
        /// The column.
        column: Ident,
        /// `SET GENERATED ALWAYS` (true) or `BY DEFAULT` (false); `None`: only the sequence changes.
        always: Option<bool>,
        /// The sequence's options that change.
        sequence: Box<SequenceOptions>,
    },
    /// `ALTER COLUMN ... DROP IDENTITY`.
    DropIdentity {
        /// The column.
        column: Ident,
        /// `IF EXISTS`.
        if_exists: bool,
    },
    /// `ALTER COLUMN ... SET EXPRESSION AS (...)`.
    SetExpression {
        /// The column.
        column: Ident,
        /// The new generation expression.
        expr: Expr,
    },
    /// `ALTER COLUMN ... DROP EXPRESSION`.
    DropExpression {
        /// The column.
        column: Ident,
        /// `IF EXISTS`.
        if_exists: bool,
    },
    /// `ALTER COLUMN ... SET STORAGE / COMPRESSION / STATISTICS / (options)`: nothing an application could notice.
    SetColumnStorage {
        /// The column.
        column: Ident,
        /// What is set.
        setting: ColumnSetting,
    },
    /// `ADD [CONSTRAINT name] ...`.
    AddConstraint(Constraint),
    /// `DROP CONSTRAINT`.
    DropConstraint {
        /// The constraint.
        name: Ident,
        /// `IF EXISTS`.
        if_exists: bool,
        /// `CASCADE`.
        cascade: bool,
    },
    /// `VALIDATE CONSTRAINT`.
    ValidateConstraint {
        /// The constraint.
        name: Ident,
    },
    /// `ALTER CONSTRAINT ... [NOT] DEFERRABLE / [NOT] ENFORCED / [NO] INHERIT`.
    AlterConstraint {
        /// The constraint.
        name: Ident,
        /// When it is checked from now on.
        deferrable: Option<Deferrable>,
        /// Whether it is enforced from now on.
        enforced: Option<bool>,
        /// Whether children inherit it from now on.
        inherit: Option<bool>,
    },
    /// `ATTACH PARTITION`. Of an index: its bound is empty.
    AttachPartition {
        /// The table (or index) that becomes a partition.
        partition: QName,
        /// `FOR VALUES ...` or `DEFAULT`.
        bound: Expr,
    },
    /// `DETACH PARTITION`.
    DetachPartition {
        /// The partition.
        partition: QName,
        /// `CONCURRENTLY`.
        concurrently: bool,
        /// `FINALIZE`.
        finalize: bool,
    },
    /// `INHERIT` (true) or `NO INHERIT` (false).
    SetInherit {
        /// The parent.
        parent: QName,
        /// Whether it becomes the parent.
        inherit: bool,
    },
    /// `ENABLE | DISABLE | FORCE | NO FORCE ROW LEVEL SECURITY`.
    RowSecurity(RowSecurity),
    /// `ENABLE | DISABLE TRIGGER`, with the trigger's name, `ALL` or `USER`.
    SetTrigger {
        /// The trigger; `None` for `ALL` and `USER`.
        name: Option<Ident>,
        /// From now on.
        firing: Firing,
    },
    /// `ENABLE | DISABLE RULE`.
    SetRule {
        /// The rule.
        name: Ident,
        /// From now on.
        firing: Firing,
    },
    /// `REPLICA IDENTITY ...` as written after these words, in capitals where it is a keyword.
    ReplicaIdentity(ReplicaIdentity),
    /// `SET LOGGED` or `SET UNLOGGED`.
    SetPersistence(Persistence),
    /// `SET ACCESS METHOD`.
    SetAccessMethod(Ident),
    /// `SET TABLESPACE`.
    SetTablespace(Ident),
    /// `SET (...)` of a table, index or view.
    SetOptions(Vec<(Ident, String)>),
    /// `RESET (...)`.
    ResetOptions(Vec<Ident>),
    /// `CLUSTER ON index`, or `SET WITHOUT CLUSTER`.
    ClusterOn(Option<Ident>),
    /// `OF type`, or `NOT OF`.
    OfType(Option<QName>),
}

/// A setting of a column that no application can notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ColumnSetting {
    /// `SET STORAGE`, in capitals.
    Storage(Ident),
    /// `SET COMPRESSION`.
    Compression(Ident),
    /// `SET STATISTICS`; `None` for the default (-1).
    Statistics(Option<i32>),
    /// `SET (...)`.
    Options(Vec<(Ident, String)>),
    /// `RESET (...)`.
    Reset(Vec<Ident>),
}

/// A change of row security.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RowSecurity {
    /// `ENABLE`
    Enable,
    /// `DISABLE`
    Disable,
    /// `FORCE`
    Force,
    /// `NO FORCE`
    NoForce,
}

/// What identifies a row to logical replication.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum ReplicaIdentity {
    /// The primary key.
    #[default]
    Default,
    /// An index.
    Index(Ident),
    /// The whole row.
    Full,
    /// Nothing.
    Nothing,
}

/// `ALTER TABLE` and its kin: one action on one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlterTable {
    /// What the statement calls it: `ALTER TABLE`, `ALTER VIEW`, `ALTER INDEX`, ...
    pub kind: ObjectKind,
    /// The object.
    pub table: QName,
    /// `IF EXISTS`.
    pub if_exists: bool,
    /// `ONLY`.
    pub only: bool,
    /// The action.
    pub action: TableAction,
}
