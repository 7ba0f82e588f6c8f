//! What happens in a deployment beside migrations, by strategy: what is deployed when, and what has to be true before a stage.

use super::place::Placed;
use super::{Stage, StageName};
use crate::assess::Strategy;
use smol_str::SmolStr;

/// One moment of a deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Moment {
    /// A stage, by its place in [`super::Plan::stages`].
    Stage(usize),
    /// Something is done to the application.
    Deploy(&'static str),
    /// A gate, by its place in [`super::Plan::gates`].
    Gate(usize),
}

/// Something that has to be true before a stage, or some of its migrations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gate {
    /// What.
    pub kind: GateKind,
    /// The stage that it holds up.
    pub before: StageName,
    /// The migrations that wait for it.
    pub holds: Vec<usize>,
}

/// What has to be true.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GateKind {
    /// No old instance is left.
    OldVersionGone,
    /// The old environment is taken down, and with it the way back.
    BlueRetired,
    /// The new version serves everything.
    CanaryComplete,
    /// Nobody will go back to the old version.
    RollbackWindowClosed,
    /// What a migration names by itself.
    Named(SmolStr),
}

impl GateKind {
    /// Its name in reports.
    pub fn name(&self) -> &'static str {
        match self {
            GateKind::OldVersionGone => "old-version-gone",
            GateKind::BlueRetired => "blue-retired",
            GateKind::CanaryComplete => "canary-complete",
            GateKind::RollbackWindowClosed => "rollback-window-closed",
            GateKind::Named(_) => "named",
        }
    }

    /// What has to be true, as a sentence without its end.
    pub fn text(&self) -> &str {
        match self {
            GateKind::OldVersionGone => "the last instance of the old version is gone",
            GateKind::BlueRetired => "blue is retired: nobody will flip back",
            GateKind::CanaryComplete => "the canary serves 100% of the traffic and the old version is gone",
            GateKind::RollbackWindowClosed => "the rollback window is closed: nobody will go back to the old version",
            GateKind::Named(text) => text,
        }
    }
}

/// The stages of a strategy.
pub(super) fn stages(strategy: Strategy, placed: &Placed) -> Vec<StageName> {
    match strategy {
        Strategy::Rolling | Strategy::BlueGreen | Strategy::Canary => StageName::ALL.to_vec(),
        Strategy::StopTheWorld => {
            // All at once, but for what waits for something that only the new version brings.
            let waits = !placed.of(StageName::AfterRollbackWindow).is_empty();
            [StageName::BeforeDeploy].into_iter().chain(waits.then_some(StageName::AfterRollbackWindow)).collect()
        }
    }
}

/// Who serves while a stage's migrations run.
pub fn serving(strategy: Strategy, stage: StageName) -> &'static str {
    match (strategy, stage) {
        (Strategy::StopTheWorld, StageName::BeforeDeploy | StageName::AfterDeploy) => "the application is stopped",
        (Strategy::BlueGreen, StageName::BeforeDeploy) => "blue (old) serves",
        (Strategy::BlueGreen, StageName::AfterDeploy) => "green (new) serves, blue (old) stays ready",
        (Strategy::Canary, StageName::AfterDeploy) => "old and new serve side by side",
        (Strategy::Rolling, StageName::AfterDeploy) => "new serves, old until its last instance is gone",
        (Strategy::Rolling | Strategy::Canary, StageName::BeforeDeploy) => "old serves",
        (_, StageName::AfterRollbackWindow) => "only new serves",
    }
}

/// What holds up the last stage, and what migrations wait for by their own word.
pub(super) fn gates(strategy: Strategy, stages: &[Stage]) -> Vec<Gate> {
    let mut out = Vec::new();
    for stage in stages {
        if stage.name == StageName::AfterRollbackWindow {
            let holds: Vec<usize> = stage.entries.iter().map(|entry| entry.assessment).collect();
            let kinds: &[GateKind] = match strategy {
                Strategy::Rolling => &[GateKind::OldVersionGone, GateKind::RollbackWindowClosed],
                Strategy::BlueGreen => &[GateKind::BlueRetired],
                Strategy::Canary => &[GateKind::CanaryComplete, GateKind::RollbackWindowClosed],
                Strategy::StopTheWorld => &[],
            };
            out.extend(kinds.iter().map(|kind| Gate { kind: kind.clone(), before: stage.name, holds: holds.clone() }));
        }
        for entry in &stage.entries {
            for text in &entry.gates {
                let kind = GateKind::Named(text.clone());
                match out.iter_mut().find(|gate| gate.kind == kind && gate.before == stage.name) {
                    Some(gate) => gate.holds.push(entry.assessment),
                    None => out.push(Gate { kind, before: stage.name, holds: vec![entry.assessment] }),
                }
            }
        }
    }
    out
}

/// Everything in order.
pub(super) fn timeline(strategy: Strategy, stages: &[Stage], gates: &[Gate]) -> Vec<Moment> {
    let mut out = Vec::new();
    if strategy == Strategy::StopTheWorld {
        out.push(Moment::Deploy("stop the application"));
    }
    for (number, stage) in stages.iter().enumerate() {
        out.extend((0..gates.len()).filter(|at| gates[*at].before == stage.name).map(Moment::Gate));
        out.push(Moment::Stage(number));
        if stage.name == StageName::BeforeDeploy {
            out.push(Moment::Deploy(match strategy {
                Strategy::Rolling => "deploy: new instances replace the old ones one by one, both serve",
                Strategy::BlueGreen => "deploy green beside blue, check it there, then flip the traffic to it",
                Strategy::Canary => "deploy the canary: the new version serves a small share, for a long time",
                Strategy::StopTheWorld => "start the new version",
            }));
        }
    }
    out
}
