//! A foreign key looked up for every row while writers wait.

use super::check_added::validated;
use super::work::{Slow, Work, added_constraints};
use super::{At, Check, Finding, rule};
use crate::assess::Phase;
use crate::catalog::Name;
use crate::change::{Change, ConstraintKind, TableAction};

rule! {
    /// A foreign key is looked up for every row while the writers of both tables wait.
    ///
    /// The lock is on the table that refers and on the one it refers to, until the last row has been looked up. Added as `NOT VALID` the
    /// key reads nothing; validated in a later transaction, it lets reads and writes of both go on.
    ///
    /// ```sql,bad
    /// CREATE TABLE customers (id bigint PRIMARY KEY);
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer bigint);
    /// -- migration
    /// ALTER TABLE orders ADD CONSTRAINT orders_customer FOREIGN KEY (customer) REFERENCES customers;
    /// ```
    ///
    /// ```sql,good
    /// CREATE TABLE customers (id bigint PRIMARY KEY);
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer bigint);
    /// -- migration
    /// ALTER TABLE orders ADD CONSTRAINT orders_customer FOREIGN KEY (customer) REFERENCES customers NOT VALID;
    /// ```
    pub(super) static FOREIGN_KEY_SCAN_WITH_LOCK = "foreign-key-scan-with-lock", Error, Locks, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    at.slow(Work::ForeignKey).iter().map(|slow| finding(at, slow)).collect()
}

fn finding(at: &At<'_>, slow: &Slow<'_>) -> Finding {
    let locked: Vec<String> = slow.cost.locks.iter().map(|lock| at.shown(&lock.object)).collect();
    let found = at
        .blocked(slow, "a foreign key is looked up for every row")
        .why(format!("{} on {} is held while every row is read.", slow.lock.mode, locked.join(" and ")))
        .help("Add it as NOT VALID, and validate it in a later transaction.");
    let Change::AlterTable(alter) = &slow.atom.change.value else { return found };
    let Some(table) = slow.atom.before.resolve_relation(&alter.table) else { return found };
    let is_key = |constraint: &crate::change::Constraint| matches!(constraint.kind, ConstraintKind::ForeignKey(_));
    let keys = added_constraints(slow.atom, &table).into_iter().filter(|constraint| is_key(constraint));
    let keys: Vec<String> = keys.flat_map(|key| validated(at, &table, &key)).collect();
    match &alter.action {
        // Not yet possible on a partitioned table: the server refuses NOT VALID there before 18.
        _ if is_partitioned(slow, &table) && at.scene.version.major < 18 => found.help(
            "Add it to each partition as NOT VALID, validate it there in later transactions, and add it to the parent at last.",
        ),
        TableAction::AddColumn { column, constraints, if_not_exists } => {
            let rest = constraints.iter().filter(|constraint| !is_key(constraint)).cloned().collect();
            let bare = TableAction::AddColumn { column: column.clone(), constraints: rest, if_not_exists: *if_not_exists };
            found.part(Phase::Expand, [at.alter(&table, bare)]).part(Phase::Contract, keys)
        }
        _ => found.part(Phase::Contract, keys),
    }
}

fn is_partitioned(slow: &Slow<'_>, table: &Name) -> bool {
    slow.atom.before.table(table).is_some_and(|table| table.partition_by.is_some())
}
