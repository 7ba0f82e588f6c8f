//! A light look at where statements begin, for the runners whose transaction rules depend on the statements of a file. Knows
//! quotes, dollar quotes and comments; everything else about SQL is the parser's.

/// The start of each statement and its first words in upper case, up to `words` of them.
pub(super) fn openings(text: &str, words: usize) -> Vec<(usize, Vec<String>)> {
    let bytes = text.as_bytes();
    let mut found: Vec<(usize, Vec<String>)> = Vec::new();
    let (mut at, mut fresh) = (0, true);
    while at < bytes.len() {
        let end = token_end(text, at);
        match bytes[at] {
            b';' => fresh = true,
            b'-' | b'/' if end > at + 1 => {}
            byte if byte.is_ascii_whitespace() => {}
            byte => {
                if fresh {
                    found.push((at, Vec::new()));
                    fresh = false;
                }
                if let Some((_, taken)) = found.last_mut().filter(|(_, taken)| taken.len() < words && is_word(byte)) {
                    taken.push(text[at..end].to_ascii_uppercase());
                }
            }
        }
        at = end;
    }
    found
}

/// One past the `;` that ends the first statement.
pub(super) fn first_end(text: &str) -> Option<usize> {
    let mut at = 0;
    while at < text.len() {
        let end = token_end(text, at);
        if text.as_bytes()[at] == b';' {
            return Some(end);
        }
        at = end;
    }
    None
}

/// The text cut after the `;` of each statement and the end of its line, so that each piece holds one statement with the comments
/// above it; comments at the end are a piece of their own.
pub(super) fn pieces(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(end) = first_end(rest) {
        let line = rest[end..].find('\n').map_or(rest.len(), |newline| end + newline + 1);
        // What follows on the line belongs to it where it is a comment.
        let tail = rest[end..line].trim();
        let end = if tail.is_empty() || tail.starts_with("--") { line } else { end };
        out.push(rest[..end].to_owned());
        rest = &rest[end..];
    }
    if !rest.trim().is_empty() {
        out.push(rest.to_owned());
    }
    out
}

/// The text with quotes of the standard instead of dollar quotes around what has a `;` in it: some tools know only those.
pub(super) fn with_plain_quotes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        let end = token_end(text, at);
        let token = &text[at..end];
        let quoted = token.starts_with('$').then(|| token[1..].find('$')).flatten();
        match quoted.and_then(|tag| token.get(tag + 2..token.len().checked_sub(tag + 2)?)) {
            Some(body) if body.contains(';') => {
                let escaped = body.contains('\\');
                out.push_str(if escaped { "E'" } else { "'" });
                out.push_str(&body.replace('\\', "\\\\").replace('\'', "''"));
                out.push('\'');
            }
            _ => out.push_str(token),
        }
        at = end;
    }
    out
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// One past the token that starts at `at`, which is a character boundary as is the result.
fn token_end(text: &str, at: usize) -> usize {
    let rest = &text[at..];
    let bytes = rest.as_bytes();
    let length = match bytes[0] {
        b'-' if rest.starts_with("--") => rest.find('\n').unwrap_or(rest.len()),
        b'/' if rest.starts_with("/*") => block_comment(rest),
        quote @ (b'\'' | b'"') => 1 + bytes[1..].iter().position(|byte| *byte == quote).map_or(bytes.len() - 1, |end| end + 1),
        b'$' => dollar_quote(rest).unwrap_or(1),
        byte if is_word(byte) => bytes.iter().position(|byte| !is_word(*byte)).unwrap_or(bytes.len()),
        _ => 1,
    };
    at + length
}

fn block_comment(text: &str) -> usize {
    let (mut depth, mut at) = (0usize, 0);
    while let Some(found) = text[at..].find(['/', '*']) {
        at += found;
        if text[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if text[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    text.len()
}

fn dollar_quote(text: &str) -> Option<usize> {
    let tag_end = 1 + text[1..].find('$')?;
    let tag = &text[..=tag_end];
    let inner = &tag[1..tag_end];
    let named = inner.bytes().all(is_word) && !inner.starts_with(|first: char| first.is_ascii_digit());
    named.then(|| text[tag.len()..].find(tag).map_or(text.len(), |end| tag.len() + end + tag.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_open_after_semicolons_that_are_code() {
        let text = "-- a;\n/* ; /* ; */ ; */ create  index\nconcurrently x on y; do $x$ a; b $x$; SELECT ';', \";\" ; vacuum";
        let words: Vec<String> = openings(text, 3).into_iter().map(|(_, words)| words.join(" ")).collect();
        assert_eq!(words, ["CREATE INDEX CONCURRENTLY", "DO", "SELECT", "VACUUM"]);
        assert_eq!(first_end("-- ;\n';' ; x"), Some(10));
        assert_eq!(openings("'", 1).len() + openings("/*", 1).len() + openings("$a$", 1).len(), 2);
        assert!(openings("*/ / *", 1).len() == 1);
    }

    #[test]
    fn pieces_hold_a_statement_each() {
        let text = "-- head\n\nDROP a; -- why\nDO $$ x; $$;\n-- tail\n";
        assert_eq!(pieces(text), ["-- head\n\nDROP a; -- why\n", "DO $$ x; $$;\n", "-- tail\n"]);
        assert_eq!(pieces("a;b;"), ["a;", "b;"]);
        assert_eq!(pieces("\n"), Vec::<String>::new());
    }

    #[test]
    fn dollar_quotes_become_plain_where_that_matters() {
        for (from, to) in [
            ("DO $$ it's; $$;", "DO ' it''s; ';"),
            ("f($a$x$a$, '$$;$$')", "f($a$x$a$, '$$;$$')"),
            (r"DO $x$ a\b; $x$", r"DO E' a\\b; '"),
            ("$1; $", "$1; $"),
        ] {
            assert_eq!(with_plain_quotes(from), to);
        }
    }
}
