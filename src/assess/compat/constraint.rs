//! The rules for rows: checks, keys, foreign keys, exclusion, partition bounds. A rule of the state that does not follow from
//! the application's own rules refuses rows that the application writes.

use super::condition::{follows, passes_without};
use super::partition;
use super::surface::{Generated, Surface, UniqueKey, gets_value, normal_text};
use super::{App, Trial, Use};
use crate::catalog::{Catalog, Dependency, Dependent, Fill, Name, Table};
use crate::change::{
    ColumnValue, Constraint, ConstraintKind, Deferrable, Expr, ExprShape, Firing, ForeignKey, Ident, RefKind, ReferentialAction,
};
use crate::dialect::{AppError, Dialect};
use std::sync::Arc;

/// Tries the rows that the application may write against the rules of the state.
pub(super) fn try_rows(trial: &mut Trial<'_>, name: &Name, own: &Surface<'_>, there: &Surface<'_>) {
    if own.table.is_none() {
        // What a trigger or rule makes of rows that are written to a view, only its author can tell.
        return;
    }
    try_checks(trial, name, own, there);
    try_keys(trial, name, own, there);
    try_upserts(trial, name, own, there);
    try_foreign_keys(trial, name, own, there);
    try_references(trial, name, own, there);
    try_left_behind(trial, name);
    try_exclusion(trial, name, own, there);
    try_deferral(trial, name, own, there);
    try_partitions(trial, name);
}

fn enforced(table: Option<&Table>) -> impl Iterator<Item = (&Constraint, Ident)> {
    let constraints = table.map(|table| table.constraints.as_slice()).unwrap_or_default();
    constraints.iter().filter(|c| !c.not_enforced).map(|c| (&**c, c.name.clone().unwrap_or_default()))
}

fn checks(table: Option<&Table>) -> impl Iterator<Item = (&Expr, Ident)> {
    enforced(table).filter_map(|(c, label)| if let ConstraintKind::Check(expr) = &c.kind { Some((expr, label)) } else { None })
}

fn try_checks(trial: &mut Trial<'_>, name: &Name, own: &Surface<'_>, there: &Surface<'_>) {
    for label in refusing_checks(trial, own, there) {
        let error = AppError::Check { relation: name.name.clone(), constraint: label.clone() };
        trial.fail(Use::WriteRow(name.clone(), label), error);
    }
    try_bound(trial, name, own, there);
    if there.table.is_none_or(|table| table.partition_by.is_none()) {
        return;
    }
    // What is written to the table lands in its partitions.
    for (partition, _) in partition::bounds(trial.app, name) {
        let (Some(had), Some(has)) = (trial.app.table(&partition), trial.state.table(&partition)) else { continue };
        let below = has.partition_of.as_ref().is_some_and(|(parent, _)| parent == name);
        if !below || Arc::ptr_eq(had, has) {
            continue;
        }
        let (Some(own), Some(there)) = (Surface::of(trial.app, &partition), Surface::of(trial.state, &partition)) else {
            continue;
        };
        for label in refusing_checks(trial, &own, &there) {
            let error = AppError::Check { relation: partition.name.clone(), constraint: label.clone() };
            trial.fail(Use::WriteRow(name.clone(), label), error);
        }
    }
}

/// The checks there that do not follow from the application's own.
fn refusing_checks(trial: &Trial<'_>, own: &Surface<'_>, there: &Surface<'_>) -> Vec<Ident> {
    let given: Vec<&Expr> = checks(own.table).map(|(expr, _)| expr).collect();
    let own_bound = own.table.and_then(|table| partition::bound_of(table, trial.app));
    let bound = |expr: &Expr| own_bound.as_ref().is_some_and(|bound| follows(&[bound], expr));
    let passes =
        |expr: &Expr| bound(expr) || follows(&given, expr) || not_null_already(expr, own) || absent_passes(expr, own, there);
    checks(there.table).filter(|(expr, _)| !passes(expr)).map(|(_, label)| label).collect()
}

/// A row that is written to a partition must lie in its bound.
fn try_bound(trial: &mut Trial<'_>, name: &Name, own: &Surface<'_>, there: &Surface<'_>) {
    let given: Vec<&Expr> = checks(own.table).map(|(expr, _)| expr).collect();
    let bound = |table: Option<&Table>| {
        table.and_then(|t| t.partition_of.as_ref()).map(|(parent, bound)| (parent.clone(), normal_text(bound)))
    };
    let (had, Some((parent, now))) = (bound(own.table), bound(there.table)) else { return };
    let narrower = had.is_none_or(|(below, had)| {
        below == parent && had != "default" && !partition::covered(&had, std::iter::once(now.as_str()))
    });
    let condition = || partition::condition(trial.state.table(&parent)?, &now);
    if narrower
        && trial.which == App::Old
        && now != "default"
        && own.table.is_some_and(|table| table.name == *name)
        && !condition().is_some_and(|condition| follows(&given, &condition))
    {
        trial.fail(
            Use::WriteRow(name.clone(), "partition bound".into()),
            AppError::PartitionBound { relation: name.name.clone() },
        );
    }
}

/// A check that only refuses nulls which the application does not write anyway.
fn not_null_already(expr: &Expr, own: &Surface<'_>) -> bool {
    match &expr.shape {
        // The column's own not-null is tried column by column.
        ExprShape::NotNull(columns) => !columns.is_empty() || own.columns.is_empty(),
        _ => false,
    }
}

/// A check on columns that the application does not know passes when it leaves them out and they become null, or when all of them
/// have a constant default, under which existing rows pass too.
fn absent_passes(expr: &Expr, own: &Surface<'_>, there: &Surface<'_>) -> bool {
    let columns: Vec<&Ident> = expr.refs.iter().filter(|r| r.kind == RefKind::Column).map(|r| r.name()).collect();
    let unknown = |column: &str| own.column(column).is_none();
    let value = |column: &str| there.column(column).map(|column| column.value);
    let null = |column: &str| unknown(column) && matches!(value(column), Some(ColumnValue::None));
    if columns.is_empty() || !columns.iter().any(|column| unknown(column)) {
        return false;
    }
    let supplied = |column: &&Ident| unknown(column) && !matches!(value(column), Some(ColumnValue::None));
    columns.iter().all(supplied) || passes_without(expr, null)
}

fn try_keys(trial: &mut Trial<'_>, name: &Name, own: &Surface<'_>, there: &Surface<'_>) {
    let given = UniqueKey::of(own);
    for key in UniqueKey::of(there) {
        let kept_apart = !merges(trial, &key, own, there) && given.iter().any(|have| demands_as_much(have, &key));
        if kept_apart || new_columns_keep_apart(&key, own, there) {
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
fn demands_as_much(have: &UniqueKey<'_>, key: &UniqueKey<'_>) -> bool {
    let predicate = have.index.shape.predicate.is_none() || have.predicate() == key.predicate();
    let nulls = have.index.shape.nulls_not_distinct || !key.index.shape.nulls_not_distinct || have.index.primary;
    if !predicate || !nulls {
        return false;
    }
    match (&have.columns, &key.columns) {
        (Some(have), Some(key)) => have.iter().all(|column| key.contains(column)),
        // Rows that repeat the columns repeat what is computed from them.
        (None, Some(key)) => have.index.shape.keys.iter().all(|own| computed_from(own, key)),
        _ => texts(have) == texts(key),
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

fn try_upserts(trial: &mut Trial<'_>, name: &Name, own: &Surface<'_>, there: &Surface<'_>) {
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

fn foreign_keys(table: Option<&Table>) -> impl Iterator<Item = (&ForeignKey, &Constraint, Ident)> {
    enforced(table)
        .filter_map(|(c, name)| if let ConstraintKind::ForeignKey(key) = &c.kind { Some((key, c, name)) } else { None })
}

/// Whether two foreign keys on columns of the same names refer to the same columns of the same table, whatever these are called
/// in each state.
fn same_reference(own: (&Catalog, &ForeignKey), there: (&Catalog, &ForeignKey)) -> bool {
    let target = |(catalog, key): (&Catalog, &ForeignKey)| {
        let table = catalog.table(&target(key))?;
        let number = |column: &Ident| table.column(column).map(|column| column.number);
        Some((table.id, key.referenced.iter().map(number).collect::<Vec<_>>()))
    };
    let (a, b) = (own.1, there.1);
    let same_names = a.table == b.table && a.referenced == b.referenced;
    let same_table = || !displaced(own, there.0) && target(own).is_some_and(|a| Some(a) == target(there));
    a.columns == b.columns && (same_names || same_table())
}

fn target(key: &ForeignKey) -> Name {
    Name::new(key.table.schema.clone().unwrap_or_default(), key.table.name.clone())
}

/// Whether another table has taken the name of the one that the application's key refers to, and with it the rows that the
/// application writes under that name.
fn displaced((app, key): (&Catalog, &ForeignKey), state: &Catalog) -> bool {
    let id = |catalog: &Catalog| catalog.table(&target(key)).map(|table| table.id);
    id(state).is_some_and(|now| id(app) != Some(now))
}

/// Foreign keys that follow a table which was renamed away, when another has taken its name: the application's rows are in that one.
fn try_left_behind(trial: &mut Trial<'_>, name: &Name) {
    let (app, state) = (trial.app, trial.state);
    for dependent in app.dependents(&Dependency::Relation(name.clone())) {
        let Dependent::Constraint(child, label) = dependent else { continue };
        let (Some(own), Some(there)) = (app.table(child), state.table(child)) else { continue };
        let Some((have, ..)) = foreign_keys(Some(own)).find(|(.., found)| found == label) else { continue };
        let Some((key, _, label)) = foreign_keys(Some(there)).find(|(key, ..)| key.columns == have.columns) else { continue };
        if own.id == there.id && displaced((app, have), state) && !same_reference((app, have), (state, key)) {
            let error = AppError::NoReferencedRow { relation: child.name.clone(), constraint: label.clone() };
            trial.fail(Use::WriteRow(child.clone(), label), error);
        }
    }
}

fn try_foreign_keys(trial: &mut Trial<'_>, name: &Name, own: &Surface<'_>, there: &Surface<'_>) {
    for (key, _, label) in foreign_keys(there.table) {
        if foreign_keys(own.table).any(|(have, ..)| same_reference((trial.app, have), (trial.state, key))) {
            continue;
        }
        // A column that the application leaves out is null, which refers to nothing; a default must refer to an existing row. What
        // is computed from its values may be anything.
        let computed = |column: &str| there.column(column).is_some_and(|column| column.generated == Generated::Expression);
        let left_out = |column: &Ident| own.column(column).is_none() && !computed(column);
        if key.columns.iter().any(|column| there.seen(column).is_none_or(|column| left_out(&column))) {
            continue;
        }
        trial.fail(
            Use::WriteRow(name.clone(), label.clone()),
            AppError::NoReferencedRow { relation: name.name.clone(), constraint: label },
        );
    }
}

/// Deletes and key changes in a table that others refer to.
fn try_references(trial: &mut Trial<'_>, name: &Name, own: &Surface<'_>, there: &Surface<'_>) {
    let (Some(own_table), Some(table)) = (own.table, there.table) else { return };
    let on = Dependency::Relation(table.name.clone());
    let referring: Vec<(Name, Ident)> = (trial.state.dependents(&on))
        .filter_map(|d| {
            if let Dependent::Constraint(child, constraint) = d { Some((child.clone(), constraint.clone())) } else { None }
        })
        .collect();
    for (child, constraint) in referring {
        let Some(child_table) = trial.state.table(&child) else { continue };
        let Some((key, _, label)) = foreign_keys(Some(child_table)).find(|(_, _, label)| *label == constraint) else { continue };
        if let Some(column) = nulled_in_vain(trial, &child, &label, key) {
            let error = AppError::NotNull { column, relation: child.name.clone() };
            trial.fail(Use::DeleteReferenced(name.clone(), label), error);
            continue;
        }
        if !matches!(key.on_delete, ReferentialAction::NoAction | ReferentialAction::Restrict) {
            continue;
        }
        // A column that nobody has filled refers to nothing until the new application writes it.
        let Some(columns) =
            key.columns.iter().map(|column| filled_from(trial, table, child_table, column)).collect::<Option<Vec<_>>>()
        else {
            continue;
        };
        let copied = columns != key.columns;
        let tolerated = foreign_keys(trial.app.table(&child).map(|table| &**table)).any(|(have, ..)| {
            have.columns == columns
                && have.table.name == own_table.name.name
                && match have.on_delete {
                    ReferentialAction::NoAction | ReferentialAction::Restrict => true,
                    // The rows that refer to it are gone before they are in the way.
                    ReferentialAction::Cascade => copied,
                    ReferentialAction::SetNull | ReferentialAction::SetDefault => false,
                }
        });
        if !tolerated && !super::body::clears(trial.state, table, &child) {
            let error = AppError::StillReferenced {
                relation: name.name.clone(),
                constraint: label.clone(),
                referencing: child.name.clone(),
            };
            trial.fail(Use::DeleteReferenced(name.clone(), label), error);
        }
    }
}

/// The column as the application knows it or, where it does not, whose values were put there: by the release so far, or by what the
/// server does with the rows that the application has and writes.
fn filled_from(trial: &Trial<'_>, parent: &Table, child: &Table, column: &Ident) -> Option<Ident> {
    let own = trial.app.table(&child.name);
    if own.is_some_and(|own| own.column(column).is_some()) {
        return Some(column.clone());
    }
    if trial.which == App::New {
        return None;
    }
    let supplied = own.is_some() && gets_value(trial.state, child, column);
    let from = match trial.state.filled(child, column) {
        _ if supplied => None,
        Some(Fill::Copied(number)) => own.and_then(|own| own.columns.iter().find(|column| column.number == number)),
        Some(Fill::Anything) => None,
        None if super::body::makes(trial.state, parent, &child.name) => None,
        None => return None,
    };
    Some(from.map_or_else(|| column.clone(), |from| from.name.clone()))
}

/// The column that `ON DELETE SET NULL` would null though it refuses that, where the application's own foreign key does not.
fn nulled_in_vain(trial: &Trial<'_>, child: &Name, label: &Ident, key: &ForeignKey) -> Option<Ident> {
    if key.on_delete != ReferentialAction::SetNull {
        return None;
    }
    let refuses = |table: &Table, key: &ForeignKey| {
        let nulled = if key.on_delete_columns.is_empty() { &key.columns } else { &key.on_delete_columns };
        nulled.iter().find(|column| table.column(column).is_some_and(|column| column.not_null)).cloned()
    };
    let own = trial.app.table(child)?;
    let (have, ..) = foreign_keys(Some(own)).find(|(_, _, found)| found == label)?;
    let before = matches!(have.on_delete, ReferentialAction::Cascade | ReferentialAction::SetDefault)
        || (have.on_delete == ReferentialAction::SetNull && refuses(own, have).is_none());
    refuses(trial.state.table(child)?, key).filter(|_| before)
}

fn try_exclusion(trial: &mut Trial<'_>, name: &Name, own: &Surface<'_>, there: &Surface<'_>) {
    let elements = |constraint: &Constraint| match &constraint.kind {
        ConstraintKind::Exclude(shape) => {
            let keys: Vec<_> = shape.keys.iter().map(|key| (normal_text(&key.expr), key.tail.to_lowercase())).collect();
            Some((keys, shape.predicate.as_ref().map(normal_text)))
        }
        _ => None,
    };
    let given: Vec<_> = enforced(own.table).filter_map(|(constraint, _)| elements(constraint)).collect();
    // Fewer elements and no condition exclude more.
    let stricter = |(have, when): &(Vec<_>, Option<String>), (keys, wanted): &(Vec<_>, Option<String>)| {
        have.iter().all(|key| keys.contains(key)) && (when.is_none() || when == wanted)
    };
    // A row that has null in one of the elements conflicts with none.
    let null = |column: &Ident| {
        own.column(column).is_none() && there.column(column).is_some_and(|column| *column.value == ColumnValue::None)
    };
    let apart = |constraint: &Constraint| match &constraint.kind {
        ConstraintKind::Exclude(shape) => shape.keys.iter().filter_map(|key| key.column()).any(null),
        _ => false,
    };
    for (constraint, label) in enforced(there.table) {
        if elements(constraint).is_some_and(|wanted| !given.iter().any(|have| stricter(have, &wanted))) && !apart(constraint) {
            trial.fail(Use::WriteRow(name.clone(), label.clone()), AppError::Excluded { constraint: label });
        }
    }
}

/// Constraints that the application may defer must be deferrable; and those that are deferred of themselves let it write in any
/// order.
fn try_deferral(trial: &mut Trial<'_>, name: &Name, own: &Surface<'_>, there: &Surface<'_>) {
    for (constraint, label) in enforced(own.table) {
        let Some(found) = there.table.and_then(|table| table.constraint(&label)) else { continue };
        if constraint.deferrable == Deferrable::Deferred && found.deferrable != Deferrable::Deferred {
            let error = match &constraint.kind {
                ConstraintKind::ForeignKey(_) => {
                    AppError::NoReferencedRow { relation: name.name.clone(), constraint: label.clone() }
                }
                _ => AppError::Duplicate { constraint: label.clone() },
            };
            trial.fail(Use::Defer(name.clone(), label.clone()), error);
        } else if constraint.deferrable != Deferrable::No && found.deferrable == Deferrable::No {
            trial.fail(Use::Defer(name.clone(), label.clone()), AppError::NotDeferrable { constraint: label });
        }
    }
}

/// Rows of each partition must still find a place below the same parent.
fn try_partitions(trial: &mut Trial<'_>, name: &Name) {
    let (own, there) = (partition::bounds(trial.app, name), partition::bounds(trial.state, name));
    if trial.state.table(name).is_some_and(|table| table.partition_by.is_none()) {
        return;
    }
    for (partition, bound) in own {
        if !partition::covered(&bound, there.iter().map(|(_, bound)| bound.as_str())) {
            trial.fail(Use::InsertPartition(name.clone(), partition), AppError::NoPartition { relation: name.name.clone() });
        }
    }
}
