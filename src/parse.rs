//! Text to statements and directives. It never fails: what is broken becomes a statement with a [`Problem`], and its
//! neighbours are read all the same. One statement at a time then goes to `sqlparser`, within limits that keep any input
//! from costing more memory or stack than a machine has.

mod directive;
mod normal;
mod scan;
mod split;
mod sql;

pub use directive::{AssertedPhase, Directive, DirectiveKind};
pub use normal::normal_form;
pub use scan::{Lexis, Scanner, Token, TokenKind, Unterminated};
pub use split::{split, split_text};
pub use sql::{Refusal, STACK_BYTES, on_big_stack, parse_sql, parser, within_limits};

use crate::source::Span;

/// What a script holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ParsedScript {
    /// In the order of the text; empty ones are left out.
    pub statements: Vec<RawStatement>,
    /// Those at the top of the file that a blank line separates from the first statement: they hold for all of it. A file
    /// with several scripts has its header read with each of them.
    pub file_directives: Vec<Directive>,
    /// What addresses migsafe and cannot be followed.
    pub bad_directives: Vec<Problem>,
}

/// One statement as it stands in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawStatement {
    /// From its first to its last token, without the `;`.
    pub span: Span,
    /// What it is to the splitter.
    pub kind: StatementKind,
    /// The directives of the comments before it.
    pub directives: Vec<Directive>,
    /// Something in it that is opened and never closed; the statement then runs to the end of the text.
    pub problem: Option<Problem>,
}

/// What a statement is to the splitter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatementKind {
    /// SQL, for the server.
    Sql,
    /// SQL that is followed by its data in the script, on these lines (`COPY ... FROM stdin;`).
    SqlWithData(Span),
    /// A command to the client program (`\set x 1`, `\gexec`, `DELIMITER //`).
    ClientCommand,
    /// A command to the client program that is followed by its data (`\copy t from stdin`).
    ClientCommandWithData(Span),
}

/// A place that cannot be read as it should be, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The offending part.
    pub span: Span,
    /// What is wrong.
    pub message: String,
}
