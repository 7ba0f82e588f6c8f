//! The keys that statements are known to have inserted. Rows are no part of a schema, but whether a row that a default refers to
//! was ever inserted decides what an application meets.

use super::{Catalog, Name, Table};
use crate::change::{ColumnValue, Data, DataKind, ExprShape, Ident};
use imbl::{OrdMap, OrdSet};
use std::collections::BTreeSet;
use std::sync::Arc;

/// So many rows of one statement are looked at; more are taken for anything.
const MOST_ROWS: usize = 1000;

/// So many keys of a table are remembered; one with more is no list of names that defaults refer to.
const MOST_KEYS: usize = 1000;

/// What statements have put into the keys of a table.
#[derive(Debug, Clone, Default)]
pub struct Contents {
    /// The literals that were inserted into each column of a key, by number.
    pub keys: OrdMap<u32, OrdSet<Arc<str>>>,
    /// Whether keys were written that are not known.
    pub unknown: bool,
}

impl Catalog {
    /// What is known to have been put into a table.
    pub fn contents(&self, table: &Name) -> Option<&Contents> {
        self.contents.get(&self.table(table)?.id)
    }

    /// Notes what a statement puts into the keys of a table.
    pub(super) fn note_rows(&mut self, table: &Table, data: &Data) {
        let keys = keys(table);
        let written = data.columns.as_ref().is_none_or(|columns| columns.iter().any(|column| keys.contains(column)));
        // Nothing refers to it, or it may hold anything.
        if keys.is_empty() || self.contents.get(&table.id).is_some_and(|contents| contents.unknown) {
            return;
        }
        let contents = match data.kind {
            DataKind::Insert | DataKind::Merge | DataKind::CopyIn => self.contents.entry(table.id).or_default(),
            DataKind::Update if written => self.contents.entry(table.id).or_default(),
            DataKind::Update | DataKind::Delete | DataKind::Select | DataKind::CopyOut | DataKind::Call => return,
        };
        match &data.rows {
            Some(rows) if data.kind == DataKind::Insert && rows.len() <= MOST_ROWS => {
                keys.into_iter().for_each(|key| contents.insert(table, key, data, rows));
            }
            _ => contents.unknown = true,
        }
        if contents.unknown || contents.keys.values().map(OrdSet::len).sum::<usize>() > MOST_KEYS {
            *contents = Contents { keys: OrdMap::new(), unknown: true };
        }
    }
}

impl Contents {
    fn insert(&mut self, table: &Table, key: &Ident, data: &Data, rows: &[Vec<crate::change::Expr>]) {
        let Some(column) = table.column(key) else { return };
        let place = match &data.columns {
            Some(columns) => columns.iter().position(|name| name == key),
            None => table.columns.iter().position(|own| own.number == column.number),
        };
        for row in rows {
            match place.and_then(|place| row.get(place)).map(|value| &value.shape) {
                Some(ExprShape::Literal(text)) => {
                    self.keys.entry(column.number).or_default().insert(text.clone());
                }
                Some(ExprShape::Null) => {}
                None if column.value == ColumnValue::None => {}
                // What a sequence or a call gives.
                Some(ExprShape::Column(_) | ExprShape::NotNull(_) | ExprShape::Other) | None => self.unknown = true,
            }
        }
    }
}

/// The columns of unique keys.
fn keys(table: &Table) -> BTreeSet<&Ident> {
    let unique = table.indexes.iter().filter(|index| index.unique);
    unique.flat_map(|index| &index.shape.keys).filter_map(|key| key.column()).collect()
}
