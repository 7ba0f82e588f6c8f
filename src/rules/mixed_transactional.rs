//! A statement that no transaction may hold, among others that one should.

use super::{At, Check, Finding, rule};
use crate::change::Change;

rule! {
    /// A statement that cannot run inside a transaction shares its migration with others, which then run without one too.
    ///
    /// If a later statement fails, those before it stay, and the migration counts as not applied: running it again fails at what is there
    /// already.
    ///
    /// ```sql,bad
    /// -- transaction: none
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer bigint);
    /// -- migration
    /// ALTER TABLE orders ADD COLUMN note text;
    /// CREATE INDEX CONCURRENTLY orders_customer ON orders (customer);
    /// ```
    ///
    /// ```sql,good
    /// -- transaction: none
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer bigint);
    /// -- migration
    /// CREATE INDEX CONCURRENTLY orders_customer ON orders (customer);
    /// ```
    pub(super) static MIXED_TRANSACTIONAL = "mixed-transactional", Warning, Runner, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let steps = at.assessment.steps.clone();
    let alone = |number: usize| {
        let found = at.scene.step(number);
        found.and_then(|(step, verdict)| verdict.impact.not_in_transaction.filter(|_| !step.in_transaction))
    };
    let Some(name) = alone(at.number) else { return Vec::new() };
    let first = steps.clone().find(|number| alone(*number).is_some()) == Some(at.number);
    let others = steps.filter(|number| alone(*number).is_none() && changes_something(at, *number)).count();
    if !first || others == 0 {
        return Vec::new();
    }
    let message = format!("{name} cannot run inside a transaction, so the rest of this migration runs without one too");
    let help =
        format!("Part it from the rest, so that the rest runs in a transaction: {}.", at.scene.runner.outside_transaction());
    vec![at.finding(at.statement.span, message).help(help)]
}

fn changes_something(at: &At<'_>, number: usize) -> bool {
    at.scene.replayed.steps[number].atoms.iter().any(|atom| match &atom.change.value {
        Change::Set { .. } | Change::Transaction(_) | Change::NoEffect | Change::Lock { .. } | Change::Maintenance(_) => false,
        Change::Data(_) => super::work::moves_rows(&atom.change.value),
        _ => true,
    })
}
