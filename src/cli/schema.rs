//! `migsafe schema`

use super::args::{Common, Schema as Args};
use super::output::{self, complain};
use super::project::{self, Loaded};
use super::{Failure, Outcome};
use migsafe::catalog::render;
use migsafe::dialect::Dialect;
use migsafe::lint::find_version;
use migsafe::read::Project;
use migsafe::replay::{self, Replayed};
use migsafe::source::History;
use similar::TextDiff;

pub fn run(args: &Args, common: &Common) -> Result<Outcome, Failure> {
    let Loaded { projects, dialect, .. } = project::load(&args.project)?;
    projects.iter().for_each(|project| project::tell(project, common));
    projects.iter().for_each(|project| project::tell_refused(project, |_| false));
    let [project] = projects.as_slice() else {
        return Err(Failure("a schema is that of one project: name one path".into()));
    };
    let text = match args.diff.as_deref() {
        Some([from, to]) => diff(project, from, to, dialect)?,
        _ => {
            let last = project.history.migrations.len();
            schema(project, project.selected.as_ref().map_or(last, |selected| selected.last().map_or(0, |at| at + 1)), dialect)
        }
    };
    output::write(&text, args.output.as_deref())?;
    Ok(Outcome::Success)
}

/// The schema after the first `count` migrations.
fn schema(project: &Project, count: usize, dialect: &dyn Dialect) -> String {
    let migrations = project.history.migrations[..count].to_vec();
    let history = History {
        migrations,
        one_transaction: project.history.one_transaction,
        partial: project.history.partial,
        runner_table: "",
    };
    let parsed = replay::read_statements(&project.sources, &history);
    let Replayed { schema, gaps, .. } = replay::schema(&history, &parsed, dialect);
    if gaps > 0 {
        let what = if gaps == 1 { "1 statement was" } else { &format!("{gaps} statements were") };
        complain("warning", &format!("{what} refused or not understood and left out: `migsafe lint --all` tells which"));
    }
    render::sql(&schema, dialect)
}

fn diff(project: &Project, from: &str, to: &str, dialect: &dyn Dialect) -> Result<String, Failure> {
    let at = |version: &str| find_version(&project.history, version).map(|at| schema(project, at + 1, dialect));
    let (before, after) = (at(from)?, at(to)?);
    Ok(TextDiff::from_lines(&before, &after).unified_diff().context_radius(3).header(from, to).to_string())
}
