//! What was proved on a server, for people and for programs: each migration with what was said of it and what the server did.

mod json;

pub use json::verify_json;

use super::escape::escape;
use super::human::{Detail, Look};
use crate::assess::App;
use crate::lint::Lint;
use crate::verify::coexist::{Examined, Finding};
use crate::verify::prove::{BackProof, LoadProof, Origin, Proof, Proved, ReleaseProof, Times};
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
        out += &format!("{}: on {} {}{before}\n", judged.project.root.display(), judged.options.dialect.name(), proof.server);
        out += &made(proof).map(|made| escape(&made).into_owned() + "\n").unwrap_or_default();
        out.push('\n');
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
        out += &made(proof).map(|made| code(&made) + "\n\n").unwrap_or_default();
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
    lines.extend(proved.times.as_ref().map(times));
    lines.extend(proved.load.as_ref().map(load));
    let own = proof.releases.iter().filter(|release| release.migrations.last() == Some(&proved.migration));
    lines.extend(own.map(|release| apps(release, judged)));
    lines
}

/// What was made beforehand.
fn made(proof: &Proof) -> Option<String> {
    (!proof.made.is_empty()).then(|| format!("made beforehand, since no migration makes it: {}", proof.made.join("; ")))
}

fn times(times: &Times) -> Line {
    let rows: Vec<String> =
        times.rows.iter().filter(|(_, count)| **count > 0).map(|(name, count)| format!("{count} in {name}")).collect();
    let mut text = match rows.is_empty() {
        true => "times: with empty tables".to_owned(),
        false => format!("times: with rows, {}", rows.join(", ")),
    };
    for time in &times.statements {
        let sql = time.statement.split_whitespace().collect::<Vec<_>>().join(" ");
        text += &format!("\n{}: {}", seconds(time.took), sql.chars().take(120).collect::<String>());
        for lock in &time.locks {
            let source = if lock.seen { "" } else { ", as stated" };
            text += &format!("\n  {} on {} for {}{source}", lock.mode, lock.object, seconds(lock.held));
        }
    }
    Line { good: true, text }
}

fn load(load: &LoadProof) -> Line {
    let mut text = format!(
        "load: {} of the old app, sent {}; the longest stall {} (usually {}): {}",
        counted(load.statements, "statement"),
        if load.sent == 1 { "once".to_owned() } else { format!("{} times", load.sent) },
        seconds(load.longest),
        seconds(load.usual),
        load.longest_statement
    );
    if let Some(reason) = &load.refused {
        text += &format!("\nthe migration does not run with these rows and statements: {reason}");
    }
    for failed in &load.failed {
        let said = if failed.foreseen { "as judged" } else { "not foreseen" };
        text += &format!(
            "\nfails, {said}: {} ({}), {}\n  {}",
            failed.message,
            failed.sqlstate,
            counted(failed.times, "time"),
            failed.statement
        );
    }
    Line { good: load.failures() == 0, text }
}

/// Some time, as exact as it is of use.
fn seconds(time: std::time::Duration) -> String {
    match time.as_millis() {
        0..1000 => format!("{:.1} ms", time.as_secs_f64() * 1000.0),
        _ => format!("{:.1} s", time.as_secs_f64()),
    }
}

fn schema(proved: &Proved) -> Line {
    if proved.schema.is_empty() {
        let mut text = format!("up: {}, the schema is the replayed one", counted(proved.statements, "statement"));
        if !proved.assumed.is_empty() {
            text += &format!("; taken to exist: {}", proved.assumed.join(", "));
        }
        return Line { good: true, text };
    }
    let listed: String = proved.schema.iter().take(20).map(ToString::to_string).collect();
    let text = match proved.unread {
        0 => format!(
            "up: the schema is not the replayed one, which is a bug of migsafe; - is the server's, + the replayed\n{listed}"
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
    Line { good: release.examined.refuted().count() == 0, text }
}

fn end(judged: &Lint<'_>, proof: &Proof) -> String {
    let mut text = String::new();
    if let Some(stopped) = &proof.stopped {
        let place = path(judged, stopped.migration);
        text = format!("stopped at {place}: {}\n", stopped.reason);
        if let Some(statement) = &stopped.statement {
            text += &format!("{}\n", statement.chars().take(500).collect::<String>());
        }
        if let Some(help) = &stopped.help {
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
