//! What is known of the real database: how large tables are and how much they are written, what a lock would queue behind, whether
//! today's rows would pass, and where its schema is not the one that the migrations make.

use super::{Problem, ProblemKind};
use crate::assess;
use crate::catalog::Name;
use crate::dialect::{Held, Lock};
use crate::lint::Lint;
use crate::rules::Level;
use std::collections::BTreeMap;

/// What somebody found out about a database.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Facts {
    /// The figures of tables.
    pub tables: BTreeMap<Name, TableFacts>,
    /// What locks would wait for now.
    pub waits: Vec<Wait>,
    /// Whether the statements would pass on today's rows.
    pub preflight: Vec<Preflight>,
    /// Where the schema differs from the one that the migrations make.
    pub drift: Vec<String>,
    /// Where the runner's own table and the files do not fit.
    pub mismatches: Vec<Mismatch>,
}

/// Something about the runner's own table that the files do not bear out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// The migration's place in the history, where there is one.
    pub migration: Option<usize>,
    /// How bad it is.
    pub level: Level,
    /// What is wrong, in a sentence without its end.
    pub message: String,
    /// What to do, in a sentence.
    pub help: String,
}

/// The figures of a table.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct TableFacts {
    /// The size of its rows in bytes, large values included.
    pub bytes: u64,
    /// The size of its indexes.
    pub index_bytes: u64,
    /// About how many rows it has.
    pub rows: u64,
    /// How many rows are written in an hour, on average; nothing where that is not known.
    pub writes_per_hour: Option<f64>,
}

/// Something that a lock on a table would wait for, and everybody behind that lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wait {
    /// The table; nothing where it may be any.
    pub table: Option<Name>,
    /// What it is: `an open transaction of app (pid 17)`.
    pub what: String,
    /// For how long it has been going on.
    pub seconds: u64,
}

/// A question to today's rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preflight {
    /// The migration's place in the history.
    pub migration: usize,
    /// What is asked: `users.email holds no null`.
    pub question: String,
    /// The answer.
    pub answer: Answer,
}

/// What today's rows say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// All rows pass.
    Passes,
    /// All of a sample do.
    SamplePasses,
    /// So many rows do not, or at least so many; or the server's own words.
    Fails(String),
    /// The question could not be answered in time, or not with these rights.
    Unknown(String),
}

/// Tables up to this size are done in an instant, whatever is done with them.
const SMALL: u64 = 10 << 20;

/// What a server does in a second, cautiously, in bytes.
const READS: u64 = 200 << 20;
const BUILDS: u64 = 50 << 20;
const WRITES: u64 = 30 << 20;

impl Facts {
    /// About how many seconds a lock is held; nothing where the table's size is not known.
    pub fn seconds(&self, lock: &Lock) -> Option<f64> {
        let table = self.tables.get(&lock.object)?;
        let of = |bytes: u64, speed: u64| bytes as f64 / speed as f64;
        Some(match lock.held {
            Held::Instant => 0.0,
            Held::Scan => of(table.bytes, READS),
            Held::IndexBuild => of(table.bytes, BUILDS),
            Held::Rewrite => of(table.bytes, WRITES) + of(table.index_bytes, BUILDS),
        })
    }

    /// Whether a table is so small that nothing takes long.
    pub fn is_small(&self, table: &Name) -> bool {
        self.tables.get(table).is_some_and(|table| table.bytes + table.index_bytes <= SMALL)
    }
}

/// What the facts say against the migrations.
pub(super) fn problems(lint: &Lint<'_>, facts: &Facts) -> Vec<Problem> {
    let place = |migration: usize| lint.assessments.iter().position(|found| found.migration == migration);
    let make = |kind, level, assessment, message: String, help: &str| Problem {
        kind,
        level,
        assessment,
        others: Vec::new(),
        message,
        help: help.to_owned(),
    };
    let mut out = Vec::new();
    for asked in &facts.preflight {
        let Some(assessment) = place(asked.migration) else { continue };
        match &asked.answer {
            Answer::Fails(why) => {
                let message = format!("{} fails on today's rows: {}: {why}", super::label(lint, assessment), asked.question);
                out.push(make(ProblemKind::Rows, Level::Error, assessment, message, "Repair these rows before it runs."));
            }
            Answer::Unknown(why) => {
                let message = format!("{}: not known whether {}: {why}", super::label(lint, assessment), asked.question);
                out.push(make(
                    ProblemKind::Rows,
                    Level::Info,
                    assessment,
                    message,
                    "Ask with --full, or as a role that may read it.",
                ));
            }
            Answer::Passes | Answer::SamplePasses => {}
        }
    }
    for wait in &facts.waits {
        let locks = |number: &usize| {
            let locks = assess::locks(&lint.replayed, &lint.assessments[*number]);
            locks
                .iter()
                .any(|lock| super::blocks_application(lock) && wait.table.as_ref().is_none_or(|table| lock.object == *table))
        };
        let Some(assessment) = (0..lint.assessments.len()).find(locks) else { continue };
        let message = format!(
            "{} would wait for {}, for {} s now, and the application behind it",
            super::label(lint, assessment),
            wait.what,
            wait.seconds
        );
        out.push(make(
            ProblemKind::Waits,
            Level::Warning,
            assessment,
            message,
            "Set lock_timeout, and run it when that is over.",
        ));
    }
    for found in facts.mismatches.iter().filter(|_| !lint.assessments.is_empty()) {
        let assessment = found.migration.and_then(place).unwrap_or(0);
        out.push(make(ProblemKind::History, found.level, assessment, found.message.clone(), &found.help));
    }
    if let Some(first) = facts.drift.first().filter(|_| !lint.assessments.is_empty()) {
        let more = match facts.drift.len() {
            1 => String::new(),
            count => format!(" and {} more", count - 1),
        };
        let message = format!("the database is not what the migrations make of it: {first}{more}");
        out.push(make(ProblemKind::Drift, Level::Warning, 0, message, "The plan holds for the schema of the migrations."));
    }
    out
}
