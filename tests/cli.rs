//! The command as people and pipelines use it: the real program, its exit codes, what it prints where.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

const INIT: &str = "CREATE TABLE users (id bigint PRIMARY KEY, name text NOT NULL, email text);\n";
const DROP: &str = "ALTER TABLE users DROP COLUMN email;\n";
const ADD: &str = "ALTER TABLE users ADD COLUMN age integer;\n";

/// A directory with these files.
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
    project(&[("migrations/0001_init.sql", INIT), ("migrations/0002_drop_email.sql", DROP), ("migrations/0003_add_age.sql", ADD)])
}

fn command(dir: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_migsafe"));
    command.current_dir(dir).args(args).env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
    command
}

struct Ran {
    code: i32,
    out: String,
    err: String,
}

fn run(dir: &Path, args: &[&str]) -> Ran {
    ran(command(dir, args).stdin(Stdio::null()).output().expect("the program runs"))
}

fn ran(output: Output) -> Ran {
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    Ran { code: output.status.code().expect("no signal"), out: text(output.stdout), err: text(output.stderr) }
}

fn with_input(dir: &Path, args: &[&str], input: &str) -> Ran {
    let mut child =
        command(dir, args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program runs");
    child.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("the program reads");
    ran(child.wait_with_output().expect("the program ends"))
}

fn json(ran: &Ran) -> serde_json::Value {
    serde_json::from_str(&ran.out).expect("one JSON document")
}

fn versions(ran: &Ran) -> Vec<String> {
    let report = json(ran);
    let migrations = report["migrations"].as_array().expect("a list");
    migrations.iter().map(|migration| migration["version"].as_str().expect("a string").to_owned()).collect()
}

#[test]
fn exit_codes_say_what_was_found() {
    let shop = shop();
    let code = |args: &[&str]| run(shop.path(), args).code;
    assert_eq!(code(&["lint"]), 1);
    assert_eq!(code(&["lint", "--since", "0002"]), 0);
    assert_eq!(code(&["lint", "--strategy", "stop-the-world", "--fail-on", "error", "migrations/0003_add_age.sql"]), 0);
    assert_eq!(code(&["lint", "nowhere"]), 2);
    assert_eq!(code(&["lint", "--no-such-flag"]), 2);
    assert_eq!(code(&["--help"]), 0);
    assert_eq!(code(&["--version"]), 0);
}

#[test]
fn findings_go_out_and_errors_go_beside() {
    let shop = shop();
    let found = run(shop.path(), &["lint"]);
    assert!(found.out.contains("migrations/0002_drop_email.sql:1:"), "{}", found.out);
    assert_eq!(found.err, "");
    for (args, error) in [
        (&["lint", "nowhere"][..], "error: nowhere: no such file or directory; "),
        (&["lint", "--since", "0009"], "no migration has the version `0009`; did you mean `0001`?"),
        (&["lint", "--dialect", "oracle"], "error: the dialect `oracle` is not known; known: postgres"),
        (&["lint", "--server-version", "9"], "error: postgres 9 is not known: --server-version is 12 to 18"),
        (&["lint", "--server-version", "new"], "`new` is no server version"),
        (&["lint", "--runner", "fliway"], "did you mean `flyway`?"),
        (&["lint", "-", "migrations"], "error: `-` reads standard input and stands alone"),
        (
            &["lint", "--since", "0001", "migrations/0003_add_age.sql"],
            "error: --since finds out what is pending: name the project, not single migrations",
        ),
        (&["lint", "--config", "nowhere.toml"], "error: nowhere.toml: cannot be read"),
        (&["explain", "incompatible-chang"], "there is no rule `incompatible-chang`; did you mean `incompatible-change`?"),
        (&["schema", "--diff", "0001", "7"], "no migration has the version `7`"),
    ] {
        let failed = run(shop.path(), args);
        assert_eq!((failed.code, failed.out.as_str()), (2, ""), "{args:?}");
        assert!(failed.err.contains(error), "{args:?}: {}", failed.err);
    }
}

#[test]
fn a_directory_without_migrations_is_an_error_with_advice() {
    let empty = project(&[("src/main.rs", "")]);
    let failed = run(empty.path(), &["lint"]);
    assert_eq!(failed.code, 2);
    assert!(failed.err.contains("holds no migrations") && failed.err.contains("migsafe.toml"), "{}", failed.err);
}

#[test]
fn selections() {
    let shop = shop();
    let judged = |args: &[&str]| versions(&run(shop.path(), &[&["lint", "--format", "json"], args].concat()));
    assert_eq!(judged(&[]), ["0001", "0002", "0003"]);
    assert_eq!(judged(&["--since", "1"]), ["0002", "0003"]);
    assert_eq!(judged(&["migrations/0002_drop_email.sql"]), ["0002"]);
    fs::write(shop.path().join("migsafe.toml"), "released-up-to = '0002'\n").expect("a file");
    assert_eq!(judged(&[]), ["0003"]);
    assert_eq!(judged(&["--all"]), ["0001", "0002", "0003"]);
    assert_eq!(judged(&["migrations/0001_init.sql"]), ["0001"]);
    let nothing = run(shop.path(), &["lint", "--since", "0003"]);
    assert_eq!((nothing.code, nothing.out.as_str()), (0, ""));
    assert!(nothing.err.contains("nothing is pending: no migration follows 0003"), "{}", nothing.err);
}

#[test]
fn standard_input_is_a_migration() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let good = with_input(dir.path(), &["lint", "-"], INIT);
    assert_eq!(good.code, 0, "{}{}", good.out, good.err);
    let bad = with_input(dir.path(), &["lint", "-", "--format", "json"], "SELECT 'x");
    assert_eq!((bad.code, &json(&bad)["migrations"][0]["path"]), (1, &"-".into()));
}

#[test]
fn configuration_is_found_above_and_its_mistakes_are_placed() {
    let shop = shop();
    fs::write(shop.path().join("migsafe.toml"), "[rules]\nincompatible-change = 'off'\ncolumn-dropped = 'off'\n").ok();
    let config = |text: &str| fs::write(shop.path().join("migsafe.toml"), text).expect("a file");
    config("[lint]\nfail-on = 'warning'\n\n[rulez]\n");
    let failed = run(shop.path(), &["lint"]);
    assert_eq!(
        (failed.code, failed.err.as_str()),
        (2, "error: migsafe.toml: line 4, column 2: unknown key `rulez`; did you mean `rules`?\n")
    );
    config(
        "server-version = 14\nstrategy = 'canary'\n[[overrides]]\npaths = ['migrations/0002*']\n[overrides.rules]\nallow-unused = 'error'\n",
    );
    let report = json(&run(&shop.path().join("migrations"), &["lint", ".", "--format", "json"]));
    assert_eq!((&report["server_version"], &report["strategy"]), (&"14".into(), &"canary".into()));
}

#[test]
fn the_output_file_appears_whole() {
    let shop = shop();
    let ran = run(shop.path(), &["lint", "--format", "json", "-o", "report.json"]);
    assert_eq!((ran.code, ran.out.as_str()), (1, ""));
    let text = fs::read_to_string(shop.path().join("report.json")).expect("the report");
    serde_json::from_str::<serde_json::Value>(&text).expect("one JSON document");
    assert_eq!(fs::read_dir(shop.path()).expect("a directory").count(), 2);
    let failed = run(shop.path(), &["lint", "-o", "nowhere/report.json"]);
    assert_eq!((failed.code, failed.out.as_str()), (2, ""));
    assert!(failed.err.contains("nowhere/report.json: cannot be written"), "{}", failed.err);
}

#[test]
fn colours_are_for_terminals_unless_asked_for() {
    let shop = shop();
    let colored = |args: &[&str], no_color: bool| {
        let mut command = command(shop.path(), &[&["lint"], args].concat());
        if no_color {
            command.env("NO_COLOR", "1");
        }
        ran(command.output().expect("the program runs")).out.contains('\x1b')
    };
    assert!(!colored(&[], false));
    assert!(!colored(&["--color", "never"], false));
    assert!(colored(&["--color", "always"], false));
    assert!(colored(&["--color", "always"], true));
    assert!(!colored(&[], true));
}

#[test]
fn a_broken_pipe_is_no_failure() {
    let shop = shop();
    // What was found decides, also where nobody reads it to its end: `migsafe lint | head` fails a pipeline as it must.
    for (args, code) in [
        (&["lint"][..], 1),
        (&["lint", "--format", "json"], 1),
        (&["lint", "--since", "2", "--format", "json"], 0),
        (&["schema"], 0),
        (&["explain"], 0),
    ] {
        let mut child = command(shop.path(), args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs");
        drop(child.stdout.take());
        let ran = ran(child.wait_with_output().expect("it ends"));
        assert_eq!((ran.code, ran.err.as_str()), (code, ""), "{args:?}");
    }
}

/// The findings of all migrations: rule, severity, and the file of the migration.
fn found(dir: &Path, args: &[&str]) -> Vec<String> {
    let report = json(&run(dir, &[&["lint", "--format", "json"], args].concat()));
    let text = |value: &serde_json::Value| value.as_str().expect("a string").to_owned();
    let of = |migration: &serde_json::Value| {
        let path = text(&migration["path"]);
        let findings = migration["findings"].as_array().expect("a list").iter();
        findings.map(|finding| format!("{} {} {path}", text(&finding["rule"]), text(&finding["severity"]))).collect::<Vec<_>>()
    };
    report["migrations"].as_array().expect("a list").iter().flat_map(of).collect()
}

#[test]
fn what_the_runner_refuses_is_found() {
    let half = "-- migrate:up\nCREATE TABLE b (id bigint PRIMARY KEY);\n";
    let whole = "-- migrate:up\nCREATE TABLE a (id bigint PRIMARY KEY);\n-- migrate:down\n";
    let dir = project(&[("db/migrations/1_a.sql", whole), ("db/migrations/2_b.sql", half)]);
    let second = "file-refused error db/migrations/2_b.sql";
    assert_eq!(found(dir.path(), &[]), [second]);
    let ran = run(dir.path(), &["lint"]);
    assert_eq!((ran.code, ran.err.as_str()), (1, ""));
    assert!(ran.out.contains("dbmate would refuse this: no `-- migrate:down`"), "{}", ran.out);
    // Where it is no finding it is told all the same.
    for (args, code) in [(&["lint", "db/migrations/1_a.sql"][..], 0), (&["lint", "--since", "2"], 0), (&["schema"], 0)] {
        let ran = run(dir.path(), args);
        assert!(ran.code == code && ran.err.contains("warning: db/migrations/2_b.sql:"), "{args:?}: {}", ran.err);
    }
    fs::write(dir.path().join("migsafe.toml"), "[[overrides]]\npaths = ['**/2_*']\nrules.file-refused = 'warning'\n")
        .expect("a file");
    assert_eq!(found(dir.path(), &[]), ["file-refused warning db/migrations/2_b.sql"]);
}

#[test]
fn a_refused_file_that_is_no_migration_is_found_too() {
    let dir = project(&[("migrations/0001_init.sql", INIT), ("migrations/x_y.sql", ADD)]);
    let ran = run(dir.path(), &["lint", "--runner", "sqlx"]);
    assert!(ran.code == 1 && ran.out.contains("--> migrations/x_y.sql:1:1"), "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("error[file-refused]: sqlx would refuse migrations/x_y.sql: what stands before"), "{}", ran.out);
}

#[test]
fn severities_are_per_rule_and_per_path() {
    let shop = shop();
    let config =
        "[rules]\ncolumn-dropped = 'warning'\n[[overrides]]\npaths = ['migrations/0002*']\nrules.column-dropped = 'info'\n";
    fs::write(shop.path().join("migsafe.toml"), config).expect("a file");
    for (below, path) in [(".", "migrations/0002_drop_email.sql"), ("migrations", "../migrations/0002_drop_email.sql")] {
        let of = found(&shop.path().join(below), &[path]);
        assert_eq!(of.len(), 1, "{of:?}");
        assert!(of[0].starts_with("column-dropped info "), "{of:?}");
    }
}

#[test]
fn what_cannot_be_read_is_said() {
    for (bytes, error) in [(&b"SELECT '\xff';"[..], "not UTF-8"), (b"\xff\xfeS\0", "UTF-16"), (b"a\0b", "NUL")] {
        let dir = tempfile::tempdir().expect("a temporary directory");
        fs::write(dir.path().join("0001_x.sql"), bytes).expect("a file");
        let failed = run(dir.path(), &["lint", "0001_x.sql"]);
        assert_eq!(failed.code, 2);
        assert!(failed.err.contains("0001_x.sql") && failed.err.contains(error), "{}", failed.err);
    }
}

#[test]
fn hostile_text_reaches_no_terminal() {
    let evil = "\x1b]0;owned\x07\u{202e}\u{9b}31m";
    let dir = project(&[
        (&format!("migrations/0001_{evil}.sql"), INIT),
        ("migrations/0002_x.sql", &format!("ALTER TABLE users DROP COLUMN /* {evil} */ email; SELECT \"{evil}\"")),
    ]);
    for args in [&["lint"][..], &["lint", "-v"], &["lint", "--format", "json"], &["schema"]] {
        let ran = run(dir.path(), args);
        for text in [&ran.out, &ran.err] {
            assert!(!text.contains(['\x1b', '\x07', '\u{202e}', '\u{9b}']), "{args:?}: {text:?}");
        }
        assert!(ran.code < 2, "{args:?}: {}", ran.err);
    }
}

#[test]
fn directives_are_obeyed_and_checked() {
    let lint = |text: &str| {
        let dir = project(&[("migrations/0001_init.sql", INIT), ("migrations/0002_x.sql", text)]);
        json(&run(dir.path(), &["lint", "--since", "1", "--format", "json"]))
    };
    let rules = |report: &serde_json::Value| -> Vec<String> {
        let findings = report["migrations"][0]["findings"].as_array().expect("a list");
        let shown = |finding: &serde_json::Value| {
            let allowed = if finding["suppressed"].is_null() { "" } else { " allowed" };
            format!("{} {}{allowed}", finding["rule"].as_str().expect("an id"), finding["severity"].as_str().expect("a level"))
        };
        findings.iter().map(shown).collect()
    };
    let plain = rules(&lint(DROP));
    let [rule] = plain.as_slice() else { panic!("one finding, not {plain:?}") };
    let id = rule.split(' ').next().expect("an id");

    let allowed = lint(&format!("-- migsafe: allow({id}) reason=\"nobody reads it\"\n{DROP}"));
    assert_eq!(rules(&allowed), [format!("{rule} allowed")]);
    assert_eq!(
        allowed["migrations"][0]["findings"][0]["suppressed"],
        serde_json::json!({"by": "directive", "reason": "nobody reads it", "line": 1})
    );
    assert_eq!(allowed["summary"]["suppressed"], 1);
    let whole_file = lint(&format!("-- migsafe: allow({id}) reason=\"nobody reads it\"\n\n-- why\n{DROP}"));
    assert_eq!(rules(&whole_file), [format!("{rule} allowed")]);

    for (text, expected) in [
        (format!("-- migsafe: allow({id}) reason=\"x\"\n{ADD}"), vec!["allow-unused warning".to_owned()]),
        (format!("-- migsafe: allow(no-rule) reason=\"x\"\n{ADD}"), vec!["directive-invalid error".into()]),
        (format!("-- migsafe: allow({id})\n{ADD}"), vec!["directive-invalid error".into()]),
        (format!("-- migsafe: phase=contract\n{ADD}"), vec!["phase-mismatch error".into()]),
        (format!("-- migsafe: phase=expand\n{ADD}"), vec![]),
        (format!("-- migsafe: phase=contract\n{DROP}"), vec![format!("{id} info")]),
        (format!("-- migsafe: phase=contract\n\n{DROP}"), vec![format!("{id} info")]),
        (format!("-- migsafe: gate=\"flag on\"\n{ADD}"), vec![]),
    ] {
        assert_eq!(rules(&lint(&text)), expected, "{text}");
    }
}

#[test]
fn stop_the_world_asks_for_no_compatibility() {
    let shop = shop();
    let report = json(&run(shop.path(), &["lint", "--strategy", "stop-the-world", "--format", "json"]));
    let findings: Vec<_> = report["migrations"]
        .as_array()
        .into_iter()
        .flatten()
        .flat_map(|found| found["findings"].as_array().into_iter().flatten())
        .collect();
    assert!(findings.iter().all(|finding| finding["breaks"].as_array().is_some_and(|breaks| breaks.is_empty())), "{findings:?}");
    let lost = |args: &[&str]| found(shop.path(), &[&["--strategy", "stop-the-world"], args].concat());
    assert_eq!(lost(&[]), ["data-dropped warning migrations/0002_drop_email.sql"]);
    assert!(!found(shop.path(), &[]).iter().any(|found| found.starts_with("data-dropped")), "the incompatibility tells of it");
    fs::write(shop.path().join("migsafe.toml"), "[rules]\ndata-dropped = 'off'\n").expect("a file");
    assert_eq!(lost(&[]), Vec::<String>::new());
}

#[test]
fn schemas_are_printed_and_compared() {
    let shop = shop();
    let schema = run(shop.path(), &["schema"]);
    assert_eq!(schema.code, 0);
    assert!(schema.out.contains("CREATE TABLE public.users") && schema.out.contains("age integer"), "{}", schema.out);
    let diff = run(shop.path(), &["schema", "--diff", "0001", "0003"]);
    assert!(diff.out.starts_with("--- 0001\n+++ 0003\n") && diff.out.contains("\n+    age integer"), "{}", diff.out);
}

#[test]
fn every_rule_is_explained() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let table = run(dir.path(), &["explain"]);
    for rule in migsafe::rules::RULES {
        assert!(table.out.contains(rule.id), "{}", rule.id);
        let text = run(dir.path(), &["explain", rule.id]);
        assert!(text.code == 0 && text.out.starts_with(&format!("{}  {}  ", rule.id, rule.level)), "{}", text.out);
    }
}

#[test]
fn the_shape_of_the_json_is_kept() {
    let shop = project(&[
        ("migrations/0001_init.sql", INIT),
        ("migrations/0002_x.sql", &format!("{DROP}-- migsafe: allow(no-rule) reason=\"x\"\nFROBNICATE;\n")),
    ]);
    let report = json(&run(shop.path(), &["lint", "--format", "json"]));
    let keys = |value: &serde_json::Value| value.as_object().expect("an object").keys().cloned().collect::<Vec<_>>().join(" ");
    assert_eq!(keys(&report), "schema_version tool dialect server_version runner strategy app_model migrations released summary");
    let migration = &report["migrations"][1];
    assert_eq!(keys(migration), "path version name transactional phase old_app new_app reversibility statements findings");
    assert_eq!((keys(&migration["old_app"]), keys(&migration["new_app"])), ("ok breaks".into(), "ok needs".into()));
    assert_eq!(
        keys(&migration["statements"][0]),
        "line column end_line end_column sql kind objects understood opaque_reason phase old_ok new_ok locks rewrites data_loss \
         reversibility"
    );
    assert_eq!(keys(&migration["statements"][0]["locks"][0]), "object mode blocks held");
    assert_eq!(
        keys(&migration["findings"][0]),
        "rule severity line column end_line end_column message why help breaks safe_alternative fingerprint suppressed"
    );
    assert_eq!(keys(&migration["old_app"]["breaks"][0]), "app use class sqlstate error source");
    assert_eq!(keys(&report["summary"]), "migrations statements understood errors warnings suppressed");
    assert_eq!((&migration["statements"][1]["understood"], &report["summary"]["understood"]), (&false.into(), &2.into()));
    assert_eq!(migration["statements"][0]["objects"], serde_json::json!(["public.users.email"]));
}

#[test]
fn the_reference_of_the_command_line() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let commands = ["", "lint", "plan", "down", "verify", "schema", "explain", "init", "hook", "completions", "man"];
    let help = commands.map(|name| {
        let args = [name, "--help"].into_iter().filter(|arg| !arg.is_empty()).collect::<Vec<_>>();
        format!("$ migsafe {}\n\n{}", args.join(" "), run(dir.path(), &args).out)
    });
    snapshot("reference", &help.join("\n"));
}

fn snapshot(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots/cli"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

/// What a reviewer sees of each example project.
#[test]
fn the_examples() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations-examples");
    let Ok(entries) = fs::read_dir(&examples) else { return };
    let mut names: Vec<_> = entries.flatten().filter(|entry| entry.path().is_dir()).map(|entry| entry.file_name()).collect();
    names.sort();
    for name in names {
        let name = name.to_str().expect("UTF-8");
        let ran = run(&examples, &["lint", "--all", name]);
        assert!(ran.code < 2, "{name}: {}", ran.err);
        snapshot(&format!("example-{name}"), &format!("{}{}", ran.err, ran.out));
    }
}

#[test]
fn an_example_for_programs() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations-examples");
    if !examples.join("sqlx-shop").is_dir() {
        return;
    }
    let ran = run(&examples, &["lint", "sqlx-shop", "--all", "--format", "json"]);
    snapshot("example-sqlx-shop-json", &ran.out);
}
