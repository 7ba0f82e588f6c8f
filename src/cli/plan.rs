//! `migsafe plan`

mod write;

use super::args::{Common, Plan as Args, PlanFormat};
use super::lint::version;
use super::output::{self, complain};
use super::pending::{self, Chosen};
use super::project;
use super::{Failure, Outcome};
use migsafe::plan::{Plan, StageName, plan};
use migsafe::rules::Level;
use migsafe::{Lint, Options, Pending, lint, report};

pub fn run(args: &Args, common: &Common) -> Result<Outcome, Failure> {
    let Chosen { projects, config, dialect, .. } = pending::choose(&args.project, &args.pending, common)?;
    projects.iter().for_each(|(project, _)| project::tell_refused(project, |_| false));
    let version = version(args.server_version.as_ref(), &config, dialect)?;
    let [(project, pending)] = projects.as_slice() else {
        return Err(Failure("a plan is that of one project: name one path".into()));
    };
    // However they were chosen, they are deployed together.
    let pending = Pending::only(pending.migrations.clone());
    let strategy = args.strategy.or(config.strategy).unwrap_or_default();
    let options = Options { dialect, version, strategy, levels: config.levels.clone(), pending };
    let judged = lint(project, &options);
    let planned = plan(&judged);
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
