//! dbmate. Facts: `pkg/dbmate/db.go` (the name pattern `^(\d+).*\.sql$`, order of file names; a section is sent as one string, in a
//! transaction by default), `pkg/dbmate/migration.go` (the sections and their options).

use std::ops::Range;

use super::{
    Cut, Downs, DownsBy, Draft, Found, Home, Layout, Notes, Outside, Part, Piece, Remarks, Section, Spelling, lines,
    note_duplicates, note_subdirectories,
};
use crate::read::applied::{Applied, Edited, KnownBy, Late, Reaction};
use crate::read::dir::Dir;
use crate::read::error::ReadError;
use crate::read::name::leading_number;
use crate::read::project::NoteKind;
use crate::read::runner::Runner;
use crate::source::Transaction;

pub(super) const LAYOUT: Layout = Layout {
    runner: Runner::Dbmate,
    recognise,
    arrange,
    cut: Cut::Pieces(cut),
    one_transaction: false,
    table: "schema_migrations",
    // `pkg/dbmate/db.go`: whatever version is not applied is pending; only `--strict` minds the order.
    applied: Applied {
        known_by: KnownBy::Version,
        edited: Edited::Unnoticed,
        renamed: Reaction::Unnoticed,
        deleted: Reaction::Unnoticed,
        late: Late::Applies,
    },
    outside_transaction: "put it into a file of its own whose section says `-- migrate:up transaction:false`",
    downs: Downs { by: DownsBy::Runner, home: Home::Section(DOWN), outside: Outside::Option },
};

fn recognise(dir: &Dir) -> bool {
    dir.heads().iter().any(|head| lines(head).any(|(_, line)| marker(line).is_some()))
}

fn arrange(dir: &Dir, notes: &mut Notes) -> Result<Vec<Draft>, ReadError> {
    let mut drafts = Vec::with_capacity(dir.files.len());
    for file in dir.sql() {
        match leading_number(file) {
            Some((version, rest)) => {
                let name = rest.trim_end_matches(".sql").trim_start_matches(['_', '-', '.']);
                drafts.push(Draft::new(version, name, dir.at(file)));
            }
            None => notes.not_read(dir.at(file), "its name does not begin with a number, so dbmate ignores it"),
        }
    }
    note_subdirectories(dir, "dbmate", notes);
    note_duplicates(&drafts, |a, b| a.version == b.version, "dbmate's table holds a version once", notes);
    Ok(drafts)
}

/// A `-- migrate:` line: whether it is `up`, and whether it asks for a transaction.
fn marker(line: &str) -> Option<(bool, bool)> {
    let rest = line.strip_prefix("--")?.trim_start().strip_prefix("migrate:")?;
    let (up, options) = match (rest.strip_prefix("up"), rest.strip_prefix("down")) {
        (Some(options), _) => (true, options),
        (None, Some(options)) => (false, options),
        (None, None) => return None,
    };
    let alone = options.is_empty() || options.starts_with(char::is_whitespace);
    alone.then(|| (up, !options.split_whitespace().any(|option| option == "transaction:false")))
}

fn cut(text: &str, _: &Draft, remarks: &mut Remarks) -> Vec<Piece> {
    let marks: Vec<(usize, bool, bool)> =
        lines(text).filter_map(|(at, line)| marker(line).map(|(up, transaction)| (at, up, transaction))).collect();
    let mut refuse = |at, message: &str| remarks.push((NoteKind::Refused, at, message.to_owned()));
    let Some(first_up) = marks.iter().position(|(_, up, _)| *up) else {
        refuse(0, "no `-- migrate:up`: dbmate stops with an error");
        let whole = marks.first().map_or(text.len(), |(at, ..)| *at);
        return vec![Piece { up: Part::wrapped(0..whole), ..Piece::default() }];
    };
    let comment = |(_, line): &(usize, &str)| line.trim().is_empty() || line.trim_start().starts_with("--");
    if let Some((at, _)) = lines(&text[..marks[first_up].0]).find(|line| !comment(line)) {
        refuse(at, "SQL before `-- migrate:up`: dbmate stops with an error");
    }
    let mut pieces: Vec<Piece> = Vec::new();
    for (index, (at, up, transaction)) in marks.iter().enumerate().skip(first_up) {
        let end = marks.get(index + 1).map_or(text.len(), |(next, ..)| *next);
        // The comments at the top of the file belong to the first section.
        let start = if index == first_up { 0 } else { *at };
        let section = part(start..end, *transaction);
        match pieces.last_mut() {
            Some(piece) if !up && piece.down.is_none() => piece.down = Some(section),
            Some(_) if !up => refuse(*at, "a second `-- migrate:down`: dbmate stops with an error"),
            Some(_) | None => pieces.push(Piece { up: section, ..Piece::default() }),
        }
    }
    if pieces.iter().any(|piece| piece.down.is_none()) {
        refuse(text.len(), "no `-- migrate:down` (it may be empty): dbmate stops with an error");
    }
    if let Some((at, ..)) = marks[first_up + 1..].iter().find(|(_, up, _)| *up) {
        refuse(*at, "a second `-- migrate:up`: dbmate records the version twice and stops");
    }
    pieces
}

fn part(chunk: Range<usize>, transaction: bool) -> Part {
    let transaction = if transaction { Transaction::Wrapped } else { Transaction::PerChunk };
    Part::one(chunk, transaction)
}

const DOWN: Section = Section { find, spell, gap: 1 };

fn find(text: &str, up: usize) -> Result<Found, &'static str> {
    let marks: Vec<(Range<usize>, bool)> =
        lines(text).filter_map(|(at, line)| Some((at..at + line.len(), marker(line)?.0))).collect();
    let first = marks.iter().position(|(_, is_up)| *is_up).ok_or("its file has no `-- migrate:up`")?;
    let own = marks.iter().rposition(|(line, is_up)| *is_up && line.start <= up).unwrap_or(first);
    let rest = &marks[own + 1..];
    let end = rest.iter().find(|(_, is_up)| *is_up).map_or(text.len(), |(line, _)| line.start);
    let down = rest.first().filter(|(_, is_up)| !is_up).map(|(line, _)| line);
    let inner = down.map(|line| text[line.end..end].to_owned());
    Ok(Found { at: end, inner, lines: down.into_iter().map(|line| line.start..end).collect() })
}

fn spell(_: &str, _: &Found, script: Spelling<'_>) -> Result<String, &'static str> {
    let option = if script.transactional { "" } else { " transaction:false" };
    Ok(format!("-- migrate:down{option}\n{}", script.chunks.concat()))
}
