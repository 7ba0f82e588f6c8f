//! One path for one place, however it was spelt.

use std::path::{Path, PathBuf};

/// The real path of a place. The last part is not resolved: a link among the migrations is a migration.
pub(super) fn real(path: &Path) -> PathBuf {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match (parent.canonicalize(), path.file_name()) {
        (Ok(parent), Some(name)) => parent.join(name),
        _ => path.canonicalize().unwrap_or_else(|_| path.to_owned()),
    }
}

/// A directory as it is shown and as it really is: what lies below it is resolved without asking the system again.
#[derive(Debug)]
pub(super) struct Place {
    shown: PathBuf,
    real: PathBuf,
}

impl Place {
    /// The place of a directory that exists.
    pub fn new(dir: &Path) -> Self {
        let asked = if dir.as_os_str().is_empty() { Path::new(".") } else { dir };
        Place { shown: dir.to_owned(), real: asked.canonicalize().unwrap_or_else(|_| dir.to_owned()) }
    }

    /// The real directory.
    pub fn real(&self) -> &Path {
        &self.real
    }

    /// The real path of a file whose shown path begins with the directory's.
    pub fn resolve(&self, file: &Path) -> PathBuf {
        file.strip_prefix(&self.shown).map_or_else(|_| real(file), |below| self.real.join(below))
    }
}
