//! What each runner does with files: one entry per runner in [`LAYOUTS`], and every fact of a runner in its own module.
//!
//! An entry *recognises* a directory by its names and first lines, *arranges* the migrations in the order in which the
//! runner applies them, and *cuts* each text into what the runner sends. Modules name the file of the runner's own source
//! that shows each fact.

mod dbmate;
mod diesel;
mod down;
mod drizzle;
mod flyway;
mod golang_migrate;
mod goose;
mod liquibase;
mod pair;
mod plain;
mod prisma;
mod refinery;
mod sqitch;
mod sqlx;
mod supabase;

pub use down::DownsBy;
pub(super) use down::{Downs, Found, Home, Outside, Section, Spelling};

use std::ops::Range;
use std::path::{Path, PathBuf};

use super::applied::Applied;
use super::dir::Dir;
use super::error::ReadError;
use super::project::NoteKind;
use super::runner::Runner;
use crate::source::{MigrationKind, Transaction};

/// The facts of one runner.
pub(super) struct Layout {
    pub runner: Runner,
    /// Whether the directory holds this runner's migrations.
    pub recognise: fn(&Dir) -> bool,
    /// The migrations of a directory, in the order of application.
    pub arrange: fn(&Dir, &mut Notes) -> Result<Vec<Draft>, ReadError>,
    /// What is sent of a text.
    pub cut: Cut,
    /// Whether all pending migrations share one transaction.
    pub one_transaction: bool,
    /// The table in which the runner notes what is applied, in the default schema; empty where it has a schema of its own or none.
    pub table: &'static str,
    /// What it does about migrations that it applied and that are not what they were.
    pub applied: Applied,
    /// What to do so that a statement runs outside a transaction.
    pub outside_transaction: &'static str,
    /// The ways back.
    pub downs: Downs,
}

/// In the order in which they are tried: an entry before another is more particular about what it recognises.
pub(super) static LAYOUTS: [Layout; 13] = [
    sqitch::LAYOUT,
    supabase::LAYOUT,
    drizzle::LAYOUT,
    prisma::LAYOUT,
    diesel::LAYOUT,
    liquibase::LAYOUT,
    goose::LAYOUT,
    dbmate::LAYOUT,
    refinery::LAYOUT,
    flyway::LAYOUT,
    sqlx::LAYOUT,
    golang_migrate::LAYOUT,
    plain::LAYOUT,
];

/// Where projects keep their migrations, the more particular first.
pub(super) const PLACES: [&str; 25] = [
    "prisma/migrations",
    "supabase/migrations",
    "src/main/resources/db/migration",
    "src/main/resources/db/migrations",
    "src/main/resources/db/changelog",
    "migrations",
    "db/migrations",
    "db/migration",
    "db/migrate",
    "db/changelog",
    "database/migrations",
    "drizzle/migrations",
    "drizzle",
    "src/db/migrations",
    "src/migrations",
    "src/drizzle",
    "sql/migrations",
    "schema/migrations",
    "migration",
    "migrate",
    "changelog",
    "sqitch",
    "db",
    "sql",
    "schema",
];

/// The entry of a runner.
pub(super) fn of(runner: Runner) -> &'static Layout {
    LAYOUTS.iter().find(|layout| layout.runner == runner).expect("every runner has an entry")
}

/// The entry that recognises a directory.
pub(super) fn recognise(dir: &Dir) -> Option<&'static Layout> {
    LAYOUTS.iter().find(|layout| (layout.recognise)(dir))
}

/// What names and side files say of a migration, before its script is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Draft {
    pub version: String,
    pub name: String,
    pub kind: MigrationKind,
    pub up: PathBuf,
    pub down: Option<PathBuf>,
    /// Where the down would be, where a side file says so.
    pub down_at: Option<PathBuf>,
    /// What a side file says of the transaction; it goes before the text's own word.
    pub transaction: Option<Transaction>,
    /// What one says of the down's.
    pub down_transaction: DownTransaction,
    /// How the runner's table names it, where that is neither its version nor its name.
    pub entry: Option<String>,
}

/// What a side file says of a down's transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DownTransaction {
    /// What it says of the up's.
    AsUp,
    /// The down has a side file of its own, or none.
    Own(Option<Transaction>),
}

impl Draft {
    /// The same for the down's text.
    pub fn of_down(&self) -> Draft {
        let transaction = match self.down_transaction {
            DownTransaction::AsUp => self.transaction,
            DownTransaction::Own(transaction) => transaction,
        };
        Draft { transaction, ..self.clone() }
    }

    /// A versioned migration without a down, whose text alone decides about transactions.
    pub fn new(version: impl Into<String>, name: impl Into<String>, up: PathBuf) -> Self {
        let (version, name) = (version.into(), name.into());
        let down_transaction = DownTransaction::AsUp;
        Draft {
            version,
            name,
            kind: MigrationKind::Versioned,
            up,
            down: None,
            down_at: None,
            transaction: None,
            down_transaction,
            entry: None,
        }
    }
}

/// How texts become what is sent.
pub(super) enum Cut {
    /// A file is one script, sent as one piece; its text says in which transaction.
    Whole(fn(&str, &mut Remarks) -> Transaction),
    /// A file has sections, or several migrations.
    Pieces(fn(&str, &Draft, &mut Remarks) -> Vec<Piece>),
}

/// One migration of a file that has sections.
#[derive(Debug, Default)]
pub(super) struct Piece {
    /// Where the file holds several migrations: this one's own version and name.
    pub identity: Option<(String, String)>,
    /// Applied again whenever changed.
    pub repeatable: bool,
    pub up: Part,
    pub down: Option<Part>,
}

/// One direction of a [`Piece`].
#[derive(Debug)]
pub(super) struct Part {
    pub chunks: Vec<Range<usize>>,
    pub transaction: Transaction,
    /// A text to take the chunks from instead of the file's: of the same length, with blanks for what is not sent.
    pub masked: Option<String>,
}

impl Part {
    /// One chunk.
    pub fn one(chunk: Range<usize>, transaction: Transaction) -> Self {
        Part { chunks: vec![chunk], transaction, masked: None }
    }

    /// One chunk in the runner's transaction.
    pub fn wrapped(chunk: Range<usize>) -> Self {
        Part::one(chunk, Transaction::Wrapped)
    }
}

impl Default for Part {
    fn default() -> Self {
        Part { chunks: Vec::new(), transaction: Transaction::Wrapped, masked: None }
    }
}

/// What cutting a text has to tell: a kind, the offset in the text, the message.
pub(super) type Remarks = Vec<(NoteKind, usize, String)>;

/// What arranging a directory has to tell.
#[derive(Debug, Default)]
pub(super) struct Notes {
    pub told: Vec<(NoteKind, PathBuf, String)>,
    /// The schema of the runner's table, as its configuration names it.
    pub registry: Option<String>,
}

impl Notes {
    pub fn not_read(&mut self, path: PathBuf, message: impl Into<String>) {
        self.told.push((NoteKind::NotRead, path, message.into()));
    }

    pub fn not_sql(&mut self, path: PathBuf, message: impl Into<String>) {
        self.told.push((NoteKind::NotSql, path, message.into()));
    }

    pub fn refused(&mut self, path: PathBuf, message: impl Into<String>) {
        self.told.push((NoteKind::Refused, path, message.into()));
    }

    pub fn odd(&mut self, path: PathBuf, message: impl Into<String>) {
        self.told.push((NoteKind::Odd, path, message.into()));
    }
}

/// Tells of versions that stand twice among sorted drafts. `stops` says what the runner does about it.
fn note_duplicates(drafts: &[Draft], same: impl Fn(&Draft, &Draft) -> bool, stops: &str, notes: &mut Notes) {
    for pair in drafts.windows(2).filter(|pair| same(&pair[0], &pair[1])) {
        notes.refused(pair[1].up.clone(), duplicate(pair, stops));
    }
}

fn duplicate(pair: &[Draft], stops: &str) -> String {
    format!("version {} is that of {} too: {stops}", pair[1].version, file_name(&pair[0].up))
}

/// Tells of SQL files in subdirectories of a runner that reads one level only.
fn note_subdirectories(dir: &Dir, runner: &str, notes: &mut Notes) {
    for name in dir.dirs.iter().filter(|name| !name.starts_with('.')) {
        if dir.other(&dir.at(name)).is_ok_and(|sub| sub.sql().next().is_some()) {
            notes.not_read(dir.at(name), format!("{runner} does not look into subdirectories"));
        }
    }
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The text with everything outside of `kept` blanked, so that offsets, lines and columns stay.
fn masked(text: &str, kept: &[Range<usize>]) -> String {
    let mut result = String::with_capacity(text.len());
    let mut at = 0;
    for range in kept {
        blank(&text[at..range.start], &mut result);
        result.push_str(&text[range.clone()]);
        at = range.end;
    }
    blank(&text[at..], &mut result);
    result
}

fn blank(text: &str, result: &mut String) {
    for character in text.chars() {
        match character {
            '\n' | '\r' => result.push(character),
            // As many bytes and, for ASCII, as many columns as before.
            _ => result.extend(std::iter::repeat_n(' ', character.len_utf8())),
        }
    }
}

/// The lines of a text with the offset at which each begins; line ends are left out.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split_inclusive('\n').scan(0, |at, line| {
        let start = *at;
        *at += line.len();
        Some((start, line.trim_end_matches(['\n', '\r'])))
    })
}
