//! Both applications run for real: every case of `tests/compat` is a release whose judgement is held against the answers of a
//! server to all that the old and the new application may send.
#![cfg(feature = "verify")]

mod support;

use migsafe::assess::{Release, assess};
use migsafe::config::{Config, FILE_NAME};
use migsafe::dialect::{Postgres, ServerVersion};
use migsafe::read::Project;
use migsafe::replay::{Replayed, read_statements, replay};
use migsafe::source::Transaction;
use migsafe::verify::Server;
use migsafe::verify::coexist::{Breadth, Examination, Examined, Finding};
use migsafe::verify::send::Scripts;
use rayon::prelude::*;
use std::fmt::Write;
use std::path::PathBuf;
use support::{Judged, judge};

/// What one case or one history showed.
#[derive(Default)]
struct Told {
    /// What is wrong: breaks that were missed, and alarms that were false.
    wrong: String,
    /// What no statement was found for, and how much was compared.
    notes: String,
    confirmed: usize,
    silent: usize,
    not_shown: usize,
}

#[test]
fn the_cases_break_as_judged() {
    let texts = ["bodies", "columns", "tables", "constraints", "objects"]
        .map(|file| std::fs::read_to_string(format!("tests/compat/{file}.sql")).expect("the cases"));
    let cases: Vec<&str> = texts.iter().flat_map(|text| text.split("-- case: ").skip(1)).collect();
    let told = side_by_side(&cases, |case| {
        let (name, rest) = case.split_once('\n').expect("a name");
        let (setup, rest) = rest.split_once("-- migration: ").expect("a migration");
        let migration: Vec<&str> = rest.lines().skip(1).filter(|line| !line.starts_with("-- ")).collect();
        examine(name, setup, &migration.join("\n"))
    });
    let sum = |of: fn(&Told) -> usize| told.iter().map(of).sum::<usize>();
    let (confirmed, silent, not_shown) = (sum(|it| it.confirmed), sum(|it| it.silent), sum(|it| it.not_shown));
    println!("{} cases, {confirmed} breaks confirmed, {silent} without an error, {not_shown} not shown", cases.len());
    hold(&told);
}

#[test]
fn the_examples_break_as_judged() {
    // Other projects can be examined too: their directories, separated by colons.
    let others = std::env::var("MIGSAFE_HISTORIES").ok();
    let paths: Vec<PathBuf> = match &others {
        Some(others) => others.split(':').map(PathBuf::from).collect(),
        None => {
            let entries = std::fs::read_dir("migrations-examples").expect("examples");
            entries.map(|entry| entry.expect("an entry").path()).filter(|path| path.is_dir()).collect()
        }
    };
    let read = |path: &PathBuf| {
        let config = std::fs::read_to_string(path.join(FILE_NAME)).unwrap_or_default();
        let runner = Config::parse(&config).expect("a configuration").runner;
        let projects = migsafe::read::read_paths(std::slice::from_ref(path), runner);
        projects.unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    };
    let projects: Vec<Project> = paths.iter().flat_map(read).collect();
    hold(&side_by_side(&projects, examine_history));
}

/// Each on a thread that is free, with a database of its own.
fn side_by_side<T: Sync>(all: &[T], examine: impl Fn(&T) -> Told + Sync + Send) -> Vec<Told> {
    migsafe::lint::on_pool(|| all.par_iter().with_max_len(1).map(&examine).collect())
}

fn hold(told: &[Told]) {
    told.iter().for_each(|it| print!("{}", it.notes));
    let wrong: String = told.iter().map(|it| it.wrong.as_str()).collect();
    assert!(wrong.is_empty(), "\n{wrong}");
}

fn examine_history(project: &Project) -> Told {
    let name = project.root.display();
    let (sources, history) = (&project.sources, &project.history);
    let parsed = read_statements(sources, history);
    let replayed = replay(history, &parsed, |_| true, Release::OneByOne, &Postgres);
    let version = ServerVersion { major: 15, minor: 0 };
    let assessments = assess(&replayed, Release::OneByOne, version, &Postgres);
    let server = Server::shared().expect("a server");
    let current = server.create_database().expect("a database");
    let scripts = Scripts { sources, history, parsed: &parsed, replayed: &replayed };
    let fresh = || server.copy_database(&current);
    let mut sums = Examined::default();
    let mut told = Told::default();
    let (mut done, mut exact) = (0, 0);
    for commits in releases(&replayed) {
        let steps = replayed.commits[commits.start].steps.start..replayed.commits[commits.end - 1].steps.end;
        let migrations = replayed.steps[steps.start].migration..=replayed.steps[steps.end - 1].migration;
        let own: Vec<_> = assessments.iter().filter(|it| migrations.contains(&it.migration)).cloned().collect();
        let label = sources.path(history.migrations[*migrations.start()].file).display().to_string();
        let (scripts, assessments, breadth) = (&scripts, &own[..], Breadth::Touched);
        let examination =
            Examination { server, fresh: &fresh, scripts, commits: commits.clone(), assessments, breadth, dialect: &Postgres };
        let before = told.wrong.len();
        match examination.run() {
            Ok(examined) => {
                tell(&label, &examined, &mut told);
                (0..2).for_each(|at| sums.confirmed[at] += examined.confirmed[at]);
                (0..2).for_each(|at| sums.statements[at] += examined.statements[at]);
                sums.silent += examined.silent;
                sums.without_rows.extend(examined.without_rows);
                done += 1;
                exact += usize::from(told.wrong.len() == before);
            }
            Err(error) => writeln!(told.wrong, "{label}: {error}").expect("a string takes text"),
        }
        let mut session = current.connect().expect("a session");
        if let Err(refused) = scripts.send(&mut session, commits, &mut |_| Ok(())).expect("a server that answers") {
            writeln!(told.wrong, "{label}: the server refuses: {}", refused.error).expect("a string takes text");
            break;
        }
    }
    let note = format!(
        "{name}: {exact} of {done} releases agree, {:?} statements, {:?} confirmed, {} silent, {} tables without rows\n",
        sums.statements,
        sums.confirmed,
        sums.silent,
        sums.without_rows.len()
    );
    told.notes.push_str(&note);
    if std::env::var_os("MIGSAFE_TELL_ROWS").is_some() {
        sums.without_rows.iter().for_each(|(table, answer)| {
            writeln!(told.notes, "    no rows in {table}: {answer}").expect("a string takes text");
        });
    }
    told
}

/// The commits of each migration; one that spans several keeps them together.
fn releases(replayed: &Replayed) -> Vec<std::ops::Range<usize>> {
    let migration = |at: usize| replayed.steps[replayed.commits[at].steps.start].migration;
    let all: Vec<usize> = (0..replayed.commits.len()).collect();
    all.chunk_by(|a, b| migration(*a) == migration(*b)).map(|group| group[0]..group[group.len() - 1] + 1).collect()
}

fn tell(name: &str, examined: &Examined, told: &mut Told) {
    told.confirmed += examined.confirmed.iter().sum::<usize>();
    told.silent += examined.silent;
    for it in &examined.disagreements {
        let usage = it.usage.sql(&Postgres);
        let (wrong, text) = match &it.finding {
            Finding::Missed { sql, sqlstate, message } => (true, format!("missed {sqlstate} {message} :: {sql}")),
            Finding::FalseAlarm { sqlstate, message } => (true, format!("false alarm {sqlstate} {message} :: {usage}")),
            Finding::NotShown { sqlstate, message } => (false, format!("not shown {sqlstate} {message} :: {usage}")),
        };
        // An alarm may be right though no statement is found that shows it: it is told.
        told.not_shown += usize::from(!wrong);
        let out = if wrong { &mut told.wrong } else { &mut told.notes };
        writeln!(out, "{name}: {:?}: {text}", it.app).expect("a string takes text");
    }
}

fn examine(name: &str, setup: &str, migration: &str) -> Told {
    let Judged { sources, history, parsed, replayed, assessment } = judge(setup, migration, Transaction::Wrapped);
    let server = Server::shared().expect("a server");
    let fresh = || {
        let database = server.create_database()?;
        database.connect()?.execute(setup)?;
        Ok(database)
    };
    let scripts = Scripts { sources: &sources, history: &history, parsed: &parsed, replayed: &replayed };
    let examination = Examination {
        server,
        fresh: &fresh,
        scripts: &scripts,
        commits: 0..replayed.commits.len(),
        assessments: std::slice::from_ref(&assessment),
        breadth: Breadth::Everything,
        dialect: &Postgres,
    };
    let mut told = Told::default();
    match examination.run() {
        Ok(examined) => tell(name, &examined, &mut told),
        Err(error) => writeln!(told.wrong, "{name}: {error}").expect("a string takes text"),
    }
    told
}
