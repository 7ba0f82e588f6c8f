//! The replay of a history: statements applied one by one to a schema state, grouped by what commits together. Migrations
//! that are already applied only move the state on; of those that are judged every state in between is kept.

use crate::catalog::{Catalog, Problem};
use crate::change::{Change, DataKind, Ident, Spanned, TransactionChange};
use crate::dialect::Dialect;
use crate::source::{History, Migration, Span, Transaction};
use std::collections::BTreeMap;
use std::sync::Arc;

mod assume;
mod called;
mod onto;
mod statements;

pub use onto::{after, before, fails, is_certain, onto};
pub use statements::{ParsedMigration, ParsedStatement, read_script, read_statements};

/// How often a release is run anew with what it was found to take for granted.
const ROUNDS: usize = 4;

/// One statement, applied.
#[derive(Debug, Clone)]
pub struct Step {
    /// The migration's place in the history.
    pub migration: usize,
    /// The statement's place in the migration.
    pub statement: usize,
    /// Its changes one by one, those inside `DO` blocks and called routines included, each with the states around it.
    pub atoms: Vec<Atom>,
    /// The state before it.
    pub before: Arc<Catalog>,
    /// The state after it; the same where it fails.
    pub after: Arc<Catalog>,
    /// The state before the transaction that it runs in.
    pub base: Arc<Catalog>,
    /// Whether it runs inside a transaction with others, or one that was opened for it.
    pub in_transaction: bool,
    /// Whether the schema before it is fully known: everything so far was understood and applied.
    pub known: bool,
    /// Why the server refuses it, and where.
    pub problems: Vec<(Span, Problem)>,
    /// Objects that it names and that no migration made: they were taken to exist.
    pub assumed: Vec<String>,
    /// Whether the schema was not fully known when something was taken to exist for it.
    incomplete: bool,
    /// Changes that cannot be applied to the schema as far as it is known, which is not fully: what became of it is not known.
    pub doubtful: Vec<(Span, Problem)>,
}

/// One change with the states around it.
#[derive(Debug, Clone)]
pub struct Atom {
    /// The change.
    pub change: Spanned<Change>,
    /// Whether it only runs under a condition.
    pub conditional: bool,
    /// The state before it.
    pub before: Arc<Catalog>,
    /// The state after it.
    pub after: Arc<Catalog>,
}

/// Statements that commit together: what an application can see lies before and after.
#[derive(Debug, Clone)]
pub struct Commit {
    /// The steps, by their place in [`Replayed::steps`]; they may belong to several migrations.
    pub steps: std::ops::Range<usize>,
    /// The state before.
    pub before: Arc<Catalog>,
    /// The state after; the same where it was rolled back.
    pub after: Arc<Catalog>,
}

/// Something odd about a migration's own transaction control.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TransactionNote {
    /// `BEGIN` inside the transaction that the runner opened.
    Nested,
    /// `COMMIT` or `ROLLBACK` ends the transaction that the runner opened.
    EndsManaged,
    /// `BEGIN` without an end.
    Unclosed,
    /// `COMMIT` without a transaction.
    NotOpen,
}

/// What the replay of the judged migrations gave.
#[derive(Debug, Clone, Default)]
pub struct Replayed {
    /// Every statement of the judged migrations in order.
    pub steps: Vec<Step>,
    /// What commits together, in order.
    pub commits: Vec<Commit>,
    /// Oddities of transaction control, by the place of the step.
    pub notes: Vec<(usize, TransactionNote)>,
    /// Migrations before the judged ones that contain something that could not be applied or read: how many statements.
    pub gaps: usize,
    /// The state after everything.
    pub schema: Catalog,
}

/// How the judged migrations reach production.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Release {
    /// All in one deployment: the old application knows the schema before the first, the new one that after the last.
    Together,
    /// Each in a deployment of its own, as a history was once shipped.
    OneByOne,
}

/// Applies the migrations in order; `judged` says of which every state is kept. Stops after the last judged one.
pub fn replay(
    history: &History,
    parsed: &[ParsedMigration],
    judged: impl Fn(usize) -> bool,
    release: Release,
    dialect: &dyn Dialect,
) -> Replayed {
    let count = history.migrations.len();
    let first = (0..count).find(|number| judged(*number)).unwrap_or(count);
    let last = (0..count).rev().find(|number| judged(*number)).map_or(count, |number| number + 1);
    let mut run = Run::new(dialect);
    run.complete = !history.partial;
    run.runner_table = history.runner_table;
    run.migrations(0..first, history, parsed, &judged);
    match release {
        Release::Together => run.release(first..last, history, parsed, &judged),
        Release::OneByOne => (first..last).for_each(|number| run.release(number..number + 1, history, parsed, &judged)),
    }
    run.finish()
}

/// The schema after all migrations.
pub fn schema(history: &History, parsed: &[ParsedMigration], dialect: &dyn Dialect) -> Replayed {
    let mut run = Run::new(dialect);
    run.complete = !history.partial;
    run.runner_table = history.runner_table;
    run.migrations(0..history.migrations.len(), history, parsed, &|_| false);
    run.finish()
}

/// Who opened the transaction that runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Open {
    No,
    /// The runner, or the server around a string of several statements.
    Implicit,
    /// A `BEGIN` of the script.
    Explicit,
}

struct Run<'a> {
    dialect: &'a dyn Dialect,
    catalog: Catalog,
    /// The last state that was kept: most statements leave it as it is, and share it.
    kept: Arc<Catalog>,
    /// The state before the transaction.
    base: Arc<Catalog>,
    open: Open,
    /// The first step of the transaction.
    first: usize,
    savepoints: Vec<(Ident, Catalog)>,
    judged: bool,
    /// Whether everything so far was understood and applied, so that what is missing really is.
    complete: bool,
    /// What was taken to exist in the release that runs, and where.
    assumed: Vec<Change>,
    runner_table: &'static str,
    assumed_names: BTreeMap<(usize, usize), Vec<String>>,
    /// The calls of the statement that runs.
    calls: called::Calls,
    out: Replayed,
}

impl<'a> Run<'a> {
    fn new(dialect: &'a dyn Dialect) -> Self {
        let catalog = dialect.empty_catalog();
        Run {
            dialect,
            kept: Arc::new(catalog.clone()),
            base: Arc::new(catalog.clone()),
            catalog,
            open: Open::No,
            first: 0,
            savepoints: Vec::new(),
            judged: false,
            complete: true,
            assumed: Vec::new(),
            runner_table: "",
            assumed_names: BTreeMap::new(),
            calls: called::Calls::default(),
            out: Replayed::default(),
        }
    }

    fn migrations(
        &mut self,
        numbers: std::ops::Range<usize>,
        history: &History,
        parsed: &[ParsedMigration],
        judged: &impl Fn(usize) -> bool,
    ) {
        for (number, (migration, parsed)) in
            history.migrations.iter().zip(parsed).enumerate().take(numbers.end).skip(numbers.start)
        {
            self.judged = judged(number);
            self.migration(number, migration, parsed, history.one_transaction);
        }
    }

    /// Runs the migrations of one release. What has to be taken to exist for them was there before them: with it, they run again.
    fn release(
        &mut self,
        numbers: std::ops::Range<usize>,
        history: &History,
        parsed: &[ParsedMigration],
        judged: &impl Fn(usize) -> bool,
    ) {
        if self.open != Open::No {
            self.commit();
        }
        self.catalog.forget_filled();
        let (mut catalog, complete) = (self.catalog.clone(), self.complete);
        let (steps, commits, notes) = (self.out.steps.len(), self.out.commits.len(), self.out.notes.len());
        for round in 1..=ROUNDS {
            self.migrations(numbers.clone(), history, parsed, judged);
            let assumed = std::mem::take(&mut self.assumed);
            if assumed.is_empty() || round == ROUNDS {
                break;
            }
            for change in &assumed {
                // What cannot be there before the release is assumed again where it is needed.
                let _ = catalog.apply(change, self.dialect);
            }
            self.catalog = catalog.clone();
            self.base = self.state();
            self.open = Open::No;
            self.savepoints.clear();
            self.complete = complete && !self.out.steps[steps..].iter().any(|step| step.incomplete);
            self.first = steps;
            self.out.steps.truncate(steps);
            self.out.commits.truncate(commits);
            self.out.notes.truncate(notes);
        }
        let names = std::mem::take(&mut self.assumed_names);
        for step in &mut self.out.steps[steps..] {
            if let Some(names) = names.get(&(step.migration, step.statement)) {
                step.assumed.clone_from(names);
            }
        }
    }

    fn migration(&mut self, number: usize, migration: &Migration, parsed: &ParsedMigration, one_transaction: bool) {
        let mode = migration.up.transaction;
        if self.open == Open::No {
            // Deployments run in sessions of their own: what an earlier migration set is gone.
            self.catalog.session = self.dialect.empty_catalog().session;
        }
        if mode == Transaction::Wrapped && self.open == Open::No {
            self.begin(Open::Implicit);
        }
        let statements = &parsed.statements;
        for (at, statement) in statements.iter().enumerate() {
            let opens = |other: Option<&ParsedStatement>| other.is_none_or(|other| other.chunk != statement.chunk);
            let alone = opens(statements.get(at + 1)) && (at == 0 || opens(statements.get(at - 1)));
            if mode == Transaction::PerChunk && self.open == Open::No && !alone {
                self.begin(Open::Implicit);
            }
            self.statement(number, at, statement, mode);
            if mode == Transaction::PerChunk && self.open == Open::Implicit && opens(statements.get(at + 1)) {
                self.commit();
            }
        }
        if self.open == Open::Explicit {
            self.note(TransactionNote::Unclosed);
        }
        if self.open == Open::Explicit || (self.open == Open::Implicit && !one_transaction) {
            self.commit();
        }
    }

    fn finish(mut self) -> Replayed {
        if self.open != Open::No {
            self.commit();
        }
        self.out.schema = self.catalog;
        self.out
    }

    fn begin(&mut self, open: Open) {
        self.open = open;
        self.base = self.state();
        self.first = self.out.steps.len();
        self.apply_quietly(TransactionChange::Begin);
    }

    fn commit(&mut self) {
        self.apply_quietly(TransactionChange::Commit { chain: false });
        self.close();
    }

    fn rollback(&mut self) {
        self.catalog = Catalog::clone(&self.base);
        self.close();
    }

    fn close(&mut self) {
        self.open = Open::No;
        self.savepoints.clear();
        let steps = self.first..self.out.steps.len();
        if !steps.is_empty() {
            let after = self.state();
            let before = std::mem::replace(&mut self.base, after.clone());
            self.out.commits.push(Commit { steps, before, after });
        }
        self.first = self.out.steps.len();
    }

    /// The state as it is now, shared with what was kept last where nothing changed since.
    fn state(&mut self) -> Arc<Catalog> {
        if !self.kept.ptr_eq(&self.catalog) {
            self.kept = Arc::new(self.catalog.clone());
        }
        self.kept.clone()
    }

    fn apply_quietly(&mut self, change: TransactionChange) {
        // Transaction control only moves the session; it cannot be refused.
        let _ = self.catalog.apply(&Change::Transaction(change), self.dialect);
    }

    fn note(&mut self, note: TransactionNote) {
        if self.judged {
            self.out.notes.push((self.out.steps.len().saturating_sub(1), note));
        }
    }

    fn statement(&mut self, migration: usize, number: usize, statement: &ParsedStatement, mode: Transaction) {
        if self.open == Open::No {
            self.base = self.state();
            self.first = self.out.steps.len();
        }
        let in_transaction = self.open != Open::No;
        let before = self.state();
        let mut step = self.judged.then(|| Step {
            migration,
            statement: number,
            // Most statements make one change.
            atoms: Vec::with_capacity(statement.changes.len()),
            after: before.clone(),
            before,
            base: self.base.clone(),
            in_transaction,
            known: self.complete,
            problems: Vec::new(),
            assumed: Vec::new(),
            incomplete: false,
            doubtful: Vec::new(),
        });
        let mut control = None;
        self.calls = called::Calls::default();
        for change in &statement.changes {
            match &change.value {
                Change::Transaction(change) => control = Some(change.clone()),
                value => self.change(value, change.span, false, &mut step),
            }
            if let (Change::Lock { .. }, false, Some(step)) = (&change.value, in_transaction, &mut step) {
                let message = "LOCK TABLE can only be used in transaction blocks".to_owned();
                step.problems.push((change.span, Problem::Other { code: "25P01", message }));
            }
        }
        if let Some(mut step) = step {
            if !step.problems.is_empty() {
                self.catalog = Catalog::clone(&step.before);
            }
            step.after = self.state();
            self.out.steps.push(step);
        }
        if let Some(control) = control {
            self.control(control, mode);
        }
        if self.open == Open::No {
            self.close();
        }
    }

    fn control(&mut self, control: TransactionChange, mode: Transaction) {
        match control {
            TransactionChange::Begin => match (self.open, mode) {
                (Open::No, _) => {
                    self.close();
                    self.begin(Open::Explicit);
                }
                (Open::Implicit, Transaction::PerChunk) => self.open = Open::Explicit,
                (Open::Implicit | Open::Explicit, _) => self.note(TransactionNote::Nested),
            },
            TransactionChange::Commit { chain } => self.end(chain, mode, Self::commit),
            TransactionChange::Rollback { chain } => self.end(chain, mode, Self::rollback),
            TransactionChange::Savepoint(name) => self.savepoints.push((name, self.catalog.clone())),
            TransactionChange::RollbackTo(name) => {
                if let Some(at) = self.savepoints.iter().rposition(|(found, _)| *found == name) {
                    self.savepoints.truncate(at + 1);
                    self.catalog = self.savepoints[at].1.clone();
                }
            }
            TransactionChange::Release(name) => {
                if let Some(at) = self.savepoints.iter().rposition(|(found, _)| *found == name) {
                    self.savepoints.truncate(at);
                }
            }
        }
    }

    fn end(&mut self, chain: bool, mode: Transaction, how: fn(&mut Self)) {
        match self.open {
            Open::No => {
                self.note(TransactionNote::NotOpen);
                return;
            }
            Open::Implicit if mode == Transaction::Wrapped => self.note(TransactionNote::EndsManaged),
            Open::Implicit | Open::Explicit => {}
        }
        how(self);
        if chain {
            self.begin(Open::Explicit);
        }
    }

    /// Applies one change, and those inside it, and keeps what a judged step needs.
    fn change(&mut self, change: &Change, span: Span, conditional: bool, step: &mut Option<Step>) {
        match change {
            Change::Do(block) => {
                for inner in &block.statements {
                    self.change(&inner.change.value, inner.change.span, conditional || inner.conditional, step);
                }
                return;
            }
            Change::Data(data) if matches!(data.kind, DataKind::Select | DataKind::Call) => {
                let called = self.called(data, span);
                self.calls.depth += 1;
                for inner in called {
                    self.change(&inner.change.value, span, conditional || inner.conditional, step);
                }
                self.calls.depth -= 1;
            }
            Change::Opaque(_) => self.complete = false,
            _ => {}
        }
        let before = step.is_some().then(|| self.state());
        let mut result = self.catalog.apply(change, self.dialect);
        if let Err(problem) = &result
            && !conditional
        {
            // Nothing says that it is not there where the history does not tell the whole schema.
            let whole = self.complete();
            if let Some(assumed) =
                assume::assume(&mut self.catalog, change, problem, whole.then_some(self.runner_table), self.dialect)
            {
                if let Some(step) = step {
                    step.incomplete |= !whole;
                    let names = self.assumed_names.entry((step.migration, step.statement)).or_default();
                    names.extend(assumed.names);
                    self.assumed.extend(assumed.made);
                }
                self.complete &= whole;
                result = self.catalog.apply(change, self.dialect);
            }
        }
        match (step, result, before) {
            (Some(step), result, Some(before)) => {
                match result {
                    Err(problem) if !conditional && (self.complete() || matches!(problem, Problem::RoutineReplaced { .. })) => {
                        step.problems.push((span, problem));
                        self.complete = false;
                    }
                    Err(problem) if !conditional => step.doubtful.push((span, problem)),
                    _ => {}
                }
                let change = Spanned { value: change.clone(), span };
                step.atoms.push(Atom { change, conditional, before, after: self.state() });
            }
            (_, Err(_), _) if !conditional => {
                self.out.gaps += 1;
                self.complete = false;
            }
            _ => {}
        }
    }

    /// Whether the migrations so far tell the whole schema: all were understood, and there were any.
    fn complete(&self) -> bool {
        self.complete && !self.catalog.relations.is_empty()
    }
}
