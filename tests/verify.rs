//! `migsafe verify` as people and pipelines use it: what it proves, what it finds wrong, and what it says where it cannot go on.

use migsafe::verify::{Connection, Server};
use serde_json::Value;
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};
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

/// On the server that is found, and on each whose programs lie in one of the directories of `MIGSAFE_PG_BINS`.
#[test]
fn an_example_holds_on_every_version() {
    let bins = std::env::var("MIGSAFE_PG_BINS").unwrap_or_default();
    let named: Vec<Vec<&str>> = bins.split(':').filter(|bin| !bin.is_empty()).map(|bin| vec!["--pg-bin", bin]).collect();
    let dir = project(&[
        ("0001_init.up.sql", INIT),
        (
            "0002_orders.up.sql",
            "CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, user_id bigint REFERENCES users,
            note text COLLATE \"C\", state text NOT NULL CHECK (state IN ('new', 'done')));\n",
        ),
        ("0003_index.up.sql", "CREATE INDEX CONCURRENTLY orders_user ON orders (user_id);\n"),
        ("0004_view.up.sql", "CREATE VIEW open AS SELECT id, user_id FROM orders WHERE state = 'new';\n"),
        (
            "0005_name.up.sql",
            "ALTER TABLE users RENAME COLUMN name TO full_name;\nALTER SEQUENCE orders_id_seq RESTART WITH 100;\n",
        ),
    ]);
    for server in std::iter::once(vec![]).chain(named) {
        let output = run(dir.path(), &[&["--all"], &server[..]].concat());
        let text = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(0), "{server:?}: {text}");
    }
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
        (&["--database-url", "postgres://who:secret@127.0.0.1:1/db"], "db on 127.0.0.1:1: "),
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
fn each_has_its_place_in_the_report_whoever_is_done_first() {
    let mut files = vec![("0001_init.up.sql".to_owned(), format!("{INIT}SELECT pg_sleep(0.5);\n"))];
    files.extend((2..=9).map(|k| (format!("000{k}_more.up.sql"), format!("CREATE TABLE t{k} (id bigint PRIMARY KEY);\n"))));
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let dir = project(&files);
    let all = |jobs: &str| {
        let document = document(&run(dir.path(), &["--all", "--jobs", jobs, "--format", "json"]));
        let project = &document["projects"][0];
        let paths = |list: &Value, key: &str| -> Vec<String> {
            let list = list.as_array().expect("a list");
            list.iter().map(|it| it[key].as_str().or_else(|| it[key][0].as_str()).expect("a path").to_owned()).collect()
        };
        (paths(&project["migrations"], "path"), paths(&project["releases"], "migrations"), project["migrations"].clone())
    };
    let (alone, side_by_side) = (all("1"), all("4"));
    assert!(alone.0.is_sorted() && alone.1.is_sorted() && alone.0.len() == 9, "{alone:?}");
    assert_eq!(alone, side_by_side);
}

#[test]
fn rows_and_the_old_application_show_what_a_migration_costs() {
    let init = "CREATE TYPE mood AS ENUM ('sad', 'ok');
        CREATE TABLE teams (id smallint PRIMARY KEY, code char(8) NOT NULL UNIQUE);
        CREATE TABLE users (id bigint PRIMARY KEY, team smallint REFERENCES teams, email varchar(12) UNIQUE, mood mood NOT NULL,
            seen timestamptz DEFAULT now(), tags text[], data jsonb, born date CHECK (born > '1900-01-01'), worth numeric(6, 2));\n";
    let change = "ALTER TABLE users ALTER COLUMN worth TYPE numeric(8, 3);\nALTER TABLE users DROP COLUMN data;\n";
    let dir = project(&[("0001_init.sql", init), ("0002_change.sql", change)]);
    fs::write(dir.path().join("migsafe.toml"), "runner = 'sqlx'\n").expect("a file");
    let args = ["--since", "0001", "--rows", "500", "--load"];
    let output = run(dir.path(), &[&args[..], &["--format", "json"]].concat());
    let document = document(&output);
    assert_eq!(output.status.code(), Some(0), "{document:#}");
    let migration = &document["projects"][0]["migrations"][0];
    assert_eq!(migration["times"]["rows"]["public.users"], 503, "{migration:#}");
    let first = &migration["times"]["statements"][0];
    let lock = &first["locks"][0];
    assert_eq!(
        (&lock["object"], &lock["mode"], &lock["seen"]),
        (&"public.users".into(), &"ACCESS EXCLUSIVE".into(), &true.into())
    );
    // It is held until the second statement is done, too.
    assert!(lock["seconds"].as_f64() > first["seconds"].as_f64(), "{first:#}");
    let load = &migration["load"];
    assert_ne!(load["statements"], 0);
    assert!(load["longest_stall"]["seconds"].as_f64() >= load["usual_seconds"].as_f64(), "{load:#}");
    let failed = load["failed"].as_array().expect("a list");
    assert!(!failed.is_empty() && failed.iter().all(|it| it["foreseen"] == true && it["sqlstate"] == "42703"), "{load:#}");
    for form in ["human", "markdown"] {
        let output = run(dir.path(), &[&args[..], &["--format", form]].concat());
        let text = String::from_utf8_lossy(&output.stdout);
        for wanted in [
            "times: with rows, 503 in public.teams, 503 in public.users",
            "ACCESS EXCLUSIVE on public.users for ",
            "the longest stall ",
        ] {
            assert!(text.contains(wanted), "{form}: {wanted}\n{text}");
        }
        assert!(text.contains("fails, as judged: column \"data\" of relation \"users\" does not exist (42703)"), "{text}");
    }
}

#[test]
fn what_production_has_beforehand_is_made_and_told() {
    let dir = project(&[
        ("0001_init.sql", INIT),
        ("0002_grant.sql", "GRANT SELECT ON users TO app_user;\nGRANT SELECT ON _sqlx_migrations TO app_user, \"Reporting\";\n"),
        ("0003_more.sql", "CREATE TABLE more (id bigint PRIMARY KEY);\nALTER TABLE more OWNER TO app_user;\n"),
    ]);
    fs::write(dir.path().join("migsafe.toml"), "runner = 'sqlx'\n").expect("a file");
    let output = run(dir.path(), &["--all"]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{text}");
    let made =
        "made beforehand, since no migration makes it: role app_user; _sqlx_migrations, sqlx's own table; role Reporting\n";
    assert!(text.contains(made), "{text}");
}

#[test]
fn what_supabase_brings_is_there() {
    let dir = tempfile::tempdir().expect("a directory");
    let migrations = dir.path().join("supabase/migrations");
    fs::create_dir_all(&migrations).expect("a directory");
    let init = "CREATE TABLE public.profiles (id uuid PRIMARY KEY REFERENCES auth.users (id) ON DELETE CASCADE, name text);
        ALTER TABLE public.profiles ENABLE ROW LEVEL SECURITY;
        CREATE POLICY own ON public.profiles FOR SELECT TO authenticated USING (auth.uid() = id);
        CREATE FUNCTION public.welcome() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
        CREATE TRIGGER welcome AFTER INSERT ON auth.users FOR EACH ROW EXECUTE FUNCTION public.welcome();\n";
    fs::write(migrations.join("20240101000000_init.sql"), init).expect("a file");
    let output = run(dir.path(), &["--all"]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.contains("made beforehand, since no migration makes it: what Supabase brings"), "{text}");
}

/// A directory for temporary files in which a server of another user can be, too.
fn place() -> TempDir {
    let place = tempfile::tempdir().expect("a directory");
    fs::set_permissions(place.path(), fs::Permissions::from_mode(0o777)).expect("it is ours");
    place
}

/// What is left in a directory for temporary files, without the clusters that are kept for the next time.
fn left(place: &TempDir) -> Vec<String> {
    let names = fs::read_dir(place.path()).expect("it is there").map(|entry| entry.expect("an entry").file_name());
    names.map(|name| name.to_string_lossy().into_owned()).filter(|name| !name.starts_with("migsafe-cache")).collect()
}

/// Whatever a statement does to the server, what was verified is told, and that the rest was not.
#[test]
fn a_server_that_cannot_go_on_is_told_from_a_migration_that_fails() {
    for (statement, code, wanted) in [
        ("COPY (SELECT 1) TO PROGRAM 'kill -9 $(head -n 1 postmaster.pid)'", 2, "help: the server ended, or could not go on"),
        ("SELECT pg_terminate_backend(pg_backend_pid())", 2, "help: somebody stopped the server"),
        ("COPY (SELECT generate_series(1, 100000)) TO '/dev/full'", 2, "help: there is no space left"),
        ("CREATE EXTENSION nowhere", 1, "help: install the extension for this server"),
        ("SELECT 1 / 0", 1, "stopped at migrations/0002_bad.sql: division by zero"),
    ] {
        let dir = project(&[("0001_init.sql", INIT), ("0002_bad.sql", statement), ("0003_more.sql", "SELECT 1;\n")]);
        let place = place();
        let output = command(dir.path(), &["--all"]).env("TMPDIR", place.path()).output().expect("the program runs");
        let (text, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.code(), Some(code), "{statement}: {text}{errors}");
        assert!(text.contains(wanted) && text.contains("stopped at migrations/"), "{statement}: {text}");
        assert!(text.contains("not verified: "), "{statement}: {text}");
        assert_eq!(errors.contains("the server could not go on"), code == 2, "{statement}: {errors}");
        assert_eq!(left(&place), [""; 0], "{statement}");
    }
}

/// The address of a server of ours, as a user's.
fn url(server: &Server, database: &str) -> String {
    let directory = server.directory().display().to_string().replace('/', "%2F");
    format!("postgres://postgres@{directory}:5432/{database}")
}

fn names(session: &mut Connection, query: &str) -> Vec<String> {
    session.query_rows(query).expect("names").into_iter().flatten().flatten().collect()
}

/// A server that nobody else uses meanwhile.
fn own_server() -> (Server, Connection) {
    let server = Server::start().expect("a server");
    let session = Connection::to(&url(&server, "postgres")).expect("a session");
    (server, session)
}

const DATABASES: &str = "SELECT datname FROM pg_database ORDER BY 1";

#[test]
fn a_server_of_ones_own_is_left_as_it_was() {
    let (server, mut session) = own_server();
    let roles = "SELECT rolname FROM pg_roles ORDER BY 1";
    let before = (names(&mut session, DATABASES), names(&mut session, roles));
    let dir = project(&[
        ("0001_init.sql", INIT),
        ("0002_roles.sql", "CREATE ROLE reader;\nGRANT SELECT ON users TO reader;\n"),
        ("0003_other.sql", "GRANT SELECT ON users TO app_user;\n"),
    ]);
    let output = run(dir.path(), &["--all", "--database-url", &url(&server, "postgres")]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{text}{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains("stopped at migrations/0003_other.sql: role \"app_user\" does not exist"), "{text}");
    assert!(text.contains("help: roles belong to the whole server, so none is made on one of yours"), "{text}");
    assert_eq!((names(&mut session, DATABASES), names(&mut session, roles)), before);

    session.execute("CREATE TABLE customers (id int); INSERT INTO customers VALUES (1)").expect("rows");
    let output = run(dir.path(), &["--all", "--database-url", &url(&server, "postgres")]);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{errors}");
    assert!(errors.contains("the database holds rows (in public.customers), so it looks like production"), "{errors}");
}

/// A run that hangs on a server, once it has databases there.
fn hanging(server: &Server, session: &mut Connection) -> (TempDir, Child) {
    let dir = project(&[("0001_slow.sql", "SELECT pg_sleep(60);\n")]);
    let before = names(session, DATABASES);
    let url = url(server, "postgres");
    let mut command = command(dir.path(), &["--all", "--database-url", &url]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program runs");
    wait_until("it has a database", || {
        assert_eq!(child.try_wait().expect("it is ours"), None);
        names(session, DATABASES).iter().any(|name| !before.contains(name))
    });
    (dir, child)
}

fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !done() {
        assert!(Instant::now() < deadline, "waited for: {what}");
        std::thread::yield_now();
    }
}

#[test]
fn an_interrupted_run_leaves_no_database_and_a_killed_one_none_after_the_next() {
    let (server, mut session) = own_server();
    let before = names(&mut session, DATABASES);
    let (_dir, mut child) = hanging(&server, &mut session);
    let interrupt = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill runs");
    assert!(interrupt.success());
    assert_eq!(child.wait().expect("it ends").code(), Some(130));
    assert_eq!(names(&mut session, DATABASES), before);

    let (_dir, mut killed) = hanging(&server, &mut session);
    let (_other, mut alive) = hanging(&server, &mut session);
    killed.kill().expect("it is ours");
    killed.wait().expect("it ends");
    wait_until("the server notices", || {
        names(&mut session, "SELECT application_name FROM pg_stat_activity WHERE application_name LIKE 'migsafe %'").len() == 1
    });
    let dir = project(&[("0001_init.sql", INIT)]);
    let output = run(dir.path(), &["--all", "--database-url", &url(&server, "postgres")]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    // What belongs to the one that still runs is there.
    let (mut left, own) = (names(&mut session, DATABASES), format!("migsafe_{:x}", alive.id()));
    left.retain(|name| !before.contains(name));
    assert!(!left.is_empty() && left.iter().all(|name| name.starts_with(&own)), "{left:?}");
    alive.kill().expect("it is ours");
    alive.wait().expect("it ends");
}

#[test]
fn two_at_the_same_time_do_not_meet_and_one_that_is_killed_leaves_nothing() {
    let dir = project(&[("0001_init.sql", INIT), ("0002_role.sql", "CREATE ROLE reader;\nGRANT SELECT ON users TO reader;\n")]);
    let place = place();
    let spawn = |dir: &TempDir| {
        let mut command = command(dir.path(), &["--all"]);
        command.env("TMPDIR", place.path()).stdout(Stdio::null()).spawn().expect("the program runs")
    };
    let both = [spawn(&dir), spawn(&dir)];
    both.into_iter().for_each(|mut child| assert_eq!(child.wait().expect("it ends").code(), Some(0)));
    assert_eq!(left(&place), [""; 0]);

    let slow = project(&[("0001_slow.sql", "SELECT pg_sleep(60);\n")]);
    let mut child = spawn(&slow);
    wait_until("its server runs", || {
        left(&place).iter().any(|name| place.path().join(name).join("data/postmaster.pid").exists())
    });
    child.kill().expect("it is ours");
    child.wait().expect("it ends");
    wait_until("all is gone", || left(&place).is_empty());
}

/// A server that listens, and may be asked for passwords and certificates.
struct Listening {
    server: Server,
    port: u16,
    session: Connection,
}

impl Listening {
    fn start() -> Self {
        // Free now, and hardly anybody else's by the time it is used.
        let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port").port();
        let binaries = Server::binaries().expect("PostgreSQL is installed");
        let server = Server::start_with(&binaries, port, "listen_addresses = '127.0.0.1'").expect("a server");
        let session = Connection::to(&format!("postgres://postgres@127.0.0.1:{port}/postgres")).expect("a session");
        Listening { server, port, session }
    }

    fn url(&self, user: &str, options: &str) -> String {
        format!("postgres://{user}@localhost:{}/postgres?{options}", self.port)
    }

    /// A file that belongs to the server.
    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.server.directory().join(name);
        fs::write(&path, text).expect("a file");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("it is ours");
        let owner = fs::metadata(self.server.directory()).expect("it is there");
        chown(&path, Some(owner.uid()), Some(owner.gid())).expect("root may, and everybody else is the owner");
        path
    }

    fn reload(&mut self) {
        let loaded = "SELECT pg_conf_load_time()";
        let before = self.session.query_value(loaded).expect("a time");
        self.session.execute("SELECT pg_reload_conf()").expect("a superuser");
        let fresh = |port: u16| Connection::to(&format!("postgres://postgres@127.0.0.1:{port}/postgres"));
        let port = self.port;
        wait_until("the configuration is read", || {
            fresh(port).is_ok_and(|mut session| session.query_value(loaded).ok() != Some(before.clone()))
        });
    }
}

#[test]
fn tls_is_spoken_as_the_url_says() {
    let mut listening = Listening::start();
    let asks = "DO $$ BEGIN IF NOT (SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()) THEN RAISE 'in the open'; END IF; END $$;\n";
    let dir = project(&[("0001_asks.sql", asks)]);
    let check = |listening: &Listening, options: &str, code: i32, wanted: &str| {
        let output = run(dir.path(), &["--all", "--database-url", &listening.url("postgres", options)]);
        let (text, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.code(), Some(code), "{options}: {text}{errors}");
        assert!(text.contains(wanted) || errors.contains(wanted), "{options}: {text}{errors}");
    };
    check(&listening, "sslmode=require", 2, "it has TLS switched off: switch `ssl` on there, or take sslmode=prefer");
    check(&listening, "sslmode=prefer", 1, "in the open");

    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let certificate = listening.file("own.crt", &made.cert.pem());
    let key = listening.file("own.key", &made.signing_key.serialize_pem());
    for (setting, value) in
        [("ssl_cert_file", certificate.display().to_string()), ("ssl_key_file", key.display().to_string()), ("ssl", "on".into())]
    {
        listening.session.execute(&format!("ALTER SYSTEM SET {setting} = '{value}'")).expect("a superuser");
    }
    listening.reload();
    let root = tempfile::tempdir().expect("a directory");
    let root = root.path().join("root.crt");
    fs::write(&root, made.cert.pem()).expect("a file");
    let with = |mode: &str| format!("sslmode={mode}&sslrootcert={}", root.display());
    let holds = "every claim holds";
    check(&listening, "sslmode=disable", 1, "in the open");
    check(&listening, "sslmode=prefer", 0, holds);
    check(&listening, "sslmode=require", 0, holds);
    check(&listening, &with("verify-ca"), 0, holds);
    check(&listening, &with("verify-full"), 0, holds);
    check(&listening, "sslmode=verify-full", 2, "name the certificate of who signed it with sslrootcert=FILE");
    check(&listening, "sslmode=verify-ca", 2, "name the certificate of who signed it with sslrootcert=FILE");
    check(&listening, "sslmode=verify-full&sslrootcert=/nowhere.crt", 2, "sslrootcert");
}

#[test]
fn who_may_not_in_is_told_why_and_no_password() {
    let mut listening = Listening::start();
    listening.session.execute("CREATE ROLE app LOGIN PASSWORD 'hunter2'").expect("a role");
    let rules = listening.server.directory().join("data/pg_hba.conf");
    let old = fs::read_to_string(&rules).expect("its rules");
    listening
        .file("data/pg_hba.conf", &format!("host all app 127.0.0.1/32 password\nhost all nobody 127.0.0.1/32 reject\n{old}"));
    listening.reload();
    let dir = project(&[("0001_init.sql", INIT)]);
    for (user, wanted) in [
        ("app:hunter3", "password authentication failed for user \"app\"; check the password in --database-url"),
        ("app:hunter2", "permission denied to create database; the user may not do that"),
        ("nobody:hunter2", "check the user, and what pg_hba.conf lets in"),
    ] {
        let output = run(dir.path(), &["--all", "--database-url", &listening.url(user, "sslmode=disable")]);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{errors}");
        assert!(errors.contains(wanted) && !errors.contains("hunter"), "{errors}");
    }
}
