//! `CREATE EXTENSION` and `ALTER EXTENSION`.

use super::object;
use crate::change::{Change, ObjectKind, ObjectRef, QName};
use crate::lower::cursor::{Cursor, Read};

/// `CREATE EXTENSION`.
pub(super) fn create(c: &mut Cursor<'_>) -> Read<Change> {
    c.expect("CREATE EXTENSION")?;
    let if_not_exists = c.if_not_exists();
    let name = c.ident()?;
    c.eat("WITH");
    let (mut schema, mut version, mut cascade) = (None, None, false);
    loop {
        if c.eat("SCHEMA") {
            schema = Some(c.ident()?);
        } else if c.eat("VERSION") {
            version = Some(word_or_string(c)?);
        } else if c.eat("FROM") {
            word_or_string(c)?;
        } else if c.eat("CASCADE") {
            cascade = true;
        } else {
            return Ok(Change::CreateExtension { name, if_not_exists, schema, version, cascade });
        }
    }
}

/// `ALTER EXTENSION name UPDATE | ADD | DROP | SET SCHEMA`.
pub(super) fn alter(c: &mut Cursor<'_>) -> Read<Change> {
    c.expect("ALTER EXTENSION")?;
    let object = ObjectRef::new(ObjectKind::Extension, QName::bare(c.ident()?));
    if c.eat("SET SCHEMA") {
        return Ok(Change::SetSchema { object, schema: c.ident()?, if_exists: false });
    }
    if c.eat("UPDATE") {
        if c.eat("TO") {
            word_or_string(c)?;
        }
    } else if c.eat_any(&["ADD", "DROP"]).is_some() {
        let kind = object::kind(c)?;
        object::named(c, kind)?;
    } else {
        return Err(c.refuse("UPDATE, ADD, DROP or SET SCHEMA"));
    }
    Ok(Change::AlterOther { object, sql: c.whole_text().to_owned() })
}

fn word_or_string(c: &mut Cursor<'_>) -> Read<String> {
    if c.at_string() { c.string() } else { c.ident().map(|word| word.to_string()) }
}
