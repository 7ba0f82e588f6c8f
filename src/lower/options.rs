//! Lists of options: storage parameters, and `OPTIONS` of foreign objects.

use super::cursor::{Cursor, Read};
use crate::change::Ident;
use sqlparser::tokenizer::Token;

impl Cursor<'_> {
    /// `(a = 1, ns.b = 'x', c)`: names with the text of their values; strings without quotes, nothing means `true`.
    pub fn options(&mut self) -> Read<Vec<(Ident, String)>> {
        self.paren_list(|cursor| {
            let name = cursor.option_name()?;
            let value = if cursor.eat_sign(&Token::Eq) { cursor.option_value()? } else { "true".to_owned() };
            Ok((name, value))
        })
    }

    /// `a` or `ns.a`, the name of a storage parameter.
    pub fn option_name(&mut self) -> Read<Ident> {
        let parts = self.dotted()?;
        match parts.as_slice() {
            [name] => Ok(name.clone()),
            parts => Ok(parts.join(".").into()),
        }
    }

    fn option_value(&mut self) -> Read<String> {
        if self.at_string() {
            return self.string();
        }
        let mark = self.mark();
        self.skip_to_comma();
        if self.mark() == mark { Err(self.refuse("a value")) } else { Ok(self.text_from(mark).to_owned()) }
    }

    /// `OPTIONS (a 'x', ADD b 'y', DROP c)` of foreign objects, after the word: names and values.
    pub fn foreign_options(&mut self) -> Read<Vec<(Ident, String)>> {
        self.expect_sign(&Token::LParen)?;
        let mut options = Vec::new();
        while !self.eat_sign(&Token::RParen) {
            let action = if matches!(self.peek(1), Token::Word(_)) { self.eat_any(&["ADD", "SET", "DROP"]) } else { None };
            let name = self.ident()?;
            let value = if action == Some("DROP") { String::new() } else { self.string()? };
            options.push((name, value));
            if !self.eat_sign(&Token::Comma) && !self.at_sign(&Token::RParen) {
                return Err(self.refuse("`,` or `)`"));
            }
        }
        Ok(options)
    }
}
