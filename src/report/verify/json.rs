//! What was proved on a server, as one document for programs.

use super::{Pairs, path};
use crate::assess::App;
use crate::lint::Lint;
use crate::verify::coexist::{Disagreement, Finding};
use crate::verify::prove::{Cause, HeldLock, LoadProof, Origin, Proof, Proved, Times};
use serde_json::{Value, json};
use std::time::Duration;

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
        "made_beforehand": proof.made,
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
            "migration": path(judged, stopped.migration),
            "cause": match stopped.cause { Cause::Statement => "statement", Cause::Server => "server" },
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
        "assumed": proved.assumed,
        "times": proved.times.as_ref().map(times),
        "load": proved.load.as_ref().map(load),
    })
}

fn times(times: &Times) -> Value {
    let lock = |it: &HeldLock| json!({"object": it.object, "mode": it.mode, "seconds": seconds(it.held), "seen": it.seen});
    json!({
        "rows": times.rows,
        "statements": times.statements.iter().map(|it| json!({
            "sql": it.statement,
            "seconds": seconds(it.took),
            "locks": it.locks.iter().map(lock).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
    })
}

fn load(load: &LoadProof) -> Value {
    json!({
        "statements": load.statements,
        "sent": load.sent,
        "usual_seconds": seconds(load.usual),
        "longest_stall": {"seconds": seconds(load.longest), "sql": load.longest_statement},
        "failed": load.failed.iter().map(|it| json!({
            "sql": it.statement, "sqlstate": it.sqlstate, "error": it.message, "times": it.times, "foreseen": it.foreseen,
        })).collect::<Vec<_>>(),
        "refused": load.refused,
    })
}

/// To the microsecond.
fn seconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e6
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
