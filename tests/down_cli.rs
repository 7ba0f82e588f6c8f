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
    assert_eq!((checked.code, checked.out.as_str()), (0, "3 downs checked, 3 lead back\n"));
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
