//! Locks and work of `ALTER TABLE` and its kin, action by action.

use super::super::locks::Mode;
use super::collect::Locks;
use super::{constraint, drop, partition, proof, retype, volatility};
use crate::catalog::{Name, UserTypeShape};
use crate::change::{
    AlterTable, Column, ColumnSetting, ColumnValue, Constraint, ConstraintKind, Expr, Ident, ObjectKind, Persistence,
    TableAction, TypeName,
};
use crate::dialect::Held;

pub(super) fn alter_table(alter: &AlterTable, locks: &mut Locks<'_>) {
    let Some(table) = locks.resolve(&alter.table) else { return };
    if locks.kind_of(&table) == Some(ObjectKind::Index) {
        return alter_index(&table, &alter.action, locks);
    }
    action(&table, alter.only, &alter.action, locks);
}

fn action(table: &Name, only: bool, action: &TableAction, locks: &mut Locks<'_>) {
    match action {
        TableAction::AddColumn { column, constraints, if_not_exists } => {
            let exists = locks.before().table(table).is_some_and(|table| table.column(&column.name).is_some());
            if exists && *if_not_exists {
                locks.lock(table, Mode::AccessExclusive);
            } else {
                add_column(table, column, constraints, only, locks);
            }
        }
        TableAction::DropColumn { column, .. } => {
            locks.lock(table, Mode::AccessExclusive);
            if locks.before().table(table).is_some_and(|table| table.column(column).is_some()) {
                // With `ONLY` children keep the column as their own: that is written there.
                match only {
                    true => locks.children(table).iter().for_each(|child| locks.lock(child, Mode::AccessExclusive)),
                    false => locks.lock_tree(table, Mode::AccessExclusive),
                }
                drop::lost(locks);
            }
        }
        TableAction::RenameColumn { .. } => with_children(table, only, Mode::AccessExclusive, locks),
        TableAction::RenameConstraint { from, .. } => rename_constraint(table, from, locks),
        TableAction::SetType { column, data_type, collation, using } => {
            with_children(table, only, Mode::AccessExclusive, locks);
            let of = locks.before().table(table).and_then(|table| table.column(column)).map(|column| &column.value);
            if matches!(of, Some(ColumnValue::Identity { .. })) {
                lock_identity_sequence(table, column, Mode::ShareRowExclusive, locks);
            }
            retype::set_type(table, column, data_type, collation.as_ref(), using.as_ref(), locks);
        }
        TableAction::SetDefault { .. } | TableAction::DropDefault { .. } | TableAction::DropExpression { .. } => {
            with_children(table, only, Mode::AccessExclusive, locks);
        }
        TableAction::SetNotNull { column } => {
            with_children(table, only, Mode::AccessExclusive, locks);
            let tree = if only { vec![table.clone()] } else { locks.tree(table) };
            if !proof::has_no_nulls(&tree, column, locks) {
                locks.hold_for(&tree, Held::Scan);
            }
        }
        TableAction::DropNotNull { column } => {
            locks.lock(table, Mode::AccessExclusive);
            // Since 18 a column without the constraint has nothing that children could have inherited.
            let not_null = locks.before().table(table).and_then(|it| it.column(column)).is_some_and(|it| it.not_null);
            if not_null || locks.version() < 18 {
                with_children(table, only, Mode::AccessExclusive, locks);
            }
        }
        TableAction::AddIdentity { .. } => identity(table, only, locks),
        TableAction::AlterIdentity { column, .. } => {
            identity(table, only, locks);
            lock_identity_sequence(table, column, Mode::ShareRowExclusive, locks);
        }
        TableAction::DropIdentity { column, .. } => {
            identity(table, only, locks);
            lock_identity_sequence(table, column, Mode::AccessExclusive, locks);
        }
        TableAction::SetExpression { column, .. } => {
            with_children(table, only, Mode::AccessExclusive, locks);
            let stored = locks
                .before()
                .table(table)
                .and_then(|it| it.column(column))
                .is_some_and(|column| matches!(column.value, ColumnValue::Generated { stored: true, .. }));
            if stored {
                locks.tree(table).iter().for_each(|member| locks.rewrite(member));
            }
        }
        TableAction::SetColumnStorage { setting, .. } => column_setting(table, only, setting, locks),
        TableAction::AddConstraint(constraint) => constraint::add(table, constraint, only, locks),
        TableAction::DropConstraint { name, .. } => constraint::drop_constraint(table, name, only, locks),
        TableAction::ValidateConstraint { name } => constraint::validate(table, name, only, locks),
        TableAction::AlterConstraint { name, enforced, inherit, deferrable: _ } => {
            constraint::alter(table, name, *enforced, *inherit, locks);
        }
        TableAction::AttachPartition { partition, bound } => partition::attach(table, partition, bound, locks),
        TableAction::DetachPartition { partition, concurrently, finalize } => {
            partition::detach(table, partition, *concurrently, *finalize, locks);
        }
        TableAction::SetInherit { parent, inherit } => partition::inherit(table, parent, *inherit, locks),
        TableAction::SetTrigger { name, .. } => set_trigger(table, name.as_ref(), only, locks),
        TableAction::RowSecurity(_) | TableAction::SetRule { .. } | TableAction::ReplicaIdentity(_) | TableAction::OfType(_) => {
            locks.lock(table, Mode::AccessExclusive);
        }
        TableAction::SetPersistence(persistence) => set_persistence(table, *persistence, locks),
        TableAction::SetAccessMethod(method) => {
            locks.lock(table, Mode::AccessExclusive);
            let now = locks.before().table(table).and_then(|table| table.access_method.clone()).unwrap_or_else(|| "heap".into());
            if now != *method {
                locks.rewrite(table);
            }
        }
        TableAction::SetTablespace(tablespace) => {
            locks.lock(table, Mode::AccessExclusive);
            let now =
                locks.before().table(table).and_then(|table| table.tablespace.clone()).unwrap_or_else(|| "pg_default".into());
            if now != *tablespace {
                locks.rewrite(table);
            }
        }
        TableAction::SetOptions(options) => set_options(table, options.iter().map(|(name, _)| name), locks),
        TableAction::ResetOptions(options) => set_options(table, options.iter(), locks),
        TableAction::ClusterOn(_) => locks.lock(table, Mode::ShareUpdateExclusive),
    }
}

/// `ALTER INDEX`: what it shares with tables.
fn alter_index(index: &Name, action: &TableAction, locks: &mut Locks<'_>) {
    match action {
        TableAction::AttachPartition { partition, bound } => partition::attach(index, partition, bound, locks),
        TableAction::SetOptions(options) => {
            let mode = options_mode(options.iter().map(|(name, _)| name));
            locks.lock_index(index, mode);
        }
        TableAction::ResetOptions(options) => {
            let mode = options_mode(options.iter());
            locks.lock_index(index, mode);
        }
        TableAction::SetColumnStorage { .. } => locks.lock_index(index, Mode::ShareUpdateExclusive),
        TableAction::SetTablespace(tablespace) => {
            locks.lock_index(index, Mode::AccessExclusive);
            let now = locks.before().index(index).and_then(|(_, index)| index.shape.tablespace.clone());
            if now.unwrap_or_else(|| "pg_default".into()) != *tablespace {
                locks.hold(Held::IndexBuild);
            }
        }
        // The rest the server refuses for an index, or knows under its older name `ALTER TABLE`.
        TableAction::AddColumn { .. }
        | TableAction::DropColumn { .. }
        | TableAction::RenameColumn { .. }
        | TableAction::RenameConstraint { .. }
        | TableAction::SetType { .. }
        | TableAction::SetDefault { .. }
        | TableAction::DropDefault { .. }
        | TableAction::SetNotNull { .. }
        | TableAction::DropNotNull { .. }
        | TableAction::AddIdentity { .. }
        | TableAction::AlterIdentity { .. }
        | TableAction::DropIdentity { .. }
        | TableAction::SetExpression { .. }
        | TableAction::DropExpression { .. }
        | TableAction::AddConstraint(_)
        | TableAction::DropConstraint { .. }
        | TableAction::ValidateConstraint { .. }
        | TableAction::AlterConstraint { .. }
        | TableAction::DetachPartition { .. }
        | TableAction::SetInherit { .. }
        | TableAction::RowSecurity(_)
        | TableAction::SetTrigger { .. }
        | TableAction::SetRule { .. }
        | TableAction::ReplicaIdentity(_)
        | TableAction::SetPersistence(_)
        | TableAction::SetAccessMethod(_)
        | TableAction::ClusterOn(_)
        | TableAction::OfType(_) => locks.lock_index(index, Mode::AccessExclusive),
    }
}

fn with_children(table: &Name, only: bool, mode: Mode, locks: &mut Locks<'_>) {
    match only {
        true => locks.lock(table, mode),
        false => locks.lock_tree(table, mode),
    }
}

fn add_column(table: &Name, column: &Column, constraints: &[Constraint], only: bool, locks: &mut Locks<'_>) {
    with_children(table, only, Mode::AccessExclusive, locks);
    let tree = if only { vec![table.clone()] } else { locks.tree(table) };
    let has_values = match &column.value {
        ColumnValue::None => domain_default(&column.data_type, locks).is_some(),
        ColumnValue::Default(expr) => expr.shape != crate::change::ExprShape::Null,
        ColumnValue::Serial | ColumnValue::Identity { .. } | ColumnValue::Generated { .. } => true,
    };
    if column_rewrites(column, locks) {
        tree.iter().for_each(|member| locks.rewrite(member));
        if let ColumnValue::Default(expr) = &column.value {
            locks.sequences_in(expr).iter().for_each(|sequence| locks.lock(sequence, Mode::RowExclusive));
        }
    }
    let virtual_column = matches!(column.value, ColumnValue::Generated { stored: false, .. });
    if column.not_null && (!has_values || virtual_column) {
        locks.hold_for(&tree, Held::Scan);
    }
    for added in constraints {
        constraint::lock_referenced(added, locks);
        match &added.kind {
            ConstraintKind::Check(_) if !added.not_enforced => locks.hold_for(&tree, Held::Scan),
            // Where every value is null there is nothing to look up.
            ConstraintKind::ForeignKey(_) if has_values && !added.not_enforced => locks.hold_for(&tree, Held::Scan),
            ConstraintKind::Check(_) | ConstraintKind::ForeignKey(_) | ConstraintKind::NotNull(_) => {}
            ConstraintKind::PrimaryKey(_) | ConstraintKind::Unique(_) | ConstraintKind::Exclude(_) => {
                locks.hold_for(std::slice::from_ref(table), Held::IndexBuild);
            }
        }
    }
}

/// Whether the values of a new column have to be written into every row: they differ from row to row, or a domain has to
/// check them.
fn column_rewrites(column: &Column, locks: &Locks<'_>) -> bool {
    let volatile = |expr: &Expr| volatility::is_volatile(expr, locks.before());
    let of_value = match &column.value {
        ColumnValue::None => domain_default(&column.data_type, locks).as_ref().is_some_and(volatile),
        ColumnValue::Default(expr) => volatile(expr),
        ColumnValue::Serial | ColumnValue::Identity { .. } => true,
        ColumnValue::Generated { stored, .. } => *stored,
    };
    let virtual_column = matches!(column.value, ColumnValue::Generated { stored: false, .. });
    of_value || (!virtual_column && retype::has_constraints(&column.data_type, locks.before()))
}

/// The default of a domain. Before 13 the rows of a table that gets such a column do not get it.
fn domain_default(data_type: &TypeName, locks: &Locks<'_>) -> Option<Expr> {
    let found = locks.before().resolve_type(&data_type.qname()).filter(|_| data_type.dimensions == 0 && locks.version() >= 13)?;
    match &locks.before().types.get(&found)?.shape {
        UserTypeShape::Domain(domain) => domain.default.clone().or_else(|| domain_default(&domain.data_type, locks)),
        UserTypeShape::Type(_) => None,
    }
}

fn rename_constraint(table: &Name, name: &Ident, locks: &mut Locks<'_>) {
    locks.lock(table, Mode::AccessExclusive);
    let inherited = locks.before().table(table).and_then(|it| it.constraint(name)).is_some_and(|constraint| {
        matches!(constraint.kind, ConstraintKind::Check(_) | ConstraintKind::NotNull(_)) && !constraint.no_inherit
    });
    if inherited {
        locks.lock_tree(table, Mode::AccessExclusive);
    }
}

/// The partitions are visited for each trigger of the table that they have too. Since 15 foreign keys of partitioned tables
/// have triggers there, not on the partitions alone.
fn set_trigger(table: &Name, name: Option<&Ident>, only: bool, locks: &mut Locks<'_>) {
    locks.lock(table, Mode::ShareRowExclusive);
    let Some(found) = locks.before().table(table) else { return };
    let is_meant = |trigger: &&std::sync::Arc<crate::change::Trigger>| name.is_none_or(|name| trigger.name == *name);
    let own = found.triggers.iter().filter(is_meant).any(|trigger| trigger.for_each_row);
    let has_key = found.constraints.iter().any(|constraint| matches!(constraint.kind, ConstraintKind::ForeignKey(_)));
    let of_keys = name.is_none() && locks.version() >= 15 && (has_key || !locks.referencing(table).is_empty());
    if !only && (own || of_keys) {
        constraint::lock_whole(table, Mode::ShareRowExclusive, locks);
    }
}

/// Partitions share an identity column since 17.
fn identity(table: &Name, only: bool, locks: &mut Locks<'_>) {
    match !only && locks.version() >= 17 {
        true => constraint::lock_whole(table, Mode::AccessExclusive, locks),
        false => locks.lock(table, Mode::AccessExclusive),
    }
}

fn lock_identity_sequence(table: &Name, column: &Ident, mode: Mode, locks: &mut Locks<'_>) {
    for sequence in locks.owned_sequences(table) {
        let owner = locks.before().sequence(&sequence).and_then(|sequence| sequence.owned_by.clone());
        if owner.is_some_and(|(_, owner)| owner == *column) {
            locks.lock(&sequence, mode);
        }
    }
}

fn column_setting(table: &Name, only: bool, setting: &ColumnSetting, locks: &mut Locks<'_>) {
    match setting {
        ColumnSetting::Storage(_) => with_children(table, only, Mode::AccessExclusive, locks),
        ColumnSetting::Compression(_) => locks.lock(table, Mode::AccessExclusive),
        ColumnSetting::Statistics(_) => with_children(table, only, Mode::ShareUpdateExclusive, locks),
        ColumnSetting::Options(_) | ColumnSetting::Reset(_) => locks.lock(table, Mode::ShareUpdateExclusive),
    }
}

/// The tables at both ends of foreign keys are looked at; since 15 the sequences of the table follow.
fn set_persistence(table: &Name, persistence: Persistence, locks: &mut Locks<'_>) {
    if locks.before().sequence(table).is_some() {
        locks.lock(table, Mode::AccessExclusive);
        return;
    }
    locks.lock(table, Mode::AccessExclusive);
    let Some(found) = locks.before().table(table).filter(|table| table.persistence != persistence).cloned() else { return };
    locks.rewrite(table);
    for constraint in &found.constraints {
        if let ConstraintKind::ForeignKey(key) = &constraint.kind
            && persistence == Persistence::Permanent
            && let Some(referenced) = locks.resolve(&key.table)
        {
            locks.lock(&referenced, Mode::AccessShare);
        }
    }
    if persistence == Persistence::Unlogged {
        for (referencing, _) in locks.referencing(table) {
            locks.lock(&referencing, Mode::AccessShare);
        }
    }
    if locks.version() >= 15 {
        for sequence in locks.owned_sequences(table) {
            locks.lock(&sequence, Mode::AccessExclusive);
        }
    }
}

fn set_options<'o>(table: &Name, options: impl Iterator<Item = &'o Ident>, locks: &mut Locks<'_>) {
    let is_view = locks.kind_of(table) == Some(ObjectKind::View);
    let mut options = options.peekable();
    // Without any it is `SET WITHOUT OIDS`.
    let mode = if is_view || options.peek().is_none() { Mode::AccessExclusive } else { options_mode(options) };
    locks.lock(table, mode);
}

/// Each storage parameter has a mode of its own; the strongest counts.
fn options_mode<'o>(options: impl Iterator<Item = &'o Ident>) -> Mode {
    const HARMLESS: [&str; 8] = [
        "fillfactor",
        "toast_tuple_target",
        "parallel_workers",
        "vacuum_index_cleanup",
        "vacuum_truncate",
        "deduplicate_items",
        "vacuum_max_eager_freeze_failure_rate",
        "log_autovacuum_min_duration",
    ];
    let harmless = |name: &Ident| {
        let name = name.strip_prefix("toast.").unwrap_or(name);
        HARMLESS.contains(&name) || name.starts_with("autovacuum_")
    };
    if options.into_iter().all(harmless) { Mode::ShareUpdateExclusive } else { Mode::AccessExclusive }
}
