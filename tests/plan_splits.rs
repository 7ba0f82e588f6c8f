//! The migrations that a plan puts in the place of a breaking one, on a real server: old-version and new-version statements run
//! while each of them is applied, nothing fails, nothing is lost, and the way back works from every stage before the last.

use migsafe::verify::{Connection, Database, Server};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use tempfile::TempDir;

#[path = "plan_splits/cases.rs"]
mod cases;

use cases::{CASES, Case};

/// One migration of a split.
struct Piece {
    up: String,
    down: String,
    phase: String,
}

struct Written {
    _directory: TempDir,
    pieces: Vec<Piece>,
}

fn command(directory: &Path, args: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_migsafe"));
    let output = command.current_dir(directory).args(args).output().expect("the program runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code().expect("no signal"), text(output.stdout), text(output.stderr))
}

/// What `migsafe plan --write` makes of a case.
fn write(case: &Case) -> Written {
    let directory = tempfile::tempdir().expect("a directory");
    let put = |name: &str, text: &str| {
        fs::create_dir_all(directory.path().join("migrations")).expect("a directory");
        fs::write(directory.path().join(name), text).expect("a file");
    };
    put("migsafe.toml", "released-up-to = '0001'\nrunner = 'sqlx'\nserver-version = '15'\n");
    put("migrations/0001_init.up.sql", case.init);
    put("migrations/0001_init.down.sql", "SELECT 1;");
    put("migrations/0002_change.up.sql", case.change);
    put("migrations/0002_change.down.sql", "SELECT 1;");
    let (_, plan, _) = command(directory.path(), &["plan", "--format", "json"]);
    let plan: serde_json::Value = serde_json::from_str(&plan).expect("JSON");
    let phases: Vec<String> = plan["plan"]["splits"][0]["pieces"]
        .as_array()
        .unwrap_or_else(|| panic!("{}: there is no split: {plan}", case.name))
        .iter()
        .map(|piece| piece["phase"].as_str().expect("text").to_owned())
        .collect();
    let (code, _, errors) = command(directory.path(), &["plan", "--write", "out", "-q"]);
    assert_eq!((code, errors.as_str()), (0, ""), "{}: the result has no error", case.name);
    planned_again(directory.path(), case);
    let mut ups: Vec<PathBuf> =
        fs::read_dir(directory.path().join("out")).expect("it is there").map(|e| e.expect("it").path()).collect();
    ups.retain(|path| path.to_string_lossy().ends_with(".up.sql"));
    ups.sort();
    assert_eq!(ups.len(), phases.len(), "{}", case.name);
    let read = |path: &Path| fs::read_to_string(path).unwrap_or_default();
    let pieces = ups.iter().zip(phases).map(|(up, phase)| {
        let down = up.to_string_lossy().replace(".up.sql", ".down.sql");
        Piece { up: read(up), down: read(Path::new(&down)), phase }
    });
    Written { pieces: pieces.collect(), _directory: directory }
}

/// In the place of the migration, what was written is a plan that can be carried out.
fn planned_again(directory: &Path, case: &Case) {
    for name in ["0002_change.up.sql", "0002_change.down.sql"] {
        fs::remove_file(directory.join("migrations").join(name)).expect("it is there");
    }
    for entry in fs::read_dir(directory.join("out")).expect("it is there") {
        let path = entry.expect("a file").path();
        fs::copy(&path, directory.join("migrations").join(path.file_name().expect("a name"))).expect("a file");
    }
    let (_, plan, _) = command(directory, &["plan", "--format", "json"]);
    let plan: serde_json::Value = serde_json::from_str(&plan).expect("JSON");
    let problems = plan["plan"]["problems"].as_array().expect("a list");
    assert!(problems.iter().all(|problem| problem["severity"] != "error"), "{}: {problems:#?}", case.name);
    assert_eq!(plan["plan"]["splits"], serde_json::json!([]), "{}: nothing is left to split", case.name);
}

/// As sqlx runs it.
fn apply(connection: &mut Connection, text: &str) -> Result<(), String> {
    let alone = text.starts_with("-- no-transaction");
    let sent = if alone { text.to_owned() } else { format!("BEGIN;\n{text}\n;COMMIT;") };
    connection.execute(&sent).map_err(|error| format!("{error}\n{text}"))
}

/// A version of the application, and the numbers of the rows that it was told are written.
struct App<'a> {
    statements: &'a [&'a str],
    runs: AtomicBool,
    written: Mutex<BTreeSet<u64>>,
}

static NUMBER: AtomicU64 = AtomicU64::new(1);

impl<'a> App<'a> {
    fn new(statements: &'a [&'a str]) -> Self {
        App { statements, runs: AtomicBool::new(true), written: Mutex::default() }
    }

    /// Does everything once.
    fn round(&self, connection: &mut Connection, case: &Case) {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        for statement in self.statements {
            let sql = statement.replace("$n", &number.to_string());
            connection.execute(&sql).unwrap_or_else(|error| panic!("{}: {error}\n{sql}", case.name));
        }
        self.written.lock().expect("nobody panicked").insert(number);
    }

    fn serve(&self, database: &Database<'_>, case: &Case) {
        let mut connection = database.connect().expect("a session");
        while self.runs.load(Ordering::Relaxed) {
            self.round(&mut connection, case);
        }
    }

    /// Every row that it wrote is there.
    fn lost_nothing(&self, connection: &mut Connection, rows: &str, case: &Case) {
        let found = connection.query_rows(rows).unwrap_or_else(|error| panic!("{}: {error}", case.name));
        let found: BTreeSet<u64> = found.into_iter().flatten().flatten().filter_map(|number| number.parse().ok()).collect();
        let written = self.written.lock().expect("nobody panicked");
        let lost: Vec<&u64> = written.difference(&found).collect();
        assert!(lost.is_empty(), "{}: {} of {} rows are lost", case.name, lost.len(), written.len());
    }
}

/// Queries that say `t`.
fn hold(connection: &mut Connection, queries: &[&str], case: &Case) {
    for query in queries {
        let value = connection.query_value(query).unwrap_or_else(|error| panic!("{}: {error}\n{query}", case.name));
        assert_eq!(value.as_deref(), Some("t"), "{}: {query}", case.name);
    }
}

fn start(case: &Case) -> (Database<'static>, Connection) {
    let database = Server::shared().expect("a server").create_database().expect("a database");
    let mut connection = database.connect().expect("a session");
    connection.execute(case.init).unwrap_or_else(|error| panic!("{}: {error}", case.name));
    (database, connection)
}

#[test]
fn both_versions_work_while_every_split_is_applied() {
    for case in CASES {
        let written = write(case);
        let (database, mut connection) = start(case);
        let (old, new) = (App::new(case.old), App::new(case.new));
        std::thread::scope(|scope| {
            let stop = StopAll(&old, &new);
            let mut old_thread = Some(scope.spawn(|| old.serve(&database, case)));
            let mut new_started = false;
            for piece in &written.pieces {
                if piece.phase != "expand" && !new_started {
                    new_started = true;
                    scope.spawn(|| new.serve(&database, case));
                }
                if let Some(thread) = old_thread.take_if(|_| piece.phase == "contract") {
                    old.runs.store(false, Ordering::Relaxed);
                    thread.join().expect("the old version works to its end");
                    connection.execute(case.repair.unwrap_or("SELECT 1")).expect("rows");
                }
                apply(&mut connection, &piece.up).unwrap_or_else(|error| panic!("{}: {error}", case.name));
                if piece.phase == "expand" {
                    // At least once on every state.
                    old.round(&mut database.connect().expect("a session"), case);
                }
            }
            new.round(&mut connection, case);
            drop(stop);
        });
        hold(&mut connection, case.holds, case);
        old.lost_nothing(&mut connection, case.rows[1], case);
        new.lost_nothing(&mut connection, case.rows[1], case);
    }
}

/// Ends both versions, whatever happens.
struct StopAll<'a, 'b>(&'a App<'b>, &'a App<'b>);

impl Drop for StopAll<'_, '_> {
    fn drop(&mut self) {
        self.0.runs.store(false, Ordering::Relaxed);
        self.1.runs.store(false, Ordering::Relaxed);
    }
}

#[test]
fn the_way_back_works_from_every_stage_before_the_last() {
    for case in CASES {
        let written = write(case);
        let before_contract = written.pieces.iter().take_while(|piece| piece.phase != "contract").count();
        let expanded = written.pieces.iter().take_while(|piece| piece.phase == "expand").count();
        for count in 1..=before_contract {
            let (_database, mut connection) = start(case);
            let (old, new) = (App::new(case.old), App::new(case.new));
            for piece in &written.pieces[..count] {
                apply(&mut connection, &piece.up).unwrap_or_else(|error| panic!("{}: {error}", case.name));
                old.round(&mut connection, case);
            }
            if count >= expanded {
                new.round(&mut connection, case);
            }
            // The old version works on the schema as it is: going back takes no down migration.
            old.round(&mut connection, case);
            old.lost_nothing(&mut connection, case.rows[0], case);
            for piece in written.pieces[..count].iter().rev().filter(|piece| piece.phase == "expand") {
                if let Err(error) = apply(&mut connection, &piece.down) {
                    // Only where the down says so itself, and with nothing done.
                    let told = ["or the down fails", "keep the down from running"].iter().any(|text| piece.down.contains(text));
                    assert!(told, "{}: back: {error}", case.name);
                    connection.execute("ROLLBACK").expect("it is over");
                    break;
                }
                old.round(&mut connection, case);
            }
            // What either version wrote is there for the old one.
            old.lost_nothing(&mut connection, case.rows[0], case);
            new.lost_nothing(&mut connection, case.rows[0], case);
            if count >= expanded {
                hold(&mut connection, case.back, case);
            }
        }
    }
}

/// What blocks reads or writes of a table reads no row of it and does not write it anew: it takes as long as a change of the catalog.
#[test]
fn no_lock_is_held_for_longer_than_a_catalog_change() {
    const TABLES: &str =
        "SELECT c.oid, c.relname, pg_relation_filenode(c.oid), coalesce(pg_stat_get_xact_tuples_returned(c.oid), 0) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')";
    for case in CASES {
        let written = write(case);
        let (database, mut connection) = start(case);
        for _ in 0..3 {
            App::new(case.old).round(&mut connection, case);
        }
        for piece in &written.pieces {
            if piece.phase == "contract" {
                connection.execute(case.repair.unwrap_or("SELECT 1")).expect("rows");
            }
            if piece.up.starts_with("-- no-transaction") {
                watched(&database, &mut connection, piece, case);
                continue;
            }
            connection.execute("BEGIN").expect("a transaction");
            let tables = connection.query_rows(TABLES).expect("tables");
            connection.execute(&piece.up).unwrap_or_else(|error| panic!("{}: {error}", case.name));
            for table in tables {
                let [Some(number), Some(name), Some(file), Some(read)] = &table[..] else { panic!("{table:?}") };
                let held = connection
                    .query_rows(&format!(
                        "SELECT coalesce(string_agg(DISTINCT mode, ' ') FILTER (WHERE mode IN {BLOCKING}), ''),
                             coalesce(pg_stat_get_xact_tuples_returned({number}), 0), coalesce(pg_relation_filenode({number}), {file})
                         FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'relation' AND relation = {number}"
                    ))
                    .expect("locks");
                let text = |at: usize| held[0][at].as_deref().unwrap_or_default();
                assert_eq!(text(2), file, "{}: {name} is written anew\n{}", case.name, piece.up);
                assert!(text(0).is_empty() || text(1) == read, "{}: {name} is read under {}\n{}", case.name, text(0), piece.up);
            }
            connection.execute("COMMIT").expect("it commits");
        }
    }
}

/// The modes that block writes, or reads too.
const BLOCKING: &str = "('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')";

/// Runs what needs no transaction while somebody looks at the locks on tables.
fn watched(database: &Database<'_>, connection: &mut Connection, piece: &Piece, case: &Case) {
    let pid = connection.query_value("SELECT pg_backend_pid()").expect("a value").expect("a number");
    let mut observer = database.connect().expect("a session");
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let result = apply(connection, &piece.up);
            done.store(true, Ordering::Relaxed);
            result.unwrap_or_else(|error| panic!("{}: {error}", case.name));
        });
        while !done.load(Ordering::Relaxed) {
            let strong = observer
                .query_value(&format!(
                    "SELECT string_agg(c.relname || ' ' || l.mode, ', ') FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
                     WHERE l.pid = {pid} AND l.locktype = 'relation' AND l.mode IN {BLOCKING} AND c.relkind = 'r'"
                ))
                .expect("locks");
            assert_eq!(strong, None, "{}\n{}", case.name, piece.up);
        }
    });
}
