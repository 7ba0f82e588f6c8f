//! A text without what does not matter to the server: two texts with one normal form do the same.

use super::scan::{Lexis, Scanner, TokenKind};

/// The tokens of a text, one space apart: no comments, no line breaks outside of quotes, words without case.
pub fn normal_form(text: &str, lexis: &Lexis) -> String {
    let mut out = String::with_capacity(text.len());
    for token in Scanner::new(text, lexis).filter(|token| !token.is_trivia()) {
        if !out.is_empty() {
            out.push(' ');
        }
        match token.kind {
            TokenKind::Word => out.extend(token.text(text).chars().flat_map(char::to_lowercase)),
            _ => out.push_str(token.text(text)),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_matter_is_left_out() {
        let normal = |text| normal_form(text, &Lexis::POSTGRES);
        assert_eq!(normal("-- why\nDROP  TABLE\r\n\tUsers /* gone */;"), "drop table users ;");
        assert_eq!(normal("drop table users;"), normal("DROP TABLE users ; -- x"));
        assert_ne!(normal("SELECT 'A'"), normal("SELECT 'a'"));
        assert_ne!(normal("SELECT \"A\""), normal("SELECT \"a\""));
        assert_ne!(normal("DO $$ a  b $$"), normal("DO $$ a b $$"));
    }
}
