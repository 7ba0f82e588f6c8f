//! Where a repository's hooks are.

use std::path::{Path, PathBuf};

use super::command::{self, Git};
use super::error::GitError;
use crate::read::view;

/// Where the hooks of a repository are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hooks {
    /// The top of the working tree, in which hooks run.
    pub top: PathBuf,
    /// The directory that git looks for them in; it need not exist.
    pub dir: PathBuf,
    /// Whether it lies outside of the repository, so that others may use it too.
    pub shared: bool,
}

/// Where the hooks of the repository that holds a directory are; `core.hooksPath` is heeded.
pub fn hooks(dir: &Path) -> Result<Hooks, GitError> {
    let git = Git::of(dir)?.ok_or_else(|| GitError::NoRepository { path: dir.to_owned() })?;
    let place = |what: &[&str]| {
        let output = git.run(&[&["rev-parse"], what].concat())?;
        let text = output.strip_suffix(b"\n").unwrap_or(&output);
        Ok::<PathBuf, GitError>(view::real(&git.at.join(command::path(text))))
    };
    let (dir, own) = (place(&["--git-path", "hooks"])?, place(&["--git-common-dir"])?);
    let shared = !dir.starts_with(&own) && !dir.starts_with(&git.top);
    Ok(Hooks { top: git.top, dir, shared })
}
