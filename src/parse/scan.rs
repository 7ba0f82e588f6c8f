//! SQL text to tokens, without loss: every byte belongs to exactly one token, whatever the text. The scanner knows a
//! database's lexical rules ([`Lexis`]) and nothing of its grammar. It works on bytes, in linear time, and keeps nothing
//! but a position, so that a dump of 100 MB costs no memory.
//!
//! The rules are those of PostgreSQL's manual, section 4.1 "Lexical Structure", and of `psql` for its meta-commands.

/// The lexical rules of a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lexis {
    /// `$tag$ ... $tag$` is a string.
    pub dollar_quotes: bool,
    /// `/* /* */ */` is one comment.
    pub nested_comments: bool,
    /// `E'...'`, `B'...'`, `X'...'`, `N'...'`, `U&'...'` and `U&"..."` are one token, the first with backslash escapes.
    pub prefixed_strings: bool,
    /// A backslash escapes the next character in every string.
    pub backslash_escapes: bool,
    /// `"..."` is a string, not an identifier.
    pub double_quoted_strings: bool,
    /// `` `...` `` is an identifier.
    pub backticks: bool,
    /// `[...]` is an identifier.
    pub brackets: bool,
    /// `#` begins a comment.
    pub hash_comments: bool,
    /// `--` begins a comment only with white space behind it.
    pub dashes_need_space: bool,
    /// A backslash and a letter outside of quotes begin a command to the client, up to the end of the line.
    pub meta_commands: bool,
    /// `COPY ... FROM stdin;` is followed by lines of data, up to the line `\.`.
    pub copy_data: bool,
    /// The line `DELIMITER x` makes `x` end the statements that follow.
    pub delimiter_command: bool,
    /// `CREATE TRIGGER ... BEGIN ...; END` has a body with semicolons.
    pub trigger_bodies: bool,
}

impl Lexis {
    /// PostgreSQL with `standard_conforming_strings` on, as `psql` reads it.
    pub const POSTGRES: Lexis = Lexis {
        dollar_quotes: true,
        nested_comments: true,
        prefixed_strings: true,
        backslash_escapes: false,
        double_quoted_strings: false,
        backticks: false,
        brackets: false,
        hash_comments: false,
        dashes_need_space: false,
        meta_commands: true,
        copy_data: true,
        delimiter_command: false,
        trigger_bodies: false,
    };

    /// MySQL and MariaDB with their default `sql_mode`, as the `mysql` client reads them.
    pub const MYSQL: Lexis = Lexis {
        dollar_quotes: false,
        nested_comments: false,
        prefixed_strings: false,
        backslash_escapes: true,
        double_quoted_strings: true,
        backticks: true,
        brackets: false,
        hash_comments: true,
        dashes_need_space: true,
        meta_commands: false,
        copy_data: false,
        delimiter_command: true,
        trigger_bodies: false,
    };

    /// SQLite.
    pub const SQLITE: Lexis = Lexis {
        dollar_quotes: false,
        nested_comments: false,
        prefixed_strings: false,
        backslash_escapes: false,
        double_quoted_strings: false,
        backticks: true,
        brackets: true,
        hash_comments: false,
        dashes_need_space: false,
        meta_commands: false,
        copy_data: false,
        delimiter_command: false,
        trigger_bodies: true,
    };
}

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// White space, or the byte order mark at the very start.
    Space,
    /// `-- ...` or `# ...`, without the line's end.
    LineComment,
    /// `/* ... */`.
    BlockComment,
    /// A keyword or an unquoted identifier.
    Word,
    /// An identifier in quotes.
    QuotedWord,
    /// A string constant in quotes, with its prefix.
    String,
    /// A string constant between `$tag$`.
    DollarString,
    /// A number.
    Number,
    /// `$1`.
    Parameter,
    /// One operator, also `::`, `:=`, `=>` and `..`.
    Operator,
    /// `;`, or what the `DELIMITER` command named.
    Delimiter,
    /// One of `( ) [ ] { } , . :`, and `;` where something else ends statements.
    Punctuation,
    /// A command to the client (`\set x 1`, `DELIMITER //`), up to the end of the line.
    MetaCommand,
    /// Something that is opened and never closed; it takes the rest of the text.
    Unterminated(Unterminated),
    /// A byte that means nothing in SQL.
    Unknown,
}

/// What is opened and never closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unterminated {
    /// A string constant in quotes.
    String,
    /// An identifier in quotes.
    QuotedWord,
    /// A dollar-quoted string.
    DollarString,
    /// A `/*` comment.
    Comment,
}

/// One token: a kind and the bytes from `start` up to `end` of the scanned text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// The first byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Token {
    /// The token's text; `text` is what was scanned.
    pub fn text<'t>(&self, text: &'t str) -> &'t str {
        &text[self.start..self.end]
    }

    /// Whether this is the unquoted word, in any case of its letters.
    pub fn is_word(&self, text: &str, word: &str) -> bool {
        self.kind == TokenKind::Word && self.text(text).eq_ignore_ascii_case(word)
    }

    /// Whether a parser may leave it out: white space and comments.
    pub fn is_trivia(&self) -> bool {
        matches!(self.kind, TokenKind::Space | TokenKind::LineComment | TokenKind::BlockComment)
    }
}

/// The tokens of a text, in order and without gaps.
#[derive(Debug, Clone)]
pub struct Scanner<'t> {
    text: &'t str,
    bytes: &'t [u8],
    lexis: &'t Lexis,
    at: usize,
    /// What ends a statement; the `DELIMITER` command changes it.
    delimiter: &'t str,
    /// Whether only white space stands before `at` on its line.
    line_start: bool,
    continuation: Continuation,
}

/// Whether a plain quote goes on with an `E'...'` string: the standard joins strings that are separated by a new line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Continuation {
    No,
    SameLine,
    NextLine,
}

impl<'t> Scanner<'t> {
    /// Reads `text` by the rules of `lexis`.
    pub fn new(text: &'t str, lexis: &'t Lexis) -> Self {
        let bytes = text.as_bytes();
        Scanner { text, bytes, lexis, at: 0, delimiter: ";", line_start: true, continuation: Continuation::No }
    }

    /// Goes on at byte `at`, past something that is not SQL (data in the script). `at` lies on a character's border.
    pub fn skip_to(&mut self, at: usize) {
        self.at = at;
        self.line_start = true;
        self.continuation = Continuation::No;
    }

    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    /// The length and kind of the token at `at`, which is not the end.
    fn token(&self) -> (TokenKind, usize) {
        let rest = &self.bytes[self.at..];
        let (first, second) = (rest[0], self.peek(1));
        if self.at == 0 && self.text.starts_with('\u{feff}') {
            return (TokenKind::Space, self.text.len() - self.text.trim_start_matches('\u{feff}').len());
        }
        if is_space(first) {
            return (TokenKind::Space, run(rest, is_space));
        }
        if rest.starts_with(self.delimiter.as_bytes()) {
            return (TokenKind::Delimiter, self.delimiter.len());
        }
        match first {
            b'-' if self.begins_line_comment(rest) => (TokenKind::LineComment, line_length(rest)),
            b'#' if self.lexis.hash_comments => (TokenKind::LineComment, line_length(rest)),
            b'/' if second == b'*' => self.block_comment(rest),
            b'\'' => self.string(rest, 0, self.lexis.backslash_escapes || self.continuation == Continuation::NextLine),
            b'"' if self.lexis.double_quoted_strings => self.string(rest, 0, self.lexis.backslash_escapes),
            b'"' => quoted_word(rest, 0, b'"'),
            b'`' if self.lexis.backticks => quoted_word(rest, 0, b'`'),
            b'[' if self.lexis.brackets => quoted_word(rest, 0, b']'),
            b'$' if self.lexis.dollar_quotes => self.dollar(rest),
            b'\\' if self.lexis.meta_commands && (second.is_ascii_alphabetic() || matches!(second, b'!' | b'?' | b'.')) => {
                (TokenKind::MetaCommand, line_length(rest))
            }
            b'0'..=b'9' => (TokenKind::Number, number_length(rest)),
            b'.' if second.is_ascii_digit() => (TokenKind::Number, number_length(rest)),
            b'.' if second == b'.' => (TokenKind::Operator, 2),
            b':' if second == b':' || second == b'=' => (TokenKind::Operator, 2),
            b'(' | b')' | b'[' | b']' | b'{' | b'}' | b',' | b'.' | b':' | b';' => (TokenKind::Punctuation, 1),
            _ if is_word_start(first) => self.word(rest),
            _ if is_operator(first) => (TokenKind::Operator, operator_length(rest)),
            _ => (TokenKind::Unknown, 1),
        }
    }

    fn begins_line_comment(&self, rest: &[u8]) -> bool {
        rest.starts_with(b"--") && (!self.lexis.dashes_need_space || rest.get(2).is_none_or(|byte| is_space(*byte)))
    }

    fn block_comment(&self, rest: &[u8]) -> (TokenKind, usize) {
        let (mut at, mut depth) = (2, 1);
        while at + 1 < rest.len() {
            match &rest[at..at + 2] {
                b"*/" => {
                    (at, depth) = (at + 2, depth - 1);
                    if depth == 0 {
                        return (TokenKind::BlockComment, at);
                    }
                }
                b"/*" if self.lexis.nested_comments => (at, depth) = (at + 2, depth + 1),
                _ => at += 1,
            }
        }
        (TokenKind::Unterminated(Unterminated::Comment), rest.len())
    }

    /// A string whose quote stands at `quote`.
    fn string(&self, rest: &[u8], quote: usize, escapes: bool) -> (TokenKind, usize) {
        match quoted_length(rest, quote, rest[quote], escapes) {
            Some(length) => (TokenKind::String, length),
            None => (TokenKind::Unterminated(Unterminated::String), rest.len()),
        }
    }

    fn dollar(&self, rest: &[u8]) -> (TokenKind, usize) {
        let tag = if rest.get(1).is_some_and(|byte| is_word_start(*byte)) {
            1 + run(&rest[1..], |byte| is_word_start(byte) || byte.is_ascii_digit())
        } else {
            1
        };
        if rest.get(tag) == Some(&b'$') {
            let (delimiter, inside) = self.text[self.at..].split_at(tag + 1);
            return match inside.find(delimiter) {
                Some(end) => (TokenKind::DollarString, end + 2 * delimiter.len()),
                None => (TokenKind::Unterminated(Unterminated::DollarString), rest.len()),
            };
        }
        match run(&rest[1..], |byte| byte.is_ascii_digit()) {
            0 => (TokenKind::Unknown, 1),
            digits => (TokenKind::Parameter, 1 + digits),
        }
    }

    fn word(&self, rest: &[u8]) -> (TokenKind, usize) {
        if self.lexis.prefixed_strings {
            match (rest[0].to_ascii_lowercase(), &rest[1..]) {
                (b'e', [b'\'', ..]) => return self.string(rest, 1, true),
                (b'b' | b'x' | b'n', [b'\'', ..]) => return self.string(rest, 1, false),
                (b'u', [b'&', b'\'', ..]) => return self.string(rest, 2, false),
                (b'u', [b'&', b'"', ..]) => return quoted_word(rest, 2, b'"'),
                _ => {}
            }
        }
        let length = run(rest, |byte| is_word_start(byte) || byte.is_ascii_digit() || byte == b'$');
        if self.lexis.delimiter_command && self.line_start && rest[..length].eq_ignore_ascii_case(b"delimiter") {
            return (TokenKind::MetaCommand, line_length(rest));
        }
        // `$$` as a delimiter of MySQL's client ends a word.
        let length = match self.delimiter {
            ";" => length,
            other => self.text[self.at..self.at + length].find(other).unwrap_or(length),
        };
        (TokenKind::Word, length)
    }

    /// What the token means for the tokens after it.
    fn remember(&mut self, kind: TokenKind, text: &'t str) {
        let new_line = kind == TokenKind::Space && text.contains(['\n', '\r']);
        self.continuation = match kind {
            TokenKind::String if text.starts_with(['e', 'E']) => Continuation::SameLine,
            TokenKind::String if self.continuation == Continuation::NextLine => Continuation::SameLine,
            TokenKind::Space if self.continuation == Continuation::SameLine && new_line => Continuation::NextLine,
            TokenKind::Space | TokenKind::LineComment => self.continuation,
            _ => Continuation::No,
        };
        if kind == TokenKind::MetaCommand
            && self.lexis.delimiter_command
            && let Some(delimiter) = text.split_ascii_whitespace().nth(1)
        {
            self.delimiter = delimiter;
        }
        self.line_start = kind == TokenKind::Space && (new_line || self.line_start);
    }
}

impl Iterator for Scanner<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        if self.at >= self.bytes.len() {
            return None;
        }
        let (kind, length) = self.token();
        let (start, end) = (self.at, self.at + length);
        self.remember(kind, &self.text[start..end]);
        self.at = end;
        Some(Token { kind, start, end })
    }
}

/// The length of the longest prefix of such bytes.
fn run(bytes: &[u8], belongs: impl Fn(u8) -> bool) -> usize {
    bytes.iter().position(|byte| !belongs(*byte)).unwrap_or(bytes.len())
}

fn line_length(rest: &[u8]) -> usize {
    run(rest, |byte| byte != b'\n' && byte != b'\r')
}

/// The length up to and with the closing quote of what opens before `open + 1`; a doubled quote does not close.
fn quoted_length(rest: &[u8], open: usize, close: u8, escapes: bool) -> Option<usize> {
    let mut at = open + 1;
    loop {
        at += rest.get(at..)?.iter().position(|byte| *byte == close || escapes && *byte == b'\\')?;
        if rest[at] == close && rest.get(at + 1) != Some(&close) {
            return Some(at + 1);
        }
        at += 2;
    }
}

fn quoted_word(rest: &[u8], quote: usize, close: u8) -> (TokenKind, usize) {
    match quoted_length(rest, quote, close, false) {
        Some(length) => (TokenKind::QuotedWord, length),
        None => (TokenKind::Unterminated(Unterminated::QuotedWord), rest.len()),
    }
}

/// Digits, underscores between them, a fraction, an exponent; `0x1F`. `1..10` is not a fraction.
fn number_length(rest: &[u8]) -> usize {
    let digits = |from: usize| from + run(&rest[from..], |byte| byte.is_ascii_digit() || byte == b'_');
    if let [b'0', b'x' | b'X' | b'o' | b'O' | b'b' | b'B', third, ..] = rest
        && third.is_ascii_hexdigit()
    {
        return 2 + run(&rest[2..], |byte| byte.is_ascii_hexdigit() || byte == b'_');
    }
    let mut at = digits(0);
    if rest.get(at) == Some(&b'.') && rest.get(at + 1) != Some(&b'.') {
        at = digits(at + 1);
    }
    if matches!(rest.get(at), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(rest.get(at + 1), Some(b'+' | b'-')));
        if rest.get(at + 1 + sign).is_some_and(u8::is_ascii_digit) {
            at = digits(at + 1 + sign);
        }
    }
    at
}

/// PostgreSQL's rules: an operator ends before a comment, and a trailing `+` or `-` belongs to it only when it has one of
/// the characters that no standard operator has. PostgreSQL refuses more than 63 bytes, which also keeps this linear.
fn operator_length(rest: &[u8]) -> usize {
    let (mut length, mut without_signs, mut special) = (0, 1, false);
    while let Some(byte) = rest.get(length).copied().filter(|byte| length < 63 && is_operator(*byte)) {
        if length > 0 && matches!((byte, rest.get(length + 1)), (b'-', Some(b'-')) | (b'/', Some(b'*'))) {
            break;
        }
        length += 1;
        if !matches!(byte, b'+' | b'-') {
            without_signs = length;
        }
        special |= matches!(byte, b'~' | b'!' | b'@' | b'#' | b'%' | b'^' | b'&' | b'|' | b'`' | b'?');
    }
    if special { length } else { without_signs }
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)
}

fn is_word_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}

fn is_operator(byte: u8) -> bool {
    matches!(
        byte,
        b'~' | b'!' | b'@' | b'#' | b'^' | b'&' | b'|' | b'`' | b'?' | b'+' | b'-' | b'*' | b'/' | b'%' | b'<' | b'>' | b'='
    )
}

#[cfg(test)]
#[path = "scan_tests.rs"]
mod tests;
