//! A constraint that was there begins to bind.

use super::{At, Check, Finding, FindingBreak, Level, rule};
use crate::assess::{Broken, Use};
use crate::catalog::{Catalog, Name};
use crate::change::Ident;
use crate::dialect::AppError;

rule! {
    /// A constraint that was not enforced, or could be deferred, binds the old application at once.
    ///
    /// A constraint that becomes ENFORCED refuses rows that old code may write (`23514`, `23503`). One that is not DEFERRABLE any
    /// more fails `SET CONSTRAINTS ... DEFERRED` with `42809`, and refuses orders of statements that were fine before.
    ///
    /// ```sql,bad
    /// CREATE TABLE users (id bigint PRIMARY KEY);
    /// CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint CONSTRAINT orders_user REFERENCES users (id) DEFERRABLE);
    /// -- migration
    /// ALTER TABLE orders ALTER CONSTRAINT orders_user NOT DEFERRABLE;
    /// ```
    ///
    /// ```sql,good
    /// CREATE TABLE users (id bigint PRIMARY KEY);
    /// CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint CONSTRAINT orders_user REFERENCES users (id));
    /// -- migration
    /// ALTER TABLE orders ALTER CONSTRAINT orders_user DEFERRABLE;
    /// ```
    pub(super) static CONSTRAINT_ENFORCED = "constraint-enforced", Warning, Compatibility, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let unenforced = |table: &Name, label: &Ident| {
        let constraint = |catalog: &Catalog| catalog.table(table).and_then(|table| table.constraint(label)).cloned();
        constraint(&at.step.before).is_some_and(|old| old.not_enforced)
            && constraint(&at.step.after).is_some_and(|new| !new.not_enforced)
    };
    let key = |broken: &Broken| match &broken.usage {
        Use::Defer(name, label) => Some((at.below(name, label).0, label.clone(), false)),
        Use::WriteRow(name, label) => {
            let (table, _) = at.below(name, label);
            unenforced(&table, label).then(|| (table, label.clone(), true))
        }
        _ => None,
    };
    let finding = |((table, label, enforced), breaks): ((Name, Ident, bool), Vec<FindingBreak>)| {
        let span = at.place(|catalog| catalog.table(&table).and_then(|t| t.constraint(&label)).cloned());
        let deferrable = breaks.iter().all(|found| !matches!(found.broken.error, AppError::NotDeferrable { .. }));
        let what = match (enforced, deferrable) {
            (true, _) => "is enforced from now on",
            (false, true) => "is not deferred any more",
            (false, false) => "cannot be deferred any more",
        };
        at.breaking(span, format!("constraint {label} of {} {what}", at.shown(&table)), breaks)
            .help(format!("Deploy an application that keeps to {label} at once, and change it after the rollback window."))
            .at_most(Level::Warning)
    };
    at.claim_by(key).into_iter().map(finding).collect()
}
