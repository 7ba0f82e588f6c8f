//! Rights that a role needs in passing: a statement on one table also needs what the database does for it. The conditions of
//! policies read other tables, defaults draw from sequences, triggers write elsewhere, all with the rights of who asks.

use super::policy::{COMMANDS, applicable, named};
use super::security::{bypasses_rights, bypasses_row_security, may, rights};
use super::{Trial, Use};
use crate::catalog::{Catalog, CatalogRoutine, Dependency, Dependent, Name, Relation, Table};
use crate::change::{Change, Data, DataKind, Ident, ObjectKind, RefKind, RoutineBody, Trigger};
use crate::dialect::AppError;
use crate::lower;
use std::collections::BTreeSet;

/// How far triggers are followed into tables with triggers.
const MAX_DEPTH: usize = 4;

/// Tries whether the roles that were given a right on a table can still use it.
pub(super) fn try_passing(trial: &mut Trial<'_>, name: &Name) {
    let (app, state) = (trial.app, trial.state);
    let (Some(own), Some(there)) = (app.table(name), state.table(name)) else { return };
    if own.privileges.is_empty() {
        return;
    }
    for command in COMMANDS {
        let right = |(_, right): &&(Ident, Ident)| right == command || right == "ALL";
        let holders: BTreeSet<&Ident> = own.privileges.keys().filter(right).map(|(holder, _)| holder).collect();
        for holder in holders.into_iter().filter(|holder| *holder != "public") {
            let members = app.roles.acting_for(holder);
            let lacking: Vec<(&Ident, AppError)> = members
                .iter()
                .filter_map(|role| Some((role, lacks(state, role, there, command, 0)?)))
                .filter(|(role, _)| lacks(app, role, own, command, 0).is_none())
                .collect();
            // What a whole group lacks is told of the group.
            let whole = lacking.len() == members.len();
            for (role, error) in lacking.into_iter().filter(|(role, _)| !whole || *role == holder) {
                trial.fail(Use::Privilege(name.clone(), role.clone(), command.into()), error);
            }
        }
    }
}

/// The first right that a role lacks for what else happens when it runs the command on the table.
fn lacks(catalog: &Catalog, role: &Ident, table: &Table, command: &str, depth: usize) -> Option<AppError> {
    if bypasses_rights(catalog, role) || depth > MAX_DEPTH {
        return None;
    }
    let by_default = || if command == "INSERT" { defaults(catalog, role, table) } else { None };
    policies(catalog, role, table, command)
        .or_else(by_default)
        .or_else(|| table.triggers.iter().find_map(|trigger| fired(catalog, role, trigger, command, depth)))
}

/// What the conditions of policies read and call.
fn policies(catalog: &Catalog, role: &Ident, table: &Table, command: &str) -> Option<AppError> {
    let owner = table.owner.as_ref().is_some_and(|owner| catalog.roles.acting_as(role).contains(owner));
    if !table.row_security || (owner && !table.force_row_security) || bypasses_row_security(catalog, role) {
        return None;
    }
    // Where one admits every row, the server does not look at the others.
    let open = |expr: &Option<crate::change::Expr>| expr.as_ref().is_none_or(|expr| expr.sql.trim().eq_ignore_ascii_case("true"));
    if applicable(catalog, table, role, command).any(|policy| policy.permissive && open(&policy.using) && open(&policy.check)) {
        return None;
    }
    applicable(catalog, table, role, command).find_map(|policy| {
        let read = named(catalog, table, policy).find_map(|name| denied(catalog, role, name, "SELECT"));
        read.or_else(|| {
            let on = Dependent::Policy(table.name.clone(), policy.name.clone());
            catalog.references(&on).find_map(|to| match to {
                Dependency::Routine(name) => uncallable(catalog, role, name),
                _ => None,
            })
        })
    })
}

/// The sequences that defaults draw from: who inserts leaves those columns out.
fn defaults(catalog: &Catalog, role: &Ident, table: &Table) -> Option<AppError> {
    table.columns.iter().find_map(|column| {
        let on = Dependent::Column(table.name.clone(), column.name.clone());
        catalog.references(&on).find_map(|to| match to {
            Dependency::Relation(name) if catalog.sequence(name).is_some_and(|sequence| !sequence.identity) => {
                denied(catalog, role, name, "USAGE")
            }
            _ => None,
        })
    })
}

/// What a trigger's function does as the role that fired it.
fn fired(catalog: &Catalog, role: &Ident, trigger: &Trigger, command: &str, depth: usize) -> Option<AppError> {
    let name = catalog.resolve_routine(&trigger.function).filter(|_| trigger.fires_on(command))?;
    let routine = catalog.routines.get(&name)?.iter().find(|routine| routine.routine.kind == ObjectKind::Function)?;
    if routine.routine.security_definer || catches(routine) {
        return None;
    }
    let RoutineBody::Text(text) = &routine.routine.body else { return None };
    let block = lower::body(text, &routine.routine.language);
    block.statements.iter().find_map(|statement| match &statement.change.value {
        Change::Data(data) => acted(catalog, role, data, depth),
        _ => None,
    })
}

/// Whether a body goes on after an error.
fn catches(routine: &CatalogRoutine) -> bool {
    let RoutineBody::Text(text) = &routine.routine.body else { return false };
    let lower = text.to_lowercase();
    let mut words = lower.split_whitespace().peekable();
    std::iter::from_fn(|| words.next().map(|word| (word.to_owned(), words.peek().copied() == Some("when"))))
        .any(|(word, before_when)| word == "exception" && before_when)
}

fn acted(catalog: &Catalog, role: &Ident, data: &Data, depth: usize) -> Option<AppError> {
    let command = match data.kind {
        DataKind::Insert => "INSERT",
        DataKind::Update => "UPDATE",
        DataKind::Delete => "DELETE",
        DataKind::Merge | DataKind::Select | DataKind::CopyIn | DataKind::CopyOut | DataKind::Call => "",
    };
    let target = data.table.as_ref().and_then(|table| catalog.resolve_relation(table));
    let written = target.as_ref().filter(|_| !command.is_empty()).and_then(|name| {
        let deeper = || lacks(catalog, role, catalog.table(name)?, command, depth + 1);
        denied(catalog, role, name, command).or_else(deeper)
    });
    let refs = data.query.iter().flat_map(|query| query.text.refs.iter());
    let read = refs.filter(|reference| reference.kind == RefKind::Relation).filter_map(|r| catalog.resolve_relation(&r.qname()));
    written.or_else(|| {
        read.filter(|name| Some(name) != target.as_ref()).find_map(|name| {
            let right = if catalog.sequence(&name).is_some() { "USAGE" } else { "SELECT" };
            denied(catalog, role, &name, right)
        })
    })
}

/// The error of a role that lacks a right on a relation, where it is known to lack it.
pub(super) fn denied(catalog: &Catalog, role: &Ident, name: &Name, right: &str) -> Option<AppError> {
    let relation = catalog.relations.get(name)?;
    if may(catalog, relation, role, right) || (right == "USAGE" && may(catalog, relation, role, "UPDATE")) {
        return None;
    }
    (known(catalog, role) || granted_by_hand(catalog, role, name)).then(|| rights(Some(relation)).map(|own| own.denied(name)))?
}

fn uncallable(catalog: &Catalog, role: &Ident, name: &Name) -> Option<AppError> {
    let overloads = catalog.routines.get(name)?;
    let barred = |routine: &CatalogRoutine| {
        let acts_as = catalog.roles.acting_as(role);
        let given = |who: &Ident| routine.privileges.keys().any(|(holder, _)| holder == who);
        let owner = routine.owner.as_ref().is_some_and(|owner| acts_as.contains(owner));
        routine.public_revoked && !owner && !given(&"public".into()) && !acts_as.iter().any(given)
    };
    let all = !overloads.is_empty() && overloads.iter().all(barred);
    (all && known(catalog, role)).then(|| AppError::Denied { kind: "function", name: name.name.clone() })
}

/// Whether the history made the role and all that it is a member of: it has no rights but those that are seen here.
fn known(catalog: &Catalog, role: &Ident) -> bool {
    let made = |role: &Ident| catalog.others.contains_key(&(ObjectKind::Role, role.to_string()));
    catalog.roles.acting_as(role).iter().all(made)
}

/// Whether every other table beside it says what the role may do with it: then what says nothing was forgotten. A role may
/// also be the one that migrates, or be given rights by what is not seen here.
fn granted_by_hand(catalog: &Catalog, role: &Ident, name: &Name) -> bool {
    let mut beside = catalog.relations.iter().filter_map(|(other, relation)| match relation {
        Relation::Table(table) if other.schema == name.schema && other != name && table.partition_of.is_none() => Some(table),
        _ => None,
    });
    let given = |table: &std::sync::Arc<Table>| {
        table.owner.as_ref() != Some(role) && table.privileges.keys().any(|(holder, _)| holder == role)
    };
    let counts = matches!(catalog.relations.get(name), Some(Relation::Table(_)));
    counts && beside.next().is_some_and(given) && beside.all(given) && catalog.default_privileges.is_empty()
}
