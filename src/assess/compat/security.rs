//! Rights: privileges that roles were given, and the rows that row security leaves visible.

use super::surface::normal_text;
use super::{Trial, Use};
use crate::catalog::{Name, Privileges, Relation, Table, View};
use crate::change::{Expr, Ident, Policy};
use crate::dialect::AppError;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Tries the privileges on a relation that somebody has in the application's schema.
pub(super) fn try_privileges(trial: &mut Trial<'_>, name: &Name) {
    let (app, state) = (trial.app, trial.state);
    let (Some((kind, own, owner)), Some((_, found, new_owner))) =
        (privileges(app.relations.get(name)), privileges(state.relations.get(name)))
    else {
        return;
    };
    compare(trial, name, kind, own, found);
    try_invoker(trial, name);
    // A role that owned a table nobody else was given a right on can no longer do anything with it.
    if own.is_empty()
        && let (Some(owner), Some(new_owner)) = (owner, new_owner)
        && owner != new_owner
    {
        trial.fail(Use::Privilege(name.clone(), owner.clone(), "ALL".into()), AppError::Denied { kind, name: name.name.clone() });
    }
}

/// A view that begins to read with the rights of who asks: a role needs its own on the tables below.
fn try_invoker(trial: &mut Trial<'_>, name: &Name) {
    let (Some(own), Some(there)) = (trial.app.view(name), trial.state.view(name)) else { return };
    let invoker = |view: &View| {
        let set = |text: &str| matches!(text.trim_matches('\'').to_ascii_lowercase().as_str(), "true" | "on" | "1" | "yes" | "");
        view.options.iter().any(|(option, value)| option == "security_invoker" && set(value))
    };
    if invoker(own) || !invoker(there) {
        return;
    }
    let below: BTreeSet<&Name> = there.columns.iter().filter_map(|column| column.source.as_ref()).map(|(name, _)| name).collect();
    let mut denied = Vec::new();
    for (role, privilege) in own.privileges.keys() {
        let lacking = below.iter().find(|below| {
            let rights = privileges(trial.state.relations.get(**below)).map(|(_, rights, _)| rights);
            let has = |who: &str| {
                rights.is_some_and(|rights| {
                    [privilege.as_str(), "ALL"].iter().any(|right| rights.contains_key(&(Ident::from(who), Ident::from(*right))))
                })
            };
            !has(role) && !has("public")
        });
        denied.extend(lacking.map(|below| (role.clone(), privilege.clone(), below.name.clone())));
    }
    for (role, privilege, table) in denied {
        trial.fail(Use::Privilege(name.clone(), role, privilege), AppError::Denied { kind: "table", name: table });
    }
}

type Rights<'c> = (&'static str, &'c Privileges, Option<&'c Ident>);

fn privileges(relation: Option<&Relation>) -> Option<Rights<'_>> {
    match relation? {
        Relation::Table(table) => Some(("table", &table.privileges, table.owner.as_ref())),
        Relation::View(view) => Some(("view", &view.privileges, view.owner.as_ref())),
        Relation::Sequence(sequence) => Some(("sequence", &sequence.privileges, sequence.owner.as_ref())),
        Relation::Index(_) => None,
    }
}

fn compare(trial: &mut Trial<'_>, name: &Name, kind: &'static str, own: &Privileges, found: &Privileges) {
    for ((role, privilege), columns) in own {
        // To hand a privilege on is an administrator's use, not an application's.
        if privilege.ends_with("GRANT OPTION") {
            continue;
        }
        let granted = |role: &Ident| {
            let all = found.get(&(role.clone(), "ALL".into()));
            let this = found.get(&(role.clone(), privilege.clone()));
            this.into_iter()
                .chain(all)
                .any(|on| on.is_empty() || (!columns.is_empty() && columns.iter().all(|column| on.contains(column))))
        };
        if !granted(role) && !granted(&"public".into()) {
            trial.fail(
                Use::Privilege(name.clone(), role.clone(), privilege.clone()),
                AppError::Denied { kind, name: name.name.clone() },
            );
        }
    }
}

/// Tries the rights on a schema; a schema that is gone takes its objects along, which fail by themselves.
pub(super) fn try_schema(trial: &mut Trial<'_>, name: &Ident) {
    let (Some(own), Some(found)) = (trial.app.schemas.get(name), trial.state.schemas.get(name)) else { return };
    let full = Name::new("", name.clone());
    compare(trial, &full, "schema", &own.privileges, &found.privileges);
}

/// Tries the rights to call a routine.
pub(super) fn try_routine_rights(trial: &mut Trial<'_>, name: &Name, own: (&Privileges, bool), found: (&Privileges, bool)) {
    if found.1 && !own.1 {
        let public = found.0.get(&("public".into(), "EXECUTE".into())).is_some();
        if !public {
            let error = AppError::Denied { kind: "function", name: name.name.clone() };
            trial.fail(Use::Privilege(name.clone(), "public".into(), "EXECUTE".into()), error);
        }
    } else if own.1 && found.1 {
        compare(trial, name, "function", own.0, found.0);
    }
}

/// Tries whether rows that the application sees and writes stay visible and writable to it: as a role that does not own the
/// table, and as its owner, whom only forced row security binds, where nobody else was given a right on it.
pub(super) fn try_row_security(trial: &mut Trial<'_>, name: &Name) {
    let (Some(own), Some(there)) = (trial.app.table(name), trial.state.table(name)) else { return };
    let (own, there) = (own.clone(), there.clone());
    let guest = (own.row_security, there.row_security);
    let owner = (own.row_security && own.force_row_security, there.row_security && there.force_row_security);
    for command in ["SELECT", "INSERT", "UPDATE", "DELETE"] {
        let as_guest = guest.1 && tightened(&own, &there, command, guest.0);
        let as_owner = owner.1 && own.privileges.is_empty() && tightened(&own, &there, command, owner.0);
        if as_guest || as_owner {
            let error = match command {
                "INSERT" => AppError::RowSecurity { relation: name.name.clone() },
                _ => AppError::Silent("rows that no policy admits are not there for it: no error, no rows".into()),
            };
            trial.fail(Use::RowsOf(name.clone(), command.into()), error);
        }
    }
}

/// Whether the policies there admit less than the application's own, which bound it or not.
fn tightened(own: &Table, there: &Table, command: &str, bound: bool) -> bool {
    let applies = |policy: &&Arc<Policy>| policy.command == "ALL" || policy.command == command;
    let open = |policy: &Arc<Policy>| condition(policy, command).is_none_or(|text| text == "true");
    let to_all = |policy: &Arc<Policy>| policy.roles.iter().any(|role| role == "public") || policy.roles.is_empty();
    let permissive: Vec<_> = there.policies.iter().filter(applies).filter(|policy| policy.permissive).collect();
    let restrictive: Vec<_> =
        there.policies.iter().filter(applies).filter(|policy| !policy.permissive && !open(policy)).collect();
    let known =
        |policy: &Arc<Policy>, among: &Table| among.policies.iter().filter(applies).any(|other| same(other, policy, command));
    if restrictive.iter().any(|policy| !bound || !known(policy, own)) {
        return true;
    }
    let everything = permissive.iter().any(|policy| open(policy) && to_all(policy));
    if everything {
        return false;
    }
    if !bound {
        return true;
    }
    own.policies.iter().filter(applies).filter(|policy| policy.permissive).any(|policy| !known(policy, there))
}

/// The text of the condition that a policy sets for a command.
fn condition(policy: &Policy, command: &str) -> Option<String> {
    let check: Option<&Expr> = match command {
        "INSERT" => policy.check.as_ref().or(policy.using.as_ref()),
        _ => policy.using.as_ref(),
    };
    check.map(normal_text)
}

fn same(a: &Policy, b: &Policy, command: &str) -> bool {
    let roles = b.roles.iter().all(|role| a.roles.contains(role) || a.roles.iter().any(|role| role == "public"));
    let checks = command != "UPDATE" || a.check.as_ref().map(normal_text) == b.check.as_ref().map(normal_text);
    a.permissive == b.permissive && roles && checks && condition(a, command) == condition(b, command)
}
