//! Statements that cannot run inside a transaction, inside one.

use super::{At, Check, Finding, rule};
use crate::change::Change;

rule! {
    /// A statement that cannot run inside a transaction runs inside one, and fails with `25001`.
    ///
    /// Many runners open a transaction for every migration, and the server makes one of every string that holds several statements. How a
    /// migration gets out of it is different for each runner.
    ///
    /// ```sql,bad
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer bigint);
    /// -- migration
    /// CREATE INDEX CONCURRENTLY orders_customer ON orders (customer);
    /// ```
    ///
    /// ```sql,good
    /// -- transaction: none
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer bigint);
    /// -- migration
    /// CREATE INDEX CONCURRENTLY orders_customer ON orders (customer);
    /// ```
    pub(super) static CONCURRENTLY_IN_TRANSACTION = "concurrently-in-transaction", Error, Runner, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let in_block = at.statement.changes.iter().any(|change| matches!(change.value, Change::Do(_)));
    let mut out = Vec::new();
    for (atom, cost) in at.costs() {
        let Some(name) = cost.not_in_transaction.filter(|_| at.step.in_transaction || in_block) else { continue };
        let message = format!("{name} cannot run inside a transaction block: the migration fails here (25001)");
        let help = match in_block {
            true => "A DO block is always inside a transaction: make a statement of its own of it.".to_owned(),
            false => at.outside(),
        };
        out.push(at.finding(atom.change.span, message).help(help));
    }
    out
}
