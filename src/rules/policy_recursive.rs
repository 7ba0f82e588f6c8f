//! A policy comes back to its own table.

use super::{At, Check, Finding, FindingBreak, rule};
use crate::assess::{Broken, Use};
use crate::catalog::Name;
use crate::dialect::AppError;

rule! {
    /// A row security policy reads the table that it is for, directly or through the policies of other tables.
    ///
    /// Every statement of a role that the policy binds fails with `42P17`, whatever other policies admit; only the owner and roles
    /// that bypass row security notice nothing. Let a `SECURITY DEFINER` function look up what the policy needs.
    ///
    /// ```sql,bad
    /// CREATE TABLE members (team int, who text);
    /// ALTER TABLE members ENABLE ROW LEVEL SECURITY;
    /// CREATE POLICY own_rows ON members USING (who = current_user);
    /// -- migration
    /// CREATE POLICY own_team ON members FOR SELECT USING (team IN (SELECT m.team FROM members m WHERE m.who = current_user));
    /// ```
    ///
    /// ```sql,good
    /// CREATE TABLE members (team int, who text);
    /// ALTER TABLE members ENABLE ROW LEVEL SECURITY;
    /// CREATE POLICY own_rows ON members USING (who = current_user);
    /// -- migration
    /// CREATE FUNCTION own_teams(who text) RETURNS SETOF int LANGUAGE sql STABLE SECURITY DEFINER AS
    ///     'SELECT team FROM members WHERE members.who = $1';
    /// CREATE POLICY own_team ON members FOR SELECT USING (team IN (SELECT own_teams(current_user)));
    /// ```
    pub(super) static POLICY_RECURSIVE = "policy-recursive", Error, Compatibility, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let key = |broken: &Broken| match (&broken.usage, &broken.error) {
        (Use::RowsOf(name, _), AppError::PolicyRecursion { .. }) => Some(name.clone()),
        _ => None,
    };
    let finding = |(name, breaks): (Name, Vec<FindingBreak>)| {
        let shown = at.shown(&name);
        let of = |catalog: &crate::catalog::Catalog| {
            catalog.table(&name).map(|table| (table.policies.clone(), table.row_security, table.force_row_security))
        };
        at.breaking(at.place(of), format!("a policy of {shown} reads what it guards, and so never ends"), breaks)
            .help("Look up what the policy needs in a SECURITY DEFINER function of the table's owner.")
    };
    at.claim_by(key).into_iter().map(finding).collect()
}
