//! The locks that a session holds and the tables that it wrote anew, as the server shows them, and what was claimed of the same
//! statements, by the same names: those that objects had before the transaction.

use super::{Connection, SqlError};
use crate::assess::Verdict;
use crate::catalog::{Catalog, Name, ObjectId, Relation};
use crate::replay::Step;
use std::collections::{BTreeMap, BTreeSet};

/// The modes of table locks by the names in `pg_locks` and in the manual, the weakest first.
pub const MODES: [(&str, &str); 8] = [
    ("AccessShareLock", "ACCESS SHARE"),
    ("RowShareLock", "ROW SHARE"),
    ("RowExclusiveLock", "ROW EXCLUSIVE"),
    ("ShareUpdateExclusiveLock", "SHARE UPDATE EXCLUSIVE"),
    ("ShareLock", "SHARE"),
    ("ShareRowExclusiveLock", "SHARE ROW EXCLUSIVE"),
    ("ExclusiveLock", "EXCLUSIVE"),
    ("AccessExclusiveLock", "ACCESS EXCLUSIVE"),
];

/// How strong a mode is, by its name in the manual.
pub fn strength(mode: &str) -> usize {
    MODES.iter().position(|(_, name)| *name == mode).unwrap_or_default()
}

/// The relations that were there before something ran.
#[derive(Debug, Default)]
pub struct Relations {
    /// By their numbers: name, whether it is an index, file.
    before: BTreeMap<String, (String, bool, Option<String>)>,
}

const RELATIONS: &str = "
SELECT c.oid, n.nspname || '.' || c.relname, c.relkind IN ('i', 'I'),
    CASE c.relkind WHEN 'S' THEN 0 ELSE c.relfilenode END FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.oid >= 16384 AND n.nspname NOT LIKE 'pg\\_%' AND c.relkind <> 'c'";

/// What a transaction did to the relations that were there before it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Held {
    /// The strongest lock on each table, view and sequence.
    pub locks: BTreeMap<String, &'static str>,
    /// The tables that were written anew.
    pub rewrites: BTreeSet<String>,
}

impl Relations {
    /// Those that are there now.
    pub fn look(session: &mut Connection) -> Result<Relations, SqlError> {
        let mut before = BTreeMap::new();
        for row in session.query_rows(RELATIONS)? {
            if let [Some(number), Some(name), Some(index), node] = &row[..] {
                before.insert(number.clone(), (name.clone(), index == "t", node.clone()));
            }
        }
        Ok(Relations { before })
    }

    /// What the session's open transaction holds and wrote.
    pub fn held(&self, session: &mut Connection) -> Result<Held, SqlError> {
        let mut held = Held::default();
        let locks = "SELECT relation, mode FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'relation' AND granted
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
        for row in session.query_rows(locks)? {
            let [Some(number), Some(mode)] = &row[..] else { continue };
            let Some((name, false, _)) = self.before.get(number) else { continue };
            let Some((_, mode)) = MODES.iter().find(|(name, _)| name == mode) else { continue };
            let known = held.locks.entry(name.clone()).or_insert(mode);
            if strength(known) < strength(mode) {
                *known = mode;
            }
        }
        for row in session.query_rows(RELATIONS)? {
            if let [Some(number), _, _, node] = &row[..]
                && let Some((name, false, before)) = self.before.get(number)
                && before != node
                && before.as_deref() != Some("0")
            {
                held.rewrites.insert(name.clone());
            }
        }
        Ok(held)
    }
}

/// What was claimed of the steps of one transaction.
pub fn claimed(steps: &[Step], verdicts: &[&Verdict]) -> Held {
    let mut held = Held::default();
    for (step, verdict) in steps.iter().zip(verdicts) {
        for (atom, cost) in step.atoms.iter().zip(&verdict.costs) {
            for lock in &cost.locks {
                let known = held.locks.entry(base_name(&step.base, &atom.before, &lock.object)).or_insert(lock.mode);
                if strength(known) < strength(lock.mode) {
                    *known = lock.mode;
                }
            }
            held.rewrites.extend(cost.rewrites.iter().map(|name| base_name(&step.base, &atom.before, name)));
        }
    }
    held
}

/// The name that an object of a state had in the state before the transaction.
pub fn base_name(base: &Catalog, state: &Catalog, name: &Name) -> String {
    let id = |catalog: &Catalog, name: &Name| -> Option<ObjectId> {
        match catalog.relations.get(name)? {
            Relation::Index(_) => catalog.index(name).map(|(_, index)| index.id),
            other => other.id(),
        }
    };
    let now = id(state, name);
    if id(base, name) == now {
        return name.to_string();
    }
    base.relations.keys().find(|key| id(base, key) == now).unwrap_or(name).to_string()
}
