//! Whether a migration's own way back leads back: the script is replayed on what the migration made, and the schema must be the one
//! before. What differs is told as canonical SQL; the order of columns that were added again does not count.

mod differ;

pub use differ::Difference;

use crate::assess::{self, Assessment, Broken, Release, Verdict};
use crate::catalog::Problem;
use crate::change::Opaque;
use crate::dialect::{Dialect, Lock, ServerVersion};
use crate::down::{self, Down, Fidelity};
use crate::read::{self, DownState, DownText, NoPlace, Project};
use crate::replay::{self, ParsedMigration, Replayed};
use crate::source::{Migration, Script, Sources, Span, Transaction};
use rayon::prelude::*;
use std::borrow::Cow;
use std::collections::BTreeSet;

/// A way back that was tried.
#[derive(Debug, Clone)]
pub struct Tried {
    /// The migration's place in its history.
    pub migration: usize,
    /// The statements of the script.
    pub parsed: ParsedMigration,
    /// The script on the schema that the migration made: its steps have the migration's number.
    pub replayed: Replayed,
    /// Whether that schema is fully known: where it is not, what seems to be wrong may not be.
    pub known: bool,
    /// The first statement that the server refuses, by the place of its step: where it stands and why. The rest is not tried.
    pub failure: Option<(usize, Span, Problem)>,
    /// Statements that were not understood.
    pub opaque: Vec<(Span, Opaque)>,
    /// What differs from the schema before; nothing where it is the same, or the script fails.
    pub difference: Option<Difference>,
}

impl Tried {
    /// The error that the server would give.
    pub fn error(&self, step: usize, span: Span, problem: &Problem, dialect: &dyn Dialect) -> String {
        let atom = self.replayed.steps[step].atoms.iter().rfind(|atom| atom.change.span == span);
        let Some(atom) = atom else { return "the server refuses it".to_owned() };
        let error = dialect.problem(problem, &atom.change.value);
        let code = error.sqlstate.map(|code| format!(" ({code})")).unwrap_or_default();
        format!("{}{code}", error.message)
    }

    /// Whether the script leads back, as far as it is understood.
    pub fn leads_back(&self) -> bool {
        self.failure.is_none() && self.difference.is_none()
    }
}

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
    /// The verdict on the script as a migration: the application that runs before it is the new one.
    verdict: Option<Assessment>,
}

impl Pair {
    /// The script, for the reader that puts it in its place.
    pub fn text(&self) -> DownText<'_> {
        DownText { script: &self.script, transactional: self.down.transactional }
    }

    /// The strongest lock that the script takes on each object, the strongest first.
    pub fn locks(&self) -> impl Iterator<Item = &Lock> {
        let mut locks: Vec<&Lock> = self.verdicts().flat_map(|verdict| &verdict.impact.locks).collect();
        locks.sort_by_key(|lock| std::cmp::Reverse((lock.strength, lock.held)));
        let mut seen = BTreeSet::new();
        locks.into_iter().filter(move |lock| seen.insert(&lock.object))
    }

    /// What of the new application fails once the script has run.
    pub fn breaks(&self) -> impl Iterator<Item = &Broken> {
        self.verdicts().flat_map(|verdict| &verdict.breaks)
    }

    fn verdicts(&self) -> impl Iterator<Item = &Verdict> {
        self.verdict.iter().flat_map(|assessment| &assessment.verdicts)
    }
}

/// Computes the downs of these migrations, which were judged in the replay.
pub fn pairs(
    project: &Project,
    parsed: &[ParsedMigration],
    replayed: &Replayed,
    migrations: &[usize],
    version: ServerVersion,
    dialect: &dyn Dialect,
) -> Vec<Pair> {
    migrations
        .par_iter()
        .map(|migration| {
            let down = down::down(&parsed[*migration], replayed, *migration, dialect);
            pair(project, replayed, down, version, dialect)
        })
        .collect()
}

fn pair(project: &Project, replayed: &Replayed, down: Down, version: ServerVersion, dialect: &dyn Dialect) -> Pair {
    let migration = down.migration;
    let script = down::script(&down, dialect);
    let text = DownText { script: &script, transactional: down.transactional };
    let transaction = read::down_transaction(project, migration, text);
    let mut sources = Sources::default();
    let file = sources.add("", script.as_str());
    let sent =
        Script { chunks: vec![sources.whole(file)], transaction: *transaction.as_ref().unwrap_or(&Transaction::PerStatement) };
    let tried = attempt_parsed(project, replayed, migration, &sent, replay::read_script(&sources, &sent), dialect);
    let tried = tried.filter(|_| down.fidelity != Fidelity::Manual);
    let verdict = tried.and_then(|tried| assess::assess(&tried.replayed, Release::Together, version, dialect).pop());
    Pair {
        migration,
        state: read::down_state(project, migration),
        fails: replay::fails(replayed, migration),
        known: replay::after(replayed, &project.history, migration).is_none_or(|(_, known)| known),
        down,
        script,
        transaction,
        verdict,
    }
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
        self.tried.iter().any(|tried| tried.known && !tried.leads_back())
    }
}

/// Tries the downs of these migrations, which were judged in the replay.
pub fn check<'a>(project: &'a Project, replayed: &Replayed, migrations: &[usize], dialect: &dyn Dialect) -> Checked<'a> {
    let tried = |migration: &usize| {
        let script = project.history.migrations[*migration].down.as_ref();
        let state = read::down_state(project, *migration);
        let script = script.filter(|_| matches!(state, DownState::Written | DownState::Generated));
        let tried = script.and_then(|script| attempt(project, replayed, *migration, script, dialect));
        tried.ok_or((*migration, state))
    };
    let mut out = Checked { project, tried: Vec::new(), others: Vec::new() };
    for found in migrations.par_iter().map(tried).collect::<Vec<_>>() {
        match found {
            Ok(tried) => out.tried.push(tried),
            Err(other) => out.others.push(other),
        }
    }
    out
}

/// Tries a script as the way back of a migration that was judged. Nothing where the migration has no statement, or fails itself.
pub fn attempt(
    project: &Project,
    replayed: &Replayed,
    migration: usize,
    script: &Script,
    dialect: &dyn Dialect,
) -> Option<Tried> {
    attempt_parsed(project, replayed, migration, script, replay::read_script(&project.sources, script), dialect)
}

/// The same for a script whose statements were read already.
pub fn attempt_parsed(
    project: &Project,
    replayed: &Replayed,
    migration: usize,
    script: &Script,
    parsed: ParsedMigration,
    dialect: &dyn Dialect,
) -> Option<Tried> {
    let history = &project.history;
    let (before, _) = replay::before(replayed, history, migration)?;
    let (after, known) = replay::after(replayed, history, migration)?;
    let own = &history.migrations[migration];
    if replay::fails(replayed, migration) {
        return None;
    }
    let down = Migration { up: script.clone(), down: None, ..own.clone() };
    let back = replay::onto(after, known, (migration, &down), &parsed, dialect);
    let failure = back.steps.iter().enumerate().find_map(|(at, step)| {
        let (span, problem) = step.problems.first()?;
        Some((at, *span, problem.clone()))
    });
    let opaque: Vec<(Span, Opaque)> = parsed
        .statements
        .iter()
        .flat_map(|statement| &statement.changes)
        .filter_map(|change| Some((change.span, change.value.opaque()?.clone())))
        .collect();
    let tried = failure.as_ref().map_or(back.steps.len(), |(at, ..)| *at);
    let known = known && opaque.is_empty() && back.steps[..tried].iter().all(replay::is_certain);
    let difference = match failure {
        Some(_) => None,
        None => differ::difference(before, &back.schema, dialect),
    };
    Some(Tried { migration, parsed, replayed: back, known, failure, opaque, difference })
}

/// The name by which people know a migration: version and name.
pub fn label(migration: &Migration) -> Cow<'_, str> {
    match (migration.version.as_str(), migration.name.as_str()) {
        ("", name) => Cow::Borrowed(name),
        (version, "") => Cow::Borrowed(version),
        (version, name) => Cow::Owned(format!("{version}_{name}")),
    }
}
