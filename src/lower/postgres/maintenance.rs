//! `VACUUM`, `ANALYZE`, `CLUSTER`, `REINDEX`, `REFRESH MATERIALIZED VIEW`, `CHECKPOINT`.

use crate::change::{Change, Ident, Maintenance, ObjectKind, QName};
use crate::lower::cursor::{Cursor, Read};
use sqlparser::tokenizer::Token;

/// `VACUUM [(FULL, ...) | FULL FREEZE VERBOSE ANALYZE] [table (columns), ...]`.
pub(super) fn vacuum(c: &mut Cursor<'_>) -> Read<Change> {
    c.expect("VACUUM")?;
    let mut full = flag(&options(c)?, "full");
    while let Some(word) = c.eat_any(&["FULL", "FREEZE", "VERBOSE", "ANALYZE", "ANALYSE"]) {
        full |= word == "FULL";
    }
    Ok(Change::Maintenance(Maintenance::Vacuum { full, tables: relations(c)? }))
}

/// `ANALYZE [(...) | VERBOSE] [table (columns), ...]`.
pub(super) fn analyze(c: &mut Cursor<'_>) -> Read<Change> {
    c.eat_any(&["ANALYZE", "ANALYSE"]);
    options(c)?;
    c.eat("VERBOSE");
    Ok(Change::Maintenance(Maintenance::Analyze(relations(c)?)))
}

/// `CLUSTER [(...) | VERBOSE] [table [USING index]]`, and the old `CLUSTER index ON table`.
pub(super) fn cluster(c: &mut Cursor<'_>) -> Read<Change> {
    c.expect("CLUSTER")?;
    options(c)?;
    c.eat("VERBOSE");
    let (mut table, mut index) = (None, None);
    if c.at_ident() {
        let first = c.qname()?;
        if c.eat("ON") {
            (table, index) = (Some(c.qname()?), Some(first.name));
        } else {
            table = Some(first);
            index = if c.eat("USING") { Some(c.ident()?) } else { None };
        }
    }
    Ok(Change::Maintenance(Maintenance::Cluster { table, index }))
}

/// `REINDEX [(...)] INDEX | TABLE | SCHEMA | DATABASE | SYSTEM [CONCURRENTLY] [name]`.
pub(super) fn reindex(c: &mut Cursor<'_>) -> Read<Change> {
    c.expect("REINDEX")?;
    let mut concurrently = flag(&options(c)?, "concurrently");
    let kind = match c.eat_any(&["INDEX", "TABLE", "SCHEMA", "DATABASE", "SYSTEM"]) {
        Some("INDEX") => ObjectKind::Index,
        Some("TABLE") => ObjectKind::Table,
        Some("SCHEMA") => ObjectKind::Schema,
        Some(_) => ObjectKind::Database,
        None => return Err(c.refuse("INDEX, TABLE, SCHEMA, DATABASE or SYSTEM")),
    };
    concurrently |= c.eat("CONCURRENTLY");
    let name = if c.at_end() && kind == ObjectKind::Database { None } else { Some(c.qname()?) };
    Ok(Change::Maintenance(Maintenance::Reindex { kind, name, concurrently }))
}

/// `REFRESH MATERIALIZED VIEW [CONCURRENTLY] name [WITH [NO] DATA]`.
pub(super) fn refresh(c: &mut Cursor<'_>) -> Read<Change> {
    c.expect("REFRESH MATERIALIZED VIEW")?;
    let concurrently = c.eat("CONCURRENTLY");
    let view = c.qname()?;
    let no_data = c.eat_any(&["WITH NO DATA", "WITH DATA"]) == Some("WITH NO DATA");
    Ok(Change::Refresh { view, concurrently, no_data })
}

/// `CHECKPOINT`, since 19 with options.
pub(super) fn checkpoint(c: &mut Cursor<'_>) -> Read<Change> {
    c.expect("CHECKPOINT")?;
    options(c)?;
    Ok(Change::Maintenance(Maintenance::Checkpoint))
}

/// `(FULL, VERBOSE false)`: names with the words after them.
fn options(c: &mut Cursor<'_>) -> Read<Vec<(Ident, String)>> {
    if !c.at_sign(&Token::LParen) {
        return Ok(Vec::new());
    }
    c.paren_list(|c| {
        let name = c.ident()?;
        let mark = c.mark();
        c.skip_to_comma();
        Ok((name, c.text_from(mark).to_owned()))
    })
}

/// Whether an option is on.
fn flag(options: &[(Ident, String)], name: &str) -> bool {
    let off = |value: &str| ["false", "off", "0"].iter().any(|word| value.eq_ignore_ascii_case(word));
    options.iter().any(|(option, value)| option == name && !off(value))
}

/// `a, ONLY b (x, y)`: the tables, of which there may be none.
fn relations(c: &mut Cursor<'_>) -> Read<Vec<QName>> {
    if !c.at_ident() {
        return Ok(Vec::new());
    }
    c.list(|c| {
        c.eat("ONLY");
        let table = c.qname()?;
        if c.at_sign(&Token::LParen) {
            c.column_list()?;
        } else {
            c.eat_sign(&Token::Mul);
        }
        Ok(table)
    })
}
