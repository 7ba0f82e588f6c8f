//! What replaces a migration that has no safe moment, or that keeps the application waiting: migrations for several releases, as SQL
//! for the tables at hand. The sequences are those that the rules give for each change; what no rule replaces stays as it is, in the
//! phase that it has by itself. What may not share a transaction becomes a migration of its own.

mod cut;
mod files;
mod group;
mod key;
mod labels;
mod lists;
mod moved;
mod proof;
mod renamed;
mod views;

use self::group::{Group, Scope};
use self::views::View;
use super::{Facts, backfill, must_split, phase, remarks};
use crate::assess::{App, Phase, Touched, Verdict, failing};
use crate::change::{Change, ConstraintKind, Ident, TableAction};
use crate::dialect::Dialect;
use crate::lint::Lint;
use crate::replay::{Atom, Step};
use crate::rules::{Finding, Level, Topic};
use crate::source::Span;

pub use cut::{Piece, Transactions};
pub use files::{File, NoFiles, files};
pub use lists::{list, list_path};

/// The migrations that replace one.
#[derive(Debug, Clone)]
pub struct Split {
    /// The migration that is replaced.
    pub assessment: usize,
    /// What runs instead, in order.
    pub pieces: Vec<Piece>,
    /// What in it could not be replaced, and why: a person has to.
    pub left: Vec<String>,
}

/// The splits of all migrations that need one.
pub(super) fn splits(lint: &Lint<'_>, facts: &Facts) -> Vec<Split> {
    (0..lint.assessments.len()).filter(|number| needs(lint, *number, facts)).map(|number| split(lint, number)).collect()
}

/// Whether a migration has no stage, or holds up the application longer than an instant.
fn needs(lint: &Lint<'_>, number: usize, facts: &Facts) -> bool {
    let assessment = &lint.assessments[number];
    let versions_meet = lint.options.strategy.versions_meet();
    if phase(lint, number) != assessment.phase {
        // What it keeps for the way back belongs into one transaction with what destroys it.
        return false;
    }
    let heavy = remarks(lint, assessment, facts)
        .iter()
        .any(|finding| finding.level == Level::Error && finding.rule.is_some_and(|rule| rule.topic == Topic::Locks));
    let has_way = || lint.findings_of(assessment).map(|reported| &reported.finding).any(is_way);
    let has_group = || Scope::new(lint, number).is_some_and(|scope| !group::groups(&scope).is_empty());
    versions_meet && must_split(phase(lint, number)) || heavy && (has_way() || has_group())
}

/// Whether a finding says what to run instead: statements put into order are none.
fn is_way(finding: &Finding) -> bool {
    !finding.alternative.is_empty() && finding.id() != "phases-mixed"
}

fn split(lint: &Lint<'_>, number: usize) -> Split {
    let assessment = &lint.assessments[number];
    let scope = Scope::new(lint, number);
    let groups = scope.as_ref().map(group::groups).unwrap_or_default();
    let around = scope.as_ref().map(views::around).unwrap_or_default();
    let mut parts = Parts { lint, number, groups, around, out: Vec::new(), left: Vec::new() };
    for (at, step) in lint.replayed.steps[assessment.steps.clone()].iter().enumerate() {
        parts.statement(at, step);
        let ended = parts.groups.iter().filter(|group| group.step == at).flat_map(|group| group.out.clone());
        let ended: Vec<(Phase, String)> = ended.collect();
        parts.out.extend(ended);
    }
    let Parts { mut out, mut left, around, .. } = parts;
    if let Some(scope) = &scope {
        again(lint, number, &mut out);
        left.extend(views::put_back(scope, &around, &mut out));
    }
    let mut pieces = cut::pieces(out);
    if let Some(error) = proof::error(lint, number, &pieces).filter(|_| left.is_empty()) {
        left.push(format!("no sequence is known that replaces it: the nearest one fails: {error}"));
        pieces.clear();
    }
    Split { assessment: number, pieces, left }
}

/// What fills a column that the release brings runs a second time when no old instance is left, before null is refused: old ones
/// wrote rows behind the first time.
fn again(lint: &Lint<'_>, number: usize, out: &mut Vec<(Phase, String)>) {
    let missed = backfill::of(lint, number).into_iter().filter(|found| !found.kept);
    let columns: Vec<_> = missed.filter_map(|found| found.column).collect();
    let demands = |change: &Change, column: &Ident| match change {
        Change::AlterTable(alter) => match &alter.action {
            TableAction::AddConstraint(constraint) => {
                matches!(&constraint.kind, ConstraintKind::Check(check) if check.refs.iter().any(|found| found.name() == column))
            }
            _ => false,
        },
        _ => false,
    };
    for column in columns {
        let late = |(phase, sql): &(Phase, String)| {
            *phase == Phase::Contract && cut::read(sql).iter().any(|change| demands(change, &column))
        };
        let Some(at) = out.iter().position(late) else { continue };
        let fills = |(phase, sql): &&(Phase, String)| {
            let is_fill = |change: &Change| matches!(change, Change::Data(data) if data.columns.iter().flatten().any(|found| *found == column));
            *phase == Phase::Migrate && cut::read(sql).iter().any(is_fill)
        };
        let fill: Vec<(Phase, String)> = out.iter().filter(fills).map(|(_, sql)| (Phase::Contract, sql.clone())).collect();
        out.splice(at..at, fill);
    }
}

/// Statements by phase, in the order in which they were found.
struct Parts<'a> {
    lint: &'a Lint<'a>,
    number: usize,
    groups: Vec<Group>,
    around: Vec<View>,
    out: Vec<(Phase, String)>,
    left: Vec<String>,
}

impl Parts<'_> {
    fn statement(&mut self, at: usize, step: &Step) {
        let is_taken = |atom: usize| {
            self.groups.iter().any(|group| group.has(at, atom)) || self.around.iter().any(|view| view.atoms.contains(&(at, atom)))
        };
        let taken: Vec<bool> = (0..step.atoms.len()).map(is_taken).collect();
        if !taken.is_empty() && taken.iter().all(|taken| *taken) {
            return;
        }
        let whole = !taken.contains(&true);
        let statement = &self.lint.parsed[step.migration].statements[step.statement];
        // What no moment suits is not mended by what only runs late.
        let breaks_both = self.verdict(step).is_some_and(|verdict| verdict.phase == Phase::Breaking);
        let findings = self.lint.findings_of(&self.lint.assessments[self.number]).map(|reported| &reported.finding);
        let own: Vec<&Finding> = findings
            .filter(|finding| finding.place.statement == Some(step.statement))
            .filter(|finding| is_way(finding))
            .filter(|finding| !breaks_both || finding.alternative.iter().any(|part| part.phase == Phase::Expand))
            .collect();
        let one = step.atoms.len() < 2;
        let mut used: Vec<Span> = Vec::new();
        for (_, atom) in step.atoms.iter().enumerate().filter(|(atom, _)| !taken[*atom]) {
            let concerns = |finding: &&&Finding| {
                one || finding.place.span == atom.change.span || whole && finding.place.span == statement.span
            };
            match own.iter().find(concerns) {
                Some(finding) if used.contains(&finding.place.span) && !one => {}
                Some(finding) => {
                    used.push(finding.place.span);
                    for part in &finding.alternative {
                        self.out.extend(part.sql.iter().map(|sql| (part.phase, sql.clone())));
                    }
                }
                None => self.as_it_is(step, atom, one),
            }
        }
    }

    /// A change that no rule replaces.
    fn as_it_is(&mut self, step: &Step, atom: &Atom, one: bool) {
        let dialect = self.lint.options.dialect;
        let statement = &self.lint.parsed[step.migration].statements[step.statement];
        let text = self.lint.project.sources.slice(statement.span).trim().trim_end_matches(';').to_owned();
        let sql = if one { text.clone() } else { dialect.write(&atom.change.value) };
        match self.phase(step, atom, dialect) {
            Phase::Breaking | Phase::Mixed => {
                self.left.push(format!("no sequence is known that replaces: {}", first_line(&text)));
            }
            // What may run at any moment stays behind what stands before it.
            Phase::Free => {
                let whole = self.lint.assessments[self.number].phase;
                let before = self.out.iter().map(|(phase, _)| *phase).max().unwrap_or(Phase::Expand);
                self.out.push((if whole == Phase::Contract { whole } else { before }, sql));
            }
            phase @ (Phase::Expand | Phase::Migrate | Phase::Contract) => self.out.push((phase, sql)),
        }
    }

    fn verdict(&self, step: &Step) -> Option<&Verdict> {
        let assessment = &self.lint.assessments[self.number];
        let steps = &self.lint.replayed.steps[assessment.steps.clone()];
        steps.iter().position(|other| std::ptr::eq(other, step)).and_then(|at| assessment.verdicts.get(at))
    }

    /// The phase that a change has by itself.
    fn phase(&self, step: &Step, atom: &Atom, dialect: &dyn Dialect) -> Phase {
        let commits = &self.lint.replayed.commits;
        let (Some(first), Some(last)) = (commits.first(), commits.last()) else { return Phase::Free };
        let touched = Touched::between(&atom.before, &atom.after);
        let fails = |app, schema, state| failing(app, schema, state, &touched, dialect);
        let worse = |before: std::collections::BTreeMap<_, _>, after: std::collections::BTreeMap<_, _>| {
            after.keys().any(|usage| !before.contains_key(usage))
        };
        let breaks = worse(fails(App::Old, &first.before, &atom.before), fails(App::Old, &first.before, &atom.after));
        let needed = worse(fails(App::New, &last.after, &atom.after), fails(App::New, &last.after, &atom.before));
        let verdict = self.verdict(step);
        // A statement of the same transaction makes it good again: apart from each other they break somebody.
        if breaks && verdict.is_some_and(|verdict| verdict.breaks.is_empty()) {
            return Phase::Breaking;
        }
        // What the whole statement is judged by counts where it does one thing.
        if step.atoms.len() == 1 && verdict.is_some_and(|verdict| verdict.phase == Phase::Breaking) {
            return Phase::Breaking;
        }
        match (breaks, needed) {
            (false, false) if moves_rows(atom) => Phase::Migrate,
            (false, false) => Phase::Free,
            (false, true) => Phase::Expand,
            (true, false) => Phase::Contract,
            (true, true) => Phase::Breaking,
        }
    }
}

fn moves_rows(atom: &Atom) -> bool {
    use crate::change::{Change, DataKind};
    match &atom.change.value {
        Change::Data(data) => !matches!(data.kind, DataKind::Select | DataKind::CopyOut | DataKind::Call),
        Change::Truncate { .. } | Change::Refresh { .. } => true,
        _ => false,
    }
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}
