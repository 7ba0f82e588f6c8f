//! In what two schema states differ, as canonical SQL: a unified diff to read, and the differences one by one.

use crate::catalog::{Catalog, Relation, Table, TableColumn, render};
use crate::change::{ColumnValue, Constraint, Expr, Ident};
use crate::dialect::Dialect;
use imbl::OrdMap;
use similar::TextDiff;
use std::collections::BTreeSet;
use std::sync::Arc;

/// In what a state differs from the one that it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// As a unified diff: `-` is how it was, `+` is how it is.
    pub diff: String,
    /// What was there and is not, in a line each.
    pub missing: Vec<String>,
    /// What is there and was not, in a line each.
    pub left: Vec<String>,
}

/// What differs, if anything does. Only what is not the same value in memory is looked at.
pub(super) fn difference(before: &Catalog, now: &Catalog, dialect: &dyn Dialect) -> Option<Difference> {
    let (before, now) = reduced(before, now);
    let now = with_columns_of(&before, now);
    let (before, now) = (with_bare_defaults(before, dialect), with_bare_defaults(now, dialect));
    let (before, now) = (statements(&before, dialect), statements(&now, dialect));
    let (before, now) = without_equivalent(before, now);
    if before == now {
        return None;
    }
    let text = |statements: &[String]| statements.iter().map(|sql| format!("{sql};\n\n")).collect::<String>();
    let (old, new) = (text(&before), text(&now));
    let diff =
        TextDiff::from_lines(&old, &new).unified_diff().context_radius(2).header("before the up", "after the down").to_string();
    let (missing, left) = items(&before, &now);
    // The same statements in another order make the same schema.
    (!missing.is_empty() || !left.is_empty()).then_some(Difference { diff, missing, left })
}

/// Every statement that makes the state, sorted: their order and that of constraints says nothing.
fn statements(catalog: &Catalog, dialect: &dyn Dialect) -> Vec<String> {
    let mut out: Vec<String> =
        render::creation(catalog, dialect).iter().skip(dialect.preamble().len()).map(|change| dialect.write(change)).collect();
    out.sort();
    out
}

/// Both without the statements that only spell the same otherwise.
fn without_equivalent(mut before: Vec<String>, mut now: Vec<String>) -> (Vec<String>, Vec<String>) {
    let spelt = |list: &[String]| list.iter().map(|sql| spelling(sql)).collect::<BTreeSet<String>>();
    let (old, new) = (spelt(&before), spelt(&now));
    before.retain(|sql| !new.contains(&spelling(sql)));
    now.retain(|sql| !old.contains(&spelling(sql)));
    (before, now)
}

/// A statement without what may be left out or written otherwise: the case of words, casts of literals; in a view's query `AS` and
/// parentheses, in a routine's body comments and blanks.
fn spelling(sql: &str) -> String {
    let is = |kinds: [&str; 2]| kinds.iter().any(|kind| sql.starts_with(kind));
    let noise = |word: &&str| ["as", "inner", "outer"].contains(word);
    if is(["CREATE FUNCTION ", "CREATE PROCEDURE "]) {
        let code = sql.lines().map(|line| line.split_once("--").map_or(line, |(code, _)| code));
        return code.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ");
    }
    let bare = folded(&without_literal_casts(sql));
    if !is(["CREATE VIEW ", "CREATE MATERIALIZED VIEW "]) {
        return bare;
    }
    let spaced = bare.replace(['(', ')'], " ");
    spaced.split_whitespace().filter(|word| !noise(word)).collect::<Vec<_>>().join(" ")
}

/// The text in lower case outside of quotes.
fn folded(sql: &str) -> String {
    let parts = sql.split_inclusive(['\'', '"']);
    let mut inside = None;
    let fold = |part: &str| {
        let end = part.chars().last().filter(|last| matches!(last, '\'' | '"'));
        let text = if inside.is_some() { part.to_owned() } else { part.to_lowercase() };
        match inside {
            None => inside = end,
            Some(_) if inside == end => inside = None,
            Some(_) => {}
        }
        text
    };
    parts.map(fold).collect()
}

/// The text without `::type` right after a string: the type is mostly that of what it is compared with.
fn without_literal_casts(sql: &str) -> String {
    let mut out = String::with_capacity(sql.len());
    let mut rest = sql;
    while let Some(at) = rest.find("'::") {
        out.push_str(&rest[..=at]);
        rest = &rest[at + 3..];
        let word = |character: char| character.is_alphanumeric() || matches!(character, '_' | '.' | '"');
        rest = rest.trim_start_matches(word);
        for second in [" varying", " precision", " without time zone", " with time zone"] {
            rest = rest.strip_prefix(second).unwrap_or(rest);
        }
    }
    out.push_str(rest);
    out
}

/// Both states without what they have in common. The kinds of relations are needed to say what a comment is on.
fn reduced(before: &Catalog, now: &Catalog) -> (Catalog, Catalog) {
    let (mut old, mut new) = (before.clone(), now.clone());
    new.session = old.session.clone();
    if old.comments != new.comments {
        return (old, new);
    }
    (old.relations, new.relations) = apart(&before.relations, &now.relations);
    (old.types, new.types) = apart(&before.types, &now.types);
    (old.routines, new.routines) = apart(&before.routines, &now.routines);
    old.comments = OrdMap::new();
    new.comments = OrdMap::new();
    (old, new)
}

fn apart<K: Ord + Clone, V: Clone + PartialEq>(old: &OrdMap<K, V>, new: &OrdMap<K, V>) -> (OrdMap<K, V>, OrdMap<K, V>) {
    let mut parts = (OrdMap::new(), OrdMap::new());
    for item in old.diff(new) {
        match item {
            imbl::ordmap::DiffItem::Add(key, value) => {
                parts.1.insert(key.clone(), value.clone());
            }
            imbl::ordmap::DiffItem::Remove(key, value) => {
                parts.0.insert(key.clone(), value.clone());
            }
            imbl::ordmap::DiffItem::Update { old: (key, old), new: (_, new) } => {
                parts.0.insert(key.clone(), old.clone());
                parts.1.insert(key.clone(), new.clone());
            }
        }
    }
    parts
}

/// The state with the columns and constraints of its tables in the order that they have in another.
fn with_columns_of(before: &Catalog, mut now: Catalog) -> Catalog {
    let places: Vec<_> = now.relations.keys().cloned().collect();
    for name in places {
        let (Some(old), Some(new)) = (before.table(&name), now.table(&name)) else { continue };
        let place = |column: &str| old.columns.iter().position(|own| own.name == column).unwrap_or(usize::MAX);
        let mut table = Table::clone(new);
        table.columns.sort_by_key(|column| place(&column.name));
        let place = |name: &Option<Ident>| old.constraints.iter().position(|own| own.name == *name).unwrap_or(usize::MAX);
        table.constraints.sort_by_key(|constraint| place(&constraint.name));
        for constraint in &mut table.constraints {
            // What was validated stays validated: nobody has to take that back.
            let was = old.constraints.iter().find(|own| own.name == constraint.name && own.not_valid);
            if was.is_some() && !constraint.not_valid {
                *constraint = Arc::new(Constraint { not_valid: true, ..Constraint::clone(constraint) });
            }
        }
        now.relations.insert(name, Relation::Table(Arc::new(table)));
    }
    now
}

/// The state without the casts of literals in defaults to the type of their column: a default that a change of type leaves has
/// one, and means the same.
fn with_bare_defaults(mut state: Catalog, dialect: &dyn Dialect) -> Catalog {
    let names: Vec<_> = state.relations.keys().cloned().collect();
    for name in names {
        let Some(table) = state.table(&name) else { continue };
        let bare = |column: &TableColumn| match &column.value {
            ColumnValue::Default(expr) => {
                let text = expr.sql.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')).unwrap_or(&expr.sql);
                let cast = format!("::{}", dialect.type_text(&column.data_type));
                let literal = text.strip_suffix(cast.as_str()).unwrap_or(text);
                let inner = literal.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''))?;
                (!inner.contains('\'') && literal != &*expr.sql).then(|| literal.to_owned())
            }
            _ => None,
        };
        if table.columns.iter().all(|column| bare(column).is_none()) {
            continue;
        }
        let mut table = Table::clone(table);
        for column in &mut table.columns {
            if let (Some(literal), ColumnValue::Default(expr)) = (bare(column), &column.value) {
                let expr = Expr { sql: literal.into(), ..expr.clone() };
                let mut own = TableColumn::clone(column);
                own.column.value = ColumnValue::Default(expr);
                *column = Arc::new(own);
            }
        }
        state.relations.insert(name, Relation::Table(Arc::new(table)));
    }
    state
}

/// How many lines of one statement are named one by one.
const MAX_LINES: usize = 4;

/// How much is shown of a line.
const MAX_WIDTH: usize = 200;

/// What one list of statements has and the other has not, and the reverse. Of what both have in another form, the lines.
fn items(before: &[String], now: &[String]) -> (Vec<String>, Vec<String>) {
    let (old, new): (BTreeSet<&String>, BTreeSet<&String>) = (before.iter().collect(), now.iter().collect());
    let gone: Vec<&String> = before.iter().filter(|sql| !new.contains(sql)).collect();
    let come: Vec<&String> = now.iter().filter(|sql| !old.contains(sql)).collect();
    (one_way(&gone, &come), one_way(&come, &gone))
}

fn one_way(of: &[&String], others: &[&String]) -> Vec<String> {
    let mut out = Vec::new();
    for sql in of {
        let name = head(sql);
        match others.iter().find(|other| head(other) == name && sql.contains('\n')) {
            None => out.push(quoted(first_line(sql), sql.contains('\n'))),
            Some(other) => {
                let bare = |line: &str| line.trim().trim_end_matches(',').to_owned();
                let known: BTreeSet<String> = other.lines().map(|line| spelling(&bare(line))).collect();
                let own: Vec<String> = sql.lines().map(bare).filter(|line| !known.contains(&spelling(line))).collect();
                let short = name.trim_start_matches("CREATE TABLE ");
                match own.len() {
                    // The labels of an enum have an order; elsewhere it says nothing.
                    0 if name.ends_with(" AS ENUM") => out.push(format!("the order of the labels in {short}")),
                    0 => {}
                    1..=MAX_LINES => out.extend(own.iter().map(|line| format!("{} in {short}", quoted(line, false)))),
                    many => out.push(format!("{many} lines in {short}")),
                }
            }
        }
    }
    out
}

fn first_line(sql: &str) -> &str {
    sql.lines().next().unwrap_or_default()
}

/// What a statement makes: `CREATE TABLE public.users`.
fn head(sql: &str) -> &str {
    let line = first_line(sql);
    line.split_once(" (").map_or(line, |(head, _)| head)
}

fn quoted(line: &str, cut: bool) -> String {
    let shown: String = line.trim_end_matches(" (").chars().take(MAX_WIDTH).collect();
    if cut || shown.len() < line.trim_end_matches(" (").len() { format!("`{shown} ...`") } else { format!("`{shown}`") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_spelt_otherwise_is_the_same() {
        for (a, b) in [
            ("CREATE VIEW v (a) AS\nSELECT (x - y) AS a\nFROM t", "CREATE VIEW v (a) AS\nSELECT x - y a FROM t"),
            ("CREATE INDEX i ON t (a) WHERE b = 'X'::character varying", "CREATE INDEX i ON t (a) where b = 'X'"),
            ("d timestamp DEFAULT NOW()", "d timestamp DEFAULT now()"),
            ("CREATE FUNCTION f() AS $$\n  x  int; -- why\n$$", "CREATE FUNCTION f() AS $$\nx int;\n$$"),
        ] {
            assert_eq!(spelling(a), spelling(b));
        }
        for (a, b) in [
            ("d text DEFAULT 'A'", "d text DEFAULT 'a'"),
            ("\"A\" text", "\"a\" text"),
            ("CHECK ((a OR b) AND c)", "CHECK (a OR (b AND c))"),
            ("CREATE FUNCTION f() AS $$ X $$", "CREATE FUNCTION f() AS $$ x $$"),
        ] {
            assert_ne!(spelling(a), spelling(b));
        }
    }
}
