//! Whether one check follows from another. A check that was replaced by a wider one (`status IN ('a', 'b')` by the same list
//! with a third label) refuses nothing that was allowed before; comparing texts would call it a tightening.

use super::surface::normal_text;
use crate::change::Expr;
use crate::parse::Lexis;
use sqlparser::ast::{BinaryOperator, Expr as Ast, UnaryOperator, Value};
use sqlparser::dialect::GenericDialect;

/// A check as a conjunction of conditions on one expression each. Null passes every condition but [`Condition::NotNull`].
#[derive(Debug, Clone, PartialEq)]
enum Condition {
    NotNull(String),
    OneOf(String, Vec<String>),
    AtLeast(String, f64, bool),
    AtMost(String, f64, bool),
    Differs(String, String),
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
fn implied(given: &[Condition], wanted: &Ast) -> bool {
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

/// Whether a row in which all of `absent` are null passes the check, whatever its other columns hold. Only what is certain.
pub fn passes_without(expr: &Expr, absent: impl Fn(&str) -> bool) -> bool {
    conditions(expr).iter().all(|condition| match condition {
        Condition::OneOf(subject, _)
        | Condition::AtLeast(subject, ..)
        | Condition::AtMost(subject, ..)
        | Condition::Differs(subject, _) => absent(subject.trim_matches('"')),
        Condition::Other(text) => comparison_with(text, &absent),
        Condition::NotNull(_) => false,
    })
}

/// `a < b` and its like, where a side that is absent makes the whole null.
fn comparison_with(text: &str, absent: &impl Fn(&str) -> bool) -> bool {
    let simple = |side: &str| side.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '"' || c == '.');
    ["<=", ">=", "<>", "<", ">", "="].iter().find_map(|op| text.split_once(op)).is_some_and(|(left, right)| {
        let (left, right) = (left.trim(), right.trim());
        simple(left) && simple(right) && (absent(left.trim_matches('"')) || absent(right.trim_matches('"')))
    })
}

impl Condition {
    fn implies(&self, wanted: &Condition) -> bool {
        match (self, wanted) {
            (Condition::OneOf(a, have), Condition::OneOf(b, want)) => a == b && have.iter().all(|value| want.contains(value)),
            (Condition::OneOf(a, have), Condition::Differs(b, value)) => a == b && !have.contains(value),
            (Condition::OneOf(a, have), Condition::AtLeast(b, bound, inclusive)) => {
                a == b && have.iter().all(|v| v.parse::<f64>().is_ok_and(|v| v > *bound || (*inclusive && v == *bound)))
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

fn conditions(expr: &Expr) -> Vec<Condition> {
    let mut out = Vec::new();
    match parse(&expr.sql) {
        Some(ast) => collect(&ast, &mut out),
        None => out.push(Condition::Other(normal_text(expr))),
    }
    out
}

fn parse(text: &str) -> Option<Ast> {
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
    let text = plain(ast).to_string().to_lowercase();
    match text.strip_prefix("character_length(").or_else(|| text.strip_prefix("char_length(")) {
        Some(rest) => format!("length({rest}"),
        None => text,
    }
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
    fn what_is_absent_passes() {
        let expr = Expr::plain("starts < ends AND fee >= 0");
        assert!(passes_without(&expr, |name| name == "ends" || name == "fee"));
        assert!(!passes_without(&expr, |name| name == "ends"));
        assert!(!passes_without(&Expr::plain("fee IS NOT NULL"), |_| true));
    }
}
