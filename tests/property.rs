//! Up and down cancel out: random schemas, random changes, on the catalog alone; `tests/differ` holds the same against a server.
//! `MIGSAFE_SEEDS=1000..2000` tries those seeds.

#[path = "support/generate/mod.rs"]
mod generate;

use generate::Generator;
use migsafe::catalog::Catalog;
use migsafe::catalog::diff::difference;
use migsafe::change::Change;
use migsafe::dialect::{Dialect, Postgres};
use migsafe::down::{Down, Fidelity, down, script};
use migsafe::lower::lower_text;
use migsafe::parse::on_big_stack;
use migsafe::replay::{Release, Replayed, read_statements, replay};
use migsafe::source::{History, Migration, MigrationKind, Script, Sources, Transaction};
use std::fmt::Write;
use std::ops::Range;

/// How many statements make the schema, and how many the migration.
const SETUP: usize = 14;
const UP: usize = 6;

#[test]
fn down_after_up_is_the_catalog_before() {
    let mut wrong = String::new();
    for seed in seeds(0..400) {
        let case = on_big_stack(|| Case::new(seed));
        if let Some(what) = case.check_catalog() {
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
    /// Makes statements up and keeps those that the catalog accepts.
    fn new(seed: u64) -> Case {
        let mut generator = Generator::new(seed);
        let mut catalog = Postgres.empty_catalog();
        let setup = statements(&mut generator, &mut catalog, SETUP);
        let up = statements(&mut generator, &mut catalog, UP);
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
}

/// So many statements that can be made one after the other.
fn statements(generator: &mut Generator, catalog: &mut Catalog, count: usize) -> Vec<String> {
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
