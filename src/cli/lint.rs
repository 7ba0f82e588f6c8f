//! `migsafe lint`

use super::args::{Common, Format, Lint as Args};
use super::output::{self, complain};
use super::project::{self, Loaded};
use super::{Failure, Outcome};
use migsafe::config::Config;
use migsafe::dialect::{Dialect, ServerVersion};
use migsafe::read::Project;
use migsafe::rules::Level;
use migsafe::{Options, Pending, lint, report};

pub fn run(args: &Args, common: &Common) -> Result<Outcome, Failure> {
    let Loaded { projects, config, dialect } = project::load(&args.project, common)?;
    let version = version(args, &config, dialect)?;
    let options = |project: &Project| {
        Ok(Options {
            dialect,
            version,
            strategy: args.strategy.or(config.strategy).unwrap_or_default(),
            levels: config.levels.clone(),
            pending: pending(args, &config, project, common)?,
        })
    };
    let options = projects.iter().map(options).collect::<Result<Vec<Options>, Failure>>()?;
    let judged: Vec<_> = projects.iter().zip(&options).map(|(project, options)| lint(project, options)).collect();
    let file = args.output.as_deref();
    let text = match args.format {
        Format::Human => report::human(&judged, output::look(common, file)),
        Format::Json => report::json(&judged) + "\n",
    };
    output::write(&text, file)?;
    let fail_on = args.fail_on.or(config.fail_on).unwrap_or(Level::Error);
    let fails =
        judged.iter().flat_map(|lint| &lint.findings).any(|found| found.suppressed.is_none() && found.finding.level >= fail_on);
    Ok(if fails { Outcome::Findings } else { Outcome::Success })
}

fn version(args: &Args, config: &Config, dialect: &dyn Dialect) -> Result<ServerVersion, Failure> {
    let Some(text) = args.server_version.as_ref().or(config.server_version.as_ref()) else {
        return Ok(dialect.usual_version());
    };
    let version: ServerVersion = text.parse().map_err(Failure)?;
    let known = dialect.versions();
    if known.contains(&version.major) {
        return Ok(version);
    }
    let (first, last) = (known.start(), known.end());
    Err(Failure(format!("{} {text} is not known: --server-version is {first} to {last}", dialect.name())))
}

/// Which migrations are judged: those that were named, those after a version, or all.
fn pending(args: &Args, config: &Config, project: &Project, common: &Common) -> Result<Pending, Failure> {
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
