//! Which SQL files a Liquibase project runs, and in what order: what its master changelog includes, else every file by path.
//!
//! Of changelogs in XML, YAML and JSON only the order is read: `include`, `includeAll` and changesets of one `sqlFile`. Changesets
//! written in Liquibase's own change types are told of, not read.

use std::collections::HashSet;
use std::path::{Component, Path, PathBuf};

use serde_json::Value;

use crate::read::dir::Dir;
use crate::read::error::ReadError;
use crate::read::layout::Notes;
use crate::read::name::is_sql;
use crate::read::view::View;

/// The endings of changelogs that list others.
const LISTS: [&str; 4] = [".xml", ".yaml", ".yml", ".json"];

/// The changelog that the others are included from.
pub(super) fn master(dir: &Dir) -> Option<PathBuf> {
    let rank = |file: &&String| match file.as_str() {
        name if name.contains("changelog") && (name.contains("master") || name.contains("root")) => 0,
        name if name.starts_with("db.changelog.") || name.starts_with("changelog.") => 1,
        name if name.starts_with("master.") || name.starts_with("databaseChangeLog.") => 2,
        _ => 3,
    };
    let best = dir.files.iter().filter(|file| is_list(file)).min_by_key(rank)?;
    (rank(&best) < 3).then(|| dir.at(best))
}

fn is_list(name: &str) -> bool {
    LISTS.iter().any(|ending| name.ends_with(ending))
}

/// An SQL file that runs, and the changeset that runs it where that is not in the file itself.
pub(super) struct Script {
    pub path: PathBuf,
    pub identity: Option<String>,
}

/// The SQL files in the order in which they run.
pub(super) fn files(dir: &Dir, notes: &mut Notes) -> Result<Vec<Script>, ReadError> {
    let walked = dir.walk()?;
    let below = || walked.iter().filter(|path| is_sql(path)).map(|path| dir.at(path));
    let Some(master) = master(dir) else {
        return Ok(below().map(|path| Script { path, identity: None }).collect());
    };
    let mut walk = Walk { base: dir, notes, scripts: Vec::new(), seen: HashSet::new() };
    walk.list(&master)?;
    let scripts = walk.scripts;
    let listed: HashSet<&Path> = scripts.iter().map(|script| script.path.as_path()).collect();
    for path in below().filter(|path| !listed.contains(path.as_path())) {
        notes.not_read(path, "no changelog includes it, so Liquibase never runs it");
    }
    Ok(scripts)
}

/// What a changelog says, in its order.
enum Step {
    Include {
        file: String,
        relative: bool,
    },
    IncludeAll {
        path: String,
        relative: bool,
    },
    SqlFile {
        identity: String,
        path: String,
        relative: bool,
    },
    /// A changeset that is not SQL.
    Other {
        identity: String,
    },
}

struct Walk<'a> {
    base: &'a Dir,
    notes: &'a mut Notes,
    scripts: Vec<Script>,
    /// Changelogs that were followed: a circle ends here, as it does in Liquibase.
    seen: HashSet<PathBuf>,
}

impl Walk<'_> {
    fn list(&mut self, path: &Path) -> Result<(), ReadError> {
        if !self.seen.insert(path.to_owned()) {
            return Ok(());
        }
        for step in steps(&self.base.view, path)? {
            match step {
                Step::Include { file, relative } => self.include(path, &file, relative)?,
                Step::IncludeAll { path: wanted, relative } => self.include_all(path, &wanted, relative)?,
                Step::SqlFile { identity, path: wanted, relative } => match self.resolve(path, &wanted, relative) {
                    Some(path) => self.scripts.push(Script { path, identity: Some(identity) }),
                    None => self.missing(path, &wanted),
                },
                Step::Other { identity } => {
                    self.notes.not_sql(path.to_owned(), format!("changeset {identity} is not written in SQL"));
                }
            }
        }
        Ok(())
    }

    fn missing(&mut self, changelog: &Path, wanted: &str) {
        self.notes.refused(changelog.to_owned(), format!("lists {wanted}, which does not exist: Liquibase stops with an error"));
    }

    fn include(&mut self, changelog: &Path, file: &str, relative: bool) -> Result<(), ReadError> {
        match self.resolve(changelog, file, relative) {
            Some(path) if is_list(file) => self.list(&path),
            Some(path) if is_sql(file) => {
                self.scripts.push(Script { path, identity: None });
                Ok(())
            }
            Some(path) => {
                self.notes.not_read(path, "not a kind of changelog that is read");
                Ok(())
            }
            None => {
                self.missing(changelog, file);
                Ok(())
            }
        }
    }

    fn include_all(&mut self, changelog: &Path, wanted: &str, relative: bool) -> Result<(), ReadError> {
        let Some(path) = self.resolve(changelog, wanted.trim_end_matches('/'), relative) else {
            self.missing(changelog, wanted);
            return Ok(());
        };
        let dir = self.base.other(&path)?;
        for file in dir.walk()? {
            let path = dir.at(&file);
            if is_list(&file) {
                self.list(&path)?;
            } else if is_sql(&file) {
                self.scripts.push(Script { path, identity: None });
            }
        }
        Ok(())
    }

    /// Paths are relative to the changelog, or to a root (a classpath) that is one of the directories above it.
    fn resolve(&self, changelog: &Path, wanted: &str, relative: bool) -> Option<PathBuf> {
        let wanted = wanted.replace('\\', "/");
        let wanted = wanted.trim_start_matches("classpath:").trim_start_matches('/');
        let parent = changelog.parent().unwrap_or(&self.base.path);
        if relative {
            return Some(flat(&parent.join(wanted))).filter(|path| self.base.view.exists(path));
        }
        let above = std::iter::once(parent).chain(self.base.path.ancestors());
        above.map(|root| flat(&root.join(wanted))).find(|path| self.base.view.exists(path))
    }
}

/// The path without `.` and with `..` taken back, as far as that can be done without the file system.
fn flat(path: &Path) -> PathBuf {
    let mut result = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(result.components().next_back(), Some(Component::Normal(_))) => {
                result.pop();
            }
            other => result.push(other),
        }
    }
    result
}

fn steps(view: &View, path: &Path) -> Result<Vec<Step>, ReadError> {
    let text = view.read_to_string(path).map_err(|source| ReadError::Unreadable { path: path.to_owned(), source })?;
    let bad = |message: String| ReadError::SideFile { path: path.to_owned(), message: format!("not a changelog: {message}") };
    if path.extension().is_some_and(|ending| ending == "xml") {
        // Liquibase's own documents may name a DTD; none is fetched.
        let options = roxmltree::ParsingOptions { allow_dtd: true, ..Default::default() };
        let document = roxmltree::Document::parse_with_options(&text, options).map_err(|error| bad(error.to_string()))?;
        return Ok(document.root_element().children().filter_map(|node| xml_step(&node)).collect());
    }
    let value: Value = match path.extension().is_some_and(|ending| ending == "json") {
        true => serde_json::from_str(&text).map_err(|error| bad(error.to_string()))?,
        false => serde_saphyr::from_str(&text).map_err(|error| bad(error.to_string()))?,
    };
    let entries =
        value.get("databaseChangeLog").and_then(Value::as_array).ok_or_else(|| bad("no list `databaseChangeLog`".to_owned()))?;
    Ok(entries.iter().filter_map(value_step).collect())
}

fn xml_step(node: &roxmltree::Node<'_, '_>) -> Option<Step> {
    let text = |name: &str| node.attribute(name).map(str::to_owned);
    let is_relative = |node: &roxmltree::Node<'_, '_>| node.attribute("relativeToChangelogFile") == Some("true");
    match node.tag_name().name() {
        "include" => Some(Step::Include { file: text("file")?, relative: is_relative(node) }),
        "includeAll" => Some(Step::IncludeAll { path: text("path")?, relative: is_relative(node) }),
        "changeSet" => {
            let identity = format!("{}:{}", text("author").unwrap_or_default(), text("id").unwrap_or_default());
            let neutral = ["comment", "rollback", "preConditions", "validCheckSum", "tagDatabase"];
            let mut changes = node.children().filter(|child| child.is_element() && !neutral.contains(&child.tag_name().name()));
            match (changes.next(), changes.next()) {
                (None, _) => None,
                (Some(only), None) if only.tag_name().name() == "sqlFile" => {
                    Some(Step::SqlFile { identity, path: only.attribute("path")?.to_owned(), relative: is_relative(&only) })
                }
                (Some(_), _) => Some(Step::Other { identity }),
            }
        }
        _ => None,
    }
}

fn value_step(entry: &Value) -> Option<Step> {
    let text = |value: &Value, key: &str| match value.get(key)? {
        Value::String(text) => Some(text.clone()),
        other @ (Value::Number(_) | Value::Bool(_)) => Some(other.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    };
    let relative = |value: &Value| text(value, "relativeToChangelogFile").is_some_and(|word| word == "true");
    if let Some(include) = entry.get("include") {
        return Some(Step::Include { file: text(include, "file")?, relative: relative(include) });
    }
    if let Some(all) = entry.get("includeAll") {
        return Some(Step::IncludeAll { path: text(all, "path")?, relative: relative(all) });
    }
    let set = entry.get("changeSet")?;
    let identity = format!("{}:{}", text(set, "author").unwrap_or_default(), text(set, "id").unwrap_or_default());
    let changes = set.get("changes").and_then(Value::as_array)?;
    match changes.as_slice() {
        [only] if only.get("sqlFile").is_some() => {
            let file = only.get("sqlFile")?;
            Some(Step::SqlFile { identity, path: text(file, "path")?, relative: relative(file) })
        }
        _ => Some(Step::Other { identity }),
    }
}
