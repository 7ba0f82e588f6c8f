//! Automatic names in a catalog: which are taken, and what the server builds them from.

use crate::catalog::{Catalog, Name};
use crate::change::{Expr, ExprShape, Ident, IndexShape, RefKind};
use crate::dialect::{AutomaticName, Dialect};

/// The name for something unnamed of a table. Indexes and sequences avoid the relations of the schema, constraints its
/// constraints, and constraints with an index both.
pub(super) fn automatic(
    catalog: &Catalog,
    table: &Name,
    parts: &[&str],
    kind: AutomaticName,
    also_taken: &[Ident],
    dialect: &dyn Dialect,
) -> Ident {
    let (relation, constraint) = match kind {
        AutomaticName::PrimaryKey | AutomaticName::Unique | AutomaticName::Exclude => (true, true),
        AutomaticName::Index | AutomaticName::Sequence => (true, false),
        AutomaticName::Check | AutomaticName::ForeignKey | AutomaticName::NotNull => (false, true),
    };
    let taken = |name: &str| {
        let full = Name::new(table.schema.clone(), name);
        relation && catalog.relations.contains_key(&full)
            || constraint && catalog.has_constraint(&full)
            || also_taken.iter().any(|other| other == name)
    };
    dialect.automatic_name(&table.name, parts, kind, &taken)
}

/// What an index's automatic name is made of: its columns, and of an expression what a query would call it.
pub(super) fn index_parts(shape: &IndexShape) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    let keys = shape.keys.iter().map(|key| match key.column() {
        Some(column) => column.to_string(),
        None => expression_name(&key.expr).unwrap_or("expr").to_owned(),
    });
    for part in keys.chain(shape.include.iter().map(Ident::to_string)) {
        let mut name = part.clone();
        let mut number = 0u32;
        while parts.contains(&name) {
            number += 1;
            name = format!("{part}{number}");
        }
        parts.push(name);
    }
    parts
}

/// The name of an expression: its column, the function it calls, the type it is cast to.
fn expression_name(expr: &Expr) -> Option<&str> {
    if let ExprShape::Column(name) = &expr.shape {
        return Some(name);
    }
    let sql = expr.sql.trim();
    let inner = sql.trim_start_matches(['(', ' ']);
    let first = expr.refs.iter().find(|reference| {
        let start = reference.ranges[0].0 as usize;
        expr.sql[..start].chars().all(|c| c == '(' || c.is_whitespace())
    });
    let keyword = ["coalesce", "greatest", "least", "nullif", "case"]
        .into_iter()
        .find(|word| inner.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word)));
    let (name, end) = match first {
        Some(first) => (first.name().as_str(), first.ranges.last()?.1 as usize),
        None => (keyword?, expr.sql.len() - inner.len() + keyword?.len()),
    };
    if keyword == Some("case") {
        return Some("case");
    }
    let is_call = keyword.is_some() || matches!(first?.kind, RefKind::Function { .. });
    let rest = expr.sql[end..].trim_start();
    let rest = if is_call { after_arguments(rest)? } else { rest };
    let rest = rest.trim_matches([')', ' ']);
    let plain = rest.is_empty() || rest.starts_with("::") && !rest.contains(['-', '+', '|', '/', '=', '>', '<']);
    (plain && (is_call || first?.kind == RefKind::Column)).then_some(name)
}

/// What follows the closing parenthesis of a call's arguments.
fn after_arguments(text: &str) -> Option<&str> {
    let mut depth = 0usize;
    let mut quoted = None;
    for (at, c) in text.char_indices() {
        match (quoted, c) {
            (Some(quote), c) if c == quote => quoted = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quoted = Some(c),
            (None, '(') => depth += 1,
            (None, ')') => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(&text[at + 1..]);
                }
            }
            (None, _) => {}
        }
    }
    None
}
