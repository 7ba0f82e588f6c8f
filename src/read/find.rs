//! From paths to projects: which directory holds the migrations, whose they are, and which of them were asked for.

use std::fs;
use std::path::{Component, Path, PathBuf};

use super::assemble::{Loaded, assemble, load_drafts};
use super::dir::{Dir, is_foreign};
use super::error::ReadError;
use super::layout::{self, Draft, Layout, Notes, PLACES};
use super::place::{Place, real};
use super::project::Project;
use super::runner::Runner;
use super::text::{decode, read_text};
use super::view::View;

/// How many directories above a file may hold the project that it belongs to: `deploy/a/b.sql` of Sqitch, `V/x.sql` of Flyway.
const MAX_CLIMB: usize = 4;

/// Where the unusual places are looked for: how deep, and in how many directories.
const SEARCH_DEPTH: usize = 4;
const SEARCH_LIMIT: usize = 4000;

/// The directories with migrations that belong to `dir`, the likeliest first: `dir` itself where it holds them, the usual places
/// below it, and where there are none of these, any place a few levels down.
pub fn discover(dir: &Path) -> Vec<PathBuf> {
    let holds = |path: &Path| Dir::on_disk(path).ok().and_then(|dir| layout::recognise(&dir)).map(|layout| layout.runner);
    let own = holds(dir);
    if own.is_some_and(|runner| runner != Runner::Plain) {
        return vec![dir.to_owned()];
    }
    let usual = PLACES.iter().map(|place| dir.join(place)).filter(|path| path.is_dir() && holds(path).is_some());
    let mut found: Vec<PathBuf> = usual.collect();
    if own.is_some() {
        // Numbered files right here: with a `migrations/` beside them they are something else.
        found.push(dir.to_owned());
    }
    // `db` holds `db/migrations`: the inner one is meant.
    let inner = found.clone();
    found.retain(|path| path == dir || !inner.iter().any(|other| other != path && other.starts_with(path)));
    if found.is_empty() { search(dir) } else { found }
}

/// Directories below with one of the usual last names that hold migrations, breadth first.
fn search(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut level = vec![dir.to_owned()];
    let mut visited = 0;
    for _ in 0..SEARCH_DEPTH {
        let mut next = Vec::new();
        for path in level {
            visited += 1;
            let Ok(listed) = Dir::on_disk(&path) else { continue };
            for name in listed.dirs.iter().filter(|name| !is_foreign(name)) {
                let usual = PLACES.iter().filter(|place| place.ends_with(name.as_str())).map(|place| path.join(place));
                let holds = |path: &PathBuf| Dir::on_disk(path).is_ok_and(|dir| layout::recognise(&dir).is_some());
                found.extend(usual.filter(|place| place.file_name() == Some(name.as_ref())).filter(holds));
                next.push(listed.at(name));
            }
        }
        if !found.is_empty() || visited > SEARCH_LIMIT {
            break;
        }
        level = next;
    }
    found.sort();
    found.dedup();
    found
}

/// Reads the project at a path: a project's directory, a directory with migrations, or a file in one.
pub fn read(path: &Path, runner: Option<Runner>) -> Result<Project, ReadError> {
    let mut projects = read_paths(std::slice::from_ref(&path), runner)?;
    Ok(projects.pop().expect("one path makes one project"))
}

/// Reads the projects at several paths. Files of one project make one [`Project`], in which they are selected.
pub fn read_paths(paths: &[impl AsRef<Path>], runner: Option<Runner>) -> Result<Vec<Project>, ReadError> {
    let mut projects: Vec<Loaded> = Vec::new();
    for path in paths.iter().map(|path| tidy(path.as_ref())) {
        let asked = if path.as_os_str().is_empty() { Path::new(".") } else { &path };
        let metadata = fs::metadata(asked).map_err(|source| match source.kind() {
            std::io::ErrorKind::NotFound => ReadError::Missing { path: path.clone() },
            _ => ReadError::Unreadable { path: path.clone(), source },
        })?;
        if let Some(project) = projects.iter_mut().find(|project| project.holds(&path)) {
            project.select(&path);
        } else if metadata.is_dir() {
            let project = read_dir(&path, runner)?;
            match projects.iter_mut().find(|earlier| earlier.is(&project)) {
                Some(earlier) => *earlier = project,
                None => projects.push(project),
            }
        } else {
            projects.push(read_file(&path, runner)?);
        }
    }
    Ok(projects.into_iter().map(|loaded| loaded.project).collect())
}

/// Reads a project anew as a view has it: its directory and runner are known.
pub(super) fn reread(root: &Path, runner: Runner, view: &View) -> Result<Project, ReadError> {
    load(&Dir::open(view, root)?, layout::of(runner), Notes::default()).map(|loaded| loaded.project)
}

/// One migration from a text that no file holds, such as standard input.
pub fn read_stdin(text: impl Into<Vec<u8>>, runner: Option<Runner>) -> Result<Project, ReadError> {
    let path = PathBuf::from("-");
    let text = decode(text.into(), &path)?;
    let layout = layout::of(runner.unwrap_or(Runner::Plain));
    let draft = Draft::new("", "standard input", path.clone());
    Ok(assemble(path.clone(), layout, vec![draft], [(path, text)].into(), Notes::default()).project)
}

/// A path without `./`, and relative to the working directory where it lies below it.
fn tidy(path: &Path) -> PathBuf {
    let below = std::env::current_dir().ok().and_then(|here| path.strip_prefix(here).ok().map(Path::to_owned));
    let path = below.unwrap_or_else(|| path.to_owned());
    path.components().filter(|part| *part != Component::CurDir).collect()
}

fn read_dir(path: &Path, runner: Option<Runner>) -> Result<Loaded, ReadError> {
    let own = Dir::on_disk(path)?;
    if let Some(runner) = runner {
        let places = PLACES.iter().map(|place| path.join(place)).filter(|place| place.is_dir());
        let candidates = std::iter::once(path.to_owned()).chain(places);
        return read_first(path, candidates, runner);
    }
    let found = discover(path);
    let Some((first, others)) = found.split_first() else {
        return read_inside(path, &own, runner);
    };
    let dir = Dir::on_disk(first)?;
    let layout = layout::recognise(&dir).unwrap_or_else(|| layout::of(Runner::Plain));
    let mut notes = Notes::default();
    for other in others {
        notes.not_read(
            other.clone(),
            format!("migrations here too; those in {} are judged: name the directory that is meant", first.display()),
        );
    }
    load(&dir, layout, notes)
}

/// The first of the candidates in which the named runner finds migrations.
fn read_first(path: &Path, candidates: impl Iterator<Item = PathBuf>, runner: Runner) -> Result<Loaded, ReadError> {
    let layout = layout::of(runner);
    for candidate in candidates {
        let dir = Dir::on_disk(&candidate)?;
        // A project's directory is no directory of migrations just because some runner takes in all that lies below.
        if candidate != path || (layout.recognise)(&dir) || layout::recognise(&dir).is_some() || dir.sql().next().is_some() {
            match load(&dir, layout, Notes::default()) {
                Err(ReadError::NoMigrations { .. }) => {}
                loaded => return loaded,
            }
        }
    }
    let advice = "check --runner, or name the directory that holds them";
    Err(ReadError::NoMigrations { path: path.to_owned(), runner: Some(runner.name()), advice })
}

/// A directory without migrations of its own may be one migration of a project above (diesel, Prisma), or hold SQL files
/// without any order in their names.
fn read_inside(path: &Path, own: &Dir, runner: Option<Runner>) -> Result<Loaded, ReadError> {
    if let Some(mut loaded) = read_above(path, runner)? {
        loaded.project.selected = Some(Vec::new());
        loaded.select(path);
        return Ok(loaded);
    }
    let mut notes = Notes::default();
    if own.sql().next().is_some() {
        notes.odd(path.to_owned(), "no name has a number: the order of names is taken for the order of application");
        return load(own, layout::of(Runner::Plain), notes);
    }
    let advice = "name the directory that holds them, or set `migrations` in migsafe.toml";
    Err(ReadError::NoMigrations { path: path.to_owned(), runner: None, advice })
}

fn read_file(path: &Path, runner: Option<Runner>) -> Result<Loaded, ReadError> {
    if let Some(mut loaded) = read_above(path, runner)? {
        loaded.project.selected = Some(Vec::new());
        loaded.select(path);
        return Ok(loaded);
    }
    let layout = layout::of(runner.unwrap_or(Runner::Plain));
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let text = read_text(&View::default(), path)?;
    let draft = Draft::new("", name, path.to_owned());
    Ok(assemble(path.to_owned(), layout, vec![draft], [(path.to_owned(), text)].into(), Notes::default()))
}

/// The project above a path that has the path among its migrations. What a runner is recognised by goes before plain numbers.
fn read_above(path: &Path, runner: Option<Runner>) -> Result<Option<Loaded>, ReadError> {
    let parent = |path: &Path| match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => Some(parent.to_owned()),
        Some(_) => Some(PathBuf::from(".")).filter(|_| path != Path::new(".")),
        None => None,
    };
    let above = std::iter::successors(parent(path), |path| parent(path)).take(MAX_CLIMB);
    let dirs: Vec<Dir> = above.map(|path| Dir::on_disk(&tidy(&path))).collect::<Result<_, _>>()?;
    let mut candidates: Vec<(&Dir, &Layout)> = dirs
        .iter()
        .filter_map(|dir| Some((dir, runner.map_or_else(|| layout::recognise(dir), |runner| Some(layout::of(runner)))?)))
        .collect();
    candidates.sort_by_key(|(_, layout)| layout.runner == Runner::Plain);
    let wanted = real(path);
    for (dir, layout) in candidates {
        let mut notes = Notes::default();
        // A directory above that the runner cannot make sense of is not the project of this path.
        let Ok(drafts) = (layout.arrange)(dir, &mut notes) else { continue };
        let place = Place::new(&dir.path);
        let mut files = drafts.iter().flat_map(|draft| std::iter::once(&draft.up).chain(&draft.down));
        if files.any(|file| place.resolve(file).starts_with(&wanted)) {
            return load_drafts(dir, layout, drafts, notes).map(Some);
        }
    }
    Ok(None)
}

fn load(dir: &Dir, layout: &Layout, mut notes: Notes) -> Result<Loaded, ReadError> {
    let drafts = (layout.arrange)(dir, &mut notes)?;
    if drafts.is_empty() {
        let advice = "check --runner, or name the directory that holds them";
        return Err(ReadError::NoMigrations { path: dir.path.clone(), runner: Some(layout.runner.name()), advice });
    }
    load_drafts(dir, layout, drafts, notes)
}
