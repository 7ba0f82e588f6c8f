//! Two versions of an application on one database, for real: the old one's statements are run on every committed state of a
//! migration, the new one's on the state before it, and what the server answers is held against what was judged.

mod app;
mod attempt;
mod judge;
mod rows;
mod values;

pub use attempt::Answer;
pub use judge::{Disagreement, Finding};

use super::send::{Event, Refused, Scripts};
use super::{Connection, Database, Server, ServerError, SqlError};
use crate::assess::{App, Assessment, Touched};
use crate::catalog::{Catalog, Name, Relation};
use crate::dialect::Dialect;
use app::{Application, Probe};
use attempt::{Attempt, Keep, attempt};
use judge::Schemas;
pub use rows::Recipes;
use std::collections::{BTreeMap, BTreeSet};

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
                failing(&mut session, &old, &BTreeMap::new())?
            }
        };
        let new = Application { schema: new_schema, other: old_schema, recipes: &new_recipes, dialect: self.dialect };
        let new = working(&mut session, new.probes(&scope))?;
        drop(session);
        let new_failing = failing(&mut open(&with_rows)?, &new, &BTreeMap::new())?;
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
        let mut failed = BTreeMap::new();
        let mut session = open(&database)?;
        let mut onlooker = open(&database)?;
        let sent = self.scripts.send(&mut session, self.commits.clone(), &mut |event| {
            if let Event::Committed(..) = event {
                failed = failing(&mut onlooker, old, &failed)?;
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
    failing: Option<BTreeMap<usize, Answer>>,
}

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

/// The probes that fail, by their places, together with those that failed before.
fn failing(
    session: &mut Connection,
    probes: &[Probe],
    known: &BTreeMap<usize, Answer>,
) -> Result<BTreeMap<usize, Answer>, SqlError> {
    let attempts: Vec<Attempt> = probes.iter().map(|probe| probe.attempt.clone()).collect();
    let answers = attempt(session, &attempts, Keep::Nothing)?;
    let mut failing = known.clone();
    for (at, answer) in answers.into_iter().enumerate().filter(|(_, answer)| !answer.works()) {
        failing.entry(at).or_insert(answer);
    }
    Ok(failing)
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
