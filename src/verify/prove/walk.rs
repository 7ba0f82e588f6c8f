//! The way through the history: one database goes forward migration by migration, and each pending one is handed, with a copy of the
//! database as it was before, to whoever is free to prove it.

use super::super::schema::TIME_ZONE;
use super::super::send::{Refused, Scripts};
use super::super::{Connection, Database, ServerError};
use super::beforehand::{Beforehand, made_by_migrations};
use super::worker::{Done, Job, Task, Worker};
use super::{Failed, Failure, Group, Shared};
use crate::parse::STACK_BYTES;
use crate::replay::{Release, Replayed};
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, Scope, ScopedJoinHandle};

/// Where the way ended.
pub(super) struct Walked<'s> {
    /// The database in the state after all that ran.
    pub current: Database<'s>,
    /// How many migrations before the pending ones ran.
    pub before: usize,
    /// What was made beforehand.
    pub made: Vec<String>,
    /// What could not be run.
    pub failed: Option<Failed>,
}

/// Walks, and has everything proved on the way.
pub(super) fn conduct<'s>(
    shared: &Shared<'_, 's>,
    current: Database<'s>,
    progress: &mut dyn FnMut(usize),
) -> Result<(Walked<'s>, Vec<Done>), ServerError> {
    std::thread::scope(|scope| {
        // No more than one database waits for somebody.
        let (jobs, waiting) = sync_channel::<Job<'s>>(1);
        let waiting = Arc::new(Mutex::new(waiting));
        let (tell, told) = channel::<Done>();
        for _ in 0..shared.wishes.jobs.get() {
            let (waiting, tell) = (Arc::clone(&waiting), tell.clone());
            thread(scope, move || {
                let mut worker = Worker::new(shared);
                while let Some(job) = next(&waiting) {
                    // Nobody listens any more where everything failed.
                    let _ = tell.send(worker.run(job));
                }
            })?;
        }
        // Only workers hold these: without any, the walker stops.
        drop((waiting, tell));
        let walker = thread(scope, move || walk(shared, current, &jobs))?;
        let mut all = Vec::new();
        for done in told {
            done.proved.iter().for_each(|proved| progress(proved.migration));
            all.push(done);
        }
        match walker.join() {
            Ok(walked) => Ok((walked, all)),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

fn next<'s>(waiting: &Mutex<Receiver<Job<'s>>>) -> Option<Job<'s>> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

/// A thread with a stack that holds any statement.
fn thread<'scope, 'env, T: Send + 'scope>(
    scope: &'scope Scope<'scope, 'env>,
    work: impl FnOnce() -> T + Send + 'scope,
) -> Result<ScopedJoinHandle<'scope, T>, ServerError> {
    Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, work).map_err(ServerError::Thread)
}

fn walk<'s>(shared: &Shared<'_, 's>, current: Database<'s>, jobs: &SyncSender<Job<'s>>) -> Walked<'s> {
    let mut walker = Walker { shared, current, before: 0, beforehand: Beforehand::default() };
    let failed = walker.all(jobs).err();
    Walked { current: walker.current, before: walker.before, made: walker.beforehand.told, failed }
}

struct Walker<'w, 'a, 's> {
    shared: &'w Shared<'a, 's>,
    /// The database that goes through the history, without rows of ours.
    current: Database<'s>,
    before: usize,
    beforehand: Beforehand,
}

impl<'s> Walker<'_, '_, 's> {
    fn all(&mut self, jobs: &SyncSender<Job<'s>>) -> Result<(), Failed> {
        let pending = &self.shared.judged.options.pending;
        let roles: Vec<&str> = made_by_migrations(self.shared).collect();
        self.shared.server.forget_roles(&roles).map_err(|error| (0, error.into()))?;
        let together = pending.release == Release::Together;
        let mut groups: Vec<Group> = groups(self.shared.earlier, false);
        groups.extend(self::groups(&self.shared.judged.replayed, true));
        groups.sort_by_key(|group| group.migrations.start);
        let mut release: Option<Job<'s>> = None;
        for group in groups {
            let at = group.migrations.start;
            if together && group.pending && release.is_none() {
                let base = self.shared.server.copy_database(&self.current).map_err(|error| (at, error.into()))?;
                release = Some(Job { base, made: self.beforehand.sql.clone(), task: Task::Release(pending.migrations.clone()) });
            }
            let base = self.forward(&group).map_err(|failure| (at, failure))?;
            let Some(base) = base.filter(|_| group.pending) else {
                self.before += 1;
                continue;
            };
            let task = Task::Group { group, alone: !together };
            if jobs.send(Job { base, made: self.beforehand.sql.clone(), task }).is_err() {
                return Ok(());
            }
        }
        // The release as a whole is examined on the state before its first migration, with all that has to be there.
        if let Some(mut job) = release {
            let more = &self.beforehand.sql[job.made.len()..];
            let at = pending.migrations.first().copied().unwrap_or_default();
            make(&job.base, more).map_err(|error| (at, error.into()))?;
            job.made = self.beforehand.sql.clone();
            // Without workers everything has failed already.
            let _ = jobs.send(job);
        }
        Ok(())
    }

    /// Runs a group, and gives the database as it was before where that may be needed.
    fn forward(&mut self, group: &Group) -> Result<Option<Database<'s>>, Failure> {
        let replayed = if group.pending { &self.shared.judged.replayed } else { self.shared.earlier };
        loop {
            let several = group.commits.len() > 1;
            let base = (group.pending || several).then(|| self.shared.server.copy_database(&self.current)).transpose()?;
            let sent = self.send(replayed, group)?;
            let Err(refused) = sent else { return Ok(base) };
            let before = self.beforehand.sql.len();
            if !self.beforehand.provide(self.shared, &refused, replayed) {
                return Err(if group.pending { Failure::Pending(refused) } else { Failure::Earlier(refused) });
            }
            // What was committed of it is undone by going back to the copy.
            if let Some(base) = base {
                self.current = base;
            }
            make(&self.current, &self.beforehand.sql[before..])?;
        }
    }

    fn send(&self, replayed: &Replayed, group: &Group) -> Result<Result<(), Refused>, ServerError> {
        let mut session = self.shared.open(&self.current)?;
        Ok(self.shared.scripts(replayed).send(&mut session, group.commits.clone(), &mut |_| Ok(()))?)
    }
}

fn make(database: &Database<'_>, statements: &[String]) -> Result<(), ServerError> {
    if !statements.is_empty() {
        let mut session = database.connect()?;
        statements.iter().try_for_each(|sql| session.execute(sql))?;
    }
    Ok(())
}

impl<'a> Shared<'a, '_> {
    pub(super) fn scripts<'r>(&self, replayed: &'r Replayed) -> Scripts<'r>
    where
        'a: 'r,
    {
        let project = self.judged.project;
        Scripts { sources: &project.sources, history: &project.history, parsed: &self.judged.parsed, replayed }
    }

    pub(super) fn open(&self, database: &Database<'_>) -> Result<Connection, ServerError> {
        let mut session = database.connect()?;
        let timeout = self.wishes.timeout.as_millis();
        session.execute(&format!("SET statement_timeout = {timeout}; {TIME_ZONE}"))?;
        Ok(session)
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
