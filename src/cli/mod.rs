//! The command line: what was typed becomes calls of the library, what they give goes to the terminal. The only place that
//! prints. Exit codes: 0 nothing serious found, 1 findings, 2 the tool could not do its job.

mod args;
mod baseline;
mod completions;
mod down;
mod explain;
mod hook;
mod init;
mod lint;
mod man;
mod output;
mod pending;
mod plan;
mod project;
mod schema;
#[cfg(feature = "verify")]
mod verify;

use args::{Args, Command};
use clap::Parser;
use std::panic;
use std::process::ExitCode;

/// How a command ended.
pub enum Outcome {
    /// Nothing at or above the severity that fails.
    Success,
    /// Findings.
    Findings,
}

/// Why a command could not do its job: what to print after `error: `.
#[derive(Debug)]
pub struct Failure(pub String);

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Failure(error.to_string())
    }
}

/// Runs the command that was typed.
pub fn main() -> ExitCode {
    panic::set_hook(Box::new(|bug| {
        let text = format!("migsafe has a bug: {bug}\nplease report it together with the migration that it was reading");
        output::complain("error", &text);
    }));
    let args = Args::parse();
    let result = panic::catch_unwind(panic::AssertUnwindSafe(|| migsafe::lint::on_pool(|| run(args))));
    match result {
        Ok(Ok(Outcome::Success)) => ExitCode::SUCCESS,
        Ok(Ok(Outcome::Findings)) => ExitCode::from(1),
        Ok(Err(Failure(message))) => {
            output::complain("error", &message);
            ExitCode::from(2)
        }
        Err(_) => ExitCode::from(2),
    }
}

fn run(args: Args) -> Result<Outcome, Failure> {
    match args.command {
        Command::Lint(lint) => lint::run(&lint, &args.common),
        Command::Down(down) => down::run(&down, &args.common),
        Command::Plan(plan) => plan::run(&plan, &args.common),
        #[cfg(feature = "verify")]
        Command::Verify(verify) => verify::run(&verify, &args.common),
        Command::Schema(schema) => schema::run(&schema, &args.common),
        Command::Explain(explain) => explain::run(&explain, &args.common),
        Command::Init(init) => init::run(&init, &args.common),
        Command::Hook(hook) => hook::run(&hook),
        Command::Man(_) => man::run(),
        Command::Completions(completions) => completions::run(&completions),
    }
}
