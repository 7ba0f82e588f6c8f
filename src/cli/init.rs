//! `migsafe init`: what can be found out about a project, written down as a configuration that explains itself.

use super::args::{self, Ci, Common, Init as Args};
use super::output::{self, complain};
use super::project::{self, Loaded};
use super::{Failure, Outcome, hook};
use migsafe::assess::Strategy;
use migsafe::config::FILE_NAME;
use migsafe::read::{Project, Runner};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

const GITLAB: &str = include_str!("../../ci/gitlab.yml");

pub fn run(args: &Args, common: &Common) -> Result<Outcome, Failure> {
    let root = args.path.clone().unwrap_or_else(|| PathBuf::from("."));
    let file = tidy(&root.join(FILE_NAME));
    keep(&file, args.force)?;
    let ci = args.ci.map(|ci| ci_file(ci, &root));
    if let Some((path, _)) = &ci {
        keep(path, args.force)?;
    }
    // What a configuration says that is about to be replaced is not asked.
    let paths = if args.force { migration_places(&root) } else { vec![root.clone()] };
    let wanted = args::Project { paths, dialect: None, runner: None, config: None };
    let Loaded { projects, dialect, .. } = project::load(&wanted)?;
    let (strategy, seen) = strategy(&root);
    let found = Findings { projects: &projects, dialect: dialect.name(), strategy, seen };
    output::write(&found.configuration(&root), Some(&file))?;
    let say = |what: String| {
        if !common.quiet {
            complain("note", &what);
        }
    };
    let count: usize = projects.iter().map(|project| project.history.migrations.len()).sum();
    say(format!("{}: written for {count} migrations of {}", file.display(), found.runners()));
    if let Some((path, text)) = &ci {
        fs::create_dir_all(path.parent().unwrap_or(Path::new("."))).map_err(|error| Failure(error.to_string()))?;
        output::write(text, Some(path))?;
        say(format!("{}: written; its head says where migsafe is to be taken from", path.display()));
    }
    match args.hook {
        true => hook::install(&[root])?,
        false => {
            say("`migsafe hook install` has commits judged, `migsafe init --force --ci github` or `gitlab` pull requests"
                .to_owned());
            Outcome::Success
        }
    };
    say("`migsafe lint --all --write-baseline` accepts what is there already".to_owned());
    Ok(Outcome::Success)
}

fn keep(path: &Path, force: bool) -> Result<(), Failure> {
    match path.exists() && !force {
        true => Err(Failure(format!("{}: is there already; --force replaces it", path.display()))),
        false => Ok(()),
    }
}

fn tidy(path: &Path) -> PathBuf {
    path.strip_prefix(".").map(Path::to_owned).unwrap_or_else(|_| path.to_owned())
}

/// The directories with migrations, found without asking the configuration.
fn migration_places(root: &Path) -> Vec<PathBuf> {
    let found = migsafe::read::discover(root);
    found.into_iter().next().map_or_else(|| vec![root.to_owned()], |first| vec![first])
}

struct Findings<'a> {
    projects: &'a [Project],
    dialect: &'static str,
    strategy: Strategy,
    /// The file that shows the strategy.
    seen: Option<PathBuf>,
}

impl Findings<'_> {
    fn runners(&self) -> String {
        let mut names: Vec<&str> = self.projects.iter().map(|project| project.runner.name()).collect();
        names.dedup();
        names.join(", ")
    }

    /// The text of `migsafe.toml`. What was not found out stands there as a comment.
    fn configuration(&self, root: &Path) -> String {
        let below = |project: &Project| {
            let root = root.canonicalize().unwrap_or_else(|_| root.to_owned());
            let shown = if project.root.as_os_str().is_empty() { Path::new(".") } else { &project.root };
            let real = shown.canonicalize().unwrap_or_else(|_| project.root.clone());
            let inside = real.strip_prefix(&root).map(Path::to_owned).unwrap_or(real);
            let text = if inside.as_os_str().is_empty() { ".".to_owned() } else { inside.to_string_lossy().replace('\\', "/") };
            toml_string(&text)
        };
        let places: Vec<String> = self.projects.iter().map(below).collect();
        let known: Vec<&str> = Runner::all().map(Runner::name).collect();
        let seen = self.seen.as_ref().map(|path| format!(" ({} shows it)", tidy(path).display())).unwrap_or_default();
        let mut out = String::new();
        let mut part = |text: String| out.push_str(&text);
        part(
            "# migsafe judges the migrations of this project by what stands here; flags of the command line go before it.\n\n"
                .into(),
        );
        part(format!("# The database.\ndialect = \"{}\"\n\n", self.dialect));
        part("# The version of the oldest server that the migrations run on: 12 to 18.\n# server-version = 16\n\n".into());
        part(format!("# The tool that runs the migrations: {}.\n", wrapped(&known)));
        part(format!("runner = \"{}\"\n\n", self.projects.first().map_or("plain", |project| project.runner.name())));
        part(format!("# The directories that hold them, from here.\nmigrations = [{}]\n\n", places.join(", ")));
        part(
            "# How deployments go, which says what runs at the same time: rolling, blue-green, canary or stop-the-world.\n"
                .into(),
        );
        part(format!("strategy = \"{}\"{}\n\n", self.strategy.name(), if seen.is_empty() { seen } else { format!("  #{seen}") }));
        part(
            "# The last version that is in production: what follows is judged. Without it git tells what is new: what the remote's\n\
             # default branch does not have.\n# released-up-to = \"0042\"\n\n"
                .into(),
        );
        part(
            "# Findings that are accepted, from here; `migsafe lint --write-baseline` writes the file.\n\
             # baseline = \"migsafe-baseline.txt\"\n\n"
                .into(),
        );
        part("[lint]\n# The least severity that fails: error, warning or info.\nfail-on = \"error\"\n\n".into());
        part(
            "[rules]\n# The severity of a rule: error, warning, info or off. `migsafe explain` lists the rules.\n\
             # lock-timeout-missing = \"warning\"\n\n"
                .into(),
        );
        part(
            "# Other severities for some files, by patterns from here; the last that matches counts.\n\
             # [[overrides]]\n# paths = [\"migrations/2019*\"]\n# rules = { column-dropped = \"info\" }\n\n"
                .into(),
        );
        part(
            "# The application's own queries, of the version that is live and of the one that is deployed: what no query uses cannot\n\
             # break.\n# [queries]\n# old = [\"queries/**/*.sql\"]\n# new = [\"queries/**/*.sql\"]\n"
                .into(),
        );
        out
    }
}

fn toml_string(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => write!(out, "\\{character}"),
            control if control.is_control() => write!(out, "\\u{:04X}", u32::from(control)),
            other => write!(out, "{other}"),
        }
        .expect("writing to a string cannot fail");
    }
    out + "\""
}

fn wrapped(names: &[&str]) -> String {
    let (first, second) = names.split_at(names.len() / 2);
    format!("{},\n# {}", first.join(", "), second.join(", "))
}

/// Where deployments are described, and how deep it is looked for.
const DEPTH: usize = 3;
const MANY: usize = 400;

/// How deployments go, as the manifests of Kubernetes show it, and the file that does.
fn strategy(root: &Path) -> (Strategy, Option<PathBuf>) {
    let mut waiting = vec![(root.to_owned(), 0)];
    let mut looked = 0;
    while let Some((dir, depth)) = waiting.pop() {
        let mut entries: Vec<PathBuf> = fs::read_dir(&dir).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
        entries.sort();
        for path in entries {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let is_foreign = name.starts_with('.') || ["node_modules", "target", "vendor"].contains(&name.as_str());
            if path.is_dir() && depth < DEPTH && !is_foreign {
                waiting.push((path, depth + 1));
            } else if (name.ends_with(".yaml") || name.ends_with(".yml")) && looked < MANY {
                looked += 1;
                if let Some(found) = fs::read_to_string(&path).ok().and_then(|text| shown_strategy(&text)) {
                    return (found, Some(path));
                }
            }
        }
    }
    (Strategy::default(), None)
}

fn shown_strategy(text: &str) -> Option<Strategy> {
    let has = |line: &str| text.lines().any(|other| other.trim() == line);
    let of_kind = |kind: &str| has(&format!("kind: {kind}"));
    match () {
        () if of_kind("Rollout") && has("blueGreen:") => Some(Strategy::BlueGreen),
        () if of_kind("Rollout") && has("canary:") => Some(Strategy::Canary),
        () if of_kind("Deployment") && has("type: Recreate") => Some(Strategy::StopTheWorld),
        () => None,
    }
}

/// The file that a service's CI reads, and its text.
fn ci_file(ci: Ci, root: &Path) -> (PathBuf, String) {
    match ci {
        Ci::Github => (tidy(&root.join(".github/workflows/migsafe.yml")), GITHUB.to_owned()),
        Ci::Gitlab => {
            (tidy(&root.join(".gitlab/migsafe.yml")), GITLAB.replace("local: ci/migsafe.yml", "local: .gitlab/migsafe.yml"))
        }
    }
}

const GITHUB: &str = "\
# The migrations of a pull request are judged; the findings stand beside the changed lines, in code scanning and in a comment.
#
# Put in for OWNER and COMMIT where migsafe is taken from.

name: migrations
on: pull_request
permissions:
  contents: read
  pull-requests: write      # for the comment; without it there is none
  security-events: write    # for code scanning; without it there is none
  actions: read             # the same, in a private repository
jobs:
  migrations:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v5
        with:
          fetch-depth: 0    # the commit that the branch began from tells what is released
      - uses: OWNER/migsafe@COMMIT
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strategies_are_seen_in_manifests() {
        for (text, strategy) in [
            ("kind: Deployment\nspec:\n  strategy:\n    type: Recreate\n", Some(Strategy::StopTheWorld)),
            ("kind: Rollout\nspec:\n  strategy:\n    blueGreen:\n", Some(Strategy::BlueGreen)),
            ("kind: Rollout\n  canary:\n", Some(Strategy::Canary)),
            ("kind: Deployment\n", None),
        ] {
            assert_eq!(shown_strategy(text), strategy, "{text}");
        }
    }
}
