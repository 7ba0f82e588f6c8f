//! What the README says is true: its table of rules is made from the rules themselves. After a change of them,
//! `MIGSAFE_UPDATE_README=1 cargo test --test readme` writes it anew.

use migsafe::rules::RULES;
use std::fmt::Write;
use std::path::Path;

#[test]
fn the_table_of_rules_is_that_of_the_rules() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let text = std::fs::read_to_string(&path).expect("it is there");
    let (start, end) = ("<!-- rules -->\n", "<!-- /rules -->");
    let (before, rest) = text.split_once(start).expect("the table's beginning is marked");
    let (found, after) = rest.split_once(end).expect("the table's end is marked");
    let table = table();
    if std::env::var_os("MIGSAFE_UPDATE_README").is_some() {
        std::fs::write(&path, [before, start, &table, end, after].concat()).expect("it can be written");
    } else {
        assert!(found == table, "the rules changed; run MIGSAFE_UPDATE_README=1 cargo test --test readme");
    }
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
