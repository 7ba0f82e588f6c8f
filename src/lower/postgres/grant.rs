//! `GRANT`, `REVOKE`, `ALTER DEFAULT PRIVILEGES`.

use super::object;
use crate::change::{Change, Grant, GrantObjects, Ident, MembershipOptions, ObjectKind, ObjectRef, QName, Signature};
use crate::lower::cursor::{Cursor, Read, is_word};
use sqlparser::tokenizer::Token;

/// `GRANT ...`, `REVOKE ...`.
pub(super) fn statement(c: &mut Cursor<'_>) -> Read<Change> {
    let grant = Start::read(c)?;
    let privileges = c.list(privilege)?;
    if !c.eat("ON") {
        let on = GrantObjects::Membership(grant.membership);
        let grant = finish(c, grant, privileges, on)?;
        return Ok(Change::Grant(Box::new(grant)));
    }
    match objects(c)? {
        Objects::Known(on) => Ok(Change::Grant(Box::new(finish(c, grant, privileges, on)?))),
        Objects::Other(object) => {
            let on = GrantObjects::Membership(grant.membership);
            finish(c, grant, privileges, on)?;
            Ok(Change::AlterOther { object, sql: c.whole_text().to_owned() })
        }
    }
}

/// `ALTER DEFAULT PRIVILEGES [FOR ROLE ...] [IN SCHEMA ...] GRANT ... ON TABLES TO ...`.
pub(super) fn default_privileges(c: &mut Cursor<'_>) -> Read<Change> {
    c.expect("ALTER DEFAULT PRIVILEGES")?;
    let (mut owners, mut schemas) = (Vec::new(), Vec::new());
    loop {
        if c.eat("FOR") {
            c.eat_any(&["ROLE", "USER"]).ok_or_else(|| c.refuse("ROLE or USER"))?;
            owners = c.list(Cursor::role)?;
        } else if c.eat("IN SCHEMA") {
            schemas = c.list(Cursor::ident)?;
        } else {
            break;
        }
    }
    let grant = Start::read(c)?;
    let privileges = c.list(privilege)?;
    c.expect("ON")?;
    let kind = kind_of_many(c)?;
    let grant = finish(c, grant, privileges, GrantObjects::Default { kind, schemas, owners })?;
    Ok(Change::Grant(Box::new(grant)))
}

/// What stands before the privileges.
struct Start {
    grant: bool,
    grant_option: bool,
    membership: MembershipOptions,
}

impl Start {
    fn read(c: &mut Cursor<'_>) -> Read<Start> {
        if c.eat("GRANT") {
            return Ok(Start { grant: true, grant_option: false, membership: MembershipOptions::default() });
        }
        c.expect("REVOKE")?;
        let grant_option = c.eat_any(&["GRANT OPTION FOR", "ADMIN OPTION FOR"]).is_some();
        let inherit = c.eat("INHERIT OPTION FOR").then_some(false);
        let set = c.eat("SET OPTION FOR").then_some(false);
        Ok(Start { grant: false, grant_option, membership: MembershipOptions { inherit, set } })
    }
}

/// `TO roles` or `FROM roles` and what follows them.
fn finish(c: &mut Cursor<'_>, start: Start, privileges: Vec<(Ident, Vec<Ident>)>, mut on: GrantObjects) -> Read<Grant> {
    let Start { grant, mut grant_option, mut membership } = start;
    c.expect(if grant { "TO" } else { "FROM" })?;
    let roles = c.list(Cursor::role)?;
    loop {
        if c.eat("WITH GRANT OPTION") || c.eat("WITH ADMIN OPTION") {
            grant_option = true;
        } else if c.eat("WITH") {
            for (name, on) in c.list(membership_option)? {
                match name.as_str() {
                    "inherit" => membership.inherit = Some(on),
                    "set" => membership.set = Some(on),
                    _ => grant_option |= name == "admin" && on,
                }
            }
        } else if c.eat("GRANTED BY") {
            c.role()?;
        } else {
            break;
        }
    }
    let cascade = c.cascade();
    if let GrantObjects::Membership(options) = &mut on {
        *options = membership;
    }
    Ok(Grant { grant, privileges: capitals(privileges, &on), on, roles, grant_option, cascade })
}

/// `ADMIN TRUE`, `INHERIT OPTION`, `SET FALSE`.
fn membership_option(c: &mut Cursor<'_>) -> Read<(Ident, bool)> {
    let name = c.ident()?;
    let value = c.eat_any(&["OPTION", "TRUE", "FALSE"]).ok_or_else(|| c.refuse("OPTION, TRUE or FALSE"))?;
    Ok((name, value != "FALSE"))
}

/// `SELECT (a, b)`, `ALL PRIVILEGES`, or a role's name.
fn privilege(c: &mut Cursor<'_>) -> Read<(Ident, Vec<Ident>)> {
    let name = if c.eat("ALTER SYSTEM") { "ALTER SYSTEM".into() } else { c.ident()? };
    if name == "all" {
        c.eat("PRIVILEGES");
    }
    let columns = if c.at_sign(&Token::LParen) { c.column_list()? } else { Vec::new() };
    Ok((name, columns))
}

/// Privileges are keywords; the names of roles stay as they are.
fn capitals(privileges: Vec<(Ident, Vec<Ident>)>, on: &GrantObjects) -> Vec<(Ident, Vec<Ident>)> {
    match on {
        GrantObjects::Membership(_) | GrantObjects::Inheritance => privileges,
        _ => privileges.into_iter().map(|(name, columns)| (name.to_ascii_uppercase().into(), columns)).collect(),
    }
}

enum Objects {
    Known(GrantObjects),
    /// Of a kind that is kept by name only.
    Other(ObjectRef),
}

fn objects(c: &mut Cursor<'_>) -> Read<Objects> {
    // A table may have the name of a kind: `GRANT SELECT ON type TO bob`.
    if matches!(c.peek(1), Token::Comma | Token::Period) || is_word(c.peek(1), "TO") || is_word(c.peek(1), "FROM") {
        return Ok(Objects::Known(GrantObjects::Named(ObjectKind::Table, c.qnames()?)));
    }
    if c.eat("ALL") {
        let kind = kind_of_many(c)?;
        c.expect("IN SCHEMA")?;
        return Ok(Objects::Known(GrantObjects::AllIn(kind, c.list(Cursor::ident)?)));
    }
    let words = ["FOREIGN DATA WRAPPER", "FOREIGN SERVER", "LANGUAGE", "LARGE OBJECT", "PARAMETER"];
    if let Some(words) = c.eat_any(&words) {
        let mark = c.mark();
        let name =
            c.list(|c| if words == "LARGE OBJECT" { c.integer().map(|n| n.to_string().into()) } else { c.option_name() })?;
        let first = name.into_iter().next().expect("a list has an item");
        return Ok(Objects::Other(object::other_ref(words, c.text_from(mark), QName::bare(first))));
    }
    let routine = match c.eat_any(&["FUNCTION", "PROCEDURE", "ROUTINE"]) {
        Some("FUNCTION") => Some(ObjectKind::Function),
        Some("PROCEDURE") => Some(ObjectKind::Procedure),
        Some(_) => Some(ObjectKind::Routine),
        None => None,
    };
    if let Some(kind) = routine {
        let signatures: Vec<Signature> = c.list(object::signature)?;
        return Ok(Objects::Known(GrantObjects::Routines(kind, signatures)));
    }
    let kind = match c.eat_any(&["TABLE", "SEQUENCE", "DATABASE", "DOMAIN", "SCHEMA", "TABLESPACE", "TYPE"]) {
        Some("SEQUENCE") => ObjectKind::Sequence,
        Some("DATABASE") => ObjectKind::Database,
        Some("DOMAIN") => ObjectKind::Domain,
        Some("SCHEMA") => ObjectKind::Schema,
        Some("TABLESPACE") => ObjectKind::Tablespace,
        Some("TYPE") => ObjectKind::Type,
        _ => ObjectKind::Table,
    };
    Ok(Objects::Known(GrantObjects::Named(kind, c.qnames()?)))
}

/// `TABLES`, `SEQUENCES`, ...
fn kind_of_many(c: &mut Cursor<'_>) -> Read<ObjectKind> {
    let words = ["TABLES", "SEQUENCES", "FUNCTIONS", "PROCEDURES", "ROUTINES", "TYPES", "SCHEMAS", "LARGE OBJECTS"];
    Ok(match c.eat_any(&words).ok_or_else(|| c.refuse("TABLES, SEQUENCES, FUNCTIONS or TYPES"))? {
        "TABLES" => ObjectKind::Table,
        "SEQUENCES" => ObjectKind::Sequence,
        "FUNCTIONS" => ObjectKind::Function,
        "PROCEDURES" => ObjectKind::Procedure,
        "ROUTINES" => ObjectKind::Routine,
        "TYPES" => ObjectKind::Type,
        "SCHEMAS" => ObjectKind::Schema,
        _ => ObjectKind::Other,
    })
}
