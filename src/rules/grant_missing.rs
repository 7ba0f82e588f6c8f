//! A new table that nobody may use.

use super::{At, Check, Finding, Scene, rule};
use crate::assess::Phase;
use crate::catalog::{Catalog, Name, Privileges, Relation};
use crate::change::{Change, Ident, Persistence};
use std::collections::BTreeSet;

rule! {
    /// A new table gets no grant, although the other tables of its schema are granted to roles.
    ///
    /// The new application works as one of these roles and fails with 42501 on its first query. Grant the role what it needs in the
    /// same migration, or set default privileges once.
    ///
    /// ```sql,bad
    /// CREATE TABLE users (id bigint PRIMARY KEY);
    /// GRANT SELECT, INSERT ON users TO pg_monitor;
    /// -- migration
    /// CREATE TABLE orders (id bigint PRIMARY KEY);
    /// ```
    ///
    /// ```sql,good
    /// CREATE TABLE users (id bigint PRIMARY KEY);
    /// GRANT SELECT, INSERT ON users TO pg_monitor;
    /// -- migration
    /// CREATE TABLE orders (id bigint PRIMARY KEY);
    /// GRANT SELECT, INSERT ON orders TO pg_monitor;
    /// ```
    pub(super) static GRANT_MISSING = "grant-missing", Warning, Compatibility, Check::Migration(check);
}

fn check(scene: &Scene<'_>, number: usize) -> Vec<Finding> {
    scene.statements(number).flat_map(|at| statement(&at)).collect()
}

fn statement(at: &At<'_>) -> Vec<Finding> {
    let last = &at.scene.replayed.schema;
    let mut out = Vec::new();
    for atom in &at.step.atoms {
        let Change::CreateTable(create) = &atom.change.value else { continue };
        if create.persistence == Persistence::Temporary || create.partition_of.is_some() {
            continue;
        }
        let Some(name) = atom.after.resolve_relation(&create.name) else { continue };
        let new = !atom.before.relations.contains_key(&name);
        let Some(table) = last.table(&name).filter(|table| new && table.privileges.is_empty()) else { continue };
        let others = granted(&at.step.base, &name);
        if table.owner.is_some() || others.is_empty() || !last.default_privileges.is_empty() {
            continue;
        }
        let roles = others.keys().map(|(role, _)| role.clone()).collect::<BTreeSet<Ident>>();
        let list = roles.iter().map(Ident::as_str).collect::<Vec<_>>().join(", ");
        let shown = at.shown(&name);
        let grants = roles.iter().map(|role| {
            let rights = others.keys().filter(|(other, _)| other == role).map(|(_, right)| right.as_str()).collect::<Vec<_>>();
            let role = if role == "public" { "PUBLIC".into() } else { at.quoted(role) };
            format!("GRANT {} ON {} TO {role}", rights.join(", "), at.sql(&name))
        });
        out.push(
            at.finding(atom.change.span, format!("{shown} is granted to nobody, while tables beside it are granted to {list}"))
                .help(format!("Grant on {shown} in the same migration."))
                .part(Phase::Expand, std::iter::once(at.write(&atom.change.value)).chain(grants)),
        );
    }
    out
}

/// What all other tables of a schema grant alike; nothing where one of them grants nothing.
fn granted(catalog: &Catalog, name: &Name) -> Privileges {
    let tables = catalog.relations.iter().filter(|(other, _)| other.schema == name.schema && *other != name);
    let mut tables = tables.filter_map(|(_, relation)| match relation {
        Relation::Table(table) if table.partition_of.is_none() => Some(&table.privileges),
        Relation::Table(_) | Relation::View(_) | Relation::Sequence(_) | Relation::Index(_) => None,
    });
    let Some(mut common) = tables.next().cloned() else { return Privileges::default() };
    for other in tables {
        common = common.into_iter().filter(|(key, columns)| columns.is_empty() && other.contains_key(key)).collect();
    }
    common
}
