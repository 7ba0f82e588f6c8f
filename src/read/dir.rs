//! One directory as the layouts see it, and what lies around it.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::error::ReadError;
use super::name::is_sql;
use super::view::View;

/// How deep subdirectories are followed, where a runner follows them.
const MAX_DEPTH: usize = 16;

/// One level of a directory, sorted by name. What cannot be looked at (a dangling link) counts as a file, so that reading
/// it tells.
#[derive(Debug)]
pub(super) struct Dir {
    /// The directory, as it is shown.
    pub path: PathBuf,
    /// The files that it is among.
    pub view: View,
    /// The names of its files.
    pub files: Vec<String>,
    /// The names of its directories.
    pub dirs: Vec<String>,
    /// Entries whose names are not UTF-8.
    pub unnameable: Vec<PathBuf>,
    heads: OnceLock<Vec<String>>,
}

impl Dir {
    /// Lists a directory of the disk.
    pub fn on_disk(path: &Path) -> Result<Dir, ReadError> {
        Dir::open(&View::default(), path)
    }

    /// Lists a directory.
    pub fn open(view: &View, path: &Path) -> Result<Dir, ReadError> {
        let unreadable = |source: io::Error| match source.kind() {
            io::ErrorKind::NotFound => ReadError::Missing { path: path.to_owned() },
            _ => ReadError::Unreadable { path: path.to_owned(), source },
        };
        let (mut files, mut dirs, mut unnameable) = (Vec::new(), Vec::new(), Vec::new());
        for (name, is_dir) in view.entries(path).map_err(unreadable)? {
            match name.into_string() {
                Ok(name) if is_dir => dirs.push(name),
                Ok(name) => files.push(name),
                Err(name) => unnameable.push(path.join(name)),
            }
        }
        files.sort_unstable();
        dirs.sort_unstable();
        unnameable.sort_unstable();
        Ok(Dir { path: path.to_owned(), view: view.clone(), files, dirs, unnameable, heads: OnceLock::new() })
    }

    /// Another directory among the same files.
    pub fn other(&self, path: &Path) -> Result<Dir, ReadError> {
        Dir::open(&self.view, path)
    }

    /// The path of an entry.
    pub fn at(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Whether a file of this name is here.
    pub fn has(&self, name: &str) -> bool {
        self.files.binary_search_by(|file| file.as_str().cmp(name)).is_ok()
    }

    /// The names of the SQL files.
    pub fn sql(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.files.iter().map(String::as_str).filter(|name| is_sql(name) && !name.starts_with('.'))
    }

    /// Whether one of the first few subdirectories holds a file of this name.
    pub fn sub_has(&self, name: &str) -> bool {
        self.dirs.iter().filter(|dir| !dir.starts_with('.')).take(32).any(|dir| self.view.is_file(&self.at(dir).join(name)))
    }

    /// The beginnings of a few SQL files, first and last: what kind of file lies here.
    pub fn heads(&self) -> &[String] {
        self.heads.get_or_init(|| {
            let names: Vec<&str> = self.sql().collect();
            let last = names.len().saturating_sub(4).max(4).min(names.len());
            names.iter().take(4).chain(&names[last..]).filter_map(|name| head(&self.view, &self.at(name))).collect()
        })
    }

    /// All files below, as paths from here, sorted; links that lead back up are not followed.
    pub fn walk(&self) -> Result<Vec<String>, ReadError> {
        let mut found = self.files.clone();
        let mut seen: HashSet<PathBuf> = self.path.canonicalize().into_iter().collect();
        for name in &self.dirs {
            walk_into(&self.view, &self.at(name), name, 1, &mut seen, &mut found)?;
        }
        found.sort_unstable();
        Ok(found)
    }
}

fn walk_into(
    view: &View,
    path: &Path,
    from_root: &str,
    depth: usize,
    seen: &mut HashSet<PathBuf>,
    found: &mut Vec<String>,
) -> Result<(), ReadError> {
    // What only a revision has leads nowhere else.
    let new = path.canonicalize().map_or_else(|_| view.is_dir(path), |real| seen.insert(real));
    if !new || depth > MAX_DEPTH || is_foreign(from_root.rsplit('/').next().unwrap_or(from_root)) {
        return Ok(());
    }
    let dir = Dir::open(view, path)?;
    found.extend(dir.files.iter().map(|name| format!("{from_root}/{name}")));
    for name in &dir.dirs {
        walk_into(view, &dir.at(name), &format!("{from_root}/{name}"), depth + 1, seen, found)?;
    }
    Ok(())
}

/// Directories that never hold a project's own migrations.
pub(super) fn is_foreign(name: &str) -> bool {
    name.starts_with('.') || matches!(name, "node_modules" | "target" | "vendor" | "dist" | "build")
}

/// The first few kilobytes of a file, as far as they are text.
fn head(view: &View, path: &Path) -> Option<String> {
    Some(String::from_utf8_lossy(&view.head(path, 4096)?).into_owned())
}

/// What the nearest project manifest at or above a directory says of the project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manifest {
    /// `Cargo.toml`; which migrators it names.
    Rust {
        /// It names `sqlx`.
        sqlx: bool,
        /// It names `refinery`.
        refinery: bool,
    },
    /// `go.mod`.
    Go,
    /// Another language's.
    Other,
}

/// The nearest manifest, at most four levels up and not beyond the repository. Rust's workspaces have several: what any of
/// them names counts.
pub(super) fn manifest(path: &Path) -> Option<Manifest> {
    const OTHERS: [&str; 5] = ["package.json", "pom.xml", "build.gradle", "build.gradle.kts", "pyproject.toml"];
    let absolute = std::path::absolute(path).ok()?;
    let mut rust = None;
    for dir in absolute.ancestors().take(5) {
        let has = |name: &str| dir.join(name).is_file();
        if let Ok(text) = fs::read_to_string(dir.join("Cargo.toml")) {
            let (sqlx, refinery) = rust.unwrap_or_default();
            rust = Some((sqlx || text.contains("sqlx"), refinery || text.contains("refinery")));
        } else if rust.is_none() && has("go.mod") {
            return Some(Manifest::Go);
        } else if rust.is_none() && OTHERS.iter().any(|name| has(name)) {
            return Some(Manifest::Other);
        }
        if dir.join(".git").exists() {
            break;
        }
    }
    rust.map(|(sqlx, refinery)| Manifest::Rust { sqlx, refinery })
}
