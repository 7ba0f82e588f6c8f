//! `migsafe plan --database-url` against real servers: what is applied, what today's rows say, what a lock would wait for, and what is
//! said when the database cannot be looked at.

use migsafe::verify::{Connection, Database, Server};
use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use tempfile::TempDir;

#[path = "plan_live/applied.rs"]
mod applied;

struct Ran {
    code: i32,
    out: String,
    err: String,
}

fn run(dir: &Path, args: &[&str]) -> Ran {
    let output = Command::new(env!("CARGO_BIN_EXE_migsafe")).current_dir(dir).args(args).output().expect("the program runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    Ran { code: output.status.code().expect("no signal"), out: text(output.stdout), err: text(output.stderr) }
}

fn url(server: &Server, user: &str, database: &str) -> String {
    let socket = server.directory().to_string_lossy().replace('/', "%2F");
    format!("postgres://{user}@{socket}:5432/{database}")
}

fn project(runner: &str, files: &[(&str, &str)]) -> TempDir {
    let dir = tempfile::tempdir().expect("a directory");
    fs::write(dir.path().join("migsafe.toml"), format!("runner = '{runner}'\n")).expect("a file");
    for (name, text) in files {
        let path = dir.path().join("migrations").join(name);
        fs::create_dir_all(path.parent().expect("a directory")).expect("a directory");
        fs::write(path, text).expect("a file");
    }
    dir
}

fn server() -> &'static Server {
    Server::shared().expect("a server")
}

fn database() -> (Database<'static>, Connection) {
    let database = server().create_database().expect("a database");
    let session = database.connect().expect("a session");
    (database, session)
}

fn json(ran: &Ran) -> serde_json::Value {
    serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {}{}", ran.err, ran.out))
}

/// A sqlx project of which the first migration is applied, in a database that has it.
fn shop(init: &str, change: &str) -> (TempDir, Database<'static>, Connection) {
    let dir = project("sqlx", &[("0001_init.sql", init), ("0002_change.sql", change)]);
    let (database, mut session) = database();
    session.execute(init).expect("what is applied");
    session
        .execute("CREATE TABLE _sqlx_migrations (version bigint PRIMARY KEY, success boolean); INSERT INTO _sqlx_migrations VALUES (1, true)")
        .expect("the runner's table");
    (dir, database, session)
}

const INIT: &str = "CREATE TABLE users (id bigint PRIMARY KEY, email text, age integer, code varchar(20), boss bigint);\n";

/// Says no unless the session reads only, and not for long.
const GUARD: &str = "CREATE FUNCTION guarded(value integer) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT value IS NULL OR current_setting('transaction_read_only') = 'on' AND current_setting('statement_timeout') <> '0'
        AND current_setting('lock_timeout') = '1s' AND current_setting('application_name') = 'migsafe plan' $$;\n";

#[test]
fn preflight_finds_each_kind_of_failing_rows_among_a_million() {
    let change = "ALTER TABLE users ALTER COLUMN email SET NOT NULL;
        ALTER TABLE users ADD CONSTRAINT users_age_check CHECK (age >= 0);
        ALTER TABLE users ADD CONSTRAINT users_email_key UNIQUE (email);
        ALTER TABLE users ADD CONSTRAINT users_boss_fkey FOREIGN KEY (boss) REFERENCES users (id);
        ALTER TABLE users ADD CONSTRAINT users_guard CHECK (guarded(age));
        ALTER TABLE users ALTER COLUMN code TYPE varchar(5);
        ALTER TABLE users ALTER COLUMN code TYPE integer USING code::integer;";
    let init = format!("{INIT}{GUARD}");
    let (dir, database, mut session) = shop(&init, change);
    // Many good rows, and one bad one of each kind.
    session
        .execute(
            "INSERT INTO users SELECT g, 'u' || g, 1, '1', 1 FROM generate_series(1, 1000000) g;
             INSERT INTO users VALUES (1000001, NULL, -1, 'too long a code', 99999999), (1000002, 'u1', 1, '1', 1),
                 (1000003, (SELECT string_agg(md5(g::text), '') FROM generate_series(1, 100) g), 1, '1', 1);
             ANALYZE users;",
        )
        .expect("rows");
    let url = url(server(), "postgres", database.name());
    // A writer holds its row meanwhile: nobody waits for it, and it waits for nobody.
    let mut writer = database.connect().expect("a session");
    writer.execute("BEGIN; UPDATE users SET age = 2 WHERE id = 1").expect("a row");
    let ran = while_watched(&database, || run(dir.path(), &["plan", "--database-url", &url, "--full", "--format", "json"]));
    writer.execute("UPDATE users SET age = 3 WHERE id = 2; COMMIT").expect("it goes on");
    let plan = json(&ran);
    let asked = plan["plan"]["preflight"].as_array().expect("a list");
    let answer = |question: &str| {
        let found = asked.iter().find(|asked| asked["question"].as_str().expect("text").starts_with(question));
        found.unwrap_or_else(|| panic!("{question}: {asked:#?}"))
    };
    for (question, detail) in [
        ("users.email holds no null", "1 rows do not pass"),
        ("rows of users pass CHECK (age >= 0)", "1 rows do not pass"),
        ("users (email) has no repetition", "1 values stand there more than once"),
        ("the values of users (email) are small enough for an index", "1 rows do not pass"),
        ("every users (boss) refers to a row of users", "1 rows do not pass"),
        ("users.code is at most 5 characters long", "1 rows do not pass"),
        ("all values of users.code become integer", "invalid input syntax for type integer: \"too long a code\""),
    ] {
        let found = answer(question);
        assert_eq!((&found["passes"], found["detail"].as_str()), (&serde_json::json!(false), Some(detail)), "{found}");
    }
    assert_eq!(answer("rows of users pass CHECK (guarded(age))")["passes"], true, "it reads only, and not for long");
    assert_eq!(ran.code, 1);
    // By default, what was not seen whole is not said to pass.
    let plan = json(&run(dir.path(), &["plan", "--database-url", &url, "--format", "json"]));
    for asked in plan["plan"]["preflight"].as_array().expect("a list") {
        let honest =
            asked["passes"] == false || asked["sampled"] == true || asked["passes"].is_null() && !asked["detail"].is_null();
        assert!(honest, "{asked}");
    }
    // The server agrees: each of these statements fails.
    for statement in change.split(';').filter(|statement| !statement.trim().is_empty() && !statement.contains("guard")) {
        session.execute(statement).expect_err(statement);
    }
    session.execute("DELETE FROM users WHERE id > 1000000").expect("repaired");
    let plan = json(&run(dir.path(), &["plan", "--database-url", &url, "--full", "--format", "json"]));
    let asked = plan["plan"]["preflight"].as_array().expect("a list");
    assert!(asked.iter().all(|asked| asked["passes"] == true), "{asked:#?}");
}

/// Nothing stronger than a reader's lock is seen in the sessions of the program.
fn while_watched<T>(database: &Database<'_>, work: impl FnOnce() -> T) -> T {
    let mut observer = database.connect().expect("a session");
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let watching = scope.spawn(|| {
            let mut seen = false;
            while !done.load(Ordering::Relaxed) {
                let modes = observer
                    .query_rows(
                        "SELECT DISTINCT l.mode FROM pg_locks l JOIN pg_stat_activity a USING (pid)
                         WHERE a.application_name = 'migsafe plan' AND l.locktype = 'relation'",
                    )
                    .expect("locks");
                for mode in modes.into_iter().flatten().flatten() {
                    assert_eq!(mode, "AccessShareLock");
                    seen = true;
                }
            }
            seen
        });
        let result = work();
        done.store(true, Ordering::Relaxed);
        assert!(watching.join().expect("nothing stronger"), "somebody looked at the tables");
        result
    })
}

#[test]
fn sizes_become_durations_and_are_kept() {
    let change = "CREATE INDEX users_email_idx ON users (email);\n";
    let (dir, database, mut session) = shop(INIT, change);
    session
        .execute("INSERT INTO users SELECT g, repeat('x', 200) FROM generate_series(1, 60000) g; ANALYZE users")
        .expect("rows");
    let url = url(server(), "postgres", database.name());
    let ran = run(dir.path(), &["plan", "--database-url", &url, "--stats-out", "stats.json"]);
    assert!(ran.out.contains("writes wait while an index is built: less than a second"), "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("index-built-with-lock"), "{}", ran.out);
    let known = run(dir.path(), &["plan", "--since", "1", "--stats", "stats.json"]);
    assert!(known.out.contains("while an index is built: less than a second"), "{}{}", known.out, known.err);
    session.execute("TRUNCATE users").expect("empty");
    let small = run(dir.path(), &["plan", "--database-url", &url]);
    assert!(!small.out.contains("index-built-with-lock"), "small tables are no alarm: {}", small.out);
    assert_eq!(small.code, 0);
    fs::write(dir.path().join("bad.json"), "{}").expect("a file");
    let bad = run(dir.path(), &["plan", "--since", "1", "--stats", "bad.json"]);
    assert_eq!(bad.code, 2);
    assert!(bad.err.contains("--stats-out"), "{}", bad.err);
}

#[test]
fn drift_is_told() {
    let (dir, database, mut session) = shop(INIT, "ALTER TABLE users ADD COLUMN login text;\n");
    session.execute("ALTER TABLE users ADD COLUMN surprise int; ALTER TABLE users ALTER COLUMN age TYPE bigint").expect("drift");
    let url = url(server(), "postgres", database.name());
    let plan = json(&run(dir.path(), &["plan", "--database-url", &url, "--format", "json"]));
    assert_eq!(
        plan["plan"]["drift"],
        serde_json::json!(["column users.age is bigint instead of integer", "column users.surprise is in no migration"])
    );
}

#[test]
fn what_cannot_be_looked_at_is_said_with_what_to_do() {
    let (dir, database, mut session) = shop(INIT, "ALTER TABLE users ADD COLUMN login text;\n");
    let server = Server::start().expect("a server of its own");
    let own = server.create_database().expect("a database");
    let mut admin = own.connect().expect("a session");
    let hba = server.directory().join("data/pg_hba.conf");
    let rules = fs::read_to_string(&hba).expect("it can be read");
    fs::write(&hba, format!("local all guarded scram-sha-256\n{rules}")).expect("it can be written");
    admin.execute("CREATE ROLE guarded LOGIN PASSWORD 'right'; SELECT pg_reload_conf()").expect("a role");
    session.execute("CREATE ROLE reader LOGIN").expect("a role");
    let socket = server.directory().to_string_lossy().replace('/', "%2F");
    let name = own.name();
    for (url, error) in [
        ("mysql://root@localhost/shop".to_owned(), "--database-url is no address of a PostgreSQL database"),
        ("postgres://u:hunter2@127.0.0.1:1/shop".into(), "shop on 127.0.0.1:1 cannot be reached"),
        (format!("postgres://guarded:hunter2@{socket}/{name}"), "check the password in --database-url"),
        (format!("postgres://postgres@{socket}/nowhere"), "check the name of the database"),
        (format!("postgres://postgres@{socket}/{name}"), "there is no table _sqlx_migrations"),
        (url_of_reader(database.name()), "connect as a role that may read it"),
    ] {
        let ran = run(dir.path(), &["plan", "--database-url", &url]);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{}", ran.err);
        assert!(ran.err.contains(error), "{}", ran.err);
        assert!(!ran.err.contains("hunter2"), "the password is never shown: {}", ran.err);
    }
    // The runner's table may be read, the tables may not.
    let other = "ALTER TABLE users ALTER COLUMN email SET NOT NULL;\n";
    let (guarded, hidden, mut other) = shop(INIT, other);
    other.execute("GRANT SELECT ON _sqlx_migrations TO reader; INSERT INTO users VALUES (1)").expect("a right");
    let ran = run(guarded.path(), &["plan", "--database-url", &url_of_reader(hidden.name())]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{}", ran.err);
    assert!(
        ran.err.contains("permission denied for table users; connect as a role that may read it, or grant it SELECT"),
        "{}",
        ran.err
    );
    session.execute("TRUNCATE _sqlx_migrations").expect("empty");
    let empty = run(dir.path(), &["plan", "--database-url", &url(self::server(), "postgres", database.name())]);
    assert_eq!(empty.code, 2);
    assert!(empty.err.contains("plan all of them with --all"), "{}", empty.err);
}

#[test]
fn a_server_newer_than_known_is_refused_until_a_version_is_named() {
    let (dir, database, _session) = shop(INIT, "ALTER TABLE users ADD COLUMN login text;\n");
    let port = newer(server().directory().join(".s.PGSQL.5432"));
    let url = format!("postgres://postgres@127.0.0.1:{port}/{}?sslmode=disable", database.name());
    let ran = run(dir.path(), &["plan", "--database-url", &url]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{}", ran.err);
    assert!(ran.err.contains("postgres 99 is not known: --server-version is 12 to 18; the nearest will do"), "{}", ran.err);
    let ran = run(dir.path(), &["plan", "--database-url", &url, "--server-version", "18"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.contains("postgres 18"), "{}", ran.out);
}

/// The server behind a port, where it says that it is of version 99.
fn newer(socket: PathBuf) -> u16 {
    const SAYS: &[u8] = b"server_version\0";
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("it is bound").port();
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let server = UnixStream::connect(&socket).expect("the server");
            let (mut from_client, mut to_server) = (client.try_clone().expect("a copy"), server.try_clone().expect("a copy"));
            std::thread::spawn(move || std::io::copy(&mut from_client, &mut to_server));
            let (mut from_server, mut to_client) = (server, client);
            std::thread::spawn(move || {
                let mut buffer = vec![0; 1 << 16];
                while let Ok(count @ 1..) = from_server.read(&mut buffer) {
                    let text = &mut buffer[..count];
                    if let Some(at) = text.windows(SAYS.len()).position(|found| found == SAYS) {
                        text[at + SAYS.len()..][..2].copy_from_slice(b"99");
                    }
                    if to_client.write_all(text).is_err() {
                        break;
                    }
                }
            });
        }
    });
    port
}

fn url_of_reader(database: &str) -> String {
    url(server(), "reader", database)
}
