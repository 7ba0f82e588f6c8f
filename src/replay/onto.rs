//! A script on a schema of which more is known than its text: the way back on what the way there made.

use super::{Atom, ParsedMigration, Replayed, Run, Step};
use crate::catalog::Catalog;
use crate::change::Change;
use crate::dialect::Dialect;
use crate::source::{History, Migration};

/// Applies one migration, as number `number` of its history, to a schema, and keeps every state. `known` says whether the schema is
/// fully known, so that what is missing really is. Nothing is taken to exist.
pub fn onto(
    schema: &Catalog,
    known: bool,
    (number, migration): (usize, &Migration),
    parsed: &ParsedMigration,
    dialect: &dyn Dialect,
) -> Replayed {
    let mut run = Run::new(dialect);
    run.catalog = schema.clone();
    run.base = run.state();
    run.complete = known;
    run.judged = true;
    run.migration(number, migration, parsed, false);
    run.finish()
}

/// The schema before a migration, where some statement of it was judged, and whether it is fully known.
pub fn before<'a>(replayed: &'a Replayed, history: &History, migration: usize) -> Option<(&'a Catalog, bool)> {
    let first = of(replayed, migration).next()?;
    Some((&first.before, first.known && !history.partial))
}

/// The schema after a migration, where some statement of it was judged, and whether it is fully known and it ran without fault.
pub fn after<'a>(replayed: &'a Replayed, history: &History, migration: usize) -> Option<(&'a Catalog, bool)> {
    let mut known = !history.partial;
    let mut last = None;
    for step in of(replayed, migration) {
        known &= step.known && is_certain(step);
        last = Some(step);
    }
    Some((&last?.after, known))
}

/// Whether the server refuses some statement of a migration.
pub fn fails(replayed: &Replayed, migration: usize) -> bool {
    of(replayed, migration).any(|step| !step.problems.is_empty())
}

/// Whether what a statement does is fully known: it was understood and applied, and depends on nothing that only the server knows.
pub fn is_certain(step: &Step) -> bool {
    let certain = |atom: &Atom| !atom.conditional && !matches!(atom.change.value, Change::Opaque(_));
    step.problems.is_empty() && step.doubtful.is_empty() && step.atoms.iter().all(certain)
}

fn of(replayed: &Replayed, migration: usize) -> impl Iterator<Item = &Step> {
    let first = replayed.steps.partition_point(move |step| step.migration < migration);
    replayed.steps[first..].iter().take_while(move |step| step.migration == migration)
}
