//! Which stage each migration belongs to. Its phase decides; what may run at several moments goes where the order of versions lets
//! the runner apply it, since runners apply what is pending in order.

use super::{StageName, backfill, gates, must_split};
use crate::assess::{Phase, Strategy};
use crate::change::{Change, TableAction};
use crate::lint::Lint;
use crate::replay::Step;

/// Where a migration may run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placement {
    /// In this stage only.
    Fixed(StageName),
    /// Best in one stage, and in any from another on.
    Free {
        /// The best one.
        best: StageName,
        /// The first one.
        earliest: StageName,
    },
    /// In none: it must be split.
    Nowhere,
}

/// Whether a migration runs in another stage than the best one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moved {
    /// It does not.
    No,
    /// Earlier, because this migration comes after it.
    Earlier(usize),
    /// Later, because this migration comes before it.
    Later(usize),
}

/// Where every migration was put.
pub(super) struct Placed {
    may: Vec<Placement>,
    stage: Vec<Option<StageName>>,
    moved: Vec<Moved>,
}

impl Placed {
    /// The migrations of a stage, in the order of their versions.
    pub(super) fn of(&self, name: StageName) -> Vec<usize> {
        (0..self.stage.len()).filter(|at| self.stage[*at] == Some(name)).collect()
    }

    /// All that have a stage, in the order of the plan.
    pub(super) fn order(&self) -> Vec<usize> {
        StageName::ALL.into_iter().flat_map(|name| self.of(name)).collect()
    }

    /// Those that have none.
    pub(super) fn unplaced(&self) -> Vec<usize> {
        (0..self.stage.len()).filter(|at| self.stage[*at].is_none()).collect()
    }

    /// Why it is where it is.
    pub(super) fn moved(&self, assessment: usize) -> Moved {
        self.moved[assessment]
    }

    /// The stage of a migration.
    pub(super) fn stage(&self, assessment: usize) -> Option<StageName> {
        self.stage[assessment]
    }

    /// Where it may run.
    pub(super) fn may(&self, assessment: usize) -> Placement {
        self.may[assessment]
    }

    /// How many migrations there are.
    pub(super) fn len(&self) -> usize {
        self.stage.len()
    }
}

/// Puts every migration into its stage.
pub(super) fn place(lint: &Lint<'_>) -> Placed {
    let may: Vec<Placement> = (0..lint.assessments.len()).map(|number| placement(lint, number)).collect();
    let fixed = |at: usize| if let Placement::Fixed(stage) = may[at] { Some(stage) } else { None };
    let mut stage = Vec::with_capacity(may.len());
    let mut moved = Vec::with_capacity(may.len());
    let mut low: Option<(StageName, usize)> = None;
    for at in 0..may.len() {
        let (found, why) = match may[at] {
            Placement::Nowhere => (None, Moved::No),
            Placement::Fixed(stage) => (Some(stage), Moved::No),
            Placement::Free { best, earliest } => {
                let high = (at + 1..may.len()).filter_map(|later| Some((fixed(later)?, later))).min_by_key(|found| found.0);
                let found = between(best, earliest, low, high);
                (Some(found.0), found.1)
            }
        };
        if let Some(stage) = found.filter(|stage| low.is_none_or(|(low, _)| *stage > low)) {
            low = Some((stage, at));
        }
        stage.push(found);
        moved.push(why);
    }
    Placed { may, stage, moved }
}

/// The stage nearest to the best one that keeps the order with those before and after.
fn between(
    best: StageName,
    earliest: StageName,
    low: Option<(StageName, usize)>,
    high: Option<(StageName, usize)>,
) -> (StageName, Moved) {
    // Where the others are out of order among themselves, the later ones count.
    let low = low.filter(|(low, _)| high.is_none_or(|(high, _)| *low <= high));
    match (low, high) {
        (Some((low, by)), _) if low > best => (low, Moved::Later(by)),
        (_, Some((high, by))) if high < best && earliest < best => (high.max(earliest), Moved::Earlier(by)),
        _ => (best, Moved::No),
    }
}

fn placement(lint: &Lint<'_>, number: usize) -> Placement {
    let assessment = &lint.assessments[number];
    let waits = !gates(lint, number).is_empty();
    if lint.options.strategy == Strategy::StopTheWorld {
        return Placement::Fixed(if waits { StageName::AfterRollbackWindow } else { StageName::BeforeDeploy });
    }
    let phase = super::phase(lint, number);
    if must_split(phase) {
        return Placement::Nowhere;
    }
    match phase {
        Phase::Expand => Placement::Fixed(StageName::BeforeDeploy),
        Phase::Contract => Placement::Fixed(StageName::AfterRollbackWindow),
        Phase::Free | Phase::Migrate if waits => Placement::Fixed(StageName::AfterRollbackWindow),
        Phase::Migrate => {
            let fills = !backfill::of(lint, number).is_empty();
            let earliest = if fills { StageName::AfterDeploy } else { StageName::BeforeDeploy };
            Placement::Free { best: StageName::AfterDeploy, earliest }
        }
        Phase::Free | Phase::Breaking | Phase::Mixed => {
            let steps = &lint.replayed.steps[assessment.steps.clone()];
            let best = if only_removes(steps) { StageName::AfterRollbackWindow } else { StageName::BeforeDeploy };
            Placement::Free { best, earliest: StageName::BeforeDeploy }
        }
    }
}

/// Whether all that the statements do is to take away.
fn only_removes(steps: &[Step]) -> bool {
    let changes = || steps.iter().flat_map(|step| &step.atoms).map(|atom| &atom.change.value);
    let is_neutral = |change: &Change| matches!(change, Change::NoEffect | Change::Transaction(_) | Change::Set { .. });
    let removes = |change: &Change| match change {
        Change::Drop { .. } => true,
        Change::AlterTable(alter) => {
            matches!(alter.action, TableAction::DropColumn { .. } | TableAction::DropConstraint { .. })
        }
        _ => false,
    };
    changes().any(removes) && changes().all(|change| removes(change) || is_neutral(change))
}
