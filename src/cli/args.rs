//! What can be typed. The comments here are the reference of the command line: `--help` prints them, and a snapshot of it is
//! tested.

use clap::{Parser, Subcommand, ValueEnum};
use migsafe::assess::Strategy;
use migsafe::plan::StageName;
use migsafe::read::Runner;
use migsafe::rules::Level;
use std::path::PathBuf;

/// Judges SQL migrations for deployments where the old and the new version of an application share one database.
#[derive(Debug, Parser)]
#[command(
    name = "migsafe",
    version,
    max_term_width = 100,
    after_help = "Exit codes: 0 nothing at or above --fail-on; 1 findings; 2 migsafe could not do its job."
)]
pub struct Args {
    #[command(subcommand)]
    pub command: Command,
    #[command(flatten)]
    pub common: Common,
}

/// What every command understands.
#[derive(Debug, clap::Args)]
pub struct Common {
    /// When to use colours; `auto` means on a terminal, unless NO_COLOR is set.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: When,
    /// Say less: no line for each migration, no notes.
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Say more: every broken use, what directives allow, how the project was read.
    #[arg(short, long, global = true)]
    pub verbose: bool,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    Lint(Lint),
    Plan(Plan),
    Down(Down),
    #[cfg(feature = "verify")]
    Verify(Verify),
    Schema(Schema),
    Explain(Explain),
    Init(Init),
    Hook(Hook),
    Completions(Completions),
    Man(Man),
}

/// Judge migrations: who breaks, when each may run, what it locks and destroys.
///
/// All migrations before the judged ones are replayed to know the schema; nothing is said about them. Single migrations that are
/// named are judged together, as one release.
#[derive(Debug, clap::Args)]
pub struct Lint {
    #[command(flatten)]
    pub project: Project,
    #[command(flatten)]
    pub pending: Pending,
    /// The server's version: 12 to 18 for PostgreSQL [default: 16].
    #[arg(long, value_name = "VERSION")]
    pub server_version: Option<String>,
    /// How deployments go: rolling, blue-green, canary or stop-the-world [default: rolling].
    ///
    /// With stop-the-world no two versions meet: incompatibilities are not reported, locks and lost data are.
    #[arg(long, value_name = "NAME")]
    pub strategy: Option<Strategy>,
    /// Accept everything that is found: write it to the baseline, and report it no more [default file: migsafe-baseline.txt beside
    /// migsafe.toml].
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true)]
    pub write_baseline: Option<Option<PathBuf>>,
    /// How to print.
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    pub format: LintFormat,
    /// Write the report to this file instead of standard output.
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// The least severity that makes the exit code 1: error, warning or info [default: error].
    #[arg(long, value_name = "SEVERITY", value_parser = fail_on)]
    pub fail_on: Option<Level>,
}

/// Plan the deployment of the pending migrations: what runs before the new version starts, what after it, and what only when nobody
/// will go back; who works at each point, what is locked, and what going back costs.
///
/// The pending migrations are planned as one release.
#[derive(Debug, clap::Args)]
pub struct Plan {
    #[command(flatten)]
    pub project: Project,
    #[command(flatten)]
    pub pending: Pending,
    /// The server's version: 12 to 18 for PostgreSQL [default: 16].
    #[arg(long, value_name = "VERSION")]
    pub server_version: Option<String>,
    /// How deployments go: rolling, blue-green, canary or stop-the-world [default: rolling].
    #[arg(long, value_name = "NAME")]
    pub strategy: Option<Strategy>,
    #[command(flatten)]
    pub database: Database,
    /// Print only the files of this stage, one on a line: before-deploy, after-deploy or after-rollback-window.
    ///
    /// The exit code is 1 where something pending belongs to another stage, or to none.
    #[arg(long, value_name = "STAGE", conflicts_with_all = ["format", "fail_on"])]
    pub stage: Option<StageName>,
    /// Write the pending migrations into this directory as the plan has them: what has no stage is split, all are numbered in the order
    /// of the stages, each with its way back where the runner knows one.
    ///
    /// The directory holds nothing but them then; nothing that is there already is written over.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["format", "fail_on", "stage", "output"])]
    pub write: Option<PathBuf>,
    /// How to print.
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    pub format: PlanFormat,
    /// Write the plan to this file instead of standard output.
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// The least severity that makes the exit code 1: error, warning or info [default: error].
    #[arg(long, value_name = "SEVERITY", value_parser = fail_on)]
    pub fail_on: Option<Level>,
}

/// Print, write or check the way back of migrations.
///
/// The down of a migration is computed from the schema before it. Its head says what it cannot bring back. Without --write and
/// --check it is printed, the last migration first, so that the output as a whole is a way back.
#[derive(Debug, clap::Args)]
pub struct Down {
    #[command(flatten)]
    pub project: Project,
    #[command(flatten)]
    pub pending: Pending,
    /// Write each down where the runner expects it: a file of its own, or a section of the migration's file.
    ///
    /// What somebody wrote by hand stays as it is. An empty down, one of comments only, and one that migsafe wrote and nobody changed
    /// since are written anew.
    #[arg(long)]
    pub write: bool,
    /// Keep what is destroyed: the migration copies dropped tables, dropped columns and converted values into archive tables first, and
    /// the down puts them back.
    ///
    /// Prints the migration with the copies, the down, and the script that drops the archives when the data may go. With --write, the
    /// copies are put into the migration's file, and that script is written beside it as `x.purge`, which no runner reads.
    #[arg(long, conflicts_with = "check")]
    pub preserve: bool,
    /// With --write: also in the place of downs that were written by hand.
    #[arg(long, requires = "write")]
    pub force: bool,
    /// Check the downs that are there: after up and down the schema must be the one before. The exit code is 1 where it is not.
    #[arg(long, conflicts_with = "write")]
    pub check: bool,
    /// The server's version: 12 to 18 for PostgreSQL [default: 16].
    #[arg(long, value_name = "VERSION")]
    pub server_version: Option<String>,
    /// How to print.
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    pub format: DownFormat,
    /// Write the report to this file instead of standard output.
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// What is known of the real database.
#[derive(Debug, clap::Args)]
pub struct Database {
    /// The figures of tables that --stats-out kept: sizes become durations, and small tables no alarm.
    #[arg(long, value_name = "FILE", help_heading = "The real database")]
    pub stats: Option<PathBuf>,
    /// The real database: what is applied is read from the runner's own table, sizes, activity and rows are looked at, nothing is
    /// changed.
    ///
    /// The session reads only, with limits of time, and takes no lock stronger than a reader's.
    #[cfg(feature = "verify")]
    #[arg(long, value_name = "URL", conflicts_with = "stats", help_heading = "The real database")]
    pub database_url: Option<String>,
    /// Ask every row whether the statements would fail, instead of a sample of large tables.
    #[cfg(feature = "verify")]
    #[arg(long, requires = "database_url", help_heading = "The real database")]
    pub full: bool,
    /// Keep the figures of tables in this file, for pipelines that may not reach the database.
    #[cfg(feature = "verify")]
    #[arg(long, value_name = "FILE", requires = "database_url", help_heading = "The real database")]
    pub stats_out: Option<PathBuf>,
}

/// Prove it on a real database: up, down, up; locks, rows, and both versions of the application.
///
/// The migrations run on a throwaway server that is started from the PostgreSQL of this machine and is gone afterwards. The exit code
/// is 1 where a claim does not hold.
#[cfg(feature = "verify")]
#[derive(Debug, clap::Args)]
pub struct Verify {
    #[command(flatten)]
    pub project: Project,
    #[command(flatten)]
    pub pending: Pending,
    /// The directory of the server's programs (initdb, pg_ctl, postgres) [default: found].
    #[arg(long, value_name = "DIR", conflicts_with = "database_url")]
    pub pg_bin: Option<PathBuf>,
    /// Use this server: databases of its own are made there, and dropped again; no other is touched.
    #[arg(long, value_name = "URL", env = "MIGSAFE_DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,
    /// Leave the database in the state after all migrations, and the throwaway server running.
    #[arg(long)]
    pub keep: bool,
    /// The longest that one statement may run, in seconds.
    #[arg(long, value_name = "SECONDS", default_value = "60")]
    pub statement_timeout: u64,
    /// Fill each table that a migration touches with up to so many rows, and tell how long each statement holds strong locks.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000_000))]
    pub rows: Option<u32>,
    /// Send the old version's statements on a second connection while each migration runs: the longest stall, and what fails.
    #[arg(long)]
    pub load: bool,
    /// How many migrations are proved side by side [default: one for each core; one with --rows or --load, whose times it would blur].
    #[arg(short, long, value_name = "N")]
    pub jobs: Option<std::num::NonZeroUsize>,
    /// How to print.
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    pub format: VerifyFormat,
    /// Write the report to this file instead of standard output.
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// How to print what was proved.
#[cfg(feature = "verify")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum VerifyFormat {
    /// For people.
    Human,
    /// For programs: one document.
    Json,
    /// For a comment on a change request.
    Markdown,
}

/// Print the schema that the migrations make, as SQL in a canonical order.
#[derive(Debug, clap::Args)]
pub struct Schema {
    #[command(flatten)]
    pub project: Project,
    /// Print what changes in the schema between two versions, as a unified diff.
    #[arg(long, num_args = 2, value_names = ["A", "B"])]
    pub diff: Option<Vec<String>>,
    /// Write to this file instead of standard output.
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// Print a rule's documentation; without a name, the table of rules.
#[derive(Debug, clap::Args)]
pub struct Explain {
    /// The rule's id.
    pub rule: Option<String>,
}

/// Write a migsafe.toml for the project, with every key explained.
#[derive(Debug, clap::Args)]
pub struct Init {
    /// The project's directory [default: the working directory].
    pub path: Option<PathBuf>,
    /// Replace a migsafe.toml or CI file that is there.
    #[arg(long)]
    pub force: bool,
    /// Also install the git hook.
    #[arg(long)]
    pub hook: bool,
    /// Also write the CI file.
    #[arg(long, value_name = "SERVICE")]
    pub ci: Option<Ci>,
}

/// Whose CI.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Ci {
    /// `.github/workflows/migsafe.yml`
    Github,
    /// `.gitlab/migsafe.yml`
    Gitlab,
}

/// Install or remove the git hook that judges staged migrations before each commit.
#[derive(Debug, clap::Args)]
pub struct Hook {
    #[command(subcommand)]
    pub command: HookCommand,
}

#[derive(Debug, Subcommand)]
pub enum HookCommand {
    /// Add to git's pre-commit hook what judges the migrations that are staged; other commits are not held up.
    ///
    /// `core.hooksPath` and husky are heeded, and a hook that is there stays in force. Where lefthook or pre-commit make the hooks,
    /// what to add to their configuration is printed.
    Install {
        /// Projects or directories with migrations [default: looked for from the working directory on].
        paths: Vec<PathBuf>,
    },
    /// Remove it again, and leave the rest of the hook as it was.
    Uninstall,
}

/// Print the manual page, for `man`.
#[derive(Debug, clap::Args)]
pub struct Man {}

/// Print a script that completes commands and flags in a shell.
#[derive(Debug, clap::Args)]
pub struct Completions {
    /// The shell.
    pub shell: clap_complete::Shell,
}

/// Which migrations, and how to read them.
#[derive(Debug, clap::Args)]
pub struct Project {
    /// A project, a directory with migrations, or single migrations; `-` reads one from standard input.
    ///
    /// Without paths the project is looked for from the working directory on: migsafe.toml, else the usual places.
    pub paths: Vec<PathBuf>,
    /// The database: postgres.
    #[arg(long, value_name = "NAME")]
    pub dialect: Option<String>,
    /// The tool that runs the migrations, where it cannot be told from the files: sqlx, diesel, golang-migrate, goose, dbmate,
    /// refinery, flyway, prisma, drizzle, supabase, sqitch, liquibase or plain.
    #[arg(long, value_name = "NAME")]
    pub runner: Option<Runner>,
    /// The configuration [default: the nearest migsafe.toml above the project].
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// Which of the migrations are pending: not in production yet, and judged as one release.
#[derive(Debug, clap::Args)]
#[group(multiple = false)]
pub struct Pending {
    /// The migrations that this revision of git does not have: compared is where HEAD left it. The default, with the remote's
    /// default branch.
    #[arg(long, value_name = "REVISION", help_heading = "Which migrations are judged")]
    pub base: Option<String>,
    /// The migrations that the next commit changes, as they are in git's index; for hooks.
    #[arg(long, help_heading = "Which migrations are judged")]
    pub staged: bool,
    /// The migrations after this version.
    #[arg(long, value_name = "VERSION", help_heading = "Which migrations are judged")]
    pub since: Option<String>,
    /// Every migration, each as a release of its own; the default where there is no git repository with a remote.
    #[arg(long, help_heading = "Which migrations are judged")]
    pub all: bool,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum When {
    Auto,
    Always,
    Never,
}

/// How to print a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PlanFormat {
    /// A timeline for people.
    Human,
    /// For programs: the document of `lint` with the plan.
    Json,
    /// For a change request.
    Markdown,
    /// One page that needs nothing else.
    Html,
}

/// How to print what was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LintFormat {
    /// For people.
    Human,
    /// For programs: one document.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Annotations in a GitHub workflow.
    Github,
    /// GitLab's code quality report.
    Gitlab,
    /// Test results as XML.
    Junit,
    /// A comment on a pull request.
    Markdown,
}

/// How to print downs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DownFormat {
    /// For people: a script, or what was found.
    Human,
    /// For programs: the document of `lint`, with the downs.
    Json,
}

fn fail_on(text: &str) -> Result<Level, String> {
    match text.parse()? {
        Level::Off => Err("it is one of error, warning, info".into()),
        level => Ok(level),
    }
}
