//! How long statements take, and how long the strong locks that they take are held: to the end of their transactions.

use super::super::locks::{Held, Relations, strength};
use super::super::{Connection, SqlError};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// What was measured of a migration.
#[derive(Debug, Default)]
pub struct Times {
    /// How many rows the tables held that it touches.
    pub rows: BTreeMap<String, u64>,
    /// The statements that hold strong locks, or take long themselves.
    pub statements: Vec<Time>,
}

/// One statement.
#[derive(Debug)]
pub struct Time {
    /// Its text.
    pub statement: String,
    /// How long it ran.
    pub took: Duration,
    /// The locks that it took and that stop readers or writers.
    pub locks: Vec<HeldLock>,
}

/// A lock that stops readers or writers.
#[derive(Debug)]
pub struct HeldLock {
    /// On what.
    pub object: String,
    /// The mode.
    pub mode: &'static str,
    /// From the beginning of the statement that took it to the end of the last one in its transaction.
    pub held: Duration,
    /// Whether the server showed it; outside a transaction it is gone with the statement, and what is stated of it is told.
    pub seen: bool,
}

/// The first mode that stops writers.
const SHARE: usize = 4;

/// Measures the statements of a migration while they are sent.
pub(super) struct Clock {
    since: Instant,
    /// The statements of the transaction that is open, with the locks that each was the first to take.
    open: Vec<Open>,
    held: BTreeMap<String, &'static str>,
    seen: bool,
    pub times: Vec<Time>,
}

/// A statement of a transaction that is open.
struct Open {
    statement: String,
    took: Duration,
    /// Objects and modes.
    locks: Vec<(String, &'static str)>,
}

impl Clock {
    pub fn new() -> Self {
        Clock { since: Instant::now(), open: Vec::new(), held: BTreeMap::new(), seen: true, times: Vec::new() }
    }

    /// A statement is sent now.
    pub fn start(&mut self) {
        self.since = Instant::now();
    }

    /// How long it is since then.
    pub fn read(&self) -> Duration {
        self.since.elapsed()
    }

    /// A statement that took so long is done, inside a transaction that can be looked at.
    pub fn look(
        &mut self,
        statement: &str,
        took: Duration,
        relations: &Relations,
        session: &mut Connection,
    ) -> Result<(), SqlError> {
        self.seen = true;
        self.take(statement, took, relations.held(session)?);
        Ok(())
    }

    /// A statement that took so long is done, and its locks are gone: these were stated.
    pub fn state(&mut self, statement: &str, took: Duration, stated: Held) {
        self.seen = false;
        self.take(statement, took, stated);
    }

    fn take(&mut self, statement: &str, took: Duration, held: Held) {
        let mut own = Vec::new();
        for (object, mode) in held.locks {
            let known = self.held.get(&object).map_or(0, |known| strength(known));
            if strength(mode) >= SHARE && strength(mode) > known {
                self.held.insert(object.clone(), mode);
                own.push((object, mode));
            }
        }
        self.open.push(Open { statement: statement.to_owned(), took, locks: own });
    }

    /// The transaction is over, and with it all its locks.
    pub fn commit(&mut self) {
        self.held.clear();
        let mut rest = Duration::ZERO;
        let mut done: Vec<Time> = Vec::new();
        for Open { statement, took, locks } in std::mem::take(&mut self.open).into_iter().rev() {
            rest += took;
            let seen = self.seen;
            let locks: Vec<HeldLock> =
                locks.into_iter().map(|(object, mode)| HeldLock { object, mode, held: rest, seen }).collect();
            done.push(Time { statement, took, locks });
        }
        self.times.extend(done.into_iter().rev());
    }
}
