//! `CREATE INDEX`, and exclusion constraints, which are made of the same keys.

use crate::change::{Change, CreateIndex, Expr, IndexKey, IndexShape};
use crate::lower::cursor::{Cursor, Read};
use sqlparser::tokenizer::Token;

/// `CREATE [UNIQUE] INDEX`.
pub(super) fn create(c: &mut Cursor<'_>) -> Read<Change> {
    c.expect("CREATE")?;
    let unique = c.eat("UNIQUE");
    c.expect("INDEX")?;
    let concurrently = c.eat("CONCURRENTLY");
    let if_not_exists = c.if_not_exists();
    // An index lies in its table's schema; a schema before its name is an error to the server.
    let name = if c.at("ON") && !c.at("ON ON") { None } else { Some(c.qname()?.name) };
    c.expect("ON")?;
    let only = c.eat("ONLY");
    let table = c.qname()?;
    c.eat_sign(&Token::Mul);
    let method = if c.eat("USING") { c.ident()? } else { "btree".into() };
    let keys = c.paren_list(key)?;
    let mut shape = tail(c, method, keys)?;
    if c.eat("WHERE") {
        shape.predicate = Some(c.expr()?);
    }
    Ok(Change::CreateIndex(Box::new(CreateIndex { name, table, unique, concurrently, if_not_exists, only, shape })))
}

/// `[USING method] (key WITH operator, ...) ... [WHERE (...)]`, after `EXCLUDE`.
pub(super) fn exclusion(c: &mut Cursor<'_>) -> Read<IndexShape> {
    // Without a method the server takes btree (manual, CREATE TABLE: `index_method` of EXCLUDE).
    let method = if c.eat("USING") { c.ident()? } else { "btree".into() };
    let keys = c.paren_list(key)?;
    let mut shape = tail(c, method, keys)?;
    if c.eat("USING INDEX TABLESPACE") {
        shape.tablespace = Some(c.ident()?);
    }
    if c.eat("WHERE") {
        shape.predicate = Some(c.paren_expr()?);
    }
    Ok(shape)
}

/// What may follow the keys.
fn tail(c: &mut Cursor<'_>, method: crate::change::Ident, keys: Vec<IndexKey>) -> Read<IndexShape> {
    let include = if c.eat("INCLUDE") { c.column_list()? } else { Vec::new() };
    let nulls_not_distinct = c.eat("NULLS NOT DISTINCT");
    if !nulls_not_distinct {
        c.eat("NULLS DISTINCT");
    }
    let options = if c.eat("WITH") { c.options()? } else { Vec::new() };
    let tablespace = if c.eat("TABLESPACE") { Some(c.ident()?) } else { None };
    Ok(IndexShape { method, keys, include, nulls_not_distinct, predicate: None, options, tablespace })
}

/// A column, a call or an expression in parentheses, with its operator class, collation and order as text.
fn key(c: &mut Cursor<'_>) -> Read<IndexKey> {
    let expr = key_expr(c)?;
    let mark = c.mark();
    c.skip_to_comma();
    let tail = if c.mark() == mark { String::new() } else { without_usual_order(c.text_from(mark)) };
    Ok(IndexKey { expr, tail })
}

/// Without the order that there is without a word: `ASC NULLS LAST`, or `NULLS FIRST` after `DESC`.
fn without_usual_order(tail: &str) -> String {
    let words: Vec<&str> = tail.split_whitespace().collect();
    let is = |at: Option<usize>, word: &str| at.and_then(|at| words.get(at)).is_some_and(|own| own.eq_ignore_ascii_case(word));
    let mut end = words.len();
    let nulls = is(end.checked_sub(2), "NULLS");
    let descends = is(end.checked_sub(3), "DESC");
    if nulls && (is(end.checked_sub(1), "LAST") && !descends || is(end.checked_sub(1), "FIRST") && descends) {
        end -= 2;
    }
    if is(end.checked_sub(1), "ASC") {
        end -= 1;
    }
    match end == words.len() {
        true => tail.to_owned(),
        false => words[..end].join(" "),
    }
}

fn key_expr(c: &mut Cursor<'_>) -> Read<Expr> {
    let mark = c.mark();
    let bare_column = matches!(c.peek(0), Token::Word(_)) && !matches!(c.peek(1), Token::LParen | Token::Period);
    if bare_column || c.at_sign(&Token::LParen) {
        // Only this: what follows is an operator class, not an operator.
        let ast = c.parse(|parser| parser.parse_prefix())?;
        return Ok(c.expr_from(mark, &ast));
    }
    c.narrow_expr()
}
