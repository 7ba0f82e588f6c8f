//! What is said of downs: of those that were tried, whether they lead back and what differs where they do not.

use crate::assess::Broken;
use crate::catalog::Problem;
use crate::dialect::Dialect;
use crate::lint::Back;
use crate::paired::{Checked, Tried, label};
use crate::read::{DownState, Project};
use crate::report::DownReport;
use crate::report::down::print::shown;
use crate::report::escape::{escape, escape_line, escape_sql};
use crate::report::excerpt::excerpt;
use crate::report::human::{Detail, Look, plural};
use crate::rules::Level;
use crate::source::Span;
use annotate_snippets::{AnnotationKind, Group, Level as Title, Origin, Renderer, Snippet};
use std::fmt::Write;

/// How many differences are named beside the diff.
const MAX_ITEMS: usize = 6;

/// How many lines of a diff are shown.
const MAX_DIFF: usize = 40;

/// The report of `--check` for people: each down that does not lead back, each that could not be told, what they lock and break as
/// the migrations that they are, and a total.
pub fn down_check(reports: &[DownReport<'_>], look: Look, dialect: &dyn Dialect) -> String {
    let mut out = String::new();
    let checked: Vec<&Checked<'_>> = reports.iter().filter_map(|report| report.checked.as_ref()).collect();
    for (report, check) in reports.iter().filter_map(|report| Some((report, report.checked.as_ref()?))) {
        let teller = Teller { project: check.project, look, dialect };
        for tried in &check.tried {
            teller.tried(tried, &mut out);
            if let Some(back) = report.backs.iter().find(|back| back.migration == tried.migration) {
                teller.back(back, &mut out);
            }
        }
        teller.missing(check, &mut out);
        teller.new_app(&report.backs, &mut out);
    }
    if !checked.is_empty() {
        writeln!(out, "{}", total(&checked)).expect("writing to a string cannot fail");
    }
    out
}

struct Teller<'a> {
    project: &'a Project,
    look: Look,
    dialect: &'a dyn Dialect,
}

impl Teller<'_> {
    fn tried(&self, tried: &Tried, out: &mut String) {
        let name = label(&self.project.history.migrations[tried.migration]);
        let whole = tried.parsed.statements.first().map(|statement| statement.span);
        let title = || if tried.known { Title::ERROR } else { Title::WARNING };
        let unsure = if tried.known { "" } else { " as far as the schema is known" };
        if tried.told_elsewhere {
            return;
        }
        let range =
            tried.together.map(|(first, last)| [first, last].map(|number| label(&self.project.history.migrations[number])));
        if let (Some([first, last]), None) = (&range, &tried.difference) {
            if *first == name {
                let message = format!("the downs of {first} to {last} lead back together, not each alone");
                self.group(Title::INFO, &message, None, &[], out);
            }
            return;
        }
        if let Some((step, span, problem)) = &tried.failure {
            let message = format!("the down of {name} fails{unsure}: {}", self.error(tried, *step, *span, problem));
            self.group(title(), &message, Some(*span), &[], out);
        }
        if let Some(difference) = tried.difference.as_ref().filter(|_| !tried.manual) {
            let message = match &range {
                Some([first, last]) => format!("the downs of {first} to {last} together do not lead back to the schema before"),
                None => format!("the down of {name} does not lead back to the schema before{unsure}"),
            };
            let mut notes = Vec::new();
            for (kind, items) in [("missing", &difference.missing), ("left over", &difference.left)] {
                notes.extend(items.iter().take(MAX_ITEMS).map(|item| (kind, escape_line(item).into_owned())));
                let more = items.len().saturating_sub(MAX_ITEMS);
                if more > 0 {
                    notes.push((kind, format!("and {more} more")));
                }
            }
            self.group(title(), &message, whole, &notes, out);
            self.diff(&difference.diff, out);
        }
        if tried.manual {
            let message = format!("the down of {name} raises an error: a person has to write it");
            self.group(Title::WARNING, &message, whole, &[], out);
        }
        if !tried.follow_ups.is_empty() {
            let message = format!("the down of {name} leads back but for what needs values that nobody has any more");
            let notes: Vec<_> =
                tried.follow_ups.iter().map(|change| ("then", escape(&self.dialect.write(change)).into_owned())).collect();
            self.group(Title::INFO, &message, None, &notes, out);
        }
        for (span, opaque) in &tried.opaque {
            let message = format!("in the down of {name}, a statement was not understood: {}", opaque.reason);
            self.group(Title::WARNING, &message, Some(*span), &[], out);
        }
    }

    fn diff(&self, diff: &str, out: &mut String) {
        let most = if self.look.detail == Detail::Verbose { usize::MAX } else { MAX_DIFF };
        for line in diff.lines().take(most) {
            writeln!(out, "{}", escape_sql(line)).expect("writing to a string cannot fail");
        }
        let more = diff.lines().count().saturating_sub(most);
        if more > 0 {
            writeln!(out, "... {} (-v shows all)", plural(more, "more line", "more lines"))
                .expect("writing to a string cannot fail");
        }
        out.push('\n');
    }

    fn error(&self, tried: &Tried, step: usize, span: Span, problem: &Problem) -> String {
        tried.error(step, span, problem, self.dialect)
    }

    fn group(
        &self,
        title: Title<'static>,
        message: &str,
        span: Option<Span>,
        notes: &[(&'static str, String)],
        out: &mut String,
    ) {
        let renderer = if self.look.color { Renderer::styled() } else { Renderer::plain() };
        let renderer = renderer.term_width(self.look.width);
        let mut group: Group<'_> = title.primary_title(escape(message).into_owned()).elements(Vec::<Origin>::new());
        if let Some(span) = span {
            let sources = &self.project.sources;
            let position = sources.position(span.file, span.start);
            let path = escape_line(&sources.path(span.file).to_string_lossy()).into_owned();
            let part = excerpt(sources.text(span.file), span.range());
            let mark = AnnotationKind::Primary.span(part.marked);
            let snippet = Snippet::source(part.text).line_start(position.line as usize).fold(false).annotation(mark);
            group = match part.is_exact {
                true => group.element(snippet.path(path)),
                false => {
                    let origin = Origin::path(path).line(position.line as usize).char_column(position.column as usize);
                    group.element(origin).element(snippet)
                }
            };
        }
        for (name, text) in notes {
            group = group.element(Title::NOTE.with_name(*name).message(text.clone()));
        }
        out.push_str(&renderer.render(&[group]));
        out.push_str("\n\n");
    }

    /// What the rules find in a down.
    fn back(&self, back: &Back, out: &mut String) {
        let name = label(&self.project.history.migrations[back.migration]);
        for found in &back.findings {
            let title = match found.level {
                Level::Error => Title::ERROR,
                Level::Warning => Title::WARNING,
                Level::Info | Level::Off => Title::INFO,
            };
            let help = (!found.help.is_empty()).then(|| ("help", escape_line(&found.help).into_owned()));
            let message = format!("in the down of {name}: {} [{}]", found.message, found.id());
            self.group(title, &message, Some(found.place.span), &help.into_iter().collect::<Vec<_>>(), out);
        }
    }

    /// The downs that break the application that is there when they run, in a line each.
    fn new_app(&self, backs: &[Back], out: &mut String) {
        let broken: Vec<(&Back, &Broken)> = backs.iter().filter_map(|back| Some((back, back.breaks().next()?))).collect();
        if broken.is_empty() {
            return;
        }
        out.push_str("The new application fails once these have run: roll it back first.\n");
        for (back, first) in broken {
            let name = label(&self.project.history.migrations[back.migration]);
            let more = back.breaks().count() - 1;
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            let text = format!("  {name}: {}{more}", shown(first, self.dialect));
            writeln!(out, "{}", escape_line(&text)).expect("writing to a string cannot fail");
        }
        out.push('\n');
    }

    /// Those that have none, in a line each.
    fn missing(&self, check: &Checked<'_>, out: &mut String) {
        let start = out.len();
        for (migration, state) in &check.others {
            let what = match state {
                DownState::Missing => "has no down",
                DownState::Empty | DownState::Comments => "has an empty down",
                DownState::Generated | DownState::Written => continue,
            };
            let name = label(&self.project.history.migrations[*migration]);
            writeln!(out, "{} {what}", escape_line(&name)).expect("writing to a string cannot fail");
        }
        if out.len() > start {
            out.push('\n');
        }
    }
}

fn total(checked: &[&Checked<'_>]) -> String {
    let tried = || checked.iter().flat_map(|check| &check.tried);
    let count = |fits: &dyn Fn(&&Tried) -> bool| tried().filter(fits).count();
    let others =
        |fits: &[DownState]| checked.iter().flat_map(|check| &check.others).filter(|(_, state)| fits.contains(state)).count();
    let mut parts = vec![format!("{} checked", plural(tried().count(), "down", "downs"))];
    let unsure = count(&|tried| !tried.known && !tried.manual && !tried.leads_back());
    for (count, what) in [
        (count(&|tried| tried.leads_back()), "lead back"),
        (count(&|tried| tried.is_untrue() && tried.failure.is_some()), "fail"),
        (count(&|tried| tried.is_untrue() && tried.difference.is_some()), "do not lead back"),
        (count(&|tried| tried.manual), "left to a person"),
        (unsure, "cannot be told for sure"),
        (others(&[DownState::Empty, DownState::Comments]), "empty"),
        (others(&[DownState::Missing]), "missing"),
    ] {
        if count > 0 {
            parts.push(format!("{count} {what}"));
        }
    }
    parts.join(", ")
}
