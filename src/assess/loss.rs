//! What a statement destroys that no schema change can bring back.

use crate::catalog::{Catalog, Name, ObjectId, Relation};
use crate::change::{Change, DataKind, Ident, TableAction};
use crate::dialect::Dialect;
use crate::replay::Step;
use std::fmt;

/// Data that is gone after a statement.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Loss {
    /// A table with its rows.
    Table(Name),
    /// A column with its values.
    Column(Name, Ident),
    /// Rows of a table, all or some.
    Rows(Name, bool),
    /// The former values of a column that an update overwrites.
    Values(Name, Vec<Ident>),
    /// Digits, length or time zone that a type change takes from a column's values.
    Precision(Name, Ident),
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Loss::Table(name) => write!(f, "all rows of {name}"),
            Loss::Column(name, column) => write!(f, "the values of {name}.{column}"),
            Loss::Rows(name, true) => write!(f, "all rows of {name}"),
            Loss::Rows(name, false) => write!(f, "rows of {name}"),
            Loss::Values(name, columns) => write!(f, "the former values of {} in {name}", columns.join(", ")),
            Loss::Precision(name, column) => write!(f, "part of the values of {name}.{column}"),
        }
    }
}

/// What a step destroys of what was there before its transaction.
pub(super) fn losses(step: &Step, dialect: &dyn Dialect) -> Vec<Loss> {
    let mut out = Vec::new();
    for atom in &step.atoms {
        rows(&atom.change.value, &atom.before, &step.base, dialect, &mut out);
    }
    objects(step, &mut out);
    out
}

fn id_of(catalog: &Catalog, name: &Name) -> Option<ObjectId> {
    catalog.relations.get(name).and_then(Relation::id)
}

/// Tables and columns that were there before the transaction and are not there any more.
fn objects(step: &Step, out: &mut Vec<Loss>) {
    let touched = super::Touched::between(&step.before, &step.after);
    for name in &touched.relations {
        let Some(Relation::Table(table)) = step.before.relations.get(name) else { continue };
        let known = |catalog: &Catalog| touched.relations.iter().find(|other| id_of(catalog, other) == Some(table.id)).cloned();
        if !step.base.knows(table.id) {
            continue;
        }
        match known(&step.after).and_then(|now| step.after.table(&now).cloned()) {
            None => out.push(Loss::Table(name.clone())),
            Some(now) => {
                let gone = table.columns.iter().filter(|column| !now.columns.iter().any(|other| other.number == column.number));
                let old =
                    gone.filter(|column| !matches!(column.value, crate::change::ColumnValue::Generated { stored: false, .. }));
                out.extend(old.map(|column| Loss::Column(name.clone(), column.name.clone())));
            }
        }
    }
}

/// Rows that a data statement takes away or overwrites.
fn rows(change: &Change, before: &Catalog, base: &Catalog, dialect: &dyn Dialect, out: &mut Vec<Loss>) {
    let old = |name: &crate::change::QName| before.resolve_relation(name).filter(|name| base.relations.contains_key(name));
    match change {
        Change::Truncate { tables, .. } => {
            let named = tables.iter().filter_map(|target| old(&target.table));
            out.extend(named.map(|name| Loss::Rows(name, true)));
        }
        Change::Data(data) => {
            let Some(name) = data.table.as_ref().and_then(old) else { return };
            match data.kind {
                DataKind::Delete => out.push(Loss::Rows(name, !data.filtered)),
                DataKind::Update => {
                    let known = |column: &Ident| base.table(&name).is_some_and(|table| table.column(column).is_some());
                    let columns: Vec<Ident> = data.columns.iter().flatten().filter(|column| known(column)).cloned().collect();
                    if !columns.is_empty() {
                        out.push(Loss::Values(name, columns));
                    }
                }
                DataKind::Merge => out.push(Loss::Rows(name, false)),
                DataKind::Select | DataKind::Insert | DataKind::CopyIn | DataKind::CopyOut | DataKind::Call => {}
            }
        }
        Change::AlterTable(alter) => {
            let TableAction::SetType { column, data_type, using, .. } = &alter.action else { return };
            if using.as_ref().is_some_and(is_in_utc) {
                return;
            }
            let Some(name) = old(&alter.table) else { return };
            let from = before.table(&name).and_then(|table| table.column(column)).map(|column| column.data_type.clone());
            if from.is_some_and(|from| dialect.conversion(&from, data_type, before).lossy) {
                out.push(Loss::Precision(name, column.clone()));
            }
        }
        _ => {}
    }
}

/// `... AT TIME ZONE 'UTC'`: every instant has one time of day there, and the other way round.
fn is_in_utc(using: &crate::change::Expr) -> bool {
    let text = using.sql.to_ascii_lowercase();
    let words: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || matches!(c, '(' | ')')).filter(|it| !it.is_empty()).collect();
    words.windows(4).any(|four| matches!(four, ["at", "time", "zone", "'utc'" | "'gmt'" | "'etc/utc'"]))
}
