//! The end of a transaction that nobody began.

use super::{At, Check, Finding, rule};
use crate::replay::TransactionNote;

rule! {
    /// A transaction is ended that nobody began.
    ///
    /// The server only warns (`25P01`). Each statement before it was committed by itself, which is hardly what was meant.
    ///
    /// ```sql,bad
    /// -- transaction: none
    /// -- migration
    /// CREATE TABLE users (id bigint PRIMARY KEY);
    /// COMMIT;
    /// ```
    ///
    /// ```sql,good
    /// -- transaction: none
    /// -- migration
    /// BEGIN;
    /// CREATE TABLE users (id bigint PRIMARY KEY);
    /// COMMIT;
    /// ```
    pub(super) static TRANSACTION_NOT_OPEN = "transaction-not-open", Warning, Runner, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let finding = |()| {
        at.finding(at.statement.span, "no transaction is open here: every statement before it is committed already")
            .help("Begin the transaction with BEGIN, or leave this out.")
    };
    at.noted(TransactionNote::NotOpen).map(finding).into_iter().collect()
}
