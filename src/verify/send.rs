//! Migrations sent to a server as their runner would: statement by statement, so that each can be watched, with the transactions
//! that the runner makes.

use super::schema::is_shared_role;
use super::{Connection, SqlError};
use crate::change::{Change, DataKind, ObjectKind, Spanned, TransactionChange};
use crate::replay::{ParsedMigration, ParsedStatement, Replayed};
use crate::source::{History, Sources, Transaction};

/// What is sent.
pub struct Scripts<'a> {
    /// The texts.
    pub sources: &'a Sources,
    /// The migrations.
    pub history: &'a History,
    /// Their statements.
    pub parsed: &'a [ParsedMigration],
    /// The replay of those that are sent: it knows what commits together.
    pub replayed: &'a Replayed,
}

/// What the one who watches is told.
pub enum Event<'s> {
    /// A statement is about to be sent: its place in [`Replayed::steps`].
    Before(usize, &'s mut Connection),
    /// It worked.
    After(usize, &'s mut Connection),
    /// What was sent is committed: the place in [`Replayed::commits`].
    Committed(usize, &'s mut Connection),
}

/// A statement that the server refused.
#[derive(Debug)]
pub struct Refused {
    /// Its place in [`Replayed::steps`].
    pub step: usize,
    /// The answer.
    pub error: SqlError,
}

impl<'a> Scripts<'a> {
    /// Sends the steps of these commits, and commits them. What fails is rolled back and ends it.
    pub fn send(
        &self,
        session: &mut Connection,
        commits: std::ops::Range<usize>,
        watch: &mut dyn FnMut(Event<'_>) -> Result<(), SqlError>,
    ) -> Result<Result<(), Refused>, SqlError> {
        let mut open = Open::No;
        for number in commits.clone() {
            let steps = self.replayed.commits[number].steps.clone();
            for step in steps.clone() {
                let statement = self.statement(step);
                if open == Open::No && self.runner_begins(step) {
                    session.execute("BEGIN")?;
                    open = Open::Runner;
                }
                watch(Event::Before(step, session))?;
                if let Err(error) = self.send_one(session, statement, open != Open::No) {
                    // Whatever state the session is in, it ends the transaction; where it is gone, the first answer says why.
                    let _ = session.execute("ROLLBACK");
                    return Ok(Err(Refused { step, error }));
                }
                open = after(statement, open);
                watch(Event::After(step, session))?;
            }
            // A `BEGIN` stands by itself: what it opens goes on.
            let goes_on = open == Open::Script && number + 1 < commits.end && self.same_migration(steps.end);
            if open != Open::No && !goes_on {
                session.execute("COMMIT")?;
                open = Open::No;
            }
            watch(Event::Committed(number, session))?;
        }
        Ok(Ok(()))
    }

    /// The text of a step.
    pub fn text(&self, step: usize) -> &'a str {
        self.sources.slice(self.statement(step).span)
    }

    /// Whether a step commits what is open.
    pub fn commits(&self, step: usize) -> bool {
        controls(self.statement(step)).any(|control| matches!(control, TransactionChange::Commit { .. }))
    }

    /// Whether a step belongs to the migration of the one before it.
    fn same_migration(&self, step: usize) -> bool {
        let steps = &self.replayed.steps;
        steps.get(step).is_some_and(|next| next.migration == steps[step - 1].migration)
    }

    fn statement(&self, step: usize) -> &'a ParsedStatement {
        let step = &self.replayed.steps[step];
        &self.parsed[step.migration].statements[step.statement]
    }

    /// Whether the runner, or the server around a string of statements, has a transaction open when this step begins.
    fn runner_begins(&self, step: usize) -> bool {
        let place = &self.replayed.steps[step];
        let migration = &self.history.migrations[place.migration];
        match migration.up.transaction {
            Transaction::Wrapped => place.in_transaction,
            Transaction::PerStatement => false,
            Transaction::PerChunk => place.in_transaction && !begins(self.statement(step)),
        }
    }

    fn send_one(&self, session: &mut Connection, statement: &ParsedStatement, in_transaction: bool) -> Result<(), SqlError> {
        let text = self.sources.slice(statement.span);
        if is_for_the_client(text, &statement.changes) {
            return Ok(());
        }
        let concerns_roles = statement.changes.iter().any(|change| makes_role(&change.value)) || drops_role(text);
        if concerns_roles { execute_on_roles(session, text, in_transaction) } else { session.execute(text) }
    }
}

/// Runs a statement that makes or drops roles. They belong to the server, not to a database: other databases, in which the same history
/// runs, may have made them, and still need them.
pub(super) fn execute_on_roles(session: &mut Connection, text: &str, in_transaction: bool) -> Result<(), SqlError> {
    session.execute(if in_transaction { "SAVEPOINT migsafe_role" } else { "BEGIN; SAVEPOINT migsafe_role" })?;
    let result = session.execute(text);
    let undone = "ROLLBACK TO migsafe_role";
    let result = match result {
        Err(error) if is_shared_role(&error) => session.execute(undone),
        Ok(()) if drops_role(text) => session.execute(undone),
        other => other,
    };
    match (&result, in_transaction) {
        (_, true) => {}
        (Ok(()), false) => session.execute("COMMIT")?,
        (Err(_), false) => session.execute("ROLLBACK")?,
    }
    result
}

/// Whether a statement drops roles and nothing else.
pub(super) fn drops_role(text: &str) -> bool {
    let mut words = text.split_whitespace();
    let is = |word: Option<&str>, any: &[&str]| word.is_some_and(|word| any.iter().any(|it| word.eq_ignore_ascii_case(it)));
    is(words.next(), &["DROP"]) && is(words.next(), &["ROLE", "USER", "GROUP"])
}

/// Who opened the transaction that runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Open {
    No,
    Runner,
    Script,
}

fn begins(statement: &ParsedStatement) -> bool {
    controls(statement).any(|control| matches!(control, TransactionChange::Begin))
}

fn controls(statement: &ParsedStatement) -> impl Iterator<Item = &TransactionChange> {
    statement.changes.iter().filter_map(|change| match &change.value {
        Change::Transaction(control) => Some(control),
        _ => None,
    })
}

fn after(statement: &ParsedStatement, open: Open) -> Open {
    controls(statement).fold(open, |open, control| match control {
        TransactionChange::Begin if open == Open::No => Open::Script,
        TransactionChange::Commit { chain: false } | TransactionChange::Rollback { chain: false } => Open::No,
        _ => open,
    })
}

/// What a client does without the server: its own commands, and rows that it would send.
fn is_for_the_client(text: &str, changes: &[Spanned<Change>]) -> bool {
    let copies = |change: &Spanned<Change>| matches!(&change.value, Change::Data(data) if data.kind == DataKind::CopyIn);
    text.trim_start().starts_with('\\') || changes.iter().any(copies)
}

fn makes_role(change: &Change) -> bool {
    match change {
        Change::CreateOther { object, .. } => object.kind == ObjectKind::Role,
        Change::Do(block) => block.statements.iter().any(|statement| makes_role(&statement.change.value)),
        _ => false,
    }
}
