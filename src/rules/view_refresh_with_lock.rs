//! A materialized view filled anew while its readers wait.

use super::work::{Slow, Work};
use super::{At, Check, Finding, rule};
use crate::assess::Phase;
use crate::catalog::View;
use crate::change::Change;

rule! {
    /// A materialized view is filled anew while its readers wait.
    ///
    /// Its query runs under a lock that keeps every reader out. With a unique index over plain columns, the view can be refreshed
    /// concurrently, and readers see the old rows until the new ones are there.
    ///
    /// ```sql,bad
    /// CREATE TABLE orders (id bigint PRIMARY KEY);
    /// CREATE MATERIALIZED VIEW totals AS SELECT id, count(*) AS n FROM orders GROUP BY id;
    /// CREATE UNIQUE INDEX totals_id ON totals (id);
    /// -- migration
    /// REFRESH MATERIALIZED VIEW totals;
    /// ```
    ///
    /// ```sql,good
    /// CREATE TABLE orders (id bigint PRIMARY KEY);
    /// CREATE MATERIALIZED VIEW totals AS SELECT id, count(*) AS n FROM orders GROUP BY id;
    /// CREATE UNIQUE INDEX totals_id ON totals (id);
    /// -- migration
    /// REFRESH MATERIALIZED VIEW CONCURRENTLY totals;
    /// ```
    pub(super) static VIEW_REFRESH_WITH_LOCK = "view-refresh-with-lock", Error, Locks, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    at.slow(Work::Refresh).iter().filter_map(|slow| finding(at, slow)).collect()
}

fn finding(at: &At<'_>, slow: &Slow<'_>) -> Option<Finding> {
    let Change::Refresh { view, .. } = &slow.atom.change.value else { return None };
    let name = slow.atom.before.resolve_relation(view)?;
    // Nobody can read what was never filled.
    let found = slow.atom.before.view(&name).filter(|view| view.populated)?;
    let finding = at.blocked(slow, "it is filled anew");
    Some(match has_key(found) {
        true => {
            let concurrent = Change::Refresh { view: at.qname(&name), concurrently: true, no_data: false };
            finding.help("Refresh it with CONCURRENTLY.").part(Phase::Migrate, [at.write(&concurrent)])
        }
        false => finding.help("Give it a unique index over plain columns without a condition, and refresh it with CONCURRENTLY."),
    })
}

fn has_key(view: &View) -> bool {
    let fits = |index: &crate::catalog::Index| {
        index.unique && index.shape.predicate.is_none() && index.shape.keys.iter().all(|key| key.column().is_some())
    };
    view.indexes.iter().any(|index| fits(index))
}
