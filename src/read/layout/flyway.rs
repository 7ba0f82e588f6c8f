//! Flyway. Facts: `internal/resource/ResourceNameParser.java` (prefix, version, `__`, description), `api/MigrationVersion.java` (versions
//! compared part by part, `_` as `.`), `internal/resolver/ResolvedMigrationComparator.java` (repeatables last, by description),
//! `internal/sqlscript/SqlScriptMetadata.java` (`<script>.conf`), `ParserSqlScript.java` (one statement that cannot run in a transaction
//! takes the whole script out of it; mixing is an error unless `mixed`), `PostgreSQLParser.java` (which statements those are),
//! `api/callback/Event.java` (callbacks), `api/migration/baseline` (`B`: where a new database starts).

use std::cmp::Ordering;
use std::collections::HashSet;

use super::{
    Cut, DownTransaction, Downs, DownsBy, Draft, Home, Layout, Notes, Outside, Part, Piece, Remarks, file_name, note_duplicates,
};
use crate::read::applied::{Applied, Edited, KnownBy, Late, Reaction};
use crate::read::dir::Dir;
use crate::read::error::ReadError;
use crate::read::name::{compare_numbers, find_folded, strip_ending};
use crate::read::project::NoteKind;
use crate::read::runner::Runner;
use crate::read::statement::openings;
use crate::source::{MigrationKind, Transaction};

pub(super) const LAYOUT: Layout = Layout {
    runner: Runner::Flyway,
    recognise,
    arrange,
    cut: Cut::Pieces(cut),
    one_transaction: false,
    table: "flyway_schema_history",
    // `internal/info/MigrationInfoImpl.java`, `validate`: checksums, descriptions, what is not found and what was passed over.
    applied: Applied {
        known_by: KnownBy::Version,
        edited: Edited::Stops,
        renamed: Reaction::Stops,
        deleted: Reaction::Stops,
        late: Late::Stops,
    },
    outside_transaction: "put it into a script of its own, and say `executeInTransaction=false` in the script's `.conf` where Flyway does not find out by itself",
    downs: Downs { by: DownsBy::Runner, home: Home::File(undo_file), outside: Outside::Detected },
};

/// The prefixes of callbacks' names: an event follows, such as `beforeMigrate`.
const CALLBACKS: [&str; 3] = ["before", "after", "createSchema"];

fn recognise(dir: &Dir) -> bool {
    let fits = |file: &str| matches!(name(file), Name::Versioned(..) | Name::Repeatable(..));
    let below = || dir.dirs.iter().take(32).filter_map(|sub| dir.other(&dir.at(sub)).ok()).any(|sub| sub.sql().any(fits));
    dir.sql().any(fits) || dir.path.ends_with("db/migration") && below()
}

/// What a file name says.
enum Name<'a> {
    /// `V`: version and description.
    Versioned(&'a str, &'a str),
    /// `U`: undoes a version.
    Undo(&'a str),
    /// `B`: a new database starts here.
    Baseline(&'a str, &'a str),
    /// `R`: description.
    Repeatable(&'a str),
    Callback,
    /// Not Flyway's.
    Other,
}

fn name(file: &str) -> Name<'_> {
    let Some(stem) = strip_ending(file, ".sql") else { return Name::Other };
    let (left, description) = stem.split_once("__").unwrap_or((stem, ""));
    if CALLBACKS.iter().any(|event| left.starts_with(event)) {
        return Name::Callback;
    }
    let Some(prefix) = left.chars().next().filter(char::is_ascii_uppercase) else { return Name::Other };
    let version = &left[1..];
    let numbers = !version.is_empty()
        && version.split(['.', '_']).all(|part| part.bytes().all(|byte| byte.is_ascii_digit()) && !part.is_empty());
    match prefix {
        'V' if numbers => Name::Versioned(version, description),
        'U' if numbers => Name::Undo(version),
        'B' if numbers => Name::Baseline(version, description),
        'R' if version.is_empty() && stem.contains("__") => Name::Repeatable(description),
        _ => Name::Other,
    }
}

/// `1.2` before `1.10`, and `1` the same as `1.0`.
fn compare_versions(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.split(['.', '_']), b.split(['.', '_']));
    loop {
        match (a.next(), b.next()) {
            (None, None) => return Ordering::Equal,
            (part_a, part_b) => match compare_numbers(part_a.unwrap_or("0"), part_b.unwrap_or("0")) {
                Ordering::Equal => {}
                unequal => return unequal,
            },
        }
    }
}

fn arrange(dir: &Dir, notes: &mut Notes) -> Result<Vec<Draft>, ReadError> {
    let files = dir.walk()?;
    let all: HashSet<&str> = files.iter().map(String::as_str).collect();
    let (mut drafts, mut repeatables, mut undos, mut baselines) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for path in &files {
        let file = path.rsplit('/').next().unwrap_or(path);
        let draft = |version: &str, description: &str| -> Result<Draft, ReadError> {
            let mut draft = Draft::new(version.replace('_', "."), description, dir.at(path));
            draft.transaction = script_configuration(dir, path, &all)?;
            Ok(draft)
        };
        match name(file) {
            Name::Versioned(version, description) => drafts.push(draft(version, description)?),
            Name::Baseline(version, description) => baselines.push(draft(version, description)?),
            Name::Repeatable(description) => {
                repeatables.push(Draft { kind: MigrationKind::Repeatable, ..draft("", description)? })
            }
            Name::Undo(version) => undos.push((version, dir.at(path), script_configuration(dir, path, &all)?)),
            Name::Callback if file.ends_with(".sql") => {
                notes.not_read(dir.at(path), "a callback, which Flyway runs around migrations")
            }
            Name::Other if file.ends_with(".sql") => {
                notes.not_read(dir.at(path), "not named V<version>__<description>.sql, so Flyway ignores it")
            }
            Name::Other
                if ["V", "R"].iter().any(|prefix| file.starts_with(prefix))
                    && (file.ends_with(".java") || file.ends_with(".kt")) =>
            {
                notes.not_sql(dir.at(path), "a migration written in code: its SQL is not known");
            }
            Name::Callback | Name::Other => {}
        }
    }
    drafts.sort_by(|a, b| compare_versions(&a.version, &b.version));
    let same = |a: &Draft, b: &Draft| compare_versions(&a.version, &b.version).is_eq();
    note_duplicates(&drafts, same, "Flyway stops with an error", notes);
    start_at_baseline(&mut drafts, baselines, notes);
    pair_undos(&mut drafts, undos, notes);
    repeatables.sort_by(|a, b| a.name.cmp(&b.name));
    drafts.extend(repeatables);
    Ok(drafts)
}

/// A baseline stands for the versions up to its own. Where those are still here they are the better history; where they were
/// deleted the baseline is the start.
fn start_at_baseline(drafts: &mut Vec<Draft>, mut baselines: Vec<Draft>, notes: &mut Notes) {
    baselines.sort_by(|a, b| compare_versions(&a.version, &b.version));
    let last = baselines.pop();
    for baseline in baselines {
        notes.not_read(baseline.up, "a later baseline takes its place");
    }
    let Some(last) = last else { return };
    if drafts.first().is_some_and(|first| compare_versions(&first.version, &last.version).is_le()) {
        notes.not_read(last.up, "a baseline for new databases: the versions that it stands for are read instead");
    } else {
        drafts.insert(0, last);
    }
}

/// `U1__x.sql` for `V1__x.sql`; what repeats has none, and a baseline stands for many.
fn undo_file(draft: &Draft) -> Option<std::path::PathBuf> {
    let name = file_name(&draft.up);
    let rest = name.strip_prefix('V').filter(|_| draft.kind == MigrationKind::Versioned)?;
    Some(draft.up.with_file_name(format!("U{rest}")))
}

fn pair_undos(drafts: &mut [Draft], undos: Vec<(&str, std::path::PathBuf, Option<Transaction>)>, notes: &mut Notes) {
    for (version, path, transaction) in undos {
        match drafts.binary_search_by(|draft| compare_versions(&draft.version, version)) {
            Ok(at) => {
                drafts[at].down = Some(path);
                drafts[at].down_transaction = DownTransaction::Own(transaction);
            }
            Err(_) => notes.odd(path, format!("undoes version {version}, which does not exist")),
        }
    }
}

/// `executeInTransaction` of the script's own configuration file.
fn script_configuration(dir: &Dir, script: &str, all: &HashSet<&str>) -> Result<Option<Transaction>, ReadError> {
    let conf = format!("{script}.conf");
    if !all.contains(conf.as_str()) {
        return Ok(None);
    }
    let path = dir.at(&conf);
    let text = dir.view.read_to_string(&path).map_err(|source| ReadError::Unreadable { path, source })?;
    let setting = text.lines().filter_map(|line| line.split_once('=')).find(|(key, _)| key.trim() == "executeInTransaction");
    Ok(setting.map(|(_, value)| match value.trim().eq_ignore_ascii_case("false") {
        true => Transaction::PerStatement,
        false => Transaction::Wrapped,
    }))
}

fn cut(text: &str, draft: &Draft, remarks: &mut Remarks) -> Vec<Piece> {
    if let Some(at) = text.find("${") {
        let message = "Flyway puts values into `${...}` placeholders; they are judged as they stand";
        remarks.push((NoteKind::Odd, at, message.to_owned()));
    }
    let transaction = draft.transaction.unwrap_or_else(|| by_statements(text, remarks));
    vec![Piece { up: Part::one(0..text.len(), transaction), ..Piece::default() }]
}

/// Words of which one stands in every statement that Flyway keeps out of transactions.
const OUTSIDE_WORDS: [&str; 6] = ["concurrently", "vacuum", "reindex", "alter system", "discard all", " database"];

fn by_statements(text: &str, remarks: &mut Remarks) -> Transaction {
    let others = ["tablespace", "subscription"];
    if !OUTSIDE_WORDS.iter().chain(&others).any(|word| find_folded(text, word).is_some()) {
        return Transaction::Wrapped;
    }
    let openings = openings(text, 4);
    let outside = openings.iter().filter(|(_, words)| runs_outside(words)).count();
    if outside == 0 {
        return Transaction::Wrapped;
    }
    if let Some((at, _)) = openings.iter().find(|(_, words)| !runs_outside(words)) {
        let message = "beside statements that cannot run in a transaction: Flyway stops with an error unless `mixed` is set";
        remarks.push((NoteKind::Refused, *at, message.to_owned()));
    }
    Transaction::PerStatement
}

fn runs_outside(words: &[String]) -> bool {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    matches!(
        words[..],
        ["CREATE" | "DROP", "DATABASE" | "TABLESPACE" | "SUBSCRIPTION", ..]
            | ["CREATE" | "DROP", "INDEX", "CONCURRENTLY", ..]
            | ["CREATE", "UNIQUE", "INDEX", "CONCURRENTLY"]
            | ["REINDEX", "SCHEMA" | "DATABASE" | "SYSTEM", ..]
            | ["REINDEX", "VERBOSE", "SCHEMA" | "DATABASE" | "SYSTEM", ..]
            | ["ALTER", "SYSTEM", ..]
            | ["VACUUM", ..]
            | ["DISCARD", "ALL", ..]
    )
}
