//! The texts that are judged, and how they are grouped: files, places in them, and the migrations that a runner would
//! find there. Everything later points back to a [`Span`]; nothing here knows SQL, files on disk or runners.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// One text among the [`Sources`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(u32);

/// A range of bytes in one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// The first byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The bytes from `start` up to `end` of `file`.
    pub fn new(file: FileId, start: usize, end: usize) -> Self {
        Span { file, start: start as u32, end: end as u32 }
    }

    /// The range of bytes, for slicing the file's text.
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }

    /// The smallest span that holds both; both lie in one file.
    pub fn to(self, other: Span) -> Span {
        Span { file: self.file, start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}

/// A 1-based position; columns count characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line, from 1.
    pub line: u32,
    /// The character in the line, from 1.
    pub column: u32,
}

#[derive(Debug)]
struct File {
    path: PathBuf,
    text: Arc<str>,
    /// Byte offsets at which lines begin, found when first asked for.
    lines: OnceLock<Vec<u32>>,
}

/// Every text of a run, by [`FileId`].
#[derive(Debug, Default)]
pub struct Sources {
    files: Vec<File>,
}

impl Sources {
    /// The greatest size of one text, in bytes: offsets are 32 bits wide.
    pub const MAX_BYTES: usize = u32::MAX as usize - 1;

    /// Keeps a text under the path by which it is shown. The text is at most [`Sources::MAX_BYTES`] long.
    pub fn add(&mut self, path: impl Into<PathBuf>, text: impl Into<Arc<str>>) -> FileId {
        let id = FileId(self.files.len() as u32);
        self.files.push(File { path: path.into(), text: text.into(), lines: OnceLock::new() });
        id
    }

    /// The path by which the file is shown.
    pub fn path(&self, file: FileId) -> &Path {
        &self.files[file.0 as usize].path
    }

    /// The file of that path.
    pub fn find(&self, path: &Path) -> Option<FileId> {
        self.files.iter().position(|file| file.path == path).map(|number| FileId(number as u32))
    }

    /// The whole text.
    pub fn text(&self, file: FileId) -> &str {
        &self.files[file.0 as usize].text
    }

    /// The text at a span.
    pub fn slice(&self, span: Span) -> &str {
        &self.text(span.file)[span.range()]
    }

    /// The span of a whole file.
    pub fn whole(&self, file: FileId) -> Span {
        Span::new(file, 0, self.text(file).len())
    }

    /// Line and column of a byte offset. An offset inside a character counts as that character's.
    pub fn position(&self, file: FileId, offset: u32) -> Position {
        let entry = &self.files[file.0 as usize];
        let lines = entry.lines.get_or_init(|| {
            std::iter::once(0)
                .chain(entry.text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(at, _)| at as u32 + 1))
                .collect()
        });
        let line = lines.partition_point(|start| *start <= offset);
        let start = lines[line - 1] as usize;
        let column = entry.text[start..].char_indices().take_while(|(at, _)| start + at < offset as usize).count();
        Position { line: line as u32, column: column as u32 + 1 }
    }

    /// The number of files.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether there is no file.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }
}

/// How a runner sends a script and what it wraps around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Transaction {
    /// The runner opens a transaction, sends everything, and commits.
    Wrapped,
    /// Each chunk goes to the server as one string. A server that makes an implicit transaction of a string with several
    /// statements (PostgreSQL's simple query protocol) commits at its end, or at a `COMMIT` inside.
    PerChunk,
    /// Each statement is sent and committed by itself, unless the script says `BEGIN`.
    PerStatement,
}

/// One direction of a migration: the text that is sent, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// What is sent, in order. Runners that cut their files (`StatementBegin`, `statement-breakpoint`) give several
    /// chunks, others the whole file or section as one.
    pub chunks: Vec<Span>,
    /// The transactions that the runner makes of it.
    pub transaction: Transaction,
}

/// What a runner does with a migration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MigrationKind {
    /// Applied once, in the order of versions.
    Versioned,
    /// Applied again whenever its text changes, after the versioned ones (Flyway's `R__`, Liquibase's `runOnChange`).
    Repeatable,
}

/// One unit that a runner applies: usually a file, for some runners a section of one or a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migration {
    /// What orders it and names it in the runner's table (`20240102030405`, `0003`, `1.2.1`).
    pub version: String,
    /// The rest of its name (`add_email`); may be empty.
    pub name: String,
    /// The file (or the file of the section) that holds the up script.
    pub file: FileId,
    /// Applied once or whenever changed.
    pub kind: MigrationKind,
    /// The forward direction.
    pub up: Script,
    /// The backward direction where the project has one, in its own file or in a section.
    pub down: Option<Script>,
}

/// The migrations of a project, in the order in which its runner applies them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct History {
    /// In the order of application.
    pub migrations: Vec<Migration>,
    /// Whether the runner applies all pending migrations inside one transaction (Drizzle).
    pub one_transaction: bool,
    /// Whether the runner also applies migrations that are not SQL: what they make is not known.
    pub partial: bool,
    /// The table in which the runner notes what it applied, which no migration makes; empty where it is none of the project's.
    pub runner_table: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_characters() {
        let mut sources = Sources::default();
        let file = sources.add("a.sql", "é x\r\nß\n");
        let at = |offset| {
            let Position { line, column } = sources.position(file, offset);
            (line, column)
        };
        assert_eq!([at(0), at(3), at(6), at(8), at(9)], [(1, 1), (1, 3), (2, 1), (2, 2), (3, 1)]);
    }
}
