//! Which severity a rule has for a file: the rule's own unless somebody said otherwise, for all files or for some.

use super::{Level, Rule};
use globset::GlobSet;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

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
    /// The files, relative to [`Base::root`].
    pub paths: GlobSet,
    /// The severities, by the rule's id.
    pub rules: BTreeMap<&'static str, Level>,
}

/// Where paths start.
#[derive(Debug, Clone)]
pub struct Base {
    /// The directory of the configuration.
    pub root: PathBuf,
    /// The working directory.
    pub here: PathBuf,
}

impl Levels {
    /// The severity of a rule for a file.
    pub fn of(&self, rule: &Rule, path: &Path) -> Level {
        let special = || {
            let naming = self.overrides.iter().rev().filter_map(|part| Some((part, *part.rules.get(rule.id)?)));
            let path = self.below_root(path);
            naming.into_iter().find(|(part, _)| part.paths.is_match(&path)).map(|(_, level)| level)
        };
        let special = if self.overrides.is_empty() { None } else { special() };
        special.or_else(|| self.rules.get(rule.id).copied()).unwrap_or(rule.level)
    }

    fn below_root(&self, path: &Path) -> PathBuf {
        let Some(base) = &self.base else { return path.to_owned() };
        let full = base.here.join(path);
        full.strip_prefix(&base.root).map(Path::to_owned).unwrap_or(full)
    }
}
