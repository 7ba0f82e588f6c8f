//! A statement as a row of tokens and a place in it: what the grammars of this module are written on. The tokens are
//! `sqlparser`'s and so is the parser inside, which reads expressions and queries in the middle of our own grammar; each
//! token keeps its byte range, so that spans and texts are exact.

use crate::change::{Expr, Ident, QName};
use crate::source::Span;
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Location, Token, TokenWithSpan, Tokenizer, Word};
use std::rc::Rc;

static POSTGRES: PostgreSqlDialect = PostgreSqlDialect {};

/// Nested expressions and queries.
const MAX_RECURSION: usize = 300;

/// PostgreSQL cuts longer names (`NAMEDATALEN` - 1, manual section 4.1.1).
const MAX_NAME_BYTES: usize = 63;

/// Why something was not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unread {
    /// For people: ``expected a name, found `(` ``.
    pub reason: String,
    /// The token in the way; at the end of the statement its last one.
    pub span: Span,
}

/// What reading gives.
pub(crate) type Read<T> = Result<T, Unread>;

/// Tokens and a place among them.
pub(crate) struct Cursor<'t> {
    text: &'t str,
    base: Span,
    parser: Parser<'static>,
    /// The byte range of each token in `text`.
    ranges: Vec<(u32, u32)>,
    /// Byte offsets of the tokens' locations, for what `sqlparser` hands back with a location only.
    locations: Rc<Locations>,
}

impl<'t> Cursor<'t> {
    /// At the first token of `text`, which stands at `base` in its file.
    pub fn new(text: &'t str, base: Span) -> Read<Self> {
        let mut tokens = Vec::with_capacity(text.len() / 4);
        match Tokenizer::new(&POSTGRES, text).tokenize_with_location_into_buf(&mut tokens) {
            Ok(()) => Ok(Self::with_tokens(text, base, tokens)),
            Err(error) => Err(Unread { reason: error.message, span: base }),
        }
    }

    /// At the first token of the first `bytes` or so of `text`: for what is too long to be read whole.
    pub fn beginning(text: &'t str, base: Span, bytes: usize) -> Self {
        let text = &text[..text.floor_char_boundary(bytes)];
        let mut tokens = Vec::new();
        // What the cut leaves open is the tokenizer's error; the tokens before it are there all the same.
        let _ = Tokenizer::new(&POSTGRES, text).tokenize_with_location_into_buf(&mut tokens);
        Self::with_tokens(text, base, tokens)
    }

    fn with_tokens(text: &'t str, base: Span, mut tokens: Vec<TokenWithSpan>) -> Self {
        tokens.retain(|token| !matches!(token.token, Token::Whitespace(_)));
        while tokens.last().is_some_and(|token| token.token == Token::SemiColon) {
            tokens.pop();
        }
        let locations = Rc::new(Locations::of(text));
        mend(&mut tokens);
        let ranges = locations.ranges(text, &tokens);
        let parser = Parser::new(&POSTGRES).with_recursion_limit(MAX_RECURSION).with_tokens_with_locations(tokens);
        Cursor { text, base, parser, ranges, locations }
    }

    // The place.

    /// The place, to come back to or to measure from.
    pub fn mark(&self) -> usize {
        self.parser.index()
    }

    /// Back (or forth) to a place.
    pub fn reset(&mut self, mark: usize) {
        while self.parser.index() > mark {
            self.parser.prev_token();
        }
        while self.parser.index() < mark {
            self.parser.advance_token();
        }
    }

    /// Whether nothing is left.
    pub fn at_end(&self) -> bool {
        self.mark() >= self.ranges.len()
    }

    /// How many tokens are left.
    pub fn remaining(&self) -> usize {
        self.ranges.len().saturating_sub(self.mark())
    }

    /// The next token but `n`; `EOF` behind the last.
    pub fn peek(&self, n: usize) -> &Token {
        &self.parser.peek_nth_token_ref(n).token
    }

    /// Steps over one token, if there is one.
    pub fn step(&mut self) {
        if !self.at_end() {
            self.parser.advance_token();
        }
    }

    /// The whole statement in its file.
    pub fn whole(&self) -> Span {
        self.base
    }

    /// The text of the whole statement.
    pub fn whole_text(&self) -> &'t str {
        self.text
    }

    /// From the token at `mark` to the last one read, in the file.
    pub fn span_from(&self, mark: usize) -> Span {
        let (start, end) = self.range_from(mark);
        self.span_of(start, end)
    }

    /// A byte range of the statement's text as a span of the file.
    pub fn span_of(&self, start: usize, end: usize) -> Span {
        Span { file: self.base.file, start: self.base.start + start as u32, end: self.base.start + end as u32 }
    }

    /// The byte range in the statement's text from the token at `mark` to the last one read.
    pub fn range_from(&self, mark: usize) -> (usize, usize) {
        let last = self.mark().min(self.ranges.len());
        match (self.ranges.get(mark), last.checked_sub(1).map(|at| self.ranges[at])) {
            (Some((start, _)), Some((_, end))) if last > mark => (*start as usize, end as usize),
            (Some((start, _)), _) => (*start as usize, *start as usize),
            (None, _) => (self.text.len(), self.text.len()),
        }
    }

    /// The text from the token at `mark` to the last one read, as written.
    pub fn text_from(&self, mark: usize) -> &'t str {
        let (start, end) = self.range_from(mark);
        &self.text[start..end]
    }

    /// The text from here to the last token, all of which counts as read.
    pub fn rest_text(&mut self) -> &'t str {
        let mark = self.mark();
        self.reset(self.ranges.len());
        self.text_from(mark)
    }

    /// Finds the byte offsets of locations that `sqlparser` reports.
    pub fn locations(&self) -> Rc<Locations> {
        Rc::clone(&self.locations)
    }

    /// The error that something else was expected here.
    pub fn refuse(&self, expected: &str) -> Unread {
        let (found, at) = match self.ranges.get(self.mark()) {
            Some(&(start, end)) => {
                (format!("found `{}`", shorten(&self.text[start as usize..end as usize])), (start as usize, end as usize))
            }
            None => {
                let (start, end) = self.ranges.last().copied().unwrap_or((0, 0));
                ("found the end of the statement".to_owned(), (start as usize, end as usize))
            }
        };
        Unread { reason: format!("expected {expected}, {found}"), span: self.span_of(at.0, at.1) }
    }

    // Words and signs.

    /// Whether these words come next: `at("NOT NULL")`. Quoted identifiers are no words.
    pub fn at(&self, words: &str) -> bool {
        words.split(' ').enumerate().all(|(n, word)| is_word(self.peek(n), word))
    }

    /// Whether a query comes next, perhaps in parentheses.
    pub fn at_query(&self) -> bool {
        let mut n = 0;
        while *self.peek(n) == Token::LParen {
            n += 1;
        }
        ["SELECT", "WITH", "VALUES", "TABLE"].iter().any(|word| is_word(self.peek(n), word))
    }

    /// Whether one of these words comes next.
    pub fn at_any(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.at(word))
    }

    /// Steps over these words if they come next.
    pub fn eat(&mut self, words: &str) -> bool {
        let found = self.at(words);
        if found {
            words.split(' ').for_each(|_| self.step());
        }
        found
    }

    /// Steps over the first of these alternatives that comes next, and says which.
    pub fn eat_any<'w>(&mut self, alternatives: &[&'w str]) -> Option<&'w str> {
        alternatives.iter().copied().find(|words| self.eat(words))
    }

    /// Steps over these words, which must come next.
    pub fn expect(&mut self, words: &str) -> Read<()> {
        if self.eat(words) { Ok(()) } else { Err(self.refuse(&format!("`{words}`"))) }
    }

    /// Whether this sign comes next.
    pub fn at_sign(&self, sign: &Token) -> bool {
        self.peek(0) == sign
    }

    /// Steps over this sign if it comes next.
    pub fn eat_sign(&mut self, sign: &Token) -> bool {
        let found = self.at_sign(sign);
        if found {
            self.step();
        }
        found
    }

    /// Steps over this sign, which must come next.
    pub fn expect_sign(&mut self, sign: &Token) -> Read<()> {
        if self.eat_sign(sign) { Ok(()) } else { Err(self.refuse(&format!("`{sign}`"))) }
    }

    /// `IF EXISTS`.
    pub fn if_exists(&mut self) -> bool {
        self.eat("IF EXISTS")
    }

    /// `IF NOT EXISTS`.
    pub fn if_not_exists(&mut self) -> bool {
        self.eat("IF NOT EXISTS")
    }

    /// `CASCADE` (true), `RESTRICT` or nothing.
    pub fn cascade(&mut self) -> bool {
        self.eat("CASCADE") || {
            self.eat("RESTRICT");
            false
        }
    }

    // Names.

    /// Whether a name may come next: any word, quoted or not.
    pub fn at_ident(&self) -> bool {
        matches!(self.peek(0), Token::Word(_))
    }

    /// A name, folded as the database does. Keywords are names here: where one must not be, it is looked for first.
    pub fn ident(&mut self) -> Read<Ident> {
        let name = match self.peek(0) {
            Token::Word(word) if self.at_unicode_name(word) => {
                let Token::Word(quoted) = self.peek(2) else { return Err(self.refuse("a name")) };
                let name = cut(&unescape_unicode(&quoted.value)).into();
                self.step();
                self.step();
                name
            }
            Token::Word(word) => fold(word),
            _ => return Err(self.refuse("a name")),
        };
        self.step();
        Ok(name)
    }

    /// `U&"d\0061t\+000061"`: three tokens without space between them.
    fn at_unicode_name(&self, word: &Word) -> bool {
        let touches = |n: usize| {
            let at = self.mark() + n;
            self.ranges.get(at).zip(self.ranges.get(at + 1)).is_some_and(|(a, b)| a.1 == b.0)
        };
        word.quote_style.is_none()
            && word.value.eq_ignore_ascii_case("u")
            && *self.peek(1) == Token::Ampersand
            && matches!(self.peek(2), Token::Word(Word { quote_style: Some('"'), .. }))
            && touches(0)
            && touches(1)
    }

    /// The parts of a dotted name, outermost first.
    pub fn dotted(&mut self) -> Read<Vec<Ident>> {
        let mut parts = vec![self.ident()?];
        while self.at_sign(&Token::Period) && matches!(self.peek(1), Token::Word(_)) {
            self.step();
            parts.push(self.ident()?);
        }
        Ok(parts)
    }

    /// A name that may be qualified; a database before the schema is dropped.
    pub fn qname(&mut self) -> Read<QName> {
        let mut name = QName { schema: None, name: self.ident()? };
        while self.at_sign(&Token::Period) && matches!(self.peek(1), Token::Word(_)) {
            self.step();
            let next = self.ident()?;
            name = QName { schema: Some(name.name), name: next };
        }
        Ok(name)
    }

    /// `table.column`, `schema.table.column`.
    pub fn column_name(&mut self) -> Read<(QName, Ident)> {
        let mut parts = self.dotted()?;
        match (parts.pop(), parts.pop()) {
            (Some(column), Some(table)) => Ok((QName { schema: parts.pop(), name: table }, column)),
            _ => Err(self.refuse("`.` and a column")),
        }
    }

    /// `a, b, c`: at least one of what `item` reads.
    pub fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Read<T>) -> Read<Vec<T>> {
        let mut items = vec![item(self)?];
        while self.eat_sign(&Token::Comma) {
            items.push(item(self)?);
        }
        Ok(items)
    }

    /// `(a, b, c)`: at least one of what `item` reads.
    pub fn paren_list<T>(&mut self, item: impl FnMut(&mut Self) -> Read<T>) -> Read<Vec<T>> {
        self.expect_sign(&Token::LParen)?;
        let items = self.list(item)?;
        self.expect_sign(&Token::RParen)?;
        Ok(items)
    }

    /// `(a, b)` of names.
    pub fn column_list(&mut self) -> Read<Vec<Ident>> {
        self.paren_list(Self::ident)
    }

    /// `a, s.b, c`.
    pub fn qnames(&mut self) -> Read<Vec<QName>> {
        self.list(Self::qname)
    }

    /// A role: a name; `PUBLIC`, `CURRENT_USER` and their kin in lower case; the old word `GROUP` before it is dropped.
    pub fn role(&mut self) -> Read<Ident> {
        if self.at("GROUP") && matches!(self.peek(1), Token::Word(_)) {
            self.step();
        }
        self.ident()
    }

    // Literals.

    /// Whether a string literal of any kind comes next.
    pub fn at_string(&self) -> bool {
        string_value(self.peek(0)).is_some()
    }

    /// A string literal of any kind, without quotes and escapes; literals that follow each other are one (manual section
    /// 4.1.2.1).
    pub fn string(&mut self) -> Read<String> {
        let Some(first) = string_value(self.peek(0)) else { return Err(self.refuse("a string")) };
        let (mut value, dollar) = (first.to_owned(), matches!(self.peek(0), Token::DollarQuotedString(_)));
        self.step();
        while let (false, Token::SingleQuotedString(next)) = (dollar, self.peek(0)) {
            value.push_str(next);
            self.step();
        }
        Ok(value)
    }

    /// A whole number with or without a sign.
    pub fn integer(&mut self) -> Read<i64> {
        let mark = self.mark();
        let negative = self.eat_sign(&Token::Minus) || {
            self.eat_sign(&Token::Plus);
            false
        };
        let value = match self.peek(0) {
            Token::Number(digits, _) => {
                let digits = digits.replace('_', "");
                let signed = if negative { format!("-{digits}") } else { digits };
                signed.parse().ok()
            }
            _ => None,
        };
        match value {
            Some(value) => {
                self.step();
                Ok(value)
            }
            None => {
                self.reset(mark);
                Err(self.refuse("a whole number"))
            }
        }
    }

    // Pieces kept as text.

    /// Steps over one token, or over parentheses (or brackets) and everything between them.
    pub fn skip_group(&mut self) {
        let mut depth = 0usize;
        loop {
            match self.peek(0) {
                Token::LParen | Token::LBracket => depth += 1,
                Token::RParen | Token::RBracket => depth = depth.saturating_sub(1),
                Token::EOF => return,
                _ => {}
            }
            self.step();
            if depth == 0 {
                return;
            }
        }
    }

    /// Steps to the next comma that stands in no parentheses, or to a closing parenthesis, or to the end.
    pub fn skip_to_comma(&mut self) {
        while !self.at_end() && !matches!(self.peek(0), Token::Comma | Token::RParen) {
            self.skip_group();
        }
    }

    /// `( ... )`: the text between the parentheses, as written.
    pub fn paren_text(&mut self) -> Read<&'t str> {
        if !self.at_sign(&Token::LParen) {
            return Err(self.refuse("`(`"));
        }
        let mark = self.mark();
        self.skip_group();
        let text = self.text_from(mark);
        match text.strip_prefix('(').and_then(|text| text.strip_suffix(')')) {
            Some(inner) => Ok(inner.trim()),
            None => Err(self.refuse("`)`")),
        }
    }

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

    // What `sqlparser` reads.

    /// Lets `sqlparser` read something here. Where it fails the place is the one before.
    pub fn parse<T>(&mut self, read: impl FnOnce(&mut Parser<'static>) -> Result<T, ParserError>) -> Read<T> {
        let mark = self.mark();
        read(&mut self.parser).map_err(|error| {
            let reason = match error {
                ParserError::RecursionLimitExceeded => "nested too deeply".to_owned(),
                ParserError::ParserError(message) | ParserError::TokenizerError(message) => without_location(&message),
            };
            let at = self.mark().max(mark).min(self.ranges.len().max(1) - 1);
            self.reset(mark);
            let (start, end) = self.ranges.get(at).copied().unwrap_or((0, 0));
            Unread { reason, span: self.span_of(start as usize, end as usize) }
        })
    }

    /// `( expression )`: the expression without the parentheses.
    pub fn paren_expr(&mut self) -> Read<Expr> {
        self.expect_sign(&Token::LParen)?;
        let expr = self.expr()?;
        self.expect_sign(&Token::RParen)?;
        Ok(expr)
    }
}

/// Words that `sqlparser` takes for names although they are grammar, told in the words that it knows: `x ISNULL` as `x IS
/// NULL`, no `ONLY` in `FROM ONLY t`, where it changes nothing that is read here, no `FROM` in
/// `trim(both FROM x)`, and no `SYMMETRIC` in `BETWEEN SYMMETRIC`.
fn mend(tokens: &mut Vec<TokenWithSpan>) {
    const MENDED: [&str; 7] = ["ISNULL", "ONLY", "BOTH", "LEADING", "TRAILING", "SYMMETRIC", "ASYMMETRIC"];
    let is_one_of = |token: &Token, words: &[&str]| words.iter().any(|word| is_word(token, word));
    if !tokens.iter().any(|token| is_one_of(&token.token, &MENDED)) {
        return;
    }
    let mut mended: Vec<TokenWithSpan> = Vec::with_capacity(tokens.len() + 1);
    let mut rest = std::mem::take(tokens).into_iter().peekable();
    while let Some(mut token) = rest.next() {
        let before = mended.last().map_or(&Token::EOF, |last| &last.token);
        let before_name = rest.peek().is_some_and(|next| matches!(next.token, Token::Word(_)));
        let superfluous = is_word(&token.token, "ONLY") && before_name && is_one_of(before, &["FROM", "JOIN"])
            || is_word(&token.token, "FROM") && is_one_of(before, &["BOTH", "LEADING", "TRAILING"])
            || is_one_of(&token.token, &["SYMMETRIC", "ASYMMETRIC"]) && is_word(before, "BETWEEN");
        let begins_value = matches!(before, Token::EOF | Token::Period | Token::Comma | Token::LParen);
        if is_word(&token.token, "ISNULL") && !begins_value && !is_one_of(before, &["AS", "SELECT"]) {
            token.token = Token::make_keyword("IS");
            let null = TokenWithSpan { token: Token::make_keyword("NULL"), span: token.span };
            mended.extend([token, null]);
        } else if !superfluous {
            mended.push(token);
        }
    }
    *tokens = mended;
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

fn cut(name: &str) -> &str {
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
fn unescape_unicode(text: &str) -> String {
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

/// `sqlparser` ends its messages with a line and column, which count from the statement and mislead.
fn without_location(message: &str) -> String {
    let end = message.find(" at Line: ").unwrap_or(message.len());
    let mut chars = message[..end].chars();
    chars.next().map(|first| first.to_ascii_lowercase().to_string() + chars.as_str()).unwrap_or_default()
}

fn shorten(text: &str) -> &str {
    let end = text.floor_char_boundary(40).min(text.find('\n').unwrap_or(text.len()));
    &text[..end]
}

/// Where the lines of a text begin, to find the byte of a line and column.
pub(super) struct Locations {
    lines: Vec<u32>,
    /// Whether a character is a byte, so that a column needs no counting.
    ascii: bool,
}

impl Locations {
    fn of(text: &str) -> Self {
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
    fn ranges(&self, text: &str, tokens: &[TokenWithSpan]) -> Vec<(u32, u32)> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Sources;

    fn cursor(text: &str) -> Cursor<'_> {
        let mut sources = Sources::default();
        let file = sources.add("a.sql", text);
        Cursor::new(text, sources.whole(file)).expect("it is made of tokens")
    }

    #[test]
    fn names_are_folded_as_the_server_does() {
        let mut c = cursor(r#"Users "Users" db.Public."T" U&"d\0061t\+000061" ÄÖ u "a""b""#);
        assert_eq!(c.ident().expect("a name"), "users");
        assert_eq!(c.ident().expect("a name"), "Users");
        assert_eq!(c.qname().expect("a name"), QName::in_schema("public", "T"));
        assert_eq!(c.ident().expect("a name"), "data");
        assert_eq!(c.ident().expect("a name"), "ÄÖ");
        assert_eq!(c.ident().expect("a name"), "u");
        assert_eq!(c.ident().expect("a name"), "a\"b");
        assert!(c.at_end());
        assert_eq!(cursor(&"x".repeat(70)).ident().expect("a name").len(), 63);
    }

    #[test]
    fn words_match_in_any_case_and_never_when_quoted() {
        let mut c = cursor(r#"not Null "not" null"#);
        assert!(!c.eat("NOT NULLS"));
        assert!(c.eat("NOT NULL"));
        assert!(!c.at("NOT"));
        assert_eq!(c.expect("NOT").expect_err("it is quoted").reason, "expected `NOT`, found `\"not\"`");
    }

    #[test]
    fn texts_and_spans_are_exact() {
        let mut c = cursor("é 'ß' -- comment\n  (ä, b) tail ;");
        let mark = c.mark();
        c.step();
        assert_eq!(c.string().expect("a string"), "ß");
        assert_eq!(c.text_from(mark), "é 'ß'");
        let mark = c.mark();
        assert_eq!(c.column_list().expect("a list"), ["ä", "b"]);
        assert_eq!(c.text_from(mark), "(ä, b)");
        assert_eq!(c.rest_text(), "tail");
        assert_eq!(c.refuse("more").reason, "expected more, found the end of the statement");
    }

    #[test]
    fn literals() {
        let mut c = cursor("'a' 'b' E'c\\n' $x$d$x$ U&'\\0061' -5 +7 1_000 99999999999999999999");
        let strings: Vec<_> = (0..4).map(|_| c.string().expect("a string")).collect();
        assert_eq!(strings, ["ab", "c\n", "d", "a"]);
        let numbers: Vec<_> = (0..3).map(|_| c.integer().expect("a number")).collect();
        assert_eq!(numbers, [-5, 7, 1000]);
        assert!(c.integer().is_err());
    }

    #[test]
    fn option_lists() {
        let mut c = cursor("(fillfactor = 70, toast.x = 'on', y, z = -0.5) (host 'h', ADD port '1')");
        let options = c.options().expect("options");
        let shown: Vec<_> = options.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(shown, ["fillfactor=70", "toast.x=on", "y=true", "z=-0.5"]);
        assert_eq!(c.foreign_options().expect("options").len(), 2);
    }
}
