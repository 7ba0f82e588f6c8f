//! Locks of statements about rows. They are taken to touch at least one row; what depends on which rows they touch is left out:
//! the partitions that an insert reaches, or that a condition leaves.

use super::super::locks::Mode;
use super::collect::{Locks, Used};
use crate::catalog::{Name, Table};
use crate::change::{
    Access, ColumnValue, ConstraintKind, Data, DataKind, Expr, ExprShape, Ident, QName, Query, Ref, RefKind, ReferentialAction,
    Target, Trigger,
};
use crate::dialect::Held;
use std::sync::Arc;

pub(super) fn data(data: &Data, locks: &mut Locks<'_>) {
    let target = data.table.as_ref().and_then(|table| locks.resolve(table));
    if let Some(query) = &data.query {
        read(data, query, target.as_ref(), locks);
    }
    let Some(target) = target else { return };
    match data.kind {
        DataKind::Select | DataKind::Call => {}
        DataKind::CopyOut => {
            locks.lock_tree(&target, Mode::AccessShare);
            locks.hold_for(&[target], Held::Scan);
        }
        DataKind::Insert | DataKind::CopyIn => {
            write(data, &target, Touched::Itself, locks);
            bound(data, &target, locks);
            below_as(data, &target, locks, insert);
        }
        DataKind::Update | DataKind::Merge => {
            write(data, &target, touched(data), locks);
            bound(data, &target, locks);
            hold(data, &target, locks);
            below_as(data, &target, locks, update);
        }
        DataKind::Delete => {
            write(data, &target, touched(data), locks);
            bound(data, &target, locks);
            hold(data, &target, locks);
            below_as(data, &target, locks, |_, target, locks| delete(target, locks));
        }
    }
}

fn hold(data: &Data, target: &Name, locks: &mut Locks<'_>) {
    let tables = if data.only { vec![target.clone()] } else { locks.tree(target) };
    locks.hold_for(&tables, Held::Scan);
}

/// Which of the tables under a name a statement writes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Touched {
    /// It alone; what rows go to other tables is not foreseen.
    Itself,
    /// Its children, and the partitions that a condition leaves.
    Some,
    /// Its children or partitions.
    All,
}

fn touched(data: &Data) -> Touched {
    match (data.only, data.filtered) {
        (true, _) => Touched::Itself,
        (false, true) => Touched::Some,
        (false, false) => Touched::All,
    }
}

/// Writes a table, with its children where they are concerned, or the tables under a view.
fn write(data: &Data, target: &Name, touched: Touched, locks: &mut Locks<'_>) {
    let below = below(data, target, locks);
    let itself = Used { name: target.clone(), access: Access::Write, only: touched == Touched::Itself };
    for Used { name, access, only } in std::iter::once(itself).chain(below) {
        let whole = touched == Touched::All || touched == Touched::Some && !may_be_pruned(&name, data, locks);
        match whole && !only {
            true => locks.lock_tree(&name, Mode::of(access)),
            false => locks.lock(&name, Mode::of(access)),
        }
    }
}

/// What stands under a view that is written. An `INSTEAD OF` trigger takes the rows: they are not looked for where they are new.
fn below(data: &Data, target: &Name, locks: &Locks<'_>) -> Vec<Used> {
    let event = match data.kind {
        DataKind::Insert | DataKind::CopyIn => "INSERT",
        DataKind::Update | DataKind::Merge => "UPDATE",
        DataKind::Delete | DataKind::Select | DataKind::CopyOut | DataKind::Call => "DELETE",
    };
    let taken = |trigger: &Arc<Trigger>| trigger.timing == "INSTEAD OF" && trigger.events.iter().any(|it| it == event);
    match locks.before().view(target).is_some_and(|view| view.triggers.iter().any(taken)) {
        true if event == "INSERT" => Vec::new(),
        true => locks.under_view(target, Access::Read),
        false => locks.under_view(target, Access::Write),
    }
}

/// Does for the table under a view that is written what is done for a table, with the columns as they are called there.
fn below_as(data: &Data, target: &Name, locks: &mut Locks<'_>, of_table: impl FnOnce(&Data, &Name, &mut Locks<'_>)) {
    let (mut at, mut columns) = (target.clone(), data.columns.clone());
    while let Some(view) = locks.before().view(&at).filter(|view| !view.materialized && view.triggers.is_empty()) {
        let source = |name: &Ident| view.columns.iter().find(|column| column.name == *name)?.source.clone();
        let named = columns.unwrap_or_else(|| view.columns.iter().map(|column| column.name.clone()).collect());
        let sources: Vec<(Name, Ident)> = named.iter().filter_map(source).collect();
        let Some((below, _)) = sources.first().cloned().or_else(|| view.columns.first()?.source.clone()) else {
            return;
        };
        columns = Some(sources.into_iter().map(|(_, column)| column).collect());
        at = below;
    }
    match at == *target {
        true => of_table(data, target, locks),
        false => of_table(&Data { columns, ..data.clone() }, &at, locks),
    }
}

/// Whether the condition of a statement may leave partitions: it names a column of the key.
fn may_be_pruned(table: &Name, data: &Data, locks: &Locks<'_>) -> bool {
    let Some(key) = locks.before().table(table).and_then(|table| table.partition_by.as_ref()) else { return false };
    let is_key = |name: &Ident| key.keys.refs.iter().any(|found| found.kind == RefKind::Column && found.name() == name);
    let refs = data.query.as_ref().map(|query| query.text.refs.clone());
    refs.is_none_or(|refs| refs.iter().any(|found| found.kind == RefKind::Column && is_key(found.name())))
}

/// The bound of a partition that is written by its own name is asked of the tables above it; of deleted rows before 14, and
/// where it has partitions of its own.
fn bound(data: &Data, target: &Name, locks: &mut Locks<'_>) {
    if data.kind != DataKind::Delete || locks.is_partitioned(target) || locks.version() < 14 {
        locks.lock_above(target);
    }
}

fn read(data: &Data, query: &Query, target: Option<&Name>, locks: &mut Locks<'_>) {
    for source in locks.sources(query).into_iter().filter(|source| Some(&source.name) != target) {
        let below = locks.under_view(&source.name, source.access);
        for Used { name, access, only } in std::iter::once(source).chain(below) {
            match only || data.filtered && may_be_pruned(&name, data, locks) {
                true => locks.lock(&name, Mode::of(access)),
                false => locks.lock_tree(&name, Mode::of(access)),
            }
            if locks.is_partitioned(&name) {
                locks.lock_above(&name);
            }
            locks.hold_for(&locks.tree(&name), Held::Scan);
        }
    }
    for sequence in locks.sequences_in(&query.text) {
        locks.lock(&sequence, Mode::RowExclusive);
    }
}

fn insert(data: &Data, target: &Name, locks: &mut Locks<'_>) {
    let Some(table) = locks.before().table(target).cloned() else { return };
    for column in table.columns.iter().filter(|column| left_out(data, &table, &column.name)) {
        match &column.value {
            ColumnValue::Default(expr) => {
                locks.sequences_in(expr).iter().for_each(|sequence| locks.lock(sequence, Mode::RowExclusive));
            }
            ColumnValue::Identity { .. } => lock_identity(&table, &column.name, locks),
            ColumnValue::None | ColumnValue::Serial | ColumnValue::Generated { .. } => {}
        }
    }
    for constraint in &table.constraints {
        let ConstraintKind::ForeignKey(key) = &constraint.kind else { continue };
        let given = key.columns.iter().all(|column| !left_out(data, &table, column) && !is_null(data, &table, column));
        if given && !constraint.not_enforced {
            check_key(&key.table, locks);
        }
    }
}

/// Whether no value is given for the column: in some row it has its default.
fn left_out(data: &Data, table: &Table, column: &Ident) -> bool {
    data.columns.as_ref().is_some_and(|columns| !columns.contains(column))
        || some_row(data, table, column, |value| value.is_some_and(|value| value.sql.eq_ignore_ascii_case("default")))
}

/// Whether every row gives the column a null.
fn is_null(data: &Data, table: &Table, column: &Ident) -> bool {
    data.rows.is_some() && !some_row(data, table, column, |value| value.is_some_and(|value| value.shape != ExprShape::Null))
}

/// Whether this holds of the column's value in some row of `VALUES`; what has no value at its end is left out.
fn some_row(data: &Data, table: &Table, column: &Ident, holds: impl Fn(Option<&Expr>) -> bool) -> bool {
    let at = match &data.columns {
        Some(columns) => columns.iter().position(|name| name == column),
        None => table.columns.iter().position(|it| it.name == *column),
    };
    let Some((at, rows)) = at.zip(data.rows.as_ref()) else { return false };
    rows.iter().any(|row| holds(row.get(at)))
}

fn lock_identity(table: &Table, column: &Ident, locks: &mut Locks<'_>) {
    for sequence in locks.owned_sequences(&table.name) {
        let owner = locks.before().sequence(&sequence).and_then(|sequence| sequence.owned_by.clone());
        if owner.is_some_and(|(_, owner)| owner == *column) {
            locks.lock(&sequence, Mode::RowExclusive);
        }
    }
}

fn check_key(referenced: &QName, locks: &mut Locks<'_>) {
    if let Some(referenced) = locks.resolve(referenced) {
        locks.lock(&referenced, Mode::RowShare);
    }
}

fn update(data: &Data, target: &Name, locks: &mut Locks<'_>) {
    let Some(table) = locks.before().table(target).cloned() else { return };
    let sets = |column: &Ident| data.columns.as_ref().is_some_and(|columns| columns.contains(column));
    for constraint in &table.constraints {
        if let ConstraintKind::ForeignKey(key) = &constraint.kind
            && key.columns.iter().any(sets)
            && !key.columns.iter().any(|column| is_set_to_null(data, column))
        {
            check_key(&key.table, locks);
        }
    }
    for (referencing, key) in locks.referring_to_rows(target) {
        if key.referenced.iter().any(sets) {
            follow(&referencing, key.on_update, locks);
        }
    }
}

/// `SET column = NULL`: there is nothing to look up.
fn is_set_to_null(data: &Data, column: &Ident) -> bool {
    let Some(text) = data.query.as_ref().map(|query| &query.text) else { return false };
    let after = |reference: &Ref| {
        let (_, end) = reference.ranges.last()?;
        let value = text.sql[*end as usize..].trim_start().strip_prefix('=')?.trim_start();
        let word = value.split(|c: char| !c.is_ascii_alphanumeric()).next()?;
        Some(word.eq_ignore_ascii_case("null"))
    };
    let mut named = text.refs.iter().filter(|found| found.kind == RefKind::Column && found.parts == [column.clone()]);
    named.next().and_then(after).unwrap_or(false)
}

/// The rows that refer to deleted ones are looked for; where they go too, so do those that refer to them.
fn delete(target: &Name, locks: &mut Locks<'_>) {
    let mut done = vec![target.clone()];
    let mut at = 0;
    while at < done.len() {
        for (referencing, key) in locks.referring_to_rows(&done[at].clone()) {
            follow(&referencing, key.on_delete, locks);
            if key.on_delete == ReferentialAction::Cascade && !done.contains(&referencing) {
                done.push(referencing);
            }
        }
        at += 1;
    }
}

fn follow(referencing: &Name, action: ReferentialAction, locks: &mut Locks<'_>) {
    let mode = match action {
        ReferentialAction::NoAction | ReferentialAction::Restrict => Mode::RowShare,
        ReferentialAction::Cascade | ReferentialAction::SetNull | ReferentialAction::SetDefault => Mode::RowExclusive,
    };
    locks.lock(referencing, mode);
}

/// `TRUNCATE`, with the tables that refer to its tables where it cascades.
pub(super) fn truncate(tables: &[Target], cascade: bool, restart_identity: bool, locks: &mut Locks<'_>) {
    let mut open: Vec<(Name, bool)> =
        tables.iter().filter_map(|target| Some((locks.resolve(&target.table)?, target.only))).collect();
    let mut found: Vec<Name> = Vec::new();
    while let Some((table, only)) = open.pop() {
        for member in if only { vec![table] } else { locks.tree(&table) } {
            if found.contains(&member) {
                continue;
            }
            if cascade {
                open.extend(locks.referring_to_rows(&member).into_iter().map(|(name, _)| (name, false)));
            }
            found.push(member);
        }
    }
    for table in found {
        locks.lock(&table, Mode::AccessExclusive);
        if locks.version() < 14 {
            locks.lock_above(&table);
        }
        if restart_identity {
            locks.owned_sequences(&table).iter().for_each(|sequence| locks.lock(sequence, Mode::AccessExclusive));
        }
    }
}
