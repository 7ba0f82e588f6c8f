//! Expressions: their text, every name in it with its place, and what they are where that shows without evaluating them.

use super::cursor::{Cursor, Read, fold_ident};
use super::names::Names;
use super::words::is_keyword_value;
use crate::change::{Expr, ExprShape, Ident};
use sqlparser::ast::{BinaryOperator, Expr as SqlExpr, UnaryOperator, Value};
use sqlparser::dialect::{Dialect, PostgreSqlDialect, Precedence};

impl Cursor<'_> {
    /// An expression.
    pub fn expr(&mut self) -> Read<Expr> {
        let mark = self.mark();
        let ast = self.parse(|parser| parser.parse_expr())?;
        Ok(self.expr_from(mark, &ast))
    }

    /// An expression as it may stand in a column's definition: what follows it may begin with `NOT`, `COLLATE` or `IS` and
    /// be no part of it (the grammar's `b_expr`).
    pub fn narrow_expr(&mut self) -> Read<Expr> {
        let mark = self.mark();
        let mut ast = self.parse(|parser| parser.parse_subexpr(PostgreSqlDialect {}.prec_value(Precedence::Is)))?;
        if let SqlExpr::Collate { expr, .. } = ast {
            ast = *expr;
            while !(self.at("COLLATE")) {
                self.reset(self.mark() - 1);
            }
        }
        Ok(self.expr_from(mark, &ast))
    }

    /// What was parsed from the token at `mark` up to here.
    pub fn expr_from(&self, mark: usize, ast: &SqlExpr) -> Expr {
        let (start, end) = self.range_from(mark);
        let mut names = Names::new(self);
        names.expr(ast);
        Expr { sql: self.whole_text()[start..end].into(), refs: names.refs_within(start, end), shape: shape(ast) }
    }

    /// The text from the token at `mark` up to here with these names in it.
    pub fn text_with(&self, mark: usize, names: Names<'_>) -> Expr {
        let (start, end) = self.range_from(mark);
        Expr { sql: self.whole_text()[start..end].into(), refs: names.refs_within(start, end), shape: ExprShape::Other }
    }
}

/// What an expression is, as far as it shows.
pub(super) fn shape(expr: &SqlExpr) -> ExprShape {
    match expr {
        SqlExpr::Nested(inner) => shape(inner),
        SqlExpr::Identifier(ident) if is_keyword_value(ident) => ExprShape::Other,
        SqlExpr::Identifier(ident) => ExprShape::Column(fold_ident(ident)),
        SqlExpr::Value(value) => value_shape(&value.value),
        SqlExpr::TypedString(typed) => value_shape(&typed.value.value),
        SqlExpr::Interval(interval) => shape(&interval.value),
        SqlExpr::Cast { expr, .. } => match shape(expr) {
            literal @ (ExprShape::Null | ExprShape::Literal(_)) => literal,
            _ => ExprShape::Other,
        },
        SqlExpr::UnaryOp { op: UnaryOperator::Minus, expr } => match (expr.as_ref(), shape(expr)) {
            (SqlExpr::Value(_), ExprShape::Literal(text)) => ExprShape::Literal(format!("-{text}").into()),
            _ => ExprShape::Other,
        },
        SqlExpr::UnaryOp { op: UnaryOperator::Plus, expr } if matches!(expr.as_ref(), SqlExpr::Value(_)) => shape(expr),
        SqlExpr::IsNotNull(_)
        | SqlExpr::UnaryOp { op: UnaryOperator::Not, .. }
        | SqlExpr::BinaryOp { op: BinaryOperator::And, .. } => {
            let mut columns = Vec::new();
            tested_columns(expr, &mut columns);
            if columns.is_empty() { ExprShape::Other } else { ExprShape::NotNull(columns) }
        }
        _ => ExprShape::Other,
    }
}

/// The columns that a condition tests with `IS NOT NULL`, by itself or in any arm of a conjunction.
fn tested_columns(condition: &SqlExpr, columns: &mut Vec<Ident>) {
    let mut waiting = vec![condition];
    while let Some(condition) = waiting.pop() {
        match condition {
            SqlExpr::Nested(inner) => waiting.push(inner),
            SqlExpr::BinaryOp { op: BinaryOperator::And, left, right } => waiting.extend([right.as_ref(), left.as_ref()]),
            SqlExpr::IsNotNull(tested) => columns.extend(plain_column(tested)),
            SqlExpr::UnaryOp { op: UnaryOperator::Not, expr } => {
                if let SqlExpr::IsNull(tested) = unwrapped(expr) {
                    columns.extend(plain_column(tested));
                }
            }
            _ => {}
        }
    }
}

fn plain_column(expr: &SqlExpr) -> Option<Ident> {
    match unwrapped(expr) {
        SqlExpr::Identifier(ident) if !is_keyword_value(ident) => Some(fold_ident(ident)),
        _ => None,
    }
}

/// Without the parentheses around it.
pub(super) fn unwrapped(mut expr: &SqlExpr) -> &SqlExpr {
    while let SqlExpr::Nested(inner) = expr {
        expr = inner;
    }
    expr
}

fn value_shape(value: &Value) -> ExprShape {
    match value {
        Value::Null => ExprShape::Null,
        Value::Boolean(value) => ExprShape::Literal(value.to_string().into()),
        Value::Number(text, _) => ExprShape::Literal(text.as_str().into()),
        Value::SingleQuotedString(text)
        | Value::EscapedStringLiteral(text)
        | Value::UnicodeStringLiteral(text)
        | Value::NationalStringLiteral(text)
        | Value::SingleQuotedByteStringLiteral(text)
        | Value::HexStringLiteral(text) => ExprShape::Literal(text.as_str().into()),
        Value::DollarQuotedString(string) => ExprShape::Literal(string.value.as_str().into()),
        _ => ExprShape::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::change::RefKind;
    use crate::source::Sources;

    /// The names in an expression, each as its text stands at its ranges.
    fn names(text: &str) -> String {
        let mut sources = Sources::default();
        let file = sources.add("a.sql", text);
        let mut cursor = Cursor::new(text, sources.whole(file)).expect("it is made of tokens");
        let expr = match cursor.expr() {
            Ok(expr) => expr,
            Err(error) => return error.reason,
        };
        assert!(cursor.at_end(), "{text}: left {}", cursor.rest_text());
        let shown = expr.refs.iter().map(|r| {
            let parts: Vec<_> = r.ranges.iter().map(|&(start, end)| &expr.sql[start as usize..end as usize]).collect();
            let kind = match r.kind {
                RefKind::Column => "column".to_owned(),
                RefKind::Relation => "relation".to_owned(),
                RefKind::Function { arguments } => format!("function/{arguments}"),
                RefKind::Type => "type".to_owned(),
                RefKind::Collation => "collation".to_owned(),
            };
            format!("{kind} {}", parts.join("."))
        });
        shown.collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn every_name_is_found_with_its_place() {
        let cases = [
            ("a > 0 AND t.\"B\" > s.t.c", "column a, column t.\"B\", column s.t.c"),
            ("nextval('public.\"S\"'::regclass)", "function/1 nextval, relation public.\"S\""),
            ("nextval('s')", "function/1 nextval, relation s"),
            ("'t'::regclass", "relation t"),
            ("lower(email) COLLATE \"C\"", "function/1 lower, column email, collation \"C\""),
            ("'x'::app.status", "type app.status"),
            ("x::\"Kind\"[]", "column x, type \"Kind\""),
            ("CAST(x AS citext)", "column x, type citext"),
            ("current_user = owner", "column owner"),
            ("CURRENT_TIMESTAMP", ""),
            ("now()", "function/0 now"),
            ("count(*)", "function/0 count"),
            ("coalesce(a, b)", "column a, column b"),
            ("extract(epoch FROM ts)", "column ts"),
            ("ts + interval '1 day'", "column ts"),
            ("make_interval(days => n)", "function/1 make_interval, column n"),
            ("EXISTS (SELECT 1 FROM m x WHERE x.id = auth.uid())", "relation m, column x.id, function/0 auth.uid"),
            ("id IN (SELECT t.id FROM s.t)", "column id, column t.id, relation s.t"),
            ("a BETWEEN b AND c", "column a, column b, column c"),
            ("CASE WHEN a THEN b ELSE c END", "column a, column b, column c"),
            ("ARRAY[a, b] @> c", "column a, column b, column c"),
            ("(addr).city", "column addr"),
            ("tags[1]", "column tags"),
            ("a ISNULL", "column a"),
            ("data->>'k' ~* '^x'", "column data"),
            ("ts AT TIME ZONE zone", "column ts, column zone"),
            ("substring(a from 1 for n)", "column a, column n"),
            ("trim(both from value::text)", "column value"),
            ("position('x' in a)", "column a"),
            ("a = ANY (b)", "column a, column b"),
            ("a IS DISTINCT FROM b", "column a, column b"),
            (
                "sum(a) FILTER (WHERE b) OVER (PARTITION BY c ORDER BY d)",
                "function/1 sum, column a, column b, column c, column d",
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(names(text), expected, "{text}");
        }
    }

    #[test]
    fn shapes() {
        let shown = |text: &str| {
            let mut sources = Sources::default();
            let file = sources.add("a.sql", text);
            let mut cursor = Cursor::new(text, sources.whole(file)).expect("it is made of tokens");
            format!("{:?}", cursor.expr().expect("an expression").shape)
        };
        let cases = [
            ("NULL", "Null"),
            ("NULL::text", "Null"),
            ("'a'", "Literal(\"a\")"),
            ("'{}'::jsonb", "Literal(\"{}\")"),
            ("-5", "Literal(\"-5\")"),
            ("(1.5)", "Literal(\"1.5\")"),
            ("true", "Literal(\"true\")"),
            ("(Email)", "Column(\"email\")"),
            ("current_user", "Other"),
            ("(a IS NOT NULL)", "NotNull([\"a\"])"),
            ("a IS NOT NULL AND b > 0 AND (\"C\" IS NOT NULL)", "NotNull([\"a\", \"C\"])"),
            ("NOT (a IS NULL)", "NotNull([\"a\"])"),
            ("a IS NOT NULL OR b", "Other"),
            ("now()", "Other"),
        ];
        for (text, expected) in cases {
            assert_eq!(shown(text), expected, "{text}");
        }
    }
}
