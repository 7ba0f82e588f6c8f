//! Prisma Migrate. Facts: prisma-engines, `schema-engine` (`migrations_directory.rs`: directories in the order of their names, each
//! with a `migration.sql`; the PostgreSQL connector's `apply_script`: sent as one string, without a transaction of its own). Its
//! documentation ("Generating down migrations") keeps a `down.sql` beside, for `prisma db execute --file`; Prisma itself never reads it.

use rayon::prelude::*;

use super::{Cut, Downs, DownsBy, Draft, Home, Layout, Notes, Outside, down};
use crate::read::applied::{Applied, Edited, KnownBy, Late, Reaction};
use crate::read::dir::Dir;
use crate::read::error::ReadError;
use crate::read::name::leading_number;
use crate::read::runner::Runner;
use crate::source::Transaction;

pub(super) const LAYOUT: Layout = Layout {
    runner: Runner::Prisma,
    recognise: |dir| dir.has("migration_lock.toml") || dir.sub_has(SCRIPT),
    arrange,
    cut: Cut::Whole(|_, _| Transaction::PerChunk),
    one_transaction: false,
    table: "_prisma_migrations",
    // Its documentation of migration histories: `migrate deploy` warns of modified migrations, and not of missing ones.
    applied: Applied {
        known_by: KnownBy::Name,
        edited: Edited::Warns,
        renamed: Reaction::Unnoticed,
        deleted: Reaction::Unnoticed,
        late: Late::Applies,
    },
    outside_transaction: "put it into a migration of its own: a migration is sent as one string, which the server runs as one transaction",
    downs: Downs { by: DownsBy::Hand, home: Home::File(down::in_directory), outside: Outside::ByScript },
};

const SCRIPT: &str = "migration.sql";

fn arrange(dir: &Dir, notes: &mut Notes) -> Result<Vec<Draft>, ReadError> {
    let names: Vec<&String> = dir.dirs.iter().filter(|name| !name.starts_with('.')).collect();
    let subs: Vec<Dir> = names.par_iter().map(|name| dir.other(&dir.at(name))).collect::<Result<_, _>>()?;
    let mut drafts = Vec::with_capacity(subs.len());
    for (name, sub) in names.into_iter().zip(subs) {
        if !sub.has(SCRIPT) {
            notes.refused(sub.path, "a migration directory without a migration.sql: Prisma stops with P3015");
            continue;
        }
        let (version, title) = match leading_number(name) {
            Some((version, title)) if title.starts_with('_') => (version, &title[1..]),
            _ => (name.as_str(), ""),
        };
        let mut draft = Draft::new(version, title, sub.at(SCRIPT));
        draft.down = sub.has("down.sql").then(|| sub.at("down.sql"));
        drafts.push(draft);
    }
    for file in dir.sql() {
        notes.not_read(dir.at(file), "Prisma reads migration.sql in directories, not files beside them");
    }
    Ok(drafts)
}
