//! Every claim about locks and work, compared with a server: each statement of the lists in `tests/locks` runs in a transaction of
//! its own, and what `pg_locks`, the file nodes and the scan counts show is held against what the dialect says. With
//! `MIGSAFE_PG_BINS` (directories, separated by colons) the list runs on each of these servers, else on the one that is found.
//!
//! A list has sections: `-- setup: name`, statements that make a schema with rows, `-- statements`, and one transaction in each
//! line. A setup named `15 and later` is for servers from that version on. `-- unread: s:ROW_EXCLUSIVE` before a line names locks that the
//! server takes and nobody can foresee from the schema.

#![cfg(feature = "verify")]

use migsafe::catalog::{Catalog, Name};
use migsafe::change::Change;
use migsafe::dialect::{Dialect, Held, ImpactContext, Postgres, ServerVersion};
use migsafe::lower::lower_text;
use migsafe::parse::{Lexis, split_text};
use migsafe::source::Sources;
use migsafe::verify::locks::{self, MODES};
use migsafe::verify::{Connection, Server};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

#[test]
fn the_server_takes_the_locks_that_are_claimed() {
    let bins = std::env::var("MIGSAFE_PG_BINS").unwrap_or_default();
    let mut wrong = Vec::new();
    if bins.is_empty() {
        wrong.extend(check_server(Server::shared().expect("a server")));
    }
    for bin in bins.split(':').filter(|bin| !bin.is_empty()) {
        wrong.extend(check_server(&Server::start_from(Path::new(bin)).expect("a server")));
    }
    assert!(wrong.is_empty(), "{} claims are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// What the server refuses inside a transaction, from the version on where it does.
const NOT_IN_TRANSACTION: [(u32, &str); 16] = [
    (12, "CREATE INDEX CONCURRENTLY ON a (id)"),
    (12, "DROP INDEX CONCURRENTLY a_id"),
    (12, "REINDEX TABLE CONCURRENTLY a"),
    (12, "REINDEX INDEX CONCURRENTLY a_id"),
    (12, "REINDEX SCHEMA public"),
    (14, "REINDEX TABLE parted"),
    (14, "REINDEX INDEX parted_id"),
    (12, "VACUUM a"),
    (12, "VACUUM FULL a"),
    (12, "CLUSTER"),
    (14, "ALTER TABLE parted DETACH PARTITION part CONCURRENTLY"),
    (12, "CREATE DATABASE other"),
    (12, "DROP DATABASE other"),
    (12, "CREATE TABLESPACE other LOCATION '/none'"),
    (12, "ALTER SYSTEM SET work_mem = '1MB'"),
    (12, "CREATE SUBSCRIPTION s CONNECTION 'host=none' PUBLICATION p"),
];

#[test]
fn the_server_refuses_what_is_said_not_to_run_in_a_transaction() {
    let server = Server::shared().expect("a server");
    let database = server.create_database().expect("a database");
    let mut session = database.connect().expect("a session");
    let setup = "CREATE TABLE a (id integer); CREATE INDEX a_id ON a (id);
        CREATE TABLE parted (id integer) PARTITION BY LIST (id); CREATE TABLE part PARTITION OF parted FOR VALUES IN (1);
        CREATE INDEX parted_id ON parted (id)";
    session.execute(setup).expect("a schema");
    let mut schema = Postgres.empty_catalog();
    changes(setup).iter().for_each(|change| schema.apply(change, &Postgres).expect("the server accepts it"));
    let version = ServerVersion { major: server.major() as u16, minor: 0 };
    for (_, sql) in NOT_IN_TRANSACTION.iter().filter(|(least, _)| server.major() >= *least) {
        session.execute("BEGIN").expect("a transaction");
        let error = session.execute(sql).expect_err(sql).to_string();
        session.execute("ROLLBACK").expect("rolled back");
        let context = ImpactContext { before: &schema, after: &schema, base: &schema, version };
        let names: Vec<&str> =
            changes(sql).iter().filter_map(|change| Postgres.impact(change, &context).not_in_transaction).collect();
        let said: Vec<String> =
            names.iter().map(|name| format!("{name} cannot run inside a transaction block (SQLSTATE 25001)")).collect();
        assert_eq!(said, [error], "{sql}");
    }
}

#[test]
fn functions_taken_to_be_steady_are() {
    let text = std::fs::read_to_string("src/dialect/postgres/functions.txt").expect("the list");
    let list: Vec<String> = text.split_whitespace().map(|name| format!("'{name}'")).collect();
    let volatile = format!(
        "SELECT proname FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace AND provolatile = 'v' AND proname IN ({})",
        list.join(", ")
    );
    let database = Server::shared().expect("a server").create_database().expect("a database");
    assert_eq!(names(&mut database.connect().expect("a session"), &volatile), BTreeSet::new());
}

struct Section<'t> {
    name: &'t str,
    setup: &'t str,
    statements: Vec<&'t str>,
}

fn sections(text: &str) -> Vec<Section<'_>> {
    let parts = text.split("-- setup: ").skip(1);
    parts
        .map(|part| {
            let (name, body) = part.split_once('\n').expect("a name");
            let (setup, statements) = body.split_once("-- statements\n").expect("statements");
            Section { name, setup, statements: statements.lines().filter(|line| !line.is_empty()).collect() }
        })
        .collect()
}

fn check_server(server: &Server) -> Vec<String> {
    let read = |file: std::io::Result<std::fs::DirEntry>| std::fs::read_to_string(file.expect("a file").path()).expect("a list");
    let text: String = std::fs::read_dir("tests/locks").expect("the lists").map(read).collect();
    let major = server.major();
    let mut wrong = Vec::new();
    for section in sections(&text) {
        let least = section.name.strip_suffix(" and later").and_then(|least| least.parse::<u32>().ok());
        if least.is_none_or(|least| major >= least) {
            check_section(server, &section, &mut wrong);
        }
    }
    wrong
}

fn check_section(server: &Server, section: &Section<'_>, wrong: &mut Vec<String>) {
    let version = ServerVersion { major: server.major() as u16, minor: 0 };
    let database = server.create_database().expect("a database");
    let mut setup = database.connect().expect("a session");
    setup.execute("CREATE SCHEMA other; GRANT ALL ON SCHEMA public, other TO pg_monitor").expect("schemas");
    setup.execute(section.setup).unwrap_or_else(|error| panic!("{}: {error}", section.name));
    setup.execute(SNAPSHOT).expect("a snapshot");
    let mut schema = Postgres.empty_catalog();
    for change in changes(&format!("CREATE SCHEMA other;{}", section.setup)) {
        schema.apply(&change, &Postgres).unwrap_or_else(|problem| panic!("{change:?}: {problem:?}"));
    }
    let mut unread = BTreeMap::new();
    for line in &section.statements {
        if let Some(names) = line.strip_prefix("-- unread: ") {
            unread = names
                .split_whitespace()
                .filter_map(|it| it.split_once(':'))
                .map(|(k, v)| (k.to_owned(), v.replace('_', " ")))
                .collect();
            continue;
        }
        let expected_unread = std::mem::take(&mut unread);
        let mut session = database.connect().expect("a session");
        let Some(observed) = observe(&mut session, line, wrong, server.major()) else { continue };
        let mut claimed = claim(&schema, line, version);
        for (name, mode) in expected_unread {
            claimed.locks.insert(name, mode);
        }
        compare(line, server.major(), &claimed, &observed, wrong);
    }
}

const SNAPSHOT: &str = "
CREATE SCHEMA probe;
CREATE TABLE probe.relations AS
SELECT c.oid, CASE WHEN n.nspname = 'public' THEN '' ELSE n.nspname || '.' END || c.relname AS name, c.relkind::text AS kind, c.relfilenode AS node
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.oid >= 16384 AND n.nspname NOT IN ('pg_toast', 'probe') AND c.relkind <> 'c'";

/// What a statement did, or is said to do.
#[derive(Debug, Default)]
struct Found {
    /// The strongest lock on each relation that was there before.
    locks: BTreeMap<String, String>,
    /// The tables that were written anew.
    rewrites: BTreeSet<String>,
    /// How long it takes.
    held: Option<Held>,
    /// The relations that are indexes.
    indexes: BTreeSet<String>,
    /// Whether rows are its business, so that it may or may not read tables.
    data: bool,
}

fn observe(session: &mut Connection, sql: &str, wrong: &mut Vec<String>, major: u32) -> Option<Found> {
    session.execute("SET TimeZone = 'Europe/Berlin'; BEGIN").expect("a transaction");
    if let Err(error) = session.execute(sql) {
        // Older servers do not know everything.
        if !matches!(error.sqlstate(), Some("42601" | "42883")) || major >= 15 {
            wrong.push(format!("{major}: {sql}\n    the server says: {error}"));
        }
        return None;
    }
    let mut found = Found::default();
    let rows = session
        .query_rows(
            "SELECT r.name, l.mode, r.kind FROM pg_locks l JOIN probe.relations r ON r.oid = l.relation
             WHERE l.pid = pg_backend_pid() AND l.locktype = 'relation' AND l.granted",
        )
        .expect("locks");
    let rank = |mode: &str| MODES.iter().position(|(_, name)| *name == mode);
    for row in rows {
        let [Some(name), Some(mode), Some(kind)] = &row[..] else { panic!("{row:?}") };
        let mode = MODES.iter().find(|(name, _)| name == mode).expect("a mode").1;
        if matches!(kind.as_str(), "i" | "I") {
            found.indexes.insert(name.clone());
        }
        let known = found.locks.entry(name.clone()).or_insert_with(|| mode.to_owned());
        if rank(known) < rank(mode) {
            *known = mode.to_owned();
        }
    }
    let rewritten = "SELECT r.name FROM probe.relations r JOIN pg_class c ON c.oid = r.oid
        WHERE c.relfilenode <> r.node AND r.kind IN ('r', 'm')";
    found.rewrites = names(session, rewritten);
    let built = "SELECT i.indexrelid::regclass::text FROM pg_index i JOIN probe.relations t ON t.oid = i.indrelid
        LEFT JOIN probe.relations r ON r.oid = i.indexrelid
        WHERE NOT EXISTS (SELECT FROM probe.relations x WHERE x.node = pg_relation_filenode(i.indexrelid)) AND t.kind <> 'p'";
    let scanned = "SELECT r.name FROM pg_stat_xact_user_tables s JOIN probe.relations r ON r.oid = s.relid
        WHERE s.seq_scan > 0 OR s.idx_scan > 0";
    found.held = Some(if !found.rewrites.is_empty() {
        Held::Rewrite
    } else if !names(session, built).is_empty() {
        Held::IndexBuild
    } else if !names(session, scanned).is_empty() {
        Held::Scan
    } else {
        Held::Instant
    });
    session.execute("ROLLBACK").expect("rolled back");
    Some(found)
}

fn names(session: &mut Connection, sql: &str) -> BTreeSet<String> {
    session.query_rows(sql).expect("names").into_iter().filter_map(|row| row.into_iter().next().flatten()).collect()
}

fn claim(schema: &Catalog, sql: &str, version: ServerVersion) -> Found {
    let mut found = Found { held: Some(Held::Instant), ..Found::default() };
    let mut state = schema.clone();
    state.session.in_transaction = true;
    let rank = |mode: &str| MODES.iter().position(|(_, name)| *name == mode);
    for change in changes(sql) {
        let mut after = state.clone();
        let done = after.apply(&change, &Postgres);
        if let Err(problem) = done {
            found.locks.insert(format!("({problem:?})"), String::new());
        }
        found.data |=
            matches!(change, Change::Data(_) | Change::Refresh { .. } | Change::Truncate { .. } | Change::Maintenance(_));
        let impact = Postgres.impact(&change, &ImpactContext { before: &state, after: &after, base: schema, version });
        for lock in impact.locks {
            let name = base_name(schema, &state, &lock.object);
            let known = found.locks.entry(name).or_insert_with(|| lock.mode.to_owned());
            if rank(known) < rank(lock.mode) {
                *known = lock.mode.to_owned();
            }
            found.held = found.held.max(Some(lock.held));
        }
        found.rewrites.extend(impact.rewrites.iter().map(|name| base_name(schema, &state, name)));
        state = after;
    }
    found
}

/// The name that an object had before the transaction, as the list writes it.
fn base_name(base: &Catalog, state: &Catalog, name: &Name) -> String {
    let full = locks::base_name(base, state, name);
    full.strip_prefix("public.").map(str::to_owned).unwrap_or(full)
}

fn compare(sql: &str, major: u32, claimed: &Found, observed: &Found, wrong: &mut Vec<String>) {
    let about_indexes = ["DROP INDEX", "REINDEX", "ALTER INDEX", "COMMENT ON INDEX"].iter().any(|start| sql.starts_with(start));
    let mut lines = Vec::new();
    for (name, mode) in &observed.locks {
        if !about_indexes && observed.indexes.contains(name) {
            continue;
        }
        match claimed.locks.get(name) {
            Some(said) if said == mode => {}
            Some(said) => lines.push(format!("    {name}: {mode}, not {said}")),
            None => lines.push(format!("    {name}: {mode}, nothing said")),
        }
    }
    for (name, mode) in &claimed.locks {
        // A copy lets go of its table before the transaction ends in 12.
        if !observed.locks.contains_key(name) && (major > 12 || !sql.starts_with("COPY")) {
            lines.push(format!("    {name}: nothing, not {mode}"));
        }
    }
    if !claimed.data {
        if claimed.rewrites != observed.rewrites {
            lines.push(format!("    rewritten: {:?}, not {:?}", observed.rewrites, claimed.rewrites));
        }
        if claimed.held != observed.held {
            lines.push(format!("    {:?}, not {:?}", observed.held, claimed.held));
        }
    }
    if !lines.is_empty() {
        wrong.push(format!("{major}: {sql}\n{}", lines.join("\n")));
    }
}

fn changes(sql: &str) -> Vec<Change> {
    let mut sources = Sources::default();
    let file = sources.add("case.sql", sql);
    let statements = split_text(sql, file, 0, &Lexis::POSTGRES).statements;
    statements.iter().flat_map(|raw| lower_text(sources.slice(raw.span), raw.span)).map(|it| it.value).collect()
}
