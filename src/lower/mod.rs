//! Statements to changes. PostgreSQL's grammar of definitions is our own, complete and written on a row of tokens
//! (`cursor`); queries and expressions are read by `sqlparser` in the middle of it. Nothing fails: what is not understood is
//! a [`Change::Opaque`] that says what was in the way.

mod body;
mod client;
mod cursor;
mod demand;
mod expr;
mod lexical;
mod literal;
mod names;
mod options;
mod output;
mod placeholder;
mod postgres;
mod query;
mod types;
mod words;

pub use body::{Argument, Known, Value, arguments, block, block_knowing, body, constant, folded};
pub use client::command;
pub use demand::demands;
pub use types::data_type;

use crate::change::{Change, Opaque, OpaqueClass, Spanned};
use crate::parse::{Lexis, RawStatement, Refusal, StatementKind, within_limits};
use crate::source::{Sources, Span};
use cursor::{Cursor, Unread};

/// Longer statements are read from their beginning only: rows and nothing else make a statement so long.
const MAX_BYTES: usize = 1 << 20;

/// How much of such a statement is read.
const BEGINNING_BYTES: usize = 16 << 10;

/// What a statement of a script does. Its text is in `sources`.
pub fn lower(sources: &Sources, statement: &RawStatement) -> Vec<Spanned<Change>> {
    let span = statement.span;
    match statement.kind {
        StatementKind::Sql | StatementKind::SqlWithData(_) => lower_text(sources.slice(span), span),
        StatementKind::ClientCommand | StatementKind::ClientCommandWithData(_) => {
            vec![Spanned { value: command(sources.slice(span)), span }]
        }
    }
}

/// What the one statement `text`, which stands at `span` in its file, does.
pub fn lower_text(text: &str, span: Span) -> Vec<Spanned<Change>> {
    match within_limits(text, &Lexis::POSTGRES) {
        Ok(()) if text.len() <= MAX_BYTES => {}
        Err(refusal @ (Refusal::TooDeep | Refusal::Syntax(_))) => {
            return vec![opaque(Unread { reason: refusal.to_string(), span }, span)];
        }
        Ok(()) | Err(Refusal::TooLong(_)) => return vec![Spanned { value: beginning(text, span), span }],
    }
    Cursor::new(text, span).and_then(|mut cursor| postgres::statement(&mut cursor)).unwrap_or_else(|error| {
        let reason = placeholder::reason(text).unwrap_or(error.reason);
        vec![opaque(Unread { reason, ..error }, span)]
    })
}

/// What a statement that is too long to be read whole does.
fn beginning(text: &str, span: Span) -> Change {
    let mut cursor = Cursor::beginning(text, span, BEGINNING_BYTES);
    postgres::beginning(&mut cursor).unwrap_or_else(|error| {
        let size = text.len().div_ceil(1 << 20);
        let reason = format!("the statement is too long to be read whole ({size} MB): {}", error.reason);
        Change::Opaque(Opaque { reason, class: OpaqueClass::Syntax })
    })
}

fn opaque(error: Unread, span: Span) -> Spanned<Change> {
    let change = Change::Opaque(Opaque { reason: error.reason, class: OpaqueClass::Syntax });
    Spanned { value: change, span }
}
