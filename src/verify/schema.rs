//! The schema of a live database as text: one line for each object, each column, each constraint, in the server's own words. Two
//! databases with the same lines have the same schema, however they came to it; nothing of it is interpreted here.

use super::{Connection, Database, Server, ServerError, SqlError};
use crate::catalog::{Catalog, render};
use crate::dialect::Dialect;
use std::collections::BTreeMap;

/// What a database holds: the name of each thing (`column public.users.email`) and its definition.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fingerprint {
    /// By name, sorted.
    pub lines: BTreeMap<String, String>,
}

/// One thing that two databases do not have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// What it is: `column public.users.email`.
    pub object: String,
    /// Its definition in the first, where it is there.
    pub first: Option<String>,
    /// Its definition in the second, where it is there.
    pub second: Option<String>,
}

/// Whether two tables with the same columns in another order are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnOrder {
    /// They differ.
    Counts,
    /// They do not: a column that was dropped comes back as the last one.
    Ignored,
}

/// Defaults are shown in the session's time zone: where schemas are compared, it is the same. It is not UTC, in which changes between
/// times with and without a zone are less work.
pub const TIME_ZONE: &str = "SET TimeZone = 'Europe/Berlin'";

/// How the names of the lines begin that tell the order of a table's columns.
const ORDER: &str = "order of columns of ";

/// Looks at the database that the session is in. One round trip; the session's settings stay as they are, and an open
/// transaction may look at what it has not committed.
pub fn fingerprint(session: &mut Connection) -> Result<Fingerprint, SqlError> {
    let query = query(session);
    look(session, &query)
}

/// A session that looks more than once: the server plans the query the first time only.
#[derive(Debug)]
pub struct Onlooker {
    session: Connection,
}

impl Onlooker {
    /// One in the session's database, whatever it does there besides.
    pub fn new(mut session: Connection) -> Result<Self, SqlError> {
        session.execute(&format!("PREPARE migsafe_look AS {}", query(&session)))?;
        Ok(Onlooker { session })
    }

    /// The session.
    pub fn session(&mut self) -> &mut Connection {
        &mut self.session
    }

    /// What [`fingerprint`] gives.
    pub fn look(&mut self) -> Result<Fingerprint, SqlError> {
        look(&mut self.session, "EXECUTE migsafe_look")
    }
}

/// The query that lists all lines. What belongs to others shows no rights of the role that runs everything here: the replay does
/// not know which role runs the migrations.
fn query(session: &Connection) -> String {
    // What a server before some version does not have.
    let since = |major: u32, column: &'static str, without: &'static str| match session.server_version() {
        Some(version) if version < major * 10_000 => without,
        _ => column,
    };
    include_str!("schema.sql")
        .replace("{compression}", since(14, "nullif(a.attcompression::text, '')", "NULL::text"))
        .replace("{statistics}", since(13, "s.stxstattarget", "NULL::integer"))
}

fn look(session: &mut Connection, query: &str) -> Result<Fingerprint, SqlError> {
    // Names are qualified only where the search path does not find them.
    let rows = session.query_rows(&format!(
        "SELECT set_config('migsafe.path', current_setting('search_path'), true);
         SELECT set_config('search_path', 'pg_catalog', true);
         {query};
         SELECT set_config('search_path', current_setting('migsafe.path'), true)"
    ))?;
    let line = |row: Vec<Option<String>>| match <[Option<String>; 2]>::try_from(row) {
        Ok([object, definition]) => Some((object?, definition.unwrap_or_default())),
        Err(_) => None,
    };
    Ok(Fingerprint { lines: rows.into_iter().filter_map(line).collect() })
}

impl Fingerprint {
    /// What differs between this schema, the first, and another, the second.
    pub fn diff(&self, second: &Fingerprint, order: ColumnOrder) -> Vec<Difference> {
        let counts = |object: &&String| order == ColumnOrder::Counts || !object.starts_with(ORDER);
        let mut objects: Vec<&String> = self.lines.keys().chain(second.lines.keys()).filter(counts).collect();
        objects.sort_unstable();
        objects.dedup();
        let difference = |object: &String| Difference {
            object: object.clone(),
            first: self.lines.get(object).cloned(),
            second: second.lines.get(object).cloned(),
        };
        objects.into_iter().map(difference).filter(|difference| difference.first != difference.second).collect()
    }
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{}", self.object)?;
        for (sign, side) in [('-', &self.first), ('+', &self.second)] {
            for line in side.iter().flat_map(|text| text.lines()) {
                writeln!(f, "  {sign} {line}")?;
            }
        }
        Ok(())
    }
}

/// A database in which replayed schemas are made, looked at, and forgotten.
#[derive(Debug)]
pub struct Scratch<'s> {
    onlooker: Onlooker,
    /// What the server refused of the last one, with its answers.
    pub refused: Vec<(String, SqlError)>,
    /// How many of the statements that prepare it were run.
    prepared: usize,
    _database: Database<'s>,
}

impl<'s> Scratch<'s> {
    /// A new one.
    pub fn new(server: &'s Server) -> Result<Self, ServerError> {
        let database = server.create_database()?;
        let mut session = database.connect()?;
        session.execute(TIME_ZONE)?;
        Ok(Scratch { onlooker: Onlooker::new(session)?, refused: Vec::new(), prepared: 0, _database: database })
    }

    /// Runs those of the statements that were not run before: what they make is there beside every schema.
    pub fn prepare(&mut self, statements: &[String]) -> Result<(), SqlError> {
        for sql in statements.iter().skip(self.prepared) {
            self.onlooker.session.execute(sql)?;
            self.prepared += 1;
        }
        Ok(())
    }

    /// A replayed schema as a server would show it. What the server refuses of it is left out, and told in `refused`.
    pub fn fingerprint(&mut self, catalog: &Catalog, dialect: &dyn Dialect) -> Result<Fingerprint, SqlError> {
        let statements: Vec<String> = render::creation(catalog, dialect).iter().map(|change| dialect.write(change)).collect();
        self.refused.clear();
        let session = &mut self.onlooker.session;
        session.execute("BEGIN")?;
        // As one string it is fast; where something fails, each statement goes by itself.
        if !statements.is_empty() && session.execute(&statements.join(";\n")).is_err() {
            session.execute("ROLLBACK")?;
            session.execute("BEGIN")?;
            for statement in statements {
                session.execute("SAVEPOINT one")?;
                if let Err(error) = session.execute(&statement) {
                    session.execute("ROLLBACK TO one")?;
                    if !is_shared_role(&error) {
                        self.refused.push((statement, error));
                    }
                }
            }
        }
        let found = self.onlooker.look();
        self.onlooker.session.execute("ROLLBACK")?;
        found
    }
}

/// Roles belong to the server, not to a database: another database's script made it, or what still needs it lies in other databases.
pub fn is_shared_role(error: &SqlError) -> bool {
    let SqlError::Database { sqlstate, message, detail } = error else { return false };
    let elsewhere = |line: &str| line.contains(" in database ");
    match sqlstate.as_str() {
        "42710" => message.contains("role"),
        "2BP01" => message.starts_with("role ") && detail.as_ref().is_some_and(|detail| detail.lines().all(elsewhere)),
        _ => false,
    }
}
