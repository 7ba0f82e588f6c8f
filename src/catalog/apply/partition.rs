//! Partitions: what a new one gets from its parent, `ATTACH` and `DETACH`.

use super::index::{self, New};
use super::{Done, inherit, like, missing, trigger};
use crate::catalog::{Catalog, Index, Name, Problem, Table};
use crate::change::{ConstraintKind, Expr, ObjectKind, QName};
use crate::dialect::{AutomaticName, Dialect};
use std::sync::Arc;

/// Only a partitioned table has partitions.
pub(super) fn check_parent(catalog: &Catalog, parent: &Name) -> Done {
    match catalog.table(parent) {
        Some(table) if table.partition_by.is_none() => {
            Err(Problem::Other { code: "42P17", message: format!("\"{}\" is not partitioned", parent.name) })
        }
        _ => Ok(()),
    }
}

/// The indexes and foreign keys that a new partition gets from its parent.
pub(super) fn copy(catalog: &mut Catalog, parent: &Name, partition: &Name, dialect: &dyn Dialect) -> Done {
    let Some(table) = catalog.table(parent).cloned() else { return Ok(()) };
    for own in table.indexes.iter().filter(|index| !index.only || index.valid) {
        let full = Name { schema: parent.schema.clone(), name: own.name.clone() };
        let new = spec(&table, own);
        match index::match_in(catalog, partition, &new) {
            Some(found) => index::edit(catalog, partition, &found, |index| index.parent = Some(full)),
            None => like::copy_index(catalog, &table, own, partition, Some(&full), dialect)?,
        }
    }
    let keys: Vec<_> =
        table.constraints.iter().filter(|constraint| matches!(constraint.kind, ConstraintKind::ForeignKey(_))).cloned().collect();
    for member in inherit::family(catalog, partition) {
        catalog.edit_table(&member, |table| {
            for key in &keys {
                if !table.constraints.iter().any(|own| own.kind == key.kind) {
                    table.constraints.push(key.clone());
                }
            }
        });
    }
    Ok(())
}

fn spec<'a>(table: &Table, index: &Index) -> New<'a> {
    let constraint = index.constraint.as_ref().and_then(|name| table.constraint(name)).map(|found| (**found).clone());
    let kind = match (index.primary, constraint.as_ref().map(|constraint| &constraint.kind)) {
        (true, _) => AutomaticName::PrimaryKey,
        (false, Some(ConstraintKind::Exclude(_))) => AutomaticName::Exclude,
        (false, Some(_)) => AutomaticName::Unique,
        (false, None) => AutomaticName::Index,
    };
    New { name: None, kind, unique: index.unique, only: false, shape: index.shape.clone(), constraint }
}

/// `ATTACH PARTITION`
pub(super) fn attach(catalog: &mut Catalog, parent: &Name, partition: &QName, bound: &Expr, dialect: &dyn Dialect) -> Done {
    check_parent(catalog, parent)?;
    let child = catalog.need_table(partition)?;
    let above = catalog.table(parent).cloned().ok_or_else(|| missing(ObjectKind::Table, &parent.qname()))?;
    trigger::check_attached(catalog, parent, &child)?;
    if inherit::is_partition(catalog, &child) {
        return Err(Problem::Other { code: "42809", message: format!("\"{}\" is already a partition", child.name) });
    }
    inherit::adopt(catalog, &child, &above)?;
    let more = catalog.table(&child).and_then(|own| own.columns.iter().find(|own| above.column(&own.name).is_none()));
    if let Some(more) = more {
        let message =
            format!("table \"{}\" contains column \"{}\" not found in parent \"{}\"", child.name, more.name, parent.name);
        return Err(Problem::Other { code: "42804", message });
    }
    catalog.edit_table(&child, |table| {
        table.partition_of = Some((parent.clone(), bound.clone()));
        table.columns.iter_mut().for_each(|column| Arc::make_mut(column).local = false);
    });
    copy(catalog, parent, &child, dialect)?;
    for own in &above.indexes {
        index::validate_if_complete(catalog, &Name { schema: parent.schema.clone(), name: own.name.clone() });
    }
    Ok(())
}

/// `DETACH PARTITION`: the partition keeps what it has, as its own.
pub(super) fn detach(catalog: &mut Catalog, parent: &Name, partition: &QName) -> Done {
    let child = catalog.need_table(partition)?;
    let is_of_parent = |table: &Arc<Table>| table.partition_of.as_ref().is_some_and(|(of, _)| of == parent);
    if !catalog.table(&child).is_some_and(is_of_parent) {
        let message = format!("relation \"{}\" is not a partition of relation \"{}\"", child.name, parent.name);
        return Err(Problem::Other { code: "42P01", message });
    }
    let Some(above) = catalog.table(parent).cloned() else { return Ok(()) };
    inherit::release(catalog, &child, &above);
    catalog.edit_table(&child, |table| {
        table.partition_of = None;
        for index in table.indexes.iter_mut().filter(|index| index.parent.is_some()) {
            Arc::make_mut(index).parent = None;
        }
    });
    Ok(())
}
