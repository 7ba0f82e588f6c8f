//! The whole judgement of a project's migrations: which ones are pending, what each of them does to old and new
//! applications, and every finding. It reads no file and prints nothing; reports are made of what it gives.

mod back;

pub use back::Back;

use crate::allow::{self, Reported, Suppression};
use crate::assess::{self, Assessment, Phase, Release, Strategy};
use crate::dialect::{Dialect, ServerVersion};
use crate::paired::Ground;
use crate::parse::STACK_BYTES;
use crate::read::{Project, Released};
use crate::replay::{self, ParsedMigration, Replayed};
use crate::rules::{
    self, DATA_DROPPED, Finding, Level, Levels, MIGRATION_OUT_OF_ORDER, RELEASED_MIGRATION_EDITED, Rule, Scene, Topic,
};
use crate::source::History;
use std::path::Path;
use std::sync::OnceLock;

/// What the judgement depends on beside the project.
pub struct Options {
    /// The database.
    pub dialect: &'static dyn Dialect,
    /// The version of its server.
    pub version: ServerVersion,
    /// How deployments go.
    pub strategy: Strategy,
    /// The severities of the rules.
    pub levels: Levels,
    /// The migrations that are judged.
    pub pending: Pending,
}

/// The migrations that are judged; all before them only tell what the schema is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// Their places in the history, ascending.
    pub migrations: Vec<usize>,
    /// How they reach production.
    pub release: Release,
    /// Which of them the report is about; nothing for all. The others belong to the same release, but were reported before.
    pub reported: Option<Vec<usize>>,
}

/// A version that no migration has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no migration has the version `{given}`{}", .nearest.as_ref().map(|found| format!("; did you mean `{found}`?")).unwrap_or_default())]
pub struct UnknownVersion {
    /// What was asked for.
    pub given: String,
    /// The version that is nearest to it.
    pub nearest: Option<String>,
}

impl Pending {
    /// Every migration, each in a deployment of its own, as the history was shipped.
    pub fn all(history: &History) -> Self {
        Pending { migrations: (0..history.migrations.len()).collect(), release: Release::OneByOne, reported: None }
    }

    /// These migrations, shipped together.
    pub fn only(migrations: impl Into<Vec<usize>>) -> Self {
        let mut migrations = migrations.into();
        migrations.sort_unstable();
        migrations.dedup();
        Pending { migrations, release: Release::Together, reported: None }
    }

    /// Those that a revision of git does not have, shipped together.
    pub fn unreleased(history: &History, released: &Released) -> Self {
        let migrations = (released.count..history.migrations.len()).collect();
        Pending { migrations, release: Release::Together, reported: released.staged.clone() }
    }

    /// Those after the version (`0003`, also written `3` or `0003_add_email`), shipped together.
    pub fn since(history: &History, version: &str) -> Result<Self, UnknownVersion> {
        let at = find_version(history, version)?;
        Ok(Pending { migrations: (at + 1..history.migrations.len()).collect(), release: Release::Together, reported: None })
    }
}

/// The place of the last migration of that version: exactly as written, by its whole name, or without leading zeros and `V`.
pub fn find_version(history: &History, given: &str) -> Result<usize, UnknownVersion> {
    let last = |fits: &dyn Fn(&str, &str) -> bool| {
        history.migrations.iter().rposition(|migration| fits(&migration.version, &migration.name))
    };
    let bare = |text: &str| text.trim_start_matches(['V', 'v']).trim_start_matches('0').to_owned();
    let whole = |version: &str, name: &str| given.strip_prefix(version).is_some_and(|rest| rest.trim_start_matches('_') == name);
    last(&|version, _| version == given)
        .or_else(|| last(&|version, name| !name.is_empty() && (name == given || whole(version, name))))
        .or_else(|| last(&|version, _| !version.is_empty() && bare(version) == bare(given)))
        .ok_or_else(|| {
            let versions = history.migrations.iter().map(|migration| migration.version.as_str()).filter(|text| !text.is_empty());
            let nearest = versions.min_by_key(|version| strsim::damerau_levenshtein(version, given));
            UnknownVersion { given: given.to_owned(), nearest: nearest.map(str::to_owned) }
        })
}

/// A judged project: everything that a report needs.
pub struct Lint<'a> {
    /// The texts and the history.
    pub project: &'a Project,
    /// What was asked for.
    pub options: &'a Options,
    /// All migrations' statements.
    pub parsed: Vec<ParsedMigration>,
    /// The judged statements with the states around them.
    pub replayed: Replayed,
    /// One verdict for each judged migration, in order.
    pub assessments: Vec<Assessment>,
    /// The findings in the order of migrations and of their texts, with those that a directive allows.
    pub findings: Vec<Reported>,
}

impl Lint<'_> {
    /// The replayed migrations, for trying ways back.
    pub fn ground(&self) -> Ground<'_> {
        Ground {
            sources: &self.project.sources,
            history: &self.project.history,
            parsed: &self.parsed,
            replayed: &self.replayed,
            dialect: self.options.dialect,
        }
    }

    /// The findings of a judged migration.
    pub fn findings_of(&self, assessment: &Assessment) -> impl Iterator<Item = &Reported> {
        let migration = assessment.migration;
        let first = self.findings.partition_point(|reported| reported.finding.place.migration < migration);
        self.findings[first..].iter().take_while(move |reported| reported.finding.place.migration == migration)
    }

    /// The findings on released migrations: that they are not what they were.
    pub fn findings_of_released(&self) -> &[Reported] {
        let count = self.project.released.as_ref().map_or(0, |released| released.count);
        &self.findings[..self.findings.partition_point(|reported| reported.finding.place.migration < count)]
    }

    /// How many findings of a severity are not allowed by a directive.
    pub fn count(&self, level: Level) -> usize {
        self.findings.iter().filter(|reported| reported.suppressed.is_none() && reported.finding.level == level).count()
    }
}

/// Judges a project's pending migrations.
pub fn lint<'a>(project: &'a Project, options: &'a Options) -> Lint<'a> {
    on_pool(|| judge(project, options))
}

fn judge<'a>(project: &'a Project, options: &'a Options) -> Lint<'a> {
    let (sources, history, dialect) = (&project.sources, &project.history, options.dialect);
    let parsed = replay::read_statements(sources, history);
    let mut is_pending = vec![false; history.migrations.len()];
    for number in &options.pending.migrations {
        is_pending[*number] = true;
    }
    let replayed = replay::replay(history, &parsed, |number| is_pending[number], options.pending.release, dialect);
    let assessed = assess::assess(&replayed, options.pending.release, options.version, dialect);
    let assessments = with_empty(assessed, &options.pending.migrations);
    let scene = Scene {
        memo: Default::default(),
        sources,
        history,
        parsed: &parsed,
        replayed: &replayed,
        assessments: &assessments,
        runner: project.runner,
        dialect,
        version: options.version,
    };
    let level_of = |rule: &Rule, assessment: usize| {
        let migration = &history.migrations[scene.assessments[assessment].migration];
        level(rule, sources.path(migration.file), options)
    };
    let mut found = rules::run(&scene, level_of);
    found.extend(rules::refusals(project, &options.pending.migrations, |rule, path| level(rule, path, options)));
    let of_released = project.released.as_ref().map(|released| of_released(&scene, released, options, &mut found));
    let mut findings = of_released.unwrap_or_default();
    findings.extend(allow::apply(&scene, found, level_of));
    let mut assessments = assessments;
    if let Some(reported) = &options.pending.reported {
        let count = project.released.as_ref().map_or(0, |released| released.count);
        findings.retain(|found| found.finding.place.migration < count || reported.contains(&found.finding.place.migration));
        assessments.retain(|assessment| reported.contains(&assessment.migration));
    }
    let shown = findings.iter_mut().filter(|found| found.suppressed.is_none()).map(|found| &mut found.finding);
    rules::share_alternatives(&mut shown.collect::<Vec<_>>());
    Lint { project, options, parsed, replayed, assessments, findings }
}

/// The findings on released migrations. What is found about the order of new ones joins the other findings on these.
fn of_released(scene: &Scene<'_>, released: &Released, options: &Options, found: &mut Vec<Finding>) -> Vec<Reported> {
    let leveled = |rule: &'static Rule, finding: Finding| {
        let level = level(rule, scene.sources.path(finding.place.span.file), options);
        (level > Level::Off).then(|| finding.by(rule, level))
    };
    found.extend(rules::late(scene, released).into_iter().filter_map(|finding| leveled(&MIGRATION_OUT_OF_ORDER, finding)));
    let altered = rules::altered(scene, released).into_iter().filter_map(|(finding, now)| {
        leveled(&RELEASED_MIGRATION_EDITED, finding).map(|finding| allow::apply_to_altered(finding, now.as_ref()))
    });
    let altered: Vec<(Finding, Option<Suppression>)> = altered.collect();
    allow::reported(scene, altered)
}

fn level(rule: &Rule, path: &Path, options: &Options) -> Level {
    let meet = options.strategy.versions_meet();
    if rule.topic == Topic::Compatibility && !meet {
        return Level::Off;
    }
    // Else the incompatibility of a drop tells of it.
    let usual = if !meet && rule.id == DATA_DROPPED.id { Level::Warning } else { rule.level };
    options.levels.configured(rule, path).unwrap_or(usual)
}

/// Migrations without any statement have a verdict too: nothing happens.
fn with_empty(assessed: Vec<Assessment>, pending: &[usize]) -> Vec<Assessment> {
    let mut assessed = assessed.into_iter().peekable();
    let mut end = 0;
    let mut out = Vec::with_capacity(pending.len());
    for number in pending {
        let found = assessed.next_if(|assessment| assessment.migration == *number);
        let empty = || Assessment { migration: *number, steps: end..end, verdicts: Vec::new(), phase: Phase::Free };
        let assessment = found.unwrap_or_else(empty);
        end = assessment.steps.end;
        out.push(assessment);
    }
    out
}

/// Calls `f` on threads whose stacks hold any statement that is parsed.
pub fn on_pool<T: Send>(f: impl FnOnce() -> T + Send) -> T {
    static POOL: OnceLock<Option<rayon::ThreadPool>> = OnceLock::new();
    let build = || rayon::ThreadPoolBuilder::new().stack_size(STACK_BYTES).build().ok();
    match POOL.get_or_init(build) {
        Some(pool) => pool.install(f),
        None => crate::parse::on_big_stack(f),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Migration, MigrationKind, Script, Sources, Transaction};

    #[test]
    fn versions_are_found_as_people_write_them() {
        let mut sources = Sources::default();
        let file = sources.add("x", "");
        let migration = |(version, name): (&str, &str)| Migration {
            version: version.into(),
            name: name.into(),
            file,
            kind: MigrationKind::Versioned,
            up: Script { chunks: Vec::new(), transaction: Transaction::Wrapped },
            down: None,
        };
        let names = [("0001", "init"), ("0002", "add_email"), ("0010", "drop_email")];
        let history =
            History { migrations: names.map(migration).to_vec(), one_transaction: false, partial: false, runner_table: "" };
        for (given, at) in [("0001", 0), ("2", 1), ("0002_add_email", 1), ("add_email", 1), ("V10", 2)] {
            assert_eq!(find_version(&history, given), Ok(at), "{given}");
        }
        assert_eq!(
            find_version(&history, "0003").unwrap_err().to_string(),
            "no migration has the version `0003`; did you mean `0001`?"
        );
    }
}
