//! The columns into which the statements of a release wrote values. What an application cannot know that it wrote may still be in
//! the way of what it does: a row that refers to another keeps it from being deleted.

use super::{Catalog, Name, ObjectId, Table};
use crate::change::{ColumnValue, ExprShape};
use imbl::OrdMap;
use imbl::ordmap::DiffItem;

/// By table and column number.
pub(super) type Filled = OrdMap<(ObjectId, u32), (Name, Fill)>;

/// Where the values came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fill {
    /// From anywhere.
    Anything,
    /// Each from the column of that number in the same row.
    Copied(u32),
}

impl Catalog {
    /// What statements put into a column.
    pub fn filled(&self, table: &Table, column: &str) -> Option<Fill> {
        let number = table.column(column)?.number;
        self.filled.get(&(table.id, number)).map(|(_, fill)| *fill)
    }

    /// The tables, by their names now, with the columns into which statements wrote that had not written there before.
    pub fn filled_since(&self, before: &Catalog) -> impl Iterator<Item = (&Name, u32)> {
        before.filled.diff(&self.filled).filter_map(|item| match item {
            DiffItem::Add((_, number), (table, _)) | DiffItem::Update { new: ((_, number), (table, _)), .. } => {
                Some((table, *number))
            }
            DiffItem::Remove(..) => None,
        })
    }

    /// A release begins: what those before it wrote, its old application knows.
    pub fn forget_filled(&mut self) {
        self.filled = Filled::default();
    }

    pub(super) fn fill(&mut self, table: &Table, column: &str, fill: Fill) {
        let Some(number) = table.column(column).map(|column| column.number) else { return };
        let key = (table.id, number);
        let fill = match self.filled.get(&key) {
            // States that do not differ share what they hold.
            Some((name, found)) if *name == table.name && (*found == fill || *found == Fill::Anything) => return,
            Some((_, found)) if *found != fill => Fill::Anything,
            _ => fill,
        };
        self.filled.insert(key, (table.name.clone(), fill));
    }

    /// The same for what a new row gets where nothing is given for the column.
    pub(super) fn fill_unnamed(&mut self, table: &Table, column: &str) {
        let given = |value: &ColumnValue| match value {
            ColumnValue::None => false,
            ColumnValue::Default(expr) => expr.shape != ExprShape::Null,
            ColumnValue::Serial | ColumnValue::Identity { .. } | ColumnValue::Generated { .. } => true,
        };
        if table.column(column).is_some_and(|column| given(&column.value)) {
            self.fill(table, column, Fill::Anything);
        }
    }
}
