//! Who works when: the uses of the old and of the new application tried on every schema state that the deployment goes through.

use crate::assess::{App, Broken, Touched, Use, failing};
use crate::catalog::Catalog;
use crate::dialect::{AppError, Dialect, ServerError};
use crate::lint::Lint;
use std::collections::BTreeMap;

/// The uses of both applications that fail on a schema state; none: the application works.
#[derive(Debug, Clone, Default)]
pub struct Works {
    /// Of the old application.
    pub old: Vec<Broken>,
    /// Of the new one.
    pub new: Vec<Broken>,
}

impl Works {
    /// Whether the old application works.
    pub fn old_ok(&self) -> bool {
        self.old.is_empty()
    }

    /// Whether the new one does.
    pub fn new_ok(&self) -> bool {
        self.new.is_empty()
    }
}

/// A schema state that applications meet.
#[derive(Debug, Clone)]
pub struct State {
    /// The migration that it comes after; nothing for the live schema.
    pub after: Option<usize>,
    /// Who works on it.
    pub works: Works,
}

/// What happens when migrations run in an order of their own.
pub(super) struct Simulated {
    /// Who works before the first, and after each.
    pub works: Vec<Works>,
    /// The first error of each.
    pub fails: Vec<Option<ServerError>>,
}

/// The states as the runner makes them, by version: those after each migration that commits by itself.
pub(super) fn by_version(lint: &Lint<'_>) -> Vec<State> {
    let commits = &lint.replayed.commits;
    let mut watch = Watch::new(lint);
    let mut out = vec![State { after: None, works: watch.works() }];
    let mut seen = 0;
    for (number, assessment) in lint.assessments.iter().enumerate() {
        let done = commits.partition_point(|commit| commit.steps.end <= assessment.steps.end);
        let ends = commits[..done].last().is_none_or(|commit| commit.steps.end == assessment.steps.end);
        // One commit with later migrations: nobody sees the state between.
        if !ends && !assessment.steps.is_empty() {
            continue;
        }
        for commit in &commits[seen.min(done)..done] {
            watch.step(&commit.after);
        }
        seen = done;
        out.push(State { after: Some(number), works: watch.works() });
    }
    out
}

/// Runs migrations in the given order on the live schema.
pub(super) fn in_order(lint: &Lint<'_>, order: &[usize]) -> Simulated {
    let dialect = lint.options.dialect;
    let mut watch = Watch::new(lint);
    let mut state = watch.state.clone();
    let mut out = Simulated { works: vec![watch.works()], fails: Vec::new() };
    for number in order {
        let mut failed = None;
        state.session = dialect.empty_catalog().session;
        for step in &lint.replayed.steps[lint.assessments[*number].steps.clone()] {
            if !step.problems.is_empty() {
                continue;
            }
            for atom in &step.atoms {
                let change = &atom.change.value;
                // What could not be applied in its own place either is no news.
                let could = atom.conditional || !step.doubtful.is_empty();
                if let (Err(problem), false) = (state.apply(change, dialect), could) {
                    failed = failed.or_else(|| Some(dialect.problem(&problem, change)));
                }
            }
        }
        watch.step(&state);
        out.works.push(watch.works());
        out.fails.push(failed);
    }
    out
}

/// Both applications, followed from state to state: only uses of what changed are tried.
struct Watch<'a> {
    dialect: &'a dyn Dialect,
    old: Catalog,
    new: Catalog,
    state: Catalog,
    failing: [BTreeMap<Use, AppError>; 2],
}

impl<'a> Watch<'a> {
    fn new(lint: &Lint<'a>) -> Self {
        let (dialect, commits) = (lint.options.dialect, &lint.replayed.commits);
        let old = commits.first().map_or_else(|| lint.replayed.schema.clone(), |commit| (*commit.before).clone());
        let new = commits.last().map_or_else(|| lint.replayed.schema.clone(), |commit| (*commit.after).clone());
        let touched = Touched::between(&old, &new);
        let mut missing = failing(App::New, &new, &old, &touched, dialect);
        let own = failing(App::New, &new, &new, &touched, dialect);
        missing.retain(|usage, _| !own.contains_key(usage));
        Watch { dialect, state: old.clone(), old, new, failing: [BTreeMap::new(), missing] }
    }

    fn step(&mut self, next: &Catalog) {
        let touched = Touched::between(&self.state, next);
        if !touched.is_empty() {
            for ((app, schema), known) in [(App::Old, &self.old), (App::New, &self.new)].into_iter().zip(&mut self.failing) {
                let before = failing(app, schema, &self.state, &touched, self.dialect);
                let after = failing(app, schema, next, &touched, self.dialect);
                known.retain(|usage, _| !before.contains_key(usage) || after.contains_key(usage));
                known.extend(after.into_iter().filter(|(usage, _)| !before.contains_key(usage)));
            }
        }
        self.state = next.clone();
    }

    fn works(&self) -> Works {
        let [old, new] = &self.failing;
        let broken = |failing: &BTreeMap<Use, AppError>| {
            failing.iter().map(|(usage, error)| Broken { usage: usage.clone(), error: error.clone() }).collect()
        };
        Works { old: broken(old), new: broken(new) }
    }
}
