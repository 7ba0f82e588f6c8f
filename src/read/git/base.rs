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
    /// Where the branch is by now, if it went on since that commit.
    pub tip: Option<String>,
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
            Some(branch) => branched(git, &branch, content).map(Ok),
            None if content == Content::Index => Ok(Ok(head(git)?)),
            None if git.shallow => Err(GitError::NoDefault { advice: DEEPEN_DEFAULT }),
            None => Ok(Err(NoBase::NoRemote)),
        },
    }
}

/// HEAD itself: what is committed counts as released where nothing else is known.
fn head(git: &Git) -> Result<Revision, GitError> {
    Ok(Revision { name: "HEAD".to_owned(), commit: commit(git, "HEAD")?, tip: None })
}

fn commit(git: &Git, name: &str) -> Result<Option<String>, GitError> {
    git.line(&["rev-parse", "--verify", "--quiet", &format!("{name}^{{commit}}")])
}

fn named(git: &Git, name: &str, content: Content) -> Result<Revision, GitError> {
    // What looks like an option is no revision, and must not become one.
    let is_name = !name.is_empty() && !name.starts_with('-');
    if is_name && let Some(tip) = commit(git, name).unwrap_or_default() {
        return branched(git, &Branch { full: name.to_owned(), short: name.to_owned(), tip }, content);
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

/// Where the branch that is checked out left another. In the middle of a merge, where the result would have left it.
fn branched(git: &Git, branch: &Branch, content: Content) -> Result<Revision, GitError> {
    let Branch { full, short: name, tip } = branch;
    let merged = match content {
        Content::Index => commit(git, "MERGE_HEAD")?,
        Content::WorkingTree => None,
    };
    let mut args = vec!["merge-base", full.as_str(), "HEAD"];
    args.extend(merged.as_deref());
    let found = match git.line(&args) {
        // Nothing is committed yet: all that `name` has is released.
        Err(GitError::Failed { .. }) if commit(git, "HEAD")?.is_none() => commit(git, full)?,
        found => found?,
    };
    match found {
        Some(commit) => {
            let tip = (*tip != commit).then(|| tip.clone());
            Ok(Revision { name: shortened(name), commit: Some(commit), tip })
        }
        None if git.shallow => Err(GitError::NoMergeBase { name: name.clone(), advice: DEEPEN }),
        None => Err(GitError::NoMergeBase {
            name: name.clone(),
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
    /// The commit that it names.
    tip: String,
}

/// The remote's default branch: what its `HEAD` was when it was cloned, else a branch with one of the usual names. Without any
/// remote the local branch of such a name, unless it is the one that is checked out.
fn default_branch(git: &Git) -> Result<Option<Branch>, GitError> {
    let usual = USUAL.iter().flat_map(|name| [format!("refs/remotes/*/{name}"), format!("refs/heads/{name}")]);
    let mut args = vec!["for-each-ref".to_owned(), "--format=%(refname) %(objectname) %(symref) %(HEAD)".to_owned()];
    args.push("refs/remotes/*/HEAD".to_owned());
    args.extend(usual);
    let output = git.run(&args)?;
    let text = String::from_utf8_lossy(&output);
    let refs = text.lines().filter_map(|line| {
        let mut parts = line.split(' ');
        Some(Ref { name: parts.next()?, commit: parts.next()?, to: parts.next()?, is_here: parts.next() == Some("*") })
    });
    let refs: Vec<Ref<'_>> = refs.collect();
    let branch = |full: &str, found: &Ref<'_>| Branch {
        full: full.to_owned(),
        short: full.trim_start_matches("refs/remotes/").trim_start_matches("refs/heads/").to_owned(),
        tip: found.commit.to_owned(),
    };
    let remotes = refs.iter().filter_map(|found| Some((found.name.strip_prefix("refs/remotes/")?.split_once('/')?, found)));
    let remotes: Vec<((&str, &str), &Ref<'_>)> = remotes.collect();
    let rank = |remote: &str| ["origin", "upstream"].iter().position(|name| *name == remote).unwrap_or(2);
    let remote = remotes.iter().map(|((remote, _), _)| *remote).min_by_key(|remote| (rank(remote), *remote));
    if let Some(remote) = remote {
        let of_remote = || remotes.iter().filter(|((name, _), _)| *name == remote);
        let head = of_remote().find(|((_, branch), found)| *branch == "HEAD" && !found.to.is_empty());
        let known = || USUAL.iter().find_map(|name| of_remote().find(|((_, branch), _)| branch == name));
        let known = || known().map(|(_, found)| branch(found.name, found));
        return Ok(head.map(|(_, found)| branch(found.to, found)).or_else(known));
    }
    let local = |name: &&str| refs.iter().find(|found| found.name == format!("refs/heads/{name}"));
    Ok(USUAL.iter().find_map(local).filter(|found| !found.is_here).map(|found| branch(found.name, found)))
}

/// A line of `git for-each-ref`.
struct Ref<'a> {
    name: &'a str,
    commit: &'a str,
    /// What a symbolic one stands for.
    to: &'a str,
    /// Whether it is checked out.
    is_here: bool,
}
