//! `migsafe man`

use super::args::Args;
use super::{Failure, Outcome, output};
use clap::CommandFactory;

pub fn run() -> Result<Outcome, Failure> {
    let mut page = Vec::new();
    let command = Args::command();
    clap_mangen::Man::new(command.clone()).render(&mut page)?;
    // The commands' own options follow: one page holds all.
    for sub in command.get_subcommands() {
        let name = sub.get_name().to_owned();
        let man = clap_mangen::Man::new(sub.clone().bin_name(format!("migsafe {name}")));
        page.extend(format!(".SH MIGSAFE {}\n", name.to_uppercase()).into_bytes());
        man.render_description_section(&mut page)?;
        man.render_synopsis_section(&mut page)?;
        man.render_options_section(&mut page)?;
    }
    output::write(&String::from_utf8_lossy(&page), None)?;
    Ok(Outcome::Success)
}
