//! `ALTER TABLE` and its kin: one action on one relation.

use super::{Done, column, constraint, drop, index, inherit, partition};
use crate::catalog::{Catalog, Name, Problem, Relation, Table};
use crate::change::{AlterTable, ConstraintKind, Firing, Ident, ObjectKind, ReplicaIdentity, RowSecurity, TableAction};
use crate::dialect::Dialect;
use std::sync::Arc;

/// One action of `ALTER TABLE` and its kin.
pub(super) fn alter(catalog: &mut Catalog, alter: &AlterTable, dialect: &dyn Dialect) -> Done {
    let Some(name) = catalog.resolve_relation(&alter.table) else {
        return if alter.if_exists { Ok(()) } else { Err(super::missing(alter.kind, &alter.table)) };
    };
    match catalog.relations.get(&name) {
        Some(Relation::Table(_)) => table_action(catalog, &name, alter, dialect),
        Some(Relation::View(_)) => view_action(catalog, &name, alter, dialect),
        Some(Relation::Index(owner)) => {
            let owner = owner.clone();
            index_action(catalog, &owner, &name, &alter.action)
        }
        Some(Relation::Sequence(_)) => match &alter.action {
            TableAction::SetPersistence(persistence) => {
                catalog.edit_sequence(&name, |sequence| sequence.persistence = *persistence);
                Ok(())
            }
            _ => Err(wrong_kind(&name, alter.kind)),
        },
        None => Ok(()),
    }
}

fn wrong_kind(name: &Name, expected: ObjectKind) -> Problem {
    Problem::WrongKind { name: name.name.to_string(), expected }
}

fn table_action(catalog: &mut Catalog, name: &Name, alter: &AlterTable, dialect: &dyn Dialect) -> Done {
    match alter.kind {
        ObjectKind::View | ObjectKind::MaterializedView | ObjectKind::Index | ObjectKind::Sequence => {
            return Err(wrong_kind(name, alter.kind));
        }
        _ => {}
    }
    let only = alter.only;
    match &alter.action {
        TableAction::AddColumn { column: new, constraints, if_not_exists } => {
            column::add(catalog, name, new, constraints, *if_not_exists, only, dialect)
        }
        TableAction::DropColumn { column, if_exists, cascade } => drop::column(catalog, name, column, *if_exists, *cascade, only),
        TableAction::RenameColumn { from, to } => column::rename(catalog, name, from, to, dialect),
        TableAction::RenameConstraint { from, to } => constraint::rename(catalog, name, from, to),
        TableAction::SetType { column, data_type, collation, using } => {
            let from = catalog.table(name).and_then(|table| table.column(column)).map(|column| column.data_type.clone());
            if using.is_none()
                && let Some(from) = from
                && !dialect.assigns(&from, &catalog.full_type(data_type), catalog)
            {
                let to = dialect.type_text(data_type);
                let message = format!("column \"{column}\" cannot be cast automatically to type {to}");
                return Err(Problem::Other { code: "42804", message });
            }
            column::set_type(catalog, name, column, data_type, collation.as_ref(), dialect)
        }
        TableAction::SetDefault { column, default } => column::set_default(catalog, name, column, Some(default), only, dialect),
        TableAction::DropDefault { column } => column::set_default(catalog, name, column, None, only, dialect),
        TableAction::SetNotNull { column } => column::set_not_null(catalog, name, column),
        TableAction::DropNotNull { column } => column::drop_not_null(catalog, name, column, only),
        TableAction::AddIdentity { column, always, sequence } => {
            column::add_identity(catalog, name, column, *always, sequence, dialect)
        }
        TableAction::AlterIdentity { column, always, sequence } => {
            column::alter_identity(catalog, name, column, *always, sequence)
        }
        TableAction::DropIdentity { column, if_exists } => column::drop_identity(catalog, name, column, *if_exists),
        TableAction::SetExpression { column, expr } => column::set_expression(catalog, name, column, Some(expr), false, dialect),
        TableAction::DropExpression { column, if_exists } => {
            column::set_expression(catalog, name, column, None, *if_exists, dialect)
        }
        TableAction::SetColumnStorage { column, setting } => column::set_storage(catalog, name, column, setting, dialect),
        TableAction::AddConstraint(new) => constraint::add(catalog, name, new, only, dialect),
        TableAction::DropConstraint { name: constraint, if_exists, cascade } => {
            drop::constraint(catalog, name, constraint, *if_exists, *cascade)
        }
        TableAction::ValidateConstraint { name: constraint } => constraint::validate(catalog, name, constraint),
        TableAction::AlterConstraint { name: constraint, deferrable, enforced, inherit } => {
            constraint::alter(catalog, name, constraint, *deferrable, *enforced, *inherit)
        }
        TableAction::AttachPartition { partition, bound } => partition::attach(catalog, name, partition, bound, dialect),
        TableAction::DetachPartition { partition, concurrently: _, finalize: _ } => partition::detach(catalog, name, partition),
        TableAction::SetInherit { parent, inherit } => inherit::set(catalog, name, parent, *inherit),
        TableAction::SetTrigger { name: trigger, firing } => set_trigger(catalog, name, trigger.as_ref(), *firing),
        TableAction::SetRule { name: rule, firing } => set_rule(catalog, name, rule, *firing),
        TableAction::ReplicaIdentity(ReplicaIdentity::Index(index)) | TableAction::ClusterOn(Some(index))
            if catalog.table(name).is_some_and(|table| table.index(index).is_none()) =>
        {
            Err(Problem::Missing { kind: ObjectKind::Index, name: index.to_string(), of: Some(name.name.to_string()) })
        }
        TableAction::ClusterOn(_) if catalog.table(name).is_some_and(|table| table.partition_by.is_some()) => {
            Err(Problem::Other { code: "0A000", message: "cannot mark index clustered in partitioned table".to_owned() })
        }
        TableAction::OfType(of_type) => {
            let resolved = match of_type {
                Some(of_type) => Some(catalog.resolve_type(of_type).ok_or_else(|| super::missing(ObjectKind::Type, of_type))?),
                None => None,
            };
            catalog.edit_table(name, |table| table.of_type = resolved);
            Ok(())
        }
        TableAction::RowSecurity(_)
        | TableAction::ReplicaIdentity(_)
        | TableAction::SetPersistence(_)
        | TableAction::SetAccessMethod(_)
        | TableAction::SetTablespace(_)
        | TableAction::SetOptions(_)
        | TableAction::ResetOptions(_)
        | TableAction::ClusterOn(_) => {
            catalog.edit_table(name, |table| set_property(table, &alter.action, dialect));
            if let TableAction::SetPersistence(persistence) = &alter.action {
                for sequence in drop::owned_sequences(catalog, name) {
                    catalog.edit_sequence(&sequence, |sequence| sequence.persistence = *persistence);
                }
            }
            Ok(())
        }
    }
}

/// The actions that set one property of the table itself.
fn set_property(table: &mut Table, action: &TableAction, dialect: &dyn Dialect) {
    match action {
        TableAction::RowSecurity(change) => match change {
            RowSecurity::Enable => table.row_security = true,
            RowSecurity::Disable => table.row_security = false,
            RowSecurity::Force => table.force_row_security = true,
            RowSecurity::NoForce => table.force_row_security = false,
        },
        TableAction::ReplicaIdentity(identity) => table.replica_identity = identity.clone(),
        TableAction::SetPersistence(persistence) => table.persistence = *persistence,
        TableAction::SetAccessMethod(method) => table.access_method = Some(method.clone()),
        // The usual one cannot be named for a partitioned table.
        TableAction::SetTablespace(tablespace) => {
            table.tablespace = Some(tablespace.clone()).filter(|own| own != dialect.usual().tablespace);
        }
        TableAction::SetOptions(options) => column::merge_options(&mut table.options, options),
        TableAction::ResetOptions(names) => table.options.retain(|(name, _)| !names.contains(name)),
        TableAction::ClusterOn(index) => table.cluster_on = index.clone(),
        _ => {}
    }
}

fn view_action(catalog: &mut Catalog, name: &Name, alter: &AlterTable, dialect: &dyn Dialect) -> Done {
    match &alter.action {
        TableAction::RenameColumn { from, to } => column::rename(catalog, name, from, to, dialect),
        TableAction::SetDefault { column, default } => column::set_default(catalog, name, column, Some(default), true, dialect),
        TableAction::DropDefault { column } => column::set_default(catalog, name, column, None, true, dialect),
        TableAction::SetOptions(options) => {
            catalog.edit_view(name, |view| {
                let (check, others): (Vec<_>, Vec<_>) = options.iter().cloned().partition(|(name, _)| name == "check_option");
                if let Some((_, scope)) = check.last() {
                    view.check_option = Some(scope.trim_matches('\'').to_ascii_uppercase().into());
                }
                column::merge_options(&mut view.options, &others);
            });
            Ok(())
        }
        TableAction::ResetOptions(names) => {
            catalog.edit_view(name, |view| {
                view.options.retain(|(name, _)| !names.contains(name));
                view.check_option.take_if(|_| names.iter().any(|name| name == "check_option"));
            });
            Ok(())
        }
        TableAction::SetTablespace(tablespace) => {
            catalog.edit_view(name, |view| view.tablespace = Some(tablespace.clone()));
            Ok(())
        }
        TableAction::SetTrigger { name: trigger, firing } => set_trigger(catalog, name, trigger.as_ref(), *firing),
        TableAction::SetRule { name: rule, firing } => set_rule(catalog, name, rule, *firing),
        // Storage, statistics, clustering of a materialized view: nothing of it is kept.
        TableAction::SetColumnStorage { .. } | TableAction::ClusterOn(_) | TableAction::SetAccessMethod(_) => Ok(()),
        _ => Err(wrong_kind(name, ObjectKind::Table)),
    }
}

fn index_action(catalog: &mut Catalog, owner: &Name, name: &Name, action: &TableAction) -> Done {
    let refused = |action: &str| {
        let message = format!("ALTER action {action} cannot be performed on relation \"{}\"", name.name);
        Err(Problem::Other { code: "42809", message })
    };
    let partitioned = catalog.table(owner).is_some_and(|table| table.partition_by.is_some());
    match action {
        TableAction::SetOptions(_) if partitioned => refused("SET"),
        TableAction::ResetOptions(_) if partitioned => refused("RESET"),
        TableAction::SetOptions(options) => {
            edit_options(catalog, owner, &name.name, |own| column::merge_options(own, options));
            Ok(())
        }
        TableAction::ResetOptions(names) => {
            edit_options(catalog, owner, &name.name, |own| own.retain(|(name, _)| !names.contains(name)));
            Ok(())
        }
        TableAction::SetTablespace(tablespace) => {
            index::edit(catalog, owner, &name.name, |index| index.shape.tablespace = Some(tablespace.clone()));
            Ok(())
        }
        TableAction::AttachPartition { partition, bound: _ } => index::attach(catalog, name, partition),
        // Statistics of an expression's values: nothing of it is kept.
        TableAction::SetColumnStorage { .. } => Ok(()),
        _ => Err(wrong_kind(name, ObjectKind::Table)),
    }
}

/// The options of an index, and of the constraint that it is behind.
fn edit_options(catalog: &mut Catalog, owner: &Name, index: &Ident, edit: impl Fn(&mut Vec<(Ident, String)>)) {
    index::edit(catalog, owner, index, |index| edit(&mut index.shape.options));
    catalog.edit_table(owner, |table| {
        for constraint in table.constraints.iter_mut().filter(|own| own.name.as_ref() == Some(index)) {
            match &mut Arc::make_mut(constraint).kind {
                ConstraintKind::PrimaryKey(key) | ConstraintKind::Unique(key) => edit(&mut key.options),
                ConstraintKind::Exclude(shape) => edit(&mut shape.options),
                ConstraintKind::Check(_) | ConstraintKind::ForeignKey(_) | ConstraintKind::NotNull(_) => {}
            }
        }
    });
}

fn set_trigger(catalog: &mut Catalog, relation: &Name, trigger: Option<&Ident>, firing: Firing) -> Done {
    let triggers = match catalog.relations.get(relation) {
        Some(Relation::View(view)) => &view.triggers,
        Some(Relation::Table(table)) => &table.triggers,
        Some(Relation::Sequence(_) | Relation::Index(_)) | None => return Ok(()),
    };
    if let Some(trigger) = trigger
        && !triggers.iter().any(|own| own.name == *trigger)
        && super::trigger::cloned_from(catalog, relation, trigger).is_none()
    {
        return Err(super::missing_member(ObjectKind::Trigger, trigger, relation));
    }
    catalog.edit_table(relation, |table| {
        for own in table.triggers.iter_mut().filter(|own| trigger.is_none_or(|name| own.name == *name)) {
            Arc::make_mut(own).enabled = firing;
        }
    });
    Ok(())
}

fn set_rule(catalog: &mut Catalog, relation: &Name, rule: &Ident, firing: Firing) -> Done {
    catalog.edit_table(relation, |table| {
        for own in table.rules.iter_mut().filter(|own| own.name == *rule) {
            Arc::make_mut(own).enabled = firing;
        }
    });
    Ok(())
}
