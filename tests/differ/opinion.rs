//! Whether a statement fails: what the server says and what the replay says, one statement after the other.

use super::case::Sent;
use super::judge::{Disagreement, FAILS, plain};
use migsafe::catalog::Catalog;
use migsafe::change::Change;
use migsafe::dialect::{Dialect, ImpactContext, Postgres, ServerVersion};
use migsafe::replay::{Step, onto, read_script};
use migsafe::source::{Migration, MigrationKind, Script, Sources, Transaction};
use migsafe::verify::{Connection, Database, Server, SqlError};
use std::sync::Arc;

/// What both say of a statement.
pub enum Opinion {
    Works,
    Fails,
    Differs(Disagreement),
}

/// The server and the replay, in the same state.
pub struct Both {
    session: Connection,
    sent: Sent,
    version: ServerVersion,
    /// The schema before the migration, or before the next statement where each is sent alone.
    before: Arc<Catalog>,
    /// The statements of the open transaction.
    open: Vec<String>,
    /// The schema after them.
    now: Arc<Catalog>,
    /// Whether the server did something that the replay did not: then they have nothing to tell each other any more.
    apart: bool,
}

/// What the replay says.
enum Ours {
    Works(Arc<Catalog>),
    Fails {
        sqlstate: String,
        message: String,
    },
    /// Not everything is known of it, and that is said.
    Unknown,
}

impl Both {
    pub fn new(server: &Server, database: &Database<'_>, sent: Sent) -> Both {
        let version = ServerVersion { major: server.major() as u16, minor: 0 };
        let before = Arc::new(Postgres.empty_catalog());
        let session = database.connect().expect("a session");
        Both { session, sent, version, now: before.clone(), before, open: Vec::new(), apart: false }
    }

    /// The schema as far as it is made.
    pub fn catalog(&self) -> &Catalog {
        &self.now
    }

    /// A migration begins.
    pub fn begin(&mut self) {
        self.session.execute("DISCARD ALL").expect("a session without settings");
        let mut catalog = Catalog::clone(&self.now);
        catalog.session = Postgres.empty_catalog().session;
        self.before = Arc::new(catalog);
        self.now = self.before.clone();
        if self.sent == Sent::Wrapped {
            self.session.execute("BEGIN").expect("a transaction");
        }
    }

    /// It ends. False where the server refuses what waited for the end.
    pub fn end(&mut self) -> bool {
        self.open.clear();
        let ended = self.sent == Sent::Alone || self.session.execute("COMMIT").is_ok();
        if !ended {
            self.now = self.before.clone();
        }
        ended
    }

    /// Runs a statement; it stays where both accept it.
    pub fn ask(&mut self, text: &str) -> Opinion {
        let ours = self.ours(text);
        let wrapped = self.sent == Sent::Wrapped;
        if wrapped {
            self.session.execute("SAVEPOINT one").expect("a savepoint");
        }
        let servers = self.session.execute(text);
        let worked = servers.is_ok();
        let (opinion, stays) = match (servers, ours) {
            (Ok(()), Ours::Works(after)) => {
                self.now = after;
                (Opinion::Works, true)
            }
            (Ok(()), Ours::Unknown) => (Opinion::Fails, false),
            (Ok(()), Ours::Fails { sqlstate, message }) => {
                let key = format!("{FAILS}nowhere: {sqlstate} {}", plain(&message));
                let detail = format!("said to fail: {message} ({sqlstate})");
                (Opinion::Differs(Disagreement { key, detail }), false)
            }
            (Err(error), ours) => (self.refused(&error, &ours), false),
        };
        if wrapped {
            let end = if stays { "RELEASE one" } else { "ROLLBACK TO one; RELEASE one" };
            self.session.execute(end).expect("a savepoint");
            if stays {
                self.open.push(text.to_owned());
            }
        } else if stays {
            self.before = self.now.clone();
        } else {
            // What is committed cannot be undone.
            self.apart = worked;
        }
        opinion
    }

    /// Whether there is no going on.
    pub fn is_apart(&self) -> bool {
        self.apart
    }

    fn refused(&self, error: &SqlError, ours: &Ours) -> Opinion {
        let SqlError::Database { sqlstate, message, .. } = error else { panic!("the server is gone: {error}") };
        match ours {
            Ours::Unknown => Opinion::Fails,
            // Whether rows fit is not known.
            Ours::Works(_) if sqlstate.starts_with("22") || sqlstate.starts_with("23") => Opinion::Fails,
            Ours::Works(_) => {
                let key = format!("{FAILS}unforeseen: {sqlstate} {}", plain(message));
                let detail = format!("the server refuses it: {message} ({sqlstate})");
                Opinion::Differs(Disagreement { key, detail })
            }
            Ours::Fails { .. } => Opinion::Fails,
        }
    }

    fn ours(&self, text: &str) -> Ours {
        let mut sources = Sources::default();
        let all: Vec<&str> = self.open.iter().map(String::as_str).chain([text]).collect();
        let file = sources.add("case.sql", all.join(";\n") + ";\n");
        let transaction = match self.sent {
            Sent::Wrapped => Transaction::Wrapped,
            Sent::Alone => Transaction::PerStatement,
        };
        let up = Script { chunks: vec![sources.whole(file)], transaction };
        let parsed = read_script(&sources, &up);
        let migration =
            Migration { version: String::new(), name: String::new(), file, kind: MigrationKind::Versioned, up, down: None };
        let replayed = onto(&self.before, true, (0, &migration), &parsed, &Postgres);
        let Some(step) = replayed.steps.last() else { return Ours::Unknown };
        self.of_step(step)
    }

    fn of_step(&self, step: &Step) -> Ours {
        if let Some((span, problem)) = step.problems.first() {
            let change = step.atoms.iter().rfind(|atom| atom.change.span == *span).map(|atom| &atom.change.value);
            let error = Postgres.problem(problem, change.unwrap_or(&Change::NoEffect));
            return Ours::Fails { sqlstate: error.sqlstate.unwrap_or_default().into_owned(), message: error.message };
        }
        for atom in &step.atoms {
            let context = ImpactContext { before: &atom.before, after: &atom.after, base: &step.base, version: self.version };
            let alone = Postgres.impact(&atom.change.value, &context).not_in_transaction;
            if let Some(name) = alone.filter(|_| step.in_transaction) {
                let message = format!("{name} cannot run inside a transaction block");
                return Ours::Fails { sqlstate: "25001".to_owned(), message };
            }
        }
        let opaque = step.atoms.iter().any(|atom| atom.conditional || matches!(atom.change.value, Change::Opaque(_)));
        if opaque || !step.doubtful.is_empty() || !step.assumed.is_empty() {
            return Ours::Unknown;
        }
        Ours::Works(step.after.clone())
    }
}
