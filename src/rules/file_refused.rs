//! Files at which the runner would stop.

use super::{Check, Finding, Level, Place, Rule, rule};
use crate::read::{NoteKind, Project};
use crate::source::Span;
use std::path::Path;

rule! {
    /// The runner stops with an error at this file, before it applies anything.
    ///
    /// Its name, its place among the others or its sections are not as the runner wants them. What stands in it is judged as far as it can
    /// be read, but the deployment ends here.
    ///
    /// dbmate, for one, refuses a file without `-- migrate:down`; it may be empty:
    ///
    /// ```sql
    /// -- migrate:up
    /// CREATE TABLE users (id bigint PRIMARY KEY);
    /// ```
    pub(crate) static FILE_REFUSED = "file-refused", Error, Runner, Check::Elsewhere;
}

/// What the runner would refuse of a project whose migrations `judged` are judged. What is no migration itself is said with the
/// first of them; where single migrations were asked for, it is not said.
pub(crate) fn refusals(project: &Project, judged: &[usize], level: impl Fn(&Rule, &Path) -> Level) -> Vec<Finding> {
    let Project { sources, history, runner, selected, .. } = project;
    let mut out = Vec::new();
    for note in project.notes.iter().filter(|note| note.kind == NoteKind::Refused) {
        let is_its_file = |number: &&usize| sources.path(history.migrations[**number].file) == note.path;
        let own = judged.iter().find(is_its_file);
        let Some(migration) = own.or(judged.first().filter(|_| selected.is_none())) else { continue };
        let span = note.span.or_else(|| Some(Span::new(sources.find(&note.path)?, 0, 0)));
        let Some(span) = span else { continue };
        let place = Place { migration: *migration, statement: None, span };
        let what = if own.is_some() { "this".into() } else { note.path.to_string_lossy() };
        let found = Finding::at(place, format!("{runner} would refuse {what}: {}", note.message));
        out.push(found.by(&FILE_REFUSED, level(&FILE_REFUSED, &note.path)));
    }
    out.retain(|finding| finding.level > Level::Off);
    out
}
