//! Sqitch. Facts: `lib/App/Sqitch/Plan.pm` (the plan's grammar and order), `Plan/Change.pm` (a reworked change's earlier scripts carry the
//! tag: `name@tag.sql`), `Target.pm` (`deploy/`, `revert/`, `verify/` below the top directory), `Engine/pg.pm` (scripts run through
//! `psql` with `ON_ERROR_STOP`, so statement by statement unless they say `BEGIN`).

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::{Cut, Downs, DownsBy, Draft, Home, Layout, Notes, Outside};
use crate::read::applied::{Applied, Edited, KnownBy, Late, Reaction};
use crate::read::dir::Dir;
use crate::read::error::ReadError;
use crate::read::runner::Runner;
use crate::read::view::View;
use crate::source::Transaction;

pub(super) const LAYOUT: Layout = Layout {
    runner: Runner::Sqitch,
    recognise: |dir| plan_path(dir).is_some(),
    arrange,
    cut: Cut::Whole(|_, _| Transaction::PerStatement),
    one_transaction: false,
    table: "",
    // `App/Sqitch/Engine.pm`: the last deployed change's id, which hangs on all before it, must be in the plan.
    applied: Applied {
        known_by: KnownBy::Name,
        edited: Edited::Unnoticed,
        renamed: Reaction::Unnoticed,
        deleted: Reaction::Stops,
        late: Late::Stops,
    },
    outside_transaction: "leave `BEGIN` and `COMMIT` out of the script",
    downs: Downs { by: DownsBy::Runner, home: Home::File(|draft| draft.down_at.clone()), outside: Outside::ByScript },
};

/// Directories, the plan's file and the ending of scripts, as `sqitch.conf` may set them.
struct Target {
    plan: PathBuf,
    deploy: PathBuf,
    revert: PathBuf,
    extension: String,
    /// The schema in which Sqitch keeps what is deployed.
    registry: Option<String>,
}

fn plan_path(dir: &Dir) -> Option<PathBuf> {
    let plan = target(dir).plan;
    dir.view.is_file(&plan).then_some(plan)
}

fn target(dir: &Dir) -> Target {
    let text =
        if dir.has("sqitch.conf") { dir.view.read_to_string(&dir.at("sqitch.conf")).unwrap_or_default() } else { String::new() };
    let config = settings(&text, "[core]");
    let registry =
        || settings(&text, "[engine \"pg\"]").remove("registry").or_else(|| settings(&text, "[core \"pg\"]").remove("registry"));
    let top = dir.path.join(config.get("top_dir").map_or("", String::as_str));
    let place = |key: &str, usual: &str| config.get(key).map_or_else(|| top.join(usual), |set| dir.path.join(set));
    Target {
        plan: place("plan_file", "sqitch.plan"),
        deploy: place("deploy_dir", "deploy"),
        revert: place("revert_dir", "revert"),
        extension: config.get("extension").cloned().unwrap_or_else(|| "sql".to_owned()),
        registry: registry(),
    }
}

/// A section of Sqitch's git-like configuration.
fn settings(text: &str, section: &str) -> HashMap<String, String> {
    let mut inside = false;
    let mut settings = HashMap::new();
    for line in text.lines().map(str::trim) {
        if line.starts_with('[') {
            inside = line.eq_ignore_ascii_case(section);
        } else if let Some((key, value)) = line.split_once('=').filter(|_| inside && !line.starts_with(['#', ';'])) {
            settings.insert(key.trim().to_ascii_lowercase(), value.trim().trim_matches('"').to_owned());
        }
    }
    settings
}

/// A change of the plan and the first tag at or after it that a later rework of it makes part of its scripts' names.
struct Change<'a> {
    name: &'a str,
    line: usize,
    rework_tags: Vec<&'a str>,
}

fn arrange(dir: &Dir, notes: &mut Notes) -> Result<Vec<Draft>, ReadError> {
    let target = target(dir);
    if !dir.view.is_file(&target.plan) {
        return Ok(Vec::new());
    }
    let text =
        dir.view.read_to_string(&target.plan).map_err(|source| ReadError::Unreadable { path: target.plan.clone(), source })?;
    let changes = plan(&text, &target.plan)?;
    let project = text.lines().find_map(|line| line.trim().strip_prefix("%project=")).unwrap_or_default().trim();
    notes.registry.clone_from(&target.registry);
    let mut drafts = Vec::with_capacity(changes.len());
    for change in &changes {
        let up = script(&dir.view, &target.deploy, change, &target.extension);
        if !dir.view.is_file(&up) {
            let message = format!("line {}: {} has no {}: Sqitch stops with an error", change.line, change.name, below(dir, &up));
            notes.refused(target.plan.clone(), message);
            continue;
        }
        let mut draft = Draft::new(version(change, &up), "", up);
        let revert = script(&dir.view, &target.revert, change, &target.extension);
        draft.down = Some(revert.clone()).filter(|down| dir.view.is_file(down));
        draft.down_at = Some(revert);
        draft.entry = Some(format!("{project}:{}", change.name));
        drafts.push(draft);
    }
    note_unplanned(dir, &target, &drafts, notes)?;
    Ok(drafts)
}

fn below(dir: &Dir, path: &Path) -> String {
    path.strip_prefix(&dir.path).unwrap_or(path).display().to_string()
}

/// The change's name; with its tag where it was reworked later.
fn version(change: &Change<'_>, up: &Path) -> String {
    let stem = up.file_stem().unwrap_or_default().to_string_lossy();
    match stem.split_once('@') {
        Some((_, tag)) => format!("{}@{tag}", change.name),
        None => change.name.to_owned(),
    }
}

fn script(view: &View, dir: &Path, change: &Change<'_>, extension: &str) -> PathBuf {
    let tagged = |tag: &&str| dir.join(format!("{}@{tag}.{extension}", change.name));
    let existing = change.rework_tags.iter().map(tagged).find(|path| view.is_file(path));
    existing
        .or_else(|| change.rework_tags.first().map(tagged))
        .unwrap_or_else(|| dir.join(format!("{}.{extension}", change.name)))
}

fn note_unplanned(dir: &Dir, target: &Target, drafts: &[Draft], notes: &mut Notes) -> Result<(), ReadError> {
    if !dir.view.is_dir(&target.deploy) {
        return Ok(());
    }
    let dir = dir.other(&target.deploy)?;
    let planned: std::collections::HashSet<&Path> = drafts.iter().map(|draft| draft.up.as_path()).collect();
    for file in dir.walk()?.iter().filter(|file| file.ends_with(&format!(".{}", target.extension))) {
        if !planned.contains(dir.at(file).as_path()) {
            notes.not_read(dir.at(file), "not in the plan, so Sqitch never runs it");
        }
    }
    Ok(())
}

fn plan<'a>(text: &'a str, path: &Path) -> Result<Vec<Change<'a>>, ReadError> {
    let mut changes: Vec<Change<'a>> = Vec::new();
    // The tags since each change's last appearance, by its place in `changes`.
    let mut tags: Vec<(usize, &'a str)> = Vec::new();
    let mut latest: HashMap<&'a str, usize> = HashMap::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default().trim();
        let Some(first) = line.chars().next() else { continue };
        let word = |rest: &'a str| rest.trim_start().split([' ', '\t', '[']).next().unwrap_or_default();
        match first {
            '%' => {}
            '@' => tags.push((changes.len(), word(&line[1..]))),
            '-' => {
                let message = format!("line {}: a `-` change is not read; write it as a change of its own", number + 1);
                return Err(ReadError::SideFile { path: path.to_owned(), message });
            }
            _ => {
                let name = word(line.strip_prefix('+').unwrap_or(line));
                if let Some(earlier) = latest.insert(name, changes.len()) {
                    let since = tags.iter().filter(|(at, _)| *at > earlier).map(|(_, tag)| *tag);
                    changes[earlier].rework_tags = since.collect();
                }
                changes.push(Change { name, line: number + 1, rework_tags: Vec::new() });
            }
        }
    }
    Ok(changes)
}
