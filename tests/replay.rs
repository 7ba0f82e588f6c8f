//! The replayed schema is the server's: every script and example history is run on a real PostgreSQL, statement by statement,
//! and replayed. Both must accept and refuse the same statements, and what is written of the replayed schema must make, in an
//! empty database, what `pg_dump` shows of the first.
#![cfg(feature = "verify")]

use migsafe::catalog::{Catalog, render};
use migsafe::change::{Change, DataKind, Spanned};
use migsafe::dialect::{Dialect, Postgres};
use migsafe::lower::lower_text;
use migsafe::parse::{Lexis, split_text};
use migsafe::read::Project;
use migsafe::replay::{Release, read_statements, replay};
use migsafe::source::{Sources, Transaction};
use migsafe::verify::{Database, Server, SqlError};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

#[test]
fn scripts_leave_the_schema_that_the_server_has() {
    let mut differences = String::new();
    for path in files(Path::new("tests/replay")) {
        let text = std::fs::read_to_string(&path).expect("a script");
        let statements = statements_of(&text);
        differences += &compare(&path.display().to_string(), &statements);
    }
    assert!(differences.is_empty(), "{differences}");
}

#[test]
fn example_histories_leave_the_schema_that_the_server_has() {
    // Other projects can be compared too: their directories, separated by colons.
    let others = std::env::var("MIGSAFE_HISTORIES").ok();
    let paths: Vec<PathBuf> = match &others {
        Some(others) => others.split(':').map(PathBuf::from).collect(),
        None => files(Path::new("migrations-examples")).into_iter().filter(|path| path.is_dir()).collect(),
    };
    let mut differences = String::new();
    for path in paths {
        let project = migsafe::read::read(&path, None).expect("a project");
        differences += &compare_history(&path.display().to_string(), &project);
    }
    assert!(differences.is_empty(), "{differences}");
}

/// The same for a history: its transactions are the runner's.
fn compare_history(name: &str, project: &Project) -> String {
    let server = Server::shared().expect("a server");
    let real = server.create_database().expect("a database");
    let mut session = real.connect().expect("a session");
    let parsed = read_statements(&project.sources, &project.history);
    let replayed = replay(&project.history, &parsed, |_| true, Release::OneByOne, &Postgres);
    let mut steps = replayed.steps.iter();
    let mut differences = String::new();
    for (migration, parsed) in project.history.migrations.iter().zip(&parsed) {
        let wrapped = migration.up.transaction != Transaction::PerStatement;
        // Nothing here waits for rows from a client, and a statement that wants no transaction gets none.
        let alone = parsed
            .statements
            .iter()
            .any(|statement| project.sources.slice(statement.span).to_ascii_uppercase().contains("CONCURRENTLY"));
        if wrapped && !alone {
            session.execute("BEGIN").expect("a transaction");
        }
        for statement in &parsed.statements {
            let step = steps.next().expect("a step for each statement");
            let text = project.sources.slice(statement.span);
            let changes = statement.changes.iter().map(|change| &change.value);
            if changes.clone().any(copies_in) {
                continue;
            }
            let done = session.execute(text);
            let shown: String = text.chars().take(300).collect();
            match (done, step.problems.first()) {
                (Err(error), problem) if !roles_are_shared(&error) => {
                    differences += &format!("{name}: the server refuses {shown}\n    {error}\n    replay: {problem:?}\n");
                    if wrapped && !alone {
                        session.execute("ROLLBACK").expect("the end of a transaction");
                        return differences;
                    }
                }
                (Ok(()), Some((_, problem))) => {
                    differences += &format!("{name}: only the replay refuses {shown}\n    {problem:?}\n");
                }
                (Ok(()) | Err(_), _) => {}
            }
        }
        session.execute("COMMIT").expect("the end of a transaction");
    }
    let opaque = parsed.iter().flat_map(|migration| &migration.statements).any(|statement| unread(&statement.changes));
    let differ = compare_dumps(name, server, &real, &replayed.schema);
    if opaque && !differ.is_empty() {
        println!("{name}: not all of it can be read, and so differs:\n{differ}");
        return differences;
    }
    differences + &differ
}

/// Roles belong to the server, not to a database: another project, or the original, made them.
fn roles_are_shared(error: &SqlError) -> bool {
    error.sqlstate() == Some("42710") && error.to_string().contains("role")
}

/// Whether something in the statement may change the schema unread.
fn unread(changes: &[Spanned<Change>]) -> bool {
    changes.iter().any(|change| match &change.value {
        Change::Opaque(_) => true,
        Change::Do(block) => block.statements.iter().any(|own| unread(std::slice::from_ref(&own.change))),
        _ => false,
    })
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).expect("a directory");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    paths
}

fn statements_of(text: &str) -> Vec<String> {
    let mut sources = Sources::default();
    let file = sources.add("script.sql", text);
    let parsed = split_text(text, file, 0, &Lexis::POSTGRES);
    parsed.statements.iter().map(|statement| sources.slice(statement.span).to_owned()).collect()
}

/// What differs between the server and the replay; nothing where they agree.
fn compare(name: &str, statements: &[String]) -> String {
    let server = Server::shared().expect("a server");
    let real = server.create_database().expect("a database");
    let mut session = real.connect().expect("a session");
    let mut catalog = Postgres.empty_catalog();
    let mut differences = String::new();
    for statement in statements {
        let changes = changes_of(statement);
        // Transactions of the runner and of the scripts do not matter here: every statement commits by itself.
        // Rows that a client sends are no part of the schema.
        if changes.iter().any(|change| matches!(change, Change::Transaction(_)) || copies_in(change)) {
            continue;
        }
        let before = catalog.clone();
        let replayed = changes.iter().try_for_each(|change| catalog.apply(change, &Postgres));
        match (session.execute(statement), replayed) {
            (Ok(()), Ok(())) => {}
            (Err(error), Ok(())) => {
                // Rows are not followed, and a statement that fails because of them changes nothing.
                let about_rows = error.sqlstate().is_some_and(|code| code.starts_with("23") || code.starts_with("22"));
                catalog = before;
                if !about_rows {
                    differences += &format!("{name}: only the server refuses {statement}\n    {error}\n");
                }
            }
            (Ok(()), Err(problem)) => {
                differences += &format!("{name}: only the replay refuses {statement}\n    {problem:?}\n");
            }
            (Err(_), Err(_)) => catalog = before,
        }
    }
    differences + &compare_dumps(name, server, &real, &catalog)
}

fn compare_dumps(name: &str, server: &Server, real: &Database<'_>, catalog: &Catalog) -> String {
    let mut differences = String::new();
    let written = render::sql(catalog, &Postgres);
    let copy = server.create_database().expect("a database");
    let mut session = copy.connect().expect("a session");
    for statement in statements_of(&written) {
        if let Err(error) = session.execute(&statement)
            && !roles_are_shared(&error)
        {
            differences += &format!("{name}: the server refuses what is written: {statement}\n    {error}\n");
        }
    }
    let (real, copy) = (dump(server, real), dump(server, &copy));
    for (entry, text) in &real {
        match copy.get(entry) {
            None => differences += &format!("{name}: lost: {entry}\n{text}\n"),
            Some(other) if other != text => {
                differences += &format!("{name}: differs: {entry}\n--- server\n{text}\n--- replay\n{other}\n");
            }
            Some(_) => {}
        }
    }
    for (entry, text) in copy.iter().filter(|(entry, _)| !real.contains_key(*entry)) {
        differences += &format!("{name}: not on the server: {entry}\n{text}\n");
    }
    differences
}

fn copies_in(change: &Change) -> bool {
    matches!(change, Change::Data(data) if data.kind == DataKind::CopyIn)
}

fn changes_of(statement: &str) -> Vec<Change> {
    let mut sources = Sources::default();
    let file = sources.add("statement.sql", statement);
    lower_text(statement, sources.whole(file)).into_iter().map(|change| change.value).collect()
}

/// The entries of a dump by their headings: the order of objects that do not depend on each other means nothing.
fn dump(server: &Server, database: &Database<'_>) -> BTreeMap<String, String> {
    let own = PathBuf::from(format!("/usr/lib/postgresql/{}/bin/pg_dump", server.major()));
    let program = if own.exists() { own } else { PathBuf::from("pg_dump") };
    let output = Command::new(program)
        .args(["--schema-only", "-U", "postgres", "-h"])
        .arg(server.directory())
        .arg(database.name())
        .output()
        .expect("pg_dump runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let mut entries = BTreeMap::new();
    for entry in text.split("\n--\n-- Name: ").skip(1) {
        let (heading, body) = entry.split_once('\n').expect("a heading");
        let body = body.trim_start_matches("--").split("\n--\n").next().unwrap_or_default();
        entries.insert(heading.to_owned(), body.trim().to_owned());
    }
    entries
}
