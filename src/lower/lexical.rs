//! What tokens mean to PostgreSQL: names as it stores them, the values of literals, and where a token stands in its text.

use crate::change::Ident;
use sqlparser::tokenizer::{Location, Token, TokenWithSpan, Word};

/// PostgreSQL cuts longer names (`NAMEDATALEN` - 1, manual section 4.1.1).
const MAX_NAME_BYTES: usize = 63;

/// Words that `sqlparser` takes for names although they are grammar, told in the words that it knows: `x ISNULL` as `x IS
/// NULL`, no `ONLY` in `FROM ONLY t` (who wants to know asks [`after_only`]), no `FROM` in `trim(both FROM x)`, and no `SYMMETRIC` in `BETWEEN SYMMETRIC`.
pub(super) fn mend(tokens: &mut Vec<TokenWithSpan>) {
    const MENDED: [&str; 7] = ["ISNULL", "ONLY", "BOTH", "LEADING", "TRAILING", "SYMMETRIC", "ASYMMETRIC"];
    let is_one_of = |token: &Token, words: &[&str]| words.iter().any(|word| is_word(token, word));
    if !tokens.iter().any(|token| is_one_of(&token.token, &MENDED)) {
        return;
    }
    let mut mended: Vec<TokenWithSpan> = Vec::with_capacity(tokens.len() + 1);
    let mut rest = std::mem::take(tokens).into_iter().peekable();
    // Whether the parenthesis of `ONLY (t)` is open.
    let mut in_only = false;
    while let Some(mut token) = rest.next() {
        let before = mended.last().map_or(&Token::EOF, |last| &last.token);
        let before_name = rest.peek().is_some_and(|next| matches!(next.token, Token::Word(_) | Token::LParen));
        let begins_item = matches!(before, Token::Comma | Token::LParen) || is_one_of(before, &["FROM", "JOIN", "USING"]);
        let superfluous = is_word(&token.token, "ONLY") && before_name && begins_item
            || is_word(&token.token, "FROM") && is_one_of(before, &["BOTH", "LEADING", "TRAILING"])
            || is_one_of(&token.token, &["SYMMETRIC", "ASYMMETRIC"]) && is_word(before, "BETWEEN");
        let begins_value = matches!(before, Token::EOF | Token::Period | Token::Comma | Token::LParen);
        if is_word(&token.token, "ISNULL") && !begins_value && !is_one_of(before, &["AS", "SELECT"]) {
            token.token = Token::make_keyword("IS");
            let null = TokenWithSpan { token: Token::make_keyword("NULL"), span: token.span };
            mended.extend([token, null]);
        } else if superfluous {
            in_only = is_word(&token.token, "ONLY") && rest.next_if(|next| next.token == Token::LParen).is_some();
        } else if in_only && token.token == Token::RParen {
            in_only = false;
        } else {
            mended.push(token);
        }
    }
    *tokens = mended;
}

/// Whether `ONLY` stands before what begins at this byte of a text, perhaps with a parenthesis between.
pub(super) fn after_only(text: &str, at: usize) -> bool {
    let before = text[..at].trim_end();
    let before = before.strip_suffix('(').map_or(before, str::trim_end);
    let Some((rest, word)) = before.len().checked_sub(4).and_then(|at| before.split_at_checked(at)) else { return false };
    word.eq_ignore_ascii_case("ONLY") && rest.ends_with(|last: char| last.is_whitespace() || matches!(last, ',' | '(' | '/'))
}

/// The clauses `FOR NO KEY UPDATE`, `FOR KEY SHARE` and `FOR UPDATE OF a, b` in the words that `sqlparser` knows: without the
/// keys, and a clause for each name. The words are those of a policy too, but not in such an order.
pub(super) fn mend_locking(tokens: &mut Vec<TokenWithSpan>) {
    let is = |token: Option<&TokenWithSpan>, word: &str| token.is_some_and(|token| is_word(&token.token, word));
    let mut at = 0;
    while at + 1 < tokens.len() {
        let begins = is(tokens.get(at), "FOR");
        at += 1;
        if !begins {
            continue;
        }
        let words = |words: &[&str]| words.iter().enumerate().all(|(n, word)| is(tokens.get(at + n), word));
        if words(&["NO", "KEY", "UPDATE"]) {
            tokens.drain(at..at + 2);
        } else if words(&["KEY", "SHARE"]) {
            tokens.remove(at);
        }
        if !(is(tokens.get(at), "UPDATE") || is(tokens.get(at), "SHARE")) || !is(tokens.get(at + 1), "OF") {
            continue;
        }
        let strength = tokens[at].token.clone();
        at += 3;
        while tokens.get(at).is_some_and(|token| token.token == Token::Comma) {
            let span = tokens[at].span;
            let clause = [Token::make_keyword("FOR"), strength.clone(), Token::make_keyword("OF")];
            tokens.splice(at..=at, clause.map(|token| TokenWithSpan { token, span }));
            at += 4;
        }
    }
}

/// A word as PostgreSQL stores it: in lower case unless quoted, cut to 63 bytes. The server folds letters beyond ASCII only
/// in single-byte encodings.
pub(crate) fn fold(word: &Word) -> Ident {
    match word.quote_style {
        Some(_) => cut(&word.value).into(),
        None if word.value.bytes().any(|byte| byte.is_ascii_uppercase()) => cut(&word.value.to_ascii_lowercase()).into(),
        None => cut(&word.value).into(),
    }
}

/// `sqlparser`'s identifier as PostgreSQL stores it.
pub(crate) fn fold_ident(ident: &sqlparser::ast::Ident) -> Ident {
    match ident.quote_style {
        Some(_) => cut(&ident.value).into(),
        None => cut(&ident.value.to_ascii_lowercase()).into(),
    }
}

/// The part of a name that is kept.
pub(super) fn cut(name: &str) -> &str {
    &name[..name.floor_char_boundary(MAX_NAME_BYTES)]
}

/// Whether a token is this word, not quoted, in whatever case.
pub(crate) fn is_word(token: &Token, word: &str) -> bool {
    matches!(token, Token::Word(w) if w.quote_style.is_none() && w.value.eq_ignore_ascii_case(word))
}

/// The value of a string literal of any kind.
pub(crate) fn string_value(token: &Token) -> Option<&str> {
    match token {
        Token::SingleQuotedString(value)
        | Token::EscapedStringLiteral(value)
        | Token::UnicodeStringLiteral(value)
        | Token::NationalStringLiteral(value)
        | Token::SingleQuotedByteStringLiteral(value)
        | Token::HexStringLiteral(value) => Some(value),
        Token::DollarQuotedString(string) => Some(&string.value),
        _ => None,
    }
}

/// `d\0061t\+000061` without its escapes; what is no escape stays.
pub(super) fn unescape_unicode(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        result.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let (skip, digits) = if rest.starts_with('+') { (1, 6) } else { (0, 4) };
        let code = rest.get(skip..skip + digits).and_then(|hex| u32::from_str_radix(hex, 16).ok()).and_then(char::from_u32);
        match code {
            Some(c) => {
                result.push(c);
                rest = &rest[skip + digits..];
            }
            None => {
                result.push('\\');
                rest = rest.strip_prefix('\\').unwrap_or(rest);
            }
        }
    }
    result.push_str(rest);
    result
}

/// Where the lines of a text begin, to find the byte of a line and column.
pub(super) struct Locations {
    lines: Vec<u32>,
    /// Whether a character is a byte, so that a column needs no counting.
    ascii: bool,
}

impl Locations {
    /// Of this text.
    pub fn of(text: &str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at as u32 + 1);
        Locations { lines: std::iter::once(0).chain(breaks).collect(), ascii: text.is_ascii() }
    }

    /// The byte offset of a location in the text.
    pub fn offset(&self, text: &str, location: Location) -> usize {
        let line = (location.line as usize).saturating_sub(1);
        let Some(&start) = self.lines.get(line) else { return text.len() };
        let column = (location.column as usize).saturating_sub(1);
        if self.ascii {
            return (start as usize + column).min(text.len());
        }
        text[start as usize..].char_indices().nth(column).map_or(text.len(), |(at, _)| start as usize + at)
    }

    /// The ranges of tokens that follow each other, counting each character once.
    pub fn ranges(&self, text: &str, tokens: &[TokenWithSpan]) -> Vec<(u32, u32)> {
        let (mut line, mut column, mut byte) = (1u64, 1u64, 0usize);
        let mut advance = |to: Location| -> u32 {
            if self.ascii {
                return self.offset(text, to) as u32;
            }
            if line != to.line {
                (line, column, byte) = (to.line, 1, self.lines.get(to.line as usize - 1).map_or(text.len(), |at| *at as usize));
            }
            let mut rest = text[byte..].chars();
            while column < to.column && rest.next().is_some() {
                column += 1;
            }
            byte = text.len() - rest.as_str().len();
            byte as u32
        };
        tokens.iter().map(|token| (advance(token.span.start), advance(token.span.end))).collect()
    }
}
