//! Rows that go through a migration and back: what is in each table, as a number and a digest that do not depend on the order of
//! rows and columns.

use super::super::coexist::{Recipes, grow, seed_everything};
use super::super::{Connection, SqlError};
use crate::assess::Touched;
use crate::catalog::{Catalog, Name};
use crate::dialect::Dialect;
use std::collections::BTreeMap;

/// What tables held when they were looked at.
#[derive(Debug, Default)]
pub struct Rows {
    /// By table: how many rows, and their digest.
    tables: BTreeMap<Name, (u64, String)>,
}

impl Rows {
    /// Fills the tables that a migration touches, and looks at them.
    pub fn fill(
        session: &mut Connection,
        (before, after): (&Catalog, &Catalog),
        count: Option<u32>,
        dialect: &dyn Dialect,
    ) -> Result<(Rows, Recipes), SqlError> {
        let touched = Touched::between(before, after);
        let recipes: Recipes = seed_everything(session, before, after, &touched, dialect)?;
        if let Some(count) = count {
            grow(session, before, &recipes, count, dialect)?;
        }
        let tables = recipes.tables().map(|name| (name.clone(), (0, String::new()))).collect();
        Ok((Rows { tables }.look(session, dialect)?, recipes))
    }

    /// How many rows each table holds.
    pub fn counts(&self) -> impl Iterator<Item = (String, u64)> {
        self.tables.iter().map(|(name, (count, _))| (name.to_string(), *count))
    }

    /// The same tables as they are now; one that is not there holds nothing.
    pub fn look(&self, session: &mut Connection, dialect: &dyn Dialect) -> Result<Rows, SqlError> {
        let mut tables = BTreeMap::new();
        for name in self.tables.keys() {
            let table = format!("{}.{}", dialect.quote(&name.schema), dialect.quote(&name.name));
            let rows = session.query_rows(&format!(
                "SELECT count(*), coalesce(sum(hashtextextended(to_jsonb(t)::text, 0)::numeric), 0) FROM {table} t"
            ));
            let found = match rows {
                Ok(rows) => match rows.into_iter().next().as_deref() {
                    Some([Some(count), Some(digest)]) => (count.parse().unwrap_or_default(), digest.clone()),
                    _ => (0, String::new()),
                },
                Err(error) if error.sqlstate().is_some() => (0, String::new()),
                Err(error) => return Err(error),
            };
            tables.insert(name.clone(), found);
        }
        Ok(Rows { tables })
    }

    /// How many tables hold rows.
    pub fn filled(&self) -> usize {
        self.tables.values().filter(|(count, _)| *count > 0).count()
    }

    /// What is not as it was in these, in words.
    pub fn lost(&self, now: &Rows) -> Vec<String> {
        let mut lost = Vec::new();
        for (name, (count, digest)) in &self.tables {
            match now.tables.get(name) {
                Some((left, _)) if left < count => lost.push(format!("{} of {count} rows of {name} are gone", count - left)),
                Some((_, other)) if other != digest => lost.push(format!("the rows of {name} are not what they were")),
                _ => {}
            }
        }
        lost
    }
}
