//! Whether a migration's own way back leads back: the script is replayed on what the migration made, and the schema must be the one
//! before. What differs is told as canonical SQL; the order of columns that were added again does not count.

mod attempt;
mod chain;
mod differ;
mod kept;

pub use attempt::{Ground, Tried};
pub use differ::Difference;
pub use kept::{Keeping, keep};

use crate::catalog::Catalog;
use crate::down::{self, Down, Fidelity};
use crate::read::{self, DownState, DownText, NoPlace, Project};
use crate::replay;
use crate::source::{Migration, Script, Sources, Transaction};
use rayon::prelude::*;
use std::borrow::Cow;

/// A migration with the way back that was computed for it.
#[derive(Debug)]
pub struct Pair {
    /// The migration's place in its history.
    pub migration: usize,
    /// What there is of its way back already.
    pub state: DownState,
    /// The computed one.
    pub down: Down,
    /// The same as a script.
    pub script: String,
    /// The transactions in which the runner would run it; why it cannot, where it cannot.
    pub transaction: Result<Transaction, NoPlace>,
    /// Whether the migration itself fails.
    pub fails: bool,
    /// Whether the schema around it is fully known.
    pub known: bool,
    /// The script, tried on the schema that the migration makes, with the text in which it stands; nothing where a person has to write it.
    pub tried: Option<(Sources, Tried)>,
}

impl Pair {
    /// The script, for the reader that puts it in its place.
    pub fn text(&self) -> DownText<'_> {
        DownText { script: &self.script, transactional: self.down.transactional }
    }
}

/// Computes the downs of these migrations of a project, which were judged in the replay.
pub fn pairs(project: &Project, ground: Ground<'_>, migrations: &[usize]) -> Vec<Pair> {
    let computed = |migration: &usize| {
        let down = ground.way_back(*migration);
        pair(project, ground, down)
    };
    migrations.par_iter().map(computed).collect()
}

fn pair(project: &Project, ground: Ground<'_>, down: Down) -> Pair {
    let migration = down.migration;
    let mut pair = Pair {
        migration,
        state: read::down_state(project, migration),
        fails: replay::fails(ground.replayed, migration),
        known: replay::after(ground.replayed, &project.history, migration).is_none_or(|(_, known)| known),
        script: down::script(&down, ground.dialect),
        down,
        transaction: Ok(Transaction::Wrapped),
        tried: None,
    };
    pair.transaction = read::down_transaction(project, migration, pair.text());
    pair.tried = attempt(&pair, &pair.script, ground, None);
    pair
}

/// The script of a pair, or a part of it, tried on the schema that its migration makes, or on that one.
fn attempt(pair: &Pair, script: &str, ground: Ground<'_>, start: Option<&Catalog>) -> Option<(Sources, Tried)> {
    if pair.down.fidelity == Fidelity::Manual {
        return None;
    }
    let mut sources = Sources::default();
    let file = sources.add("", script);
    let transaction = *pair.transaction.as_ref().unwrap_or(&Transaction::PerStatement);
    let sent = Script { chunks: vec![sources.whole(file)], transaction };
    let tried = Ground { sources: &sources, ..ground }.attempt(pair.migration, &sent, start)?;
    Some((sources, tried))
}

/// A project's downs, tried.
#[derive(Debug)]
pub struct Checked<'a> {
    /// The project.
    pub project: &'a Project,
    /// Those with statements, in the order of the history.
    pub tried: Vec<Tried>,
    /// The other migrations that were asked for, and what there is of their downs.
    pub others: Vec<(usize, DownState)>,
}

impl Checked<'_> {
    /// Whether some down certainly does not lead back.
    pub fn is_untrue(&self) -> bool {
        self.tried.iter().any(Tried::is_untrue)
    }
}

/// Tries the downs of these migrations, which were judged in the replay.
pub fn check<'a>(project: &'a Project, ground: Ground<'_>, migrations: &[usize]) -> Checked<'a> {
    let mut out = Checked { project, tried: Vec::new(), others: Vec::new() };
    let mut scripts = Vec::new();
    for migration in migrations {
        let state = read::down_state(project, *migration);
        match matches!(state, DownState::Written | DownState::Generated) {
            true => scripts.push((*migration, state)),
            false => out.others.push((*migration, state)),
        }
    }
    let numbers: Vec<usize> = scripts.iter().map(|(migration, _)| *migration).collect();
    out.tried = tried(ground, &numbers);
    let is_tried = |migration: usize| out.tried.iter().any(|tried| tried.migration == migration);
    out.others.extend(scripts.iter().filter(|(migration, _)| !is_tried(*migration)).copied());
    out.others.sort_by_key(|(migration, _)| *migration);
    out
}

/// Tries the downs of these migrations: each alone, and those that do not lead back alone together with those before.
pub fn tried(ground: Ground<'_>, migrations: &[usize]) -> Vec<Tried> {
    let attempt = |migration: &usize| {
        let script = ground.history.migrations[*migration].down.as_ref()?;
        ground.attempt(*migration, script, None)
    };
    let mut tried: Vec<Tried> = migrations.par_iter().filter_map(attempt).collect();
    chain::find(&ground, &mut tried);
    tried
}

/// The name by which people know a migration: version and name.
pub fn label(migration: &Migration) -> Cow<'_, str> {
    match (migration.version.as_str(), migration.name.as_str()) {
        ("", name) => Cow::Borrowed(name),
        (version, "") => Cow::Borrowed(version),
        (version, name) => Cow::Owned(format!("{version}_{name}")),
    }
}
