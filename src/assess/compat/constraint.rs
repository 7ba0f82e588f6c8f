//! The rules for rows: checks, keys, foreign keys, exclusion, partition bounds. A rule of the state that does not follow from
//! the application's own rules refuses rows that the application writes.

use super::condition::{Condition, conditions, fits, follows, literals};
use super::filler::Fillers;
use super::partition;
use super::row::{Rows, is_too_long, refuses_default};
use super::surface::{Generated, Surface, gets_value, normal_text};
use super::unique::{try_keys, try_upserts};
use super::{App, Trial, Use};
use crate::catalog::{Catalog, Dependency, Dependent, Fill, Name, Table, TableColumn, UserTypeShape};
use crate::change::{
    ColumnValue, Constraint, ConstraintKind, Deferrable, Expr, ExprShape, ForeignKey, Ident, ReferentialAction, TypeName,
};
use crate::dialect::{AppError, Fit};
use std::sync::Arc;

/// Tries the rows that the application may write against the rules of the state.
pub(super) fn try_rows(trial: &mut Trial<'_>, name: &Name, own: &Surface<'_>, there: &Surface<'_>) {
    if own.table.is_none() {
        // What a trigger or rule makes of rows that are written to a view, only its author can tell.
        return;
    }
    try_checks(trial, name, own, there);
    try_defaults(trial, name, own, there);
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

/// The checks of a table that hold for new rows, with their names.
pub(super) fn checks(table: Option<&Table>) -> impl Iterator<Item = (&Expr, Ident)> {
    enforced(table).filter_map(|(c, label)| if let ConstraintKind::Check(expr) = &c.kind { Some((expr, label)) } else { None })
}

/// Whether the checks that a table has in the application's own schema refuse each value of a column that its new type refuses.
pub(super) fn refused_already(trial: &Trial<'_>, name: &Name, column: &Ident, from: &TypeName, to: &TypeName, fit: Fit) -> bool {
    let Some(own) = Surface::of(trial.app, name).filter(|own| own.table.is_some_and(|table| table.name == *name)) else {
        return false;
    };
    let given: Vec<&Expr> = checks(own.table).map(|(expr, _)| expr).collect();
    let of = |data_type: &TypeName, names: &[&str]| names.contains(&data_type.name.as_str());
    let strings = ["text", "character varying"];
    let integers = ["smallint", "integer", "bigint"];
    match fit {
        Fit::Overflow if of(from, &strings) && of(to, &strings) || of(from, &integers) && of(to, &integers) => {
            fits(&given.into_iter().flat_map(conditions).collect::<Vec<_>>(), column, to)
        }
        Fit::Malformed => domain_checks(trial, from, to)
            .is_some_and(|wanted| !wanted.is_empty() && wanted.iter().all(|check| follows(&given, &of_value(check, column)))),
        Fit::All | Fit::Altered | Fit::Overflow | Fit::Mismatch => false,
    }
}

/// The checks of a domain over the very type, which are all that it refuses.
fn domain_checks(trial: &Trial<'_>, from: &TypeName, to: &TypeName) -> Option<Vec<Expr>> {
    let name = trial.state.resolve_type(&to.qname()).filter(|_| to.dimensions == 0)?;
    match &trial.state.types.get(&name)?.shape {
        UserTypeShape::Domain(domain) if domain.data_type == *from => {
            Some(domain.checks.iter().map(|check| check.expr.clone()).collect())
        }
        UserTypeShape::Domain(_) | UserTypeShape::Type(_) => None,
    }
}

/// A domain's check as one of a column.
fn of_value(check: &Expr, column: &Ident) -> Expr {
    let is_plain = column.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    let name = if is_plain { column.to_string() } else { format!("\"{column}\"") };
    let mut sql = String::new();
    // Every second part stands between quotes.
    for (number, part) in check.sql.split('\'').enumerate() {
        if number > 0 {
            sql.push('\'');
        }
        let words = part.split_inclusive(|c: char| !(c.is_alphanumeric() || c == '_'));
        for word in words {
            let bare = word.trim_end_matches(|c: char| !(c.is_alphanumeric() || c == '_'));
            if number % 2 == 0 && bare.eq_ignore_ascii_case("value") {
                sql.push_str(&name);
                sql.push_str(&word[bare.len()..]);
            } else {
                sql.push_str(word);
            }
        }
    }
    Expr::plain(sql)
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
    let rows = Rows::new(trial, own, there, &given);
    let passes = |expr: &Expr| bound(expr) || follows(&given, expr) || not_null_already(expr, own) || rows.pass(expr);
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
    let known: Vec<Condition> = checks(own.table).flat_map(|(expr, _)| conditions(expr)).collect();
    for (key, constraint, label) in foreign_keys(there.table) {
        if foreign_keys(own.table).any(|(have, ..)| same_reference((trial.app, have), (trial.state, key))) {
            continue;
        }
        // What is computed from an application's values may be anything.
        let computed = |column: &str| there.column(column).is_some_and(|column| column.generated == Generated::Expression);
        let left_out = |column: &Ident| own.column(column).is_none() && !computed(column);
        let refers = match key.columns.iter().any(|column| there.seen(column).is_none_or(|column| left_out(&column))) {
            // A column that the application leaves out is null, which refers to nothing; a default must refer to an existing row.
            true => {
                mixes_nulls(trial.state, key, own, there) || constraint.not_valid && default_without_row(trial.state, key, there)
            }
            false => !all_seeded(trial, key, &known),
        };
        if !refers {
            continue;
        }
        trial.fail(
            Use::WriteRow(name.clone(), label.clone()),
            AppError::NoReferencedRow { relation: name.name.clone(), constraint: label },
        );
    }
}

/// Whether `MATCH FULL` meets a column that the application fills beside one that it does not know, which is null.
fn mixes_nulls(state: &Catalog, key: &ForeignKey, own: &Surface<'_>, there: &Surface<'_>) -> bool {
    let Some(table) = there.table.filter(|_| key.match_full) else { return false };
    let fillers = Fillers::of(state, table);
    let known = |column: &Ident| there.seen(column).is_some_and(|column| own.column(&column).is_some());
    let null = |column: &Ident| {
        let without = table.column(column).is_some_and(|column| column.value == ColumnValue::None);
        !known(column) && without && !fillers.may_fill(column)
    };
    key.columns.iter().any(known) && key.columns.iter().any(null)
}

/// Whether the first is a key that cascades, and older than the second: the server sees to the older one first.
fn is_before(table: &Table, first: &Ident, second: &Ident) -> bool {
    let place = |wanted: &Ident| foreign_keys(Some(table)).position(|(.., name)| name == *wanted);
    let cascades = foreign_keys(Some(table)).any(|(key, _, name)| name == *first && key.on_delete == ReferentialAction::Cascade);
    cascades && place(first) < place(second)
}

/// What statements have put into the column that a foreign key of one column refers to, where all of that is known.
fn seeds<'c>(state: &'c Catalog, key: &ForeignKey) -> Option<Option<&'c imbl::OrdSet<Arc<str>>>> {
    let [referenced] = key.referenced.as_slice() else { return None };
    let name = Name::new(key.table.schema.clone()?, key.table.name.clone());
    let column = state.table(&name)?.column(referenced).filter(|column| column.data_type.name != "unknown")?;
    match state.contents(&name) {
        Some(contents) if contents.unknown => None,
        Some(contents) => Some(contents.keys.get(&column.number)),
        None => Some(None),
    }
}

/// Whether the default of a column refers to a row that no migration inserted. A constraint that was validated has shown that
/// the row is there.
fn default_without_row(state: &Catalog, key: &ForeignKey, there: &Surface<'_>) -> bool {
    let [column] = key.columns.as_slice() else { return false };
    let default = match there.table.and_then(|table| table.column(column)).map(|column| &column.value) {
        Some(ColumnValue::Default(default)) => &default.shape,
        _ => return false,
    };
    match default {
        ExprShape::Literal(text) => seeds(state, key).is_some_and(|seeds| seeds.is_none_or(|seeds| !seeds.contains(text))),
        _ => false,
    }
}

/// Whether every value that the application's checks leave to the column was inserted into a table that it does not know, and so
/// does not delete from.
fn all_seeded(trial: &Trial<'_>, key: &ForeignKey, known: &[Condition]) -> bool {
    let [column] = key.columns.as_slice() else { return false };
    let target = key.table.schema.clone().map(|schema| Name::new(schema, key.table.name.clone()));
    let (Some(values), Some(target)) = (literals(known, column), target) else { return false };
    let Some(Some(seeds)) = seeds(trial.state, key) else { return false };
    trial.app.table(&target).is_none() && values.iter().all(|value| seeds.contains(value.as_str()))
}

/// Defaults that the state's own rules refuse, whatever the rest of the row holds.
fn try_defaults(trial: &mut Trial<'_>, name: &Name, own: &Surface<'_>, there: &Surface<'_>) {
    let Some(table) = there.table.filter(|table| table.name == *name) else { return };
    let fillers = Fillers::of(trial.state, table);
    let literal = |column: &&Arc<TableColumn>| matches!(column.value, ColumnValue::Default(_)) && !fillers.may_fill(&column.name);
    for column in table.columns.iter().filter(literal) {
        let known = own.column(&column.name);
        if known.is_some_and(|known| !known.omittable) {
            continue;
        }
        let refusing = checks(there.table).find(|(check, _)| refuses_default(trial.state, column, check));
        let error = match refusing {
            _ if is_too_long(trial.state, column) => AppError::TooLong { data_type: trial.type_text(&column.data_type) },
            // In a column that the application does not know every row has it: the check itself is tried on that.
            Some((_, constraint)) if known.is_some() => AppError::Check { relation: name.name.clone(), constraint },
            Some(_) | None => continue,
        };
        trial.fail(Use::Omit(name.clone(), column.name.clone()), error);
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
        let refuses = |action: ReferentialAction| matches!(action, ReferentialAction::NoAction | ReferentialAction::Restrict);
        let own_key = foreign_keys(trial.app.table(&child).map(|table| &**table))
            .find(|(have, ..)| have.columns == key.columns && have.table.name == own_table.name.name);
        if own_key.is_some_and(|(have, ..)| !refuses(have.on_update)) && refuses(key.on_update) {
            let error = still_referenced(name, &label, &child);
            trial.fail(Use::DeleteReferenced(name.clone(), label.clone()), error);
        }
        if !refuses(key.on_delete) {
            continue;
        }
        // A column that nobody has filled refers to nothing until the new application writes it.
        let Some(columns) =
            key.columns.iter().map(|column| filled_from(trial, table, child_table, column)).collect::<Option<Vec<_>>>()
        else {
            continue;
        };
        let copied = columns != key.columns;
        let tolerated = foreign_keys(trial.app.table(&child).map(|table| &**table)).any(|(have, _, kept)| {
            have.columns == columns
                && have.table.name == own_table.name.name
                && match have.on_delete {
                    ReferentialAction::NoAction | ReferentialAction::Restrict => true,
                    // The rows that refer to it are gone before they are in the way.
                    ReferentialAction::Cascade => copied || is_before(child_table, &kept, &label),
                    ReferentialAction::SetNull | ReferentialAction::SetDefault => false,
                }
        });
        if !tolerated && !super::body::clears(trial.state, table, &child) {
            let error = still_referenced(name, &label, &child);
            trial.fail(Use::DeleteReferenced(name.clone(), label), error);
        }
    }
}

fn still_referenced(name: &Name, constraint: &Ident, child: &Name) -> AppError {
    AppError::StillReferenced { relation: name.name.clone(), constraint: constraint.clone(), referencing: child.name.clone() }
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
