//! The values of PostgreSQL's string constants: `'it''s'`, `E'\n'`, `U&'\00e9'`, `$$...$$`, and pieces on several lines that the
//! standard joins. The manual's section 4.1.2 "Constants" has the rules.

use crate::parse::{Lexis, Scanner, TokenKind};
use std::ops::Range;

/// The value of a string constant (or of several that are joined), and where in `text` it stands as it is, where there is
/// nothing to unescape or join. `None`: this is no string constant.
pub fn decode(text: &str) -> Option<(String, Option<Range<usize>>)> {
    let mut value = String::new();
    let mut exact = None;
    let mut pieces = 0;
    let mut escapes = Escapes::None;
    let mut dollar = false;
    for token in Scanner::new(text, &Lexis::POSTGRES).filter(|token| !token.is_trivia()) {
        let piece = token.text(text);
        let inside = match token.kind {
            TokenKind::DollarString if pieces == 0 => {
                let tag = piece[1..].find('$')? + 2;
                dollar = true;
                tag..piece.len() - tag
            }
            TokenKind::String if !dollar => {
                let quote = piece.find('\'')?;
                escapes = match (pieces, piece[..quote].to_ascii_lowercase().as_str()) {
                    (1.., "") => escapes,
                    (0, "" | "n") => Escapes::None,
                    (0, "e") => Escapes::Backslash,
                    (0, "u&") => Escapes::Unicode,
                    _ => return None,
                };
                quote + 1..piece.len() - 1
            }
            _ => return None,
        };
        let raw = &piece[inside.clone()];
        let before = value.len();
        match token.kind {
            TokenKind::String => unescape(raw, escapes, &mut value),
            _ => value.push_str(raw),
        }
        exact = (pieces == 0 && value[before..] == *raw).then_some(token.start + inside.start..token.start + inside.end);
        pieces += 1;
    }
    (pieces > 0).then_some((value, exact))
}

#[derive(Clone, Copy, PartialEq)]
enum Escapes {
    None,
    Backslash,
    Unicode,
}

fn unescape(raw: &str, escapes: Escapes, out: &mut String) {
    let mut rest = raw;
    while let Some(at) = rest.find(['\'', '\\']) {
        let (before, after) = (&rest[..at], &rest[at + 1..]);
        out.push_str(before);
        rest = match (rest.as_bytes()[at], escapes) {
            (b'\'', _) => {
                out.push('\'');
                after.strip_prefix('\'').unwrap_or(after)
            }
            (_, Escapes::None) => {
                out.push('\\');
                after
            }
            (_, Escapes::Unicode) => match after.strip_prefix('+') {
                Some(digits) => code_point(digits, 6, 16, out),
                None => code_point(after, 4, 16, out),
            },
            (_, Escapes::Backslash) => backslash(after, out),
        };
    }
    out.push_str(rest);
}

/// What follows a backslash in `E'...'`; returns the rest.
fn backslash<'t>(after: &'t str, out: &mut String) -> &'t str {
    let Some(first) = after.chars().next() else { return after };
    let rest = &after[first.len_utf8()..];
    let plain = match first {
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'x' if rest.starts_with(|c: char| c.is_ascii_hexdigit()) => {
            let digits = rest.bytes().take(2).take_while(u8::is_ascii_hexdigit).count();
            return code_point(rest, digits, 16, out);
        }
        'u' => return code_point(rest, 4, 16, out),
        'U' => return code_point(rest, 8, 16, out),
        '0'..='7' => {
            let digits = after.bytes().take(3).take_while(|digit| (b'0'..b'8').contains(digit)).count();
            return code_point(after, digits, 8, out);
        }
        other => other,
    };
    out.push(plain);
    rest
}

/// A character by its number; what is no number stays as it is.
fn code_point<'t>(text: &'t str, digits: usize, radix: u32, out: &mut String) -> &'t str {
    let number = text.get(..digits).and_then(|digits| u32::from_str_radix(digits, radix).ok());
    match number.and_then(char::from_u32) {
        Some(character) => {
            out.push(character);
            &text[digits..]
        }
        None => {
            out.push('\\');
            text
        }
    }
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn values() {
        let cases = [
            ("'it''s'", "it's"),
            ("'a\\n'", "a\\n"),
            (r"E'a\n\'\\\x41\101\u00e9'", "a\n'\\AAé"),
            (r"U&'d\0061t\+000061'", "data"),
            ("$$it's$$", "it's"),
            ("$a$ $b$ $a$", " $b$ "),
            ("'a'\n -- and\n 'b'", "ab"),
            (r"E'\u12'", r"\12"),
        ];
        for (literal, value) in cases {
            assert_eq!(decode(literal).map(|(value, _)| value).as_deref(), Some(value), "{literal}");
        }
        for other in ["", "a", "1", "X'1f'", "'open", "$$a$$ 'b'"] {
            assert_eq!(decode(other), None, "{other}");
        }
    }

    #[test]
    fn a_plain_constant_stands_in_the_text() {
        for (literal, inside) in [("'abc'", "abc"), ("$x$it's$x$", "it's"), (" 'a'", "a")] {
            let (_, range) = decode(literal).expect("a constant");
            assert_eq!(range.map(|range| &literal[range]), Some(inside), "{literal}");
        }
        for literal in ["'it''s'", "'a'\n'b'", r"E'\n'"] {
            assert_eq!(decode(literal).and_then(|(_, range)| range), None, "{literal}");
        }
    }
}
