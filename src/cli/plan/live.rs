//! The real database, for `migsafe plan --database-url`.

use super::{Origin, Source};
use crate::cli::args::{Common, Database, Plan as Args};
use crate::cli::output::{self, complain};
use crate::cli::pending::{self, Chosen};
use crate::cli::project::{self, Loaded};
use crate::cli::{Failure, lint};
use migsafe::dialect::{Dialect, ServerVersion};
use migsafe::plan::Facts;
use migsafe::verify::live::{Live, Thoroughness};
use migsafe::{Lint, Pending, report};

/// What is pending, as the database says, unless it was named otherwise.
pub fn source(url: &str, args: &Args, common: &Common) -> Result<Source, Failure> {
    let mut live = Live::connect(url)?;
    let pending = &args.pending;
    let named = pending.base.is_some() || pending.staged || pending.since.is_some() || pending.all;
    let selected = args.project.paths.iter().any(|path| path.is_file() || path.as_os_str() == "-");
    let chosen =
        if named || selected { pending::choose(&args.project, pending, common)? } else { by_table(&mut live, args, common)? };
    let version = match &args.server_version {
        Some(_) => None,
        None => live.version().map(|found| known(found, chosen.dialect)).transpose()?,
    };
    Ok(Source { chosen, facts: Origin::Live(Box::new(live)), version })
}

fn by_table(live: &mut Live, args: &Args, common: &Common) -> Result<Chosen, Failure> {
    let Loaded { projects, config, dialect, root } = project::load(&args.project)?;
    let mut out = Vec::new();
    for project in projects {
        project::tell(&project, common);
        let applied = live.applied(&project, config.runner_table.as_deref())?;
        for version in &applied.unknown {
            complain("warning", &format!("{}: applied, and not among the migrations: {version}", project.root.display()));
        }
        for found in applied.told.iter().filter(|_| applied.pending.is_empty()) {
            complain(found.level.name(), &format!("{}: {}: {}", project.root.display(), found.message, found.help));
        }
        if applied.pending.is_empty() && !common.quiet {
            complain("note", &format!("{}: nothing is pending: all migrations are applied", project.root.display()));
        }
        let pending = Pending::only(applied.pending);
        out.push((project, pending));
    }
    Ok(Chosen { projects: out, config, dialect, root })
}

/// The version, where it is one that is known.
fn known(found: ServerVersion, dialect: &dyn Dialect) -> Result<ServerVersion, Failure> {
    if dialect.versions().contains(&found.major) {
        return Ok(found);
    }
    let text = found.to_string();
    let config = migsafe::config::Config::default();
    lint::version(Some(&text), &config, dialect)
        .map_err(|Failure(reason)| Failure(format!("the server is of another version: {reason}; the nearest will do")))
}

/// Everything that the plan wants to know.
pub fn facts(live: &mut Live, judged: &Lint<'_>, args: &Database) -> Result<Facts, Failure> {
    let thoroughness = if args.full { Thoroughness::Full } else { Thoroughness::Sample };
    let facts = live.facts(judged, thoroughness)?;
    if let Some(file) = &args.stats_out {
        output::write(&report::stats_json(&facts), Some(file))?;
    }
    Ok(facts)
}
