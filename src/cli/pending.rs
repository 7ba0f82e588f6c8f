//! Which migrations of a project a command is about: those that are not in production yet. Every command that asks for pending
//! migrations chooses them here, so that `lint`, `plan` and `down` speak of the same ones.

use super::Failure;
use super::args::{self, Common};
use super::output::complain;
use super::project::{self, Loaded};
use migsafe::Pending;
use migsafe::config::Config;
use migsafe::dialect::Dialect;
use migsafe::read::Project;

/// The projects that were asked for, each with its pending migrations, and the configuration that holds for them.
pub struct Chosen {
    pub projects: Vec<(Project, Pending)>,
    pub config: Config,
    pub dialect: &'static dyn Dialect,
}

/// Reads what was asked for and finds out what of it is pending.
pub fn choose(project: &args::Project, pending: &args::Pending, common: &Common) -> Result<Chosen, Failure> {
    let Loaded { projects, config, dialect } = project::load(project, common)?;
    let with_pending = |project| {
        let pending = of(&project, pending, &config, common)?;
        Ok((project, pending))
    };
    let projects = projects.into_iter().map(with_pending).collect::<Result<_, Failure>>()?;
    Ok(Chosen { projects, config, dialect })
}

/// Those that were named, those after a version, or all.
fn of(project: &Project, args: &args::Pending, config: &Config, common: &Common) -> Result<Pending, Failure> {
    let history = &project.history;
    let since = args.since.as_ref().or(config.released_up_to.as_ref().filter(|_| !args.all && project.selected.is_none()));
    let pending = match (&project.selected, since) {
        (Some(_), Some(_)) => {
            return Err(Failure("--since judges what follows a version: name the project, not single migrations".into()));
        }
        (Some(selected), None) => Pending::only(selected.clone()),
        (None, Some(version)) => {
            Pending::since(history, version).map_err(|error| Failure(format!("{}: {error}", project.root.display())))?
        }
        (None, None) => Pending::all(history),
    };
    if pending.migrations.is_empty() && !common.quiet {
        let reason = match since {
            Some(version) => format!("no migration follows {version}"),
            None if project.selected.is_some() => "what was named holds no forward migration".into(),
            None => "there is no migration".into(),
        };
        complain("note", &format!("{}: nothing is pending: {reason}", project.root.display()));
    }
    Ok(pending)
}
