//! One transaction that stops the use of several tables.

use super::{At, Check, Finding, rule};
use crate::catalog::Name;
use crate::dialect::Blocked;

rule! {
    /// One transaction takes locks that stop all use of several tables, and may deadlock with the application.
    ///
    /// A transaction of the application that uses the same tables in another order waits for the first while it holds the second. One of
    /// the two is then ended with `40P01`. With a transaction for each table there is nothing to wait for in a circle.
    ///
    /// ```sql,bad
    /// CREATE TABLE users (id bigint PRIMARY KEY);
    /// CREATE TABLE orders (id bigint PRIMARY KEY);
    /// -- migration
    /// ALTER TABLE users ADD COLUMN email text;
    /// ALTER TABLE orders ADD COLUMN note text;
    /// ```
    ///
    /// ```sql,good
    /// CREATE TABLE users (id bigint PRIMARY KEY);
    /// -- migration
    /// ALTER TABLE users ADD COLUMN email text;
    /// CREATE TABLE orders (id bigint PRIMARY KEY, note text);
    /// ```
    pub(super) static SEVERAL_TABLES_LOCKED = "several-tables-locked", Info, Locks, Check::Statement(check);
}

/// At the statement that takes the second lock.
fn check(at: &At<'_>) -> Vec<Finding> {
    let mut tables: Vec<Name> = Vec::new();
    let mut before = 0;
    for number in at.transaction().start..=at.number {
        if number == at.number {
            before = tables.len();
        }
        let Some((step, verdict)) = at.scene.step(number) else { continue };
        for lock in verdict.impact.locks.iter().filter(|lock| lock.blocks.contains(&Blocked::Read)) {
            let Some(table) = step.before.table(&lock.object) else { continue };
            // A partition or child is locked with its parent, always in the same order.
            let parents = table.partition_of.iter().map(|(parent, _)| parent).chain(&table.inherits);
            if !tables.contains(&table.name) && !parents.into_iter().any(|parent| tables.contains(parent)) {
                tables.push(table.name.clone());
            }
        }
    }
    if before >= 2 || tables.len() < 2 {
        return Vec::new();
    }
    let names: Vec<String> = tables.iter().map(|name| at.shown(name)).collect();
    let message =
        format!("one transaction stops all use of {}, and may deadlock with the application", super::work::list(&names));
    vec![
        at.finding(at.statement.span, message)
            .why("A transaction of the application that uses them in another order waits in a circle with this one.")
            .help("Change each table in a transaction of its own, and set lock_timeout."),
    ]
}
