//! The statements that write rows: `INSERT`, `UPDATE`, `DELETE`, `MERGE`, `COPY`, `CALL`. Their select in the query holds what
//! they read, the written table among the sources, and what they return.

use super::data::{query, with_into};
use crate::change::{
    Access, Change, ConflictTarget, Data, DataKind, Demands, Expr, ExprShape, Ident, QName, Query, RefKind, Source, SourceKind,
    Target,
};
use crate::lower::cursor::{Cursor, Read};
use crate::lower::demand;
use crate::lower::names::Names;
use sqlparser::tokenizer::Token;
use std::sync::Arc;

/// Rows with more values than this are counted as one lot: nobody reads them, and they make most of the text of some
/// migrations.
const MAX_VALUES: usize = 4_000;

/// A statement of that kind without `WITH` before it.
pub(super) fn statement(c: &mut Cursor<'_>) -> Read<Change> {
    let mark = c.mark();
    let mut names = Names::new(c);
    let at = names.reserve(None);
    let mut data = statement_into(c, &mut names, at)?;
    data.batched = is_batched(c, mark);
    let skipped = data.kind == DataKind::Insert && data.rows.as_ref().is_some_and(Vec::is_empty);
    if skipped {
        data.rows = None;
    } else {
        data.query = Some(c.finish_query(mark, names));
    }
    Ok(Change::Data(Arc::new(data)))
}

/// Such a statement, as the select `at`.
pub(super) fn statement_into(c: &mut Cursor<'_>, names: &mut Names<'_>, at: u32) -> Read<Data> {
    let saved = names.current.replace(at);
    names.selects[at as usize].derived = true;
    let data = if c.at("INSERT") {
        insert(c, names)
    } else if c.at("UPDATE") {
        update(c, names)
    } else if c.at("DELETE") {
        delete(c, names)
    } else {
        merge(c, names)
    };
    names.current = saved;
    data
}

/// Whether the statement takes some rows at a time: something in it has a limit.
pub(super) fn is_batched(c: &mut Cursor<'_>, mark: usize) -> bool {
    let end = c.mark();
    c.reset(mark);
    let mut found = false;
    while c.mark() < end && !found {
        found = c.at("LIMIT") || c.at("FETCH FIRST") || c.at("FETCH NEXT");
        c.step();
    }
    c.reset(end);
    found
}

/// The written table with its alias, as a source.
fn target(c: &mut Cursor<'_>, names: &mut Names<'_>, stops: &[&str]) -> Read<Target> {
    c.eat("ONLY");
    let parenthesized = c.eat_sign(&Token::LParen);
    let mark = c.mark();
    let table = relation(c, names)?;
    let only = c.is_after_only(mark);
    if parenthesized {
        c.expect_sign(&Token::RParen)?;
    }
    c.eat_sign(&Token::Mul);
    let alias = if c.eat("AS") || c.at_ident() && !c.at_any(stops) { Some(c.ident()?) } else { None };
    names.push_source(Source { only, access: Access::Write, ..source(alias, table.clone()) });
    Ok(Target { table, only })
}

fn source(alias: Option<Ident>, table: QName) -> Source {
    Source::new(alias, SourceKind::Relation(table))
}

/// A table's name, kept as one.
fn relation(c: &mut Cursor<'_>, names: &mut Names<'_>) -> Read<QName> {
    named(c, names, RefKind::Relation)
}

fn named(c: &mut Cursor<'_>, names: &mut Names<'_>, kind: RefKind) -> Read<QName> {
    let (mut parts, mut ranges) = (Vec::new(), Vec::new());
    loop {
        let mark = c.mark();
        parts.push(c.ident()?);
        let (start, end) = c.range_from(mark);
        ranges.push((start as u32, end as u32));
        if !(c.at_sign(&Token::Period) && matches!(c.peek(1), Token::Word(_))) {
            break;
        }
        c.step();
    }
    // A database before the schema is dropped.
    let extra = parts.len().saturating_sub(2);
    let (parts, ranges) = (parts.split_off(extra), ranges.split_off(extra));
    let name = QName { schema: parts.len().checked_sub(2).map(|at| parts[at].clone()), name: parts[parts.len() - 1].clone() };
    names.keep(kind, parts, ranges);
    Ok(name)
}

/// A column that is written, perhaps an element or field of it.
fn written_column(c: &mut Cursor<'_>, names: &mut Names<'_>) -> Read<Ident> {
    let mark = c.mark();
    let name = c.ident()?;
    let (start, end) = c.range_from(mark);
    names.keep(RefKind::Column, vec![name.clone()], vec![(start as u32, end as u32)]);
    loop {
        if c.at_sign(&Token::LBracket) {
            c.skip_group();
        } else if c.eat_sign(&Token::Period) {
            c.ident()?;
        } else {
            return Ok(name);
        }
    }
}

fn insert(c: &mut Cursor<'_>, names: &mut Names<'_>) -> Read<Data> {
    c.expect("INSERT INTO")?;
    let table = relation(c, names)?;
    let alias = if c.eat("AS") { Some(c.ident()?) } else { None };
    names.push_source(Source { access: Access::Write, ..source(alias, table.clone()) });
    let mut data = Data { table: Some(table.clone()), ..Data::new(DataKind::Insert) };
    if c.at_sign(&Token::LParen) && !c.at_query() {
        data.columns = Some(c.paren_list(|c| written_column(c, names))?);
    }
    if c.eat_any(&["OVERRIDING SYSTEM VALUE", "OVERRIDING USER VALUE"]).is_none() && c.at("OVERRIDING") {
        return Err(c.refuse("`OVERRIDING SYSTEM VALUE` or `OVERRIDING USER VALUE`"));
    }
    if c.eat("DEFAULT VALUES") {
        data.columns = Some(Vec::new());
    } else {
        data.rows = inserted(c, names)?;
    }
    if c.eat("ON CONFLICT") {
        data.conflict = Some(conflict(c, names, &table)?);
    }
    returning(c, names)?;
    Ok(data)
}

/// What is inserted. `VALUES` gives its rows (none of them where they are too many to be read), a query nothing.
fn inserted(c: &mut Cursor<'_>, names: &mut Names<'_>) -> Read<Option<Vec<Vec<Expr>>>> {
    let mark = c.mark();
    if c.eat("VALUES") {
        if c.remaining() > MAX_VALUES * 2 {
            while c.at_sign(&Token::LParen) {
                c.skip_group();
                c.eat_sign(&Token::Comma);
            }
            return Ok(Some(Vec::new()));
        }
        let rows = c.list(|c| c.paren_list(|c| value(c, names)))?;
        if c.at_end() || c.at_any(&["ON", "RETURNING"]) || c.at_sign(&Token::RParen) {
            return Ok(Some(rows));
        }
        c.reset(mark);
    }
    let at = names.reserve(None);
    let saved = names.current.take();
    let frames = names.common.len();
    with_into(c, names, at)?;
    let ast = c.parse(|parser| parser.parse_query())?;
    names.query_at(at, &ast);
    names.common.truncate(frames);
    names.current = saved;
    Ok(None)
}

/// A value of a row. It sees none of the statement's sources.
fn value(c: &mut Cursor<'_>, names: &mut Names<'_>) -> Read<Expr> {
    let mark = c.mark();
    if c.eat("DEFAULT") {
        return Ok(Expr::plain("DEFAULT"));
    }
    let ast = c.parse(|parser| parser.parse_expr())?;
    let expr = c.expr_from(mark, &ast);
    if matches!(expr.shape, ExprShape::Other) {
        names.expr(&ast);
    }
    Ok(expr)
}

/// What follows `ON CONFLICT`.
fn conflict(c: &mut Cursor<'_>, names: &mut Names<'_>, table: &QName) -> Read<ConflictTarget> {
    let target = if c.eat("ON CONSTRAINT") {
        ConflictTarget::Constraint(c.ident()?)
    } else if c.at_sign(&Token::LParen) {
        let columns = c.paren_list(|c| {
            let ast = c.parse(|parser| parser.parse_prefix())?;
            names.expr(&ast);
            // A collation and an operator class.
            c.skip_to_comma();
            Ok(match crate::lower::expr::shape(&ast) {
                ExprShape::Column(name) => Some(name),
                _ => None,
            })
        })?;
        let filtered = c.eat("WHERE");
        if filtered {
            c.expr_into(names)?;
        }
        match columns.into_iter().collect::<Option<Vec<_>>>() {
            Some(columns) => ConflictTarget::Columns { columns, filtered },
            None => ConflictTarget::Expressions,
        }
    } else {
        ConflictTarget::Any
    };
    c.expect("DO")?;
    if !c.eat("NOTHING") {
        c.expect("UPDATE SET")?;
        names.push_source(source(Some("excluded".into()), table.clone()));
        assignments(c, names, &mut Vec::new())?;
        if c.eat("WHERE") {
            c.expr_into(names)?;
        }
    }
    Ok(target)
}

/// `a = 1, (b, c) = (2, 3)`: the columns, and the value of each that has one of its own.
fn assignments(c: &mut Cursor<'_>, names: &mut Names<'_>, values: &mut Vec<Expr>) -> Read<Vec<Ident>> {
    let mut columns = Vec::new();
    c.list(|c| {
        let single = !c.at_sign(&Token::LParen);
        let plain = matches!(c.peek(1), Token::Eq);
        if single {
            columns.push(written_column(c, names)?);
        } else {
            columns.extend(c.paren_list(|c| written_column(c, names))?);
        }
        c.expect_sign(&Token::Eq)?;
        if c.eat("DEFAULT") {
            return Ok(());
        }
        let mark = c.mark();
        let ast = c.parse(|parser| parser.parse_expr())?;
        names.expr(&ast);
        if single && plain {
            values.push(c.expr_from(mark, &ast));
        }
        Ok(())
    })?;
    Ok(columns)
}

fn returning(c: &mut Cursor<'_>, names: &mut Names<'_>) -> Read<()> {
    if !c.eat("RETURNING") {
        return Ok(());
    }
    if c.at("WITH") && *c.peek(1) == Token::LParen {
        // `WITH (OLD AS o, NEW AS n)`, since PostgreSQL 18.
        c.step();
        c.skip_group();
    }
    c.outputs_into(names)
}

/// `WHERE condition` or `WHERE CURRENT OF cursor`, where there is one, and what it demands of columns.
fn condition(c: &mut Cursor<'_>, names: &mut Names<'_>) -> Read<Option<Demands>> {
    if c.eat("WHERE CURRENT OF") {
        c.ident()?;
        return Ok(Some(Demands::default()));
    }
    if !c.eat("WHERE") {
        return Ok(None);
    }
    let ast = c.parse(|parser| parser.parse_expr())?;
    names.expr(&ast);
    Ok(Some(demand::of(&ast)))
}

fn update(c: &mut Cursor<'_>, names: &mut Names<'_>) -> Read<Data> {
    c.expect("UPDATE")?;
    let Target { table, only } = target(c, names, &["SET"])?;
    c.expect("SET")?;
    // What stands after FROM is known to the values before it.
    let mark = c.mark();
    let from = skip_to(c, &["FROM", "WHERE", "RETURNING"]) && c.eat("FROM");
    if from {
        c.sources_into(names)?;
    }
    let after = c.mark();
    c.reset(mark);
    let mut values = Vec::new();
    let columns = assignments(c, names, &mut values)?;
    if c.mark() < after {
        c.reset(after);
    }
    let condition = condition(c, names)?;
    returning(c, names)?;
    let data = Data { table: Some(table), only, columns: Some(columns), values: Some(values), ..Data::new(DataKind::Update) };
    Ok(conditional(data, condition, from))
}

/// The same with its condition. What that demands of columns is not known to be of the written table's where there are other sources.
fn conditional(data: Data, condition: Option<Demands>, others: bool) -> Data {
    let filtered = condition.is_some();
    let demands = condition.filter(|_| !others).unwrap_or_default();
    let values = data.values.filter(|values| data.columns.as_ref().is_some_and(|columns| columns.len() == values.len()));
    Data { filtered, demands, values, ..data }
}

/// Steps to one of these words outside of parentheses and of `IS DISTINCT FROM`; whether one was found.
fn skip_to(c: &mut Cursor<'_>, words: &[&str]) -> bool {
    while !c.at_end() && !c.at_sign(&Token::RParen) {
        if c.at_any(words) {
            return true;
        }
        if !(c.eat("DISTINCT FROM")) {
            c.skip_group();
        }
    }
    false
}

fn delete(c: &mut Cursor<'_>, names: &mut Names<'_>) -> Read<Data> {
    c.expect("DELETE FROM")?;
    let Target { table, only } = target(c, names, &["USING", "WHERE", "RETURNING"])?;
    let using = c.eat("USING");
    if using {
        c.sources_into(names)?;
    }
    let condition = condition(c, names)?;
    returning(c, names)?;
    Ok(conditional(Data { table: Some(table), only, ..Data::new(DataKind::Delete) }, condition, using))
}

fn merge(c: &mut Cursor<'_>, names: &mut Names<'_>) -> Read<Data> {
    c.expect("MERGE INTO")?;
    let Target { table, only } = target(c, names, &["USING"])?;
    c.expect("USING")?;
    let factor = c.parse(|parser| parser.parse_table_factor())?;
    names.factor(&factor);
    c.expect("ON")?;
    c.expr_into(names)?;
    let mut columns = Some(Vec::new());
    while c.eat("WHEN") {
        c.eat("NOT");
        c.expect("MATCHED")?;
        c.eat_any(&["BY SOURCE", "BY TARGET"]);
        if c.eat("AND") {
            c.expr_into(names)?;
        }
        c.expect("THEN")?;
        if c.eat("UPDATE SET") {
            let written = assignments(c, names, &mut Vec::new())?;
            columns.iter_mut().for_each(|columns: &mut Vec<Ident>| columns.extend(written.iter().cloned()));
        } else if c.eat("INSERT") {
            merge_insert(c, names, &mut columns)?;
        } else if !c.eat("DELETE") {
            c.expect("DO NOTHING")?;
        }
    }
    returning(c, names)?;
    Ok(Data { table: Some(table), only, columns, filtered: true, ..Data::new(DataKind::Merge) })
}

fn merge_insert(c: &mut Cursor<'_>, names: &mut Names<'_>, columns: &mut Option<Vec<Ident>>) -> Read<()> {
    let written = if c.at_sign(&Token::LParen) { Some(c.paren_list(|c| written_column(c, names))?) } else { None };
    match (columns.as_mut(), written) {
        (Some(columns), Some(written)) => columns.extend(written),
        _ => *columns = None,
    }
    c.eat_any(&["OVERRIDING SYSTEM VALUE", "OVERRIDING USER VALUE"]);
    if !c.eat("DEFAULT VALUES") {
        c.expect("VALUES")?;
        c.paren_list(|c| if c.eat("DEFAULT") { Ok(()) } else { c.expr_into(names) })?;
    }
    Ok(())
}

/// `COPY table FROM | TO ...`, `COPY (query) TO ...`.
pub(super) fn copy(c: &mut Cursor<'_>) -> Read<Change> {
    let mark = c.mark();
    c.expect("COPY")?;
    if c.eat_sign(&Token::LParen) {
        let query = copied_query(c)?;
        c.expect_sign(&Token::RParen)?;
        c.expect("TO")?;
        c.rest_text();
        return Ok(Change::Data(Arc::new(Data { query: Some(query), ..Data::new(DataKind::CopyOut) })));
    }
    c.eat("BINARY");
    let mut names = Names::new(c);
    let at = names.reserve(None);
    names.current = Some(at);
    let table = relation(c, &mut names)?;
    names.push_source(source(None, table.clone()));
    let columns = if c.at_sign(&Token::LParen) { Some(c.paren_list(|c| written_column(c, &mut names))?) } else { None };
    let kind = if c.eat("FROM") {
        DataKind::CopyIn
    } else {
        c.expect("TO")?;
        DataKind::CopyOut
    };
    let mut filtered = false;
    while !c.at_end() {
        filtered |= c.at("WHERE");
        c.skip_group();
    }
    let table = (kind == DataKind::CopyIn).then_some(table);
    let query = Some(c.finish_query(mark, names));
    Ok(Change::Data(Arc::new(Data { table, columns, filtered, query, ..Data::new(kind) })))
}

fn copied_query(c: &mut Cursor<'_>) -> Read<Query> {
    if !c.at_any(&["INSERT", "UPDATE", "DELETE", "MERGE"]) {
        return query(c);
    }
    let mark = c.mark();
    let mut names = Names::new(c);
    let at = names.reserve(None);
    statement_into(c, &mut names, at)?;
    Ok(c.finish_query(mark, names))
}

/// `CALL procedure(...)`.
pub(super) fn call(c: &mut Cursor<'_>) -> Read<Change> {
    let mark = c.mark();
    c.expect("CALL")?;
    let mut names = Names::new(c);
    names.reserve(None);
    c.expr_into(&mut names)?;
    let query = Some(c.finish_query(mark, names));
    Ok(Change::Data(Arc::new(Data { query, ..Data::new(DataKind::Call) })))
}

/// What a statement that is too long to be read whole does, from its beginning.
pub(super) fn beginning(c: &mut Cursor<'_>) -> Read<Change> {
    let mut names = Names::new(c);
    let at = names.reserve(None);
    names.current = Some(at);
    let data = if c.eat("INSERT INTO") {
        let table = relation(c, &mut names)?;
        if c.eat("AS") {
            c.ident()?;
        }
        let columns = if c.at_sign(&Token::LParen) && !c.at_query() {
            Some(c.paren_list(|c| written_column(c, &mut names))?)
        } else {
            None
        };
        Data { table: Some(table), columns, ..Data::new(DataKind::Insert) }
    } else if c.eat("UPDATE") {
        let Target { table, only } = target(c, &mut names, &["SET"])?;
        Data { table: Some(table), only, filtered: true, ..Data::new(DataKind::Update) }
    } else if c.eat("DELETE FROM") {
        let Target { table, only } = target(c, &mut names, &["USING", "WHERE", "RETURNING"])?;
        Data { table: Some(table), only, filtered: true, ..Data::new(DataKind::Delete) }
    } else if c.at_any(&["SELECT", "VALUES"]) {
        Data::new(DataKind::Select)
    } else {
        return Err(c.refuse("a statement that is short enough to be read"));
    };
    Ok(Change::Data(Arc::new(data)))
}
