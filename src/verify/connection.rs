//! A blocking connection to PostgreSQL that speaks its simple query protocol: what a script sends is what arrives, and
//! every value comes back as the text that `psql` would show.

use super::ServerError;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection, PgDatabaseError, PgRow, PgSslMode};
use sqlx::{AssertSqlSafe, ConnectOptions, Row};
use tokio::runtime::{Builder, Runtime};

/// One session. It blocks the calling thread while a statement runs, and can be moved to another thread.
#[derive(Debug)]
pub struct Connection {
    session: PgConnection,
    runtime: Runtime,
}

/// What the server, or the way to it, answered instead of a result.
#[derive(Debug, thiserror::Error)]
pub enum SqlError {
    /// The server refused a statement.
    #[error("{message} (SQLSTATE {sqlstate})")]
    Database {
        /// The five characters of the error's class and code.
        sqlstate: String,
        /// The primary message.
        message: String,
        /// The secondary message.
        detail: Option<String>,
    },
    /// The session could not be opened, or broke.
    #[error("the connection to the server failed: {0}")]
    Connection(#[source] sqlx::Error),
    /// This process cannot do asynchronous I/O.
    #[error("no asynchronous runtime could be started: {0}")]
    Runtime(#[source] std::io::Error),
}

impl SqlError {
    /// The SQLSTATE, if the server gave one.
    pub fn sqlstate(&self) -> Option<&str> {
        match self {
            SqlError::Database { sqlstate, .. } => Some(sqlstate),
            SqlError::Connection(_) | SqlError::Runtime(_) => None,
        }
    }

    /// The server's words without anything around them.
    pub(super) fn words(&self) -> String {
        match self {
            SqlError::Database { message, .. } => message.clone(),
            SqlError::Connection(error) => error.to_string(),
            SqlError::Runtime(error) => error.to_string(),
        }
    }

    /// What to do where no session can be had.
    pub(super) fn advice(&self) -> &'static str {
        match self {
            SqlError::Database { sqlstate, .. } => match sqlstate.as_str() {
                "28P01" => "check the password in --database-url",
                "28000" => "check the user, and what pg_hba.conf lets in",
                "3D000" => "check the name of the database",
                "42501" => "the user may not do that: give it the right, or name another in --database-url",
                "53300" => "too many sessions are open: try again later",
                "57P03" => "the server is starting or stopping: try again later",
                _ => "check --database-url",
            },
            SqlError::Connection(error) => {
                tls_advice(&error.to_string()).unwrap_or("check host and port, and that this machine may connect")
            }
            SqlError::Runtime(_) => "try again",
        }
    }

    /// Whether the server, or the way to it, could not go on, whatever it was asked: no space or memory, too many sessions, an end.
    pub fn is_the_servers(&self) -> bool {
        self.sqlstate().is_none_or(|code| ["53", "58030", "57P"].iter().any(|prefix| code.starts_with(prefix)))
    }
}

/// What to do where two cannot agree on how to encrypt.
fn tls_advice(reason: &str) -> Option<&'static str> {
    let known = [
        (
            "does not support TLS",
            "it has TLS switched off: switch `ssl` on there, or take sslmode=prefer or disable in --database-url",
        ),
        (
            "CaUsedAsEndEntity",
            "its certificate is an authority's (CA:TRUE), which no server may show: sign one for the server with it; \
             sslmode=require encrypts without checking it",
        ),
        (
            "certificate",
            "name the certificate of who signed it with sslrootcert=FILE in --database-url; sslmode=require encrypts without checking it",
        ),
        ("No such file", "check the paths in --database-url: that of a socket, and sslrootcert"),
        ("TLS", "check sslmode and sslrootcert in --database-url"),
    ];
    known.into_iter().find(|(word, _)| reason.contains(word)).map(|(_, advice)| advice)
}

impl From<sqlx::Error> for SqlError {
    fn from(error: sqlx::Error) -> Self {
        let database = error.as_database_error().and_then(|error| error.try_downcast_ref::<PgDatabaseError>());
        match database {
            Some(error) => SqlError::Database {
                sqlstate: error.code().to_owned(),
                message: error.message().to_owned(),
                detail: error.detail().map(str::to_owned),
            },
            None => SqlError::Connection(error),
        }
    }
}

/// How long a server may take to answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// How a server is reached, and as whom.
#[derive(Clone)]
pub(super) struct Address(PgConnectOptions);

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // It may hold a password.
        f.write_str("Address")
    }
}

impl Address {
    /// The superuser `postgres`, through the socket in a directory.
    pub(super) fn socket(directory: &Path, port: u16) -> Address {
        let options = PgConnectOptions::new_without_pgpass().socket(directory).port(port).username("postgres");
        Address(options.database("postgres").ssl_mode(PgSslMode::Disable).application_name("migsafe"))
    }

    /// What a URL names; nothing where it cannot be read.
    pub(super) fn url(url: &str) -> Option<Address> {
        let known = ["postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme));
        let options = PgConnectOptions::from_str(url).ok().filter(|_| known)?;
        Some(Address(options.application_name("migsafe")))
    }

    /// The same, under a name that the server shows others.
    pub(super) fn called(&self, name: &str) -> Address {
        Address(self.0.clone().application_name(name))
    }

    /// Where that is, without any secret: `shop on db.example.org:5432`.
    pub(super) fn place(&self) -> String {
        place(&self.0)
    }
}

/// Where a session is, without any secret.
pub(super) fn place(options: &PgConnectOptions) -> String {
    let database = options.get_database().unwrap_or(options.get_username());
    let host = options.get_socket().map_or(options.get_host().to_owned(), |path| path.display().to_string());
    format!("{database} on {host}:{}", options.get_port())
}

impl Connection {
    /// A session at the address that a URL names.
    pub fn to(url: &str) -> Result<Connection, ServerError> {
        let address = Address::url(url).ok_or(ServerError::Url)?;
        Ok(Connection::open(&address, None)?)
    }

    /// A session at any address, if the server answers in time.
    pub(super) fn connect(options: PgConnectOptions, limit: Duration) -> Result<Connection, SqlError> {
        let runtime = Builder::new_current_thread().enable_all().build().map_err(SqlError::Runtime)?;
        let late = || std::io::Error::new(std::io::ErrorKind::TimedOut, format!("no answer within {} s", limit.as_secs()));
        let opened = runtime.block_on(async { tokio::time::timeout(limit, options.connect()).await });
        let session = opened.map_err(|_| SqlError::Connection(sqlx::Error::Io(late())))??;
        Ok(Connection { session, runtime })
    }

    /// A session in a database, or in the one that the address names.
    pub(super) fn open(address: &Address, database: Option<&str>) -> Result<Connection, SqlError> {
        let options = match database {
            Some(database) => address.0.clone().database(database),
            None => address.0.clone(),
        };
        Connection::connect(options, PATIENCE)
    }

    /// The server's version as a number: 150004 for 15.4.
    pub fn server_version(&self) -> Option<u32> {
        self.session.server_version_num()
    }

    /// Sends `sql`, one or several statements, as one string: the server makes one implicit transaction of it.
    pub fn execute(&mut self, sql: &str) -> Result<(), SqlError> {
        let query = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
        self.runtime.block_on(query.execute(&mut self.session))?;
        Ok(())
    }

    /// Sends `sql` and gives every row that comes back, each value in its text form, `None` for NULL.
    pub fn query_rows(&mut self, sql: &str) -> Result<Vec<Vec<Option<String>>>, SqlError> {
        let query = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
        let rows = self.runtime.block_on(query.fetch_all(&mut self.session))?;
        // Results of the simple protocol are text whatever their type, so the types need not match.
        let texts = |row: &PgRow| (0..row.len()).map(|column| row.try_get_unchecked(column)).collect();
        Ok(rows.iter().map(texts).collect::<Result<_, sqlx::Error>>()?)
    }

    /// The first value of the first row; `None` for NULL or no row.
    pub fn query_value(&mut self, sql: &str) -> Result<Option<String>, SqlError> {
        Ok(self.query_rows(sql)?.into_iter().flatten().next().flatten())
    }
}
