//! The figures of tables in a file.

use crate::cli::Failure;
use migsafe::catalog::Name;
use migsafe::plan::{Facts, TableFacts};
use migsafe::read;
use std::fs;
use std::path::Path;

/// Reads what `--stats-out` wrote.
pub fn read(file: &Path) -> Result<Facts, Failure> {
    let shown = file.display();
    let text = fs::read_to_string(file).map_err(|error| Failure(format!("{shown}: cannot be read: {error}")))?;
    let tables = read::stats(&text).map_err(|error| Failure(format!("{shown}: {error}")))?;
    let table = |found: read::TableFigures| {
        let (bytes, index_bytes, rows) = (found.bytes, found.index_bytes, found.rows);
        let facts = TableFacts { bytes, index_bytes, rows, writes_per_hour: found.writes_per_hour };
        (Name::new(found.schema, found.name), facts)
    };
    Ok(Facts { tables: tables.into_iter().map(table).collect(), ..Facts::default() })
}
