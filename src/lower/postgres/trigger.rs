//! `CREATE TRIGGER`, `CREATE EVENT TRIGGER`, `CREATE RULE`.

use super::data;
use crate::change::{Change, Deferrable, Firing, Ident, ObjectKind, ObjectRef, QName, Rule, Source, SourceKind, Trigger};
use crate::lower::cursor::{Cursor, Read};
use crate::lower::names::Names;
use sqlparser::tokenizer::Token;

/// `CREATE [OR REPLACE] [CONSTRAINT] TRIGGER`.
pub(super) fn create(c: &mut Cursor<'_>) -> Read<Change> {
    c.expect("CREATE")?;
    let or_replace = c.eat("OR REPLACE");
    let constraint = c.eat("CONSTRAINT");
    c.expect("TRIGGER")?;
    let name = c.ident()?;
    let timing = c.eat_any(&["BEFORE", "AFTER", "INSTEAD OF"]).ok_or_else(|| c.refuse("BEFORE, AFTER or INSTEAD OF"))?;
    let (events, update_of) = events(c)?;
    c.expect("ON")?;
    let table = c.qname()?;
    let (from, deferrable) = constraint_clauses(c)?;
    let referencing = referencing(c)?;
    let for_each_row = c.eat("FOR") && {
        c.eat("EACH");
        c.eat_any(&["ROW", "STATEMENT"]).ok_or_else(|| c.refuse("ROW or STATEMENT"))? == "ROW"
    };
    let when = if c.eat("WHEN") { Some(c.paren_expr()?) } else { None };
    let (function, arguments) = call(c)?;
    let trigger = Trigger {
        name,
        timing: timing.into(),
        events,
        update_of,
        for_each_row,
        when,
        referencing,
        function,
        arguments,
        constraint,
        deferrable,
        from,
        enabled: Firing::Origin,
    };
    Ok(Change::CreateTrigger { table, or_replace, trigger: Box::new(trigger) })
}

/// `INSERT OR UPDATE OF a, b OR DELETE`.
fn events(c: &mut Cursor<'_>) -> Read<(Vec<Ident>, Vec<Ident>)> {
    let (mut events, mut update_of) = (Vec::new(), Vec::new());
    loop {
        let event = c.eat_any(&["INSERT", "UPDATE", "DELETE", "TRUNCATE"]).ok_or_else(|| c.refuse("an event"))?;
        events.push(event.into());
        if event == "UPDATE" && c.eat("OF") {
            update_of = c.list(Cursor::ident)?;
        }
        if !c.eat("OR") {
            return Ok((events, update_of));
        }
    }
}

/// `FROM table`, `[NOT] DEFERRABLE`, `INITIALLY ...`.
fn constraint_clauses(c: &mut Cursor<'_>) -> Read<(Option<QName>, Deferrable)> {
    let from = if c.eat("FROM") { Some(c.qname()?) } else { None };
    let mut deferrable = Deferrable::No;
    while let Some(words) = c.eat_any(&["NOT DEFERRABLE", "DEFERRABLE", "INITIALLY DEFERRED", "INITIALLY IMMEDIATE"]) {
        deferrable = match (words, deferrable) {
            ("DEFERRABLE", Deferrable::No) => Deferrable::Immediate,
            ("INITIALLY DEFERRED", _) => Deferrable::Deferred,
            (_, before) => before,
        };
    }
    Ok((from, deferrable))
}

/// `REFERENCING NEW TABLE AS a OLD TABLE AS b`, as written.
fn referencing(c: &mut Cursor<'_>) -> Read<Option<String>> {
    let mark = c.mark();
    if !c.eat("REFERENCING") {
        return Ok(None);
    }
    while c.eat_any(&["NEW", "OLD"]).is_some() {
        c.eat_any(&["TABLE", "ROW"]);
        c.eat("AS");
        c.ident()?;
    }
    Ok(Some(c.text_from(mark).to_owned()))
}

/// `EXECUTE FUNCTION f('a', 1)`.
fn call(c: &mut Cursor<'_>) -> Read<(QName, Vec<String>)> {
    if c.eat_any(&["EXECUTE FUNCTION", "EXECUTE PROCEDURE"]).is_none() {
        return Err(c.refuse("`EXECUTE FUNCTION`"));
    }
    let function = c.qname()?;
    c.expect_sign(&Token::LParen)?;
    let mut arguments = Vec::new();
    while !c.eat_sign(&Token::RParen) {
        let mark = c.mark();
        c.skip_to_comma();
        if c.mark() == mark {
            return Err(c.refuse("an argument"));
        }
        arguments.push(c.text_from(mark).to_owned());
        if !c.eat_sign(&Token::Comma) && !c.at_sign(&Token::RParen) {
            return Err(c.refuse("`,` or `)`"));
        }
    }
    Ok((function, arguments))
}

/// `CREATE EVENT TRIGGER name ON event [WHEN TAG IN (...)] EXECUTE FUNCTION f()`.
pub(super) fn create_event(c: &mut Cursor<'_>) -> Read<Change> {
    c.expect("CREATE EVENT TRIGGER")?;
    let object = ObjectRef::new(ObjectKind::EventTrigger, QName::bare(c.ident()?));
    c.expect("ON")?;
    c.ident()?;
    if c.eat("WHEN") {
        loop {
            c.ident()?;
            c.expect("IN")?;
            c.paren_list(Cursor::string)?;
            if !c.eat("AND") {
                break;
            }
        }
    }
    call(c)?;
    Ok(Change::CreateOther { object, if_not_exists: false, or_replace: false, sql: c.whole_text().to_owned() })
}

/// `CREATE [OR REPLACE] RULE name AS ON event TO table [WHERE ...] DO [ALSO | INSTEAD] ...`.
pub(super) fn create_rule(c: &mut Cursor<'_>) -> Read<Change> {
    c.expect("CREATE")?;
    let or_replace = c.eat("OR REPLACE");
    c.expect("RULE")?;
    let name = c.ident()?;
    c.expect("AS ON")?;
    let event = c.eat_any(&["SELECT", "INSERT", "UPDATE", "DELETE"]).ok_or_else(|| c.refuse("an event"))?;
    c.expect("TO")?;
    let table = c.qname()?;
    let mark = c.mark();
    let mut names = Names::new(c);
    let row = names.reserve(None);
    names.current = Some(row);
    for alias in ["new", "old"] {
        names.push_source(Source::new(Some(alias.into()), SourceKind::Relation(table.clone())));
    }
    if c.eat("WHERE") {
        c.expr_into(&mut names)?;
    }
    c.expect("DO")?;
    let instead = c.eat_any(&["ALSO", "INSTEAD"]) == Some("INSTEAD");
    if c.at_end() {
        return Err(c.refuse("an action"));
    }
    let action = c.mark();
    c.rest_text();
    let end = c.mark();
    c.reset(action);
    let several = c.eat_sign(&Token::LParen) && !c.at_sign(&Token::LParen);
    if !several {
        c.reset(action);
    }
    data::statements_into(c, &mut names, Some(row), if several { end - 1 } else { end });
    c.reset(end);
    let text = c.finish_query(mark, names);
    let rule = Rule { name, event: event.into(), instead, text, enabled: Firing::Origin };
    Ok(Change::CreateRule { table, or_replace, rule: Box::new(rule) })
}
