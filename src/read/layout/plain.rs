//! Numbered or timestamped files, and files alone: read as `psql -f` would run them, statement by statement.

use std::collections::{HashMap, HashSet};

use super::pair::{Direction, Named};
use super::{Cut, Downs, DownsBy, Draft, Home, Layout, Notes, Outside, down, duplicate, file_name, note_subdirectories};
use crate::read::applied::{Applied, Edited, KnownBy, Late, Reaction};
use crate::read::dir::Dir;
use crate::read::error::ReadError;
use crate::read::name::{compare_naturally, compare_numbers, leading_number, strip_ending};
use crate::read::runner::Runner;
use crate::source::Transaction;

pub(super) const LAYOUT: Layout = Layout {
    runner: Runner::Plain,
    recognise: |dir| dir.sql().any(|file| name(file).is_some_and(|named| !named.version.is_empty())),
    arrange,
    cut: Cut::Whole(|_, _| Transaction::PerStatement),
    one_transaction: false,
    table: "",
    // Who runs it is not known.
    applied: Applied {
        known_by: KnownBy::Name,
        edited: Edited::Unnoticed,
        renamed: Reaction::Unnoticed,
        deleted: Reaction::Unnoticed,
        late: Late::Unknown,
    },
    outside_transaction: "put it outside `BEGIN` and `COMMIT`, and run the file without `--single-transaction`",
    downs: Downs { by: DownsBy::Hand, home: Home::File(down::beside), outside: Outside::ByScript },
};

/// Whole schemas and fixtures that tools leave beside migrations.
const DUMPS: [&str; 8] = ["schema", "structure", "dump", "seed", "seeds", "fixtures", "full", "testdata"];

fn arrange(dir: &Dir, notes: &mut Notes) -> Result<Vec<Draft>, ReadError> {
    let named: Vec<(&str, Named<'_>)> = dir.sql().filter_map(|file| Some((file, name(file)?))).collect();
    let numbered = named.iter().any(|(_, file)| !file.version.is_empty());
    let (mut ups, mut downs) = (Vec::new(), Vec::new());
    for (file, named) in for_this_database(dir, named, notes) {
        if DUMPS.iter().any(|dump| dump.eq_ignore_ascii_case(named.name)) && named.version.is_empty() {
            notes.not_read(dir.at(file), "a dump or fixture by its name, not a migration");
        } else if numbered && named.version.is_empty() {
            notes.not_read(dir.at(file), "its name has no number, unlike the others: its place in the order is unknown");
        } else if named.direction == Direction::Up {
            ups.push(Draft::new(named.version, named.name, dir.at(file)));
        } else {
            downs.push((file, named));
        }
    }
    ups.sort_by(|a, b| compare_naturally(&file_name(&a.up), &file_name(&b.up)));
    pair_downs(dir, &mut ups, downs, notes);
    let same = |a: &Draft, b: &Draft| !a.version.is_empty() && compare_numbers(&a.version, &b.version).is_eq();
    for pair in ups.windows(2).filter(|pair| same(&pair[0], &pair[1])) {
        notes.odd(pair[1].up.clone(), duplicate(pair, "their names decide which comes first"));
    }
    note_subdirectories(dir, "the plain layout", notes);
    Ok(ups)
}

fn pair_downs(dir: &Dir, ups: &mut [Draft], downs: Vec<(&str, Named<'_>)>, notes: &mut Notes) {
    let places: HashMap<(String, String), usize> =
        ups.iter().enumerate().map(|(at, up)| ((up.version.clone(), up.name.clone()), at)).collect();
    for (file, down) in downs {
        match places.get(&(down.version.to_owned(), down.name.to_owned())) {
            Some(at) => ups[*at].down = Some(dir.at(file)),
            None => notes.odd(dir.at(file), "a down file without an up file"),
        }
    }
}

/// What stands before the ending where a project keeps a file for each database (`x.mysql.up.sql`).
const OTHER_DATABASES: [&str; 9] = ["mysql", "mariadb", "sqlite", "sqlite3", "cockroach", "cockroachdb", "mssql", "oracle", "h2"];
const THIS_DATABASE: [&str; 3] = ["postgres", "postgresql", "pg"];

/// Leaves out the files for other databases, and the general ones of which there is one for PostgreSQL.
fn for_this_database<'a>(dir: &Dir, files: Vec<(&'a str, Named<'a>)>, notes: &mut Notes) -> Vec<(&'a str, Named<'a>)> {
    let database = |name: &'a str| {
        let name = strip_ending(name, ".autocommit").unwrap_or(name);
        let known = |word: &str| OTHER_DATABASES.contains(&word) || THIS_DATABASE.contains(&word);
        name.rsplit_once('.').filter(|(_, word)| known(word)).map_or((name, None), |(stem, word)| (stem, Some(word)))
    };
    let own: HashSet<(&str, &str, Direction)> = files
        .iter()
        .filter_map(|(_, named)| match database(named.name) {
            (stem, Some(word)) if THIS_DATABASE.contains(&word) => Some((named.version, stem, named.direction)),
            _ => None,
        })
        .collect();
    let mut kept = Vec::with_capacity(files.len());
    for (file, named) in files {
        match database(named.name) {
            (name, Some(word)) if THIS_DATABASE.contains(&word) => kept.push((file, Named { name, ..named })),
            (_, Some(word)) => notes.not_read(dir.at(file), format!("its name says that it is for {word}")),
            (stem, None) if own.contains(&(named.version, stem, named.direction)) => {
                notes.not_read(dir.at(file), "the file for PostgreSQL of this version takes its place");
            }
            (name, None) => kept.push((file, Named { name, ..named })),
        }
    }
    kept
}

/// `001_x.sql`, `20240102-x.sql`, `v3_x.sql`, `x.sql`, and `.up.sql`, `.down.sql` of each. Without a number the version is empty.
pub(super) fn name(file: &str) -> Option<Named<'_>> {
    let stem = strip_ending(file, ".sql")?;
    let down = [".down", ".undo", ".rollback", ".revert"].iter().find_map(|ending| strip_ending(stem, ending));
    let (stem, direction) = match down {
        Some(stem) => (stem, Direction::Down),
        None => (strip_ending(stem, ".up").unwrap_or(stem), Direction::Up),
    };
    let digits = stem.strip_prefix(['v', 'V']).filter(|rest| leading_number(rest).is_some()).unwrap_or(stem);
    let (date, rest) = leading_number(digits).unwrap_or(("", stem));
    let version = &digits[..date.len() + time_length(rest)];
    let rest = if date.is_empty() { stem } else { &digits[version.len()..] };
    Some(Named { version, name: rest.trim_start_matches(['_', '-', '.', ' ']), direction })
}

/// The length of `T212400Z` after a date.
fn time_length(rest: &str) -> usize {
    let digits = rest.strip_prefix(['T', 't']).and_then(leading_number);
    digits.map_or(0, |(time, after)| 1 + time.len() + usize::from(after.starts_with(['Z', 'z'])))
}
