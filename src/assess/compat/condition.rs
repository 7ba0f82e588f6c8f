//! Whether one check follows from another. A check that was replaced by a wider one (`status IN ('a', 'b')` by the same list
//! with a third label) refuses nothing that was allowed before; comparing texts would call it a tightening.

use super::surface::normal_text;
use crate::change::{Expr, TypeName};
use crate::parse::Lexis;
use sqlparser::ast::{BinaryOperator, Expr as Ast, FunctionArg, FunctionArgExpr, FunctionArguments, UnaryOperator, Value};
use sqlparser::dialect::GenericDialect;

/// A check as a conjunction of conditions on one expression each. Null passes every condition but [`Condition::NotNull`].
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// It is not null.
    NotNull(String),
    /// It is one of these literals.
    OneOf(String, Vec<String>),
    /// It is this number or more; without the number itself where told so.
    AtLeast(String, f64, bool),
    /// It is this number or less.
    AtMost(String, f64, bool),
    /// It is not this literal.
    Differs(String, String),
    /// What is not understood, by its text.
    Other(String),
}

/// Whether every row that satisfies all of `given` satisfies `wanted`.
pub fn follows(given: &[&Expr], wanted: &Expr) -> bool {
    let text = normal_text(wanted);
    if given.iter().any(|expr| normal_text(expr) == text) {
        return true;
    }
    let Some(wanted) = parse(&wanted.sql) else { return false };
    let parsed: Vec<Ast> = given.iter().filter_map(|expr| parse(&expr.sql)).collect();
    let known: Vec<Condition> = given.iter().flat_map(|expr| conditions(expr)).collect();
    // A given alternative implies what each of its arms implies.
    let by_arms = |ast: &Ast| {
        let arms = arms(ast);
        arms.len() > 1 && arms.iter().all(|arm| implied(&[known.as_slice(), &conjuncts(arm)].concat(), &wanted))
    };
    implied(&known, &wanted) || parsed.iter().any(by_arms)
}

/// Whether a condition follows from others: of a conjunction every part, of an alternative the whole or one arm.
pub fn implied(given: &[Condition], wanted: &Ast) -> bool {
    let follows = |wanted: &Condition| given.iter().any(|given| given.implies(wanted));
    match plain(wanted) {
        Ast::BinaryOp { left, op: BinaryOperator::And, right } => implied(given, left) && implied(given, right),
        alternative @ Ast::BinaryOp { op: BinaryOperator::Or, .. } => {
            follows(&single(alternative)) || arms(alternative).iter().any(|arm| implied(given, arm))
        }
        other => conjuncts(other).iter().all(follows),
    }
}

/// The arms of an alternative; anything else is its own only arm.
fn arms(ast: &Ast) -> Vec<&Ast> {
    match plain(ast) {
        Ast::BinaryOp { left, op: BinaryOperator::Or, right } => [arms(left), arms(right)].concat(),
        other => vec![other],
    }
}

fn conjuncts(ast: &Ast) -> Vec<Condition> {
    let mut out = Vec::new();
    collect(ast, &mut out);
    out
}

/// What a column's type says of its values: how long a string is, which numbers there are.
pub fn within(column: &str, data_type: &TypeName) -> Vec<Condition> {
    spellings(column).flat_map(|subject| bounds(&subject, data_type)).collect()
}

/// Whether values of the column that satisfy the conditions fit the type, which is one of shorter strings or of fewer numbers.
pub fn fits(given: &[Condition], column: &str, data_type: &TypeName) -> bool {
    spellings(column).any(|subject| {
        let wanted = bounds(&subject, data_type);
        !wanted.is_empty() && wanted.iter().all(|wanted| given.iter().any(|given| given.implies(wanted)))
    })
}

/// The literals that the conditions leave to a column.
pub fn literals<'c>(given: &'c [Condition], column: &str) -> Option<&'c [String]> {
    let subjects: Vec<String> = spellings(column).collect();
    given.iter().find_map(|condition| match condition {
        Condition::OneOf(subject, values) if subjects.contains(subject) => Some(values.as_slice()),
        _ => None,
    })
}

fn bounds(subject: &str, data_type: &TypeName) -> Vec<Condition> {
    let length = || data_type.modifiers.first().and_then(|text| text.parse::<u32>().ok());
    let between = |least: f64, most: f64| {
        vec![Condition::AtLeast(subject.to_owned(), least, true), Condition::AtMost(subject.to_owned(), most, true)]
    };
    match data_type.name.as_str() {
        _ if data_type.dimensions > 0 => Vec::new(),
        "character varying" | "character" => {
            length().map(|length| Condition::AtMost(length_of(subject), length.into(), true)).into_iter().collect()
        }
        "smallint" => between(i16::MIN.into(), i16::MAX.into()),
        "integer" => between(i32::MIN.into(), i32::MAX.into()),
        _ => Vec::new(),
    }
}

fn length_of(subject: &str) -> String {
    format!("length({subject})")
}

/// A column as it may be written: without quotes and within them.
fn spellings(column: &str) -> impl Iterator<Item = String> {
    [column.to_lowercase(), format!("\"{}\"", column.to_lowercase())].into_iter()
}

impl Condition {
    fn implies(&self, wanted: &Condition) -> bool {
        match (self, wanted) {
            (Condition::OneOf(a, have), Condition::OneOf(b, want)) => a == b && have.iter().all(|value| want.contains(value)),
            (Condition::OneOf(a, have), Condition::Differs(b, value)) => a == b && !have.contains(value),
            (Condition::OneOf(a, have), Condition::AtLeast(b, bound, inclusive)) => {
                a == b && have.iter().all(|v| v.parse::<f64>().is_ok_and(|v| v > *bound || (*inclusive && v == *bound)))
            }
            (Condition::OneOf(a, have), Condition::AtMost(b, bound, true)) if *b == length_of(a) => {
                have.iter().all(|value| value.chars().count() as f64 <= *bound)
            }
            (Condition::OneOf(a, have), Condition::AtMost(b, bound, inclusive)) => {
                a == b && have.iter().all(|v| v.parse::<f64>().is_ok_and(|v| v < *bound || (*inclusive && v == *bound)))
            }
            (Condition::AtLeast(a, have, at), Condition::AtLeast(b, want, wanted_at)) => {
                a == b && (have > want || (have == want && (*wanted_at || !at)))
            }
            (Condition::AtMost(a, have, at), Condition::AtMost(b, want, wanted_at)) => {
                a == b && (have < want || (have == want && (*wanted_at || !at)))
            }
            (Condition::AtLeast(a, have, at), Condition::Differs(b, value)) => {
                a == b && value.parse::<f64>().is_ok_and(|value| value < *have || (!at && value == *have))
            }
            (a, b) => a == b,
        }
    }
}

/// The conditions that an expression consists of.
pub fn conditions(expr: &Expr) -> Vec<Condition> {
    let mut out = Vec::new();
    match parse(&expr.sql) {
        Some(ast) => collect(&ast, &mut out),
        None => out.push(Condition::Other(normal_text(expr))),
    }
    out
}

/// An expression's text, read.
pub fn parse(text: &str) -> Option<Ast> {
    crate::parse::parser(text, &GenericDialect {}, &Lexis::POSTGRES).ok()?.parse_expr().ok()
}

fn collect(ast: &Ast, out: &mut Vec<Condition>) {
    match plain(ast) {
        Ast::BinaryOp { left, op: BinaryOperator::And, right } => {
            collect(left, out);
            collect(right, out);
        }
        Ast::Between { expr, negated: false, low, high } => match (number(low), number(high)) {
            (Some(low), Some(high)) => {
                out.push(Condition::AtLeast(subject(expr), low, true));
                out.push(Condition::AtMost(subject(expr), high, true));
            }
            _ => out.push(Condition::Other(subject(ast))),
        },
        other => out.push(single(other)),
    }
}

fn single(ast: &Ast) -> Condition {
    let other = || Condition::Other(subject(ast));
    match ast {
        Ast::IsNotNull(inner) => Condition::NotNull(subject(inner)),
        Ast::InList { expr, list, negated: false } => match list.iter().map(literal).collect() {
            Some(values) => Condition::OneOf(subject(expr), values),
            None => other(),
        },
        Ast::AnyOp { left, compare_op: BinaryOperator::Eq, right, .. } => match array(right) {
            Some(values) => Condition::OneOf(subject(left), values),
            None => other(),
        },
        Ast::BinaryOp { op: BinaryOperator::Or, .. } => disjunction(ast).unwrap_or_else(other),
        Ast::BinaryOp { left, op, right } => comparison(left, op, right).unwrap_or_else(other),
        _ => other(),
    }
}

/// `a = 1 OR a = 2`, with `a IS NULL` as an arm that changes nothing.
fn disjunction(ast: &Ast) -> Option<Condition> {
    let arms = arms(ast);
    let nulls: Vec<String> =
        arms.iter().filter_map(|arm| if let Ast::IsNull(inner) = arm { Some(subject(inner)) } else { None }).collect();
    let rest: Vec<Condition> = arms.iter().filter(|arm| !matches!(arm, Ast::IsNull(_))).map(|arm| single(arm)).collect();
    let about = |condition: &Condition| match condition {
        Condition::OneOf(s, _) | Condition::AtLeast(s, ..) | Condition::AtMost(s, ..) | Condition::Differs(s, _) => {
            Some(s.clone())
        }
        Condition::NotNull(_) | Condition::Other(_) => None,
    };
    let first = about(rest.first()?)?;
    if nulls.iter().any(|name| *name != first) {
        return None;
    }
    if let [only] = rest.as_slice() {
        return Some(only.clone());
    }
    let mut values = Vec::new();
    for condition in rest {
        match condition {
            Condition::OneOf(name, more) if name == first => values.extend(more),
            _ => return None,
        }
    }
    Some(Condition::OneOf(first, values))
}

fn comparison(left: &Ast, op: &BinaryOperator, right: &Ast) -> Option<Condition> {
    if literal(left).is_some() && literal(right).is_none() {
        let mirrored = match op {
            BinaryOperator::Lt => BinaryOperator::Gt,
            BinaryOperator::LtEq => BinaryOperator::GtEq,
            BinaryOperator::Gt => BinaryOperator::Lt,
            BinaryOperator::GtEq => BinaryOperator::LtEq,
            same => same.clone(),
        };
        return comparison(right, &mirrored, left);
    }
    let name = subject(left);
    Some(match op {
        BinaryOperator::Eq => Condition::OneOf(name, vec![literal(right)?]),
        BinaryOperator::NotEq => Condition::Differs(name, literal(right)?),
        BinaryOperator::Gt => Condition::AtLeast(name, number(right)?, false),
        BinaryOperator::GtEq => Condition::AtLeast(name, number(right)?, true),
        BinaryOperator::Lt => Condition::AtMost(name, number(right)?, false),
        BinaryOperator::LtEq => Condition::AtMost(name, number(right)?, true),
        _ => return None,
    })
}

/// Without parentheses and casts.
fn plain(ast: &Ast) -> &Ast {
    match ast {
        Ast::Nested(inner) => plain(inner),
        Ast::Cast { expr, .. } => plain(expr),
        other => other,
    }
}

fn subject(ast: &Ast) -> String {
    let ast = plain(ast);
    if let Ast::Function(function) = ast
        && let FunctionArguments::List(list) = &function.args
        && let [FunctionArg::Unnamed(FunctionArgExpr::Expr(argument))] = list.args.as_slice()
        && matches!(function.name.to_string().to_lowercase().as_str(), "length" | "char_length" | "character_length")
    {
        return length_of(&subject(argument));
    }
    ast.to_string().to_lowercase()
}

fn literal(ast: &Ast) -> Option<String> {
    match plain(ast) {
        Ast::Value(value) => match &value.value {
            Value::Number(text, _) => Some(text.to_string()),
            Value::SingleQuotedString(text) | Value::EscapedStringLiteral(text) => Some(text.clone()),
            Value::Boolean(value) => Some(value.to_string()),
            _ => None,
        },
        Ast::UnaryOp { op: UnaryOperator::Minus, expr } => literal(expr).map(|text| format!("-{text}")),
        _ => None,
    }
}

fn number(ast: &Ast) -> Option<f64> {
    literal(ast)?.parse().ok()
}

fn array(ast: &Ast) -> Option<Vec<String>> {
    match plain(ast) {
        Ast::Array(array) => array.elem.iter().map(literal).collect(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(given: &str, wanted: &str) -> bool {
        follows(&[&Expr::plain(given)], &Expr::plain(wanted))
    }

    #[test]
    fn wider_checks_follow_from_narrower_ones() {
        for (given, wanted) in [
            ("status IN ('a', 'b')", "status IN ('a', 'b', 'c')"),
            ("(status = ANY (ARRAY['a'::text, 'b'::text]))", "status in ('b', 'a')"),
            ("status = 'a' OR status = 'b'", "status IN ('a','b')"),
            ("price > 0", "price >= 0"),
            ("price >= 1", "price > 0"),
            ("n BETWEEN 1 AND 5", "n > 0"),
            ("char_length(name) <= 20", "length(name) <= 50"),
            ("x IS NULL OR x > 3", "x > 2"),
            ("a > 0 AND b > 0", "b > 0"),
            ("(a <> b)", "a <> b"),
            ("n > 0", "n <> 0"),
            ("n > 0", "n > 0 OR kind = 'refund'"),
            ("n > 5 AND kind = 'x'", "(n > 0 AND kind = 'x') OR kind = 'y'"),
        ] {
            assert!(check(given, wanted), "{given} => {wanted}");
            if given != "(a <> b)" && !given.contains("ARRAY") && !given.contains(" = 'a' OR") {
                assert!(!check(wanted, given), "not {wanted} => {given}");
            }
        }
    }

    #[test]
    fn checked_values_fit_narrower_types() {
        for (given, data_type, length, expected) in [
            ("char_length(c) <= 2", "character varying", 2, true),
            ("length(c) < 3", "character varying", 2, false),
            ("length(c) = 2", "character varying", 2, true),
            ("c IN ('a', 'bb')", "character varying", 2, true),
            ("c IN ('a', 'bbb')", "character varying", 2, false),
            ("length(d) <= 2", "character varying", 2, false),
            ("c BETWEEN 1 AND 5", "smallint", 0, true),
            ("c >= 1", "smallint", 0, false),
            ("c IN (1, 40000)", "smallint", 0, false),
        ] {
            let modifiers = if length == 0 { Vec::new() } else { vec![length.to_string().into()] };
            let data_type = TypeName { modifiers, ..TypeName::simple(data_type) };
            assert_eq!(fits(&conditions(&Expr::plain(given)), "c", &data_type), expected, "{given}");
        }
    }

    #[test]
    fn types_are_conditions() {
        let limited = |name: &str, modifier: &str| TypeName {
            modifiers: if modifier.is_empty() { Vec::new() } else { vec![modifier.into()] },
            ..TypeName::simple(name)
        };
        for (data_type, wanted, expected) in [
            (limited("character varying", "32"), "char_length(c) <= 64", true),
            (limited("character varying", "32"), "length((c)::text) <= 32", true),
            (limited("character varying", "32"), "length(c) <= 31", false),
            (limited("character varying", ""), "length(c) <= 31", false),
            (limited("smallint", ""), "c BETWEEN -32768 AND 32767", true),
            (limited("integer", ""), "c < 100000", false),
        ] {
            let wanted_ast = parse(wanted).expect("an expression");
            assert_eq!(implied(&within("c", &data_type), &wanted_ast), expected, "{data_type:?} => {wanted}");
        }
    }
}
