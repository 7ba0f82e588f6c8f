//! The tables in which runners keep what is applied: their names, what stands in them, and how an entry is written that is none.

use crate::read::Runner;

/// The table of a runner.
pub(super) struct Table {
    /// Its schema, where it has one of its own.
    pub schema: Option<&'static str>,
    /// Its name.
    pub name: &'static str,
    /// Gives one text for each applied migration, the oldest first; `{t}` is the table.
    pub query: &'static str,
    /// What the texts are.
    pub key: Key,
    /// Gives one text for each migration that failed halfway and keeps the runner from going on.
    pub failed: Option<&'static str>,
    /// Gives the version up to which everything counts as applied, whatever the table lists.
    pub baseline: Option<&'static str>,
}

/// What identifies an applied migration.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    /// Its version; numbers are the same with and without leading zeros.
    Version,
    /// The version up to which everything is applied.
    UpTo,
    /// Version and name, joined as the directory is called.
    Directory,
    /// The entry that reading the project found for it.
    Entry,
    /// The same, and what is older than the newest is passed over.
    Time,
}

/// The tables as their runners make them: sqlx-postgres `migrate.rs`; diesel `migration/setup_migration_table.sql`; golang-migrate
/// `database/postgres/postgres.go`; goose `internal/dialects/postgres.go`; dbmate `pkg/driver/postgres/postgres.go`; refinery-core
/// `traits/mod.rs`; Flyway `PostgreSQLDatabase.java`, `MigrationInfoServiceImpl.java`, `CoreMigrationType.java`; Prisma
/// `apply_migrations.rs`; drizzle-orm `pg-core/dialect.ts`; the Supabase CLI `pkg/migration/history.go`; sqitch
/// `App/Sqitch/Engine/pg.sql`; Liquibase `CreateDatabaseChangeLogTableGenerator.java`, `MarkChangeSetRanGenerator.java`.
pub(super) fn table(runner: Runner) -> Option<Table> {
    let own = |name, query, key| Table { schema: None, name, query, key, failed: None, baseline: None };
    Some(match runner {
        Runner::Sqlx => Table {
            failed: Some("SELECT version FROM {t} WHERE NOT success ORDER BY version"),
            ..own("_sqlx_migrations", "SELECT version FROM {t} ORDER BY version", Key::Version)
        },
        Runner::Diesel => own("__diesel_schema_migrations", "SELECT version FROM {t} ORDER BY version", Key::Version),
        // One row; a version below zero is the state before the first migration.
        Runner::GolangMigrate => Table {
            failed: Some("SELECT version FROM {t} WHERE dirty"),
            ..own("schema_migrations", "SELECT version FROM {t} WHERE version >= 0", Key::UpTo)
        },
        // Downs delete their rows; older releases added one that says so. The first row, version 0, is the table's own.
        Runner::Goose => own(
            "goose_db_version",
            "SELECT version_id FROM (SELECT DISTINCT ON (version_id) version_id, is_applied FROM {t} ORDER BY version_id, id DESC) x
             WHERE is_applied AND version_id > 0 ORDER BY version_id",
            Key::Version,
        ),
        Runner::Dbmate => own("schema_migrations", "SELECT version FROM {t} ORDER BY version", Key::Version),
        Runner::Refinery => own("refinery_schema_history", "SELECT version FROM {t} ORDER BY version", Key::Version),
        // The last row of a version counts: undone and deleted ones are rows of their own. What is written in code has no file here.
        Runner::Flyway => Table {
            failed: Some("SELECT coalesce(version, description) FROM {t} WHERE NOT success ORDER BY installed_rank"),
            baseline: Some(
                "SELECT version FROM {t} WHERE type IN ('BASELINE', 'SQL_BASELINE') AND success ORDER BY installed_rank DESC LIMIT 1",
            ),
            ..own(
                "flyway_schema_history",
                "SELECT coalesce(version, 'R ' || description || chr(9) || coalesce(checksum::text, '')) FROM
                     (SELECT DISTINCT ON (version, CASE WHEN version IS NULL THEN description END) * FROM {t}
                      WHERE type NOT IN ('SCHEMA', 'BASELINE', 'SQL_BASELINE')
                      ORDER BY version, CASE WHEN version IS NULL THEN description END, installed_rank DESC) x
                 WHERE type NOT LIKE 'UNDO%' AND type NOT IN ('DELETE', 'JDBC', 'SPRING_JDBC', 'SCRIPT', 'CUSTOM')
                 ORDER BY installed_rank",
                Key::Version,
            )
        },
        Runner::Prisma => Table {
            failed: Some(
                "SELECT migration_name FROM {t} WHERE finished_at IS NULL AND rolled_back_at IS NULL ORDER BY started_at",
            ),
            ..own(
                "_prisma_migrations",
                "SELECT migration_name FROM {t} WHERE rolled_back_at IS NULL GROUP BY 1 ORDER BY min(started_at)",
                Key::Directory,
            )
        },
        Runner::Drizzle => Table {
            schema: Some("drizzle"),
            ..own("__drizzle_migrations", "SELECT created_at FROM {t} WHERE created_at IS NOT NULL ORDER BY created_at", Key::Time)
        },
        Runner::Supabase => Table {
            schema: Some("supabase_migrations"),
            ..own("schema_migrations", "SELECT version FROM {t} ORDER BY version", Key::Version)
        },
        // A registry may hold several projects; what was reworked stands there once for each time.
        Runner::Sqitch => Table {
            schema: Some("sqitch"),
            ..own("changes", "SELECT project || ':' || change FROM {t} ORDER BY planned_at, committed_at", Key::Entry)
        },
        // What failed or was skipped is not written at all.
        Runner::Liquibase => own(
            "databasechangelog",
            "SELECT author || ':' || id FROM {t} WHERE exectype IN ('EXECUTED', 'RERAN', 'MARK_RAN') ORDER BY orderexecuted",
            Key::Version,
        ),
        Runner::Plain => return None,
    })
}

/// What to do about a migration that failed halfway.
pub(super) fn repair(runner: Runner, entry: &str) -> String {
    match runner {
        Runner::GolangMigrate => {
            "repair what it left behind, then run `migrate force` with the version that the schema is at".to_owned()
        }
        Runner::Flyway => "remove what it left behind, then run `flyway repair`".to_owned(),
        Runner::Prisma => format!(
            "repair what it left behind, then run `prisma migrate resolve --rolled-back {entry}`, or `--applied {entry}` where it is \
             whole now"
        ),
        Runner::Sqlx
        | Runner::Diesel
        | Runner::Goose
        | Runner::Dbmate
        | Runner::Refinery
        | Runner::Drizzle
        | Runner::Supabase
        | Runner::Sqitch
        | Runner::Liquibase
        | Runner::Plain => "repair what it left behind, then delete its row".to_owned(),
    }
}

/// The checksum that Flyway keeps of a script: CRC-32 of its lines without their ends, as a signed number.
pub(super) fn flyway_checksum(text: &str) -> i32 {
    let lines = text.strip_prefix('\u{feff}').unwrap_or(text).split(['\n']).map(|line| line.strip_suffix('\r').unwrap_or(line));
    let mut crc = u32::MAX;
    for byte in lines.flat_map(str::bytes) {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 };
        }
    }
    (!crc).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checksum_is_that_of_the_lines() {
        // The check value of CRC-32 in every description of it.
        assert_eq!(flyway_checksum("1234\n56\r\n789\n").cast_unsigned(), 0xCBF4_3926);
    }

    #[test]
    fn every_runner_but_files_alone_has_a_table() {
        for runner in Runner::all() {
            assert_eq!(table(runner).is_none(), runner == Runner::Plain, "{runner}");
        }
    }
}
