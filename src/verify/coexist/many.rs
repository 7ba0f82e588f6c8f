//! Many rows at once: the recipes of a few rows written as one statement over `generate_series`, for tables whose size matters.

use super::app::own_keys;
use super::rows::{Choice, Recipes, SEEDS, in_order, relation, value_of};
use super::values::{many, usual};
use crate::catalog::{Catalog, Name, Table};
use crate::change::Ident;
use crate::dialect::Dialect;
use crate::verify::{Connection, SqlError};
use std::collections::BTreeMap;

/// The number of the first of many rows; smaller ones are taken.
const FIRST: u32 = 1001;

/// What differs from row to row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Differs {
    /// Whatever the recipe says.
    Everything,
    /// Only what keys want to be different.
    Keys,
}

/// Puts up to `count` more rows into each table that has a recipe. Rows that a key refuses are left out, and a table that takes
/// none keeps the few that it has.
pub fn grow(
    session: &mut Connection,
    catalog: &Catalog,
    recipes: &Recipes,
    count: u32,
    dialect: &dyn Dialect,
) -> Result<(), SqlError> {
    let mut grown = Grown { catalog, recipes, tables: BTreeMap::new(), dialect };
    for name in in_order(catalog, catalog, &recipes.tables.keys().cloned().collect()) {
        let Some(table) = catalog.table(&name) else { continue };
        for differs in [Differs::Everything, Differs::Keys] {
            let Some(sql) = grown.statement(table, differs, count) else { break };
            match session.execute(&sql) {
                Ok(()) => {
                    grown.tables.insert(name, differs);
                    break;
                }
                Err(error) if error.sqlstate().is_some() => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(())
}

/// The tables that hold many rows.
struct Grown<'a> {
    catalog: &'a Catalog,
    recipes: &'a Recipes,
    tables: BTreeMap<Name, Differs>,
    dialect: &'a dyn Dialect,
}

impl Grown<'_> {
    fn statement(&self, table: &Table, differs: Differs, count: u32) -> Option<String> {
        let recipe = self.recipes.tables.get(&table.name)?;
        let (mut columns, mut values) = (Vec::new(), Vec::new());
        for (column, _) in &recipe.choices {
            let Some(value) = self.value(&table.name, column, differs, 0) else { continue };
            let own = self.dialect.type_text(&table.column(column)?.data_type);
            columns.push(self.dialect.quote(column).into_owned());
            values.push(format!("({value})::{own}"));
        }
        let last = FIRST.saturating_add(count.max(1) - 1);
        Some(format!(
            "INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE SELECT {} FROM generate_series({FIRST}::bigint, {last}) g ON CONFLICT DO NOTHING",
            relation(&table.name, self.dialect),
            (!columns.is_empty()).then(|| columns.join(", "))?,
            values.join(", ")
        ))
    }

    /// A column's value as an expression of `g`, the number of the row.
    fn value(&self, table: &Name, column: &Ident, differs: Differs, depth: u8) -> Option<String> {
        let own = self.catalog.table(table)?;
        let (_, choice) = self.recipes.tables.get(table)?.choices.iter().find(|(name, _)| name == column)?;
        let varies = differs == Differs::Everything || own_keys(own).iter().any(|key| key.contains(column));
        let data_type = &own.column(column)?.data_type;
        match choice {
            Choice::Usual if varies => many(data_type, self.catalog),
            Choice::Usual => usual(data_type, *SEEDS.start(), self.catalog),
            Choice::Fixed(value) => Some(value.clone()),
            Choice::Omitted => None,
            Choice::Parent(parent, there) => match self.tables.get(parent) {
                Some(differs) if varies && depth < 16 => self.value(parent, there, *differs, depth + 1),
                _ => {
                    let first = self.recipes.tables.get(parent)?.there.first()?;
                    value_of(self.recipes, self.catalog, parent, there, *first, 0)
                }
            },
        }
    }
}
