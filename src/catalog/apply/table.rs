//! `CREATE TABLE` in all its forms.

use super::{Done, column, constraint, exists, inherit, like, missing, partition, privileges, sequence};
use crate::catalog::{Catalog, Fill, Name, Problem, Table, TableColumn, UserTypeShape};
use crate::change::{
    Column, ColumnValue, Constraint, ConstraintKind, CreateTable, Ident, ObjectKind, Query, ReplicaIdentity, TableElement,
    TypeName, TypeShape,
};
use crate::dialect::Dialect;
use std::sync::Arc;

/// `CREATE TABLE`
pub(super) fn create(catalog: &mut Catalog, written: &CreateTable, dialect: &dyn Dialect) -> Done {
    let name = catalog.creation_name(&written.name)?;
    if catalog.relations.contains_key(&name) {
        return if written.if_not_exists { Ok(()) } else { Err(exists(ObjectKind::Table, &name.name)) };
    }
    let mut table = skeleton(catalog, name.clone(), written)?;
    own_columns(catalog, &mut table, written, dialect)?;
    let parents = match &written.partition_of {
        Some((parent, _)) => inherit::parents(catalog, std::slice::from_ref(parent))?,
        None => inherit::parents(catalog, &written.inherits)?,
    };
    for parent in &parents {
        let parent = catalog.table(parent).cloned().ok_or_else(|| missing(ObjectKind::Table, &parent.qname()))?;
        inherit::inherit(&mut table, &parent, &mut || catalog.new_id().0)?;
    }
    if let (Some((_, bound)), [parent]) = (&written.partition_of, parents.as_slice()) {
        partition::check_parent(catalog, parent)?;
        table.partition_of = Some((parent.clone(), bound.clone()));
    } else {
        table.inherits = parents.clone();
    }
    catalog.put_table(table);
    for not_null in &written.constraints {
        mark_primary(catalog, &name, not_null);
    }
    let (checks, others): (Vec<_>, Vec<_>) = constraint::in_order(&written.constraints)
        .into_iter()
        .partition(|c| matches!(c.kind, ConstraintKind::Check(_) | ConstraintKind::NotNull(_)));
    for check in checks {
        constraint::add(catalog, &name, check, false, dialect)?;
    }
    if let (Some(_), [parent]) = (&written.partition_of, parents.as_slice()) {
        partition::copy(catalog, parent, &name, dialect)?;
    }
    for element in &written.elements {
        if let TableElement::Like { table, including } = element {
            like::copy_parts(catalog, table, *including, &name, dialect)?;
        }
    }
    for other in without_duplicates(others) {
        constraint::add(catalog, &name, &other, false, dialect)?;
    }
    if let Some(table) = catalog.table(&name).cloned().filter(|_| written.query.is_some() && !written.no_data) {
        table.columns.iter().for_each(|column| catalog.fill(&table, &column.name, Fill::Anything));
    }
    Ok(())
}

/// Columns of a primary key are not null from the start.
fn mark_primary(catalog: &mut Catalog, table: &Name, written: &Constraint) {
    let ConstraintKind::PrimaryKey(key) = &written.kind else { return };
    catalog.edit_table(table, |table| {
        for column in table.columns.iter_mut().filter(|column| !column.not_null && key.columns.contains(&column.name)) {
            Arc::make_mut(column).column.not_null = true;
        }
    });
}

/// Of a primary key and unique constraints on the same columns the first is kept, under its own name or else the others'.
fn without_duplicates(ordered: Vec<&Constraint>) -> Vec<Constraint> {
    let key = |constraint: &Constraint| match &constraint.kind {
        ConstraintKind::PrimaryKey(key) | ConstraintKind::Unique(key) => {
            Some((key.columns.clone(), key.include.clone(), key.nulls_not_distinct, key.without_overlaps))
        }
        ConstraintKind::Check(_) | ConstraintKind::ForeignKey(_) | ConstraintKind::Exclude(_) | ConstraintKind::NotNull(_) => {
            None
        }
    };
    let mut kept: Vec<Constraint> = Vec::new();
    for constraint in ordered {
        let of = key(constraint);
        let same = |other: &&mut Constraint| of.is_some() && key(other) == of && other.deferrable == constraint.deferrable;
        match kept.iter_mut().find(same) {
            Some(first) => first.name = first.name.take().or_else(|| constraint.name.clone()),
            None => kept.push(constraint.clone()),
        }
    }
    kept
}

fn skeleton(catalog: &mut Catalog, name: Name, written: &CreateTable) -> Result<Table, Problem> {
    let of_type = match &written.of_type {
        Some(of_type) => Some(catalog.resolve_type(of_type).ok_or_else(|| missing(ObjectKind::Type, of_type))?),
        None => None,
    };
    let privileges = privileges::initial(catalog, ObjectKind::Table, &name.schema);
    Ok(Table {
        id: catalog.new_id(),
        name,
        persistence: written.persistence,
        partition_by: written.partition_by.clone(),
        partition_of: None,
        inherits: Vec::new(),
        server: written.server.clone(),
        of_type,
        columns: Vec::new(),
        constraints: Vec::new(),
        indexes: Vec::new(),
        triggers: Vec::new(),
        rules: Vec::new(),
        policies: Vec::new(),
        row_security: false,
        force_row_security: false,
        replica_identity: ReplicaIdentity::Default,
        cluster_on: None,
        options: written.options.clone(),
        tablespace: written.tablespace.clone(),
        access_method: written.access_method.clone(),
        owner: privileges::creator(catalog),
        privileges,
    })
}

/// The columns that the statement itself gives: written, copied by `LIKE`, of the type, of the query.
fn own_columns(catalog: &mut Catalog, table: &mut Table, written: &CreateTable, dialect: &dyn Dialect) -> Done {
    let mut columns: Vec<Column> = of_type(catalog, table.of_type.as_ref());
    for element in &written.elements {
        match element {
            TableElement::Column(column) => {
                let column = column::settled(catalog, column, dialect);
                let known = columns.iter_mut().find(|own| own.name == column.name);
                match known {
                    // A table of a type, or a partition, says more of a column that it has already.
                    Some(own) if table.of_type.is_some() => {
                        own.not_null |= column.not_null;
                        own.value = column.value;
                    }
                    Some(own) => return Err(twice(&own.name)),
                    None => columns.push(column),
                }
            }
            TableElement::Like { table, including } => {
                for column in like::columns(catalog, table, *including)? {
                    if columns.iter().any(|own| own.name == column.name) {
                        return Err(twice(&column.name));
                    }
                    columns.push(column);
                }
            }
        }
    }
    if let Some(query) = &written.query {
        columns.extend(of_query(catalog, query, &written.query_columns, dialect)?);
    }
    for mut column in columns {
        column::check(catalog, &column, dialect)?;
        sequence::unfold(catalog, &table.name, table.persistence, &mut column, dialect)?;
        let number = catalog.new_id().0;
        table.columns.push(Arc::new(TableColumn { number, column, inherited: false, local: true }));
    }
    Ok(())
}

fn twice(column: &str) -> Problem {
    Problem::Other { code: "42701", message: format!("column \"{column}\" specified more than once") }
}

fn of_type(catalog: &Catalog, of_type: Option<&Name>) -> Vec<Column> {
    let found = of_type.and_then(|name| catalog.types.get(name));
    match found.map(|found| &found.shape) {
        Some(UserTypeShape::Type(TypeShape::Composite(attributes))) => attributes
            .iter()
            .map(|(name, data_type, collation)| Column {
                collation: collation.clone(),
                ..Column::new(name.clone(), data_type.clone())
            })
            .collect(),
        Some(UserTypeShape::Type(_) | UserTypeShape::Domain(_)) | None => Vec::new(),
    }
}

fn of_query(catalog: &Catalog, query: &Query, names: &[Ident], dialect: &dyn Dialect) -> Result<Vec<Column>, Problem> {
    let resolved = catalog.resolve_query(query, dialect)?;
    let columns = resolved.columns.unwrap_or_default().into_iter().enumerate();
    let column = |(at, column): (usize, crate::catalog::ViewColumn)| {
        let name = names.get(at).cloned().unwrap_or(column.name);
        // A type that the text does not tell stays without a name.
        let data_type = column.data_type.unwrap_or_else(|| TypeName::simple(""));
        Column { value: ColumnValue::None, ..Column::new(name, data_type) }
    };
    Ok(columns.map(column).collect())
}
