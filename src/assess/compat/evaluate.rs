//! What an expression over a row comes to, as far as it can be told from which of its columns are null and which hold a known
//! constant: the three-valued logic of SQL over sets of possible answers. What is not understood has every answer.

use crate::change::Ident;
use sqlparser::ast::{BinaryOperator, DataType, Expr as Ast, Function, FunctionArg, FunctionArgExpr, FunctionArguments};
use sqlparser::ast::{UnaryOperator, Value as Literal};
use std::collections::BTreeMap;
use std::ops::{BitAnd, BitOr};

/// What a value may be.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Null.
    Null,
    /// A number.
    Number(f64),
    /// A string, or the label of an enum.
    Text(String),
    /// A truth value.
    Bool(bool),
    /// Anything but null.
    Some,
    /// Anything.
    Any,
}

/// The answers that a condition may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Truths(u8);

impl Truths {
    /// True and nothing else.
    pub const TRUE: Truths = Truths(1);
    /// False and nothing else.
    pub const FALSE: Truths = Truths(2);
    /// Null and nothing else.
    pub const NULL: Truths = Truths(4);
    /// Either truth value.
    pub const EITHER: Truths = Truths(3);
    /// True or null: what passes a check.
    pub const PASSES: Truths = Truths(5);
    /// Every answer.
    pub const ALL: Truths = Truths(7);
    /// No answer: there is no such row.
    pub const NONE: Truths = Truths(0);

    /// Whether an answer of `other` is among these.
    pub fn may(self, other: Truths) -> bool {
        self.0 & other.0 != 0
    }

    fn each(self) -> impl Iterator<Item = Truths> {
        [Truths::TRUE, Truths::FALSE, Truths::NULL].into_iter().filter(move |one| self.may(*one))
    }

    fn not(self) -> Truths {
        Truths(self.0 & 4 | (self.0 & 1) << 1 | (self.0 & 2) >> 1)
    }

    fn both(self, other: Truths) -> Truths {
        let and = |(a, b)| match (a, b) {
            (Truths::FALSE, _) | (_, Truths::FALSE) => Truths::FALSE,
            (Truths::TRUE, Truths::TRUE) => Truths::TRUE,
            _ => Truths::NULL,
        };
        self.each().flat_map(|a| other.each().map(move |b| (a, b))).map(and).fold(Truths::NONE, BitOr::bitor)
    }

    fn or(self, other: Truths) -> Truths {
        self.not().both(other.not()).not()
    }

    /// `IS TRUE` and its like: whether the answer is `wanted`, which is never null.
    fn is(self, wanted: Truths) -> Truths {
        let one = |found| if found == wanted { Truths::TRUE } else { Truths::FALSE };
        self.each().map(one).fold(Truths::NONE, BitOr::bitor)
    }
}

impl BitOr for Truths {
    type Output = Truths;

    fn bitor(self, other: Truths) -> Truths {
        Truths(self.0 | other.0)
    }
}

impl BitAnd for Truths {
    type Output = Truths;

    fn bitand(self, other: Truths) -> Truths {
        Truths(self.0 & other.0)
    }
}

/// A row, as far as it is known; a column that is not in it may hold anything.
pub struct Row<'a> {
    /// What its columns hold.
    pub columns: &'a BTreeMap<Ident, Value>,
    /// Whether a condition is known from elsewhere not to be false.
    pub holds: &'a dyn Fn(&Ast) -> bool,
}

impl Row<'_> {
    /// The answers that a condition may have.
    pub fn truth(&self, ast: &Ast) -> Truths {
        let found = self.answers(ast);
        if found.may(Truths::FALSE) && (self.holds)(ast) { found & Truths::PASSES } else { found }
    }

    fn answers(&self, ast: &Ast) -> Truths {
        match ast {
            Ast::Nested(inner) => self.truth(inner),
            Ast::UnaryOp { op: UnaryOperator::Not, expr } => self.truth(expr).not(),
            Ast::BinaryOp { left, op: BinaryOperator::And, right } => self.truth(left).both(self.truth(right)),
            Ast::BinaryOp { left, op: BinaryOperator::Or, right } => self.truth(left).or(self.truth(right)),
            Ast::BinaryOp { left, op, right } => self.operator(left, op, right),
            Ast::IsNull(inner) => self.is_null(inner),
            Ast::IsNotNull(inner) => self.is_null(inner).not(),
            Ast::IsTrue(inner) => self.truth(inner).is(Truths::TRUE),
            Ast::IsNotTrue(inner) => self.truth(inner).is(Truths::TRUE).not(),
            Ast::IsFalse(inner) => self.truth(inner).is(Truths::FALSE),
            Ast::IsNotFalse(inner) => self.truth(inner).is(Truths::FALSE).not(),
            Ast::IsUnknown(inner) => self.truth(inner).is(Truths::NULL),
            Ast::IsNotUnknown(inner) => self.truth(inner).is(Truths::NULL).not(),
            Ast::IsDistinctFrom(left, right) => distinct(&self.value(left), &self.value(right)),
            Ast::IsNotDistinctFrom(left, right) => distinct(&self.value(left), &self.value(right)).not(),
            Ast::InList { expr, list, negated } => negate(self.one_of(expr, list), *negated),
            Ast::AnyOp { left, compare_op: BinaryOperator::Eq, right, .. } => match elements(right) {
                Some(list) => self.one_of(left, list),
                None => Truths::ALL,
            },
            Ast::AllOp { left, compare_op: BinaryOperator::NotEq, right } => match elements(right) {
                Some(list) => self.one_of(left, list).not(),
                None => Truths::ALL,
            },
            Ast::Between { expr, negated, low, high } => {
                let value = self.value(expr);
                let above = compare(&value, &BinaryOperator::GtEq, &self.value(low));
                negate(above.both(compare(&value, &BinaryOperator::LtEq, &self.value(high))), *negated)
            }
            Ast::Like { expr, pattern, any: false, .. }
            | Ast::ILike { expr, pattern, any: false, .. }
            | Ast::SimilarTo { expr, pattern, .. } => strict(&[self.value(expr), self.value(pattern)]),
            other => match self.value(other) {
                Value::Bool(true) => Truths::TRUE,
                Value::Bool(false) => Truths::FALSE,
                Value::Null => Truths::NULL,
                Value::Some => Truths::EITHER,
                Value::Number(_) | Value::Text(_) | Value::Any => Truths::ALL,
            },
        }
    }

    fn operator(&self, left: &Ast, op: &BinaryOperator, right: &Ast) -> Truths {
        use BinaryOperator as Op;
        if matches!(left, Ast::Tuple(_)) || matches!(right, Ast::Tuple(_)) {
            return Truths::ALL;
        }
        let (left, right) = (self.value(left), self.value(right));
        match op {
            Op::Eq | Op::NotEq | Op::Lt | Op::LtEq | Op::Gt | Op::GtEq => compare(&left, op, &right),
            Op::PGRegexMatch | Op::PGRegexIMatch | Op::PGRegexNotMatch | Op::PGRegexNotIMatch => strict(&[left, right]),
            Op::PGLikeMatch | Op::PGILikeMatch | Op::PGNotLikeMatch | Op::PGNotILikeMatch => strict(&[left, right]),
            Op::AtArrow | Op::ArrowAt | Op::PGOverlap => strict(&[left, right]),
            _ => Truths::ALL,
        }
    }

    fn is_null(&self, ast: &Ast) -> Truths {
        match self.value(ast) {
            _ if matches!(ast, Ast::Tuple(_)) => Truths::EITHER,
            Value::Null => Truths::TRUE,
            Value::Any => Truths::EITHER,
            Value::Number(_) | Value::Text(_) | Value::Bool(_) | Value::Some => Truths::FALSE,
        }
    }

    fn one_of(&self, ast: &Ast, list: &[Ast]) -> Truths {
        if matches!(ast, Ast::Tuple(_)) {
            return Truths::ALL;
        }
        let value = self.value(ast);
        let equal = |other: &Ast| compare(&value, &BinaryOperator::Eq, &self.value(other));
        list.iter().map(equal).fold(Truths::FALSE, Truths::or)
    }

    /// What a value may be.
    pub fn value(&self, ast: &Ast) -> Value {
        match ast {
            Ast::Nested(inner) => self.value(inner),
            Ast::Identifier(name) => self.column(name),
            Ast::CompoundIdentifier(parts) => parts.last().map_or(Value::Any, |name| self.column(name)),
            Ast::Value(literal) => match &literal.value {
                Literal::Number(text, _) => number(text).map_or(Value::Some, Value::Number),
                Literal::SingleQuotedString(text) | Literal::EscapedStringLiteral(text) => Value::Text(text.clone()),
                Literal::Boolean(value) => Value::Bool(*value),
                Literal::Null => Value::Null,
                _ => Value::Any,
            },
            Ast::Cast { expr, data_type, .. } => cast(self.value(expr), data_type),
            // Another collation may take other strings for equal.
            Ast::Collate { expr, .. } => match self.value(expr) {
                Value::Text(_) => Value::Some,
                other => other,
            },
            Ast::UnaryOp { op: UnaryOperator::Minus, expr } => match self.value(expr) {
                Value::Number(number) => Value::Number(-number),
                other => known_only_as(&other),
            },
            Ast::UnaryOp { op: UnaryOperator::Plus, expr } => self.value(expr),
            Ast::BinaryOp { left, op, right } if is_arithmetic(op) => arithmetic(self.value(left), op, self.value(right)),
            Ast::Trim { expr, trim_what: None, trim_characters: None, .. } | Ast::Ceil { expr, .. } | Ast::Floor { expr, .. } => {
                known_only_as(&self.value(expr))
            }
            Ast::Case { operand: None, conditions, else_result, .. } => {
                let mut found = Vec::new();
                for when in conditions {
                    let truth = self.truth(&when.condition);
                    if truth.may(Truths::TRUE) {
                        found.push(self.value(&when.result));
                    }
                    if !truth.may(Truths::FALSE) && !truth.may(Truths::NULL) {
                        return union(&found);
                    }
                }
                found.push(else_result.as_ref().map_or(Value::Null, |other| self.value(other)));
                union(&found)
            }
            Ast::Function(function) => self.call(function),
            Ast::UnaryOp { op: UnaryOperator::Not, .. } | Ast::BinaryOp { .. } | Ast::InList { .. } | Ast::Between { .. } => {
                self.as_value(ast)
            }
            Ast::IsNull(_) | Ast::IsNotNull(_) | Ast::IsTrue(_) | Ast::IsNotTrue(_) | Ast::IsFalse(_) | Ast::IsNotFalse(_) => {
                self.as_value(ast)
            }
            Ast::IsDistinctFrom(..) | Ast::IsNotDistinctFrom(..) | Ast::AnyOp { .. } | Ast::AllOp { .. } => self.as_value(ast),
            Ast::Like { .. } | Ast::ILike { .. } | Ast::SimilarTo { .. } => self.as_value(ast),
            Ast::Array(_) => Value::Some,
            _ => Value::Any,
        }
    }

    /// A condition in the place of a value.
    fn as_value(&self, ast: &Ast) -> Value {
        match self.truth(ast) {
            Truths::TRUE => Value::Bool(true),
            Truths::FALSE => Value::Bool(false),
            Truths::NULL => Value::Null,
            Truths::EITHER => Value::Some,
            _ => Value::Any,
        }
    }

    fn column(&self, name: &sqlparser::ast::Ident) -> Value {
        let name = if name.quote_style.is_some() { name.value.clone() } else { name.value.to_lowercase() };
        self.columns.get(name.as_str()).cloned().unwrap_or(Value::Any)
    }

    fn call(&self, function: &Function) -> Value {
        let Some((name, arguments)) = plain_call(function) else { return Value::Any };
        let values: Vec<Value> = arguments.iter().map(|argument| self.value(argument)).collect();
        let count = |wanted: bool| {
            let known = !values.contains(&Value::Any);
            let found = values.iter().filter(|value| (**value == Value::Null) == wanted).count();
            if known { Value::Number(found as f64) } else { Value::Some }
        };
        match (name.as_str(), values.as_slice()) {
            ("num_nulls", [_, ..]) => count(true),
            ("num_nonnulls", [_, ..]) => count(false),
            ("coalesce", values) => coalesce(values),
            ("nullif", [left, right]) => match compare(left, &BinaryOperator::Eq, right) {
                Truths::TRUE => Value::Null,
                Truths::FALSE | Truths::NULL => left.clone(),
                _ => Value::Any,
            },
            ("greatest" | "least", values) if values.iter().all(|value| *value == Value::Null) => Value::Null,
            ("greatest" | "least", values) if values.iter().any(is_some) => Value::Some,
            ("length" | "char_length" | "character_length", [Value::Text(text)]) => Value::Number(text.chars().count() as f64),
            (
                "length" | "char_length" | "character_length" | "octet_length" | "lower" | "upper" | "btrim" | "ltrim" | "rtrim"
                | "md5" | "abs" | "round" | "sign" | "date_trunc" | "cardinality" | "jsonb_typeof" | "json_typeof",
                values,
            ) if !values.is_empty() => {
                if values.contains(&Value::Null) {
                    Value::Null
                } else {
                    known_only_as(values.iter().find(|value| **value == Value::Any).unwrap_or(&Value::Some))
                }
            }
            ("now" | "gen_random_uuid" | "clock_timestamp" | "statement_timestamp" | "transaction_timestamp", []) => Value::Some,
            ("current_timestamp" | "current_date" | "localtimestamp" | "current_time" | "localtime" | "random", []) => {
                Value::Some
            }
            _ => Value::Any,
        }
    }
}

/// A call of one of the server's own functions by positional arguments: its name and the arguments.
fn plain_call(function: &Function) -> Option<(String, Vec<&Ast>)> {
    let parts: Vec<String> = function.name.0.iter().filter_map(|part| Some(part.as_ident()?.value.to_lowercase())).collect();
    let name = match parts.as_slice() {
        [name] => name.clone(),
        _ => return None,
    };
    let modified = function.filter.is_some() || function.over.is_some() || !function.within_group.is_empty();
    let arguments = match &function.args {
        FunctionArguments::None => Vec::new(),
        FunctionArguments::List(list) if list.duplicate_treatment.is_none() && list.clauses.is_empty() => {
            let plain = |argument| match argument {
                &FunctionArg::Unnamed(FunctionArgExpr::Expr(ref expr)) => Some(expr),
                _ => None,
            };
            list.args.iter().map(plain).collect::<Option<Vec<&Ast>>>()?
        }
        FunctionArguments::List(_) | FunctionArguments::Subquery(_) => return None,
    };
    (!modified).then_some((name, arguments))
}

/// The elements of a written array, also with a cast.
fn elements(ast: &Ast) -> Option<&[Ast]> {
    match ast {
        Ast::Nested(inner) => elements(inner),
        Ast::Cast { expr, .. } => elements(expr),
        Ast::Array(array) => Some(&array.elem),
        _ => None,
    }
}

fn negate(truths: Truths, negated: bool) -> Truths {
    if negated { truths.not() } else { truths }
}

fn is_some(value: &Value) -> bool {
    !matches!(value, Value::Null | Value::Any)
}

/// Only whether it is null.
fn known_only_as(value: &Value) -> Value {
    match value {
        Value::Null => Value::Null,
        Value::Any => Value::Any,
        Value::Number(_) | Value::Text(_) | Value::Bool(_) | Value::Some => Value::Some,
    }
}

/// What holds for all of these values.
pub fn union(values: &[Value]) -> Value {
    match values {
        [] => Value::Any,
        [first, rest @ ..] if rest.iter().all(|other| other == first) => first.clone(),
        values if values.iter().all(is_some) => Value::Some,
        _ => Value::Any,
    }
}

fn coalesce(values: &[Value]) -> Value {
    let mut candidates = Vec::new();
    for value in values.iter().filter(|value| **value != Value::Null) {
        if is_some(value) {
            candidates.push(value.clone());
            // Whatever comes before, null is not what comes out.
            let some = candidates.iter().map(|one| if *one == Value::Any { Value::Some } else { one.clone() });
            return union(&some.collect::<Vec<_>>());
        }
        candidates.push(Value::Any);
    }
    if candidates.is_empty() { Value::Null } else { Value::Any }
}

/// An operator that answers null just where one of its sides is null, and of which nothing more is known.
fn strict(values: &[Value]) -> Truths {
    match values {
        values if values.contains(&Value::Null) => Truths::NULL,
        values if values.contains(&Value::Any) => Truths::ALL,
        _ => Truths::EITHER,
    }
}

fn compare(left: &Value, op: &BinaryOperator, right: &Value) -> Truths {
    use std::cmp::Ordering;
    let order = match (left, right) {
        (Value::Number(a), Value::Number(b)) => a.partial_cmp(b),
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
        // How strings are ordered is up to the collation; which are equal is not.
        (Value::Text(a), Value::Text(b)) if matches!(op, BinaryOperator::Eq | BinaryOperator::NotEq) => Some(a.cmp(b)),
        (Value::Text(a), Value::Text(b)) if a == b => Some(Ordering::Equal),
        _ => None,
    };
    let Some(order) = order else { return strict(&[left.clone(), right.clone()]) };
    let holds = match op {
        BinaryOperator::Eq => order.is_eq(),
        BinaryOperator::NotEq => order.is_ne(),
        BinaryOperator::Lt => order.is_lt(),
        BinaryOperator::LtEq => order.is_le(),
        BinaryOperator::Gt => order.is_gt(),
        BinaryOperator::GtEq => order.is_ge(),
        _ => return Truths::ALL,
    };
    if holds { Truths::TRUE } else { Truths::FALSE }
}

fn distinct(left: &Value, right: &Value) -> Truths {
    match (left, right) {
        (Value::Null, Value::Null) => Truths::FALSE,
        (Value::Null, other) | (other, Value::Null) if is_some(other) => Truths::TRUE,
        (Value::Null | Value::Any, _) | (_, Value::Null | Value::Any) => Truths::EITHER,
        (left, right) => compare(left, &BinaryOperator::NotEq, right),
    }
}

fn is_arithmetic(op: &BinaryOperator) -> bool {
    use BinaryOperator as Op;
    matches!(op, Op::Plus | Op::Minus | Op::Multiply | Op::Divide | Op::Modulo)
}

fn arithmetic(left: Value, op: &BinaryOperator, right: Value) -> Value {
    match (&left, &right) {
        (Value::Null, _) | (_, Value::Null) => Value::Null,
        (Value::Any, _) | (_, Value::Any) => Value::Any,
        (Value::Number(a), Value::Number(b)) => {
            let result = match op {
                BinaryOperator::Plus => a + b,
                BinaryOperator::Minus => a - b,
                BinaryOperator::Multiply => a * b,
                _ => return Value::Some,
            };
            if is_exact(*a) && is_exact(*b) && is_exact(result) { Value::Number(result) } else { Value::Some }
        }
        _ => Value::Some,
    }
}

/// Whether a number is whole and held without loss.
fn is_exact(number: f64) -> bool {
    number.fract() == 0.0 && number.abs() < 1e15
}

/// A number that is held near enough to be compared with others.
pub fn number(text: &str) -> Option<f64> {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let plain = text.bytes().all(|c| c.is_ascii_digit() || matches!(c, b'.' | b'-' | b'+'));
    text.parse::<f64>().ok().filter(|_| plain && digits <= 15)
}

fn cast(value: Value, data_type: &DataType) -> Value {
    let to = data_type.to_string().to_lowercase();
    match (value, to.as_str()) {
        (Value::Text(text), "text" | "varchar" | "character varying") => Value::Text(text),
        // A label, or a string of a domain.
        (Value::Text(text), _) if matches!(data_type, DataType::Custom(_, modifiers) if modifiers.is_empty()) => {
            Value::Text(text)
        }
        (Value::Text(text), "int" | "integer" | "bigint" | "smallint" | "int4" | "int8" | "int2") => {
            number(&text).filter(|number| is_exact(*number)).map_or(Value::Some, Value::Number)
        }
        (Value::Text(text), "numeric" | "decimal") => number(&text).map_or(Value::Some, Value::Number),
        (Value::Text(text), "boolean" | "bool") => truth_value(&text).map_or(Value::Some, Value::Bool),
        (Value::Number(number), "int" | "integer" | "bigint" | "smallint" | "numeric" | "decimal") if is_exact(number) => {
            Value::Number(number)
        }
        (Value::Bool(value), "boolean" | "bool") => Value::Bool(value),
        (other, _) => known_only_as(&other),
    }
}

/// What a string means as a truth value.
pub fn truth_value(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "t" | "yes" | "y" | "on" | "1" => Some(true),
        "false" | "f" | "no" | "n" | "off" | "0" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
