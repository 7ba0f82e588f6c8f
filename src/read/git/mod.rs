//! What is released, told by git: a project is compared with the same project in an earlier revision. What the revision has is
//! released, what it has not is pending. The earlier project is read by the same code as the present one, through a [`View`] in
//! which the files that differ have their earlier content; only those are fetched from git.

mod base;
mod command;
mod compare;
mod error;
mod hooks;

pub use error::GitError;
pub use hooks::{Hooks, hooks};

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use self::base::Revision;
use self::command::{Git, Running};
use super::error::ReadError;
use super::find::reread;
use super::project::Project;
use super::view::{self, Instead, View};

/// Which revision tells what is released.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Base<'a> {
    /// Where the checked-out branch left the remote's default branch.
    Default,
    /// Where it left this one.
    Named(&'a str),
}

/// Which contents are judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// The files on disk.
    WorkingTree,
    /// What the next commit will have; only migrations that it changes are reported.
    Index,
}

/// Why there is nothing to compare with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoBase {
    /// The project is in no repository.
    NoRepository,
    /// No remote branch is known that could be the default one.
    NoRemote,
}

/// Compares a project with what git has of it, and sets its [`released`](Project::released) migrations. Where nothing was asked
/// for by name and there is nothing to compare with, the project stays as it is.
pub fn compare_with(project: Project, base: Base<'_>, content: Content) -> Result<(Project, Option<NoBase>), GitError> {
    let asked = base != Base::Default || content == Content::Index;
    let Some(git) = Git::of(&project.root)? else {
        return match asked {
            true => Err(GitError::NoRepository { path: project.root }),
            false => Ok((project, Some(NoBase::NoRepository))),
        };
    };
    let revision = match base::find(&git, base, content)? {
        Ok(revision) => revision,
        Err(none) => return Ok((project, Some(none))),
    };
    let places = places(&project);
    let seen = look(&git, &revision, content, &places)?;
    if seen.staged.as_ref().is_some_and(BTreeSet::is_empty) {
        // Nothing that the next commit changes is a migration: there is nothing to read.
        return Ok((compare::nothing_staged(project, &revision.name), None));
    }
    let unreadable = |revision: &str| {
        let revision = revision.to_owned();
        move |source| GitError::Read { revision, source }
    };
    let (root, runner) = (project.root.clone(), project.runner);
    let merged = seen.merged.map(|merged| (reread(&root, runner, &merged.view), merged.paths));
    let now = match seen.now.is_disk() {
        true => project,
        false => reread(&root, runner, &seen.now).map_err(unreadable("the index"))?,
    };
    let before = match reread(&root, runner, &seen.before) {
        Ok(before) => Some(before),
        Err(ReadError::NoMigrations { .. } | ReadError::Missing { .. }) => moved(&git, &revision, &root, &places)
            .map(|view| reread(&root, runner, &view))
            .transpose()
            .map_err(unreadable(&revision.name))?,
        Err(source) => return Err(unreadable(&revision.name)(source)),
    };
    let mut project = compare::compare(now, before, &revision.name, seen.staged.as_ref());
    // What cannot be read together is git's to merge first.
    if let Some((Ok(together), paths)) = merged {
        compare::overtaken(&mut project, &together, &paths);
    }
    Ok((project, None))
}

/// The directories that hold the project's files, as real paths.
fn places(project: &Project) -> Vec<PathBuf> {
    let root = view::real(&project.root);
    let mut places = BTreeSet::from([root.clone()]);
    for migration in &project.history.migrations {
        let parent = project.sources.path(migration.file).parent().unwrap_or(Path::new(""));
        if !parent.starts_with(&project.root) {
            places.insert(view::real(parent));
        }
    }
    let all: Vec<PathBuf> = places.into_iter().collect();
    all.iter().filter(|place| !all.iter().any(|other| other != *place && place.starts_with(other))).cloned().collect()
}

/// The files as they are judged, and as they were.
struct Seen {
    now: View,
    before: View,
    /// What the next commit changes, as real paths; nothing where the disk is judged.
    staged: Option<BTreeSet<PathBuf>>,
    /// Where the other branch got new files since this one left it.
    merged: Option<Merged>,
}

/// What other branches were merged with.
struct Merged {
    /// The files as they are judged, and these beside them.
    view: View,
    /// The new files, as real paths.
    paths: BTreeSet<PathBuf>,
}

fn look(git: &Git, revision: &Revision, content: Content, places: &[PathBuf]) -> Result<Seen, GitError> {
    let base = revision.commit.as_deref();
    let start = |args: &[&str]| git.start(&with_places(git, args, places));
    let diff = |cached: bool, base: Option<&str>| {
        let cached = cached.then_some("--cached");
        start(&[&DIFF[..], cached.as_slice(), base.as_slice(), &["--"]].concat())
    };
    let is_index = content == Content::Index;
    // All at once: git is mostly starting up.
    let changed = diff(is_index || base.is_none(), base)?;
    let untracked = start(&["ls-files", "--others", "--full-name", "-z", "--"])?;
    let on_disk = is_index.then(|| diff(false, None)).transpose()?;
    let by_commit = (is_index && revision.name != "HEAD").then(|| {
        // Against nothing where there is no commit yet.
        let head = git.line(&["rev-parse", "--verify", "--quiet", "HEAD"])?;
        diff(true, head.as_deref())
    });
    let by_commit: Option<Running> = by_commit.transpose()?;
    let merged = match (&revision.tip, base) {
        (Some(tip), Some(base)) => Some(start(&[&DIFF[..], &["--diff-filter=D", tip, base, "--"]].concat())?),
        _ => None,
    };
    let changed = entries(git, &changed.output()?);
    let untracked = untracked.output()?;
    let untracked: Vec<PathBuf> = untracked
        .split(|byte| *byte == 0)
        .filter(|path| !path.is_empty())
        .map(|path| git.top.join(command::path(path)))
        .collect();
    let on_disk = on_disk.map(Running::output).transpose()?.map(|output| entries(git, &output)).unwrap_or_default();
    let by_commit = by_commit.map(Running::output).transpose()?.map(|output| entries(git, &output));
    let merged = merged.map(Running::output).transpose()?.map(|output| entries(git, &output)).unwrap_or_default();
    let all = changed.iter().chain(&on_disk).chain(&merged);
    let objects: Vec<String> = all.filter_map(|entry| entry.object.clone()).collect();
    let contents = git.contents(&objects)?;
    let content_of = |entry: &Entry| entry.object.as_ref().and_then(|object| contents.get(object)).cloned();
    let not_there = || untracked.iter().map(|path| (path.clone(), None));
    let mut now = Instead::new();
    if is_index {
        now.extend(not_there());
        now.extend(on_disk.iter().map(|entry| (entry.path.clone(), content_of(entry))));
    }
    let paths: BTreeSet<PathBuf> = merged.iter().map(|entry| entry.path.clone()).collect();
    let merged = (!paths.is_empty()).then(|| {
        let beside = merged.iter().map(|entry| (entry.path.clone(), content_of(entry)));
        Merged { view: View::with(now.clone().into_iter().chain(beside).collect()), paths }
    });
    let mut before = now.clone();
    before.extend(not_there());
    before.extend(changed.iter().map(|entry| (entry.path.clone(), content_of(entry))));
    let staged = is_index.then(|| by_commit.unwrap_or(changed).into_iter().map(|entry| entry.path).collect());
    Ok(Seen { now: View::with(now), before: View::with(before), staged, merged })
}

/// Which files differ, with the names of their contents, whatever the user's configuration says of diffs.
const DIFF: [&str; 9] = [
    "-c",
    "diff.relative=false",
    "diff",
    "--raw",
    "-z",
    "--no-abbrev",
    "--no-renames",
    "--no-ext-diff",
    "--ignore-submodules=all",
];

fn with_places(git: &Git, args: &[&str], places: &[PathBuf]) -> Vec<OsString> {
    let specs = places.iter().map(|place| git.pathspec(place));
    args.iter().map(OsString::from).chain(specs).collect()
}

/// A file that differs.
struct Entry {
    path: PathBuf,
    /// Its content on the older side; nothing where it was not there.
    object: Option<String>,
}

/// `:<mode> <mode> <object> <object> <status>`, NUL, the path, NUL; and so on. Links and submodules are none of the project's texts.
fn entries(git: &Git, raw: &[u8]) -> Vec<Entry> {
    let mut parts = raw.split(|byte| *byte == 0);
    let mut entries = Vec::new();
    while let (Some(header), Some(path)) = (parts.next().filter(|header| !header.is_empty()), parts.next()) {
        let header = String::from_utf8_lossy(header);
        let words: Vec<&str> = header.trim_start_matches(':').split(' ').collect();
        let [mode, _, object, _, status] = words[..] else { continue };
        let is_file = mode.starts_with("100");
        // An unmerged file is said twice; its conflict stands on disk.
        if status == "U" || !is_file && mode.bytes().any(|digit| digit != b'0') {
            continue;
        }
        let object = is_file.then(|| object.to_owned());
        entries.push(Entry { path: git.top.join(command::path(path)), object });
    }
    entries
}

/// The files of a directory that was moved here since, under their present names: nothing where it is new.
fn moved(git: &Git, revision: &Revision, root: &Path, places: &[PathBuf]) -> Option<View> {
    let commit = revision.commit.as_deref()?;
    let args =
        ["diff", "--raw", "-z", "--no-abbrev", "-M100%", "-l0", "--no-ext-diff", "--ignore-submodules=all", "--diff-filter=R"];
    let raw = git.run(&[&args[..], &[commit, "--"]].concat()).ok()?;
    let mut parts = raw.split(|byte| *byte == 0);
    let mut found = Vec::new();
    while let (Some(header), Some(_), Some(to)) = (parts.next().filter(|header| !header.is_empty()), parts.next(), parts.next()) {
        let header = String::from_utf8_lossy(header);
        let object = header.split(' ').nth(2)?.to_owned();
        let to = git.top.join(command::path(to));
        if places.iter().any(|place| to.starts_with(place)) {
            found.push((to, object));
        }
    }
    if found.is_empty() {
        return None;
    }
    let mut instead = all_gone(root, &View::default());
    let contents = git.contents(&found.iter().map(|(_, object)| object.clone()).collect::<Vec<_>>()).ok()?;
    instead.extend(found.into_iter().map(|(path, object)| (path, contents.get(&object).cloned())));
    Some(View::with(instead))
}

/// No file below the directory.
fn all_gone(dir: &Path, view: &View) -> Instead {
    let entries = view.entries(dir).unwrap_or_default();
    entries
        .into_iter()
        .flat_map(|(name, is_dir)| {
            let path = dir.join(name);
            match is_dir {
                true => all_gone(&path, view),
                false => Instead::from([(view::real(&path), None)]),
            }
        })
        .collect()
}
