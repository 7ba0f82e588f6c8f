//! New migrations that are ordered before released ones.

use super::released_migration_edited::{label, who};
use super::{Check, Finding, Level, Place, Scene, rule};
use crate::read::{Late, LateBy, LateMigration, Released};

rule! {
    /// A new migration is ordered before one that is released already.
    ///
    /// It happens when another branch was merged first, also when that was after this branch began. What a runner makes of it differs: golang-migrate and Drizzle pass it over
    /// without a word at every database that has the later one; goose, Flyway, refinery, Supabase and Sqitch stop with an error;
    /// sqlx, diesel, dbmate, Prisma and Liquibase apply it after the others, so that existing databases get the two in another order
    /// than new ones. What is released is told by git: see `--base`.
    ///
    /// Give it a number or time after the newest released one.
    pub(crate) static MIGRATION_OUT_OF_ORDER = "migration-out-of-order", Error, Runner, Check::Elsewhere;
}

/// One finding for each judged migration that comes too late.
pub(crate) fn findings(scene: &Scene<'_>, released: &Released) -> Vec<Finding> {
    released.late.iter().map(|late| finding(scene, released, late)).collect()
}

fn finding(scene: &Scene<'_>, released: &Released, late: &LateMigration) -> Finding {
    let number = late.migration;
    let (runner, migration) = (who(scene.runner), &scene.history.migrations[number]);
    let other = label(&late.released);
    let path = scene.sources.path(migration.file);
    let is_named = |letter: char| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(letter));
    let (why, level) = match scene.runner.applied().late {
        _ if late.by == LateBy::Twin => {
            (format!("{runner} stops at two migrations with one version, or takes the one for the other."), Level::Error)
        }
        Late::Applies => applies(runner),
        Late::StopsUnlessNamed(letter) if is_named(letter) => applies(runner),
        Late::Skips => {
            (format!("{runner} passes it over, without a word, at every database that has `{other}` already."), Level::Error)
        }
        Late::Stops | Late::StopsUnlessNamed(_) => {
            (format!("{runner} stops with an error at every database that has `{other}` already."), Level::Error)
        }
        Late::Unknown => (
            "Some runners pass it over where the later one is applied, some stop with an error, some apply it after.".to_owned(),
            Level::Warning,
        ),
    };
    let relation = match late.by {
        LateBy::Newer => "is ordered before",
        LateBy::Twin => "has the version of",
    };
    let message = format!("`{}` {relation} `{other}`, which is released ({})", label(migration), released.revision);
    let first = scene.parsed[number].statements.first();
    let span = first.map_or_else(|| scene.sources.whole(migration.file), |first| first.span);
    let place = Place { migration: number, statement: None, span };
    Finding::at(place, message).why(why).help(format!("give it a number or time after `{other}`")).at_most(level)
}

fn applies(runner: &str) -> (String, Level) {
    let why = format!("{runner} applies it after the others: existing databases get them in another order than new ones.");
    (why, Level::Info)
}
