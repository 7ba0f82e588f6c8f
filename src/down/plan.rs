//! The statements of a down: the way back through the schema, and the rows that go before it.

use super::replaced::{self, Replaced};
use super::{Context, Down, Fidelity, Inverse, UpFidelity, data, fidelity};
use crate::catalog::diff::{self, Blocked};
use crate::catalog::{Catalog, Name, Relation, Table};
use crate::change::{
    AlterTable, Change, ColumnValue, Constraint, ConstraintKind, Ident, ObjectKind, ObjectRef, RoutineBody, TableAction,
    TableElement, TypeName,
};
use crate::replay::Step;
use std::collections::BTreeSet;

/// Works out the down of a migration.
pub(super) fn plan(context: &Context<'_>) -> Down {
    let mut ups = fidelity::of_statements(context);
    let rows = data::inverses(context, &mut ups);
    let (way, later) = match with_values(context, &rows.replaced) {
        Ok(found) => found,
        Err(blocked) => {
            // Where among the single ways the values would go is not known.
            if let (false, Some(first)) = (rows.replaced.is_empty(), ups.first_mut()) {
                first.by_hand(blocked_reason(&blocked));
            }
            step_by_step(context, &mut ups)
        }
    };
    unknown(&way, context, &mut ups);
    assembled(rows.gone.into_iter().chain(way), later, ups, context)
}

/// The way back through the schema, and the constants that are given back as soon as no new check is in the way.
fn with_values(context: &Context<'_>, replaced: &[Replaced]) -> Result<Found, Blocked> {
    let values = replaced.iter().map(|own| own.change.clone());
    let Some(loose) = replaced::loosened(replaced, context) else {
        let (way, later) = schema(context, context.last, context.first)?;
        return Ok((values.chain(way).collect(), later));
    };
    let opening = diff::way(context.last, &loose, context.dialect)?;
    let (way, later) = schema(context, &loose, context.first)?;
    Ok((opening.changes.into_iter().chain(values).chain(way).collect(), later))
}

/// The down of these changes.
pub(super) fn assembled(
    changes: impl Iterator<Item = Change>,
    follow_ups: Vec<Change>,
    ups: Vec<UpFidelity>,
    context: &Context<'_>,
) -> Down {
    let mut statements: Vec<Inverse> = changes.map(|change| inverse(change, context)).collect();
    let transactional = statements.iter().all(|inverse| inverse.transactional);
    if makes_sql_bodies(&statements) {
        without_checks(&mut statements, context);
    }
    Down { migration: 0, statements, follow_ups, fidelity: Fidelity::Lossless, transactional, ups }
}

type Found = (Vec<Change>, Vec<Change>);

/// The changes that can be made at once, and those that have to wait for values.
fn schema(context: &Context<'_>, from: &Catalog, to: &Catalog) -> Result<Found, Blocked> {
    let dialect = context.dialect;
    let weak = without_values(from, to, context);
    let way = diff::way(from, weak.as_ref().unwrap_or(to), dialect)?;
    match weak {
        None => Ok((way.changes, Vec::new())),
        Some(_) => {
            let later = way.on(to, dialect)?;
            Ok((way.changes, later.changes))
        }
    }
}

/// Each statement's way back, the last first, where the way of all of them together is not found. What has none is left to a
/// person.
fn step_by_step(context: &Context<'_>, ups: &mut [UpFidelity]) -> Found {
    let (mut now, mut later) = (Vec::new(), Vec::new());
    let mut whole = true;
    for (step, up) in context.steps.iter().zip(ups.iter_mut()).rev() {
        match schema(context, &step.after, &step.before) {
            Ok((changes, follow_ups)) => {
                now.extend(changes);
                later.extend(follow_ups);
            }
            Err(blocked) => {
                up.by_hand(blocked_reason(&blocked));
                whole = false;
            }
        }
    }
    if let (true, Some(first), Some(blocked)) = (whole, ups.first_mut(), unproven(context, &now, &later)) {
        first.by_hand(blocked);
    }
    (now, later)
}

/// What is wrong with these changes, taken together.
fn unproven(context: &Context<'_>, now: &[Change], later: &[Change]) -> Option<String> {
    let mut state = context.last.clone();
    state.session = context.dialect.empty_catalog().session;
    for change in now.iter().chain(later) {
        if let Err(problem) = state.apply(change, context.dialect) {
            return Some(format!("the ways back of its statements do not fit together: {problem:?}"));
        }
    }
    diff::difference(&state, context.first).map(|what| format!("no statements were found that bring it back: {what}"))
}

/// Whether a routine is made whose body is in SQL: the server reads it then, and what it names may come later in the script, or
/// may long be gone.
fn makes_sql_bodies(statements: &[Inverse]) -> bool {
    statements.iter().any(|inverse| match &inverse.change {
        Change::CreateRoutine { routine, .. } => routine.language == "sql" && matches!(routine.body, RoutineBody::Text(_)),
        _ => false,
    })
}

/// Bodies are not looked at while the script runs.
fn without_checks(statements: &mut Vec<Inverse>, context: &Context<'_>) {
    for (at, setting) in context.dialect.preamble().into_iter().enumerate() {
        if let Change::Set { name, .. } = &setting {
            let change = Change::Set { name: name.clone(), value: None, local: false };
            statements.push(Inverse { change, transactional: true });
        }
        statements.insert(at, Inverse { change: setting, transactional: true });
    }
}

/// What no migration made was never seen whole: it cannot be made again.
fn unknown(way: &[Change], context: &Context<'_>, ups: &mut [UpFidelity]) {
    let is_unknown = |data_type: &TypeName| data_type.schema.is_none() && matches!(data_type.name.as_str(), "unknown" | "");
    let found = way.iter().find_map(|change| match change {
        Change::AlterTable(alter) => match &alter.action {
            TableAction::AddColumn { column, .. } if is_unknown(&column.data_type) => {
                Some(format!("{}.{}", alter.table, column.name))
            }
            TableAction::SetType { column, data_type, .. } if is_unknown(data_type) => Some(format!("{}.{column}", alter.table)),
            _ => None,
        },
        Change::CreateTable(table) => {
            let unknown = |element: &TableElement| matches!(element, TableElement::Column(own) if is_unknown(&own.data_type));
            table.elements.iter().any(unknown).then(|| table.name.to_string())
        }
        _ => None,
    });
    // What was taken to exist has as much to it as was needed.
    let made = |change: &Change| match change {
        Change::CreateTable(table) => Some(table.name.to_string()),
        _ => None,
    };
    let assumed = |name: &String| context.steps.iter().any(|step| step.assumed.contains(name));
    let found = found.or_else(|| way.iter().filter_map(made).find(assumed));
    let unknown = found.map(|name| format!("the definition of {name} is in no migration"));
    if let (Some(reason), Some(last)) = (unknown.or_else(|| unseen_dependents(way, context)), ups.last_mut()) {
        last.by_hand(reason);
    }
}

/// Something old that would be dropped and made again, though what depends on it is not fully known.
fn unseen_dependents(way: &[Change], context: &Context<'_>) -> Option<String> {
    if context.steps.iter().all(|step| step.known) {
        return None;
    }
    let is_old = |own: &&ObjectRef| match own.kind {
        ObjectKind::Function | ObjectKind::Procedure | ObjectKind::Routine | ObjectKind::Aggregate => {
            let name = context.last.resolve_routine(&own.name);
            let routines = name.and_then(|name| context.last.routines.get(&name));
            routines.is_some_and(|all| all.iter().any(|own| context.first.knows(own.id)))
        }
        ObjectKind::View | ObjectKind::MaterializedView => {
            let view = context.last.resolve_relation(&own.name).and_then(|name| context.last.relations.get(&name)?.id());
            view.is_some_and(|id| context.first.knows(id))
        }
        _ => false,
    };
    let old = way.iter().find_map(|change| match change {
        Change::Drop { objects, .. } => objects.iter().find(is_old),
        _ => None,
    })?;
    Some(format!("what depends on {} is not fully known: something before it was not understood", old.name))
}

fn blocked_reason(blocked: &Blocked) -> String {
    format!("no statements were found that bring it back: {}", blocked.reason)
}

/// The wanted state without what a table that may have rows cannot have before its new columns have values: `NOT NULL` without a
/// default, keys on such columns. Nothing where there is no such thing.
fn without_values(from: &Catalog, to: &Catalog, context: &Context<'_>) -> Option<Catalog> {
    let mut weak = to.clone();
    weak.session = context.dialect.empty_catalog().session;
    let mut any = false;
    let names = diff::changed_relations(from, to);
    for name in &names {
        let Some(Relation::Table(table)) = to.relations.get(name) else { continue };
        // A table that is made again is empty.
        let Some(own) = diff::table_among(from, &names, table.id) else { continue };
        for column in table.columns.iter().filter(|column| !own.columns.iter().any(|other| other.number == column.number)) {
            any |= weaken(&mut weak, name, column, context);
        }
        for key in table.constraints.iter().filter(|key| refers_to_nothing(key, own, (from, to), &names)) {
            any |= unchecked(&mut weak, table, key, context);
        }
    }
    any.then_some(weak)
}

/// Whether a foreign key comes back to a table with rows, whose parent is made again and is empty.
fn refers_to_nothing(key: &Constraint, own: &Table, (from, to): (&Catalog, &Catalog), names: &BTreeSet<Name>) -> bool {
    let ConstraintKind::ForeignKey(foreign) = &key.kind else { return false };
    let comes_back = key.name.as_ref().is_none_or(|name| own.constraint(name).is_none());
    let parent = to.resolve_relation(&foreign.table).and_then(|name| to.table(&name));
    let is_empty =
        parent.is_some_and(|parent| diff::table_among(from, names, parent.id).is_none() && from.table(&parent.name).is_none());
    // Columns that come back are null, and refer to nothing.
    comes_back
        && is_empty
        && !key.not_valid
        && !key.not_enforced
        && foreign.columns.iter().all(|column| own.column(column).is_some())
}

/// The key without a look at the rows that are there, where the server allows that: else it waits.
fn unchecked(weak: &mut Catalog, table: &Table, key: &Constraint, context: &Context<'_>) -> bool {
    let Some(name) = key.name.clone() else { return false };
    let alter = |action| {
        let (kind, table) = (ObjectKind::Table, table.name.qname());
        Change::AlterTable(Box::new(AlterTable { kind, table, if_exists: false, only: false, action }))
    };
    let gone = weak.apply(&alter(TableAction::DropConstraint { name, if_exists: true, cascade: true }), context.dialect).is_ok();
    if gone && table.partition_by.is_none() {
        let added = Constraint { not_valid: true, ..key.clone() };
        let _ = weak.apply(&alter(TableAction::AddConstraint(added)), context.dialect);
    }
    gone
}

fn weaken(weak: &mut Catalog, name: &Name, column: &crate::catalog::TableColumn, context: &Context<'_>) -> bool {
    let alter = |table: &Name, action| {
        let kind = ObjectKind::Table;
        Change::AlterTable(Box::new(AlterTable { kind, table: table.qname(), if_exists: false, only: false, action }))
    };
    let constant = match &column.value {
        ColumnValue::None => false,
        ColumnValue::Default(default) => !context.dialect.is_volatile(default, context.first),
        ColumnValue::Serial | ColumnValue::Identity { .. } | ColumnValue::Generated { .. } => return false,
    };
    let empty = column.value == ColumnValue::None;
    if !(column.not_null && empty || constant) {
        return false;
    }
    let Some(table) = weak.table(name).cloned() else { return false };
    let mut any = false;
    for constraint in &table.constraints {
        let named = match &constraint.kind {
            ConstraintKind::PrimaryKey(key) | ConstraintKind::Unique(key) => key.columns.contains(&column.name),
            ConstraintKind::ForeignKey(key) => constant && key.columns.contains(&column.name),
            ConstraintKind::Check(_) | ConstraintKind::Exclude(_) | ConstraintKind::NotNull(_) => false,
        };
        let primary = matches!(constraint.kind, ConstraintKind::PrimaryKey(_));
        if let Some(of) = constraint.name.clone().filter(|_| named && (primary || constant)) {
            let action = TableAction::DropConstraint { name: of, if_exists: true, cascade: true };
            any |= weak.apply(&alter(name, action), context.dialect).is_ok();
        }
    }
    for index in table.indexes.iter().filter(|index| constant && index.unique && index.constraint.is_none()) {
        if index.shape.keys.iter().any(|key| key.column() == Some(&column.name)) {
            let name = Name { schema: name.schema.clone(), name: index.name.clone() };
            let object = ObjectRef::new(ObjectKind::Index, name.qname());
            let drop = Change::Drop { objects: vec![object], if_exists: true, cascade: true, concurrently: false };
            any |= weak.apply(&drop, context.dialect).is_ok();
        }
    }
    if column.not_null && empty {
        let action = TableAction::DropNotNull { column: column.name.clone() };
        any |= weak.apply(&alter(name, action), context.dialect).is_ok();
    }
    any
}

/// A statement of the down. Indexes that were built or dropped concurrently are dropped or built so.
fn inverse(change: Change, context: &Context<'_>) -> Inverse {
    let change = match change {
        Change::Drop { objects, if_exists, cascade, concurrently: false } => {
            let built =
                |own: &ObjectRef| own.kind == ObjectKind::Index && concurrent(context.steps, true).contains(&own.name.name);
            let concurrently = objects.len() == 1 && objects.iter().all(built);
            Change::Drop { objects, if_exists, cascade, concurrently }
        }
        Change::CreateIndex(mut create) => {
            let dropped = create.name.as_ref().is_some_and(|name| concurrent(context.steps, false).contains(name));
            create.concurrently = dropped;
            Change::CreateIndex(create)
        }
        change => change,
    };
    let transactional = !matches!(&change, Change::Drop { concurrently: true, .. })
        && !matches!(&change, Change::CreateIndex(create) if create.concurrently);
    Inverse { change, transactional }
}

/// The names of the indexes that were built, or dropped, concurrently.
fn concurrent(steps: &[Step], built: bool) -> BTreeSet<Ident> {
    let atoms = steps.iter().flat_map(|step| &step.atoms);
    let names = atoms.flat_map(|atom| match &atom.change.value {
        Change::CreateIndex(create) if built && create.concurrently => {
            let new = |name: &&Name| {
                matches!(atom.after.relations.get(*name), Some(Relation::Index(_))) && !atom.before.relations.contains_key(*name)
            };
            let names = diff::changed_relations(&atom.before, &atom.after);
            names.iter().filter(new).map(|name| name.name.clone()).collect()
        }
        Change::Drop { objects, concurrently: true, .. } if !built => objects.iter().map(|own| own.name.name.clone()).collect(),
        _ => Vec::new(),
    });
    names.collect()
}
