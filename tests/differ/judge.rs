//! What is wrong with a case: everything that was judged of it, proved on the server.

use super::case::Case;
use super::opinion::{Both, Opinion};
use migsafe::assess::Strategy;
use migsafe::dialect::{Postgres, ServerVersion};
use migsafe::lint::lint;
use migsafe::rules::Levels;
use migsafe::verify::Server;
use migsafe::verify::coexist::{Disagreement as Coexistence, Examined, Finding};
use migsafe::verify::prove::{Load, Proof, Proved, Wishes, prove};
use migsafe::{Lint, Options, Pending};
use std::fmt;
use std::num::NonZeroUsize;
use std::time::Duration;

/// A point on which server and judgement differ.
#[derive(Debug, Clone)]
pub struct Disagreement {
    /// What kind it is, without names and numbers.
    pub key: String,
    /// Both opinions.
    pub detail: String,
}

/// How much was compared.
#[derive(Debug, Default)]
pub struct Counts {
    pub statements: usize,
    pub refused: usize,
    pub migrations: usize,
    pub downs: usize,
    pub locks: usize,
    pub uses: usize,
    pub breaks: usize,
}

impl Counts {
    pub fn add(&mut self, other: &Counts) {
        self.statements += other.statements;
        self.refused += other.refused;
        self.migrations += other.migrations;
        self.downs += other.downs;
        self.locks += other.locks;
        self.uses += other.uses;
        self.breaks += other.breaks;
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Counts { statements, refused, migrations, downs, locks, uses, breaks } = self;
        write!(f, "{statements} statements, {refused} of them refused by both; {migrations} migrations, {downs} downs, ")?;
        write!(f, "{locks} locks and rewrites, {uses} uses, {breaks} breaks")
    }
}

/// Judges a case and proves it.
pub fn judge(server: &Server, case: &Case, counts: &mut Counts) -> Vec<Disagreement> {
    if case.migrations.len() < 2 {
        return Vec::new();
    }
    let project = case.project();
    let migrations: Vec<usize> = (1..project.history.migrations.len()).collect();
    let options = Options {
        dialect: &Postgres,
        version: ServerVersion { major: server.major() as u16, minor: 0 },
        strategy: Strategy::Rolling,
        levels: Levels::default(),
        pending: Pending { migrations, release: case.release, reported: None },
    };
    let judged = lint(&project, &options);
    let mut found = foreseen(&judged);
    if !found.is_empty() || judged.replayed.gaps > 0 {
        return found;
    }
    let wishes = Wishes { timeout: Duration::from_secs(30), jobs: NonZeroUsize::MIN, rows: None, load: Load::None };
    let (proof, _) = prove(server, &judged, wishes, &mut |_| ()).expect("a server");
    of_proof(&proof, &mut found);
    counts.migrations += proof.migrations.len();
    counts.downs += proof.migrations.iter().filter(|proved| proved.back.is_some()).count();
    counts.locks += proof.migrations.iter().map(|proved| proved.locks).sum::<usize>();
    for release in &proof.releases {
        counts.uses += release.examined.statements.iter().sum::<usize>();
        counts.breaks += release.examined.confirmed.iter().sum::<usize>();
    }
    found
}

/// What is wrong with a case about which it is not known whether its statements work.
pub fn again(server: &Server, case: &Case, before: &Disagreement) -> Vec<Disagreement> {
    if before.key.starts_with(FAILS) { statements(server, case) } else { judge(server, case, &mut Counts::default()) }
}

/// How the keys begin of disagreements on whether a statement fails.
pub const FAILS: &str = "fails ";

/// Goes through the statements of a case.
fn statements(server: &Server, case: &Case) -> Vec<Disagreement> {
    let database = server.create_database().expect("a database");
    let mut both = Both::new(server, &database, case.sent);
    for statements in &case.migrations {
        both.begin();
        for statement in statements {
            match both.ask(statement) {
                Opinion::Works => {}
                Opinion::Fails => return Vec::new(),
                Opinion::Differs(found) => return vec![found],
            }
        }
        if !both.end() {
            return Vec::new();
        }
    }
    Vec::new()
}

/// What is said to fail, though every statement was accepted.
fn foreseen(judged: &Lint<'_>) -> Vec<Disagreement> {
    let problems = judged.replayed.steps.iter().flat_map(|step| &step.problems);
    let wrong = |problem: &migsafe::catalog::Problem| {
        let text = format!("{problem:?}");
        Disagreement { key: format!("history fails: {}", plain(&text)), detail: text }
    };
    problems.map(|(_, problem)| wrong(problem)).collect()
}

fn of_proof(proof: &Proof, found: &mut Vec<Disagreement>) {
    let mut say = |key: String, detail: String| found.push(Disagreement { key, detail });
    if let Some(stopped) = &proof.stopped {
        say(format!("stopped: {}", plain(&stopped.reason)), format!("{:?}: {}", stopped.statement, stopped.reason));
    }
    for proved in &proof.migrations {
        of_migration(proved, &mut say);
    }
    for release in &proof.releases {
        of_release(&release.examined, &mut say);
    }
}

fn of_migration(proved: &Proved, say: &mut dyn FnMut(String, String)) {
    if let (Some(first), 0) = (proved.schema.first(), proved.unread) {
        let text: String = proved.schema.iter().map(ToString::to_string).collect();
        say(format!("schema: {}", sides(first)), format!("the server's schema is the first:\n{text}"));
    }
    for lock in &proved.other_locks {
        say(format!("lock: {}", lock.split_once(": ").map_or("", |(_, what)| what)), lock.clone());
    }
    let Some(back) = &proved.back else { return };
    if let Some((statement, answer)) = &back.refused {
        say(format!("down refused: {}", plain(answer)), format!("{statement}: {answer}"));
    }
    if let Some(first) = back.schema.first() {
        let text: String = back.schema.iter().map(ToString::to_string).collect();
        say(format!("down schema: {}", sides(first)), format!("the schema before is the first:\n{text}"));
    }
    if let Some(again) = &back.again {
        say(format!("up again: {}", plain(again)), again.clone());
    }
    if back.fails() && back.refused.is_none() && back.schema.is_empty() && back.again.is_none() {
        say("down loses rows".to_owned(), format!("{:?}: {}", back.fidelity, back.lost.join(", ")));
    }
}

fn of_release(examined: &Examined, say: &mut dyn FnMut(String, String)) {
    for Coexistence { app, usage, finding } in &examined.disagreements {
        let what = plain(usage.sql(&Postgres).split(' ').next().unwrap_or_default());
        match finding {
            Finding::Missed { sql, sqlstate, message } => {
                say(format!("missed: {app:?} {what} {sqlstate} {}", plain(message)), format!("{sql}: {message} ({sqlstate})"));
            }
            Finding::FalseAlarm { sqlstate, message } => {
                let detail = format!("{}: {message} ({sqlstate})", usage.sql(&Postgres));
                say(format!("false alarm: {app:?} {what} {sqlstate} {}", plain(message)), detail);
            }
            // No statement was found that shows it; it may be right.
            Finding::NotShown { .. } => {}
        }
    }
}

/// What kind of thing differs, and how.
fn sides(difference: &migsafe::verify::schema::Difference) -> String {
    let kind = plain(difference.object.split(" public.").next().unwrap_or_default());
    match (&difference.first, &difference.second) {
        (Some(_), None) => format!("{kind} only in the first"),
        (None, Some(_)) => format!("{kind} only in the second"),
        _ => format!("{kind} differs"),
    }
}

/// A message without names and numbers.
pub fn plain(text: &str) -> String {
    let mut out = String::new();
    let mut inside = false;
    for character in text.lines().next().unwrap_or_default().chars() {
        match character {
            '"' => inside = !inside,
            _ if inside => {}
            '0'..='9' if out.ends_with('#') => {}
            '0'..='9' => out.push('#'),
            other => out.push(other),
        }
    }
    out
}
