//! Columns that `BEFORE INSERT` triggers give a value. A function fills a column where every way through it assigns `NEW.column` something
//! that is not certainly null; which way is taken is known of tests of `TG_OP` and of columns for null only.

use super::body::tokens;
use super::expression::STRICT;
use super::surface::refuses_null;
use crate::catalog::{Catalog, Table};
use crate::change::{Ident, ObjectKind, RoutineBody, Trigger};
use crate::lower::folded;
use crate::parse::{Token, TokenKind};

/// Words before what is compared, not assigned.
const CONDITION: [&str; 6] = ["if", "elsif", "elseif", "when", "and", "or"];

/// The functions of a table's triggers that may fill columns of new rows.
pub(super) struct Fillers<'a> {
    catalog: &'a Catalog,
    table: &'a Table,
    functions: Vec<Function<'a>>,
}

struct Function<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    /// When the trigger fires, as [`words`].
    when: Option<String>,
}

impl<'a> Fillers<'a> {
    pub fn of(catalog: &'a Catalog, table: &'a Table) -> Self {
        let function = |trigger: &'a Trigger| {
            let name = catalog.resolve_routine(&trigger.function)?;
            let routine = catalog.routines.get(&name)?.iter().find(|it| it.routine.kind == ObjectKind::Function)?;
            let RoutineBody::Text(text) = &routine.routine.body else { return None };
            let when = trigger.when.as_ref().map(|when| words(&when.sql, &tokens(&when.sql)));
            (routine.routine.language == "plpgsql").then(|| Function { text, tokens: tokens(text), when })
        };
        let triggers = table.triggers.iter().map(|trigger| &**trigger);
        Fillers {
            catalog,
            table,
            functions: triggers.filter(|trigger| trigger.changes_new_rows()).filter_map(function).collect(),
        }
    }

    /// Whether new rows have a value in the column, whatever else they hold.
    pub fn fill(&self, column: &str) -> bool {
        self.functions.iter().any(|function| {
            let fires = function.when.as_ref().is_none_or(|when| self.truth(when, column) == Truth::WhereNull);
            fires && {
                let mut way = Way { fillers: self, function, column, at: 0, filled: false, left_empty: false };
                let empty = way.statements(true);
                way.filled && !empty && !way.left_empty
            }
        })
    }

    /// Whether some new rows may have a value in the column.
    pub fn may_fill(&self, column: &str) -> bool {
        let assigned = |function: &Function<'_>| {
            let places = 0..function.tokens.len();
            places.into_iter().any(|at| function.names(at, column) && (function.is(at + 3, ":=") || function.is(at + 3, "=")))
        };
        self.functions.iter().any(|function| assigned(function) || self.fill(column))
    }

    /// The column of the same row whose value is all that is ever assigned to the column.
    pub fn copied_from(&self, column: &str) -> Option<Ident> {
        let mut from = None;
        for function in &self.functions {
            let places = (0..function.tokens.len()).filter(|at| function.names(*at, column));
            for at in places.filter(|at| {
                function.is(at + 3, ":=") || function.is(at + 3, "=") && !function.is_any(at.wrapping_sub(1), &CONDITION)
            }) {
                let field: Ident = function.tokens.get(at + 6).map(|field| folded(field.text(function.text)).into())?;
                let copies = function.is(at + 4, "new") && function.is(at + 5, ".") && function.is(at + 7, ";");
                if !copies || field == column || from.as_ref().is_some_and(|from| *from != field) {
                    return None;
                }
                from = Some(field);
            }
        }
        from
    }

    fn is_never_null(&self, column: &str) -> bool {
        self.table.column(column).is_some_and(|found| refuses_null(self.catalog, self.table, found))
    }

    /// When a condition holds for a new row whose column is null.
    fn truth(&self, condition: &str, column: &str) -> Truth {
        let arms: Vec<Truth> = condition.split(" or ").map(|arm| self.truth_of_arm(arm, column)).collect();
        let any = |truth: Truth| arms.contains(&truth);
        match arms.as_slice() {
            [only] => *only,
            _ if any(Truth::Always) => Truth::Always,
            _ if any(Truth::WhereNull) => Truth::WhereNull,
            _ => Truth::Unknown,
        }
    }

    fn truth_of_arm(&self, arm: &str, column: &str) -> Truth {
        let arm = arm.trim_matches(|c| matches!(c, '(' | ')' | ' '));
        let own = format!("new . {column}");
        if arm == format!("{own} is null") || arm.starts_with(&format!("coalesce ( {own} , ''")) {
            return Truth::WhereNull;
        }
        if arm == format!("{own} is not null") {
            return Truth::WhereNotNull;
        }
        if let Some(name) = arm.strip_prefix("new . ") {
            return match name.split_once(' ') {
                Some((name, "is not null")) if self.is_never_null(name) => Truth::Always,
                Some((name, "is null")) if self.is_never_null(name) => Truth::Never,
                _ => Truth::Unknown,
            };
        }
        let insert = arm.contains("'INSERT'");
        match arm {
            _ if arm.contains(" and ") => Truth::Unknown,
            _ if arm.starts_with("tg_op = ") || arm.starts_with("tg_op in ") => {
                if insert {
                    Truth::Always
                } else {
                    Truth::Never
                }
            }
            _ if arm.starts_with("tg_op <> ") || arm.starts_with("tg_op != ") => {
                if insert {
                    Truth::Never
                } else {
                    Truth::Always
                }
            }
            _ => Truth::Unknown,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Truth {
    Always,
    Never,
    /// At least where the column is null.
    WhereNull,
    /// Only where the column is not null.
    WhereNotNull,
    Unknown,
}

impl Function<'_> {
    /// A sign or word, in small letters.
    fn is(&self, at: usize, word: &str) -> bool {
        self.tokens
            .get(at)
            .is_some_and(|token| token.kind != TokenKind::String && token.text(self.text).eq_ignore_ascii_case(word))
    }

    fn is_any(&self, at: usize, words: &[&str]) -> bool {
        words.iter().any(|word| self.is(at, word))
    }

    /// Whether `NEW.column` stands there.
    fn names(&self, at: usize, column: &str) -> bool {
        let field = self.tokens.get(at + 2);
        self.is(at, "new") && self.is(at + 1, ".") && field.is_some_and(|field| folded(field.text(self.text)) == column)
    }
}

/// The ways through a function, followed at the same time.
struct Way<'w, 'a> {
    fillers: &'w Fillers<'a>,
    function: &'w Function<'a>,
    column: &'w str,
    at: usize,
    /// Whether some way fills the column.
    filled: bool,
    /// Whether some way leaves the function while the column is empty.
    left_empty: bool,
}

impl Way<'_, '_> {
    fn is(&self, word: &str) -> bool {
        self.function.is(self.at, word)
    }

    /// Statements up to what ends or parts their block. `empty` is whether some way comes here with the column empty; given back is
    /// whether some way goes on so.
    fn statements(&mut self, mut empty: bool) -> bool {
        while self.at < self.function.tokens.len()
            && !self.function.is_any(self.at, &["end", "else", "elsif", "elseif", "when", "exception"])
        {
            let before = self.at;
            empty = self.statement(empty);
            self.at = self.at.max(before + 1);
        }
        empty
    }

    fn statement(&mut self, empty: bool) -> bool {
        let start = self.at;
        if self.is("declare") {
            self.at = self.find(&["begin"]);
        }
        if self.is("begin") {
            return self.block(empty);
        }
        if self.is("if") {
            return self.branches(empty, "then");
        }
        if self.is("case") {
            self.at = self.find(&["when"]);
            return self.branches(empty, "then");
        }
        if self.function.is_any(self.at, &["loop", "while", "for", "foreach"]) {
            let at_least_once = self.is("loop");
            self.at = self.find(&["loop"]) + 1;
            let after = self.statements(empty);
            self.end();
            return if at_least_once { after } else { empty };
        }
        self.at = self.find(&[";"]);
        let end = self.at;
        self.at += 1;
        let is = |at: usize, word: &str| self.function.is(at, word);
        if is(start, "return") {
            self.left_empty |= empty && !is(start + 1, "null");
            return false;
        }
        if is(start, "raise") {
            let told = self.function.is_any(start + 1, &["debug", "log", "info", "notice", "warning"]);
            return empty && told;
        }
        let whole = is(start, "new") && self.function.is_any(start + 1, &[":=", "="]);
        let assigned = self.function.names(start, self.column) && self.function.is_any(start + 3, &[":=", "="]);
        let fills = match assigned {
            true => !self.is_certainly_null(start + 4, end),
            false => whole || self.selects_into(start, end),
        };
        self.filled |= fills;
        empty && !fills
    }

    /// `BEGIN ... [EXCEPTION WHEN ... THEN ...] END`.
    fn block(&mut self, empty: bool) -> bool {
        self.at += 1;
        let mut after = self.statements(empty);
        if self.is("exception") {
            self.at += 1;
            while self.is("when") {
                self.at = self.find(&["then"]) + 1;
                after |= self.statements(empty);
            }
        }
        self.end();
        after
    }

    /// `IF ... THEN ... [ELSIF ...] [ELSE ...] END IF`, and the arms of `CASE`, where one is taken or the statement fails.
    fn branches(&mut self, empty: bool, then: &str) -> bool {
        let is_case = self.is("when");
        // Whether a way comes to the next condition with the column empty.
        let (mut rest, mut after) = (empty, false);
        loop {
            let start = self.at + 1;
            self.at = self.find(&[then]);
            let condition = words(self.function.text, &self.function.tokens[start.min(self.at)..self.at]);
            let truth = if is_case { Truth::Unknown } else { self.fillers.truth(&condition, self.column) };
            self.at += 1;
            let enters = rest && !matches!(truth, Truth::Never | Truth::WhereNotNull);
            after |= self.statements(enters);
            rest &= !matches!(truth, Truth::Always | Truth::WhereNull);
            if self.is("else") {
                self.at += 1;
                after |= self.statements(rest);
                rest = false;
            }
            if !self.function.is_any(self.at, &["elsif", "elseif", "when"]) {
                break;
            }
        }
        self.end();
        after || rest && !is_case
    }

    /// `END`, `END IF` and their `;`.
    fn end(&mut self) {
        if self.is("end") {
            self.at = self.find(&[";"]) + 1;
        }
    }

    /// The next of these words outside of parentheses; the end where there is none.
    fn find(&self, words: &[&str]) -> usize {
        let mut depth = 0usize;
        for at in self.at..self.function.tokens.len() {
            match self.function.tokens[at].text(self.function.text) {
                "(" => depth += 1,
                ")" => depth = depth.saturating_sub(1),
                _ if depth == 0 && self.function.is_any(at, words) => return at,
                _ => {}
            }
        }
        self.function.tokens.len()
    }

    /// `SELECT ... INTO NEW.column`: what looks for a row may find none, and leaves it empty then.
    fn selects_into(&self, start: usize, end: usize) -> bool {
        let Some(into) = (start..end).find(|at| self.function.is(*at, "into")) else { return false };
        if !(into..end).any(|at| self.function.names(at, self.column))
            || self.function.is_any(start, &["insert", "update", "delete"])
        {
            return (into..end).any(|at| self.function.names(at, self.column));
        }
        let has = |word: &str| (start..end).any(|at| self.function.is(at, word));
        let one_row = self.function.is_any(start + 1, &["coalesce", "count", "exists"]) || !has("from") || !has("where");
        one_row || has("strict")
    }

    /// Whether an expression is null for rows that may be: made of what is null for null only, over a column that may be null.
    fn is_certainly_null(&self, start: usize, end: usize) -> bool {
        let function = self.function;
        let mut at = start;
        let mut nullable = false;
        while at < end {
            let token = function.tokens[at];
            let text = token.text(function.text);
            if function.is(at, "new") && function.is(at + 1, ".") {
                let name = function.tokens.get(at + 2).map(|field| folded(field.text(function.text))).unwrap_or_default();
                nullable |=
                    name == self.column || self.fillers.table.column(&name).is_some() && !self.fillers.is_never_null(&name);
                at += 3;
                continue;
            }
            let strict = token.kind == TokenKind::Word && STRICT.iter().any(|name| text.eq_ignore_ascii_case(name));
            let cast = text == "::";
            let plain = matches!(token.kind, TokenKind::String | TokenKind::Number)
                || matches!(text, "(" | ")" | "," | "||" | "+" | "-" | "*" | "/");
            nullable |= text.eq_ignore_ascii_case("null");
            if !(strict && function.is(at + 1, "(") || cast || plain || text.eq_ignore_ascii_case("null")) {
                return false;
            }
            at += 1 + usize::from(cast);
        }
        nullable
    }
}

/// Words in small letters and signs with one space between them; texts as they stand.
fn words(text: &str, tokens: &[Token]) -> String {
    let word = |token: &Token| match token.kind {
        TokenKind::String => token.text(text).to_owned(),
        _ => token.text(text).to_lowercase(),
    };
    tokens.iter().map(word).collect::<Vec<_>>().join(" ")
}
