//! Where text goes: standard output, a file that appears whole or not at all, and standard error.

use super::Failure;
use super::args::{Common, When};
use anstream::AutoStream;
use migsafe::report::{Detail, Look, escape};
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::path::{Path, PathBuf};

/// The width where there is no terminal to ask.
const USUAL_WIDTH: usize = 120;

/// How a report shall look where it goes.
pub fn look(common: &Common, file: Option<&Path>) -> Look {
    let color = match common.color {
        When::Always => true,
        When::Never => false,
        When::Auto => file.is_none() && AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never,
    };
    let detail = match (common.quiet, common.verbose) {
        (true, _) => Detail::Quiet,
        (_, true) => Detail::Verbose,
        (false, false) => Detail::Usual,
    };
    let is_terminal = file.is_none() && io::stdout().is_terminal();
    let terminal = || terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
    let width = if is_terminal { terminal() } else { None };
    Look { color, width: width.unwrap_or(USUAL_WIDTH).max(40), detail }
}

/// Writes to a file, or to standard output. A reader that has seen enough is no failure.
pub fn write(text: &str, file: Option<&Path>) -> Result<(), Failure> {
    let Some(path) = file else {
        let mut stdout = io::stdout().lock();
        let written = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
        return match written {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Failure(format!("standard output: {error}"))),
            _ => Ok(()),
        };
    };
    let written = match fs::metadata(path) {
        // A pipe or a device cannot be replaced.
        Ok(metadata) if !metadata.is_file() && !metadata.is_dir() => {
            OpenOptions::new().write(true).open(path).and_then(|mut file| file.write_all(text.as_bytes()))
        }
        _ => replace(path, text),
    };
    written.map_err(|error| Failure(format!("{}: cannot be written: {error}", path.display())))
}

/// Writes beside the file and renames, so that nobody ever sees half of it.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let name = path.file_name().ok_or_else(|| io::Error::new(ErrorKind::InvalidInput, "it names no file"))?;
    let mut beside = name.to_owned();
    beside.push(format!(".{}.tmp", std::process::id()));
    let beside: PathBuf = path.with_file_name(beside);
    let fill = || {
        let mut file = File::create_new(&beside)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&beside, &path)
    };
    fill().inspect_err(|error| {
        if error.kind() != ErrorKind::AlreadyExists {
            // The first error is the one to tell.
            let _ = fs::remove_file(&beside);
        }
    })
}

/// Says something on standard error. Nothing can be done where that is closed.
pub fn complain(level: &str, message: &str) {
    let _ = writeln!(io::stderr(), "{level}: {}", escape(message));
}
