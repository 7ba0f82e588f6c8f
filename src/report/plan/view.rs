//! What a plan says, as texts in their order: the terminal, Markdown and HTML only lay it out. Nothing here is escaped yet.

use crate::assess::{App, Broken, Strategy};
use crate::catalog::Name;
use crate::change::Ident;
use crate::dialect::{Blocked, Held, Lock};
use crate::lint::Lint;
use crate::plan::{
    Copied, Copies, Entry, Gate, Moment, Moved, Piece, Plan, Problem, ProblemKind, Rollback, Split, Stage, StageName, State,
    Transactions, Way, Works, blocks_application, label, remarks, serving, stop_at,
};
use crate::report::json::app_name;
use crate::rules::Level;

/// How many findings and broken uses are told of one thing.
const SHOWN: usize = 3;

/// A whole plan.
pub(super) struct View {
    /// `sqlx-shop · sqlx · postgres 16 · rolling · 3 pending migrations`
    pub title: String,
    pub problems: Vec<ProblemView>,
    pub timeline: Vec<Item>,
    pub matrix: Vec<RowView>,
    pub splits: Vec<SplitView>,
}

/// What replaces a migration.
pub(super) struct SplitView {
    /// The migration.
    pub label: String,
    /// What runs when, with its statements.
    pub pieces: Vec<(String, Vec<String>)>,
    /// What a person has to replace.
    pub left: Vec<String>,
}

/// Something that is wrong.
pub(super) struct ProblemView {
    pub level: Level,
    pub kind: ProblemKind,
    pub message: String,
    /// Who fails, how: the application and an example.
    pub evidence: Vec<(&'static str, String)>,
    pub help: String,
}

/// What happens, in order.
pub(super) enum Item {
    Stage(StageView),
    Deploy(String),
    Gate(String),
    NoReturn { label: String, lost: Vec<String> },
}

pub(super) struct StageView {
    pub name: &'static str,
    pub serving: &'static str,
    pub entries: Vec<EntryView>,
    /// How to make the runner stop behind it.
    pub command: Option<String>,
    pub old: Verdict,
    pub new: Verdict,
    /// How to go back.
    pub back: String,
    /// What is lost, and what the old version may meet.
    pub notes: Vec<String>,
    pub way: Way,
}

/// Whether an application works, and the first use that fails.
pub(super) struct Verdict {
    pub ok: bool,
    pub example: Option<String>,
}

pub(super) struct EntryView {
    pub label: String,
    pub path: String,
    pub phase: &'static str,
    /// Why it is here and not where its phase belongs.
    pub moved: Option<String>,
    /// What is copied before it is destroyed, or can be.
    pub copies: Option<String>,
    pub locks: Vec<LockView>,
    pub remarks: Vec<(Level, &'static str, String)>,
}

pub(super) struct LockView {
    /// `ACCESS EXCLUSIVE on orders`
    pub what: String,
    /// `reads and writes wait`
    pub who: &'static str,
    /// `while an index is built`
    pub held: String,
    pub hurts: bool,
}

pub(super) struct RowView {
    pub label: String,
    pub old: Verdict,
    pub new: Verdict,
}

pub(super) fn view(lint: &Lint<'_>, plan: &Plan, all: bool) -> View {
    let texts = Texts { lint, plan, all };
    let count = lint.assessments.len();
    let plural = if count == 1 { "1 pending migration".into() } else { format!("{count} pending migrations") };
    let options = lint.options;
    let server = format!("{} {}", options.dialect.name(), options.version);
    let root = lint.project.root.to_string_lossy();
    View {
        title: [root.as_ref(), lint.project.runner.name(), &server, plan.strategy.name(), &plural].join(" · "),
        problems: plan.problems.iter().map(|problem| texts.problem(problem)).collect(),
        timeline: plan.timeline.iter().flat_map(|moment| texts.moment(moment)).collect(),
        matrix: plan.states.iter().map(|state| texts.row(state)).collect(),
        splits: plan.splits.iter().map(|split| texts.split(split)).collect(),
    }
}

struct Texts<'a> {
    lint: &'a Lint<'a>,
    plan: &'a Plan,
    /// Whether what is usually left out is told.
    all: bool,
}

impl Texts<'_> {
    fn label(&self, assessment: usize) -> String {
        label(self.lint, assessment)
    }

    fn problem(&self, problem: &Problem) -> ProblemView {
        let assessment = &self.lint.assessments[problem.assessment];
        let split = matches!(problem.kind, ProblemKind::Breaking | ProblemKind::Mixed);
        let mut evidence = Vec::new();
        if split {
            for (app, of) in [(App::Old, true), (App::New, false)] {
                let broken = assessment.verdicts.iter().flat_map(|verdict| if of { &verdict.breaks } else { &verdict.needs });
                let first: Vec<&Broken> = broken.take(if self.all { usize::MAX } else { 1 }).collect();
                evidence.extend(first.into_iter().map(|broken| (app_name(app), self.broken(broken))));
            }
        }
        let (message, help) = (problem.message.clone(), problem.help.clone());
        ProblemView { level: problem.level, kind: problem.kind, message, evidence, help }
    }

    fn split(&self, split: &Split) -> SplitView {
        let piece = |piece: &Piece| {
            let how = match piece.transaction {
                Transactions::One => "",
                Transactions::None => ", outside a transaction",
            };
            let what = if piece.what == piece.phase.name() { String::new() } else { format!(": {}", piece.what) };
            (format!("{}{what}{how}", piece.phase.name()), piece.statements.clone())
        };
        let (label, left) = (self.label(split.assessment), split.left.clone());
        SplitView { label, pieces: split.pieces.iter().map(piece).collect(), left }
    }

    fn broken(&self, broken: &Broken) -> String {
        let dialect = self.lint.options.dialect;
        let error = broken.server_error(dialect);
        let state = error.sqlstate.as_deref().map(|state| format!("{state} ")).unwrap_or_default();
        format!("{} → {state}{}", broken.usage.sql(dialect), error.message)
    }

    fn moment(&self, moment: &Moment) -> Vec<Item> {
        let waits = |gate: &Gate| !gate.holds.is_empty();
        match moment {
            Moment::Deploy(text) => vec![Item::Deploy((*text).to_owned())],
            Moment::Gate(at) => {
                let gate = &self.plan.gates[*at];
                let shown = waits(gate).then(|| Item::Gate(self.gate(gate)));
                shown.into_iter().collect()
            }
            Moment::Stage(at) => self.stage(&self.plan.stages[*at]),
        }
    }

    fn gate(&self, gate: &Gate) -> String {
        let all = self.plan.stage(gate.before).map_or(0, |stage| stage.entries.len());
        if gate.holds.len() == all {
            return gate.kind.text().to_owned();
        }
        let holds: Vec<String> = gate.holds.iter().map(|number| self.label(*number)).collect();
        format!("{} (for {})", gate.kind.text(), holds.join(", "))
    }

    fn stage(&self, stage: &Stage) -> Vec<Item> {
        let first = self.plan.point_of_no_return.as_ref().filter(|point| point.stage == stage.name);
        let point = first.map(|point| Item::NoReturn { label: self.label(point.assessment), lost: point.lost.clone() });
        let notes = self.notes(&stage.rollback);
        let view = StageView {
            name: stage.name.name(),
            serving: serving(self.plan.strategy, stage.name),
            entries: stage.entries.iter().map(|entry| self.entry(entry)).collect(),
            command: self.command(stage),
            old: self.verdict(&stage.works, App::Old),
            new: self.verdict(&stage.works, App::New),
            back: self.back(stage),
            notes,
            way: stage.rollback.way,
        };
        [Item::Stage(view)].into_iter().chain(point).collect()
    }

    /// How to run a stage and no more: where something is left for later.
    fn command(&self, stage: &Stage) -> Option<String> {
        let last = stage.entries.last()?.assessment;
        let later = (last + 1..self.lint.assessments.len()).next()?;
        let in_order = self.plan.stage_of(later).is_none_or(|other| other > stage.name)
            && (0..last).all(|other| self.plan.stage_of(other).is_some_and(|other| other <= stage.name));
        let migration = &self.lint.project.history.migrations[self.lint.assessments[last].migration];
        let earlier = (0..last).filter(|other| self.plan.stage_of(*other).is_some_and(|other| other < stage.name)).count();
        in_order.then(|| stop_at(self.lint.project.runner, migration, last + 1 - earlier)).flatten()
    }

    fn verdict(&self, works: &Works, app: App) -> Verdict {
        let broken = match app {
            App::Old => &works.old,
            App::New => &works.new,
        };
        let more = match broken.len() {
            0 | 1 => String::new(),
            count => format!(" (and {} more)", count - 1),
        };
        Verdict { ok: broken.is_empty(), example: broken.first().map(|first| format!("{}{more}", self.broken(first))) }
    }

    fn back(&self, stage: &Stage) -> String {
        let Rollback { way, downs, .. } = &stage.rollback;
        let names = || downs.iter().map(|number| self.label(*number)).collect::<Vec<_>>().join(", ");
        match way {
            Way::FlipBack if self.plan.strategy == Strategy::StopTheWorld => {
                "start the old version again, the schema may stay".into()
            }
            Way::FlipBack if stage.name == StageName::BeforeDeploy => "the old version goes on: nothing has to be undone".into(),
            Way::FlipBack => "flip back: deploy the old version again, the schema may stay".into(),
            Way::RunDowns => format!("run the down migrations of {}, then deploy the old version", names()),
            Way::NoReturn => format!("none without loss: even with the down migrations of {} data stays lost", names()),
        }
    }

    fn notes(&self, rollback: &Rollback) -> Vec<String> {
        let mut out = Vec::new();
        if !rollback.lost.is_empty() {
            out.push(format!("does not come back: {}", rollback.lost.join("; ")));
        }
        let by_hand = |(number, reason): &(usize, String)| {
            format!("the down migration of {} has to be written by hand: {reason}", self.label(*number))
        };
        out.extend(rollback.manual.iter().map(by_hand));
        out.extend(rollback.meets.iter().cloned());
        out
    }

    fn entry(&self, entry: &Entry) -> EntryView {
        let assessment = &self.lint.assessments[entry.assessment];
        let migration = &self.lint.project.history.migrations[assessment.migration];
        let moved = match entry.moved {
            Moved::No => None,
            Moved::Earlier(by) => Some(format!("runs this early because {} comes after it", self.label(by))),
            Moved::Later(by) => Some(format!("waits for {}, which comes before it", self.label(by))),
        };
        let shown = |level: Level| self.all || level >= Level::Warning;
        let found = remarks(self.lint, assessment, &self.plan.facts).into_iter().filter(|finding| shown(finding.level));
        let found = found.take(if self.all { usize::MAX } else { SHOWN });
        EntryView {
            label: self.label(entry.assessment),
            path: self.lint.project.sources.path(migration.file).to_string_lossy().into_owned(),
            phase: crate::plan::phase(self.lint, entry.assessment).name(),
            moved,
            copies: entry.copies.as_ref().and_then(|copies| self.copies(copies)),
            locks: entry.locks.iter().filter(|lock| self.tells(lock)).map(|lock| self.lock(lock)).collect(),
            remarks: found.map(|finding| (finding.level, finding.id(), finding.message.clone())).collect(),
        }
    }

    /// What is copied for the way back, with its size where that is known. What only might be copied is told with its size alone.
    fn copies(&self, copies: &Copies) -> Option<String> {
        let one = |copied: &Copied| {
            let name = self.name(&copied.table);
            match copied.bytes {
                Some(bytes) if copied.whole => format!("about {} of {name}", size(bytes)),
                Some(bytes) => format!("the key and some columns of {name}, at most about {}", size(bytes)),
                None if copied.whole => format!("all of {name}"),
                None => format!("the key and some columns of {name}"),
            }
        };
        let all: Vec<String> = copies.tables.iter().map(one).collect();
        let is_known = copies.tables.iter().any(|copied| copied.bytes.is_some());
        match copies.made {
            true => Some(format!("copies what it destroys: {}", all.join("; "))),
            false => is_known.then(|| format!("`migsafe down --preserve` would copy what it destroys: {}", all.join("; "))),
        }
    }

    fn tells(&self, lock: &Lock) -> bool {
        self.all || blocks_application(lock) || lock.held > Held::Instant
    }

    fn lock(&self, lock: &Lock) -> LockView {
        let blocks = |wanted: Blocked| lock.blocks.contains(&wanted);
        let who = match (blocks(Blocked::Read), blocks(Blocked::Write)) {
            (true, _) => "reads and writes wait",
            (false, true) => "writes wait",
            (false, false) => "the application goes on",
        };
        LockView {
            what: format!("{} on {}", lock.mode, self.name(&lock.object)),
            who,
            held: self.held(lock),
            hurts: lock.held > Held::Instant && blocks_application(lock),
        }
    }

    /// How long a lock is held: about how many seconds, where the table's size is known.
    fn held(&self, lock: &Lock) -> String {
        let text = held(lock.held);
        match self.plan.facts.seconds(lock) {
            Some(seconds) if lock.held > Held::Instant && seconds < 1.0 => format!("{text}: less than a second"),
            Some(seconds) if lock.held > Held::Instant => format!("{text}: about {}", duration(seconds)),
            Some(_) | None => text.to_owned(),
        }
    }

    fn name(&self, name: &Name) -> String {
        let path: Vec<Ident> = self.lint.options.dialect.empty_catalog().session.search_path;
        if path.contains(&name.schema) { name.name.to_string() } else { name.to_string() }
    }

    fn row(&self, state: &State) -> RowView {
        RowView {
            label: state.after.map_or("now".into(), |number| self.label(number)),
            old: self.verdict(&state.works, App::Old),
            new: self.verdict(&state.works, App::New),
        }
    }
}

/// How long a lock is held.
fn held(held: Held) -> &'static str {
    match held {
        Held::Instant => "for an instant",
        Held::Scan => "while the table is read",
        Held::IndexBuild => "while an index is built",
        Held::Rewrite => "while the table is written anew",
    }
}

/// Seconds as people say them.
fn duration(seconds: f64) -> String {
    match seconds {
        ..120.0 => format!("{seconds:.0} s"),
        ..7200.0 => format!("{:.0} min", seconds / 60.0),
        _ => format!("{:.1} h", seconds / 3600.0),
    }
}

/// Bytes as people say them.
fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    let mut shown = bytes as f64 / 1024.0;
    let mut unit = 0;
    while shown >= 1000.0 && unit + 1 < UNITS.len() {
        shown /= 1024.0;
        unit += 1;
    }
    let places = if shown < 10.0 { 1 } else { 0 };
    format!("{shown:.places$} {}", UNITS[unit])
}
