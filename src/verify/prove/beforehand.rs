//! What is there in production before the first migration, and no migration makes: roles, the runner's own table, what a platform brings.
//! It is made where a migration turns out to need it, and told.

use super::Shared;
use crate::change::{Change, ObjectKind};
use crate::read::Runner;
use crate::replay::Replayed;
use crate::verify::SqlError;
use crate::verify::coexist::quoted_name;
use crate::verify::send::Refused;

/// What was made so far.
#[derive(Debug, Default)]
pub(super) struct Beforehand {
    /// In words.
    pub told: Vec<String>,
    /// By these statements, which each database needs.
    pub sql: Vec<String>,
}

struct Need {
    told: String,
    sql: String,
}

impl Beforehand {
    /// Notes how to make what a statement was refused for. `false` where nothing is to be made.
    pub fn provide(&mut self, shared: &Shared<'_, '_>, refused: &Refused, replayed: &Replayed) -> bool {
        let SqlError::Database { sqlstate, message, .. } = &refused.error else { return false };
        let supabase = || platform(shared).filter(|need| !self.told.contains(&need.told));
        let need = match sqlstate.as_str() {
            "42704" => supabase().or_else(|| role(shared, message)),
            "42P01" => supabase().or_else(|| runners_own(shared, message)),
            "3F000" => supabase().or_else(|| schema(message, &replayed.steps[refused.step].assumed)),
            "42883" => supabase().or_else(|| extensions(shared)),
            _ => None,
        };
        // What was made already did not help.
        let Some(need) = need.filter(|need| !self.told.contains(&need.told)) else { return false };
        self.told.push(need.told);
        self.sql.push(need.sql);
        true
    }
}

/// The name that a message quotes between two of its words.
fn between<'m>(message: &'m str, before: &str, after: &str) -> Option<&'m str> {
    let (_, rest) = message.split_once(before)?;
    rest.split_once(after).map(|(name, _)| name)
}

/// A role that no migration makes. Roles belong to the whole server: they are made on one of our own only, where they go with it.
fn role(shared: &Shared<'_, '_>, message: &str) -> Option<Need> {
    let name = between(message, "role \"", "\" does not exist")?;
    if !shared.server.is_throwaway() || made_by_migrations(shared).any(|made| made == name) {
        return None;
    }
    let quoted = quoted_name(name);
    // Another project's history may have needed it as well.
    let sql = format!(
        "DO $make$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = {}) THEN CREATE ROLE {quoted}; END IF; END $make$",
        crate::verify::coexist::quoted_text(name)
    );
    Some(Need { told: format!("role {name}"), sql })
}

/// The roles that the history makes.
pub(super) fn made_by_migrations<'h>(shared: &'h Shared<'_, '_>) -> impl Iterator<Item = &'h str> {
    let statements = shared.judged.parsed.iter().flat_map(|parsed| &parsed.statements);
    let mut names = Vec::new();
    for change in statements.flat_map(|statement| &statement.changes) {
        roles(&change.value, &mut names);
    }
    names.into_iter()
}

fn roles<'c>(change: &'c Change, names: &mut Vec<&'c str>) {
    match change {
        Change::CreateOther { object, .. } if object.kind == ObjectKind::Role => names.push(object.name.name.as_str()),
        Change::Do(block) => block.statements.iter().for_each(|own| roles(&own.change.value, names)),
        _ => {}
    }
}

/// A schema that the replay took to exist, since no migration makes it.
fn schema(message: &str, assumed: &[String]) -> Option<Need> {
    let name = between(message, "schema \"", "\" does not exist")?;
    let inside = format!("{name}.");
    let is_assumed = assumed.iter().any(|object| object == name || object.starts_with(&inside));
    is_assumed.then(|| Need { told: format!("schema {name}"), sql: format!("CREATE SCHEMA {}", quoted_name(name)) })
}

/// The table in which the runner notes what it applied.
fn runners_own(shared: &Shared<'_, '_>, message: &str) -> Option<Need> {
    let runner = shared.judged.project.runner;
    let name = between(message, "relation \"", "\" does not exist")?;
    let (table, sql) = table(runner)?;
    let same = name == table || name.split_once('.').is_some_and(|(schema, name)| schema == "public" && name == table);
    same.then(|| Need { told: format!("{table}, {runner}'s own table"), sql: sql.to_owned() })
}

/// The table of each runner, as the runner makes it: see the sources that `live::applied` names.
fn table(runner: Runner) -> Option<(&'static str, &'static str)> {
    Some(match runner {
        Runner::Sqlx => (
            "_sqlx_migrations",
            "CREATE TABLE _sqlx_migrations (version bigint PRIMARY KEY, description text NOT NULL, installed_on timestamptz NOT NULL DEFAULT now(),
             success boolean NOT NULL, checksum bytea NOT NULL, execution_time bigint NOT NULL)",
        ),
        Runner::Diesel => (
            "__diesel_schema_migrations",
            "CREATE TABLE __diesel_schema_migrations (version varchar(50) PRIMARY KEY, run_on timestamp NOT NULL DEFAULT current_timestamp)",
        ),
        Runner::GolangMigrate => {
            ("schema_migrations", "CREATE TABLE schema_migrations (version bigint PRIMARY KEY, dirty boolean NOT NULL)")
        }
        Runner::Goose => (
            "goose_db_version",
            "CREATE TABLE goose_db_version (id integer PRIMARY KEY GENERATED BY DEFAULT AS IDENTITY, version_id bigint NOT NULL,
             is_applied boolean NOT NULL, tstamp timestamp NOT NULL DEFAULT now())",
        ),
        Runner::Dbmate => ("schema_migrations", "CREATE TABLE schema_migrations (version varchar PRIMARY KEY)"),
        Runner::Refinery => (
            "refinery_schema_history",
            "CREATE TABLE refinery_schema_history (version integer PRIMARY KEY, name varchar(255), applied_on varchar(255), checksum varchar(255))",
        ),
        Runner::Flyway => (
            "flyway_schema_history",
            "CREATE TABLE flyway_schema_history (installed_rank integer PRIMARY KEY, version varchar(50), description varchar(200) NOT NULL,
             type varchar(20) NOT NULL, script varchar(1000) NOT NULL, checksum integer, installed_by varchar(100) NOT NULL,
             installed_on timestamp NOT NULL DEFAULT now(), execution_time integer NOT NULL, success boolean NOT NULL)",
        ),
        Runner::Prisma => (
            "_prisma_migrations",
            "CREATE TABLE _prisma_migrations (id varchar(36) PRIMARY KEY, checksum varchar(64) NOT NULL, finished_at timestamptz,
             migration_name varchar(255) NOT NULL, logs text, rolled_back_at timestamptz, started_at timestamptz NOT NULL DEFAULT now(),
             applied_steps_count integer NOT NULL DEFAULT 0)",
        ),
        Runner::Liquibase => (
            "databasechangelog",
            "CREATE TABLE databasechangelog (id varchar(255) NOT NULL, author varchar(255) NOT NULL, filename varchar(255) NOT NULL,
             dateexecuted timestamp NOT NULL, orderexecuted integer NOT NULL, exectype varchar(10) NOT NULL, md5sum varchar(35),
             description varchar(255), comments varchar(255), tag varchar(255), liquibase varchar(20), contexts varchar(255),
             labels varchar(255), deployment_id varchar(10))",
        ),
        Runner::Drizzle | Runner::Supabase | Runner::Sqitch | Runner::Plain => return None,
    })
}

/// Extensions that a Supabase project may count on without making them.
fn extensions(shared: &Shared<'_, '_>) -> Option<Need> {
    (shared.judged.project.runner == Runner::Supabase).then(|| Need {
        told: "the extensions uuid-ossp and pgcrypto, which Supabase brings".to_owned(),
        sql: "CREATE EXTENSION IF NOT EXISTS \"uuid-ossp\" WITH SCHEMA extensions;
              CREATE EXTENSION IF NOT EXISTS pgcrypto WITH SCHEMA extensions"
            .to_owned(),
    })
}

/// What a Supabase project has from its first day: its roles, `auth`, `storage` and `extensions`, as far as migrations meet them.
fn platform(shared: &Shared<'_, '_>) -> Option<Need> {
    if shared.judged.project.runner != Runner::Supabase {
        return None;
    }
    let mut sql = String::new();
    if shared.server.is_throwaway() {
        for role in [
            "anon",
            "authenticated",
            "service_role",
            "authenticator",
            "supabase_admin",
            "supabase_auth_admin",
            "supabase_storage_admin",
            "dashboard_user",
        ] {
            sql += &format!("DO $make$ BEGIN CREATE ROLE {role}; EXCEPTION WHEN duplicate_object THEN NULL; END $make$;\n");
        }
        // The platform's extensions are found without their schema.
        sql += "ALTER ROLE CURRENT_USER SET search_path = \"$user\", public, extensions;\n";
    }
    sql += include_str!("supabase.sql");
    Some(Need { told: "what Supabase brings: its roles, the schemas auth, storage and extensions".to_owned(), sql })
}
