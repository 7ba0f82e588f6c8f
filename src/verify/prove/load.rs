//! The old application while a migration runs: its statements are sent on a connection of their own, again and again, and it is measured
//! how long each has to wait and what fails.

use super::super::coexist::{Probe, foreseen, traffic};
use super::super::{Connection, Database, SqlError};
use super::rows::Rows;
use super::worker::Worker;
use super::{Failure, Group};
use crate::assess::{Assessment, Use};
use crate::catalog::Catalog;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};

/// What a migration does to the old application that runs meanwhile.
#[derive(Debug, Default)]
pub struct LoadProof {
    /// How many different statements were sent.
    pub statements: usize,
    /// How often they were sent in all.
    pub sent: usize,
    /// How long one usually takes, without the migration: the median.
    pub usual: Duration,
    /// The longest that one took.
    pub longest: Duration,
    /// Which one that was.
    pub longest_statement: String,
    /// What fails, each once.
    pub failed: Vec<FailedUse>,
    /// Why the migration does not run among this application's statements and rows, where it does not.
    pub refused: Option<String>,
}

/// A use that failed while the migration ran or after it.
#[derive(Debug)]
pub struct FailedUse {
    /// The statement.
    pub statement: String,
    /// The answer's code.
    pub sqlstate: String,
    /// The answer.
    pub message: String,
    /// How often.
    pub times: usize,
    /// Whether that was judged to break.
    pub foreseen: bool,
}

impl LoadProof {
    /// How many failures nobody foresaw.
    pub fn failures(&self) -> usize {
        self.failed.iter().filter(|failed| !failed.foreseen).count()
    }
}

/// Runs a group in a copy of `base` while the old application runs. Nothing where no statement of it works.
pub(super) fn prove(
    worker: &Worker<'_, '_, '_>,
    base: &Database<'_>,
    group: &Group,
    (before, after): (&Catalog, &Catalog),
    assessments: &[Assessment],
) -> Result<Option<LoadProof>, Failure> {
    let shared = worker.shared();
    let dialect = shared.judged.options.dialect;
    let database = shared.server.copy_database(base)?;
    let mut session = shared.open(&database)?;
    let (_, recipes) = Rows::fill(&mut session, (before, after), shared.wishes.rows, dialect)?;
    let probes = traffic(&mut session, before, after, &recipes, dialect)?;
    if probes.is_empty() {
        return Ok(None);
    }
    let mut traffic = Traffic {
        session: shared.open(&database)?,
        probes: &probes,
        sent: vec![Vec::new(); probes.len()],
        failed: BTreeMap::new(),
    };
    let over = AtomicBool::new(false);
    let mut refused = None;
    let (flows, flowing) = channel::<()>();
    let (sent, usual) = std::thread::scope(|scope| {
        let running = scope.spawn(|| traffic.run(&over, flows));
        // The migration begins among statements, not before them. Where they fail at once, nothing is to be waited for.
        let _ = flowing.recv();
        let scripts = shared.scripts(&shared.judged.replayed);
        let result = scripts.send(&mut session, group.commits.clone(), &mut |_| Ok(()));
        over.store(true, Ordering::Relaxed);
        let usual = match running.join() {
            Ok(usual) => usual,
            Err(panic) => std::panic::resume_unwind(panic),
        };
        (result, usual)
    });
    if let Err(error) = sent? {
        refused = Some(error.error.to_string());
    }
    let usual = usual?;
    let mut proof = LoadProof { statements: probes.len(), usual, refused, ..LoadProof::default() };
    for (probe, times) in probes.iter().zip(&traffic.sent) {
        proof.sent += times.len();
        if let Some(longest) = times.iter().max().filter(|longest| **longest > proof.longest) {
            (proof.longest, proof.longest_statement) = (*longest, text(probe));
        }
    }
    for ((at, sqlstate), (message, times)) in traffic.failed {
        let usage: &Use = &probes[at].usage;
        let foreseen = foreseen(usage, (&sqlstate, &message), assessments, (before, after), dialect);
        proof.failed.push(FailedUse { statement: text(&probes[at]), sqlstate, message, times, foreseen });
    }
    Ok(Some(proof))
}

/// A probe as people read it.
fn text(probe: &Probe) -> String {
    let text = probe.attempt.statements.join("; ");
    text.strip_prefix("EXPLAIN ").map_or(text.clone(), str::to_owned)
}

struct Traffic<'p> {
    session: Connection,
    probes: &'p [Probe],
    /// By probe: how long it took each time.
    sent: Vec<Vec<Duration>>,
    /// By probe and code: the answer, and how often.
    failed: BTreeMap<(usize, String), (String, usize)>,
}

impl Traffic<'_> {
    /// Sends round after round, the last one after all is over; gives the median time of the first round.
    fn run(&mut self, over: &AtomicBool, flows: Sender<()>) -> Result<Duration, SqlError> {
        self.round()?;
        let mut first: Vec<Duration> = self.sent.iter().flatten().copied().collect();
        first.sort_unstable();
        // What does not work among these rows has nothing to do with the migration.
        self.failed.clear();
        // Whoever waited for it may have failed meanwhile.
        let _ = flows.send(());
        loop {
            let last = over.load(Ordering::Relaxed);
            self.round()?;
            if last {
                return Ok(first.get(first.len() / 2).copied().unwrap_or_default());
            }
        }
    }

    fn round(&mut self) -> Result<(), SqlError> {
        for (at, probe) in self.probes.iter().enumerate() {
            let begun = Instant::now();
            let answer = self.session.execute(&format!("BEGIN; {}; ROLLBACK", probe.attempt.statements.join("; ")));
            let took = begun.elapsed();
            self.sent[at].push(took);
            if let Err(error) = answer {
                let SqlError::Database { sqlstate, message, .. } = error else { return Err(error) };
                self.session.execute("ROLLBACK")?;
                self.failed.entry((at, sqlstate)).or_insert((message, 0)).1 += 1;
            }
        }
        Ok(())
    }
}
