//! Roles: what they are is kept by name only; whom they are members of, and whether they have what their groups have, are
//! changes of their own.

use super::object;
use crate::change::{Change, Grant, GrantObjects, Ident, MembershipOptions, ObjectKind, ObjectRef, QName, Spanned};
use crate::lower::cursor::{Cursor, Read};

/// Whether a statement about roles comes next that is read here.
pub(super) fn is_next(c: &Cursor<'_>) -> bool {
    let creates = c.at_any(&["CREATE ROLE", "CREATE USER", "CREATE GROUP"]) && !c.at("CREATE USER MAPPING");
    let alters = c.at_any(&["ALTER ROLE", "ALTER USER", "ALTER GROUP"])
        && !c.at_any(&["ALTER USER MAPPING", "ALTER ROLE ALL", "ALTER USER ALL"]);
    creates || alters
}

/// `CREATE ROLE name options`, `ALTER ROLE name options`, `ALTER GROUP name ADD | DROP USER names`.
pub(super) fn statement(c: &mut Cursor<'_>) -> Read<Vec<Spanned<Change>>> {
    let start = c.mark();
    let create = c.eat("CREATE");
    if !create {
        c.expect("ALTER")?;
    }
    let kind = object::kind(c)?;
    let role = c.role()?;
    if !create && (c.at_end() || super::rename::at_common(c) || c.at_any(&["SET", "RESET", "IN DATABASE"])) {
        c.reset(start);
        return Ok(vec![Spanned { value: super::rename::alter(c)?, span: c.whole() }]);
    }
    if kind.0 == "GROUP" && c.at_any(&["ADD USER", "DROP USER"]) {
        let add = c.eat("ADD USER");
        if !add {
            c.expect("DROP USER")?;
        }
        return Ok(vec![Spanned { value: member_of(add, vec![role], c.list(Cursor::role)?, false), span: c.whole() }]);
    }
    let mut options = Options { sql: c.text_from(start).to_owned(), kept: false, changes: Vec::new() };
    while !c.at_end() {
        option(c, &role, create, &mut options)?;
    }
    let Options { sql, kept, mut changes } = options;
    let sql = if changes.is_empty() { c.whole_text().to_owned() } else { sql };
    let object = ObjectRef::new(ObjectKind::Role, QName::bare(role));
    let own = match create {
        true => Some(Change::CreateOther { object, if_not_exists: false, or_replace: false, sql }),
        false => (kept || changes.is_empty()).then_some(Change::AlterOther { object, sql }),
    };
    changes.splice(0..0, own.map(|value| Spanned { value, span: c.whole() }));
    if let [only] = changes.as_mut_slice() {
        only.span = c.whole();
    }
    Ok(changes)
}

struct Options {
    /// The statement without what is a change of its own.
    sql: String,
    /// Whether anything else is left in it.
    kept: bool,
    changes: Vec<Spanned<Change>>,
}

fn option(c: &mut Cursor<'_>, role: &Ident, create: bool, options: &mut Options) -> Read<()> {
    let mark = c.mark();
    let value = if c.eat("INHERIT") {
        inheritance(role, true)
    } else if c.eat("NOINHERIT") {
        inheritance(role, false)
    } else if create && c.eat_any(&["IN ROLE", "IN GROUP"]).is_some() {
        member_of(true, c.list(Cursor::role)?, vec![role.clone()], false)
    } else if create && c.eat_any(&["ROLE", "USER"]).is_some() {
        member_of(true, vec![role.clone()], c.list(Cursor::role)?, false)
    } else if create && c.eat("ADMIN") {
        member_of(true, vec![role.clone()], c.list(Cursor::role)?, true)
    } else {
        options.kept |= !c.at("WITH");
        c.step();
        options.sql += " ";
        options.sql += c.text_from(mark);
        return Ok(());
    };
    options.changes.push(Spanned { value, span: c.span_from(mark) });
    Ok(())
}

fn member_of(grant: bool, groups: Vec<Ident>, members: Vec<Ident>, admin: bool) -> Change {
    Change::Grant(Box::new(Grant {
        grant,
        privileges: groups.into_iter().map(|group| (group, Vec::new())).collect(),
        on: GrantObjects::Membership(MembershipOptions::default()),
        roles: members,
        grant_option: admin,
        cascade: false,
    }))
}

fn inheritance(role: &Ident, inherits: bool) -> Change {
    Change::Grant(Box::new(Grant {
        grant: inherits,
        privileges: Vec::new(),
        on: GrantObjects::Inheritance,
        roles: vec![role.clone()],
        grant_option: false,
        cascade: false,
    }))
}
