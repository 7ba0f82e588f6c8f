//! Statements to changes. PostgreSQL's grammar of definitions is our own, complete and written on a row of tokens
//! ([`cursor`]); queries and expressions are read by `sqlparser` in the middle of it. Nothing fails: what is not understood is
//! a [`Change::Opaque`](crate::change::Change::Opaque) that says what was in the way.

mod body;
mod client;
mod cursor;
mod expr;
mod literal;
mod names;
mod output;
mod postgres;
mod query;
mod types;

pub use body::block;
pub use client::command;

use crate::change::{Change, Opaque, OpaqueClass, Spanned};
use crate::source::Span;
use cursor::{Cursor, Unread};

/// What the one statement `text`, which stands at `span` in its file, does.
pub fn lower_text(text: &str, span: Span) -> Vec<Spanned<Change>> {
    Cursor::new(text, span)
        .and_then(|mut cursor| postgres::statement(&mut cursor))
        .unwrap_or_else(|error| vec![opaque(error, span)])
}

fn opaque(error: Unread, span: Span) -> Spanned<Change> {
    let change = Change::Opaque(Opaque { reason: error.reason, class: OpaqueClass::Syntax });
    Spanned { value: change, span }
}
