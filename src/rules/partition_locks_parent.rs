//! A partition that comes or goes under a lock on the whole.

use super::work::waits;
use super::{At, Check, Finding, rule};
use crate::assess::Phase;
use crate::catalog::Name;
use crate::change::{Change, ObjectKind, ObjectRef, TableAction};
use crate::replay::Atom;

rule! {
    /// A partition is made or taken away under a lock that stops all use of the whole partitioned table.
    ///
    /// The change is over in an instant, but its lock waits for every query that runs on any partition, and everything else waits behind
    /// it. Attaching a table that was made beforehand, and detaching concurrently, need no such lock.
    ///
    /// ```sql,bad
    /// CREATE TABLE events (id bigint, at date) PARTITION BY RANGE (at);
    /// -- migration
    /// CREATE TABLE events_2024 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
    /// ```
    ///
    /// ```sql,bad
    /// CREATE TABLE events (id bigint, at date) PARTITION BY RANGE (at);
    /// CREATE TABLE events_2024 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
    /// -- migration
    /// ALTER TABLE events DETACH PARTITION events_2024;
    /// ```
    ///
    /// ```sql,good
    /// CREATE TABLE events (id bigint, at date) PARTITION BY RANGE (at);
    /// -- migration
    /// CREATE TABLE events_2024 (id bigint, at date);
    /// ALTER TABLE events ATTACH PARTITION events_2024 FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
    /// ```
    pub(super) static PARTITION_LOCKS_PARENT = "partition-locks-parent", Info, Locks, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let mut out = Vec::new();
    for (atom, cost) in at.costs() {
        for (parent, verb, phase, sql) in parents(at, atom) {
            let lock = cost.locks.iter().find(|lock| lock.object == parent && waits(lock, &atom.before));
            let Some(lock) = lock else { continue };
            let parent = at.shown(&parent);
            let found = at
                .finding(atom.change.span, format!("a partition of {parent} is {verb} under {} on {parent}", lock.mode))
                .why(format!("The lock waits for the queries that run on {parent}, and later ones wait behind it."))
                .help(match verb {
                    "made" => "Make the table by itself, and attach it.".to_owned(),
                    _ => format!("Detach it with CONCURRENTLY first. {}", at.outside()),
                });
            out.push(if sql.is_empty() { found } else { found.part(phase, sql) });
        }
    }
    out
}

type Parent = (Name, &'static str, Phase, Vec<String>);

fn parents(at: &At<'_>, atom: &Atom) -> Vec<Parent> {
    match &atom.change.value {
        Change::CreateTable(table) => made(at, atom, table).into_iter().collect(),
        Change::AlterTable(alter) => match &alter.action {
            TableAction::DetachPartition { partition, concurrently: false, finalize: false } => {
                let names = (atom.before.resolve_relation(&alter.table), atom.before.resolve_relation(partition));
                let (Some(parent), Some(partition)) = names else { return Vec::new() };
                let sql = detached(at, atom, &parent, &partition);
                vec![(parent, "detached", Phase::Contract, sql)]
            }
            _ => Vec::new(),
        },
        Change::Drop { objects, .. } => objects.iter().filter_map(|object| dropped(at, atom, object)).collect(),
        _ => Vec::new(),
    }
}

fn made(at: &At<'_>, atom: &Atom, table: &crate::change::CreateTable) -> Option<Parent> {
    let (parent, bound) = table.partition_of.as_ref()?;
    let parent = atom.before.resolve_relation(parent)?;
    // Columns and constraints of its own are not repeated: what is written here must give the same table.
    if !table.elements.is_empty() || !table.constraints.is_empty() || table.partition_by.is_some() {
        return Some((parent, "made", Phase::Expand, Vec::new()));
    }
    let name = atom.after.resolve_relation(&table.name)?;
    let attach = TableAction::AttachPartition { partition: at.qname(&name), bound: bound.clone() };
    let create = format!("CREATE TABLE {} (LIKE {} INCLUDING ALL)", at.sql(&name), at.sql(&parent));
    let sql = vec![create, at.alter(&parent, attach)];
    Some((parent, "made", Phase::Expand, sql))
}

fn dropped(at: &At<'_>, atom: &Atom, object: &ObjectRef) -> Option<Parent> {
    if object.kind != ObjectKind::Table {
        return None;
    }
    let name = atom.before.resolve_relation(&object.name)?;
    let (parent, _) = atom.before.table(&name)?.partition_of.clone()?;
    // The parent goes with it.
    at.step.after.table(&parent)?;
    let mut sql = detached(at, atom, &parent, &name);
    if !sql.is_empty() {
        sql.push(at.drop(ObjectRef::new(ObjectKind::Table, at.qname(&name))));
    }
    Some((parent, "dropped", Phase::Contract, sql))
}

/// Since 14, and not beside a default partition.
fn detached(at: &At<'_>, atom: &Atom, parent: &Name, partition: &Name) -> Vec<String> {
    let is_default = |table: &&std::sync::Arc<crate::catalog::Table>| {
        table.partition_of.as_ref().is_some_and(|(_, bound)| bound.sql.trim().eq_ignore_ascii_case("default"))
    };
    let beside_default = super::work::partitions(&atom.before, parent).iter().any(is_default);
    if at.scene.version.major < 14 || beside_default {
        return Vec::new();
    }
    let action = TableAction::DetachPartition { partition: at.qname(partition), concurrently: true, finalize: false };
    vec![at.alter(parent, action)]
}
