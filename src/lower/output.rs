//! The outputs of a query: the name that PostgreSQL gives to one without an alias (as in its `FigureColname`), and what is
//! known of its value.

use super::cursor::fold_ident;
use super::expr::unwrapped;
use super::names::{argument_count, idents};
use super::query::qname;
use super::words::is_keyword_value;
use crate::change::{ColumnRef, Ident, OutputValue, TypeName};
use sqlparser::ast::{
    AccessExpr, DataType, Expr, Function, FunctionArguments, Query, SelectItem, SetExpr, TrimWhereField, Value,
};

/// How sure a name is: a cast names its value only where nothing better does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Strength {
    Weak,
    Strong,
}

/// The output column's name.
pub(super) fn name(expr: &Expr) -> Ident {
    figure(expr).map_or_else(|| "?column?".into(), |(name, _)| name)
}

fn strong(name: impl Into<Ident>) -> Option<(Ident, Strength)> {
    Some((name.into(), Strength::Strong))
}

fn figure(expr: &Expr) -> Option<(Ident, Strength)> {
    match expr {
        Expr::Identifier(ident) => strong(fold_ident(ident)),
        Expr::CompoundIdentifier(parts) => parts.last().and_then(|last| strong(fold_ident(last))),
        Expr::CompoundFieldAccess { root, access_chain } => {
            let field = access_chain.iter().rev().find_map(|access| match access {
                AccessExpr::Dot(Expr::Identifier(field)) => Some(fold_ident(field)),
                _ => None,
            });
            field.and_then(strong).or_else(|| figure(root))
        }
        Expr::Nested(inner) | Expr::Collate { expr: inner, .. } => figure(inner),
        Expr::Cast { expr, data_type, .. } => match figure(expr) {
            found @ Some((_, Strength::Strong)) => found,
            _ => type_name(data_type).map(|t| (internal_name(&t.name), Strength::Weak)),
        },
        Expr::TypedString(typed) => type_name(&typed.data_type).map(|t| (internal_name(&t.name), Strength::Weak)),
        Expr::Interval(_) => Some(("interval".into(), Strength::Weak)),
        Expr::Case { else_result, .. } => match else_result.as_deref().and_then(figure) {
            found @ Some((_, Strength::Strong)) => found,
            _ => Some(("case".into(), Strength::Weak)),
        },
        Expr::Subquery(query) => subquery_output(query),
        _ => construct(expr).and_then(strong),
    }
}

/// Grammar that PostgreSQL turns into calls, and the names of these.
fn construct(expr: &Expr) -> Option<Ident> {
    Some(match expr {
        Expr::Function(function) => function_name(function)?,
        Expr::Exists { .. } => "exists".into(),
        Expr::Array(_) => "array".into(),
        Expr::Tuple(_) => "row".into(),
        Expr::Extract { .. } => "extract".into(),
        Expr::Position { .. } => "position".into(),
        Expr::Substring { .. } => "substring".into(),
        Expr::Overlay { .. } => "overlay".into(),
        Expr::Trim { trim_where: Some(TrimWhereField::Leading), .. } => "ltrim".into(),
        Expr::Trim { trim_where: Some(TrimWhereField::Trailing), .. } => "rtrim".into(),
        Expr::Trim { .. } => "btrim".into(),
        Expr::Ceil { .. } => "ceil".into(),
        Expr::Floor { .. } => "floor".into(),
        Expr::AtTimeZone { .. } => "timezone".into(),
        _ => return None,
    })
}

fn function_name(function: &Function) -> Option<Ident> {
    idents(&function.name).last().map(fold_ident)
}

fn subquery_output(query: &Query) -> Option<(Ident, Strength)> {
    let mut body = query.body.as_ref();
    loop {
        match body {
            SetExpr::Query(inner) => body = &inner.body,
            SetExpr::SetOperation { left, .. } => body = left,
            SetExpr::Select(select) => {
                return match select.projection.first()? {
                    SelectItem::ExprWithAlias { alias, .. } => strong(fold_ident(alias)),
                    SelectItem::UnnamedExpr(expr) => figure(expr),
                    _ => None,
                };
            }
            SetExpr::Values(_) => return strong("column1"),
            _ => return None,
        }
    }
}

/// What is known of the value.
pub(super) fn value(expr: &Expr) -> OutputValue {
    match unwrapped(expr) {
        Expr::Identifier(ident) if !is_keyword_value(ident) => {
            OutputValue::Column(ColumnRef { qualifier: Vec::new(), name: fold_ident(ident) })
        }
        Expr::CompoundIdentifier(parts) => match parts.split_last() {
            Some((last, qualifier)) => {
                OutputValue::Column(ColumnRef { qualifier: qualifier.iter().map(fold_ident).collect(), name: fold_ident(last) })
            }
            None => OutputValue::Other,
        },
        Expr::Cast { data_type, .. } => type_name(data_type).map_or(OutputValue::Other, OutputValue::Typed),
        Expr::TypedString(typed) => type_name(&typed.data_type).map_or(OutputValue::Other, OutputValue::Typed),
        Expr::Value(value) => literal_type(&value.value).map_or(OutputValue::Other, |t| OutputValue::Typed(TypeName::simple(t))),
        Expr::Function(function) if !matches!(function.args, FunctionArguments::None | FunctionArguments::Subquery(_)) => {
            OutputValue::Call(qname(&function.name), argument_count(&function.args))
        }
        Expr::Exists { .. } | Expr::IsNull(_) | Expr::IsNotNull(_) => OutputValue::Typed(TypeName::simple("boolean")),
        _ => OutputValue::Other,
    }
}

/// The type of a literal; one in quotes that nothing else decides is `text`.
fn literal_type(value: &Value) -> Option<&'static str> {
    match value {
        Value::Boolean(_) => Some("boolean"),
        Value::Number(text, _) if text.bytes().all(|byte| byte.is_ascii_digit()) => match text.parse::<i64>() {
            Ok(number) if i32::try_from(number).is_ok() => Some("integer"),
            Ok(_) => Some("bigint"),
            Err(_) => Some("numeric"),
        },
        Value::Number(..) => Some("numeric"),
        Value::SingleQuotedString(_) | Value::Null => Some("text"),
        _ => None,
    }
}

/// `sqlparser`'s type in our words, read again from its text: types in an output list are few.
fn type_name(data_type: &DataType) -> Option<TypeName> {
    super::data_type(&data_type.to_string())
}

/// The name of a type in the system catalog: what a cast without a better name is called.
fn internal_name(canonical: &Ident) -> Ident {
    let internal = match canonical.as_str() {
        "smallint" => "int2",
        "integer" => "int4",
        "bigint" => "int8",
        "real" => "float4",
        "double precision" => "float8",
        "boolean" => "bool",
        "character varying" => "varchar",
        "character" => "bpchar",
        "bit varying" => "varbit",
        "\"char\"" => "char",
        "timestamp without time zone" => "timestamp",
        "timestamp with time zone" => "timestamptz",
        "time without time zone" => "time",
        "time with time zone" => "timetz",
        _ => return canonical.clone(),
    };
    internal.into()
}

/// Whether a function makes one row of many or many of one: a select with it in its output is not written through.
pub(super) fn makes_rows(function: &str) -> bool {
    const AGGREGATES: [&str; 40] = [
        "array_agg",
        "avg",
        "bit_and",
        "bit_or",
        "bit_xor",
        "bool_and",
        "bool_or",
        "corr",
        "count",
        "cume_dist",
        "dense_rank",
        "every",
        "generate_series",
        "generate_subscripts",
        "json_agg",
        "json_array_elements",
        "json_array_elements_text",
        "json_each",
        "json_each_text",
        "json_object_agg",
        "json_object_keys",
        "jsonb_agg",
        "jsonb_array_elements",
        "jsonb_array_elements_text",
        "jsonb_each",
        "jsonb_each_text",
        "jsonb_object_agg",
        "jsonb_object_keys",
        "max",
        "min",
        "mode",
        "percentile_cont",
        "percentile_disc",
        "regexp_split_to_table",
        "stddev",
        "string_agg",
        "string_to_table",
        "sum",
        "unnest",
        "variance",
    ];
    AGGREGATES.iter().any(|known| function.eq_ignore_ascii_case(known))
}

/// Whether an expression names this column without a qualifier, outside subqueries.
pub(super) fn mentions(expr: &Expr, name: &Ident) -> bool {
    match unwrapped(expr) {
        Expr::Identifier(ident) => fold_ident(ident) == *name,
        Expr::Cast { expr, .. } | Expr::Collate { expr, .. } | Expr::UnaryOp { expr, .. } | Expr::Extract { expr, .. } => {
            mentions(expr, name)
        }
        Expr::BinaryOp { left, right, .. } => mentions(left, name) || mentions(right, name),
        Expr::AtTimeZone { timestamp, .. } => mentions(timestamp, name),
        Expr::Function(function) => match &function.args {
            FunctionArguments::List(list) => list.args.iter().any(|argument| match super::names::argument_expr(argument) {
                sqlparser::ast::FunctionArgExpr::Expr(expr) => mentions(expr, name),
                _ => false,
            }),
            FunctionArguments::None | FunctionArguments::Subquery(_) => false,
        },
        _ => false,
    }
}
