//! Migrations that cannot be run again after a failure in the middle.

use super::{At, Check, Finding, rule};
use crate::catalog::Catalog;
use crate::change::Change;

rule! {
    /// A migration without a transaction may stop halfway, and cannot be run again.
    ///
    /// After a failure in the middle its first statements stay. Run again, it fails at what they made. With `IF [NOT] EXISTS`, or what was
    /// made dropped first, it can simply be repeated.
    ///
    /// ```sql,bad
    /// -- transaction: none
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer bigint, day date);
    /// -- migration
    /// CREATE INDEX CONCURRENTLY orders_customer ON orders (customer);
    /// CREATE INDEX CONCURRENTLY orders_day ON orders (day);
    /// ```
    ///
    /// ```sql,good
    /// -- transaction: none
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer bigint, day date);
    /// -- migration
    /// DROP INDEX CONCURRENTLY IF EXISTS orders_customer;
    /// CREATE INDEX CONCURRENTLY orders_customer ON orders (customer);
    /// DROP INDEX CONCURRENTLY IF EXISTS orders_day;
    /// CREATE INDEX CONCURRENTLY orders_day ON orders (day);
    /// ```
    pub(super) static NOT_RERUNNABLE = "not-rerunnable", Info, Runner, Check::Statement(check);
}

/// At the last statement the migration is tried again on the state that a failure there would leave.
fn check(at: &At<'_>) -> Vec<Finding> {
    let steps = at.assessment.steps.clone();
    if at.number + 1 != steps.end || steps.len() < 2 {
        return Vec::new();
    }
    let steps = &at.scene.replayed.steps[steps];
    let outside = |(step, verdict): (&crate::replay::Step, &crate::assess::Verdict)| {
        !step.in_transaction && verdict.impact.not_in_transaction.is_some()
    };
    // Where others stand between, another rule tells them to go.
    if !steps.iter().zip(&at.assessment.verdicts).all(outside) {
        return Vec::new();
    }
    let mut state = Catalog::clone(&at.step.before);
    for step in &steps[..steps.len() - 1] {
        for atom in step.atoms.iter().filter(|atom| !atom.conditional) {
            if !matches!(atom.change.value, Change::Transaction(_)) && state.apply(&atom.change.value, at.dialect()).is_err() {
                let statement = &at.scene.parsed[step.migration].statements[step.statement];
                let mut found =
                    at.finding(statement.span, "if the migration stops after this, running it again fails here").help(
                        "Write IF NOT EXISTS or IF EXISTS, drop first what a failed run may have left, or split the migration.",
                    );
                found.place.statement = Some(step.statement);
                return vec![found];
            }
        }
    }
    Vec::new()
}
