//! The structure of a PL/pgSQL body: which of its words begin SQL statements, and which of those run only under a
//! condition. It follows the manual's chapter "PL/pgSQL": a condition ends at the first `THEN` or `LOOP` outside of
//! parentheses, a statement at its `;`.

use super::{Place, constant};
use crate::change::{BlockStatement, Change, Opaque, OpaqueClass, Spanned};
use crate::parse::{Token, TokenKind};

/// Blocks, loops and conditions inside each other; nobody writes more, and the reader recurses.
const MAX_NESTING: usize = 200;

/// Reads a whole body into `out`.
pub(super) fn read(text: &str, place: Place, out: &mut Vec<BlockStatement>) {
    let tokens = super::tokens(text);
    let mut reader =
        Reader { text, tokens, at: 0, place, out, conditional: false, nesting: 0, unbalanced: false, may_have_left: false };
    while reader.peek().is_some() {
        reader.statements();
        // What closes nothing is stepped over.
        if reader.is(reader.at, "END") {
            reader.end();
        } else {
            reader.at += 1;
        }
    }
}

struct Reader<'t, 'o> {
    text: &'t str,
    /// Without white space and comments.
    tokens: Vec<Token>,
    at: usize,
    place: Place,
    out: &'o mut Vec<BlockStatement>,
    conditional: bool,
    nesting: usize,
    /// A parenthesis is never closed: from then on every `;` ends a statement.
    unbalanced: bool,
    /// A `RETURN` was met, so that what follows may not be reached.
    may_have_left: bool,
}

impl Reader<'_, '_> {
    fn peek(&self) -> Option<Token> {
        self.tokens.get(self.at).copied()
    }

    /// The token's text where it is no quoted thing; nothing at the end.
    fn sign(&self, at: usize) -> &str {
        match self.tokens.get(at) {
            Some(token) if !matches!(token.kind, TokenKind::String | TokenKind::DollarString | TokenKind::QuotedWord) => {
                token.text(self.text)
            }
            _ => "",
        }
    }

    fn is(&self, at: usize, word: &str) -> bool {
        self.sign(at).eq_ignore_ascii_case(word)
    }

    fn is_any(&self, at: usize, words: &[&str]) -> bool {
        words.iter().any(|word| self.is(at, word))
    }

    fn eat(&mut self, word: &str) -> bool {
        let found = self.is(self.at, word);
        self.at += usize::from(found);
        found
    }

    /// Statements up to a word that closes or parts the block they stand in.
    fn statements(&mut self) {
        while self.peek().is_some() && !self.is_any(self.at, &["END", "EXCEPTION", "ELSE", "ELSIF", "ELSEIF", "WHEN"]) {
            self.statement();
        }
    }

    fn statement(&mut self) {
        if self.eat(";") {
            return;
        }
        if self.is(self.at, "<<") {
            self.at = self.find(self.at, &[">>"]) + 1;
            return;
        }
        if self.nesting >= MAX_NESTING {
            let end = self.statement_end();
            return self.opaque(self.at, end, OpaqueClass::Syntax, "blocks that are nested too deeply");
        }
        if self.assigns() {
            self.at = self.statement_end();
            return;
        }
        self.nesting += 1;
        match self.sign(self.at).to_ascii_uppercase().as_str() {
            "DECLARE" | "BEGIN" => self.block(),
            "IF" => self.branches(),
            "CASE" => {
                self.at = self.find(self.at, &["WHEN", ";"]);
                self.branches();
            }
            "LOOP" | "WHILE" | "FOREACH" => self.looped(),
            "FOR" => self.for_loop(),
            "RETURN" => self.leave(),
            "EXECUTE" => {
                let end = self.statement_end();
                self.execute(self.at, end);
                self.at = end;
            }
            "NULL" | "RAISE" | "ASSERT" | "GET" | "OPEN" | "FETCH" | "MOVE" | "CLOSE" | "EXIT" | "CONTINUE" => {
                self.at = self.statement_end();
            }
            _ => {
                let end = self.statement_end();
                self.sql(self.at, end);
                self.at = end;
            }
        }
        self.nesting -= 1;
    }

    /// Whether an assignment begins here: `a.b[1] := ...`, also with `=`.
    fn assigns(&self) -> bool {
        let is_name = |at: usize| {
            self.tokens
                .get(at)
                .is_some_and(|token| matches!(token.kind, TokenKind::Word | TokenKind::QuotedWord | TokenKind::Parameter))
        };
        if !is_name(self.at) {
            return false;
        }
        let at = self.path_end(self.at);
        self.is_any(at, &[":=", "="])
    }

    /// One past `name.name[index]`.
    fn path_end(&self, mut at: usize) -> usize {
        at += 1;
        loop {
            match self.sign(at) {
                "." => at += 2,
                "[" => at = self.find(at + 1, &["]", ";"]) + 1,
                _ => return at.min(self.tokens.len()),
            }
        }
    }

    /// `[DECLARE ...] BEGIN ... [EXCEPTION WHEN ...] END`.
    fn block(&mut self) {
        if self.eat("DECLARE") {
            while self.peek().is_some() && !self.is(self.at, "BEGIN") {
                self.at = self.statement_end() + 1;
            }
        }
        self.at += 1;
        let first = self.out.len();
        self.statements();
        if self.eat("EXCEPTION") {
            for statement in &mut self.out[first..] {
                statement.conditional = true;
            }
            self.under_condition(|reader| {
                while reader.eat("WHEN") {
                    reader.at = reader.find(reader.at, &["THEN", ";"]) + 1;
                    reader.statements();
                }
            });
        }
        self.end();
    }

    /// `IF ... THEN ... ELSIF ... THEN ... ELSE ... END IF`, and the arms of `CASE`.
    fn branches(&mut self) {
        self.under_condition(|reader| {
            loop {
                reader.at = reader.find(reader.at + 1, &["THEN", ";"]) + 1;
                reader.statements();
                if reader.eat("ELSE") {
                    return reader.statements();
                }
                if !reader.is_any(reader.at, &["ELSIF", "ELSEIF", "WHEN"]) {
                    return;
                }
            }
        });
        self.end();
    }

    /// The rest of a loop, from its condition or its `LOOP`.
    fn looped(&mut self) {
        self.at = self.find(self.at, &["LOOP", ";"]) + 1;
        self.under_condition(Self::statements);
        self.end();
    }

    /// `FOR row IN query LOOP`, `FOR i IN 1..10 LOOP`, `FOR row IN cursor LOOP`.
    fn for_loop(&mut self) {
        let start = self.find(self.at, &["IN", "LOOP", ";"]) + 1;
        let end = self.find(start, &["LOOP", ";"]);
        let first = (start..end).find(|at| self.sign(*at) != "(").unwrap_or(end);
        if self.is(start, "EXECUTE") {
            self.execute(start, end);
        } else if self.is_any(first, &["SELECT", "WITH", "VALUES", "TABLE", "INSERT", "UPDATE", "DELETE", "MERGE"])
            && !(start..end).any(|at| self.is(at, ".."))
        {
            self.sql(start, end);
        }
        self.at = end;
        self.looped();
    }

    /// `RETURN ...`: what follows a return under a condition runs under one too.
    fn leave(&mut self) {
        let end = self.statement_end();
        if !self.is_any(self.at + 1, &["NEXT", "QUERY"]) {
            self.may_have_left = true;
            self.conditional = true;
        } else if self.is(self.at + 1, "QUERY") && self.is(self.at + 2, "EXECUTE") {
            self.execute(self.at + 2, end);
        } else if self.is(self.at + 1, "QUERY") {
            self.sql(self.at + 2, end);
        }
        self.at = end;
    }

    fn under_condition(&mut self, read: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.conditional, true);
        read(self);
        self.conditional = outer || self.may_have_left;
    }

    /// `END`, `END IF`, `END LOOP label` and their `;`.
    fn end(&mut self) {
        if self.eat("END") {
            self.at = self.statement_end() + 1;
        }
    }

    /// `EXECUTE string [INTO ...] [USING ...]`.
    fn execute(&mut self, start: usize, end: usize) {
        let string_end = self.find_before(end, start + 1, &["INTO", "USING"]);
        match constant::evaluate(self.text, self.tokens.get(start + 1..string_end).unwrap_or_default()) {
            Some(constant) => {
                let place = match constant.exact {
                    Some((from, to)) => self.place.inside(from, to),
                    None => Place::vague(self.span(start, end)),
                };
                super::script(&constant.text, place, self.conditional, self.out);
            }
            None => self.opaque(start, end, OpaqueClass::Dynamic, "EXECUTE of a string that is built at run time"),
        }
    }

    /// A statement of SQL, without the words that only PL/pgSQL knows.
    fn sql(&mut self, start: usize, end: usize) {
        let Some((from, to)) = self.bytes(start, end) else { return };
        let mut sql = self.text[from..to].to_owned();
        let mut replace = |at: std::ops::Range<usize>, with: &str| {
            sql.replace_range(at.start - from..at.end - from, &format!("{with:>width$}", width = at.len()));
        };
        if self.is(start, "PERFORM") {
            replace(self.tokens[start].start..self.tokens[start].end, "SELECT");
        }
        if let Some((first, last)) = self.find_into(start, end) {
            replace(self.tokens[first].start..self.tokens[last].end, "");
        }
        super::statement(&sql, self.place.inside(from, to), self.conditional, self.out);
    }

    /// The first and last token of `INTO [STRICT] target, ...` where it is no part of `INSERT INTO`.
    fn find_into(&self, start: usize, end: usize) -> Option<(usize, usize)> {
        if !self.is_any(start, &["SELECT", "WITH", "INSERT", "UPDATE", "DELETE", "MERGE", "PERFORM", "VALUES", "TABLE", "("]) {
            return None;
        }
        let mut at = start;
        let into = loop {
            at = self.find_before(end, at + 1, &["INTO"]);
            if at >= end {
                return None;
            }
            if !self.is_any(at - 1, &["INSERT", "MERGE"]) {
                break at;
            }
        };
        at = into + 1;
        at += usize::from(self.is(at, "STRICT"));
        loop {
            at = self.path_end(at);
            if self.sign(at) != "," {
                return (at <= end).then_some((into, at - 1));
            }
            at += 1;
        }
    }

    fn opaque(&mut self, start: usize, end: usize, class: OpaqueClass, reason: &str) {
        let span = self.span(start, end);
        let change = Spanned { value: Change::Opaque(Opaque { reason: reason.into(), class }), span };
        self.out.push(BlockStatement { change, conditional: self.conditional });
        self.at = self.at.max(end);
    }

    /// From the first to the last of these tokens.
    fn bytes(&self, start: usize, end: usize) -> Option<(usize, usize)> {
        let tokens = self.tokens.get(start..end)?;
        Some((tokens.first()?.start, tokens.last()?.end))
    }

    fn span(&self, start: usize, end: usize) -> crate::source::Span {
        let (from, to) = self.bytes(start, end).unwrap_or((0, self.text.len()));
        self.place.inside(from, to).span
    }

    /// The first of these words at or after `at` outside of parentheses; the end where there is none.
    fn find(&self, at: usize, words: &[&str]) -> usize {
        self.find_before(self.tokens.len(), at, words)
    }

    /// The same up to `end`, which is the answer where there is none.
    fn find_before(&self, end: usize, at: usize, words: &[&str]) -> usize {
        let mut depth = 0usize;
        for at in at..end {
            match self.sign(at) {
                "(" | "[" => depth += 1,
                ")" | "]" if !words.contains(&"]") || depth > 0 => depth = depth.saturating_sub(1),
                sign if (depth == 0 || self.unbalanced && sign == ";") && self.is_any(at, words) => return at,
                _ => {}
            }
        }
        end
    }

    /// The `;` that ends the statement; the end of the text where there is none.
    fn statement_end(&mut self) -> usize {
        let first = || (self.at..self.tokens.len()).find(|at| self.sign(*at) == ";").unwrap_or(self.tokens.len());
        if self.unbalanced {
            return first();
        }
        let end = self.find(self.at, &[";"]);
        if end < self.tokens.len() {
            return end;
        }
        let end = first();
        self.unbalanced = end < self.tokens.len();
        end
    }
}
