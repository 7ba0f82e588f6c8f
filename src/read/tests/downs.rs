//! Ways back, written for each runner and read again: the runner finds them, the up is what it was, and nothing that somebody wrote is
//! lost.

use super::*;
use crate::read::statement::openings;
use crate::source::Migration;

const SCRIPT: &str = "-- lossless\n\n-- as it was\nCREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$\nBEGIN\n  -- it's; one\n\n  RETURN 1;\nEND\n$$;\n\nDROP TABLE a;\n";

/// Projects with two migrations each: the second has no way back.
const PROJECTS: &[(Runner, &[(&str, &str)])] = &[
    (
        Runner::Sqlx,
        &[
            ("Cargo.toml", "sqlx = \"0.9\""),
            ("migrations/1_a.up.sql", "A;"),
            ("migrations/1_a.down.sql", "DA;"),
            ("migrations/2_b.up.sql", "B;\n"),
        ],
    ),
    (Runner::Sqlx, &[("Cargo.toml", "sqlx = \"0.9\""), ("migrations/1_a.sql", "A;"), ("migrations/2_b.sql", "B;\n")]),
    (Runner::Diesel, &[("migrations/2024-01-01-000000_a/up.sql", "A;"), ("migrations/2024-01-02-000000_b/up.sql", "B;\n")]),
    (Runner::GolangMigrate, &[("go.mod", ""), ("migrations/1_a.up.sql", "A;"), ("migrations/2_b.up.sql", "B;\n")]),
    (
        Runner::Goose,
        &[
            ("migrations/1_a.sql", "-- +goose Up\nA;\n-- +goose Down\nDA;\n"),
            ("migrations/2_b.sql", "-- +goose Up\n-- +goose ENVSUB ON\nB;\n"),
        ],
    ),
    (
        Runner::Dbmate,
        &[
            ("db/migrations/1_a.sql", "-- migrate:up\nA;\n-- migrate:down\nDA;\n"),
            ("db/migrations/2_b.sql", "-- migrate:up\nB;\n"),
        ],
    ),
    (Runner::Refinery, &[("Cargo.toml", "refinery"), ("migrations/V1__a.sql", "A;"), ("migrations/sub/V2__b.sql", "B;\n")]),
    (Runner::Flyway, &[("db/migration/V1__a.sql", "A;"), ("db/migration/V1_1__b.sql", "B;\n")]),
    (
        Runner::Prisma,
        &[
            ("prisma/migrations/migration_lock.toml", ""),
            ("prisma/migrations/20240101000000_a/migration.sql", "A;"),
            ("prisma/migrations/20240102000000_b/migration.sql", "B;\n"),
        ],
    ),
    (
        Runner::Drizzle,
        &[
            ("drizzle/meta/_journal.json", "{\"entries\":[{\"tag\":\"0000_a\",\"when\":1},{\"tag\":\"0001_b\",\"when\":2}]}"),
            ("drizzle/0000_a.sql", "A;"),
            ("drizzle/0001_b.sql", "B;\n"),
        ],
    ),
    (
        Runner::Drizzle,
        &[
            ("drizzle/20240101_a/snapshot.json", ""),
            ("drizzle/20240101_a/migration.sql", "A;"),
            ("drizzle/20240102_b/migration.sql", "B;\n"),
        ],
    ),
    (
        Runner::Supabase,
        &[("supabase/migrations/20240101000000_a.sql", "A;"), ("supabase/migrations/20240102000000_b.sql", "B;\n")],
    ),
    (
        Runner::Sqitch,
        &[
            ("sqitch.plan", "%project=x\na 2024-01-01T00:00:00Z x <x@x>\nb 2024-01-01T00:00:00Z x <x@x>\n"),
            ("sqitch.conf", "[core]\n\trevert_dir = undo\n"),
            ("deploy/a.sql", "A;"),
            ("deploy/b.sql", "B;\n"),
        ],
    ),
    (
        Runner::Liquibase,
        &[(
            "db/changelog/x.sql",
            "--liquibase formatted sql\n\n--changeset me:1\nA;\n--rollback DA;\n\n--changeset me:2\nB;\n\n--changeset me:3\nC;\n",
        )],
    ),
    (Runner::Plain, &[("migrations/001_a.sql", "A;"), ("migrations/002_b.sql", "B;\n")]),
];

fn texts(project: &Project, script: Option<&Script>) -> Vec<String> {
    let chunks = script.iter().flat_map(|script| &script.chunks);
    chunks.map(|chunk| project.sources.slice(*chunk).trim().to_owned()).collect()
}

fn write(edits: &[Edit]) {
    for edit in edits {
        fs::create_dir_all(edit.path.parent().unwrap()).unwrap();
        fs::write(&edit.path, &edit.after).unwrap();
    }
}

fn with_down(project: &Project, number: usize, script: &str) -> Vec<Edit> {
    let down = DownText { script, transactional: true };
    let (edits, refused) = down_edits(project, &[(number, down)], &[]);
    assert_eq!(refused, [], "{}", project.runner);
    edits
}

/// The first words of each statement that is sent.
fn words(project: &Project, migration: &Migration) -> Vec<String> {
    let texts = texts(project, migration.down.as_ref());
    let sent = texts.iter().flat_map(|text| openings(text, 2));
    sent.map(|(_, words)| words.join(" ")).filter(|words| words != "BEGIN" && words != "COMMIT").collect()
}

#[test]
fn what_is_written_is_what_the_runner_finds() {
    for (runner, files) in PROJECTS {
        let dir = lay_out(files);
        let project = read(dir.path(), None).unwrap();
        assert_eq!(project.runner, *runner, "{files:?}");
        assert!(down_state(&project, 1) == DownState::Missing, "{runner}");
        let edits = with_down(&project, 1, SCRIPT);
        write(&edits);
        let again = read(dir.path(), None).unwrap();
        let shown = fs::read_to_string(down_path(&again, 1).unwrap()).unwrap();
        assert_eq!(down_path(&project, 1), Some(edits[0].path.as_path()), "{runner}");
        assert_eq!(down_state(&again, 1), DownState::Generated, "{runner}\n{shown}");
        assert_eq!(words(&again, &again.history.migrations[1]), ["CREATE FUNCTION", "DROP TABLE"], "{runner}\n{shown}");
        assert!(with_down(&again, 1, SCRIPT).is_empty(), "{runner}: the same again changes nothing");
        let ups = |project: &Project| {
            let texts = project.history.migrations.iter().flat_map(|migration| texts(project, Some(&migration.up)));
            texts.flat_map(|text| openings(&text, 4)).map(|(_, words)| words.join(" ")).collect::<Vec<String>>()
        };
        assert_eq!(ups(&again), ups(&project), "{runner}");
        assert_eq!(
            again.notes.len(),
            project.notes.len() - usize::from(*runner == Runner::Dbmate),
            "{runner}: {:?}",
            again.notes
        );
        // One word more, and it is somebody's own.
        let changed = shown.replace("DROP TABLE a", "DROP TABLE a CASCADE");
        fs::write(&edits[0].path, changed).unwrap();
        assert_eq!(down_state(&read(dir.path(), None).unwrap(), 1), DownState::Written, "{runner}");
    }
}

#[test]
fn files_as_they_are_written() {
    let mut out = String::new();
    for (runner, files) in PROJECTS {
        let dir = lay_out(files);
        let project = read(dir.path(), None).unwrap();
        for edit in with_down(&project, 1, SCRIPT) {
            writeln!(out, "== {runner} {}\n{}", edit.path.strip_prefix(dir.path()).unwrap().display(), edit.after).unwrap();
        }
    }
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!("read_downs", out));
}

#[test]
fn what_is_not_the_section_stays_byte_for_byte() {
    let goose = |text: &str| {
        let dir = lay_out(&[("migrations/1_a.sql", text)]);
        let project = read(dir.path(), Some(Runner::Goose)).unwrap();
        let (edits, _) = down_edits(&project, &[(0, DownText { script: "DROP TABLE a;\n", transactional: true })], &[]);
        edits[0]
            .after
            .replace(&edits[0].after[edits[0].after.find("-- Gen").unwrap()..edits[0].after.find(" hand.").unwrap()], "S")
    };
    for (before, after) in [
        ("-- +goose Up\nA;", "-- +goose Up\nA;\n\n-- +goose Down\nS hand.\nDROP TABLE a;"),
        ("-- +goose Up\r\nA;\r\n", "-- +goose Up\r\nA;\r\n\r\n-- +goose Down\r\nS hand.\r\nDROP TABLE a;\r\n"),
        (
            "-- +goose Up\nA;  \n\n\n-- +goose Down\n-- later\n\n",
            "-- +goose Up\nA;  \n\n\n-- +goose Down\nS hand.\nDROP TABLE a;\n\n",
        ),
        ("-- +goose Up\nA;\n-- +goose Down", "-- +goose Up\nA;\n-- +goose Down\nS hand.\nDROP TABLE a;"),
    ] {
        assert_eq!(goose(before), after, "{before:?}");
    }
}

#[test]
fn what_is_there_is_told_apart() {
    for (down, state) in [
        ("", DownState::Empty),
        (" \n", DownState::Empty),
        ("-- This file should undo anything in `up.sql`\n", DownState::Comments),
        ("-- Revert a\n\nBEGIN;\n-- XXX\nCOMMIT;\n", DownState::Comments),
        ("SELECT 1;", DownState::Written),
        ("DROP TABLE a;", DownState::Written),
        ("-- Generated by `migsafe down`, checksum 1: once\nDROP TABLE a;", DownState::Written),
    ] {
        let dir = lay_out(&[("migrations/1_a/up.sql", "A;"), ("migrations/1_a/down.sql", down)]);
        assert_eq!(down_state(&read(dir.path(), None).unwrap(), 0), state, "{down:?}");
        let section = format!("-- +goose Up\nA;\n-- +goose Down\n{down}");
        let dir = lay_out(&[("migrations/1_a.sql", &section)]);
        assert_eq!(down_state(&read(dir.path(), None).unwrap(), 0), state, "{section:?}");
    }
}

#[test]
fn a_runner_that_cannot_run_it_is_told_so() {
    let concurrently = |script: &'static str, files: &[(&str, &str)]| {
        let dir = lay_out(files);
        let project = read(dir.path(), None).unwrap();
        let (edits, refused) = down_edits(&project, &[(0, DownText { script, transactional: false })], &[]);
        (edits.first().map(|edit| edit.after.clone()), refused.first().map(|(_, reason)| reason.to_string()))
    };
    let one = "DROP INDEX CONCURRENTLY a;\n";
    let two = "DROP INDEX CONCURRENTLY a;\nDROP INDEX CONCURRENTLY b;\n";
    let sqlx = &[("Cargo.toml", "sqlx"), ("migrations/1_a.up.sql", "A;")];
    assert!(concurrently(one, sqlx).0.unwrap().starts_with("-- no-transaction\n-- Generated"));
    assert!(concurrently(two, sqlx).1.unwrap().contains("has several statements"));
    let dbmate = &[("migrations/1_a.sql", "-- migrate:up\nA;\n-- migrate:down\n")];
    assert!(concurrently(one, dbmate).0.unwrap().contains("-- migrate:down transaction:false\n"));
    let goose = &[("migrations/1_a.sql", "-- +goose Up\nA;\n")];
    assert!(concurrently(one, goose).1.unwrap().contains("for up and down together"));
    let goose = &[("migrations/1_a.sql", "-- +goose NO TRANSACTION\n-- +goose Up\nA;\n")];
    assert!(concurrently(two, goose).0.is_some());
    let plain = &[("migrations/1_a.sql", "A;\n")];
    assert!(!concurrently(two, plain).0.unwrap().contains("BEGIN"));
    let repeatable = &[("db/migration/V1__a.sql", "A;"), ("db/migration/R__b.sql", "B;")];
    let project = read(lay_out(repeatable).path(), None).unwrap();
    let (_, refused) = down_edits(&project, &[(1, DownText { script: one, transactional: true })], &[]);
    assert!(refused[0].1.to_string().contains("no way back for a migration of this kind"));
}
