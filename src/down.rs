//! The way back: of each migration the script that undoes it, computed from the schema states around it, and what it cannot
//! bring back.
//!
//! The schema's part is the [`way`](crate::catalog::diff::way) from the state after the migration to the one before it, checked by
//! applying it. Rows are another matter: what the migration destroyed stays gone and is named; rows that it inserted are deleted by
//! their keys where those are certain; everything else about rows is [`Fidelity::Manual`], and the script then refuses to run.

mod data;
mod fidelity;
mod plan;
mod preserve;
mod replaced;
mod script;
mod unseen;

pub use preserve::{Preserved, archive_label, kept, preserve};
pub use script::script;

use crate::catalog::diff::changed_relations;
use crate::catalog::{Catalog, Name, Relation};
use crate::change::{Change, Persistence};
use crate::dialect::Dialect;
use crate::replay::{ParsedMigration, Replayed, Step};
use crate::source::{Migration, Span};
use std::fmt;
use std::ops::Range;

/// How much of what was there before a migration its down brings back; the worst is the greatest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Fidelity {
    /// Schema and data come back.
    #[default]
    Lossless,
    /// The schema comes back; data written through the new schema since the up is lost, or keeps the down from running.
    DropsNewData,
    /// The schema comes back; data that the up destroyed does not.
    SchemaOnly,
    /// No down can be computed: the script raises an error that says why.
    Manual,
}

impl Fidelity {
    /// The word for it in reports: `drops-new-data`.
    pub fn name(self) -> &'static str {
        match self {
            Fidelity::Lossless => "lossless",
            Fidelity::DropsNewData => "drops-new-data",
            Fidelity::SchemaOnly => "schema-only",
            Fidelity::Manual => "manual",
        }
    }
}

impl fmt::Display for Fidelity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The down of one migration.
#[derive(Debug, Clone, Default)]
pub struct Down {
    /// The migration's place in the history.
    pub migration: usize,
    /// What undoes it, in the order in which it runs. Where the fidelity is [`Fidelity::Manual`] it is what could be computed, for a
    /// person to go on from.
    pub statements: Vec<Inverse>,
    /// What only a person can do afterwards, when values are there again: `SET NOT NULL` of a column that was added again. With
    /// these the schema is the one before; without them it is what it can be without values.
    pub follow_ups: Vec<Change>,
    /// The worst of [`Down::ups`].
    pub fidelity: Fidelity,
    /// Whether all of it may run in one transaction.
    pub transactional: bool,
    /// What becomes of each statement of the up, in their order.
    pub ups: Vec<UpFidelity>,
}

/// One statement of a down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inverse {
    /// What it does.
    pub change: Change,
    /// Whether it may run inside a transaction.
    pub transactional: bool,
}

/// What becomes of one statement of the up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpFidelity {
    /// The statement's place in the migration.
    pub statement: usize,
    /// Where it stands.
    pub span: Span,
    /// How much comes back.
    pub fidelity: Fidelity,
    /// What does not, or what may keep the down from running.
    pub lost: Vec<Lost>,
    /// Why no inverse can be computed, where none can.
    pub reason: Option<String>,
    /// Whether it changed the schema, as far as that is known.
    pub changes_schema: bool,
}

/// Something that does not come back, or that there is to know of the way back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost {
    /// What that makes of the down: where nothing is lost it is only to be known.
    pub fidelity: Fidelity,
    /// What it is, for people: `the values of public.users.email`.
    pub what: String,
}

impl UpFidelity {
    /// Notes something that does not come back.
    fn note(&mut self, fidelity: Fidelity, what: String) {
        self.fidelity = self.fidelity.max(fidelity);
        let lost = Lost { fidelity, what };
        if !self.lost.contains(&lost) {
            self.lost.push(lost);
        }
    }

    /// Leaves it to a person.
    fn by_hand(&mut self, reason: String) {
        self.fidelity = Fidelity::Manual;
        self.reason.get_or_insert(reason);
    }
}

impl Down {
    /// Why no down can be computed, each statement's reason.
    pub fn reasons(&self) -> impl Iterator<Item = (&UpFidelity, &str)> {
        self.ups.iter().filter_map(|up| Some((up, up.reason.as_deref()?)))
    }

    /// Whether there is nothing to undo.
    pub fn is_empty(&self) -> bool {
        self.statements.is_empty() && self.fidelity != Fidelity::Manual
    }
}

/// The down of the migration at that place, which must be one of those replayed as judged. `parsed` is what was read of it.
pub fn down(parsed: &ParsedMigration, replayed: &Replayed, migration: usize, dialect: &dyn Dialect) -> Down {
    let range = steps_of(replayed, migration);
    let (earlier, steps) = (&replayed.steps[..range.start], &replayed.steps[range]);
    let down = match states(replayed, migration) {
        Some((before, after)) => {
            let mut down = plan::plan(&Context { parsed, steps, first: &before, last: &after, dialect });
            unseen::note_gone(&mut down.ups, earlier, steps, &before);
            down
        }
        None => Down { transactional: true, ups: fidelity::not_replayed(parsed), ..Down::default() },
    };
    judged(down, migration)
}

/// The same of a migration in its history: what it keeps by itself is given back.
pub fn way_back(
    migrations: &[Migration],
    parsed: &[ParsedMigration],
    replayed: &Replayed,
    migration: usize,
    dialect: &dyn Dialect,
) -> Down {
    match kept(migrations, parsed, replayed, migration, dialect) {
        Some(preserved) => preserved.down,
        None => down(&parsed[migration], replayed, migration, dialect),
    }
}

/// The down with the judgement of its statements summed up.
fn judged(down: Down, migration: usize) -> Down {
    let fidelity = down.ups.iter().map(|up| up.fidelity).max().unwrap_or_default();
    Down { migration, fidelity, ..down }
}

/// The states before and after a migration, without what ends with its session.
fn states(replayed: &Replayed, migration: usize) -> Option<(Catalog, Catalog)> {
    let first = replayed.steps[steps_of(replayed, migration)].first()?;
    let last = last_state(replayed, migration)?;
    Some((lasting(&first.before, last), lasting(last, &first.before)))
}

/// A migration between two states.
struct Context<'a> {
    parsed: &'a ParsedMigration,
    steps: &'a [Step],
    /// The state before it.
    first: &'a Catalog,
    /// The state after it.
    last: &'a Catalog,
    dialect: &'a dyn Dialect,
}

/// A state without what differs from the other and ends with the session that made it.
fn lasting(catalog: &Catalog, other: &Catalog) -> Catalog {
    let mut lasting = catalog.clone();
    for name in changed_relations(catalog, other) {
        let temporary = match catalog.relations.get(&name) {
            Some(Relation::Table(table)) => table.persistence == Persistence::Temporary,
            Some(Relation::View(view)) => view.temporary,
            Some(Relation::Sequence(sequence)) => sequence.persistence == Persistence::Temporary,
            Some(Relation::Index(_)) | None => false,
        };
        if temporary {
            lasting.remove_relation(&name);
        }
    }
    let system = |name: &&Name| catalog.system_schemas.contains(&name.schema.as_str());
    let routines: Vec<Name> = catalog.routines.keys().filter(system).cloned().collect();
    for name in routines {
        lasting.routines.remove(&name);
    }
    lasting
}

/// The steps of a migration: they stand together.
fn steps_of(replayed: &Replayed, migration: usize) -> Range<usize> {
    let start = replayed.steps.partition_point(|step| step.migration < migration);
    let end = replayed.steps.partition_point(|step| step.migration <= migration);
    start..end
}

/// The state after a migration: what its last transaction left where it ended with the migration.
fn last_state(replayed: &Replayed, migration: usize) -> Option<&Catalog> {
    let last = steps_of(replayed, migration).end.checked_sub(1)?;
    let at = replayed.commits.partition_point(|commit| commit.steps.end <= last);
    let commit = replayed.commits.get(at).filter(|commit| commit.steps.end == last + 1);
    Some(commit.map_or(&replayed.steps[last].after, |commit| &commit.after))
}

#[cfg(test)]
mod tests;
