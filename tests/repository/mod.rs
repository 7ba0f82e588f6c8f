//! A git repository in a temporary directory, with a bare remote beside it, and the program run in it.
#![allow(dead_code)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// A clone of an empty remote, on its branch `main`.
pub struct Repository {
    dir: TempDir,
    clone: PathBuf,
}

impl Repository {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let repository = Repository { clone: dir.path().join("clone"), dir };
        repository.git_in(repository.dir.path(), &["init", "-q", "--bare", "-b", "main", "remote.git"]);
        repository.git_in(repository.dir.path(), &["init", "-q", "-b", "main", "clone"]);
        repository.git(&["remote", "add", "origin", "../remote.git"]);
        repository
    }

    /// The clone.
    pub fn path(&self) -> &Path {
        &self.clone
    }

    pub fn remote(&self) -> PathBuf {
        self.beside("remote.git")
    }

    /// A place beside the clone.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().expect("a file has a directory")).expect("a directory");
        fs::write(path, text).expect("a file");
    }

    pub fn commit(&self, message: &str) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "-q", "--no-verify", "-m", message]);
    }

    pub fn git(&self, args: &[&str]) {
        self.git_in(self.path(), args);
    }

    pub fn git_with(&self, args: &[&str], environment: &[(&str, &str)]) {
        let ran = run(git(self.path(), args).envs(environment.iter().copied()));
        assert_eq!(ran.code, 0, "git {args:?}: {}", ran.err);
    }

    pub fn git_in(&self, dir: &Path, args: &[&str]) {
        let ran = run(&mut git(dir, args));
        assert_eq!(ran.code, 0, "git {args:?}: {}", ran.err);
    }

    /// Whether it succeeds.
    pub fn try_git(&self, args: &[&str]) -> bool {
        self.ask_git(args).code == 0
    }

    pub fn ask_git(&self, args: &[&str]) -> Ran {
        self.ask_git_with(args, &[])
    }

    pub fn ask_git_with(&self, args: &[&str], environment: &[(&str, &str)]) -> Ran {
        run(git(self.path(), args).envs(environment.iter().copied()))
    }

    #[cfg(unix)]
    pub fn make_executable(&self, name: &str) {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(self.path().join(name), fs::Permissions::from_mode(0o755)).expect("it is there");
    }

    /// Another clone of the remote.
    pub fn clone_as(&self, name: &str, args: &[&str]) -> PathBuf {
        let path = self.beside(name);
        let url = format!("file://{}", self.remote().display());
        self.git_in(self.dir.path(), &[&["clone", "-q"], args, &[&url, name]].concat());
        path
    }
}

fn git(dir: &Path, args: &[&str]) -> Command {
    let mut command = Command::new("git");
    clean(&mut command).current_dir(dir).args(args);
    command
}

/// What a command printed, and how it ended.
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

/// The program, run in a directory.
pub fn ran(dir: &Path, args: &[&str]) -> Ran {
    ran_with(dir, args, &[])
}

/// The program, run with more in its environment.
pub fn ran_with(dir: &Path, args: &[&str], environment: &[(&str, &str)]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_migsafe"));
    run(clean(&mut command).current_dir(dir).args(args).envs(environment.iter().copied()))
}

fn run(command: &mut Command) -> Ran {
    let output = command.stdin(Stdio::null()).output().expect("the program runs");
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Ran { code: output.status.code().expect("no signal"), out: text(output.stdout), err: text(output.stderr) }
}

/// Nothing of this machine's configuration, and nothing of a hook that these tests may run in.
fn clean(command: &mut Command) -> &mut Command {
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("GIT_")) {
        command.env_remove(name);
    }
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    for who in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{who}_NAME"), "A").env(format!("GIT_{who}_EMAIL"), "a@example.org");
    }
    command.env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE")
}
