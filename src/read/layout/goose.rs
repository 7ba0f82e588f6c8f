//! goose. Facts: `migration.go` (`NumericComponent`: the number before the first `_`), `provider_collect.go` (which files, duplicates),
//! `internal/sqlparser/parser.go` (the state machine of annotations and semicolons that [`cut`] follows line by line),
//! `migration_sql.go` (statements are sent one by one, in a transaction unless `NO TRANSACTION`).

use std::ops::Range;

use super::{
    Cut, Downs, DownsBy, Draft, Found, Home, Layout, Notes, Outside, Part, Piece, Remarks, Section as DownSection, Spelling,
    lines, note_duplicates, note_subdirectories,
};
use crate::read::applied::{Applied, Edited, KnownBy, Late, Reaction};
use crate::read::dir::Dir;
use crate::read::error::ReadError;
use crate::read::name::compare_numbers;
use crate::read::project::NoteKind;
use crate::read::runner::Runner;
use crate::source::Transaction;

pub(super) const LAYOUT: Layout = Layout {
    runner: Runner::Goose,
    recognise,
    arrange,
    cut: Cut::Pieces(cut),
    one_transaction: false,
    table: "goose_db_version",
    // `up.go`: migrations that are missing before the current version are an error unless allowed.
    applied: Applied {
        known_by: KnownBy::Version,
        edited: Edited::Unnoticed,
        renamed: Reaction::Unnoticed,
        deleted: Reaction::Unnoticed,
        late: Late::Stops,
    },
    outside_transaction: "put it into a file of its own that says `-- +goose NO TRANSACTION`",
    downs: Downs { by: DownsBy::Runner, home: Home::Section(DOWN), outside: Outside::AsUp },
};

fn recognise(dir: &Dir) -> bool {
    dir.heads().iter().any(|head| head.lines().any(|line| line.starts_with("--") && line.contains("+goose")))
}

fn arrange(dir: &Dir, notes: &mut Notes) -> Result<Vec<Draft>, ReadError> {
    let mut drafts = Vec::with_capacity(dir.files.len());
    for file in dir.files.iter().filter(|file| !file.starts_with('.')) {
        let (stem, sql) = match (file.strip_suffix(".sql"), file.strip_suffix(".go")) {
            (Some(stem), _) => (stem, true),
            (None, Some(stem)) if !stem.ends_with("_test") => (stem, false),
            (None, _) => continue,
        };
        match stem.split_once('_').filter(|(version, _)| version.parse::<i64>().is_ok_and(|version| version > 0)) {
            Some((version, name)) if sql => drafts.push(Draft::new(version, name, dir.at(file))),
            Some(_) => notes.not_sql(dir.at(file), "a migration written in Go: its SQL is not known"),
            None if sql => notes.not_read(dir.at(file), "not named <version>_<name>.sql, so goose ignores it or stops"),
            None => {}
        }
    }
    drafts.sort_by(|a, b| compare_numbers(&a.version, &b.version));
    let same = |a: &Draft, b: &Draft| compare_numbers(&a.version, &b.version).is_eq();
    note_duplicates(&drafts, same, "goose stops with an error", notes);
    note_subdirectories(dir, "goose", notes);
    Ok(drafts)
}

/// Where in the file the machine is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Section {
    Start,
    Up,
    Down,
}

/// The statements found so far. A chunk reaches from the end of the one before it, so that it keeps its comments.
struct Machine<'a> {
    section: Section,
    /// Between `StatementBegin` and `StatementEnd`.
    block: bool,
    /// Whether a statement has begun.
    begun: bool,
    chunk_start: usize,
    up: Vec<Range<usize>>,
    down: Vec<Range<usize>>,
    transaction: bool,
    remarks: &'a mut Remarks,
}

fn cut(text: &str, _: &Draft, remarks: &mut Remarks) -> Vec<Piece> {
    let mut machine = Machine {
        section: Section::Start,
        block: false,
        begun: false,
        chunk_start: 0,
        up: Vec::new(),
        down: Vec::new(),
        transaction: true,
        remarks,
    };
    for (at, line) in lines(text) {
        machine.line(text, at, line);
    }
    machine.finish(text);
    let transaction = if machine.transaction { Transaction::Wrapped } else { Transaction::PerChunk };
    let has_down = machine.section == Section::Down;
    let part = |chunks| Part { chunks, transaction, masked: None };
    vec![Piece { up: part(machine.up), down: has_down.then(|| part(machine.down)), ..Piece::default() }]
}

impl Machine<'_> {
    fn line(&mut self, text: &str, at: usize, line: &str) {
        let trimmed = line.trim();
        let end = at + line.len();
        if trimmed.starts_with("--") && line.contains("+goose") {
            return self.annotation(text, at, line);
        }
        if !self.begun && (trimmed.starts_with("--") || trimmed.is_empty()) {
            return;
        }
        if self.section == Section::Start {
            self.refuse(at, "SQL before `-- +goose Up`: goose stops with an error");
            self.section = Section::Up;
        }
        self.begun = true;
        if !self.block && ends_with_semicolon(line) {
            self.store(end);
        }
    }

    fn annotation(&mut self, text: &str, at: usize, line: &str) {
        match annotation(line).as_str() {
            "UP" if self.section == Section::Start => self.section = Section::Up,
            "UP" => self.refuse(at, "a second `-- +goose Up`: goose stops with an error"),
            "DOWN" if self.section == Section::Up => {
                self.unfinished(text, at);
                self.section = Section::Down;
                self.chunk_start = at + line.len();
            }
            "DOWN" => self.refuse(at, "`-- +goose Down` does not follow `-- +goose Up`: goose stops with an error"),
            "STATEMENTBEGIN" => self.block = true,
            "STATEMENTEND" if self.block => {
                self.block = false;
                self.store(at);
            }
            "STATEMENTEND" => self.refuse(at, "`-- +goose StatementEnd` without a StatementBegin: goose stops with an error"),
            "NO TRANSACTION" => self.transaction = false,
            "ENVSUB ON" => {
                let message = "goose puts environment variables into what follows; it is judged as it stands";
                self.remarks.push((NoteKind::Odd, at, message.to_owned()));
            }
            "ENVSUB OFF" => {}
            _ => self.refuse(at, "not an annotation that goose knows: it stops with an error"),
        }
    }

    /// What was gathered since the last statement is one.
    fn store(&mut self, end: usize) {
        let chunk = self.chunk_start..end;
        match self.section {
            Section::Start | Section::Up => self.up.push(chunk),
            Section::Down => self.down.push(chunk),
        }
        self.chunk_start = end;
        self.begun = false;
    }

    /// A statement that the section's end cuts off. It is judged all the same.
    fn unfinished(&mut self, text: &str, at: usize) {
        if self.begun && !text[self.chunk_start..at].trim().is_empty() {
            self.refuse(at, "the statement before this has no `;` at the end of a line: goose stops with an error");
            self.store(at);
        }
    }

    fn finish(&mut self, text: &str) {
        if self.section == Section::Start && !text.trim().is_empty() {
            self.refuse(0, "no `-- +goose Up`: goose stops with an error");
        }
        if self.block {
            self.refuse(text.len(), "`-- +goose StatementEnd` is missing: goose stops with an error");
        }
        self.unfinished(text, text.len());
    }

    fn refuse(&mut self, at: usize, message: &str) {
        self.remarks.push((NoteKind::Refused, at, message.to_owned()));
    }
}

/// Whether the last word before a `--` ends with a semicolon.
fn ends_with_semicolon(line: &str) -> bool {
    line.split_whitespace().take_while(|word| !word.starts_with("--")).last().is_some_and(|word| word.ends_with(';'))
}

/// The word of a line that is an annotation.
fn annotation(line: &str) -> String {
    line.replace("--", "").replacen("+goose", "", 1).trim().to_ascii_uppercase()
}

/// The annotations of a file, with the lines that they stand on.
fn annotations(text: &str) -> impl Iterator<Item = (Range<usize>, String)> {
    let marked = lines(text).filter(|(_, line)| line.trim().starts_with("--") && line.contains("+goose"));
    marked.map(|(at, line)| (at..at + line.len(), annotation(line)))
}

const DOWN: DownSection = DownSection { find, spell, gap: 1 };

fn find(text: &str, _: usize) -> Result<Found, &'static str> {
    let mut rest = annotations(text).skip_while(|(_, word)| word != "UP");
    if rest.next().is_none() {
        return Err("its file has no `-- +goose Up`");
    }
    let down = rest.find(|(_, word)| word == "DOWN").map(|(line, _)| line);
    let inner = down.as_ref().map(|line| text[line.end..].to_owned());
    Ok(Found { at: text.len(), inner, lines: down.into_iter().map(|line| line.start..text.len()).collect() })
}

fn spell(text: &str, found: &Found, script: Spelling<'_>) -> Result<String, &'static str> {
    let mut out = String::new();
    let start = found.lines.first().map_or(found.at, |lines| lines.start);
    let switches = annotations(&text[..start]).filter(|(_, word)| word.starts_with("ENVSUB"));
    if switches.last().is_some_and(|(_, word)| word == "ENVSUB ON") {
        out.push_str("-- +goose ENVSUB OFF\n");
    }
    out.push_str("-- +goose Down\n");
    for chunk in script.chunks {
        let code = lines(chunk).find(|(_, line)| !line.trim().is_empty() && !line.trim().starts_with("--")).map(|(at, _)| at);
        let Some(code) = code else {
            out.push_str(chunk);
            continue;
        };
        let (comments, statement) = chunk.split_at(code);
        let is_simple = lines(statement.trim_end()).filter(|(_, line)| ends_with_semicolon(line)).count() == 1;
        out.push_str(comments);
        match is_simple {
            true => out.push_str(statement),
            false => {
                out.push_str("-- +goose StatementBegin\n");
                out.push_str(statement);
                out.push_str("-- +goose StatementEnd\n");
            }
        }
    }
    Ok(out)
}
