//! Where text goes: standard output, a file that appears whole or not at all, and standard error.

use super::Failure;
use super::args::{Common, When};
use anstream::AutoStream;
use migsafe::read::Edit;
use migsafe::report::{Detail, Look, escape};
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::path::Path;

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

/// Makes edits of files, one after the other, each whole or not at all; gives the paths written. Where one fails, the error says which
/// were written before it.
pub fn write_edits(edits: &[Edit]) -> Result<Vec<&Path>, Failure> {
    let mut written = Vec::with_capacity(edits.len());
    for edit in edits {
        if let Err(error) = make(edit) {
            let done: Vec<String> = written.iter().map(|path: &&Path| path.display().to_string()).collect();
            let left = edits.len() - written.len();
            let done =
                if done.is_empty() { "nothing was written".into() } else { format!("written before it: {}", done.join(", ")) };
            return Err(Failure(format!("{}: cannot be written: {error}; {done}; {left} not written", edit.path.display())));
        }
        written.push(edit.path.as_path());
    }
    Ok(written)
}

fn make(edit: &Edit) -> io::Result<()> {
    let refuse = |message: &str| Err(io::Error::new(ErrorKind::PermissionDenied, message));
    let Some(before) = &edit.before else {
        if fs::symlink_metadata(&edit.path).is_ok() {
            return refuse("something is there that was not read");
        }
        if let Some(dir) = edit.path.parent().filter(|dir| !dir.as_os_str().is_empty()) {
            fs::create_dir_all(dir)?;
        }
        return beside(
            &edit.path,
            |file| file.write_all(edit.after.as_bytes()),
            |new| {
                // Unlike a rename, a link takes nobody's place.
                fs::hard_link(new, &edit.path).or_else(|error| match error.kind() {
                    ErrorKind::AlreadyExists => refuse("something is there that was not read"),
                    _ => fs::rename(new, &edit.path),
                })?;
                fs::remove_file(new).or(Ok(()))
            },
        );
    };
    let path = fs::canonicalize(&edit.path)?;
    let metadata = fs::metadata(&path)?;
    if metadata.permissions().readonly() {
        return refuse("it is read-only");
    }
    let now = fs::read(&path)?;
    let mark = "\u{feff}".as_bytes();
    let (mark, text) = if now.starts_with(mark) { now.split_at(mark.len()) } else { now.split_at(0) };
    if text != before.as_bytes() {
        return refuse("it was changed while migsafe ran");
    }
    let fill = |file: &mut File| {
        file.set_permissions(metadata.permissions())?;
        keep_owner(file, &metadata);
        file.write_all(mark)?;
        file.write_all(edit.after.as_bytes())
    };
    beside(&path, fill, |new| fs::rename(new, &path))
}

/// The owner stays where the system lets it: root does not take files over.
#[cfg(unix)]
fn keep_owner(file: &File, metadata: &fs::Metadata) {
    use std::os::unix::fs::{MetadataExt, fchown};
    let _ = fchown(file, Some(metadata.uid()), Some(metadata.gid()));
}

#[cfg(not(unix))]
fn keep_owner(_: &File, _: &fs::Metadata) {}

/// Fills a new file beside `path`, makes sure that it is on the disk, and lets `place` put it where it belongs. The name begins with
/// a dot and is no runner's.
fn beside(
    path: &Path,
    fill: impl FnOnce(&mut File) -> io::Result<()>,
    place: impl FnOnce(&Path) -> io::Result<()>,
) -> io::Result<()> {
    let name = path.file_name().ok_or_else(|| io::Error::new(ErrorKind::InvalidInput, "it names no file"))?;
    let new = path.with_file_name(format!(".{}.{}.tmp", name.to_string_lossy(), std::process::id()));
    let write = || {
        let mut file = File::create_new(&new)?;
        fill(&mut file)?;
        file.sync_all()?;
        drop(file);
        place(&new)
    };
    write().inspect_err(|error| {
        if error.kind() != ErrorKind::AlreadyExists {
            // The first error is the one to tell.
            let _ = fs::remove_file(&new);
        }
    })
}

/// Writes beside the file and renames, so that nobody ever sees half of it.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    beside(&path, |file| file.write_all(text.as_bytes()), |new| fs::rename(new, &path))
}

/// Says something on standard error. Nothing can be done where that is closed.
pub fn complain(level: &str, message: &str) {
    let _ = writeln!(io::stderr(), "{level}: {}", escape(message));
}
