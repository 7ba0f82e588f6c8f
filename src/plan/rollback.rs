//! What going back to the old version costs after each stage: nothing, the down migrations of some stages, or data.

use super::state::Simulated;
use super::{Stage, StageName};
use crate::assess::{Loss, Strategy};
use crate::catalog::Name;
use crate::change::Ident;
use crate::down::{Down, Fidelity};
use crate::lint::Lint;

/// How to go back to the old version after a stage.
#[derive(Debug, Clone, Default)]
pub struct Rollback {
    /// The way.
    pub way: Way,
    /// The migrations whose down migrations have to run, in that order.
    pub downs: Vec<usize>,
    /// What does not come back.
    pub lost: Vec<String>,
    /// Migrations among them whose down migration cannot be computed, and why.
    pub manual: Vec<(usize, String)>,
    /// What the old version may meet that it does not know.
    pub meets: Vec<String>,
}

/// The ways back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Way {
    /// The old version works on the schema as it is: it is only deployed again.
    #[default]
    FlipBack,
    /// Down migrations have to run first.
    RunDowns,
    /// Down migrations have to run first, and data is lost all the same.
    NoReturn,
}

impl Way {
    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Way::FlipBack => "flip-back",
            Way::RunDowns => "run-downs",
            Way::NoReturn => "no-return",
        }
    }
}

/// From where on going back loses data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoReturn {
    /// The stage.
    pub stage: StageName,
    /// The first migration that destroys data.
    pub assessment: usize,
    /// What is lost by it and all that follow.
    pub lost: Vec<String>,
}

/// Fills in how to go back from every stage.
pub(super) fn fill(lint: &Lint<'_>, stages: &mut [Stage], simulated: &Simulated) {
    let order: Vec<usize> = stages.iter().flat_map(|stage| &stage.entries).map(|entry| entry.assessment).collect();
    let mut done = 0;
    for stage in stages {
        done += stage.entries.len();
        // Back to the last state on which the old version works.
        let back = (0..=done).rev().find(|at| simulated.works[*at].old_ok()).unwrap_or(0);
        let downs: Vec<usize> = order[back..done].iter().rev().copied().collect();
        let ways: Vec<(usize, Down)> = downs.iter().map(|number| (*number, way_back(lint, *number))).collect();
        let written = ways.iter().flat_map(|(_, down)| new_data(lint, down));
        let lost: Vec<String> = order[..done].iter().flat_map(|number| losses(lint, *number)).chain(written).collect();
        let manual = ways.iter().flat_map(|(number, down)| down.reasons().map(|(_, reason)| (*number, reason.to_owned())));
        let manual: Vec<(usize, String)> = manual.collect();
        let schema_only = ways.iter().any(|(_, down)| down.fidelity == Fidelity::SchemaOnly);
        let destroys = schema_only || order[back..done].iter().any(|number| destroys(lint, *number));
        let way = match (downs.is_empty(), destroys) {
            (true, _) => Way::FlipBack,
            (false, false) => Way::RunDowns,
            (false, true) => Way::NoReturn,
        };
        // Only new code writes what old code does not know.
        let is_deployed = stage.name > StageName::BeforeDeploy || lint.options.strategy == Strategy::StopTheWorld;
        let meets = order[..done].iter().filter(|_| is_deployed).flat_map(|number| unknown(lint, *number)).collect();
        stage.rollback = Rollback { way, downs, lost: unique(lost), manual, meets: unique(meets) };
    }
}

/// The first migration in the order of the plan that destroys data, and what is lost from there on.
pub(super) fn point_of_no_return(lint: &Lint<'_>, stages: &[Stage]) -> Option<NoReturn> {
    let entries = || stages.iter().flat_map(|stage| stage.entries.iter().map(move |entry| (stage.name, entry.assessment)));
    let (stage, assessment) = entries().find(|(_, assessment)| destroys(lint, *assessment))?;
    let after = entries().skip_while(|(_, other)| *other != assessment);
    let lost = after.flat_map(|(_, assessment)| losses(lint, assessment)).collect();
    Some(NoReturn { stage, assessment, lost: unique(lost) })
}

/// What undoes a migration.
fn way_back(lint: &Lint<'_>, number: usize) -> Down {
    lint.ground().way_back(lint.assessments[number].migration)
}

/// What is lost of what was written since, when a down runs.
fn new_data(lint: &Lint<'_>, down: &Down) -> Vec<String> {
    let of_new = down.ups.iter().filter(|up| up.lost.iter().any(|lost| lost.fidelity == Fidelity::DropsNewData));
    let lost = of_new.flat_map(|up| &up.lost).filter(|lost| lost.fidelity > Fidelity::Lossless);
    lost.map(|lost| briefly(lint, lost.what.clone())).collect()
}

/// Names are written as briefly as a new session finds them.
fn briefly(lint: &Lint<'_>, text: String) -> String {
    let search_path = lint.options.dialect.empty_catalog().session.search_path;
    search_path.iter().fold(text, |text, schema| text.replace(&format!(" {schema}."), " "))
}

/// What a migration destroys, for people.
fn losses(lint: &Lint<'_>, number: usize) -> Vec<String> {
    lost(lint, number).map(|loss| briefly(lint, loss.to_string())).collect()
}

/// What a migration destroys of what the old version stored: what the release itself brought is none of it.
fn lost(lint: &Lint<'_>, number: usize) -> impl Iterator<Item = Loss> {
    let live = lint.replayed.commits.first().map(|commit| &*commit.before);
    let of_live = move |loss: &Loss| {
        let has = |table: &Name, column: &Ident| live?.table(table)?.column(column).map(|_| ());
        match loss {
            Loss::Table(name) | Loss::Rows(name, _) => live?.relations.get(name).map(|_| loss.clone()),
            Loss::Column(name, column) | Loss::Precision(name, column) => has(name, column).map(|()| loss.clone()),
            Loss::Values(name, columns) => {
                let columns: Vec<Ident> = columns.iter().filter(|column| has(name, column).is_some()).cloned().collect();
                (!columns.is_empty()).then(|| Loss::Values(name.clone(), columns))
            }
        }
    };
    let verdicts = lint.assessments[number].verdicts.iter().filter(move |_| !keeps(lint, number));
    verdicts.flat_map(|verdict| &verdict.losses).filter_map(of_live)
}

/// Whether a migration keeps what it destroys for its way back.
fn keeps(lint: &Lint<'_>, number: usize) -> bool {
    super::kept(lint, number).is_some()
}

/// Whether something that applications stored is gone after it. Values that a backfill overwrites do not count: both versions
/// go on with the new ones.
fn destroys(lint: &Lint<'_>, number: usize) -> bool {
    lost(lint, number).any(|loss| match loss {
        Loss::Table(_) | Loss::Column(..) | Loss::Rows(..) | Loss::Precision(..) => true,
        Loss::Values(..) => false,
    })
}

/// What new code may store by then that old code does not know.
fn unknown(lint: &Lint<'_>, number: usize) -> Vec<String> {
    const ABOUT: [&str; 2] = ["enum-label-added", "not-null-dropped"];
    let found = lint.findings_of(&lint.assessments[number]).map(|reported| &reported.finding);
    found.filter(|finding| ABOUT.contains(&finding.id())).map(|finding| finding.message.clone()).collect()
}

fn unique(texts: Vec<String>) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for text in texts {
        if !out.contains(&text) {
            out.push(text);
        }
    }
    out
}
