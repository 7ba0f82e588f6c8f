//! Why a project could not be read, and what to do about it.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Why nothing can be judged. Every message names the path and the next step.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// Nothing lies at the path.
    #[error("{}: no such file or directory; check the spelling and the working directory", Shown(.path))]
    Missing {
        /// What was asked for.
        path: PathBuf,
    },
    /// The operating system refuses.
    #[error("{}: cannot be read: {source}", Shown(.path))]
    Unreadable {
        /// The file or directory.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A pipe, device or socket where a file should be.
    #[error("{}: not a regular file; to judge what a command prints, use `-`", Shown(.path))]
    NotAFile {
        /// What was asked for.
        path: PathBuf,
    },
    /// Some byte is not UTF-8.
    #[error(
        "{}:{line}: not UTF-8 at byte {offset}; convert it, for example with `iconv -f ISO-8859-1 -t UTF-8`",
        Shown(.path)
    )]
    NotUtf8 {
        /// The file.
        path: PathBuf,
        /// The line of the first bad byte, from 1.
        line: usize,
        /// The offset of the first bad byte.
        offset: usize,
    },
    /// A UTF-16 or UTF-32 byte order mark.
    #[error("{}: encoded as {encoding}, which PostgreSQL and the runners reject; convert it with `iconv -f {encoding} -t UTF-8`", Shown(.path))]
    Utf16 {
        /// The file.
        path: PathBuf,
        /// The name that `iconv` knows.
        encoding: &'static str,
    },
    /// A NUL byte, which no SQL text holds.
    #[error("{}: has a NUL byte at {offset}: a binary file, or text in another encoding; save it as UTF-8 or leave it out", Shown(.path))]
    Binary {
        /// The file.
        path: PathBuf,
        /// The offset of the first NUL.
        offset: usize,
    },
    /// More than is judged.
    #[error(
        "{}: {} MiB is more than the {} MiB that are read of one migration; load data outside of migrations",
        Shown(.path), .bytes >> 20, .limit >> 20
    )]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size.
        bytes: u64,
        /// The greatest size.
        limit: u64,
    },
    /// A plan, journal or changelog that the runner would not accept either.
    #[error("{}: {message}", Shown(.path))]
    SideFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, with the line where it is known.
        message: String,
    },
    /// No migration was found.
    #[error("{}: holds no migrations{}; {advice}", Shown(.path), .runner.map(|name| format!(" that {name} would run")).unwrap_or_default())]
    NoMigrations {
        /// Where they were looked for.
        path: PathBuf,
        /// The runner whose rules were followed.
        runner: Option<&'static str>,
        /// What to try.
        advice: &'static str,
    },
}

/// A path for messages: no control character of a hostile file name reaches a terminal.
pub(super) struct Shown<'a>(pub &'a Path);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.to_string_lossy().chars() {
            if character.is_control() { write!(f, "{}", character.escape_default())? } else { write!(f, "{character}")? }
        }
        Ok(())
    }
}
