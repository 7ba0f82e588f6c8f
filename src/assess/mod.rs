//! The judgement: for each statement, migration and release whether the old application still works after it, whether the
//! new one works before it, which phase that makes it, and what it costs while it runs. Everything here is read off schema
//! states; no statement's keywords decide anything.

mod compat;
mod locks;
mod loss;
mod phase;
mod rollout;

pub use crate::replay::Release;
pub use compat::{App, Broken, Dangling, Touched, Use, UseClass, failing};
pub use locks::locks;
pub use loss::Loss;
pub use phase::Phase;
pub use rollout::Strategy;

use crate::catalog::Catalog;
use crate::dialect::{AppError, Dialect, Held, Impact, ImpactContext, ServerVersion};
use crate::replay::{Atom, Commit, Replayed, Step};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// The verdict on one statement.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// Uses of the old application that stop working by it.
    pub breaks: Vec<Broken>,
    /// Uses of the new application that begin to work by it: it cannot start before.
    pub needs: Vec<Broken>,
    /// Routines that fail from now on, for every application.
    pub dangling: Vec<Dangling>,
    /// The phase.
    pub phase: Phase,
    /// Whether it moves rows.
    pub moves_data: bool,
    /// Locks and work.
    pub impact: Impact,
    /// The same for each of its changes, in the order of [`Step::atoms`].
    pub costs: Vec<Impact>,
    /// What it destroys.
    pub losses: Vec<Loss>,
}

/// The verdict on one migration.
#[derive(Debug, Clone, Default)]
pub struct Assessment {
    /// Its place in the history.
    pub migration: usize,
    /// Its steps, by their place in [`Replayed::steps`].
    pub steps: std::ops::Range<usize>,
    /// One verdict for each of its steps.
    pub verdicts: Vec<Verdict>,
    /// The phase of the whole.
    pub phase: Phase,
}

impl Assessment {
    /// Whether the old application works after every committed state of it.
    pub fn old_ok(&self) -> bool {
        self.verdicts.iter().all(|verdict| verdict.breaks.is_empty())
    }

    /// Whether the new application works before it.
    pub fn new_ok(&self) -> bool {
        self.verdicts.iter().all(|verdict| verdict.needs.is_empty())
    }
}

/// Judges every migration of a replay, in order.
pub fn assess(replayed: &Replayed, release: Release, version: ServerVersion, dialect: &dyn Dialect) -> Vec<Assessment> {
    let releases = split_releases(replayed, release);
    let verdicts: Vec<Vec<Verdict>> =
        releases.par_iter().map(|commits| judge_release(replayed, commits, version, dialect)).collect();
    let mut all = verdicts.into_iter().flatten();
    let mut out: Vec<Assessment> = Vec::new();
    for (number, step) in replayed.steps.iter().enumerate() {
        let verdict = all.next().expect("every step lies in exactly one commit");
        match out.last_mut() {
            Some(last) if last.migration == step.migration => {
                last.steps.end = number + 1;
                last.verdicts.push(verdict);
            }
            _ => out.push(Assessment {
                migration: step.migration,
                steps: number..number + 1,
                verdicts: vec![verdict],
                phase: Phase::Free,
            }),
        }
    }
    for assessment in &mut out {
        assessment.phase = phase::of_migration(replayed, assessment);
    }
    out
}

/// The commits of each release. One commit that spans migrations keeps them in one release.
fn split_releases(replayed: &Replayed, release: Release) -> Vec<&[Commit]> {
    let migration = |commit: &Commit| replayed.steps[commit.steps.start].migration;
    match release {
        Release::Together => vec![replayed.commits.as_slice()],
        Release::OneByOne => replayed.commits.chunk_by(|a, b| migration(a) == migration(b)).collect(),
    }
}

fn judge_release(replayed: &Replayed, commits: &[Commit], version: ServerVersion, dialect: &dyn Dialect) -> Vec<Verdict> {
    let (Some(first), Some(last)) = (commits.first(), commits.last()) else { return Vec::new() };
    let apps = [(App::Old, &first.before), (App::New, &last.after)];
    let mut verdicts: Vec<Verdict> = Vec::new();
    for commit in commits {
        let start = verdicts.len();
        let mut turns = [Turns::default(), Turns::default()];
        for number in commit.steps.clone() {
            let step = &replayed.steps[number];
            let touched = Touched::between(&step.before, &step.after);
            for ((app, schema), turns) in apps.iter().zip(&mut turns) {
                turns.note(number - commit.steps.start, *app, schema, step, &touched, dialect);
            }
            let costs: Vec<Impact> = step.atoms.iter().map(|atom| cost(step, atom, version, dialect)).collect();
            let dangling =
                if touched.is_empty() { Vec::new() } else { compat::dangling(&step.before, &step.after, &touched, dialect) };
            verdicts.push(Verdict {
                breaks: Vec::new(),
                needs: Vec::new(),
                dangling,
                phase: Phase::Free,
                moves_data: phase::moves_data(step),
                impact: together(&costs),
                costs,
                losses: loss::losses(step, dialect),
            });
        }
        let whole = Touched::between(&commit.before, &commit.after);
        let rolled_back = whole.is_empty();
        if verdicts[start..].iter().any(|verdict| !verdict.dangling.is_empty()) {
            // What is gone for some statements only is there again when others see it.
            let last = compat::dangling(&commit.before, &commit.after, &whole, dialect);
            for verdict in &mut verdicts[start..] {
                // What others meet is what the last of the statements leaves.
                let kept = |found: Dangling| last.iter().find(|kept| kept.routine == found.routine).cloned();
                verdict.dangling = std::mem::take(&mut verdict.dangling).into_iter().filter_map(kept).collect();
            }
        }
        let [old, new] = turns;
        if !rolled_back {
            old.settle(false, |step, broken| verdicts[start + step].breaks.push(broken));
            new.settle(true, |step, broken| verdicts[start + step].needs.push(broken));
            verdicts[start..].iter_mut().for_each(|verdict| add_dangling(verdict, &first.before));
        }
    }
    for verdict in &mut verdicts {
        verdict.phase = phase::of_statement(verdict);
    }
    verdicts
}

/// Counts against the old application what it does that runs into a routine which fails.
fn add_dangling(verdict: &mut Verdict, old: &Catalog) {
    for dangling in &verdict.dangling {
        for usage in dangling.uses.iter().filter(|usage| knows(old, usage)) {
            if verdict.breaks.iter().all(|broken| broken.usage != *usage) {
                verdict.breaks.push(Broken { usage: usage.clone(), error: dangling.error.clone() });
            }
        }
    }
}

/// Whether an application written for the schema knows what it uses.
fn knows(schema: &Catalog, usage: &Use) -> bool {
    match usage {
        Use::Call(name, signature, _) => {
            schema.routines.get(name).is_some_and(|own| own.iter().any(|routine| routine.signature == *signature))
        }
        _ => usage.subject().0.is_some_and(|name| schema.relations.contains_key(name)),
    }
}

/// When each use of one application began or ceased to work within a commit.
#[derive(Default)]
struct Turns {
    found: BTreeMap<Use, Turn>,
    /// What a new application met before the commit, where it met it.
    met: BTreeMap<Use, AppError>,
}

struct Turn {
    /// Whether the use worked before the commit.
    worked: bool,
    /// Whether it works now.
    works: bool,
    /// The step of the last turn, counted from the commit's first.
    step: usize,
    /// The error while it does not work.
    error: AppError,
}

impl Turns {
    fn note(
        &mut self,
        at: usize,
        app: App,
        schema: &crate::catalog::Catalog,
        step: &Step,
        touched: &Touched,
        dialect: &dyn Dialect,
    ) {
        if touched.is_empty() {
            return;
        }
        let before = compat::failing(app, schema, &step.before, touched, dialect);
        let after = compat::failing(app, schema, &step.after, touched, dialect);
        for (usage, error) in &before {
            if app == App::New {
                self.met.entry(usage.clone()).or_insert_with(|| error.clone());
            }
            if !after.contains_key(usage) {
                self.turn(usage, error, at, true);
            }
        }
        for (usage, error) in &after {
            if !before.contains_key(usage) {
                self.turn(usage, error, at, false);
            } else if let Some(turn) = self.found.get_mut(usage).filter(|_| app == App::Old) {
                // It fails already, but from now on with another error.
                turn.error = error.clone();
            }
        }
    }

    fn turn(&mut self, usage: &Use, error: &AppError, step: usize, works: bool) {
        let error = self.met.get(usage).unwrap_or(error);
        let turn = self.found.entry(usage.clone()).or_insert_with(|| Turn { worked: !works, works, step, error: error.clone() });
        turn.works = works;
        turn.step = step;
    }

    /// Gives out the uses that ended the commit as `works` and began it otherwise, with the step of their last turn.
    fn settle(self, works: bool, mut give: impl FnMut(usize, Broken)) {
        for (usage, turn) in self.found {
            if turn.works == works && turn.worked != works {
                give(turn.step, Broken { usage, error: turn.error });
            }
        }
    }
}

/// The locks and the work of one change.
fn cost(step: &Step, atom: &Atom, version: ServerVersion, dialect: &dyn Dialect) -> Impact {
    let context = ImpactContext { before: &atom.before, after: &atom.after, base: &step.base, version };
    dialect.impact(&atom.change.value, &context)
}

/// The locks and the work of all changes of a statement: the strongest lock on each object, the longest work under it.
fn together(costs: &[Impact]) -> Impact {
    if let [only] = costs {
        return only.clone();
    }
    let mut whole = Impact::default();
    for part in costs {
        whole.not_in_transaction = whole.not_in_transaction.or(part.not_in_transaction);
        for name in &part.rewrites {
            if !whole.rewrites.contains(name) {
                whole.rewrites.push(name.clone());
            }
        }
        for lock in &part.locks {
            match whole.locks.iter_mut().find(|found| found.object == lock.object) {
                Some(found) => {
                    let held: Held = found.held.max(lock.held);
                    if lock.strength > found.strength {
                        *found = lock.clone();
                    }
                    found.held = held;
                }
                None => whole.locks.push(lock.clone()),
            }
        }
    }
    whole
        .locks
        .sort_by(|a, b| b.strength.cmp(&a.strength).then_with(|| b.held.cmp(&a.held)).then_with(|| a.object.cmp(&b.object)));
    whole
}
