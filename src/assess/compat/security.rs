//! Rights: privileges that roles were given, and the rows that row security leaves visible.

use super::admission::{Part, admit_less};
use super::passing::denied;
use super::policy::{COMMANDS, recursion};
use super::{Trial, Use};
use crate::catalog::{Catalog, CatalogRoutine, Dependency, Dependent, Name, Other, Privileges, Relation, Schema, View};
use crate::change::{Ident, ObjectKind};
use crate::dialect::AppError;
use std::collections::BTreeSet;

/// Tries the privileges on a relation that somebody has in the application's schema.
pub(super) fn try_privileges(trial: &mut Trial<'_>, name: &Name) {
    let (app, state) = (trial.app, trial.state);
    let (Some(own), Some(found)) = (rights(app.relations.get(name)), rights(state.relations.get(name))) else { return };
    compare(trial, name, own, found);
    try_invoker(trial, name);
    try_view_owner(trial, name);
    // A role that owned a table nobody else was given a right on can no longer do anything with it.
    if own.granted.is_empty()
        && let (Some(owner), Some(new_owner)) = (own.owner, found.owner)
        && !state.roles.acting_as(owner).contains(new_owner)
    {
        trial.fail(Use::Privilege(name.clone(), owner.clone(), "ALL".into()), own.denied(name));
    }
}

/// A view that begins to read with the rights of who asks: a role needs its own on the tables below.
fn try_invoker(trial: &mut Trial<'_>, name: &Name) {
    let (Some(own), Some(there)) = (trial.app.view(name), trial.state.view(name)) else { return };
    if is_set(own, "security_invoker") || !is_set(there, "security_invoker") {
        return;
    }
    let below: BTreeSet<&Name> = there.columns.iter().filter_map(|column| column.source.as_ref()).map(|(name, _)| name).collect();
    let mut denied = Vec::new();
    for (role, privilege) in own.privileges.keys() {
        let lacking = below.iter().find(|below| {
            let rights = rights(trial.state.relations.get(**below));
            !rights.is_some_and(|rights| rights.allow(role, privilege, None, trial.state))
        });
        denied.extend(lacking.map(|below| (role.clone(), privilege.clone(), below.name.clone())));
    }
    for (role, privilege, table) in denied {
        trial.fail(Use::Privilege(name.clone(), role, privilege), AppError::Denied { kind: "table", name: table });
    }
}

/// A view that is handed to an owner who may not read its tables: it reads them as that owner.
fn try_view_owner(trial: &mut Trial<'_>, name: &Name) {
    let (Some(own), Some(there)) = (trial.app.view(name), trial.state.view(name)) else { return };
    let Some(owner) = there.owner.as_ref() else { return };
    if own.owner == there.owner || there.materialized || is_set(there, "security_invoker") {
        return;
    }
    let view = Dependent::Relation(name.clone());
    let lacking = trial.state.references(&view).find_map(|to| match to {
        Dependency::Relation(below) if below != name => denied(trial.state, owner, below, "SELECT"),
        _ => None,
    });
    if let Some(error) = lacking {
        trial.fail(Use::Select(name.clone()), error);
    }
}

/// Whether an option of a view is on.
pub(super) fn is_set(view: &View, option: &str) -> bool {
    let on = |text: &str| matches!(text.trim_matches('\'').to_ascii_lowercase().as_str(), "true" | "on" | "1" | "yes" | "");
    view.options.iter().any(|(name, value)| name == option && on(value))
}

/// Whether a role has a privilege on a relation as a whole, or on columns of it.
pub(super) fn may(catalog: &Catalog, relation: &Relation, role: &Ident, privilege: &str) -> bool {
    rights(Some(relation)).is_none_or(|rights| rights.allow(role, privilege, None, catalog)) || bypasses_rights(catalog, role)
}

/// Whether a role owns what has this owner, itself or as a member of the owner.
pub(super) fn owns(catalog: &Catalog, role: &Ident, owner: Option<&Ident>) -> bool {
    owner.is_some_and(|owner| catalog.roles.acting_as(role).contains(owner))
}

/// Whether no right is asked of a role: it is a superuser.
pub(super) fn bypasses_rights(catalog: &Catalog, role: &Ident) -> bool {
    has_attribute(catalog, role, "SUPERUSER")
}

/// Whether row security does not bind a role wherever it is.
pub(super) fn bypasses_row_security(catalog: &Catalog, role: &Ident) -> bool {
    bypasses_rights(catalog, role) || has_attribute(catalog, role, "BYPASSRLS")
}

/// Tries whether a session can be begun as a role that the history made.
pub(super) fn try_connect(trial: &mut Trial<'_>, role: &Ident) {
    let made = |catalog: &Catalog| catalog.others.get(&(ObjectKind::Role, role.to_string())).cloned();
    let (Some(own), Some(there)) = (made(trial.app), made(trial.state)) else { return };
    let barred = |made: &Other| {
        let user = made.statements.first().is_some_and(|text| text.trim_start().to_uppercase().starts_with("CREATE USER"));
        let limited = made.statements.iter().rev().find_map(|text| connection_limit(text)) == Some("0");
        (!attribute(made, "LOGIN").unwrap_or(user), limited)
    };
    let ((no_login, limited), had) = (barred(&there), barred(&own));
    if had == (false, false) && (no_login || limited) {
        trial.fail(Use::Connect(role.clone()), AppError::NoLogin { role: role.clone(), limited: !no_login });
    }
}

/// The number after `CONNECTION LIMIT`.
fn connection_limit(text: &str) -> Option<&str> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let at =
        words.windows(2).rposition(|two| two[0].eq_ignore_ascii_case("connection") && two[1].eq_ignore_ascii_case("limit"))?;
    words.get(at + 2).map(|word| word.trim_end_matches(';'))
}

fn has_attribute(catalog: &Catalog, role: &Ident, name: &str) -> bool {
    let made = catalog.others.get(&(ObjectKind::Role, role.to_string()));
    made.and_then(|made| attribute(made, name)).unwrap_or(false)
}

/// What the statements that made and altered a role said last of an attribute.
fn attribute(role: &Other, attribute: &str) -> Option<bool> {
    let says = |word: &str| {
        let word = word.trim_end_matches(';').to_ascii_uppercase();
        match word.strip_prefix("NO") {
            Some(rest) if rest == attribute => Some(false),
            _ => (word == attribute).then_some(true),
        }
    };
    role.statements.iter().rev().find_map(|statement| statement.split_whitespace().rev().find_map(says))
}

/// Who may do what with something.
#[derive(Clone, Copy)]
pub(super) struct Rights<'c> {
    kind: &'static str,
    granted: &'c Privileges,
    owner: Option<&'c Ident>,
}

impl Rights<'_> {
    /// Whether a role has a privilege on all of these columns (on any, where they are not named): itself, as everybody, or
    /// by being a member of a role that has it or that owns the object.
    fn allow(&self, role: &Ident, privilege: &str, columns: Option<&[Ident]>, catalog: &Catalog) -> bool {
        let enough = |on: &Vec<Ident>| match columns {
            None => true,
            Some(columns) => on.is_empty() || (!columns.is_empty() && columns.iter().all(|column| on.contains(column))),
        };
        let given = |who: &Ident| {
            [privilege, "ALL"].iter().any(|right| self.granted.get(&(who.clone(), (*right).into())).is_some_and(enough))
        };
        given(&"public".into()) || catalog.roles.acting_as(role).iter().any(|who| given(who) || self.owner == Some(who))
    }

    /// Whether a role, as itself or as a member of others, has nothing at all.
    fn bar(&self, role: &Ident, catalog: &Catalog) -> bool {
        let acts_as = catalog.roles.acting_as(role);
        let owns = self.owner.is_some_and(|owner| acts_as.contains(owner));
        !owns && !self.granted.keys().any(|(who, _)| who == "public" || acts_as.contains(who))
    }

    pub(super) fn denied(&self, name: &Name) -> AppError {
        AppError::Denied { kind: self.kind, name: name.name.clone() }
    }
}

pub(super) fn rights(relation: Option<&Relation>) -> Option<Rights<'_>> {
    let (kind, granted, owner) = match relation? {
        Relation::Table(table) => ("table", &table.privileges, &table.owner),
        Relation::View(view) => ("view", &view.privileges, &view.owner),
        Relation::Sequence(sequence) => ("sequence", &sequence.privileges, &sequence.owner),
        Relation::Index(_) => return None,
    };
    Some(Rights { kind, granted, owner: owner.as_ref() })
}

fn compare(trial: &mut Trial<'_>, name: &Name, own: Rights<'_>, found: Rights<'_>) {
    let (app, state) = (trial.app, trial.state);
    for ((holder, privilege), columns) in own.granted {
        // To hand a privilege on is an administrator's use, not an application's.
        if privilege.ends_with("GRANT OPTION") {
            continue;
        }
        let denied = |role: &Ident| !found.allow(role, privilege, Some(columns), state);
        // Who has it through another role, and loses it because that one does, is not told of as well.
        let members = app.roles.acting_for(holder);
        let losing = if denied(holder) { vec![holder] } else { members.iter().filter(|role| denied(role)).collect() };
        for role in losing {
            trial.fail(Use::Privilege(name.clone(), role.clone(), privilege.clone()), own.denied(name));
        }
    }
    // The members of a role may do what it may as the owner.
    if let Some(owner) = own.owner.filter(|owner| found.owner == Some(owner)) {
        for member in app.roles.acting_for(owner).iter().filter(|member| found.bar(member, state)) {
            trial.fail(Use::Privilege(name.clone(), member.clone(), "ALL".into()), own.denied(name));
        }
    }
}

/// Tries the rights on a schema; a schema that is gone takes its objects along, which fail by themselves.
pub(super) fn try_schema(trial: &mut Trial<'_>, name: &Ident) {
    let (Some(own), Some(found)) = (trial.app.schemas.get(name), trial.state.schemas.get(name)) else { return };
    compare(trial, &Name::new("", name.clone()), of_schema(own), of_schema(found));
}

fn of_schema(own: &Schema) -> Rights<'_> {
    Rights { kind: "schema", granted: &own.privileges, owner: own.owner.as_ref() }
}

/// Tries the rights to call a routine.
pub(super) fn try_routine_rights(trial: &mut Trial<'_>, own: &CatalogRoutine, found: &CatalogRoutine) {
    if found.public_revoked && !own.public_revoked {
        if !found.privileges.contains_key(&("public".into(), "EXECUTE".into())) {
            let usage = Use::Privilege(own.name.clone(), "public".into(), "EXECUTE".into());
            trial.fail(usage, of_routine(own).denied(&own.name));
        }
    } else if own.public_revoked && found.public_revoked {
        compare(trial, &own.name, of_routine(own), of_routine(found));
    }
}

fn of_routine(own: &CatalogRoutine) -> Rights<'_> {
    Rights { kind: "function", granted: &own.privileges, owner: own.owner.as_ref() }
}

/// Tries whether rows that the application sees and writes stay visible and writable to it: as a role that does not own the
/// table, and as its owner, whom only forced row security binds, where nobody else was given a right on it.
pub(super) fn try_row_security(trial: &mut Trial<'_>, name: &Name) {
    let (Some(own), Some(there)) = (trial.app.table(name), trial.state.table(name)) else { return };
    let (own, there) = (own.clone(), there.clone());
    let guest = (own.row_security, there.row_security);
    let owner = (own.row_security && own.force_row_security, there.row_security && there.force_row_security);
    for command in COMMANDS {
        // Whom its own policies let do nothing has nothing to lose.
        if recursion(trial.app, name, command).is_some() {
            continue;
        }
        let less = |bound| admit_less(&own.policies, &there.policies, command, bound);
        let as_guest = guest.1.then(|| less(guest.0)).flatten();
        let as_owner = || (owner.1 && own.privileges.is_empty()).then(|| less(owner.0)).flatten();
        if let Some(part) = as_guest.or_else(as_owner) {
            let error = match part {
                Part::Check => AppError::RowSecurity { relation: name.name.clone() },
                Part::Using => AppError::Silent("rows that no policy admits are not there for it: no error, no rows".into()),
            };
            trial.fail(Use::RowsOf(name.clone(), command.into()), error);
        }
    }
}
