//! What the server computes from the rows that an application writes: generated columns, columns that a trigger fills, keys and
//! predicates of indexes. Such a value is the application's own: it may be refused, repeat, or not be computable at all.

use super::condition::follows;
use super::constraint::checks;
use super::expression::{Expression, Hazard};
use super::surface::{NullRefusal, Surface, UniqueKey, normal_text};
use super::{App, Trial, Use};
use crate::catalog::{Catalog, Name, Table};
use crate::change::{ColumnValue, Expr, Ident, RefKind, RoutineBody, TypeName};
use crate::dialect::{AppError, Fit};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Tries the rows that the application writes against what the state computes from them.
pub(super) fn try_computed(trial: &mut Trial<'_>, name: &Name, own: &Surface<'_>, there: &Surface<'_>) {
    let (Some(own_table), Some(table)) = (own.table, there.table) else { return };
    if own_table.name != *name || table.name != *name {
        // Behind a view: what is computed there is tried with the table.
        return;
    }
    let found = values(trial, own, there, table);
    for value in &found {
        try_value(trial, name, own, there, value);
    }
    try_keys(trial, name, own, there, &found);
    try_checks(trial, name, own, there, &found);
    try_indexes(trial, name, own, there);
}

/// A column that the application does not know and that the server computes from those that it writes.
struct Computed {
    column: Ident,
    data_type: TypeName,
    /// What it is given; of a trigger the first that is made of what the application writes.
    expr: Expr,
    /// The body of the trigger's function; nothing for a generated column.
    body: Option<Arc<str>>,
}

fn values(trial: &Trial<'_>, own: &Surface<'_>, there: &Surface<'_>, table: &Table) -> Vec<Computed> {
    let types = |column: &str| column_type(own, there, column);
    let written = |expr: &Expr| {
        let read = Expression::read(&expr.sql, &types, trial.dialect).map(|expression| expression.columns());
        read.is_some_and(|read| read.iter().any(|column| own.column(column).is_some()))
    };
    let unknown = table.columns.iter().filter(|column| own.column(&column.name).is_none());
    let computed = unknown.filter_map(|column| {
        let (expr, body) = match &column.value {
            ColumnValue::Generated { expr, stored: true } => (expr.clone(), None),
            ColumnValue::Generated { stored: false, .. } | ColumnValue::Serial | ColumnValue::Identity { .. } => return None,
            // What a trigger keeps for the version before holds what that version could: the new one writes no more until it is gone.
            ColumnValue::None | ColumnValue::Default(_) if trial.which == App::New => return None,
            ColumnValue::None | ColumnValue::Default(_) => {
                let (expr, body) = assigned(trial.state, table, &column.name)?;
                (expr, Some(body))
            }
        };
        let data_type = column.data_type.clone();
        written(&expr).then(|| Computed { column: column.name.clone(), data_type, expr, body })
    });
    computed.collect()
}

fn column_type(own: &Surface<'_>, there: &Surface<'_>, column: &str) -> Option<TypeName> {
    own.column(column).or_else(|| there.column(column)).and_then(|column| column.data_type.clone())
}

/// What a trigger before each inserted row assigns to a column, and the body in which it does.
fn assigned(state: &Catalog, table: &Table, column: &str) -> Option<(Expr, Arc<str>)> {
    let column = column.to_lowercase();
    table.triggers.iter().filter(|trigger| trigger.changes_new_rows()).find_map(|trigger| {
        let routine = state.routines.get(&state.resolve_routine(&trigger.function)?)?;
        let body: Arc<str> = routine.iter().find_map(|routine| match &routine.routine.body {
            RoutineBody::Text(text) if routine.routine.language == "plpgsql" => Some(Arc::from(text.to_lowercase())),
            _ => None,
        })?;
        // A value of its own making does not repeat, and an error that is caught is none.
        let own_making = ["random", "uuid", "nextval", "now(", "clock_timestamp", "exception", "loop"];
        if own_making.iter().any(|word| body.contains(word)) {
            return None;
        }
        let value = body.match_indices("new.").find_map(|(at, _)| {
            let rest = body[at + 4..].strip_prefix(column.as_str())?.trim_start();
            let value = rest.strip_prefix(":=").or_else(|| rest.strip_prefix('='))?;
            let before = body[..at].trim_end();
            let starts = before.ends_with(';') || ["begin", "then", "else"].iter().any(|word| before.ends_with(word));
            let value = value.split(';').next()?.trim();
            (starts && value.contains("new.")).then(|| Expr::plain(value))
        })?;
        Some((value, body))
    })
}

/// The value must be computable, fit its column, and be there where null is refused.
fn try_value(trial: &mut Trial<'_>, name: &Name, own: &Surface<'_>, there: &Surface<'_>, value: &Computed) {
    let usage = || Use::WriteRow(name.clone(), value.column.clone());
    let types = |column: &str| column_type(own, there, column);
    let Some(expression) = Expression::read(&value.expr.sql, &types, trial.dialect) else { return };
    let guarded = |hazard: &Hazard| value.body.as_deref().is_some_and(|body| hazard.is_guarded_by(&unassigned(body)));
    if let Some(hazard) = open_hazards(own, &expression, None).into_iter().find(|hazard| !guarded(hazard)) {
        trial.fail(usage(), hazard.error);
    }
    if let Some(from) = expression.data_type().filter(|from| *from != value.data_type) {
        let data_type = || trial.type_text(&value.data_type);
        let text = matches!(from.name.as_str(), "text" | "character varying" | "character");
        let fits = trial.dialect.conversion(&from, &value.data_type, trial.state).old_values != Fit::Overflow;
        let measured = value.body.as_deref().is_some_and(|body| body.contains("length("));
        if !fits && !measured && !expression.columns().is_empty() {
            let error =
                if text { AppError::TooLong { data_type: data_type() } } else { AppError::OutOfRange { data_type: data_type() } };
            trial.fail(usage(), error);
        }
    }
    let refuses = there.column(&value.column).is_some_and(|column| column.not_null == Some(NullRefusal::Column));
    let (columns, lookup) = expression.null_with();
    let null = |column: &String| own.column(column).is_some_and(|column| column.not_null.is_none());
    if value.body.is_none() && refuses && (lookup || columns.iter().any(null)) {
        trial.fail(usage(), AppError::NotNull { column: value.column.clone(), relation: name.name.clone() });
    }
}

/// A body without what it assigns: its conditions.
fn unassigned(body: &str) -> String {
    body.split(';').map(|statement| statement.split(":=").next().unwrap_or_default()).collect::<Vec<_>>().join(";")
}

/// What an expression fails for among the rows that the application may write, the checks of its own and a predicate considered.
fn open_hazards(own: &Surface<'_>, expression: &Expression<'_>, predicate: Option<&Expr>) -> Vec<Hazard> {
    let given: Vec<&Expr> = checks(own.table).map(|(check, _)| check).chain(predicate).collect();
    let texts: Vec<String> = given.iter().map(|expr| normal_text(expr)).collect();
    let mut found = expression.hazards();
    found.retain(|hazard| {
        hazard.columns.iter().any(|column| own.column(column).is_some())
            && !hazard.unless.iter().any(|wanted| follows(&given, wanted))
            && !texts.iter().any(|text| hazard.unless.is_empty() && hazard.is_guarded_by(text))
    });
    found
}

/// Computed values repeat where those that they are computed from differ.
fn try_keys(trial: &mut Trial<'_>, name: &Name, own: &Surface<'_>, there: &Surface<'_>, found: &[Computed]) {
    let given = UniqueKey::of(own);
    for key in UniqueKey::of(there) {
        let Some(columns) = &key.columns else { continue };
        let computed = |column: &Ident| found.iter().find(|value| value.column == *column);
        let (unknown, known): (Vec<&Ident>, Vec<&Ident>) = columns.iter().partition(|column| own.column(column).is_none());
        if unknown.is_empty() || !unknown.iter().all(|column| computed(column).is_some()) {
            continue;
        }
        let values: Vec<&Computed> = unknown.iter().filter_map(|column| computed(column)).collect();
        let apart =
            given.iter().filter(|have| have.index.shape.predicate.is_none() || have.predicate() == key.predicate()).any(|have| {
                have.index.shape.keys.iter().all(|part| match part.column() {
                    Some(column) => {
                        known.contains(&column) || values.iter().any(|value| tells_apart(trial, own, there, value, column))
                    }
                    None => values.iter().any(|value| normal_text(&value.expr) == normal_text(&part.expr)),
                })
            });
        if !apart {
            let label = key.index.constraint.clone().unwrap_or_else(|| key.index.name.clone());
            trial.fail(Use::WriteRow(name.clone(), label.clone()), AppError::Duplicate { constraint: label });
        }
    }
}

/// Whether a value is another one for each value of a column.
fn tells_apart(trial: &Trial<'_>, own: &Surface<'_>, there: &Surface<'_>, value: &Computed, column: &Ident) -> bool {
    let types = |column: &str| column_type(own, there, column);
    Expression::read(&value.expr.sql, &types, trial.dialect)
        .and_then(|expression| expression.tells_apart())
        .is_some_and(|apart| apart == column.as_str())
}

/// A check on a generated column is one on what it is computed from.
fn try_checks(trial: &mut Trial<'_>, name: &Name, own: &Surface<'_>, there: &Surface<'_>, found: &[Computed]) {
    let given: Vec<&Expr> = checks(own.table).map(|(check, _)| check).collect();
    for (expr, label) in checks(there.table) {
        let generated = |column: &str| found.iter().find(|value| value.body.is_none() && value.column == *column);
        let about = expr.refs.iter().any(|found| found.kind == RefKind::Column && generated(found.name()).is_some());
        let written = expr.rename(|found, part| {
            let last = found.kind == RefKind::Column && part + 1 == found.parts.len();
            let value = generated(found.name()).filter(|_| last)?;
            Some((value.column.clone(), format!("({})", value.expr.sql)))
        });
        if about && !follows(&given, &written) {
            let error = AppError::Check { relation: name.name.clone(), constraint: label.clone() };
            trial.fail(Use::WriteRow(name.clone(), label), error);
        }
    }
}

/// Keys and predicates of indexes are computed for each row that is written.
fn try_indexes(trial: &mut Trial<'_>, name: &Name, own: &Surface<'_>, there: &Surface<'_>) {
    let (Some(own_table), Some(table)) = (own.table, there.table) else { return };
    let types = |column: &str| column_type(own, there, column);
    let mut failing = Vec::new();
    let mut known: Option<BTreeSet<String>> = None;
    for index in table.indexes.iter().filter(|index| !own_table.indexes.contains(index)) {
        let predicate = index.shape.predicate.as_ref();
        let keys = index.shape.keys.iter().filter(|key| key.column().is_none()).map(|key| (&key.expr, predicate));
        let expressions = predicate.map(|predicate| (predicate, None)).into_iter().chain(keys);
        for (expr, predicate) in expressions {
            let Some(expression) = Expression::read(&expr.sql, &types, trial.dialect) else { continue };
            let hazards = open_hazards(own, &expression, predicate);
            if hazards.is_empty() {
                continue;
            }
            let known = known.get_or_insert_with(|| computed_so_far(own_table, &types, trial));
            failing.extend(hazards.into_iter().find(|hazard| !known.contains(&hazard.text)).map(|hazard| (&index.name, hazard)));
        }
    }
    for (index, hazard) in failing {
        trial.fail(Use::WriteRow(name.clone(), index.clone()), hazard.error);
    }
}

/// What the application's own table fails for already.
fn computed_so_far(table: &Table, types: &dyn Fn(&str) -> Option<TypeName>, trial: &Trial<'_>) -> BTreeSet<String> {
    let indexes =
        table.indexes.iter().flat_map(|index| index.shape.keys.iter().map(|key| &key.expr).chain(&index.shape.predicate));
    let generated = table.columns.iter().filter_map(|column| match &column.value {
        ColumnValue::Generated { expr, .. } => Some(expr),
        _ => None,
    });
    let all = indexes.chain(generated).chain(checks(Some(table)).map(|(check, _)| check));
    all.filter_map(|expr| Expression::read(&expr.sql, types, trial.dialect))
        .flat_map(|expression| expression.hazards())
        .map(|hazard| hazard.text)
        .collect()
}
