//! PostgreSQL's statements by their first words. Each function that reads one starts at the statement's first word and
//! reads it all.

mod comment;
mod drop;
mod extension;
mod grant;
mod maintenance;
mod object;
mod other;
mod policy;
mod rename;
mod routine;
mod sequence;
mod trigger;
mod types_ddl;

use super::cursor::{Cursor, Read};
use crate::change::{Change, Spanned};

/// The changes of the statement at the cursor.
pub(super) fn statement(cursor: &mut Cursor<'_>) -> Read<Vec<Spanned<Change>>> {
    let changes = other::statement(cursor)?;
    if !cursor.at_end() {
        return Err(cursor.refuse("the end of the statement"));
    }
    Ok(changes)
}
