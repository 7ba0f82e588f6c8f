//! The replayed schema is the server's: every script and example history is run on a real PostgreSQL, statement by statement,
//! and replayed. Both must accept and refuse the same statements, and what is written of the replayed schema must make, in an
//! empty database, the schema of the first.
#![cfg(feature = "verify")]

use migsafe::catalog::Catalog;
use migsafe::change::{Change, DataKind, Spanned};
use migsafe::dialect::{Dialect, Postgres};
use migsafe::lower::lower_text;
use migsafe::parse::{Lexis, split_text};
use migsafe::read::Project;
use migsafe::replay::{Release, read_statements, replay};
use migsafe::source::{Sources, Transaction};
use migsafe::verify::schema::{ColumnOrder, Scratch, TIME_ZONE, fingerprint};
use migsafe::verify::{Connection, Server, SqlError};
use std::path::{Path, PathBuf};

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
        None => ["migrations-examples", "tests/histories"]
            .iter()
            .flat_map(|path| files(Path::new(path)))
            .filter(|path| path.is_dir())
            .collect(),
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
    session.execute(TIME_ZONE).expect("set");
    let parsed = read_statements(&project.sources, &project.history);
    let replayed = replay(&project.history, &parsed, |_| true, Release::OneByOne, &Postgres);
    let mut steps = replayed.steps.iter();
    // The runner's own table is there before the first migration, and no part of the schema.
    let runner_table = Some(project.history.runner_table).filter(|table| !table.is_empty() && !table.contains('.'));
    if let Some(table) = runner_table {
        session.execute(&format!("CREATE TABLE {table} (version bigint)")).expect("a table");
    }
    let mut differences = String::new();
    for (migration, parsed) in project.history.migrations.iter().zip(&parsed) {
        let wrapped = migration.up.transaction != Transaction::PerStatement;
        // Nothing here waits for rows from a client, and a statement that wants no transaction gets none.
        let alone = parsed.statements.iter().any(|statement| is_alone(project.sources.slice(statement.span)));
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
    let mut schema = replayed.schema.clone();
    if let Some(table) = runner_table {
        let drop = format!("DROP TABLE IF EXISTS public.{table} CASCADE");
        session.execute(&drop).expect("dropped");
        changes_of(&drop).iter().for_each(|change| schema.apply(change, &Postgres).expect("dropped"));
    }
    let differ = compare_schemas(name, server, &mut session, &schema);
    if opaque && !differ.is_empty() {
        println!("{name}: not all of it can be read, and so differs:\n{differ}");
        return differences;
    }
    differences + &differ
}

/// Whether a statement wants no transaction around it: what is built concurrently, and procedures that commit.
fn is_alone(text: &str) -> bool {
    let text = text.to_ascii_uppercase();
    text.contains("CONCURRENTLY") || text.starts_with("CALL ")
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
    session.execute(TIME_ZONE).expect("set");
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
    differences + &compare_schemas(name, server, &mut session, &catalog)
}

/// What differs between the schema of a session's database and the replayed one.
fn compare_schemas(name: &str, server: &Server, session: &mut Connection, catalog: &Catalog) -> String {
    let mut scratch = Scratch::new(server).expect("a database");
    let replayed = scratch.fingerprint(catalog, &Postgres).expect("a look");
    let refused = scratch.refused.iter();
    let refused = refused.map(|(sql, error)| format!("{name}: the server refuses what is written: {sql}\n    {error}\n"));
    // A history may have set another time zone.
    session.execute(TIME_ZONE).expect("set");
    let real = fingerprint(session).expect("a look");
    let differ = real.diff(&replayed, ColumnOrder::Counts);
    refused.chain(differ.iter().map(|found| format!("{name}: {found}"))).collect()
}

fn copies_in(change: &Change) -> bool {
    matches!(change, Change::Data(data) if data.kind == DataKind::CopyIn)
}

fn changes_of(statement: &str) -> Vec<Change> {
    let mut sources = Sources::default();
    let file = sources.add("statement.sql", statement);
    lower_text(statement, sources.whole(file)).into_iter().map(|change| change.value).collect()
}
