//! `migsafe verify` as people and pipelines use it: what it proves, what it finds wrong, and what it says where it cannot go on.

use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use tempfile::TempDir;

const INIT: &str = "CREATE TABLE users (id bigint PRIMARY KEY, name text NOT NULL, email text);\n";

/// A project of these migrations, numbered.
fn project(files: &[(&str, &str)]) -> TempDir {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let migrations = dir.path().join("migrations");
    fs::create_dir(&migrations).expect("a directory");
    files.iter().for_each(|(name, text)| fs::write(migrations.join(name), text).expect("a file"));
    dir
}

fn command(dir: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_migsafe"));
    command.current_dir(dir).arg("verify").args(args).env_remove("MIGSAFE_DATABASE_URL");
    command
}

fn run(dir: &Path, args: &[&str]) -> Output {
    command(dir, args).output().expect("the program runs")
}

fn document(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)))
}

#[test]
fn what_holds_is_proved() {
    let dir = project(&[
        ("0001_init.up.sql", INIT),
        ("0001_init.down.sql", "DROP TABLE users;\n"),
        ("0002_age.up.sql", "ALTER TABLE users ADD COLUMN age integer;\nALTER TABLE users DROP COLUMN email;\n"),
        ("0002_age.down.sql", "ALTER TABLE users DROP COLUMN age;\nALTER TABLE users ADD COLUMN email text;\n"),
    ]);
    let output = run(dir.path(), &["--all", "--format", "json"]);
    let document = document(&output);
    assert_eq!(output.status.code(), Some(0), "{document:#}");
    assert_eq!(document["summary"]["failures"], 0);
    let project = &document["projects"][0];
    let second = &project["migrations"][1];
    assert_eq!(second["schema"]["differences"].as_array().map(Vec::len), Some(0));
    assert_eq!(second["down"]["origin"], "project");
    assert_eq!(second["down"]["lost"][0], "the rows of public.users are not what they were");
    assert_ne!(second["locks"]["compared"], 0);
    let release = &project["releases"][1];
    assert_ne!(release["old_app"]["breaks_confirmed"], 0, "{release:#}");
    assert_ne!(release["new_app"]["needs_confirmed"], 0, "{release:#}");
    assert_eq!(release["disagreements"].as_array().map(Vec::len), Some(0));
}

#[test]
fn a_down_that_leads_elsewhere_is_found() {
    let dir = project(&[
        ("0001_init.up.sql", INIT),
        ("0001_init.down.sql", "DROP TABLE users;\n"),
        ("0002_short.up.sql", "ALTER TABLE users ALTER COLUMN email SET DEFAULT '';\n"),
        ("0002_short.down.sql", "ALTER TABLE users ALTER COLUMN email SET DEFAULT 'x';\n"),
    ]);
    let output = run(dir.path(), &["--since", "0001"]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("FAILED down: the project's, the schema is not the one before"), "{text}");
    assert!(text.contains("on top of 1 migration before"), "{text}");
}

#[test]
fn a_migration_that_fails_ends_it_with_what_was_found() {
    let dir = project(&[("0001_init.sql", INIT), ("0002_bad.sql", "SELECT 1 / 0;\n"), ("0003_more.sql", "SELECT 1;\n")]);
    let output = run(dir.path(), &["--all", "--format", "json"]);
    let document = document(&output);
    assert_eq!(output.status.code(), Some(1));
    let project = &document["projects"][0];
    assert_eq!(project["migrations"].as_array().map(Vec::len), Some(1));
    assert_eq!(project["stopped"]["statement"], "SELECT 1 / 0");
    assert_eq!(project["stopped"]["not_verified"], 2);
}

#[test]
fn statements_that_hang_are_ended() {
    let dir = project(&[("0001_slow.sql", "SELECT pg_sleep(60);\n")]);
    let output = run(dir.path(), &["--all", "--statement-timeout", "1"]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("canceling statement due to statement timeout"), "{text}");
    assert!(text.contains("help: --statement-timeout gives statements more time"), "{text}");
}

#[test]
fn without_a_server_it_says_what_to_do() {
    let dir = project(&[("0001_init.sql", INIT)]);
    for (args, wanted) in [
        (&["--pg-bin", "/nowhere"][..], "does not hold initdb, pg_ctl and postgres"),
        (&["--database-url", "postgres://who:secret@127.0.0.1:1/db"], "the connection to the server failed"),
        (&["--database-url", "secret"], "the URL of the server cannot be read"),
    ] {
        let output = run(dir.path(), args);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{errors}");
        assert!(errors.contains(wanted), "{errors}");
        assert!(!errors.contains("secret"), "{errors}");
    }
}

#[test]
fn a_server_of_ones_own_is_left_as_it_was() {
    let server = migsafe::verify::Server::shared().expect("a server");
    let directory = server.directory().display().to_string().replace('/', "%2F");
    let url = format!("postgres://postgres@{directory}:5432/postgres");
    let database = server.create_database().expect("a database");
    let mut session = database.connect().expect("a session");
    let mut databases = || session.query_rows("SELECT datname FROM pg_database ORDER BY 1").expect("databases");
    let before = databases();
    let dir = project(&[("0001_init.sql", INIT)]);
    let output = run(dir.path(), &["--all", "--database-url", &url]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(databases(), before);
}
