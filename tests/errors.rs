//! The errors that a schema state gives for a statement, compared with a server's: code and message.

#![cfg(feature = "verify")]

use migsafe::change::Change;
use migsafe::dialect::{Dialect, Postgres};
use migsafe::lower::lower_text;
use migsafe::parse::{Lexis, split_text};
use migsafe::source::Sources;
use migsafe::verify::{Server, SqlError};

#[test]
fn refused_as_the_server_refuses() {
    let text = std::fs::read_to_string("tests/errors/postgres.sql").expect("the list");
    let (setup, refused) = text.split_once("-- refused\n").expect("two parts");
    let database = Server::shared().expect("a server").create_database().expect("a database");
    let mut session = database.connect().expect("a session");
    session.execute(setup).expect("a schema");
    let mut schema = Postgres.empty_catalog();
    for change in changes(setup) {
        schema.apply(&change, &Postgres).expect("the server accepts it");
    }
    let mut wrong = Vec::new();
    for sql in refused.lines() {
        let said = match session.execute(sql) {
            Err(SqlError::Database { sqlstate, message, .. }) => format!("{sqlstate} {message}"),
            other => format!("{other:?}"),
        };
        let _ = session.execute("ROLLBACK");
        let mut state = schema.clone();
        let expected = changes(sql).iter().find_map(|change| {
            let problem = state.apply(change, &Postgres).err()?;
            let error = Postgres.problem(&problem, change);
            Some(format!("{} {}", error.sqlstate.unwrap_or_default(), error.message))
        });
        if expected.as_deref() != Some(&said) {
            wrong.push(format!("{sql}\n    server: {said}\n    ours:   {}", expected.unwrap_or_default()));
        }
    }
    assert!(wrong.is_empty(), "{} errors differ:\n{}", wrong.len(), wrong.join("\n"));
}

fn changes(sql: &str) -> Vec<Change> {
    let mut sources = Sources::default();
    let file = sources.add("case.sql", sql);
    let statements = split_text(sql, file, 0, &Lexis::POSTGRES).statements;
    statements.iter().flat_map(|raw| lower_text(sources.slice(raw.span), raw.span)).map(|it| it.value).collect()
}
