//! A rewrite rule of a table or view comes or goes.

use super::{At, Check, Finding, rule};
use crate::catalog::{Catalog, Name, Relation};
use crate::change::{Change, Rule};
use std::sync::Arc;

rule! {
    /// A rewrite rule comes or goes: the old application's statements do something else from now on.
    ///
    /// A rule replaces or accompanies statements without the application's knowledge, and takes part in every write to its table.
    ///
    /// ```sql,bad
    /// CREATE TABLE users (id bigint PRIMARY KEY, deleted boolean);
    /// -- migration
    /// CREATE RULE soft_delete AS ON DELETE TO users DO INSTEAD UPDATE users SET deleted = true WHERE id = OLD.id;
    /// ```
    ///
    /// ```sql,good
    /// -- migration
    /// CREATE TABLE users (id bigint PRIMARY KEY, deleted boolean);
    /// CREATE RULE soft_delete AS ON DELETE TO users DO INSTEAD UPDATE users SET deleted = true WHERE id = OLD.id;
    /// ```
    pub(super) static RULE_CHANGED = "rule-changed", Warning, Compatibility, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let touched = |change: &Change| match change {
        Change::CreateRule { table, .. } => at.step.before.resolve_relation(table),
        Change::AlterTable(alter) => matches!(alter.action, crate::change::TableAction::SetRule { .. })
            .then(|| at.step.before.resolve_relation(&alter.table))
            .flatten(),
        Change::Drop { objects, .. } => objects
            .iter()
            .find(|object| object.kind == crate::change::ObjectKind::Rule)
            .and_then(|object| at.step.before.resolve_relation(&object.name)),
        _ => None,
    };
    let finding = |atom: &crate::replay::Atom| {
        let name = touched(&atom.change.value)?;
        let old = at.step.base.relations.contains_key(&name) && rules(&atom.before, &name) != rules(&atom.after, &name);
        old.then(|| {
            at.finding(
                atom.change.span,
                format!("the old application's statements on {} are rewritten otherwise from now on", at.shown(&name)),
            )
            .help(format!("Make sure that every instance may work on {} under the new rules.", at.shown(&name)))
        })
    };
    at.step.atoms.iter().filter_map(finding).collect()
}

fn rules<'c>(catalog: &'c Catalog, name: &Name) -> &'c [Arc<Rule>] {
    match catalog.relations.get(name) {
        Some(Relation::Table(table)) => &table.rules,
        Some(Relation::View(view)) => &view.rules,
        Some(Relation::Sequence(_) | Relation::Index(_)) | None => &[],
    }
}
