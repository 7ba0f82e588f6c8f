//! `CREATE TABLE (LIKE ...)`: what is copied of another relation.

use super::index::{self, New};
use super::{Done, inherit};
use crate::catalog::{Catalog, CommentKey, Index, Name, Problem, Relation};
use crate::change::{Column, ColumnValue, Constraint, ConstraintKind, LikeOptions, ObjectKind, QName, SequenceOptions};
use crate::dialect::{AutomaticName, Dialect};
use std::sync::Arc;

/// The copied columns.
pub(super) fn columns(catalog: &Catalog, source: &QName, including: LikeOptions) -> Result<Vec<Column>, Problem> {
    let source = catalog.need_relation(source, ObjectKind::Table)?;
    Ok(match catalog.relations.get(&source) {
        Some(Relation::Table(table)) => table.columns.iter().map(|column| copy(column, including)).collect(),
        _ => catalog
            .relation_columns(&source)
            .unwrap_or_default()
            .into_iter()
            .filter_map(|column| Some(Column::new(column.name, column.data_type?)))
            .collect(),
    })
}

fn copy(column: &Column, including: LikeOptions) -> Column {
    let value = match &column.value {
        ColumnValue::Default(expr) if including.defaults => ColumnValue::Default(expr.clone()),
        ColumnValue::Generated { expr, stored } if including.generated => {
            ColumnValue::Generated { expr: expr.clone(), stored: *stored }
        }
        ColumnValue::Identity { always, sequence } if including.identity => ColumnValue::Identity {
            always: *always,
            sequence: Box::new(SequenceOptions { name: None, ..SequenceOptions::clone(sequence) }),
        },
        ColumnValue::None
        | ColumnValue::Default(_)
        | ColumnValue::Serial
        | ColumnValue::Generated { .. }
        | ColumnValue::Identity { .. } => ColumnValue::None,
    };
    Column {
        value,
        storage: column.storage.clone().filter(|_| including.storage),
        compression: column.compression.clone().filter(|_| including.compression),
        collation: column.collation.clone(),
        not_null: column.not_null,
        ..Column::new(column.name.clone(), column.data_type.clone())
    }
}

/// Copies checks, indexes and comments to the new table.
pub(super) fn copy_parts(
    catalog: &mut Catalog,
    source: &QName,
    including: LikeOptions,
    to: &Name,
    dialect: &dyn Dialect,
) -> Done {
    let source = catalog.need_relation(source, ObjectKind::Table)?;
    let Some(table) = catalog.table(&source).cloned() else { return Ok(()) };
    if including.constraints {
        let mut new = table.clone();
        Arc::make_mut(&mut new).constraints.retain(|own| matches!(own.kind, ConstraintKind::Check(_)));
        catalog.edit_table(to, |copy| inherit::inherit_checks(copy, &new));
    }
    if including.indexes {
        for own in &table.indexes {
            copy_index(catalog, &table, own, to, None, dialect)?;
        }
    }
    if including.comments {
        for column in &table.columns {
            let key =
                |name: &Name| CommentKey { kind: ObjectKind::Column, name: name.clone(), member: Some(column.name.clone()) };
            if let Some(comment) = catalog.comments.get(&key(&source)).cloned() {
                catalog.comments.insert(key(to), comment);
            }
        }
    }
    Ok(())
}

/// Makes an index like one of another table, with a name of its own.
pub(super) fn copy_index(
    catalog: &mut Catalog,
    source: &crate::catalog::Table,
    own: &Index,
    to: &Name,
    parent: Option<&Name>,
    dialect: &dyn Dialect,
) -> Done {
    let constraint = own.constraint.as_ref().and_then(|name| source.constraint(name));
    let kind = match constraint.map(|constraint| &constraint.kind) {
        Some(ConstraintKind::PrimaryKey(_)) => AutomaticName::PrimaryKey,
        Some(ConstraintKind::Unique(_)) => AutomaticName::Unique,
        Some(ConstraintKind::Exclude(_)) => AutomaticName::Exclude,
        Some(ConstraintKind::Check(_) | ConstraintKind::ForeignKey(_) | ConstraintKind::NotNull(_)) | None => {
            AutomaticName::Index
        }
    };
    let constraint = constraint.map(|constraint| Constraint { name: None, ..Constraint::clone(constraint) });
    let new = New { name: None, kind, unique: own.unique, only: false, shape: own.shape.clone(), constraint };
    index::build(catalog, to, &new, parent, dialect)?;
    Ok(())
}
