//! What the README says is true: its table of rules is made from the rules themselves, and what it shows of the commands is
//! what they print. After a change of them, `MIGSAFE_UPDATE_README=1 cargo test --test readme` writes it anew.

use migsafe::rules::RULES;
use std::fmt::Write;
use std::path::Path;
use std::process::Command;

#[test]
fn the_readme_is_true() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let text = std::fs::read_to_string(&path).expect("it is there");
    let mut right = text.clone();
    for (name, content) in [("output", output()), ("plan", plan()), ("down", down()), ("rules", table())] {
        let (start, end) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
        let (before, rest) = right.split_once(&start).expect("the beginning is marked");
        let (_, after) = rest.split_once(&end).expect("the end is marked");
        right = [before, &start, &content, &end, after].concat();
    }
    if std::env::var_os("MIGSAFE_UPDATE_README").is_some() {
        std::fs::write(&path, right).expect("it can be written");
    } else {
        assert!(text == right, "the README is not true any more: MIGSAFE_UPDATE_README=1 cargo test --test readme");
    }
}

/// One finding of the first command and what it says at the end.
fn output() -> String {
    let text = printed("lint");
    let parts: Vec<&str> = text.trim_end().split("\n\n").collect();
    let finding = parts.iter().find(|part| part.contains("error[column-added-required]")).expect("it is found");
    let [.., migrations, total] = parts.as_slice() else { panic!("{text}") };
    format!("```text\n{finding}\n\n[...]\n\n{migrations}\n\n{total}\n```\n")
}

/// The timeline of the plan, and who works when.
fn plan() -> String {
    let text = printed("plan");
    let parts = text.trim_end().split("\n\n").skip_while(|part| !part.starts_with('●'));
    let parts: Vec<&str> = parts.take_while(|part| !part.starts_with("instead of")).collect();
    assert!(parts.len() > 1, "{text}");
    format!("```text\n{}\n```\n", parts.join("\n\n"))
}

/// A way back, and what is said of one that does not lead back.
fn down() -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_migsafe"));
    command.args(["down", "migrations-examples/sqlx-shop/migrations/20240522080000_currency.up.sql"]);
    let output = command.current_dir(env!("CARGO_MANIFEST_DIR")).output().expect("it runs");
    assert_eq!(output.status.code(), Some(0), "it prints");
    format!("```sql\n{}```\n", String::from_utf8(output.stdout).expect("it is UTF-8"))
}

/// What a command that finds something says of the example.
fn printed(name: &str) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_migsafe"));
    command.args([name, "--color", "never", "migrations-examples/sqlx-shop"]).current_dir(env!("CARGO_MANIFEST_DIR"));
    let output = command.output().expect("it runs");
    assert_eq!(output.status.code(), Some(1), "it finds something");
    String::from_utf8(output.stdout).expect("it is UTF-8")
}

fn table() -> String {
    let mut rules = RULES.to_vec();
    rules.sort_by_key(|rule| (rule.topic, rule.id));
    let mut out = "| rule | about | severity | hazard |\n| --- | --- | --- | --- |\n".to_owned();
    for rule in rules {
        let (id, topic, level, summary) = (rule.id, rule.topic.name(), rule.level.name(), rule.summary());
        writeln!(out, "| `{id}` | {topic} | {level} | {} |", summary.replace('|', "\\|")).expect("a string");
    }
    out
}
