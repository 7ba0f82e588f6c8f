//! Would a pending statement fail on the rows that are there today? Each question is one query; large tables are sampled.

use super::{Live, LiveError, Thoroughness, quoted, words};
use crate::catalog::{Catalog, Name, Table};
use crate::change::{Change, Constraint, ConstraintKind, Ident, IndexShape, RefKind, TableAction};
use crate::lint::Lint;
use crate::plan::{Answer, Preflight, TableFacts};
use crate::replay::Atom;
use std::collections::BTreeMap;

/// From how many rows on a table is sampled, and about how many rows are looked at.
const SAMPLE: u64 = 200_000;

/// A question about the rows of a table as it is today.
struct Question {
    table: Name,
    text: String,
    /// The rows that fail: what follows `FROM` with `{t}` for the table, sampled or whole; selects anything.
    failing: Failing,
}

enum Failing {
    /// Rows for which a condition holds.
    Where(String),
    /// Values that stand more than once: a sample says little, so all rows are read.
    Repeated(String, String),
    /// An expression that the server refuses for some row.
    Evaluates(String),
}

pub(super) fn ask(
    live: &mut Live,
    lint: &Lint<'_>,
    tables: &BTreeMap<Name, TableFacts>,
    thoroughness: Thoroughness,
) -> Result<Vec<Preflight>, LiveError> {
    let Some(today) = lint.replayed.commits.first().map(|commit| &*commit.before) else { return Ok(Vec::new()) };
    let mut out = Vec::new();
    for step in &lint.replayed.steps {
        for atom in &step.atoms {
            for question in questions(atom, today, lint) {
                let rows = tables.get(&question.table).map_or(0, |table| table.rows);
                let answer = answer(live, &question, rows, thoroughness)?;
                out.push(Preflight { migration: step.migration, question: question.text, answer });
            }
        }
    }
    Ok(out)
}

/// The table of a change, as it is today, where it is there today.
fn today<'c>(atom: &Atom, name: &crate::change::QName, today: &'c Catalog) -> Option<&'c Table> {
    let id = atom.before.table(&atom.before.resolve_relation(name)?)?.id;
    let mut tables = today.relations.keys().filter_map(|name| today.table(name));
    tables.find(|table| table.id == id).map(|table| &**table)
}

fn questions(atom: &Atom, live: &Catalog, lint: &Lint<'_>) -> Vec<Question> {
    let made = |table: &Table, text: String, failing: Failing| Question { table: table.name.clone(), text, failing };
    let shown = |table: &Table| shown(lint, &table.name);
    match &atom.change.value {
        Change::AlterTable(alter) => {
            let Some(table) = today(atom, &alter.table, live) else { return Vec::new() };
            match &alter.action {
                TableAction::SetNotNull { column } => not_null(table, column, &shown(table)).into_iter().collect(),
                TableAction::AddConstraint(constraint) if !constraint.not_valid => {
                    constraint_questions(table, constraint, live, lint)
                }
                TableAction::ValidateConstraint { name } => {
                    let before = atom.before.resolve_relation(&alter.table).and_then(|name| atom.before.table(&name));
                    let constraint = before.and_then(|table| table.constraint(name));
                    constraint.map(|constraint| constraint_questions(table, constraint, live, lint)).unwrap_or_default()
                }
                TableAction::SetType { column, data_type, using, .. } if table.column(column).is_some() => {
                    let target = lint.options.dialect.type_text(data_type);
                    let value = match using {
                        Some(using) => format!("({})::{target}", using.sql),
                        None => format!("{}::{target}", quoted(column)),
                    };
                    let text = format!("all values of {}.{column} become {target}", shown(table));
                    // A cast to a shorter text cuts off where an assignment refuses.
                    let limit = data_type.modifiers.first().filter(|_| data_type.name.contains("char"));
                    let too_long = limit.filter(|_| using.is_none()).map(|limit| {
                        let condition = format!("length(rtrim({}::text)) > {limit}", quoted(column));
                        made(
                            table,
                            format!("{}.{column} is at most {limit} characters long", shown(table)),
                            Failing::Where(condition),
                        )
                    });
                    too_long.into_iter().chain([made(table, text, Failing::Evaluates(value))]).collect()
                }
                _ => Vec::new(),
            }
        }
        Change::CreateIndex(index) => {
            let Some(table) = today(atom, &index.table, live) else { return Vec::new() };
            let repeated = index.unique.then(|| unique(table, &index.shape, &shown(table))).flatten();
            let keys = index.shape.keys.iter().map(|key| (key.column(), format!("({})", key.expr.sql)));
            let sizes = (index.shape.method == "btree").then(|| fits(table, keys, &shown(table))).flatten();
            repeated.into_iter().chain(sizes).collect()
        }
        _ => Vec::new(),
    }
}

fn constraint_questions(table: &Table, constraint: &Constraint, live: &Catalog, lint: &Lint<'_>) -> Vec<Question> {
    let name = shown(lint, &table.name);
    let has = |columns: &[Ident]| columns.iter().all(|column| table.column(column).is_some());
    match &constraint.kind {
        ConstraintKind::NotNull(column) => not_null(table, column, &name).into_iter().collect(),
        ConstraintKind::Check(expr) => {
            let columns = expr.refs.iter().filter(|found| found.kind == RefKind::Column);
            if !columns.into_iter().all(|found| table.column(found.name()).is_some()) {
                return Vec::new();
            }
            let text = format!("rows of {name} pass CHECK ({})", expr.sql);
            let condition = format!("NOT ({})", expr.sql);
            vec![Question { table: table.name.clone(), text, failing: Failing::Where(condition) }]
        }
        ConstraintKind::PrimaryKey(key) | ConstraintKind::Unique(key) => {
            let columns: Vec<Ident> = key.columns.clone();
            if columns.is_empty() || !has(&columns) {
                return Vec::new();
            }
            let list = columns.iter().map(|column| quoted(column)).collect::<Vec<_>>().join(", ");
            let text = format!("{name} ({}) has no repetition", columns.join(", "));
            let repeated = Failing::Repeated(list, not_nulls(&columns));
            let mut out = vec![Question { table: table.name.clone(), text, failing: repeated }];
            let built = key.using_index.is_none();
            out.extend(fits(table, columns.iter().map(|column| (Some(column), quoted(column))), &name).filter(|_| built));
            if let ConstraintKind::PrimaryKey(_) = constraint.kind {
                out.extend(columns.iter().filter_map(|column| not_null(table, column, &name)));
            }
            out
        }
        ConstraintKind::ForeignKey(key) => {
            let Some(target) = live.resolve_relation(&key.table).and_then(|name| live.table(&name)) else { return Vec::new() };
            let primary = target.indexes.iter().find(|index| index.primary);
            let of_primary = || primary.map(|index| index.shape.keys.iter().filter_map(|key| key.column().cloned()).collect());
            let referred: Vec<Ident> =
                if key.referenced.is_empty() { of_primary().unwrap_or_default() } else { key.referenced.clone() };
            if !has(&key.columns) || referred.len() != key.columns.len() {
                return Vec::new();
            }
            let pairs = referred.iter().zip(&key.columns).map(|(to, from)| format!("_to.{} = _of.{}", quoted(to), quoted(from)));
            let condition = format!(
                "{} AND NOT EXISTS (SELECT FROM {} _to WHERE {})",
                not_nulls(&key.columns),
                sql(&target.name),
                pairs.collect::<Vec<_>>().join(" AND ")
            );
            let text = format!("every {name} ({}) refers to a row of {}", key.columns.join(", "), shown(lint, &target.name));
            vec![Question { table: table.name.clone(), text, failing: Failing::Where(condition) }]
        }
        ConstraintKind::Exclude(_) => Vec::new(),
    }
}

fn not_null(table: &Table, column: &Ident, name: &str) -> Option<Question> {
    let known = table.column(column)?;
    let (text, condition) = (format!("{name}.{column} holds no null"), format!("{} IS NULL", quoted(column)));
    (!known.not_null).then(|| Question { table: table.name.clone(), text, failing: Failing::Where(condition) })
}

fn unique(table: &Table, shape: &IndexShape, name: &str) -> Option<Question> {
    let known = |key: &crate::change::IndexKey| key.column().is_none_or(|column| table.column(column).is_some());
    if !shape.keys.iter().all(known) {
        return None;
    }
    let keys: Vec<String> = shape.keys.iter().map(|key| format!("({})", key.expr.sql)).collect();
    let mut condition: Vec<String> = match shape.nulls_not_distinct {
        true => vec!["true".to_owned()],
        false => keys.iter().map(|key| format!("{key} IS NOT NULL")).collect(),
    };
    condition.extend(shape.predicate.as_ref().map(|predicate| format!("({})", predicate.sql)));
    let text = format!("{name} ({}) has no repetition", keys.join(", "));
    Some(Question { table: table.name.clone(), text, failing: Failing::Repeated(keys.join(", "), condition.join(" AND ")) })
}

/// The most bytes that an entry of a B-tree takes, so that three find room on a page.
const ENTRY: u32 = 2704;

/// Whether values are small enough for an index on them. As they are stored is about as they are indexed: compressed, where they were.
fn fits<'i>(table: &Table, keys: impl Iterator<Item = (Option<&'i Ident>, String)>, name: &str) -> Option<Question> {
    let is_long = |column: Option<&Ident>| {
        let data_type = column.and_then(|column| table.column(column)).map(|column| &column.data_type);
        let fixed =
            ["bool", "int2", "int4", "int8", "float4", "float8", "date", "time", "timetz", "timestamp", "timestamptz", "uuid"];
        data_type.is_none_or(|found| found.dimensions > 0 || !fixed.contains(&found.name.as_str()) && found.modifiers.is_empty())
    };
    let known = |column: Option<&Ident>| column.is_none_or(|column| table.column(column).is_some());
    let keys: Vec<(Option<&Ident>, String)> = keys.collect();
    if !keys.iter().all(|(column, _)| known(*column)) || !keys.iter().any(|(column, _)| is_long(*column)) {
        return None;
    }
    let sizes: Vec<String> = keys.iter().map(|(_, key)| format!("coalesce(pg_column_size({key}), 0)")).collect();
    let list = keys.iter().map(|(_, key)| key.trim_matches(['"', '(', ')'])).collect::<Vec<_>>().join(", ");
    Some(Question {
        table: table.name.clone(),
        text: format!("the values of {name} ({list}) are small enough for an index"),
        failing: Failing::Where(format!("{} > {ENTRY}", sizes.join(" + "))),
    })
}

fn not_nulls(columns: &[Ident]) -> String {
    columns.iter().map(|column| format!("{} IS NOT NULL", quoted(column))).collect::<Vec<_>>().join(" AND ")
}

fn answer(live: &mut Live, question: &Question, rows: u64, thoroughness: Thoroughness) -> Result<Answer, LiveError> {
    const MANY: usize = 1000;
    let name = sql(&question.table);
    let whole = matches!(question.failing, Failing::Repeated(..));
    let sampled = thoroughness == Thoroughness::Sample && rows > SAMPLE && !whole;
    let sample =
        if sampled { format!(" TABLESAMPLE SYSTEM ({:.4})", SAMPLE as f64 * 100.0 / rows as f64) } else { String::new() };
    let from = format!("{name} AS _of{sample}");
    let query = match &question.failing {
        Failing::Where(condition) => {
            format!("SELECT count(*) FROM (SELECT FROM {from} WHERE {condition} LIMIT {}) _rows", MANY + 1)
        }
        Failing::Repeated(keys, condition) => format!(
            "SELECT count(*) FROM (SELECT FROM {from} WHERE {condition} GROUP BY {keys} HAVING count(*) > 1 LIMIT {}) _rows",
            MANY + 1
        ),
        Failing::Evaluates(value) => format!("SELECT 0 * count({value}) FROM {from}"),
    };
    Ok(match live.session.query_value(&format!("SET search_path = public, pg_catalog; {query}")) {
        Ok(Some(count)) => match count.parse::<usize>() {
            Ok(0) if sampled => Answer::SamplePasses,
            Ok(0) => Answer::Passes,
            Ok(count) => {
                let what = if whole { "values stand there more than once" } else { "rows do not pass" };
                let of = if sampled { " of a sample" } else { "" };
                let count = if count > MANY { format!("more than {MANY}") } else { count.to_string() };
                Answer::Fails(format!("{count} {what}{of}"))
            }
            Err(_) => Answer::Unknown("the server gave no number".into()),
        },
        Ok(None) => Answer::Unknown("the server gave no number".into()),
        Err(error) => match error.sqlstate() {
            Some(state) if state.starts_with("22") => Answer::Fails(words(&error)),
            Some("57014") => Answer::Unknown("it took too long".into()),
            Some("42501") => return Err(live.failed(&error)),
            _ => Answer::Unknown(words(&error)),
        },
    })
}

fn sql(name: &Name) -> String {
    format!("{}.{}", quoted(&name.schema), quoted(&name.name))
}

fn shown(lint: &Lint<'_>, name: &Name) -> String {
    let path = lint.options.dialect.empty_catalog().session.search_path;
    if path.contains(&name.schema) { name.name.to_string() } else { name.to_string() }
}
