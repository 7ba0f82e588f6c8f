//! The report for people: each finding with its source, who breaks and how to do it instead; one line for each migration; a
//! total. What was said once is not said again.

use super::escape::{escape, escape_line};
use super::excerpt::excerpt;
use super::json::{app_name, held_name};
use crate::allow::{Reported, Suppression};
use crate::assess::{self, Assessment, Phase};
use crate::dialect::{Dialect, Lock};
use crate::lint::Lint;
use crate::rules::{Finding, FindingBreak, Level};
use crate::source::Span;
use annotate_snippets::{AnnotationKind, Level as Title, Origin, Renderer, Snippet};
use anstyle::{AnsiColor, Style};
use std::collections::HashSet;
use std::fmt::Write;

/// How the report shall look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// With terminal colours.
    pub color: bool,
    /// The terminal's width in characters.
    pub width: usize,
    /// How much is said.
    pub detail: Detail,
}

/// How much is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detail {
    /// Findings and the total.
    Quiet,
    /// Also one line for each migration.
    Usual,
    /// Also every broken use, and what directives allow.
    Verbose,
}

/// How many broken uses a finding shows unless asked for more.
const MAX_BREAKS: usize = 3;

/// The whole report.
pub fn human(judged: &[Lint<'_>], look: Look) -> String {
    let mut out = String::new();
    for lint in judged {
        let mut teller = Teller::new(lint, look);
        for reported in lint.findings_of_released() {
            teller.finding(None, reported, &mut out);
        }
        for assessment in &lint.assessments {
            for reported in lint.findings_of(assessment) {
                teller.finding(Some(assessment), reported, &mut out);
            }
        }
        if look.detail > Detail::Quiet {
            migrations(lint, look, &mut out);
        }
    }
    if judged.iter().any(|lint| !lint.assessments.is_empty() || !lint.findings.is_empty()) {
        writeln!(out, "{}", total(judged, look)).expect("writing to a string cannot fail");
    }
    out
}

/// Tells findings one after the other and remembers what was said.
struct Teller<'a> {
    lint: &'a Lint<'a>,
    look: Look,
    renderer: Renderer,
    /// Places that were marked.
    shown: HashSet<Span>,
    /// Statements whose phase and lock were said.
    statements: HashSet<(usize, usize)>,
    /// Reasons and advice that were given.
    said: HashSet<&'a str>,
}

impl<'a> Teller<'a> {
    fn new(lint: &'a Lint<'a>, look: Look) -> Self {
        let renderer = if look.color { Renderer::styled() } else { Renderer::plain() };
        let renderer = renderer.term_width(look.width);
        Teller { lint, look, renderer, shown: HashSet::new(), statements: HashSet::new(), said: HashSet::new() }
    }

    fn finding(&mut self, assessment: Option<&Assessment>, reported: &'a Reported, out: &mut String) {
        let finding = &reported.finding;
        if reported.suppressed.is_some() && self.look.detail < Detail::Verbose {
            return;
        }
        let title = match finding.level {
            Level::Error => Title::ERROR,
            Level::Warning => Title::WARNING,
            Level::Info | Level::Off => Title::INFO,
        };
        let mut group = title
            .primary_title(escape(&finding.message).into_owned())
            .id(finding.id())
            .elements(self.source(assessment, finding));
        let mut notes = self.breaks(finding);
        for (name, text) in [("why", &finding.why), ("help", &finding.help)] {
            if !text.is_empty() && self.said.insert(text) {
                notes.push((name, self.wrapped(text)));
            }
        }
        notes.extend(alternative(finding).map(|text| ("safe", text)));
        notes.extend(reported.suppressed.as_ref().map(|allowed| match allowed {
            Suppression::Directive { reason, .. } => ("allowed", escape_line(reason).into_owned()),
            Suppression::Baseline => ("allowed", "by the baseline".to_owned()),
        }));
        for (name, text) in notes {
            let level = if name == "help" || name == "safe" { Title::HELP } else { Title::NOTE };
            group = group.element(level.with_name(name).message(text));
        }
        out.push_str(&self.renderer.render(&[group]));
        out.push_str("\n\n");
    }

    /// The marked source with the statement's phase and lock, where they were not shown before.
    fn source(&mut self, assessment: Option<&Assessment>, finding: &Finding) -> Vec<annotate_snippets::Element<'static>> {
        let sources = &self.lint.project.sources;
        let place = finding.place;
        let position = sources.position(place.span.file, place.span.start);
        let path = escape_line(&sources.path(place.span.file).to_string_lossy()).into_owned();
        let origin = Origin::path(path.clone()).line(position.line as usize).char_column(position.column as usize);
        if !self.shown.insert(place.span) {
            return vec![origin.into()];
        }
        let excerpt = excerpt(sources.text(place.span.file), place.span.range());
        let mut mark = AnnotationKind::Primary.span(excerpt.marked);
        if let Some(label) = assessment.and_then(|assessment| self.label(assessment, finding)) {
            mark = mark.label(label);
        }
        let snippet = Snippet::source(excerpt.text).line_start(position.line as usize).fold(false).annotation(mark);
        match excerpt.is_exact {
            true => vec![snippet.path(path).into()],
            false => vec![origin.into(), snippet.into()],
        }
    }

    /// The statement's phase and lock, once, at the first mark inside it.
    fn label(&mut self, assessment: &Assessment, finding: &Finding) -> Option<String> {
        let statement = finding.place.statement;
        let whole = self.lint.parsed[assessment.migration].statements.get(statement?)?.span;
        let is_inside = whole.to(finding.place.span) == whole;
        if !is_inside || !self.statements.insert((assessment.migration, statement?)) {
            return None;
        }
        let steps = &self.lint.replayed.steps[assessment.steps.clone()];
        let at = steps.iter().position(|step| Some(step.statement) == statement)?;
        let verdict = assessment.verdicts.get(at)?;
        let lock = verdict.impact.locks.first().map(|lock| lock_text(lock, self.lint.options.dialect));
        let phase = (verdict.phase != Phase::Free).then(|| verdict.phase.name().to_owned());
        let parts: Vec<String> = phase.into_iter().chain(lock).collect();
        (!parts.is_empty()).then(|| parts.join(" · "))
    }

    fn breaks(&self, finding: &Finding) -> Vec<(&'static str, String)> {
        let dialect = self.lint.options.dialect;
        let many = if self.look.detail == Detail::Verbose { usize::MAX } else { MAX_BREAKS };
        let mut out: Vec<(&'static str, String)> = Vec::new();
        let mut last_error = String::new();
        for FindingBreak { app, broken } in finding.breaks.iter().take(many) {
            let error = broken.server_error(dialect);
            let state = error.sqlstate.as_deref().map(|state| format!("{state} ")).unwrap_or_default();
            let error = format!("{state}{}", error.message);
            let name = match app_name(*app) {
                "old" => "old app",
                _ => "new app",
            };
            let usage = broken.usage.sql(dialect);
            let text = match error == last_error {
                true => format!("{usage}: the same"),
                false if usage.chars().count() + error.chars().count() + 18 <= self.look.width => format!("{usage} → {error}"),
                false => format!("{usage}\n→ {error}"),
            };
            out.push((name, escape(&text).into_owned()));
            last_error = error;
        }
        let more = finding.breaks.len().saturating_sub(many);
        if let (Some((_, text)), true) = (out.last_mut(), more > 0) {
            let uses = if more == 1 { "use" } else { "uses" };
            write!(text, "\nand {more} more {uses} (-v shows all)").expect("writing to a string cannot fail");
        }
        out
    }

    fn wrapped(&self, text: &str) -> String {
        let width = self.look.width.clamp(40, 110) - 12;
        let mut out = String::new();
        for line in escape(text).lines() {
            let mut used = 0;
            for word in line.split_whitespace() {
                let length = word.chars().count();
                if used > 0 {
                    let breaks = used + 1 + length > width;
                    out.push(if breaks { '\n' } else { ' ' });
                    used = if breaks { 0 } else { used + 1 };
                }
                out.push_str(word);
                used += length;
            }
            out.push('\n');
        }
        out.truncate(out.trim_end().len());
        out
    }
}

/// The safe sequence, each part under its phase.
fn alternative(finding: &Finding) -> Option<String> {
    let mut out = String::new();
    for part in &finding.alternative {
        for (number, sql) in part.sql.iter().enumerate() {
            let name = if number == 0 { part.phase.name() } else { "" };
            let indent = format!("\n{:10}", "");
            let sql = escape(sql.trim_end_matches(';')).replace('\n', &indent);
            let end = if sql.starts_with("--") { "" } else { ";" };
            writeln!(out, "{name:<9} {sql}{end}").expect("writing to a string cannot fail");
        }
    }
    out.truncate(out.trim_end().len());
    (!out.is_empty()).then_some(out)
}

/// `ACCESS EXCLUSIVE on users (instant)`
pub(super) fn lock_text(lock: &Lock, dialect: &dyn Dialect) -> String {
    let usual = dialect.empty_catalog().session.search_path;
    let name = if usual.first() == Some(&lock.object.schema) { lock.object.name.to_string() } else { lock.object.to_string() };
    format!("{} on {} ({})", lock.mode, escape_line(&name), held_name(lock.held))
}

/// One line for each migration.
fn migrations(lint: &Lint<'_>, look: Look, out: &mut String) {
    let label = |assessment: &Assessment| {
        let migration = &lint.project.history.migrations[assessment.migration];
        let parts = [migration.version.as_str(), migration.name.as_str()];
        let label = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("_");
        shorten(&escape_line(&label), (look.width / 2).max(20))
    };
    let width = lint.assessments.iter().map(|assessment| label(assessment).chars().count()).max().unwrap_or(0);
    for assessment in &lint.assessments {
        let phase = paint(look, phase_style(assessment.phase), &format!("{:<8}", assessment.phase.name()));
        let app = |name: &str, ok: bool| match ok {
            true => paint(look, AnsiColor::Green.on_default(), &format!("{name} ✓")),
            false => paint(look, AnsiColor::Red.on_default(), &format!("{name} ✗")),
        };
        let apps = format!("{}  {}", app("old", assessment.old_ok()), app("new", assessment.new_ok()));
        let lock = worst_lock(lint, assessment).map(|lock| format!("  {lock}"));
        let line = format!("{:<width$}  {phase}  {apps}{}", label(assessment), lock.unwrap_or_default());
        writeln!(out, "{}", line.trim_end()).expect("writing to a string cannot fail");
    }
    if !lint.assessments.is_empty() {
        out.push('\n');
    }
}

fn shorten(text: &str, width: usize) -> String {
    let count = text.chars().count();
    if count <= width { text.to_owned() } else { text.chars().take(width - 1).chain(['…']).collect() }
}

/// The lock that hurts most: the strongest, and of those the one that is held longest.
pub(super) fn worst_lock(lint: &Lint<'_>, assessment: &Assessment) -> Option<String> {
    assess::locks(&lint.replayed, assessment).first().map(|lock| lock_text(lock, lint.options.dialect))
}

/// The total without colours.
pub(super) fn totals(judged: &[Lint<'_>]) -> String {
    total(judged, Look { color: false, width: 0, detail: Detail::Usual })
}

fn total(judged: &[Lint<'_>], look: Look) -> String {
    let count = |level| judged.iter().map(|lint| lint.count(level)).sum::<usize>();
    let (errors, warnings, infos) = (count(Level::Error), count(Level::Warning), count(Level::Info));
    let mut found = Vec::new();
    if errors > 0 {
        found.push(paint(look, AnsiColor::Red.on_default().bold(), &plural(errors, "error", "errors")));
    }
    if warnings > 0 {
        found.push(paint(look, AnsiColor::Yellow.on_default().bold(), &plural(warnings, "warning", "warnings")));
    }
    if infos > 0 {
        found.push(plural(infos, "note", "notes"));
    }
    if found.is_empty() {
        found.push(paint(look, AnsiColor::Green.on_default().bold(), "nothing found"));
    }
    let migrations: usize = judged.iter().map(|lint| lint.assessments.len()).sum();
    let statements = || {
        judged.iter().flat_map(|lint| {
            let of = |step: &crate::replay::Step| &lint.parsed[step.migration].statements[step.statement];
            let steps = lint.assessments.iter().flat_map(|assessment| &lint.replayed.steps[assessment.steps.clone()]);
            steps.map(of)
        })
    };
    let opaque = statements().filter(|found| found.changes.iter().any(|change| change.value.opaque().is_some())).count();
    let suppressed = || judged.iter().flat_map(|lint| &lint.findings).filter_map(|found| found.suppressed.as_ref());
    let allowed = suppressed().filter(|by| matches!(by, Suppression::Directive { .. })).count();
    let accepted = suppressed().filter(|by| matches!(by, Suppression::Baseline)).count();
    let mut text = format!(
        "{} in {} ({})",
        found.join(", "),
        plural(migrations, "migration", "migrations"),
        plural(statements().count(), "statement", "statements")
    );
    for (count, what) in [(allowed, "allowed by directives"), (accepted, "accepted by the baseline"), (opaque, "not understood")]
    {
        if count > 0 {
            write!(text, "; {count} {what}").expect("writing to a string cannot fail");
        }
    }
    text
}

/// `1 migration`, `2 migrations`
pub(super) fn plural(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

fn phase_style(phase: Phase) -> Style {
    match phase {
        Phase::Free => Style::new(),
        Phase::Expand | Phase::Migrate => AnsiColor::Green.on_default(),
        Phase::Contract => AnsiColor::Yellow.on_default(),
        Phase::Breaking | Phase::Mixed => AnsiColor::Red.on_default(),
    }
}

pub(super) fn paint(look: Look, style: Style, text: &str) -> String {
    if look.color { format!("{style}{text}{style:#}") } else { text.to_owned() }
}
