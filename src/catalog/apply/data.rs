//! Statements that change no schema: only what they name must be there.

use super::{Done, missing, missing_member};
use crate::catalog::Catalog;
use crate::change::{Data, DataKind, Maintenance, ObjectKind, QName};
use crate::dialect::Dialect;

/// `INSERT`, `UPDATE`, `DELETE`, `MERGE`, `COPY`: the table and columns that are written.
pub(super) fn data(catalog: &Catalog, data: &Data, dialect: &dyn Dialect) -> Done {
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
    match columns.into_iter().find(|column| !catalog.has_column(&table, column)) {
        Some(column) => Err(missing_member(ObjectKind::Column, column, &table)),
        None => Ok(()),
    }
}

/// `TRUNCATE`: the tables, and without `CASCADE` all that refer to them.
pub(super) fn truncate(catalog: &Catalog, tables: &[QName], dialect: &dyn Dialect) -> Done {
    known(catalog, tables, dialect)
}

/// Every named relation must be there.
pub(super) fn known(catalog: &Catalog, names: &[QName], dialect: &dyn Dialect) -> Done {
    match names.iter().find(|name| catalog.resolve_relation(name).is_none()) {
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
        Maintenance::Cluster { table, index: _ } => known(catalog, table.as_slice(), dialect),
        Maintenance::Reindex { kind: ObjectKind::Index | ObjectKind::Table, name: Some(name), concurrently: _ } => {
            known(catalog, std::slice::from_ref(name), dialect)
        }
        Maintenance::Reindex { .. } | Maintenance::Checkpoint => Ok(()),
    }
}
