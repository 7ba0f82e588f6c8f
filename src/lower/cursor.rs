//! A statement as a row of tokens and a place in it: what the grammars of this module are written on. The tokens are
//! `sqlparser`'s and so is the parser inside, which reads expressions and queries in the middle of our own grammar; each
//! token keeps its byte range, so that spans and texts are exact.

use crate::change::{Expr, Ident, QName};
use crate::source::Span;
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer, Word};
use std::rc::Rc;

pub(super) use super::lexical::Locations;
use super::lexical::{after_only, cut, mend, mend_locking, unescape_unicode};
pub(crate) use super::lexical::{fold, fold_ident, is_word, string_value};

static POSTGRES: PostgreSqlDialect = PostgreSqlDialect {};

/// Nested expressions and queries.
const MAX_RECURSION: usize = 300;

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
        mend_locking(&mut tokens);
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

    /// Whether `ONLY` stands before the token at `mark`: a table without its children and partitions.
    pub fn is_after_only(&self, mark: usize) -> bool {
        self.ranges.get(mark).is_some_and(|(start, _)| after_only(self.text, *start as usize))
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

#[cfg(test)]
#[path = "cursor_tests.rs"]
mod tests;
