//! refinery. Facts: `refinery_core/src/util.rs` (the name pattern `[U|V]<version>__<name>`, all subdirectories), `runner.rs` (`U` is
//! an *unversioned* migration: also applied when later ones are; order by version), `traits/sync.rs` and `drivers/` (each file is
//! sent as one string in a transaction of its own). It knows no downs; a `V1__x.down.sql` does not fit the pattern.

use super::{Cut, Downs, DownsBy, Draft, Home, Layout, Notes, Outside, down, note_duplicates};
use crate::read::applied::{Applied, Edited, KnownBy, Late, Reaction};
use crate::read::dir::{Dir, Manifest, manifest};
use crate::read::error::ReadError;
use crate::read::name::{compare_numbers, is_sql, leading_number, strip_ending};
use crate::read::runner::Runner;
use crate::source::Transaction;

pub(super) const LAYOUT: Layout = Layout {
    runner: Runner::Refinery,
    recognise,
    arrange,
    cut: Cut::Whole(|_, _| Transaction::Wrapped),
    one_transaction: false,
    table: "refinery_schema_history",
    // `refinery_core/src/traits/mod.rs`, `verify_migrations`: divergent (checksum and name) and missing versions.
    applied: Applied {
        known_by: KnownBy::Version,
        edited: Edited::Stops,
        renamed: Reaction::Stops,
        deleted: Reaction::Stops,
        late: Late::StopsUnlessNamed('U'),
    },
    outside_transaction: "refinery opens a transaction for every migration, so run it by hand before and keep it here \
        with `IF NOT EXISTS` or `IF EXISTS` but without `CONCURRENTLY`",
    downs: Downs { by: DownsBy::Hand, home: Home::File(down::beside), outside: Outside::ByScript },
};

/// Flyway's names look the same; a Rust project tells.
fn recognise(dir: &Dir) -> bool {
    let rust = || match manifest(&dir.path) {
        Some(Manifest::Rust { refinery, .. }) => refinery,
        Some(Manifest::Go | Manifest::Other) | None => dir.has("mod.rs") || dir.files.iter().any(|file| file.ends_with(".rs")),
    };
    dir.files.iter().any(|file| name(file).is_some()) && rust()
}

fn arrange(dir: &Dir, notes: &mut Notes) -> Result<Vec<Draft>, ReadError> {
    let (mut drafts, mut downs) = (Vec::new(), Vec::new());
    for path in dir.walk()? {
        let file = path.rsplit('/').next().unwrap_or(&path);
        match name(file) {
            Some(_) if file.ends_with(".rs") => notes.not_sql(dir.at(&path), "a migration written in Rust: its SQL is not known"),
            Some((version, title)) if version.parse::<i64>().is_ok() => drafts.push(Draft::new(version, title, dir.at(&path))),
            Some(_) => notes.refused(dir.at(&path), "the version is not a whole number: refinery stops with an error"),
            None if strip_ending(&path, ".down.sql").is_some() => downs.push(path),
            None if is_sql(file) => notes.not_read(dir.at(&path), "not named V<version>__<name>.sql, so refinery ignores it"),
            None => {}
        }
    }
    for path in downs.iter().map(|path| dir.at(path)) {
        match drafts.iter_mut().find(|draft: &&mut Draft| down::beside(draft).as_ref() == Some(&path)) {
            Some(draft) => draft.down = Some(path),
            None => notes.odd(path, "a down file without an up file"),
        }
    }
    drafts.sort_by(|a, b| compare_numbers(&a.version, &b.version));
    let same = |a: &Draft, b: &Draft| compare_numbers(&a.version, &b.version).is_eq();
    note_duplicates(&drafts, same, "refinery's table holds a version once", notes);
    Ok(drafts)
}

/// Version and name of `^[U|V]\d+(\.\d+)?__\w+\.(sql|rs)$`.
fn name(file: &str) -> Option<(&str, &str)> {
    let rest = file.strip_prefix(['U', 'V', '|'])?;
    let stem = rest.strip_suffix(".sql").or_else(|| rest.strip_suffix(".rs"))?;
    let (version, name) = stem.split_once("__")?;
    let (_, after) = leading_number(version)?;
    let whole = match after.strip_prefix('.') {
        Some(minor) => leading_number(minor).is_some_and(|(_, end)| end.is_empty()),
        None => after.is_empty(),
    };
    let word = !name.is_empty() && name.chars().all(|character| character.is_alphanumeric() || character == '_');
    (whole && word).then_some((version, name))
}
