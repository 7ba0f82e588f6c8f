//! The SQL in a PL/pgSQL body: static statements, the strings of `EXECUTE`, and calls with variables whose values are known.

use super::Reader;
use crate::change::{BlockStatement, Change, Opaque, OpaqueClass, Spanned};
use crate::lower::body::{self, Place, known::folded};
use crate::parse::TokenKind;

impl Reader<'_, '_> {
    /// `EXECUTE string [INTO ...] [USING ...]`.
    pub(super) fn execute(&mut self, start: usize, end: usize) {
        if !self.is_reached() {
            return;
        }
        let string_end = self.find_before(end, start + 1, &["INTO", "USING"]);
        let strings = self.evaluate(start + 1, string_end);
        let assumed = strings.iter().any(|constant| constant.assumed);
        let texts: Option<Vec<_>> = strings.into_iter().map(|constant| Some((constant.value.text()?, constant.exact))).collect();
        let texts = texts.unwrap_or_default();
        let conditional = self.conditional || assumed || texts.len() > 1;
        for (text, exact) in &texts {
            let place = match exact {
                Some((from, to)) => self.place.inside(*from, *to),
                None => Place::vague(self.span(start, end)),
            };
            body::script(text, place, conditional, self.out);
        }
        if assumed {
            self.opaque(start, end, OpaqueClass::Dynamic, "EXECUTE of a string that depends on a setting of the session");
        } else if texts.is_empty() {
            self.opaque(start, end, OpaqueClass::Dynamic, "EXECUTE of a string that is built at run time");
        }
    }

    /// Whether what is read here may run at all.
    fn is_reached(&self) -> bool {
        !self.muted && !self.has_left
    }

    /// A statement of SQL, without the words that only PL/pgSQL knows.
    pub(super) fn sql(&mut self, start: usize, end: usize) {
        let filled = self.filled(start, end);
        // A statement that says the same in each round of a loop is read in the first.
        if !self.is_reached() || self.again && filled.is_none() {
            return;
        }
        let Some((from, to)) = self.bytes(start, end) else { return };
        if let Some(filled) = filled {
            let place = Place::vague(self.place.inside(from, to).span);
            return body::statement(&filled, place, self.conditional, self.out);
        }
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
        body::statement(&sql, self.place.inside(from, to), self.conditional, self.out);
    }

    /// An expression, where it asks tables.
    pub(super) fn expression(&mut self, start: usize, end: usize) {
        let asks = (start..end).any(|at| self.is(at, "SELECT"));
        let Some((from, to)) = self.bytes(start, end).filter(|_| asks && self.is_reached() && !self.again) else { return };
        let place = Place::vague(self.place.inside(from, to).span);
        body::statement(&format!("SELECT {}", &self.text[from..to]), place, self.conditional, self.out);
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

    pub(super) fn opaque(&mut self, start: usize, end: usize, class: OpaqueClass, reason: &str) {
        let span = self.span(start, end);
        let change = Spanned { value: Change::Opaque(Opaque { reason: reason.into(), class }), span };
        let statement = BlockStatement { change, conditional: self.conditional, returned: false };
        if self.is_reached() && !(self.again && self.out.contains(&statement)) {
            self.out.push(statement);
        }
        self.at = self.at.max(end);
    }

    /// `PERFORM f(variable)`, also `SELECT` and `CALL`, with the values of the variables, where any is known.
    fn filled(&self, start: usize, end: usize) -> Option<String> {
        if !self.is_any(start, &["PERFORM", "SELECT", "CALL"]) || self.find_into(start, end).is_some() {
            return None;
        }
        let mut out = if self.is(start, "CALL") { "CALL".to_owned() } else { "SELECT".to_owned() };
        let mut last = self.tokens[start].end;
        let (mut depth, mut filled) = (0usize, false);
        for at in start + 1..end {
            let token = self.tokens[at];
            match self.sign(at) {
                "(" => depth += 1,
                ")" => depth = depth.saturating_sub(1),
                word if depth == 0 && word.eq_ignore_ascii_case("FROM") => return None,
                _ => {}
            }
            let is_name = matches!(token.kind, TokenKind::Word | TokenKind::QuotedWord | TokenKind::Parameter);
            if !is_name || depth == 0 || self.sign(at - 1) == "." || matches!(self.sign(at + 1), "(" | "=>" | ":=") {
                continue;
            }
            let mut name = folded(token.text(self.text));
            let mut to = token.end;
            if self.sign(at + 1) == "." {
                let field = self.tokens.get(at + 2)?;
                name = format!("{name}.{}", folded(field.text(self.text)));
                to = field.end;
            }
            if let Some((value, false)) = self.known.get(&name) {
                out += &self.text[last..token.start];
                out += &value.literal();
                last = to;
                filled = true;
            }
        }
        let to = self.bytes(start, end)?.1;
        out += &self.text[last..to];
        filled.then_some(out)
    }
}
