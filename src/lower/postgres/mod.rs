//! PostgreSQL's statements by their first words. Each function that reads one starts at the statement's first word and
//! reads it all.

mod alter_table;
mod column;
mod comment;
mod create_table;
mod data;
mod dml;
mod drop;
mod extension;
mod grant;
mod index;
mod maintenance;
mod object;
mod other;
mod policy;
mod rename;
mod role;
mod routine;
mod sequence;
mod settings;
#[cfg(test)]
mod tests;
mod trigger;
mod types_ddl;
mod view;

use super::cursor::{Cursor, Read, is_word};
use crate::change::{Change, Spanned};
use sqlparser::tokenizer::{Token, Word};

/// The changes of the statement at the cursor.
pub(super) fn statement(c: &mut Cursor<'_>) -> Read<Vec<Spanned<Change>>> {
    let changes = if alter_table::begins(c) {
        alter_table::alter(c)?
    } else if takes(c).is_some() {
        vec![Spanned { value: one(c)?, span: c.whole() }]
    } else {
        other::statement(c)?
    };
    if !c.at_end() {
        return Err(c.refuse("the end of the statement"));
    }
    Ok(changes)
}

/// What a statement that is too long to be read whole does, from its beginning.
pub(super) fn beginning(c: &mut Cursor<'_>) -> Read<Change> {
    dml::beginning(c)
}

/// A statement about a table, index, view, rows or the session.
fn one(c: &mut Cursor<'_>) -> Read<Change> {
    match takes(c) {
        Some(read) => read(c),
        None => Err(c.refuse("a statement")),
    }
}

/// Reads a statement that does one thing.
type Reader = fn(&mut Cursor<'_>) -> Read<Change>;

/// Who reads a statement of these first words, if it is one of this module's.
fn takes(c: &Cursor<'_>) -> Option<Reader> {
    if c.at_query() {
        return Some(data::statement);
    }
    let Token::Word(Word { value, quote_style: None, .. }) = c.peek(0) else { return None };
    let first = value.to_ascii_uppercase();
    Some(match first.as_str() {
        "CREATE" => return creates(c),
        "INSERT" | "UPDATE" | "DELETE" | "MERGE" => dml::statement,
        "COPY" => dml::copy,
        "CALL" => dml::call,
        "TRUNCATE" => settings::truncate,
        "LOCK" => settings::lock,
        "EXPLAIN" => settings::explain,
        "SET" => settings::set,
        "RESET" => settings::reset,
        "BEGIN" | "START" | "COMMIT" | "END" | "ROLLBACK" | "ABORT" | "SAVEPOINT" | "RELEASE" => settings::transaction,
        "PREPARE" if c.at("PREPARE TRANSACTION") => settings::transaction,
        _ => return None,
    })
}

/// The same after `CREATE`: the object's word follows at most four others (`CREATE OR REPLACE LOCAL TEMP VIEW`).
fn creates(c: &Cursor<'_>) -> Option<Reader> {
    const BEFORE: [&str; 11] =
        ["OR", "REPLACE", "GLOBAL", "LOCAL", "TEMPORARY", "TEMP", "UNLOGGED", "FOREIGN", "UNIQUE", "MATERIALIZED", "RECURSIVE"];
    let object = (1..6).find(|n| !BEFORE.iter().any(|word| is_word(c.peek(*n), word)))?;
    let is = |word: &str| is_word(c.peek(object), word);
    if is("TABLE") {
        Some(create_table::create)
    } else if is("INDEX") {
        Some(index::create)
    } else if is("VIEW") {
        Some(view::create)
    } else {
        None
    }
}
