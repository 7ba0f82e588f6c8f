//! A table of its own becomes a partition.

use super::{At, Check, Finding, FindingBreak, Level, rule};
use crate::assess::{Broken, Use};
use crate::catalog::Name;
use crate::dialect::AppError;

rule! {
    /// A table becomes a partition, and the old application may write rows into it that lie outside its bounds.
    ///
    /// Such a row fails with `23514` (it violates the partition constraint). Ship the application that writes through the partitioned table first.
    ///
    /// ```sql,bad
    /// CREATE TABLE events (at date) PARTITION BY RANGE (at);
    /// CREATE TABLE events_2024 (at date);
    /// -- migration
    /// ALTER TABLE events ATTACH PARTITION events_2024 FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
    /// ```
    ///
    /// ```sql,good
    /// CREATE TABLE events (at date) PARTITION BY RANGE (at);
    /// -- migration
    /// CREATE TABLE events_2024 (at date);
    /// ALTER TABLE events ATTACH PARTITION events_2024 FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
    /// ```
    pub(super) static PARTITION_ATTACHED = "partition-attached", Warning, Compatibility, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let key = |broken: &Broken| match (&broken.usage, &broken.error) {
        (Use::WriteRow(name, _), AppError::PartitionBound { .. }) => Some(name.clone()),
        _ => None,
    };
    let finding = |(name, breaks): (Name, Vec<FindingBreak>)| {
        let span = at.place(|catalog| catalog.table(&name).map(|table| table.partition_of.clone()));
        at.breaking(span, format!("{} only takes rows within its bounds from now on", at.shown(&name)), breaks)
            .help(format!("Deploy an application that writes into {} through the partitioned table first.", at.shown(&name)))
            .at_most(Level::Warning)
    };
    at.claim_by(key).into_iter().map(finding).collect()
}
