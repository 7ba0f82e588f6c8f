//! One statement to `sqlparser`, within limits. Its parser recurses, and so does everything that walks or drops its trees:
//! a stack that overflows ends the process, so what would nest too deeply is refused before it is parsed, and what is
//! allowed runs on a stack that holds it.

use sqlparser::ast::Statement;
use sqlparser::dialect::Dialect;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::Token as SqlToken;

use super::scan::{Lexis, Scanner, TokenKind};

/// What a thread needs to parse any statement that [`parser`] lets through, in debug builds too. Memory is taken only as
/// far as the stack grows.
pub const STACK_BYTES: usize = 128 << 20;

/// Nested expressions and queries; a nested query costs about two of these.
const MAX_RECURSION: usize = 300;

/// The deepest tree, in tokens: a chain such as `a OR b OR c` is a tree as deep as the chain is long.
const MAX_DEPTH: usize = 10_000;

/// Each token costs `sqlparser` about 200 bytes and a microsecond, tree included.
const MAX_TOKENS: usize = 200_000;

/// `sqlparser` copies literals once or twice.
const MAX_BYTES: usize = 32 << 20;

/// Why `sqlparser` gave no statement.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Not tried: it would cost too much memory. What such a statement is has to be read from its first words.
    #[error("the statement is too long to be analysed ({0})")]
    TooLong(String),
    /// Not tried, or given up: it would overflow the stack.
    #[error("the statement is nested too deeply to be analysed")]
    TooDeep,
    /// Not in `sqlparser`'s grammar; the text is its message.
    #[error("{0}")]
    Syntax(String),
}

impl From<ParserError> for Refusal {
    fn from(error: ParserError) -> Self {
        match error {
            ParserError::RecursionLimitExceeded => Refusal::TooDeep,
            ParserError::ParserError(message) | ParserError::TokenizerError(message) => Refusal::Syntax(message),
        }
    }
}

/// Parses the one statement that `text` is, without a `;`.
pub fn parse_sql(text: &str, dialect: &dyn Dialect, lexis: &Lexis) -> Result<Statement, Refusal> {
    let mut parser = parser(text, dialect, lexis)?;
    let statement = parser.parse_statement()?;
    match parser.peek_token().token {
        SqlToken::EOF => Ok(statement),
        _ => Ok(parser.expected("the end of the statement", parser.peek_token())?),
    }
}

/// A parser at the start of `text`, if it is within the limits: for grammar of our own on top of `sqlparser`'s.
pub fn parser<'d>(text: &str, dialect: &'d dyn Dialect, lexis: &Lexis) -> Result<Parser<'d>, Refusal> {
    within_limits(text, lexis)?;
    Ok(Parser::new(dialect).with_recursion_limit(MAX_RECURSION).try_with_sql(text)?)
}

/// Calls `f` on a thread with a stack of [`STACK_BYTES`]; where there is no such thread to be had, on this one.
pub fn on_big_stack<T: Send>(f: impl FnOnce() -> T + Send) -> T {
    let mut waiting = Some(f);
    let result = std::thread::scope(|scope| {
        let call = || waiting.take().map(|f| f());
        let thread = std::thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, call);
        thread.ok().and_then(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    });
    match (result, waiting) {
        (Some(result), _) => result,
        (None, Some(f)) => f(),
        (None, None) => unreachable!("the thread either called f and gave its result, or never started"),
    }
}

/// Whether `text` is a statement that any of our grammars may read without exhausting memory or stack.
pub fn within_limits(text: &str, lexis: &Lexis) -> Result<(), Refusal> {
    if text.len() > MAX_BYTES {
        return Err(Refusal::TooLong(format!("{} MB", text.len() >> 20)));
    }
    if text.len() <= MAX_DEPTH {
        // A token has a byte at least.
        return Ok(());
    }
    let mut depth = Depth { open: Vec::new(), last: Level::default(), path: 0 };
    for (count, token) in Scanner::new(text, lexis).filter(|token| !token.is_trivia()).enumerate() {
        if count >= MAX_TOKENS {
            return Err(Refusal::TooLong(format!("more than {MAX_TOKENS} words and signs")));
        }
        let sign = if token.kind == TokenKind::Punctuation { token.text(text) } else { "" };
        if depth.after(sign) > MAX_DEPTH {
            return Err(Refusal::TooDeep);
        }
    }
    Ok(())
}

/// An upper bound of the depth of the tree that a text can have: within parentheses, no deeper than the tokens between two
/// commas and the deepest parentheses among them.
struct Depth {
    open: Vec<Level>,
    last: Level,
    /// The tokens since the last comma, of all open levels.
    path: usize,
}

#[derive(Default)]
struct Level {
    since_comma: usize,
    /// The deepest of the parentheses closed since the last comma.
    deepest: usize,
    /// The depth of what stands before the last comma.
    before: usize,
}

impl Level {
    fn depth(&self) -> usize {
        self.before.max(self.since_comma + self.deepest)
    }
}

impl Depth {
    /// The depth with one more token; `sign` is its text if it can open, close or part something.
    fn after(&mut self, sign: &str) -> usize {
        self.last.since_comma += 1;
        self.path += 1;
        let depth = self.path + self.last.deepest;
        match sign {
            "(" | "[" => self.open.push(std::mem::take(&mut self.last)),
            ")" | "]" => {
                if let Some(outer) = self.open.pop() {
                    let inner = std::mem::replace(&mut self.last, outer);
                    self.path -= inner.since_comma;
                    self.last.deepest = self.last.deepest.max(inner.depth());
                }
            }
            "," => {
                self.path -= self.last.since_comma;
                self.last = Level { before: self.last.depth(), ..Level::default() };
            }
            _ => {}
        }
        depth
    }
}

#[cfg(test)]
mod tests {
    use sqlparser::dialect::PostgreSqlDialect;

    use super::*;

    /// Parses on a big stack, prints, and drops what came out there.
    fn outcome(text: &str) -> &'static str {
        on_big_stack(|| match parse_sql(text, &PostgreSqlDialect {}, &Lexis::POSTGRES) {
            Ok(statement) => {
                assert!(!statement.clone().to_string().is_empty());
                "ok"
            }
            Err(Refusal::TooLong(_)) => "too long",
            Err(Refusal::TooDeep) => "too deep",
            Err(Refusal::Syntax(_)) => "syntax",
        })
    }

    #[test]
    fn a_statement_is_parsed_to_its_end() {
        assert_eq!(outcome("CREATE TABLE a (b int)"), "ok");
        assert_eq!(outcome("SELECT 1 SELECT 2"), "syntax");
        assert_eq!(outcome("SELECT 1; SELECT 2"), "syntax");
        assert_eq!(outcome(""), "syntax");
        assert_eq!(outcome("SELECT 'a"), "syntax");
    }

    #[test]
    fn nothing_overflows_the_stack() {
        let nest =
            |open: &str, inner: &str, close: &str, times| format!("SELECT {}{inner}{}", open.repeat(times), close.repeat(times));
        let cases = [
            (nest("(", "1", ")", 100), "ok"),
            (nest("(", "1", ")", 10_000), "too deep"),
            (nest("(SELECT ", "1", ")", 80), "ok"),
            (nest("(SELECT ", "1", ")", 10_000), "too deep"),
            (nest("CASE WHEN a THEN ", "1", " END", 2_000), "too deep"),
            (nest("NOT ", "a", "", 8_000), "syntax"), // `sqlparser` tries something else at its limit
            (nest("- ", "a", "", 8_000), "too deep"),
            (nest("ARRAY[", "1", "]", 6_000), "too deep"),
            (nest("f(", "1", ")", 6_000), "too deep"),
            (format!("SELECT * FROM {}a{}", "(".repeat(5_000), ")".repeat(5_000)), "too deep"),
            (format!("SELECT a = 1{}", " OR a = 1".repeat(2_400)), "ok"),
            (format!("SELECT a = 1{}", " OR a = 1".repeat(100_000)), "too deep"),
            (format!("SELECT a{}", "::int".repeat(4_900)), "ok"),
            (format!("SELECT a{}", " IS NULL".repeat(4_900)), "ok"),
            (format!("SELECT a{}", " || b".repeat(4_900)), "ok"),
            (format!("SELECT 1{}", " UNION ALL SELECT 1".repeat(2_400)), "ok"),
            (format!("SELECT 1{}", " UNION ALL SELECT 1".repeat(100_000)), "too deep"),
            (format!("SELECT * FROM a{}", " JOIN b ON c".repeat(2_400)), "ok"),
            (format!("SELECT '{}'", "x".repeat(10 << 20)), "ok"),
            (format!("SELECT '{}'", "x".repeat(33 << 20)), "too long"),
            (format!("INSERT INTO a VALUES (1, 2){}", ", (1, 2)".repeat(30_000)), "ok"),
            (format!("INSERT INTO a VALUES (1, 2){}", ", (1, 2)".repeat(300_000)), "too long"),
            ("(".repeat(100_000), "too deep"),
            (")".repeat(8_000), "syntax"),
        ];
        for (text, expected) in cases {
            assert_eq!(outcome(&text), expected, "{}", &text[..text.len().min(60)]);
        }
    }

    #[test]
    fn a_big_stack_passes_results_and_panics_on() {
        assert_eq!(on_big_stack(|| 1), 1);
        assert!(std::panic::catch_unwind(|| on_big_stack(|| panic!("expected"))).is_err());
    }
}
