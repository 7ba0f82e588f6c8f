//! A project's pending migrations, proved: each is run on a real database on top of the history before it, undone and run again, and
//! everything that was said of it is held against what the server does.

mod back;
mod beforehand;
mod load;
mod rows;
mod times;
mod walk;
mod worker;

pub use back::{BackProof, Origin};
pub use load::{FailedUse, LoadProof};
pub use times::{HeldLock, Time, Times};

use super::coexist::Examined;
use super::schema::Difference;
use super::send::Refused;
use super::{Database, Server, ServerError, SqlError};
use crate::lint::Lint;
use crate::replay::{Release, Replayed, replay};
use std::num::NonZeroUsize;
use std::ops::Range;
use std::time::{Duration, Instant};

/// What is asked for beside the migrations.
#[derive(Debug, Clone, Copy)]
pub struct Wishes {
    /// The longest that one statement may run.
    pub timeout: Duration,
    /// How many migrations are proved side by side.
    pub jobs: NonZeroUsize,
    /// Each table that a migration touches is filled with so many rows, and it is told how long strong locks are held.
    pub rows: Option<u32>,
    /// Whether the old application runs while a migration does.
    pub load: Load,
}

/// Whether an application runs while a migration does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Load {
    /// Nothing does.
    #[default]
    None,
    /// The old one does.
    OldApp,
}

impl Default for Wishes {
    fn default() -> Self {
        Wishes { timeout: Duration::from_secs(60), jobs: NonZeroUsize::MIN, rows: None, load: Load::None }
    }
}

/// What was found.
#[derive(Debug)]
pub struct Proof {
    /// The version that the server tells.
    pub server: String,
    /// How many migrations were run before the pending ones.
    pub before: usize,
    /// What was made beforehand, since it is there in production and no migration makes it.
    pub made: Vec<String>,
    /// The pending migrations that were run.
    pub migrations: Vec<Proved>,
    /// What the releases do to running applications.
    pub releases: Vec<ReleaseProof>,
    /// Why it ended early, where it did.
    pub stopped: Option<Stopped>,
    /// How long it took.
    pub took: Duration,
    /// The database in the state after all, where it was asked to stay.
    pub kept: Option<String>,
}

/// One migration.
#[derive(Debug, Default)]
pub struct Proved {
    /// Its place in the history.
    pub migration: usize,
    /// How many statements it has.
    pub statements: usize,
    /// Where the server's schema after it is not the replayed one: the server's is the first.
    pub schema: Vec<Difference>,
    /// How many of its statements are not understood, so that the schemas may well differ.
    pub unread: usize,
    /// The way back.
    pub back: Option<BackProof>,
    /// How many locks and rewrites were compared.
    pub locks: usize,
    /// Those that are not as stated.
    pub other_locks: Vec<String>,
    /// The answer of the server to the migration, where it refuses rows that it was given.
    pub rows_refused: Option<String>,
    /// What no migration makes and the replay took to exist for it.
    pub assumed: Vec<String>,
    /// How long its statements took, and held strong locks: where tables were filled for that.
    pub times: Option<Times>,
    /// What it did to the old application that ran meanwhile, where that was asked for.
    pub load: Option<LoadProof>,
}

/// What one release does to the applications that run.
#[derive(Debug)]
pub struct ReleaseProof {
    /// The places of its migrations in the history.
    pub migrations: Vec<usize>,
    /// What running both applications showed.
    pub examined: Examined,
}

/// Where and why it ended early.
#[derive(Debug)]
pub struct Stopped {
    /// Whose fault it is.
    pub cause: Cause,
    /// The migration, by its place in the history.
    pub migration: usize,
    /// The statement.
    pub statement: Option<String>,
    /// What the server said.
    pub reason: String,
    /// What can be done about it.
    pub help: Option<String>,
    /// How many pending migrations were not run.
    pub left: usize,
}

/// What ended a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The server refused a statement.
    Statement,
    /// The server went away, or could not go on.
    Server,
}

impl Proof {
    /// How many claims did not hold.
    pub fn failures(&self) -> usize {
        let of = |proved: &Proved| {
            let schema = usize::from(!proved.schema.is_empty() && proved.unread == 0);
            let load = proved.load.as_ref().map_or(0, LoadProof::failures);
            schema + proved.other_locks.len() + usize::from(proved.back.as_ref().is_some_and(BackProof::fails)) + load
        };
        let apps: usize = self.releases.iter().map(|release| release.examined.refuted().count()).sum();
        self.migrations.iter().map(of).sum::<usize>() + apps + usize::from(self.stopped.is_some())
    }
}

/// Runs everything. What the server refuses ends it, and is told with what was found before. `progress` is told of each migration
/// that is done.
pub fn prove<'s>(
    server: &'s Server,
    judged: &Lint<'_>,
    wishes: Wishes,
    progress: &mut dyn FnMut(usize),
) -> Result<(Proof, Database<'s>), ServerError> {
    let begun = Instant::now();
    let current = server.create_database()?;
    let version = current.connect()?.query_value("SHOW server_version")?.unwrap_or_default();
    let pending = &judged.options.pending.migrations;
    let last = pending.last().map_or(0, |last| last + 1);
    let applied = |number: usize| number < last && pending.binary_search(&number).is_err();
    let earlier = replay(&judged.project.history, &judged.parsed, applied, Release::OneByOne, judged.options.dialect);
    let shared = Shared { server, judged, wishes, earlier: &earlier };
    let (walked, done) = walk::conduct(&shared, current, progress)?;
    let mut proof = Proof {
        server: version,
        before: walked.before,
        made: walked.made,
        migrations: Vec::new(),
        releases: Vec::new(),
        stopped: None,
        took: Duration::ZERO,
        kept: None,
    };
    let mut failed: Vec<Failed> = walked.failed.into_iter().collect();
    for done in done {
        proof.releases.extend(done.release);
        proof.migrations.extend(done.proved);
        failed.extend(done.failed);
    }
    // Migrations without a statement run without being looked at.
    let shown = |number: &usize| judged.replayed.steps.iter().any(|step| step.migration == *number);
    if failed.is_empty() {
        let empty = pending.iter().filter(|number| !shown(number));
        proof.migrations.extend(empty.map(|number| Proved { migration: *number, ..Proved::default() }));
    }
    proof.migrations.sort_by_key(|proved| proved.migration);
    proof.releases.sort_by_key(|release| release.migrations.first().copied());
    // Where a server ends, everybody fails: the one who knows the statement knows why.
    failed.sort_by_key(|(migration, failure)| (matches!(failure, Failure::Server(_)), *migration));
    let left = pending.len() - proof.migrations.len();
    proof.stopped = failed.into_iter().next().map(|(migration, failure)| shared.stopped(migration, failure, left));
    proof.took = begun.elapsed();
    Ok((proof, walked.current))
}

/// What everybody who works on a proof knows.
struct Shared<'a, 's> {
    server: &'s Server,
    judged: &'a Lint<'a>,
    wishes: Wishes,
    /// The replay of the migrations before the pending ones.
    earlier: &'a Replayed,
}

/// The commits of one migration, or of several that commit together.
#[derive(Debug, Clone)]
struct Group {
    migrations: Range<usize>,
    commits: Range<usize>,
    pending: bool,
}

/// The migration at which something failed, and what.
type Failed = (usize, Failure);

enum Failure {
    /// A statement of a migration before the pending ones.
    Earlier(Refused),
    /// A statement of a pending one.
    Pending(Refused),
    /// The server, in its own words.
    Server(String),
}

impl Shared<'_, '_> {
    fn stopped(&self, migration: usize, failure: Failure, left: usize) -> Stopped {
        let (refused, replayed) = match failure {
            Failure::Server(reason) => {
                let help = Some("the server ended, or could not go on: its log says why, often that memory ran out".to_owned());
                return Stopped { cause: Cause::Server, migration, statement: None, reason, help, left };
            }
            Failure::Earlier(refused) => (refused, self.earlier),
            Failure::Pending(refused) => (refused, &self.judged.replayed),
        };
        let statement = Some(self.scripts(replayed).text(refused.step).to_owned());
        let cause = if refused.error.is_the_servers() { Cause::Server } else { Cause::Statement };
        let help = help(&refused.error, self.server);
        Stopped { cause, migration, statement, reason: refused.error.to_string(), help, left }
    }
}

impl From<ServerError> for Failure {
    fn from(error: ServerError) -> Self {
        Failure::Server(error.to_string())
    }
}

impl From<SqlError> for Failure {
    fn from(error: SqlError) -> Self {
        Failure::Server(error.to_string())
    }
}

/// What to do about an error that may not be the migration's fault.
fn help(error: &SqlError, server: &Server) -> Option<String> {
    let message = error.to_string();
    let Some(sqlstate) = error.sqlstate() else {
        return Some("the server ended, or could not go on: its log says why, often that memory ran out".into());
    };
    let help = match sqlstate {
        "0A000" | "58P01" if message.contains("extension") => {
            "install the extension for this server, or name a server that has it with --database-url"
        }
        "42704" if message.contains("role") && !server.is_throwaway() => {
            "roles belong to the whole server, so none is made on one of yours: create it there first, or leave out --database-url"
        }
        "53100" => "there is no space left where the server keeps its files: free some, or set TMPDIR to a directory with more",
        "57014" => "--statement-timeout gives statements more time",
        "57P01" | "57P02" | "57P03" => "somebody stopped the server: try again",
        _ => return None,
    };
    Some(help.into())
}
