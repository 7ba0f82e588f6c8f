//! Numbered or timestamped files, and files alone: read as `psql -f` would run them, statement by statement.

use super::pair::{Direction, Named};
use super::{Cut, Draft, Layout, Notes, file_name, note_duplicates, note_subdirectories};
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
};

/// Whole schemas and fixtures that tools leave beside migrations.
const DUMPS: [&str; 8] = ["schema", "structure", "dump", "seed", "seeds", "fixtures", "full", "testdata"];

fn arrange(dir: &Dir, notes: &mut Notes) -> Result<Vec<Draft>, ReadError> {
    let named: Vec<(&str, Named<'_>)> = dir.sql().filter_map(|file| Some((file, name(file)?))).collect();
    let numbered = named.iter().any(|(_, file)| !file.version.is_empty());
    let (mut ups, mut downs) = (Vec::new(), Vec::new());
    for (file, named) in named {
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
    for (file, down) in downs {
        let partner = ups.iter_mut().find(|up| up.version == down.version && up.name == down.name && up.down.is_none());
        match partner {
            Some(up) => up.down = Some(dir.at(file)),
            None => notes.odd(dir.at(file), "a down file without an up file"),
        }
    }
    let same = |a: &Draft, b: &Draft| !a.version.is_empty() && compare_numbers(&a.version, &b.version).is_eq();
    note_duplicates(&ups, same, "their names decide which comes first", notes);
    note_subdirectories(dir, "the plain layout", notes);
    Ok(ups)
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
    let (version, rest) = leading_number(digits).unwrap_or(("", stem));
    Some(Named { version, name: rest.trim_start_matches(['_', '-', '.', ' ']), direction })
}
