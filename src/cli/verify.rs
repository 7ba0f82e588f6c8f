//! `migsafe verify`

use super::args::{Common, Verify as Args, VerifyFormat};
use super::output::{self, complain};
use super::pending::{self, Chosen};
use super::{Failure, Outcome, project};
use migsafe::dialect::{Dialect, ServerVersion};
use migsafe::verify::Server;
use migsafe::verify::prove::{Cause, Load, Proof, Wishes, prove};
use migsafe::{Options, lint, report};
use std::num::NonZeroUsize;
use std::time::Duration;

pub fn run(args: &Args, common: &Common) -> Result<Outcome, Failure> {
    let Chosen { projects, config, dialect, .. } = pending::choose(&args.project, &args.pending, common)?;
    projects.iter().for_each(|(project, _)| project::tell_refused(project, |_| false));
    let server = match (&args.database_url, &args.pg_bin) {
        (Some(url), _) => Server::at(url)?,
        (None, Some(directory)) => Server::start_from(directory)?,
        (None, None) => Server::start()?,
    };
    server.leave_nothing_when_interrupted()?;
    let version = version(&server, dialect)?;
    let mut proofs = Vec::new();
    let mut failures = 0;
    let judged: Vec<_> = projects
        .iter()
        .map(|(project, pending)| {
            let levels = config.levels.clone();
            let strategy = config.strategy.unwrap_or_default();
            (project, Options { dialect, version, strategy, levels, pending: pending.clone() })
        })
        .collect();
    let judged: Vec<_> = judged.iter().map(|(project, options)| lint(project, options)).collect();
    for judged in &judged {
        let count = judged.options.pending.migrations.len();
        let wishes = wishes(args);
        let mut done = 0;
        let mut progress = |migration: usize| {
            done += 1;
            if common.verbose {
                let file = judged.project.history.migrations[migration].file;
                complain("note", &format!("{done} of {count}: {}", judged.project.sources.path(file).display()));
            }
        };
        let (mut proof, database) = prove(&server, judged, wishes, &mut progress)?;
        if args.keep {
            proof.kept = Some(database.keep());
        }
        failures += proof.failures();
        proofs.push(proof);
    }
    let pairs: Vec<_> = judged.iter().zip(&proofs).collect();
    let file = args.output.as_deref();
    let text = match args.format {
        VerifyFormat::Human => report::verify_human(&pairs, output::look(common, file)),
        VerifyFormat::Json => report::verify_json(&pairs) + "\n",
        VerifyFormat::Markdown => report::verify_markdown(&pairs),
    };
    output::write(&text, file)?;
    if args.keep {
        server.keep();
    }
    match proofs.iter().find_map(server_ended) {
        Some(reason) => Err(Failure(format!("the server could not go on, so not all was verified: {reason}"))),
        None => Ok(if failures > 0 { Outcome::Findings } else { Outcome::Success }),
    }
}

fn wishes(args: &Args) -> Wishes {
    let cores = || std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let measured = args.rows.is_some() || args.load;
    Wishes {
        timeout: Duration::from_secs(args.statement_timeout),
        jobs: args.jobs.unwrap_or_else(|| if measured { NonZeroUsize::MIN } else { cores() }),
        rows: args.rows,
        load: if args.load { Load::OldApp } else { Load::None },
    }
}

/// Why the server left a proof unfinished, where it did.
fn server_ended(proof: &Proof) -> Option<&str> {
    proof.stopped.as_ref().filter(|stopped| stopped.cause == Cause::Server).map(|stopped| stopped.reason.as_str())
}

fn version(server: &Server, dialect: &dyn Dialect) -> Result<ServerVersion, Failure> {
    let major = u16::try_from(server.major()).unwrap_or_default();
    let known = dialect.versions();
    if known.contains(&major) {
        return Ok(ServerVersion { major, minor: 0 });
    }
    Err(Failure(format!("the server is {major}; known are {} to {}", known.start(), known.end())))
}
