//! The Supabase CLI. Facts: `pkg/migration/list.go` (order of names, what is skipped), `pkg/migration/file.go` (the name pattern; the
//! statements of a file go as one pipeline, which the server runs as one implicit transaction).

use super::{Cut, Draft, Layout, Notes, note_duplicates, note_subdirectories};
use crate::read::dir::Dir;
use crate::read::error::ReadError;
use crate::read::name::leading_number;
use crate::read::runner::Runner;
use crate::source::Transaction;

pub(super) const LAYOUT: Layout = Layout {
    runner: Runner::Supabase,
    recognise,
    arrange,
    cut: Cut::Whole(|_, _| Transaction::PerChunk),
    one_transaction: false,
};

/// The names are plain; the directory's place tells.
fn recognise(dir: &Dir) -> bool {
    let absolute = std::path::absolute(&dir.path).unwrap_or_default();
    absolute.ends_with("supabase/migrations") && dir.sql().any(|file| name(file).is_some())
}

fn arrange(dir: &Dir, notes: &mut Notes) -> Result<Vec<Draft>, ReadError> {
    let mut drafts = Vec::with_capacity(dir.files.len());
    for (at, file) in dir.sql().enumerate() {
        match name(file) {
            Some((version, "init")) if at == 0 && version.len() == 14 && version < "20211209000000" => {
                notes.not_read(dir.at(file), "an _init.sql of an old Supabase CLI, which newer ones skip");
            }
            Some((version, title)) => drafts.push(Draft::new(version, title, dir.at(file))),
            None => notes.not_read(dir.at(file), "not named <timestamp>_<name>.sql, so Supabase skips it"),
        }
    }
    note_subdirectories(dir, "Supabase", notes);
    note_duplicates(&drafts, |a, b| a.version == b.version, "Supabase's history holds a version once", notes);
    Ok(drafts)
}

/// `^([0-9]+)_(.*)\.sql$`
fn name(file: &str) -> Option<(&str, &str)> {
    let (version, rest) = leading_number(file)?;
    Some((version, rest.strip_prefix('_')?.strip_suffix(".sql")?))
}
