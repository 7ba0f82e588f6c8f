//! The report for programs, version 1. Every field is always there; what is not known is `null`.

use super::escape::escape_json;
use super::objects;
use crate::allow::{Reported, Suppression};
use crate::assess::{App, Assessment, Broken, Phase, Verdict};
use crate::dialect::{Blocked, Dialect, Held, Lock};
use crate::down::Down;
use crate::lint::Lint;
use crate::replay::{ParsedStatement, Step};
use crate::rules::{FindingBreak, Level, Part};
use crate::source::{FileId, Sources, Span, Transaction};
use rayon::prelude::*;
use serde::Serialize;

/// Everything that was judged as one JSON document.
pub fn json(judged: &[Lint<'_>]) -> String {
    with(judged, Nothing {})
}

/// The same with more fields at its end.
pub(super) fn with(judged: &[Lint<'_>], more: impl Serialize) -> String {
    let document = Document { report: report(judged), more };
    let text = serde_json::to_string_pretty(&document).expect("a report has only strings, numbers and lists");
    escape_json(text)
}

#[derive(Serialize)]
struct Document<'a, M> {
    #[serde(flatten)]
    report: Report<'a>,
    #[serde(flatten)]
    more: M,
}

#[derive(Serialize)]
struct Nothing {}

#[derive(Serialize)]
struct Report<'a> {
    schema_version: u32,
    tool: Tool,
    dialect: Option<&'static str>,
    server_version: Option<String>,
    runner: Option<&'static str>,
    strategy: Option<&'static str>,
    app_model: &'static str,
    migrations: Vec<Migration<'a>>,
    released: Vec<Released<'a>>,
    summary: Summary,
}

#[derive(Serialize)]
struct Tool {
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
struct Migration<'a> {
    path: String,
    version: &'a str,
    name: &'a str,
    transactional: bool,
    phase: &'static str,
    old_app: OldApp,
    new_app: NewApp,
    reversibility: Option<&'static str>,
    statements: Vec<Statement<'a>>,
    findings: Vec<Finding<'a>>,
}

/// A released migration that is not what it was: it is not judged again, but there is something to say about it.
#[derive(Serialize)]
struct Released<'a> {
    path: String,
    version: &'a str,
    name: &'a str,
    findings: Vec<Finding<'a>>,
}

#[derive(Serialize)]
struct OldApp {
    ok: bool,
    breaks: Vec<Break>,
}

#[derive(Serialize)]
struct NewApp {
    ok: bool,
    needs: Vec<Break>,
}

#[derive(Serialize)]
pub(super) struct Break {
    app: &'static str,
    #[serde(rename = "use")]
    usage: String,
    class: &'static str,
    sqlstate: Option<String>,
    error: String,
    source: &'static str,
}

#[derive(Serialize)]
pub(super) struct Place {
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
}

#[derive(Serialize)]
struct Statement<'a> {
    #[serde(flatten)]
    place: Place,
    sql: &'a str,
    kind: &'static str,
    objects: Vec<String>,
    understood: bool,
    opaque_reason: Option<&'a str>,
    phase: &'static str,
    old_ok: bool,
    new_ok: bool,
    locks: Vec<StatementLock>,
    rewrites: Vec<String>,
    data_loss: Option<String>,
    reversibility: Option<&'static str>,
}

#[derive(Serialize)]
pub(super) struct StatementLock {
    object: String,
    mode: &'static str,
    blocks: Vec<&'static str>,
    held: &'static str,
}

#[derive(Serialize)]
struct Finding<'a> {
    rule: &'static str,
    severity: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    #[serde(flatten)]
    place: Place,
    message: &'a str,
    why: Option<&'a str>,
    help: Option<&'a str>,
    breaks: Vec<Break>,
    safe_alternative: Vec<Alternative<'a>>,
    fingerprint: String,
    suppressed: Option<Suppressed<'a>>,
}

#[derive(Serialize)]
pub(super) struct Alternative<'a> {
    phase: &'static str,
    sql: &'a [String],
}

#[derive(Serialize)]
struct Suppressed<'a> {
    by: &'static str,
    reason: Option<&'a str>,
    line: Option<u32>,
}

#[derive(Serialize, Default)]
struct Summary {
    migrations: usize,
    statements: usize,
    understood: usize,
    errors: usize,
    warnings: usize,
    suppressed: usize,
}

fn report<'a>(judged: &'a [Lint<'_>]) -> Report<'a> {
    let assessed = judged.iter().flat_map(|lint| lint.assessments.iter().map(move |assessment| (lint, assessment)));
    let assessed: Vec<_> = assessed.collect();
    let migrations: Vec<Migration<'a>> = assessed.into_par_iter().map(|(lint, assessment)| migration(lint, assessment)).collect();
    let statements = || migrations.iter().flat_map(|migration| &migration.statements);
    let summary = Summary {
        migrations: migrations.len(),
        statements: statements().count(),
        understood: statements().filter(|statement| statement.understood).count(),
        errors: judged.iter().map(|lint| lint.count(Level::Error)).sum(),
        warnings: judged.iter().map(|lint| lint.count(Level::Warning)).sum(),
        suppressed: judged.iter().flat_map(|lint| &lint.findings).filter(|reported| reported.suppressed.is_some()).count(),
    };
    Report {
        schema_version: 1,
        tool: Tool { name: "migsafe", version: env!("CARGO_PKG_VERSION") },
        dialect: common(judged, |lint| lint.options.dialect.name()),
        server_version: common(judged, |lint| lint.options.version.to_string()),
        runner: common(judged, |lint| lint.project.runner.name()),
        strategy: common(judged, |lint| lint.options.strategy.name()),
        app_model: "generic",
        migrations,
        released: judged.iter().flat_map(|lint| lint.findings_of_released().iter().map(|found| released(lint, found))).collect(),
        summary,
    }
}

/// What all projects have in common.
fn common<T: PartialEq>(judged: &[Lint<'_>], of: impl Fn(&Lint<'_>) -> T) -> Option<T> {
    let first = of(judged.first()?);
    judged.iter().all(|lint| of(lint) == first).then_some(first)
}

fn migration<'a>(lint: &'a Lint<'_>, assessment: &'a Assessment) -> Migration<'a> {
    let migration = &lint.project.history.migrations[assessment.migration];
    let sources = &lint.project.sources;
    let dialect = lint.options.dialect;
    let steps = lint.replayed.steps[assessment.steps.clone()].iter().zip(&assessment.verdicts);
    let parsed = &lint.parsed[assessment.migration];
    let back = lint.ground().way_back(assessment.migration);
    let breaks = assessment.verdicts.iter().flat_map(|verdict| &verdict.breaks);
    let needs = assessment.verdicts.iter().flat_map(|verdict| &verdict.needs);
    Migration {
        path: sources.path(migration.file).to_string_lossy().into_owned(),
        version: &migration.version,
        name: &migration.name,
        transactional: migration.up.transaction != Transaction::PerStatement,
        phase: assessment.phase.name(),
        old_app: OldApp { ok: assessment.old_ok(), breaks: breaks.map(|broken| a_break(App::Old, broken, dialect)).collect() },
        new_app: NewApp { ok: assessment.new_ok(), needs: needs.map(|broken| a_break(App::New, broken, dialect)).collect() },
        reversibility: Some(back.fidelity.name()),
        statements: steps
            .map(|(step, verdict)| Statement {
                reversibility: fidelity(&back, step.statement),
                ..statement(sources, &parsed.statements[step.statement], step, verdict)
            })
            .collect(),
        findings: lint.findings_of(assessment).map(|reported| finding(sources, migration.file, reported, dialect)).collect(),
    }
}

fn released<'a>(lint: &'a Lint<'_>, reported: &'a Reported) -> Released<'a> {
    let place = reported.finding.place;
    let migration = &lint.project.history.migrations[place.migration];
    let sources = &lint.project.sources;
    Released {
        path: sources.path(place.span.file).to_string_lossy().into_owned(),
        version: &migration.version,
        name: &migration.name,
        findings: vec![finding(sources, place.span.file, reported, lint.options.dialect)],
    }
}

/// How much of what a statement did comes back.
fn fidelity(back: &Down, statement: usize) -> Option<&'static str> {
    back.ups.iter().find(|up| up.statement == statement).map(|up| up.fidelity.name())
}

fn statement<'a>(sources: &'a Sources, statement: &'a ParsedStatement, step: &Step, verdict: &Verdict) -> Statement<'a> {
    let opaque = statement.changes.iter().find_map(|change| change.value.opaque());
    let losses: Vec<String> = verdict.losses.iter().map(ToString::to_string).collect();
    Statement {
        place: place(sources, statement.span),
        sql: sources.slice(statement.span),
        kind: objects::kind(statement),
        objects: objects::of(statement, step),
        understood: opaque.is_none(),
        opaque_reason: opaque.map(|opaque| opaque.reason.as_str()),
        phase: verdict.phase.name(),
        old_ok: verdict.breaks.is_empty(),
        new_ok: verdict.needs.is_empty(),
        locks: verdict.impact.locks.iter().map(lock).collect(),
        rewrites: verdict.impact.rewrites.iter().map(ToString::to_string).collect(),
        data_loss: (!losses.is_empty()).then(|| losses.join("; ")),
        reversibility: None,
    }
}

pub(super) fn lock(lock: &Lock) -> StatementLock {
    StatementLock {
        object: lock.object.to_string(),
        mode: lock.mode,
        blocks: lock.blocks.iter().map(|blocked| blocked_name(*blocked)).collect(),
        held: held_name(lock.held),
    }
}

fn blocked_name(blocked: Blocked) -> &'static str {
    match blocked {
        Blocked::Read => "read",
        Blocked::Write => "write",
        Blocked::Ddl => "ddl",
    }
}

/// What a duration class is called in reports.
pub(super) fn held_name(held: Held) -> &'static str {
    match held {
        Held::Instant => "instant",
        Held::Scan => "scan",
        Held::IndexBuild => "index-build",
        Held::Rewrite => "rewrite",
    }
}

fn finding<'a>(sources: &Sources, file: FileId, reported: &'a Reported, dialect: &dyn Dialect) -> Finding<'a> {
    let Reported { finding, fingerprint, suppressed } = reported;
    // Places are in the migration's file: what is about another, a down, names that.
    let span = finding.place.span;
    let path = sources.path(span.file);
    let text = |text: &'a str| (!text.is_empty()).then_some(text);
    Finding {
        rule: finding.id(),
        severity: finding.level.name(),
        path: (path != sources.path(file)).then(|| path.to_string_lossy().into_owned()),
        place: place(sources, span),
        message: &finding.message,
        why: text(&finding.why),
        help: text(&finding.help),
        breaks: finding.breaks.iter().map(|FindingBreak { app, broken }| a_break(*app, broken, dialect)).collect(),
        safe_alternative: finding.alternative.iter().map(|Part { phase, sql }| alternative(*phase, sql)).collect(),
        fingerprint: fingerprint.to_string(),
        suppressed: suppressed.as_ref().map(|suppression| match suppression {
            Suppression::Directive { reason, span } => {
                let line = sources.position(span.file, span.start).line;
                Suppressed { by: "directive", reason: Some(reason), line: Some(line) }
            }
            Suppression::Baseline => Suppressed { by: "baseline", reason: None, line: None },
        }),
    }
}

pub(super) fn alternative(phase: Phase, sql: &[String]) -> Alternative<'_> {
    Alternative { phase: phase.name(), sql }
}

pub(super) fn a_break(app: App, broken: &Broken, dialect: &dyn Dialect) -> Break {
    let error = broken.server_error(dialect);
    Break {
        app: app_name(app),
        usage: broken.usage.sql(dialect),
        class: broken.usage.class().name(),
        sqlstate: error.sqlstate.map(|state| state.into_owned()),
        error: error.message,
        source: "generic",
    }
}

/// What an application is called in reports.
pub(super) fn app_name(app: App) -> &'static str {
    match app {
        App::Old => "old",
        App::New => "new",
    }
}

pub(super) fn place(sources: &Sources, span: Span) -> Place {
    let start = sources.position(span.file, span.start);
    let end = sources.position(span.file, span.end);
    Place { line: start.line, column: start.column, end_line: end.line, end_column: end.column }
}
