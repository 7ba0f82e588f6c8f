//! `migsafe plan --write`: the pending migrations as files, tried in a copy of the project before anything is written.

use crate::cli::args::Common;
use crate::cli::output::{self, complain};
use crate::cli::{Failure, Outcome};
use migsafe::assess::Phase;
use migsafe::down::script;
use migsafe::plan::{File, Plan, files, list, list_path};
use migsafe::read::Runner;
use migsafe::read::{self, DownText, Project};
use migsafe::rules::Level;
use migsafe::{Lint, Options, Pending, lint};
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

pub fn write(directory: &Path, judged: &Lint<'_>, planned: &Plan, common: &Common) -> Result<Outcome, Failure> {
    let ups = files(judged, planned)?;
    let root = &judged.project.root;
    if !root.is_dir() {
        return Err(Failure("--write needs the whole project: name its directory".into()));
    }
    let names = list_path(judged).map(|path| listed(judged, root, path, &ups)).transpose()?;
    let scratch = tempfile::tempdir().map_err(|error| Failure(format!("a temporary directory: {error}")))?;
    // Under the name that the project has: some runners are known by it.
    let copy = scratch.path().join(root.file_name().unwrap_or("migrations".as_ref()));
    let fill = || -> io::Result<BTreeSet<PathBuf>> {
        copy_all(root, &copy)?;
        remove_pending(judged, root, &copy)?;
        if let Some((path, _)) = &names {
            fs::remove_file(copy.join(path))?;
        }
        let kept = walk(&copy)?;
        if let Some((path, text)) = &names {
            put(&copy.join(path), text)?;
        }
        for File { path, text, beside } in &ups {
            put(&copy.join(path), text)?;
            if let Some((path, text)) = beside {
                put(&copy.join(path), text)?;
            }
        }
        Ok(kept)
    };
    let broken = |error: io::Error| Failure(format!("{}: cannot be copied: {error}", root.display()));
    let kept = fill().map_err(broken)?;
    let left = finish(&copy, &ups, judged)?;
    let made: Vec<PathBuf> = walk(&copy).map_err(broken)?.into_iter().filter(|path| !kept.contains(path)).collect();
    deliver(&copy, &made, directory, common)?;
    for message in &left {
        complain("error", message);
    }
    if judged.project.runner == Runner::Drizzle && !common.quiet {
        let message = "no meta/*_snapshot.json is written: drizzle-kit compares with the newest there is, so keep the one of the last \
            migration that was replaced, under the number of the last new one";
        complain("note", message);
    }
    Ok(if left.is_empty() { Outcome::Success } else { Outcome::Findings })
}

/// The runner's list of migrations with the new ones in it.
fn listed<'p>(judged: &Lint<'_>, root: &Path, path: &'p str, ups: &[File]) -> Result<(&'p str, String), Failure> {
    let shown = root.join(path);
    let text = fs::read_to_string(&shown).map_err(|error| Failure(format!("{}: cannot be read: {error}", shown.display())))?;
    Ok((path, list(judged, ups, &text)?))
}

/// Says of every contract statement that it is one, writes the ways back, and gives what is still wrong.
fn finish(copy: &Path, ups: &[File], judged: &Lint<'_>) -> Result<Vec<String>, Failure> {
    let runner = judged.project.runner;
    let read = || read::read(copy, Some(runner)).map_err(Failure::from);
    let history = &judged.project.history.migrations;
    let planned = |at: &usize| judged.assessments.iter().any(|found| found.migration == *at);
    let kept: BTreeSet<&str> = (0..history.len()).filter(|at| !planned(at)).map(|at| history[at].version.as_str()).collect();
    let pending = |project: &Project| {
        let is_new = |file| {
            let path = project.sources.path(file).strip_prefix(copy).unwrap_or(project.sources.path(file)).to_owned();
            ups.iter().any(|up| Path::new(&up.path) == path)
        };
        let all = project.history.migrations.iter().enumerate();
        Pending::only(
            all.filter(|(_, migration)| is_new(migration.file) && !kept.contains(migration.version.as_str()))
                .map(|(number, _)| number)
                .collect::<Vec<_>>(),
        )
    };
    let options = |project: &Project| Options {
        dialect: judged.options.dialect,
        version: judged.options.version,
        strategy: judged.options.strategy,
        levels: judged.options.levels.clone(),
        pending: pending(project),
    };
    let project = read()?;
    let asked = options(&project);
    say_contract(&lint(&project, &asked))?;
    let project = read()?;
    let asked = options(&project);
    write_downs(&lint(&project, &asked))?;
    let project = read()?;
    let asked = options(&project);
    let result = lint(&project, &asked);
    let open = result.findings.iter().filter(|found| found.suppressed.is_none() && found.finding.level == Level::Error);
    let shown = |found: &migsafe::allow::Reported| {
        let path = project.sources.path(found.finding.place.span.file);
        format!("{}: {} [{}]", path.strip_prefix(copy).unwrap_or(path).display(), found.finding.message, found.finding.id())
    };
    Ok(open.map(shown).collect())
}

/// Puts the directive above every statement that belongs after the rollback window.
fn say_contract(judged: &Lint<'_>) -> Result<(), Failure> {
    for assessment in &judged.assessments {
        let migration = &judged.project.history.migrations[assessment.migration];
        let steps = judged.replayed.steps[assessment.steps.clone()].iter().zip(&assessment.verdicts);
        let contract = steps.filter(|(_, verdict)| verdict.phase == Phase::Contract).map(|(step, _)| step.statement);
        let parsed = &judged.parsed[assessment.migration];
        let mut starts: Vec<usize> = contract.map(|at| parsed.statements[at].span.start as usize).collect();
        starts.sort_unstable_by(|a, b| b.cmp(a));
        let mut text = judged.project.sources.text(migration.file).to_owned();
        for start in &starts {
            text.insert_str(*start, "-- migsafe: phase=contract\n");
        }
        if !starts.is_empty() {
            output::write(&text, Some(judged.project.sources.path(migration.file)))?;
        }
    }
    Ok(())
}

fn write_downs(judged: &Lint<'_>) -> Result<(), Failure> {
    let dialect = judged.options.dialect;
    let downs: Vec<(usize, String, bool)> = judged
        .assessments
        .iter()
        .map(|assessment| {
            let migration = assessment.migration;
            let down = judged.ground().way_back(migration);
            (migration, script(&down, dialect), down.transactional)
        })
        .collect();
    let texts: Vec<(usize, DownText<'_>)> = downs
        .iter()
        .map(|(migration, script, transactional)| (*migration, DownText { script, transactional: *transactional }))
        .collect();
    let (edits, refused) = read::down_edits(judged.project, &texts, &[]);
    for (migration, reason) in refused {
        let file = judged.project.sources.path(judged.project.history.migrations[migration].file);
        complain("note", &format!("{}: no way back is written: {reason}", file.file_name().unwrap_or_default().display()));
    }
    for edit in edits {
        put(&edit.path, &edit.after).map_err(|error| Failure(format!("{}: cannot be written: {error}", edit.path.display())))?;
    }
    Ok(())
}

/// Copies what was made to where it shall be; nothing there is written over.
fn deliver(copy: &Path, made: &[PathBuf], directory: &Path, common: &Common) -> Result<(), Failure> {
    for path in made {
        let to = directory.join(path);
        if to.exists() {
            return Err(Failure(format!("{}: is there already: name a new directory", to.display())));
        }
    }
    for path in made {
        let to = directory.join(path);
        let text = fs::read_to_string(copy.join(path)).map_err(|error| Failure(format!("{}: {error}", path.display())))?;
        let parent = to.parent().unwrap_or(directory);
        fs::create_dir_all(parent).map_err(|error| Failure(format!("{}: cannot be made: {error}", parent.display())))?;
        output::write(&text, Some(&to))?;
        if !common.quiet {
            complain("note", &format!("{}: written", to.display()));
        }
    }
    Ok(())
}

/// Takes the files of the pending migrations out of the copy.
fn remove_pending(judged: &Lint<'_>, root: &Path, copy: &Path) -> io::Result<()> {
    let sources = &judged.project.sources;
    for assessment in &judged.assessments {
        let migration = &judged.project.history.migrations[assessment.migration];
        let down = migration.down.iter().flat_map(|down| &down.chunks).map(|chunk| chunk.file);
        for file in [migration.file].into_iter().chain(down) {
            let Ok(path) = sources.path(file).strip_prefix(root) else { continue };
            let directory =
                path.parent().filter(|parent| !parent.as_os_str().is_empty() && !is_shared(judged, &root.join(parent)));
            match directory {
                // A migration is a directory of its own.
                Some(directory) if copy.join(directory).is_dir() && path.components().count() == 2 => {
                    fs::remove_dir_all(copy.join(directory))?;
                }
                _ if copy.join(path).is_file() => fs::remove_file(copy.join(path))?,
                _ => {}
            }
        }
    }
    Ok(())
}

/// Whether a directory holds migrations that are not pending.
fn is_shared(judged: &Lint<'_>, directory: &Path) -> bool {
    let project = judged.project;
    let stays = |at: &usize| !judged.assessments.iter().any(|found| found.migration == *at);
    let lies_there = |at: usize| project.sources.path(project.history.migrations[at].file).parent() == Some(directory);
    (0..project.history.migrations.len()).filter(stays).any(lies_there)
}

fn put(path: &Path, text: &str) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::write(path, text)
}

fn copy_all(from: &Path, to: &Path) -> io::Result<()> {
    for path in walk(from)? {
        let target = to.join(&path);
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::copy(from.join(&path), target)?;
    }
    Ok(())
}

/// The files below a directory, by their paths in it.
fn walk(root: &Path) -> io::Result<BTreeSet<PathBuf>> {
    let mut out = BTreeSet::new();
    let mut open = vec![PathBuf::new()];
    while let Some(directory) = open.pop() {
        let Ok(entries) = fs::read_dir(root.join(&directory)) else { continue };
        for entry in entries {
            let entry = entry?;
            let path = directory.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                open.push(path);
            } else {
                out.insert(path);
            }
        }
    }
    Ok(out)
}
