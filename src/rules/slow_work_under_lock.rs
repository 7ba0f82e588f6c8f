//! Slow work in a transaction that holds a strong lock already.

use super::validate_in_same_transaction::own_constraint;
use super::work::{doing, is_slow, level, list, moves_rows, waiting};
use super::{At, Check, Finding, Scene, rule};
use crate::catalog::Name;
use crate::dialect::Impact;

rule! {
    /// Slow work runs in a transaction that already holds a lock which the application waits for.
    ///
    /// Locks are kept until the commit. A change that takes its lock for an instant holds it for as long as everything after it in the
    /// same transaction takes.
    ///
    /// ```sql,bad
    /// CREATE TABLE users (id bigint PRIMARY KEY);
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer bigint);
    /// -- migration
    /// ALTER TABLE users ADD COLUMN email text;
    /// CREATE INDEX orders_customer ON orders (customer);
    /// ```
    ///
    /// ```sql,good
    /// -- transaction: none
    /// CREATE TABLE users (id bigint PRIMARY KEY);
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer bigint);
    /// -- migration
    /// ALTER TABLE users ADD COLUMN email text;
    /// CREATE INDEX CONCURRENTLY orders_customer ON orders (customer);
    /// ```
    pub(super) static SLOW_WORK_UNDER_LOCK = "slow-work-under-lock", Error, Locks, Check::Migration(check);
}

/// Once for each transaction: at the first such statement.
fn check(scene: &Scene<'_>, number: usize) -> Vec<Finding> {
    let mut out: Vec<(usize, Finding)> = Vec::new();
    let mut more = 0;
    for at in scene.statements(number) {
        let found = of_statement(&at);
        let transaction = at.transaction().start;
        match (found, out.last().filter(|(last, _)| *last == transaction)) {
            (Some(_), Some(_)) => more += 1,
            (Some(finding), None) => {
                say_more(&mut out, std::mem::take(&mut more));
                out.push((transaction, finding));
            }
            (None, _) => {}
        }
    }
    say_more(&mut out, more);
    out.into_iter().map(|(_, finding)| finding).collect()
}

fn say_more(out: &mut [(usize, Finding)], more: usize) {
    if let (Some((_, last)), true) = (out.last_mut(), more > 0) {
        let what = if more == 1 { "1 statement after it does".to_owned() } else { format!("{more} statements after it do") };
        last.why += &format!(" {what} slow work under it too.");
    }
}

fn of_statement(at: &At<'_>) -> Option<Finding> {
    at.costs().enumerate().find_map(|(number, (atom, cost))| {
        let busy = is_slow(cost) && !moves_rows(&atom.change.value) && own_constraint(at, atom).is_none();
        if busy { finding(at, number, cost) } else { None }
    })
}

fn finding(at: &At<'_>, number: usize, cost: &Impact) -> Option<Finding> {
    // What the change locks as strongly by itself is told by the rule about that change.
    let own = |object: &Name| cost.locks.iter().filter(|lock| lock.object == *object).map(|lock| lock.strength).max();
    let mut held = at.held_before(number);
    held.retain(|(_, lock)| own(&lock.object).is_none_or(|own| own < lock.strength));
    held.sort_by_key(|(_, lock)| std::cmp::Reverse(lock.strength));
    let (_, lock) = *held.first()?;
    let tables: Vec<String> =
        held.iter().filter(|(_, other)| other.strength == lock.strength).map(|(_, lock)| at.shown(&lock.object)).collect();
    let tables = list(&tables);
    let slowest = cost.locks.iter().map(|lock| lock.held).max()?;
    let message = format!("{} while {} of {tables} wait for the end of this transaction", doing(slowest), waiting(lock));
    Some(
        at.finding(at.step.atoms[number].change.span, message)
            .why(format!("{} on {tables} was taken earlier in the transaction and is held until the commit.", lock.mode))
            .help("Move the slow statement into a migration of its own, with a transaction of its own.")
            .at_most(level(lock)),
    )
}
