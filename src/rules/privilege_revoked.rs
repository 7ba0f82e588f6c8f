//! A role may do less than before.

use super::{At, Check, Finding, FindingBreak, rule};
use crate::assess::{Broken, Phase, Use};
use crate::catalog::Name;
use crate::change::{Change, Ident};

rule! {
    /// A privilege is taken from a role that the old application may work as.
    ///
    /// Its statements fail with `42501`. Revoke when no instance that needs the privilege can come back.
    ///
    /// ```sql,bad
    /// CREATE TABLE notes (id bigint PRIMARY KEY);
    /// GRANT SELECT ON notes TO PUBLIC;
    /// -- migration
    /// REVOKE SELECT ON notes FROM PUBLIC;
    /// ```
    ///
    /// ```sql,good
    /// CREATE TABLE notes (id bigint PRIMARY KEY);
    /// GRANT SELECT ON notes TO PUBLIC;
    /// -- migration
    /// REVOKE INSERT ON notes FROM PUBLIC;
    /// ```
    pub(super) static PRIVILEGE_REVOKED = "privilege-revoked", Error, Compatibility, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let key = |broken: &Broken| match &broken.usage {
        Use::Privilege(name, role, _) => Some((name.clone(), role.clone())),
        _ => None,
    };
    let finding = |((name, role), breaks): ((Name, Ident), Vec<FindingBreak>)| {
        let shown = if name.schema.is_empty() { name.name.to_string() } else { at.shown(&name) };
        let lost = breaks.iter().filter_map(|found| match &found.broken.usage {
            Use::Privilege(_, _, privilege) => Some(privilege.as_str()),
            _ => None,
        });
        let what = format!("{role} loses {} on {shown}", lost.collect::<Vec<_>>().join(", "));
        let span = at.changes().find(|(change, _)| matches!(change, Change::Grant(grant) if !grant.grant)).map(|(_, span)| span);
        let finding = at
            .breaking(span.unwrap_or(at.statement.span), what, breaks)
            .help(format!("Revoke it when no instance that works on {shown} as {role} can come back."));
        match at.step.atoms.as_slice() {
            [only] if matches!(only.change.value, Change::Grant(_)) => {
                finding.part(Phase::Contract, [at.write(&only.change.value)])
            }
            _ => finding,
        }
    };
    at.claim_by(key).into_iter().map(finding).collect()
}
