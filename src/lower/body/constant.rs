//! The value of an expression of a body, where it is the same in every run: literals, variables whose value is known, what
//! joins and compares them, and the functions of [`value`].

use super::known::Known;
use super::value::{self, Kind, Value};
use crate::lower::literal;
use crate::parse::{Token, TokenKind};

/// A value that is known before it runs.
pub(super) struct Constant {
    /// The value.
    pub value: Value,
    /// Where it stands as it is, without escapes.
    pub exact: Option<(usize, usize)>,
    /// Whether it is so only where nobody gave a setting of the session another value.
    pub assumed: bool,
}

impl From<Value> for Constant {
    fn from(value: Value) -> Self {
        Constant { value, exact: None, assumed: false }
    }
}

/// The value of the expression that these tokens of `text` are.
pub(super) fn evaluate(text: &str, tokens: &[Token], known: &Known) -> Option<Constant> {
    let mut reader = Reader { text, tokens, at: 0, known, nesting: 0, assumed: false };
    let constant = reader.either()?;
    (reader.at == tokens.len()).then_some(Constant { assumed: reader.assumed, ..constant })
}

/// Whether the condition that these tokens are holds; `None`: that is not known.
pub(super) fn condition(text: &str, tokens: &[Token], known: &Known) -> Option<bool> {
    let constant = evaluate(text, tokens, known).filter(|constant| !constant.assumed)?;
    match constant.value {
        Value::Bool(holds) => Some(holds),
        Value::Null => Some(false),
        Value::Integer(_) | Value::Text(_) | Value::Relation(_) | Value::List(_) => None,
    }
}

/// Parentheses and calls inside each other.
const MAX_NESTING: usize = 20;

struct Reader<'t> {
    text: &'t str,
    tokens: &'t [Token],
    at: usize,
    known: &'t Known,
    nesting: usize,
    /// Whether a value was used that is only assumed.
    assumed: bool,
}

impl Reader<'_> {
    fn sign(&self) -> &str {
        self.sign_at(self.at)
    }

    /// The token's text where it is no quoted thing.
    fn sign_at(&self, at: usize) -> &str {
        match self.tokens.get(at) {
            Some(token) if !matches!(token.kind, TokenKind::String | TokenKind::DollarString | TokenKind::QuotedWord) => {
                token.text(self.text)
            }
            _ => "",
        }
    }

    fn eat(&mut self, sign: &str) -> Option<()> {
        let found = self.sign().eq_ignore_ascii_case(sign);
        self.at += usize::from(found);
        found.then_some(())
    }

    /// `a OR b`.
    fn either(&mut self) -> Option<Constant> {
        let mut left = self.both()?;
        while self.eat("OR").is_some() {
            let right = self.both()?;
            left = match (left.value, right.value) {
                (Value::Bool(true), _) | (_, Value::Bool(true)) => Value::Bool(true),
                (Value::Bool(false), Value::Bool(false)) => Value::Bool(false),
                (Value::Bool(false) | Value::Null, Value::Bool(false) | Value::Null) => Value::Null,
                _ => return None,
            }
            .into();
        }
        Some(left)
    }

    /// `a AND b`.
    fn both(&mut self) -> Option<Constant> {
        let mut left = self.negated()?;
        while self.eat("AND").is_some() {
            let right = self.negated()?;
            left = match (left.value, right.value) {
                (Value::Bool(false), _) | (_, Value::Bool(false)) => Value::Bool(false),
                (Value::Bool(true), Value::Bool(true)) => Value::Bool(true),
                (Value::Bool(true) | Value::Null, Value::Bool(true) | Value::Null) => Value::Null,
                _ => return None,
            }
            .into();
        }
        Some(left)
    }

    fn negated(&mut self) -> Option<Constant> {
        if self.eat("NOT").is_none() {
            return self.compared();
        }
        match self.compared()?.value {
            Value::Bool(value) => Some(Value::Bool(!value).into()),
            Value::Null => Some(Value::Null.into()),
            _ => None,
        }
    }

    /// `a = b`, `a <> b`, `a < b`, `a IS [NOT] NULL`, `a [NOT] IN (b, c)`.
    fn compared(&mut self) -> Option<Constant> {
        let left = self.joined()?;
        if self.eat("IS").is_some() {
            let not = self.eat("NOT").is_some();
            let test = match self.sign().to_ascii_uppercase().as_str() {
                "NULL" => left.value == Value::Null,
                "TRUE" => left.value == Value::Bool(true),
                "FALSE" => left.value == Value::Bool(false),
                _ => return None,
            };
            self.at += 1;
            return Some(Value::Bool(test != not).into());
        }
        let not = self.sign().eq_ignore_ascii_case("NOT") && self.sign_at(self.at + 1).eq_ignore_ascii_case("IN");
        self.at += usize::from(not);
        let equal = if self.eat("IN").is_some() {
            let values = self.arguments()?;
            let equal: Option<Vec<Option<bool>>> = values.iter().map(|value| equal(&left.value, value)).collect();
            match equal? {
                equal if equal.contains(&Some(true)) => Some(true),
                equal if equal.contains(&None) => None,
                _ => Some(false),
            }
        } else {
            let unequal = match self.sign() {
                "=" => false,
                "<>" | "!=" => true,
                "<" | "<=" | ">" | ">=" => return self.ordered(left.value),
                _ => return Some(left),
            };
            self.at += 1;
            let right = self.joined()?;
            equal(&left.value, &right.value)?.map(|equal| equal != unequal)
        };
        Some(equal.map_or(Value::Null, |equal| Value::Bool(equal != not)).into())
    }

    /// `< b` and its kin behind a whole number.
    fn ordered(&mut self, left: Value) -> Option<Constant> {
        let sign = self.sign().to_owned();
        self.at += 1;
        let (Value::Integer(left), Value::Integer(right)) = (left, self.joined()?.value) else { return None };
        let holds = match sign.as_str() {
            "<" => left < right,
            "<=" => left <= right,
            ">" => left > right,
            _ => left >= right,
        };
        Some(Value::Bool(holds).into())
    }

    /// `a || b || c`.
    fn joined(&mut self) -> Option<Constant> {
        let mut left = self.sum()?;
        while self.eat("||").is_some() {
            let right = self.sum()?.value;
            left = match (left.value, right) {
                (Value::Null, Value::Text(_)) | (Value::Text(_), Value::Null) => Value::Null,
                (Value::List(mut values), Value::List(more)) => {
                    values.extend(more);
                    Value::List(values)
                }
                (left, right) => value::bounded(left.text()? + &right.text()?)?,
            }
            .into();
        }
        Some(left)
    }

    /// `a + b - c`.
    fn sum(&mut self) -> Option<Constant> {
        let mut left = self.value()?;
        loop {
            let add = match self.sign() {
                "+" => i64::checked_add,
                "-" => i64::checked_sub,
                _ => return Some(left),
            };
            self.at += 1;
            match (left.value, self.value()?.value) {
                (Value::Integer(a), Value::Integer(b)) => left = Value::Integer(add(a, b)?).into(),
                _ => return None,
            }
        }
    }

    /// One value with its casts and subscripts.
    fn value(&mut self) -> Option<Constant> {
        let token = *self.tokens.get(self.at).filter(|_| self.nesting < MAX_NESTING)?;
        self.nesting += 1;
        let mut constant = match token.kind {
            TokenKind::String | TokenKind::DollarString => self.literal()?,
            TokenKind::Number => {
                self.at += 1;
                Value::Integer(token.text(self.text).parse().ok()?).into()
            }
            TokenKind::Punctuation if self.eat("(").is_some() => {
                let inside = self.either()?;
                self.eat(")")?;
                inside
            }
            TokenKind::Operator if self.eat("-").is_some() => match self.value()?.value {
                Value::Integer(value) => Value::Integer(value.checked_neg()?).into(),
                _ => return None,
            },
            TokenKind::Word | TokenKind::QuotedWord | TokenKind::Parameter => self.word()?.into(),
            _ => return None,
        };
        self.nesting -= 1;
        loop {
            if self.eat("::").is_some() {
                let kind = self.kind()?;
                let exact = constant.exact.filter(|_| kind == Kind::Text);
                constant = Constant { value: constant.value.cast(&kind)?, exact, assumed: false };
            } else if self.eat("[").is_some() {
                let index = self.joined()?.value;
                self.eat("]")?;
                constant = match (constant.value, index) {
                    (Value::List(values), Value::Integer(at)) => {
                        let at = usize::try_from(at).ok().and_then(|at| at.checked_sub(1));
                        at.and_then(|at| values.get(at).cloned()).unwrap_or(Value::Null).into()
                    }
                    _ => return None,
                };
            } else {
                return Some(constant);
            }
        }
    }

    /// A literal, with those on the next lines that continue it.
    fn literal(&mut self) -> Option<Constant> {
        let first = self.tokens[self.at];
        self.at += 1;
        let mut end = first.end;
        if first.kind == TokenKind::String {
            while let Some(next) = self.tokens.get(self.at).filter(|next| next.kind == TokenKind::String) {
                end = next.end;
                self.at += 1;
            }
        }
        let (text, exact) = literal::decode(&self.text[first.start..end])?;
        let exact = exact.map(|inside| (first.start + inside.start, first.start + inside.end));
        Some(Constant { value: Value::Text(text), exact, assumed: false })
    }

    /// A type after `::`, `AS` or a variable's name.
    fn kind(&mut self) -> Option<Kind> {
        let (kind, used) = kind(self.text, &self.tokens[self.at..])?;
        self.at += used;
        Some(kind)
    }

    /// A keyword, a variable or a call.
    fn word(&mut self) -> Option<Value> {
        let name = super::known::folded(self.tokens.get(self.at)?.text(self.text));
        self.at += 1;
        match (name.as_str(), self.sign()) {
            ("null", _) => Some(Value::Null),
            ("true", _) => Some(Value::Bool(true)),
            ("false", _) => Some(Value::Bool(false)),
            ("array", "[") => self.list(),
            ("cast", "(") => {
                self.eat("(")?;
                let value = self.either()?.value;
                self.eat("AS")?;
                let kind = self.kind()?;
                self.eat(")")?;
                value.cast(&kind)
            }
            (_, "(") => {
                let arguments = self.arguments()?;
                self.call(&name, &arguments)
            }
            (_, ".") => {
                self.at += 1;
                let field = super::known::folded(self.tokens.get(self.at)?.text(self.text));
                self.at += 1;
                if self.sign() == "(" {
                    let arguments = (name == "pg_catalog").then(|| self.arguments())??;
                    return self.call(&field, &arguments);
                }
                self.variable(&format!("{name}.{field}"))
            }
            _ => self.variable(&name),
        }
    }

    fn variable(&mut self, name: &str) -> Option<Value> {
        let (value, assumed) = self.known.get(name)?;
        self.assumed |= assumed;
        Some(value.clone())
    }

    fn call(&mut self, name: &str, arguments: &[Value]) -> Option<Value> {
        match (name, arguments) {
            // Settings of one's own have no value in a session that gives them none.
            ("current_setting", [Value::Text(setting), Value::Bool(true)]) if setting.contains('.') => {
                self.assumed = true;
                Some(Value::Null)
            }
            _ => value::call(name, arguments),
        }
    }

    /// `[a, b]` after `ARRAY`.
    fn list(&mut self) -> Option<Value> {
        self.eat("[")?;
        let mut values = Vec::new();
        while self.eat("]").is_none() {
            if !values.is_empty() {
                self.eat(",")?;
            }
            match self.either()?.value {
                Value::List(_) => return None,
                value => values.push(value),
            }
        }
        Some(Value::List(values))
    }

    /// `(a, b)`.
    fn arguments(&mut self) -> Option<Vec<Value>> {
        self.eat("(")?;
        let mut arguments = Vec::new();
        while self.eat(")").is_none() {
            if !arguments.is_empty() {
                self.eat(",")?;
            }
            arguments.push(self.either()?.value);
        }
        Some(arguments)
    }
}

/// Whether two values are equal (`Some(None)`: one is null); nothing where they cannot be compared.
fn equal(left: &Value, right: &Value) -> Option<Option<bool>> {
    match (left, right) {
        (Value::Null, _) | (_, Value::Null) => Some(None),
        (Value::Bool(a), Value::Bool(b)) => Some(Some(a == b)),
        (Value::Integer(a), Value::Integer(b)) => Some(Some(a == b)),
        (Value::Text(a), Value::Text(b)) => Some(Some(a == b)),
        (known @ Value::Bool(_), Value::Text(text)) | (Value::Text(text), known @ Value::Bool(_)) => {
            Value::Text(text.clone()).cast(&Kind::Bool).map(|value| Some(value == *known))
        }
        _ => None,
    }
}

/// The kind of the type that these tokens begin with, and how many they are.
pub(super) fn kind(text: &str, tokens: &[Token]) -> Option<(Kind, usize)> {
    let sign = |at: usize| tokens.get(at).map_or("", |token| token.text(text));
    let mut name = super::known::folded(sign(0));
    let mut at = 1;
    if name == "pg_catalog" && sign(1) == "." {
        name = super::known::folded(sign(2));
        at = 3;
    }
    if name == "character" && sign(at).eq_ignore_ascii_case("varying") {
        name += " varying";
        at += 1;
    }
    // What a length cuts off is not worked out.
    if matches!(sign(at), "(" | "." | "%") {
        return None;
    }
    if sign(at) == "[" && sign(at + 1) == "]" {
        name += "[]";
        at += 2;
    }
    Some((Kind::of(&name), at))
}
