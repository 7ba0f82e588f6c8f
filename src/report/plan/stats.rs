//! The figures of tables as a file, for pipelines that may not reach the database.

use crate::plan::Facts;
use serde::Serialize;

/// The figures as JSON.
pub fn stats_json(facts: &Facts) -> String {
    let tables = facts.tables.iter().map(|(name, table)| Table {
        schema: &name.schema,
        name: &name.name,
        bytes: table.bytes,
        index_bytes: table.index_bytes,
        rows: table.rows,
        writes_per_hour: table.writes_per_hour,
    });
    let file = File { schema_version: 1, tables: tables.collect() };
    serde_json::to_string_pretty(&file).expect("figures have only strings, numbers and lists") + "\n"
}

#[derive(Serialize)]
struct File<'a> {
    schema_version: u32,
    tables: Vec<Table<'a>>,
}

#[derive(Serialize)]
struct Table<'a> {
    schema: &'a str,
    name: &'a str,
    bytes: u64,
    index_bytes: u64,
    rows: u64,
    writes_per_hour: Option<f64>,
}
