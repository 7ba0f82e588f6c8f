//! What an expression that the server computes from a row makes of it: the type of its value, where it is null, and for which
//! values it fails. Only what is known to fail counts: of everything else it is taken that it always has a value.

use crate::change::{Expr, TypeName};
use crate::dialect::{AppError, Dialect};
use crate::lower::data_type;
use crate::parse::Lexis;
use sqlparser::ast::{
    BinaryOperator, Expr as Ast, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident as Word, Value,
};
use sqlparser::dialect::GenericDialect;
use std::collections::BTreeSet;

/// Functions that are null for a null argument, and for no other.
pub(super) const STRICT: [&str; 26] = [
    "lower",
    "upper",
    "initcap",
    "btrim",
    "ltrim",
    "rtrim",
    "trim",
    "replace",
    "length",
    "char_length",
    "md5",
    "substr",
    "substring",
    "left",
    "right",
    "lpad",
    "rpad",
    "split_part",
    "regexp_replace",
    "abs",
    "round",
    "date_trunc",
    "to_char",
    "to_tsvector",
    "translate",
    "reverse",
];

/// An expression over the columns of a row.
pub(super) struct Expression<'a> {
    ast: Ast,
    /// The type of a column.
    column: &'a dyn Fn(&str) -> Option<TypeName>,
    dialect: &'a dyn Dialect,
}

/// A value for which an expression fails.
#[derive(Debug, Clone)]
pub(super) struct Hazard {
    /// What it fails with.
    pub error: AppError,
    /// The columns that the value comes from.
    pub columns: BTreeSet<String>,
    /// The part that fails, as text.
    pub text: String,
    /// Conditions each of which keeps it from failing.
    pub unless: Vec<Expr>,
}

impl<'a> Expression<'a> {
    /// The expression of that text, where it can be read.
    pub fn read(sql: &str, column: &'a dyn Fn(&str) -> Option<TypeName>, dialect: &'a dyn Dialect) -> Option<Self> {
        let ast = crate::parse::parser(sql, &GenericDialect {}, &Lexis::POSTGRES).ok()?.parse_expr().ok()?;
        Some(Expression { ast, column, dialect })
    }

    /// The type of its value, as far as it is known; a text's length is the greatest that it can have.
    pub fn data_type(&self) -> Option<TypeName> {
        self.type_of(&self.ast)
    }

    /// What it fails for.
    pub fn hazards(&self) -> Vec<Hazard> {
        let mut out = Vec::new();
        self.collect(&self.ast, &mut out);
        out
    }

    /// The columns in it.
    pub fn columns(&self) -> BTreeSet<String> {
        columns(&self.ast)
    }

    /// The columns with which it is null, and whether it is null for values of others too (a key that a document lacks).
    pub fn null_with(&self) -> (BTreeSet<String>, bool) {
        let mut out = (BTreeSet::new(), false);
        null_with(&self.ast, &mut out);
        out
    }

    /// The column whose values each give another: the column itself, its text, its text with something before or after.
    pub fn tells_apart(&self) -> Option<String> {
        fn kept(ast: &Ast) -> Option<BTreeSet<String>> {
            match ast {
                Ast::Identifier(_) | Ast::CompoundIdentifier(_) | Ast::Value(_) => Some(columns(ast)),
                Ast::Nested(inner) => kept(inner),
                Ast::Cast { expr, data_type: to, .. } => {
                    kept(expr).filter(|_| data_type(&to.to_string()).is_some_and(|to| is_text(&to)))
                }
                Ast::BinaryOp { left, op: BinaryOperator::StringConcat, right } => Some(&kept(left)? | &kept(right)?),
                // What comes first is what nobody has written.
                Ast::Function(call) if call.name.to_string().eq_ignore_ascii_case("coalesce") => kept(arguments(call).last()?),
                _ => None,
            }
        }
        let mut found = kept(&self.ast)?;
        found.pop_first().filter(|_| found.is_empty())
    }

    fn type_of(&self, ast: &Ast) -> Option<TypeName> {
        match ast {
            Ast::Identifier(word) => (self.column)(&name(word)),
            Ast::CompoundIdentifier(words) => (self.column)(&name(words.last()?)),
            Ast::Nested(inner) | Ast::Collate { expr: inner, .. } | Ast::Trim { expr: inner, .. } => self.type_of(inner),
            Ast::Cast { data_type: to, .. } => data_type(&to.to_string()),
            Ast::Substring { expr, substring_for, .. } => match substring_for.as_deref().and_then(count) {
                Some(length) => Some(text(Some(length))),
                None => self.type_of(expr),
            },
            Ast::Value(value) => match &value.value {
                Value::SingleQuotedString(found) => Some(text(Some(found.chars().count()))),
                Value::Number(found, _) => {
                    Some(TypeName::simple(if found.parse::<i32>().is_ok() { "integer" } else { "numeric" }))
                }
                _ => None,
            },
            Ast::BinaryOp { left, op, right } => self.type_of_operation(left, op, right),
            Ast::Function(call) => self.type_of_call(call),
            _ => None,
        }
    }

    fn type_of_operation(&self, left: &Ast, op: &BinaryOperator, right: &Ast) -> Option<TypeName> {
        let sides = || (self.type_of(left), self.type_of(right));
        match op {
            BinaryOperator::LongArrow | BinaryOperator::HashLongArrow => Some(text(None)),
            BinaryOperator::Arrow | BinaryOperator::HashArrow => self.type_of(left),
            BinaryOperator::StringConcat => match sides() {
                (Some(a), Some(b)) if is_text(&a) && is_text(&b) => Some(text(length(&a).zip(length(&b)).map(|(a, b)| a + b))),
                (Some(a), None) | (None, Some(a)) if is_text(&a) => Some(text(None)),
                _ => None,
            },
            BinaryOperator::Plus | BinaryOperator::Minus | BinaryOperator::Multiply => match sides() {
                (Some(a), Some(b)) if is_whole(&a) && is_whole(&b) => Some(if size(&a) < size(&b) { b } else { a }),
                _ => None,
            },
            _ => None,
        }
    }

    fn type_of_call(&self, call: &Function) -> Option<TypeName> {
        let arguments = arguments(call);
        let limit = |at: usize| arguments.get(at).copied().and_then(count);
        match call.name.to_string().to_lowercase().as_str() {
            "lower" | "upper" | "initcap" | "btrim" | "ltrim" | "rtrim" | "trim" | "reverse" | "split_part" | "nullif" => {
                self.type_of(arguments.first()?)
            }
            "left" | "right" | "lpad" | "rpad" => Some(text(limit(1))),
            "substr" | "substring" => match limit(2) {
                Some(length) => Some(text(Some(length))),
                None => self.type_of(arguments.first()?),
            },
            "md5" => Some(text(Some(32))),
            "replace" | "regexp_replace" | "concat" | "concat_ws" => Some(text(None)),
            "length" | "char_length" => Some(TypeName::simple("integer")),
            "coalesce" | "greatest" | "least" => {
                let found: Vec<TypeName> = arguments.iter().map(|argument| self.type_of(argument)).collect::<Option<_>>()?;
                match found.iter().all(is_text) {
                    true => Some(text(found.iter().map(length).collect::<Option<Vec<_>>>()?.into_iter().max())),
                    false => found.first().filter(|first| found.iter().all(|other| other == *first)).cloned(),
                }
            }
            _ => None,
        }
    }

    fn collect(&self, ast: &Ast, out: &mut Vec<Hazard>) {
        match ast {
            Ast::BinaryOp { left, op: BinaryOperator::And | BinaryOperator::Or, right } => {
                self.collect(left, out);
                let mut guarded = Vec::new();
                self.collect(right, &mut guarded);
                let guard = left.to_string();
                out.extend(guarded.into_iter().filter(|hazard| !hazard.is_guarded_by(&guard)));
                return;
            }
            // What a branch computes it computes for the rows that were asked about.
            Ast::Case { operand, conditions, .. } => {
                if let Some(operand) = operand {
                    self.collect(operand, out);
                }
                if let Some(first) = conditions.first() {
                    self.collect(&first.condition, out);
                }
                return;
            }
            _ => {}
        }
        out.extend(self.hazard(ast));
        for inner in parts(ast) {
            self.collect(inner, out);
        }
    }

    fn hazard(&self, ast: &Ast) -> Option<Hazard> {
        let (error, unless) = match ast {
            Ast::Cast { expr, data_type: to, .. } => (self.miscast(expr, &data_type(&to.to_string())?)?, Vec::new()),
            Ast::BinaryOp { left: _, op: BinaryOperator::Divide | BinaryOperator::Modulo, right } => {
                let divisor = plain(right);
                let column = matches!(divisor, Ast::Identifier(_) | Ast::CompoundIdentifier(_));
                if !column || !self.type_of(divisor).is_some_and(|found| is_number(&found)) {
                    return None;
                }
                (AppError::DivisionByZero, vec![format!("{divisor} <> 0")])
            }
            Ast::Function(call) => {
                let arguments = arguments(call);
                let (low, high) = (arguments.first()?, arguments.get(1)?);
                let ranges = ["tstzrange", "tsrange", "daterange", "int4range", "int8range", "numrange"];
                let both = !columns(low).is_empty() && !columns(high).is_empty();
                if !both || !ranges.contains(&call.name.to_string().to_lowercase().as_str()) {
                    return None;
                }
                let orders = [(low, "<=", high), (low, "<", high), (high, ">=", low), (high, ">", low)];
                (AppError::RangeBounds, orders.iter().map(|(a, op, b)| format!("{a} {op} {b}")).collect())
            }
            _ => return None,
        };
        let unless = unless.into_iter().map(Expr::plain).collect();
        Some(Hazard { error, columns: columns(ast), text: ast.to_string().to_lowercase(), unless })
    }

    /// What a cast fails with: texts that are no value of the type, numbers that are too large for it.
    fn miscast(&self, inner: &Ast, to: &TypeName) -> Option<AppError> {
        const READ: [&str; 18] = [
            "smallint",
            "integer",
            "bigint",
            "numeric",
            "real",
            "double precision",
            "boolean",
            "uuid",
            "date",
            "timestamp without time zone",
            "timestamp with time zone",
            "time without time zone",
            "time with time zone",
            "interval",
            "inet",
            "cidr",
            "json",
            "jsonb",
        ];
        let from = self.type_of(inner)?;
        let data_type = || self.dialect.type_text(to);
        if columns(inner).is_empty() || from.dimensions > 0 || to.dimensions > 0 || to.schema.is_some() {
            None
        } else if is_text(&from) && READ.contains(&to.name.as_str()) {
            Some(AppError::Malformed { data_type: data_type() })
        } else if is_whole(&from) && is_whole(to) && size(to) < size(&from) && matches!(plain(inner), Ast::Identifier(_)) {
            Some(AppError::OutOfRange { data_type: data_type() })
        } else {
            None
        }
    }
}

impl Hazard {
    /// Whether a condition may be there to keep the values away for which this fails: one on the same columns that looks at what the
    /// value is made of.
    pub fn is_guarded_by(&self, condition: &str) -> bool {
        let condition = condition.to_lowercase();
        let looks = ["~", "typeof", "similar to", "like", "is json", "input_is_valid", "regexp", " in (", "any (", "any("];
        let asks = match self.error {
            AppError::Malformed { .. } => looks.iter().any(|word| condition.contains(word)),
            _ => true,
        };
        asks && self.columns.iter().any(|column| condition.contains(column.as_str()))
    }
}

fn name(word: &Word) -> String {
    if word.quote_style.is_some() { word.value.clone() } else { word.value.to_lowercase() }
}

fn text(length: Option<usize>) -> TypeName {
    match length {
        None => TypeName::simple("text"),
        Some(length) => TypeName { modifiers: vec![length.to_string().into()], ..TypeName::simple("character varying") },
    }
}

fn length(data_type: &TypeName) -> Option<usize> {
    data_type.modifiers.first().and_then(|length| length.parse().ok())
}

fn is_text(data_type: &TypeName) -> bool {
    data_type.dimensions == 0 && matches!(data_type.name.as_str(), "text" | "character varying" | "character" | "citext")
}

fn is_whole(data_type: &TypeName) -> bool {
    data_type.dimensions == 0 && matches!(data_type.name.as_str(), "smallint" | "integer" | "bigint")
}

fn is_number(data_type: &TypeName) -> bool {
    is_whole(data_type) || matches!(data_type.name.as_str(), "numeric" | "real" | "double precision")
}

fn size(data_type: &TypeName) -> u8 {
    match data_type.name.as_str() {
        "smallint" => 2,
        "integer" => 4,
        _ => 8,
    }
}

fn count(ast: &Ast) -> Option<usize> {
    match plain(ast) {
        Ast::Value(value) => match &value.value {
            Value::Number(text, _) => text.parse().ok(),
            _ => None,
        },
        _ => None,
    }
}

/// Without parentheses and casts.
fn plain(ast: &Ast) -> &Ast {
    match ast {
        Ast::Nested(inner) | Ast::Cast { expr: inner, .. } => plain(inner),
        other => other,
    }
}

fn arguments(call: &Function) -> Vec<&Ast> {
    match &call.args {
        FunctionArguments::List(list) => {
            let value = |argument: &'_ FunctionArg| match argument {
                FunctionArg::Unnamed(FunctionArgExpr::Expr(_)) => true,
                FunctionArg::Unnamed(_) | FunctionArg::Named { .. } | FunctionArg::ExprNamed { .. } => false,
            };
            let plain = |argument| match argument {
                &FunctionArg::Unnamed(FunctionArgExpr::Expr(ref expr)) => Some(expr),
                _ => None,
            };
            if list.args.iter().all(value) { list.args.iter().filter_map(plain).collect() } else { Vec::new() }
        }
        FunctionArguments::None | FunctionArguments::Subquery(_) => Vec::new(),
    }
}

/// The expressions directly inside of one.
fn parts(ast: &Ast) -> Vec<&Ast> {
    match ast {
        Ast::Nested(inner)
        | Ast::IsNull(inner)
        | Ast::IsNotNull(inner)
        | Ast::IsTrue(inner)
        | Ast::IsFalse(inner)
        | Ast::IsNotTrue(inner)
        | Ast::IsNotFalse(inner)
        | Ast::Cast { expr: inner, .. }
        | Ast::Collate { expr: inner, .. }
        | Ast::UnaryOp { expr: inner, .. }
        | Ast::Trim { expr: inner, .. }
        | Ast::Extract { expr: inner, .. }
        | Ast::Substring { expr: inner, .. }
        | Ast::AtTimeZone { timestamp: inner, .. }
        | Ast::AnyOp { left: inner, .. } => vec![inner],
        Ast::BinaryOp { left, right, .. } | Ast::IsDistinctFrom(left, right) | Ast::IsNotDistinctFrom(left, right) => {
            vec![left, right]
        }
        Ast::Like { expr, pattern, .. } | Ast::ILike { expr, pattern, .. } => vec![expr, pattern],
        Ast::Between { expr, low, high, .. } => vec![expr, low, high],
        Ast::InList { expr, list, .. } => std::iter::once(&**expr).chain(list).collect(),
        Ast::Array(array) => array.elem.iter().collect(),
        Ast::Tuple(items) => items.iter().collect(),
        Ast::Function(call) => arguments(call),
        Ast::Case { operand, conditions, else_result, .. } => {
            let arms = conditions.iter().flat_map(|arm| [&arm.condition, &arm.result]);
            arms.chain(operand.as_deref()).chain(else_result.as_deref()).collect()
        }
        _ => Vec::new(),
    }
}

fn columns(ast: &Ast) -> BTreeSet<String> {
    match ast {
        Ast::Identifier(word) => BTreeSet::from([name(word)]),
        Ast::CompoundIdentifier(words) => words.last().map(name).into_iter().collect(),
        other => parts(other).into_iter().flat_map(columns).collect(),
    }
}

fn null_with(ast: &Ast, out: &mut (BTreeSet<String>, bool)) {
    match ast {
        Ast::Identifier(_) | Ast::CompoundIdentifier(_) => out.0.extend(columns(ast)),
        Ast::BinaryOp { op: BinaryOperator::And | BinaryOperator::Or, .. } => {}
        Ast::BinaryOp { left, op, right } => {
            let lookup =
                [BinaryOperator::Arrow, BinaryOperator::LongArrow, BinaryOperator::HashArrow, BinaryOperator::HashLongArrow];
            out.1 |= lookup.contains(op);
            null_with(left, out);
            null_with(right, out);
        }
        Ast::Nested(inner)
        | Ast::Cast { expr: inner, .. }
        | Ast::Collate { expr: inner, .. }
        | Ast::UnaryOp { expr: inner, .. }
        | Ast::Trim { expr: inner, .. }
        | Ast::Extract { expr: inner, .. }
        | Ast::Substring { expr: inner, .. }
        | Ast::AtTimeZone { timestamp: inner, .. } => null_with(inner, out),
        Ast::Function(call) if STRICT.contains(&call.name.to_string().to_lowercase().as_str()) => {
            arguments(call).into_iter().for_each(|argument| null_with(argument, out));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::Postgres;

    fn column(name: &str) -> Option<TypeName> {
        Some(match name {
            "t" => TypeName::simple("text"),
            "j" => TypeName::simple("jsonb"),
            "n" | "m" => TypeName::simple("integer"),
            "b" => TypeName::simple("bigint"),
            "at" | "until" => TypeName::simple("timestamp with time zone"),
            "v" => text(Some(10)),
            _ => return None,
        })
    }

    fn fails(sql: &str) -> bool {
        let expression = Expression::read(sql, &column, &Postgres).unwrap_or_else(|| panic!("{sql}"));
        !expression.hazards().is_empty()
    }

    #[test]
    fn casts_divisions_and_ranges_fail_for_some_values() {
        for sql in ["(j->>'age')::int", "t::uuid", "CAST(t AS date)", "n::numeric / m", "tstzrange(at, until)", "b::int"] {
            assert!(fails(sql), "{sql}");
        }
        assert!(fails("coalesce(nullif(j->>'a', '')::int, 0)"));
    }

    #[test]
    fn ordinary_expressions_never_fail() {
        for sql in [
            "lower(t)",
            "coalesce(t, '') || v",
            "n > 5 AND t = 'x'",
            "md5(t)",
            "j->>'a'",
            "date_trunc('day', at)",
            "n::text",
            "n::bigint * 100",
            "n / 100",
            "n / nullif(m, 0)",
            "'2020-01-01'::date",
            "CASE WHEN t ~ '^[0-9]+$' THEN t::int END",
            "t ~ '^[0-9]+$' AND t::int > 5",
            "to_tsvector('english', t)",
            "unknown::int",
            "t::varchar(3)",
            "tstzrange(at, 'infinity')",
        ] {
            assert!(!fails(sql), "{sql}");
        }
    }

    #[test]
    fn types_tell_how_long_a_text_is() {
        for (sql, expected) in [
            ("upper(t)", "text"),
            ("left(t, 3)", "varchar(3)"),
            ("v || 'abc'", "varchar(13)"),
            ("coalesce(v, 'x')", "varchar(10)"),
            ("n * 2", "integer"),
        ] {
            let expression = Expression::read(sql, &column, &Postgres).expect("an expression");
            let found = expression.data_type().map(|found| Postgres.type_text(&found));
            assert_eq!(found.map(|found| found.replace("character varying", "varchar")).as_deref(), Some(expected), "{sql}");
        }
    }
}
