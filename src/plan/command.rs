//! How a runner is told to stop after a migration, so that the later stages stay pending.

use crate::read::Runner;
use crate::source::Migration;

/// What to call so that the runner applies what is pending up to this migration and no further: `count` of them. Nothing where the
/// runner only knows how to apply all that it finds.
pub fn stop_at(runner: Runner, migration: &Migration, count: usize) -> Option<String> {
    let version = &migration.version;
    match runner {
        Runner::Sqlx => Some(format!("sqlx migrate run --target-version {}", number(version))),
        Runner::GolangMigrate => Some(format!("migrate goto {}", number(version))),
        Runner::Goose => Some(format!("goose up-to {}", number(version))),
        Runner::Refinery => Some(format!("set_target(Target::Version({}))", number(version))),
        Runner::Flyway if !version.is_empty() => Some(format!("flyway migrate -target={version}")),
        Runner::Sqitch => Some(format!("sqitch deploy --to-change {version}")),
        Runner::Liquibase => Some(format!("liquibase update-count --count={count}")),
        Runner::Flyway
        | Runner::Diesel
        | Runner::Dbmate
        | Runner::Prisma
        | Runner::Drizzle
        | Runner::Supabase
        | Runner::Plain => None,
    }
}

/// Whether the runner applies everything that it finds, so that what must wait has to be kept from it.
pub fn takes_all(runner: Runner) -> bool {
    match runner {
        Runner::Diesel | Runner::Dbmate | Runner::Prisma | Runner::Drizzle | Runner::Supabase => true,
        Runner::Sqlx
        | Runner::GolangMigrate
        | Runner::Goose
        | Runner::Refinery
        | Runner::Flyway
        | Runner::Sqitch
        | Runner::Liquibase
        | Runner::Plain => false,
    }
}

/// A version as a number without leading zeros.
fn number(version: &str) -> &str {
    let bare = version.trim_start_matches('0');
    if bare.is_empty() { version } else { bare }
}
