//! Where the live schema is not the one that the applied migrations make: tables and columns, their types and NOT NULL.

use super::{Live, LiveError};
use crate::catalog::{Catalog, Name, Relation};
use crate::lint::Lint;
use std::collections::BTreeMap;

pub(super) fn drift(live: &mut Live, lint: &Lint<'_>) -> Result<Vec<String>, LiveError> {
    let catalog: &Catalog = lint.replayed.commits.first().map_or(&lint.replayed.schema, |commit| &commit.before);
    let rows = live.rows(
        "SELECT n.nspname, c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull
         FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
             AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')",
    )?;
    let mut found: BTreeMap<Name, BTreeMap<String, (String, bool)>> = BTreeMap::new();
    for row in rows {
        if let Ok([Some(schema), Some(table), Some(column), Some(data_type), Some(required)]) =
            <[Option<String>; 5]>::try_from(row)
        {
            found.entry(Name::new(schema, table)).or_default().insert(column, (data_type, required == "t"));
        }
    }
    let mut out = Vec::new();
    let search_path = &lint.options.dialect.empty_catalog().session.search_path;
    let shown = |name: &Name| if search_path.contains(&name.schema) { name.name.to_string() } else { name.to_string() };
    for (name, relation) in &catalog.relations {
        let Relation::Table(table) = relation else { continue };
        let Some(columns) = found.get(name) else {
            out.push(format!("table {} is not there", shown(name)));
            continue;
        };
        for column in &table.columns {
            let label = format!("{}.{}", shown(name), column.name);
            match columns.get(column.name.as_str()) {
                None => out.push(format!("column {label} is not there")),
                Some((data_type, required)) => {
                    let expected = lint.options.dialect.type_text(&column.data_type);
                    let bare = |text: &str| text.rsplit('.').next().unwrap_or_default().trim_matches('"').to_owned();
                    if bare(&expected) != bare(data_type) {
                        out.push(format!("column {label} is {data_type} instead of {expected}"));
                    }
                    if column.not_null != *required {
                        out.push(format!("column {label} is {}", if *required { "NOT NULL" } else { "nullable" }));
                    }
                }
            }
        }
        for column in columns.keys().filter(|column| table.column(column).is_none()) {
            out.push(format!("column {}.{column} is in no migration", shown(name)));
        }
    }
    Ok(out)
}
