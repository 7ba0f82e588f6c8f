//! What was proved on a server, for people and for programs: each migration with what was said of it and what the server did.

use super::escape::escape;
use super::human::{Detail, Look};
use crate::assess::App;
use crate::lint::Lint;
use crate::verify::coexist::{Disagreement, Examined, Finding};
use crate::verify::prove::{BackProof, Origin, Proof, Proved, ReleaseProof};
use serde_json::{Value, json};
use std::fmt::Write;

/// The proofs of projects.
type Pairs<'a, 'b> = [(&'a Lint<'b>, &'a Proof)];

/// For a terminal.
pub fn verify_human(pairs: &Pairs<'_, '_>, look: Look) -> String {
    let mut out = String::new();
    for (judged, proof) in pairs {
        let before = match proof.before {
            0 => String::new(),
            1 => ", on top of 1 migration before".into(),
            count => format!(", on top of {count} migrations before"),
        };
        out += &format!("{}: on {} {}{before}\n\n", judged.project.root.display(), judged.options.dialect.name(), proof.server);
        for proved in &proof.migrations {
            let lines = lines(proof, proved, judged);
            if look.detail == Detail::Quiet && lines.iter().all(|line| line.good) {
                continue;
            }
            out += &format!("{}\n", path(judged, proved.migration));
            for line in lines {
                let mark = match (line.good, look.color) {
                    (true, true) => "\x1b[32mok\x1b[0m    ",
                    (true, false) => "ok    ",
                    (false, true) => "\x1b[1;31mFAILED\x1b[0m",
                    (false, false) => "FAILED",
                };
                out += &format!("  {mark} {}\n", indent(&escape(&line.text)));
            }
            out.push('\n');
        }
        out += &format!("{}\n", indent(&escape(&end(judged, proof))));
    }
    out
}

/// For a comment on a change request.
pub fn verify_markdown(pairs: &Pairs<'_, '_>) -> String {
    let mut out = String::new();
    for (judged, proof) in pairs {
        let heading = if proof.failures() == 0 { "Proved" } else { "Not proved" };
        out += &format!("### {heading} on {} {}\n\n", judged.options.dialect.name(), proof.server);
        for proved in &proof.migrations {
            out += &format!("**`{}`**\n\n", path(judged, proved.migration).replace('`', "'"));
            for line in lines(proof, proved, judged) {
                let mark = if line.good { "✅" } else { "❌" };
                let mut parts = line.text.lines();
                let first = parts.next().unwrap_or_default();
                out += &format!("- {mark} {}\n", code(first));
                let rest: Vec<&str> = parts.collect();
                if !rest.is_empty() {
                    out += &format!("  ```\n  {}\n  ```\n", rest.join("\n  ").replace("```", "'''"));
                }
            }
            out.push('\n');
        }
        out += &format!("{}\n", code(&end(judged, proof)));
    }
    escape(&out).into_owned()
}

/// One document.
pub fn verify_json(pairs: &Pairs<'_, '_>) -> String {
    let projects: Vec<Value> = pairs.iter().map(|(judged, proof)| project(judged, proof)).collect();
    let failures: usize = pairs.iter().map(|(_, proof)| proof.failures()).sum();
    let document = json!({
        "schema_version": 1,
        "tool": {"name": "migsafe", "version": env!("CARGO_PKG_VERSION")},
        "projects": projects,
        "summary": {"migrations": pairs.iter().map(|(_, proof)| proof.migrations.len()).sum::<usize>(), "failures": failures},
    });
    serde_json::to_string_pretty(&document).unwrap_or_default()
}

fn project(judged: &Lint<'_>, proof: &Proof) -> Value {
    json!({
        "root": judged.project.root.to_string_lossy(),
        "dialect": judged.options.dialect.name(),
        "server_version": proof.server,
        "migrations_before": proof.before,
        "migrations": proof.migrations.iter().map(|proved| migration(judged, proved)).collect::<Vec<_>>(),
        "releases": proof.releases.iter().map(|release| json!({
            "migrations": release.migrations.iter().map(|number| path(judged, *number)).collect::<Vec<_>>(),
            "old_app": {"statements": release.examined.statements[0], "breaks_confirmed": release.examined.confirmed[0]},
            "new_app": {"statements": release.examined.statements[1], "needs_confirmed": release.examined.confirmed[1]},
            "without_an_error": release.examined.silent,
            "hidden": release.examined.hidden,
            "disagreements": release.examined.disagreements.iter().map(|it| disagreement(judged, it)).collect::<Vec<_>>(),
            "tables_without_rows": release.examined.without_rows.keys().map(ToString::to_string).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
        "stopped": proof.stopped.as_ref().map(|stopped| json!({
            "migration": stopped.migration.map(|number| path(judged, number)),
            "statement": stopped.statement,
            "reason": stopped.reason,
            "help": stopped.help,
            "not_verified": stopped.left,
        })),
        "seconds": (proof.took.as_secs_f64() * 1000.0).round() / 1000.0,
        "kept": proof.kept,
    })
}

fn migration(judged: &Lint<'_>, proved: &Proved) -> Value {
    let differences = |all: &[crate::verify::schema::Difference]| -> Vec<Value> {
        all.iter().map(|it| json!({"object": it.object, "first": it.first, "second": it.second})).collect()
    };
    json!({
        "path": path(judged, proved.migration),
        "statements": proved.statements,
        "not_understood": proved.unread,
        "schema": {"differences": differences(&proved.schema)},
        "down": proved.back.as_ref().map(|back| json!({
            "origin": match back.origin { Origin::Project => "project", Origin::Computed => "computed" },
            "fidelity": back.fidelity.name(),
            "refused": back.refused.as_ref().map(|(statement, answer)| json!({"statement": statement, "answer": answer})),
            "left_to_a_person": back.by_hand,
            "differences": differences(&back.schema),
            "tables_with_rows": back.tables,
            "lost": back.lost,
            "again": back.again,
            "holds": !back.fails(),
        })),
        "locks": {"compared": proved.locks, "wrong": proved.other_locks},
        "rows_refused": proved.rows_refused,
    })
}

fn disagreement(judged: &Lint<'_>, it: &Disagreement) -> Value {
    let (kind, sqlstate, message, sql) = match &it.finding {
        Finding::Missed { sql, sqlstate, message } => ("missed", sqlstate, message, Some(sql)),
        Finding::FalseAlarm { sqlstate, message } => ("false-alarm", sqlstate, message, None),
        Finding::NotShown { sqlstate, message } => ("not-shown", sqlstate, message, None),
    };
    let app = if it.app == App::Old { "old" } else { "new" };
    let usage = it.usage.sql(judged.options.dialect);
    json!({"kind": kind, "app": app, "use": usage, "sqlstate": sqlstate, "error": message, "sql": sql})
}

/// One claim, or some of a kind, and whether they hold.
struct Line {
    good: bool,
    text: String,
}

fn lines(proof: &Proof, proved: &Proved, judged: &Lint<'_>) -> Vec<Line> {
    let mut lines = vec![schema(proved)];
    lines.extend(proved.back.as_ref().map(back));
    if proved.back.is_none() && proved.statements > 0 {
        lines.push(Line { good: true, text: "down: there is none to try".into() });
    }
    let good = proved.other_locks.is_empty();
    let text = match good {
        true => format!("locks: {} compared, as stated", proved.locks),
        false => format!("locks: not as stated\n{}", proved.other_locks.join("\n")),
    };
    lines.push(Line { good, text });
    let own = proof.releases.iter().filter(|release| release.migrations.last() == Some(&proved.migration));
    lines.extend(own.map(|release| apps(release, judged)));
    lines
}

fn schema(proved: &Proved) -> Line {
    if proved.schema.is_empty() {
        return Line {
            good: true,
            text: format!("up: {}, the schema is the replayed one", counted(proved.statements, "statement")),
        };
    }
    let listed: String = proved.schema.iter().take(20).map(ToString::to_string).collect();
    let text = match proved.unread {
        0 => format!(
            "up: the schema is not the replayed one: what a routine does with dynamic SQL is not followed, everything else is a bug of migsafe; \
             - is the server's, + the replayed\n{listed}"
        ),
        some => format!("up: {} not understood, so the schema is not the replayed one\n{listed}", counted(some, "statement")),
    };
    Line { good: proved.unread > 0, text }
}

fn back(back: &BackProof) -> Line {
    let whose = match back.origin {
        Origin::Project => "the project's",
        Origin::Computed => "the computed",
    };
    let mut text = format!("down: {whose}, ");
    // A string takes every text.
    let _ = match (&back.refused, back.schema.is_empty(), &back.again) {
        (Some((statement, answer)), ..) => write!(text, "the server refuses it: {answer}\n{}", statement.trim()),
        (None, false, _) => {
            let listed: String = back.schema.iter().take(20).map(ToString::to_string).collect();
            write!(text, "the schema is not the one before; - is before, + after the down\n{listed}")
        }
        (None, true, Some(reason)) => write!(text, "after it the up does not run as before: {reason}"),
        (None, true, None) => write!(text, "leads back to the schema before; up again works"),
    };
    if let Some(statement) = &back.by_hand {
        let _ = write!(text, "; left to a person, who knows the values: {}", statement.trim());
    }
    if back.refused.is_none() && back.tables > 0 {
        let tables = counted(back.tables, "table");
        let _ = match (back.lost.is_empty(), back.origin) {
            (true, _) => write!(text, "; the rows of {tables} are as they were"),
            (false, Origin::Computed) => write!(text, "; {} as stated: {}", back.fidelity.name(), back.lost.join(", ")),
            (false, Origin::Project) => write!(text, "; {}", back.lost.join(", ")),
        };
    }
    Line { good: !back.fails(), text }
}

fn apps(release: &ReleaseProof, judged: &Lint<'_>) -> Line {
    let Examined { statements: [old, new], confirmed: [breaks, needs], disagreements, .. } = &release.examined;
    let mut text = format!("apps: {old} statements of the old one, {new} of the new one");
    let _ = match (breaks, needs) {
        (0, 0) if disagreements.is_empty() => write!(text, "; none breaks, as judged"),
        _ => {
            let (breaks, needs) = (counted(*breaks, "use"), counted(*needs, "use"));
            write!(text, "; as judged the old one loses {breaks}, the new one waits for {needs}")
        }
    };
    for it in disagreements.iter().take(20) {
        let app = if it.app == App::Old { "old" } else { "new" };
        let usage = it.usage.sql(judged.options.dialect);
        let _ = match &it.finding {
            Finding::Missed { sql, sqlstate, message } => write!(text, "\nmissed: {app} app: {message} ({sqlstate})\n  {sql}"),
            Finding::FalseAlarm { sqlstate, message } => {
                write!(text, "\nfalse alarm: {app} app: {usage} works, judged was {message} ({sqlstate})")
            }
            Finding::NotShown { sqlstate, message } => {
                write!(text, "\nnot shown: {app} app: no statement found for {usage}, judged was {message} ({sqlstate})")
            }
        };
    }
    Line { good: disagreements.is_empty(), text }
}

fn end(judged: &Lint<'_>, proof: &Proof) -> String {
    let mut text = String::new();
    if let Some(stopped) = &proof.stopped {
        let place = stopped.migration.map(|number| path(judged, number)).unwrap_or_default();
        text = format!("stopped at {place}: {}\n", stopped.reason);
        if let Some(statement) = &stopped.statement {
            text += &format!("{}\n", statement.chars().take(500).collect::<String>());
        }
        if let Some(help) = stopped.help {
            text += &format!("help: {help}\n");
        }
        text += &format!("not verified: {}\n\n", counted(stopped.left, "migration"));
    }
    let count = counted(proof.migrations.len(), "migration");
    let seconds = proof.took.as_secs_f64();
    text += &match proof.failures() {
        0 => format!("{count} verified in {seconds:.1} s: every claim holds"),
        1 => format!("{count} verified in {seconds:.1} s: 1 claim does not hold"),
        some => format!("{count} verified in {seconds:.1} s: {some} claims do not hold"),
    };
    if let Some(kept) = &proof.kept {
        text += &format!("\nkept: {kept}");
    }
    text
}

fn path(judged: &Lint<'_>, migration: usize) -> String {
    judged.project.sources.path(judged.project.history.migrations[migration].file).to_string_lossy().into_owned()
}

fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

fn indent(text: &str) -> String {
    text.trim_end().replace('\n', "\n         ")
}

/// Text between other Markdown.
fn code(text: &str) -> String {
    text.replace('<', "&lt;").replace('|', "\\|")
}
