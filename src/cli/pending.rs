//! Which migrations of a project a command is about: those that are not in production yet. Every command that asks for pending
//! migrations chooses them here, so that `lint`, `plan` and `down` speak of the same ones.

use super::Failure;
use super::args::{self, Common};
use super::output::complain;
use super::project::{self, Loaded};
use migsafe::Pending;
use migsafe::config::Config;
use migsafe::dialect::Dialect;
use migsafe::read::{self, Base, Content, NoBase, Project};
use std::path::PathBuf;

/// The projects that were asked for, each with its pending migrations, and the configuration that holds for them.
pub struct Chosen {
    pub projects: Vec<(Project, Pending)>,
    pub config: Config,
    pub dialect: &'static dyn Dialect,
    /// The directory of the configuration, else the working directory.
    pub root: PathBuf,
}

/// Reads what was asked for and finds out what of it is pending.
pub fn choose(project: &args::Project, pending: &args::Pending, common: &Common) -> Result<Chosen, Failure> {
    let Loaded { projects, config, dialect, root } = project::load(project)?;
    let with_pending = |project| of(project, pending, &config, common);
    let projects = projects.into_iter().map(with_pending).collect::<Result<Vec<_>, Failure>>()?;
    projects.iter().for_each(|(project, _)| project::tell(project, common));
    Ok(Chosen { projects, config, dialect, root })
}

/// What was asked for by a flag; else what was named; else what is configured; else what git does not have yet.
fn of(project: Project, args: &args::Pending, config: &Config, common: &Common) -> Result<(Project, Pending), Failure> {
    let flag = [(&args.base.is_some(), "--base"), (&args.staged, "--staged"), (&args.since.is_some(), "--since")];
    let flag = flag.iter().find(|(given, _)| **given).map(|(_, name)| *name);
    if let Some(selected) = &project.selected {
        if let Some(flag) = flag {
            return Err(Failure(format!("{flag} finds out what is pending: name the project, not single migrations")));
        }
        let pending = Pending::only(selected.clone());
        tell_nothing(&project, &pending, "what was named holds no forward migration", common);
        return Ok((project, pending));
    }
    let since = args.since.as_ref().or(config.released_up_to.as_ref().filter(|_| flag.is_none() && !args.all));
    if let Some(version) = since {
        let pending = Pending::since(&project.history, version);
        let pending = pending.map_err(|error| Failure(format!("{}: {error}", project.root.display())))?;
        tell_nothing(&project, &pending, &format!("no migration follows {version}"), common);
        return Ok((project, pending));
    }
    if args.all || project.root.as_os_str() == "-" {
        let pending = Pending::all(&project.history);
        tell_nothing(&project, &pending, "there is no migration", common);
        return Ok((project, pending));
    }
    by_git(project, args, common)
}

fn by_git(project: Project, args: &args::Pending, common: &Common) -> Result<(Project, Pending), Failure> {
    let base = args.base.as_deref().map_or(Base::Default, Base::Named);
    let content = if args.staged { Content::Index } else { Content::WorkingTree };
    let (project, none) = read::compare_with(project, base, content)?;
    let pending = match &project.released {
        Some(released) => Pending::unreleased(&project.history, released),
        None => Pending::all(&project.history),
    };
    if none == Some(NoBase::NoRemote) && !common.quiet {
        let message =
            "every migration is judged: no remote branch tells what is released; `--base HEAD` judges what is not committed";
        complain("note", &format!("{}: {message}", project.root.display()));
    }
    let reason = match (&project.released, args.staged) {
        (Some(released), _) if !released.altered.is_empty() => None,
        (Some(_), true) => Some("the next commit adds no migration".to_owned()),
        (Some(released), false) => Some(format!(
            "all migrations are in {} already; --base REVISION compares with another, --all judges all",
            released.revision
        )),
        (None, _) => Some("there is no migration".to_owned()),
    };
    if let Some(reason) = reason {
        tell_nothing(&project, &pending, &reason, common);
    }
    Ok((project, pending))
}

/// Says that nothing is pending, and why.
fn tell_nothing(project: &Project, pending: &Pending, reason: &str, common: &Common) {
    let none = pending.reported.as_ref().unwrap_or(&pending.migrations).is_empty();
    if none && !common.quiet {
        complain("note", &format!("{}: nothing is pending: {reason}", project.root.display()));
    }
}
