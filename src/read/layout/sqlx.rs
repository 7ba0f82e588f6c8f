//! sqlx. Facts: `sqlx-core/src/migrate/source.rs` (names, order, `-- no-transaction`), `migration_type.rs` (`.up.sql`,
//! `.down.sql`), `sqlx-postgres/src/migrate.rs` (the text is sent as one string, in a transaction unless opted out, up and down alike), `migrator.rs`
//! and `sqlx-cli/src/migrate.rs` (`undo` and `revert` take the latest applied version that has a down file and pass over those without,
//! so a down beside a simple `x.sql` is found too).

use super::pair::{Direction, Named, by_version};
use super::{Cut, Downs, DownsBy, Draft, Home, Layout, Notes, Outside, Remarks, down, note_subdirectories};
use crate::read::applied::{Applied, Edited, KnownBy, Late, Reaction};
use crate::read::dir::{Dir, Manifest, manifest};
use crate::read::error::ReadError;
use crate::read::project::NoteKind;
use crate::read::runner::Runner;
use crate::source::Transaction;

pub(super) const LAYOUT: Layout = Layout {
    runner: Runner::Sqlx,
    recognise,
    arrange,
    cut: Cut::Whole(transaction),
    one_transaction: false,
    table: "_sqlx_migrations",
    // `sqlx-core/src/migrate/migrator.rs`: `VersionMismatch` and `VersionMissing`; what is not applied is, in order.
    applied: Applied {
        known_by: KnownBy::Version,
        edited: Edited::Stops,
        renamed: Reaction::Unnoticed,
        deleted: Reaction::Stops,
        late: Late::Applies,
    },
    outside_transaction: "put it into a file of its own that begins with `-- no-transaction`",
    downs: Downs { by: DownsBy::Runner, home: Home::File(down::beside), outside: Outside::FirstLine(OPT_OUT) },
};

const OPT_OUT: &str = "-- no-transaction";

/// The names are those of many runners; what tells sqlx is a Rust project that uses it, or its own words in the files.
fn recognise(dir: &Dir) -> bool {
    let fits = dir.sql().any(|file| matches!(name(file), Ok(Some(_))));
    let own_words = |head: &String| {
        head.starts_with(OPT_OUT)
            || ["script", "up migration script", "migration script"]
                .iter()
                .any(|what| head.starts_with(&format!("-- Add {what} here")))
    };
    fits && (matches!(manifest(&dir.path), Some(Manifest::Rust { sqlx: true, .. })) || dir.heads().iter().any(own_words))
}

fn arrange(dir: &Dir, notes: &mut Notes) -> Result<Vec<Draft>, ReadError> {
    let mut named = Vec::with_capacity(dir.files.len());
    for file in dir.sql() {
        match name(file) {
            Ok(Some(found)) => named.push((file, found)),
            Ok(None) => notes.not_read(dir.at(file), "not named <version>_<description>.sql, so sqlx ignores it"),
            Err(()) => notes.refused(dir.at(file), "what stands before the first `_` is not a number: sqlx stops with an error"),
        }
    }
    note_subdirectories(dir, "sqlx", notes);
    Ok(by_version(dir, named, "sqlx stops at the second", notes))
}

/// `Ok(None)`: sqlx passes the file over; `Err`: it stops.
fn name(file: &str) -> Result<Option<Named<'_>>, ()> {
    let Some((version, rest)) = file.split_once('_') else { return Ok(None) };
    if !rest.ends_with(".sql") {
        return Ok(None);
    }
    if version.parse::<i64>().is_err() || version.starts_with(['-', '+']) {
        return Err(());
    }
    let (name, direction) = match (rest.strip_suffix(".up.sql"), rest.strip_suffix(".down.sql")) {
        (Some(name), _) => (name, Direction::Up),
        (None, Some(name)) => (name, Direction::Down),
        (None, None) => (rest.trim_end_matches(".sql"), Direction::Up),
    };
    Ok(Some(Named { version, name, direction }))
}

/// Only the very start of the file counts.
fn transaction(text: &str, remarks: &mut Remarks) -> Transaction {
    if text.starts_with(OPT_OUT) {
        return Transaction::PerChunk;
    }
    if let Some(at) = text.lines().position(|line| line.trim() == OPT_OUT) {
        let offset = super::lines(text).nth(at).map_or(0, |(offset, _)| offset);
        remarks.push((
            NoteKind::Odd,
            offset,
            format!("`{OPT_OUT}` counts only as the very first thing of the file: sqlx opens a transaction"),
        ));
    }
    Transaction::Wrapped
}
