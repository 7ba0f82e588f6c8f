//! The deployment plan: which pending migration runs in which stage, what holds the stages apart, which application versions work
//! after each of them, how to go back from there and from where on that loses data. It reads what `lint` found out and works out
//! only what concerns the pending migrations together.

mod backfill;
mod command;
mod facts;
mod place;
mod problem;
mod rollback;
mod split;
mod state;
mod timeline;

pub use command::{stop_at, takes_all};
pub use facts::{Answer, Facts, Mismatch, Preflight, TableFacts, Wait};
pub use place::{Moved, Placement};
pub(crate) use problem::label;
pub use problem::{Problem, ProblemKind};
pub use rollback::{NoReturn, Rollback, Way};
pub use split::{File, NoFiles, Piece, Split, Transactions, files, list, list_path};
pub use state::{State, Works};
pub use timeline::{Gate, GateKind, Moment, serving};

use crate::assess::{self, Assessment, Phase, Strategy};
use crate::catalog::Name;
use crate::dialect::{Blocked, Lock, ServerError};
use crate::down::{self, Preserved};
use crate::lint::Lint;
use crate::parse::DirectiveKind;
use crate::replay::Step;
use crate::rules::{Level, Topic};
use smol_str::SmolStr;

/// A plan for the pending migrations. Migrations are named by their places in [`Lint::assessments`].
#[derive(Debug, Clone)]
pub struct Plan {
    /// How deployments go.
    pub strategy: Strategy,
    /// The stages in order; one without migrations is listed too.
    pub stages: Vec<Stage>,
    /// What happens, in order: stages, deployments, gates.
    pub timeline: Vec<Moment>,
    /// What has to be true before a stage begins.
    pub gates: Vec<Gate>,
    /// Migrations that belong to no stage: they must be split.
    pub unplaced: Vec<usize>,
    /// What replaces migrations that have no stage, or that keep the application waiting.
    pub splits: Vec<Split>,
    /// What is wrong with the pending migrations as a release.
    pub problems: Vec<Problem>,
    /// Who works on the live schema and after each migration, in the order in which the runner applies them.
    pub states: Vec<State>,
    /// From where on going back loses data.
    pub point_of_no_return: Option<NoReturn>,
    /// What is known of the real database.
    pub facts: Facts,
}

/// When a migration runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum StageName {
    /// Before the new version starts.
    BeforeDeploy,
    /// While or after it takes over; both versions work.
    AfterDeploy,
    /// When nobody will go back to the old version.
    AfterRollbackWindow,
}

impl StageName {
    /// Every stage, in order.
    pub const ALL: [StageName; 3] = [StageName::BeforeDeploy, StageName::AfterDeploy, StageName::AfterRollbackWindow];

    /// Its name on the command line and in reports.
    pub fn name(self) -> &'static str {
        match self {
            StageName::BeforeDeploy => "before-deploy",
            StageName::AfterDeploy => "after-deploy",
            StageName::AfterRollbackWindow => "after-rollback-window",
        }
    }
}

impl std::str::FromStr for StageName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = StageName::ALL.into_iter().find(|stage| stage.name() == text);
        found.ok_or_else(|| format!("`{text}` is no stage: it is one of {}", StageName::ALL.map(StageName::name).join(", ")))
    }
}

/// What runs together between two moments of the deployment.
#[derive(Debug, Clone)]
pub struct Stage {
    /// Which.
    pub name: StageName,
    /// Its migrations in order.
    pub entries: Vec<Entry>,
    /// Who works on the schema as it is after them.
    pub works: Works,
    /// How to go back from there.
    pub rollback: Rollback,
}

/// A migration in its stage.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The migration.
    pub assessment: usize,
    /// Whether it runs earlier or later than its phase asks for, and which other migration is the reason.
    pub moved: Moved,
    /// What it waits for by its own word.
    pub gates: Vec<SmolStr>,
    /// The locks it takes on what was there before, each held until its transaction ends.
    pub locks: Vec<Lock>,
    /// The error that it ends with when it runs in its stage instead of in the order of its version.
    pub fails: Option<ServerError>,
    /// What is copied before it is destroyed; nothing where it destroys nothing, or that cannot be kept.
    pub copies: Option<Copies>,
}

/// What is copied, so that the way back can put it back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copies {
    /// Whether the migration copies it; else `migsafe down --preserve` would let it.
    pub made: bool,
    /// The tables.
    pub tables: Vec<Copied>,
}

/// A table of which something is copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// Its name before the migration.
    pub table: Name,
    /// Whether all its columns are copied: else the key and some.
    pub whole: bool,
    /// The size of its rows, which the copy does not exceed by much; nothing where that is not known.
    pub bytes: Option<u64>,
}

impl Plan {
    /// The stage of that name, where the strategy has it.
    pub fn stage(&self, name: StageName) -> Option<&Stage> {
        self.stages.iter().find(|stage| stage.name == name)
    }

    /// The stage that a migration belongs to.
    pub fn stage_of(&self, assessment: usize) -> Option<StageName> {
        let holds = |stage: &&Stage| stage.entries.iter().any(|entry| entry.assessment == assessment);
        self.stages.iter().find(holds).map(|stage| stage.name)
    }

    /// The worst that is wrong: with the release, and with the migrations beyond what stages and splits take care of.
    pub fn worst(&self, lint: &Lint<'_>) -> Level {
        let problems = self.problems.iter().map(|problem| problem.level);
        let remarks = lint.assessments.iter().flat_map(|assessment| remarks(lint, assessment, &self.facts));
        let findings = remarks.map(|finding| finding.level);
        problems.chain(findings).max().unwrap_or(Level::Off)
    }
}

/// The findings on a migration that stages and gates do not answer, the worst first: locks, failures, what was not read. Locks on
/// tables that are known to be small are none.
pub fn remarks<'a>(lint: &'a Lint<'_>, assessment: &Assessment, facts: &Facts) -> Vec<&'a crate::rules::Finding> {
    let answered = |topic: Topic| match topic {
        Topic::Compatibility => true,
        Topic::Locks | Topic::Data | Topic::Runner | Topic::Down | Topic::Reading | Topic::Convention => false,
    };
    let found = lint.findings_of(assessment).filter(|reported| reported.suppressed.is_none()).map(|reported| &reported.finding);
    let locks = assess::locks(&lint.replayed, assessment);
    let small = !locks.is_empty() && locks.iter().all(|lock| facts.is_small(&lock.object));
    let counts = |topic: Topic| !(answered(topic) || small && topic == Topic::Locks);
    let mut found: Vec<_> = found.filter(|finding| finding.rule.is_some_and(|rule| counts(rule.topic))).collect();
    found.sort_by_key(|finding| std::cmp::Reverse(finding.level));
    found
}

/// Plans the deployment of what was judged as one release.
pub fn plan(lint: &Lint<'_>) -> Plan {
    plan_with(lint, Facts::default())
}

/// The same with what is known of the real database.
pub fn plan_with(lint: &Lint<'_>, facts: Facts) -> Plan {
    let strategy = lint.options.strategy;
    let placed = place::place(lint);
    let order = placed.order();
    let simulated = state::in_order(lint, &order);
    let mut problems = problem::find(lint, &placed);
    let mut stages = Vec::new();
    let mut done = 0;
    for name in timeline::stages(strategy, &placed) {
        let members = placed.of(name);
        let entries: Vec<Entry> = members
            .iter()
            .zip(&simulated.fails[done..])
            .map(|(assessment, fails)| entry(lint, *assessment, &placed, fails.clone(), &facts))
            .collect();
        done += entries.len();
        stages.push(Stage { name, entries, works: simulated.works[done].clone(), rollback: Rollback::default() });
    }
    problems.extend(problem::failures(lint, &stages));
    problems.extend(facts::problems(lint, &facts));
    problems.sort_by_key(|problem| (std::cmp::Reverse(problem.level), problem.assessment));
    rollback::fill(lint, &mut stages, &simulated);
    let gates = timeline::gates(strategy, &stages);
    Plan {
        strategy,
        timeline: timeline::timeline(strategy, &stages, &gates),
        gates,
        unplaced: placed.unplaced(),
        splits: split::splits(lint, &facts),
        problems,
        states: state::by_version(lint),
        point_of_no_return: rollback::point_of_no_return(lint, &stages),
        stages,
        facts,
    }
}

fn entry(lint: &Lint<'_>, assessment: usize, placed: &place::Placed, fails: Option<ServerError>, facts: &Facts) -> Entry {
    Entry {
        assessment,
        copies: copies(lint, assessment, facts),
        moved: placed.moved(assessment),
        gates: gates(lint, assessment),
        locks: assess::locks(&lint.replayed, &lint.assessments[assessment]),
        fails,
    }
}

/// The gates that a migration names, for the file or for a statement.
fn gates(lint: &Lint<'_>, assessment: usize) -> Vec<SmolStr> {
    let parsed = &lint.parsed[lint.assessments[assessment].migration];
    let statements = parsed.statements.iter().flat_map(|statement| &statement.directives);
    let mut out: Vec<SmolStr> = Vec::new();
    for directive in parsed.directives.iter().chain(statements) {
        match &directive.kind {
            DirectiveKind::Gate(text) if !out.contains(text) => out.push(text.clone()),
            DirectiveKind::Gate(_) | DirectiveKind::Allow { .. } | DirectiveKind::Phase(_) | DirectiveKind::DownManual { .. } => {
            }
        }
    }
    out
}

/// Whether an application waits for a lock.
pub fn blocks_application(lock: &Lock) -> bool {
    lock.blocks.iter().any(|blocked| match blocked {
        Blocked::Read | Blocked::Write => true,
        Blocked::Ddl => false,
    })
}

/// The phase of a migration in the release. Tables in which it keeps what it destroys are no part of any application: with them it is
/// what it is without.
pub fn phase(lint: &Lint<'_>, number: usize) -> Phase {
    let assessment = &lint.assessments[number];
    if assessment.phase != Phase::Mixed {
        return assessment.phase;
    }
    let Some(kept) = kept(lint, number).map(|preserved| preserved.archives) else { return assessment.phase };
    let steps = lint.replayed.steps[assessment.steps.clone()].iter().zip(&assessment.verdicts);
    let makes_kept = |step: &Step| {
        step.atoms.iter().all(|atom| {
            let objects = atom.change.value.objects();
            !objects.is_empty()
                && objects.iter().all(|found| atom.after.resolve_relation(&found.name).is_some_and(|name| kept.contains(&name)))
        })
    };
    let others = steps.filter(|(step, verdict)| !(verdict.phase == Phase::Expand && makes_kept(step)));
    let others: Vec<Phase> = others.map(|(_, verdict)| verdict.phase).filter(|phase| *phase != Phase::Free).collect();
    match others.first() {
        Some(first) if others.iter().all(|phase| phase == first) => *first,
        Some(_) | None => assessment.phase,
    }
}

/// What a migration keeps for its way back by itself, if it does.
fn kept(lint: &Lint<'_>, number: usize) -> Option<Preserved> {
    let migrations = &lint.project.history.migrations;
    down::kept(migrations, &lint.parsed, &lint.replayed, lint.assessments[number].migration, lint.options.dialect)
}

/// What is copied for the way back of a migration that destroys something: by itself already, or with `migsafe down --preserve`.
fn copies(lint: &Lint<'_>, number: usize, facts: &Facts) -> Option<Copies> {
    let migration = lint.assessments[number].migration;
    let own = &lint.project.history.migrations[migration];
    let dialect = lint.options.dialect;
    let found = down::preserve(&lint.parsed[migration], &lint.replayed, migration, down::archive_label(own), dialect)?.ok()?;
    let made = found.copies.is_empty();
    let copied = |(table, whole): (Name, bool)| Copied { bytes: facts.tables.get(&table).map(|own| own.bytes), table, whole };
    Some(Copies { made, tables: found.copied.into_iter().map(copied).collect() })
}

/// Whether a migration of this phase has no moment to run at.
fn must_split(phase: Phase) -> bool {
    match phase {
        Phase::Breaking | Phase::Mixed => true,
        Phase::Free | Phase::Expand | Phase::Migrate | Phase::Contract => false,
    }
}
