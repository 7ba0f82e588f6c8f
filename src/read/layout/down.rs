//! Where a migration's way back goes, as facts: in a file of its own or in a part of the migration's file, run by whom, and what
//! keeps it out of a transaction. The sections of runners that have them are found and spelt in those runners' modules.

use super::{Draft, file_name};
use crate::read::name::strip_ending;
use crate::source::Transaction;
use std::ops::Range;
use std::path::PathBuf;

/// The way back, as a runner wants it.
pub(in crate::read) struct Downs {
    /// Who runs it.
    pub by: DownsBy,
    /// Where it goes.
    pub home: Home,
    /// What keeps it out of a transaction.
    pub outside: Outside,
}

/// Who runs the way back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DownsBy {
    /// The runner itself.
    Runner,
    /// The runner knows none: somebody hands the file to the database, as `psql -f` does.
    Hand,
}

/// Where the way back of a migration goes.
pub(in crate::read) enum Home {
    /// Into a file of its own: its path, unless the migration is of a kind that has no way back.
    File(fn(&Draft) -> Option<PathBuf>),
    /// Into a part of the migration's file.
    Section(Section),
}

/// A part of a migration's file.
pub(in crate::read) struct Section {
    /// The part that belongs to the migration whose up begins at an offset; what is missing for it where it cannot have one.
    pub find: fn(&str, usize) -> Result<Found, &'static str>,
    /// The part with this script, spelt as the runner wants it, lines ended with `\n`; what stands in the way where it cannot be spelt.
    pub spell: fn(&str, &Found, Spelling<'_>) -> Result<String, &'static str>,
    /// How many empty lines set a new one off.
    pub gap: usize,
}

/// Where a section is, or where it would begin.
#[derive(Debug, Default)]
pub(in crate::read) struct Found {
    /// The lines that are the section, its marks included: to be replaced.
    pub lines: Vec<Range<usize>>,
    /// Where a new one begins.
    pub at: usize,
    /// What the section holds, without marks; nothing where there is no section.
    pub inner: Option<String>,
}

/// What a section is to hold.
pub(in crate::read) struct Spelling<'a> {
    /// The statements with the comments above them, each ended by its `;`.
    pub chunks: &'a [String],
    /// Whether the section runs in a transaction.
    pub transactional: bool,
}

/// What keeps a way back out of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::read) enum Outside {
    /// The first line of its file. The file is still sent as one string, which the server runs as one transaction if it holds
    /// several statements.
    FirstLine(&'static str),
    /// An option of its section, which is sent as one string.
    Option,
    /// What the migration says of its up; sent as one string.
    AsUpInOne,
    /// What the migration says of its up; sent statement by statement.
    AsUp,
    /// Nothing need be said, but it is sent as one string.
    Alone,
    /// The runner finds out, and refuses a mixture.
    Detected,
    /// Sent statement by statement: transactions are the script's own.
    ByScript,
}

impl Outside {
    /// The transactions of a way back that needs to be in one or may not be, with the transactions of the up; why not, where it
    /// cannot be had.
    pub fn transaction(self, up: Transaction, transactional: bool, statements: usize) -> Result<Transaction, &'static str> {
        const SEVERAL: &str = "it cannot run inside a transaction and has several statements, which this runner sends as one \
            string, that is in one transaction: make a migration for each of them";
        let in_one = |alone: Transaction| match statements {
            0 | 1 => Ok(alone),
            _ => Err(SEVERAL),
        };
        match (self, transactional, up) {
            (Outside::FirstLine(_) | Outside::Option | Outside::Detected, true, _) => Ok(Transaction::Wrapped),
            (Outside::Alone, true, _) => Ok(Transaction::PerChunk),
            (Outside::FirstLine(_) | Outside::Option | Outside::Alone, false, _) => in_one(Transaction::PerChunk),
            (Outside::Detected | Outside::ByScript, false, _) | (Outside::ByScript, true, _) => Ok(Transaction::PerStatement),
            (Outside::AsUp | Outside::AsUpInOne, false, Transaction::Wrapped) => Err(
                "it cannot run inside a transaction, and what this runner says of transactions holds for up and down together: \
                    it would take the up out of its transaction too",
            ),
            (Outside::AsUpInOne, false, up) => in_one(up),
            (Outside::AsUp, false, up) | (Outside::AsUp | Outside::AsUpInOne, true, up) => Ok(up),
        }
    }
}

/// `x.down.sql` beside `x.sql` or `x.up.sql`.
pub(super) fn beside(draft: &Draft) -> Option<PathBuf> {
    let name = file_name(&draft.up);
    let stem = strip_ending(&name, ".sql")?;
    let stem = strip_ending(stem, ".up").unwrap_or(stem);
    Some(draft.up.with_file_name(format!("{stem}.down.sql")))
}

/// `down.sql` in the migration's directory.
pub(super) fn in_directory(draft: &Draft) -> Option<PathBuf> {
    Some(draft.up.with_file_name("down.sql"))
}
