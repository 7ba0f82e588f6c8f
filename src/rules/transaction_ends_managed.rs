//! The runner's transaction, ended by the script.

use super::{At, Check, Finding, rule};
use crate::replay::TransactionNote;

rule! {
    /// The script ends the transaction that the runner opened.
    ///
    /// What follows runs without a transaction, and the runner's note that the migration was applied is no longer committed together
    /// with it: after a failure the migration is there in part and counts as not applied.
    ///
    /// ```sql,bad
    /// -- migration
    /// CREATE TABLE users (id bigint PRIMARY KEY);
    /// COMMIT;
    /// CREATE TABLE orders (id bigint PRIMARY KEY);
    /// ```
    ///
    /// ```sql,good
    /// -- migration
    /// CREATE TABLE users (id bigint PRIMARY KEY);
    /// CREATE TABLE orders (id bigint PRIMARY KEY);
    /// ```
    pub(super) static TRANSACTION_ENDS_MANAGED = "transaction-ends-managed", Warning, Runner, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let finding = |()| {
        at.finding(at.statement.span, "this ends the transaction that the runner opened for the migration")
            .help("Leave it out, and split the migration where a part must be committed before the next.")
    };
    at.noted(TransactionNote::EndsManaged).map(finding).into_iter().collect()
}
