//! What rules see, and what they answer with.

use super::{Level, Rule};
use crate::assess::{App, Assessment, Broken, Phase, Use, Verdict};
use crate::change::Change;
use crate::dialect::{Dialect, ServerVersion};
use crate::paired::Tried;
use crate::read::Runner;
use crate::replay::{ParsedMigration, ParsedStatement, Replayed, Step};
use crate::source::{History, Sources, Span};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::OnceLock;

/// Everything that was found out about a project's judged migrations.
pub struct Scene<'a> {
    /// The texts.
    pub sources: &'a Sources,
    /// All migrations of the project.
    pub history: &'a History,
    /// Their statements.
    pub parsed: &'a [ParsedMigration],
    /// The judged statements with the states around them.
    pub replayed: &'a Replayed,
    /// The verdicts, one for each judged migration.
    pub assessments: &'a [Assessment],
    /// Who runs the migrations.
    pub runner: Runner,
    /// The database.
    pub dialect: &'a dyn Dialect,
    /// Its version.
    pub version: ServerVersion,
    /// What rules found out that others ask for too; empty to begin with.
    pub memo: Memo,
}

/// What is found out once for all rules, when first asked for.
#[derive(Default)]
pub struct Memo {
    /// See `locking_steps`.
    pub(super) locking: OnceLock<Vec<usize>>,
    /// See `tried_down`.
    pub(super) downs: OnceLock<Vec<Option<Tried>>>,
    /// See `keeps_downs`.
    pub(super) keeps_downs: OnceLock<bool>,
}

impl<'a> Scene<'a> {
    /// The statements of a judged migration with their verdicts.
    pub fn statements(&self, assessment: usize) -> impl Iterator<Item = At<'_>> {
        let found = &self.assessments[assessment];
        found.steps.clone().zip(&found.verdicts).map(move |(number, verdict)| {
            let step = &self.replayed.steps[number];
            let statement = &self.parsed[step.migration].statements[step.statement];
            At { scene: self, assessment: found, number, step, verdict, statement, claimed: RefCell::default() }
        })
    }

    /// The text of a statement.
    pub fn text(&self, span: Span) -> &'a str {
        self.sources.slice(span)
    }
}

/// One judged statement.
pub struct At<'a> {
    /// Everything else.
    pub scene: &'a Scene<'a>,
    /// The verdict on its migration.
    pub assessment: &'a Assessment,
    /// The step's place in the replay.
    pub number: usize,
    /// The statement with the states around it.
    pub step: &'a Step,
    /// The verdict on it.
    pub verdict: &'a Verdict,
    /// Its text and directives.
    pub statement: &'a ParsedStatement,
    claimed: RefCell<BTreeSet<(App, Use)>>,
}

impl<'a> At<'a> {
    /// The database.
    pub fn dialect(&self) -> &'a dyn Dialect {
        self.scene.dialect
    }

    /// The changes that the statement makes, with their places and states.
    pub fn changes(&self) -> impl Iterator<Item = (&'a Change, Span)> {
        self.step.atoms.iter().map(|atom| (&atom.change.value, atom.change.span))
    }

    /// The uses of the old application that this statement breaks, that match, and that no rule before has reported; from now on
    /// they count as reported. What the new application needs of the same kind comes along where `needs` matches it.
    pub fn claim(&self, matches: impl Fn(&Broken) -> bool) -> Vec<FindingBreak> {
        let mut claimed = self.claimed.borrow_mut();
        let mut take = |app: App, broken: &Broken| {
            (matches(broken) && claimed.insert((app, broken.usage.clone()))).then(|| FindingBreak { app, broken: broken.clone() })
        };
        self.verdict.breaks.iter().filter_map(|broken| take(App::Old, broken)).collect()
    }

    /// The new application's needs that match: what fails if it starts before this statement has run.
    pub fn needs(&self, matches: impl Fn(&Broken) -> bool) -> Vec<FindingBreak> {
        self.verdict
            .needs
            .iter()
            .filter(|broken| matches(broken))
            .map(|broken| FindingBreak { app: App::New, broken: broken.clone() })
            .collect()
    }

    /// A finding on this statement, marked at `span` (the change that caused it).
    pub fn finding(&self, span: Span, message: impl Into<String>) -> Finding {
        Finding::at(Place { migration: self.step.migration, statement: Some(self.step.statement), span }, message)
    }
}

/// Where a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The migration's place in the history.
    pub migration: usize,
    /// The statement's place in the migration; nothing for the migration as a whole.
    pub statement: Option<usize>,
    /// The text that is marked.
    pub span: Span,
}

/// Something a reviewer should know.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The rule; filled in by [`super::run`].
    pub rule: Option<&'static Rule>,
    /// The severity; the rule's, unless configured or lowered.
    pub level: Level,
    /// Where.
    pub place: Place,
    /// What happens, in one sentence with the names of this migration.
    pub message: String,
    /// Why that is so, in a sentence or two; may be empty.
    pub why: String,
    /// What to do, in a sentence; may be empty.
    pub help: String,
    /// Who breaks, by which use, with which error.
    pub breaks: Vec<FindingBreak>,
    /// The safe sequence instead, as SQL for these objects.
    pub alternative: Vec<Part>,
    /// The highest severity it may have, where the rule knows that this case is milder than its usual one.
    pub lowered: Option<Level>,
}

/// A broken use, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FindingBreak {
    /// The application.
    pub app: App,
    /// The use and its error.
    pub broken: Broken,
}

/// One part of a safe sequence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// When to run it.
    pub phase: Phase,
    /// The statements, without `;`.
    pub sql: Vec<String>,
}

impl Finding {
    /// A finding at a place.
    pub fn at(place: Place, message: impl Into<String>) -> Self {
        Finding {
            rule: None,
            level: Level::Error,
            place,
            message: message.into(),
            why: String::new(),
            help: String::new(),
            breaks: Vec::new(),
            alternative: Vec::new(),
            lowered: None,
        }
    }

    /// With the reason.
    pub fn why(mut self, why: impl Into<String>) -> Self {
        self.why = why.into();
        self
    }

    /// With the way out.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }

    /// With the evidence.
    pub fn breaks(mut self, breaks: Vec<FindingBreak>) -> Self {
        self.breaks = breaks;
        self
    }

    /// With one part of the safe sequence.
    pub fn part(mut self, phase: Phase, sql: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.alternative.push(Part { phase, sql: sql.into_iter().map(Into::into).collect() });
        self
    }

    /// Not above this severity.
    pub fn at_most(mut self, level: Level) -> Self {
        self.lowered = Some(level);
        self
    }

    pub(crate) fn by(mut self, rule: &'static Rule, level: Level) -> Self {
        self.rule = Some(rule);
        self.level = self.lowered.map_or(level, |lowered| lowered.min(level));
        self
    }

    /// The rule's id.
    pub fn id(&self) -> &'static str {
        self.rule.map_or("", |rule| rule.id)
    }
}
