//! The way from one schema state to another: the changes that make the second of the first, computed from the states alone.
//!
//! A copy of the first state is walked towards the second. Each stage looks at what still differs (at the cost of the difference,
//! for equal parts are the same values in memory), proposes changes, and makes those that the state accepts; what it refuses
//! waits for the next round, when what stood in its way is gone. So the order is one that the server accepts too. What is
//! dropped to make way (a view over a column whose type changes) is missing from then on and is made again like anything else.

mod alike;
mod clear;
mod columns;
mod create;
mod gone;
mod pairs;
mod parts;
mod properties;
mod renamed;
mod rights;
mod same;
mod types;

pub use pairs::{changed_relations, table_among};
pub use same::difference;

use super::{Catalog, ObjectId, Problem};
use crate::change::Change;
use crate::dialect::Dialect;
use std::collections::BTreeSet;

/// What leads from one state to another.
#[derive(Debug, Clone, Default)]
pub struct Way {
    /// The changes in order.
    pub changes: Vec<Change>,
    /// The state that they lead to.
    pub state: Catalog,
    /// The state that they lead from.
    from: Catalog,
}

impl Way {
    /// The changes that lead on from its end to another state, which knows the same objects.
    pub fn on(&self, to: &Catalog, dialect: &dyn Dialect) -> Result<Way, Blocked> {
        let mut walk = Walk::new(&self.from, to, dialect);
        walk.state = self.state.clone();
        walk.go()
    }
}

/// Why no way was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blocked {
    /// What is left, for people.
    pub reason: String,
}

/// More rounds than any way needs: each makes at least one change.
const ROUNDS: usize = 1000;

/// The changes that lead from `from` to `to`. Applied to `from` they give a state in which nothing differs from `to` but the order
/// of columns that had to be added again. Names in them are full, so that they mean the same in every session.
pub fn way(from: &Catalog, to: &Catalog, dialect: &dyn Dialect) -> Result<Way, Blocked> {
    Walk::new(from, to, dialect).go()
}

/// A state on its way to another.
struct Walk<'a> {
    from: &'a Catalog,
    state: Catalog,
    to: &'a Catalog,
    dialect: &'a dyn Dialect,
    changes: Vec<Change>,
    /// Objects that were renamed to make way: they are dropped when nothing uses them any more.
    aside: BTreeSet<ObjectId>,
    refused: Option<(Change, Problem)>,
    /// A cast that there is not.
    no_cast: Option<String>,
}

impl<'a> Walk<'a> {
    fn new(from: &'a Catalog, to: &'a Catalog, dialect: &'a dyn Dialect) -> Self {
        let mut state = from.clone();
        // It runs in a session of its own.
        state.session = dialect.empty_catalog().session;
        Walk { from, state, to, dialect, changes: Vec::new(), aside: BTreeSet::new(), refused: None, no_cast: None }
    }

    fn go(mut self) -> Result<Way, Blocked> {
        for _ in 0..ROUNDS {
            let before = self.changes.len();
            self.refused = None;
            self.round();
            if self.changes.len() > before {
                continue;
            }
            self.set_rights();
            self.drop_last();
            if self.changes.len() > before {
                continue;
            }
            match difference(&self.state, self.to) {
                None if self.is_misplaced() => return Err(Blocked { reason: self.reason("what has which name".to_owned()) }),
                None => return Ok(Way { changes: self.changes, state: self.state, from: self.from.clone() }),
                Some(left) if !self.make_way() => return Err(Blocked { reason: self.reason(left) }),
                Some(_) => {}
            }
        }
        Err(Blocked { reason: "it does not end".to_owned() })
    }

    /// Everything once: what goes, what is called otherwise, what is missing, what is otherwise.
    fn round(&mut self) {
        self.detach();
        self.rename();
        self.drop_programs_of_all();
        self.replace_bodies();
        self.drop_wholes();
        self.drop_parts();
        self.drop_wholes();
        self.rename();
        self.alter_types();
        self.create_early();
        self.alter_columns();
        self.create_wholes();
        self.add_parts();
        self.add_programs();
        self.set_properties();
    }

    /// Why it does not go on: a cast that there is not, else what is left and what the last refusal was.
    fn reason(self, left: String) -> String {
        match (self.no_cast, self.refused) {
            (Some(cast), _) => cast,
            (None, Some((change, problem))) => format!("{left} ({})", self.dialect.problem(&problem, &change).message),
            (None, None) => left,
        }
    }

    /// Makes the change if the state accepts it.
    fn make(&mut self, change: Change) -> bool {
        match self.state.apply(&change, self.dialect) {
            Ok(()) => {
                self.changes.push(change);
                true
            }
            Err(problem) => {
                self.refused = Some((change, problem));
                false
            }
        }
    }

    /// Makes all of them or none.
    fn make_all(&mut self, changes: Vec<Change>) -> bool {
        let (state, made) = (self.state.clone(), self.changes.len());
        for change in changes {
            if !self.make(change) {
                self.state = state;
                self.changes.truncate(made);
                return false;
            }
        }
        true
    }

    /// Whether an identity was given out on the way: the object was made again.
    fn is_new(&self, id: ObjectId) -> bool {
        !self.from.knows(id)
    }
}
