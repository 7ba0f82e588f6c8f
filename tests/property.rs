//! Up and down cancel out: random schemas, random changes. On the catalog for many seeds, on a real server for some in each run.
//! `MIGSAFE_SEEDS=1000..2000` tries those seeds on both.
#![cfg(feature = "verify")]

#[path = "support/generate/mod.rs"]
mod generate;

use generate::Generator;
use migsafe::catalog::Catalog;
use migsafe::catalog::diff::difference;
use migsafe::change::Change;
use migsafe::dialect::{Dialect, Postgres};
use migsafe::down::{Down, Fidelity, down, script};
use migsafe::lower::lower_text;
use migsafe::parse::{Lexis, on_big_stack, split_text};
use migsafe::replay::{Release, Replayed, read_statements, replay};
use migsafe::source::{History, Migration, MigrationKind, Script, Sources, Transaction};
use migsafe::verify::schema::{ColumnOrder, fingerprint};
use migsafe::verify::{Connection, Server};
use std::fmt::Write;
use std::ops::Range;

/// How many statements make the schema, and how many the migration.
const SETUP: usize = 14;
const UP: usize = 6;

#[test]
fn down_after_up_is_the_catalog_before() {
    let mut wrong = String::new();
    for seed in seeds(0..400) {
        let case = on_big_stack(|| Case::new(seed, None));
        if let Some(what) = case.check_catalog() {
            writeln!(wrong, "seed {seed}: {what}\n{}", case.show()).expect("a string");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn down_after_up_is_the_schema_before_on_a_server() {
    let mut wrong = String::new();
    for seed in seeds(0..12) {
        let database = Server::shared().expect("a server").create_database().expect("a database");
        let mut session = database.connect().expect("a session");
        let case = on_big_stack(|| Case::new(seed, Some(&mut session)));
        if let Some(what) = case.check_server(&mut session) {
            writeln!(wrong, "seed {seed}: {what}\n{}", case.show()).expect("a string");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

fn seeds(usual: Range<u64>) -> Range<u64> {
    let Ok(named) = std::env::var("MIGSAFE_SEEDS") else { return usual };
    let (first, last) = named.split_once("..").expect("MIGSAFE_SEEDS is like 1000..2000");
    first.parse().expect("a number")..last.parse().expect("a number")
}

/// A schema, a migration on it, and its down.
struct Case {
    setup: Vec<String>,
    up: Vec<String>,
    replayed: Replayed,
    made: Down,
}

impl Case {
    /// Makes statements up and keeps those that the catalog accepts, and the server where there is one. The schema is made on it.
    fn new(seed: u64, mut session: Option<&mut Connection>) -> Case {
        let mut generator = Generator::new(seed);
        let mut catalog = Postgres.empty_catalog();
        let setup = statements(&mut generator, &mut catalog, SETUP, session.as_deref_mut());
        if let Some(session) = session.as_deref_mut() {
            session.execute("BEGIN").expect("a transaction");
        }
        let up = statements(&mut generator, &mut catalog, UP, session.as_deref_mut());
        if let Some(session) = session {
            session.execute("ROLLBACK").expect("the end of a transaction");
        }
        let mut sources = Sources::default();
        let mut migration = |name: &str, statements: &[String]| {
            let file = sources.add(format!("{name}.sql"), format!("{};\n", statements.join(";\n")));
            let up = Script { chunks: vec![sources.whole(file)], transaction: Transaction::Wrapped };
            Migration { version: name.into(), name: String::new(), file, kind: MigrationKind::Versioned, up, down: None }
        };
        let migrations = vec![migration("0001", &setup), migration("0002", &up)];
        let history = History { migrations, one_transaction: false, partial: false, runner_table: "" };
        let parsed = read_statements(&sources, &history);
        let replayed = replay(&history, &parsed, |number| number == 1, Release::Together, &Postgres);
        let made = down(&parsed[1], &replayed, 1, &Postgres);
        Case { setup, up, replayed, made }
    }

    fn show(&self) -> String {
        format!("{};\n-- up\n{};\n-- down\n{}", self.setup.join(";\n"), self.up.join(";\n"), script(&self.made, &Postgres))
    }

    /// What is wrong on the catalog.
    fn check_catalog(&self) -> Option<String> {
        let (before, after) = (&self.replayed.steps.first()?.before, &self.replayed.steps.last()?.after);
        if self.made.fidelity == Fidelity::Manual {
            // There is no way from every type to every other.
            let no_cast = self.made.reasons().all(|(_, reason)| reason.contains("no cast leads"));
            return (!no_cast).then(|| format!("it is manual: {:?}", self.made.reasons().collect::<Vec<_>>()));
        }
        let mut state: Catalog = Catalog::clone(after);
        state.session = Postgres.empty_catalog().session;
        let changes = self.made.statements.iter().map(|inverse| &inverse.change).chain(&self.made.follow_ups);
        for change in changes {
            let text = Postgres.write(change);
            // What is written means what was computed.
            for change in read(&text) {
                if let Err(problem) = state.apply(&change, &Postgres) {
                    return Some(format!("{text}: {problem:?}"));
                }
            }
        }
        difference(&state, before)
    }

    /// What is wrong on the server, which has the schema of the setup.
    fn check_server(&self, session: &mut Connection) -> Option<String> {
        if self.made.fidelity == Fidelity::Manual {
            return self.check_catalog();
        }
        let before = fingerprint(session).expect("the schema can be read");
        let after = match self.run(session, &self.up) {
            Err(error) => return Some(format!("the up does not run: {error}")),
            Ok(()) => fingerprint(session).expect("the schema can be read"),
        };
        let follow_ups: Vec<String> = self.made.follow_ups.iter().map(|change| Postgres.write(change)).collect();
        if let Err(error) = self.run(session, &statements_of(&script(&self.made, &Postgres))) {
            return Some(format!("the down does not run: {error}"));
        }
        if let Err(error) = self.run(session, &follow_ups) {
            return Some(format!("what is left to a person does not run: {error}"));
        }
        let now = fingerprint(session).expect("the schema can be read");
        let mut differences = before.diff(&now, ColumnOrder::Ignored);
        if differences.is_empty() {
            if let Err(error) = self.run(session, &self.up) {
                return Some(format!("the up does not run again: {error}"));
            }
            differences = after.diff(&fingerprint(session).expect("the schema can be read"), ColumnOrder::Ignored);
        }
        let shown: String = differences.iter().map(ToString::to_string).collect();
        (!shown.is_empty()).then_some(shown)
    }

    fn run(&self, session: &mut Connection, statements: &[String]) -> Result<(), String> {
        session.execute("BEGIN").expect("a transaction");
        for statement in statements {
            if let Err(error) = session.execute(statement) {
                let _ = session.execute("ROLLBACK");
                return Err(format!("{statement}: {error}"));
            }
        }
        session.execute("COMMIT").map_err(|error| error.to_string())
    }
}

/// So many statements that can be made one after the other.
fn statements(
    generator: &mut Generator,
    catalog: &mut Catalog,
    count: usize,
    mut session: Option<&mut Connection>,
) -> Vec<String> {
    let mut made = Vec::new();
    for _ in 0..count * 20 {
        if made.len() == count {
            break;
        }
        let text = generator.statement(catalog);
        let mut next = catalog.clone();
        if !read(&text).iter().all(|change| next.apply(change, &Postgres).is_ok()) || difference(catalog, &next).is_none() {
            continue;
        }
        if let Some(session) = session.as_deref_mut() {
            let _ = session.execute("SAVEPOINT one");
            if session.execute(&text).is_err() {
                let _ = session.execute("ROLLBACK TO one");
                continue;
            }
        }
        *catalog = next;
        made.push(text);
    }
    made
}

fn read(text: &str) -> Vec<Change> {
    let mut sources = Sources::default();
    let file = sources.add("statement.sql", text);
    lower_text(text, sources.whole(file)).into_iter().map(|change| change.value).collect()
}

fn statements_of(text: &str) -> Vec<String> {
    let mut sources = Sources::default();
    let file = sources.add("script.sql", text);
    let parsed = split_text(text, file, 0, &Lexis::POSTGRES);
    parsed.statements.iter().map(|statement| sources.slice(statement.span).to_owned()).collect()
}
