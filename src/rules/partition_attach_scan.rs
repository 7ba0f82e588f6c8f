//! Rows of a partition checked while everybody waits.

use super::work::{Slow, Work};
use super::{At, Check, Finding, rule};
use crate::assess::Phase;
use crate::catalog::{Name, Table};
use crate::change::{Change, TableAction};

rule! {
    /// The rows of a table are checked against a partition's bounds, under a lock that stops all use of it.
    ///
    /// The check is left out where a valid check constraint shows that every row lies within the bounds. With a default partition, its
    /// rows are checked too: any of them might belong to the new one.
    ///
    /// ```sql,bad
    /// CREATE TABLE events (id bigint, at date NOT NULL) PARTITION BY RANGE (at);
    /// CREATE TABLE events_2024 (id bigint, at date NOT NULL);
    /// -- migration
    /// ALTER TABLE events ATTACH PARTITION events_2024 FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
    /// ```
    ///
    /// ```sql,good
    /// CREATE TABLE events (id bigint, at date NOT NULL) PARTITION BY RANGE (at);
    /// -- migration
    /// CREATE TABLE events_2024 (id bigint, at date NOT NULL);
    /// ALTER TABLE events ATTACH PARTITION events_2024 FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
    /// ```
    pub(super) static PARTITION_ATTACH_SCAN = "partition-attach-scan", Error, Locks, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    at.slow(Work::Partition).iter().map(|slow| finding(at, slow)).collect()
}

fn finding(at: &At<'_>, slow: &Slow<'_>) -> Finding {
    let found = at.blocked(slow, "every row is checked").help(
        "Add a check of the bounds as NOT VALID, validate it in a later transaction, build the parent's indexes on the table \
         concurrently, and attach it then; a default partition needs a check that excludes the bounds.",
    );
    let Change::AlterTable(alter) = &slow.atom.change.value else { return found };
    let TableAction::AttachPartition { partition, bound } = &alter.action else { return found };
    let names = (slow.atom.before.resolve_relation(partition), slow.atom.before.resolve_relation(&alter.table));
    let (Some(child), Some(parent)) = names else { return found };
    let condition = slow.atom.before.table(&parent).and_then(|parent| condition(at, parent, &bound.sql));
    match condition {
        Some(condition) if *slow.table() == child => {
            let label = at.quoted(&super::recipe::short(&[&child.name, "bounds"]));
            let name = at.sql(&child);
            found.part(
                Phase::Contract,
                [
                    format!("ALTER TABLE {name} ADD CONSTRAINT {label} CHECK ({condition}) NOT VALID"),
                    format!("ALTER TABLE {name} VALIDATE CONSTRAINT {label}"),
                    attach(at, &parent, &child, alter),
                    format!("ALTER TABLE {name} DROP CONSTRAINT {label}"),
                ],
            )
        }
        _ => found,
    }
}

fn attach(at: &At<'_>, parent: &Name, child: &Name, alter: &crate::change::AlterTable) -> String {
    let mut action = alter.action.clone();
    if let TableAction::AttachPartition { partition, .. } = &mut action {
        *partition = at.qname(child);
    }
    at.alter(parent, action)
}

/// The bounds as a condition, where the key is one column.
fn condition(at: &At<'_>, parent: &Table, bound: &str) -> Option<String> {
    let key = parent.partition_by.as_ref()?;
    let column = key.keys.sql.trim().trim_start_matches('(').trim_end_matches(')').trim();
    let column = at.quoted(&parent.columns.iter().find(|found| found.name == column)?.name);
    let folded = bound.to_ascii_uppercase();
    let inside = |from: usize| {
        let open = from + bound[from..].find('(')?;
        let close = open + matching(&bound[open..])?;
        Some((bound[open + 1..close].trim(), close))
    };
    if let Some(at) = folded.find(" IN ") {
        let (values, _) = inside(at)?;
        return Some(format!("{column} IS NOT NULL AND {column} IN ({values})"));
    }
    let (from, end) = inside(folded.find("FROM")?)?;
    let (to, _) = inside(end)?;
    let mut parts = vec![format!("{column} IS NOT NULL")];
    if !from.eq_ignore_ascii_case("minvalue") {
        parts.push(format!("{column} >= {from}"));
    }
    if !to.eq_ignore_ascii_case("maxvalue") {
        parts.push(format!("{column} < {to}"));
    }
    Some(parts.join(" AND "))
}

/// Where the parenthesis that the text begins with is closed.
fn matching(text: &str) -> Option<usize> {
    let mut depth = 0usize;
    let mut quoted = false;
    for (at, c) in text.char_indices() {
        match c {
            '\'' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => {
                depth -= 1;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}
