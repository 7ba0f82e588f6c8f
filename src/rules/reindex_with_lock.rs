//! An index built anew while readers and writers wait.

use super::work::Work;
use super::{At, Check, Finding, rule};
use crate::assess::Phase;
use crate::change::{Change, Maintenance};

rule! {
    /// An index is built anew under a lock that stops the use of its table.
    ///
    /// Writers wait for the table's lock, and readers for the index's: planning any query on the table looks at all its indexes.
    /// Built concurrently, the new index takes the old one's place when it is ready.
    ///
    /// ```sql,bad
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer bigint);
    /// -- migration
    /// REINDEX TABLE orders;
    /// ```
    ///
    /// ```sql,good
    /// -- transaction: none
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer bigint);
    /// -- migration
    /// REINDEX TABLE CONCURRENTLY orders;
    /// ```
    pub(super) static REINDEX_WITH_LOCK = "reindex-with-lock", Error, Locks, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let mut out = Vec::new();
    for slow in at.slow(Work::Reindex) {
        let Change::Maintenance(Maintenance::Reindex { kind, name, .. }) = &slow.atom.change.value else { continue };
        let concurrent = Maintenance::Reindex { kind: *kind, name: name.clone(), concurrently: true };
        out.push(
            at.blocked(&slow, "indexes are built anew")
                .help(format!("Build them anew with CONCURRENTLY. {}", at.outside()))
                .part(Phase::Free, [at.write(&Change::Maintenance(concurrent))]),
        );
    }
    out
}
