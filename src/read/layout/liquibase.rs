//! Liquibase with formatted SQL. Facts: `liquibase/parser/AbstractFormattedChangeLogParser.java` (the comment lines and their attributes, all
//! matched case aside), `changelog/DatabaseChangeLog.java` (`include`, `includeAll`), `parser/core/sql/SqlChangeLogParser.java` (an
//! included file without the header is one changeset). Liquibase splits statements itself and sends them one by one, in a
//! transaction per changeset unless `runInTransaction:false`.

mod changelog;
mod rollback;

use std::ops::Range;

use super::{Cut, Downs, DownsBy, Draft, Home, Layout, Notes, Outside, Part, Piece, Remarks, lines, masked};
use crate::read::applied::{Applied, Edited, KnownBy, Late, Reaction};
use crate::read::dir::Dir;
use crate::read::error::ReadError;
use crate::read::name::{find_folded, strip_prefix_folded};
use crate::read::project::NoteKind;
use crate::read::runner::Runner;
use crate::source::Transaction;

pub(super) const LAYOUT: Layout = Layout {
    runner: Runner::Liquibase,
    recognise,
    arrange,
    cut: Cut::Pieces(cut),
    one_transaction: false,
    table: "databasechangelog",
    // `change/AbstractSQLChange.java`, `NormalizingStream`: white space is left out of the checksum.
    applied: Applied {
        known_by: KnownBy::Name,
        edited: Edited::StopsButForSpace,
        renamed: Reaction::Unnoticed,
        deleted: Reaction::Unnoticed,
        late: Late::Applies,
    },
    outside_transaction: "put it into a changeset of its own that says `runInTransaction:false`",
    downs: Downs { by: DownsBy::Runner, home: Home::Section(rollback::SECTION), outside: Outside::AsUp },
};

/// The only database whose changesets are judged, as `dbms:` names it.
const DATABASE: &str = "postgresql";

fn recognise(dir: &Dir) -> bool {
    changelog::master(dir).is_some() || dir.heads().iter().any(|head| lines(head).any(|(_, line)| is_header(line)))
}

fn arrange(dir: &Dir, notes: &mut Notes) -> Result<Vec<Draft>, ReadError> {
    let draft = |script: changelog::Script| {
        let stem = script.path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        Draft::new(script.identity.unwrap_or_else(|| "raw".to_owned()), stem, script.path)
    };
    Ok(changelog::files(dir, notes)?.into_iter().map(draft).collect())
}

/// What a line means. Every kind but `Sql` is a comment to the database, so the text needs no change for it.
enum Line<'a> {
    Changeset {
        author: &'a str,
        id: &'a str,
        attributes: &'a str,
    },
    Rollback(Range<usize>),
    RollbackBlock,
    Ignore(&'a str),
    Precondition,
    /// A directive misspelt with one dash, or a changeset without author or id.
    Malformed,
    Sql,
}

fn after_dashes(line: &str) -> Option<&str> {
    line.trim_start().strip_prefix("--").map(str::trim_start)
}

fn is_header(line: &str) -> bool {
    let after = after_dashes(line).and_then(|rest| strip_prefix_folded(rest, "liquibase"));
    after.is_some_and(|rest| strip_prefix_folded(rest.trim_start(), "formatted").is_some())
}

fn classify(line: &str) -> Line<'_> {
    if let Some(block) = line.trim().strip_prefix("/*") {
        let words: Vec<String> = block.split_whitespace().map(str::to_ascii_lowercase).collect();
        return if words == ["liquibase", "rollback"] { Line::RollbackBlock } else { Line::Sql };
    }
    let Some(rest) = after_dashes(line) else {
        let one_dash = line.trim_start().strip_prefix('-').map(str::trim_start);
        let malformed =
            one_dash.is_some_and(|rest| ["changeset ", "rollback "].iter().any(|word| strip_prefix_folded(rest, word).is_some()));
        return if malformed { Line::Malformed } else { Line::Sql };
    };
    if let Some(body) = strip_prefix_folded(rest, "changeset") {
        return changeset(body).unwrap_or(Line::Malformed);
    }
    if let Some(body) = strip_prefix_folded(rest, "rollback ") {
        return Line::Rollback(line.len() - body.len()..line.len());
    }
    if let Some(body) = strip_prefix_folded(rest, "ignoreLines:") {
        return Line::Ignore(body.trim());
    }
    if strip_prefix_folded(rest, "precondition-").is_some() { Line::Precondition } else { Line::Sql }
}

/// `author:id attributes`, either in double quotes.
fn changeset(body: &str) -> Option<Line<'_>> {
    let quoted = |text: &'_ str| text.strip_prefix('"').and_then(|rest| rest.find('"')).map(|end| end + 2);
    let body = body.strip_prefix([' ', '\t'])?.trim_start();
    let author_end = quoted(body).or_else(|| body.find(':'))?;
    let (author, rest) = body.split_at(author_end);
    let rest = rest.strip_prefix(':')?.trim_start();
    let id_end = quoted(rest).unwrap_or_else(|| rest.find(char::is_whitespace).unwrap_or(rest.len()));
    let (id, attributes) = rest.split_at(id_end);
    let valid = !author.is_empty() && !id.is_empty();
    valid.then(|| Line::Changeset { author: author.trim_matches('"'), id: id.trim_matches('"'), attributes })
}

/// The value after `name:` among a changeset's attributes.
fn attribute<'a>(attributes: &'a str, name: &str) -> Option<&'a str> {
    let wanted = format!("{name}:");
    let mut from = 0;
    while let Some(found) = find_folded(&attributes[from..], &wanted) {
        let at = from + found;
        from = at + wanted.len();
        if attributes[..at].ends_with(|before: char| before.is_alphanumeric()) {
            continue;
        }
        let value = &attributes[from..];
        return Some(match value.strip_prefix('"') {
            Some(quoted) => quoted.split('"').next().unwrap_or_default(),
            None => value.split(char::is_whitespace).next().unwrap_or_default(),
        });
    }
    None
}

fn is_true(attributes: &str, name: &str) -> bool {
    attribute(attributes, name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
}

fn is_false(attributes: &str, name: &str) -> bool {
    attribute(attributes, name).is_some_and(|value| value.eq_ignore_ascii_case("false"))
}

/// One changeset as it is gathered.
struct Open<'a> {
    author: &'a str,
    id: &'a str,
    attributes: &'a str,
    at: usize,
    start: usize,
    rollback: Vec<Range<usize>>,
    ignored: Vec<Range<usize>>,
}

fn cut(text: &str, draft: &Draft, remarks: &mut Remarks) -> Vec<Piece> {
    if !lines(text).any(|(_, line)| is_header(line)) {
        return vec![Piece { up: Part::wrapped(0..text.len()), ..Piece::default() }];
    }
    let mut pieces = Vec::new();
    let mut open: Option<Open<'_>> = None;
    let mut rest = lines(text);
    while let Some((at, line)) = rest.next() {
        match classify(line) {
            Line::Changeset { author, id, attributes } => {
                // The comments at the top of the file belong to the first changeset.
                let start = if open.is_none() && pieces.is_empty() { 0 } else { at };
                let next = Open { author, id, attributes, at, start, rollback: Vec::new(), ignored: Vec::new() };
                pieces.extend(open.replace(next).and_then(|done| close(text, done, at, &draft.name, remarks)));
            }
            Line::Malformed => {
                remarks.push((NoteKind::Refused, at, "not a directive as Liquibase wants it: it stops with an error".to_owned()))
            }
            Line::Precondition => {
                let message = "whether this changeset runs depends on the precondition; it is judged as if it does";
                remarks.push((NoteKind::Odd, at, message.to_owned()));
            }
            Line::Rollback(range) => {
                if let Some(open) = &mut open {
                    open.rollback.push(at + range.start..at + range.end);
                }
            }
            Line::RollbackBlock => {
                let inside = rest.find(|(_, line)| line.trim_end().ends_with("*/"));
                let end = inside.map_or(text.len(), |(end, line)| end + line.trim_end().len() - 2);
                if let Some(open) = &mut open {
                    open.rollback.push((at + line.len()).min(end)..end);
                }
            }
            Line::Ignore(what) => {
                let last = ignored(&mut rest, what);
                if let Some((open, last)) = open.as_mut().zip(last) {
                    open.ignored.push(at..last);
                }
            }
            Line::Sql => {}
        }
    }
    pieces.extend(open.and_then(|done| close(text, done, text.len(), &draft.name, remarks)));
    pieces
}

/// Takes the lines that `ignoreLines` covers; the end of the last.
fn ignored<'a>(lines: &mut impl Iterator<Item = (usize, &'a str)>, what: &str) -> Option<usize> {
    let end = |(at, line): (usize, &str)| at + line.len();
    if what.eq_ignore_ascii_case("start") {
        return lines.find(|(_, line)| matches!(classify(line), Line::Ignore("end"))).map(end);
    }
    what.parse().ok().and_then(|count: usize| lines.take(count).last()).map(end)
}

fn close(text: &str, open: Open<'_>, end: usize, file: &str, remarks: &mut Remarks) -> Option<Piece> {
    let attributes = open.attributes;
    let mut leave_out = |message: String| {
        remarks.push((NoteKind::NotRead, open.at, message));
        None
    };
    if is_true(attributes, "ignore") {
        return leave_out(format!("changeset {}:{} says ignore:true", open.author, open.id));
    }
    if let Some(dbms) = attribute(attributes, "dbms").filter(|dbms| !runs_on(dbms, DATABASE)) {
        return leave_out(format!("changeset {}:{} is for {dbms}", open.author, open.id));
    }
    let body = open.start..end;
    if let Some(at) = text[body.clone()].find("${") {
        let message = "Liquibase puts parameters into `${...}`; they are judged as they stand";
        remarks.push((NoteKind::Odd, body.start + at, message.to_owned()));
    }
    let transaction = match (is_false(attributes, "runInTransaction"), is_false(attributes, "splitStatements")) {
        (false, _) => Transaction::Wrapped,
        (true, false) => Transaction::PerStatement,
        (true, true) => Transaction::PerChunk,
    };
    let kept = without(&body, &open.ignored);
    let chunks = kept.iter().flat_map(|range| split_at(text, range, attribute(attributes, "endDelimiter"))).collect();
    Some(Piece {
        identity: Some((format!("{}:{}", open.author, open.id), file.to_owned())),
        repeatable: is_true(attributes, "runOnChange") || is_true(attributes, "runAlways"),
        up: Part { chunks, transaction, masked: None },
        down: rollback(text, &open.rollback, transaction, remarks),
    })
}

/// Whether a `dbms` list such as `postgresql,h2` or `!oracle` takes a database in.
fn runs_on(list: &str, database: &str) -> bool {
    let names = || list.split(',').map(str::trim);
    let excluded = names().any(|name| name.strip_prefix('!') == Some(database));
    let only_exclusions = names().all(|name| name.starts_with('!'));
    !excluded && (only_exclusions || names().any(|name| name == database || name == "all"))
}

fn without(body: &Range<usize>, holes: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut kept = Vec::new();
    let mut at = body.start;
    for hole in holes {
        kept.push(at..hole.start);
        at = hole.end;
    }
    kept.push(at..body.end);
    kept
}

/// Cuts at a delimiter other than `;`, which the server would not understand. Delimiters are regular expressions; the usual
/// ones are plain text or end in `$`.
fn split_at(text: &str, range: &Range<usize>, delimiter: Option<&str>) -> Vec<Range<usize>> {
    let delimiter = delimiter.unwrap_or(";").trim_start_matches("\\n").trim_end_matches('$').replace('\\', "");
    if delimiter == ";" || delimiter.is_empty() {
        return vec![range.clone()];
    }
    let mut chunks = Vec::new();
    let mut start = range.start;
    // The changeset's own line names the delimiter.
    for (at, line) in lines(&text[range.clone()]).map(|(at, line)| (range.start + at, line)) {
        let Some(found) = line.find(&delimiter).filter(|_| after_dashes(line).is_none()) else { continue };
        chunks.push(start..at + found);
        start = at + found + delimiter.len();
    }
    chunks.push(start..range.end);
    chunks.retain(|chunk| !text[chunk.clone()].trim().is_empty());
    chunks
}

fn rollback(text: &str, ranges: &[Range<usize>], transaction: Transaction, remarks: &mut Remarks) -> Option<Part> {
    let first = ranges.first()?;
    let body = text[first.clone()].trim();
    if ["not required", "empty"].iter().any(|word| strip_prefix_folded(body, word).is_some()) {
        return Some(Part { transaction, ..Part::default() });
    }
    if ranges.iter().any(|range| find_folded(&text[range.clone()], "changesetid").is_some()) {
        remarks.push((NoteKind::Odd, first.start, "a rollback to another changeset is not followed".to_owned()));
        return None;
    }
    let last = ranges.last()?;
    let masked = (ranges.len() > 1).then(|| masked(text, ranges));
    Some(Part { masked, ..Part::one(first.start..last.end, transaction) })
}
