//! Two versions of an application on one database, for real: the old one's statements are run on every committed state of a
//! migration, the new one's on the state before it, and what the server answers is held against what was judged.

mod app;
mod attempt;
mod judge;
mod many;
mod rows;
mod values;

pub use attempt::Answer;
pub use judge::{Disagreement, Finding};
pub use many::grow;

use super::send::{Event, Refused, Scripts};
use super::{Connection, Database, Server, ServerError, SqlError};
use crate::assess::{App, Assessment, Touched, Use};
use crate::catalog::{Catalog, Name, Relation};
use crate::dialect::Dialect;
use app::Application;
pub use app::Probe;
use attempt::{Attempt, Keep, attempt};
use judge::Schemas;
pub use rows::Recipes;
use std::collections::{BTreeMap, BTreeSet};
pub(super) use values::quoted as quoted_text;

/// Which objects the applications use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Breadth {
    /// Those that the migration touches, and those next to them.
    Touched,
    /// All.
    Everything,
}

/// What running the applications of one migration showed.
#[derive(Debug, Default)]
pub struct Examined {
    /// How many statements of the old application worked before, and of the new one after.
    pub statements: [usize; 2],
    /// How many uses were judged to break, and did, of the old and of the new application.
    pub confirmed: [usize; 2],
    /// How many uses were judged to break in ways that no error of the server shows: another type to decode, rows that are not there.
    pub silent: usize,
    /// How many uses were judged to break, but fail for another reason that was judged too, or need a table of which nothing works.
    pub hidden: usize,
    /// Where server and judgement do not agree.
    pub disagreements: Vec<Disagreement>,
    /// Tables without rows: none that the server accepts was found, with its last answer.
    pub without_rows: BTreeMap<Name, String>,
    /// Whether rows went through the migration; else they were written after it, because it refused them: with this answer.
    pub rows_refused: Option<String>,
}

impl Examined {
    /// The points on which the server says otherwise. What no statement was found for is not among them: it may be right.
    pub fn refuted(&self) -> impl Iterator<Item = &Disagreement> {
        self.disagreements.iter().filter(|it| !matches!(it.finding, Finding::NotShown { .. }))
    }
}

/// Why an examination came to no end.
#[derive(Debug, thiserror::Error)]
pub enum ExamineError {
    /// The server.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// A session.
    #[error(transparent)]
    Sql(#[from] SqlError),
    /// The migration.
    #[error("the migration fails: {}", .0.error)]
    Refused(Refused),
}

/// One release to examine.
pub struct Examination<'a, 's> {
    /// Where databases are made.
    pub server: &'s Server,
    /// Makes a database in the state before the release.
    pub fresh: &'a dyn Fn() -> Result<Database<'s>, ServerError>,
    /// The migrations.
    pub scripts: &'a Scripts<'a>,
    /// The commits of the release.
    pub commits: std::ops::Range<usize>,
    /// What was judged of it.
    pub assessments: &'a [Assessment],
    /// Which objects are used.
    pub breadth: Breadth,
    /// The database.
    pub dialect: &'a dyn Dialect,
}

impl<'s> Examination<'_, 's> {
    /// Runs both applications.
    pub fn run(&self) -> Result<Examined, ExamineError> {
        let mut examined = Examined::default();
        let commits = &self.scripts.replayed.commits[self.commits.clone()];
        let (Some(first), Some(last)) = (commits.first(), commits.last()) else { return Ok(examined) };
        let (old_schema, new_schema) = (&first.before, &last.after);
        let mut scope = Touched::default();
        commits.iter().for_each(|commit| merge(&mut scope, Touched::between(&commit.before, &commit.after)));
        if self.breadth == Breadth::Everything {
            [old_schema, new_schema].into_iter().for_each(|schema| merge(&mut scope, everything(schema)));
        }
        if scope.is_empty() {
            return Ok(examined);
        }
        let with_rows = (self.fresh)()?;
        let mut session = open(&with_rows)?;
        let sequences = attempt::sequences(&mut session)?;
        let recipes =
            rows::seed(&mut session, old_schema, new_schema, &tables(old_schema, &scope), &Recipes::default(), self.dialect)?;
        let old = Application { schema: old_schema, other: new_schema, recipes: &recipes, dialect: self.dialect }.probes(&scope);
        let old = working(&mut session, old)?;
        session.execute(&sequences)?;
        drop(session);
        let after = self.migrate(&with_rows, &old, &mut examined)?;
        let (after, old_failing) = (after.database, after.failing);
        let mut session = open(&after)?;
        let new_recipes = rows::seed(&mut session, new_schema, old_schema, &tables(new_schema, &scope), &recipes, self.dialect)?;
        // Rows that the migration refused come after it, so that both applications find what they refer to.
        let old_failing = match old_failing {
            Some(failing) => failing,
            None => {
                self.rows_again(&mut session, old_schema, &recipes)?;
                failing(&mut session, &old, Failing::new())?
            }
        };
        let new = Application { schema: new_schema, other: old_schema, recipes: &new_recipes, dialect: self.dialect };
        let new = working(&mut session, new.probes(&scope))?;
        drop(session);
        let mut new_failing = failing(&mut open(&with_rows)?, &new, Failing::new())?;
        if commits.len() > 1 && examined.rows_refused.is_none() {
            new_failing = self.between(&with_rows, &new, new_failing)?;
        }
        examined.statements = [old.len(), new.len()];
        examined.without_rows = recipes.failed.into_iter().chain(new_recipes.failed).collect();
        let forth = Schemas { own: old_schema, other: new_schema };
        let back = Schemas { own: new_schema, other: old_schema };
        for (which, probes, failing, schemas) in [(App::Old, &old, &old_failing, forth), (App::New, &new, &new_failing, back)] {
            judge::compare(which, probes, failing, self.assessments, schemas, self.dialect, &mut examined);
        }
        Ok(examined)
    }

    /// Migrates a copy with rows, and runs the old application after every commit. Where the rows are in the way, one without.
    fn migrate(&self, with_rows: &Database<'_>, old: &[Probe], examined: &mut Examined) -> Result<Migrated<'s>, ExamineError> {
        let database = self.server.copy_database(with_rows)?;
        let mut failed = Failing::new();
        let mut session = open(&database)?;
        let mut onlooker = open(&database)?;
        let sent = self.scripts.send(&mut session, self.commits.clone(), &mut |event| {
            if let Event::Committed(..) = event {
                failed = failing(&mut onlooker, old, std::mem::take(&mut failed))?;
            }
            Ok(())
        })?;
        let Err(refused) = sent else { return Ok(Migrated { database, failing: Some(failed) }) };
        examined.rows_refused = Some(refused.error.to_string());
        drop((session, onlooker));
        drop(database);
        let database = (self.fresh)()?;
        let sent = self.scripts.send(&mut open(&database)?, self.commits.clone(), &mut |_| Ok(()))?;
        sent.map_err(ExamineError::Refused)?;
        Ok(Migrated { database, failing: None })
    }

    /// The new application's failures on the states between two commits, beside those that are known. Which rows are there is not as in
    /// its own state: what rows decide says nothing.
    fn between(&self, with_rows: &Database<'_>, new: &[Probe], known: Failing) -> Result<Failing, ExamineError> {
        let database = self.server.copy_database(with_rows)?;
        let mut onlooker = open(&database)?;
        let mut all = Failing::new();
        let mut session = open(&database)?;
        let sent = self.scripts.send(&mut session, self.commits.clone(), &mut |event| {
            match event {
                Event::Committed(number, _) if number + 1 < self.commits.end => {
                    all = failing(&mut onlooker, new, std::mem::take(&mut all))?;
                }
                Event::Before(..) | Event::After(..) | Event::Committed(..) => {}
            }
            Ok(())
        })?;
        sent.map_err(ExamineError::Refused)?;
        let mut failing = known;
        for (at, answers) in all {
            let of_the_schema = |answer: &Answer| match answer {
                Answer::Works => false,
                Answer::Fails { sqlstate, .. } => !["23503", "23505", "P0001"].contains(&sqlstate.as_str()),
            };
            let own = failing.entry(at).or_default();
            own.extend(answers.into_iter().filter(of_the_schema));
            if own.is_empty() {
                failing.remove(&at);
            }
        }
        Ok(failing)
    }

    fn rows_again(&self, session: &mut Connection, schema: &Catalog, recipes: &Recipes) -> Result<(), SqlError> {
        let rows = recipes.tables.keys().flat_map(|name| rows::SEEDS.map(move |k| (name, k)));
        let row = |(name, k)| Some(Attempt::one(rows::insert(name, &recipes.row(schema, name, k)?, true, self.dialect)));
        attempt(session, &rows.filter_map(row).collect::<Vec<_>>(), Keep::Success)?;
        Ok(())
    }
}

/// A migrated database, and what failed in the old application, where it was asked on the way.
struct Migrated<'s> {
    database: Database<'s>,
    failing: Option<Failing>,
}

/// The probes that fail, by their places, with the answers.
type Failing = BTreeMap<usize, Vec<Answer>>;

fn open(database: &Database<'_>) -> Result<Connection, ServerError> {
    let mut session = database.connect()?;
    session.execute("SET statement_timeout = '60s'")?;
    Ok(session)
}

/// The probes that work.
fn working(session: &mut Connection, probes: Vec<Probe>) -> Result<Vec<Probe>, SqlError> {
    let attempts: Vec<Attempt> = probes.iter().map(|probe| probe.attempt.clone()).collect();
    let answers = attempt(session, &attempts, Keep::Nothing)?;
    Ok(probes.into_iter().zip(answers).filter(|(_, answer)| answer.works()).map(|(probe, _)| probe).collect())
}

/// The probes that fail, together with those that failed before.
fn failing(session: &mut Connection, probes: &[Probe], mut known: Failing) -> Result<Failing, SqlError> {
    let attempts: Vec<Attempt> = probes.iter().map(|probe| probe.attempt.clone()).collect();
    let answers = attempt(session, &attempts, Keep::Nothing)?;
    for (at, answer) in answers.into_iter().enumerate().filter(|(_, answer)| !answer.works()) {
        let own = known.entry(at).or_default();
        if !own.contains(&answer) {
            own.push(answer);
        }
    }
    Ok(known)
}

/// A name as SQL, for whom no catalog says how it is spelt.
pub(super) fn quoted_name(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn merge(scope: &mut Touched, more: Touched) {
    scope.relations.extend(more.relations);
    scope.types.extend(more.types);
    scope.routines.extend(more.routines);
    scope.schemas.extend(more.schemas);
    scope.extensions.extend(more.extensions);
    scope.others.extend(more.others);
}

fn everything(schema: &Catalog) -> Touched {
    Touched {
        relations: schema.relations.keys().cloned().collect(),
        types: schema.types.keys().cloned().collect(),
        routines: schema.routines.keys().cloned().collect(),
        schemas: schema.schemas.keys().cloned().collect(),
        extensions: schema.extensions.keys().cloned().collect(),
        others: schema.others.keys().cloned().collect(),
    }
}

/// Gives the tables that a migration between two states touches their first rows.
pub fn seed_everything(
    session: &mut Connection,
    before: &Catalog,
    after: &Catalog,
    touched: &Touched,
    dialect: &dyn Dialect,
) -> Result<Recipes, SqlError> {
    rows::seed(session, before, after, &tables(before, touched), &Recipes::default(), dialect)
}

/// The application's statements that work on its own schema, one for each use, to be sent again and again while a migration
/// leads from there to another: each by itself, and none that works on all rows of a table.
pub fn traffic(
    session: &mut Connection,
    own: &Catalog,
    other: &Catalog,
    recipes: &Recipes,
    dialect: &dyn Dialect,
) -> Result<Vec<Probe>, SqlError> {
    let scope = Touched::between(own, other);
    let sequences = attempt::sequences(session)?;
    let mut probes = working(session, Application { schema: own, other, recipes, dialect }.probes(&scope))?;
    session.execute(&sequences)?;
    let mut seen = BTreeSet::new();
    probes.retain_mut(|probe| {
        if let (Use::Update(name), [statement]) = (&probe.usage, &mut probe.attempt.statements[..]) {
            if own.table(name).is_none() {
                return false;
            }
            statement.push_str(" WHERE ctid = '(0,1)'");
        }
        let asks_only = matches!(probe.usage, Use::Privilege(..));
        !asks_only && probe.attempt.setup.is_empty() && seen.insert(probe.usage.clone())
    });
    Ok(probes)
}

/// Whether an error that a use of the old application met was foreseen.
pub fn foreseen(
    probe: &Use,
    (sqlstate, message): (&str, &str),
    assessments: &[Assessment],
    (own, other): (&Catalog, &Catalog),
    dialect: &dyn Dialect,
) -> bool {
    judge::foreseen(App::Old, probe, (sqlstate, message), assessments, Schemas { own, other }, dialect)
}

/// The tables that need rows: those of the scope, their partitions, those below views.
fn tables(schema: &Catalog, scope: &Touched) -> BTreeSet<Name> {
    let mut names = BTreeSet::new();
    for name in &scope.relations {
        match schema.relations.get(name) {
            Some(Relation::Table(_)) => {
                names.extend(rows::partitions(schema, name).map(|part| part.name.clone()));
                names.insert(name.clone());
            }
            Some(Relation::View(view)) => {
                names.extend(view.columns.iter().filter_map(|column| column.source.as_ref().map(|(from, _)| from.clone())));
            }
            Some(Relation::Sequence(_) | Relation::Index(_)) | None => {}
        }
    }
    names
}
