//! The structure of a PL/pgSQL body: which of its words begin SQL statements, and which of those run only under a
//! condition. It follows the manual's chapter "PL/pgSQL": a condition ends at the first `THEN` or `LOOP` outside of
//! parentheses, a statement at its `;`. Variables are followed as far as their values are known, so that a branch that is
//! never taken is not read, and a loop over a few known values is read once for each.

mod embedded;
mod loops;

use super::known::{Known, folded};
use super::value::Kind;
use super::{Place, constant};
use crate::change::{BlockStatement, Ident, OpaqueClass};
use crate::parse::{Token, TokenKind};

/// Blocks, loops and conditions inside each other; nobody writes more, and the reader recurses.
const MAX_NESTING: usize = 200;

/// Reads a whole body into `out`, and gives the variables that it declares. `known` has the routine's parameters.
pub(super) fn read(text: &str, place: Place, known: Known, out: &mut Vec<BlockStatement>) -> Vec<Ident> {
    let tokens = super::tokens(text);
    let mut reader = Reader {
        text,
        tokens,
        at: 0,
        place,
        out,
        known,
        conditional: false,
        muted: false,
        again: false,
        nesting: 0,
        unbalanced: false,
        may_have_left: false,
        may_have_skipped: false,
        has_left: false,
        budget: loops::BUDGET,
        declared: Vec::new(),
    };
    while reader.peek().is_some() {
        reader.statements();
        // What closes nothing is stepped over.
        if reader.is(reader.at, "END") {
            reader.end();
        } else {
            reader.at += 1;
        }
    }
    reader.declared
}

struct Reader<'t, 'o> {
    text: &'t str,
    /// Without white space and comments.
    tokens: Vec<Token>,
    at: usize,
    place: Place,
    out: &'o mut Vec<BlockStatement>,
    /// The variables and what they hold here.
    known: Known,
    conditional: bool,
    /// What is read is never reached.
    muted: bool,
    /// It was read before, in an earlier round of a loop.
    again: bool,
    nesting: usize,
    /// A parenthesis is never closed: from then on every `;` ends a statement.
    unbalanced: bool,
    /// A `RETURN` was met, so that what follows may not be reached.
    may_have_left: bool,
    /// An `EXIT` or `CONTINUE` was met, so that the rest of the loop may not be reached.
    may_have_skipped: bool,
    /// A `RETURN` is met in any case: nothing that follows is reached.
    has_left: bool,
    /// How much may still be read again in loops.
    budget: usize,
    /// The variables that were declared.
    declared: Vec<Ident>,
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
            return self.assignment();
        }
        self.nesting += 1;
        match self.sign(self.at).to_ascii_uppercase().as_str() {
            "DECLARE" | "BEGIN" => self.block(),
            "IF" => self.branches(false),
            "CASE" => {
                let subject = self.at + 1;
                self.at = self.find(self.at, &["WHEN", ";"]);
                self.branches(subject < self.at);
            }
            "LOOP" | "WHILE" => self.unknown_loop(),
            "FOREACH" => self.foreach_loop(),
            "FOR" => self.for_loop(),
            "RETURN" => self.leave(),
            "EXECUTE" => {
                let end = self.statement_end();
                self.execute(self.at, end);
                self.step_over(end);
            }
            "EXIT" | "CONTINUE" => self.skip(),
            "NULL" | "RAISE" | "ASSERT" | "GET" | "OPEN" | "FETCH" | "MOVE" | "CLOSE" => {
                let end = self.statement_end();
                self.step_over(end);
            }
            _ => {
                let end = self.statement_end();
                self.sql(self.at, end);
                self.step_over(end);
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

    /// To the end of a statement, which may give variables other values.
    fn step_over(&mut self, end: usize) {
        self.known.forget_assigned(self.text, self.tokens.get(self.at..end).unwrap_or_default());
        self.at = end;
    }

    /// `variable := expression`.
    fn assignment(&mut self) {
        let start = self.at;
        let end = self.statement_end();
        let target = self.path_end(start);
        let name = folded(self.tokens[start].text(self.text));
        let values = match target == start + 1 && self.known.has(&name) {
            true => self.evaluate(target + 1, end),
            false => Vec::new(),
        };
        let assumed = values.iter().any(|constant| constant.assumed);
        self.known.assign(&name, values.into_iter().map(|constant| constant.value).collect(), assumed);
        self.at = end;
    }

    /// The values that an expression may have; none where that is not known.
    fn evaluate(&self, start: usize, end: usize) -> Vec<constant::Constant> {
        let tokens = self.tokens.get(start..end).unwrap_or_default();
        let choices = self.known.choices(self.text, tokens);
        let values: Option<Vec<_>> = choices.iter().map(|known| constant::evaluate(self.text, tokens, known)).collect();
        values.unwrap_or_default()
    }

    /// `name [CONSTANT] type [NOT NULL] [{ DEFAULT | := | = } expression];`
    fn declaration(&mut self) {
        let end = self.statement_end();
        if let Some(token) = self.tokens.get(self.at).filter(|_| self.at < end) {
            let name = folded(token.text(self.text));
            let at = self.at + 1 + usize::from(self.is(self.at + 1, "CONSTANT"));
            let kind = match constant::kind(self.text, self.tokens.get(at..end).unwrap_or_default()) {
                Some((kind, _)) => kind,
                // A string that is too long is refused.
                None if self.is_any(at, &["varchar", "character"]) => Kind::Text,
                None => Kind::Other,
            };
            let value = self.find_before(end, at, &["DEFAULT", ":=", "="]);
            let mut values = if value < end { self.evaluate(value + 1, end) } else { vec![super::value::Value::Null.into()] };
            let value = if values.len() == 1 { values.pop() } else { None };
            let assumed = value.as_ref().is_some_and(|constant| constant.assumed);
            let value = value.and_then(|constant| constant.value.cast(&kind));
            self.declared.push(name.as_str().into());
            self.known.declare(name, kind, value, assumed);
        }
        self.at = end + 1;
    }

    /// `[DECLARE ...] BEGIN ... [EXCEPTION WHEN ...] END`.
    fn block(&mut self) {
        let scope = self.known.len();
        if self.eat("DECLARE") {
            while self.peek().is_some() && !self.is(self.at, "BEGIN") {
                self.declaration();
            }
        }
        self.at += 1;
        let (first, start, left) = (self.out.len(), self.at, self.has_left);
        self.statements();
        if self.eat("EXCEPTION") {
            for statement in &mut self.out[first..] {
                statement.conditional = true;
            }
            self.has_left = left;
            self.forget_since(start);
            self.under_condition(|reader| {
                while reader.eat("WHEN") {
                    reader.at = reader.find(reader.at, &["THEN", ";"]) + 1;
                    reader.statements();
                }
            });
            self.has_left = left;
            self.forget_since(start);
        }
        self.known.truncate(scope);
        self.end();
    }

    /// Forgets the values of what may have been assigned to since.
    fn forget_since(&mut self, start: usize) {
        self.known.forget_assigned(self.text, self.tokens.get(start..self.at).unwrap_or_default());
    }

    /// `IF ... THEN ... ELSIF ... THEN ... ELSE ... END IF`, and the arms of `CASE`, of which only those without a subject
    /// have conditions.
    fn branches(&mut self, has_subject: bool) {
        let before = self.known.clone();
        let mut ways = Vec::new();
        // Whether an arm so far is taken in any case, or perhaps.
        let (mut taken, mut perhaps) = (false, false);
        loop {
            let start = self.at + 1;
            self.at = self.find(start, &["THEN", ";"]);
            let condition = if has_subject { None } else { self.condition(start, self.at) };
            self.at += 1;
            self.branch(if taken { Some(false) } else { condition }, perhaps, &before, &mut ways);
            taken |= condition == Some(true);
            perhaps |= condition.is_none();
            if self.eat("ELSE") {
                self.branch(Some(!taken), perhaps, &before, &mut ways);
                taken = true;
                break;
            }
            if !self.is_any(self.at, &["ELSIF", "ELSEIF", "WHEN"]) {
                break;
            }
        }
        if !taken {
            ways.push(before);
        }
        self.known = Known::join(ways);
        self.end();
    }

    /// The statements of one arm whose condition is true, false, or not known.
    fn branch(&mut self, condition: Option<bool>, perhaps: bool, before: &Known, ways: &mut Vec<Known>) {
        self.known = before.clone();
        match condition {
            Some(false) => {
                let outer = (self.muted, self.may_have_left, self.may_have_skipped, self.conditional, self.has_left);
                self.muted = true;
                self.statements();
                (self.muted, self.may_have_left, self.may_have_skipped, self.conditional, self.has_left) = outer;
                return;
            }
            Some(true) if !perhaps => self.statements(),
            Some(true) | None => self.under_condition(Self::statements),
        }
        ways.push(std::mem::take(&mut self.known));
    }

    /// Whether a condition holds, where that is known.
    fn condition(&self, start: usize, end: usize) -> Option<bool> {
        let tokens = self.tokens.get(start..end)?;
        let choices = self.known.choices(self.text, tokens);
        let mut answers = choices.iter().map(|known| constant::condition(self.text, tokens, known));
        let first = answers.next()??;
        answers.all(|answer| answer == Some(first)).then_some(first)
    }

    /// `RETURN ...`: what follows a return under a condition runs under one too.
    fn leave(&mut self) {
        let end = self.statement_end();
        if !self.is_any(self.at + 1, &["NEXT", "QUERY"]) {
            self.expression(self.at + 1, end);
            self.has_left |= !self.conditional;
            self.may_have_left = true;
            self.conditional = true;
        } else if self.is(self.at + 1, "QUERY") && self.is(self.at + 2, "EXECUTE") {
            self.execute(self.at + 2, end);
        } else if self.is(self.at + 1, "QUERY") {
            let first = self.out.len();
            self.sql(self.at + 2, end);
            self.out[first..].iter_mut().for_each(|statement| statement.returned = true);
        }
        self.at = end;
    }

    /// `EXIT` and `CONTINUE`: with a label they may leave more than the loop that they stand in.
    fn skip(&mut self) {
        self.may_have_left |= !self.is_any(self.at + 1, &["WHEN", ";"]);
        self.may_have_skipped = true;
        self.conditional = true;
        self.at = self.statement_end();
    }

    fn under_condition(&mut self, read: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.conditional, true);
        read(self);
        self.conditional = outer || self.may_have_left || self.may_have_skipped;
    }

    /// `END`, `END IF`, `END LOOP label` and their `;`.
    fn end(&mut self) {
        if self.eat("END") {
            self.at = self.statement_end() + 1;
        }
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
                sign @ (")" | "]") if depth > 0 || !words.contains(&sign) => depth = depth.saturating_sub(1),
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
