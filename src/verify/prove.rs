//! A project's pending migrations, proved: each is run on a real database on top of the history before it, undone and run again, and
//! everything that was said of it is held against what the server does.

mod back;
mod rows;

pub use back::{BackProof, Origin};

use super::coexist::{Breadth, Examination, ExamineError, Examined};
use super::locks::{self, Held, Relations};
use super::schema::{ColumnOrder, Difference, Fingerprint, Scratch, TIME_ZONE, fingerprint};
use super::send::{Event, Refused, Scripts};
use super::{Connection, Database, Server, ServerError, SqlError};
use crate::assess::{Assessment, Verdict};
use crate::catalog::Catalog;
use crate::change::{Change, Spanned};
use crate::lint::Lint;
use crate::replay::{Release, Replayed, replay};
use std::ops::Range;
use std::time::{Duration, Instant};

/// What is asked for beside the migrations.
#[derive(Debug, Clone, Copy)]
pub struct Wishes {
    /// The longest that one statement may run.
    pub timeout: Duration,
}

/// What was found.
#[derive(Debug)]
pub struct Proof {
    /// The version that the server tells.
    pub server: String,
    /// How many migrations were run before the pending ones.
    pub before: usize,
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
    /// The migration, by its place in the history.
    pub migration: Option<usize>,
    /// The statement.
    pub statement: Option<String>,
    /// What the server said.
    pub reason: String,
    /// What can be done about it.
    pub help: Option<&'static str>,
    /// How many pending migrations were not run.
    pub left: usize,
}

impl Proof {
    /// How many claims did not hold.
    pub fn failures(&self) -> usize {
        let of = |proved: &Proved| {
            let schema = usize::from(!proved.schema.is_empty() && proved.unread == 0);
            schema + proved.other_locks.len() + usize::from(proved.back.as_ref().is_some_and(BackProof::fails))
        };
        let apps: usize = self.releases.iter().map(|release| release.examined.disagreements.len()).sum();
        self.migrations.iter().map(of).sum::<usize>() + apps + usize::from(self.stopped.is_some())
    }
}

/// Runs everything. What the server refuses ends it, and is told with what was found before.
pub fn prove<'s>(
    server: &'s Server,
    judged: &Lint<'_>,
    wishes: Wishes,
    progress: &mut dyn FnMut(usize),
) -> Result<(Proof, Database<'s>), ServerError> {
    let begun = Instant::now();
    let current = server.create_database()?;
    let version = current.connect()?.query_value("SHOW server_version")?.unwrap_or_default();
    let mut proof = Proof {
        server: version,
        before: 0,
        migrations: Vec::new(),
        releases: Vec::new(),
        stopped: None,
        took: Duration::ZERO,
        kept: None,
    };
    let pending = &judged.options.pending.migrations;
    let last = pending.last().map_or(0, |last| last + 1);
    let applied = |number: usize| number < last && pending.binary_search(&number).is_err();
    let earlier = replay(&judged.project.history, &judged.parsed, applied, Release::OneByOne, judged.options.dialect);
    let mut run = Run { server, judged, wishes, current: &current, scratch: None, before: None };
    let result = run.all(&earlier, &mut proof, progress);
    if let Err((migration, error)) = result {
        let left = pending.len() - proof.migrations.len();
        proof.stopped = Some(run.stopped(migration, error, &earlier, left));
    }
    drop(run);
    proof.took = begun.elapsed();
    Ok((proof, current))
}

struct Run<'a, 's> {
    server: &'s Server,
    judged: &'a Lint<'a>,
    wishes: Wishes,
    /// The database that goes through the history, without rows of ours.
    current: &'a Database<'s>,
    /// Where replayed schemas are made.
    scratch: Option<Scratch<'s>>,
    /// The schema that the server shows before the next migration.
    before: Option<Fingerprint>,
}

/// The commits of one migration, or of several that commit together.
struct Group {
    migrations: Range<usize>,
    commits: Range<usize>,
    pending: bool,
}

type Failed = (Option<usize>, Failure);

enum Failure {
    Earlier(Refused),
    Pending(Refused),
    Server(String),
}

impl<'a, 's> Run<'a, 's> {
    fn all(&mut self, earlier: &Replayed, proof: &mut Proof, progress: &mut dyn FnMut(usize)) -> Result<(), Failed> {
        let together = self.judged.options.pending.release == Release::Together;
        let mut groups: Vec<Group> = groups(earlier, false);
        groups.extend(self::groups(&self.judged.replayed, true));
        groups.sort_by_key(|group| group.migrations.start);
        if together {
            let first = groups.iter().position(|group| group.pending).unwrap_or(groups.len());
            // The release as a whole is examined on the state before its first migration.
            for group in &groups[..first] {
                self.earlier(earlier, group)?;
                proof.before += 1;
            }
            let commits = 0..self.judged.replayed.commits.len();
            let all: Vec<usize> = self.judged.options.pending.migrations.clone();
            if first < groups.len() {
                let examined =
                    self.examine(commits, &self.judged.assessments).map_err(|failure| (all.first().copied(), failure))?;
                proof.releases.push(ReleaseProof { migrations: all, examined });
            }
            groups.drain(..first);
        }
        for group in &groups {
            let at = Some(group.migrations.start);
            if !group.pending {
                self.earlier(earlier, group)?;
                proof.before += 1;
                continue;
            }
            progress(group.migrations.start);
            if !together {
                let own: Vec<Assessment> =
                    self.judged.assessments.iter().filter(|it| group.migrations.contains(&it.migration)).cloned().collect();
                let examined = self.examine(group.commits.clone(), &own).map_err(|failure| (at, failure))?;
                proof.releases.push(ReleaseProof { migrations: group.migrations.clone().collect(), examined });
            }
            let proved = self.group(group).map_err(|failure| (at, failure))?;
            proof.migrations.push(proved);
        }
        // Migrations without a statement run without being looked at.
        let run = |number: &usize| !groups.iter().any(|group| group.pending && group.migrations.contains(number));
        let empty = self.judged.options.pending.migrations.iter().filter(|number| run(number));
        proof.migrations.extend(empty.map(|number| Proved { migration: *number, ..Proved::default() }));
        proof.migrations.sort_by_key(|proved| proved.migration);
        Ok(())
    }

    fn scripts<'r>(&self, replayed: &'r Replayed) -> Scripts<'r>
    where
        'a: 'r,
    {
        let project = self.judged.project;
        Scripts { sources: &project.sources, history: &project.history, parsed: &self.judged.parsed, replayed }
    }

    fn earlier(&self, earlier: &Replayed, group: &Group) -> Result<(), Failed> {
        let run = || -> Result<Result<(), Refused>, ServerError> {
            let mut session = self.open(self.current)?;
            Ok(self.scripts(earlier).send(&mut session, group.commits.clone(), &mut |_| Ok(()))?)
        };
        let at = Some(group.migrations.start);
        run().map_err(|error| (at, error.into()))?.map_err(|refused| (at, Failure::Earlier(refused)))
    }

    fn open(&self, database: &Database<'_>) -> Result<Connection, ServerError> {
        let mut session = database.connect()?;
        let timeout = self.wishes.timeout.as_millis();
        session.execute(&format!("SET statement_timeout = {timeout}; {TIME_ZONE}"))?;
        Ok(session)
    }

    fn examine(&self, commits: Range<usize>, assessments: &[Assessment]) -> Result<Examined, Failure> {
        let scripts = self.scripts(&self.judged.replayed);
        let fresh = || self.server.copy_database(self.current);
        let examination = Examination {
            server: self.server,
            fresh: &fresh,
            scripts: &scripts,
            commits,
            assessments,
            breadth: Breadth::Touched,
            dialect: self.judged.options.dialect,
        };
        examination.run().map_err(|error| match error {
            ExamineError::Server(error) => error.into(),
            ExamineError::Sql(error) => error.into(),
            ExamineError::Refused(refused) => Failure::Pending(refused),
        })
    }

    /// Up, look, down, look, up, look; then up for good.
    fn group(&mut self, group: &Group) -> Result<Proved, Failure> {
        let (judged, dialect) = (self.judged, self.judged.options.dialect);
        let steps = steps(&judged.replayed, &group.commits);
        let (schema_before, schema_after) = (
            judged.replayed.commits[group.commits.start].before.clone(),
            judged.replayed.commits[group.commits.end - 1].after.clone(),
        );
        let mut proved = Proved { migration: group.migrations.start, statements: steps.len(), ..Proved::default() };
        let changes = |number: usize| judged.parsed[number].statements.iter().map(|statement| &statement.changes);
        proved.unread = group.migrations.clone().flat_map(changes).filter(|changes| unread(changes)).count();
        let before = match self.before.take() {
            Some(before) => before,
            None => fingerprint(&mut self.open(self.current)?)?,
        };
        let scripts = self.scripts(&judged.replayed);
        let mut work = self.server.copy_database(self.current)?;
        let mut rows = rows::Rows::fill(&mut self.open(&work)?, &schema_before, &schema_after, dialect)?;
        let mut sent = self.up(&scripts, &work, group, &mut proved)?;
        if let Err(refused) = sent {
            proved.rows_refused = Some(refused.error.to_string());
            rows = rows::Rows::default();
            (proved.locks, proved.other_locks) = (0, Vec::new());
            work = self.server.copy_database(self.current)?;
            sent = self.up(&scripts, &work, group, &mut proved)?;
        }
        sent.map_err(Failure::Pending)?;
        let after = fingerprint(&mut self.open(&work)?)?;
        proved.schema = after.diff(&self.replayed(&schema_after)?, ColumnOrder::Ignored);
        proved.back = back::prove(self, &scripts, group, &work, &rows, (&before, &after))?;
        drop(work);
        let mut session = self.open(self.current)?;
        scripts.send(&mut session, group.commits.clone(), &mut |_| Ok(()))?.map_err(Failure::Pending)?;
        self.before = Some(after);
        Ok(proved)
    }

    /// Runs a group and compares its locks.
    fn up(
        &self,
        scripts: &Scripts<'_>,
        work: &Database<'_>,
        group: &Group,
        proved: &mut Proved,
    ) -> Result<Result<(), Refused>, Failure> {
        let mut session = self.open(work)?;
        let mut relations = Relations::look(&mut session)?;
        let replayed = &self.judged.replayed;
        let mut commit = group.commits.start;
        let mut look = |commit: usize, session: &mut Connection, relations: &Relations| -> Result<(), SqlError> {
            let steps = replayed.commits[commit].steps.clone();
            if replayed.steps[steps.clone()].iter().any(|step| step.in_transaction) && in_transaction(session)? {
                let held = relations.held(session)?;
                compare(&held, &locks::claimed(&replayed.steps[steps.clone()], &self.verdicts(steps)), proved);
            }
            Ok(())
        };
        Ok(scripts.send(&mut session, group.commits.clone(), &mut |event| {
            match event {
                // Locks are gone once the transaction ends: they are looked at right before, by whomever it is ended.
                Event::Before(step, session) if scripts.commits(step) => look(commit, session, &relations)?,
                Event::After(step, session) if step + 1 == replayed.commits[commit].steps.end => {
                    look(commit, session, &relations)?;
                }
                Event::Before(..) | Event::After(..) => {}
                Event::Committed(number, session) => {
                    commit = number + 1;
                    relations = Relations::look(session)?;
                }
            }
            Ok(())
        })?)
    }

    fn verdicts(&self, steps: Range<usize>) -> Vec<&Verdict> {
        let all = self.judged.assessments.iter().flat_map(|assessment| assessment.steps.clone().zip(&assessment.verdicts));
        all.filter(|(step, _)| steps.contains(step)).map(|(_, verdict)| verdict).collect()
    }

    fn replayed(&mut self, schema: &Catalog) -> Result<Fingerprint, Failure> {
        if self.scratch.is_none() {
            self.scratch = Some(Scratch::new(self.server)?);
        }
        match &mut self.scratch {
            Some(scratch) => Ok(scratch.fingerprint(schema, self.judged.options.dialect)?),
            None => Ok(Fingerprint::default()),
        }
    }

    fn stopped(&self, migration: Option<usize>, failure: Failure, earlier: &Replayed, left: usize) -> Stopped {
        let (statement, reason, help) = match failure {
            Failure::Server(reason) => (None, reason, None),
            Failure::Earlier(refused) => {
                (Some(self.scripts(earlier).text(refused.step)), refused.error.to_string(), help(&refused))
            }
            Failure::Pending(refused) => {
                (Some(self.scripts(&self.judged.replayed).text(refused.step)), refused.error.to_string(), help(&refused))
            }
        };
        Stopped { migration, statement: statement.map(str::to_owned), reason, help, left }
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

/// What to do about an error that is not the migration's fault.
fn help(refused: &Refused) -> Option<&'static str> {
    let message = refused.error.to_string();
    match refused.error.sqlstate()? {
        "0A000" | "58P01" if message.contains("extension") => {
            Some("install the extension for this server, or name a server that has it with --database-url")
        }
        "42704" if message.contains("role") => Some("name a server that has the role with --database-url"),
        "57014" => Some("--statement-timeout gives statements more time"),
        _ => None,
    }
}

/// The commits, migration by migration; one that spans several keeps them together.
fn groups(replayed: &Replayed, pending: bool) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for (number, commit) in replayed.commits.iter().enumerate() {
        let steps = &replayed.steps[commit.steps.clone()];
        let (Some(first), Some(last)) = (steps.first(), steps.last()) else { continue };
        match groups.last_mut() {
            Some(group) if group.migrations.contains(&first.migration) => {
                group.commits.end = number + 1;
                group.migrations.end = last.migration + 1;
            }
            _ => groups.push(Group { migrations: first.migration..last.migration + 1, commits: number..number + 1, pending }),
        }
    }
    groups
}

fn steps(replayed: &Replayed, commits: &Range<usize>) -> Range<usize> {
    replayed.commits[commits.start].steps.start..replayed.commits[commits.end - 1].steps.end
}

/// Whether something in a statement may change the schema unread.
fn unread(changes: &[Spanned<Change>]) -> bool {
    changes.iter().any(|change| match &change.value {
        Change::Opaque(_) => true,
        Change::Do(block) => block.statements.iter().any(|own| unread(std::slice::from_ref(&own.change))),
        _ => false,
    })
}

fn in_transaction(session: &mut Connection) -> Result<bool, SqlError> {
    Ok(session.query_value("SELECT now() <> statement_timestamp()")?.as_deref() == Some("t"))
}

/// Weaker locks stop nobody, and depend on rows: from the first that stops other changes on, they must be the same.
fn compare(held: &Held, claims: &Held, proved: &mut Proved) {
    let strong = |mode: &&'static str| locks::strength(mode) >= 3;
    let names: std::collections::BTreeSet<&String> = held.locks.keys().chain(claims.locks.keys()).collect();
    for name in names {
        let (found, said) =
            (held.locks.get(name).filter(|mode| strong(mode)), claims.locks.get(name).filter(|mode| strong(mode)));
        proved.locks += usize::from(found.is_some() || said.is_some());
        match (found, said) {
            (Some(found), Some(said)) if found == said => {}
            (Some(found), Some(said)) => proved.other_locks.push(format!("{name}: {found}, stated was {said}")),
            (Some(found), None) => proved.other_locks.push(format!("{name}: {found}, nothing was stated")),
            // Indexes are not looked at.
            (None, Some(said)) if held.locks.contains_key(name) => {
                proved.other_locks.push(format!("{name}: no lock that blocks, stated was {said}"));
            }
            (None, _) => {}
        }
    }
    proved.locks += claims.rewrites.union(&held.rewrites).count();
    for name in claims.rewrites.symmetric_difference(&held.rewrites) {
        let what =
            if held.rewrites.contains(name) { "written anew, which was not stated" } else { "not written anew, as was stated" };
        proved.other_locks.push(format!("{name}: {what}"));
    }
}
