//! The Supabase CLI. Facts: `pkg/migration/list.go` (order of names, what is skipped), `pkg/migration/file.go` (the name pattern; the
//! statements of a file go as one pipeline).
//!
//! It knows no downs, and every `<number>_*.sql` in its directory is a migration to it, a `.down.sql` too: downs lie in a directory
//! `downs` beside `migrations`.
//!
//! The server runs a pipeline as one implicit transaction, with one exception: a first statement that cannot be part of a
//! transaction is committed at once, and the rest follows. (PostgreSQL 15 and 18 accept `CREATE INDEX CONCURRENTLY` as the first
//! statement of a pipeline, and refuse it as a later one.)

use super::{
    Cut, Downs, DownsBy, Draft, Home, Layout, Notes, Outside, Part, Piece, Remarks, file_name, note_duplicates,
    note_subdirectories,
};
use crate::read::applied::{Applied, Edited, KnownBy, Late, Reaction};
use crate::read::dir::Dir;
use crate::read::error::ReadError;
use crate::read::name::{find_folded, leading_number};
use crate::read::runner::Runner;
use crate::read::statement::{first_end, openings};
use crate::source::Transaction;
use std::path::{Path, PathBuf};

pub(super) const LAYOUT: Layout = Layout {
    runner: Runner::Supabase,
    recognise,
    arrange,
    cut: Cut::Pieces(cut),
    one_transaction: false,
    table: "",
    // `pkg/migration/apply.go`: `ErrMissingLocal` and `ErrMissingRemote`.
    applied: Applied {
        known_by: KnownBy::Version,
        edited: Edited::Unnoticed,
        renamed: Reaction::Unnoticed,
        deleted: Reaction::Stops,
        late: Late::Stops,
    },
    outside_transaction: "put it into a file of its own: a file is sent as one string, which the server runs as one transaction",
    downs: Downs { by: DownsBy::Hand, home: Home::File(down_file), outside: Outside::ByScript },
};

/// The names are plain; the directory's place tells.
fn recognise(dir: &Dir) -> bool {
    let absolute = std::path::absolute(&dir.path).unwrap_or_default();
    absolute.ends_with("supabase/migrations") && dir.sql().any(|file| name(file).is_some())
}

fn arrange(dir: &Dir, notes: &mut Notes) -> Result<Vec<Draft>, ReadError> {
    let mut drafts: Vec<Draft> = Vec::with_capacity(dir.files.len());
    let downs = dir.other(&downs(&dir.path)).map(|dir| dir.files).unwrap_or_default();
    for (at, file) in dir.sql().enumerate() {
        match name(file) {
            Some((version, "init")) if at == 0 && version.len() == 14 && version < "20211209000000" => {
                notes.not_read(dir.at(file), "an _init.sql of an old Supabase CLI, which newer ones skip");
            }
            Some((version, title)) => drafts.push(Draft::new(version, title, dir.at(file))),
            None => notes.not_read(dir.at(file), "not named <timestamp>_<name>.sql, so Supabase skips it"),
        }
    }
    for draft in &mut drafts {
        draft.down = down_file(draft).filter(|path| downs.contains(&file_name(path)));
    }
    note_subdirectories(dir, "Supabase", notes);
    note_duplicates(&drafts, |a, b| a.version == b.version, "Supabase's history holds a version once", notes);
    Ok(drafts)
}

fn cut(text: &str, _: &Draft, _: &mut Remarks) -> Vec<Piece> {
    let whole = 0..text.len();
    let first = first_end(text).filter(|end| find_folded(&text[..*end], "concurrently").is_some());
    let alone = first.filter(|end| {
        openings(&text[..*end], 4).first().is_some_and(|(_, words)| words.iter().any(|word| word == "CONCURRENTLY"))
    });
    let chunks = alone.map_or_else(|| Vec::from([whole.clone()]), |end| vec![0..end, end..text.len()]);
    let chunks = chunks.into_iter().filter(|chunk| *chunk == whole || !text[chunk.clone()].trim().is_empty()).collect();
    vec![Piece { up: Part { chunks, transaction: Transaction::PerChunk, masked: None }, ..Piece::default() }]
}

/// The directory of ways back, beside that of migrations.
fn downs(migrations: &Path) -> PathBuf {
    match migrations.file_name() {
        Some(_) => migrations.with_file_name("downs"),
        None => migrations.join("../downs"),
    }
}

fn down_file(draft: &Draft) -> Option<PathBuf> {
    Some(downs(draft.up.parent()?).join(draft.up.file_name()?))
}

/// `^([0-9]+)_(.*)\.sql$`
fn name(file: &str) -> Option<(&str, &str)> {
    let (version, rest) = leading_number(file)?;
    Some((version, rest.strip_prefix('_')?.strip_suffix(".sql")?))
}
