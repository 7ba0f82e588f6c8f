//! The plan for programs: the document of `lint` with the plan added.

use crate::assess::{App, Broken};
use crate::lint::Lint;
use crate::plan::{
    Answer, Entry, Gate, Moved, Piece, Plan, Preflight, Problem, Rollback, Split, Stage, State, Transactions, Works,
};
use crate::report::json::{self, Break, StatementLock};
use serde::Serialize;

/// The plan as one JSON document.
pub fn plan_json(lint: &Lint<'_>, plan: &Plan) -> String {
    json::with(std::slice::from_ref(lint), Document { plan: whole(lint, plan) })
}

#[derive(Serialize)]
struct Document<'a> {
    plan: PlanJson<'a>,
}

#[derive(Serialize)]
struct PlanJson<'a> {
    stages: Vec<StageJson<'a>>,
    gates: Vec<GateJson<'a>>,
    point_of_no_return: Option<NoReturnJson<'a>>,
    unplaced: Vec<Named<'a>>,
    splits: Vec<SplitJson<'a>>,
    problems: Vec<ProblemJson<'a>>,
    matrix: Vec<StateJson<'a>>,
    preflight: Vec<PreflightJson<'a>>,
    drift: &'a [String],
}

/// A question to today's rows.
#[derive(Serialize)]
struct PreflightJson<'a> {
    migration: Option<Named<'a>>,
    question: &'a str,
    passes: Option<bool>,
    sampled: bool,
    detail: Option<&'a str>,
}

/// A migration, as the list of migrations names it.
#[derive(Serialize)]
struct Named<'a> {
    path: String,
    version: &'a str,
    name: &'a str,
}

#[derive(Serialize)]
struct StageJson<'a> {
    name: &'static str,
    migrations: Vec<EntryJson<'a>>,
    works: WorksJson,
    fails: FailsJson,
    rollback: RollbackJson<'a>,
}

#[derive(Serialize)]
struct EntryJson<'a> {
    #[serde(flatten)]
    named: Named<'a>,
    phase: &'static str,
    moved: Option<MovedJson<'a>>,
    gates: Vec<&'a str>,
    locks: Vec<StatementLock>,
    fails: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    preserve: Option<CopiesJson>,
    statements: Vec<&'a str>,
}

/// What is copied before it is destroyed, by the migration itself or with `migsafe down --preserve`.
#[derive(Serialize)]
struct CopiesJson {
    made: bool,
    tables: Vec<CopiedJson>,
}

#[derive(Serialize)]
struct CopiedJson {
    table: String,
    whole: bool,
    bytes: Option<u64>,
}

#[derive(Serialize)]
struct MovedJson<'a> {
    to: &'static str,
    because_of: Named<'a>,
}

#[derive(Serialize)]
struct WorksJson {
    old: bool,
    new: bool,
}

#[derive(Serialize)]
struct FailsJson {
    old: Vec<Break>,
    new: Vec<Break>,
}

#[derive(Serialize)]
struct RollbackJson<'a> {
    how: &'static str,
    downs: Vec<Named<'a>>,
    lost: &'a [String],
    manual: Vec<ManualJson<'a>>,
    meets: &'a [String],
}

/// A down migration that has to be written by hand.
#[derive(Serialize)]
struct ManualJson<'a> {
    migration: Named<'a>,
    reason: &'a str,
}

#[derive(Serialize)]
struct GateJson<'a> {
    name: &'static str,
    text: &'a str,
    before: &'static str,
    holds: Vec<Named<'a>>,
}

#[derive(Serialize)]
struct NoReturnJson<'a> {
    stage: &'static str,
    migration: Named<'a>,
    lost: &'a [String],
}

/// What replaces a migration.
#[derive(Serialize)]
struct SplitJson<'a> {
    migration: Named<'a>,
    pieces: Vec<PieceJson<'a>>,
    left: &'a [String],
}

#[derive(Serialize)]
struct PieceJson<'a> {
    phase: &'static str,
    what: &'static str,
    transactional: bool,
    statements: &'a [String],
}

#[derive(Serialize)]
struct ProblemJson<'a> {
    kind: &'static str,
    severity: &'static str,
    migration: Named<'a>,
    others: Vec<Named<'a>>,
    message: &'a str,
    help: &'a str,
}

#[derive(Serialize)]
struct StateJson<'a> {
    after: Option<Named<'a>>,
    works: WorksJson,
}

fn whole<'a>(lint: &'a Lint<'_>, plan: &'a Plan) -> PlanJson<'a> {
    let names = Names { lint };
    let point = plan.point_of_no_return.as_ref();
    PlanJson {
        stages: plan.stages.iter().map(|stage| names.stage(stage)).collect(),
        gates: plan.gates.iter().map(|gate| names.gate(gate)).collect(),
        point_of_no_return: point.map(|point| NoReturnJson {
            stage: point.stage.name(),
            migration: names.of(point.assessment),
            lost: &point.lost,
        }),
        unplaced: names.all(&plan.unplaced),
        splits: plan.splits.iter().map(|split| names.split(split)).collect(),
        problems: plan.problems.iter().map(|problem| names.problem(problem)).collect(),
        matrix: plan.states.iter().map(|state| names.state(state)).collect(),
        preflight: plan.facts.preflight.iter().map(|asked| names.preflight(asked)).collect(),
        drift: &plan.facts.drift,
    }
}

struct Names<'a> {
    lint: &'a Lint<'a>,
}

impl<'a> Names<'a> {
    fn of(&self, assessment: usize) -> Named<'a> {
        let project = self.lint.project;
        let migration = &project.history.migrations[self.lint.assessments[assessment].migration];
        let path = project.sources.path(migration.file).to_string_lossy().into_owned();
        Named { path, version: &migration.version, name: &migration.name }
    }

    fn all(&self, assessments: &[usize]) -> Vec<Named<'a>> {
        assessments.iter().map(|number| self.of(*number)).collect()
    }

    fn stage(&self, stage: &'a Stage) -> StageJson<'a> {
        let dialect = self.lint.options.dialect;
        let breaks = |app: App, broken: &[Broken]| broken.iter().map(|broken| json::a_break(app, broken, dialect)).collect();
        StageJson {
            name: stage.name.name(),
            migrations: stage.entries.iter().map(|entry| self.entry(entry)).collect(),
            works: works(&stage.works),
            fails: FailsJson { old: breaks(App::Old, &stage.works.old), new: breaks(App::New, &stage.works.new) },
            rollback: self.rollback(&stage.rollback),
        }
    }

    fn entry(&self, entry: &'a Entry) -> EntryJson<'a> {
        let assessment = &self.lint.assessments[entry.assessment];
        let statements = &self.lint.parsed[assessment.migration].statements;
        EntryJson {
            named: self.of(entry.assessment),
            phase: assessment.phase.name(),
            moved: match entry.moved {
                Moved::No => None,
                Moved::Earlier(by) => Some(MovedJson { to: "earlier", because_of: self.of(by) }),
                Moved::Later(by) => Some(MovedJson { to: "later", because_of: self.of(by) }),
            },
            gates: entry.gates.iter().map(|gate| gate.as_str()).collect(),
            locks: entry.locks.iter().map(json::lock).collect(),
            fails: entry.fails.as_ref().map(|error| error.message.clone()),
            preserve: entry.copies.as_ref().map(|copies| CopiesJson {
                made: copies.made,
                tables: copies
                    .tables
                    .iter()
                    .map(|own| CopiedJson { table: own.table.to_string(), whole: own.whole, bytes: own.bytes })
                    .collect(),
            }),
            statements: statements.iter().map(|statement| self.lint.project.sources.slice(statement.span)).collect(),
        }
    }

    fn rollback(&self, rollback: &'a Rollback) -> RollbackJson<'a> {
        RollbackJson {
            how: rollback.way.name(),
            downs: self.all(&rollback.downs),
            lost: &rollback.lost,
            manual: rollback.manual.iter().map(|(number, reason)| ManualJson { migration: self.of(*number), reason }).collect(),
            meets: &rollback.meets,
        }
    }

    fn gate(&self, gate: &'a Gate) -> GateJson<'a> {
        let (name, text) = (gate.kind.name(), gate.kind.text());
        GateJson { name, text, before: gate.before.name(), holds: self.all(&gate.holds) }
    }

    fn split(&self, split: &'a Split) -> SplitJson<'a> {
        let piece = |piece: &'a Piece| PieceJson {
            phase: piece.phase.name(),
            what: piece.what,
            transactional: piece.transaction == Transactions::One,
            statements: &piece.statements,
        };
        SplitJson { migration: self.of(split.assessment), pieces: split.pieces.iter().map(piece).collect(), left: &split.left }
    }

    fn problem(&self, problem: &'a Problem) -> ProblemJson<'a> {
        ProblemJson {
            kind: problem.kind.name(),
            severity: problem.level.name(),
            migration: self.of(problem.assessment),
            others: self.all(&problem.others),
            message: &problem.message,
            help: &problem.help,
        }
    }

    fn preflight(&self, asked: &'a Preflight) -> PreflightJson<'a> {
        let number = self.lint.assessments.iter().position(|found| found.migration == asked.migration);
        let (passes, detail) = match &asked.answer {
            Answer::Passes | Answer::SamplePasses => (Some(true), None),
            Answer::Fails(why) => (Some(false), Some(why.as_str())),
            Answer::Unknown(why) => (None, Some(why.as_str())),
        };
        let sampled = asked.answer == Answer::SamplePasses;
        PreflightJson { migration: number.map(|number| self.of(number)), question: &asked.question, passes, sampled, detail }
    }

    fn state(&self, state: &State) -> StateJson<'a> {
        StateJson { after: state.after.map(|number| self.of(number)), works: works(&state.works) }
    }
}

fn works(works: &Works) -> WorksJson {
    WorksJson { old: works.old_ok(), new: works.new_ok() }
}
