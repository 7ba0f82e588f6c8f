//! Migrations of two files: one up, one down, found together by their version.

use std::cmp::Ordering;

use super::{Draft, Notes};
use crate::read::dir::Dir;
use crate::read::name::compare_numbers;

/// Which way a file goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Direction {
    Up,
    Down,
}

/// What a file name says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Named<'a> {
    pub version: &'a str,
    pub name: &'a str,
    pub direction: Direction,
}

/// Pairs the named files of a directory by the value of their versions, in that order. `stops` says what the runner does
/// about two ups of one version.
pub(super) fn by_version<'a>(dir: &Dir, named: Vec<(&'a str, Named<'a>)>, stops: &str, notes: &mut Notes) -> Vec<Draft> {
    let mut named = named;
    let order = |a: &Named<'_>, b: &Named<'_>| compare_numbers(a.version, b.version);
    named.sort_by(|(_, a), (_, b)| order(a, b).then(a.direction.cmp(&b.direction)));
    let mut drafts: Vec<Draft> = Vec::with_capacity(named.len());
    for group in named.chunk_by(|(_, a), (_, b)| order(a, b) == Ordering::Equal) {
        let ups = group.iter().filter(|(_, file)| file.direction == Direction::Up);
        let downs: Vec<_> = group.iter().filter(|(_, file)| file.direction == Direction::Down).collect();
        let first = drafts.len();
        drafts.extend(ups.map(|(file, up)| Draft::new(up.version, up.name, dir.at(file))));
        for pair in drafts[first..].windows(2) {
            notes.refused(pair[1].up.clone(), super::duplicate(pair, stops));
        }
        pair_downs(dir, &mut drafts[first..], &downs, notes);
    }
    drafts
}

fn pair_downs(dir: &Dir, ups: &mut [Draft], downs: &[&(&str, Named<'_>)], notes: &mut Notes) {
    for (file, down) in downs {
        let same_name = ups.iter().position(|up| up.name == down.name && up.down.is_none());
        match same_name.or_else(|| ups.iter().position(|up| up.down.is_none())) {
            Some(at) => ups[at].down = Some(dir.at(file)),
            None => notes.odd(dir.at(file), format!("a down file of version {} without an up file", down.version)),
        }
    }
}
