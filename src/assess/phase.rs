//! The phase of a statement and of a migration: the 2 x 2 of "does the old application work after it" and "does the new one
//! work before it", and nothing else.

use super::{Assessment, Broken, Verdict};
use crate::catalog::{Catalog, Name, ObjectId};
use crate::change::{AlterTable, Change, DataKind, Ident, QName, TableAction};
use crate::replay::{Commit, Replayed, Step};
use std::collections::BTreeSet;

/// When a change may run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Phase {
    /// At any moment.
    #[default]
    Free,
    /// Before the deploy.
    Expand,
    /// Between expand and contract: it moves rows.
    Migrate,
    /// After the last old instance is gone and the rollback window is closed.
    Contract,
    /// Never as it stands: it must be split.
    Breaking,
    /// Of a migration: its statements belong into different phases.
    Mixed,
}

impl Phase {
    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Phase::Free => "free",
            Phase::Expand => "expand",
            Phase::Migrate => "migrate",
            Phase::Contract => "contract",
            Phase::Breaking => "breaking",
            Phase::Mixed => "mixed",
        }
    }
}

pub(super) fn of_statement(verdict: &Verdict) -> Phase {
    match (verdict.breaks.is_empty(), verdict.needs.is_empty()) {
        (true, true) if verdict.moves_data => Phase::Migrate,
        (true, true) => Phase::Free,
        (true, false) => Phase::Expand,
        (false, true) => Phase::Contract,
        (false, false) => Phase::Breaking,
    }
}

pub(super) fn of_migration(replayed: &Replayed, assessment: &Assessment) -> Phase {
    let steps = &replayed.steps[assessment.steps.clone()];
    let Some(first) = steps.first() else { return Phase::Free };
    let counts = |(step, verdict): &(&Step, &Verdict)| verdict.phase != Phase::Migrate || !only_new_tables(step, &first.before);
    let phases: BTreeSet<Phase> = (steps.iter().zip(&assessment.verdicts))
        .filter(counts)
        .map(|(_, verdict)| verdict.phase)
        .filter(|p| *p != Phase::Free)
        .collect();
    if phases.contains(&Phase::Breaking) || same_object_both_ways(replayed, assessment) {
        return Phase::Breaking;
    }
    match phases.len() {
        0 => Phase::Free,
        1 => phases.into_iter().next().unwrap_or_default(),
        _ => Phase::Mixed,
    }
}

/// Whether one commit takes from the old application and gives to the new one on the same object: the two halves cannot be told
/// apart by cutting between statements.
fn same_object_both_ways(replayed: &Replayed, assessment: &Assessment) -> bool {
    let subjects = |broken: &[Broken], commit: &Commit| -> BTreeSet<(Option<Name>, Option<Ident>)> {
        let subject = |broken: &Broken| {
            let (name, member) = broken.usage.subject();
            // What is dropped and made again cannot be cut into parts.
            let whole = name.is_some_and(|name| made_again(&commit.before, &commit.after, name));
            (name.cloned(), member.filter(|_| !whole).cloned())
        };
        broken.iter().map(subject).collect()
    };
    let steps = &assessment.steps;
    let first = replayed.commits.partition_point(|commit| commit.steps.end <= steps.start);
    replayed.commits[first..].iter().take_while(|commit| commit.steps.start < steps.end).any(|commit| {
        let inside = commit.steps.start.max(steps.start) - steps.start..commit.steps.end.min(steps.end) - steps.start;
        let verdicts = &assessment.verdicts[inside];
        let breaks: BTreeSet<_> = verdicts.iter().flat_map(|verdict| subjects(&verdict.breaks, commit)).collect();
        !breaks.is_empty()
            && verdicts.iter().flat_map(|verdict| subjects(&verdict.needs, commit)).any(|subject| breaks.contains(&subject))
    })
}

/// Whether another object has taken the name, or another primary key its place.
fn made_again(before: &Catalog, after: &Catalog, name: &Name) -> bool {
    let relation = |catalog: &Catalog| catalog.relations.get(name).and_then(|relation| relation.id());
    let data_type = |catalog: &Catalog| catalog.types.get(name).map(|found| found.id);
    let differ = |old: Option<ObjectId>, new: Option<ObjectId>| old.is_some() && new.is_some() && old != new;
    // Neither can a key be: there is one primary key at a time.
    let primary = |catalog: &Catalog| {
        let table = catalog.table(name)?;
        table.indexes.iter().find(|index| index.primary).map(|index| index.id)
    };
    differ(relation(before), relation(after))
        || differ(primary(before), primary(after))
        || differ(data_type(before), data_type(after))
}

/// Whether a statement moves rows of a table that was there before the migration, or changes it in place.
pub(super) fn moves_data(step: &Step) -> bool {
    step.atoms.iter().any(|atom| match &atom.change.value {
        Change::Data(data) => match data.kind {
            DataKind::Insert | DataKind::Update | DataKind::Delete | DataKind::Merge | DataKind::CopyIn => true,
            DataKind::Select | DataKind::CopyOut | DataKind::Call => false,
        },
        Change::Truncate { .. } | Change::Refresh { .. } => true,
        Change::AlterTable(alter) => matches!(alter.action, TableAction::ValidateConstraint { .. }),
        Change::AlterDomain { change, .. } => matches!(change, crate::change::DomainChange::Validate(_)),
        _ => false,
    })
}

/// Whether it validates a constraint that the migration itself added: no step of its own can come before that.
fn validates_new(alter: &AlterTable, before: &Catalog, base: &Catalog) -> bool {
    let TableAction::ValidateConstraint { name } = &alter.action else { return false };
    let table = before.resolve_relation(&alter.table).and_then(|table| base.table(&table));
    // One that is made again is new as well.
    table.is_some_and(|table| table.constraint(name).is_none_or(|constraint| !constraint.not_valid))
}

/// Whether the rows that a statement moves are all in tables that the migration itself made.
fn only_new_tables(step: &Step, base: &Catalog) -> bool {
    let is_new = |name: &QName| step.before.resolve_relation(name).is_some_and(|name| !base.relations.contains_key(&name));
    step.atoms.iter().all(|atom| match &atom.change.value {
        Change::Data(data) => data.table.as_ref().is_none_or(is_new),
        Change::Truncate { tables, .. } => tables.iter().all(|target| is_new(&target.table)),
        Change::Refresh { view, .. } => is_new(view),
        Change::AlterTable(alter) => is_new(&alter.table) || validates_new(alter, &step.before, base),
        _ => true,
    })
}
