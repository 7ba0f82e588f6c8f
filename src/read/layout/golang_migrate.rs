//! golang-migrate. Facts: `source/parse.go` (the name pattern), `source/migration.go` (order, duplicates), `source/iofs/iofs.go`
//! (one level; what does not match is passed over), `database/postgres/postgres.go` and `database/pgx/v5/pgx.go` (a file is
//! sent as one query, so the server makes the transaction).

use super::pair::{Direction, Named, by_version};
use super::{Cut, Downs, DownsBy, Draft, Home, Layout, Notes, Outside, file_name, note_subdirectories};
use crate::read::applied::{Applied, Edited, KnownBy, Late, Reaction};
use crate::read::dir::Dir;
use crate::read::error::ReadError;
use crate::read::name::{is_sql, leading_number};
use crate::read::runner::Runner;
use crate::source::Transaction;

pub(super) const LAYOUT: Layout = Layout {
    runner: Runner::GolangMigrate,
    recognise,
    arrange,
    cut: Cut::Whole(|_, _| Transaction::PerChunk),
    one_transaction: false,
    table: "schema_migrations",
    // `migrate.go`, `readUp`: only what follows the database's version is read.
    applied: Applied {
        known_by: KnownBy::Version,
        edited: Edited::Unnoticed,
        renamed: Reaction::Unnoticed,
        deleted: Reaction::Unnoticed,
        late: Late::Skips,
    },
    outside_transaction: "put it into a file of its own: a file is sent as one string, which the server runs as one transaction",
    downs: Downs { by: DownsBy::Runner, home: Home::File(down_file), outside: Outside::Alone },
};

/// Most files fit: a stray `.up.sql` among plain numbers is not its mark.
fn recognise(dir: &Dir) -> bool {
    let (fit, all) = dir.sql().fold((0, 0), |(fit, all), file| (fit + usize::from(name(file).is_some()), all + 1));
    fit * 2 > all
}

fn arrange(dir: &Dir, notes: &mut Notes) -> Result<Vec<Draft>, ReadError> {
    let mut named = Vec::with_capacity(dir.files.len());
    for file in dir.sql() {
        match name(file) {
            Some(found) => named.push((file, found)),
            None => notes.not_read(dir.at(file), "not named <version>_<title>.up.sql or .down.sql, so golang-migrate ignores it"),
        }
    }
    note_subdirectories(dir, "golang-migrate", notes);
    Ok(by_version(dir, named, "golang-migrate stops with an error", notes))
}

/// `^([0-9]+)_(.*)\.(down|up)\.(.*)$`, the middle as long as possible.
fn name(file: &str) -> Option<Named<'_>> {
    let (version, rest) = leading_number(file)?;
    let rest = rest.strip_prefix('_')?;
    version.parse::<u64>().ok()?;
    let up = rest.rfind(".up.").map(|at| (at, Direction::Up));
    let down = rest.rfind(".down.").map(|at| (at, Direction::Down));
    let (at, direction) = up.max(down)?;
    is_sql(file).then_some(Named { version, name: &rest[..at], direction })
}

/// `1_x.down.sql` for `1_x.up.sql`.
fn down_file(draft: &Draft) -> Option<std::path::PathBuf> {
    let name = file_name(&draft.up);
    let (stem, ending) = name.rsplit_once(".up.")?;
    Some(draft.up.with_file_name(format!("{stem}.down.{ending}")))
}
