//! A transaction without an end.

use super::{At, Check, Finding, rule};
use crate::replay::TransactionNote;

rule! {
    /// A transaction is opened and never ended.
    ///
    /// When the session ends, the server rolls it back, and nothing of the migration remains. A runner that keeps the session applies the
    /// next migrations in the same transaction.
    ///
    /// ```sql,bad
    /// -- transaction: none
    /// -- migration
    /// BEGIN;
    /// CREATE TABLE users (id bigint PRIMARY KEY);
    /// ```
    ///
    /// ```sql,good
    /// -- transaction: none
    /// -- migration
    /// BEGIN;
    /// CREATE TABLE users (id bigint PRIMARY KEY);
    /// COMMIT;
    /// ```
    pub(super) static TRANSACTION_UNCLOSED = "transaction-unclosed", Error, Runner, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let finding = |()| {
        at.finding(at.statement.span, "the transaction is still open after the last statement, and may be rolled back")
            .help("End it with COMMIT.")
    };
    at.noted(TransactionNote::Unclosed).map(finding).into_iter().collect()
}
