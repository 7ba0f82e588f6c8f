//! What rules about locks and work share: which change works long under a lock that applications wait for, which transactions
//! hold which locks, and how both are named for people. Severity: where reads wait, nothing that uses the table goes on, an
//! error; where only writes wait, a warning.

use super::{At, Finding, Level, Scene};
use crate::catalog::{Catalog, Index, Name, Relation, Table};
use crate::change::{
    Change, Constraint, ConstraintKind, CreateIndex, DataKind, Ident, IndexShape, Key, Maintenance, ObjectKind, TableAction,
};
use crate::dialect::{Blocked, Held, Impact, Lock};
use crate::replay::{Atom, Step};
use std::ops::Range;
use std::sync::Arc;

/// What a slow change is busy with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Work {
    Index,
    Reindex,
    Unique,
    Check,
    ForeignKey,
    NotNull,
    Rewrite,
    Partition,
    Refresh,
}

/// A change that works longer than an instant under a lock that applications wait for.
pub(super) struct Slow<'a> {
    /// The change.
    pub atom: &'a Atom,
    /// What it costs.
    pub cost: &'a Impact,
    /// The lock that hurts most.
    pub lock: &'a Lock,
}

impl Slow<'_> {
    /// The table that the change is about, or else the one whose lock hurts.
    pub(super) fn table(&self) -> &Name {
        &self.lock.object
    }

    /// How long the change takes.
    pub(super) fn held(&self) -> Held {
        self.cost.locks.iter().map(|lock| lock.held).max().unwrap_or(Held::Instant)
    }
}

impl<'a> At<'a> {
    /// Its changes with their costs.
    pub(super) fn costs(&self) -> impl Iterator<Item = (&'a Atom, &'a Impact)> + use<'a> {
        self.step.atoms.iter().zip(&self.verdict.costs)
    }

    /// The changes that do this kind of work under a lock that applications wait for.
    pub(super) fn slow(&self, wanted: Work) -> Vec<Slow<'a>> {
        let mut out = Vec::new();
        for (atom, cost) in self.costs() {
            if work(&atom.change.value, cost) != Some(wanted) || !is_slow(cost) {
                continue;
            }
            // One ALTER TABLE locks once for all its actions; the statements of a block lock one after another.
            let locks = if self.is_block() { &cost.locks } else { &self.verdict.impact.locks };
            let target = target(atom);
            let harmful = || {
                locks.iter().filter(|lock| waits(lock, &atom.before) && cost.locks.iter().any(|own| own.object == lock.object))
            };
            let Some(worst) = harmful().map(|lock| lock.strength).max() else { continue };
            let worst = || harmful().filter(|lock| lock.strength == worst);
            let lock = worst().find(|lock| Some(&lock.object) == target.as_ref()).or_else(|| worst().next());
            out.extend(lock.map(|lock| Slow { atom, cost, lock }));
        }
        out
    }

    /// Whether the statement runs others: a `DO` block, or a call of a routine.
    pub(super) fn is_block(&self) -> bool {
        self.statement.changes.iter().any(|change| matches!(change.value, Change::Do(_) | Change::Data(_)))
    }

    /// A finding on work under a lock: who waits for it, and what is done meanwhile. Whose index is locked waits for the index.
    pub(super) fn blocked(&self, slow: &Slow<'_>, what: impl std::fmt::Display) -> Finding {
        let before = &slow.atom.before;
        let used = before.index(slow.table()).map_or(slow.table(), |(owner, _)| owner);
        let waiting = if before.view(used).is_some() { "reads" } else { waiting(slow.lock) };
        let locked = self.shown(slow.table());
        self.finding(slow.atom.change.span, format!("{waiting} of {} wait while {what}", self.shown(used)))
            .why(format!("{} on {locked} is held while {}.", slow.lock.mode, doing(slow.held())))
            .at_most(level(slow.lock))
    }

    /// How to run a statement outside a transaction, as a sentence.
    pub(super) fn outside(&self) -> String {
        format!("It must run outside a transaction: {}.", self.scene.runner.outside_transaction())
    }

    /// The steps of the transaction that this statement runs in.
    pub(super) fn transaction(&self) -> Range<usize> {
        transaction(self.scene, self.number)
    }

    /// The state when the transaction ends.
    pub(super) fn committed(&self) -> &'a Catalog {
        let commits = &self.scene.replayed.commits;
        let found = commits.get(commits.partition_point(|commit| commit.steps.end <= self.number));
        found.map_or(&self.step.after, |commit| &commit.after)
    }

    /// The locks that applications wait for and that the transaction holds when the atom of this step begins: each with the step
    /// that took it.
    pub(super) fn held_before(&self, atom: usize) -> Vec<(usize, &'a Lock)> {
        let mut held: Vec<(usize, &'a Lock)> = Vec::new();
        let locking = self.scene.locking_steps();
        let first = locking.partition_point(|number| *number < self.transaction().start);
        for number in locking[first..].iter().copied().take_while(|number| *number <= self.number) {
            let Some((step, verdict)) = self.scene.step(number) else { continue };
            let limit = if number == self.number { if self.is_block() { atom } else { 0 } } else { step.atoms.len() };
            for (atom, cost) in step.atoms.iter().zip(&verdict.costs).take(limit) {
                for lock in
                    cost.locks.iter().filter(|lock| waits(lock, &atom.before) && atom.before.index(&lock.object).is_none())
                {
                    match held.iter_mut().find(|(_, known)| known.object == lock.object) {
                        Some(known) if known.1.strength < lock.strength => *known = (number, lock),
                        Some(_) => {}
                        None => held.push((number, lock)),
                    }
                }
            }
        }
        held
    }
}

impl<'a> Scene<'a> {
    /// The steps that take a lock which applications wait for, in order: few among many statements that only move rows.
    fn locking_steps(&self) -> &[usize] {
        let locks =
            |verdict: &crate::assess::Verdict| verdict.impact.locks.iter().any(|lock| lock.blocks.contains(&Blocked::Write));
        self.memo.locking.get_or_init(|| {
            let numbered = self.assessments.iter().flat_map(|found| found.steps.clone().zip(&found.verdicts));
            numbered.filter(|(_, verdict)| locks(verdict)).map(|(number, _)| number).collect()
        })
    }

    /// A judged step with its verdict.
    pub(super) fn step(&self, number: usize) -> Option<(&'a Step, &'a crate::assess::Verdict)> {
        let step = &self.replayed.steps[number];
        let found = self.assessments.binary_search_by_key(&step.migration, |found| found.migration).ok()?;
        let found = &self.assessments[found];
        Some((step, found.verdicts.get(number - found.steps.start)?))
    }
}

/// The steps that commit together with this one.
pub(super) fn transaction(scene: &Scene<'_>, number: usize) -> Range<usize> {
    let commits = &scene.replayed.commits;
    let found = commits.get(commits.partition_point(|commit| commit.steps.end <= number));
    found.map_or(number..number + 1, |commit| commit.steps.clone())
}

/// The severity of work under a lock.
pub(super) fn level(lock: &Lock) -> Level {
    if lock.blocks.contains(&Blocked::Read) { Level::Error } else { Level::Warning }
}

/// Whether applications wait for the lock. Nobody writes to a materialized view, so a lock that only keeps writers out of one
/// hurts nobody.
pub(super) fn waits(lock: &Lock, before: &Catalog) -> bool {
    let written = matches!(before.relations.get(&lock.object), Some(Relation::Table(_)));
    lock.blocks.contains(&Blocked::Read) || (written && lock.blocks.contains(&Blocked::Write))
}

/// Who waits for a lock.
pub(super) fn waiting(lock: &Lock) -> &'static str {
    if lock.blocks.contains(&Blocked::Read) { "reads and writes" } else { "writes" }
}

/// What is done while a lock is held.
pub(super) fn doing(held: Held) -> &'static str {
    match held {
        Held::Instant => "the catalog is changed",
        Held::Scan => "every row is read",
        Held::IndexBuild => "an index is built over every row",
        Held::Rewrite => "every row and every index is written anew",
    }
}

/// Whether the work grows with the tables.
pub(super) fn is_slow(cost: &Impact) -> bool {
    cost.locks.iter().any(|lock| lock.held > Held::Instant)
}

/// The kind of work; nothing for what is over in an instant, or keeps nobody waiting.
fn work(change: &Change, cost: &Impact) -> Option<Work> {
    Some(match change {
        Change::Refresh { .. } => Work::Refresh,
        Change::CreateIndex(_) => Work::Index,
        Change::Maintenance(Maintenance::Reindex { .. }) => Work::Reindex,
        Change::CreateTable(table) if table.partition_of.is_some() => Work::Partition,
        Change::AlterDomain { .. } => Work::Check,
        _ if !cost.rewrites.is_empty() => Work::Rewrite,
        Change::AlterTable(alter) => return action_work(&alter.action),
        _ => return None,
    })
}

fn action_work(action: &TableAction) -> Option<Work> {
    match action {
        TableAction::AddConstraint(constraint) => Some(constraint_work(constraint)),
        TableAction::AddColumn { constraints, .. } => {
            let works = || constraints.iter().map(constraint_work);
            [Work::Unique, Work::ForeignKey, Work::Check].into_iter().find(|wanted| works().any(|found| found == *wanted))
        }
        TableAction::ValidateConstraint { .. } => Some(Work::Check),
        TableAction::SetNotNull { .. } => Some(Work::NotNull),
        TableAction::SetType { .. } | TableAction::SetTablespace(_) => Some(Work::Rewrite),
        TableAction::AttachPartition { .. } | TableAction::DetachPartition { .. } | TableAction::SetInherit { .. } => {
            Some(Work::Partition)
        }
        _ => None,
    }
}

fn constraint_work(constraint: &Constraint) -> Work {
    match &constraint.kind {
        ConstraintKind::Check(_) => Work::Check,
        ConstraintKind::ForeignKey(_) => Work::ForeignKey,
        ConstraintKind::NotNull(_) => Work::NotNull,
        ConstraintKind::PrimaryKey(Key { using_index: Some(_), .. }) => Work::NotNull,
        ConstraintKind::PrimaryKey(_) | ConstraintKind::Unique(_) | ConstraintKind::Exclude(_) => Work::Unique,
    }
}

/// The table that a change names.
pub(super) fn target(atom: &Atom) -> Option<Name> {
    let name = match &atom.change.value {
        Change::AlterTable(alter) => match &alter.action {
            TableAction::AttachPartition { partition, .. } => partition,
            _ => &alter.table,
        },
        Change::CreateIndex(index) => &index.table,
        Change::Refresh { view, .. } => view,
        _ => return None,
    };
    atom.before.resolve_relation(name)
}

/// The constraints that a change adds to a table, as the catalog keeps them.
pub(super) fn added_constraints(atom: &Atom, table: &Name) -> Vec<Arc<Constraint>> {
    let known = |name: &Ident| atom.before.table(table).is_some_and(|table| table.constraint(name).is_some());
    let constraints = atom.after.table(table).map(|table| table.constraints.as_slice()).unwrap_or_default();
    constraints.iter().filter(|found| found.name.as_ref().is_some_and(|name| !known(name))).cloned().collect()
}

/// The indexes that a change adds to a table or materialized view.
pub(super) fn added_indexes(atom: &Atom, owner: &Name) -> Vec<Arc<Index>> {
    let known = indexes(&atom.before, owner);
    let is_new = |index: &&Arc<Index>| !known.iter().any(|old| old.id == index.id);
    indexes(&atom.after, owner).iter().filter(is_new).cloned().collect()
}

fn indexes<'c>(catalog: &'c Catalog, owner: &Name) -> &'c [Arc<Index>] {
    match catalog.relations.get(owner) {
        Some(Relation::Table(table)) => &table.indexes,
        Some(Relation::View(view)) => &view.indexes,
        Some(Relation::Sequence(_) | Relation::Index(_)) | None => &[],
    }
}

/// The direct partitions of a table.
pub(super) fn partitions<'c>(catalog: &'c Catalog, parent: &Name) -> Vec<&'c Arc<Table>> {
    let of_parent = |table: &&Arc<Table>| table.partition_of.as_ref().is_some_and(|(found, _)| found == parent);
    let tables = catalog.relations.values().filter_map(|relation| match relation {
        Relation::Table(table) => Some(table),
        Relation::View(_) | Relation::Sequence(_) | Relation::Index(_) => None,
    });
    tables.filter(of_parent).collect()
}

impl At<'_> {
    /// `CREATE INDEX CONCURRENTLY`.
    pub(super) fn index_concurrently(&self, table: &Name, name: &Ident, unique: bool, shape: &IndexShape) -> String {
        let (name, table, shape) = (Some(name.clone()), self.qname(table), shape.clone());
        self.write(&Change::CreateIndex(Box::new(CreateIndex {
            name,
            table,
            unique,
            concurrently: true,
            if_not_exists: false,
            only: false,
            shape,
        })))
    }

    /// A change of `ALTER TABLE` kind on something that is no table.
    pub(super) fn alter_index(&self, index: &Name, action: TableAction) -> String {
        let (table, kind) = (self.qname(index), ObjectKind::Index);
        let alter = crate::change::AlterTable { kind, table, if_exists: false, only: false, action };
        self.write(&Change::AlterTable(Box::new(alter)))
    }
}

/// Names for people: the first few, and how many more.
pub(super) fn list(names: &[String]) -> String {
    const SHOWN: usize = 4;
    match names.len() {
        0..=SHOWN => names.join(", "),
        count => format!("{} and {} more", names[..SHOWN].join(", "), count - SHOWN),
    }
}

/// Whether a change moves rows.
pub(super) fn moves_rows(change: &Change) -> bool {
    match change {
        Change::Data(data) => match data.kind {
            DataKind::Insert | DataKind::Update | DataKind::Delete | DataKind::Merge | DataKind::CopyIn => true,
            DataKind::Select | DataKind::Call | DataKind::CopyOut => false,
        },
        _ => false,
    }
}
