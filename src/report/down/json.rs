//! Downs for programs: the document of `lint` with `down` added.

use crate::assess::App;
use crate::lint::{Back, Lint};
use crate::paired::{Checked, Pair, Tried};
use crate::read::{self, DownState, DownsBy, Project, UpText};
use crate::report::json::{Break, Place, StatementLock, a_break, lock, place, with};
use crate::rules::Finding;
use crate::source::Sources;
use serde::Serialize;

/// What was found of a project's downs.
pub struct DownReport<'a> {
    /// The judgement of the migrations.
    pub pairs: Vec<Pair>,
    /// What the migrations get so that they keep what they destroy.
    pub kept: Vec<UpText>,
    /// The downs that are there, where they were tried.
    pub checked: Option<Checked<'a>>,
    /// The same judged as migrations, in the same order.
    pub backs: Vec<Back>,
    /// The computed ones judged as migrations.
    pub computed: Vec<Back>,
}

/// The whole as one document.
pub fn down_json(judged: &[Lint<'_>], reports: &[DownReport<'_>]) -> String {
    let both = judged.iter().zip(reports);
    let migrations = both.flat_map(|(lint, report)| report.pairs.iter().map(move |pair| migration(lint, report, pair)));
    with(judged, Document { down: Downs { migrations: migrations.collect() } })
}

#[derive(Serialize)]
struct Document<'a> {
    down: Downs<'a>,
}

#[derive(Serialize)]
struct Downs<'a> {
    migrations: Vec<Migration<'a>>,
}

#[derive(Serialize)]
struct Migration<'a> {
    version: &'a str,
    name: &'a str,
    path: Option<String>,
    run_by: &'static str,
    existing: &'static str,
    reversibility: &'static str,
    lost: Vec<&'a str>,
    manual: Vec<&'a str>,
    transactional: bool,
    refused: Option<String>,
    schema_known: bool,
    sql: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    preserve: Option<Preserve<'a>>,
    locks: Vec<StatementLock>,
    new_app: NewApp,
    findings: Vec<DownFinding<'a>>,
    check: Option<Check<'a>>,
}

/// The migration with the copies of what it destroys, and the script that gives them up.
#[derive(Serialize)]
struct Preserve<'a> {
    up: String,
    purge: &'a str,
    purge_path: String,
}

#[derive(Serialize)]
struct NewApp {
    ok: bool,
    breaks: Vec<Break>,
}

#[derive(Serialize)]
struct Check<'a> {
    leads_back: Option<bool>,
    together: Option<Together<'a>>,
    manual: bool,
    follow_ups: Vec<String>,
    failure: Option<Failure>,
    missing: &'a [String],
    left: &'a [String],
    diff: Option<&'a str>,
    not_understood: Vec<NotUnderstood<'a>>,
    locks: Vec<StatementLock>,
    new_app: NewApp,
    findings: Vec<DownFinding<'a>>,
}

/// The first and the last of the migrations whose downs lead back together.
#[derive(Serialize)]
struct Together<'a> {
    from: &'a str,
    to: &'a str,
}

/// What a rule finds in a down.
#[derive(Serialize)]
struct DownFinding<'a> {
    rule: &'static str,
    severity: &'static str,
    path: Option<String>,
    #[serde(flatten)]
    place: Place,
    message: &'a str,
    help: Option<&'a str>,
}

#[derive(Serialize)]
struct Failure {
    #[serde(flatten)]
    place: Place,
    error: String,
}

#[derive(Serialize)]
struct NotUnderstood<'a> {
    #[serde(flatten)]
    place: Place,
    reason: &'a str,
}

fn migration<'a>(lint: &'a Lint<'_>, report: &'a DownReport<'_>, pair: &'a Pair) -> Migration<'a> {
    let project = lint.project;
    let dialect = lint.options.dialect;
    let own = &project.history.migrations[pair.migration];
    let tried = report.checked.iter().flat_map(|checked| &checked.tried).find(|tried| tried.migration == pair.migration);
    let back = report.computed.iter().find(|back| back.migration == pair.migration);
    let breaks: Vec<Break> =
        back.iter().flat_map(|back| back.breaks()).map(|broken| a_break(App::New, broken, dialect)).collect();
    let path = read::down_path(project, pair.migration).map(|path| path.to_string_lossy().into_owned());
    let found = back
        .zip(pair.tried.as_ref())
        .map(|(back, (sources, _))| back.findings.iter().map(|found| finding(sources, path.clone(), found)).collect::<Vec<_>>());
    Migration {
        version: &own.version,
        name: &own.name,
        path,
        run_by: match project.runner.downs_by() {
            DownsBy::Runner => "runner",
            DownsBy::Hand => "hand",
        },
        existing: match pair.state {
            DownState::Missing => "missing",
            DownState::Empty | DownState::Comments => "empty",
            DownState::Generated => "generated",
            DownState::Written => "written",
        },
        reversibility: pair.down.fidelity.name(),
        lost: pair.down.ups.iter().flat_map(|up| &up.lost).map(|lost| lost.what.as_str()).collect(),
        manual: pair.down.reasons().map(|(_, reason)| reason).collect(),
        transactional: pair.down.transactional,
        refused: pair.transaction.as_ref().err().map(ToString::to_string),
        schema_known: pair.known && !pair.fails,
        sql: &pair.script,
        preserve: report.kept.iter().find(|up| up.migration == pair.migration).map(|up| Preserve {
            up: read::with_insertions(project, up),
            purge: &up.purge,
            purge_path: read::purge_path(project, pair.migration).to_string_lossy().into_owned(),
        }),
        locks: back.iter().flat_map(|back| back.locks()).map(lock).collect(),
        new_app: NewApp { ok: breaks.is_empty(), breaks },
        findings: found.unwrap_or_default(),
        check: tried.map(|tried| {
            let back = report.backs.iter().find(|back| back.migration == pair.migration);
            check(project, tried, back, lint)
        }),
    }
}

fn check<'a>(project: &'a Project, tried: &'a Tried, back: Option<&'a Back>, lint: &Lint<'_>) -> Check<'a> {
    let dialect = lint.options.dialect;
    let breaks: Vec<Break> =
        back.iter().flat_map(|back| back.breaks()).map(|broken| a_break(App::New, broken, dialect)).collect();
    let version = |migration: usize| project.history.migrations[migration].version.as_str();
    let sources = &project.sources;
    let path = |found: &Finding| sources.path(found.place.span.file).to_string_lossy().into_owned();
    let failure = tried.failure.as_ref().map(|(step, span, problem)| Failure {
        place: place(sources, *span),
        error: tried.error(*step, *span, problem, lint.options.dialect),
    });
    let difference = tried.difference.as_ref();
    Check {
        leads_back: tried.known.then(|| tried.leads_back()),
        together: tried.together.map(|(from, to)| Together { from: version(from), to: version(to) }),
        locks: back.iter().flat_map(|back| back.locks()).map(lock).collect(),
        new_app: NewApp { ok: breaks.is_empty(), breaks },
        findings: back.iter().flat_map(|back| &back.findings).map(|found| finding(sources, Some(path(found)), found)).collect(),
        manual: tried.manual,
        follow_ups: tried.follow_ups.iter().map(|change| lint.options.dialect.write(change)).collect(),
        failure,
        missing: difference.map_or(&[], |found| &found.missing),
        left: difference.map_or(&[], |found| &found.left),
        diff: difference.map(|found| found.diff.as_str()),
        not_understood: tried
            .opaque
            .iter()
            .map(|(span, opaque)| NotUnderstood { place: place(sources, *span), reason: &opaque.reason })
            .collect(),
    }
}

fn finding<'a>(sources: &Sources, path: Option<String>, found: &'a Finding) -> DownFinding<'a> {
    DownFinding {
        rule: found.id(),
        severity: found.level.name(),
        path,
        place: place(sources, found.place.span),
        message: &found.message,
        help: (!found.help.is_empty()).then_some(found.help.as_str()),
    }
}
