//! Which SQL files a Liquibase project runs, and in what order: what its master changelog includes, else every file by path.

use std::path::{Path, PathBuf};

use crate::read::dir::Dir;
use crate::read::error::ReadError;
use crate::read::layout::Notes;
use crate::read::name::is_sql;

/// The changelog that the others are included from.
pub(super) fn master(dir: &Dir) -> Option<PathBuf> {
    let is_changelog = |file: &&String| [".xml", ".yaml", ".yml", ".json"].iter().any(|ending| file.ends_with(ending));
    let rank = |file: &&String| match file.as_str() {
        name if name.contains("changelog") && (name.contains("master") || name.contains("root")) => 0,
        name if name.starts_with("db.changelog.") || name.starts_with("changelog.") => 1,
        name if name.starts_with("master.") || name.starts_with("databaseChangeLog.") => 2,
        _ => 3,
    };
    let best = dir.files.iter().filter(is_changelog).min_by_key(rank)?;
    (rank(&best) < 3).then(|| dir.at(best))
}

/// The SQL files in the order in which they run.
pub(super) fn files(dir: &Dir, notes: &mut Notes) -> Result<Vec<PathBuf>, ReadError> {
    if let Some(master) = master(dir) {
        notes.odd(master, "the changelog's includes are not followed; SQL files are taken in the order of their paths");
    }
    by_path(dir)
}

fn by_path(dir: &Dir) -> Result<Vec<PathBuf>, ReadError> {
    Ok(dir.walk()?.iter().filter(|path| is_sql(path)).map(|path| Path::new(&dir.path).join(path)).collect())
}
