//! `migsafe plan --write` for every runner: what it writes is a project of that runner, and has no error left.

use std::fs;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

#[path = "plan_splits/cases.rs"]
#[allow(dead_code)]
mod cases;

fn run(dir: &Path, args: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_migsafe")).current_dir(dir).args(args).output().expect("the program runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code().expect("no signal"), text(output.stdout), text(output.stderr))
}

/// A project of a runner with two migrations, the first of them applied.
fn project(runner: &str, init: &str, change: &str) -> TempDir {
    let dir = tempfile::tempdir().expect("a directory");
    let put = |name: &str, text: String| {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().expect("a directory")).expect("a directory");
        fs::write(path, text).expect("a file");
    };
    let pair = |first: &str, second: &str| {
        put(&format!("migrations/{first}"), init.into());
        put(&format!("migrations/{second}"), change.into());
    };
    let since = match runner {
        "sqitch" => {
            put("migrations/sqitch.conf", "[core]\n\tengine = pg\n".into());
            put(
                "migrations/sqitch.plan",
                "%syntax-version=1.0.0\n%project=shop\n\ninit 2024-01-01T00:00:00Z Ida <ida@x> # First.\n@v1 2024-01-01T00:00:00Z Ida <ida@x> # v1\n\
                 change [init] 2024-01-02T00:00:00Z Ida <ida@x> # Second.\n"
                    .into(),
            );
            put("migrations/revert/init.sql", "SELECT 1;".into());
            pair("deploy/init.sql", "deploy/change.sql");
            "init"
        }
        "liquibase" => {
            let text = format!(
                "--liquibase formatted sql\n\n--changeset ana:1\n{init}\n--rollback not required\n\n--changeset ana:2 labels:shop\n{change}\n--rollback SELECT 1;\n"
            );
            put("migrations/changelog.sql", text);
            "ana:1"
        }
        "drizzle" => {
            put(
                "migrations/meta/_journal.json",
                r#"{"version":"7","dialect":"postgresql","entries":[{"idx":0,"version":"7","when":1000,"tag":"0000_init","breakpoints":true},
                    {"idx":1,"version":"7","when":2000,"tag":"0001_change","breakpoints":true}]}"#
                    .into(),
            );
            pair("0000_init.sql", "0001_change.sql");
            "0000"
        }
        "goose" => {
            put("migrations/0001_init.sql", format!("-- +goose Up\n-- +goose StatementBegin\n{init}\n-- +goose StatementEnd\n"));
            put("migrations/0002_change.sql", format!("-- +goose Up\n{change}\n-- +goose Down\nSELECT 1;\n"));
            "0001"
        }
        "dbmate" => {
            put("migrations/0001_init.sql", format!("-- migrate:up\n{init}\n-- migrate:down\n"));
            put("migrations/0002_change.sql", format!("-- migrate:up\n{change}\n-- migrate:down\n"));
            "0001"
        }
        "prisma" => {
            pair("20240101000000_init/migration.sql", "20240102000000_change/migration.sql");
            "20240101000000"
        }
        "supabase" => {
            pair("20240101000000_init.sql", "20240102000000_change.sql");
            "20240101000000"
        }
        "diesel" => {
            pair("2024-01-01-000000_init/up.sql", "2024-01-02-000000_change/up.sql");
            "20240101000000"
        }
        "golang-migrate" => {
            pair("1_init.up.sql", "2_change.up.sql");
            "1"
        }
        "flyway" | "refinery" => {
            pair("V1__init.sql", "V2__change.sql");
            "1"
        }
        _ => {
            pair("0001_init.sql", "0002_change.sql");
            "0001"
        }
    };
    put("migsafe.toml", format!("runner = '{runner}'\nreleased-up-to = '{since}'\nserver-version = '15'\n"));
    dir
}

#[test]
fn every_split_is_written_for_every_runner_without_an_error() {
    let runners =
        ["sqlx", "diesel", "golang-migrate", "goose", "dbmate", "flyway", "prisma", "supabase", "sqitch", "liquibase", "plain"];
    for (number, case) in cases::CASES.iter().enumerate() {
        // Some for each, and every runner in its turn.
        for at in [number, number + 4, number + 8] {
            let runner = runners[at % runners.len()];
            let dir = project(runner, case.init, case.change);
            let (code, _, errors) = run(dir.path(), &["plan", "--write", "out", "-q"]);
            assert_eq!((code, errors.as_str()), (0, ""), "{runner}: {}", case.name);
            assert!(fs::read_dir(dir.path().join("out")).expect("it is there").next().is_some(), "{runner}: {}", case.name);
        }
    }
}

#[test]
fn runners_with_one_transaction_refuse_what_must_not_run_in_one() {
    let rename = "ALTER TABLE users RENAME COLUMN name TO label;";
    for runner in ["refinery", "drizzle"] {
        let dir = project(runner, "CREATE TABLE users (id bigint PRIMARY KEY, name text);", rename);
        let (code, _, errors) = run(dir.path(), &["plan", "--write", "out"]);
        assert_eq!(code, 2, "{errors}");
        assert!(errors.contains("runs every migration in a transaction, and change_backfill must not run in one"), "{errors}");
        assert!(!dir.path().join("out").exists(), "nothing is half written");
    }
}

const INIT: &str = "CREATE TABLE users (id bigint PRIMARY KEY, name text);";
const RENAME: &str = "ALTER TABLE users RENAME TO people;";

fn written(runner: &str, file: &str) -> String {
    let dir = project(runner, INIT, RENAME);
    let (code, _, errors) = run(dir.path(), &["plan", "--write", "out", "-q"]);
    assert_eq!((code, errors.as_str()), (0, ""), "{runner}");
    fs::read_to_string(dir.path().join("out").join(file)).unwrap_or_else(|error| panic!("{runner}: {file}: {error}"))
}

#[test]
fn drizzle_lists_them_in_its_journal() {
    let journal: serde_json::Value = serde_json::from_str(&written("drizzle", "meta/_journal.json")).expect("JSON");
    let entries: Vec<(i64, i64, &str)> = journal["entries"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|entry| {
            (
                entry["idx"].as_i64().expect("a number"),
                entry["when"].as_i64().expect("a time"),
                entry["tag"].as_str().expect("a tag"),
            )
        })
        .collect();
    assert_eq!(entries, [(0, 1000, "0000_init"), (1, 2000, "0001_change_expand"), (2, 2001, "0002_change_contract")]);
    let expand = written("drizzle", "0001_change_expand.sql");
    assert_eq!(
        expand,
        "ALTER TABLE users RENAME TO people;\n--> statement-breakpoint\nCREATE VIEW users AS SELECT id, name FROM people;\n"
    );
    let dir = project("drizzle", INIT, RENAME);
    let (_, _, notes) = run(dir.path(), &["plan", "--write", "out"]);
    assert!(notes.contains("no meta/*_snapshot.json is written"), "{notes}");
}

#[test]
fn sqitch_plans_them_with_their_scripts() {
    assert_eq!(
        written("sqitch", "sqitch.plan"),
        "%syntax-version=1.0.0\n%project=shop\n\ninit 2024-01-01T00:00:00Z Ida <ida@x> # First.\n@v1 2024-01-01T00:00:00Z Ida <ida@x> # v1\n\
         change_expand [init] 2024-01-02T00:00:00Z Ida <ida@x> # change expand\n\
         change_contract [change_expand] 2024-01-02T00:00:00Z Ida <ida@x> # change contract\n"
    );
    assert_eq!(
        written("sqitch", "deploy/change_expand.sql"),
        "-- Deploy shop:change_expand to pg\n\nBEGIN;\n\nALTER TABLE users RENAME TO people;\n\
         CREATE VIEW users AS SELECT id, name FROM people;\n\nCOMMIT;\n"
    );
    assert!(written("sqitch", "revert/change_expand.sql").contains("DROP VIEW public.users;"));
    assert!(written("sqitch", "verify/change_contract.sql").contains("ROLLBACK;"));
}

#[test]
fn liquibase_has_them_as_changesets_with_rollbacks() {
    let text = written("liquibase", "changelog.sql");
    let lines: Vec<&str> = text.lines().filter(|line| line.starts_with("--changeset")).collect();
    assert_eq!(lines, ["--changeset ana:1", "--changeset ana:2-expand labels:shop", "--changeset ana:2-contract labels:shop"]);
    assert!(text.contains(INIT) && text.contains("--rollback DROP VIEW public.users;"), "{text}");
}
