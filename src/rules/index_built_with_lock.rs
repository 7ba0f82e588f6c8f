//! An index built while writers wait.

use super::work::{Slow, Work, added_indexes, partitions};
use super::{At, Check, Finding, rule};
use crate::assess::Phase;
use crate::catalog::Name;
use crate::change::{Change, CreateIndex, Expr, TableAction};

rule! {
    /// An index is built under a lock that writers wait for.
    ///
    /// The lock is held until every row has been read and sorted, which grows with the table: seconds for a small one, hours for a
    /// large one. Built concurrently, the index takes longer but keeps nobody waiting.
    ///
    /// ```sql,bad
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer bigint);
    /// -- migration
    /// CREATE INDEX orders_customer ON orders (customer);
    /// ```
    ///
    /// ```sql,bad
    /// CREATE TABLE events (id bigint, at date) PARTITION BY RANGE (at);
    /// CREATE TABLE events_2024 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
    /// -- migration
    /// CREATE INDEX events_id ON events (id);
    /// ```
    ///
    /// ```sql,good
    /// -- transaction: none
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer bigint);
    /// -- migration
    /// CREATE INDEX CONCURRENTLY orders_customer ON orders (customer);
    /// ```
    ///
    /// ```sql,good
    /// -- migration
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer bigint);
    /// CREATE INDEX orders_customer ON orders (customer);
    /// ```
    pub(super) static INDEX_BUILT_WITH_LOCK = "index-built-with-lock", Error, Locks, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    at.slow(Work::Index).iter().filter_map(|slow| finding(at, slow)).collect()
}

fn finding(at: &At<'_>, slow: &Slow<'_>) -> Option<Finding> {
    let Change::CreateIndex(index) = &slow.atom.change.value else { return None };
    let table = slow.atom.before.resolve_relation(&index.table)?;
    let found = at.blocked(slow, "an index is built").help(format!("Build it with CONCURRENTLY. {}", at.outside()));
    let phase = if index.unique { Phase::Contract } else { Phase::Expand };
    let sql = match slow.atom.before.table(&table).is_some_and(|table| table.partition_by.is_some()) {
        true => partitioned(at, slow, &table, index),
        false => vec![at.write(&Change::CreateIndex(Box::new(CreateIndex { concurrently: true, ..*index.clone() })))],
    };
    Some(if sql.is_empty() { found } else { found.part(phase, sql) })
}

/// The index of the parent alone, one for each partition, and all of them put together. Not where partitions have partitions.
fn partitioned(at: &At<'_>, slow: &Slow<'_>, table: &Name, index: &CreateIndex) -> Vec<String> {
    let parts = partitions(&slow.atom.before, table);
    let names = added_indexes(slow.atom, table);
    let Some(parent) = names.first().filter(|_| parts.iter().all(|part| part.partition_by.is_none())) else { return Vec::new() };
    let parent = Name::new(table.schema.clone(), parent.name.clone());
    let only = CreateIndex { only: true, name: Some(parent.name.clone()), ..index.clone() };
    let mut sql = vec![at.write(&Change::CreateIndex(Box::new(only)))];
    for part in parts {
        let Some(own) = added_indexes(slow.atom, &part.name).first().map(|index| index.name.clone()) else { continue };
        sql.push(at.index_concurrently(&part.name, &own, index.unique, &index.shape));
        let partition = at.qname(&Name::new(part.name.schema.clone(), own));
        sql.push(at.alter_index(&parent, TableAction::AttachPartition { partition, bound: Expr::plain("") }));
    }
    sql
}
