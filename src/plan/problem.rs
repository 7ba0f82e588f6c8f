//! What is wrong with pending migrations as a release: no moment suits one, or the order of versions is not that of the stages.

use super::place::{Placed, Placement};
use super::{Stage, StageName, backfill, takes_all};
use crate::assess::{Phase, Strategy};
use crate::catalog::Name;
use crate::lint::Lint;
use crate::rules::Level;
use std::collections::BTreeSet;

/// Something that keeps the plan from being carried out, or makes it unsafe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What kind of problem.
    pub kind: ProblemKind,
    /// How bad it is.
    pub level: Level,
    /// The migration.
    pub assessment: usize,
    /// The other migrations that it is about.
    pub others: Vec<usize>,
    /// What is wrong, in a sentence without its end.
    pub message: String,
    /// What to do, in a sentence.
    pub help: String,
}

/// The kinds of problems.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ProblemKind {
    /// It breaks both versions, each in its turn.
    Breaking,
    /// Its statements belong into several stages.
    Mixed,
    /// It belongs behind migrations that come after it.
    Order,
    /// All pending migrations commit together.
    OneTransaction,
    /// It fails where the plan puts it.
    Fails,
    /// Rows that old instances write behind a backfill stay unfilled.
    MissedRows,
    /// It takes away in the release that brings the replacement.
    SameRelease,
    /// The runner applies everything at once.
    TakesAll,
    /// It holds something that was not understood.
    NotUnderstood,
    /// Today's rows do not pass.
    Rows,
    /// A lock would wait for something that goes on in the database.
    Waits,
    /// The database has another schema.
    Drift,
    /// What is applied does not fit the files.
    History,
}

impl ProblemKind {
    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            ProblemKind::Breaking => "breaking",
            ProblemKind::Mixed => "mixed",
            ProblemKind::Order => "order",
            ProblemKind::OneTransaction => "one-transaction",
            ProblemKind::Fails => "fails",
            ProblemKind::MissedRows => "missed-rows",
            ProblemKind::SameRelease => "same-release",
            ProblemKind::TakesAll => "takes-all",
            ProblemKind::NotUnderstood => "not-understood",
            ProblemKind::Rows => "rows",
            ProblemKind::Waits => "waits",
            ProblemKind::Drift => "drift",
            ProblemKind::History => "history",
        }
    }
}

/// What is wrong with the migrations where they were put.
pub(super) fn find(lint: &Lint<'_>, placed: &Placed) -> Vec<Problem> {
    let mut out = Vec::new();
    for number in 0..placed.len() {
        out.extend(not_understood(lint, number));
        if lint.options.strategy == Strategy::StopTheWorld {
            continue;
        }
        out.extend(no_stage(lint, number));
        out.extend(order(lint, placed, number));
        out.extend(missed_rows(lint, placed, number));
        out.extend(same_release(lint, placed, number));
    }
    out.extend(together(lint, placed));
    out
}

/// Migrations that fail in the order of the plan.
pub(super) fn failures(lint: &Lint<'_>, stages: &[Stage]) -> Vec<Problem> {
    let entries = stages.iter().flat_map(|stage| stage.entries.iter().map(move |entry| (stage.name, entry)));
    let failed = entries.filter_map(|(stage, entry)| Some((stage, entry, entry.fails.as_ref()?)));
    let problem = |(stage, entry, error): (StageName, &super::Entry, &crate::dialect::ServerError)| Problem {
        kind: ProblemKind::Fails,
        level: Level::Error,
        assessment: entry.assessment,
        others: Vec::new(),
        message: format!("{} fails {}: {}", label(lint, entry.assessment), stage.name(), error.message),
        help: "It builds on a migration that runs later or must be split: do that first.".into(),
    };
    failed.map(problem).collect()
}

/// How people call a migration: version and name.
pub(crate) fn label(lint: &Lint<'_>, assessment: usize) -> String {
    let migration = &lint.project.history.migrations[lint.assessments[assessment].migration];
    let parts = [migration.version.as_str(), migration.name.as_str()];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("_")
}

fn labels(lint: &Lint<'_>, numbers: &[usize]) -> String {
    const SHOWN: usize = 3;
    let shown: Vec<String> = numbers.iter().take(SHOWN).map(|number| label(lint, *number)).collect();
    let more = numbers.len().saturating_sub(SHOWN);
    if more == 0 { shown.join(", ") } else { format!("{} and {more} more", shown.join(", ")) }
}

fn no_stage(lint: &Lint<'_>, number: usize) -> Option<Problem> {
    let (kind, message, help) = match super::phase(lint, number) {
        Phase::Breaking => (
            ProblemKind::Breaking,
            format!("{} suits no moment: the old version fails after it, the new one before it", label(lint, number)),
            "Replace it by an expand and a contract migration, with a release between them.",
        ),
        Phase::Mixed => (
            ProblemKind::Mixed,
            format!("{} holds statements of several stages", label(lint, number)),
            "Split it into one migration for each stage.",
        ),
        Phase::Free | Phase::Expand | Phase::Migrate | Phase::Contract => return None,
    };
    Some(Problem { kind, level: Level::Error, assessment: number, others: Vec::new(), message, help: help.into() })
}

/// A migration that has to wait while later ones must not.
fn order(lint: &Lint<'_>, placed: &Placed, number: usize) -> Option<Problem> {
    let stage = placed.stage(number)?;
    let must_wait = match placed.may(number) {
        Placement::Fixed(_) => true,
        Placement::Free { earliest, .. } => earliest == stage,
        Placement::Nowhere => false,
    };
    let before = |later: &usize| placed.stage(*later).is_some_and(|other| other < stage);
    let others: Vec<usize> = (number + 1..placed.len()).filter(before).collect();
    let first = *others.first().filter(|_| must_wait)?;
    let other = placed.stage(first)?;
    let (one, many) = if others.len() == 1 { ("comes", "belongs") } else { ("come", "belong") };
    let message = format!(
        "{} belongs {}, but {} {one} after it and {many} {}",
        label(lint, number),
        stage.name(),
        labels(lint, &others),
        other.name()
    );
    let help = format!(
        "{} applies migrations in order: give {} a later version, or ship it in a later release.",
        lint.project.runner,
        label(lint, number)
    );
    Some(Problem { kind: ProblemKind::Order, level: Level::Error, assessment: number, others, message, help })
}

fn missed_rows(lint: &Lint<'_>, placed: &Placed, number: usize) -> Option<Problem> {
    placed.stage(number)?;
    let found = backfill::of(lint, number).into_iter().find(|found| !found.kept)?;
    let table = shown(lint, &found.table);
    let (what, fix) = match &found.column {
        Some(column) => (
            format!("leaves {column} of {table} unfilled in rows that old instances write from then on"),
            format!(
                "Keep {column} filled by a trigger or a default before the deploy, or run this when the old version is gone."
            ),
        ),
        None => (
            format!("copies into {table} what is there now: what old instances write from then on is missing"),
            format!("Keep {table} filled by a trigger before the deploy, or run this when the old version is gone."),
        ),
    };
    let message = format!("{} {what}", label(lint, number));
    Some(Problem {
        kind: ProblemKind::MissedRows,
        level: Level::Warning,
        assessment: number,
        others: Vec::new(),
        message,
        help: fix,
    })
}

/// A contract step on a table that the same release expands.
fn same_release(lint: &Lint<'_>, placed: &Placed, number: usize) -> Option<Problem> {
    if placed.stage(number)? != StageName::AfterRollbackWindow || super::phase(lint, number) != Phase::Contract {
        return None;
    }
    let tables = touched(lint, number);
    let expands = |other: &usize| {
        lint.assessments[*other].phase == Phase::Expand
            && !touched(lint, *other).is_disjoint(&tables)
            && !brings_all(lint, *other)
    };
    let others: Vec<usize> = (0..placed.len()).filter(|other| *other != number).filter(expands).collect();
    if others.is_empty() {
        return None;
    }
    let message = format!("{} takes away what {} replaces, in one release", label(lint, number), labels(lint, &others));
    let help = "Ship it in a later release: what is deployed together is easily run together.".into();
    Some(Problem { kind: ProblemKind::SameRelease, level: Level::Warning, assessment: number, others, message, help })
}

/// The tables and views that a migration changes.
fn touched(lint: &Lint<'_>, number: usize) -> BTreeSet<Name> {
    let steps = &lint.replayed.steps[lint.assessments[number].steps.clone()];
    let changed = steps.iter().flat_map(|step| {
        let objects = step.atoms.iter().flat_map(|atom| atom.change.value.objects().into_iter().map(move |found| (atom, found)));
        objects.filter_map(|(atom, found)| atom.before.resolve_relation(&found.name))
    });
    changed.collect()
}

/// Whether a migration changes nothing that was there before.
fn brings_all(lint: &Lint<'_>, number: usize) -> bool {
    let Some(live) = lint.replayed.commits.first().map(|commit| &commit.before) else { return true };
    touched(lint, number).iter().all(|name| !live.relations.contains_key(name))
}

/// What the runner makes of several stages that are pending at once.
fn together(lint: &Lint<'_>, placed: &Placed) -> Option<Problem> {
    let late: Vec<usize> = (0..placed.len()).filter(|at| placed.stage(*at) > Some(StageName::BeforeDeploy)).collect();
    let early = (0..placed.len()).any(|at| placed.stage(at) == Some(StageName::BeforeDeploy));
    let first = *late.first()?;
    let runner = lint.project.runner;
    if !early || !takes_all(runner) {
        return None;
    }
    let commits_together = lint.project.history.one_transaction;
    let (kind, level, how) = match commits_together {
        true => (ProblemKind::OneTransaction, Level::Error, "in one transaction"),
        false => (ProblemKind::TakesAll, Level::Warning, "at once"),
    };
    let message = format!("{runner} applies all that is pending {how}, before the deploy also {}", labels(lint, &late));
    let help = "Keep what belongs to a later stage out of the release until then.".into();
    Some(Problem { kind, level, assessment: first, others: late[1..].to_vec(), message, help })
}

fn not_understood(lint: &Lint<'_>, number: usize) -> Option<Problem> {
    let parsed = &lint.parsed[lint.assessments[number].migration];
    let changes = parsed.statements.iter().flat_map(|statement| &statement.changes);
    let reason = changes.filter_map(|change| change.value.opaque()).map(|opaque| &opaque.reason).next()?;
    let message = format!("{} holds something that was not understood: {reason}", label(lint, number));
    let help = "Its stage is that of the rest of it: check by hand that this is right.".into();
    let (kind, level, others) = (ProblemKind::NotUnderstood, Level::Warning, Vec::new());
    Some(Problem { kind, level, assessment: number, others, message, help })
}

fn shown(lint: &Lint<'_>, name: &Name) -> String {
    let path = lint.options.dialect.empty_catalog().session.search_path;
    if path.contains(&name.schema) { name.name.to_string() } else { name.to_string() }
}
