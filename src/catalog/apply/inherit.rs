//! Parents and children: what tables inherit, as partitions or by `INHERITS`, and what a change of the parent does to them.

use super::{Done, missing};
use crate::catalog::{Catalog, Dependency, Dependent, Name, Problem, Relation, Table, TableColumn};
use crate::change::{Column, ColumnValue, Constraint, ConstraintKind, Ident, ObjectKind, QName};
use std::sync::Arc;

/// The tables that have this one as a parent.
pub(super) fn children(catalog: &Catalog, table: &Name) -> Vec<Name> {
    let on = Dependency::Relation(table.clone());
    let child = |who: &Dependent| match who {
        Dependent::Relation(name) => catalog.table(name).filter(|child| is_child(child, table)).map(|child| child.name.clone()),
        _ => None,
    };
    catalog.dependents(&on).filter_map(child).collect()
}

/// The children that are partitions.
pub(super) fn partitions(catalog: &Catalog, table: &Name) -> Vec<Name> {
    let is_partition = |name: &Name| catalog.table(name).is_some_and(|child| child.partition_of.is_some());
    children(catalog, table).into_iter().filter(is_partition).collect()
}

fn is_child(child: &Table, parent: &Name) -> bool {
    child.inherits.contains(parent) || child.partition_of.as_ref().is_some_and(|(of, _)| of == parent)
}

/// The table and everything below it.
pub(super) fn family(catalog: &Catalog, table: &Name) -> Vec<Name> {
    let mut all = vec![table.clone()];
    let mut at = 0;
    while at < all.len() {
        for child in children(catalog, &all[at]) {
            if !all.contains(&child) {
                all.push(child);
            }
        }
        at += 1;
    }
    all
}

/// The parents that a statement names.
pub(super) fn parents(catalog: &Catalog, names: &[QName]) -> Result<Vec<Name>, Problem> {
    names.iter().map(|name| catalog.need_table(name)).collect()
}

/// Adds what a new child gets from a parent: columns that it lacks, and checks. A column that both have is one.
pub(super) fn inherit(child: &mut Table, parent: &Table, new_number: &mut dyn FnMut() -> u32) -> Done {
    let mut columns: Vec<Arc<TableColumn>> = Vec::new();
    for column in &parent.columns {
        let own = child.columns.iter().position(|own| own.name == column.name);
        let merged = match own {
            Some(at) => merge(&child.columns.remove(at), column)?,
            None => TableColumn { number: new_number(), column: inherited_column(column), inherited: true, local: false },
        };
        columns.push(Arc::new(merged));
    }
    // What came from an earlier parent stays in front of this one's columns.
    let earlier = child.columns.iter().filter(|own| own.inherited).cloned().collect::<Vec<_>>();
    child.columns.retain(|own| !own.inherited);
    columns.splice(0..0, earlier);
    columns.append(&mut child.columns);
    child.columns = columns;
    inherit_checks(child, parent);
    Ok(())
}

/// The checks of a parent that its children have too.
pub(super) fn inherit_checks(child: &mut Table, parent: &Table) {
    for check in parent.constraints.iter().filter(is_passed_on) {
        if !child.constraints.iter().any(|own| own.name == check.name) {
            // A new table has no rows that could break it, whatever the parent's have.
            child.constraints.push(Arc::new(Constraint { not_valid: false, ..Constraint::clone(check) }));
        }
    }
}

fn is_passed_on(check: &&Arc<Constraint>) -> bool {
    matches!(check.kind, ConstraintKind::Check(_)) && !check.no_inherit
}

/// A column as a child gets it: an identity stays with the parent.
fn inherited_column(column: &TableColumn) -> Column {
    let value = match &column.value {
        ColumnValue::Identity { .. } | ColumnValue::Serial => ColumnValue::None,
        value => value.clone(),
    };
    Column { value, ..column.column.clone() }
}

fn merge(own: &TableColumn, parent: &TableColumn) -> Result<TableColumn, Problem> {
    if own.data_type != parent.data_type && !own.data_type.name.is_empty() {
        return Err(Problem::Other {
            code: "42804",
            message: format!("child table has different type for column \"{}\"", own.name),
        });
    }
    let mut column = own.column.clone();
    column.data_type = parent.data_type.clone();
    column.not_null |= parent.not_null;
    if column.value == ColumnValue::None {
        column.value = inherited_column(parent).value;
    }
    Ok(TableColumn { number: own.number, column, inherited: true, local: true })
}

/// `INHERIT` and `NO INHERIT`
pub(super) fn set(catalog: &mut Catalog, table: &Name, parent: &QName, inherit: bool) -> Done {
    let parent = catalog.need_table(parent)?;
    let above = Arc::clone(catalog.table(&parent).ok_or_else(|| missing(ObjectKind::Table, &parent.qname()))?);
    let has = catalog.table(table).is_some_and(|table| table.inherits.contains(&parent));
    match (inherit, has) {
        (true, true) => Err(Problem::Other {
            code: "42P07",
            message: format!("relation \"{}\" would be inherited from more than once", parent.name),
        }),
        (false, false) => Err(Problem::Other {
            code: "42P01",
            message: format!("relation \"{}\" is not a parent of relation \"{}\"", parent.name, table.name),
        }),
        (true, false) => {
            adopt(catalog, table, &above)?;
            catalog.edit_table(table, |child| child.inherits.push(parent));
            Ok(())
        }
        (false, true) => {
            catalog.edit_table(table, |child| child.inherits.retain(|name| *name != parent));
            release(catalog, table, &above);
            Ok(())
        }
    }
}

/// Marks the columns of an existing table as inherited; it must have all of the parent's.
pub(super) fn adopt(catalog: &mut Catalog, table: &Name, parent: &Table) -> Done {
    let child = catalog.table(table).cloned();
    for column in &parent.columns {
        let own = child.as_ref().and_then(|child| child.column(&column.name));
        match own {
            None => {
                return Err(Problem::Other {
                    code: "42804",
                    message: format!("child table is missing column \"{}\"", column.name),
                });
            }
            Some(own) if own.data_type != column.data_type => {
                return Err(Problem::Other {
                    code: "42804",
                    message: format!("child table \"{}\" has different type for column \"{}\"", table.name, column.name),
                });
            }
            Some(own) if column.not_null && !own.not_null => {
                return Err(Problem::Other {
                    code: "42804",
                    message: format!("column \"{}\" in child table must be marked NOT NULL", own.name),
                });
            }
            Some(own) => same_generation(own, column)?,
        }
    }
    for check in parent.constraints.iter().filter(is_passed_on) {
        let own = child.as_ref().and_then(|child| child.constraint(check.name.as_deref().unwrap_or_default()));
        if own.is_none() {
            let message = format!("child table is missing constraint \"{}\"", check.name.as_deref().unwrap_or_default());
            return Err(Problem::Other { code: "42804", message });
        }
    }
    mark(catalog, table, parent, |column| column.inherited = true);
    Ok(())
}

/// What the parent computes the child must compute too.
fn same_generation(own: &TableColumn, parent: &TableColumn) -> Done {
    let generated = |column: &TableColumn| matches!(column.value, ColumnValue::Generated { .. });
    if generated(parent) && !generated(own) {
        let message = format!("column \"{}\" in child table must be a generated column", own.name);
        return Err(Problem::Other { code: "42804", message });
    }
    Ok(())
}

/// The columns of a former child are its own.
pub(super) fn release(catalog: &mut Catalog, table: &Name, parent: &Table) {
    mark(catalog, table, parent, |column| {
        column.inherited = false;
        column.local = true;
    });
}

fn mark(catalog: &mut Catalog, table: &Name, parent: &Table, edit: impl Fn(&mut TableColumn)) {
    catalog.edit_table(table, |child| {
        for column in child.columns.iter_mut().filter(|own| parent.column(&own.name).is_some()) {
            edit(Arc::make_mut(column));
        }
    });
}

/// Whether a parent has the column, so that the child cannot change it on its own.
pub(super) fn is_inherited(catalog: &Catalog, table: &Name, column: &Ident) -> bool {
    catalog.table(table).and_then(|table| table.column(column)).is_some_and(|column| column.inherited)
}

/// Whether the relation is a partition.
pub(super) fn is_partition(catalog: &Catalog, table: &Name) -> bool {
    matches!(catalog.relations.get(table), Some(Relation::Table(table)) if table.partition_of.is_some())
}
