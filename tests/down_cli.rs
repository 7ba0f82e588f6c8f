//! `migsafe down` as people use it: what it prints, writes, leaves alone and finds; and what is on the disk when writing goes wrong.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

const INIT: &str = "CREATE TABLE users (id bigint PRIMARY KEY, name text NOT NULL, email text);\n";
const DROP: &str = "ALTER TABLE users DROP COLUMN email;\n";
const ADD: &str = "ALTER TABLE users ADD COLUMN age integer;\n";
const GOOSE: &str = "-- +goose Up\nALTER TABLE users ADD COLUMN age integer;\n";

fn project(files: &[(&str, &str)]) -> TempDir {
    let dir = tempfile::tempdir().expect("a temporary directory");
    for (name, text) in files {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().expect("a file has a directory")).expect("a directory");
        fs::write(path, text).expect("a file");
    }
    dir
}

fn shop() -> TempDir {
    project(&[
        ("migrations/1_init.up.sql", INIT),
        ("migrations/1_init.down.sql", "DROP TABLE users;\n"),
        ("migrations/2_drop_email.up.sql", DROP),
        ("migrations/2_drop_email.down.sql", "ALTER TABLE users ADD COLUMN email varchar;\n"),
        ("migrations/3_add_age.up.sql", ADD),
    ])
}

fn goose() -> TempDir {
    project(&[("migrations/1_init.sql", &format!("-- +goose Up\n{INIT}")), ("migrations/2_age.sql", GOOSE)])
}

struct Ran {
    code: i32,
    out: String,
    err: String,
}

fn run(dir: &Path, args: &[&str]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_migsafe"));
    ran(command.current_dir(dir).arg("down").args(args).env_remove("NO_COLOR").stdin(Stdio::null()).output().expect("it runs"))
}

fn ran(output: Output) -> Ran {
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    Ran { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
}

/// Runs it in a shell that forbids writing to files; a signal ends it unless that is ignored.
fn run_without_room(dir: &Path, ignore_signal: bool) -> Ran {
    let trap = if ignore_signal { "trap '' XFSZ; " } else { "" };
    let script = format!("{trap}ulimit -f 0; exec {} down --all --write", env!("CARGO_BIN_EXE_migsafe"));
    ran(Command::new("sh").current_dir(dir).args(["-c", &script]).stdin(Stdio::null()).output().expect("a shell"))
}

fn read(dir: &Path, name: &str) -> String {
    fs::read_to_string(dir.join(name)).expect("it is there")
}

fn names(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).expect("a directory").flatten();
    let mut names: Vec<String> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn snapshot(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots/cli"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

#[test]
fn downs_are_printed_and_checked() {
    let shop = shop();
    let printed = run(shop.path(), &["--all"]);
    assert_eq!((printed.code, printed.err.as_str()), (0, ""));
    let checked = run(shop.path(), &["--all", "--check"]);
    assert_eq!((checked.code, checked.err.as_str()), (1, ""));
    snapshot("down-print", &printed.out);
    snapshot("down-check", &checked.out);
}

#[test]
fn programs_get_one_document() {
    let shop = shop();
    let ran = run(shop.path(), &["--all", "--check", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&ran.out).expect("one JSON document");
    let downs = report["down"]["migrations"].as_array().expect("a list");
    let told: Vec<String> = downs
        .iter()
        .map(|down| format!("{} {} {} {}", down["version"], down["existing"], down["reversibility"], down["check"]["leads_back"]))
        .collect();
    assert_eq!(
        told,
        [
            r#""1" "written" "drops-new-data" true"#,
            r#""2" "written" "schema-only" false"#,
            r#""3" "missing" "drops-new-data" null"#
        ]
    );
    assert!(downs[1]["sql"].as_str().is_some_and(|sql| sql.contains("ADD COLUMN email text")), "{}", downs[1]);
    assert!(downs[1]["check"]["diff"].as_str().is_some_and(|diff| diff.contains("-    email text")), "{}", downs[1]);
    assert_eq!(report["migrations"][1]["reversibility"], "schema-only");
    assert_eq!(report["migrations"][1]["statements"][0]["reversibility"], "schema-only");
}

#[test]
fn what_is_written_leads_back_and_what_is_by_hand_stays() {
    let shop = shop();
    let by_hand = read(shop.path(), "migrations/2_drop_email.down.sql");
    let wrote = run(shop.path(), &["--all", "--write"]);
    assert_eq!((wrote.code, wrote.out.as_str()), (0, ""), "{}", wrote.err);
    assert!(wrote.err.contains("wrote: migrations/3_add_age.down.sql"), "{}", wrote.err);
    assert!(wrote.err.contains("2_drop_email: not written: there is one, written by hand; --force"), "{}", wrote.err);
    assert_eq!(read(shop.path(), "migrations/2_drop_email.down.sql"), by_hand);
    assert_eq!(run(shop.path(), &["--all", "--write", "--force", "-q"]).code, 0);
    let checked = run(shop.path(), &["--all", "--check"]);
    assert_eq!(checked.code, 0);
    assert!(checked.out.ends_with("\n3 downs checked, 3 lead back\n"), "{}", checked.out);
    assert_eq!(run(shop.path(), &["--all", "--write"]).err, "", "a second time nothing changes");
}

#[test]
fn a_section_is_written_into_the_file_and_nothing_else_changes() {
    let goose = goose();
    let path = goose.path().join("migrations/2_age.sql");
    let crlf = format!("\u{feff}{}", GOOSE.replace('\n', "\r\n"));
    fs::write(&path, &crlf).expect("a file");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("permissions");
    assert_eq!(run(goose.path(), &["--write", "migrations/2_age.sql"]).code, 0);
    let text = fs::read_to_string(&path).expect("it is there");
    assert!(text.starts_with(&crlf) && text.contains("\r\n\r\n-- +goose Down\r\n-- Generated by"), "{text:?}");
    assert_eq!(text.matches('\n').count(), text.matches("\r\n").count());
    assert_eq!(fs::metadata(&path).expect("metadata").permissions().mode() & 0o777, 0o640);
    assert_eq!(read(goose.path(), "migrations/1_init.sql"), format!("-- +goose Up\n{INIT}"));
}

#[test]
fn a_link_stays_a_link() {
    let goose = goose();
    let (real, link) = (goose.path().join("elsewhere/real.sql"), goose.path().join("migrations/2_age.sql"));
    fs::create_dir(goose.path().join("elsewhere")).expect("a directory");
    fs::rename(&link, &real).expect("moved");
    std::os::unix::fs::symlink("../elsewhere/real.sql", &link).expect("a link");
    assert_eq!(run(goose.path(), &["--all", "--write"]).code, 0);
    assert!(fs::symlink_metadata(&link).expect("metadata").is_symlink());
    assert!(fs::read_to_string(&real).expect("it is there").contains("-- +goose Down"));
}

#[test]
fn what_cannot_be_written_is_left_as_it_was() {
    let goose = goose();
    let path = goose.path().join("migrations/2_age.sql");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).expect("permissions");
    let failed = run(goose.path(), &["--all", "--write"]);
    assert_eq!((failed.code, failed.out.as_str()), (2, ""));
    let told =
        "migrations/2_age.sql: cannot be written: it is read-only; written before it: migrations/1_init.sql; 1 not written";
    assert!(failed.err.contains(told), "{}", failed.err);
    assert_eq!(read(goose.path(), "migrations/2_age.sql"), GOOSE);

    // A file where the directory of reverts should be.
    let sqitch =
        project(&[("sqitch.plan", "%project=x\na 2024-01-01T00:00:00Z x <x@x>\n"), ("deploy/a.sql", INIT), ("revert", "a file")]);
    let failed = run(sqitch.path(), &["--all", "--write"]);
    assert_eq!(failed.code, 2);
    assert!(
        failed.err.contains("revert/a.sql: cannot be written") && failed.err.contains("nothing was written"),
        "{}",
        failed.err
    );
    assert_eq!(run(sqitch.path(), &["--all", "-o", "/dev/full"]).code, 2);
}

#[test]
fn no_room_and_a_killed_process_leave_the_old_text() {
    for ignore_signal in [true, false] {
        for dir in [goose(), shop()] {
            let before: Vec<String> = names(&dir.path().join("migrations"));
            let texts: Vec<String> = before.iter().map(|name| read(dir.path(), &format!("migrations/{name}"))).collect();
            let failed = run_without_room(dir.path(), ignore_signal);
            assert_eq!(failed.code, if ignore_signal { 2 } else { -1 }, "{}", failed.err);
            let now: Vec<String> = before.iter().map(|name| read(dir.path(), &format!("migrations/{name}"))).collect();
            assert_eq!(texts, now);
            // What a killed process leaves beside has a name that no runner reads; a failed one leaves nothing.
            let left = names(&dir.path().join("migrations")).into_iter().filter(|name| !before.contains(name));
            let left: Vec<String> = left.collect();
            assert!(left.iter().all(|name| name.starts_with('.') && !ignore_signal), "{left:?}");
            assert_eq!(run(dir.path(), &["--all", "--check"]).code, if before.len() == 2 { 0 } else { 1 });
        }
    }
}

/// A process that is killed while it writes many files leaves each whole or not there, and the next one writes the rest.
#[test]
fn a_killed_process_leaves_whole_files() {
    let init: Vec<(String, String)> = (0..60)
        .map(|number| (format!("migrations/{number:03}_t.up.sql"), format!("CREATE TABLE t{number} (id bigint PRIMARY KEY);\n")))
        .collect();
    let files: Vec<(&str, &str)> = init.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let (whole, killed) = (project(&files), project(&files));
    assert_eq!(run(whole.path(), &["--all", "--write", "-q"]).code, 0);
    let mut command = Command::new(env!("CARGO_BIN_EXE_migsafe"));
    let command = command.current_dir(killed.path()).args(["down", "--all", "--write"]).stderr(Stdio::null());
    let mut child = command.spawn().expect("it runs");
    let dir = killed.path().join("migrations");
    let is_down = |name: &&String| name.ends_with(".down.sql") && !name.starts_with('.');
    while !names(&dir).iter().any(|name| is_down(&name)) && child.try_wait().expect("a child").is_none() {
        std::thread::yield_now();
    }
    child.kill().expect("a child");
    child.wait().expect("it ends");
    for name in names(&dir).iter().filter(is_down) {
        assert_eq!(read(&dir, name), read(&whole.path().join("migrations"), name), "{name}");
    }
    assert!(init.iter().all(|(name, text)| read(killed.path(), name) == *text));
    assert_eq!(run(killed.path(), &["--all", "--write", "-q"]).code, 0);
    let of_runner =
        |dir: &Path| names(&dir.join("migrations")).into_iter().filter(|name| !name.starts_with('.')).collect::<Vec<_>>();
    assert_eq!(of_runner(killed.path()), of_runner(whole.path()));
}

/// Nothing is written in a directory that may only be read. Whoever may do anything runs it without that right.
#[test]
fn a_directory_that_may_only_be_read_stays_as_it_is() {
    let shop = shop();
    let dir = shop.path().join("migrations");
    fs::set_permissions(&dir, fs::Permissions::from_mode(0o555)).expect("permissions");
    let before = names(&dir);
    let may_anything = fs::write(dir.join("probe"), "").is_ok();
    let failed = match may_anything {
        false => run(shop.path(), &["--all", "--write"]),
        true => {
            fs::remove_file(dir.join("probe")).expect("it was written");
            let mut command = Command::new("setpriv");
            command.args(["--bounding-set", "-dac_override,-dac_read_search", "--inh-caps", "-all"]);
            command.arg(env!("CARGO_BIN_EXE_migsafe")).args(["down", "--all", "--write"]);
            ran(command.current_dir(shop.path()).stdin(Stdio::null()).output().expect("setpriv is there"))
        }
    };
    fs::set_permissions(&dir, fs::Permissions::from_mode(0o755)).expect("permissions");
    assert_eq!(failed.code, 2, "{}", failed.err);
    assert!(failed.err.contains("3_add_age.down.sql: cannot be written"), "{}", failed.err);
    assert_eq!(names(&dir), before);
}

/// On a disk without room nothing is half written. The disk is a small one in memory, where such a one may be mounted.
#[test]
fn a_full_disk_leaves_the_old_text() {
    for dir in [goose(), shop()] {
        let disk = tempfile::tempdir().expect("a temporary directory");
        let script = format!(
            "mount -t tmpfs -o size=64k none {disk} && cp -r migrations {disk} && cd {disk} || exit 77
            dd if=/dev/zero of=full bs=4096 2>/dev/null
            {program} down --all --write >out 2>/tmp/err.$$; code=$?; cat /tmp/err.$$; rm /tmp/err.$$
            diff -r migrations {source}/migrations && exit $code; exit 78",
            disk = disk.path().display(),
            source = dir.path().display(),
            program = env!("CARGO_BIN_EXE_migsafe"),
        );
        let mut command = Command::new("unshare");
        let command = command.args(["--user", "--map-root-user", "--mount", "sh", "-c", &script]).current_dir(dir.path());
        let Ok(output) = command.stdin(Stdio::null()).output() else { return };
        let ended = ran(output);
        // Where nothing may be mounted, the limit on files stands for a full disk.
        if ended.code == 1 && ended.out.is_empty() || ended.code == 77 {
            return;
        }
        assert_eq!(ended.code, 2, "{}{}", ended.out, ended.err);
        assert!(ended.out.contains("cannot be written") && ended.out.contains("No space left"), "{}", ended.out);
    }
}

/// A down is judged as the migration that it is, whoever wrote it.
#[test]
fn what_a_down_locks_and_breaks_is_told() {
    let dir = project(&[
        ("migrations/1_init.up.sql", INIT),
        ("migrations/1_init.down.sql", "DROP TABLE users;\n"),
        ("migrations/2_email.up.sql", "DROP INDEX IF EXISTS no_such; ALTER TABLE users DROP CONSTRAINT users_pkey;\n"),
        ("migrations/2_email.down.sql", "ALTER TABLE users ADD PRIMARY KEY (id);\n"),
        ("migrations/3_age.up.sql", ADD),
        ("migrations/3_age.down.sql", "ALTER TABLE users DROP COLUMN age;\n"),
    ]);
    let checked = run(dir.path(), &["--since", "1", "--check"]);
    snapshot("down-check-locks", &checked.out);
    let json = run(dir.path(), &["--since", "1", "--check", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&json.out).expect("one JSON document");
    let check = &report["down"]["migrations"][0]["check"];
    assert_eq!(check["findings"][0]["path"], "migrations/2_email.down.sql", "{check}");
    assert_eq!(check["locks"][0]["mode"], "ACCESS EXCLUSIVE", "{check}");
    assert_eq!(report["down"]["migrations"][1]["check"]["new_app"]["ok"], false);
}

/// A computed down is judged as the migration that it is, too.
#[test]
fn what_the_rules_say_of_a_computed_down_is_told() {
    let index = "CREATE INDEX i ON users (name); CREATE INDEX j ON users (email);\n";
    let dir = project(&[
        ("migrations/1_init.up.sql", &format!("{INIT}{index}")),
        ("migrations/2_drop.up.sql", "DROP INDEX i; DROP INDEX j; ALTER TABLE users DROP COLUMN email;\n"),
    ]);
    let printed = run(dir.path(), &["--since", "1"]);
    assert_eq!((printed.code, printed.err.as_str()), (0, ""));
    snapshot("down-print-findings", &printed.out);
    let json = run(dir.path(), &["--since", "1", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&json.out).expect("one JSON document");
    let findings = report["down"]["migrations"][0]["findings"].as_array().expect("a list");
    let sql = report["down"]["migrations"][0]["sql"].as_str().expect("a script");
    let index = findings.iter().find(|own| own["rule"] == "index-built-with-lock").expect("the finding");
    let line = index["line"].as_u64().expect("a line");
    assert!(sql.lines().nth(line as usize - 1).is_some_and(|line| line.starts_with("CREATE INDEX")), "{index}\n{sql}");
    assert_eq!(index["path"], "migrations/2_drop.down.sql");
    let wrote = run(dir.path(), &["--since", "1", "--write"]);
    let told =
        "note: 2_drop: the way back: warning: writes of users wait while an index is built (and 1 more) [index-built-with-lock]";
    assert!(wrote.err.contains(told), "{}", wrote.err);
    assert_eq!(run(dir.path(), &["--since", "1", "--write", "--force", "-q"]).err, "");
}

/// One migration in several files of one name has downs that lead back together.
#[test]
fn downs_of_one_name_are_checked_together() {
    let files = |name: &'static str| {
        project(&[
            ("migrations/1_init.up.sql", INIT),
            ("migrations/1_init.down.sql", "DROP TABLE users;\n"),
            ("migrations/2_age.up.sql", ADD),
            ("migrations/2_age.down.sql", "ALTER TABLE users DROP COLUMN age;\n"),
            (name, "ALTER TABLE users ALTER COLUMN age SET DEFAULT 1;\n"),
            (name.replace(".up.", ".down.").leak(), "SELECT 1;\n"),
        ])
    };
    let together = run(files("migrations/3_age.up.sql").path(), &["--since", "1", "--check"]);
    assert_eq!(together.code, 0, "{}", together.out);
    assert!(together.out.contains("the downs of 2_age to 3_age lead back together"), "{}", together.out);
    let apart = run(files("migrations/3_other.up.sql").path(), &["--since", "1", "--check"]);
    assert_eq!(apart.code, 1, "{}", apart.out);

    // A migration that is split into four: its downs are the statements of one script, the last ones empty.
    let split = |index: &'static str| {
        let ups = [
            "ALTER TABLE users ADD a int;",
            "CREATE INDEX i ON users (a);",
            "ALTER TABLE users ADD b int;",
            "CREATE INDEX j ON users (b);",
        ];
        let downs = ["ALTER TABLE users DROP b;", "ALTER TABLE users DROP a;", index, ""];
        let mut files =
            vec![("migrations/1_init.up.sql".to_owned(), INIT), ("migrations/1_init.down.sql".to_owned(), "DROP TABLE users;")];
        for (number, (up, down)) in ups.into_iter().zip(downs).enumerate() {
            files.push((format!("migrations/{}_split.up.sql", number + 2), up));
            files.push((format!("migrations/{}_split.down.sql", number + 2), down));
        }
        project(&files.iter().map(|(name, text)| (name.as_str(), *text)).collect::<Vec<_>>())
    };
    let whole = run(split("DROP INDEX j;").path(), &["--since", "1", "--check"]);
    assert_eq!(whole.code, 0, "{}", whole.out);
    assert!(whole.out.contains("the downs of 2_split to 5_split lead back together"), "{}", whole.out);
    let left = run(split("DROP INDEX j; CREATE TABLE left_over ();").path(), &["--since", "1", "--check"]);
    let told = "error: the downs of 2_split to 5_split together do not lead back to the schema before";
    assert_eq!((left.code, left.out.matches("error: the down").count()), (1, 1), "{}", left.out);
    assert!(left.out.contains(told) && left.out.contains("3 do not lead back"), "{}", left.out);
}

/// What the runner would refuse is told here too, and a finding about a down names the down's file.
#[test]
fn refused_files_and_places_in_downs_are_told() {
    let dir = project(&[
        ("migrations/1_init.up.sql", INIT),
        ("migrations/1_init.down.sql", "DROP TABLE users;\n"),
        ("migrations/2_age.up.sql", ADD),
        ("migrations/2_age.down.sql", "\n\nALTER TABLE users DROP COLUMN agee;\n"),
    ]);
    let mut command = Command::new(env!("CARGO_BIN_EXE_migsafe"));
    let json = ran(command.current_dir(dir.path()).args(["lint", "--all", "--format", "json"]).output().expect("it runs"));
    let report: serde_json::Value = serde_json::from_str(&json.out).expect("one JSON document");
    let findings = report["migrations"][1]["findings"].as_array().expect("a list");
    let fails = findings.iter().find(|own| own["rule"] == "down-fails").expect("the finding");
    assert_eq!((&fails["path"], &fails["line"]), (&"migrations/2_age.down.sql".into(), &3.into()), "{fails}");

    let twice = project(&[("V1__a.sql", INIT), ("V1__b.sql", ADD)]);
    let told = run(twice.path(), &["--all", "--runner", "flyway"]);
    assert!(told.err.contains("would refuse this"), "{}", told.err);
}

#[test]
fn hostile_text_reaches_no_terminal() {
    let evil = "\x1b]0;owned\x07\u{202e}\u{9b}31m";
    let table = format!("CREATE TABLE \"{evil}\" (id bigint DEFAULT length('{evil}'));");
    let dir = project(&[
        (&format!("migrations/1_{evil}.up.sql"), &table),
        (&format!("migrations/1_{evil}.down.sql"), &format!("DROP TABLE \"x{evil}\";")),
        ("migrations/2_b.up.sql", &format!("DROP TABLE \"{evil}\"; CREATE VIEW v AS SELECT '{evil}';")),
        ("migrations/2_b.down.sql", &format!("DROP VIEW v; CREATE TABLE \"{evil}\" (id int); -- {evil}")),
    ]);
    for args in [
        &["--all"][..],
        &["--all", "--check"],
        &["--all", "--check", "-v"],
        &["--all", "--format", "json"],
        &["--all", "--write"],
    ] {
        let ran = run(dir.path(), args);
        for text in [&ran.out, &ran.err] {
            assert!(!text.contains(['\x1b', '\x07', '\u{202e}', '\u{9b}']), "{args:?}: {text:?}");
        }
        assert!((0..2).contains(&ran.code), "{args:?}: {}", ran.err);
    }
}

#[test]
fn standard_input_is_printed_only() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let with = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_migsafe"));
        let input = fs::File::open(dir.path().join("x")).expect("the input");
        ran(command.current_dir(dir.path()).args(["down", "-"]).args(args).stdin(input).output().expect("it runs"))
    };
    fs::write(dir.path().join("x"), INIT).expect("a file");
    assert!(with(&[]).out.contains("DROP TABLE public.users;"));
    let refused = with(&["--write"]);
    assert!(refused.code == 2 && refused.err.contains("standard input has no place"), "{}", refused.err);
}
