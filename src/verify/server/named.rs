//! A server that somebody named: it may hold what must not be harmed. Databases of one run carry its number in their names, so that a
//! later run knows those that one left which was killed.

use super::{Address, Connection, ServerError, SqlError};
use crate::verify::coexist::{quoted_name, quoted_text};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::runtime::Builder;

/// What is known of the server.
#[derive(Debug)]
pub(super) struct Named {
    /// This run, in no other one's names.
    run: String,
    /// The roles that were not there before.
    roles: Mutex<Vec<String>>,
}

/// Gives a database that is to stay a name by which no run takes it for a leftover.
pub(super) fn keep(database: &str) -> (String, String) {
    let name = database.replacen("migsafe_", "migsafe_kept_", 1);
    (format!("ALTER DATABASE {database} RENAME TO {name}"), name)
}

impl Named {
    /// Opens the session that makes and drops databases; it lives as long as the run, and shows that the run does.
    pub fn reach(address: &Address) -> Result<(Named, Connection), ServerError> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let run = format!("{:x}{:016x}", std::process::id(), now.as_nanos());
        let failed = |error: SqlError| refused(address, &error);
        let mut session = Connection::open(&address.called(&format!("migsafe {run}")), None).map_err(failed)?;
        if let Some((reason, advice)) = looks_like_production(&mut session).map_err(failed)? {
            return Err(ServerError::Named { place: address.place(), reason, advice: advice.into() });
        }
        drop_leftovers(&mut session).map_err(failed)?;
        Ok((Named { run, roles: Mutex::default() }, session))
    }

    /// The name of a database of this run.
    pub fn database(&self, number: u32) -> String {
        format!("migsafe_{}_{number}", self.run)
    }

    pub fn forget_roles(&self, names: &[&str], session: &mut Connection) -> Result<(), SqlError> {
        let mut roles = self.roles.lock().unwrap_or_else(PoisonError::into_inner);
        for name in names.iter().filter(|name| !roles.iter().any(|role| role == *name)).collect::<Vec<_>>() {
            let found = session.query_rows(&format!("SELECT 1 FROM pg_roles WHERE rolname = {}", quoted_text(name)))?;
            if found.is_empty() {
                roles.push((*name).to_owned());
            }
        }
        Ok(())
    }

    /// Drops the roles that scripts made. One that something depends on stays.
    pub fn drop_roles(&self, session: &mut Connection) {
        for role in self.roles.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            let _ = session.execute(&format!("DROP ROLE IF EXISTS {}", quoted_name(&role)));
        }
    }

    /// Drops the databases of this run and ends the process when it is told to stop.
    pub fn watch(&self, maintenance: Arc<Mutex<Connection>>) -> std::io::Result<()> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let pattern = format!("migsafe\\_{}\\_%", self.run);
        let work = move || {
            if runtime.block_on(interrupted()).is_ok() {
                // Who would make another one waits from here on.
                let mut session = maintenance.lock().unwrap_or_else(PoisonError::into_inner);
                let _ = drop_databases(&mut session, &format!("d.datname LIKE {}", quoted_text(&pattern)));
                std::process::exit(130);
            }
        };
        std::thread::Builder::new().name("interrupt".into()).spawn(work)?;
        Ok(())
    }
}

#[cfg(unix)]
async fn interrupted() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}

#[cfg(not(unix))]
async fn interrupted() -> std::io::Result<()> {
    tokio::signal::ctrl_c().await
}

/// Why a session with the server cannot be had, and what to do.
pub(super) fn refused(address: &Address, error: &SqlError) -> ServerError {
    ServerError::Named { place: address.place(), reason: error.words(), advice: error.advice().into() }
}

/// What speaks against loading this server, and what to do.
fn looks_like_production(session: &mut Connection) -> Result<Option<(String, &'static str)>, SqlError> {
    let other = "verify makes databases and loads the server: name one where nothing is at stake, or let it start one of its own";
    if session.query_value("SELECT pg_is_in_recovery()")?.as_deref() == Some("t") {
        return Ok(Some(("the server is the standby of another".into(), other)));
    }
    if session.query_value("SELECT count(*) FROM pg_stat_replication")?.as_deref() != Some("0") {
        return Ok(Some(("the server feeds others, so it looks like production".into(), other)));
    }
    let tables = session.query_rows(
        "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE c.relkind = 'r' AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
         AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
         ORDER BY c.relpages DESC LIMIT 100",
    )?;
    session.execute("SET statement_timeout = '10s'")?;
    for table in tables.into_iter().flatten().flatten() {
        // What may not be read, or is locked, is somebody's.
        if session.query_value(&format!("SELECT EXISTS (SELECT FROM {table})")).ok().flatten().as_deref() != Some("f") {
            let reason = format!("the database holds rows (in {table}), so it looks like production");
            let advice = "name an empty database, like postgres, of a server where nothing is at stake; \
                          verify makes databases of its own beside it";
            return Ok(Some((reason, advice)));
        }
    }
    session.execute("RESET statement_timeout")?;
    Ok(None)
}

/// Drops what runs left that are no more.
fn drop_leftovers(session: &mut Connection) -> Result<(), SqlError> {
    drop_databases(
        session,
        "d.datname ~ '^migsafe_[0-9a-f]{16,}_[0-9]+$' AND NOT EXISTS
         (SELECT FROM pg_stat_activity a WHERE a.application_name = 'migsafe ' || split_part(d.datname, '_', 2))",
    )
}

fn drop_databases(session: &mut Connection, which: &str) -> Result<(), SqlError> {
    let names = session.query_rows(&format!("SELECT quote_ident(d.datname) FROM pg_database d WHERE {which}"))?;
    let force = if session.server_version().is_some_and(|version| version >= 130_000) { " WITH (FORCE)" } else { "" };
    for name in names.into_iter().flatten().flatten() {
        // Somebody else's, or somebody is in it: it stays.
        let _ = session.execute(&format!("DROP DATABASE {name}{force}"));
    }
    Ok(())
}
