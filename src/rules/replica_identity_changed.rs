//! Logical replication identifies rows otherwise.

use super::{At, Check, Finding, rule};
use crate::change::ReplicaIdentity;

rule! {
    /// A table's replica identity changes: subscribers and change data capture get other keys of changed rows.
    ///
    /// With NOTHING, updates and deletes of a published table fail; with another index, consumers find other columns in the old row's
    /// key.
    ///
    /// ```sql,bad
    /// CREATE TABLE users (id bigint PRIMARY KEY, email text);
    /// -- migration
    /// ALTER TABLE users REPLICA IDENTITY NOTHING;
    /// ```
    ///
    /// ```sql,good
    /// CREATE TABLE users (id bigint PRIMARY KEY, email text);
    /// -- migration
    /// ALTER TABLE users REPLICA IDENTITY FULL;
    /// ```
    pub(super) static REPLICA_IDENTITY_CHANGED = "replica-identity-changed", Warning, Compatibility, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let changed = |(before, after): (&_, &std::sync::Arc<crate::catalog::Table>)| {
        let before: &std::sync::Arc<crate::catalog::Table> = before;
        // A full row holds every key.
        let less = before.replica_identity != after.replica_identity && after.replica_identity != ReplicaIdentity::Full;
        less.then(|| {
            let span = at.place(|catalog| catalog.table(&after.name).map(|table| table.replica_identity.clone()));
            at.finding(span, format!("consumers of the changes of {} get another key of changed rows", at.shown(&after.name)))
                .help("Change the consumers first, so that they take both keys.")
        })
    };
    at.changed_tables().into_iter().filter_map(changed).collect()
}
