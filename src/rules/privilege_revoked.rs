//! A role may do less than before.

use super::{At, Check, Finding, FindingBreak, rule};
use crate::assess::{Broken, Phase, Use};
use crate::catalog::Name;
use crate::change::{Change, Ident};

rule! {
    /// A privilege is taken from a role that the old application may work as.
    ///
    /// Its statements fail with `42501`, also where it had the privilege as a member of another role. Revoke when no instance that
    /// needs the privilege can come back.
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
    // With a membership a role loses everything at once, and that is one finding.
    let at_once = at.step.before.roles != at.step.after.roles;
    let key = |broken: &Broken| match &broken.usage {
        Use::Privilege(name, role, _) => Some((Some(name.clone()).filter(|_| !at_once), role.clone())),
        _ => None,
    };
    let finding = |((name, role), breaks): ((Option<Name>, Ident), Vec<FindingBreak>)| {
        let what = format!("{role} loses {}", lost(at, &breaks));
        let span = at.changes().find(|(change, _)| matches!(change, Change::Grant(grant) if !grant.grant)).map(|(_, span)| span);
        let needs = match &name {
            Some(name) => format!("works on {} as {role}", shown(at, name)),
            None => format!("needs it as {role}"),
        };
        let finding = at
            .breaking(span.unwrap_or(at.statement.span), what, breaks)
            .help(format!("Revoke it when no instance that {needs} can come back."));
        match at.step.atoms.as_slice() {
            [only] if matches!(only.change.value, Change::Grant(_)) => {
                finding.part(Phase::Contract, [at.write(&only.change.value)])
            }
            _ => finding,
        }
    };
    at.claim_by(key).into_iter().map(finding).collect()
}

/// `SELECT, INSERT on notes, USAGE on app`: at most a few objects by name.
fn lost(at: &At<'_>, breaks: &[FindingBreak]) -> String {
    let mut objects: Vec<(String, Vec<&str>)> = Vec::new();
    for found in breaks {
        let Use::Privilege(name, _, privilege) = &found.broken.usage else { continue };
        let shown = shown(at, name);
        match objects.iter_mut().find(|(other, _)| *other == shown) {
            Some((_, privileges)) => privileges.push(privilege),
            None => objects.push((shown, vec![privilege])),
        }
    }
    let more = objects.len().saturating_sub(MAX_OBJECTS);
    let each = objects.iter().take(MAX_OBJECTS).map(|(shown, privileges)| format!("{} on {shown}", privileges.join(", ")));
    let named = each.collect::<Vec<_>>().join(", ");
    if more == 0 { named } else { format!("{named}, and what it had on {more} more") }
}

/// A schema has no schema around it.
fn shown(at: &At<'_>, name: &Name) -> String {
    if name.schema.is_empty() { name.name.to_string() } else { at.shown(name) }
}

/// How many objects a message names.
const MAX_OBJECTS: usize = 3;
