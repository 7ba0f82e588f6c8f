//! A strong lock that is waited for without end.

use super::work::waits;
use super::{At, Check, Finding, rule};

rule! {
    /// A lock that stops the application is waited for without a limit.
    ///
    /// While the migration waits for a long query to end, everything that comes after waits behind the migration. With `lock_timeout`
    /// it gives up after a moment with `55P03` and can be run again.
    ///
    /// ```sql,bad
    /// CREATE TABLE users (id bigint PRIMARY KEY);
    /// -- migration
    /// ALTER TABLE users ADD COLUMN email text;
    /// ```
    ///
    /// ```sql,good
    /// CREATE TABLE users (id bigint PRIMARY KEY);
    /// -- migration
    /// SET LOCAL lock_timeout = '2s';
    /// ALTER TABLE users ADD COLUMN email text;
    /// ```
    pub(super) static LOCK_TIMEOUT_MISSING = "lock-timeout-missing", Off, Locks, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let unlimited = |value: &str| value.trim_matches(|c: char| !c.is_ascii_digit()).chars().all(|c| c == '0');
    let limit = at.step.before.session.settings.get("lock_timeout");
    if limit.is_some_and(|limit| !unlimited(limit)) {
        return Vec::new();
    }
    // Once for a transaction: at the first of its locks.
    let earlier = at.transaction().start..at.number;
    let locks = |number: usize| {
        let found = at.scene.step(number);
        found.and_then(|(step, verdict)| verdict.impact.locks.iter().find(|lock| waits(lock, &step.before)))
    };
    let Some(lock) = locks(at.number).filter(|_| !earlier.into_iter().any(|number| locks(number).is_some())) else {
        return Vec::new();
    };
    let object = at.shown(&lock.object);
    let local = if at.step.in_transaction { "LOCAL " } else { "" };
    vec![
        at.finding(at.statement.span, format!("{} on {object} is waited for without a limit", lock.mode))
            .help(format!("Run SET {local}lock_timeout = '2s' before it, and the migration again where it gives up.")),
    ]
}
