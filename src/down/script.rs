//! A down as the text of a script.

use super::{Down, Fidelity, UpFidelity};
use crate::change::Change;
use crate::dialect::Dialect;
use std::collections::BTreeSet;
use std::fmt::Write;

/// The script: how faithful it is and what does not come back as comments at its head, then its statements, each ended by `;` and
/// an empty line. Where no down can be computed it begins with a statement that raises an error, so that nothing of it runs.
pub fn script(down: &Down, dialect: &dyn Dialect) -> String {
    let mut text = head(down);
    if down.fidelity == Fidelity::Manual {
        let reasons: Vec<String> = down.reasons().map(|(up, reason)| reason_text(up, reason)).collect();
        let message = format!("this down migration has to be written by hand: {}", reasons.join("; "));
        write!(text, "\n{};\n", dialect.raise(&message)).expect("a string");
    }
    for inverse in &down.statements {
        write!(text, "\n{};\n", dialect.write(&inverse.change)).expect("a string");
    }
    if down.is_empty() {
        text += "\n-- There is nothing to undo.\n";
    }
    follow_ups(&mut text, &down.follow_ups, dialect);
    text
}

fn head(down: &Down) -> String {
    let mut text = format!("-- migsafe: fidelity {}: {}\n", down.fidelity, meaning(down.fidelity));
    let mut said = BTreeSet::new();
    for lost in down.ups.iter().flat_map(|up| &up.lost) {
        if said.insert(&lost.what) {
            writeln!(text, "--   {}: {}", verb(lost.fidelity), one_line(&lost.what)).expect("a string");
        }
    }
    for (up, reason) in down.reasons() {
        writeln!(text, "--   by hand: {}", one_line(&reason_text(up, reason))).expect("a string");
    }
    text
}

fn meaning(fidelity: Fidelity) -> &'static str {
    match fidelity {
        Fidelity::Lossless => "schema and data come back",
        Fidelity::DropsNewData => "the schema comes back, what was written through the new schema since does not stay",
        Fidelity::SchemaOnly => "the schema comes back, data that the up destroyed does not",
        Fidelity::Manual => "no down can be computed",
    }
}

fn verb(fidelity: Fidelity) -> &'static str {
    match fidelity {
        Fidelity::Lossless => "note",
        Fidelity::DropsNewData => "new data",
        Fidelity::SchemaOnly | Fidelity::Manual => "gone",
    }
}

fn reason_text(up: &UpFidelity, reason: &str) -> String {
    format!("statement {}: {reason}", up.statement + 1)
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn follow_ups(text: &mut String, changes: &[Change], dialect: &dyn Dialect) {
    if changes.is_empty() {
        return;
    }
    text.push_str("\n-- When the values are there again:\n");
    for change in changes {
        for line in format!("{};", dialect.write(change)).lines() {
            writeln!(text, "--   {line}").expect("a string");
        }
    }
}
