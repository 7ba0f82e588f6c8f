//! A table gets another primary key: the new index is built beside the old key, both are there while versions overlap, and the two
//! change places in one statement.

use super::group::{Group, Scope, set_not_null, short};
use crate::assess::Phase;
use crate::catalog::{Index, Name};
use crate::change::{Change, ConstraintKind, Ident, TableAction};
use std::sync::Arc;

pub(super) fn groups(scope: &Scope<'_>) -> Vec<Group> {
    scope.atoms().filter_map(|(at, _)| group(scope, at)).collect()
}

/// The group that begins with the drop of a primary key.
fn group(scope: &Scope<'_>, at: (usize, usize)) -> Option<Group> {
    let (_, drop) = scope.atoms().find(|(found, _)| *found == at)?;
    let Change::AlterTable(alter) = &drop.change.value else { return None };
    let TableAction::DropConstraint { name: dropped, cascade: false, .. } = &alter.action else { return None };
    let table = drop.before.resolve_relation(&alter.table)?;
    let was = drop.before.table(&table)?;
    let old = was.indexes.iter().find(|index| index.primary && index.constraint.as_ref() == Some(dropped))?;
    let before = scope.before.table(&table).filter(|before| before.id == was.id && before.partition_by.is_none())?;
    let (place, alone, new) = scope.atoms().filter(|(found, _)| *found > at).find_map(|(found, atom)| {
        let Change::AlterTable(alter) = &atom.change.value else { return None };
        let is_key = |kind: &ConstraintKind| matches!(kind, ConstraintKind::PrimaryKey(key) if key.using_index.is_none());
        let alone = match &alter.action {
            TableAction::AddConstraint(constraint) => is_key(&constraint.kind).then_some(true)?,
            // The column stays, and what adds it has its own way to fill it.
            TableAction::AddColumn { constraints, .. } => {
                constraints.iter().any(|constraint| is_key(&constraint.kind)).then_some(false)?
            }
            _ => return None,
        };
        (atom.before.resolve_relation(&alter.table)? == table).then_some(())?;
        let index = atom.after.table(&table)?.indexes.iter().find(|index| index.primary)?.clone();
        Some((found, alone, index))
    })?;
    let (was_keys, keys) = (columns(old)?, columns(&new)?);
    let label = new.constraint.clone()?;
    // What is unique by some columns is unique by more.
    let wider = was_keys.iter().all(|column| keys.contains(column));
    let nullable: Vec<&Ident> =
        keys.iter().filter(|column| before.column(column).is_none_or(|column| !column.not_null)).collect();
    let phase = if wider && nullable.is_empty() { Phase::Expand } else { Phase::Contract };
    let atoms = [at].into_iter().chain(alone.then_some(place)).collect();
    let mut group = Group { atoms, step: place.0, out: Vec::new() };
    let unique = |name: &str, keys: &[Ident]| {
        let list = keys.iter().map(|column| scope.quote(column)).collect::<Vec<_>>().join(", ");
        format!("CREATE UNIQUE INDEX CONCURRENTLY {} ON {} ({list})", scope.quote(name), scope.sql(&table))
    };
    let stays = kept(before, was_keys.as_slice(), dropped).map(|index| index.name.to_string());
    let beside = stays.clone().unwrap_or_else(|| short(&[&table.name, &was_keys.join("_"), "key"]));
    if stays.is_none() {
        group.out.push((Phase::Expand, unique(&beside, &was_keys)));
    }
    let index = short(&[&table.name, &keys.join("_"), "idx"]);
    let held = |column: &&&Ident| scope.after.table(&table).is_some_and(|table| table.column(column).is_some());
    // A column that the release brings has its own way to NOT NULL, where it needs one.
    let known = |column: &&&Ident| before.column(column).is_some();
    for column in nullable.iter().filter(held).filter(known) {
        group.out.extend(set_not_null(scope, &table, column).into_iter().map(|sql| (phase, sql)));
    }
    group.out.push((phase, unique(&index, &keys)));
    group.out.push((phase, swap(scope, &table, dropped, &label, &index, stays.is_none().then_some((&beside, &was_keys)))));
    Some(group)
}

/// The old key goes and the new one comes in one statement: the table is never without.
fn swap(scope: &Scope<'_>, table: &Name, from: &Ident, to: &Ident, index: &str, left: Option<(&String, &Vec<Ident>)>) -> String {
    let later = left.map(|(name, keys)| {
        format!(
            "-- In a later release, when no instance upserts on ({}) any more: DROP INDEX CONCURRENTLY {};\n",
            keys.join(", "),
            scope.quote(name)
        )
    });
    format!(
        "{}ALTER TABLE {} DROP CONSTRAINT {}, ADD CONSTRAINT {} PRIMARY KEY USING INDEX {}",
        later.unwrap_or_default(),
        scope.sql(table),
        scope.quote(from),
        scope.quote(to),
        scope.quote(index)
    )
}

/// Another unique index on the same columns.
fn kept<'a>(table: &'a crate::catalog::Table, keys: &[Ident], label: &Ident) -> Option<&'a Arc<Index>> {
    let same = |index: &&Arc<Index>| {
        let plain = index.unique && index.valid && index.shape.predicate.is_none() && index.constraint.as_ref() != Some(label);
        plain && columns(index).is_some_and(|own| own == keys)
    };
    table.indexes.iter().find(same)
}

/// The columns of an index, where it has nothing else.
fn columns(index: &Index) -> Option<Vec<Ident>> {
    index.shape.keys.iter().map(|key| key.column().cloned()).collect()
}
