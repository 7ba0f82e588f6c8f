//! What reading gives: a project, and what there is to tell about it.

use std::path::PathBuf;

use super::runner::Runner;
use crate::source::{History, Sources, Span};

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
