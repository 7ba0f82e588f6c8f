//! `DROP` of every kind of object.

use super::object;
use crate::change::{Change, ObjectKind, ObjectRef, Opaque, OpaqueClass};
use crate::lower::cursor::{Cursor, Read};

/// `DROP kind [CONCURRENTLY] [IF EXISTS] name, ... [CASCADE]`.
pub(super) fn statement(c: &mut Cursor<'_>) -> Read<Change> {
    c.expect("DROP")?;
    if c.eat("OWNED BY") {
        c.list(Cursor::role)?;
        c.cascade();
        let reason = "DROP OWNED drops what the role owns in the database at that time".into();
        return Ok(Change::Opaque(Opaque { reason, class: OpaqueClass::Dynamic }));
    }
    let kind = object::kind(c)?;
    let concurrently = kind.1 == ObjectKind::Index && c.eat("CONCURRENTLY");
    let if_exists = c.if_exists();
    let objects = objects(c, kind)?;
    let cascade = c.cascade();
    if kind.1 == ObjectKind::Database {
        c.eat("WITH");
        if c.at_sign(&sqlparser::tokenizer::Token::LParen) {
            c.options()?;
        }
    }
    Ok(Change::Drop { objects, if_exists, cascade, concurrently })
}

/// Triggers, casts and their kin are dropped one at a time.
fn objects(c: &mut Cursor<'_>, kind: object::Kind) -> Read<Vec<ObjectRef>> {
    match kind.1 {
        ObjectKind::Column | ObjectKind::Constraint | ObjectKind::DomainConstraint => Err(c.refuse("something that DROP drops")),
        _ => c.list(|c| object::named(c, kind)),
    }
}

/// `REASSIGN OWNED BY roles TO role`.
pub(super) fn reassign_owned(c: &mut Cursor<'_>) -> Read<Change> {
    c.expect("REASSIGN OWNED BY")?;
    let owner = c.role()?;
    while c.eat_sign(&sqlparser::tokenizer::Token::Comma) {
        c.role()?;
    }
    c.expect("TO")?;
    c.role()?;
    let object = ObjectRef::new(ObjectKind::Role, crate::change::QName::bare(owner));
    Ok(Change::AlterOther { object, sql: c.whole_text().to_owned() })
}
