//! Rows moved by a transaction that keeps the application waiting.

use super::work::{is_slow, level, list, moves_rows, waiting};
use super::{At, Check, Finding, Level, rule};
use crate::change::Change;

rule! {
    /// Rows are moved in a transaction that already holds a lock which the application waits for.
    ///
    /// The lock of the schema change was to be held for an instant. With the rows moved in the same transaction, it is held until the last
    /// of them is written.
    ///
    /// ```sql,bad
    /// CREATE TABLE users (id bigint PRIMARY KEY, name text);
    /// -- migration
    /// ALTER TABLE users ADD COLUMN label text;
    /// UPDATE users SET label = name;
    /// ```
    ///
    /// ```sql,good
    /// CREATE TABLE users (id bigint PRIMARY KEY, name text);
    /// -- migration
    /// CREATE TABLE labels (name text);
    /// INSERT INTO labels VALUES ('new');
    /// ```
    pub(super) static BACKFILL_WITH_SCHEMA_CHANGE = "backfill-with-schema-change", Error, Locks, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let mut out = Vec::new();
    for (number, (atom, cost)) in at.costs().enumerate() {
        let Change::Data(data) = &atom.change.value else { continue };
        if !moves_rows(&atom.change.value) || !is_slow(cost) {
            continue;
        }
        let mut held = at.held_before(number);
        held.sort_by_key(|(_, lock)| std::cmp::Reverse(lock.strength));
        let Some((_, lock)) = held.first().copied() else { continue };
        let tables = held.iter().filter(|(_, other)| other.strength == lock.strength);
        let tables = list(&tables.map(|(_, lock)| at.shown(&lock.object)).collect::<Vec<_>>());
        let message = format!("rows are moved while {} of {tables} wait for the end of this transaction", waiting(lock));
        // A condition may leave few rows.
        let most = if data.filtered || data.batched { Level::Warning } else { level(lock) };
        out.push(
            at.finding(atom.change.span, message)
                .why(format!("{} on {tables} was taken earlier in the transaction and is held until the commit.", lock.mode))
                .help("Move the rows in a migration of their own, in batches, each in a transaction of its own.")
                .at_most(most),
        );
    }
    out
}
