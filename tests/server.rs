//! The throwaway server: it answers, keeps databases apart, lets one session watch another, and leaves nothing behind.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use migsafe::verify::{Server, ServerError};

#[test]
fn statements_rows_and_errors() {
    let database = Server::shared().expect("a server").create_database().expect("a database");
    let mut connection = database.connect().expect("a session");
    connection.execute("CREATE TYPE mood AS ENUM ('sad'); CREATE TABLE a (b int NOT NULL, c mood, d int[])").expect("created");
    connection.execute("INSERT INTO a VALUES (1, 'sad', '{1,2}')").expect("inserted");
    let rows = connection.query_rows("SELECT *, NULL, now() IS NULL, a FROM a").expect("rows");
    let expected = [Some("1"), Some("sad"), Some("{1,2}"), None, Some("f"), Some("(1,sad,\"{1,2}\")")];
    assert_eq!(rows, [expected.map(|value| value.map(str::to_owned)).to_vec()]);

    let error = connection.execute("INSERT INTO a VALUES (NULL)").expect_err("b is NOT NULL");
    assert_eq!(error.sqlstate(), Some("23502"));
    assert!(error.to_string().starts_with("null value in column \"b\""), "{error}");
    // One string is one implicit transaction, and the session survives an error.
    connection.execute("INSERT INTO a VALUES (2); SELECT 1 / 0").expect_err("division by zero");
    assert_eq!(connection.query_value("SELECT count(*) FROM a").expect("a count").as_deref(), Some("1"));
}

/// Printed past the capture of the test harness: which versions a run covered is part of its result.
#[test]
fn the_versions_that_are_covered_are_told() {
    let say = |server: &Server| {
        let database = server.create_database().expect("a database");
        let mut session = database.connect().expect("a session");
        let version = session.query_value("SHOW server_version").expect("a version").expect("a value");
        writeln!(std::io::stderr(), "tested with PostgreSQL {version}").expect("it is written");
    };
    say(Server::shared().expect("a server"));
    for bin in std::env::var("MIGSAFE_PG_BINS").unwrap_or_default().split(':').filter(|bin| !bin.is_empty()) {
        say(&Server::start_from(Path::new(bin)).expect("a server"));
    }
}

#[test]
fn databases_are_apart_and_dropped() {
    let server = Server::shared().expect("a server");
    let (one, other) = (server.create_database().expect("a database"), server.create_database().expect("a database"));
    one.connect().expect("a session").execute("CREATE TABLE a ()").expect("created");
    let mut watcher = other.connect().expect("a session");
    assert_eq!(watcher.execute("TABLE a").expect_err("another database").sqlstate(), Some("42P01"));
    let exists = format!("SELECT count(*) FROM pg_database WHERE datname = '{}'", one.name());
    drop(one);
    assert_eq!(watcher.query_value(&exists).expect("a count").as_deref(), Some("0"));
}

#[test]
fn a_second_session_sees_the_locks_of_the_first() {
    let database = Server::shared().expect("a server").create_database().expect("a database");
    let (mut first, mut second) = (database.connect().expect("a session"), database.connect().expect("a session"));
    first.execute("CREATE TABLE a (b int)").expect("created");
    first.execute("BEGIN").expect("begun");
    first.execute("ALTER TABLE a ADD c int").expect("altered");
    let locks = "SELECT mode FROM pg_locks WHERE relation = 'a'::regclass";
    assert_eq!(second.query_value(locks).expect("locks").as_deref(), Some("AccessExclusiveLock"));
    second.execute("SET lock_timeout = '10ms'").expect("set");
    assert_eq!(second.execute("TABLE a").expect_err("it is locked").sqlstate(), Some("55P03"));
    first.execute("COMMIT").expect("committed");
    second.execute("TABLE a").expect("it is free again");
}

#[test]
fn a_dropped_server_is_gone() {
    let server = Server::start().expect("a server");
    let (directory, postmaster) = (server.directory().to_owned(), postmaster(server.directory()));
    assert!(directory.is_dir() && is_running(&postmaster));
    drop(server);
    assert!(!directory.exists());
    wait_until_gone(&directory, &postmaster);
}

#[test]
fn a_killed_process_leaves_nothing_behind() {
    let mut victim = Command::new(std::env::current_exe().expect("this test's path"))
        .args(["--exact", "victim", "--nocapture"])
        .env(VICTIM, "1")
        .stdout(Stdio::piped())
        .spawn()
        .expect("the victim starts");
    let lines = BufReader::new(victim.stdout.take().expect("it is piped")).lines();
    let directory = lines.map_while(Result::ok).find_map(|line| Some(PathBuf::from(line.strip_prefix("directory: ")?)));
    let directory = directory.expect("the victim has a server");
    let postmaster = postmaster(&directory);
    assert!(directory.is_dir() && is_running(&postmaster));
    victim.kill().expect("SIGKILL is sent");
    victim.wait().expect("it ends");
    wait_until_gone(&directory, &postmaster);
}

/// Set in the process that [`a_killed_process_leaves_nothing_behind`] starts and kills.
const VICTIM: &str = "MIGSAFE_TEST_VICTIM";

/// The victim's part; in every other process it only sees that it is not asked to be one.
#[test]
fn victim() {
    if std::env::var_os(VICTIM).is_none() {
        return;
    }
    let server = Server::shared().expect("a server");
    println!("\ndirectory: {}", server.directory().display());
    std::thread::sleep(Duration::from_secs(60));
}

#[test]
fn a_directory_without_a_server_is_refused() {
    let error = Server::start_from(Path::new("/nowhere")).expect_err("there are no binaries");
    assert!(matches!(&error, ServerError::NotBinaries(_)), "{error}");
}

fn postmaster(directory: &Path) -> String {
    let file = std::fs::read_to_string(directory.join("data/postmaster.pid")).expect("a running server has this file");
    file.lines().next().expect("its first line is the process").to_owned()
}

fn is_running(process: &str) -> bool {
    Command::new("ps").args(["-p", process]).stdout(Stdio::null()).status().expect("ps runs").success()
}

fn wait_until_gone(directory: &Path, postmaster: &str) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while directory.exists() || is_running(postmaster) {
        assert!(Instant::now() < deadline, "{} or process {postmaster} is still there", directory.display());
        std::thread::sleep(Duration::from_millis(20));
    }
}
