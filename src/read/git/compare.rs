//! Two states of a project, one with the other: which migrations are the same, which changed, which are new.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::path::{Path, PathBuf};

use crate::read::applied::{Edited, KnownBy, Reaction};
use crate::read::project::{Alteration, Altered, Entries, LateBy, LateMigration, Project, Released};
use crate::read::view;
use crate::source::{FileId, History, Migration, MigrationKind, Script, Sources, Span};

/// The project as it will be applied: first what was released, as it was released, in its order; then what is new.
pub(super) fn compare(now: Project, before: Option<Project>, revision: &str, staged: Option<&BTreeSet<PathBuf>>) -> Project {
    let Project { root, runner, mut sources, history, mut notes, selected, down_files: new_downs, .. } = now;
    let empty = (Sources::default(), Vec::new(), Vec::new(), Vec::new());
    let (old_sources, old, old_downs, old_notes) =
        before.map_or(empty, |before| (before.sources, before.history.migrations, before.down_files, before.notes));
    let new = history.migrations;
    // What was so before is no news.
    notes.retain(|note| !old_notes.iter().any(|old| (&old.path, &old.message) == (&note.path, &note.message)));
    let applied = runner.applied();
    let may_rename = applied.renamed == Reaction::Unnoticed;
    let pairs = pair(&old, &new, applied.known_by);
    let mut found = vec![None; old.len()];
    for (new, old) in pairs.iter().enumerate().filter_map(|(new, old)| Some((new, (*old)?))) {
        found[old] = Some(new);
    }
    let text = Texts { edited: applied.edited };
    let is_same = |old: &Migration, new: &Migration| text.of(&old_sources, old) == text.of(&sources, new);

    let mut migrations: Vec<Migration> = Vec::with_capacity(new.len());
    let mut edits: Vec<(usize, usize)> = Vec::new();
    let mut gone = Vec::new();
    let mut again = BTreeSet::new();
    let mut adopted = Vec::new();
    for (at, migration) in old.iter().enumerate() {
        match found[at].map(|found| (found, &new[found])) {
            Some((_, same)) if is_same(migration, same) && (same.name == migration.name || may_rename) => {
                migrations.push(same.clone());
            }
            Some((found, other)) => {
                match migration.kind {
                    MigrationKind::Versioned => edits.push((at, found)),
                    // It runs again: the change is pending.
                    MigrationKind::Repeatable => _ = again.insert(found),
                }
                adopted.push(at);
                migrations.push(other.clone());
            }
            None => {
                gone.push(at);
                adopted.push(at);
                migrations.push(migration.clone());
            }
        }
    }
    let pending: Vec<usize> = (0..new.len()).filter(|at| pairs[*at].is_none() || again.contains(at)).collect();
    let renamed: HashMap<usize, usize> = gone
        .iter()
        .filter_map(|at| {
            let same = |found: &&usize| pairs[**found].is_none() && is_same(&old[*at], &new[**found]);
            Some((*at, *pending.iter().find(same)?))
        })
        .collect();
    let count = migrations.len();
    let place = |found: &usize| count + pending.binary_search(found).expect("it is pending");
    let altered = edits.iter().map(|(at, found)| Altered { migration: *at, now: Alteration::Edited(new[*found].clone()) }).chain(
        gone.iter().map(|at| Altered {
            migration: *at,
            now: renamed.get(at).map_or(Alteration::Deleted, |found| Alteration::Renamed { to: place(found) }),
        }),
    );
    let mut altered: Vec<Altered> = altered.collect();
    altered.sort_by_key(|altered| altered.migration);
    let late = late(&old, &new, &pairs, &pending);
    for at in adopted {
        migrations[at] = adopt(&mut sources, &old_sources, &old[at]);
    }
    migrations.extend(pending.iter().map(|at| new[*at].clone()));
    let kept = (0..count).map(|at| found[at].map_or_else(|| old_downs[at].clone(), |found| new_downs[found].clone()));
    let down_files = kept.chain(pending.iter().map(|at| new_downs[*at].clone())).collect();
    let history = History { migrations, ..history };
    let mut released = Released { revision: revision.to_owned(), count, altered, late, staged: None };
    if let Some(staged) = staged {
        keep_staged(&mut released, &sources, &history, staged);
    }
    // Git tells what is released: the runner's table is not asked.
    let entries = Entries::default();
    Project { root, runner, sources, history, notes, selected, down_files, entries, released: Some(released) }
}

/// A project of which the next commit changes nothing.
pub(super) fn nothing_staged(project: Project, revision: &str) -> Project {
    let count = project.history.migrations.len();
    let released =
        Released { revision: revision.to_owned(), count, altered: Vec::new(), late: Vec::new(), staged: Some(Vec::new()) };
    Project { released: Some(released), ..project }
}

/// For each new migration the old one that it is.
fn pair(old: &[Migration], new: &[Migration], known_by: KnownBy) -> Vec<Option<usize>> {
    let mut places: HashMap<(bool, String), VecDeque<usize>> = HashMap::new();
    for (at, migration) in old.iter().enumerate() {
        places.entry(identity(migration, known_by)).or_default().push_back(at);
    }
    new.iter().map(|migration| places.get_mut(&identity(migration, known_by))?.pop_front()).collect()
}

fn identity(migration: &Migration, known_by: KnownBy) -> (bool, String) {
    let repeatable = migration.kind == MigrationKind::Repeatable;
    let by_version = known_by == KnownBy::Version && !repeatable && !migration.version.is_empty();
    let name = if by_version { "" } else { migration.name.as_str() };
    (repeatable, format!("{}\0{name}", migration.version.trim_start_matches('0')))
}

/// What a runner compares of a migration.
struct Texts {
    edited: Edited,
}

impl Texts {
    fn of(&self, sources: &Sources, migration: &Migration) -> String {
        let sent = || migration.up.chunks.iter().map(|chunk| sources.slice(*chunk)).collect::<Vec<&str>>().join("\0");
        match self.edited {
            Edited::Stops | Edited::Warns => sources.text(migration.file).to_owned(),
            Edited::StopsButForSpace => sent().split_whitespace().collect(),
            Edited::Unnoticed => sent(),
        }
    }
}

/// The pending migrations that are ordered before a released one.
fn late(old: &[Migration], new: &[Migration], pairs: &[Option<usize>], pending: &[usize]) -> Vec<LateMigration> {
    let is_versioned = |at: usize| new[at].kind == MigrationKind::Versioned;
    let newest = (0..new.len()).rev().find_map(|at| Some((at, pairs[at].filter(|_| is_versioned(at))?)));
    let Some((last, released)) = newest else { return Vec::new() };
    let places = pending.iter().enumerate().filter(|(_, at)| **at < last && is_versioned(**at) && pairs[**at].is_none());
    let late = |place| LateMigration { migration: old.len() + place, by: LateBy::Newer, released: old[released].clone() };
    places.map(|(place, _)| late(place)).collect()
}

/// Adds the pending migrations that stand before what the other branch got meanwhile, or where that stands.
pub(super) fn overtaken(project: &mut Project, together: &Project, paths: &BTreeSet<PathBuf>) {
    let Some(released) = &mut project.released else { return };
    let all = &together.history.migrations;
    let is_versioned = |migration: &&Migration| migration.kind == MigrationKind::Versioned;
    let place = |migration: &Migration, sources: &Sources| view::real(sources.path(migration.file));
    let places: HashMap<PathBuf, usize> = (0..all.len()).map(|at| (place(&all[at], &together.sources), at)).collect();
    let others: BTreeSet<usize> = paths.iter().filter_map(|path| places.get(path).copied()).collect();
    let Some(last) = others.iter().rev().find(|at| is_versioned(&&all[**at])) else { return };
    let by_version = project.runner.applied().known_by == KnownBy::Version;
    let same = |one: &Migration, other: &Migration| {
        by_version && !one.version.is_empty() && identity(one, KnownBy::Version) == identity(other, KnownBy::Version)
    };
    let known: BTreeSet<usize> = released.late.iter().map(|late| late.migration).collect();
    let pending = project.history.migrations.iter().enumerate().skip(released.count);
    for (number, migration) in pending.filter(|(number, migration)| is_versioned(migration) && !known.contains(number)) {
        let is_left_out = released.staged.as_ref().is_some_and(|staged| !staged.contains(&number));
        let Some(at) = places.get(&place(migration, &project.sources)).filter(|_| !is_left_out) else { continue };
        let twin = others.iter().find(|other| same(migration, &all[**other]));
        let by = match twin {
            Some(_) => LateBy::Twin,
            None if at < last => LateBy::Newer,
            None => continue,
        };
        released.late.push(LateMigration { migration: number, by, released: all[*twin.unwrap_or(last)].clone() });
    }
    released.late.sort_by_key(|late| late.migration);
}

/// Takes a migration over from other sources.
fn adopt(sources: &mut Sources, from: &Sources, migration: &Migration) -> Migration {
    let mut files: HashMap<FileId, FileId> = HashMap::new();
    let mut file =
        |old: FileId| *files.entry(old).or_insert_with(|| sources.add(from.path(old).to_owned(), from.text(old).to_owned()));
    let mut script = |script: &Script| Script {
        chunks: script.chunks.iter().map(|chunk| Span { file: file(chunk.file), ..*chunk }).collect(),
        transaction: script.transaction,
    };
    let (up, down) = (script(&migration.up), migration.down.as_ref().map(&mut script));
    Migration { file: file(migration.file), up, down, ..migration.clone() }
}

/// Leaves what the next commit does not touch out of what is reported.
fn keep_staged(released: &mut Released, sources: &Sources, history: &History, staged: &BTreeSet<PathBuf>) {
    let is_staged = |path: &Path| staged.contains(&view::real(path));
    let touches = |migration: &Migration| {
        let scripts = std::iter::once(&migration.up).chain(&migration.down);
        let mut files = scripts.flat_map(|script| &script.chunks).map(|chunk| chunk.file).chain([migration.file]);
        files.any(|file| is_staged(sources.path(file)))
    };
    released.altered.retain(|altered| match &altered.now {
        Alteration::Edited(now) => touches(now),
        Alteration::Deleted | Alteration::Renamed { .. } => touches(&history.migrations[altered.migration]),
    });
    let pending = released.count..history.migrations.len();
    let reported: Vec<usize> = pending.filter(|at| touches(&history.migrations[*at])).collect();
    released.late.retain(|late| reported.contains(&late.migration));
    released.staged = Some(reported);
}
