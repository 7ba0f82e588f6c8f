//! Expressions: their text, every name in it with its place, and what they are where that shows without evaluating them.

use super::cursor::{Cursor, Read};
use crate::change::Expr;

impl Cursor<'_> {
    /// An expression.
    pub fn expr(&mut self) -> Read<Expr> {
        let mark = self.mark();
        self.parse(|parser| parser.parse_expr())?;
        Ok(Expr::plain(self.text_from(mark)))
    }
}
