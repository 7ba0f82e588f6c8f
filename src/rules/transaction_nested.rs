//! A transaction inside a transaction.

use super::{At, Check, Finding, rule};
use crate::replay::TransactionNote;

rule! {
    /// `BEGIN` stands inside a transaction that is already open, and does nothing.
    ///
    /// The server only warns (`25001`). But the `COMMIT` that belongs to it ends the outer transaction, and what follows runs without one.
    ///
    /// ```sql,bad
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
    pub(super) static TRANSACTION_NESTED = "transaction-nested", Warning, Runner, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    at.noted(TransactionNote::Nested)
        .map(|()| {
            at.finding(at.statement.span, "a transaction is open already: this BEGIN does nothing")
                .help("Leave BEGIN and COMMIT out: the transaction is opened around the migration.")
        })
        .into_iter()
        .collect()
}

impl At<'_> {
    /// Whether something odd about transactions was noted at this statement.
    pub(super) fn noted(&self, wanted: TransactionNote) -> Option<()> {
        self.scene.replayed.notes.contains(&(self.number, wanted)).then_some(())
    }
}
