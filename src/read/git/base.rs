//! Which revision tells what is released.

use super::command::Git;
use super::error::GitError;
use super::{Base, Content, NoBase};

/// A revision that the project is compared with.
#[derive(Debug)]
pub(super) struct Revision {
    /// What it is called.
    pub name: String,
    /// The commit whose files count; nothing where there is no commit yet.
    pub commit: Option<String>,
}

/// How a shallow clone gets the history that is missing.
const DEEPEN: &str =
    "fetch the history: `git fetch --unshallow`; in CI, `fetch-depth: 0` of actions/checkout, `GIT_DEPTH: 0` of GitLab";
const DEEPEN_DEFAULT: &str = "fetch it with its history (`fetch-depth: 0` of actions/checkout, `GIT_DEPTH: 0` of GitLab) and name it: `--base origin/main`";

/// Names of default branches, where the remote's `HEAD` is not known.
const USUAL: [&str; 4] = ["main", "master", "trunk", "develop"];

/// The revision that was asked for.
pub(super) fn find(git: &Git, base: Base<'_>, content: Content) -> Result<Result<Revision, NoBase>, GitError> {
    match base {
        Base::Named(name) => named(git, name, content).map(Ok),
        Base::Default => match default_branch(git)? {
            Some(branch) => branched(git, &branch.full, &branch.short, content).map(Ok),
            None if content == Content::Index => Ok(Ok(head(git)?)),
            None if git.shallow => Err(GitError::NoDefault { advice: DEEPEN_DEFAULT }),
            None => Ok(Err(NoBase::NoRemote)),
        },
    }
}

/// HEAD itself: what is committed counts as released where nothing else is known.
fn head(git: &Git) -> Result<Revision, GitError> {
    Ok(Revision { name: "HEAD".to_owned(), commit: commit(git, "HEAD")? })
}

fn commit(git: &Git, name: &str) -> Result<Option<String>, GitError> {
    git.line(&["rev-parse", "--verify", "--quiet", &format!("{name}^{{commit}}")])
}

fn named(git: &Git, name: &str, content: Content) -> Result<Revision, GitError> {
    // What looks like an option is no revision, and must not become one.
    let is_name = !name.is_empty() && !name.starts_with('-');
    if is_name && commit(git, name).unwrap_or_default().is_some() {
        return branched(git, name, name, content);
    }
    let remote = format!("origin/{name}");
    let advice = if is_name && commit(git, &remote).unwrap_or_default().is_some() {
        format!("did you mean `{remote}`?")
    } else if let Some((remote, branch)) = name.split_once('/').filter(|_| is_name) {
        format!("fetch it: `git fetch {remote} {branch}:refs/remotes/{remote}/{branch}`")
    } else if is_name && git.shallow {
        format!("the clone is shallow; {DEEPEN}")
    } else {
        "`git branch --all` lists what there is; fetch what is missing".to_owned()
    };
    Err(GitError::NoRevision { name: name.to_owned(), advice })
}

/// Where the branch that is checked out left `name`. In the middle of a merge, where the result would have left it.
fn branched(git: &Git, full: &str, name: &str, content: Content) -> Result<Revision, GitError> {
    let merged = match content {
        Content::Index => commit(git, "MERGE_HEAD")?,
        Content::WorkingTree => None,
    };
    let mut args = vec!["merge-base", full, "HEAD"];
    args.extend(merged.as_deref());
    let found = match git.line(&args) {
        // Nothing is committed yet: all that `name` has is released.
        Err(GitError::Failed { .. }) if commit(git, "HEAD")?.is_none() => commit(git, full)?,
        found => found?,
    };
    match found {
        Some(commit) => Ok(Revision { name: shortened(name), commit: Some(commit) }),
        None if git.shallow => Err(GitError::NoMergeBase { name: name.to_owned(), advice: DEEPEN }),
        None => Err(GitError::NoMergeBase {
            name: name.to_owned(),
            advice: "name a revision that HEAD descends from, or say what is pending with --since or --all",
        }),
    }
}

/// The whole name of a commit says no more than its beginning.
fn shortened(name: &str) -> String {
    let end = name.bytes().position(|byte| !byte.is_ascii_hexdigit()).unwrap_or(name.len());
    if end < 40 { name.to_owned() } else { format!("{}{}", &name[..10], &name[end..]) }
}

struct Branch {
    full: String,
    /// `origin/main`
    short: String,
}

/// The remote's default branch: what its `HEAD` was when it was cloned, else a branch with one of the usual names. Without any
/// remote the local branch of such a name, unless it is the one that is checked out.
fn default_branch(git: &Git) -> Result<Option<Branch>, GitError> {
    let usual = USUAL.iter().flat_map(|name| [format!("refs/remotes/*/{name}"), format!("refs/heads/{name}")]);
    let mut args = vec!["for-each-ref".to_owned(), "--format=%(refname) %(symref) %(HEAD)".to_owned()];
    args.push("refs/remotes/*/HEAD".to_owned());
    args.extend(usual);
    let output = git.run(&args)?;
    let text = String::from_utf8_lossy(&output);
    let refs: Vec<Vec<&str>> = text.lines().map(|line| line.split(' ').collect()).collect();
    let remotes = refs.iter().filter_map(|found| Some((found[0].strip_prefix("refs/remotes/")?.split_once('/')?, found)));
    let remotes: Vec<((&str, &str), &Vec<&str>)> = remotes.collect();
    let rank = |remote: &str| ["origin", "upstream"].iter().position(|name| *name == remote).unwrap_or(2);
    let remote = remotes.iter().map(|((remote, _), _)| *remote).min_by_key(|remote| (rank(remote), *remote));
    if let Some(remote) = remote {
        let of_remote = || remotes.iter().filter(|((name, _), _)| *name == remote);
        let head = of_remote().find(|((_, branch), _)| *branch == "HEAD").map(|(_, found)| found[1]).filter(|to| !to.is_empty());
        let known = USUAL.iter().find_map(|name| of_remote().find(|((_, branch), _)| branch == name));
        let full = head.or_else(|| known.map(|(_, found)| found[0]));
        return Ok(full.map(|full| Branch { full: full.to_owned(), short: full.trim_start_matches("refs/remotes/").to_owned() }));
    }
    let local = |name: &&str| refs.iter().find(|found| found[0] == format!("refs/heads/{name}"));
    let found = USUAL.iter().find_map(local).filter(|found| found.get(2) != Some(&"*"));
    Ok(found.map(|found| Branch { full: found[0].to_owned(), short: found[0].trim_start_matches("refs/heads/").to_owned() }))
}
