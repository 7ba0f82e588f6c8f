//! A throwaway PostgreSQL: made in a temporary directory from the binaries on this machine, reached through a socket in
//! it, gone with its directory when the process ends, however it ends.
//!
//! A small shell script makes, starts, stops and removes the server. It reads from a pipe that this process holds open:
//! the pipe closes when the server is dropped, and also when the process is killed, so nothing has to be cleaned up here.

mod find;
mod keeper;
mod named;

use super::{Address, Connection, SqlError};
use find::{find_binaries, holds_binaries, install};
use keeper::Keeper;
use named::Named;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// A running server, stopped and removed when dropped.
#[derive(Debug)]
pub struct Server {
    origin: Origin,
    /// How to reach it.
    address: Address,
    /// Of PostgreSQL: 15, 16, ...
    major: u32,
    /// For creating and dropping databases, one at a time.
    maintenance: Arc<Mutex<Connection>>,
    databases: AtomicU32,
}

/// Whose server it is.
#[derive(Debug)]
enum Origin {
    /// Ours, and gone with this value.
    Throwaway(Keeper),
    /// One that somebody named.
    Named(Named),
}

/// An empty database of its own, dropped with this value.
#[derive(Debug)]
pub struct Database<'s> {
    server: &'s Server,
    name: String,
}

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// No PostgreSQL was found.
    #[error(
        "no PostgreSQL server binaries (initdb, pg_ctl, postgres) were found; {}, or set MIGSAFE_PG_BIN to their directory",
        install()
    )]
    NotFound,
    /// A directory that was named holds something else.
    #[error("{} does not hold initdb, pg_ctl and postgres", .0.display())]
    NotBinaries(PathBuf),
    /// The URL of a server cannot be read. What is wrong is not told: it may hold a password.
    #[error("the URL of the server cannot be read: write it like postgres://user@host:5432/postgres")]
    Url,
    /// The shell that keeps the server could not be started.
    #[error("the server's keeper could not be started: {0}")]
    Keeper(#[source] std::io::Error),
    /// The server did not come up.
    #[error("the server in {binaries} did not start: {log}")]
    Start {
        /// The directory of its binaries.
        binaries: PathBuf,
        /// The end of its log.
        log: String,
    },
    /// A server that was named cannot be used.
    #[error("{place}: {reason}; {advice}")]
    Named {
        /// Where, without any secret.
        place: String,
        /// Why.
        reason: String,
        /// What to do.
        advice: String,
    },
    /// This process cannot have another thread.
    #[error("no thread could be started: {0}")]
    Thread(#[source] std::io::Error),
    /// It came up, and did not do as told.
    #[error(transparent)]
    Sql(#[from] SqlError),
}

impl Server {
    /// Starts a server from the binaries of this machine: those in `MIGSAFE_PG_BIN`, else on the `PATH`, else the newest
    /// in the usual places.
    pub fn start() -> Result<Server, ServerError> {
        Server::start_from(&Server::binaries()?)
    }

    /// The directory of the programs with which [`Server::start`] starts one.
    pub fn binaries() -> Result<PathBuf, ServerError> {
        find_binaries()
    }

    /// Starts a server from the binaries in a directory.
    pub fn start_from(binaries: &Path) -> Result<Server, ServerError> {
        Server::start_with(binaries, 5432, "")
    }

    /// Starts one with a port of its own and further lines of `postgresql.conf`, which may make it listen on more than its socket.
    pub fn start_with(binaries: &Path, port: u16, settings: &str) -> Result<Server, ServerError> {
        if !binaries.is_dir() || !holds_binaries(&binaries.canonicalize().unwrap_or_default()) {
            return Err(ServerError::NotBinaries(binaries.to_owned()));
        }
        let keeper = Keeper::start(binaries, port, settings)?;
        let address = Address::socket(&keeper.directory, port);
        let maintenance = Connection::open(&address, None)?;
        Server::reach(Origin::Throwaway(keeper), address, maintenance)
    }

    /// A server that is there already. Only databases that are made here are used, and dropped again; those that a run left that was
    /// killed are dropped first. What looks like production is refused.
    pub fn at(url: &str) -> Result<Server, ServerError> {
        let address = Address::url(url).ok_or(ServerError::Url)?;
        let (named, maintenance) = Named::reach(&address)?;
        Server::reach(Origin::Named(named), address, maintenance)
    }

    fn reach(origin: Origin, address: Address, mut maintenance: Connection) -> Result<Server, ServerError> {
        let number = maintenance.query_value("SHOW server_version_num")?;
        let major = number.and_then(|number| number.parse::<u32>().ok()).unwrap_or_default() / 10_000;
        Ok(Server { origin, address, major, maintenance: Arc::new(Mutex::new(maintenance)), databases: AtomicU32::new(0) })
    }

    /// The one server of this process, started when first asked for.
    pub fn shared() -> Result<&'static Server, &'static ServerError> {
        static SHARED: OnceLock<Result<Server, ServerError>> = OnceLock::new();
        SHARED.get_or_init(Server::start).as_ref()
    }

    /// PostgreSQL's major version: 15, 16, ...
    pub fn major(&self) -> u32 {
        self.major
    }

    /// Where a throwaway server lives.
    pub fn directory(&self) -> &Path {
        match &self.origin {
            Origin::Throwaway(keeper) => &keeper.directory,
            Origin::Named(_) => Path::new(""),
        }
    }

    /// Whether it was started here, and is gone when this value is.
    pub fn is_throwaway(&self) -> bool {
        matches!(self.origin, Origin::Throwaway(_))
    }

    /// On a server that was named: these roles, which scripts are about to make, are dropped at the end where they are not there yet.
    pub(super) fn forget_roles(&self, names: &[&str]) -> Result<(), SqlError> {
        match &self.origin {
            Origin::Throwaway(_) => Ok(()),
            Origin::Named(named) => named.forget_roles(names, &mut self.maintenance()),
        }
    }

    /// Ends this process when it is interrupted, without leaving a database on a server that was named. A throwaway server ends with its
    /// process by itself.
    pub fn leave_nothing_when_interrupted(&self) -> Result<(), ServerError> {
        match &self.origin {
            Origin::Throwaway(_) => Ok(()),
            Origin::Named(named) => named.watch(Arc::clone(&self.maintenance)).map_err(ServerError::Thread),
        }
    }

    /// Lets a throwaway server run on when this process ends, with the databases that are forgotten.
    pub fn keep(mut self) {
        if let Origin::Throwaway(keeper) = &mut self.origin {
            keeper.let_go();
        }
    }

    /// A new empty database with a name that no other has.
    pub fn create_database(&self) -> Result<Database<'_>, ServerError> {
        self.create("")
    }

    /// A new database with everything that another holds. No session may be open in that one.
    pub fn copy_database(&self, original: &Database<'_>) -> Result<Database<'_>, ServerError> {
        self.create(&format!(" TEMPLATE {}", original.name))
    }

    fn create(&self, template: &str) -> Result<Database<'_>, ServerError> {
        let number = self.databases.fetch_add(1, Ordering::Relaxed);
        let name = match &self.origin {
            Origin::Throwaway(_) => format!("d{number}"),
            Origin::Named(named) => named.database(number),
        };
        // The default strategy since 15 writes the copy through the log, which takes twice as long.
        let strategy = if self.major >= 15 { " STRATEGY FILE_COPY" } else { "" };
        let made = self.maintenance().execute(&format!("CREATE DATABASE {name}{template}{strategy}"));
        made.map_err(|error| match &self.origin {
            Origin::Throwaway(_) => error.into(),
            Origin::Named(_) => named::refused(&self.address, &error),
        })?;
        Ok(Database { server: self, name })
    }

    fn maintenance(&self) -> MutexGuard<'_, Connection> {
        // A panic elsewhere leaves the session usable: every statement is a transaction of its own.
        self.maintenance.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Database<'_> {
    /// A new session in this database. Several sessions can be open at once: one holds a transaction open while another
    /// looks at `pg_locks`.
    pub fn connect(&self) -> Result<Connection, ServerError> {
        Ok(Connection::open(&self.server.address, Some(&self.name))?)
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Leaves it where it is, and says how to reach it.
    pub fn keep(self) -> String {
        let place = match self.server.origin {
            Origin::Throwaway(_) => format!("psql -h {} -U postgres {}", self.server.directory().display(), self.name),
            Origin::Named(_) => {
                let (rename, name) = named::keep(&self.name);
                let renamed = self.server.maintenance().execute(&rename);
                format!("the database {} of the server that was named", if renamed.is_ok() { &name } else { &self.name })
            }
        };
        std::mem::forget(self);
        place
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Origin::Named(named) = &self.origin {
            named.drop_roles(&mut self.maintenance());
        }
    }
}

impl Drop for Database<'_> {
    fn drop(&mut self) {
        let force = if self.server.major >= 13 { " WITH (FORCE)" } else { "" };
        // A database that cannot be dropped goes with its server.
        let _ = self.server.maintenance().execute(&format!("DROP DATABASE {}{force}", self.name));
    }
}
