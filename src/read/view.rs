//! The files as they are to be seen: as the disk has them, or as git has them. A revision or the index is the disk with other
//! contents at some paths, so that reading a project at a revision is the same code as reading it now.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where files are looked up.
#[derive(Debug, Clone, Default)]
pub(super) struct View {
    /// By real path: the content there instead of the disk's, or that nothing is there.
    instead: Option<Arc<Instead>>,
}

/// Contents of files, by real path; nothing for files that are not there.
pub(super) type Instead = BTreeMap<PathBuf, Option<Vec<u8>>>;

/// What the view says about a path.
enum Seen<'a> {
    /// What the disk says.
    Disk,
    /// A file with this content.
    File(&'a [u8]),
    /// A directory that the disk need not have.
    Dir,
    Nothing,
}

impl View {
    /// The disk, but for these files.
    pub fn with(instead: Instead) -> View {
        View { instead: (!instead.is_empty()).then(|| Arc::new(instead)) }
    }

    /// Whether it is the disk, plainly.
    pub fn is_disk(&self) -> bool {
        self.instead.is_none()
    }

    /// Whether a file is there.
    pub fn is_file(&self, path: &Path) -> bool {
        match self.look(path) {
            Seen::Disk => path.is_file(),
            Seen::File(_) => true,
            Seen::Dir | Seen::Nothing => false,
        }
    }

    /// Whether a directory is there.
    pub fn is_dir(&self, path: &Path) -> bool {
        match self.look(path) {
            Seen::Disk => path.is_dir(),
            Seen::Dir => true,
            Seen::File(_) | Seen::Nothing => false,
        }
    }

    /// Whether anything is there.
    pub fn exists(&self, path: &Path) -> bool {
        self.is_file(path) || self.is_dir(path)
    }

    /// The content of a file that differs from the disk's; nothing where the disk is to be asked.
    pub fn content(&self, path: &Path) -> io::Result<Option<&[u8]>> {
        match self.look(path) {
            Seen::Disk => Ok(None),
            Seen::File(bytes) => Ok(Some(bytes)),
            Seen::Dir => Err(io::Error::from(ErrorKind::IsADirectory)),
            Seen::Nothing => Err(io::Error::from(ErrorKind::NotFound)),
        }
    }

    /// The content of a file as text.
    pub fn read_to_string(&self, path: &Path) -> io::Result<String> {
        match self.content(path)? {
            None => fs::read_to_string(path),
            Some(bytes) => {
                String::from_utf8(bytes.to_vec()).map_err(|_| io::Error::new(ErrorKind::InvalidData, "it is not UTF-8"))
            }
        }
    }

    /// The first bytes of a file; nothing where it cannot be read.
    pub fn head(&self, path: &Path, bytes: usize) -> Option<Vec<u8>> {
        if let Some(content) = self.content(path).ok()? {
            return Some(content[..content.len().min(bytes)].to_vec());
        }
        if !fs::metadata(path).ok()?.is_file() {
            return None;
        }
        let mut head = Vec::new();
        fs::File::open(path).ok()?.take(bytes as u64).read_to_end(&mut head).ok()?;
        Some(head)
    }

    /// The names in a directory, and whether each is a directory.
    pub fn entries(&self, path: &Path) -> io::Result<Vec<(OsString, bool)>> {
        let Some(instead) = &self.instead else { return on_disk(path) };
        let real = real(path);
        let below = below(instead, &real);
        let mut entries: BTreeMap<OsString, bool> = match on_disk(path) {
            Ok(entries) => entries.into_iter().collect(),
            Err(error) if error.kind() == ErrorKind::NotFound && below.iter().any(|(_, content)| content.is_some()) => {
                BTreeMap::new()
            }
            Err(error) => return Err(error),
        };
        for (file, content) in below {
            let inside = file.strip_prefix(&real).expect("it is below");
            let mut parts = inside.components();
            let Some(name) = parts.next().map(|part| part.as_os_str().to_owned()) else { continue };
            let is_dir = parts.next().is_some();
            if content.is_some() {
                entries.insert(name, is_dir);
            } else if !is_dir || !self.holds_files(&path.join(&name)) {
                entries.remove(&name);
            }
        }
        Ok(entries.into_iter().collect())
    }

    fn holds_files(&self, dir: &Path) -> bool {
        let entries = self.entries(dir).unwrap_or_default();
        entries.iter().any(|(name, is_dir)| !is_dir || self.holds_files(&dir.join(name)))
    }

    fn look(&self, path: &Path) -> Seen<'_> {
        let Some(instead) = &self.instead else { return Seen::Disk };
        let real = real(path);
        match instead.get(&real) {
            Some(Some(bytes)) => Seen::File(bytes),
            Some(None) => Seen::Nothing,
            None if below(instead, &real).iter().any(|(_, content)| content.is_some()) => Seen::Dir,
            None => Seen::Disk,
        }
    }
}

fn below<'a>(instead: &'a Instead, dir: &Path) -> Vec<(&'a PathBuf, &'a Option<Vec<u8>>)> {
    instead.range(dir.to_owned()..).take_while(|(path, _)| path.starts_with(dir)).collect()
}

fn on_disk(path: &Path) -> io::Result<Vec<(OsString, bool)>> {
    let shown = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    let entry = |entry: io::Result<fs::DirEntry>| {
        let entry = entry?;
        let kind = entry.file_type()?;
        Ok((entry.file_name(), kind.is_dir() || kind.is_symlink() && entry.path().is_dir()))
    };
    fs::read_dir(shown)?.map(entry).collect()
}

/// The real path of what need not exist: links are followed as far as the disk goes.
pub(super) fn real(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(if path.as_os_str().is_empty() { Path::new(".") } else { path });
    let absolute = absolute.unwrap_or_else(|_| path.to_owned());
    let existing = absolute.ancestors().find_map(|above| Some((above, above.canonicalize().ok()?)));
    existing.map_or_else(
        || absolute.clone(),
        |(above, real)| match absolute.strip_prefix(above) {
            Ok(rest) if !rest.as_os_str().is_empty() => real.join(rest),
            _ => real,
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_files_are_other_than_on_disk() {
        let dir = tempfile::tempdir().expect("a directory");
        let root = dir.path().canonicalize().expect("it exists");
        for name in ["a.sql", "b.sql", "new/up.sql"] {
            let path = root.join(name);
            fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
            fs::write(path, "disk").expect("a file");
        }
        let instead = [("a.sql", Some("git")), ("b.sql", None), ("new/up.sql", None), ("old/up.sql", Some("gone"))];
        let view = View::with(instead.map(|(name, text)| (root.join(name), text.map(|text| text.into()))).into());
        let names = |path: &Path| {
            let entries = view.entries(path).expect("it is listed");
            entries.into_iter().map(|(name, is_dir)| format!("{}{}", name.display(), if is_dir { "/" } else { "" })).collect()
        };
        let listed: Vec<String> = names(&root);
        assert_eq!(listed, ["a.sql", "old/"]);
        assert_eq!(view.read_to_string(&root.join("a.sql")).ok().as_deref(), Some("git"));
        assert_eq!(view.read_to_string(&root.join("old/up.sql")).ok().as_deref(), Some("gone"));
        assert!(view.is_dir(&root.join("old")) && !view.is_file(&root.join("b.sql")) && !view.exists(&root.join("new/up.sql")));
        assert_eq!(view.head(&root.join("a.sql"), 2), Some(b"gi".to_vec()));
    }
}
