//! PostgreSQL's statements by their first words. Each function that reads one starts at the statement's first word and
//! reads it all.

use super::cursor::{Cursor, Read};
use crate::change::{Change, Spanned};

/// The changes of the statement at the cursor.
pub(super) fn statement(cursor: &mut Cursor<'_>) -> Read<Vec<Spanned<Change>>> {
    let change = one(cursor)?;
    if !cursor.at_end() {
        return Err(cursor.refuse("the end of the statement"));
    }
    Ok(vec![Spanned { value: change, span: cursor.whole() }])
}

/// A statement that does one thing.
fn one(cursor: &mut Cursor<'_>) -> Read<Change> {
    Err(cursor.refuse("a statement"))
}
