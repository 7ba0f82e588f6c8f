//! What a condition demands of single columns: that they have one of some constants.

use super::cursor::{Cursor, fold_ident};
use super::expr::{shape, unwrapped};
use super::words::is_keyword_value;
use crate::change::{Demands, Expr, ExprShape, Ident};
use crate::source::{Sources, Span};
use sqlparser::ast::{BinaryOperator, DataType, Expr as SqlExpr};

/// What a condition that the catalog keeps (a `CHECK`) demands.
pub fn demands(condition: &Expr) -> Demands {
    let mut sources = Sources::default();
    let file = sources.add("", &*condition.sql);
    let span: Span = sources.whole(file);
    let read = Cursor::new(&condition.sql, span).and_then(|mut c| {
        let ast = c.parse(|parser| parser.parse_expr())?;
        Ok((of(&ast), c.at_end()))
    });
    read.ok().filter(|(_, whole)| *whole).map(|(demands, _)| demands).unwrap_or_default()
}

/// The same of what was parsed.
pub(super) fn of(condition: &SqlExpr) -> Demands {
    let mut out = Demands { of: Vec::new(), whole: true };
    let mut waiting = vec![condition];
    while let Some(condition) = waiting.pop() {
        match unwrapped(condition) {
            SqlExpr::BinaryOp { left, op: BinaryOperator::And, right } => waiting.extend([&**right, &**left]),
            arm => match one_of(arm) {
                Some(found) => out.of.push(found),
                None => out.whole = false,
            },
        }
    }
    out
}

/// `a = 1`, `a IN (1, 2)`, `a = ANY (ARRAY[1, 2])`, or several of them on one column with `OR`.
fn one_of(condition: &SqlExpr) -> Option<(Ident, Vec<Expr>)> {
    match unwrapped(condition) {
        SqlExpr::BinaryOp { left, op: BinaryOperator::Eq, right } => {
            let (column, value) = column(left).map(|own| (own, right)).or_else(|| Some((column(right)?, left)))?;
            Some((column, vec![constant(value)?]))
        }
        SqlExpr::InList { expr, list, negated: false } => {
            Some((column(expr)?, list.iter().map(constant).collect::<Option<_>>()?))
        }
        SqlExpr::AnyOp { left, compare_op: BinaryOperator::Eq, right, .. } => Some((column(left)?, elements(right)?)),
        SqlExpr::BinaryOp { left, op: BinaryOperator::Or, right } => {
            let (mut one, other) = (one_of(left)?, one_of(right)?);
            one.1.extend(other.1);
            (one.0 == other.0).then_some(one)
        }
        _ => None,
    }
}

/// A column, with or without its table; also as the text that it is.
fn column(expr: &SqlExpr) -> Option<Ident> {
    match unwrapped(expr) {
        SqlExpr::Identifier(ident) if !is_keyword_value(ident) => Some(fold_ident(ident)),
        SqlExpr::CompoundIdentifier(parts) if parts.len() == 2 => parts.last().map(fold_ident),
        SqlExpr::Cast { expr, data_type: DataType::Text, .. } => column(expr),
        _ => None,
    }
}

fn constant(expr: &SqlExpr) -> Option<Expr> {
    let shape = shape(expr);
    let is_constant = matches!(shape, ExprShape::Literal(_));
    is_constant.then(|| Expr { shape, ..Expr::plain(unwrapped(expr).to_string()) })
}

fn elements(list: &SqlExpr) -> Option<Vec<Expr>> {
    match unwrapped(list) {
        SqlExpr::Array(array) => array.elem.iter().map(constant).collect(),
        SqlExpr::Cast { expr, .. } => elements(expr),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::demands;
    use crate::change::Expr;

    #[test]
    fn constants_are_found() {
        for (text, expected) in [
            ("a = 1", "a: 1"),
            ("(t.a) = 1 AND 'x' = \"B\"", "a: 1; B: 'x'"),
            ("a IN ('x', 'y''z')", "a: 'x', 'y''z'"),
            ("(a = 'x' OR a = 'y')", "a: 'x', 'y'"),
            (
                "((a)::text = ANY ((ARRAY['x'::character varying, 'y'::character varying])::text[]))",
                "a: 'x'::character varying, 'y'::character varying",
            ),
            ("a = 1 AND b > 2", "a: 1; and more"),
            ("a = 1 OR b = 2", "and more"),
            ("a NOT IN (1)", "and more"),
            ("a = b", "and more"),
            ("a = NULL", "and more"),
        ] {
            let found = demands(&Expr::plain(text));
            let one = |(column, values): &(_, Vec<Expr>)| {
                format!("{column}: {}", values.iter().map(|value| value.sql.to_lowercase()).collect::<Vec<_>>().join(", "))
            };
            let mut parts: Vec<String> = found.of.iter().map(one).collect();
            parts.extend((!found.whole).then(|| "and more".to_owned()));
            assert_eq!(parts.join("; "), expected, "{text}");
        }
    }
}
