//! Unique keys: which rows of an application repeat in one of the state what its own keys keep apart, and on which keys it can
//! still upsert.

use super::constraint::checks;
use super::row::Rows;
use super::surface::{Surface, UniqueKey, normal_text};
use super::{App, Trial, Use};
use crate::catalog::{Catalog, Name, Table};
use crate::change::{ColumnValue, ExprShape, Firing, Ident, RefKind};
use crate::dialect::{AppError, Dialect};

/// Tries rows against the unique keys of the state.
pub(super) fn try_keys(trial: &mut Trial<'_>, name: &Name, own: &Surface<'_>, there: &Surface<'_>) {
    let given = UniqueKey::of(own);
    let given_checks: Vec<_> = checks(own.table).map(|(expr, _)| expr).collect();
    let rows = Rows::new(trial, own, there, &given_checks);
    for key in UniqueKey::of(there) {
        let kept_apart = !merges(trial, &key, own, there) && given.iter().any(|have| demands_as_much(have, &key, own));
        let left_out = || key.index.shape.predicate.as_ref().is_some_and(|predicate| rows.never(predicate));
        if kept_apart || new_columns_keep_apart(&key, own, there) || left_out() {
            continue;
        }
        let label = key.index.constraint.clone().unwrap_or_else(|| key.index.name.clone());
        trial.fail(Use::WriteRow(name.clone(), label.clone()), AppError::Duplicate { constraint: label });
    }
}

/// Whether a column of the key has a type there for which values are equal that the application's own type keeps apart.
fn merges(trial: &Trial<'_>, key: &UniqueKey<'_>, own: &Surface<'_>, there: &Surface<'_>) -> bool {
    let data_type = |surface: &Surface<'_>, column: &str| surface.column(column)?.data_type.clone();
    let by_type = |column: &Ident| match (data_type(own, column), data_type(there, column)) {
        (Some(from), Some(to)) => from != to && trial.dialect.equates(&from, &to, trial.state),
        (None, _) | (_, None) => false,
    };
    key.columns.iter().flatten().any(|column| {
        let folds = |surface: &Surface<'_>, catalog: &Catalog| {
            surface.table.is_some_and(|table| !compared_exactly(trial.dialect, table, column, catalog))
        };
        by_type(column) || (folds(there, trial.state) && !folds(own, trial.app))
    })
}

/// Whether texts in a column are equal only where they are the same.
pub(super) fn compared_exactly(dialect: &dyn Dialect, table: &Table, column: &Ident, catalog: &Catalog) -> bool {
    let collation = table.column(column).and_then(|column| column.collation.as_ref());
    collation.is_none_or(|collation| dialect.is_deterministic(collation, catalog))
}

/// Whether the rows that satisfy `have` satisfy `key`.
fn demands_as_much(have: &UniqueKey<'_>, key: &UniqueKey<'_>, own: &Surface<'_>) -> bool {
    let predicate = have.index.shape.predicate.is_none() || have.predicate() == key.predicate();
    let required = |column: &Ident| own.column(column).is_some_and(|column| column.not_null.is_some());
    let without_nulls = || key.columns.as_ref().is_some_and(|columns| columns.iter().all(required));
    let nulls =
        have.index.shape.nulls_not_distinct || !key.index.shape.nulls_not_distinct || have.index.primary || without_nulls();
    if !predicate || !nulls {
        return false;
    }
    match (&have.columns, &key.columns) {
        (Some(have), Some(key)) => have.iter().all(|column| key.contains(column)),
        // Rows that repeat the columns repeat what is computed from them.
        (None, Some(key)) => have.index.shape.keys.iter().all(|own| computed_from(own, key)),
        // Rows that repeat more repeat the fewer; a null in what is repeated is one in all of it.
        (_, None) => {
            let found = texts(key);
            texts(have).iter().all(|text| found.contains(text)) && (!key.index.shape.nulls_not_distinct || found == texts(have))
        }
    }
}

/// Whether a key is one of the columns, or an expression over them that is null only where they are.
fn computed_from(own: &crate::change::IndexKey, columns: &[Ident]) -> bool {
    if let Some(column) = own.column() {
        return columns.contains(column);
    }
    let total = ["lower", "upper", "btrim", "trim", "md5", "coalesce", "date_trunc", "length", "abs"];
    own.expr.refs.iter().all(|found| match found.kind {
        RefKind::Column => columns.contains(found.name()),
        RefKind::Function { .. } => total.contains(&found.name().as_str()),
        RefKind::Relation => false,
        RefKind::Type | RefKind::Collation => true,
    }) && !own.expr.sql.to_ascii_lowercase().contains("case ")
        && own.expr.refs.iter().any(|found| found.kind == RefKind::Column)
}

fn texts(key: &UniqueKey<'_>) -> Vec<String> {
    key.index.shape.keys.iter().map(|key| normal_text(&key.expr)).collect()
}

/// A key with a column that the application does not know: its rows get null there (which differs from every other null), or a
/// fresh value, and so never repeat.
fn new_columns_keep_apart(key: &UniqueKey<'_>, own: &Surface<'_>, there: &Surface<'_>) -> bool {
    let Some(columns) = &key.columns else { return false };
    columns.iter().filter(|column| own.column(column).is_none()).any(|column| {
        match there.column(column).map(|column| column.value) {
            Some(ColumnValue::None) => !key.index.shape.nulls_not_distinct,
            Some(ColumnValue::Default(expr)) => match expr.shape {
                ExprShape::Null => !key.index.shape.nulls_not_distinct,
                ExprShape::Literal(_) => false,
                ExprShape::Column(_) | ExprShape::NotNull(_) | ExprShape::Other => !expr.refs.is_empty(),
            },
            Some(ColumnValue::Serial | ColumnValue::Identity { .. } | ColumnValue::Generated { .. }) => true,
            None => false,
        }
    })
}

/// Tries to upsert on each of the application's keys.
pub(super) fn try_upserts(trial: &mut Trial<'_>, name: &Name, own: &Surface<'_>, there: &Surface<'_>) {
    let available = UniqueKey::of(there);
    let ruled = |surface: &Surface<'_>| surface.table.is_some_and(has_write_rules);
    let barred = ruled(there) && !ruled(own);
    let same = |a: &UniqueKey<'_>, b: &UniqueKey<'_>| {
        arbiter_keys(a) == arbiter_keys(b) && (b.index.shape.predicate.is_none() || a.predicate() == b.predicate())
    };
    for key in UniqueKey::of(own) {
        if !key.arbiter() {
            continue;
        }
        let columns = arbiter_keys(&key);
        let known = key.columns.iter().flatten().all(|column| there.column(column).is_some());
        let matching: Vec<&UniqueKey<'_>> = available.iter().filter(|found| found.index.valid && same(&key, found)).collect();
        // A key that the change itself adds does not count against a new application.
        let counts = trial.which == App::Old;
        if counts && known && !matching.iter().any(|found| found.arbiter()) {
            let error = if matching.is_empty() { AppError::NoConflictTarget } else { AppError::DeferrableConflictTarget };
            trial.fail(Use::Upsert(name.clone(), columns), error);
        } else if barred {
            trial.fail(Use::Upsert(name.clone(), columns), AppError::ConflictWithRules);
        }
        let Some(constraint) = &key.index.constraint else { continue };
        let named = available.iter().find(|found| found.index.constraint.as_ref() == Some(constraint));
        if let (true, Some(named), Some(same)) = (counts && known, named, matching.first())
            && !matching.iter().any(|found| found.index.constraint.as_ref() == Some(constraint))
            && arbiter_keys(named) != arbiter_keys(&key)
        {
            // The name is another key's: the row is inserted without regard to the one that it repeats.
            let repeated = same.index.constraint.clone().unwrap_or_else(|| same.index.name.clone());
            trial.fail(Use::UpsertConstraint(name.clone(), constraint.clone()), AppError::Duplicate { constraint: repeated });
        }
        let missing = there.table.is_some_and(|table| table.constraint(constraint).is_none());
        if missing && known && matching.iter().any(|found| counts || renamed(found, &key, own, there)) {
            let error = AppError::NoConstraint { constraint: constraint.clone(), relation: name.name.clone() };
            trial.fail(Use::UpsertConstraint(name.clone(), constraint.clone()), error);
        }
    }
}

/// Whether a key is one that had another name, or took the place of one, rather than one that the change adds.
fn renamed(before: &UniqueKey<'_>, after: &UniqueKey<'_>, own: &Surface<'_>, there: &Surface<'_>) -> bool {
    let Some(name) = &before.index.constraint else { return false };
    let same_table = own.table.map(|table| table.id) == there.table.map(|table| table.id);
    let gone = own.table.is_some_and(|table| table.constraint(name).is_none());
    let replaced = same_table && gone && !before.index.primary && !after.index.primary;
    before.index.id == after.index.id || replaced
}

/// What an upsert writes to name the key: columns, and expressions by their text; the order does not matter.
fn arbiter_keys(key: &UniqueKey<'_>) -> Vec<Ident> {
    let mut keys = match &key.columns {
        Some(columns) => columns.clone(),
        None => texts(key).into_iter().map(Ident::from).collect(),
    };
    keys.sort();
    keys
}

/// Whether rules rewrite what is inserted or updated: the server then refuses every upsert.
fn has_write_rules(table: &Table) -> bool {
    let writes = |event: &str| event == "INSERT" || event == "UPDATE";
    table.rules.iter().any(|rule| writes(&rule.event) && rule.enabled != Firing::Disabled)
}
