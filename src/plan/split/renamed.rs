//! A schema gets another name: the old one stays, with views, as long as somebody uses it.

use super::group::{Group, Scope};
use crate::assess::Phase;
use crate::catalog::Relation;
use crate::change::{Change, Ident, ObjectKind};

pub(super) fn groups(scope: &Scope<'_>) -> Vec<Group> {
    let found = scope.atoms().filter_map(|(at, atom)| match &atom.change.value {
        Change::Rename { object, to, .. } if object.kind == ObjectKind::Schema => {
            Some(Group { atoms: [at].into(), step: at.0, out: schema(scope, &object.name.name, to)? })
        }
        _ => None,
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
            // Nobody draws by name from the sequence of an identity column; for others there is no stand-in.
            Relation::Sequence(sequence) if sequence.identity => continue,
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
