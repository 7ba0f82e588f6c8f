//! Drizzle. Facts: `drizzle-orm/src/migrator.ts` (the journal's order and `statement-breakpoint`; in the newer versions directories with a
//! `migration.sql` in the order of their names), `drizzle-orm/src/pg-core/dialect.ts` (all pending migrations in one transaction; a
//! migration whose `when` is not after the last applied one is passed over). It knows no downs; a file that the journal does not list
//! is never looked at.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::{Cut, Downs, DownsBy, Draft, Home, Layout, Notes, Outside, Part, Piece, Remarks, down};
use crate::read::applied::{Applied, Edited, KnownBy, Late, Reaction};
use crate::read::dir::Dir;
use crate::read::error::ReadError;
use crate::read::name::leading_number;
use crate::read::runner::Runner;

pub(super) const LAYOUT: Layout = Layout {
    runner: Runner::Drizzle,
    recognise,
    arrange,
    cut: Cut::Pieces(cut),
    one_transaction: true,
    table: "",
    // `pg-core/dialect.ts`, `migrate`: one comparison with the time of the last applied one; hashes are stored, not compared.
    applied: Applied {
        known_by: KnownBy::Name,
        edited: Edited::Unnoticed,
        renamed: Reaction::Unnoticed,
        deleted: Reaction::Unnoticed,
        late: Late::Skips,
    },
    outside_transaction: "Drizzle runs all pending migrations in one transaction, so run it by hand before them and keep it here \
        with `IF NOT EXISTS` or `IF EXISTS` but without `CONCURRENTLY`",
    downs: Downs { by: DownsBy::Hand, home: Home::File(down_file), outside: Outside::ByScript },
};

const JOURNAL: &str = "meta/_journal.json";
const BREAKPOINT: &str = "--> statement-breakpoint";

fn recognise(dir: &Dir) -> bool {
    dir.view.is_file(&dir.at(JOURNAL)) || dir.sub_has("migration.sql") && dir.sub_has("snapshot.json")
}

fn arrange(dir: &Dir, notes: &mut Notes) -> Result<Vec<Draft>, ReadError> {
    let journal = dir.at(JOURNAL);
    if dir.view.is_file(&journal) { by_journal(dir, &journal, notes) } else { by_directory(dir) }
}

#[derive(serde::Deserialize)]
struct Journal {
    entries: Vec<Entry>,
}

#[derive(serde::Deserialize)]
struct Entry {
    tag: String,
    when: i64,
}

fn by_journal(dir: &Dir, path: &Path, notes: &mut Notes) -> Result<Vec<Draft>, ReadError> {
    let text = dir.view.read_to_string(path).map_err(|source| ReadError::Unreadable { path: path.to_owned(), source })?;
    let journal: Journal = serde_json::from_str(&text)
        .map_err(|error| ReadError::SideFile { path: path.to_owned(), message: format!("not a Drizzle journal: {error}") })?;
    let mut drafts: Vec<Draft> = Vec::with_capacity(journal.entries.len());
    let mut latest = i64::MIN;
    for Entry { tag, when } in journal.entries {
        let file = format!("{tag}.sql");
        if !dir.has(&file) {
            notes.refused(path.to_owned(), format!("lists {tag}, but {file} does not exist: Drizzle stops with an error"));
            continue;
        }
        if when <= latest {
            let message =
                "its `when` in the journal is not after its predecessor's: Drizzle passes it over where that one is applied";
            notes.odd(dir.at(&file), message);
        }
        latest = latest.max(when);
        let mut draft = draft(&tag, dir.at(&file));
        draft.entry = Some(when.to_string());
        let down = format!("{tag}.down.sql");
        draft.down = dir.has(&down).then(|| dir.at(&down));
        drafts.push(draft);
    }
    let listed: HashSet<&OsStr> = drafts
        .iter()
        .flat_map(|draft| std::iter::once(&draft.up).chain(&draft.down))
        .filter_map(|path| path.file_name())
        .collect();
    for file in dir.sql().filter(|file| !listed.contains(OsStr::new(file))) {
        notes.not_read(dir.at(file), "not listed in meta/_journal.json, so Drizzle never runs it");
    }
    Ok(drafts)
}

fn by_directory(dir: &Dir) -> Result<Vec<Draft>, ReadError> {
    let scripts = dir.dirs.iter().map(|name| (name, dir.at(name).join("migration.sql")));
    let with_down = |(name, script): (&String, PathBuf)| {
        let mut draft = draft(name, script);
        draft.entry = name.get(..14).and_then(utc_millis).map(|millis| millis.to_string());
        draft.down = down::in_directory(&draft).filter(|path| dir.view.is_file(path));
        draft
    };
    Ok(scripts.filter(|(_, script)| dir.view.is_file(script)).map(with_down).collect())
}

/// `20240131093000` as the time in UTC that the newer versions note for a directory: milliseconds since 1970.
fn utc_millis(digits: &str) -> Option<i64> {
    let number = |at: std::ops::Range<usize>| digits.get(at)?.parse::<i64>().ok();
    let (year, month, day) = (number(0..4)?, number(4..6)?, number(6..8)?);
    let seconds = number(8..10)? * 3600 + number(10..12)? * 60 + number(12..14)?;
    // Days from the first of March on, so that the leap day is a year's last.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days =
        365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + (153 * month + 2) / 5 + day - 719_469;
    Some((days * 86_400 + seconds) * 1000)
}

/// `down.sql` in a migration's directory, `0001_x.down.sql` beside a file that the journal lists.
fn down_file(draft: &Draft) -> Option<PathBuf> {
    if draft.up.ends_with("migration.sql") { down::in_directory(draft) } else { down::beside(draft) }
}

fn draft(tag: &str, up: PathBuf) -> Draft {
    match leading_number(tag) {
        Some((version, rest)) => Draft::new(version, rest.trim_start_matches('_'), up),
        None => Draft::new(tag, "", up),
    }
}

fn cut(text: &str, _: &Draft, _: &mut Remarks) -> Vec<Piece> {
    let mut chunks = Vec::new();
    let mut start = 0;
    for (at, mark) in text.match_indices(BREAKPOINT) {
        chunks.push(start..at);
        start = at + mark.len();
    }
    chunks.push(start..text.len());
    chunks.retain(|chunk| !text[chunk.clone()].trim().is_empty());
    vec![Piece { up: Part { chunks, ..Part::default() }, ..Piece::default() }]
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_directory_is_a_time() {
        for (digits, millis) in [
            ("19700101000000", Some(0)),
            ("20240229123456", Some(1_709_210_096_000)),
            ("20240301000000", Some(1_709_251_200_000)),
            ("2024", None),
        ] {
            assert_eq!(super::utc_millis(digits), millis, "{digits}");
        }
    }
}
