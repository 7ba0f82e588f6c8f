//! `migsafe plan`

#[cfg(feature = "verify")]
mod live;
mod stats;
mod write;

use super::args::{Common, Plan as Args, PlanFormat};
use super::lint;
use super::output::{self, complain};
use super::pending::{self, Chosen};
use super::project;
use super::{Failure, Outcome};
use migsafe::dialect::ServerVersion;
use migsafe::plan::{Facts, Plan, StageName, plan_with};
use migsafe::rules::Level;
use migsafe::{Lint, Options, Pending, report};

pub fn run(args: &Args, common: &Common) -> Result<Outcome, Failure> {
    let Source { chosen: Chosen { projects, config, dialect, .. }, mut facts, version } = source(args, common)?;
    projects.iter().for_each(|(project, _)| project::tell_refused(project, |_| false));
    let version = match version {
        Some(version) if args.server_version.is_none() => version,
        Some(_) | None => lint::version(args.server_version.as_ref(), &config, dialect)?,
    };
    let [(project, pending)] = projects.as_slice() else {
        return Err(Failure("a plan is that of one project: name one path".into()));
    };
    // However they were chosen, they are deployed together.
    let pending = Pending::only(pending.migrations.clone());
    let strategy = args.strategy.or(config.strategy).unwrap_or_default();
    let options = Options { dialect, version, strategy, levels: config.levels.clone(), pending };
    let judged = migsafe::lint(project, &options);
    let planned = plan_with(&judged, facts.find(&judged, args)?);
    if let Some(stage) = args.stage {
        return only(stage, &judged, &planned, args);
    }
    if let Some(directory) = &args.write {
        return write::write(directory, &judged, &planned, common);
    }
    let file = args.output.as_deref();
    let text = match args.format {
        PlanFormat::Human => report::plan_human(&judged, &planned, output::look(common, file)),
        PlanFormat::Json => report::plan_json(&judged, &planned) + "\n",
        PlanFormat::Markdown => report::plan_markdown(&judged, &planned),
        PlanFormat::Html => report::plan_html(&judged, &planned),
    };
    output::write(&text, file)?;
    let fail_on = args.fail_on.or(config.fail_on).unwrap_or(Level::Error);
    Ok(if planned.worst(&judged) >= fail_on { Outcome::Findings } else { Outcome::Success })
}

/// What is planned, and where the facts about the database come from.
struct Source {
    chosen: Chosen,
    facts: Origin,
    /// The version of the real server.
    version: Option<ServerVersion>,
}

/// Where facts about the database come from.
enum Origin {
    /// From nowhere, or from a file.
    Known(Facts),
    /// From the database itself.
    #[cfg(feature = "verify")]
    Live(Box<migsafe::verify::live::Live>),
}

impl Origin {
    fn find(&mut self, judged: &Lint<'_>, args: &Args) -> Result<Facts, Failure> {
        match self {
            #[cfg(feature = "verify")]
            Origin::Live(live) => live::facts(live, judged, &args.database),
            Origin::Known(facts) => {
                let _ = (judged, args);
                Ok(std::mem::take(facts))
            }
        }
    }
}

fn source(args: &Args, common: &Common) -> Result<Source, Failure> {
    #[cfg(feature = "verify")]
    if let Some(url) = &args.database.database_url {
        return live::source(url, args, common);
    }
    let facts = match &args.database.stats {
        Some(file) => stats::read(file)?,
        None => Facts::default(),
    };
    let chosen = pending::choose(&args.project, &args.pending, common)?;
    Ok(Source { chosen, facts: Origin::Known(facts), version: None })
}

/// The files of one stage; what belongs elsewhere is told beside.
fn only(name: StageName, judged: &Lint<'_>, planned: &Plan, args: &Args) -> Result<Outcome, Failure> {
    let path = |assessment: usize| {
        let migration = &judged.project.history.migrations[judged.assessments[assessment].migration];
        judged.project.sources.path(migration.file).to_string_lossy().into_owned()
    };
    let mut files: Vec<String> = Vec::new();
    for entry in planned.stage(name).map(|stage| stage.entries.as_slice()).unwrap_or_default() {
        let file = path(entry.assessment);
        if file.contains(char::is_control) {
            return Err(Failure(format!("{file}: a path with a control character cannot be listed: rename the file")));
        }
        if !files.contains(&file) {
            files.push(file);
        }
    }
    let text: String = files.iter().map(|file| format!("{file}\n")).collect();
    output::write(&text, args.output.as_deref())?;
    let mut outcome = Outcome::Success;
    for assessment in 0..judged.assessments.len() {
        let reason = match planned.stage_of(assessment) {
            Some(stage) if stage == name => continue,
            Some(stage) => format!("belongs {}", stage.name()),
            None => "belongs to no stage: it must be split".into(),
        };
        complain("error", &format!("{}: pending, and {reason}", path(assessment)));
        outcome = Outcome::Findings;
    }
    Ok(outcome)
}
