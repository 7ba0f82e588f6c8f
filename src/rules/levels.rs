//! Which severity a rule has for a file: the rule's own unless somebody said otherwise, for all files or for some.

use super::{Level, Rule};
use globset::GlobSet;
use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

/// The severities that were configured.
#[derive(Debug, Clone, Default)]
pub struct Levels {
    /// For all files, by the rule's id.
    pub rules: BTreeMap<&'static str, Level>,
    /// For some files; of several that match and name the rule, the last counts.
    pub overrides: Vec<Override>,
    /// The directory that the patterns start from, and the one that relative paths start from.
    pub base: Option<Base>,
}

/// Severities for some files.
#[derive(Debug, Clone)]
pub struct Override {
    /// The files, relative to the root of [`Levels::base`].
    pub paths: GlobSet,
    /// The severities, by the rule's id.
    pub rules: BTreeMap<&'static str, Level>,
}

/// Where paths start.
#[derive(Debug, Clone)]
pub struct Base {
    /// The directory that paths are called from.
    root: PathBuf,
    /// The working directory.
    here: PathBuf,
}

impl Levels {
    /// The severity of a rule for a file.
    pub fn of(&self, rule: &Rule, path: &Path) -> Level {
        self.configured(rule, path).unwrap_or(rule.level)
    }

    /// The severity of a rule for a file, if somebody said.
    pub fn configured(&self, rule: &Rule, path: &Path) -> Option<Level> {
        let special = || {
            let naming = self.overrides.iter().rev().filter_map(|part| Some((part, *part.rules.get(rule.id)?)));
            let path = self.below_root(path);
            naming.into_iter().find(|(part, _)| part.paths.is_match(&path)).map(|(_, level)| level)
        };
        let special = if self.overrides.is_empty() { None } else { special() };
        special.or_else(|| self.rules.get(rule.id).copied())
    }

    fn below_root(&self, path: &Path) -> PathBuf {
        self.base.as_ref().map_or_else(|| path.to_owned(), |base| base.relative(path))
    }
}

impl Base {
    /// Both directories as absolute paths; `..` in them counts as written.
    pub fn new(root: &Path, here: &Path) -> Self {
        Base { root: normal(&here.join(root)), here: normal(here) }
    }

    /// The path of a file as it is called from the root on; whole where it lies elsewhere. Standard input has none: it stays `-`.
    pub fn relative(&self, path: &Path) -> PathBuf {
        if path.as_os_str() == "-" {
            return path.to_owned();
        }
        let full = normal(&self.here.join(path));
        full.strip_prefix(&self.root).map(Path::to_owned).unwrap_or(full)
    }
}

/// The path without `.` and `..`.
fn normal(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if matches!(out.components().next_back(), Some(Component::Normal(_))) => {
                out.pop();
            }
            _ => out.push(component),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_called_from_the_root_on() {
        let base = Base::new("../..".as_ref(), "/repo/services/shop".as_ref());
        for (path, called) in [
            ("migrations/1.sql", "services/shop/migrations/1.sql"),
            ("./a/./../b.sql", "services/shop/b.sql"),
            ("../../db/1.sql", "db/1.sql"),
            ("/repo/db/1.sql", "db/1.sql"),
            ("/elsewhere/1.sql", "/elsewhere/1.sql"),
            ("../../../x/1.sql", "/x/1.sql"),
            ("-", "-"),
        ] {
            assert_eq!(base.relative(path.as_ref()), Path::new(called), "{path}");
        }
    }
}
