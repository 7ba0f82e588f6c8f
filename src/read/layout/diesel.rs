//! diesel. Facts: `diesel_migrations/migrations_internals/src/lib.rs` (directories with an `up.sql`, the version before the
//! first `_` without its dashes), `diesel_migrations/src/file_based_migrations.rs` (`down.sql`, `metadata.toml`; the file is sent
//! as one string), `migration_harness.rs` (order of versions as text; the
//! transaction, for `run` and `revert` alike as `metadata.toml` says).

use rayon::prelude::*;

use super::{Cut, Downs, DownsBy, Draft, Home, Layout, Notes, Outside, down, note_duplicates};
use crate::read::applied::{Applied, Edited, KnownBy, Late, Reaction};
use crate::read::dir::Dir;
use crate::read::error::ReadError;
use crate::read::runner::Runner;
use crate::source::Transaction;

pub(super) const LAYOUT: Layout = Layout {
    runner: Runner::Diesel,
    recognise: |dir| dir.sub_has("up.sql"),
    arrange,
    cut: Cut::Whole(|_, _| Transaction::Wrapped),
    one_transaction: false,
    table: "__diesel_schema_migrations",
    // `diesel_migrations/src/migration_harness.rs`: whatever version is not applied is pending; nothing else is compared.
    applied: Applied {
        known_by: KnownBy::Version,
        edited: Edited::Unnoticed,
        renamed: Reaction::Unnoticed,
        deleted: Reaction::Unnoticed,
        late: Late::Applies,
    },
    outside_transaction: "put it into a migration of its own whose `metadata.toml` says `run_in_transaction = false`",
    downs: Downs { by: DownsBy::Runner, home: Home::File(down::in_directory), outside: Outside::AsUpInOne },
};

fn arrange(dir: &Dir, notes: &mut Notes) -> Result<Vec<Draft>, ReadError> {
    let names: Vec<&String> = dir.dirs.iter().filter(|name| !name.starts_with('.')).collect();
    let subs: Vec<Dir> = names.par_iter().map(|name| dir.other(&dir.at(name))).collect::<Result<_, _>>()?;
    let mut drafts = Vec::with_capacity(subs.len());
    for (name, sub) in names.into_iter().zip(subs) {
        if sub.has("up.sql") {
            drafts.push(draft(name, &sub)?);
        } else if !(sub.files.is_empty() && sub.dirs.is_empty()) {
            notes.refused(sub.path, "a directory without an up.sql: diesel stops with an error");
        }
    }
    for file in dir.sql() {
        notes.not_read(dir.at(file), "diesel reads up.sql and down.sql in directories, not files beside them");
    }
    drafts.sort_by(|a, b| a.version.cmp(&b.version));
    note_duplicates(&drafts, |a, b| a.version == b.version, "diesel runs only one of them", notes);
    Ok(drafts)
}

fn draft(name: &str, sub: &Dir) -> Result<Draft, ReadError> {
    let (version, title) = name.split_once('_').unwrap_or((name, ""));
    let mut draft = Draft::new(version.replace('-', ""), title, sub.at("up.sql"));
    draft.down = sub.has("down.sql").then(|| sub.at("down.sql"));
    if sub.has("metadata.toml") {
        draft.transaction = metadata(sub)?;
    }
    Ok(draft)
}

/// A file that says nothing of it counts as `false` (the field's own default), one that does not parse as `true`.
fn metadata(sub: &Dir) -> Result<Option<Transaction>, ReadError> {
    let path = sub.at("metadata.toml");
    let text = sub.view.read_to_string(&path).map_err(|source| ReadError::Unreadable { path, source })?;
    let in_transaction = match text.parse::<toml::Table>() {
        Ok(table) => table.get("run_in_transaction").is_some_and(|value| value.as_bool().unwrap_or(true)),
        Err(_) => true,
    };
    Ok((!in_transaction).then_some(Transaction::PerChunk))
}
