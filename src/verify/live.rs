//! A real database, looked at and never changed: what is applied, how large its tables are, what goes on in it, whether its rows would
//! pass. Everything runs read-only and with limits, and takes no lock stronger than a reader's.

mod applied;
mod drift;
mod entries;
mod figures;
mod preflight;

use super::{Connection, SqlError};
use crate::dialect::ServerVersion;
use crate::lint::Lint;
use crate::plan::{Facts, Mismatch, Preflight, Wait};
use crate::read::Project;
use sqlx::postgres::PgConnectOptions;
use std::str::FromStr;
use std::time::Duration;

/// How long the server may take to answer at all.
const PATIENCE: Duration = Duration::from_secs(10);

/// Names mean what they mean by themselves, whatever the role's path is.
const SEARCH_PATH: &str = "SET search_path = pg_catalog, public";

/// A session in a real database.
#[derive(Debug)]
pub struct Live {
    session: Connection,
    /// Where it is, without any secret: `shop on db.example.org:5432`.
    place: String,
    /// Where the runner's table and the files do not fit.
    mismatches: Vec<Mismatch>,
}

/// How thoroughly rows are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Thoroughness {
    /// A sample of large tables, and not for long.
    #[default]
    Sample,
    /// Every row.
    Full,
}

/// Why a database cannot be looked at, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum LiveError {
    /// The address is none.
    #[error("--database-url is no address of a PostgreSQL database: write it like postgres://user@host:5432/name")]
    Address,
    /// Nobody answers.
    #[error("{place} cannot be reached: {reason}; check host and port, and that this machine may connect")]
    Unreachable {
        /// Where.
        place: String,
        /// Why.
        reason: String,
    },
    /// The server answers, and does not let us in.
    #[error("{place} refuses the connection: {reason}; {advice}")]
    Refused {
        /// Where.
        place: String,
        /// The server's words.
        reason: String,
        /// What to do.
        advice: &'static str,
    },
    /// Something may not be read.
    #[error("{place}: {reason}; {advice}")]
    Query {
        /// Where.
        place: String,
        /// The server's words.
        reason: String,
        /// What to do.
        advice: String,
    },
    /// The table of the runner does not help.
    #[error("{place}: {reason}")]
    Applied {
        /// Where.
        place: String,
        /// What is wrong with it and what to do.
        reason: String,
    },
}

/// What a runner's table says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Applied {
    /// The places in the history of what is not applied.
    pub pending: Vec<usize>,
    /// What is applied and not among the project's migrations.
    pub unknown: Vec<String>,
    /// What the runner will make of what does not fit.
    pub told: Vec<Mismatch>,
}

impl Live {
    /// Opens a session that reads only.
    pub fn connect(url: &str) -> Result<Live, LiveError> {
        let known = ["postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme));
        let options = PgConnectOptions::from_str(url).ok().filter(|_| known).ok_or(LiveError::Address)?;
        let options = options.application_name("migsafe plan");
        let database = options.get_database().unwrap_or(options.get_username()).to_owned();
        let host = options.get_socket().map_or(options.get_host().to_owned(), |path| path.display().to_string());
        let place = format!("{database} on {host}:{}", options.get_port());
        let session = Connection::connect(options, PATIENCE).map_err(|error| refused(&place, &error))?;
        let mut live = Live { session, place, mismatches: Vec::new() };
        live.limit(Thoroughness::Sample)?;
        Ok(live)
    }

    /// The server's version.
    pub fn version(&self) -> Option<ServerVersion> {
        let number = self.session.server_version()?;
        Some(ServerVersion { major: u16::try_from(number / 10_000).ok()?, minor: 0 })
    }

    /// What the runner's own table says is applied; `table` where it has another name than the usual one, with or without schema.
    pub fn applied(&mut self, project: &Project, table: Option<&str>) -> Result<Applied, LiveError> {
        let applied = applied::applied(self, project, table)?;
        self.mismatches.clone_from(&applied.told);
        Ok(applied)
    }

    /// Figures, what goes on, whether rows pass, and where the schema differs.
    pub fn facts(&mut self, lint: &Lint<'_>, thoroughness: Thoroughness) -> Result<Facts, LiveError> {
        let tables = figures::tables(self)?;
        let waits: Vec<Wait> = figures::waits(self)?;
        self.limit(thoroughness)?;
        let preflight: Vec<Preflight> = preflight::ask(self, lint, &tables, thoroughness)?;
        let drift = drift::drift(self, lint)?;
        Ok(Facts { tables, waits, preflight, drift, mismatches: self.mismatches.clone() })
    }

    /// Limits for all that follows in the session.
    fn limit(&mut self, thoroughness: Thoroughness) -> Result<(), LiveError> {
        let time = match thoroughness {
            Thoroughness::Sample => "5s",
            Thoroughness::Full => "30min",
        };
        self.run(&format!(
            "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY; SET statement_timeout = '{time}'; SET lock_timeout = '1s'; \
             {SEARCH_PATH}"
        ))
    }

    fn run(&mut self, sql: &str) -> Result<(), LiveError> {
        self.session.execute(sql).map_err(|error| self.failed(&error))
    }

    /// Rows as a session finds names by itself.
    fn with_own_path(&mut self, sql: &str) -> Result<Vec<Vec<Option<String>>>, LiveError> {
        self.run("RESET search_path")?;
        let rows = self.rows(sql);
        self.run(SEARCH_PATH)?;
        rows
    }

    fn rows(&mut self, sql: &str) -> Result<Vec<Vec<Option<String>>>, LiveError> {
        self.session.query_rows(sql).map_err(|error| self.failed(&error))
    }

    fn failed(&self, error: &SqlError) -> LiveError {
        let advice = match error.sqlstate() {
            Some("42501") => "connect as a role that may read it, or grant it SELECT".to_owned(),
            Some("57014") => "it took too long: try again when less goes on, or use --stats with figures taken before".to_owned(),
            Some("55P03") => "somebody holds a lock on it: try again later".to_owned(),
            _ => "try again, or use --stats with figures taken before".to_owned(),
        };
        LiveError::Query { place: self.place.clone(), reason: words(error), advice }
    }
}

/// The server's words without anything around them.
fn words(error: &SqlError) -> String {
    match error {
        SqlError::Database { message, .. } => message.clone(),
        SqlError::Connection(error) => error.to_string(),
        SqlError::Runtime(error) => error.to_string(),
    }
}

fn refused(place: &str, error: &SqlError) -> LiveError {
    let (place, reason) = (place.to_owned(), words(error));
    let advice = match error {
        SqlError::Database { sqlstate, .. } => match sqlstate.as_str() {
            "28P01" => "check the password in --database-url",
            "28000" => "check the user, and what pg_hba.conf lets in",
            "3D000" => "check the name of the database",
            "53300" => "too many sessions are open: try again later",
            "57P03" => "the server is starting or stopping: try again later",
            _ => "check --database-url",
        },
        SqlError::Connection(sqlx::Error::Tls(_)) => "check sslmode in --database-url",
        SqlError::Connection(_) | SqlError::Runtime(_) => return LiveError::Unreachable { place, reason },
    };
    LiveError::Refused { place, reason, advice }
}

/// A name as SQL.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A text as SQL.
fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
