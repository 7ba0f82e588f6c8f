//! From what was typed and configured to projects that are read.

use super::Failure;
use super::args;
use super::args::Common;
use super::output::complain;
use migsafe::config::{Config, FILE_NAME};
use migsafe::dialect::{self, Dialect};
use migsafe::read::{self, NoteKind, Project, ReadError, ReadNote};
use migsafe::rules::Base;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The projects that were asked for, and the configuration that holds for them.
pub struct Loaded {
    pub projects: Vec<Project>,
    pub config: Config,
    pub dialect: &'static dyn Dialect,
    /// The directory of the configuration, else the working directory.
    pub root: PathBuf,
}

/// Reads what was asked for. What the reader has to tell is for the caller to [`tell`].
pub fn load(args: &args::Project) -> Result<Loaded, Failure> {
    let here = here()?;
    let start = args.paths.first().filter(|path| path.as_os_str() != "-").map_or_else(|| here.clone(), |path| here.join(path));
    let file = match &args.config {
        Some(path) => Some(here.join(path)),
        None => start.ancestors().map(|dir| dir.join(FILE_NAME)).find(|path| path.is_file()),
    };
    let config = match &file {
        Some(path) => read_config(path, &here)?,
        None => Config::default(),
    };
    let dialect = find_dialect(args.dialect.as_deref().or(config.dialect.as_deref()))?;
    let projects = read_projects(args, &config, file.as_deref(), &here)?;
    let root = file.as_deref().and_then(Path::parent).unwrap_or(&here).to_owned();
    Ok(Loaded { projects, config, dialect, root })
}

fn here() -> Result<PathBuf, Failure> {
    std::env::current_dir().map_err(|error| Failure(format!("the working directory: {error}")))
}

/// Where the paths in reports start: the root of the repository that the working directory is in, else the working directory.
pub fn base() -> Result<Base, Failure> {
    let here = here()?;
    let root = here.ancestors().find(|dir| dir.join(".git").exists()).unwrap_or(&here);
    Ok(Base::new(root, &here))
}

fn read_config(path: &Path, here: &Path) -> Result<Config, Failure> {
    let shown = path.strip_prefix(here).unwrap_or(path).display();
    let text = fs::read_to_string(path).map_err(|error| Failure(format!("{shown}: cannot be read: {error}")))?;
    let mut config = Config::parse(&text).map_err(|error| Failure(format!("{shown}: {error}")))?;
    config.levels.base = Some(Base::new(path.parent().unwrap_or(here), here));
    if !config.queries_old.is_empty() || !config.queries_new.is_empty() {
        let message = "[queries] is not used: the application is taken to make every use that its schema permits";
        complain("warning", &format!("{shown}: {message}"));
    }
    Ok(config)
}

fn find_dialect(name: Option<&str>) -> Result<&'static dyn Dialect, Failure> {
    let name = name.unwrap_or_else(|| dialect::ALL[0].name());
    let known = || dialect::ALL.map(Dialect::name).join(", ");
    dialect::by_name(name).ok_or_else(|| Failure(format!("the dialect `{name}` is not known; known: {}", known())))
}

fn read_projects(args: &args::Project, config: &Config, file: Option<&Path>, here: &Path) -> Result<Vec<Project>, Failure> {
    let runner = args.runner.or(config.runner);
    if args.paths.iter().any(|path| path.as_os_str() == "-") {
        if args.paths.len() > 1 {
            return Err(Failure("`-` reads standard input and stands alone; name files in a second call".into()));
        }
        let mut text = Vec::new();
        std::io::stdin().lock().read_to_end(&mut text).map_err(|error| Failure(format!("standard input: {error}")))?;
        return Ok(vec![read::read_stdin(text, runner)?]);
    }
    let root = file.and_then(Path::parent).unwrap_or(here);
    let configured = || config.migrations.iter().map(|path| root.join(path)).collect::<Vec<PathBuf>>();
    let paths = match (args.paths.is_empty(), config.migrations.is_empty()) {
        (false, _) => args.paths.clone(),
        (true, false) => configured(),
        (true, true) => vec![if root == here { PathBuf::from(".") } else { root.to_owned() }],
    };
    match read::read_paths(&paths, runner) {
        // A project whose migrations lie in an unusual place says in its configuration where.
        Err(ReadError::NoMigrations { .. }) if is_root(args, root, here) && !config.migrations.is_empty() => {
            Ok(read::read_paths(&configured(), runner)?)
        }
        read => Ok(read?),
    }
}

/// Whether the one path that was named is the directory of the configuration.
fn is_root(args: &args::Project, root: &Path, here: &Path) -> bool {
    let real = |path: &Path| here.join(path).canonicalize().ok();
    matches!(args.paths.as_slice(), [path] if real(path) == real(root))
}

/// What the reader has to tell, but what the runner would refuse: that is a finding, or [`tell_refused`] tells it.
pub fn tell(project: &Project, common: &Common) {
    if common.verbose {
        let count = project.history.migrations.len();
        complain("note", &format!("{}: {count} migrations for {}", project.root.display(), project.runner));
    }
    for note in &project.notes {
        let place = place(project, note);
        match note.kind {
            NoteKind::Refused => {}
            NoteKind::NotRead | NoteKind::NotSql => complain("warning", &format!("{place}: not judged: {}", note.message)),
            NoteKind::Odd if common.quiet => {}
            NoteKind::Odd => complain("note", &format!("{place}: {}", note.message)),
        }
    }
}

/// What the runner would refuse and no report tells.
pub fn tell_refused(project: &Project, is_told: impl Fn(&ReadNote) -> bool) {
    for note in project.notes.iter().filter(|note| note.kind == NoteKind::Refused && !is_told(note)) {
        let (place, runner) = (place(project, note), project.runner);
        complain("warning", &format!("{place}: {runner} would refuse this: {}", note.message));
    }
}

fn place(project: &Project, note: &ReadNote) -> String {
    match note.span {
        Some(span) => {
            let position = project.sources.position(span.file, span.start);
            format!("{}:{}:{}", note.path.display(), position.line, position.column)
        }
        None => note.path.display().to_string(),
    }
}
