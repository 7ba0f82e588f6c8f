//! A down as what it is, a migration: what it breaks, what it locks, and what the rules about locks and transactions say of it.

use super::{Lint, level};
use crate::assess::{self, Assessment, Broken, Release};
use crate::dialect::Lock;
use crate::paired::{Pair, Tried};
use crate::replay::ParsedMigration;
use crate::rules::{self, Finding, Level, Scene, Topic};
use crate::source::{History, Script, Sources, Transaction};
use rayon::prelude::*;
use std::collections::BTreeSet;

/// What is to be said of a down that runs while the new application may still be there.
#[derive(Debug)]
pub struct Back {
    /// The migration's place in its history.
    pub migration: usize,
    /// What the rules about locks, transactions and runners find.
    pub findings: Vec<Finding>,
    verdict: Option<Assessment>,
}

impl Back {
    /// What of the new application fails once it has run.
    pub fn breaks(&self) -> impl Iterator<Item = &Broken> {
        self.verdict.iter().flat_map(|assessment| &assessment.verdicts).flat_map(|verdict| &verdict.breaks)
    }

    /// The strongest lock that it takes on each object, the strongest first.
    pub fn locks(&self) -> Vec<&Lock> {
        let verdicts = self.verdict.iter().flat_map(|assessment| &assessment.verdicts);
        let mut locks: Vec<&Lock> = verdicts.flat_map(|verdict| &verdict.impact.locks).collect();
        locks.sort_by_key(|lock| std::cmp::Reverse((lock.strength, lock.held)));
        let mut seen = BTreeSet::new();
        locks.retain(|lock| seen.insert(&lock.object));
        locks
    }

    /// The severest finding.
    pub fn worst(&self) -> Level {
        self.findings.iter().map(|finding| finding.level).max().unwrap_or(Level::Off)
    }
}

impl Lint<'_> {
    /// Judges downs that were tried like any migration.
    pub fn backs(&self, tried: &[Tried]) -> Vec<Back> {
        let own = |tried: &Tried| {
            let history = of_down(&self.project.history, tried.migration, |down| down);
            self.back(&self.project.sources, &history, tried)
        };
        super::on_pool(|| tried.par_iter().map(own).collect())
    }

    /// The same of those that were computed. Their findings' places are in the pairs' own texts.
    pub fn computed_backs(&self, pairs: &[Pair]) -> Vec<Back> {
        let own = |pair: &Pair| {
            let (sources, tried) = pair.tried.as_ref()?;
            let chunks = tried.parsed.statements.iter().map(|own| own.span.file).next().map(|file| vec![sources.whole(file)]);
            let transaction = *pair.transaction.as_ref().unwrap_or(&Transaction::PerStatement);
            let script = Script { chunks: chunks?, transaction };
            let mut history = of_down(&self.project.history, pair.migration, |_| Some(script));
            let file = history.migrations[pair.migration].up.chunks[0].file;
            history.migrations.iter_mut().for_each(|migration| migration.file = file);
            Some(self.back(sources, &history, tried))
        };
        super::on_pool(|| pairs.par_iter().filter_map(own).collect())
    }

    fn back(&self, sources: &Sources, history: &History, tried: &Tried) -> Back {
        let (project, options) = (self.project, self.options);
        let migration = tried.migration;
        let assessments = assess::assess(&tried.replayed, Release::Together, options.version, options.dialect);
        let mut parsed = vec![ParsedMigration::default(); migration];
        parsed.push(tried.parsed.clone());
        let scene = Scene {
            memo: Default::default(),
            sources,
            history,
            parsed: &parsed,
            replayed: &tried.replayed,
            assessments: &assessments,
            runner: project.runner,
            dialect: options.dialect,
            version: options.version,
        };
        let path = project.sources.path(project.history.migrations[migration].file);
        let findings = rules::run(&scene, |rule, _| match rule.topic {
            // That it fails is told already.
            Topic::Locks | Topic::Runner if rule.id != "migration-fails" => level(rule, path, options),
            _ => Level::Off,
        });
        Back { migration, findings, verdict: assessments.into_iter().next_back() }
    }
}

/// The history in which the migration is its own down, which `of` takes from what there is.
fn of_down(history: &History, migration: usize, of: impl FnOnce(Option<Script>) -> Option<Script>) -> History {
    let mut history = History { migrations: history.migrations[..=migration].to_vec(), ..history.clone() };
    let own = &mut history.migrations[migration];
    if let Some(down) = of(own.down.take()) {
        own.up = down;
    }
    history
}
