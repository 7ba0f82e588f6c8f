//! What reading gives: a project, and what there is to tell about it.

use std::path::PathBuf;

use super::runner::Runner;
use crate::source::{FileId, History, Migration, Sources, Span};
use std::collections::HashMap;

/// The migrations of one project, as its runner would find them.
#[derive(Debug)]
pub struct Project {
    /// The directory that holds the migrations; for a single file the file, for standard input `-`.
    pub root: PathBuf,
    /// The runner whose rules were followed.
    pub runner: Runner,
    /// Every text that was read.
    pub sources: Sources,
    /// The migrations in the order of application.
    pub history: History,
    /// What the reader left out, and what the runner would object to.
    pub notes: Vec<ReadNote>,
    /// Where files or directories inside the project were asked for: the places in [`History::migrations`] that they name. A
    /// down file names none. `None` where the whole project was asked for.
    pub selected: Option<Vec<usize>>,
    /// For each migration the file that its way back is in or would be in, where that is a file of its own.
    pub(super) down_files: Vec<Option<PathBuf>>,
    /// How the runner's own table speaks of the migrations.
    pub entries: Entries,
    /// What a revision of git already has, where the project was compared with one. The history then is not that of the files: it
    /// begins with the released migrations as they were released, and ends with the new ones.
    pub released: Option<Released>,
}

/// What is to be known of the runner's own table beside the versions and names of migrations.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entries {
    /// The schema of the table, where the runner's configuration names one.
    pub schema: Option<String>,
    /// How the table names the migration of a file, where that is neither its version nor its name.
    pub of: HashMap<FileId, String>,
}

/// What a revision of git has of a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Released {
    /// What the revision is called.
    pub revision: String,
    /// How many migrations it has: the first ones of the history.
    pub count: usize,
    /// Those of them that are not any more what they were.
    pub altered: Vec<Altered>,
    /// New migrations that are ordered before released ones.
    pub late: Vec<LateMigration>,
    /// Where only the next commit's changes are reported: the new migrations that it touches, by their places in the history.
    pub staged: Option<Vec<usize>>,
}

/// A released migration that is not what it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Altered {
    /// Its place in the history, which has it as it was released.
    pub migration: usize,
    /// What became of it.
    pub now: Alteration,
}

/// What became of a released migration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Alteration {
    /// It has another text, or another name, which this is.
    Edited(Migration),
    /// It is gone, and a new migration has its text: the place of that in the history.
    Renamed {
        /// The place of the new migration in the history.
        to: usize,
    },
    /// It is gone.
    Deleted,
}

/// A new migration that is ordered before a released one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LateMigration {
    /// Its place in the history.
    pub migration: usize,
    /// What stands in its way.
    pub by: LateBy,
    /// The newest released one, or the twin. It may have been released after the history was left.
    pub released: Migration,
}

/// Why a new migration comes too late.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LateBy {
    /// A released one is ordered after it.
    Newer,
    /// A released one has its version.
    Twin,
}

/// Something that the user must hear about the files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadNote {
    /// How much it matters.
    pub kind: NoteKind,
    /// The file or directory.
    pub path: PathBuf,
    /// The place in the file, if it is about one.
    pub span: Option<Span>,
    /// What there is to say.
    pub message: String,
}

/// What a [`ReadNote`] means for the judgement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NoteKind {
    /// The runner would stop here with an error.
    Refused,
    /// It was left out: it is not judged.
    NotRead,
    /// The runner applies it, but it is not SQL: the schema is not fully known from here on.
    NotSql,
    /// It was read, but there is something about it.
    Odd,
}
