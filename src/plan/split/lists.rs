//! Runners that keep a list of their migrations beside the scripts, or several in one file: Drizzle's journal, Sqitch's plan,
//! Liquibase's changesets.

use super::Transactions;
use super::files::{File, Item, NoFiles};
use crate::lint::Lint;
use crate::read::{self, Runner};
use crate::source::Migration;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const JOURNAL: &str = "meta/_journal.json";
const PLAN: &str = "sqitch.plan";

/// Where the runner's list of migrations lies below the directory of migrations, if it keeps one.
pub fn list_path(lint: &Lint<'_>) -> Option<&'static str> {
    match lint.project.runner {
        Runner::Drizzle => (!in_directories(lint)).then_some(JOURNAL),
        Runner::Sqitch => Some(PLAN),
        Runner::Sqlx
        | Runner::Diesel
        | Runner::GolangMigrate
        | Runner::Goose
        | Runner::Dbmate
        | Runner::Refinery
        | Runner::Flyway
        | Runner::Prisma
        | Runner::Supabase
        | Runner::Liquibase
        | Runner::Plain => None,
    }
}

/// The list with the files in the place of the pending migrations; `text` is the list as it is.
pub fn list(lint: &Lint<'_>, files: &[File], text: &str) -> Result<String, NoFiles> {
    match lint.project.runner {
        Runner::Drizzle => journal(lint, files, text),
        _ => plan(lint, files, text),
    }
}

/// Whether Drizzle keeps each migration in a directory of its own, without a journal.
pub(super) fn in_directories(lint: &Lint<'_>) -> bool {
    let pending = lint.assessments.iter().map(|found| &lint.project.history.migrations[found.migration]);
    pending.into_iter().any(|migration| lint.project.sources.path(migration.file).ends_with("migration.sql"))
}

fn pending<'a>(lint: &'a Lint<'_>) -> impl Iterator<Item = &'a Migration> {
    lint.assessments.iter().map(|found| &lint.project.history.migrations[found.migration])
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// Drizzle's journal with the new files in the place of those that are pending.
fn journal(lint: &Lint<'_>, files: &[File], text: &str) -> Result<String, NoFiles> {
    let gone: Vec<String> = pending(lint).map(|migration| stem(lint.project.sources.path(migration.file))).collect();
    let new: Vec<String> = files.iter().map(|file| stem(Path::new(&file.path))).collect();
    read::journal_with(text, &gone, &new).map_err(|why| NoFiles(format!("{JOURNAL} cannot be read: {why}")))
}

/// Sqitch: every new change needs the one before it, and is planned when and by whom the replaced one was.
fn plan(lint: &Lint<'_>, files: &[File], text: &str) -> Result<String, NoFiles> {
    let gone: Vec<&str> = pending(lint).map(|migration| migration.version.as_str()).collect();
    if let Some(reworked) = gone.iter().find(|name| name.contains('@')) {
        return Err(NoFiles(format!("{reworked} is reworked later: write the plan's lines by hand")));
    }
    let word = |line: &str| line.trim_start_matches('+').split([' ', '\t', '[']).next().unwrap_or_default().to_owned();
    // A reworked change stands there twice: what is pending is the last.
    let lines: Vec<&str> = text.lines().collect();
    let last = |name: &str| lines.iter().rposition(|line| !line.starts_with(['%', '@', '#']) && word(line) == name);
    let removed: BTreeMap<usize, &str> = gone.iter().filter_map(|name| Some((last(name)?, *name))).collect();
    let first = *removed.keys().next().ok_or_else(|| NoFiles(format!("{PLAN} does not list {}", gone.join(", "))))?;
    if lines[first..].iter().enumerate().any(|(at, line)| !removed.contains_key(&(first + at)) && is_change(line)) {
        return Err(NoFiles(format!("{PLAN} has changes that are not pending behind ones that are: write its lines by hand")));
    }
    let who = lines[first].split_once(']').map_or_else(
        || lines[first].trim_start_matches('+').split_once(' ').map_or("", |(_, rest)| rest),
        |(_, rest)| rest.trim_start(),
    );
    let who = who.split('#').next().unwrap_or_default().trim_end();
    let needs = lines[first].split_once('[').and_then(|(_, rest)| rest.split_once(']')).map(|(needs, _)| format!(" [{needs}]"));
    let mut out: Vec<String> =
        lines.iter().enumerate().filter(|(at, _)| !removed.contains_key(at)).map(|(_, line)| (*line).to_owned()).collect();
    let mut before = needs.unwrap_or_default();
    for file in files {
        let name = stem(Path::new(&file.path));
        out.push(format!("{name}{before} {who} # {}", name.replace('_', " ")));
        before = format!(" [{name}]");
    }
    Ok(out.join("\n") + "\n")
}

fn is_change(line: &str) -> bool {
    let line = line.split('#').next().unwrap_or_default().trim();
    !line.is_empty() && !line.starts_with(['%', '@'])
}

/// A change of Sqitch: its scripts; the revert script is written with all ways back.
pub(super) fn sqitch(lint: &Lint<'_>, items: &[Item], body: impl Fn(&Item) -> String) -> Vec<File> {
    let deploy = pending(lint).next().map(|migration| lint.project.sources.path(migration.file));
    let deploy = deploy.and_then(|path| path.strip_prefix(&lint.project.root).ok()).and_then(Path::parent);
    let deploy = deploy.map_or_else(|| "deploy".to_owned(), |path| path.to_string_lossy().into_owned());
    let verify = deploy.replace("deploy", "verify");
    let project = lint.project.entries.of.values().next().and_then(|entry| entry.split_once(':')).map_or("", |(own, _)| own);
    let mut used: Vec<String> = Vec::new();
    let files = items.iter().map(|item| {
        let name = fresh(&mut used, &item.name);
        let (begin, commit) = if item.transaction == Transactions::One { ("BEGIN;\n\n", "\nCOMMIT;\n") } else { ("", "") };
        let text = format!("-- Deploy {project}:{name} to pg\n\n{begin}{}{commit}", body(item));
        let check = format!("-- Verify {project}:{name} on pg\n\nBEGIN;\n\nSELECT 1;\n\nROLLBACK;\n");
        File { path: format!("{deploy}/{name}.sql"), text, beside: Some((format!("{verify}/{name}.sql"), check)) }
    });
    files.collect()
}

fn fresh(used: &mut Vec<String>, name: &str) -> String {
    let taken = |name: &String| used.contains(name);
    let numbered = (2..).map(|number| format!("{name}_{number}"));
    let found = std::iter::once(name.to_owned()).chain(numbered).find(|name| !taken(name)).expect("numbers do not end");
    used.push(found.clone());
    found
}

/// Liquibase: the changesets stand where the first pending one stood; those that were pending elsewhere are taken out.
pub(super) fn liquibase(lint: &Lint<'_>, items: &[Item], body: impl Fn(&Item) -> String) -> Result<Vec<File>, NoFiles> {
    let (sources, migrations) = (&lint.project.sources, &lint.project.history.migrations);
    let mut cuts: Vec<(PathBuf, usize)> = Vec::new();
    for assessment in &lint.assessments {
        let migration = &migrations[assessment.migration];
        let (path, text) = (sources.path(migration.file), sources.text(migration.file));
        let Some((at, _)) = header(text, &migration.version) else {
            return Err(NoFiles(format!(
                "{}: {} is no changeset of its own: write it by hand",
                path.display(),
                migration.version
            )));
        };
        let same_file = |other: &usize| sources.path(migrations[*other].file) == path;
        let is_pending = |other: &usize| lint.assessments.iter().any(|found| found.migration == *other);
        if (assessment.migration..migrations.len()).filter(same_file).any(|other| !is_pending(&other)) {
            let name = &migration.version;
            return Err(NoFiles(format!("{}: what follows {name} is applied already: write it by hand", path.display())));
        }
        if !cuts.iter().any(|(known, _)| known == path) {
            cuts.push((path.to_owned(), at));
        }
    }
    let mut changesets = String::new();
    let mut used = Vec::new();
    for item in items {
        let migration = &migrations[lint.assessments[item.number].migration];
        let attributes = header(sources.text(migration.file), &migration.version).map(|(_, rest)| rest).unwrap_or_default();
        let own = ["runInTransaction", "splitStatements"];
        let kept = attributes.split_whitespace().filter(|word| !own.iter().any(|own| word.starts_with(own)));
        let mut attributes: Vec<&str> = kept.collect();
        if item.transaction == Transactions::None {
            attributes.push("runInTransaction:false");
        }
        let body = body(item);
        if body.contains("$$") {
            attributes.push("splitStatements:false");
        }
        let (author, id) = migration.version.split_once(':').unwrap_or(("", &migration.version));
        let id = fresh(&mut used, &item.what.map_or_else(|| id.to_owned(), |what| format!("{id}-{what}")));
        let attributes: String = attributes.iter().map(|word| format!(" {word}")).collect();
        changesets += &format!("\n--changeset {author}:{id}{attributes}\n{body}");
    }
    let files = cuts.into_iter().enumerate().map(|(number, (path, at))| {
        let file = sources.find(&path).expect("it was read");
        let text = sources.text(file)[..at].trim_end();
        let text = if number == 0 { format!("{text}\n{changesets}") } else { format!("{text}\n") };
        let path = path.strip_prefix(&lint.project.root).unwrap_or(&path).to_string_lossy().into_owned();
        File { path, text, beside: None }
    });
    Ok(files.collect())
}

/// Where a changeset's line begins, and its attributes.
fn header<'t>(text: &'t str, version: &str) -> Option<(usize, &'t str)> {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let rest = line.trim_start().strip_prefix("--").map(str::trim_start);
        let rest = rest.filter(|rest| rest.get(..9).is_some_and(|word| word.eq_ignore_ascii_case("changeset")));
        let found = rest.map(|rest| rest[9..].trim_start()).and_then(|rest| rest.strip_prefix(version));
        if let Some(attributes) = found.filter(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace)) {
            return Some((at, attributes.trim()));
        }
        at += line.len();
    }
    None
}
