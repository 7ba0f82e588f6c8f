//! What the server can tell from the catalog, so that it need not read the rows.

use super::collect::Locks;
use crate::catalog::{Name, Table};
use crate::change::{ConstraintKind, Expr, ExprShape};

/// Whether no table of these can hold nulls in the column, by a validated `NOT NULL` or `CHECK (column IS NOT NULL)`.
pub(super) fn has_no_nulls(tables: &[Name], column: &str, locks: &Locks<'_>) -> bool {
    tables.iter().filter_map(|table| locks.before().table(table)).all(|table| table_has_no_nulls(table, column))
}

fn table_has_no_nulls(table: &Table, column: &str) -> bool {
    let not_null = table.column(column).is_some_and(|column| column.not_null);
    let unproven = table
        .constraints
        .iter()
        .any(|constraint| constraint.not_valid && matches!(&constraint.kind, ConstraintKind::NotNull(name) if name == column));
    if not_null && !unproven {
        return true;
    }
    table.constraints.iter().any(|constraint| match &constraint.kind {
        ConstraintKind::Check(expr) => {
            !constraint.not_valid
                && !constraint.not_enforced
                && matches!(&expr.shape, ExprShape::NotNull(columns) if columns.iter().any(|it| it == column))
        }
        _ => false,
    })
}

/// Whether the checks of a table imply the bound of a partition with a key of one column, for the forms in which people write
/// such checks: every condition of the bound as a conjunct of its own.
pub(super) fn implies_bound(table: &Table, key: &Expr, bound: &Expr) -> bool {
    let Some(column) = key.sql.trim().strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).map(str::trim) else {
        return false;
    };
    let Some(needed) = conditions(column, &bound.sql) else { return false };
    let held: Vec<String> = table
        .constraints
        .iter()
        .filter(|constraint| !constraint.not_valid && !constraint.not_enforced)
        .filter_map(|constraint| match &constraint.kind {
            ConstraintKind::Check(expr) => Some(conjuncts(&expr.sql)),
            _ => None,
        })
        .flatten()
        .collect();
    let not_null = table_has_no_nulls(table, column);
    needed.iter().all(|condition| held.contains(condition)) && not_null
}

/// The conditions that a bound puts on its column, null aside.
fn conditions(column: &str, bound: &str) -> Option<Vec<String>> {
    let text = plain(bound);
    let inside = |text: &str| Some(text.strip_prefix('(')?.strip_suffix(')')?.to_owned());
    let single = |value: String| (!value.contains(',') && value != "minvalue" && value != "maxvalue").then_some(value);
    if let Some(range) = text.strip_prefix("forvaluesfrom") {
        let (from, to) = range.split_once(")to(")?;
        let from = single(inside(&format!("{from})"))?)?;
        let to = single(inside(&format!("({to}"))?)?;
        return Some(vec![format!("{column}>={from}"), format!("{column}<{to}")]);
    }
    let value = single(inside(text.strip_prefix("forvaluesin")?)?)?;
    Some(vec![format!("{column}={value}")])
}

fn conjuncts(sql: &str) -> Vec<String> {
    let lower = sql.to_ascii_lowercase().replace(['\n', '\t'], " ");
    lower.split(" and ").map(|part| plain(part).trim_matches(['(', ')']).to_owned()).collect()
}

/// A text in lower case without spaces and casts of its literals.
fn plain(sql: &str) -> String {
    let text: String = sql.to_ascii_lowercase().chars().filter(|c| !c.is_whitespace()).collect();
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once("'::") {
        out.push_str(before);
        out.push('\'');
        rest = after.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_');
    }
    out + rest
}
