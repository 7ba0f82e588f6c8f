//! What is applied, from the table that each runner keeps, and what the runner will make of it.

use super::entries::{self, Key, Table};
use super::{Applied, Live, LiveError, literal, quoted};
use crate::plan::Mismatch;
use crate::read::{Late, Project, Reaction, Runner};
use crate::rules::Level;
use crate::source::{Migration, MigrationKind};
use std::cmp::Ordering;

/// Reads the runner's table and compares it with the files.
pub(super) fn applied(live: &mut Live, project: &Project, named: Option<&str>) -> Result<Applied, LiveError> {
    let runner = project.runner;
    let wrong = |live: &Live, reason: String| LiveError::Applied { place: live.place.clone(), reason };
    let Some(table) = entries::table(runner) else {
        let reason = "plain migrations have no table that says what is applied: name what is live with --since".to_owned();
        return Err(wrong(live, reason));
    };
    let (schema, name) = place(&table, project, named);
    let found = match find(live, schema.as_deref(), &name)? {
        Found::One(found) => found,
        Found::None => {
            let within = schema.map(|schema| format!(" in the schema {schema}")).unwrap_or_default();
            let reason = format!(
                "there is no table {name}{within}, in which {runner} keeps what is applied: check that this is the right database, \
                 name another table in migsafe.toml (runner-table = \"schema.table\"), or plan all with --all"
            );
            return Err(wrong(live, reason));
        }
        Found::Several(found) => {
            let reason = format!(
                "there are several tables in which {runner} may keep what is applied: {}: name the right one in migsafe.toml \
                 (runner-table = \"schema.table\")",
                found.join(", ")
            );
            return Err(wrong(live, reason));
        }
    };
    if let Some(failed) = table.failed {
        let rows = read(live, runner, &found, failed)?;
        if let Some(entry) = rows.first() {
            let reason = format!("{found} says that {entry} failed halfway: {}", entries::repair(runner, entry));
            return Err(wrong(live, reason));
        }
    }
    let mut entries = read(live, runner, &found, table.query)?;
    if table.key == Key::Entry {
        // A registry of several projects: only this one's entries count.
        let own = project.entries.of.values().next().and_then(|entry| entry.split_once(':')).map(|(own, _)| own);
        entries.retain(|entry| entry.split_once(':').map(|(found, _)| found) == own);
    }
    let baseline = table.baseline.map(|query| read(live, runner, &found, query)).transpose()?.and_then(|mut rows| rows.pop());
    if entries.is_empty() && baseline.is_none() {
        let reason = format!("{found} holds nothing: {runner} has applied no migration here; plan all of them with --all");
        return Err(wrong(live, reason));
    }
    Ok(compare(project, &entries, table.key, baseline.as_deref()))
}

/// Where the table is to be looked for: as `migsafe.toml` says, as the runner's configuration says, as the runner does by itself.
fn place(table: &Table, project: &Project, named: Option<&str>) -> (Option<String>, String) {
    let own = project.entries.schema.clone().or_else(|| table.schema.map(str::to_owned));
    match named.map(|named| named.split_once('.').ok_or(named)) {
        Some(Ok((schema, name))) => (Some(schema.to_owned()), name.to_owned()),
        Some(Err(name)) => (own, name.to_owned()),
        None => (own, table.name.to_owned()),
    }
}

enum Found {
    None,
    /// The table as SQL.
    One(String),
    Several(Vec<String>),
}

/// The table: in its schema, else where the session's own search path finds it, else in the only schema that has one.
fn find(live: &mut Live, schema: Option<&str>, name: &str) -> Result<Found, LiveError> {
    let within = schema.map(|schema| format!(" AND n.nspname = {}", literal(schema))).unwrap_or_default();
    let rows = live.with_own_path(&format!(
        "SELECT n.nspname, c.relname, array_position(current_schemas(false), n.nspname)
         FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
         WHERE lower(c.relname) = lower({}) AND c.relkind IN ('r', 'v', 'p', 'f'){within} ORDER BY 3 NULLS LAST, c.relname <> {}, 1",
        literal(name),
        literal(name)
    ))?;
    let mut tables: Vec<(String, bool)> = Vec::new();
    for row in rows {
        if let Ok([Some(schema), Some(name), at]) = <[Option<String>; 3]>::try_from(row) {
            tables.push((format!("{}.{}", quoted(&schema), quoted(&name)), at.is_some()));
        }
    }
    Ok(match tables.as_slice() {
        [] => Found::None,
        [(one, _)] | [(one, true), ..] => Found::One(one.clone()),
        _ => Found::Several(tables.into_iter().map(|(name, _)| name).collect()),
    })
}

fn read(live: &mut Live, runner: Runner, table: &str, query: &str) -> Result<Vec<String>, LiveError> {
    match live.session.query_rows(&query.replace("{t}", table)) {
        Ok(rows) => Ok(rows.into_iter().flatten().flatten().collect()),
        // Somebody else's table of that name.
        Err(error) if matches!(error.sqlstate(), Some("42703" | "42883" | "42804")) => {
            let reason = format!(
                "{table} is not laid out as {runner} keeps what is applied ({}): check the runner, name its table in migsafe.toml \
                 (runner-table = \"schema.table\"), or name what is live with --since",
                super::words(&error)
            );
            Err(LiveError::Applied { place: live.place.clone(), reason })
        }
        Err(error) => Err(live.failed(&error)),
    }
}

fn compare(project: &Project, entries: &[String], key: Key, baseline: Option<&str>) -> Applied {
    let migrations = &project.history.migrations;
    let is = |migration: &Migration, entry: &str| is_entry(project, migration, entry, key);
    // Each entry stands for one migration: what was reworked stands there more than once.
    let mut of: Vec<Option<usize>> = vec![None; migrations.len()];
    let mut unknown = Vec::new();
    for (number, entry) in entries.iter().enumerate() {
        match (0..migrations.len()).find(|at| of[*at].is_none() && is(&migrations[*at], entry)) {
            Some(at) => of[at] = Some(number),
            // It runs again, since its text is another one.
            None if migrations.iter().any(|migration| is_repeated(migration, entry)) => {}
            None => unknown.push(entry.strip_prefix("R ").and_then(|rest| rest.split('\t').next()).unwrap_or(entry).to_owned()),
        }
    }
    let newest = newest(project, entries, &of, key);
    // What the runner passes over by version or time is not pending, whether or not its entry is there.
    let passed_over = matches!(key, Key::UpTo | Key::Time);
    let below = |at: usize| newest.is_some_and(|newest| at < newest || passed_over && at == newest);
    let versioned = |at: &usize| migrations[*at].kind == MigrationKind::Versioned;
    let counts = |at: &usize| {
        let old = baseline.is_some_and(|baseline| compare_versions(&migrations[*at].version, baseline) != Ordering::Greater);
        of[*at].is_none() && !(old && versioned(at))
    };
    let late = (0..migrations.len()).filter(|at| counts(at) && below(*at) && versioned(at));
    let late: Vec<usize> = late.filter(|_| key != Key::UpTo).collect();
    let pending = (0..migrations.len()).filter(|at| counts(at) && !(passed_over && below(*at)));
    let told = tell(project, &unknown, &late, newest);
    Applied { pending: pending.collect(), unknown, told }
}

/// The newest migration that is applied; where the table says only up to which version or time, the newest up to that.
fn newest(project: &Project, entries: &[String], of: &[Option<usize>], key: Key) -> Option<usize> {
    let migrations = &project.history.migrations;
    let up_to = |text: &str| {
        let is_before = |migration: &Migration| {
            let own = project.entries.of.get(&migration.file).map_or(migration.version.as_str(), String::as_str);
            migration.kind == MigrationKind::Versioned && compare_versions(own, text) != Ordering::Greater
        };
        migrations.iter().rposition(is_before)
    };
    match key {
        Key::Version | Key::Directory | Key::Entry => {
            (0..of.len()).rev().find(|at| of[*at].is_some() && migrations[*at].kind == MigrationKind::Versioned)
        }
        Key::UpTo | Key::Time => entries.iter().filter_map(|entry| up_to(entry)).max(),
    }
}

fn is_entry(project: &Project, migration: &Migration, entry: &str, key: Key) -> bool {
    if is_repeated(migration, entry) {
        let checksum = entry.rsplit('\t').next().unwrap_or_default();
        return checksum == entries::flyway_checksum(project.sources.text(migration.file)).to_string();
    }
    match key {
        Key::Directory => match migration.name.as_str() {
            "" => entry == migration.version,
            name => entry.strip_prefix(&migration.version).and_then(|rest| rest.strip_prefix('_')) == Some(name),
        },
        Key::Entry | Key::Time => project.entries.of.get(&migration.file).is_some_and(|own| own == entry),
        Key::Version | Key::UpTo => compare_versions(&migration.version, entry) == Ordering::Equal,
    }
}

/// Whether an entry is a run of this repeatable migration, of whatever text it had then.
fn is_repeated(migration: &Migration, entry: &str) -> bool {
    let description = entry.strip_prefix("R ").and_then(|rest| rest.split('\t').next());
    migration.kind == MigrationKind::Repeatable && description.is_some_and(|text| text == migration.name.replace('_', " "))
}

/// Versions by their numbers: `0012` is `12`, `1.0` is `1`, `2024-01-02-000000` is `20240102000000`; other texts as they are.
fn compare_versions(a: &str, b: &str) -> Ordering {
    let number = |part: &str| part.parse::<u128>().ok();
    let parts = |text: &str| text.replace('-', "").split('.').map(number).collect::<Option<Vec<u128>>>();
    let trimmed = |text: &str| {
        let mut parts = parts(text)?;
        while parts.len() > 1 && parts.last() == Some(&0) {
            parts.pop();
        }
        Some(parts)
    };
    match (trimmed(a), trimmed(b)) {
        (Some(a), Some(b)) => a.cmp(&b),
        _ => a.cmp(b),
    }
}

/// What the runner will make of entries without a file, and of files before the newest entry.
fn tell(project: &Project, unknown: &[String], late: &[usize], newest: Option<usize>) -> Vec<Mismatch> {
    let (runner, migrations) = (project.runner, &project.history.migrations);
    let facts = runner.applied();
    let mut out = Vec::new();
    // What is not SQL has no migration here.
    for entry in unknown.iter().filter(|_| facts.deleted == Reaction::Stops && !project.history.partial) {
        out.push(Mismatch {
            migration: None,
            level: Level::Error,
            message: format!("{runner} stops with an error: {entry} is applied, and no file has it"),
            help: "Bring its file back, or plan from the revision that the database is at.".into(),
        });
    }
    let again = |migration: &&Migration| migration.kind == MigrationKind::Repeatable && runner == Runner::Liquibase;
    out.extend(migrations.iter().filter(again).map(|migration| Mismatch {
        migration: None,
        level: Level::Info,
        message: format!("{} runs again where its text has changed: that is not compared", label(migration)),
        help: "Name its file to plan it.".into(),
    }));
    for at in late {
        let Some(newest) = newest else { continue };
        let file = project.sources.path(migrations[*at].file);
        let is_named = |letter: char| file.file_name().is_some_and(|name| name.to_string_lossy().starts_with(letter));
        let (what, level) = match facts.late {
            Late::Applies => ("applies it after the others, in another order than on a new database", Level::Warning),
            Late::StopsUnlessNamed(letter) if is_named(letter) => {
                ("applies it after the others, in another order than on a new database", Level::Warning)
            }
            Late::Skips => ("passes it over without a word", Level::Error),
            Late::Stops | Late::StopsUnlessNamed(_) => ("stops with an error", Level::Error),
            Late::Unknown => ("may pass it over", Level::Warning),
        };
        let own = label(&migrations[*at]);
        let other = if newest == *at { "one of a later time".to_owned() } else { label(&migrations[newest]) };
        out.push(Mismatch {
            migration: Some(*at),
            level,
            message: format!("{own} is not applied, and {other}, which comes after it, is: {runner} {what}"),
            help: format!("Give {own} a number or time after {other}."),
        });
    }
    out
}

/// Version and name.
fn label(migration: &Migration) -> String {
    let parts = [migration.version.as_str(), migration.name.as_str()];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("_")
}

#[cfg(test)]
mod tests {
    use super::compare_versions;
    use std::cmp::Ordering::{Equal, Greater, Less};

    #[test]
    fn versions_are_numbers() {
        for (a, b, order) in [
            ("0012", "12", Equal),
            ("1.0", "1", Equal),
            ("1.10", "1.9", Greater),
            ("2024-01-02-000000", "20240102000000", Equal),
            ("ana:2", "ana:2", Equal),
            ("ana:2", "ana:3", Less),
        ] {
            assert_eq!(compare_versions(a, b), order, "{a} {b}");
        }
    }
}
