//! Settings, transactions and locks: the statements about the session itself.

use super::one;
use crate::change::{Change, Ident, Target, TransactionChange};
use crate::lower::cursor::{Cursor, Read};
use sqlparser::tokenizer::Token;

/// `SET ...`.
pub(super) fn set(c: &mut Cursor<'_>) -> Read<Change> {
    c.expect("SET")?;
    if c.at_any(&["CONSTRAINTS", "TRANSACTION", "SESSION CHARACTERISTICS", "LOCAL TRANSACTION"]) {
        c.rest_text();
        return Ok(Change::NoEffect);
    }
    let local = c.eat("LOCAL") || {
        if !c.at("SESSION AUTHORIZATION") {
            c.eat("SESSION");
        }
        false
    };
    let name: Ident = setting_name(c)?;
    if matches!(name.as_str(), "role" | "session_authorization" | "search_path" | "timezone" | "client_encoding" | "xmloption") {
        // These have a spelling of their own, without `=` or `TO`.
        c.eat("TO");
        c.eat_sign(&Token::Eq);
    } else if !c.eat("TO") {
        c.expect_sign(&Token::Eq)?;
    }
    let value = if c.eat("DEFAULT") || c.eat("LOCAL") && c.at_end() { None } else { Some(c.list(value)?) };
    Ok(Change::Set { name, value, local })
}

/// `RESET ...`.
pub(super) fn reset(c: &mut Cursor<'_>) -> Read<Change> {
    c.expect("RESET")?;
    Ok(Change::Set { name: setting_name(c)?, value: None, local: false })
}

/// A setting's name, also where it is spelled in words of its own.
fn setting_name(c: &mut Cursor<'_>) -> Read<Ident> {
    const SPELLED: [(&str, &str); 6] = [
        ("TIME ZONE", "timezone"),
        ("SESSION AUTHORIZATION", "session_authorization"),
        ("SCHEMA", "search_path"),
        ("NAMES", "client_encoding"),
        ("XML OPTION", "xmloption"),
        ("TRANSACTION ISOLATION LEVEL", "transaction_isolation"),
    ];
    match SPELLED.iter().find(|(words, _)| c.eat(words)) {
        Some((_, name)) => Ok((*name).into()),
        // The server does not tell a setting's capitals apart, even in quotes.
        None => Ok(c.option_name()?.to_ascii_lowercase().into()),
    }
}

fn value(c: &mut Cursor<'_>) -> Read<Ident> {
    if c.at_string() {
        return c.string().map(Ident::from);
    }
    if c.at("INTERVAL") {
        // `SET TIME ZONE INTERVAL '-08:00' HOUR TO MINUTE`
        return Ok(c.rest_text().into());
    }
    if c.at_ident() {
        return c.ident();
    }
    let mark = c.mark();
    if c.at_sign(&Token::Minus) || c.at_sign(&Token::Plus) {
        c.step();
    }
    match c.peek(0) {
        Token::Number(..) => {
            c.step();
            Ok(c.text_from(mark).into())
        }
        _ => Err(c.refuse("a value")),
    }
}

/// `SELECT [pg_catalog.]set_config('name', 'value', local)`, if that is the whole statement.
pub(super) fn set_config(c: &mut Cursor<'_>) -> Option<Change> {
    let mark = c.mark();
    let change = read_set_config(c).ok().filter(|_| c.at_end());
    if change.is_none() {
        c.reset(mark);
    }
    change
}

fn read_set_config(c: &mut Cursor<'_>) -> Read<Change> {
    c.expect("SELECT")?;
    let function = c.qname()?;
    if function.name != "set_config" || !c.eat_sign(&Token::LParen) {
        return Err(c.refuse("set_config"));
    }
    let name = c.string()?.to_ascii_lowercase().into();
    c.expect_sign(&Token::Comma)?;
    let text = c.string()?;
    c.expect_sign(&Token::Comma)?;
    let local = c.eat("TRUE") || {
        c.expect("FALSE")?;
        false
    };
    c.expect_sign(&Token::RParen)?;
    let value = match name {
        _ if text.is_empty() => Vec::new(),
        _ => text.split(',').map(|part| part.trim().trim_matches('"').into()).collect(),
    };
    Ok(Change::Set { name, value: Some(value), local })
}

/// `BEGIN`, `COMMIT` and their kin.
pub(super) fn transaction(c: &mut Cursor<'_>) -> Read<Change> {
    let change = if c.eat("BEGIN") || c.eat("START TRANSACTION") {
        c.eat_any(&["WORK", "TRANSACTION"]);
        if !c.at_end() && !c.at_any(&["ISOLATION LEVEL", "READ", "NOT DEFERRABLE", "DEFERRABLE"]) {
            return Err(c.refuse("a mode of the transaction"));
        }
        c.rest_text();
        TransactionChange::Begin
    } else if c.eat("COMMIT PREPARED") {
        // What it commits was another transaction's.
        c.string()?;
        return Ok(Change::NoEffect);
    } else if c.eat("ROLLBACK PREPARED") {
        c.string()?;
        return Ok(Change::NoEffect);
    } else if c.eat("PREPARE TRANSACTION") {
        // It ends this transaction; that it will be committed is the most that can be said.
        c.string()?;
        TransactionChange::Commit { chain: false }
    } else if c.eat_any(&["COMMIT", "END"]).is_some() {
        TransactionChange::Commit { chain: chain(c) }
    } else if c.eat_any(&["ROLLBACK", "ABORT"]).is_some() {
        c.eat_any(&["WORK", "TRANSACTION"]);
        if c.eat("TO") { TransactionChange::RollbackTo(savepoint(c)?) } else { TransactionChange::Rollback { chain: chain(c) } }
    } else if c.eat("SAVEPOINT") {
        TransactionChange::Savepoint(c.ident()?)
    } else {
        c.expect("RELEASE")?;
        TransactionChange::Release(savepoint(c)?)
    };
    Ok(Change::Transaction(change))
}

fn savepoint(c: &mut Cursor<'_>) -> Read<Ident> {
    if matches!(c.peek(1), Token::Word(_)) {
        c.eat("SAVEPOINT");
    }
    c.ident()
}

fn chain(c: &mut Cursor<'_>) -> bool {
    c.eat_any(&["WORK", "TRANSACTION"]);
    c.eat("AND CHAIN") || {
        c.eat("AND NO CHAIN");
        false
    }
}

/// `TRUNCATE`.
pub(super) fn truncate(c: &mut Cursor<'_>) -> Read<Change> {
    c.expect("TRUNCATE")?;
    c.eat("TABLE");
    let tables = c.list(target)?;
    let restart_identity = c.eat("RESTART IDENTITY") || {
        c.eat("CONTINUE IDENTITY");
        false
    };
    Ok(Change::Truncate { tables, restart_identity, cascade: c.cascade() })
}

/// `[ONLY] name [*]`, or `ONLY (name)`.
fn target(c: &mut Cursor<'_>) -> Read<Target> {
    c.eat("ONLY");
    let parenthesized = c.eat_sign(&Token::LParen);
    let mark = c.mark();
    let table = c.qname()?;
    let only = c.is_after_only(mark);
    if parenthesized {
        c.expect_sign(&Token::RParen)?;
    }
    c.eat_sign(&Token::Mul);
    Ok(Target { table, only })
}

/// `LOCK TABLE`.
pub(super) fn lock(c: &mut Cursor<'_>) -> Read<Change> {
    const MODES: [&str; 8] = [
        "ACCESS SHARE",
        "ROW SHARE",
        "ROW EXCLUSIVE",
        "SHARE UPDATE EXCLUSIVE",
        "SHARE ROW EXCLUSIVE",
        "SHARE",
        "EXCLUSIVE",
        "ACCESS EXCLUSIVE",
    ];
    c.expect("LOCK")?;
    c.eat("TABLE");
    let tables = c.list(target)?;
    let mut mode: Ident = "ACCESS EXCLUSIVE".into();
    if c.eat("IN") {
        mode = c.eat_any(&MODES).ok_or_else(|| c.refuse("a lock mode"))?.into();
        c.expect("MODE")?;
    }
    Ok(Change::Lock { tables, mode, nowait: c.eat("NOWAIT") })
}

/// `EXPLAIN`, which runs what it explains where it says `ANALYZE`.
pub(super) fn explain(c: &mut Cursor<'_>) -> Read<Change> {
    c.expect("EXPLAIN")?;
    let mut runs = false;
    if c.at_sign(&Token::LParen) && !c.at_query() {
        c.paren_list(|c| {
            let name = c.ident()?;
            let off = c.at_any(&["FALSE", "OFF"]) || c.peek(0).to_string() == "0";
            runs |= matches!(name.as_str(), "analyze" | "analyse") && !off;
            c.skip_to_comma();
            Ok(())
        })?;
    }
    while let Some(word) = c.eat_any(&["ANALYZE", "ANALYSE", "VERBOSE"]) {
        runs |= word != "VERBOSE";
    }
    if runs {
        return one(c);
    }
    c.rest_text();
    Ok(Change::NoEffect)
}
