//! One transaction that stops the use of several tables.

use super::{At, Check, Finding, rule};
use crate::catalog::Name;
use crate::change::{Change, Constraint, ConstraintKind, QName, TableAction};
use crate::dialect::Blocked;
use crate::replay::Atom;
use std::collections::BTreeSet;

rule! {
    /// One transaction takes locks that stop all use of several tables, and may deadlock with the application.
    ///
    /// A transaction of the application that uses the same tables in another order waits for the first while it holds the second. One of
    /// the two is then ended with `40P01`. With a transaction for each table there is nothing to wait for in a circle. A foreign key
    /// stops the writes to both of its tables, so two of them in one transaction are as bad for those that write.
    ///
    /// ```sql,bad
    /// CREATE TABLE users (id bigint PRIMARY KEY);
    /// CREATE TABLE orders (id bigint PRIMARY KEY);
    /// -- migration
    /// ALTER TABLE users ADD COLUMN email text;
    /// ALTER TABLE orders ADD COLUMN note text;
    /// ```
    ///
    /// ```sql,bad
    /// CREATE TABLE users (id bigint PRIMARY KEY);
    /// CREATE TABLE shops (id bigint PRIMARY KEY);
    /// CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint, shop_id bigint);
    /// -- migration
    /// ALTER TABLE orders ADD FOREIGN KEY (user_id) REFERENCES users NOT VALID;
    /// ALTER TABLE orders ADD FOREIGN KEY (shop_id) REFERENCES shops NOT VALID;
    /// ```
    ///
    /// ```sql,good
    /// CREATE TABLE users (id bigint PRIMARY KEY);
    /// -- migration
    /// ALTER TABLE users ADD COLUMN email text;
    /// CREATE TABLE orders (id bigint PRIMARY KEY, note text);
    /// ```
    ///
    /// ```sql,good
    /// CREATE TABLE users (id bigint PRIMARY KEY);
    /// CREATE TABLE shops (id bigint PRIMARY KEY);
    /// -- migration
    /// CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint, shop_id bigint);
    /// ALTER TABLE orders ADD FOREIGN KEY (user_id) REFERENCES users;
    /// ALTER TABLE orders ADD FOREIGN KEY (shop_id) REFERENCES shops;
    /// ```
    pub(super) static SEVERAL_TABLES_LOCKED = "several-tables-locked", Info, Locks, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let used = second_lock(at).map(|tables| ("use of", tables));
    let Some((what, tables)) = used.or_else(|| Some(("writes to", second_foreign_key(at)?))) else { return Vec::new() };
    let names: Vec<String> = tables.iter().map(|name| at.shown(name)).collect();
    let message =
        format!("one transaction stops all {what} {}, and may deadlock with the application", super::work::list(&names));
    vec![
        at.finding(at.statement.span, message)
            .why("A transaction of the application that uses them in another order waits in a circle with this one.")
            .help("Change each table in a transaction of its own, and set lock_timeout."),
    ]
}

/// The tables whose use the transaction has stopped, at the statement that takes the second lock.
fn second_lock(at: &At<'_>) -> Option<Vec<Name>> {
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
    (before < 2 && tables.len() >= 2).then_some(tables)
}

/// The tables whose writes foreign keys have stopped, at the one that adds a third table. One key alone has to lock two.
fn second_foreign_key(at: &At<'_>) -> Option<Vec<Name>> {
    let mut tables: BTreeSet<Name> = BTreeSet::new();
    let mut before = 0;
    for number in at.transaction().start..=at.number {
        if number == at.number {
            before = tables.len();
        }
        let Some((step, _)) = at.scene.step(number) else { continue };
        for (atom, key) in step.atoms.iter().flat_map(|atom| keys_added(atom).into_iter().map(move |key| (atom, key))) {
            let pair = key.into_iter().filter_map(|name| atom.before.resolve_relation(name));
            let old: Vec<Name> = pair.filter(|name| step.base.table(name).is_some()).collect();
            if old.len() == 2 {
                tables.extend(old);
            }
        }
    }
    (before < 3 && tables.len() >= 3).then(|| tables.into_iter().collect())
}

/// The table and the one that it refers to of each foreign key that a change adds to a table.
fn keys_added<'a>(atom: &'a Atom) -> Vec<[&'a QName; 2]> {
    let Change::AlterTable(alter) = &atom.change.value else { return Vec::new() };
    let constraints = match &alter.action {
        TableAction::AddColumn { constraints, .. } => constraints.as_slice(),
        TableAction::AddConstraint(constraint) => std::slice::from_ref(constraint),
        _ => return Vec::new(),
    };
    let target = |constraint: &'a Constraint| match &constraint.kind {
        ConstraintKind::ForeignKey(key) => Some(&key.table),
        _ => None,
    };
    constraints.iter().filter_map(target).map(|target| [&alter.table, target]).collect()
}
