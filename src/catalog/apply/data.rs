//! Statements that change no schema: only what they name must be there.

use super::{Done, inherit, missing, missing_member};
use crate::catalog::{Catalog, Dependency, Dependent, Fill, Name, Problem, Table};
use crate::change::{
    ConflictTarget, ConstraintKind, Data, DataKind, Expr, ExprShape, Ident, IndexKey, IndexShape, Maintenance, ObjectKind, QName,
    Target,
};
use crate::dialect::Dialect;

/// `INSERT`, `UPDATE`, `DELETE`, `MERGE`, `COPY`: the table and columns that are written.
pub(super) fn data(catalog: &mut Catalog, data: &Data, dialect: &dyn Dialect) -> Done {
    let written = match data.kind {
        DataKind::Insert | DataKind::Update | DataKind::Delete | DataKind::Merge | DataKind::CopyIn => data.table.as_ref(),
        // Functions and subqueries may name anything; only what is written is certain.
        DataKind::Select | DataKind::CopyOut | DataKind::Call => None,
    };
    let Some(name) = written else { return Ok(()) };
    let Some(table) = catalog.resolve_relation(name) else { return unknown(catalog, name, dialect) };
    if catalog.table(&table).is_none() {
        return Ok(());
    }
    let columns = data.columns.iter().flatten();
    if let Some(column) = columns.into_iter().find(|column| !catalog.has_column(&table, column)) {
        return Err(missing_member(ObjectKind::Column, column, &table));
    }
    let Some(table) = catalog.table(&table).cloned() else { return Ok(()) };
    if let Some(target) = &data.conflict {
        arbiter(&table, target)?;
    }
    fill(catalog, &table, data);
    catalog.note_rows(&table, data);
    Ok(())
}

/// Keeps the columns into which a statement writes something other than null.
fn fill(catalog: &mut Catalog, table: &Table, data: &Data) {
    let new_rows = match data.kind {
        DataKind::Insert | DataKind::CopyIn | DataKind::Merge => true,
        DataKind::Update => false,
        DataKind::Delete | DataKind::Select | DataKind::CopyOut | DataKind::Call => return,
    };
    let all: Vec<&Ident> = table.columns.iter().map(|column| &column.name).collect();
    let named: Vec<&Ident> = data.columns.as_ref().map_or(all.clone(), |columns| columns.iter().collect());
    for (at, column) in named.iter().enumerate() {
        let values: Vec<&Expr> = data.rows.iter().flatten().filter_map(|row| row.get(at)).collect();
        let is = |wanted: fn(&Expr) -> bool| data.rows.is_some() && values.iter().all(|value| wanted(value));
        let assigned = data.values.as_ref().and_then(|values| values.get(at)).map(|value| &value.shape);
        match assigned {
            _ if is(|value| value.sql.as_ref() == "DEFAULT") => catalog.fill_unnamed(table, column),
            _ if is(|value| value.shape == ExprShape::Null) => {}
            Some(ExprShape::Null) => {}
            Some(ExprShape::Column(from)) => {
                let fill = table.column(from.as_str()).map_or(Fill::Anything, |from| Fill::Copied(from.number));
                catalog.fill(table, column, fill);
            }
            _ => catalog.fill(table, column, Fill::Anything),
        }
    }
    if new_rows {
        all.iter().filter(|column| !named.contains(column)).for_each(|column| catalog.fill_unnamed(table, column));
    }
}

/// `ON CONFLICT` needs a unique index on exactly what it names. Whether a condition covers a partial one is left open.
fn arbiter(table: &Table, target: &ConflictTarget) -> Done {
    let mut unique = table.indexes.iter().filter(|index| index.unique).map(|index| &index.shape);
    let (found, columns) = match target {
        ConflictTarget::Any => return Ok(()),
        ConflictTarget::Constraint(name) => {
            return match table.constraint(name) {
                Some(_) => Ok(()),
                None => Err(missing_member(ObjectKind::Constraint, name, &table.name)),
            };
        }
        ConflictTarget::Columns { columns, filtered } => {
            let fits = |shape: &IndexShape| {
                let keys: Option<Vec<&Ident>> = shape.keys.iter().map(IndexKey::column).collect();
                let same = |keys: Vec<&Ident>| {
                    keys.iter().all(|key| columns.contains(key)) && columns.iter().all(|column| keys.contains(&column))
                };
                keys.is_some_and(same) && (*filtered || shape.predicate.is_none())
            };
            (unique.any(fits), columns.clone())
        }
        ConflictTarget::Expressions => {
            let known = table.columns.iter().all(|column| column.data_type.name != "unknown");
            (!known || unique.any(|shape| shape.keys.iter().any(|key| key.column().is_none())), Vec::new())
        }
    };
    if found { Ok(()) } else { Err(Problem::NoConflictKey { table: table.name.to_string(), columns }) }
}

/// `TRUNCATE`: a partitioned table has no rows of its own, and who refers to a table goes with it or is in the way.
pub(super) fn truncate(catalog: &Catalog, tables: &[Target], cascade: bool, dialect: &dyn Dialect) -> Done {
    targets(catalog, tables, dialect)?;
    let is_partitioned = |target: &&Target| {
        let found = catalog.resolve_relation(&target.table);
        found.and_then(|name| catalog.table(&name)).is_some_and(|table| table.partition_by.is_some())
    };
    match tables.iter().filter(|target| target.only).find(is_partitioned) {
        Some(_) => Err(Problem::Other { code: "42809", message: "cannot truncate only a partitioned table".to_owned() }),
        None if !cascade && is_referenced(catalog, tables) => {
            let message = "cannot truncate a table referenced in a foreign key constraint".to_owned();
            Err(Problem::Other { code: "0A000", message })
        }
        None => Ok(()),
    }
}

/// Whether a table beyond these refers to one of them.
fn is_referenced(catalog: &Catalog, tables: &[Target]) -> bool {
    let named = tables.iter().filter_map(|target| Some((catalog.resolve_relation(&target.table)?, target.only)));
    let all: Vec<Name> = named.flat_map(|(name, only)| if only { vec![name] } else { inherit::family(catalog, &name) }).collect();
    let refers = |who: &Dependent| match who {
        Dependent::Constraint(table, name) if !all.contains(table) => {
            let constraint = catalog.table(table).and_then(|table| table.constraint(name));
            matches!(constraint.map(|own| &own.kind), Some(ConstraintKind::ForeignKey(_)))
        }
        _ => false,
    };
    all.iter().any(|name| {
        let columns = catalog.table(name).into_iter().flat_map(|table| &table.columns);
        let on = columns.map(|column| Dependency::Column(name.clone(), column.name.clone()));
        on.chain([Dependency::Relation(name.clone())]).any(|on| catalog.dependents(&on).any(refers))
    })
}

/// `TRUNCATE`, `LOCK`: every named relation must be there.
pub(super) fn targets(catalog: &Catalog, targets: &[Target], dialect: &dyn Dialect) -> Done {
    known(catalog, targets.iter().map(|target| &target.table), dialect)
}

fn known<'a>(catalog: &Catalog, names: impl IntoIterator<Item = &'a QName>, dialect: &dyn Dialect) -> Done {
    match names.into_iter().find(|name| catalog.resolve_relation(name).is_none()) {
        Some(name) => unknown(catalog, name, dialect),
        None => Ok(()),
    }
}

fn unknown(catalog: &Catalog, name: &QName, dialect: &dyn Dialect) -> Done {
    if catalog.may_lie_outside(name, dialect) { Ok(()) } else { Err(missing(ObjectKind::Table, name)) }
}

/// `VACUUM`, `ANALYZE`, `CLUSTER`, `REINDEX`
pub(super) fn maintenance(catalog: &Catalog, maintenance: &Maintenance, dialect: &dyn Dialect) -> Done {
    match maintenance {
        Maintenance::Vacuum { full: _, tables } | Maintenance::Analyze(tables) => known(catalog, tables, dialect),
        Maintenance::Cluster { table, index: _ } => known(catalog, table, dialect),
        Maintenance::Reindex { kind: ObjectKind::Index | ObjectKind::Table, name: Some(name), concurrently: _ } => {
            known(catalog, [name], dialect)
        }
        Maintenance::Reindex { .. } | Maintenance::Checkpoint => Ok(()),
    }
}
