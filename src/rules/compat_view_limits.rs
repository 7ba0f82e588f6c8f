//! A view stands where a table was.

use super::evidence::renamed;
use super::{At, Check, Finding, rule};
use crate::catalog::Relation;
use crate::change::Change;

rule! {
    /// A view takes the place of a renamed table: queries of the old application go on, but not TRUNCATE, COPY and locks.
    ///
    /// PostgreSQL reads and writes through a view of one table, upserts and `RETURNING` included. `TRUNCATE` and `COPY ... FROM` a
    /// view fail with 42809, and statements that change the table under its old name fail too.
    ///
    /// ```sql,bad
    /// CREATE TABLE users (id bigint PRIMARY KEY, email text);
    /// -- migration
    /// ALTER TABLE users RENAME TO accounts;
    /// CREATE VIEW users AS SELECT id, email FROM accounts;
    /// ```
    ///
    /// ```sql,good
    /// CREATE TABLE users (id bigint PRIMARY KEY, email text);
    /// -- migration
    /// CREATE VIEW accounts AS SELECT id, email FROM users;
    /// ```
    pub(super) static COMPAT_VIEW_LIMITS = "compat-view-limits", Info, Compatibility, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let stands_in = |(change, span): (&Change, _)| {
        let Change::CreateView(view) = change else { return None };
        let name = at.step.after.resolve_relation(&view.name)?;
        let Some(Relation::Table(table)) = at.step.base.relations.get(&name) else { return None };
        let now = renamed(&at.step.after, table.id).filter(|_| at.step.after.view(&name).is_some())?;
        let old = at.shown(&name);
        Some(
            at.finding(span, format!("{old} is a view of {} from now on: TRUNCATE and COPY FROM {old} fail", at.shown(&now)))
                .help(format!("Make sure that the old application neither truncates {old} nor copies into it.")),
        )
    };
    at.changes().filter_map(stands_in).collect()
}
