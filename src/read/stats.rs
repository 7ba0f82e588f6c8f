//! The figures of tables, as `migsafe plan --stats-out` keeps them.

use serde::Deserialize;

/// The figures of a table, as read.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableFigures {
    /// Its schema.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// The size of its rows.
    pub bytes: u64,
    /// The size of its indexes.
    pub index_bytes: u64,
    /// About how many rows it has.
    pub rows: u64,
    /// How many rows are written in an hour.
    pub writes_per_hour: Option<f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    schema_version: u32,
    tables: Vec<TableFigures>,
}

/// Reads a file of figures; what is wrong with it, where something is.
pub fn stats(text: &str) -> Result<Vec<TableFigures>, String> {
    let file: File =
        serde_json::from_str(text).map_err(|error| format!("{error}: it is not what `migsafe plan --stats-out` writes"))?;
    match file.schema_version {
        1 => Ok(file.tables),
        other => Err(format!("it has version {other}, and version 1 is what this migsafe reads")),
    }
}
