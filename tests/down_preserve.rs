//! `migsafe down --preserve` on a server: what the migration destroys is there again after the way back, and the purge leaves nothing.

use migsafe::verify::{Connection, Server};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use tempfile::TempDir;

struct Case {
    setup: &'static str,
    rows: &'static str,
    up: &'static str,
    /// What must be the same before and after, as one text.
    look: &'static str,
    fidelity: &'static str,
}

const CASES: &[Case] = &[
    // A nullable column, and one that is needed.
    Case {
        setup: "CREATE TABLE users (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL, email text UNIQUE);",
        rows: "INSERT INTO users OVERRIDING SYSTEM VALUE VALUES (1, 'a', 'a@x'), (2, 'b', NULL), (3, 'c', 'ü''\"');",
        up: "ALTER TABLE users DROP COLUMN email;",
        look: "SELECT string_agg(id || name || coalesce(email, 'NULL'), ',' ORDER BY id) FROM users",
        fidelity: "lossless",
    },
    Case {
        setup: "CREATE TABLE users (id bigint PRIMARY KEY, \"Full name\" text NOT NULL);",
        rows: "INSERT INTO users VALUES (1, 'a'), (2, 'b');",
        up: "ALTER TABLE users DROP COLUMN \"Full name\";",
        look: "SELECT string_agg(id || \"Full name\", ',' ORDER BY id) FROM users",
        fidelity: "drops-new-data",
    },
    // A key of several columns; a default; a generated column over it; a trigger that would change the rows.
    Case {
        setup: "CREATE TABLE lines (a integer, b text, n integer NOT NULL DEFAULT 7, seen integer DEFAULT 0, \
                 twice integer GENERATED ALWAYS AS (n * 2) STORED, PRIMARY KEY (a, b));
                CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.seen := NEW.seen + 1; RETURN NEW; END $$;
                CREATE TRIGGER touch BEFORE UPDATE ON lines FOR EACH ROW EXECUTE FUNCTION touch();
                CREATE INDEX lines_n ON lines (n) WHERE n > 2;",
        rows: "INSERT INTO lines (a, b, n) VALUES (1, 'x', 1), (1, 'y', 2), (2, 'x', 7);",
        up: "ALTER TABLE lines DROP COLUMN twice, DROP COLUMN n;",
        look: "SELECT string_agg(concat_ws(':', a, b, n, seen, twice), ',' ORDER BY a, b) FROM lines",
        fidelity: "drops-new-data",
    },
    // A table with everything: identity, generated, a trigger, rows that no constraint would take.
    Case {
        setup: "CREATE TABLE t (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, a text, b integer NOT NULL, \
                 c text GENERATED ALWAYS AS (a || 'x') STORED, up integer REFERENCES t (id));
                CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$;
                CREATE TABLE log (n serial, what text);",
        rows: "INSERT INTO t (a, b) VALUES ('x', 1), (NULL, 2); INSERT INTO t (a, b, up) VALUES ('z', 3, 2); DELETE FROM t WHERE id = 1;
               INSERT INTO log (what) VALUES ('one'), (NULL); DELETE FROM log WHERE n = 2;
               ALTER TABLE t ADD CONSTRAINT big CHECK (b > 2) NOT VALID;
               CREATE TRIGGER no BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION no();
               CREATE MATERIALIZED VIEW m AS SELECT count(*) AS n FROM t;",
        up: "DROP MATERIALIZED VIEW m; DROP TABLE t; DROP TABLE log;",
        look: "SELECT (SELECT string_agg(concat_ws(':', id, coalesce(a, 'NULL'), b, c, up), ',' ORDER BY id) FROM t) \
                 || (SELECT string_agg(concat_ws(':', n, what), ',' ORDER BY n) FROM log) || (SELECT n FROM m) \
                 || (SELECT last_value FROM t_id_seq) || (SELECT last_value FROM log_n_seq)",
        fidelity: "lossless",
    },
    // Tables that refer to each other, and one that stays.
    Case {
        setup: "CREATE TABLE a (id integer PRIMARY KEY); CREATE TABLE b (id integer PRIMARY KEY, a integer NOT NULL REFERENCES a);
                CREATE TABLE c (id integer PRIMARY KEY, b integer REFERENCES b ON DELETE CASCADE);",
        rows: "INSERT INTO a VALUES (1), (2); INSERT INTO b VALUES (1, 2); INSERT INTO c VALUES (1, 1), (2, NULL);",
        up: "DROP TABLE a, b CASCADE;",
        look: "SELECT (SELECT string_agg(id::text, ',' ORDER BY id) FROM a) || (SELECT string_agg(id || ':' || a, ',') FROM b) \
                 || (SELECT string_agg(concat_ws(':', id, b), ',' ORDER BY id) FROM c) \
                 || (SELECT count(*) FROM pg_constraint WHERE contype = 'f')",
        fidelity: "drops-new-data",
    },
    // Values that change with their type, a type that goes, and names that change on the way.
    Case {
        setup: "CREATE TYPE mood AS ENUM ('good', 'bad'); CREATE TABLE t (id integer PRIMARY KEY, n numeric, m mood, ms mood[]);",
        rows: "INSERT INTO t VALUES (1, 1.5, 'good', '{bad,NULL}'), (2, NULL, NULL, NULL);",
        up: "ALTER TABLE t ALTER COLUMN n TYPE integer; ALTER TABLE t DROP COLUMN m; ALTER TABLE t DROP COLUMN ms; DROP TYPE mood; \
             ALTER TABLE t RENAME TO u; ALTER TABLE u RENAME COLUMN id TO key;",
        look: "SELECT string_agg(concat_ws(':', id, n, coalesce(m::text, '-'), ms), ',' ORDER BY id) FROM t",
        fidelity: "drops-new-data",
    },
    // The same after the names changed.
    Case {
        setup: "CREATE TABLE t (id integer PRIMARY KEY, n numeric);",
        rows: "INSERT INTO t VALUES (1, 1.5), (2, NULL);",
        up: "ALTER TABLE t RENAME TO u; ALTER TABLE u RENAME COLUMN n TO m; ALTER TABLE u ALTER COLUMN m TYPE integer;",
        look: "SELECT string_agg(concat_ws(':', id, n), ',' ORDER BY id) FROM t",
        fidelity: "drops-new-data",
    },
    // Values that an update changes before they go.
    Case {
        setup: "CREATE TABLE t (id integer PRIMARY KEY, a text);",
        rows: "INSERT INTO t VALUES (1, 'A'), (2, NULL);",
        up: "UPDATE t SET a = ''; ALTER TABLE t DROP COLUMN a;",
        look: "SELECT string_agg(concat_ws(':', id, a), ',' ORDER BY id) FROM t",
        fidelity: "drops-new-data",
    },
    // All rows.
    Case {
        setup: "CREATE TABLE t (id integer PRIMARY KEY, a text); CREATE TABLE u (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, a text);",
        rows: "INSERT INTO t VALUES (1, 'A'), (2, NULL); INSERT INTO u (a) VALUES ('x');",
        up: "TRUNCATE u; DELETE FROM t;",
        look: "SELECT (SELECT string_agg(concat_ws(':', id, a), ',' ORDER BY id) FROM t) || (SELECT string_agg(id || a, '') FROM u)",
        fidelity: "drops-new-data",
    },
    // A schema with its table, and a partition.
    Case {
        setup: "CREATE SCHEMA s; CREATE TABLE s.t (id integer PRIMARY KEY, a text); \
                CREATE TABLE p (id integer, at date) PARTITION BY RANGE (at); \
                CREATE TABLE p1 PARTITION OF p FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');",
        rows: "INSERT INTO s.t VALUES (1, 'A'); INSERT INTO p VALUES (1, '2020-05-05');",
        up: "DROP TABLE s.t; DROP SCHEMA s; DROP TABLE p1;",
        look: "SELECT (SELECT string_agg(id || a, '') FROM s.t) || (SELECT string_agg(id || at::text, '') FROM p)",
        fidelity: "lossless",
    },
];

fn project(files: &[(&str, &str)]) -> TempDir {
    let dir = tempfile::tempdir().expect("a temporary directory");
    for (name, text) in files {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().expect("a file has a directory")).expect("a directory");
        fs::write(path, text).expect("a file");
    }
    dir
}

fn run(dir: &Path, command: &str, args: &[&str]) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_migsafe"));
    program.current_dir(dir).arg(command).args(args).output().expect("it runs")
}

fn down(dir: &Path, args: &[&str]) -> Value {
    let output = run(dir, "down", &[args, &["--preserve", "--format", "json"]].concat());
    let json = serde_json::from_slice(&output.stdout);
    let json: Value = json.unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    json["down"]["migrations"][0].clone()
}

fn archives(session: &mut Connection) -> String {
    let sql = "SELECT count(*) FROM pg_class WHERE relname LIKE 'archive%' AND relkind = 'r'";
    session.query_value(sql).expect("a count").unwrap_or_default()
}

fn in_one(sql: &str) -> String {
    format!("BEGIN;\n{sql}\nCOMMIT;")
}

#[test]
fn what_was_destroyed_comes_back() {
    let server = Server::shared().expect("a server");
    let failures: Vec<String> = CASES.iter().filter_map(|case| back_and_forth(server, case).err()).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

/// Up and down, twice, for nothing may be left over that is in the way; then up and the purge.
fn back_and_forth(server: &Server, case: &Case) -> Result<(), String> {
    let setup = format!("{}\n{}", case.setup, case.rows);
    let dir = project(&[("migrations/1_init.up.sql", &setup), ("migrations/2_gone.up.sql", case.up)]);
    let found = down(dir.path(), &["--since", "1"]);
    let text = |value: &Value| value.as_str().map(str::to_owned).ok_or_else(|| format!("{}: {found:#}", case.up));
    let (up, back, purge) = (text(&found["preserve"]["up"])?, text(&found["sql"])?, text(&found["preserve"]["purge"])?);
    let database = server.create_database().expect("a database");
    database.connect().expect("a session").execute(&setup).expect("the setup");
    let mut session = database.connect().expect("a session");
    let before = session.query_value(case.look).expect("rows");
    let all = format!("{up}\n{back}");
    let expect = |fine: bool, what: &str| if fine { Ok(()) } else { Err(format!("{what}\n{all}")) };
    expect(before.is_some(), "there are no rows")?;
    expect(found["reversibility"] == case.fidelity, &found["reversibility"].to_string())?;
    for _ in 0..2 {
        session.execute(&in_one(&up)).map_err(|error| format!("{error}\n{up}"))?;
        expect(archives(&mut session) != "0", "no archive")?;
        session.execute(&in_one(&back)).map_err(|error| format!("{error}\n{all}"))?;
        let after = session.query_value(case.look).map_err(|error| format!("{error}\n{all}"))?;
        expect(after == before, &format!("{before:?} became {after:?}"))?;
        expect(archives(&mut session) == "0", "an archive is left")?;
    }
    session.execute(&in_one(&up)).expect("the up");
    session.execute(&purge).expect("the purge");
    expect(archives(&mut session) == "0", &purge)
}

const INIT: &str = "CREATE TABLE users (id bigint PRIMARY KEY, email text);\n";

fn read(dir: &Path, name: &str) -> String {
    fs::read_to_string(dir.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn writing_puts_the_copies_above_the_statement_and_its_directives() {
    let up = "SET lock_timeout = '2s';\n-- Nobody reads it.\n-- migsafe: allow(column-dropped) reason=\"unused\"\nALTER TABLE users DROP COLUMN email;\n";
    let dir = project(&[("migrations/1_init.up.sql", INIT), ("migrations/2_gone.up.sql", up)]);
    let args = ["--since", "1", "--preserve", "--write"];
    let output = run(dir.path(), "down", &args);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let written = read(dir.path(), "migrations/2_gone.up.sql");
    assert_eq!(
        written,
        "SET lock_timeout = '2s';\n-- Nobody reads it.\n\
         -- What is removed below is kept for the way back. Rows are copied under the lock, so that none is missed.\n\
         LOCK TABLE public.users IN ACCESS EXCLUSIVE MODE;\n\n\
         CREATE TABLE public.archive_2_users AS\nSELECT id, email FROM ONLY public.users;\n\n\
         -- migsafe: allow(column-dropped) reason=\"unused\"\nALTER TABLE users DROP COLUMN email;\n"
    );
    assert!(read(dir.path(), "migrations/2_gone.down.sql").contains("UPDATE public.users AS own SET email = kept.email"));
    assert!(read(dir.path(), "migrations/2_gone.purge").ends_with("\nDROP TABLE public.archive_2_users;\n"));
    // What was written is a migration like any other: its way back is seen to lead back, and nothing new is wrong with it.
    let checked = run(dir.path(), "down", &["--since", "1", "--check"]);
    assert_eq!(checked.status.code(), Some(0), "{}", String::from_utf8_lossy(&checked.stdout));
    let linted = run(dir.path(), "lint", &["--since", "1", "--format", "json"]);
    let linted: Value = serde_json::from_slice(&linted.stdout).expect("JSON");
    assert_eq!(linted["summary"]["migrations"], 1, "the purge is no migration");
    let errors = |value: &Value| {
        let findings = value["migrations"][0]["findings"].as_array().cloned().unwrap_or_default();
        let errors = findings
            .iter()
            .filter(|own| own["severity"] == "error" && own["suppressed"].is_null())
            .map(|own| own["rule"].to_string());
        errors.collect::<Vec<_>>()
    };
    assert_eq!(errors(&linted), ["\"slow-work-under-lock\""], "the copy is slow, under a lock: {linted:#}");
    // Again, nothing changes.
    assert_eq!(run(dir.path(), "down", &args).status.code(), Some(0));
    assert_eq!(read(dir.path(), "migrations/2_gone.up.sql"), written);
}

#[test]
fn a_section_and_its_migration_are_written_together() {
    let up = "-- +goose Up\nDROP TABLE users;\n";
    let dir = project(&[("migrations/1_init.sql", &format!("-- +goose Up\n{INIT}")), ("migrations/2_gone.sql", up)]);
    let output = run(dir.path(), "down", &["--since", "1", "--preserve", "--write"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let written = read(dir.path(), "migrations/2_gone.sql");
    let place = |what: &str| written.find(what).unwrap_or_else(|| panic!("{what}\n{written}"));
    assert!(place("-- +goose Up") < place("CREATE TABLE public.archive_2_users AS"));
    assert!(place("CREATE TABLE public.archive_2_users AS") < place("DROP TABLE users;"));
    assert!(place("-- +goose Down") < place("INSERT INTO public.users (id, email)"));
}

#[test]
fn nothing_is_written_where_a_down_was_written_by_hand() {
    let up = "ALTER TABLE users DROP COLUMN email;\n";
    let down = "ALTER TABLE users ADD COLUMN email text;\n";
    let dir =
        project(&[("migrations/1_init.up.sql", INIT), ("migrations/2_gone.up.sql", up), ("migrations/2_gone.down.sql", down)]);
    run(dir.path(), "down", &["--since", "1", "--preserve", "--write"]);
    assert_eq!(
        (read(dir.path(), "migrations/2_gone.up.sql"), read(dir.path(), "migrations/2_gone.down.sql")),
        (up.into(), down.into())
    );
    assert!(!dir.path().join("migrations/2_gone.purge").exists());
    run(dir.path(), "down", &["--since", "1", "--preserve", "--write", "--force"]);
    assert!(read(dir.path(), "migrations/2_gone.up.sql").contains("CREATE TABLE public.archive_2_users"));
    assert!(dir.path().join("migrations/2_gone.purge").exists());
}

#[test]
fn what_cannot_be_kept_is_refused_with_the_reason() {
    for (init, up, reason) in [
        ("CREATE TABLE t (a integer, b text);", "ALTER TABLE t DROP COLUMN b;", "has no primary key"),
        ("CREATE TABLE t (a integer PRIMARY KEY, b text);", "ALTER TABLE t DROP COLUMN a;", "does not stay what it is"),
        ("CREATE TABLE t (a integer PRIMARY KEY, b text);", "DELETE FROM t WHERE b = '';", "which rows it deletes"),
        ("CREATE TABLE t (a integer PRIMARY KEY, b text);", "UPDATE t SET b = '';", "has to be written by hand"),
        ("CREATE TABLE t (a integer PRIMARY KEY, b serial);", "ALTER TABLE t DROP COLUMN b;", "numbers its rows by itself"),
        (
            "CREATE TABLE t (a integer PRIMARY KEY, b text); CREATE INDEX i ON t (a);",
            "DROP INDEX CONCURRENTLY i; ALTER TABLE t DROP COLUMN b;",
            "is not removed in the transaction",
        ),
    ] {
        let dir = project(&[("migrations/1_init.sql", init), ("migrations/2_gone.sql", up)]);
        let output = run(dir.path(), "down", &["--since", "1", "--preserve", "--write"]);
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{up}: {errors}");
        assert!(errors.contains(reason), "{up}: {errors}");
        assert_eq!(read(dir.path(), "migrations/2_gone.sql"), up);
    }
}

#[test]
fn no_runner_reads_the_purge() {
    for (runner, init, gone) in [
        ("sqlx", "1_init.up.sql", "2_gone.up.sql"),
        ("golang-migrate", "1_init.up.sql", "2_gone.up.sql"),
        ("diesel", "1_init/up.sql", "2_gone/up.sql"),
        ("prisma", "1_init/migration.sql", "2_gone/migration.sql"),
        ("flyway", "V1__init.sql", "V2__gone.sql"),
        ("refinery", "V1__init.sql", "V2__gone.sql"),
        ("supabase", "20240101000000_init.sql", "20240102000000_gone.sql"),
        ("plain", "1_init.sql", "2_gone.sql"),
    ] {
        let (init, gone) = (format!("migrations/{init}"), format!("migrations/{gone}"));
        let dir = project(&[(&init, INIT), (&gone, "DROP TABLE users;\n")]);
        let output = run(dir.path(), "down", &["migrations", "--runner", runner, "--all", "--preserve", "--write"]);
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(errors.contains(".purge"), "{runner}: {errors}");
        let linted = run(dir.path(), "lint", &["migrations", "--runner", runner, "--all", "--format", "json"]);
        let errors = String::from_utf8_lossy(&linted.stderr).into_owned();
        let linted: Value = serde_json::from_slice(&linted.stdout).unwrap_or_else(|error| panic!("{runner}: {error} {errors}"));
        assert_eq!(linted["summary"]["migrations"], 2, "{runner}: {errors}");
        assert!(!errors.contains(".purge"), "{runner}: {errors}");
    }
}

#[test]
fn a_purge_that_was_changed_stays() {
    let up = "DROP TABLE users;\n";
    let purge = "-- In May.\n";
    let dir =
        project(&[("migrations/1_init.up.sql", INIT), ("migrations/2_gone.up.sql", up), ("migrations/2_gone.purge", purge)]);
    let output = run(dir.path(), "down", &["--since", "1", "--preserve", "--write"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        (read(dir.path(), "migrations/2_gone.up.sql"), read(dir.path(), "migrations/2_gone.purge")),
        (up.to_owned(), purge.to_owned())
    );
    assert!(!dir.path().join("migrations/2_gone.down.sql").exists());
}

/// What is written between the up and the down stays too.
#[test]
fn new_rows_stay() {
    let server = Server::shared().expect("a server");
    let setup = "CREATE TABLE t (id integer PRIMARY KEY, a text, b integer NOT NULL DEFAULT 5); INSERT INTO t VALUES (1, 'x', 1), (2, 'y', 2);";
    let dir = project(&[
        ("migrations/1_init.up.sql", setup),
        ("migrations/2_gone.up.sql", "ALTER TABLE t DROP COLUMN a, DROP COLUMN b;"),
    ]);
    let found = down(dir.path(), &["--since", "1"]);
    // A row whose key was changed cannot be told from a new one.
    assert_eq!(found["reversibility"], "drops-new-data");
    assert!(found["lost"].to_string().contains("whose primary key was changed since"), "{}", found["lost"]);
    let database = server.create_database().expect("a database");
    let mut session = database.connect().expect("a session");
    session.execute(setup).expect("the setup");
    session.execute(found["preserve"]["up"].as_str().expect("an up")).expect("the up");
    session.execute("INSERT INTO t VALUES (3); DELETE FROM t WHERE id = 2").expect("new rows");
    session.execute(found["sql"].as_str().expect("a down")).expect("the down");
    let rows = session.query_value("SELECT string_agg(concat_ws(':', id, a, b), ',' ORDER BY id) FROM t").expect("rows");
    assert_eq!(rows.as_deref(), Some("1:x:1,3:5"));
}

/// What a migration keeps already stays kept: a plain down gives it back as well, and replaces nothing.
#[test]
fn what_is_kept_is_given_back_by_any_down() {
    let init = "CREATE TABLE t (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, a text);";
    let dir = project(&[("migrations/1_init.up.sql", init), ("migrations/2_drop.up.sql", "ALTER TABLE t DROP COLUMN a;\n")]);
    let ran = run(dir.path(), "down", &["--since", "1", "--preserve", "--write", "-q"]);
    assert!(ran.status.success(), "{ran:?}");
    let script = fs::read_to_string(dir.path().join("migrations/2_drop.down.sql")).expect("it is there");
    assert!(script.contains("migsafe: fidelity lossless") && script.contains("FROM public.archive_2_t AS kept"), "{script}");
    let again = run(dir.path(), "down", &["--since", "1", "--write"]);
    assert!(!String::from_utf8_lossy(&again.stderr).contains("wrote:"), "{again:?}");
    assert_eq!(fs::read_to_string(dir.path().join("migrations/2_drop.down.sql")).expect("it is there"), script);
    let lint = run(dir.path(), "lint", &["--since", "1", "--format", "json"]);
    let report: Value = serde_json::from_slice(&lint.stdout).expect("one JSON document");
    assert_eq!(report["migrations"][0]["reversibility"], "lossless");
}
