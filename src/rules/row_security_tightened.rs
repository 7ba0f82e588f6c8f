//! Row security begins to hide rows.

use super::{At, Check, Finding, FindingBreak, Level, rule};
use crate::assess::{Broken, Use};
use crate::catalog::Name;

rule! {
    /// Row security is enabled or forced, and rows that no policy admits vanish from the old application.
    ///
    /// A role that does not own the table sees no rows and cannot insert (`42501`) until policies admit it; FORCE binds the owner as
    /// well. Reads fail silently: no error, no rows. Create the policies first, in the same transaction.
    ///
    /// ```sql,bad
    /// CREATE TABLE notes (id bigint PRIMARY KEY, owner text);
    /// -- migration
    /// ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
    /// ```
    ///
    /// ```sql,good
    /// CREATE TABLE notes (id bigint PRIMARY KEY, owner text);
    /// -- migration
    /// CREATE POLICY everybody ON notes USING (true) WITH CHECK (true);
    /// ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
    /// ```
    pub(super) static ROW_SECURITY_TIGHTENED = "row-security-tightened", Error, Compatibility, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let switched = |name: &Name| {
        let flags = |table: &std::sync::Arc<crate::catalog::Table>| (table.row_security, table.force_row_security);
        at.step.before.table(name).map(flags) != at.step.after.table(name).map(flags)
    };
    let key = |broken: &Broken| match &broken.usage {
        Use::RowsOf(name, _) => switched(name).then(|| name.clone()),
        _ => None,
    };
    let finding = |(name, breaks): (Name, Vec<FindingBreak>)| {
        let span = at.place(|catalog| catalog.table(&name).map(|table| (table.row_security, table.force_row_security)));
        let shown = at.shown(&name);
        let finding = at
            .breaking(span, format!("row security hides rows of {shown}"), breaks)
            .help(format!("Create policies that admit what every instance does with {shown} before, in the same transaction."));
        // Only a role that does not own the table is bound: known of those that were given rights on it.
        let certain = at.step.after.table(&name).is_some_and(|table| !table.privileges.is_empty() || table.force_row_security);
        if certain { finding } else { finding.at_most(Level::Warning) }
    };
    at.claim_by(key).into_iter().map(finding).collect()
}
