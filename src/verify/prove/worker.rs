//! One migration, proved in copies of the database as it was before: both applications, the schema after it, its locks, its way back.

use super::super::coexist::{Breadth, Examination, ExamineError, Examined};
use super::super::locks::{self, Held, Relations};
use super::super::schema::{ColumnOrder, Fingerprint, Onlooker, Scratch};
use super::super::send::{Event, Refused, Scripts};
use super::super::{Connection, Database, SqlError};
use super::rows::Rows;
use super::times::{Clock, Times};
use super::{Failed, Failure, Group, Load, Proved, ReleaseProof, Shared, back, load};
use crate::assess::{Assessment, Verdict};
use crate::catalog::Catalog;
use crate::change::{Change, Spanned};
use crate::replay::{Replayed, Step};
use std::collections::BTreeSet;
use std::ops::Range;

/// Something to prove.
pub(super) struct Job<'s> {
    /// The database as it is before.
    pub base: Database<'s>,
    /// What was made in it that no migration makes.
    pub made: Vec<String>,
    pub task: Task,
}

/// What is to be proved.
pub(super) enum Task {
    /// What a release of several migrations does to applications.
    Release(Vec<usize>),
    /// All that is said of a group of migrations; where it is a release `alone`, also what it does to applications.
    Group {
        /// The group.
        group: Group,
        /// Whether it is deployed by itself.
        alone: bool,
    },
}

/// What came of it.
#[derive(Default)]
pub(super) struct Done {
    pub release: Option<ReleaseProof>,
    pub proved: Option<Proved>,
    pub failed: Option<Failed>,
}

/// Whoever proves one after the other.
pub(super) struct Worker<'w, 'a, 's> {
    shared: &'w Shared<'a, 's>,
    /// Where replayed schemas are made.
    scratch: Option<Scratch<'s>>,
}

impl<'w, 'a, 's> Worker<'w, 'a, 's> {
    pub fn new(shared: &'w Shared<'a, 's>) -> Self {
        Worker { shared, scratch: None }
    }

    pub fn shared(&self) -> &'w Shared<'a, 's> {
        self.shared
    }

    pub fn run(&mut self, job: Job<'s>) -> Done {
        let mut done = Done::default();
        let Job { base, made, task } = job;
        let failed = match task {
            Task::Release(migrations) => {
                let at = migrations.first().copied().unwrap_or_default();
                let commits = 0..self.shared.judged.replayed.commits.len();
                let examined = self.examine(&base, commits, &self.shared.judged.assessments);
                examined.map(|examined| done.release = Some(ReleaseProof { migrations, examined })).map_err(|error| (at, error))
            }
            Task::Group { group, alone } => {
                let failed = |failure| (group.migrations.start, failure);
                self.alone_or_not(&base, &group, alone, &made, &mut done).map_err(failed)
            }
        };
        done.failed = failed.err();
        done
    }

    fn alone_or_not(
        &mut self,
        base: &Database<'_>,
        group: &Group,
        alone: bool,
        made: &[String],
        done: &mut Done,
    ) -> Result<(), Failure> {
        let all = &self.shared.judged.assessments;
        let own: Vec<Assessment> = all.iter().filter(|it| group.migrations.contains(&it.migration)).cloned().collect();
        if alone {
            let examined = self.examine(base, group.commits.clone(), &own)?;
            done.release = Some(ReleaseProof { migrations: group.migrations.clone().collect(), examined });
        }
        let mut proved = self.group(base, group, made)?;
        if self.shared.wishes.load == Load::OldApp {
            proved.load = load::prove(self, base, group, self.schemas(group), &own)?;
        }
        done.proved = Some(proved);
        Ok(())
    }

    fn examine(&self, base: &Database<'_>, commits: Range<usize>, assessments: &[Assessment]) -> Result<Examined, Failure> {
        let scripts = self.shared.scripts(&self.shared.judged.replayed);
        let fresh = || self.shared.server.copy_database(base);
        let examination = Examination {
            server: self.shared.server,
            fresh: &fresh,
            scripts: &scripts,
            commits,
            assessments,
            breadth: Breadth::Touched,
            dialect: self.shared.judged.options.dialect,
        };
        examination.run().map_err(|error| match error {
            ExamineError::Server(error) => error.into(),
            ExamineError::Sql(error) => error.into(),
            ExamineError::Refused(refused) => Failure::Pending(refused),
        })
    }

    /// The replayed schemas before and after a group.
    fn schemas(&self, group: &Group) -> (&'a Catalog, &'a Catalog) {
        let commits = &self.shared.judged.replayed.commits;
        (&commits[group.commits.start].before, &commits[group.commits.end - 1].after)
    }

    /// Up, look, down, look, up, look.
    fn group(&mut self, base: &Database<'_>, group: &Group, made: &[String]) -> Result<Proved, Failure> {
        let (shared, judged) = (self.shared, self.shared.judged);
        let (schema_before, schema_after) = self.schemas(group);
        let steps = steps(&judged.replayed, &group.commits);
        let mut proved = Proved { migration: group.migrations.start, statements: steps.len(), ..Proved::default() };
        proved.unread = judged.replayed.steps[steps.clone()].iter().filter(|step| unread(step)).count();
        proved.assumed = judged.replayed.steps[steps].iter().flat_map(|step| step.assumed.clone()).collect();
        let scripts = shared.scripts(&judged.replayed);
        let mut work = shared.server.copy_database(base)?;
        let mut onlooker = Onlooker::new(shared.open(&work)?)?;
        let before = onlooker.look()?;
        let dialect = judged.options.dialect;
        let (mut rows, _) = Rows::fill(onlooker.session(), (schema_before, schema_after), shared.wishes.rows, dialect)?;
        if shared.wishes.rows.is_some() {
            proved.times = Some(Times { rows: rows.counts().collect(), statements: Vec::new() });
        }
        let mut sent = self.up(&scripts, &work, group, &mut proved)?;
        if let Err(refused) = sent {
            if refused.error.is_the_servers() {
                return Err(Failure::Pending(refused));
            }
            proved.rows_refused = Some(refused.error.to_string());
            rows = Rows::default();
            (proved.locks, proved.other_locks) = (0, Vec::new());
            proved.times = proved.times.map(|_| Times::default());
            work = shared.server.copy_database(base)?;
            onlooker = Onlooker::new(shared.open(&work)?)?;
            sent = self.up(&scripts, &work, group, &mut proved)?;
        }
        sent.map_err(Failure::Pending)?;
        let after = onlooker.look()?;
        proved.schema = after.diff(&self.replayed(schema_after, made)?, ColumnOrder::Ignored);
        if !proved.schema.is_empty() {
            // What was so before is not this one's doing.
            let known = before.diff(&self.replayed(schema_before, made)?, ColumnOrder::Ignored);
            proved.schema.retain(|difference| !known.contains(difference));
        }
        proved.back = back::prove(shared, &scripts, group, (&work, &mut onlooker), &rows, (&before, &after))?;
        Ok(proved)
    }

    /// Runs a group, compares its locks, and measures it where that is asked for.
    fn up(
        &self,
        scripts: &Scripts<'_>,
        work: &Database<'_>,
        group: &Group,
        proved: &mut Proved,
    ) -> Result<Result<(), Refused>, Failure> {
        let mut session = self.shared.open(work)?;
        let mut relations = Relations::look(&mut session)?;
        let replayed = &self.shared.judged.replayed;
        let mut clock = proved.times.is_some().then(Clock::new);
        let mut commit = group.commits.start;
        let claimed = |steps: Range<usize>| locks::claimed(&replayed.steps[steps.clone()], &self.verdicts(steps));
        let mut look = |commit: usize, session: &mut Connection, relations: &Relations| -> Result<(), SqlError> {
            let steps = replayed.commits[commit].steps.clone();
            if replayed.steps[steps.clone()].iter().any(|step| step.in_transaction) && in_transaction(session)? {
                let (mut held, claims) = (relations.held(session)?, claimed(steps.clone()));
                if replayed.steps[steps].iter().any(empties) {
                    // A table that is emptied, or a view that is filled, has a new file, too: nothing of it is written anew.
                    held.rewrites.retain(|name| claims.rewrites.contains(name));
                }
                compare(&held, &claims, proved);
            }
            Ok(())
        };
        let sent = scripts.send(&mut session, group.commits.clone(), &mut |event| {
            match event {
                Event::Before(step, session) => {
                    // Locks are gone once the transaction ends: they are looked at right before, by whomever it is ended.
                    if scripts.commits(step) {
                        look(commit, session, &relations)?;
                    }
                    clock.iter_mut().for_each(Clock::start);
                }
                Event::After(step, session) => {
                    if let Some(clock) = &mut clock {
                        let (text, took) = (scripts.text(step), clock.read());
                        match replayed.steps[step].in_transaction && in_transaction(session)? {
                            true => clock.look(text, took, &relations, session)?,
                            false => clock.state(text, took, claimed(step..step + 1)),
                        }
                    }
                    if step + 1 == replayed.commits[commit].steps.end {
                        look(commit, session, &relations)?;
                    }
                }
                Event::Committed(number, session) => {
                    clock.iter_mut().for_each(Clock::commit);
                    commit = number + 1;
                    relations = Relations::look(session)?;
                }
            }
            Ok(())
        })?;
        if let (Some(times), Some(clock)) = (&mut proved.times, clock) {
            times.statements = clock.times;
        }
        Ok(sent)
    }

    fn verdicts(&self, steps: Range<usize>) -> Vec<&'a Verdict> {
        let assessments = &self.shared.judged.assessments;
        let all = assessments.iter().flat_map(|assessment| assessment.steps.clone().zip(&assessment.verdicts));
        all.filter(|(step, _)| steps.contains(step)).map(|(_, verdict)| verdict).collect()
    }

    fn replayed(&mut self, schema: &Catalog, made: &[String]) -> Result<Fingerprint, Failure> {
        let scratch = match &mut self.scratch {
            Some(scratch) => scratch,
            none => none.insert(Scratch::new(self.shared.server)?),
        };
        scratch.prepare(made)?;
        Ok(scratch.fingerprint(schema, self.shared.judged.options.dialect)?)
    }
}

fn steps(replayed: &Replayed, commits: &Range<usize>) -> Range<usize> {
    replayed.commits[commits.start].steps.start..replayed.commits[commits.end - 1].steps.end
}

/// Whether something in a statement, or in a routine that it calls, may change the schema unread.
fn unread(step: &Step) -> bool {
    fn opaque(change: &Spanned<Change>) -> bool {
        match &change.value {
            Change::Opaque(_) => true,
            Change::Do(block) => block.statements.iter().any(|own| opaque(&own.change)),
            _ => false,
        }
    }
    step.atoms.iter().any(|atom| opaque(&atom.change))
}

/// Whether a statement replaces the rows of something.
fn empties(step: &Step) -> bool {
    let replaces = |change: &Change| matches!(change, Change::Truncate { .. } | Change::Refresh { .. } | Change::Maintenance(_));
    step.atoms.iter().any(|atom| replaces(&atom.change.value))
}

fn in_transaction(session: &mut Connection) -> Result<bool, SqlError> {
    Ok(session.query_value("SELECT now() <> statement_timestamp()")?.as_deref() == Some("t"))
}

/// Weaker locks stop nobody, and depend on rows: from the first that stops other changes on, they must be the same.
fn compare(held: &Held, claims: &Held, proved: &mut Proved) {
    let strong = |mode: &&'static str| locks::strength(mode) >= 3;
    let names: BTreeSet<&String> = held.locks.keys().chain(claims.locks.keys()).collect();
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
