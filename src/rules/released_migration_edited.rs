//! Migrations that are released already, and are not any more what was released.

use super::{Check, Finding, Level, Place, Scene, rule};
use crate::parse::{Lexis, normal_form};
use crate::read::{Alteration, Edited, Reaction, Released, Runner};
use crate::replay::{self, ParsedMigration};
use crate::source::{Migration, Sources, Span};

rule! {
    /// A migration that is released already was edited, renamed or deleted.
    ///
    /// Databases that applied it are not touched by the edit: from now on new databases have another schema than existing ones, and
    /// nobody is told. Runners that keep a checksum of what they applied (sqlx, Flyway, refinery, Liquibase) stop at every such
    /// database instead, some of them also for a comment or a line break. What is released is told by git: see `--base`.
    ///
    /// Restore the file, and put the change into a new migration. If no database has applied it yet, say so in the file:
    /// `-- migsafe: allow(released-migration-edited) reason="not deployed yet"`.
    pub(crate) static RELEASED_MIGRATION_EDITED = "released-migration-edited", Error, Runner, Check::Elsewhere;
}

/// As many deleted migrations are told of one by one.
const MANY: usize = 3;

/// What there is to say about released migrations that are not what they were, each with the text that it has now.
pub(crate) fn findings(scene: &Scene<'_>, released: &Released) -> Vec<(Finding, Option<ParsedMigration>)> {
    let deleted = released.altered.iter().filter(|altered| altered.now == Alteration::Deleted).count();
    let mut told = false;
    let mut out = Vec::new();
    for altered in &released.altered {
        let teller = Teller { scene, released, number: altered.migration };
        match &altered.now {
            Alteration::Edited(now) => {
                let parsed = replay::read_script(scene.sources, &now.up);
                out.extend(teller.edited(now, &parsed).map(|finding| (finding, Some(parsed))));
            }
            Alteration::Renamed { to } => out.push((teller.renamed(*to), None)),
            Alteration::Deleted if deleted > MANY => {
                if !std::mem::replace(&mut told, true) {
                    out.push((teller.many_deleted(deleted), None));
                }
            }
            Alteration::Deleted => out.push((teller.deleted(), None)),
        }
    }
    out
}

struct Teller<'a> {
    scene: &'a Scene<'a>,
    released: &'a Released,
    /// The released migration.
    number: usize,
}

impl Teller<'_> {
    fn edited(&self, now: &Migration, parsed: &ParsedMigration) -> Option<Finding> {
        let (sources, runner) = (self.scene.sources, who(self.scene.runner));
        let applied = self.scene.runner.applied();
        let old = self.migration();
        let (name, revision) = (label(old), &self.released.revision);
        let before = texts(sources, &self.scene.parsed[self.number]);
        let after = texts(sources, parsed);
        if before == after && old.name != now.name && applied.renamed == Reaction::Stops {
            let message = format!("`{name}` is released ({revision}), and is now called `{}`", label(now));
            let why = format!("{runner} stops at every database that applied it: it keeps the names as well.");
            return Some(self.finding(sources.whole(now.file), message).why(why).help(self.restore(now)));
        }
        let place = place(sources, now, parsed, &before, &after);
        let only_layout = before == after;
        let what = if only_layout { "comments or layout were changed" } else { "it was edited" };
        let message = format!("`{name}` is released ({revision}), and {what}");
        let unnoticed = "databases that applied it do not get the change, and new ones have another schema than these";
        let (why, level) = match (applied.edited, only_layout) {
            (Edited::Unnoticed, true) => return None,
            (Edited::Unnoticed, false) => (format!("{runner} never looks at it again: {unnoticed}."), Level::Error),
            (Edited::Warns, true) => (format!("{runner} keeps a checksum of every byte, and warns."), Level::Info),
            (Edited::Warns, false) => (format!("{runner} warns, but goes on: {unnoticed}."), Level::Error),
            (Edited::Stops | Edited::StopsButForSpace, _) => {
                let of = if applied.edited == Edited::Stops { "the whole file, comments included" } else { "the text" };
                (format!("{runner} stops at every database that applied it: it keeps a checksum of {of}."), Level::Error)
            }
        };
        Some(self.finding(place, message).why(why).help(self.restore(now)).at_most(level))
    }

    fn renamed(&self, to: usize) -> Finding {
        let (scene, old) = (self.scene, self.migration());
        let new = &scene.history.migrations[to];
        let message = format!("`{}` is released ({}), and is now `{}`", label(old), self.released.revision, label(new));
        let runner = who(scene.runner);
        let why = match scene.runner.applied().deleted {
            Reaction::Stops => format!("{runner} stops at every database that applied it: it does not find it any more."),
            Reaction::Unnoticed => {
                format!(
                    "{runner} takes that for another migration: where the released one was applied, its statements run again."
                )
            }
        };
        let help = "keep the name under which it was released; only migrations that are not released can be renumbered";
        let span = scene.parsed[to].statements.first().map_or_else(|| scene.sources.whole(new.file), |first| first.span);
        self.finding(span, message).why(why).help(help)
    }

    fn deleted(&self) -> Finding {
        let old = self.migration();
        let message = format!("`{}` is released ({}), and was deleted", label(old), self.released.revision);
        self.gone(message, &self.restore(old))
    }

    fn many_deleted(&self, count: usize) -> Finding {
        let message = format!(
            "{count} released migrations ({}), from `{}` on, were deleted",
            self.released.revision,
            label(self.migration())
        );
        let help = "where a history is replaced by one script on purpose, tell the runner at every database what is applied, \
                    and judge the new script with --all";
        self.gone(message, help)
    }

    fn gone(&self, message: String, help: &str) -> Finding {
        let runner = who(self.scene.runner);
        let why = match self.scene.runner.applied().deleted {
            Reaction::Stops => format!("{runner} stops at every database that applied it: it does not find it any more."),
            Reaction::Unnoticed => "Databases that applied it keep what it made, and new ones never get it.".to_owned(),
        };
        let old = self.migration();
        let first = self.scene.parsed[self.number].statements.first();
        let span = first.map_or_else(|| self.scene.sources.whole(old.file), |first| first.span);
        self.finding(span, message).why(why).help(help)
    }

    fn restore(&self, migration: &Migration) -> String {
        let path = self.scene.sources.path(migration.file).display();
        format!("restore {path} as it is in {}, and put the change into a new migration", self.released.revision)
    }

    fn migration(&self) -> &Migration {
        &self.scene.history.migrations[self.number]
    }

    fn finding(&self, span: Span, message: String) -> Finding {
        Finding::at(Place { migration: self.number, statement: None, span }, message)
    }
}

/// The runner as a sentence begins with it.
pub(super) fn who(runner: Runner) -> &'static str {
    match runner {
        Runner::Plain => "The runner",
        named => named.name(),
    }
}

/// `0003_add_email`
pub(crate) fn label(migration: &Migration) -> String {
    let parts = [migration.version.as_str(), migration.name.as_str()];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("_")
}

fn texts(sources: &Sources, parsed: &ParsedMigration) -> Vec<String> {
    parsed.statements.iter().map(|statement| normal_form(sources.slice(statement.span), &Lexis::POSTGRES)).collect()
}

/// The first statement that is another; where only comments are, the file's first line.
fn place(sources: &Sources, now: &Migration, parsed: &ParsedMigration, before: &[String], after: &[String]) -> Span {
    let differs = after.iter().zip(before).position(|(after, before)| after != before);
    let first = differs.or((after.len() > before.len()).then_some(before.len()));
    let statement = first.or(after.len().checked_sub(1).filter(|_| before != after)).map(|at| parsed.statements[at].span);
    let line = sources.text(now.file).lines().next().map_or(0, str::len);
    statement.unwrap_or_else(|| Span::new(now.file, 0, line))
}
