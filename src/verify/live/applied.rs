//! What is applied, from the table that each runner keeps.

use super::{Applied, Live, LiveError, literal, quoted};
use crate::read::{Project, Runner};
use crate::source::{Migration, MigrationKind};

/// The table of a runner: its schema where it has one of its own, its name, and the query for what is applied.
struct Table {
    schema: Option<&'static str>,
    name: &'static str,
    /// Gives one text for each applied migration; `{t}` is the table.
    query: &'static str,
    /// What the texts are.
    kind: Kind,
}

/// What identifies an applied migration.
#[derive(Clone, Copy)]
enum Kind {
    /// Its version; numbers are the same with and without leading zeros.
    Version,
    /// The version up to which everything is applied.
    UpTo,
    /// Version and name, joined as the directory is called.
    Directory,
    /// How many are.
    Count,
}

/// The tables as their runners make them: sqlx-postgres `migrate.rs`; diesel `migration/mod.rs`; golang-migrate
/// `database/postgres/postgres.go`; goose `internal/dialect/dialectquery/postgres.go`; dbmate `pkg/driver/postgres/postgres.go`;
/// refinery-core `traits/mod.rs`; Flyway's `createMetaDataTable.sql`; Prisma's `sql_migration_persistence`; drizzle-orm
/// `pg-core/dialect.ts`; the Supabase CLI `pkg/migration/history.go`; sqitch `App/Sqitch/Engine/pg.sql`; Liquibase's
/// `CreateDatabaseChangeLogTableStatement`.
fn table(runner: Runner) -> Option<Table> {
    let own = |name, query, kind| Some(Table { schema: None, name, query, kind });
    let of = |schema, name, query, kind| Some(Table { schema: Some(schema), name, query, kind });
    match runner {
        Runner::Sqlx => own("_sqlx_migrations", "SELECT version FROM {t} WHERE success", Kind::Version),
        Runner::Diesel => own("__diesel_schema_migrations", "SELECT version FROM {t}", Kind::Version),
        Runner::GolangMigrate => {
            own("schema_migrations", "SELECT CASE WHEN dirty THEN 'dirty ' ELSE '' END || version FROM {t}", Kind::UpTo)
        }
        Runner::Goose => own(
            "goose_db_version",
            "SELECT version_id FROM (SELECT DISTINCT ON (version_id) version_id, is_applied FROM {t} ORDER BY version_id, id DESC) x
             WHERE is_applied AND version_id > 0",
            Kind::Version,
        ),
        Runner::Dbmate => own("schema_migrations", "SELECT version FROM {t}", Kind::Version),
        Runner::Refinery => own("refinery_schema_history", "SELECT version FROM {t}", Kind::Version),
        Runner::Flyway => own(
            "flyway_schema_history",
            "SELECT coalesce(version, description) FROM (SELECT DISTINCT ON (coalesce(version, description)) * FROM {t}
             ORDER BY coalesce(version, description), installed_rank DESC) x WHERE success AND type NOT LIKE 'UNDO%' AND type <> 'DELETE'",
            Kind::Version,
        ),
        Runner::Prisma => own(
            "_prisma_migrations",
            "SELECT migration_name FROM {t} WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL",
            Kind::Directory,
        ),
        Runner::Drizzle => of("drizzle", "__drizzle_migrations", "SELECT count(*) FROM {t} HAVING count(*) > 0", Kind::Count),
        Runner::Supabase => of("supabase_migrations", "schema_migrations", "SELECT version FROM {t}", Kind::Version),
        Runner::Sqitch => of("sqitch", "changes", "SELECT change FROM {t}", Kind::Version),
        Runner::Liquibase => own(
            "databasechangelog",
            "SELECT author || ':' || id FROM {t} WHERE exectype IN ('EXECUTED', 'RERAN', 'MARK_RAN')",
            Kind::Version,
        ),
        Runner::Plain => None,
    }
}

pub(super) fn applied(live: &mut Live, project: &Project) -> Result<Applied, LiveError> {
    let runner = project.runner;
    let wrong = |live: &Live, reason: String| LiveError::Applied { place: live.place.clone(), reason };
    let Some(table) = table(runner) else {
        let reason = "plain migrations have no table that says what is applied: name what is live with --since".to_owned();
        return Err(wrong(live, reason));
    };
    let Some(name) = find(live, &table)? else {
        let reason = format!(
            "there is no table {}, in which {runner} keeps what is applied: check that this is the right database, or plan all with --all",
            table.name
        );
        return Err(wrong(live, reason));
    };
    let rows = live.rows(&table.query.replace("{t}", &name))?;
    let found: Vec<String> = rows.into_iter().flatten().flatten().collect();
    if found.is_empty() {
        let reason = format!("{name} holds nothing: {runner} has applied no migration here; plan all of them with --all");
        return Err(wrong(live, reason));
    }
    if let Some(dirty) = found.iter().find_map(|version| version.strip_prefix("dirty ")) {
        let reason =
            format!("{name} says that version {dirty} failed halfway (dirty): repair it and `migrate force {dirty}` first");
        return Err(wrong(live, reason));
    }
    Ok(compare(project, &found, table.kind))
}

/// The table as SQL, in whichever schema it lies.
fn find(live: &mut Live, table: &Table) -> Result<Option<String>, LiveError> {
    let schema = table.schema.map(|schema| format!(" AND n.nspname = {}", literal(schema))).unwrap_or_default();
    let rows = live.rows(&format!(
        "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE lower(c.relname) = {} AND c.relkind IN ('r', 'v', 'p'){schema} ORDER BY n.nspname <> 'public', n.nspname LIMIT 1",
        literal(table.name)
    ))?;
    let name = rows.into_iter().next().and_then(|row| match <[Option<String>; 2]>::try_from(row) {
        Ok([Some(schema), Some(name)]) => Some(format!("{}.{}", quoted(&schema), quoted(&name))),
        _ => None,
    });
    Ok(name)
}

fn compare(project: &Project, found: &[String], kind: Kind) -> Applied {
    let migrations = &project.history.migrations;
    match kind {
        Kind::Count => {
            let count = found.first().and_then(|count| count.parse().ok()).unwrap_or(0);
            let unknown = (count > migrations.len()).then(|| format!("{} more than the project has", count - migrations.len()));
            Applied { pending: (count.min(migrations.len())..migrations.len()).collect(), unknown: unknown.into_iter().collect() }
        }
        Kind::UpTo => {
            let last = found.iter().find_map(|version| migrations.iter().rposition(|migration| is_version(migration, version)));
            let unknown = if last.is_none() { found.to_vec() } else { Vec::new() };
            Applied { pending: (last.map_or(0, |last| last + 1)..migrations.len()).collect(), unknown }
        }
        Kind::Version | Kind::Directory => {
            let is = |migration: &Migration, text: &str| match kind {
                Kind::Directory => text == format!("{}_{}", migration.version, migration.name) || text == migration.version,
                Kind::Version | Kind::UpTo | Kind::Count => is_version(migration, text),
            };
            let pending = (0..migrations.len()).filter(|at| !found.iter().any(|text| is(&migrations[*at], text)));
            let unknown = found.iter().filter(|text| !migrations.iter().any(|migration| is(migration, text)));
            Applied { pending: pending.collect(), unknown: unknown.cloned().collect() }
        }
    }
}

fn is_version(migration: &Migration, text: &str) -> bool {
    if migration.kind == MigrationKind::Repeatable {
        return text == migration.name || text == migration.name.replace('_', " ");
    }
    let bare = |version: &str| {
        let digits: String = version.chars().filter(|c| *c != '-').collect();
        let trimmed = digits.trim_start_matches('0');
        if trimmed.is_empty() { "0".to_owned() } else { trimmed.to_owned() }
    };
    migration.version == text || bare(&migration.version) == bare(text)
}
