//! `COMMENT ON` and `SECURITY LABEL`.

use super::object;
use crate::change::{Change, ObjectRef};
use crate::lower::cursor::{Cursor, Read};

/// `COMMENT ON object IS 'text'`.
pub(super) fn comment(c: &mut Cursor<'_>) -> Read<Change> {
    c.expect("COMMENT ON")?;
    let object = described(c)?;
    let text = text(c)?;
    Ok(Change::Comment { object, text })
}

/// `SECURITY LABEL [FOR provider] ON object IS 'label'`.
pub(super) fn security_label(c: &mut Cursor<'_>) -> Read<Change> {
    c.expect("SECURITY LABEL")?;
    if c.eat("FOR") && c.string().is_err() {
        c.ident()?;
    }
    c.expect("ON")?;
    let object = described(c)?;
    text(c)?;
    Ok(Change::AlterOther { object, sql: c.whole_text().to_owned() })
}

fn described(c: &mut Cursor<'_>) -> Read<ObjectRef> {
    let kind = object::kind(c)?;
    object::named(c, kind)
}

/// `IS 'text'` or `IS NULL`. An empty comment is none.
fn text(c: &mut Cursor<'_>) -> Read<Option<String>> {
    c.expect("IS")?;
    if c.eat("NULL") {
        return Ok(None);
    }
    let text = c.string()?;
    Ok((!text.is_empty()).then_some(text))
}
