//! `CREATE POLICY` and `ALTER POLICY`.

use crate::change::{Change, Expr, Ident, ObjectKind, ObjectRef, Policy};
use crate::lower::cursor::{Cursor, Read};

/// `CREATE POLICY`.
pub(super) fn create(c: &mut Cursor<'_>) -> Read<Change> {
    c.expect("CREATE POLICY")?;
    let name = c.ident()?;
    c.expect("ON")?;
    let table = c.qname()?;
    let permissive = !(c.eat("AS") && one_of(c, &["PERMISSIVE", "RESTRICTIVE"])? == "RESTRICTIVE");
    let command = if c.eat("FOR") { one_of(c, &["ALL", "SELECT", "INSERT", "UPDATE", "DELETE"])? } else { "ALL" };
    let roles = roles(c)?.unwrap_or_else(|| vec!["public".into()]);
    let (using, check) = conditions(c)?;
    let policy = Policy { name, permissive, command: command.into(), roles, using, check };
    Ok(Change::CreatePolicy { table, policy: Box::new(policy) })
}

/// `ALTER POLICY`.
pub(super) fn alter(c: &mut Cursor<'_>) -> Read<Change> {
    c.expect("ALTER POLICY")?;
    let if_exists = c.if_exists();
    let name = c.ident()?;
    c.expect("ON")?;
    let table = c.qname()?;
    if c.eat("RENAME TO") {
        let object = ObjectRef::member(ObjectKind::Policy, table, name);
        return Ok(Change::Rename { object, to: c.ident()?, if_exists });
    }
    let roles = roles(c)?;
    let (using, check) = conditions(c)?;
    Ok(Change::AlterPolicy { table, name, roles, using, check })
}

fn roles(c: &mut Cursor<'_>) -> Read<Option<Vec<Ident>>> {
    if c.eat("TO") { c.list(Cursor::role).map(Some) } else { Ok(None) }
}

fn conditions(c: &mut Cursor<'_>) -> Read<(Option<Expr>, Option<Expr>)> {
    let using = if c.eat("USING") { Some(c.paren_expr()?) } else { None };
    let check = if c.eat("WITH CHECK") { Some(c.paren_expr()?) } else { None };
    Ok((using, check))
}

fn one_of(c: &mut Cursor<'_>, words: &[&'static str]) -> Read<&'static str> {
    c.eat_any(words).ok_or_else(|| c.refuse(&words.join(" or ")))
}
