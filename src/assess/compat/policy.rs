//! What policies read: the tables below the subqueries of their conditions, and whether one of them is the table that the
//! policy is for, which the server refuses for every statement of a role that the policy binds.

use super::security::{bypasses_row_security, is_set, owns};
use super::{Trial, Use};
use crate::catalog::{Catalog, Dependency, Dependent, Name, Table};
use crate::change::{Ident, Policy};
use crate::dialect::AppError;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The commands that policies are for.
pub(super) const COMMANDS: [&str; 4] = ["SELECT", "INSERT", "UPDATE", "DELETE"];

/// Tries whether the policies of the state read the table that they are for, directly or through others' policies.
pub(super) fn try_recursion(trial: &mut Trial<'_>, name: &Name) {
    for command in COMMANDS {
        if let Some(relation) = recursion(trial.state, name, command)
            && recursion(trial.app, name, command).is_none()
        {
            trial.fail(Use::RowsOf(name.clone(), command.into()), AppError::PolicyRecursion { relation: relation.name });
        }
    }
}

/// The table whose policies come back to it when somebody who is bound by them runs the command.
pub(super) fn recursion(catalog: &Catalog, name: &Name, command: &str) -> Option<Name> {
    let table = catalog.table(name).filter(|table| table.row_security && !table.policies.is_empty())?;
    // Everybody is meant by none of the roles that are named.
    let mut roles: BTreeSet<Ident> = table.policies.iter().flat_map(|policy| &policy.roles).cloned().collect();
    roles.insert("public".into());
    roles.iter().find_map(|role| returns(catalog, role, name, command, &mut Vec::new()))
}

fn returns(catalog: &Catalog, role: &Ident, name: &Name, command: &str, open: &mut Vec<Name>) -> Option<Name> {
    let table = catalog.table(name).filter(|table| bound(catalog, table, role))?;
    let read: BTreeSet<Name> =
        applicable(catalog, table, role, command).flat_map(|policy| seen_as_asker(catalog, table, policy)).collect();
    if read.is_empty() {
        return None;
    }
    if open.contains(name) {
        return Some(name.clone());
    }
    open.push(name.clone());
    let found = read.iter().find_map(|below| returns(catalog, role, below, "SELECT", open));
    open.pop();
    found
}

/// Whether row security binds a role on a table.
fn bound(catalog: &Catalog, table: &Table, role: &Ident) -> bool {
    let as_owner = owns(catalog, role, table.owner.as_ref());
    table.row_security && (table.force_row_security || !as_owner) && !bypasses_row_security(catalog, role)
}

/// The policies that the server adds to a command of a role; what changes rows also finds them first.
pub(super) fn applicable<'t>(
    catalog: &'t Catalog,
    table: &'t Table,
    role: &'t Ident,
    command: &'t str,
) -> impl Iterator<Item = &'t Arc<Policy>> {
    let acts_as = catalog.roles.acting_as(role);
    let finds = matches!(command, "UPDATE" | "DELETE");
    table.policies.iter().filter(move |policy| {
        let of_command = policy.command == "ALL" || policy.command == command || (finds && policy.command == "SELECT");
        let to = |whom: &Ident| whom == "public" || acts_as.contains(whom);
        of_command && (policy.roles.is_empty() || policy.roles.iter().any(to))
    })
}

/// The tables and views that the subqueries of a policy name.
pub(super) fn named<'c>(catalog: &'c Catalog, table: &Table, policy: &Policy) -> impl Iterator<Item = &'c Name> {
    let own = Dependent::Policy(table.name.clone(), policy.name.clone());
    let names: Vec<&Name> =
        catalog.references(&own).filter_map(|to| if let Dependency::Relation(name) = to { Some(name) } else { None }).collect();
    names.into_iter()
}

/// The tables that a policy reads as the role that asks. A view is read as its owner, unless it says otherwise.
fn seen_as_asker(catalog: &Catalog, table: &Table, policy: &Policy) -> BTreeSet<Name> {
    let mut found = BTreeSet::new();
    let mut open: Vec<Name> = named(catalog, table, policy).cloned().collect();
    let mut seen = BTreeSet::new();
    while let Some(name) = open.pop() {
        if !seen.insert(name.clone()) {
            continue;
        }
        if catalog.table(&name).is_some() {
            found.insert(name);
        } else if catalog.view(&name).is_some_and(|view| is_set(view, "security_invoker")) {
            let view = Dependent::Relation(name);
            let below = catalog.references(&view);
            open.extend(below.filter_map(|to| if let Dependency::Relation(name) = to { Some(name.clone()) } else { None }));
        }
    }
    found
}
