//! Downs are true: every migration of every example project is run on a real PostgreSQL, undone by the script that is computed for
//! it, and run again. After the down the server's own schema is the one before the migration (the order of columns that were added
//! again aside), and where a down claims to lose nothing, the rows that were there before are all there.
#![cfg(feature = "verify")]

#[path = "support/rows.rs"]
mod rows;

use migsafe::catalog::Name;
use migsafe::catalog::diff::{changed_relations, table_among};
use migsafe::change::{Change, DataKind, OpaqueClass};
use migsafe::dialect::{Dialect, Postgres};
use migsafe::down::{Down, Fidelity, down, script};
use migsafe::parse::{Lexis, on_big_stack, split_text};
use migsafe::read::Project;
use migsafe::replay::{ParsedMigration, Release, Replayed, read_statements, replay};
use migsafe::source::{Sources, Transaction};
use migsafe::verify::schema::{ColumnOrder, Fingerprint, fingerprint};
use migsafe::verify::{Connection, Server, SqlError};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

#[test]
fn every_example_migration_is_undone() {
    // Other projects can be tried too: their directories, separated by colons.
    let others = std::env::var("MIGSAFE_HISTORIES").ok();
    let paths: Vec<PathBuf> = match &others {
        Some(others) => others.split(':').map(PathBuf::from).collect(),
        None => projects(),
    };
    let mut wrong = String::new();
    for path in paths {
        let project = migsafe::read::read(&path, None).expect("a project");
        let name = path.display().to_string();
        let counts = on_big_stack(|| Trial::new(&name, &project).run());
        println!("{name}: {counts}\n{}", counts.wrong);
        wrong += &counts.wrong;
    }
    assert!(wrong.is_empty(), "{wrong}");
}

fn projects() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(Path::new("migrations-examples")).expect("a directory");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).filter(|path| path.is_dir()).collect();
    paths.sort();
    paths
}

/// What a trial found.
#[derive(Default)]
struct Counts {
    migrations: usize,
    /// Migrations that the server refused, and all after them.
    not_run: usize,
    statements: usize,
    /// Statements that change the schema, by the fidelity of their downs.
    schema: BTreeMap<Fidelity, usize>,
    downs: BTreeMap<Fidelity, usize>,
    /// Downs whose claim about rows was tried with rows.
    with_rows: usize,
    reasons: Vec<String>,
    wrong: String,
}

impl std::fmt::Display for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Counts { migrations, not_run, statements, schema, downs, with_rows, reasons, wrong } = self;
        write!(f, "{migrations} migrations, {not_run} not run, {statements} statements, schema {schema:?}, downs {downs:?}, ")?;
        write!(f, "{with_rows} with rows, {} wrong", wrong.lines().filter(|line| line.starts_with("WRONG")).count())?;
        reasons.iter().try_for_each(|reason| write!(f, "\n    by hand: {reason}"))
    }
}

struct Trial<'a> {
    name: &'a str,
    project: &'a Project,
    parsed: Vec<ParsedMigration>,
    replayed: Replayed,
    session: Connection,
    counts: Counts,
}

impl<'a> Trial<'a> {
    fn new(name: &'a str, project: &'a Project) -> Self {
        let server = Server::shared().expect("a server");
        let database = server.create_database().expect("a database");
        let mut session = database.connect().expect("a session");
        if !project.history.runner_table.is_empty() {
            // Some migrations name the table in which the runner notes them.
            let table = format!("CREATE TABLE {} (version text, id text)", project.history.runner_table);
            session.execute(&table).expect("the runner's table");
        }
        // It goes with the server.
        std::mem::forget(database);
        let parsed = read_statements(&project.sources, &project.history);
        let replayed = replay(&project.history, &parsed, |_| true, Release::OneByOne, &Postgres);
        Trial { name, project, parsed, replayed, session, counts: Counts::default() }
    }

    fn run(mut self) -> Counts {
        let count = self.project.history.migrations.len();
        self.counts.migrations = count;
        let mut before = self.look();
        for number in 0..count {
            let made = down(&self.parsed[number], &self.replayed, number, &Postgres);
            if made.fidelity != Fidelity::Manual {
                self.with_rows(number, &made);
            }
            if let Err(error) = self.up(number) {
                println!("{}: migration {} does not run: {error}", self.name, self.label(number));
                if self.is_fed(number) {
                    self.counts.not_run += 1;
                    continue;
                }
                self.counts.not_run += count - number;
                break;
            }
            let after = self.look();
            self.count(number, &made);
            if made.fidelity != Fidelity::Manual && !self.there_and_back(number, &made, &before, &after) {
                self.counts.not_run += count - number - 1;
                break;
            }
            before = after;
        }
        self.counts
    }

    fn label(&self, number: usize) -> String {
        let migration = &self.project.history.migrations[number];
        format!("{} {}", migration.version, migration.name)
    }

    fn look(&mut self) -> Fingerprint {
        fingerprint(&mut self.session).expect("the schema can be read")
    }

    fn count(&mut self, number: usize, made: &Down) {
        self.counts.statements += made.ups.len();
        *self.counts.downs.entry(made.fidelity).or_default() += 1;
        for up in &made.ups {
            if up.changes_schema {
                *self.counts.schema.entry(up.fidelity).or_default() += 1;
            }
            if let Some(reason) = &up.reason {
                let kind = if up.changes_schema { "SCHEMA " } else { "" };
                let text: String = self.project.sources.slice(up.span).chars().take(100).collect();
                let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
                self.counts.reasons.push(format!("{kind}{}: {reason}: {text}", self.label(number)));
            }
        }
    }

    /// Runs the down, looks, runs what is left to a person, looks again, and runs the up again. False where the database is not
    /// what it should be any more.
    fn there_and_back(&mut self, number: usize, made: &Down, before: &Fingerprint, after: &Fingerprint) -> bool {
        let text = script(made, &Postgres);
        let label = self.label(number);
        let mut wrong = |what: &str| {
            writeln!(self.counts.wrong, "WRONG {}: {label}: {what}\n{text}", self.name).expect("a string");
        };
        let statements: Vec<String> = statements_of(&text);
        if let Err((statement, error)) = send(&mut self.session, &statements, made.transactional) {
            wrong(&format!("the server refuses {statement}: {error}"));
            return true;
        }
        let follow_ups: Vec<String> = made.follow_ups.iter().map(|change| Postgres.write(change)).collect();
        let mut without_values = false;
        match send(&mut self.session, &follow_ups, true) {
            // The migrations themselves left rows, which have no values.
            Err((_, error)) if error.sqlstate().is_some_and(|code| code.starts_with("23")) => without_values = true,
            Err((statement, error)) => wrong(&format!("the server refuses {statement}: {error}")),
            Ok(()) => {}
        }
        let now = fingerprint(&mut self.session).expect("the schema can be read");
        let differences: String = before.diff(&now, ColumnOrder::Ignored).iter().map(ToString::to_string).collect();
        if !differences.is_empty() && !without_values {
            wrong(&format!("the schema is not the one before:\n{differences}"));
        }
        if let Err(error) = self.up(number) {
            writeln!(self.counts.wrong, "WRONG {}: {label}: the up does not run again: {error}", self.name).expect("a string");
            return false;
        }
        let again = self.look();
        let differences: String = after.diff(&again, ColumnOrder::Ignored).iter().map(ToString::to_string).collect();
        if !differences.is_empty() {
            writeln!(self.counts.wrong, "WRONG {}: {label}: the up makes another schema:\n{differences}", self.name)
                .expect("a string");
        }
        true
    }

    /// Tries the claim about rows: in a transaction that is rolled back the tables that the migration changes get rows, then it is
    /// run and undone.
    fn with_rows(&mut self, number: usize, made: &Down) {
        let steps: Vec<_> = self.replayed.steps.iter().filter(|step| step.migration == number).collect();
        let (Some(first), Some(last)) = (steps.first(), steps.last()) else { return };
        let changed = changed_relations(&first.before, &last.after);
        let names: Vec<Name> = changed.iter().filter(|name| first.before.table(name).is_some()).cloned().collect();
        let later_name = |name: &Name| {
            let old = first.before.table(name)?;
            table_among(&last.after, &changed, old.id).map(|table| table.name.to_string())
        };
        let texts = self.texts(number);
        let alone =
            |text: &String| ["CONCURRENTLY", "COMMIT", "ADD VALUE"].iter().any(|word| text.to_ascii_uppercase().contains(word));
        if names.is_empty() || texts.iter().any(alone) || !made.transactional {
            return;
        }
        let before = first.before.clone();
        self.session.execute("BEGIN").expect("a transaction");
        rows::seed(&mut self.session, &before, &names);
        let had = rows::rows(&mut self.session, &before, &names);
        let ran = texts.iter().try_for_each(|text| self.session.execute(text));
        if ran.is_ok() {
            self.counts.with_rows += 1;
            let _ = self.session.execute("RESET ALL");
            let undone = statements_of(&script(made, &Postgres)).iter().try_for_each(|text| self.session.execute(text));
            let label = self.label(number);
            let said = made.fidelity;
            match undone {
                // Values that do not fit any more are refused, and it is said so.
                Err(error) if said == Fidelity::Lossless => {
                    writeln!(self.counts.wrong, "WRONG {}: {label}: with rows it is refused: {error}", self.name)
                        .expect("a string");
                }
                Err(_) => {}
                Ok(()) => {
                    let has = rows::rows(&mut self.session, &before, &names);
                    for (name, rows) in &had {
                        let count = |rows: &str| rows.split(':').next().map(str::to_owned);
                        let now = &has[name];
                        let kept = if said == Fidelity::Lossless { now == rows } else { count(now) == count(rows) };
                        let called = [Some(name.to_string()), later_name(name)];
                        let mut lost = made.ups.iter().flat_map(|up| &up.lost);
                        let named = lost.any(|lost| called.iter().flatten().any(|name| lost.what.contains(name)));
                        if !kept && !named {
                            writeln!(self.counts.wrong, "WRONG {}: {label}: rows of {name}: {rows} became {now}", self.name)
                                .expect("a string");
                        }
                    }
                }
            }
        }
        self.session.execute("ROLLBACK").expect("the end of a transaction");
        self.session.execute("DISCARD ALL").expect("settings can be forgotten");
    }

    /// Whether a client gives it rows, without which it may fail.
    fn is_fed(&self, number: usize) -> bool {
        let changes = self.parsed[number].statements.iter().flat_map(|statement| &statement.changes);
        changes.into_iter().any(|change| is_clients(&change.value))
    }

    fn texts(&self, number: usize) -> Vec<String> {
        let statements = self.parsed[number].statements.iter();
        let sent = statements.filter(|statement| !statement.changes.iter().any(|change| is_clients(&change.value)));
        sent.map(|statement| self.project.sources.slice(statement.span).to_owned()).collect()
    }

    /// Runs a migration as its runner does.
    fn up(&mut self, number: usize) -> Result<(), String> {
        let migration = &self.project.history.migrations[number];
        let texts = self.texts(number);
        // A procedure may commit.
        let wants_none = |text: &String| {
            let text = text.trim_start().to_ascii_uppercase();
            text.contains("CONCURRENTLY") || text.starts_with("CALL ")
        };
        let alone = texts.iter().any(wants_none);
        let wrapped = migration.up.transaction != Transaction::PerStatement && !alone;
        send(&mut self.session, &texts, wrapped).map_err(|(statement, error)| {
            let shown: String = statement.chars().take(200).collect();
            format!("{shown}: {error}")
        })?;
        // Deployments run in sessions of their own.
        self.session.execute("DISCARD ALL").expect("settings can be forgotten");
        Ok(())
    }
}

fn send(session: &mut Connection, statements: &[String], in_transaction: bool) -> Result<(), (String, SqlError)> {
    if in_transaction {
        session.execute("BEGIN").expect("a transaction");
    }
    for statement in statements {
        // A role that is there already ends the transaction that would make it.
        let role = in_transaction && statement.to_ascii_uppercase().contains("ROLE");
        if role {
            session.execute("SAVEPOINT roles").expect("a savepoint");
        }
        if let Err(error) = session.execute(statement) {
            if roles_are_shared(&error) {
                if role {
                    session.execute("ROLLBACK TO roles").expect("a savepoint");
                }
                continue;
            }
            let _ = session.execute("ROLLBACK");
            return Err((statement.clone(), error));
        }
    }
    session.execute("COMMIT").expect("the end of a transaction");
    Ok(())
}

/// Roles belong to the server, not to a database: another project made them.
fn roles_are_shared(error: &SqlError) -> bool {
    error.sqlstate() == Some("42710") && error.to_string().contains("role")
}

/// What only a client can send: rows that follow a statement, and commands of its own.
fn is_clients(change: &Change) -> bool {
    match change {
        Change::Data(data) => data.kind == DataKind::CopyIn,
        Change::Opaque(opaque) => opaque.class == OpaqueClass::ClientCommand,
        _ => false,
    }
}

fn statements_of(text: &str) -> Vec<String> {
    let mut sources = Sources::default();
    let file = sources.add("script.sql", text);
    let parsed = split_text(text, file, 0, &Lexis::POSTGRES);
    parsed.statements.iter().map(|statement| sources.slice(statement.span).to_owned()).collect()
}
