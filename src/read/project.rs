//! From paths to projects: which directory holds the migrations, whose they are, their texts, and what was asked for.

use std::collections::HashMap;
use std::fs;
use std::path::{Component, Path, PathBuf};

use rayon::prelude::*;

use super::dir::{Dir, is_foreign};
use super::error::ReadError;
use super::layout::{self, Cut, Draft, Layout, Notes, PLACES, Part, Piece, Remarks};
use super::runner::Runner;
use super::text::{Text, read_text};
use crate::source::{FileId, History, Migration, MigrationKind, Script, Sources, Span};

/// How many directories above a file may hold the project that it belongs to: `deploy/a/b.sql` of Sqitch, `V/x.sql` of Flyway.
const MAX_CLIMB: usize = 4;

/// Where the unusual places are looked for: how deep, and in how many directories.
const SEARCH_DEPTH: usize = 4;
const SEARCH_LIMIT: usize = 4000;

/// The migrations of one project, as its runner would find them.
#[derive(Debug)]
pub struct Project {
    /// The directory that holds the migrations; for a single file the file, for standard input `-`.
    pub root: PathBuf,
    /// The runner whose rules were followed.
    pub runner: Runner,
    /// Every text that was read.
    pub sources: Sources,
    /// The migrations in the order of application.
    pub history: History,
    /// What the reader left out, and what the runner would object to.
    pub notes: Vec<ReadNote>,
    /// Where files or directories inside the project were asked for: the places in [`History::migrations`] that they name. A
    /// down file names none. `None` where the whole project was asked for.
    pub selected: Option<Vec<usize>>,
}

/// Something that the user must hear about the files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadNote {
    /// How much it matters.
    pub kind: NoteKind,
    /// The file or directory.
    pub path: PathBuf,
    /// The place in the file, if it is about one.
    pub span: Option<Span>,
    /// What there is to say.
    pub message: String,
}

/// What a [`ReadNote`] means for the judgement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NoteKind {
    /// The runner would stop here with an error.
    Refused,
    /// It was left out: it is not judged.
    NotRead,
    /// It was read, but there is something about it.
    Odd,
}

/// The directories with migrations that belong to `dir`, the likeliest first: `dir` itself where it holds them, the usual places
/// below it, and where there are none of these, any place a few levels down.
pub fn discover(dir: &Path) -> Vec<PathBuf> {
    let holds = |path: &Path| Dir::open(path).ok().and_then(|dir| layout::recognise(&dir)).map(|layout| layout.runner);
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
            let Ok(listed) = Dir::open(&path) else { continue };
            for name in listed.dirs.iter().filter(|name| !is_foreign(name)) {
                let usual = PLACES.iter().filter(|place| place.ends_with(name.as_str())).map(|place| path.join(place));
                let holds = |path: &PathBuf| Dir::open(path).is_ok_and(|dir| layout::recognise(&dir).is_some());
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
        let metadata = fs::metadata(&path).map_err(|source| match source.kind() {
            std::io::ErrorKind::NotFound => ReadError::Missing { path: path.clone() },
            _ => ReadError::Unreadable { path: path.clone(), source },
        })?;
        if let Some(project) = projects.iter_mut().find(|project| project.holds(&path)) {
            project.select(&path);
        } else if metadata.is_dir() {
            projects.push(read_dir(&path, runner)?);
        } else {
            projects.push(read_file(&path, runner)?);
        }
    }
    Ok(projects.into_iter().map(|loaded| loaded.project).collect())
}

/// One migration from a text that no file holds, such as standard input.
pub fn read_stdin(text: impl Into<Vec<u8>>, runner: Option<Runner>) -> Result<Project, ReadError> {
    let path = PathBuf::from("-");
    let text = super::text::decode(text.into(), &path)?;
    let layout = layout::of(runner.unwrap_or(Runner::Plain));
    let draft = Draft::new("", "standard input", path.clone());
    let texts = HashMap::from([(path.clone(), text)]);
    Ok(assemble(path, layout, vec![draft], texts, Notes::default()).project)
}

/// A path without `./`, and relative to the working directory where it lies below it.
fn tidy(path: &Path) -> PathBuf {
    let below = std::env::current_dir().ok().and_then(|here| path.strip_prefix(here).ok().map(Path::to_owned));
    let path = below.unwrap_or_else(|| path.to_owned());
    path.components().filter(|part| *part != Component::CurDir).collect()
}

/// A path that two spellings of one place share. The last part is not resolved: a link among the migrations is a migration.
fn identity(path: &Path) -> PathBuf {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match (parent.canonicalize(), path.file_name()) {
        (Ok(parent), Some(name)) => parent.join(name),
        _ => path.canonicalize().unwrap_or_else(|_| path.to_owned()),
    }
}

/// A project with what is needed to find a path in it.
struct Loaded {
    project: Project,
    root: PathBuf,
    /// The files of ups, and the migrations that each holds.
    ups: HashMap<PathBuf, Vec<usize>>,
    /// Every file that was read: ups and downs.
    files: HashMap<PathBuf, FileId>,
}

impl Loaded {
    fn holds(&self, path: &Path) -> bool {
        let path = identity(path);
        self.files.contains_key(&path) || path.starts_with(&self.root) && self.ups.keys().any(|up| up.starts_with(&path))
    }

    /// Adds what the path names to the selection; nothing can be added to the whole.
    fn select(&mut self, path: &Path) {
        let place = identity(path);
        let named = self.ups.iter().filter(|(up, _)| up.starts_with(&place)).flat_map(|(_, at)| at.iter().copied());
        let named: Vec<usize> = named.collect();
        let is_down = named.is_empty() && self.files.contains_key(&place);
        if is_down {
            let message = "a down file: it is not judged as a forward migration".to_owned();
            self.project.notes.push(ReadNote { kind: NoteKind::NotRead, path: path.to_owned(), span: None, message });
        }
        if let Some(selected) = &mut self.project.selected {
            selected.extend(named);
            selected.sort_unstable();
            selected.dedup();
        }
    }
}

fn read_dir(path: &Path, runner: Option<Runner>) -> Result<Loaded, ReadError> {
    let own = Dir::open(path)?;
    if let Some(runner) = runner {
        let places = PLACES.iter().map(|place| path.join(place)).filter(|place| place.is_dir());
        let candidates = std::iter::once(path.to_owned()).chain(places);
        return read_first(path, candidates, runner);
    }
    let found = discover(path);
    let Some((first, others)) = found.split_first() else {
        return read_inside(path, &own, runner);
    };
    let dir = Dir::open(first)?;
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
        let dir = Dir::open(&candidate)?;
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
    let text = read_text(path, path)?;
    let texts = HashMap::from([(path.to_owned(), text)]);
    Ok(assemble(path.to_owned(), layout, vec![Draft::new("", name, path.to_owned())], texts, Notes::default()))
}

/// The project above a path that has the path among its migrations. What a runner is recognised by goes before plain numbers.
fn read_above(path: &Path, runner: Option<Runner>) -> Result<Option<Loaded>, ReadError> {
    let parent = |path: &Path| match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => Some(parent.to_owned()),
        Some(_) => Some(PathBuf::from(".")).filter(|_| path != Path::new(".")),
        None => None,
    };
    let above = std::iter::successors(parent(path), |path| parent(path)).take(MAX_CLIMB);
    let dirs: Vec<Dir> = above.map(|path| Dir::open(&tidy(&path))).collect::<Result<_, _>>()?;
    let mut candidates: Vec<(&Dir, &Layout)> = dirs
        .iter()
        .filter_map(|dir| Some((dir, runner.map_or_else(|| layout::recognise(dir), |runner| Some(layout::of(runner)))?)))
        .collect();
    candidates.sort_by_key(|(_, layout)| layout.runner == Runner::Plain);
    let wanted = identity(path);
    for (dir, layout) in candidates {
        let mut notes = Notes::default();
        // A directory above that the runner cannot make sense of is not the project of this path.
        let Ok(drafts) = (layout.arrange)(dir, &mut notes) else { continue };
        let root = identity(&dir.path.join("x"));
        let root = root.parent().unwrap_or(&root);
        let relative = |file: &Path| root.join(file.strip_prefix(&dir.path).unwrap_or(file));
        let files = drafts.iter().flat_map(|draft| std::iter::once(&draft.up).chain(&draft.down));
        if files.into_iter().any(|file| relative(file).starts_with(&wanted)) {
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

fn load_drafts(dir: &Dir, layout: &Layout, drafts: Vec<Draft>, mut notes: Notes) -> Result<Loaded, ReadError> {
    for path in &dir.unnameable {
        notes.not_read(path.clone(), "its name is not UTF-8");
    }
    let paths: Vec<&PathBuf> = drafts.iter().flat_map(|draft| std::iter::once(&draft.up).chain(&draft.down)).collect();
    let texts: HashMap<PathBuf, Text> =
        paths.par_iter().map(|path| Ok(((*path).clone(), read_text(path, path)?))).collect::<Result<_, ReadError>>()?;
    Ok(assemble(dir.path.clone(), layout, drafts, texts, notes))
}

/// Cuts every text and puts the project together.
fn assemble(root: PathBuf, layout: &Layout, drafts: Vec<Draft>, texts: HashMap<PathBuf, Text>, notes: Notes) -> Loaded {
    let cuts: Vec<(Vec<Piece>, Remarks)> = drafts.par_iter().map(|draft| cut(layout, draft, &texts)).collect();
    let mut builder = Builder { texts, sources: Sources::default(), files: HashMap::new(), notes: Vec::new() };
    for (kind, path, message) in notes.0 {
        builder.notes.push(ReadNote { kind, path, span: None, message });
    }
    let mut migrations = Vec::with_capacity(drafts.len());
    let mut ups: HashMap<PathBuf, Vec<usize>> = HashMap::new();
    for (draft, (pieces, remarks)) in drafts.into_iter().zip(cuts) {
        let file = builder.file(&draft.up);
        builder.remark(file, remarks);
        for piece in pieces {
            ups.entry(identity(&draft.up)).or_default().push(migrations.len());
            migrations.push(builder.migration(&draft, file, piece));
        }
    }
    let history = History { migrations, one_transaction: layout.one_transaction };
    let files = builder.files.iter().map(|(path, file)| (identity(path), *file)).collect();
    let place = identity(&root.join("x")).parent().map(Path::to_owned).unwrap_or_default();
    let Builder { sources, notes, .. } = builder;
    let project = Project { root, runner: layout.runner, sources, history, notes, selected: None };
    Loaded { project, root: place, ups, files }
}

fn cut(layout: &Layout, draft: &Draft, texts: &HashMap<PathBuf, Text>) -> (Vec<Piece>, Remarks) {
    let mut remarks = Vec::new();
    let text = &texts[&draft.up].text;
    let mut pieces = match layout.cut {
        Cut::Pieces(cut) => cut(text, draft, &mut remarks),
        Cut::Whole(transaction) => {
            let transaction = draft.transaction.unwrap_or_else(|| transaction(text, &mut remarks));
            vec![Piece { up: Part::one(0..text.len(), transaction), ..Piece::default() }]
        }
    };
    if let (Some(path), [piece]) = (&draft.down, pieces.as_mut_slice()) {
        let down = &texts[path].text;
        let transaction = match layout.cut {
            Cut::Whole(transaction) => draft.transaction.unwrap_or_else(|| transaction(down, &mut Vec::new())),
            Cut::Pieces(cut) => {
                cut(down, draft, &mut Vec::new()).pop().map_or(piece.up.transaction, |piece| piece.up.transaction)
            }
        };
        piece.down = Some(Part::one(0..down.len(), transaction));
    }
    (pieces, remarks)
}

struct Builder {
    texts: HashMap<PathBuf, Text>,
    sources: Sources,
    files: HashMap<PathBuf, FileId>,
    notes: Vec<ReadNote>,
}

impl Builder {
    /// The text of a file, taken over into the sources when first asked for.
    fn file(&mut self, path: &Path) -> FileId {
        if let Some(file) = self.files.get(path) {
            return *file;
        }
        let Text { text, mark } = self.texts.remove(path).expect("every draft's text was read");
        let file = self.sources.add(path, text);
        self.files.insert(path.to_owned(), file);
        if mark {
            let message = "begins with a byte order mark: psql skips it, but the server rejects it from runners that send it; save the file without";
            self.remark(file, vec![(NoteKind::Odd, 0, message.to_owned())]);
        }
        file
    }

    fn remark(&mut self, file: FileId, remarks: Remarks) {
        for (kind, at, message) in remarks {
            let (path, span) = (self.sources.path(file).to_owned(), Some(Span::new(file, at, at)));
            self.notes.push(ReadNote { kind, path, span, message });
        }
    }

    fn migration(&mut self, draft: &Draft, file: FileId, piece: Piece) -> Migration {
        let (version, name) = piece.identity.unwrap_or_else(|| (draft.version.clone(), draft.name.clone()));
        let kind = if piece.repeatable { MigrationKind::Repeatable } else { draft.kind };
        let up = self.script(file, piece.up);
        let down_file = draft.down.as_ref().map_or(file, |path| self.file(path));
        let down = piece.down.map(|part| self.script(down_file, part));
        Migration { version, name, file, kind, up, down }
    }

    fn script(&mut self, file: FileId, part: Part) -> Script {
        let file = match part.masked {
            Some(masked) => self.sources.add(self.sources.path(file).to_owned(), masked),
            None => file,
        };
        let chunks = part.chunks.into_iter().map(|chunk| Span::new(file, chunk.start, chunk.end)).collect();
        Script { chunks, transaction: part.transaction }
    }
}
