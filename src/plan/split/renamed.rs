//! A schema or a type gets another name: the old name stays as long as somebody uses it.

use super::group::{Group, Scope};
use crate::assess::Phase;
use crate::catalog::{Name, Relation, UserTypeShape};
use crate::change::{Change, Ident, ObjectKind};

pub(super) fn groups(scope: &Scope<'_>) -> Vec<Group> {
    let found = scope.atoms().filter_map(|(at, atom)| {
        let Change::Rename { object, to, .. } = &atom.change.value else { return None };
        let out = match object.kind {
            ObjectKind::Schema => schema(scope, &object.name.name, to)?,
            ObjectKind::Type => enumeration(scope, &atom.before.resolve_type(&object.name)?, to)?,
            _ => return None,
        };
        Some(Group { atoms: [at].into(), out })
    });
    found.collect()
}

/// Tables move with the schema, and views of them stay under the old name. What has no such stand-in keeps the schema from it.
fn schema(scope: &Scope<'_>, from: &Ident, to: &Ident) -> Option<Vec<(Phase, String)>> {
    let before = scope.before;
    let others = before.types.keys().chain(before.routines.keys()).any(|name| name.schema == *from);
    let renamed = !scope.after.schemas.contains_key(from) && scope.after.schemas.contains_key(to);
    if others || !renamed || before.schemas.contains_key(to) {
        return None;
    }
    let (old, new) = (scope.quote(from), scope.quote(to));
    let mut expand = vec!["BEGIN".to_owned(), format!("ALTER SCHEMA {old} RENAME TO {new}"), format!("CREATE SCHEMA {old}")];
    let mut contract = Vec::new();
    for (name, relation) in before.relations.iter().filter(|(name, _)| name.schema == *from) {
        let columns: Vec<String> = match relation {
            Relation::Table(table) => table.columns.iter().map(|column| scope.quote(&column.name)).collect(),
            Relation::View(view) if view.columns_known => view.columns.iter().map(|column| scope.quote(&column.name)).collect(),
            Relation::View(_) => return None,
            // A sequence of a column is drawn from by its default, which follows the name.
            Relation::Sequence(sequence) if sequence.owned_by.is_some() => continue,
            Relation::Sequence(_) => return None,
            Relation::Index(_) => continue,
        };
        let own = scope.quote(&name.name);
        expand.push(format!("CREATE VIEW {old}.{own} AS SELECT {} FROM {new}.{own}", columns.join(", ")));
        contract.push(format!("DROP VIEW {old}.{own}"));
    }
    expand.push("COMMIT".into());
    contract.push(format!("DROP SCHEMA {old}"));
    let phased = |phase: Phase, list: Vec<String>| list.into_iter().map(move |sql| (phase, sql));
    Some(phased(Phase::Expand, expand).chain(phased(Phase::Contract, contract)).collect())
}

/// A domain over the type under the new name, until the type itself takes it.
fn enumeration(scope: &Scope<'_>, name: &Name, to: &Ident) -> Option<Vec<(Phase, String)>> {
    let before = scope.before.types.get(name)?;
    let target = Name::new(name.schema.clone(), to.clone());
    let stays = scope.after.types.get(&target).is_some_and(|after| after.id == before.id);
    let plain = matches!(before.shape, UserTypeShape::Type(_)) && !scope.after.types.contains_key(name);
    if !stays || !plain || scope.before.types.contains_key(&target) {
        return None;
    }
    let (old, new) = (scope.sql(name), scope.sql(&target));
    Some(vec![
        (Phase::Expand, format!("CREATE DOMAIN {new} AS {old}")),
        (Phase::Contract, "BEGIN".to_owned()),
        (Phase::Contract, format!("DROP DOMAIN {new}")),
        (Phase::Contract, format!("ALTER TYPE {old} RENAME TO {}", scope.quote(to))),
        (Phase::Contract, "COMMIT".to_owned()),
    ])
}
