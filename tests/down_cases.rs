//! Nasty cases: each is a schema with rows, a migration on it, and how faithful its computed down is. On a real server the down leads
//! back to the schema before, the up runs again, and where the claim is that what was there is there, every row is.
//!
//! In `tests/down/cases.sql` a case begins with `### name: fidelity`; `--- up` ends what there is before.
#![cfg(feature = "verify")]

use migsafe::dialect::{Dialect, Postgres};
use migsafe::down::{Fidelity, down, script};
use migsafe::parse::{Lexis, on_big_stack, split_text};
use migsafe::replay::{Release, read_statements, replay};
use migsafe::source::{History, Migration, MigrationKind, Script, Sources, Transaction};
use migsafe::verify::schema::{ColumnOrder, Fingerprint, fingerprint};
use migsafe::verify::{Connection, Server};
use std::collections::BTreeMap;
use std::fmt::Write;

#[test]
fn nasty_cases_come_back() {
    let server = Server::shared().expect("a server");
    let cases = include_str!("down/cases.sql");
    let mut wrong = String::new();
    for case in cases.split("### ").skip(1) {
        let (title, body) = case.split_once('\n').expect("a title");
        let (name, claim) = title.split_once(": ").expect("a claim");
        let (base, up) = body.split_once("--- up\n").expect("an up");
        let database = server.create_database().expect("a database");
        let mut session = database.connect().expect("a session");
        if let Err(what) = there_and_back(&mut session, base, up, claim) {
            writeln!(wrong, "== {name}: {what}").expect("a string");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

fn there_and_back(session: &mut Connection, base: &str, up: &str, claim: &str) -> Result<(), String> {
    let (fidelity, script, transactional, follow_ups) = on_big_stack(|| way_back(base, up));
    if fidelity.name() != claim {
        return Err(format!("it is {fidelity}\n{script}"));
    }
    run(session, base, false)?;
    let (before, had) = look(session);
    let outside = ["CONCURRENTLY", "ADD VALUE"].iter().any(|word| up.contains(word));
    run(session, up, !outside)?;
    let (after, _) = look(session);
    if fidelity == Fidelity::Manual {
        return Ok(());
    }
    run(session, &script, transactional).map_err(|error| format!("{error}\n{script}"))?;
    // What needs values that are gone is left to a person: without them the rest of the schema is there.
    let whole = match run(session, &follow_ups, true) {
        Ok(()) => true,
        Err(_) if fidelity >= Fidelity::SchemaOnly => false,
        Err(error) => return Err(format!("{error}\n{follow_ups}")),
    };
    let (now, has) = look(session);
    let differ = |one: &Fingerprint, other: &Fingerprint| {
        one.diff(other, ColumnOrder::Ignored).iter().map(ToString::to_string).collect::<String>()
    };
    let differences = differ(&before, &now);
    if !differences.is_empty() && whole {
        return Err(format!("the schema is not the one before:\n{differences}{script}"));
    }
    if fidelity <= Fidelity::DropsNewData && had != has {
        return Err(format!("the rows were\n{had:#?}\nand are\n{has:#?}\n{script}"));
    }
    run(session, up, !outside).map_err(|error| format!("again: {error}"))?;
    let differences = differ(&after, &look(session).0);
    if differences.is_empty() { Ok(()) } else { Err(format!("the up makes another schema:\n{differences}")) }
}

/// The computed way back.
fn way_back(base: &str, up: &str) -> (Fidelity, String, bool, String) {
    let mut sources = Sources::default();
    let mut migration = |name: &str, text: &str| {
        let file = sources.add(format!("{name}.sql"), text);
        let up = Script { chunks: vec![sources.whole(file)], transaction: Transaction::PerStatement };
        Migration { version: name.into(), name: String::new(), file, kind: MigrationKind::Versioned, up, down: None }
    };
    let migrations = vec![migration("1", base), migration("2", up)];
    let history = History { migrations, one_transaction: false, partial: false, runner_table: "" };
    let parsed = read_statements(&sources, &history);
    let replayed = replay(&history, &parsed, |number| number == 1, Release::Together, &Postgres);
    let made = down(&parsed[1], &replayed, 1, &Postgres);
    let follow_ups = made.follow_ups.iter().map(|change| Postgres.write(change) + ";\n").collect();
    (made.fidelity, script(&made, &Postgres), made.transactional, follow_ups)
}

fn run(session: &mut Connection, sql: &str, in_transaction: bool) -> Result<(), String> {
    // A text with several statements is one transaction.
    let done = match in_transaction {
        true => session.execute(sql),
        false => statements(sql).iter().try_for_each(|statement| session.execute(statement)),
    };
    done.map_err(|error| error.to_string())
}

fn statements(text: &str) -> Vec<String> {
    let mut sources = Sources::default();
    let file = sources.add("case.sql", text);
    let parsed = split_text(text, file, 0, &Lexis::POSTGRES);
    parsed.statements.iter().map(|statement| sources.slice(statement.span).to_owned()).collect()
}

/// The schema, and the rows of every table and the positions of sequences.
fn look(session: &mut Connection) -> (Fingerprint, BTreeMap<String, String>) {
    let names =
        "SELECT format('%I.%I', n.nspname, c.relname), c.relkind FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'S') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'";
    let mut rows = BTreeMap::new();
    for found in session.query_rows(names).expect("names") {
        let [Some(name), Some(kind)] = found.as_slice() else { panic!("a name and a kind") };
        let sql = match kind.as_str() {
            "S" => format!("SELECT last_value || ' ' || is_called FROM {name}"),
            _ => format!("SELECT coalesce(string_agg(to_jsonb(t)::text, ' ' ORDER BY to_jsonb(t)::text), '') FROM {name} t"),
        };
        rows.insert(name.clone(), session.query_value(&sql).expect("rows").unwrap_or_default());
    }
    (fingerprint(session).expect("the schema"), rows)
}
