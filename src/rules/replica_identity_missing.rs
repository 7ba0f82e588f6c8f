//! A published table without a key.

use super::{At, Check, Finding, FindingBreak, rule};
use crate::assess::Broken;
use crate::catalog::Name;
use crate::dialect::AppError;

rule! {
    /// A table is published whose rows nothing identifies: updates and deletes of it fail at once, subscribers or not.
    ///
    /// A publication that sends updates or deletes needs the table's primary key, another replica identity, or `REPLICA IDENTITY
    /// FULL`; without it the server refuses them with `55000`. Give the table its identity first, or publish inserts only.
    ///
    /// ```sql,bad
    /// CREATE TABLE clicks (at timestamptz, url text);
    /// -- migration
    /// CREATE PUBLICATION feed FOR TABLE clicks;
    /// ```
    ///
    /// ```sql,good
    /// CREATE TABLE clicks (at timestamptz, url text);
    /// -- migration
    /// CREATE PUBLICATION feed FOR TABLE clicks WITH (publish = 'insert');
    /// ```
    pub(super) static REPLICA_IDENTITY_MISSING = "replica-identity-missing", Error, Compatibility, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let key = |broken: &Broken| match &broken.error {
        AppError::NoReplicaIdentity { .. } => broken.usage.subject().0.cloned(),
        _ => None,
    };
    let finding = |(name, breaks): (Name, Vec<FindingBreak>)| {
        let shown = at.shown(&name);
        at.breaking(at.statement.span, format!("{shown} is published, and nothing identifies its rows"), breaks).help(format!(
            "Give {shown} a primary key or REPLICA IDENTITY FULL before it is published, or publish its inserts only."
        ))
    };
    at.claim_by(key).into_iter().map(finding).collect()
}
