//! `migsafe plan` as people and pipelines use it: plans of the example projects for every strategy, and small releases that show
//! one thing each.

use migsafe::assess::Strategy;
use migsafe::dialect::{Dialect, Postgres};
use migsafe::report::{self, Detail, Look};
use migsafe::rules::Levels;
use migsafe::{Options, Pending, lint, read};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use tempfile::TempDir;

const STRATEGIES: [&str; 4] = ["rolling", "blue-green", "canary", "stop-the-world"];

struct Ran {
    code: i32,
    out: String,
    err: String,
}

fn run(dir: &Path, args: &[&str]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_migsafe"));
    command.current_dir(dir).args(args).env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE").stdin(Stdio::null());
    let output = command.output().expect("the program runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    Ran { code: output.status.code().expect("no signal"), out: text(output.stdout), err: text(output.stderr) }
}

/// A project of plain migrations; the first is live.
fn project(files: &[(&str, &str)]) -> TempDir {
    let dir = tempfile::tempdir().expect("a temporary directory");
    fs::create_dir(dir.path().join("migrations")).expect("a directory");
    fs::write(dir.path().join("migsafe.toml"), "released-up-to = '0001'\nrunner = 'sqlx'\n").expect("a file");
    for (name, text) in files {
        fs::write(dir.path().join("migrations").join(format!("{name}.sql")), text).expect("a file");
    }
    dir
}

const INIT: (&str, &str) = ("0001_init", "CREATE TABLE users (id bigint PRIMARY KEY, name text NOT NULL, email text);\n");

/// A release that does everything right: the new column is kept filled, and the old one goes last.
fn careful() -> TempDir {
    project(&[
        INIT,
        (
            "0002_add_login",
            "ALTER TABLE users ADD COLUMN login text;\n\
             CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN\n  \
             NEW.login := coalesce(NEW.login, NEW.email); RETURN NEW;\nEND $$;\n\
             CREATE TRIGGER fill BEFORE INSERT OR UPDATE ON users FOR EACH ROW EXECUTE FUNCTION fill();\n",
        ),
        ("0003_fill_login", "UPDATE users SET login = email WHERE id BETWEEN 1 AND 1000;\n"),
        (
            "0004_drop_email",
            "-- migsafe: gate=\"flag login_by_name fully on\"\n\
             DROP TRIGGER fill ON users;\nDROP FUNCTION fill();\nALTER TABLE users DROP COLUMN email;\n",
        ),
    ])
}

fn plan(dir: &TempDir, args: &[&str]) -> Ran {
    run(dir.path(), &[&["plan"], args].concat())
}

fn json(dir: &TempDir, args: &[&str]) -> serde_json::Value {
    let ran = plan(dir, &[&["--format", "json"], args].concat());
    serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {}{}", ran.err, ran.out))
}

fn snapshot(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots/plan"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

#[test]
fn the_examples_by_strategy() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations-examples");
    let Ok(entries) = fs::read_dir(&examples) else { return };
    let mut names: Vec<_> = entries.flatten().filter(|entry| entry.path().is_dir()).map(|entry| entry.file_name()).collect();
    names.sort();
    for name in names {
        let name = name.to_str().expect("UTF-8");
        let mut text = String::new();
        for strategy in STRATEGIES {
            let ran = run(&examples, &["plan", name, "--strategy", strategy]);
            assert!(ran.code < 2, "{name}: {}", ran.err);
            text += &format!("$ migsafe plan {name} --strategy {strategy}\n\n{}{}\n", ran.err, ran.out);
        }
        snapshot(&format!("example-{name}"), &text);
    }
}

#[test]
fn a_careful_release_in_every_format() {
    let dir = careful();
    let mut text = String::new();
    for strategy in STRATEGIES {
        let ran = plan(&dir, &["--strategy", strategy]);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", ran.out);
        text += &format!("$ migsafe plan --strategy {strategy}\n\n{}\n", ran.out);
    }
    snapshot("careful", &text);
    for format in ["markdown", "html", "json"] {
        let ran = plan(&dir, &["--format", format]);
        assert_eq!(ran.code, 0);
        snapshot(&format!("careful-{format}"), &ran.out);
    }
}

#[test]
fn stages_gates_and_the_way_back() {
    let plan = json(&careful(), &[])["plan"].clone();
    let stage = |at: usize| {
        let stage = &plan["stages"][at];
        let names: Vec<&str> = stage["migrations"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|found| found["version"].as_str().expect("text"))
            .collect();
        (
            stage["name"].as_str().expect("text"),
            names,
            stage["works"].to_string(),
            stage["rollback"]["how"].as_str().expect("text"),
        )
    };
    let works = |old: bool, new: bool| format!("{{\"old\":{old},\"new\":{new}}}");
    assert_eq!(stage(0), ("before-deploy", vec!["0002"], works(true, true), "flip-back"));
    assert_eq!(stage(1), ("after-deploy", vec!["0003"], works(true, true), "flip-back"));
    assert_eq!(stage(2), ("after-rollback-window", vec!["0004"], works(false, true), "no-return"));
    let gates: Vec<&str> =
        plan["gates"].as_array().expect("a list").iter().map(|gate| gate["name"].as_str().expect("text")).collect();
    assert_eq!(gates, ["old-version-gone", "rollback-window-closed", "named"]);
    assert_eq!(plan["point_of_no_return"]["migration"]["version"], "0004");
    assert_eq!(plan["point_of_no_return"]["lost"][0], "the values of users.email");
}

#[test]
fn what_is_wrong_with_a_release() {
    for (files, kind, message) in [
        (
            &[("0002_drop", "ALTER TABLE users DROP COLUMN email;"), ("0003_add", "ALTER TABLE users ADD COLUMN age int;")][..],
            "order",
            "0002_drop belongs after-rollback-window, but 0003_add comes after it and belongs before-deploy",
        ),
        (
            &[("0002_add", "ALTER TABLE users ADD COLUMN login text;"), ("0003_fill", "UPDATE users SET login = name;")],
            "missed-rows",
            "0003_fill leaves login of users unfilled in rows that old instances write from then on",
        ),
        (
            &[
                ("0002_add", "CREATE TABLE logins (id bigint PRIMARY KEY, login text);"),
                ("0003_fill", "INSERT INTO logins SELECT id, email FROM users;"),
            ],
            "missed-rows",
            "0003_fill copies into logins what is there now: what old instances write from then on is missing",
        ),
        (&[("0002_fill", "UPDATE users SET login = name;"), ("0003_add", "ALTER TABLE users ADD COLUMN age int;")], "", ""),
        (
            &[("0002_add", "ALTER TABLE users ADD COLUMN login text;"), ("0003_drop", "ALTER TABLE users DROP COLUMN email;")],
            "same-release",
            "0003_drop takes away what 0002_add replaces, in one release",
        ),
        (
            &[("0002_both", "ALTER TABLE users ADD COLUMN login text; UPDATE users SET email = name;")],
            "mixed",
            "0002_both holds statements of several stages",
        ),
        (
            &[("0002_rename", "ALTER TABLE users RENAME COLUMN email TO mail;")],
            "breaking",
            "0002_rename suits no moment: the old version fails after it, the new one before it",
        ),
        (&[("0002_what", "FROBNICATE users;")], "not-understood", "0002_what holds something that was not understood"),
        (
            &[
                ("0002_drop", "ALTER TABLE users DROP COLUMN email;"),
                ("0003_again", "ALTER TABLE users ADD COLUMN email uuid; CREATE INDEX ON users (email);"),
            ],
            "fails",
            "0003_again fails before-deploy: column \"email\" of relation \"users\" already exists",
        ),
    ] {
        let dir = project(&[&[INIT], files].concat());
        let plan = json(&dir, &[])["plan"].clone();
        let problems = plan["problems"].as_array().expect("a list");
        let found = problems.iter().find(|problem| problem["kind"] == kind);
        match (kind, found) {
            ("", _) => assert!(problems.iter().all(|problem| problem["kind"] != "order"), "{problems:?}"),
            (_, Some(found)) => assert!(found["message"].as_str().expect("text").starts_with(message), "{found}"),
            (_, None) => panic!("no {kind}: {problems:?}"),
        }
    }
}

#[test]
fn what_is_kept_for_the_way_back_makes_no_second_stage() {
    let dir = project(&[
        ("0001_init.up", INIT.1),
        ("0001_init.down", "SELECT 1;"),
        ("0002_drop.up", "ALTER TABLE users DROP COLUMN email;"),
    ]);
    let ran = run(dir.path(), &["down", "--preserve", "--write"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let figures = r#"{"schema_version": 1, "tables": [{"schema": "public", "name": "users", "bytes": 52428800, "index_bytes": 0, "rows": 9,
        "writes_per_hour": null}]}"#;
    fs::write(dir.path().join("stats.json"), figures).expect("a file");
    let report = json(&dir, &["--stats", "stats.json"]);
    let plan = report["plan"].clone();
    let entry = &plan["stages"][2]["migrations"][0];
    let copied = serde_json::json!({"made": true, "tables": [{"table": "public.users", "whole": false, "bytes": 52428800}]});
    assert_eq!(entry["preserve"], copied, "{entry:#}");
    let shown = self::plan(&dir, &["--stats", "stats.json"]).out;
    let told = "copies what it destroys: the key and some columns of users, at most about 50 MB";
    assert!(shown.contains(told), "{shown}");
    // What is kept comes back: data is lost only where somebody goes on without it.
    assert_eq!(
        (&plan["stages"][2]["rollback"]["how"], &plan["point_of_no_return"]),
        (&"run-downs".into(), &serde_json::Value::Null),
        "{plan:#}"
    );
    assert_eq!(report["migrations"][0]["reversibility"], "drops-new-data");
    assert_eq!((&plan["problems"], &plan["splits"]), (&serde_json::json!([]), &serde_json::json!([])), "{plan:#}");
    assert_eq!(plan["stages"][2]["migrations"].as_array().map(Vec::len), Some(1), "{plan:#}");
}

#[test]
fn a_stage_is_the_line_that_a_pipeline_needs() {
    let dir = careful();
    let ran = plan(&dir, &["--stage", "before-deploy"]);
    assert_eq!((ran.code, ran.out.as_str()), (1, "migrations/0002_add_login.sql\n"));
    assert!(ran.err.contains("migrations/0004_drop_email.sql: pending, and belongs after-rollback-window"), "{}", ran.err);
    let alone = plan(&dir, &["--stage", "before-deploy", "migrations/0002_add_login.sql"]);
    assert_eq!((alone.code, alone.out.as_str(), alone.err.as_str()), (0, "migrations/0002_add_login.sql\n", ""));
    let last = plan(&dir, &["--stage", "after-rollback-window", "migrations/0004_drop_email.sql"]);
    assert_eq!((last.code, last.out.as_str()), (0, "migrations/0004_drop_email.sql\n"));
    assert_eq!(plan(&dir, &["--stage", "now"]).code, 2);
}

#[test]
fn a_narrow_terminal_and_colours() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations-examples");
    let ran = run(&examples, &["plan", "flyway-insurance", "--color", "always"]);
    assert!(ran.out.contains("\u{1b}[1m"), "{}", ran.out);
    let plain = anstream_free(&ran.out);
    assert_eq!(plain, run(&examples, &["plan", "flyway-insurance"]).out);
}

#[test]
fn sixty_columns_are_enough() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations-examples/flyway-insurance");
    if !root.is_dir() {
        return;
    }
    let project = read::read(&root, None).expect("it is a project");
    let options = Options {
        dialect: &Postgres,
        version: Postgres.usual_version(),
        strategy: Strategy::Rolling,
        levels: Levels::default(),
        pending: Pending::since(&project.history, "1.4").expect("it is there"),
    };
    let judged = lint(&project, &options);
    let look = Look { color: false, width: 60, detail: Detail::Usual };
    let text = report::plan_human(&judged, &migsafe::plan(&judged), look);
    let prose = text.split("\ninstead of ").next().expect("there is a beginning");
    // The path of the project may be one long word.
    for line in prose.lines().skip(2) {
        assert!(line.chars().count() <= 60, "{line}");
    }
    snapshot("narrow", prose.split_once("\n\n").expect("a title").1);
}

/// The text without what colours it.
fn anstream_free(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        out += before;
        rest = after.split_once('m').expect("a colour ends").1;
    }
    out + rest
}

#[test]
fn nothing_foreign_is_markup() {
    let dir = project(&[
        INIT,
        (
            "0002_<img src=x>",
            "-- migsafe: gate=\"<script>alert(1)</script>\"\nALTER TABLE users ADD COLUMN \"<b onclick='x'>\" text NOT NULL;\n",
        ),
    ]);
    let html = plan(&dir, &["--format", "html"]).out;
    assert!(!html.contains("<img") && !html.contains("<script") && !html.contains("<b onclick"), "{html}");
    assert!(!html.contains("http://") && !html.contains("https://") && !html.contains("url("), "nothing is loaded: {html}");
    let markdown = plan(&dir, &["--format", "markdown"]).out;
    let prose: String = markdown.split("```").step_by(2).collect();
    assert!(!prose.contains("<img") && !prose.contains("<b onclick"), "{markdown}");
}

#[test]
fn nothing_pending_is_a_plan_too() {
    let dir = project(&[INIT]);
    let ran = plan(&dir, &[]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.contains("0 pending migrations"), "{}", ran.out);
}
