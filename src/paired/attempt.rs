//! Trying a way back: the script on the schema that the migration made, compared with the schema before.

use super::differ::{self, Difference};
use crate::catalog::{Catalog, Problem};
use crate::change::{Change, Opaque};
use crate::dialect::Dialect;
use crate::down::{self, Down, Fidelity};
use crate::read;
use crate::replay::{self, ParsedMigration, Replayed};
use crate::source::{History, Migration, Script, Sources, Span};

/// Migrations that were replayed, on which ways back can be tried.
#[derive(Clone, Copy)]
pub struct Ground<'a> {
    /// The texts.
    pub sources: &'a Sources,
    /// All migrations.
    pub history: &'a History,
    /// Their statements.
    pub parsed: &'a [ParsedMigration],
    /// The judged ones with the states around them.
    pub replayed: &'a Replayed,
    /// The database.
    pub dialect: &'a dyn Dialect,
}

/// A way back that was tried.
#[derive(Debug, Clone)]
pub struct Tried {
    /// The migration's place in its history.
    pub migration: usize,
    /// The statements of the script.
    pub parsed: ParsedMigration,
    /// The script on the schema that the migration made: its steps have the migration's number.
    pub replayed: Replayed,
    /// Whether that schema is fully known: where it is not, what seems to be wrong may not be.
    pub known: bool,
    /// The first statement that the server refuses, by the place of its step: where it stands and why. The rest is not tried.
    pub failure: Option<(usize, Span, Problem)>,
    /// Statements that were not understood.
    pub opaque: Vec<(Span, Opaque)>,
    /// What differs from the schema before; nothing where it is the same, or the script fails.
    pub difference: Option<Difference>,
    /// What only somebody who has the values can do; with it the schema is the one before.
    pub follow_ups: Vec<Change>,
    /// Whether migsafe wrote it and it says itself that a person has to.
    pub manual: bool,
    /// The first and the last of the migrations whose downs are one, where this one does not lead back alone: what differs is what
    /// differs after all of them.
    pub together: Option<(usize, usize)>,
    /// Whether another one of those tells of what differs.
    pub told_elsewhere: bool,
}

impl Tried {
    /// The error that the server would give.
    pub fn error(&self, step: usize, span: Span, problem: &Problem, dialect: &dyn Dialect) -> String {
        let atom = self.replayed.steps[step].atoms.iter().rfind(|atom| atom.change.span == span);
        let Some(atom) = atom else { return "the server refuses it".to_owned() };
        let error = dialect.problem(problem, &atom.change.value);
        let code = error.sqlstate.map(|code| format!(" ({code})")).unwrap_or_default();
        format!("{}{code}", error.message)
    }

    /// Whether the script leads back, as far as it is understood and can without values that nobody has any more.
    pub fn leads_back(&self) -> bool {
        self.failure.is_none() && self.difference.is_none() && !self.manual
    }

    /// Whether it certainly does not lead back and does not say so itself.
    pub fn is_untrue(&self) -> bool {
        self.known && !self.manual && !self.leads_back()
    }
}

impl Ground<'_> {
    /// The computed way back of a judged migration.
    pub fn way_back(&self, migration: usize) -> Down {
        down::way_back(&self.history.migrations, self.parsed, self.replayed, migration, self.dialect)
    }

    /// Tries a script as the way back of a judged migration, on the schema that it makes or on `start`. Nothing where that has no
    /// statement, or fails itself.
    pub fn attempt(&self, migration: usize, script: &Script, start: Option<&Catalog>) -> Option<Tried> {
        let Ground { history, replayed, dialect, .. } = *self;
        let parsed = replay::read_script(self.sources, script);
        let (before, _) = replay::before(replayed, history, migration)?;
        let (after, known) = replay::after(replayed, history, migration)?;
        let after = start.unwrap_or(after);
        if replay::fails(replayed, migration) {
            return None;
        }
        let back = self.onto(after, known, migration, script, &parsed);
        let failure = back.steps.iter().enumerate().find_map(|(at, step)| {
            let (span, problem) = step.problems.first()?;
            Some((at, *span, problem.clone()))
        });
        let opaque: Vec<(Span, Opaque)> = parsed
            .statements
            .iter()
            .flat_map(|statement| &statement.changes)
            .filter_map(|change| Some((change.span, change.value.opaque()?.clone())))
            .collect();
        let tried = failure.as_ref().map_or(back.steps.len(), |(at, ..)| *at);
        let known = known && opaque.is_empty() && back.steps[..tried].iter().all(replay::is_certain);
        let difference = match failure {
            Some(_) => None,
            None => differ::difference(before, &back.schema, dialect),
        };
        let mut out = Tried {
            migration,
            parsed,
            replayed: back,
            known,
            failure,
            opaque,
            difference,
            follow_ups: Vec::new(),
            manual: false,
            together: None,
            told_elsewhere: false,
        };
        if out.difference.is_some() {
            self.excuse(&mut out, script);
        }
        Some(out)
    }

    /// Runs a script on a schema in the place of a migration.
    pub(super) fn onto(
        &self,
        schema: &Catalog,
        known: bool,
        migration: usize,
        script: &Script,
        parsed: &ParsedMigration,
    ) -> Replayed {
        let down = Migration { up: script.clone(), down: None, ..self.history.migrations[migration].clone() };
        replay::onto(schema, known, (migration, &down), parsed, self.dialect)
    }

    /// What differs is no fault where only values could mend it, or where the script itself raises an error that says why.
    fn excuse(&self, tried: &mut Tried, script: &Script) {
        let migration = tried.migration;
        let computed = self.way_back(migration);
        if computed.fidelity == Fidelity::Manual {
            let own = |chunk: &Span| read::has_stamp(self.sources.slice(*chunk));
            tried.manual = script.chunks.first().is_some_and(own);
            return;
        }
        let mut mended = tried.replayed.schema.clone();
        let applied = computed.follow_ups.iter().all(|change| mended.apply(change, self.dialect).is_ok());
        let before = replay::before(self.replayed, self.history, migration).map(|(before, _)| before);
        let same = before.is_some_and(|before| differ::difference(before, &mended, self.dialect).is_none());
        if applied && same && !computed.follow_ups.is_empty() {
            tried.follow_ups = computed.follow_ups;
            tried.difference = None;
        }
    }
}
