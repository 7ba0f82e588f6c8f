//! `migsafe completions`

use super::args::{Args, Completions};
use super::{Failure, Outcome, output};
use clap::CommandFactory;

pub fn run(args: &Completions) -> Result<Outcome, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "migsafe", &mut script);
    output::write(&String::from_utf8_lossy(&script), None)?;
    Ok(Outcome::Success)
}
