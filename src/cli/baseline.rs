//! The baseline's file: found, applied to what was judged, and written.

use super::args::Common;
use super::output::{self, complain};
use super::{Failure, Outcome};
use migsafe::Lint;
use migsafe::baseline::{Baseline, FILE_NAME};
use migsafe::config::Config;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The project's baseline, and where it is.
pub struct Found {
    path: PathBuf,
    baseline: Baseline,
}

impl Found {
    /// Reads the baseline that is configured, or that lies in the usual place. `write` says that it is about to be written, and
    /// where to, if that was said.
    pub fn read(write: Option<Option<&Path>>, config: &Config, root: &Path) -> Result<Found, Failure> {
        let here = std::env::current_dir().unwrap_or_default();
        let path = match write.flatten() {
            Some(path) => path.to_owned(),
            None => root.join(config.baseline.as_deref().unwrap_or(FILE_NAME)),
        };
        let path = path.strip_prefix(&here).map(Path::to_owned).unwrap_or(path);
        let is_optional = write.is_some() || config.baseline.is_none();
        let baseline = match fs::read_to_string(&path) {
            Ok(text) => match Baseline::parse(&text) {
                Ok(baseline) => baseline,
                // What cannot be read is replaced.
                Err(_) if write.is_some() => Baseline::default(),
                Err(error) => return Err(Failure(format!("{}: {error}", path.display()))),
            },
            Err(error) if error.kind() == ErrorKind::NotFound && is_optional => Baseline::default(),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let advice = "`migsafe lint --all --write-baseline` writes it";
                return Err(Failure(format!("{}: the baseline does not exist; {advice}", path.display())));
            }
            Err(error) => return Err(Failure(format!("{}: cannot be read: {error}", path.display()))),
        };
        Ok(Found { path, baseline })
    }

    /// Marks what is accepted, and tells what is accepted without need.
    pub fn apply(&self, judged: &mut [Lint<'_>], common: &Common) {
        let fixed = self.baseline.apply(judged);
        if let (Some(first), false) = (fixed.first(), common.quiet) {
            let what = match fixed.len() {
                1 => format!("{} in {} is fixed", first.rule, first.migration),
                more => format!("{more} accepted findings are fixed, the first {} in {}", first.rule, first.migration),
            };
            complain("note", &format!("{}: {what}; --write-baseline takes it out", self.path.display()));
        }
    }

    /// Accepts everything that is found now.
    pub fn renew(&self, judged: &[Lint<'_>], common: &Common) -> Result<Outcome, Failure> {
        let renewed = self.baseline.renewed(judged);
        output::write(&renewed.render(), Some(&self.path))?;
        if !common.quiet {
            let dropped = self.baseline.entries.difference(&renewed.entries).count();
            let added = renewed.entries.difference(&self.baseline.entries).count();
            let count = renewed.entries.len();
            complain("note", &format!("{}: {count} accepted findings: {added} new, {dropped} dropped", self.path.display()));
        }
        Ok(Outcome::Success)
    }
}
