//! Which expressions may give a different value for each row.

use crate::catalog::{Catalog, CatalogRoutine};
use crate::change::{Expr, ParameterMode, QName, RefKind, RoutineBody, Volatility};
use rustc_hash::FxHashSet;
use std::sync::LazyLock;

/// Built-in functions that are immutable or stable, of PostgreSQL 12 to 18 together. `tests/locks.rs` asks a server.
static STEADY: LazyLock<FxHashSet<&'static str>> =
    LazyLock::new(|| include_str!("functions.txt").split_whitespace().chain(SYNTAX).collect());

/// What looks like a function but is syntax.
const SYNTAX: [&str; 32] = [
    "coalesce",
    "greatest",
    "least",
    "nullif",
    "array",
    "row",
    "cast",
    "exists",
    "extract",
    "overlay",
    "position",
    "substring",
    "trim",
    "treat",
    "normalize",
    "grouping",
    "collation for",
    "current_catalog",
    "current_date",
    "current_role",
    "current_schema",
    "current_time",
    "current_timestamp",
    "current_user",
    "localtime",
    "localtimestamp",
    "session_user",
    "user",
    "system_user",
    "xmlelement",
    "json_object",
    "json_array",
];

/// Whether a call in the expression is volatile. A function that is neither built in nor known counts as volatile, as functions
/// are unless they say otherwise.
pub(super) fn is_volatile(expr: &Expr, catalog: &Catalog) -> bool {
    expr.refs.iter().any(|reference| match reference.kind {
        RefKind::Function { arguments } => call_is_volatile(&reference.qname(), arguments, catalog),
        RefKind::Column | RefKind::Relation | RefKind::Type | RefKind::Collation => false,
    })
}

fn call_is_volatile(function: &QName, arguments: u16, catalog: &Catalog) -> bool {
    let built_in = function.schema.as_ref().is_none_or(|schema| schema == "pg_catalog");
    if built_in && STEADY.contains(function.name.as_str()) {
        return false;
    }
    let Some(overloads) = catalog.resolve_routine(function).and_then(|name| catalog.routines.get(&name)) else { return true };
    let mut fitting = overloads.iter().filter(|routine| takes(routine, arguments)).peekable();
    match fitting.peek() {
        Some(_) => fitting.any(|routine| routine_is_volatile(routine, catalog)),
        None => overloads.iter().any(|routine| routine_is_volatile(routine, catalog)),
    }
}

fn takes(routine: &CatalogRoutine, arguments: u16) -> bool {
    let inputs = routine
        .routine
        .parameters
        .iter()
        .filter(|parameter| matches!(parameter.mode, ParameterMode::In | ParameterMode::InOut | ParameterMode::Variadic));
    let (mut required, mut most) = (0usize, 0usize);
    for input in inputs {
        required += usize::from(input.default.is_none() && input.mode != ParameterMode::Variadic);
        most = if input.mode == ParameterMode::Variadic { usize::MAX } else { most.saturating_add(1) };
    }
    (required..=most).contains(&arguments.into())
}

fn routine_is_volatile(routine: &CatalogRoutine, catalog: &Catalog) -> bool {
    let declared = routine.routine.volatility == Volatility::Volatile;
    declared
        && inlined(routine).is_none_or(|calls| calls.iter().any(|(name, arguments)| call_is_volatile(name, *arguments, catalog)))
}

/// The calls in a function that the planner replaces by its expression before it asks whether that is volatile: a single
/// `SELECT` of a value in SQL (`inline_function` in the server's `clauses.c`).
fn inlined(routine: &CatalogRoutine) -> Option<Vec<(QName, u16)>> {
    let routine = &routine.routine;
    let whole = routine.language == "sql" && !routine.returns_set && !routine.security_definer && routine.settings.is_empty();
    let RoutineBody::Text(body) = &routine.body else { return None };
    let text = body.trim().trim_end_matches(';').to_lowercase();
    let one_value = text.starts_with("select ") && !text.contains(';') && !text.split_whitespace().any(|word| word == "from");
    (whole && one_value).then(|| calls(&text))
}

/// The names before an opening parenthesis; how many arguments they take is not asked.
fn calls(text: &str) -> Vec<(QName, u16)> {
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '.');
    let before = text.match_indices('(').map(|(at, _)| text[..at].trim_end());
    let names = before
        .map(|text| &text[text.char_indices().rev().find(|(_, c)| !is_name(*c)).map_or(0, |(at, c)| at + c.len_utf8())..])
        .filter(|name| !name.is_empty());
    names
        .filter(|name| *name != "select")
        .map(|name| match name.rsplit_once('.') {
            Some((schema, name)) => (QName::in_schema(schema, name), u16::MAX),
            None => (QName::bare(name), u16::MAX),
        })
        .collect()
}
