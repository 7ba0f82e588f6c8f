//! Projects laid out in temporary directories, read as each runner would.

mod downs;
mod runners;

use std::fmt::Write;
use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::*;
use crate::source::{MigrationKind, Script, Transaction};

/// A directory with these files.
fn lay_out(files: &[(&str, &str)]) -> TempDir {
    let dir = TempDir::new().unwrap();
    for (name, text) in files {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    dir
}

fn script(project: &Project, script: &Script) -> String {
    let how = match script.transaction {
        Transaction::Wrapped => "wrapped",
        Transaction::PerChunk => "chunk",
        Transaction::PerStatement => "statement",
    };
    let chunks: Vec<String> = script
        .chunks
        .iter()
        .map(|chunk| project.sources.slice(*chunk).split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    format!("{how} {}", chunks.join(" | "))
}

/// The project as text: a line for each migration, its down, and each note.
fn show(project: &Project, root: &Path) -> String {
    let mut out = format!("{}{}\n", project.runner, if project.history.one_transaction { ", one transaction" } else { "" });
    for migration in &project.history.migrations {
        let again = if migration.kind == MigrationKind::Repeatable { " again" } else { "" };
        writeln!(out, "{} {}{again}: {}", migration.version, migration.name, script(project, &migration.up)).unwrap();
        if let Some(down) = &migration.down {
            writeln!(out, "  down {}", script(project, down)).unwrap();
        }
    }
    for note in &project.notes {
        let path = note.path.strip_prefix(root).unwrap_or(&note.path).display();
        let line = note.span.map(|span| format!(":{}", project.sources.position(span.file, span.start).line)).unwrap_or_default();
        writeln!(out, "{:?} {path}{line}: {}", note.kind, note.message).unwrap();
    }
    out
}

fn check(files: &[(&str, &str)], expected: &str) {
    check_as(files, None, expected);
}

fn check_as(files: &[(&str, &str)], runner: Option<Runner>, expected: &str) {
    let dir = lay_out(files);
    let project = read(dir.path(), runner).unwrap();
    let shown = show(&project, dir.path());
    assert_eq!(shown.trim(), expected.trim(), "\n{shown}");
}

#[test]
fn a_named_runner_goes_before_what_is_recognised() {
    let files = [("migrations/1_a.sql", "-- +goose Up\nA;\n")];
    check_as(&files, Some(Runner::Sqlx), "sqlx\n1 a: wrapped -- +goose Up A;");
    let wrong = read(lay_out(&files).path(), Some(Runner::Sqitch)).unwrap_err();
    assert!(matches!(wrong, ReadError::NoMigrations { runner: Some("sqitch"), .. }), "{wrong}");
}

#[test]
fn files_select_within_their_project() {
    let dir = lay_out(&[
        ("migrations/2024-01-01-000000_a/up.sql", "A;"),
        ("migrations/2024-01-02-000000_b/up.sql", "B;"),
        ("migrations/2024-01-02-000000_b/down.sql", "D;"),
        ("one.sql", "O;"),
    ]);
    let at = |name: &str| dir.path().join(name);
    let selected = |names: &[&str]| {
        let paths: Vec<_> = names.iter().map(|name| at(name)).collect();
        read_paths(&paths, None).unwrap().iter().map(|project| (project.runner, project.selected.clone())).collect::<Vec<_>>()
    };
    let diesel = |selected: Option<Vec<usize>>| (Runner::Diesel, selected);
    assert_eq!(selected(&["migrations"]), [diesel(None)]);
    assert_eq!(selected(&["migrations/2024-01-02-000000_b/up.sql"]), [diesel(Some(vec![1]))]);
    assert_eq!(selected(&["migrations/2024-01-02-000000_b"]), [diesel(Some(vec![1]))]);
    assert_eq!(selected(&["migrations/2024-01-02-000000_b/down.sql"]), [diesel(Some(vec![]))]);
    assert_eq!(selected(&["one.sql", "one.sql"]), [(Runner::Plain, None)]);
    assert_eq!(selected(&["migrations/2024-01-02-000000_b/up.sql", "migrations"]), [diesel(None)]);
    let both = ["migrations/2024-01-02-000000_b/up.sql", "migrations/2024-01-01-000000_a/up.sql", "one.sql"];
    assert_eq!(selected(&both), [diesel(Some(vec![0, 1])), (Runner::Plain, None)]);
}

#[test]
fn standard_input_is_one_migration() {
    let project = read_stdin("ALTER TABLE a;", None).unwrap();
    assert_eq!(show(&project, Path::new("")), "plain\n standard input: statement ALTER TABLE a;\n");
}

#[test]
fn bad_input_is_told() {
    let bad = |bytes: &[u8]| {
        let dir = lay_out(&[("1_a.sql", "")]);
        fs::write(dir.path().join("1_a.sql"), bytes).unwrap();
        read(dir.path(), None)
            .map(|project| show(&project, dir.path()))
            .unwrap_or_else(|error| error.to_string().replace(&format!("{}/", dir.path().display()), ""))
    };
    let cases: [(&[u8], &str); 5] = [
        (b"a;\nb\xff", "1_a.sql:2: not UTF-8 at byte 4; convert it, for example with `iconv -f ISO-8859-1 -t UTF-8`"),
        (
            b"\xff\xfea\0",
            "1_a.sql: encoded as UTF-16LE, which PostgreSQL and the runners reject; convert it with `iconv -f UTF-16LE -t UTF-8`",
        ),
        (b"a\0", "1_a.sql: has a NUL byte at 1: a binary file, or text in another encoding; save it as UTF-8 or leave it out"),
        (
            b"\xef\xbb\xbfA;",
            "plain\n1 a: statement A;\nOdd 1_a.sql:1: begins with a byte order mark: psql skips it, but the server rejects it from runners that send it; save the file without\n",
        ),
        (b"", "plain\n1 a: statement \n"),
    ];
    for (bytes, expected) in cases {
        assert_eq!(bad(bytes), expected);
    }
}

#[test]
fn nothing_to_read_is_an_error() {
    let dir = lay_out(&[("src/x.txt", "")]);
    assert!(matches!(read(dir.path(), None), Err(ReadError::NoMigrations { .. })));
    assert!(matches!(read(&dir.path().join("nowhere"), None), Err(ReadError::Missing { .. })));
}

#[cfg(unix)]
#[test]
fn links_pipes_and_hostile_names() {
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::symlink;
    let dir = lay_out(&[("migrations/V1__a.sql", "A;"), ("migrations/V2__b\n\u{1b}[31m.sql", "B;")]);
    symlink("..", dir.path().join("migrations/up")).unwrap();
    let odd = std::ffi::OsStr::from_bytes(b"V3__\xff.sql");
    fs::write(dir.path().join("migrations").join(odd), "C;").unwrap();
    let project = read(dir.path(), Some(Runner::Flyway)).unwrap();
    assert_eq!(project.history.migrations.len(), 2);
    assert_eq!(project.notes.len(), 1, "{:?}", project.notes);
    symlink("gone", dir.path().join("migrations/V4__d.sql")).unwrap();
    assert!(matches!(read(dir.path(), None), Err(ReadError::Unreadable { .. })));
    let missing = read(&dir.path().join("a\u{1b}b"), None).unwrap_err().to_string();
    assert!(!missing.contains('\u{1b}'), "{missing:?}");
}

/// The runner that an example is named after, and whether its `migsafe.toml` has to say so.
fn example_runner(dir: &Path) -> (Runner, Option<Runner>) {
    let name = dir.file_name().unwrap().to_str().unwrap();
    let named = Runner::all().find(|runner| name.starts_with(&format!("{}-", runner.name()))).unwrap();
    let config: toml::Table = fs::read_to_string(dir.join("migsafe.toml")).unwrap().parse().unwrap();
    (named, config.get("runner").map(|runner| runner.as_str().unwrap().parse().unwrap()))
}

#[test]
fn examples_are_read_whole() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations-examples");
    let mut seen = Vec::new();
    for entry in fs::read_dir(root).unwrap() {
        let dir = entry.unwrap().path();
        if !dir.is_dir() {
            continue;
        }
        let (named, configured) = example_runner(&dir);
        let project = read(&dir, configured).unwrap();
        let shown = show(&project, &dir);
        assert_eq!(project.runner, named, "{shown}");
        let count = project.history.migrations.len();
        assert!(count >= 8 && project.notes.iter().all(|note| note.kind == NoteKind::NotRead), "{shown}");
        let reversible = [
            Runner::Sqlx,
            Runner::Diesel,
            Runner::GolangMigrate,
            Runner::Goose,
            Runner::Dbmate,
            Runner::Sqitch,
            Runner::Liquibase,
        ];
        let downs = project.history.migrations.iter().filter(|migration| migration.down.is_some()).count();
        assert!(downs == count || !reversible.contains(&named), "{shown}");
        let config: toml::Table = fs::read_to_string(dir.join("migsafe.toml")).unwrap().parse().unwrap();
        let released = config["released-up-to"].as_str().unwrap();
        assert!(project.history.migrations.iter().any(|migration| migration.version == released), "{released}: {shown}");
        seen.push(named);
    }
    seen.sort_unstable();
    assert_eq!(seen, Runner::all().collect::<Vec<_>>());
}
