//! What breaks, held against a server: each case is a schema, a migration, and statements of an old application (run after
//! the migration) and of a new one (run before it) with the SQLSTATE that the server answers. The server must agree with the
//! case, and the judgement with the server.

mod support;

use migsafe::assess::Broken;
use migsafe::dialect::{Dialect, Postgres};
use migsafe::source::Transaction;
use migsafe::verify::{Connection, Server};
use std::fmt::Write;
use support::{Judged, judge};

struct Case<'t> {
    name: &'t str,
    setup: String,
    phase: &'t str,
    migration: String,
    /// Statement and SQLSTATE, or `ok`.
    old: Vec<(&'t str, &'t str)>,
    new: Vec<(&'t str, &'t str)>,
}

#[test]
fn columns() {
    check(include_str!("compat/columns.sql"));
}

#[test]
fn tables() {
    check(include_str!("compat/tables.sql"));
}

#[test]
fn constraints() {
    check(include_str!("compat/constraints.sql"));
}

#[test]
fn objects() {
    check(include_str!("compat/objects.sql"));
}

#[test]
fn views() {
    check(include_str!("compat/views.sql"));
}

#[test]
fn routines() {
    check(include_str!("compat/routines.sql"));
}

#[test]
fn bodies() {
    check(include_str!("compat/bodies.sql"));
}

#[test]
fn security() {
    check(include_str!("compat/security.sql"));
}

#[test]
fn triggers() {
    check(include_str!("compat/triggers.sql"));
}

fn check(text: &str) {
    let server = Server::shared().expect("a server");
    let mut report = String::new();
    let cases = cases(text);
    assert!(cases.len() > 5, "the file was read");
    for case in &cases {
        let database = server.create_database().expect("a database");
        let mut connection = database.connect().expect("a session");
        let mut say = |what: String| writeln!(report, "{}: {what}", case.name).expect("a string takes text");
        connection.execute(&case.setup).unwrap_or_else(|error| panic!("{}: setup: {error}", case.name));
        probe(&mut connection, &case.new, &mut say);
        connection.execute(&case.migration).unwrap_or_else(|error| panic!("{}: migration: {error}", case.name));
        probe(&mut connection, &case.old, &mut say);
        judged(case, &mut say);
    }
    assert!(report.is_empty(), "\n{report}");
}

/// The server must answer as the case says.
fn probe(connection: &mut Connection, statements: &[(&str, &str)], say: &mut impl FnMut(String)) {
    for (statement, expected) in statements {
        let answer = connection.execute(&format!("BEGIN; {statement}"));
        let found = answer.err().map_or("ok".to_string(), |error| error.sqlstate().unwrap_or("?").to_string());
        connection.execute("ROLLBACK").expect("rolled back");
        if found != *expected {
            say(format!("the server answers {found}, not {expected}, to {statement}"));
        }
    }
}

/// The judgement must agree with the case, and so with the server.
fn judged(case: &Case<'_>, say: &mut impl FnMut(String)) {
    let Judged { replayed, assessment, .. } = judge(&case.setup, &case.migration, Transaction::Wrapped);
    for step in &replayed.steps {
        for (_, problem) in &step.problems {
            say(format!("the replay has a problem: {problem:?}"));
        }
    }
    if assessment.phase.name() != case.phase {
        let describe = |broken: &[Broken]| broken.iter().map(|broken| broken.usage.sql(&Postgres)).collect::<Vec<_>>().join("; ");
        let breaks: Vec<String> = assessment.verdicts.iter().map(|verdict| describe(&verdict.breaks)).collect();
        let needs: Vec<String> = assessment.verdicts.iter().map(|verdict| describe(&verdict.needs)).collect();
        say(format!("phase {} instead of {}, breaks {breaks:?}, needs {needs:?}", assessment.phase.name(), case.phase));
    }
    let breaks = assessment.verdicts.iter().flat_map(|verdict| &verdict.breaks).collect::<Vec<_>>();
    let needs = assessment.verdicts.iter().flat_map(|verdict| &verdict.needs).collect::<Vec<_>>();
    for (statements, found, who) in [(&case.old, breaks, "breaks"), (&case.new, needs, "needs")] {
        let states: Vec<String> =
            found.iter().filter_map(|broken| Postgres.app_error(&broken.error).sqlstate.map(|code| code.to_string())).collect();
        for (statement, expected) in statements.iter().filter(|(_, expected)| *expected != "ok") {
            if !states.iter().any(|state| state == expected) {
                say(format!("{who} {states:?} lack {expected} of {statement}"));
            }
        }
    }
}

fn cases(text: &str) -> Vec<Case<'_>> {
    text.split("-- case: ").skip(1).map(case).collect()
}

fn case(text: &str) -> Case<'_> {
    let (name, rest) = text.split_once('\n').expect("a name");
    let (setup, rest) = rest.split_once("-- migration: ").expect("a migration");
    let (phase, rest) = rest.split_once('\n').expect("a phase");
    let probes =
        |prefix: &str| rest.lines().filter_map(move |line| line.strip_prefix(prefix)?.rsplit_once(" => ")).collect::<Vec<_>>();
    let migration = rest.lines().filter(|line| !line.starts_with("-- ")).collect::<Vec<_>>().join("\n");
    Case { name, setup: setup.into(), phase: phase.trim(), migration, old: probes("-- old: "), new: probes("-- new: ") }
}
