//! Loops. One over a few values that are known is read once for each of them; any other once, as what may run or not.

use super::Reader;
use crate::lower::body::known::folded;
use crate::lower::body::value::{Kind, Value};
use crate::parse::TokenKind;

/// How many tokens may be read again in the loops of one body.
pub(super) const BUDGET: usize = 100_000;

/// More rounds than that are not told apart.
const MAX_ROUNDS: usize = 1_000;

/// What the variables hold in one round.
type Round = Vec<(String, Value)>;

impl Reader<'_, '_> {
    /// The rest of a loop, from its condition or its `LOOP`.
    pub(super) fn unknown_loop(&mut self) {
        let start = self.at;
        self.at = self.find(self.at, &["LOOP", ";"]) + 1;
        let end = self.loop_end();
        let tokens = &self.tokens[start.min(end)..end];
        self.known.forget_assigned(self.text, tokens);
        let skipped = std::mem::replace(&mut self.may_have_skipped, false);
        self.under_condition(|reader| {
            reader.statements();
            reader.may_have_skipped = skipped;
        });
        let tokens = &self.tokens[start.min(end)..end];
        self.known.forget_assigned(self.text, tokens);
        self.end();
    }

    /// `FOREACH element IN ARRAY expression LOOP`.
    pub(super) fn foreach_loop(&mut self) {
        let array = self.find(self.at, &["ARRAY", "LOOP", ";"]);
        let end = self.find(array, &["LOOP", ";"]);
        let target = (self.at + 1 + 2 == array).then(|| self.name(self.at + 1)).flatten();
        let values = match self.evaluate(array + 1, end).as_slice() {
            [constant] if !constant.assumed => match &constant.value {
                Value::List(values) => Some(values.clone()),
                _ => None,
            },
            _ => None,
        };
        match target.zip(values) {
            Some((target, values)) => self.rounds(end, values.into_iter().map(|value| vec![(target.clone(), value)]).collect()),
            None => self.unknown_loop(),
        }
    }

    /// `FOR row IN query LOOP`, `FOR i IN 1..10 LOOP`, `FOR row IN cursor LOOP`.
    pub(super) fn for_loop(&mut self) {
        let start = self.find(self.at, &["IN", "LOOP", ";"]) + 1;
        let end = self.find(start, &["LOOP", ";"]);
        let first = (start..end).find(|at| self.sign(*at) != "(").unwrap_or(end);
        let numbers = (start..end).any(|at| self.is(at, ".."));
        let scope = self.known.len();
        if numbers {
            if let Some(rounds) = self.numbers(start, end) {
                self.known.declare(rounds.0, Kind::Integer, None, false);
                self.rounds(end, rounds.1);
                return self.known.truncate(scope);
            }
            // The loop's own variable hides others of that name.
            if let Some(name) = self.name(self.at + 1) {
                self.known.declare(name, Kind::Integer, None, false);
            }
        } else if let Some(rounds) = self.rows(start, end) {
            for (name, value) in rounds.first().into_iter().flatten().filter(|(name, _)| name.contains('.')) {
                let kind = if matches!(value, Value::Integer(_)) { Kind::Integer } else { Kind::Text };
                self.known.declare(name.clone(), kind, None, false);
            }
            self.rounds(end, rounds);
            return self.known.truncate(scope);
        } else if self.is(start, "EXECUTE") {
            self.execute(start, end);
        } else if self.is_any(first, &["SELECT", "WITH", "VALUES", "TABLE", "INSERT", "UPDATE", "DELETE", "MERGE"]) {
            self.sql(start, end);
        }
        self.unknown_loop();
        self.known.truncate(scope);
    }

    /// `i IN [REVERSE] from..to [BY step]`: the variable, and its value in each round.
    fn numbers(&self, start: usize, end: usize) -> Option<(String, Vec<Round>)> {
        let name = self.name(self.at + 1).filter(|_| self.at + 3 == start)?;
        let reverse = self.is(start, "REVERSE");
        let start = start + usize::from(reverse);
        let dots = self.find_before(end, start, &[".."]);
        let by = self.find_before(end, dots, &["BY"]);
        let number = |from: usize, to: usize| match self.evaluate(from, to).as_slice() {
            [constant] if !constant.assumed => match constant.value {
                Value::Integer(value) => Some(value),
                _ => None,
            },
            _ => None,
        };
        let (from, to) = (number(start, dots)?, number(dots + 1, by)?);
        let step = if by < end { number(by + 1, end).filter(|step| *step > 0)? } else { 1 };
        let mut value = from;
        let mut rounds = Vec::new();
        while if reverse { value >= to } else { value <= to } {
            if rounds.len() == MAX_ROUNDS {
                return None;
            }
            rounds.push(vec![(name.clone(), Value::Integer(value))]);
            value = if reverse { value.checked_sub(step)? } else { value.checked_add(step)? };
        }
        Some((name, rounds))
    }

    /// The rows of a query of literals: `VALUES (a, b), (c, d)`, `SELECT unnest(array)`, `SELECT * FROM unnest(array) AS name`,
    /// `SELECT * FROM (VALUES ...) AS name (column, column)`; and what they are read into.
    fn rows(&self, start: usize, end: usize) -> Option<Vec<Round>> {
        let targets: Option<Vec<String>> = (self.at + 1..start - 1).step_by(2).map(|at| self.name(at)).collect();
        let targets = targets.filter(|targets| !targets.is_empty())?;
        let (columns, rows) = if self.is(start, "VALUES") {
            let (rows, after) = self.values(start + 1)?;
            (after == end).then(|| (default_columns(rows.first().map_or(0, Vec::len)), rows))?
        } else if self.is(start, "SELECT") && self.is(start + 1, "unnest") && self.is(start + 2, "(") {
            let close = self.find_before(end, start + 3, &[")"]);
            let alias = close + 1 + usize::from(self.is(close + 1, "AS"));
            let column = if alias < end { self.name(alias).filter(|_| alias + 1 == end)? } else { "unnest".into() };
            (vec![column], self.unnested(start + 3, close)?)
        } else {
            self.selected(start, end)?
        };
        let names: Vec<String> = match targets.as_slice() {
            // What is no scalar is a record, whose fields are the columns.
            [record] if !self.known.is_scalar(record) => columns.iter().map(|column| format!("{record}.{column}")).collect(),
            scalars => (scalars.len() == columns.len()).then(|| scalars.to_vec())?,
        };
        let round = |row: Vec<Value>| (row.len() == names.len()).then(|| names.iter().cloned().zip(row).collect());
        rows.into_iter().map(round).collect()
    }

    /// `SELECT columns FROM source AS name (columns)`.
    fn selected(&self, start: usize, end: usize) -> Option<(Vec<String>, Vec<Vec<Value>>)> {
        let from = self.is(start, "SELECT").then(|| self.find_before(end, start + 1, &["FROM"])).filter(|from| *from < end)?;
        let (rows, after) = if self.is(from + 1, "unnest") && self.is(from + 2, "(") {
            let close = self.find_before(end, from + 3, &[")"]);
            (self.unnested(from + 3, close)?, close + 1)
        } else if self.is(from + 1, "(") && self.is(from + 2, "VALUES") {
            let (rows, after) = self.values(from + 3)?;
            self.is(after, ")").then_some((rows, after + 1))?
        } else {
            return None;
        };
        let alias = after + usize::from(self.is(after, "AS"));
        let name = self.name(alias).filter(|_| alias < end);
        let width = rows.first().map_or(0, Vec::len);
        let columns: Vec<String> = match (&name, self.sign(alias + 1)) {
            (Some(_), "(") => (alias + 2..end - 1).step_by(2).map(|at| self.name(at)).collect::<Option<_>>()?,
            (Some(name), _) if alias + 1 == end && self.is(from + 1, "unnest") => vec![name.clone()],
            (Some(_), _) if alias + 1 == end => default_columns(width),
            (None, _) if after == end && self.is(from + 1, "unnest") => vec!["unnest".into()],
            _ => return None,
        };
        if columns.len() != width {
            return None;
        }
        if self.is(start + 1, "*") && start + 2 == from {
            return Some((columns, rows));
        }
        let mut chosen = Vec::new();
        for at in (start + 1..from).step_by(2) {
            let column = self.name(at)?;
            chosen.push(columns.iter().position(|own| *own == column)?);
            if at + 1 < from && self.sign(at + 1) != "," {
                return None;
            }
        }
        let rows = rows.into_iter().map(|row| chosen.iter().map(|at| row[*at].clone()).collect()).collect();
        Some((chosen.iter().map(|at| columns[*at].clone()).collect(), rows))
    }

    /// The elements of an array, each a row.
    fn unnested(&self, start: usize, end: usize) -> Option<Vec<Vec<Value>>> {
        match self.evaluate(start, end).as_slice() {
            [constant] if !constant.assumed => match &constant.value {
                Value::List(values) => Some(values.iter().map(|value| vec![value.clone()]).collect()),
                _ => None,
            },
            _ => None,
        }
    }

    /// `(a, b), (c, d)`, and what stands behind.
    fn values(&self, mut at: usize) -> Option<(Vec<Vec<Value>>, usize)> {
        let mut rows = Vec::new();
        loop {
            self.is(at, "(").then_some(())?;
            let close = self.find(at + 1, &[")"]);
            let mut row = Vec::new();
            let mut start = at + 1;
            while start < close {
                let comma = self.find_before(close, start, &[","]);
                match self.evaluate(start, comma).as_slice() {
                    [constant] if !constant.assumed => row.push(constant.value.clone()),
                    _ => return None,
                }
                start = comma + 1;
            }
            rows.push(row);
            at = close + 1;
            if rows.len() > MAX_ROUNDS {
                return None;
            }
            if !self.is(at, ",") {
                return Some((rows, at));
            }
            at += 1;
        }
    }

    /// Reads a loop's body once for each round, where that is not too much.
    fn rounds(&mut self, head_end: usize, rounds: Vec<Round>) {
        let start = head_end + 1;
        self.at = start;
        let end = self.loop_end();
        let work = rounds.len().saturating_mul(end.saturating_sub(start));
        if rounds.len() > MAX_ROUNDS || work > self.budget {
            for (name, _) in rounds.into_iter().next().into_iter().flatten() {
                self.known.assign(&name, Vec::new(), false);
            }
            self.at = head_end;
            return self.unknown_loop();
        }
        self.budget -= work;
        let (again, muted, conditional) = (self.again, self.muted, self.conditional);
        let skipped = std::mem::replace(&mut self.may_have_skipped, false);
        if rounds.is_empty() {
            let left = (self.may_have_left, self.has_left);
            self.muted = true;
            self.statements();
            self.muted = muted;
            (self.may_have_left, self.has_left) = left;
        }
        for (number, round) in rounds.into_iter().enumerate() {
            self.at = start;
            self.again = again || number > 0;
            if self.may_have_skipped {
                self.known.forget_assigned(self.text, &self.tokens[start.min(end)..end]);
            }
            for (name, value) in round {
                self.known.assign(&name, vec![value], false);
            }
            self.statements();
        }
        if self.may_have_skipped {
            self.known.forget_assigned(self.text, &self.tokens[start.min(end)..end]);
        }
        self.again = again;
        // What an `EXIT` or `CONTINUE` in the loop made doubtful ends with it.
        self.may_have_skipped = skipped;
        self.conditional = conditional || self.may_have_left;
        self.end();
    }

    /// The `END` of the loop whose body begins here.
    fn loop_end(&self) -> usize {
        let mut depth = 1usize;
        for at in self.at..self.tokens.len() {
            if self.is(at, "LOOP") {
                if at > 0 && self.is(at - 1, "END") {
                    depth -= 1;
                } else {
                    depth += 1;
                }
            }
            if depth == 0 {
                return at - 1;
            }
        }
        self.tokens.len()
    }

    fn name(&self, at: usize) -> Option<String> {
        let token = self.tokens.get(at).filter(|token| matches!(token.kind, TokenKind::Word | TokenKind::QuotedWord))?;
        Some(folded(token.text(self.text)))
    }
}

/// What the columns of `VALUES` are called.
fn default_columns(count: usize) -> Vec<String> {
    (1..=count).map(|number| format!("column{number}")).collect()
}
