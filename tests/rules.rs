//! The rules are complete, and their examples are true: replayed and judged, and run on a real PostgreSQL together with the safe
//! sequences that they give.

use migsafe::assess::{self, Phase, Release};
use migsafe::dialect::{Postgres, ServerVersion};
use migsafe::replay::{self, Replayed};
use migsafe::rules::{self, Check, Finding, RULES, Rule, Scene, Topic};
use migsafe::source::{History, Migration, MigrationKind, Script, Sources, Span, Transaction};
use migsafe::verify::{Connection, Server};
use std::collections::BTreeSet;

/// Code blocks of a rule's documentation.
#[derive(Debug)]
struct Example {
    bad: bool,
    transaction: Transaction,
    setup: String,
    setup_down: Option<String>,
    migration: String,
    down: Option<String>,
}

fn examples(rule: &Rule) -> Vec<Example> {
    let mut out = Vec::new();
    let mut lines = rule.docs.lines().map(|line| line.strip_prefix(' ').unwrap_or(line));
    while let Some(line) = lines.next() {
        let Some(kind) = line.strip_prefix("```sql,") else { continue };
        let text = lines.by_ref().take_while(|line| *line != "```").collect::<Vec<_>>().join("\n");
        let alone = text.starts_with("-- transaction: none");
        let (setup, migration) = text.split_once("-- migration\n").expect("an example has a line `-- migration`");
        let halves = |text: &str| match text.split_once("-- down\n") {
            Some((up, down)) => (up.to_string(), Some(down.to_string())),
            None => (text.to_string(), None),
        };
        let ((setup, setup_down), (migration, down)) = (halves(setup), halves(migration));
        out.push(Example {
            bad: kind == "bad",
            transaction: if alone { Transaction::PerStatement } else { Transaction::Wrapped },
            setup,
            setup_down,
            migration,
            down,
        });
    }
    out
}

fn judge(example: &Example) -> (Vec<Finding>, Replayed) {
    let mut sources = Sources::default();
    let texts =
        [(&example.setup, &example.setup_down, Transaction::Wrapped), (&example.migration, &example.down, example.transaction)];
    let migrations = texts.into_iter().enumerate().map(|(number, (text, down, transaction))| {
        let mut script = |name: String, text: &str| {
            let file = sources.add(name, text);
            Script { chunks: vec![Span::new(file, 0, text.len())], transaction }
        };
        let up = script(format!("{number}.sql"), text);
        let down = down.as_ref().map(|text| script(format!("{number}.down.sql"), text));
        let file = up.chunks[0].file;
        Migration { version: number.to_string(), name: String::new(), file, kind: MigrationKind::Versioned, up, down }
    });
    let history = History { migrations: migrations.collect(), one_transaction: false, partial: false, runner_table: "" };
    let parsed = replay::read_statements(&sources, &history);
    let replayed = replay::replay(&history, &parsed, |number| number == 1, Release::Together, &Postgres);
    let version = ServerVersion { major: 15, minor: 0 };
    let assessments = assess::assess(&replayed, Release::Together, version, &Postgres);
    let dialect = &Postgres;
    let scene = Scene {
        memo: Default::default(),
        sources: &sources,
        history: &history,
        parsed: &parsed,
        replayed: &replayed,
        assessments: &assessments,
        runner: migsafe::read::Runner::Plain,
        dialect,
        version,
    };
    let findings = rules::run(&scene, |rule, _| rule.level.max(rules::Level::Info));
    (findings, replayed)
}

fn connect() -> (migsafe::verify::Database<'static>, Connection) {
    let database = Server::shared().expect("a server").create_database().expect("a database");
    let connection = database.connect().expect("a session");
    (database, connection)
}

fn run(connection: &mut Connection, text: &str, transaction: Transaction) -> Result<(), String> {
    let statements: Vec<String> = match transaction {
        Transaction::PerStatement => text.split_inclusive(";\n").map(str::to_string).collect(),
        Transaction::Wrapped | Transaction::PerChunk => vec![format!("BEGIN;\n{text}\nCOMMIT")],
    };
    statements.iter().try_for_each(|sql| connection.execute(sql).map_err(|error| format!("{error}\n{sql}")))
}

/// Codes in backticks: errors that the documentation promises.
fn promised(docs: &str) -> BTreeSet<String> {
    let is_code = |word: &&str| {
        word.len() == 5
            && word.chars().all(|c| c.is_ascii_digit() || c.is_ascii_uppercase())
            && word.starts_with(|c: char| c.is_ascii_digit())
    };
    docs.split('`').filter(is_code).map(str::to_string).collect()
}

fn compatibility() -> impl Iterator<Item = &'static Rule> {
    RULES.iter().copied().filter(|rule| rule.topic == Topic::Compatibility)
}

/// All others whose findings are made by looking at a statement.
fn others() -> impl Iterator<Item = &'static Rule> {
    RULES.iter().copied().filter(|rule| rule.topic != Topic::Compatibility && !matches!(rule.check, Check::Elsewhere))
}

/// Rules about statements that the server refuses: their bad examples fail.
const REFUSED: [&str; 4] = ["migration-fails", "concurrently-in-transaction", "schema-assumed", "down-fails"];

/// What no server reads.
const OF_THE_CLIENT: &str = "not-understood";

#[test]
fn rules_are_complete() {
    let mut ids = BTreeSet::new();
    for rule in RULES {
        assert!(ids.insert(rule.id), "{} is there twice", rule.id);
        let file = format!("{}/src/rules/{}.rs", env!("CARGO_MANIFEST_DIR"), rule.id.replace('-', "_"));
        let text = std::fs::read_to_string(&file).unwrap_or_else(|_| panic!("{} has no file of its name", rule.id));
        assert!(text.contains(&format!("= \"{}\",", rule.id)), "{} is declared elsewhere", rule.id);
        let lines: Vec<&str> = rule.docs.lines().map(str::trim).collect();
        assert!(lines[0].ends_with('.') || lines[1].is_empty(), "{}: the first line is no sentence", rule.id);
        assert!(lines[1].is_empty() && lines[2].len() > 40, "{}: why is missing", rule.id);
        if matches!(rule.check, Check::Elsewhere) {
            continue;
        }
        let found = examples(rule);
        assert!(found.iter().any(|example| example.bad), "{} has no bad example", rule.id);
        assert!(found.iter().any(|example| !example.bad), "{} has no good example", rule.id);
    }
    assert_eq!(compatibility().last().map(|rule| rule.id), Some("incompatible-change"));
}

#[test]
fn examples_are_judged_as_they_say() {
    let mut wrong = Vec::new();
    for rule in compatibility().chain(others()) {
        let mut codes = BTreeSet::new();
        for example in examples(rule) {
            let (findings, replayed) = judge(&example);
            let problems = replayed.steps.iter().flat_map(|step| &step.problems);
            for (_, problem) in problems.filter(|_| !(example.bad && REFUSED.contains(&rule.id))) {
                wrong.push(format!("{}: {problem:?}\n{}", rule.id, example.migration));
            }
            let of_rule: Vec<&Finding> = findings.iter().filter(|finding| finding.id() == rule.id).collect();
            let ids: Vec<&str> = findings.iter().map(Finding::id).collect();
            if example.bad == of_rule.is_empty() {
                wrong.push(format!(
                    "{}: {} example gives {ids:?}\n{}",
                    rule.id,
                    if example.bad { "bad" } else { "good" },
                    example.migration
                ));
            }
            for found in of_rule.iter().flat_map(|finding| &finding.breaks) {
                codes.extend(found.broken.server_error(&Postgres).sqlstate.map(|code| code.to_string()));
            }
            for finding in of_rule {
                codes.extend(promised(&finding.message));
                codes.extend(finding.message.split(['(', ')']).map(str::to_string));
                if finding.message.is_empty() || finding.help.is_empty() && rule.id != "incompatible-change" {
                    wrong.push(format!("{}: a finding without message or help", rule.id));
                }
            }
        }
        let docs = promised(rule.docs);
        if rule.topic == Topic::Compatibility && !docs.is_empty() && docs.is_disjoint(&codes) {
            wrong.push(format!("{}: {docs:?} is promised, {codes:?} found", rule.id));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn examples_and_alternatives_run() {
    let mut wrong = Vec::new();
    for rule in compatibility().chain(others()).filter(|rule| rule.id != OF_THE_CLIENT) {
        for example in examples(rule) {
            let (_database, mut connection) = connect();
            let ran = run(&mut connection, &example.setup, Transaction::Wrapped)
                .and_then(|()| run(&mut connection, &example.migration, example.transaction));
            let ran = match &example.down {
                Some(down) => ran.and_then(|()| run(&mut connection, down, example.transaction)),
                None => ran,
            };
            match (ran, example.bad && REFUSED.contains(&rule.id)) {
                (Err(error), false) => wrong.push(format!("{}: {error}", rule.id)),
                (Ok(()), true) => wrong.push(format!("{}: the server accepts it\n{}", rule.id, example.migration)),
                (Ok(()), false) | (Err(_), true) => {}
            }
            let (findings, _) = judge(&example);
            for finding in findings.iter().filter(|finding| finding.id() == rule.id && !finding.alternative.is_empty()) {
                let (_database, mut connection) = connect();
                run(&mut connection, &example.setup, Transaction::Wrapped).unwrap_or_else(|error| panic!("{}: {error}", rule.id));
                let mut last = Phase::Free;
                for part in &finding.alternative {
                    assert!(last <= part.phase, "{}: parts are out of order", rule.id);
                    last = part.phase;
                    for sql in &part.sql {
                        if let Err(error) = connection.execute(sql) {
                            wrong.push(format!("{}: the way out fails: {error}\n{sql}", rule.id));
                        }
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn messages() {
    snapshot("messages", &all_messages(compatibility()));
}

#[test]
fn messages_of_other_topics() {
    snapshot("messages_of_other_topics", &all_messages(others()));
}

fn snapshot(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots/rules"));
    settings.set_prepend_module_to_snapshot(false);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

fn all_messages(rules: impl Iterator<Item = &'static Rule>) -> String {
    let mut out = String::new();
    for rule in rules {
        for example in examples(rule).iter().filter(|example| example.bad) {
            for finding in judge(example).0.iter().filter(|finding| finding.id() == rule.id) {
                out += &format!("{} [{}] {}\n", finding.level, finding.id(), finding.message);
                if rule.topic != Topic::Compatibility && !finding.why.is_empty() {
                    out += &format!("  why: {}\n", finding.why);
                }
                out += &format!("  help: {}\n", finding.help);
                for part in &finding.alternative {
                    out += &format!("  {}:\n", part.phase.name());
                    part.sql.iter().for_each(|sql| out += &format!("    {};\n", sql.replace('\n', "\n    ")));
                }
            }
        }
    }
    out
}
