//! Backfills: statements that fill what the release itself brings. Rows that old instances write behind such a statement stay
//! unfilled, unless a default or a trigger fills them.

use crate::catalog::{Catalog, Name, Table};
use crate::change::{Change, ColumnValue, Data, DataKind, Ident};
use crate::lint::Lint;
use std::sync::Arc;

/// A column, or a whole table, that a migration fills and that the release brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Backfill {
    /// The table that is filled.
    pub table: Name,
    /// The column; nothing where the table itself is new.
    pub column: Option<Ident>,
    /// Whether what old instances write from then on is filled as well.
    pub kept: bool,
}

/// What a migration fills of what the release brings.
pub(super) fn of(lint: &Lint<'_>, number: usize) -> Vec<Backfill> {
    let Some(live) = lint.replayed.commits.first().map(|commit| &commit.before) else { return Vec::new() };
    let steps = &lint.replayed.steps[lint.assessments[number].steps.clone()];
    let mut out: Vec<Backfill> = Vec::new();
    for atom in steps.iter().flat_map(|step| &step.atoms) {
        let Change::Data(data) = &atom.change.value else { continue };
        for found in filled(data, live, &atom.before) {
            if !out.contains(&found) {
                out.push(found);
            }
        }
    }
    out
}

fn filled(data: &Data, live: &Catalog, now: &Catalog) -> Vec<Backfill> {
    let Some(name) = data.table.as_ref().and_then(|table| now.resolve_relation(table)) else { return Vec::new() };
    let Some(table) = now.table(&name) else { return Vec::new() };
    let was = live.table(&name).filter(|was| was.id == table.id).or_else(|| renamed(live, table));
    match (data.kind, was) {
        (DataKind::Update | DataKind::Merge, Some(was)) => {
            let is_new = |column: &&Ident| was.column(column).is_none() && table.column(column).is_some();
            let fills = data.columns.iter().flatten().filter(is_new);
            let kept = |column: &Ident| {
                let own = table.column(column).is_some_and(|column| column.value != ColumnValue::None);
                own || has_trigger(table)
            };
            fills.map(|column| Backfill { table: name.clone(), column: Some(column.clone()), kept: kept(column) }).collect()
        }
        (DataKind::Insert | DataKind::Merge, None) => {
            let from = sources(data, live, now);
            let kept = from.iter().all(|table| has_trigger(table));
            if from.is_empty() { Vec::new() } else { vec![Backfill { table: name, column: None, kept }] }
        }
        _ => Vec::new(),
    }
}

/// The table under the name that it has in the live schema.
fn renamed<'c>(live: &'c Catalog, table: &Table) -> Option<&'c Arc<Table>> {
    let mut names = live.relations.keys().filter(|_| live.knows(table.id));
    names.find_map(|name| live.table(name).filter(|was| was.id == table.id))
}

/// The tables of the live schema that a statement reads.
fn sources<'c>(data: &Data, live: &Catalog, now: &'c Catalog) -> Vec<&'c Table> {
    let named =
        data.query.iter().flat_map(|query| query.text.refs.iter()).filter_map(|found| now.resolve_relation(&found.qname()));
    let mut names: Vec<Name> = named.filter(|name| live.table(name).is_some()).collect();
    names.sort();
    names.dedup();
    names.iter().filter_map(|name| now.table(name)).map(|table| &**table).collect()
}

/// Whether a trigger acts on the rows that applications write.
fn has_trigger(table: &Table) -> bool {
    table.triggers.iter().any(|trigger| {
        let fires = trigger.fires();
        let writes = trigger.events.iter().any(|event| event == "INSERT") && trigger.events.iter().any(|event| event == "UPDATE");
        fires && trigger.for_each_row && writes
    })
}
