//! The bodies of `DO` blocks and routines: the statements in them that can be read, each with its place in the file, and
//! whether it runs in any case. What is built only when it runs is said to be so.

mod arguments;
mod constant;
mod known;
mod plpgsql;
mod value;

pub use arguments::{Argument, arguments, constant};
pub use known::{Known, folded};
pub use value::Value;

use super::literal;
use crate::change::{Block, BlockStatement, Change, Opaque, OpaqueClass, Spanned};
use crate::parse::{Lexis, Scanner, Token};
use crate::source::{Sources, Span};
use std::cell::Cell;

/// Bodies inside bodies: `DO` in `EXECUTE` in `DO`.
const MAX_NESTING: usize = 16;

/// In a body there are no client commands.
const LEXIS: Lexis = Lexis { meta_commands: false, copy_data: false, ..Lexis::POSTGRES };

/// The statements of a body. `span` is where `text` stands in the file; where it does not stand there as it is (it had
/// escapes), every statement has that place.
pub fn block(text: &str, span: Span, language: &str) -> Block {
    block_knowing(text, span, language, Known::default())
}

/// The statements of a routine's body that stands in no file of the project.
pub fn body(text: &str, language: &str) -> Block {
    let file = Sources::default().add("body", text);
    block(text, Span::new(file, 0, text.len()), language)
}

/// The same as [`block`], where something is known of the routine's parameters.
pub fn block_knowing(text: &str, span: Span, language: &str, known: Known) -> Block {
    let place = Place { span, exact: span.range().len() == text.len() };
    let (mut statements, mut variables) = (Vec::new(), Vec::new());
    let out = &mut statements;
    let nesting = Nesting::enter();
    match language {
        _ if nesting.depth > MAX_NESTING => note(OpaqueClass::Syntax, "bodies that are nested too deeply", span, out),
        "plpgsql" => variables = plpgsql::read(text, place, known, out),
        "sql" => {
            sql(text, place, out);
            out.iter_mut().last().into_iter().for_each(|last| last.returned = true);
        }
        _ => note(OpaqueClass::Language, &format!("a body in the language {language}"), span, out),
    }
    Block { statements, variables }
}

/// Where the value of the string constant `literal`, which stands at `span`, is found: inside the quotes.
pub(super) fn inside(literal: &str, span: Span) -> Span {
    match literal::decode(literal) {
        Some((_, Some(inside))) => Place { span, exact: true }.inside(inside.start, inside.end).span,
        _ => span,
    }
}

/// A body in SQL: the statements of a string, `BEGIN ATOMIC ... END`, or `RETURN expression`.
fn sql(text: &str, place: Place, out: &mut Vec<BlockStatement>) {
    let tokens = tokens(text);
    let is = |at: usize, word: &str| tokens.get(at).is_some_and(|token| token.is_word(text, word));
    if is(0, "BEGIN") && is(1, "ATOMIC") {
        let end = tokens.last().filter(|last| last.is_word(text, "END")).map_or(text.len(), |last| last.start);
        script(&text[tokens[1].end.min(end)..end], place.inside(tokens[1].end.min(end), end), false, out);
    } else if is(0, "RETURN") {
        let start = tokens[0].end;
        // `RETURN` is as long as `SELECT`, so that places stay what they are.
        statement(&format!("SELECT{}", &text[start..]), place.inside(tokens[0].start, text.len()), false, out);
    } else {
        script(text, place, false, out);
    }
}

/// Statements between semicolons.
fn script(text: &str, place: Place, conditional: bool, out: &mut Vec<BlockStatement>) {
    for raw in crate::parse::split_text(text, place.span.file, 0, &LEXIS).statements {
        let range = raw.span.range();
        statement(&text[range.clone()], place.inside(range.start, range.end), conditional, out);
    }
}

/// One statement of SQL.
fn statement(text: &str, place: Place, conditional: bool, out: &mut Vec<BlockStatement>) {
    for mut change in super::lower_text(text, place.span) {
        if !place.exact {
            flatten(&mut change, place.span);
        }
        if change.value != Change::NoEffect {
            out.push(BlockStatement { change, conditional, returned: false });
        }
    }
}

/// Gives the change and those in it this place.
fn flatten(change: &mut Spanned<Change>, span: Span) {
    change.span = span;
    if let Change::Do(block) = &mut change.value {
        block.statements.iter_mut().for_each(|statement| flatten(&mut statement.change, span));
    }
}

fn note(class: OpaqueClass, reason: &str, span: Span, out: &mut Vec<BlockStatement>) {
    let change = Spanned { value: Change::Opaque(Opaque { reason: reason.into(), class }), span };
    out.push(BlockStatement { change, conditional: false, returned: false });
}

/// The tokens that a grammar sees.
fn tokens(text: &str) -> Vec<Token> {
    Scanner::new(text, &LEXIS).filter(|token| !token.is_trivia()).collect()
}

/// Where a text stands.
#[derive(Clone, Copy)]
struct Place {
    span: Span,
    /// It stands there as it is; otherwise no better place than the whole is known.
    exact: bool,
}

impl Place {
    /// A text that stands nowhere as it is.
    fn vague(span: Span) -> Place {
        Place { span, exact: false }
    }

    fn inside(self, start: usize, end: usize) -> Place {
        let Span { file, start: base, .. } = self.span;
        if self.exact { Place { span: Span::new(file, base as usize + start, base as usize + end), ..self } } else { self }
    }
}

thread_local! {
    /// Bodies that are being read on this thread, each inside the one before.
    static DEPTH: Cell<usize> = const { Cell::new(0) };
}

/// One more body, for as long as it lives.
struct Nesting {
    depth: usize,
}

impl Nesting {
    fn enter() -> Self {
        let depth = DEPTH.get() + 1;
        DEPTH.set(depth);
        Nesting { depth }
    }
}

impl Drop for Nesting {
    fn drop(&mut self) {
        DEPTH.set(self.depth - 1);
    }
}

#[cfg(test)]
#[path = "body_tests.rs"]
mod tests;
