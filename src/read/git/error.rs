//! Why git could not tell, and what to do about it.

use std::io;
use std::path::PathBuf;

use crate::read::error::{ReadError, Shown};

/// Why what is pending could not be found out. Every message names the next step.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// There is a repository, but no git.
    #[error("git is not installed, or not on the PATH; without it, say what is pending with --since or --all")]
    NotInstalled,
    /// The operating system refuses.
    #[error("git: cannot be run: {source}")]
    Start {
        /// What the system says.
        source: io::Error,
    },
    /// A command of git's failed.
    #[error("git {what}: {message}")]
    Failed {
        /// The command.
        what: String,
        /// What it says.
        message: String,
    },
    /// What was asked for needs a repository.
    #[error("{}: not in a working tree of git; --base and --staged need one", Shown(.path))]
    NoRepository {
        /// The project.
        path: PathBuf,
    },
    /// The name is nothing's.
    #[error("no revision `{name}`; {advice}")]
    NoRevision {
        /// What was asked for.
        name: String,
        /// How to get it.
        advice: String,
    },
    /// Two revisions without common history.
    #[error("`{name}` and HEAD have no common history here; {advice}")]
    NoMergeBase {
        /// What was asked for.
        name: String,
        /// How to get it.
        advice: &'static str,
    },
    /// A shallow clone that does not have the default branch.
    #[error(
        "this clone is shallow and does not have the remote's default branch, so what is new cannot be told; {advice}, or judge all with --all"
    )]
    NoDefault {
        /// How to get it.
        advice: &'static str,
    },
    /// The migrations as they are in the index, or were in a revision.
    #[error("in {revision}: {source}")]
    Read {
        /// The revision.
        revision: String,
        /// What is wrong with them.
        source: ReadError,
    },
}
