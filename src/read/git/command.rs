//! Running git. The command, not a library: it alone knows every kind of repository that its users make (worktrees, submodules,
//! sparse and partial clones, `reftable`, SHA-256, `safe.directory`, line-end conversion, the environment of hooks), it is there
//! wherever a checkout is, and it needs no new release of migsafe to learn the next kind. Few processes are started, and those
//! that do not wait for one another run side by side.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::error::GitError;
use crate::read::view;

/// What hooks and `git -c` pass to the commands that they start; in another repository it would mislead.
const ENVIRONMENT: [&str; 9] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_PREFIX",
    "GIT_COMMON_DIR",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_NAMESPACE",
    "GIT_SHALLOW_FILE",
];

/// The repository that a directory belongs to.
#[derive(Debug)]
pub(super) struct Git {
    /// Where commands start.
    pub at: PathBuf,
    /// Whether the environment speaks of this repository.
    inherits: bool,
    /// The working tree where the environment does not name it.
    work_tree: Option<PathBuf>,
    /// The top of the working tree, as a real path.
    pub top: PathBuf,
    /// Whether its history is cut off.
    pub shallow: bool,
}

/// A process that was started.
pub(super) struct Running {
    child: Child,
    what: String,
}

impl Git {
    /// The repository that holds a directory, if any does.
    pub fn of(dir: &Path) -> Result<Option<Git>, GitError> {
        let dir = view::real(dir);
        let dir = if dir.is_dir() { dir } else { dir.parent().map_or_else(|| dir.clone(), Path::to_owned) };
        if ENVIRONMENT[..3].iter().any(|name| std::env::var_os(name).is_some()) {
            let here = std::env::current_dir().map_err(|source| GitError::Start { source })?;
            let found = Git::look(here, true)?.filter(|git| dir.starts_with(&git.top) && !has_repository(&dir, &git.top));
            if found.is_some() {
                return Ok(found);
            }
        }
        // Without any sign of a repository git need not even be installed.
        if !dir.ancestors().any(|above| above.join(".git").exists()) {
            return Ok(None);
        }
        Git::look(dir, false)
    }

    fn look(at: PathBuf, inherits: bool) -> Result<Option<Git>, GitError> {
        let mut git = Git { at, inherits, work_tree: None, top: PathBuf::new(), shallow: false };
        let ask = |git: &Git| git.run(&["rev-parse", "--is-shallow-repository", "--show-toplevel"]);
        let answer = match ask(&git) {
            // A bare repository whose files were checked out here: git's own rule for GIT_DIR alone is that this is the top.
            Err(GitError::Failed { message, .. }) if inherits && message.contains("must be run in a work tree") => {
                git.work_tree = Some(git.at.clone());
                ask(&git)
            }
            answer => answer,
        };
        let answer = match answer {
            Err(GitError::Failed { message, .. }) if message.contains("not a git repository") => return Ok(None),
            Err(GitError::Failed { message, .. }) if message.contains("must be run in a work tree") => return Ok(None),
            answer => answer?,
        };
        let end = answer.iter().position(|byte| *byte == b'\n').unwrap_or(answer.len());
        git.shallow = &answer[..end] == b"true";
        let top = answer.get(end + 1..).unwrap_or_default();
        let top = path(top.strip_suffix(b"\n").unwrap_or(top));
        git.top = top.canonicalize().unwrap_or(top);
        Ok(Some(git))
    }

    /// A directory as an argument that names just what lies below it, whatever characters are in its name.
    pub fn pathspec(&self, dir: &Path) -> OsString {
        let below = dir.strip_prefix(&self.top).unwrap_or(dir);
        let mut spec = OsString::from(if below.as_os_str().is_empty() { ":(top)" } else { ":(top,literal)" });
        spec.push(below);
        spec
    }

    /// The output of a command that succeeds.
    pub fn run<S: AsRef<OsStr>>(&self, args: &[S]) -> Result<Vec<u8>, GitError> {
        self.start(args)?.output()
    }

    /// The output of a command as one line; nothing where it fails without a word, as git does for what does not exist.
    pub fn line<S: AsRef<OsStr>>(&self, args: &[S]) -> Result<Option<String>, GitError> {
        self.start(args)?.line()
    }

    /// Starts a command.
    pub fn start<S: AsRef<OsStr>>(&self, args: &[S]) -> Result<Running, GitError> {
        let child = self.command(args).stdin(Stdio::null()).spawn().map_err(GitError::starting)?;
        let what = args.first().map(|first| first.as_ref().to_string_lossy().into_owned()).unwrap_or_default();
        Ok(Running { child, what })
    }

    /// The contents of objects, by their names.
    pub fn contents(&self, objects: &[String]) -> Result<HashMap<String, Vec<u8>>, GitError> {
        if objects.is_empty() {
            return Ok(HashMap::new());
        }
        let mut child = self.command(&["cat-file", "--batch"]).stdin(Stdio::piped()).spawn().map_err(GitError::starting)?;
        let mut stdin = child.stdin.take().expect("it was asked for");
        let output = std::thread::scope(|scope| {
            // Both ends at once: git answers while it is still asked.
            scope.spawn(move || objects.iter().try_for_each(|object| writeln!(stdin, "{object}")));
            child.wait_with_output()
        });
        let output = output.map_err(|source| GitError::Start { source })?;
        batch(&output.stdout).ok_or_else(|| GitError::failed("cat-file", &output.stderr))
    }

    fn command<S: AsRef<OsStr>>(&self, args: &[S]) -> Command {
        let mut command = Command::new("git");
        command.arg("--no-pager").args(args).current_dir(&self.at);
        // The index is not refreshed on disk, nothing asks for a password, and messages are those that are looked for here.
        command.env("GIT_OPTIONAL_LOCKS", "0").env("GIT_TERMINAL_PROMPT", "0").env("LC_ALL", "C");
        command.env_remove("GIT_LITERAL_PATHSPECS").env_remove("GIT_ICASE_PATHSPECS").env_remove("GIT_GLOB_PATHSPECS");
        if !self.inherits {
            ENVIRONMENT.iter().for_each(|name| _ = command.env_remove(name));
        }
        if let Some(work_tree) = &self.work_tree {
            command.env("GIT_WORK_TREE", work_tree);
        }
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }
}

impl Running {
    /// What it printed.
    pub fn output(self) -> Result<Vec<u8>, GitError> {
        let output = self.child.wait_with_output().map_err(|source| GitError::Start { source })?;
        if output.status.success() { Ok(output.stdout) } else { Err(GitError::failed(&self.what, &output.stderr)) }
    }

    /// What it printed, as one line; nothing where it fails without a word.
    pub fn line(self) -> Result<Option<String>, GitError> {
        let output = self.child.wait_with_output().map_err(|source| GitError::Start { source })?;
        let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        match output.status.success() {
            true => Ok(Some(text).filter(|text| !text.is_empty())),
            false if output.stderr.is_empty() => Ok(None),
            false => Err(GitError::failed(&self.what, &output.stderr)),
        }
    }
}

/// Whether a repository of its own begins at a directory or above it, below `top`.
fn has_repository(dir: &Path, top: &Path) -> bool {
    dir.ancestors().take_while(|above| *above != top).any(|above| above.join(".git").exists())
}

/// `<object> <type> <size>`, a line end, the content, a line end; and so on.
fn batch(mut output: &[u8]) -> Option<HashMap<String, Vec<u8>>> {
    let mut contents = HashMap::new();
    while let Some(end) = output.iter().position(|byte| *byte == b'\n') {
        let header = String::from_utf8_lossy(&output[..end]).into_owned();
        let mut words = header.split(' ');
        let object = words.next()?;
        let size: usize = words.nth(1)?.parse().ok()?;
        let content = output.get(end + 1..end + 1 + size)?;
        contents.insert(object.to_owned(), content.to_vec());
        output = output.get(end + 2 + size..)?;
    }
    output.is_empty().then_some(contents)
}

/// A path as git gives it.
#[cfg(unix)]
pub(super) fn path(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    PathBuf::from(OsStr::from_bytes(bytes))
}

/// A path as git gives it.
#[cfg(not(unix))]
pub(super) fn path(bytes: &[u8]) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(bytes).into_owned())
}

impl GitError {
    fn starting(source: io::Error) -> GitError {
        match source.kind() {
            io::ErrorKind::NotFound => GitError::NotInstalled,
            _ => GitError::Start { source },
        }
    }

    fn failed(what: &str, stderr: &[u8]) -> GitError {
        let message = String::from_utf8_lossy(stderr);
        let message = message.trim().strip_prefix("fatal: ").unwrap_or(message.trim()).to_owned();
        GitError::Failed { what: what.to_owned(), message }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contents_are_told_apart_by_their_size() {
        let found = batch(b"ab blob 3\nx\ny\ncd blob 0\n\n").expect("it is well formed");
        assert_eq!((found["ab"].as_slice(), found["cd"].as_slice()), (&b"x\ny"[..], &b""[..]));
        assert!(batch(b"ab missing\n").is_none() && batch(b"ab blob 9\nx\n").is_none());
    }
}
