//! The old goes in the release that brings the new.

use super::{At, Check, Finding, Scene, rule};
use crate::assess::Phase;
use crate::catalog::{Catalog, Name};
use crate::change::TypeName;

rule! {
    /// A column is replaced within one release: the new one comes and the old one goes before any application used both.
    ///
    /// Whatever old instances write into the old column after the copy is lost, and they fail once it is gone. Ship the new column, let
    /// the application write both, copy the rows, and drop the old column in a later release.
    ///
    /// ```sql,bad
    /// CREATE TABLE users (id bigint PRIMARY KEY, fullname text);
    /// -- migration
    /// ALTER TABLE users ADD COLUMN name text;
    /// UPDATE users SET name = fullname;
    /// ALTER TABLE users DROP COLUMN fullname;
    /// ```
    ///
    /// ```sql,good
    /// CREATE TABLE users (id bigint PRIMARY KEY, fullname text);
    /// -- migration
    /// ALTER TABLE users ADD COLUMN name text;
    /// UPDATE users SET name = fullname;
    /// ```
    pub(super) static CONTRACT_WITH_EXPAND = "contract-with-expand", Warning, Compatibility, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let mut out = Vec::new();
    let start = first_state(at.scene, at);
    for (before, after) in at.changed_tables() {
        let Some(start) = start.and_then(|state| table(state, before)) else { continue };
        for gone in before.columns.iter().filter(|column| super::evidence::numbered(after, column.number).is_none()) {
            if super::evidence::numbered(start, gone.number).is_none() {
                continue;
            }
            let alike = |data_type: &TypeName| data_type.name == gone.data_type.name;
            let new = after.columns.iter().find(|column| {
                super::evidence::numbered(start, column.number).is_none()
                    && (alike(&column.data_type) || copied(at, &before.name, &gone.name, &column.name))
            });
            let Some(new) = new.filter(|new| copied(at, &before.name, &gone.name, &new.name)) else { continue };
            let shown = at.shown(&before.name);
            let span = at.place(|catalog| catalog.table(&before.name).map(|table| table.column(&gone.name).is_some()));
            let (old, to) = (&gone.name, &new.name);
            let mut expand = vec![at.add_column(&before.name, at.twin(new, to))];
            expand.extend(at.sync(&before.name, old, to));
            let (from_sql, to_sql) = (at.quoted(old), at.quoted(to));
            let fill = at.backfill(start, &format!("{to_sql} = {from_sql}"), &format!("{to_sql} IS DISTINCT FROM {from_sql}"));
            let mut contract = at.end_sync(&before.name, old);
            contract.push(at.drop_column(&before.name, old));
            let finding = at
                .finding(
                    span,
                    format!("{shown}.{old} goes in the release that replaces it by {to}: what old instances still write is lost"),
                )
                .help(format!("Drop {shown}.{old} in a later release, and keep both columns the same until then."));
            let finding = if alike(&new.data_type) {
                finding.part(Phase::Expand, expand).part(Phase::Migrate, [fill]).part(Phase::Contract, contract)
            } else {
                finding
            };
            out.push(finding);
        }
    }
    out
}

/// The state before the judged release, as far as the statement's own migrations tell it.
fn first_state<'a>(scene: &'a Scene<'a>, at: &At<'a>) -> Option<&'a Catalog> {
    let first = scene.replayed.steps.get(at.assessment.steps.start)?;
    Some(&first.before)
}

fn table<'c>(catalog: &'c Catalog, wanted: &crate::catalog::Table) -> Option<&'c crate::catalog::Table> {
    catalog.table(&wanted.name).filter(|table| table.id == wanted.id).map(|table| &**table)
}

/// Whether an update before this statement, in the same migration, fills one column from another.
fn copied(at: &At<'_>, table: &Name, from: &str, to: &str) -> bool {
    let steps = at.scene.replayed.steps.iter().take(at.number).rev().take_while(|step| step.migration == at.step.migration);
    steps.flat_map(|step| step.atoms.iter()).any(|atom| match &atom.change.value {
        crate::change::Change::Data(data) => {
            let target = data.table.as_ref().and_then(|name| atom.before.resolve_relation(name));
            let writes = data.columns.iter().flatten().any(|column| column == to);
            let reads = |query: &crate::change::Query| {
                query.selects.iter().any(|select| select.columns.iter().any(|column| column.name == from))
                    || query.text.refs.iter().any(|reference| reference.name() == from)
            };
            target.as_ref() == Some(table) && writes && data.query.as_ref().is_some_and(reads)
        }
        _ => false,
    })
}
