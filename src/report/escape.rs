//! Foreign text for terminals: whatever a file, a name or a path holds, it is shown and never obeyed.

use std::borrow::Cow;
use std::fmt::Write;

/// The text with everything written out that a terminal would obey or that hides how the text reads: control characters and
/// escape sequences, marks that turn the direction of writing, and characters without width. Line feeds stay.
pub fn escape(text: &str) -> Cow<'_, str> {
    replace(text, |character| character != '\n' && is_hostile(character))
}

/// The same for SQL, whose tabs stay as well.
pub(super) fn escape_sql(text: &str) -> Cow<'_, str> {
    replace(text, |character| !matches!(character, '\n' | '\t') && is_hostile(character))
}

/// The same on one line: line feeds and tabs become spaces.
pub fn escape_line(text: &str) -> Cow<'_, str> {
    if !text.contains(['\n', '\t', '\r']) {
        return escape(text);
    }
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    Cow::Owned(escape(&line).into_owned())
}

/// JSON with the same characters as `\u` escapes; they can only stand inside strings.
pub(super) fn escape_json(json: String) -> String {
    match replace(&json, |character| character > '\u{7e}' && is_hostile(character)) {
        Cow::Borrowed(_) => json,
        Cow::Owned(_) => {
            let mut out = String::with_capacity(json.len() + 64);
            for character in json.chars() {
                if character > '\u{7e}' && is_hostile(character) {
                    let mut units = [0; 2];
                    for unit in character.encode_utf16(&mut units) {
                        write!(out, "\\u{unit:04x}").expect("writing to a string cannot fail");
                    }
                } else {
                    out.push(character);
                }
            }
            out
        }
    }
}

fn replace(text: &str, is_bad: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.chars().any(&is_bad) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if is_bad(character) {
            write!(out, "{}", character.escape_default()).expect("writing to a string cannot fail");
        } else {
            out.push(character);
        }
    }
    Cow::Owned(out)
}

fn is_hostile(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_obeyed() {
        for (text, shown) in [
            ("plain ünïcode 表", "plain ünïcode 表"),
            ("a\nb", "a\nb"),
            ("\x1b[31mred", "\\u{1b}[31mred"),
            ("a\u{202e}b\u{9b}c\u{200b}", "a\\u{202e}b\\u{9b}c\\u{200b}"),
            ("a\rb\tc", "a\\rb\\tc"),
        ] {
            assert_eq!(escape(text), shown);
        }
        assert_eq!(escape_line("a\n  b\tc"), "a b c");
        assert_eq!(escape_json("\"\u{202e}\u{e0001}é\"".into()), "\"\\u202e\\udb40\\udc01é\"");
    }
}
