//! A blocking connection to PostgreSQL that speaks its simple query protocol: what a script sends is what arrives, and
//! every value comes back as the text that `psql` would show.

use std::path::Path;
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

impl Connection {
    /// A session at any address, if the server answers in time.
    pub(super) fn connect(options: PgConnectOptions, limit: Duration) -> Result<Connection, SqlError> {
        let runtime = Builder::new_current_thread().enable_all().build().map_err(SqlError::Runtime)?;
        let late = || std::io::Error::new(std::io::ErrorKind::TimedOut, format!("no answer within {} s", limit.as_secs()));
        let opened = runtime.block_on(async { tokio::time::timeout(limit, options.connect()).await });
        let session = opened.map_err(|_| SqlError::Connection(sqlx::Error::Io(late())))??;
        Ok(Connection { session, runtime })
    }

    /// A session as the superuser `postgres`, through the socket in `directory`.
    pub(super) fn open(directory: &Path, database: &str) -> Result<Connection, SqlError> {
        let runtime = Builder::new_current_thread().enable_all().build().map_err(SqlError::Runtime)?;
        let options = PgConnectOptions::new_without_pgpass()
            .socket(directory)
            .port(5432)
            .username("postgres")
            .database(database)
            .ssl_mode(PgSslMode::Disable)
            .application_name("migsafe");
        let session = runtime.block_on(options.connect())?;
        Ok(Connection { session, runtime })
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
