//! Defaults that the server refuses for a column's type: literals that are none of it, and values that are not cast to it
//! without being asked for. Only what is certain is told, for every version.

use super::system::call_type;
use super::types::{assigns, base, domain};
use super::write::type_text;
use crate::catalog::{Catalog, Problem, UserTypeShape};
use crate::change::{Expr, ExprShape, RefKind, TypeName, TypeShape};

/// Why an expression cannot be the default of a column of that type.
pub(super) fn problem(column: &str, default: &Expr, data_type: &TypeName, catalog: &Catalog) -> Option<Problem> {
    let to = base(data_type, catalog);
    let sql = default.sql.trim();
    match &default.shape {
        ExprShape::Literal(text) if is_quoted(sql) => malformed(text, &to, catalog),
        ExprShape::Literal(_) => mismatch(column, literal_type(sql)?, data_type, catalog),
        ExprShape::Other => mismatch(column, call_of(sql, default)?, data_type, catalog),
        ExprShape::Null | ExprShape::Column(_) | ExprShape::NotNull(_) => None,
    }
}

/// `'text'` and nothing more.
fn is_quoted(sql: &str) -> bool {
    let inside = sql.strip_prefix('\'').and_then(|sql| sql.strip_suffix('\''));
    inside.is_some_and(|inside| !inside.replace("''", "").contains('\''))
}

/// The type of a number or a truth value.
fn literal_type(sql: &str) -> Option<TypeName> {
    if sql.eq_ignore_ascii_case("true") || sql.eq_ignore_ascii_case("false") {
        return Some(TypeName::simple("boolean"));
    }
    let digits = sql.strip_prefix(['-', '+']).unwrap_or(sql);
    let is_decimal = digits.starts_with(|first: char| first.is_ascii_digit() || first == '.')
        && digits.chars().all(|c| c.is_ascii_digit() || c == '.');
    let name = match sql.parse::<i64>() {
        _ if !is_decimal => return None,
        Ok(value) if i32::try_from(value).is_ok() => "integer",
        Ok(_) => "bigint",
        Err(_) => "numeric",
    };
    Some(TypeName::simple(name))
}

/// The type of `f()` where it is one of the server's own functions.
fn call_of(sql: &str, default: &Expr) -> Option<TypeName> {
    let [only] = &*default.refs else { return None };
    let whole = only.ranges.first()?.0 == 0 && sql.ends_with("()");
    let name = only.qname();
    (whole && name.schema.is_none() && only.kind == RefKind::Function { arguments: 0 }).then(|| call_type(&name, 0)).flatten()
}

fn mismatch(column: &str, from: TypeName, data_type: &TypeName, catalog: &Catalog) -> Option<Problem> {
    if assigns(&from, data_type, catalog) {
        return None;
    }
    let (to, from) = (type_text(&shown(data_type, catalog)), type_text(&from));
    let message = format!("column \"{column}\" is of type {to} but default expression is of type {from}");
    Some(Problem::Other { code: "42804", message })
}

/// A type as messages show it: without its length, and without the schema that the search path finds.
fn shown(data_type: &TypeName, catalog: &Catalog) -> TypeName {
    let schema = data_type.schema.clone().filter(|schema| !catalog.session.search_path.contains(schema));
    TypeName { modifiers: Vec::new(), schema, ..data_type.clone() }
}

/// What the input function of a type says of a literal.
fn malformed(text: &str, to: &TypeName, catalog: &Catalog) -> Option<Problem> {
    let refuse = |code: &'static str, message: String| Some(Problem::Other { code, message });
    let trimmed = text.trim();
    if to.dimensions > 0 {
        return (!trimmed.starts_with(['{', '[']))
            .then(|| Problem::Other { code: "22P02", message: format!("malformed array literal: \"{text}\"") });
    }
    if let Some(UserTypeShape::Type(TypeShape::Enum(labels))) = domain(to, catalog) {
        let known = labels.iter().any(|label| **label == *text);
        return if known {
            None
        } else {
            refuse("22P02", format!("invalid input value for enum {}: \"{text}\"", type_text(&shown(to, catalog))))
        };
    }
    if to.schema.is_some() || domain(to, catalog).is_some() {
        return None;
    }
    let invalid = |valid: bool| {
        let message = format!("invalid input syntax for type {}: \"{text}\"", to.name);
        if valid { None } else { refuse("22P02", message) }
    };
    match to.name.as_str() {
        "smallint" | "integer" | "bigint" => {
            let digits = trimmed.strip_prefix(['-', '+']).unwrap_or(trimmed);
            // Since 16 there are other ways to write a number.
            let other_way =
                digits.starts_with(|first: char| first.is_ascii_digit()) && digits.contains(['x', 'X', 'o', 'O', 'b', 'B', '_']);
            if other_way {
                return None;
            }
            invalid(!digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit())).or_else(|| {
                let fits = trimmed.parse::<i64>().is_ok_and(|value| match to.name.as_str() {
                    "smallint" => i16::try_from(value).is_ok(),
                    "integer" => i32::try_from(value).is_ok(),
                    _ => true,
                });
                let message = format!("value \"{text}\" is out of range for type {}", to.name);
                if fits { None } else { refuse("22003", message) }
            })
        }
        "boolean" => {
            let word = trimmed.to_ascii_lowercase();
            let begins = |whole: &str| !word.is_empty() && whole.starts_with(&word);
            invalid(begins("true") || begins("false") || begins("yes") || begins("no") || is_switch(&word))
        }
        "uuid" => {
            let digits = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')).unwrap_or(text).replace('-', "");
            invalid(digits.len() == 32 && digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
        }
        "json" | "jsonb" if trimmed.is_empty() => refuse("22P02", "invalid input syntax for type json".to_owned()),
        _ => None,
    }
}

fn is_switch(word: &str) -> bool {
    matches!(word, "on" | "of" | "off" | "1" | "0")
}
