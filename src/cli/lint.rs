//! `migsafe lint`

use super::args::{Common, Lint as Args, LintFormat as Format};
use super::baseline;
use super::output;
use super::pending::{self, Chosen};
use super::project;
use super::{Failure, Outcome};
use migsafe::allow::Reported;
use migsafe::config::Config;
use migsafe::dialect::{Dialect, ServerVersion};
use migsafe::rules::Level;
use migsafe::{Options, lint, report};

pub fn run(args: &Args, common: &Common) -> Result<Outcome, Failure> {
    let Chosen { projects, config, dialect, root } = pending::choose(&args.project, &args.pending, common)?;
    let version = version(args.server_version.as_ref(), &config, dialect)?;
    let chosen = projects.into_iter().map(|(project, pending)| {
        let strategy = args.strategy.or(config.strategy).unwrap_or_default();
        (project, Options { dialect, version, strategy, levels: config.levels.clone(), pending })
    });
    let chosen: Vec<_> = chosen.collect();
    let mut judged: Vec<_> = chosen.iter().map(|(project, options)| lint(project, options)).collect();
    let write = args.write_baseline.as_ref().map(Option::as_deref);
    let baseline = baseline::Found::read(write, &config, &root)?;
    if write.is_some() {
        return baseline.renew(&judged, common);
    }
    baseline.apply(&mut judged, common);
    for lint in &judged {
        project::tell_refused(lint.project, |note| {
            let of_file = |found: &Reported| lint.project.sources.path(found.finding.place.span.file) == note.path;
            lint.findings.iter().any(|found| found.finding.id() == "file-refused" && of_file(found))
        });
    }
    let file = args.output.as_deref();
    let fail_on = args.fail_on.or(config.fail_on).unwrap_or(Level::Error);
    let base = project::base()?;
    let text = match args.format {
        Format::Human => report::human(&judged, output::look(common, file)),
        Format::Json => report::json(&judged) + "\n",
        Format::Sarif => report::sarif(&judged, &base) + "\n",
        Format::Github => report::github(&judged, &base),
        Format::Gitlab => report::gitlab(&judged, &base) + "\n",
        Format::Junit => report::junit(&judged, &base, fail_on),
        Format::Markdown => report::markdown(&judged, &base),
    };
    output::write(&text, file)?;
    let fails =
        judged.iter().flat_map(|lint| &lint.findings).any(|found| found.suppressed.is_none() && found.finding.level >= fail_on);
    Ok(if fails { Outcome::Findings } else { Outcome::Success })
}

/// The server's version that was asked for.
pub fn version(given: Option<&String>, config: &Config, dialect: &dyn Dialect) -> Result<ServerVersion, Failure> {
    let Some(text) = given.or(config.server_version.as_ref()) else {
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
