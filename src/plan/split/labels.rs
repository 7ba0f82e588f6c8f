//! An enum is made anew without some of its labels, as it must be by hand: the table would be written anew under a lock. The type stays
//! as it is instead, and no row may hold the labels any more.

use super::group::{Group, Scope, short};
use crate::assess::Phase;
use crate::catalog::{Catalog, Name, Table, UserTypeShape};
use crate::change::{Change, Ident, ObjectKind, QName, TableAction, TypeName, TypeShape};
use std::sync::Arc;

pub(super) fn groups(scope: &Scope<'_>) -> Vec<Group> {
    let types = scope.before.types.iter();
    types.filter_map(|(name, before)| group(scope, name, before.id)).collect()
}

fn group(scope: &Scope<'_>, name: &Name, id: crate::catalog::ObjectId) -> Option<Group> {
    let after = scope.after.types.get(name).filter(|after| after.id != id)?;
    let (was, now) = (labels(scope.before, name)?, labels(scope.after, name)?);
    let gone: Vec<&Arc<str>> = was.iter().filter(|label| !now.contains(label)).collect();
    if gone.is_empty() || now.iter().any(|label| !was.contains(label)) {
        return None;
    }
    let columns = columns(scope, name);
    if columns.is_empty() {
        return None;
    }
    let mut group = Group::default();
    // The names that both types have on the way.
    let mut names = vec![name.name.clone()];
    for (at, atom) in scope.atoms() {
        if let Change::Rename { object, to, .. } = &atom.change.value
            && object.kind == ObjectKind::Type
            && (names.contains(&object.name.name) || *to == after.name.name)
        {
            names.extend([object.name.name.clone(), to.clone()]);
            group.atoms.insert(at);
        }
    }
    for (at, atom) in scope.atoms() {
        let of_column = |table: &QName, column: &Ident| {
            let table = atom.before.resolve_relation(table);
            columns.iter().any(|(found, own)| Some(&found.name) == table.as_ref() && own == column)
        };
        let mine = match &atom.change.value {
            Change::CreateType { name, .. } => names.contains(&name.name),
            Change::Drop { objects, .. } => {
                objects.iter().all(|object| object.kind == ObjectKind::Type && names.contains(&object.name.name))
            }
            Change::AlterTable(alter) => match &alter.action {
                TableAction::SetType { column, .. } => of_column(&alter.table, column),
                TableAction::DropDefault { column } | TableAction::SetDefault { column, .. } => {
                    of_column(&alter.table, column) && same_default(scope, atom.before.resolve_relation(&alter.table)?, column)
                }
                _ => false,
            },
            _ => false,
        };
        if mine {
            group.atoms.insert(at);
        }
    }
    group.step = group.atoms.last().map_or(0, |(step, _)| *step);
    let list = gone.iter().map(|label| format!("'{}'", label.replace('\'', "''"))).collect::<Vec<_>>().join(", ");
    for (table, column) in columns {
        let (owner, quoted) = (scope.sql(&table.name), scope.quote(&column));
        let check = scope.quote(&short(&[&table.name.name, &column, "label"]));
        let add = format!(
            "-- Rows that hold {list} must be moved before the next statement; the type keeps the label.\n\
             ALTER TABLE {owner} ADD CONSTRAINT {check} CHECK ({quoted} NOT IN ({list})) NOT VALID"
        );
        group.out.push((Phase::Contract, add));
        group.out.push((Phase::Contract, format!("ALTER TABLE {owner} VALIDATE CONSTRAINT {check}")));
    }
    Some(group)
}

fn labels<'c>(catalog: &'c Catalog, name: &Name) -> Option<&'c Vec<Arc<str>>> {
    match &catalog.types.get(name)?.shape {
        UserTypeShape::Type(TypeShape::Enum(labels)) => Some(labels),
        UserTypeShape::Type(TypeShape::Composite(_) | TypeShape::Range(_) | TypeShape::Base(_)) | UserTypeShape::Domain(_) => {
            None
        }
    }
}

/// The columns of the type before and after; none where it is used in a way that a check does not reach.
fn columns<'a>(scope: &Scope<'a>, name: &Name) -> Vec<(&'a Arc<Table>, Ident)> {
    let mut out = Vec::new();
    for table in scope.before.relations.keys().filter_map(|relation| scope.before.table(relation)) {
        for column in &table.columns {
            let of_type =
                |catalog: &Catalog, data_type: &TypeName| catalog.resolve_type(&data_type.qname()).as_ref() == Some(name);
            if !of_type(scope.before, &column.data_type) {
                continue;
            }
            let stays = scope.after.table(&table.name).and_then(|after| after.column(&column.name));
            let stays = stays.is_some_and(|after| of_type(scope.after, &after.data_type));
            if column.data_type.dimensions > 0 || table.partition_of.is_some() || !stays {
                return Vec::new();
            }
            out.push((table, column.name.clone()));
        }
    }
    out
}

/// Whether a column's default is in the end what it was.
fn same_default(scope: &Scope<'_>, table: Name, column: &Ident) -> bool {
    let text = |catalog: &Catalog| match &catalog.table(&table)?.column(column)?.value {
        crate::change::ColumnValue::Default(expr) => Some(expr.sql.split("::").next().unwrap_or_default().trim().to_owned()),
        _ => None,
    };
    text(scope.before) == text(scope.after)
}
