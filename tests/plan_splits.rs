//! The migrations that a plan puts in the place of a breaking one, on a real server: old-version and new-version statements run
//! while each of them is applied, nothing fails, nothing is lost, and the way back works from every stage before the last.

use migsafe::verify::{Connection, Database, Server};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use tempfile::TempDir;

/// A change that has no safe moment, and what both versions do. `$n` is a number that was not used before.
struct Case {
    name: &'static str,
    init: &'static str,
    change: &'static str,
    old: &'static [&'static str],
    new: &'static [&'static str],
    /// Queries that give `t` in the end.
    holds: &'static [&'static str],
}

const CASES: &[Case] = &[
    Case {
        name: "column renamed",
        init: "CREATE TABLE users (id bigint PRIMARY KEY, full_name text NOT NULL CHECK (full_name <> ''), seen int DEFAULT 0);
               CREATE UNIQUE INDEX users_full_name_idx ON users (full_name);
               INSERT INTO users SELECT g, 'before ' || g FROM generate_series(-3000, -1) g;",
        change: "ALTER TABLE users RENAME COLUMN full_name TO display_name;",
        old: &[
            "INSERT INTO users (id, full_name) VALUES ($n, 'old $n')",
            "UPDATE users SET full_name = full_name || '!' WHERE id = $n",
            "UPDATE users SET seen = seen + 1 WHERE id = -1",
            "SELECT full_name FROM users WHERE id = $n",
            "INSERT INTO users (id, full_name) VALUES ($n, 'x') ON CONFLICT (id) DO UPDATE SET seen = users.seen + 1",
        ],
        new: &[
            "INSERT INTO users (id, display_name) VALUES ($n, 'new $n')",
            "UPDATE users SET display_name = display_name || '?' WHERE id = $n",
            "SELECT display_name FROM users WHERE id = $n",
            "INSERT INTO users (id, display_name) VALUES (5000000 + $n, 'new $n+') ON CONFLICT (display_name) DO NOTHING",
        ],
        holds: &["SELECT bool_and(display_name IS NOT NULL AND display_name ~ '^(before|old|new) ') FROM users"],
    },
    Case {
        name: "table renamed",
        init: "CREATE TABLE users (id bigint PRIMARY KEY, name text NOT NULL);",
        change: "ALTER TABLE users RENAME TO people;",
        old: &[
            "INSERT INTO users (id, name) VALUES ($n, 'old')",
            "UPDATE users SET name = 'older' WHERE id = $n",
            "SELECT name FROM users WHERE id = $n",
            "INSERT INTO users (id, name) VALUES ($n, 'x') ON CONFLICT (id) DO UPDATE SET name = 'oldest'",
        ],
        new: &["INSERT INTO people (id, name) VALUES ($n, 'new')", "SELECT name FROM people WHERE id = $n"],
        holds: &["SELECT bool_and(name IN ('oldest', 'new')) FROM people"],
    },
    Case {
        name: "table moved",
        init: "CREATE SCHEMA app; CREATE TABLE users (id bigint PRIMARY KEY, name text NOT NULL);",
        change: "ALTER TABLE users SET SCHEMA app;",
        old: &["INSERT INTO users (id, name) VALUES ($n, 'old')", "SELECT name FROM users WHERE id = $n"],
        new: &["INSERT INTO app.users (id, name) VALUES ($n, 'new')", "SELECT name FROM app.users WHERE id = $n"],
        holds: &["SELECT count(*) > 0 FROM app.users"],
    },
    Case {
        name: "type changed",
        init: "CREATE TABLE orders (id bigint PRIMARY KEY, reference text);
               INSERT INTO orders SELECT -g, gen_random_uuid() FROM generate_series(1, 3000) g;",
        change: "ALTER TABLE orders ALTER COLUMN reference TYPE uuid USING reference::uuid;",
        old: &[
            "INSERT INTO orders (id, reference) VALUES ($n, gen_random_uuid()::text)",
            "INSERT INTO orders (id, reference) VALUES (1000000 + $n, 'no uuid')",
            "UPDATE orders SET reference = gen_random_uuid()::text WHERE id = 1000000 + $n",
            "SELECT reference FROM orders WHERE id = $n",
        ],
        new: &[
            "INSERT INTO orders (id, reference_new) VALUES ($n, gen_random_uuid())",
            "UPDATE orders SET reference_new = gen_random_uuid() WHERE id = $n",
            "SELECT reference_new FROM orders WHERE id = $n",
        ],
        holds: &["SELECT bool_and(reference_new IS NOT NULL) FROM orders"],
    },
    Case {
        name: "serial grown",
        init: "CREATE TABLE events (id serial PRIMARY KEY, note text); INSERT INTO events (note) SELECT 'x' FROM generate_series(1, 3000);",
        change: "ALTER TABLE events ALTER COLUMN id TYPE bigint;",
        old: &["INSERT INTO events (note) VALUES ('old $n')", "SELECT id FROM events ORDER BY id DESC LIMIT 1"],
        new: &["INSERT INTO events (note) VALUES ('new $n')", "SELECT id_new FROM events ORDER BY id_new DESC LIMIT 1"],
        holds: &[
            "SELECT count(*) = count(DISTINCT id_new) AND bool_and(id_new IS NOT NULL) FROM events",
            "SELECT count(*) = 1 FROM pg_constraint WHERE conrelid = 'events'::regclass AND contype = 'p'",
        ],
    },
    Case {
        name: "required column",
        init: "CREATE TABLE orders (id bigint PRIMARY KEY); INSERT INTO orders SELECT -g FROM generate_series(1, 100) g;",
        change: "ALTER TABLE orders ADD COLUMN currency char(3) NOT NULL;",
        old: &["INSERT INTO orders (id) VALUES ($n)", "SELECT id FROM orders WHERE id = $n"],
        new: &["INSERT INTO orders (id, currency) VALUES ($n, 'EUR')", "SELECT currency FROM orders WHERE id = $n"],
        holds: &["SELECT bool_and(currency IS NOT NULL) FROM orders"],
    },
    Case {
        name: "required column dropped",
        init: "CREATE TABLE orders (id bigint PRIMARY KEY, remark text NOT NULL);",
        change: "ALTER TABLE orders DROP COLUMN remark;",
        old: &["INSERT INTO orders (id, remark) VALUES ($n, 'old')", "SELECT remark FROM orders WHERE id = $n"],
        new: &["INSERT INTO orders (id) VALUES ($n)", "SELECT id FROM orders WHERE id = $n"],
        holds: &["SELECT count(*) > 0 FROM orders"],
    },
    Case {
        name: "not null",
        init: "CREATE TABLE orders (id bigint PRIMARY KEY, remark text);",
        change: "ALTER TABLE orders ALTER COLUMN remark SET NOT NULL;",
        old: &["INSERT INTO orders (id, remark) VALUES ($n, 'old')"],
        new: &["INSERT INTO orders (id, remark) VALUES ($n, 'new')"],
        holds: &["SELECT attnotnull FROM pg_attribute WHERE attrelid = 'orders'::regclass AND attname = 'remark'"],
    },
    Case {
        name: "unique, check and foreign key",
        init: "CREATE TABLE users (id bigint PRIMARY KEY); INSERT INTO users VALUES (1);
               CREATE TABLE orders (id bigint PRIMARY KEY, number bigint, user_id bigint);",
        change: "ALTER TABLE orders ADD CONSTRAINT orders_number_key UNIQUE (number);
                 ALTER TABLE orders ADD CONSTRAINT orders_number_check CHECK (number > 0);
                 ALTER TABLE orders ADD CONSTRAINT orders_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id);",
        old: &["INSERT INTO orders (id, number, user_id) VALUES ($n, $n, 1)"],
        new: &["INSERT INTO orders (id, number, user_id) VALUES ($n, $n, 1)"],
        holds: &[
            "SELECT count(*) = 4 AND bool_and(convalidated) FROM pg_constraint WHERE conrelid = 'orders'::regclass AND contype <> 'n'",
        ],
    },
    Case {
        name: "enum label renamed",
        init: "CREATE TYPE kind AS ENUM ('laugh', 'cry'); CREATE TABLE reactions (id bigint PRIMARY KEY, kind kind NOT NULL);
               INSERT INTO reactions SELECT -g, 'laugh' FROM generate_series(1, 3000) g;",
        change: "ALTER TYPE kind RENAME VALUE 'laugh' TO 'joy';",
        old: &["INSERT INTO reactions (id, kind) VALUES ($n, 'laugh')", "SELECT kind FROM reactions WHERE id = $n"],
        new: &["INSERT INTO reactions (id, kind) VALUES ($n, 'joy')", "SELECT kind FROM reactions WHERE id = $n"],
        holds: &["SELECT bool_and(kind <> 'laugh') FROM reactions"],
    },
];

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

struct App<'a> {
    statements: &'a [&'a str],
    runs: AtomicBool,
    written: AtomicU64,
}

static NUMBER: AtomicU64 = AtomicU64::new(1);

impl App<'_> {
    /// Does everything once.
    fn round(&self, connection: &mut Connection, case: &Case) {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed).to_string();
        for statement in self.statements {
            let sql = statement.replace("$n", &number);
            connection.execute(&sql).unwrap_or_else(|error| panic!("{}: {error}\n{sql}", case.name));
        }
        self.written.fetch_add(1, Ordering::Relaxed);
    }

    fn serve(&self, database: &Database<'_>, case: &Case) {
        let mut connection = database.connect().expect("a session");
        while self.runs.load(Ordering::Relaxed) {
            self.round(&mut connection, case);
        }
    }
}

fn start(case: &Case) -> (Database<'static>, Connection) {
    let database = Server::shared().expect("a server").create_database().expect("a database");
    let mut connection = database.connect().expect("a session");
    connection.execute(case.init).expect("the live schema");
    (database, connection)
}

#[test]
fn both_versions_work_while_every_split_is_applied() {
    for case in CASES {
        let written = write(case);
        let (database, mut connection) = start(case);
        let app = |statements| App { statements, runs: AtomicBool::new(true), written: AtomicU64::new(0) };
        let (old, new) = (app(case.old), app(case.new));
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
                    if case.name == "type changed" {
                        // What only the old version could store has to be repaired by hand before the end.
                        connection.execute("DELETE FROM orders WHERE reference = 'no uuid'").expect("rows");
                    }
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
        for query in case.holds {
            assert_eq!(connection.query_value(query).expect("a value").as_deref(), Some("t"), "{}: {query}", case.name);
        }
        assert!(old.written.load(Ordering::Relaxed) + new.written.load(Ordering::Relaxed) > 0);
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
        for count in 1..=before_contract {
            let (_database, mut connection) = start(case);
            let old = App { statements: case.old, runs: AtomicBool::new(false), written: AtomicU64::new(0) };
            for piece in &written.pieces[..count] {
                apply(&mut connection, &piece.up).unwrap_or_else(|error| panic!("{}: {error}", case.name));
                old.round(&mut connection, case);
            }
            for piece in written.pieces[..count].iter().rev().filter(|piece| piece.phase == "expand") {
                apply(&mut connection, &piece.down).unwrap_or_else(|error| panic!("{}: back: {error}", case.name));
                old.round(&mut connection, case);
            }
        }
    }
}
