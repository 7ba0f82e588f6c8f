//! Tables without a primary key.

use super::{At, Check, Finding, rule};
use crate::change::{Change, Persistence};

rule! {
    /// A table is made without a primary key.
    ///
    /// Rows that are alike cannot be told apart, logical replication cannot carry updates and deletes, and backfills have nothing to go
    /// by in batches.
    ///
    /// ```sql,bad
    /// -- migration
    /// CREATE TABLE visits (at timestamptz);
    /// ```
    ///
    /// ```sql,good
    /// -- migration
    /// CREATE TABLE visits (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at timestamptz);
    /// ```
    pub(super) static PRIMARY_KEY_MISSING = "primary-key-missing", Off, Convention, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let end = &at.scene.replayed.steps[at.assessment.steps.end - 1].after;
    let mut out = Vec::new();
    for (change, span) in at.changes() {
        let Change::CreateTable(create) = change else { continue };
        let Some(table) = at.step.after.resolve_relation(&create.name).and_then(|name| end.table(&name)) else { continue };
        let plain = table.persistence != Persistence::Temporary && table.partition_of.is_none() && table.server.is_none();
        let new = at.step.before.table(&table.name).is_none();
        if plain && new && !table.indexes.iter().any(|index| index.primary) {
            let message = format!("{} has no primary key", at.shown(&table.name));
            out.push(
                at.finding(span, message)
                    .help("Add a column that identifies the row: id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY."),
            );
        }
    }
    out
}
