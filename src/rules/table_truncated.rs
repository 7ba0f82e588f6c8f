//! All rows of a table thrown away.

use super::{At, Check, Finding, rule};
use crate::assess::Loss;
use crate::change::Change;

rule! {
    /// All rows of a table that was there before are thrown away.
    ///
    /// No down migration brings them back. With `CASCADE` every table that refers to it by a foreign key is emptied too, and those
    /// that refer to them.
    ///
    /// ```sql,bad
    /// CREATE TABLE customers (id bigint PRIMARY KEY);
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer bigint REFERENCES customers);
    /// -- migration
    /// TRUNCATE customers CASCADE;
    /// ```
    ///
    /// ```sql,good
    /// -- migration
    /// CREATE TABLE import (line text);
    /// TRUNCATE import;
    /// ```
    pub(super) static TABLE_TRUNCATED = "table-truncated", Error, Data, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let mut out = Vec::new();
    for (atom, cost) in at.costs() {
        let Change::Truncate { tables, cascade, .. } = &atom.change.value else { continue };
        let named: Vec<_> = tables.iter().filter_map(|target| atom.before.resolve_relation(&target.table)).collect();
        let lost: Vec<String> = named
            .iter()
            .filter(|name| at.verdict.losses.contains(&Loss::Rows((*name).clone(), true)))
            .map(|name| at.shown(name))
            .collect();
        let more: Vec<String> = cost
            .locks
            .iter()
            .filter(|lock| *cascade && atom.before.table(&lock.object).is_some() && !named.contains(&lock.object))
            .map(|lock| at.shown(&lock.object))
            .collect();
        if lost.is_empty() && more.is_empty() {
            continue;
        }
        let mut message = format!("all rows of {} are thrown away", lost.join(", "));
        if !more.is_empty() {
            message += &format!(", and by CASCADE those of {}", more.join(", "));
        }
        out.push(at.finding(atom.change.span, message).help("Keep a copy of the rows, or delete only those that nobody needs."));
    }
    out
}
