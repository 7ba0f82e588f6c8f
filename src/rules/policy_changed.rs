//! A policy admits less than before.

use super::{At, Check, Finding, FindingBreak, Level, rule};
use crate::assess::{Broken, Use};
use crate::catalog::Name;

rule! {
    /// A row security policy is dropped, added or altered so that the old application may see or write fewer rows.
    ///
    /// Rows that no policy admits are not there for a query, and cannot be inserted (`42501`). Add the new policy beside the old one,
    /// and drop the old one when no instance that relies on it can come back.
    ///
    /// ```sql,bad
    /// CREATE TABLE notes (id bigint PRIMARY KEY, owner text, team text);
    /// ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
    /// CREATE POLICY own_rows ON notes USING (owner = current_user);
    /// -- migration
    /// DROP POLICY own_rows ON notes;
    /// CREATE POLICY team_rows ON notes USING (team = current_user);
    /// ```
    ///
    /// ```sql,good
    /// CREATE TABLE notes (id bigint PRIMARY KEY, owner text, team text);
    /// ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
    /// CREATE POLICY own_rows ON notes USING (owner = current_user);
    /// -- migration
    /// CREATE POLICY team_rows ON notes USING (team = current_user);
    /// ```
    pub(super) static POLICY_CHANGED = "policy-changed", Warning, Compatibility, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let key = |broken: &Broken| match &broken.usage {
        Use::RowsOf(name, _) => Some(name.clone()),
        _ => None,
    };
    let finding = |(name, breaks): (Name, Vec<FindingBreak>)| {
        let span = at.place(|catalog| catalog.table(&name).map(|table| table.policies.clone()));
        let shown = at.shown(&name);
        at.breaking(span, format!("the policies of {shown} admit less than before"), breaks)
            .help(format!("Add the new policy of {shown} beside the old one, and drop the old one after the rollback window."))
            .at_most(Level::Warning)
    };
    at.claim_by(key).into_iter().map(finding).collect()
}
