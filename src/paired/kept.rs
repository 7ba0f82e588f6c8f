//! Migrations that keep what they destroy: the text of the migration with the copies, and the way back that puts them back.

use super::{Ground, Pair, attempt};
use crate::catalog::Catalog;
use crate::change::Change;
use crate::dialect::Dialect;
use crate::down;
use crate::read::{self, Project, UpText};
use crate::replay;
use std::ops::Range;

/// What becomes of a migration that destroys something.
#[derive(Debug)]
pub enum Keeping {
    /// It destroys nothing.
    Nothing,
    /// What it destroys is kept: the pair has the way back that puts it back.
    Kept(UpText),
    /// It cannot be kept, and why.
    Refused(String),
}

/// Keeps what a migration destroys, where that can be done.
pub fn keep(pair: &mut Pair, project: &Project, ground: Ground<'_>) -> Keeping {
    let Ground { parsed, replayed, history, dialect, .. } = ground;
    let migration = &history.migrations[pair.migration];
    let parsed = &parsed[pair.migration];
    if pair.fails {
        return Keeping::Refused("the migration itself fails".to_owned());
    }
    let preserved = match down::preserve(parsed, replayed, pair.migration, down::archive_label(migration), dialect) {
        None => return Keeping::Nothing,
        Some(Err(reason)) => return Keeping::Refused(reason),
        Some(Ok(preserved)) => preserved,
    };
    let text = project.sources.text(migration.file);
    let mut insertions = Vec::new();
    if !preserved.copies.is_empty() {
        let statement = parsed.statements[preserved.statement].span;
        let chunk = migration.up.chunks.iter().map(|chunk| chunk.range()).find(|chunk| chunk.contains(&statement.range().start));
        let at = above(text, statement.range(), chunk.map_or(0, |chunk| chunk.start));
        insertions.push((at, preserved.opening(dialect)));
        if let (Some(ending), Some(last)) = (preserved.ending(), parsed.statements.last()) {
            let end = last.span.range().end;
            let semicolon = text[end..].trim_start().starts_with(';');
            let behind = if semicolon { end + text[end..].find(';').map_or(0, |at| at + 1) } else { end };
            let own = if semicolon || text[..end].ends_with(';') { "" } else { ";" };
            insertions.push((behind, format!("{own}{ending}")));
        }
    }
    let start =
        replay::after(replayed, history, pair.migration).map(|(after, _)| with_archives(after, &preserved.copies, dialect));
    pair.script = down::script(&preserved.down, dialect);
    let mut without_end = preserved.down.clone();
    without_end.statements.retain(|inverse| match &inverse.change {
        Change::Drop { objects, .. } => !objects.iter().any(|own| preserved.archives.iter().any(|name| name.qname() == own.name)),
        _ => true,
    });
    let without_end = down::script(&without_end, dialect);
    let up = UpText { migration: pair.migration, insertions, purge: preserved.purge(dialect) };
    pair.down = preserved.down;
    pair.transaction = read::down_transaction(project, pair.migration, pair.text());
    // No application uses the archives: that they go at the end is left out.
    pair.tried = attempt(pair, &without_end, ground, start.as_ref());
    Keeping::Kept(up)
}

/// The schema with the tables into which the migration copies.
fn with_archives(after: &Catalog, copies: &[Change], dialect: &dyn Dialect) -> Catalog {
    let mut state = after.clone();
    for copy in copies {
        // Of the copied tables, which are gone, nothing but the text is named.
        let _ = state.apply(copy, dialect);
    }
    state
}

/// Where something goes that is to run before a statement: above the directives that belong to it.
fn above(text: &str, statement: Range<usize>, chunk: usize) -> usize {
    let mut at = statement.start;
    let line = text[..at].rfind('\n').map_or(0, |end| end + 1);
    if line < chunk || !text[line..at].trim().is_empty() {
        return at;
    }
    at = line;
    while at > chunk {
        let before = text[..at - 1].rfind('\n').map_or(0, |end| end + 1);
        if before < chunk || !text[before..at].trim_start().starts_with("-- migsafe:") {
            break;
        }
        at = before;
    }
    at
}
