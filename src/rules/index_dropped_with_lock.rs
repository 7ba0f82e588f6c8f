//! An index dropped while everybody waits.

use super::work::{transaction, waits};
use super::{At, Check, Finding, rule};
use crate::assess::Phase;
use crate::change::{Change, ObjectKind, ObjectRef};

rule! {
    /// An index is dropped under a lock that stops all use of its table.
    ///
    /// The drop itself is over in an instant, but its lock waits for every query that runs on the table, and everything else waits
    /// behind it. Dropped concurrently, the index keeps nobody waiting.
    ///
    /// ```sql,bad
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer bigint);
    /// CREATE INDEX orders_customer ON orders (customer);
    /// -- migration
    /// DROP INDEX orders_customer;
    /// ```
    ///
    /// ```sql,good
    /// -- transaction: none
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer bigint);
    /// CREATE INDEX orders_customer ON orders (customer);
    /// -- migration
    /// DROP INDEX CONCURRENTLY orders_customer;
    /// ```
    pub(super) static INDEX_DROPPED_WITH_LOCK = "index-dropped-with-lock", Info, Locks, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let mut out = Vec::new();
    for (atom, cost) in at.costs() {
        let Change::Drop { objects, if_exists, concurrently: false, cascade: false } = &atom.change.value else { continue };
        for object in objects.iter().filter(|object| object.kind == ObjectKind::Index) {
            let Some(name) = atom.before.resolve_relation(&object.name) else { continue };
            let Some((owner, index)) = atom.before.index(&name) else { continue };
            let partitioned = atom.before.table(owner).is_some_and(|table| table.partition_by.is_some());
            let lock = cost.locks.iter().find(|lock| lock.object == *owner && waits(lock, &atom.before));
            let Some(lock) = lock.filter(|_| !partitioned && index.constraint.is_none() && index.parent.is_none()) else {
                continue;
            };
            // A table that the transaction drops or locks as strongly anyway gains nothing.
            if locked_elsewhere(at, owner, lock.strength) {
                continue;
            }
            let drop = Change::Drop {
                objects: vec![ObjectRef::new(ObjectKind::Index, object.name.clone())],
                if_exists: *if_exists,
                cascade: false,
                concurrently: true,
            };
            let table = at.shown(owner);
            out.push(
                at.finding(atom.change.span, format!("{} is dropped under {} on {table}", at.shown(&name), lock.mode))
                    .why(format!("The lock waits for the queries that run on {table}, and later ones wait behind it."))
                    .help(format!("Drop it with CONCURRENTLY. {}", at.outside()))
                    .part(Phase::Free, [at.write(&drop)]),
            );
        }
    }
    out
}

fn locked_elsewhere(at: &At<'_>, table: &crate::catalog::Name, strength: u8) -> bool {
    let others = transaction(at.scene, at.number).filter(|number| *number != at.number);
    others
        .filter_map(|number| at.scene.step(number))
        .any(|(_, verdict)| verdict.impact.locks.iter().any(|lock| lock.object == *table && lock.strength >= strength))
}
