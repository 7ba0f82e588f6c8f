//! A partition is not one any more.

use super::{At, Check, Finding, FindingBreak, rule};
use crate::assess::{Broken, Phase, Use};
use crate::catalog::Name;

rule! {
    /// A partition is detached: its rows vanish from the table, and inserts that belong into it fail.
    ///
    /// The old application's inserts get `23514` (no partition found for the row) unless a default partition takes them; its queries
    /// silently find fewer rows.
    ///
    /// ```sql,bad
    /// CREATE TABLE events (at date) PARTITION BY RANGE (at);
    /// CREATE TABLE events_2024 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
    /// -- migration
    /// ALTER TABLE events DETACH PARTITION events_2024;
    /// ```
    ///
    /// ```sql,good
    /// CREATE TABLE events (at date) PARTITION BY RANGE (at);
    /// CREATE TABLE events_2024 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
    /// -- migration
    /// CREATE TABLE events_2025 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
    /// ```
    pub(super) static PARTITION_DETACHED = "partition-detached", Error, Compatibility, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let key = |broken: &Broken| match &broken.usage {
        Use::InsertPartition(parent, partition) => Some((parent.clone(), partition.clone())),
        _ => None,
    };
    let finding = |((parent, partition), breaks): ((Name, Name), Vec<FindingBreak>)| {
        let span = at.place(|catalog| catalog.table(&partition).map(|table| table.partition_of.clone()));
        let (parent_sql, partition_sql) = (at.sql(&parent), at.sql(&partition));
        at.breaking(span, format!("rows of {} belong to {} no longer", at.shown(&partition), at.shown(&parent)), breaks)
            .help(format!(
                "Detach {} when no instance reads or writes its rows through {}.",
                at.shown(&partition),
                at.shown(&parent)
            ))
            .part(Phase::Contract, [format!("ALTER TABLE {parent_sql} DETACH PARTITION {partition_sql}")])
    };
    at.claim_by(key).into_iter().map(finding).collect()
}
