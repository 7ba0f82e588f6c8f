//! Locks that are asked for.

use super::work::{level, waiting, waits};
use super::{At, Check, Finding, rule};
use crate::change::Change;

rule! {
    /// A table is locked by hand, and the application waits until the transaction ends.
    ///
    /// Schema changes take the locks that they need by themselves. A lock that is taken by hand is held for everything that follows.
    ///
    /// ```sql,bad
    /// CREATE TABLE users (id bigint PRIMARY KEY);
    /// -- migration
    /// LOCK TABLE users IN ACCESS EXCLUSIVE MODE;
    /// ```
    ///
    /// ```sql,good
    /// CREATE TABLE users (id bigint PRIMARY KEY);
    /// -- migration
    /// LOCK TABLE users IN SHARE UPDATE EXCLUSIVE MODE;
    /// ```
    pub(super) static EXPLICIT_LOCK = "explicit-lock", Warning, Locks, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let mut out = Vec::new();
    for (atom, cost) in at.costs() {
        if !matches!(atom.change.value, Change::Lock { .. }) {
            continue;
        }
        let locks: Vec<_> = cost.locks.iter().filter(|lock| waits(lock, &atom.before)).collect();
        let Some(first) = locks.first() else { continue };
        let names: Vec<String> = locks.iter().map(|lock| at.shown(&lock.object)).collect();
        let names = names.join(", ");
        out.push(
            at.finding(atom.change.span, format!("{} of {names} wait until this transaction ends", waiting(first)))
                .why(format!("{} on {names} is taken by hand.", first.mode))
                .help("Leave it out where the statements that follow lock the table themselves; else keep the transaction short.")
                .at_most(level(first)),
        );
    }
    out
}
