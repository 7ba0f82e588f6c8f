//! Queries with PostgreSQL's `WITH` at their top, and the statements that are queries. `WITH` is read here because its items
//! may write (`WITH moved AS (DELETE ... RETURNING *)`); the server allows that at the top only.

use super::{dml, settings};
use crate::change::{Change, ColumnRef, CreateTable, Data, DataKind, Ident, Output, Persistence, QName, Query};
use crate::lower::cursor::{Cursor, Read};
use crate::lower::names::Names;
use crate::lower::query::rename_outputs;
use sqlparser::ast::{Expr as SqlExpr, SelectInto, SetExpr};
use sqlparser::tokenizer::Token;
use std::sync::Arc;

/// A statement that begins with `WITH`, `SELECT`, `VALUES`, `TABLE` or `(`.
pub(super) fn statement(c: &mut Cursor<'_>) -> Read<Change> {
    if let Some(change) = settings::set_config(c) {
        return Ok(change);
    }
    let mark = c.mark();
    let mut names = Names::new(c);
    let at = names.reserve(None);
    with_into(c, &mut names, at)?;
    if at_writing(c) {
        let mut data = dml::statement_into(c, &mut names, at)?;
        data.batched = dml::is_batched(c, mark);
        data.query = Some(c.finish_query(mark, names));
        return Ok(Change::Data(Arc::new(data)));
    }
    let into = select_into(c, &mut names, at)?;
    let query = c.finish_query(mark, names);
    match into {
        Some(into) => new_table(c, &into, query),
        None => Ok(Change::Data(Arc::new(Data { query: Some(query), ..Data::new(DataKind::Select) }))),
    }
}

/// A query that something is defined by.
pub(super) fn query(c: &mut Cursor<'_>) -> Read<Query> {
    let mark = c.mark();
    let mut names = Names::new(c);
    let at = names.reserve(None);
    with_into(c, &mut names, at)?;
    select_into(c, &mut names, at)?;
    Ok(c.finish_query(mark, names))
}

/// The query of `CREATE RECURSIVE VIEW`, which may read the view itself.
pub(super) fn recursive_query(c: &mut Cursor<'_>, name: &QName, columns: &[Ident]) -> Read<Query> {
    let mark = c.mark();
    let mut names = Names::new(c);
    let at = names.reserve(None);
    names.define(name.name.clone(), at);
    with_into(c, &mut names, at)?;
    select_into(c, &mut names, at)?;
    rename_outputs(&mut names.selects[at as usize], columns);
    Ok(c.finish_query(mark, names))
}

/// Statements up to the token at `end`, with semicolons between them: the body of a routine or the actions of a rule, below the
/// select whose sources they may name. What is not read, or has no names, is stepped over.
pub(super) fn statements_into(c: &mut Cursor<'_>, names: &mut Names<'_>, parent: Option<u32>, end: usize) {
    while c.mark() < end {
        names.current = None;
        let mark = c.mark();
        let frames = names.common.len();
        let read = statement_into(c, names, parent);
        names.common.truncate(frames);
        if read.is_err() {
            c.reset(mark);
        }
        while c.mark() < end && !c.at_sign(&Token::SemiColon) {
            c.step();
        }
        c.step();
    }
}

fn statement_into(c: &mut Cursor<'_>, names: &mut Names<'_>, parent: Option<u32>) -> Read<()> {
    if c.at("RETURN") {
        c.step();
        names.current = Some(names.reserve(parent));
        return c.expr_into(names);
    }
    if !c.at_query() && !at_writing(c) {
        return Ok(());
    }
    let at = names.reserve(parent);
    with_into(c, names, at)?;
    if !at_writing(c) {
        return select_into(c, names, at).map(drop);
    }
    let data = dml::statement_into(c, names, at)?;
    // The definition of something depends on the columns that it writes, too.
    let target = names.selects[at as usize].sources.first();
    let Some(target) = target.and_then(|own| own.alias.clone()).or(data.table.map(|table| table.name)) else { return Ok(()) };
    let written = data.columns.into_iter().flatten().map(|name| ColumnRef { qualifier: vec![target.clone()], name });
    names.selects[at as usize].columns.extend(written);
    Ok(())
}

/// Reads a query without `WITH` into a select; gives its `INTO`.
fn select_into(c: &mut Cursor<'_>, names: &mut Names<'_>, at: u32) -> Read<Option<SelectInto>> {
    if c.at("SELECT") && matches!(c.peek(1), Token::EOF | Token::RParen) {
        // A row without columns: what stands in migrations that do nothing.
        c.step();
        return Ok(None);
    }
    let ast = c.parse(|parser| parser.parse_query())?;
    names.query_at(at, &ast);
    match *ast.body {
        SetExpr::Select(select) => Ok(select.into),
        _ => Ok(None),
    }
}

fn new_table(c: &Cursor<'_>, into: &SelectInto, query: Query) -> Read<Change> {
    let parts = match into.targets.as_slice() {
        [SqlExpr::Identifier(name)] => std::slice::from_ref(name),
        [SqlExpr::CompoundIdentifier(parts)] => parts.as_slice(),
        _ => return Err(c.refuse("one table after INTO")),
    };
    let mut parts: Vec<Ident> = parts.iter().map(crate::lower::cursor::fold_ident).collect();
    let name = parts.pop().unwrap_or_default();
    let persistence = match (into.temporary, into.unlogged) {
        (true, _) => Persistence::Temporary,
        (_, true) => Persistence::Unlogged,
        (false, false) => Persistence::Permanent,
    };
    let table = CreateTable::new(QName { schema: parts.pop(), name });
    Ok(Change::CreateTable(Box::new(CreateTable { persistence, query: Some(query), ..table })))
}

/// `WITH ...`, if it comes next, before the statement whose select is `at`.
pub(super) fn with_into(c: &mut Cursor<'_>, names: &mut Names<'_>, at: u32) -> Read<()> {
    if !c.eat("WITH") {
        return Ok(());
    }
    let recursive = c.eat("RECURSIVE");
    names.selects[at as usize].derived = true;
    names.common.push(Vec::new());
    loop {
        common_table(c, names, recursive)?;
        if !c.eat_sign(&Token::Comma) {
            return Ok(());
        }
    }
}

/// `name [(columns)] AS [[NOT] MATERIALIZED] (statement)`, with `SEARCH` and `CYCLE`.
fn common_table(c: &mut Cursor<'_>, names: &mut Names<'_>, recursive: bool) -> Read<()> {
    let name = c.ident()?;
    let columns = if c.at_sign(&Token::LParen) { c.column_list()? } else { Vec::new() };
    c.expect("AS")?;
    c.eat_any(&["NOT MATERIALIZED", "MATERIALIZED"]);
    c.expect_sign(&Token::LParen)?;
    let index = names.reserve(None);
    if recursive {
        names.define(name.clone(), index);
    }
    let frames = names.common.len();
    with_into(c, names, index)?;
    if at_writing(c) {
        dml::statement_into(c, names, index)?;
    } else {
        select_into(c, names, index)?;
    }
    names.common.truncate(frames);
    c.expect_sign(&Token::RParen)?;
    rename_outputs(&mut names.selects[index as usize], &columns);
    let mut added = Vec::new();
    if c.eat_any(&["SEARCH DEPTH FIRST BY", "SEARCH BREADTH FIRST BY"]).is_some() {
        c.list(Cursor::ident)?;
        c.expect("SET")?;
        added.push(c.ident()?);
    }
    if c.eat("CYCLE") {
        c.list(Cursor::ident)?;
        c.expect("SET")?;
        added.push(c.ident()?);
        if c.eat("TO") {
            c.narrow_expr()?;
            c.expect("DEFAULT")?;
            c.narrow_expr()?;
        }
        c.expect("USING")?;
        added.push(c.ident()?);
    }
    let outputs = added.into_iter().map(|name| Output::Value { name, value: crate::change::OutputValue::Other });
    names.selects[index as usize].outputs.extend(outputs);
    if !recursive {
        names.define(name, index);
    }
    Ok(())
}

/// Whether a statement that writes comes next.
fn at_writing(c: &Cursor<'_>) -> bool {
    c.at_any(&["INSERT", "UPDATE", "DELETE", "MERGE"])
}
