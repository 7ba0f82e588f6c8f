//! SARIF 2.1.0, for code scanning and for editors: one run, the rules that found something with their documentation, and each
//! finding with its place, its evidence and, where one statement can simply be written otherwise, the replacement.
//!
//! What a directive allows is left out: code scanning takes no notice of `suppressions` and would open an alert.

use super::escape::{escape, escape_json};
use super::gather::{Entry, Judged, gather};
use super::json::{Alternative, Break, a_break, alternative};
use crate::assess::Phase;
use crate::lint::Lint;
use crate::read::{NoteKind, ReadNote};
use crate::replay::Step;
use crate::rules::{Base, FindingBreak, Level, Part, Rule, Topic};
use crate::source::{Position, Transaction};
use serde::Serialize;
use std::path::Path;

/// What paths are relative to: the root of the repository.
const ROOT: &str = "%SRCROOT%";

/// How many results code scanning takes of one run.
const MAX_RESULTS: usize = 25_000;

#[derive(Serialize)]
struct Log<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'a> {
    tool: Tool,
    invocations: [Invocation; 1],
    original_uri_base_ids: serde_json::Value,
    column_kind: &'static str,
    results: Vec<Found<'a>>,
}

#[derive(Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver {
    name: &'static str,
    version: &'static str,
    semantic_version: &'static str,
    rules: Vec<Descriptor>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    id: &'static str,
    name: String,
    short_description: Text,
    full_description: Text,
    help: Help,
    default_configuration: Configuration,
    properties: RuleProperties,
}

#[derive(Serialize)]
struct Text {
    text: String,
}

#[derive(Serialize)]
struct Help {
    text: String,
    markdown: String,
}

#[derive(Serialize)]
struct Configuration {
    enabled: bool,
    level: &'static str,
}

#[derive(Serialize)]
struct RuleProperties {
    tags: [&'static str; 2],
    precision: &'static str,
    #[serde(rename = "problem.severity")]
    severity: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    execution_successful: bool,
    tool_execution_notifications: Vec<Notification>,
}

#[derive(Serialize)]
struct Notification {
    level: &'static str,
    message: Text,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Found<'a> {
    rule_id: &'static str,
    rule_index: usize,
    level: &'static str,
    message: Text,
    locations: [Location; 1],
    partial_fingerprints: serde_json::Value,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fixes: Vec<Fix>,
    properties: Evidence<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    physical_location: Physical,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Physical {
    artifact_location: Artifact,
    region: Region,
}

#[derive(Serialize, Clone)]
#[serde(rename_all = "camelCase")]
struct Artifact {
    uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    uri_base_id: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u32,
    start_column: u32,
    end_line: u32,
    end_column: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Fix {
    description: Text,
    artifact_changes: [ArtifactChange; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ArtifactChange {
    artifact_location: Artifact,
    replacements: [Replacement; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Replacement {
    deleted_region: Region,
    inserted_content: Text,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Evidence<'a> {
    phase: Option<&'static str>,
    breaks: Vec<Break>,
    safe_alternative: Vec<Alternative<'a>>,
}

/// Everything that is found and not allowed, as one SARIF log.
pub fn sarif(judged: &[Lint<'_>], base: &Base) -> String {
    let all = gather(judged, base);
    let mut entries: Vec<&Entry<'_>> = all.iter().flat_map(Judged::open).collect();
    if entries.len() > MAX_RESULTS {
        entries.sort_by_key(|entry| std::cmp::Reverse(entry.finding.level));
        entries.truncate(MAX_RESULTS);
    }
    let mut rules: Vec<&'static Rule> = Vec::new();
    let results = entries.into_iter().map(|entry| result(entry, &mut rules)).collect();
    let version = env!("CARGO_PKG_VERSION");
    let rules = rules.into_iter().map(descriptor).collect();
    let log = Log {
        schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        version: "2.1.0",
        runs: [Run {
            tool: Tool { driver: Driver { name: "migsafe", version, semantic_version: version, rules } },
            invocations: [Invocation {
                execution_successful: true,
                tool_execution_notifications: judged
                    .iter()
                    .flat_map(|lint| &lint.project.notes)
                    .filter_map(notification)
                    .collect(),
            }],
            original_uri_base_ids: serde_json::json!({ROOT: {"description": {"text": "The root of the repository."}}}),
            column_kind: "unicodeCodePoints",
            results,
        }],
    };
    escape_json(serde_json::to_string_pretty(&log).expect("a report has only strings, numbers and lists"))
}

fn result<'a>(entry: &Entry<'a>, rules: &mut Vec<&'static Rule>) -> Found<'a> {
    let finding = entry.finding;
    let rule = finding.rule.expect("findings are made by rules");
    let rule_index = rules.iter().position(|known| std::ptr::eq(*known, rule)).unwrap_or_else(|| {
        rules.push(rule);
        rules.len() - 1
    });
    let dialect = entry.lint.options.dialect;
    Found {
        rule_id: rule.id,
        rule_index,
        level: level_name(finding.level),
        message: Text { text: no_links(&entry.text()) },
        locations: [Location {
            physical_location: Physical { artifact_location: artifact(&entry.path), region: region(entry.start, entry.end) },
        }],
        partial_fingerprints: serde_json::json!({"migsafe/v1": entry.fingerprint}),
        fixes: fix(entry).into_iter().collect(),
        properties: Evidence {
            phase: entry.assessment.map(|assessment| assessment.phase.name()),
            breaks: finding.breaks.iter().map(|FindingBreak { app, broken }| a_break(*app, broken, dialect)).collect(),
            safe_alternative: finding.alternative.iter().map(|Part { phase, sql }| alternative(*phase, sql)).collect(),
        },
    }
}

/// The safe sequence in place of the statement, where that is all there is to it: the finding is no remark and not about who breaks, the
/// sequence runs when the statement would have, the statement does nothing else, and no transaction binds it to others or keeps
/// parts of the sequence from working.
fn fix(entry: &Entry<'_>) -> Option<Fix> {
    let rule = entry.finding.rule?;
    let [part] = entry.finding.alternative.as_slice() else { return None };
    let (step, phase) = step(entry)?;
    let statement = &entry.lint.parsed[step.migration].statements[step.statement];
    let [change] = statement.changes.as_slice() else { return None };
    let is_whole = change.value.objects().len() == 1 && statement.directives.is_empty();
    // Several statements that are sent as one string are a transaction.
    let transaction = entry.lint.project.history.migrations[step.migration].up.transaction;
    let is_free = !step.in_transaction && (part.sql.len() == 1 || transaction == Transaction::PerStatement);
    // What is free runs at any moment; what moves rows is one batch of many.
    let is_its_moment = part.phase == phase && phase != Phase::Migrate || phase == Phase::Free && part.phase == Phase::Expand;
    let is_ready = is_its_moment && part.sql.iter().all(|sql| !sql.contains("--"));
    let is_wanted = rule.topic != Topic::Compatibility && rule.level > Level::Info;
    if !is_wanted || !is_free || !is_whole || !is_ready {
        return None;
    }
    let sources = &entry.lint.project.sources;
    let file = statement.span.file;
    // The statement's own `;` stays.
    let new = part.sql.join(";\n");
    let place = |offset| sources.position(file, offset);
    Some(Fix {
        description: Text { text: "Write the statement as its safe sequence.".into() },
        artifact_changes: [ArtifactChange {
            artifact_location: artifact(&entry.path),
            replacements: [Replacement {
                deleted_region: region(place(statement.span.start), place(statement.span.end)),
                inserted_content: Text { text: new },
            }],
        }],
    })
}

/// The statement that a finding is about, and its phase.
fn step<'a>(entry: &Entry<'a>) -> Option<(&'a Step, Phase)> {
    let statement = entry.finding.place.statement?;
    let assessment = entry.assessment?;
    let steps = &entry.lint.replayed.steps[assessment.steps.clone()];
    let at = steps.iter().position(|step| step.statement == statement)?;
    Some((&steps[at], assessment.verdicts.get(at)?.phase))
}

fn descriptor(rule: &'static Rule) -> Descriptor {
    let level = if rule.level == Level::Off { Level::Info } else { rule.level };
    Descriptor {
        id: rule.id,
        name: rule.id.split('-').map(capital).collect(),
        short_description: Text { text: rule.summary().to_owned() },
        full_description: Text { text: rule.summary().to_owned() },
        help: Help { text: rule.plain(), markdown: rule.markdown() },
        default_configuration: Configuration { enabled: rule.level > Level::Off, level: level_name(level) },
        properties: RuleProperties {
            tags: ["migrations", rule.topic.name()],
            precision: "high",
            severity: if level == Level::Info { "recommendation" } else { level.name() },
        },
    }
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn level_name(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Info => "note",
        Level::Off => "none",
    }
}

/// What was not read.
fn notification(note: &ReadNote) -> Option<Notification> {
    match note.kind {
        NoteKind::NotRead | NoteKind::NotSql => {}
        // The one is a finding, the other was read.
        NoteKind::Refused | NoteKind::Odd => return None,
    }
    let text = format!("{}: not judged: {}", note.path.display(), note.message);
    Some(Notification { level: "warning", message: Text { text: no_links(&escape(&text)) } })
}

fn region(start: Position, end: Position) -> Region {
    Region { start_line: start.line, start_column: start.column, end_line: end.line, end_column: end.column }
}

/// Messages may hold links, `[text](target)`; what somebody else wrote holds none.
fn no_links(text: &str) -> String {
    text.replace("](", "] (")
}

fn artifact(path: &Path) -> Artifact {
    let is_below = path.is_relative();
    let start = if is_below { "" } else { "file://" };
    Artifact { uri: format!("{start}{}", encode(path)), uri_base_id: is_below.then_some(ROOT) }
}

/// The path as a URI reference: every byte that is not plain is written as `%XX`.
fn encode(path: &Path) -> String {
    let mut out = String::new();
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => out.push(char::from(*byte)),
            b'\\' if cfg!(windows) => out.push('/'),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}
