//! The arguments of a call, as far as their values are known from its text.

use super::known::{Known, folded};
use super::tokens;
use super::value::Value;
use crate::parse::TokenKind;

/// One argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Argument {
    /// `name =>` before it.
    pub name: Option<String>,
    /// Its value; `None`: it is not known.
    pub value: Option<Value>,
}

/// The arguments of the call whose parenthesis `text` begins with.
pub fn arguments(text: &str) -> Option<Vec<Argument>> {
    let tokens = tokens(text);
    let sign = |at: usize| tokens.get(at).filter(|token| token.kind != TokenKind::String).map_or("", |token| token.text(text));
    if sign(0) != "(" {
        return None;
    }
    let mut out = Vec::new();
    let (mut depth, mut start) = (0usize, 1);
    for at in 0..tokens.len() {
        match sign(at) {
            "(" | "[" => depth += 1,
            ")" | "]" if depth > 1 => depth -= 1,
            ")" | "," if depth == 1 => {
                let is_named = matches!(sign(start + 1), "=>" | ":=");
                let name = is_named.then(|| folded(sign(start)));
                let from = start + 2 * usize::from(is_named);
                if at > start {
                    let value =
                        super::constant::evaluate(text, tokens.get(from..at)?, &Known::default()).map(|found| found.value);
                    out.push(Argument { name, value });
                }
                if sign(at) == ")" {
                    return Some(out);
                }
                start = at + 1;
            }
            _ => {}
        }
    }
    None
}

/// The value of an expression, where it is known from its text.
pub fn constant(text: &str) -> Option<Value> {
    super::constant::evaluate(text, &tokens(text), &Known::default()).map(|found| found.value)
}
