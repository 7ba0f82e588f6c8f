//! From drafts to a project: every text is read, cut, and put in its place.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::dir::Dir;
use super::error::ReadError;
use super::layout::{Cut, DownsBy, Draft, Home, Layout, Notes, Part, Piece, Remarks};
use super::place::{Place, real};
use super::project::{Entries, NoteKind, Project, ReadNote};
use super::text::{Text, read_text};
use crate::source::{FileId, History, Migration, MigrationKind, Script, Sources, Span, Transaction};

/// A project with what is needed to find a path in it.
pub(super) struct Loaded {
    pub project: Project,
    place: Place,
    /// The file of each migration's up, in the order of migrations.
    ups: Vec<PathBuf>,
    /// The files of downs.
    downs: Vec<PathBuf>,
}

impl Loaded {
    /// Whether a path is a file of the project, or a directory with some of its migrations.
    pub fn holds(&self, path: &Path) -> bool {
        let wanted = real(path);
        let is_below = |file: &PathBuf| self.place.resolve(file).starts_with(&wanted);
        let above = self.place.real() != wanted && self.place.real().starts_with(&wanted);
        !above && (self.ups.iter().any(is_below) || self.downs.iter().any(is_below))
    }

    /// Whether both are of one directory and runner.
    pub fn is(&self, other: &Loaded) -> bool {
        self.place.real() == other.place.real() && self.project.runner == other.project.runner
    }

    /// Adds what the path names to the selection; nothing can be added to the whole.
    pub fn select(&mut self, path: &Path) {
        let wanted = real(path);
        if self.place.real() == wanted {
            self.project.selected = None;
        }
        let named = (0..self.ups.len()).filter(|at| self.place.resolve(&self.ups[*at]).starts_with(&wanted));
        let named: Vec<usize> = named.collect();
        if named.is_empty() && self.downs.iter().any(|down| self.place.resolve(down) == wanted) {
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

/// Reads the texts of drafts, in parallel, and puts the project together.
pub(super) fn load_drafts(dir: &Dir, layout: &Layout, drafts: Vec<Draft>, mut notes: Notes) -> Result<Loaded, ReadError> {
    for path in &dir.unnameable {
        notes.not_read(path.clone(), "its name is not UTF-8");
    }
    let paths: Vec<&PathBuf> = drafts.iter().flat_map(|draft| std::iter::once(&draft.up).chain(&draft.down)).collect();
    let texts: HashMap<PathBuf, Text> =
        paths.par_iter().map(|path| Ok(((*path).clone(), read_text(&dir.view, path)?))).collect::<Result<_, ReadError>>()?;
    Ok(assemble(dir.path.clone(), layout, drafts, texts, notes))
}

/// Cuts every text and puts the project together.
pub(super) fn assemble(
    root: PathBuf,
    layout: &Layout,
    drafts: Vec<Draft>,
    texts: HashMap<PathBuf, Text>,
    notes: Notes,
) -> Loaded {
    let cuts: Vec<(Vec<Piece>, Remarks)> = drafts.par_iter().map(|draft| cut(layout, draft, &texts)).collect();
    let mut builder = Builder { texts, sources: Sources::default(), files: HashMap::new(), notes: Vec::new() };
    let partial = notes.told.iter().any(|(kind, ..)| *kind == NoteKind::NotSql);
    for (kind, path, message) in notes.told {
        builder.notes.push(ReadNote { kind, path, span: None, message });
    }
    let mut migrations = Vec::with_capacity(drafts.len());
    let (mut ups, mut downs) = (Vec::with_capacity(drafts.len()), Vec::new());
    let mut down_files = Vec::with_capacity(drafts.len());
    let mut entries = Entries { schema: notes.registry, of: HashMap::new() };
    for (draft, (pieces, remarks)) in drafts.into_iter().zip(cuts) {
        let file = builder.file(&draft.up);
        builder.remark(file, remarks);
        entries.of.extend(draft.entry.clone().map(|entry| (file, entry)));
        for piece in pieces {
            ups.push(draft.up.clone());
            migrations.push(builder.migration(&draft, file, piece));
            down_files.push(down_file(layout, &draft));
        }
        downs.extend(draft.down);
    }
    // What the runner refuses has a place in the reports, also where it is no migration.
    for note in builder.notes.iter().filter(|note| note.kind == NoteKind::Refused) {
        if builder.sources.find(&note.path).is_none() {
            builder.sources.add(&note.path, "");
        }
    }
    let history = History { migrations, one_transaction: layout.one_transaction, partial, runner_table: layout.table };
    let place = Place::new(&root);
    let Builder { sources, notes, .. } = builder;
    let runner = layout.runner;
    let project = Project { root, runner, sources, history, notes, selected: None, down_files, entries, released: None };
    Loaded { project, place, ups, downs }
}

/// Where the way back is or would be.
fn down_file(layout: &Layout, draft: &Draft) -> Option<PathBuf> {
    let usual = || match layout.downs.home {
        Home::File(path) => path(draft),
        Home::Section(_) => None,
    };
    draft.down.clone().or_else(|| draft.down_at.clone()).or_else(usual)
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
            _ if layout.downs.by == DownsBy::Hand => Transaction::PerStatement,
            Cut::Whole(transaction) => draft.of_down().transaction.unwrap_or_else(|| transaction(down, &mut Vec::new())),
            Cut::Pieces(cut) => {
                cut(down, &draft.of_down(), &mut Vec::new()).pop().map_or(piece.up.transaction, |piece| piece.up.transaction)
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
