//! What the rules about downs have in common: the migration's own down, tried, and whether the project keeps downs at all.

use super::{Finding, Place, Scene};
use crate::assess::Touched;
use crate::change::Change;
use crate::paired::{self, Ground, Tried};
use crate::parse::{DirectiveKind, Lexis, Scanner};
use crate::replay;
use crate::source::{MigrationKind, Script, Span};

impl Scene<'_> {
    /// The down of a judged migration, tried; nothing where there is none to try.
    pub(super) fn tried_down(&self, assessment: usize) -> Option<&Tried> {
        let tried = self.memo.downs.get_or_init(|| {
            let ground = Ground {
                sources: self.sources,
                history: self.history,
                parsed: self.parsed,
                replayed: self.replayed,
                dialect: self.dialect,
            };
            let migrations: Vec<usize> = self.assessments.iter().map(|own| own.migration).collect();
            let mut found = paired::tried(ground, &migrations).into_iter().peekable();
            migrations.iter().map(|migration| found.next_if(|tried| tried.migration == *migration)).collect()
        });
        tried[assessment].as_ref()
    }

    /// Whether the project keeps downs: at least half of its migrations that can have one do.
    pub(super) fn keeps_downs(&self) -> bool {
        *self.memo.keeps_downs.get_or_init(|| {
            let versioned = self.history.migrations.iter().filter(|migration| migration.kind == MigrationKind::Versioned);
            let (kept, all) = versioned.fold((0, 0), |(kept, all), migration| {
                let has = migration.down.as_ref().is_some_and(|down| self.has_words(down));
                (kept + usize::from(has), all + 1)
            });
            kept * 2 >= all && kept > 0
        })
    }

    fn has_words(&self, script: &Script) -> bool {
        let words = |chunk: &Span| Scanner::new(self.sources.slice(*chunk), &Lexis::POSTGRES).any(|token| !token.is_trivia());
        script.chunks.iter().any(words)
    }

    /// Whether somebody said of a migration that no down can be computed.
    pub(super) fn has_manual_down(&self, assessment: usize) -> bool {
        let parsed = &self.parsed[self.assessments[assessment].migration];
        let statements = parsed.statements.iter().flat_map(|statement| &statement.directives);
        parsed.directives.iter().chain(statements).any(|directive| matches!(directive.kind, DirectiveKind::DownManual { .. }))
    }

    /// Whether a judged migration leaves another schema than it found.
    pub(super) fn changes_schema(&self, assessment: usize) -> bool {
        let migration = self.assessments[assessment].migration;
        let before = replay::before(self.replayed, self.history, migration);
        let after = replay::after(self.replayed, self.history, migration);
        let states = before.zip(after).map(|((before, _), (after, _))| (before, after));
        states.is_some_and(|(before, after)| !Touched::in_schema(before, after).is_empty())
    }

    /// A finding on a migration as a whole, at its first statement.
    pub(super) fn on_migration(&self, assessment: usize, message: impl Into<String>) -> Finding {
        let migration = self.assessments[assessment].migration;
        let file = self.history.migrations[migration].file;
        let first = self.parsed[migration].statements.first().map(|statement| statement.span);
        Finding::at(Place { migration, statement: None, span: first.unwrap_or(Span::new(file, 0, 0)) }, message)
    }
}

/// Whether a script does nothing: no statement but transaction control.
pub(super) fn does_nothing(tried: &Tried) -> bool {
    let changes = tried.parsed.statements.iter().flat_map(|statement| &statement.changes);
    changes.into_iter().all(|change| matches!(change.value, Change::Transaction(_)))
}
