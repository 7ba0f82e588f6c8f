//! Locks of statements about rows. They are taken to touch at least one row; what depends on which rows they touch is left out:
//! the partitions that an insert reaches, or that a condition leaves.

use super::super::locks::Mode;
use super::collect::Locks;
use crate::catalog::{Name, Table};
use crate::change::{
    ColumnValue, ConstraintKind, Data, DataKind, ExprShape, Ident, QName, Query, RefKind, ReferentialAction, Target,
};
use crate::dialect::Held;

pub(super) fn data(data: &Data, locks: &mut Locks<'_>) {
    let target = data.table.as_ref().and_then(|table| locks.resolve(table));
    if let Some(query) = &data.query {
        read(query, data.filtered, target.as_ref(), locks);
    }
    let Some(target) = target else { return };
    match data.kind {
        DataKind::Select | DataKind::Call => {}
        DataKind::CopyOut => {
            locks.lock_tree(&target, Mode::AccessShare);
            locks.hold_for(&[target], Held::Scan);
        }
        DataKind::Insert | DataKind::CopyIn => {
            write(&target, false, locks);
            insert(data, &target, locks);
        }
        DataKind::Update | DataKind::Merge => {
            write(&target, !data.filtered, locks);
            locks.hold_for(&locks.tree(&target), Held::Scan);
            update(data, &target, locks);
        }
        DataKind::Delete => {
            write(&target, !data.filtered, locks);
            locks.hold_for(&locks.tree(&target), Held::Scan);
            delete(&target, locks);
        }
    }
}

/// Writes a table, with its children where all are concerned, or the tables under a view.
fn write(target: &Name, all: bool, locks: &mut Locks<'_>) {
    let below = locks.below_view(target);
    for name in std::iter::once(target).chain(&below) {
        match all {
            true => locks.lock_tree(name, Mode::RowExclusive),
            false => locks.lock(name, Mode::RowExclusive),
        }
    }
}

fn read(query: &Query, filtered: bool, target: Option<&Name>, locks: &mut Locks<'_>) {
    let locking = is_locking(&query.text.sql);
    let sources = locks.sources(query);
    for source in sources.iter().filter(|source| Some(*source) != target) {
        let mode = match locking {
            _ if written_in(query, source) => Mode::RowExclusive,
            true => Mode::RowShare,
            false => Mode::AccessShare,
        };
        let below = locks.below_view(source);
        for name in std::iter::once(source).chain(&below) {
            match filtered && locks.is_partitioned(name) {
                true => locks.lock(name, mode),
                false => locks.lock_tree(name, mode),
            }
            locks.hold_for(&locks.tree(name), Held::Scan);
        }
    }
    for sequence in locks.sequences_in(&query.text) {
        locks.lock(&sequence, Mode::RowExclusive);
    }
}

/// Whether a `WITH` inserts into the relation, updates it or deletes from it.
fn written_in(query: &Query, relation: &Name) -> bool {
    query.text.refs.iter().filter(|found| found.kind == RefKind::Relation && *found.name() == relation.name).any(|found| {
        let before = found.ranges.first().map_or("", |(start, _)| &query.text.sql[..*start as usize]);
        let mut words = before.split_whitespace().rev().map(str::to_ascii_lowercase).filter(|word| word != "only");
        let (last, previous) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let starts = |word: &str| word.trim_start_matches('(').to_owned();
        match last.as_str() {
            "into" => starts(&previous) == "insert",
            "from" => starts(&previous) == "delete",
            word => starts(word) == "update" && previous != "for" && previous != "do",
        }
    })
}

/// `FOR UPDATE` and its kin, in a query of any depth.
fn is_locking(sql: &str) -> bool {
    let words: Vec<String> = sql.split_whitespace().map(|word| word.trim_matches([')', ';']).to_ascii_lowercase()).collect();
    words.windows(2).any(|pair| pair[0] == "for" && matches!(pair[1].as_str(), "update" | "share" | "no" | "key"))
}

fn insert(data: &Data, target: &Name, locks: &mut Locks<'_>) {
    let Some(table) = locks.before().table(target).cloned() else { return };
    for column in table.columns.iter().filter(|column| left_out(data, &column.name)) {
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
        let given = key.columns.iter().all(|column| !left_out(data, column) && !is_null(data, &table, column));
        if given && !constraint.not_enforced {
            check_key(&key.table, locks);
        }
    }
}

fn left_out(data: &Data, column: &Ident) -> bool {
    data.columns.as_ref().is_some_and(|columns| !columns.contains(column))
}

/// Whether every row gives the column a null.
fn is_null(data: &Data, table: &Table, column: &Ident) -> bool {
    let Some(rows) = &data.rows else { return false };
    let at = match &data.columns {
        Some(columns) => columns.iter().position(|name| name == column),
        None => table.columns.iter().position(|it| it.name == *column),
    };
    at.is_some_and(|at| rows.iter().all(|row| row.get(at).is_none_or(|value| value.shape == ExprShape::Null)))
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
        {
            check_key(&key.table, locks);
        }
    }
    for (referencing, key) in locks.referencing(target) {
        if key.referenced.iter().any(sets) {
            follow(&referencing, key.on_update, locks);
        }
    }
}

fn delete(target: &Name, locks: &mut Locks<'_>) {
    for (referencing, key) in locks.referencing(target) {
        follow(&referencing, key.on_delete, locks);
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
                open.extend(locks.referencing(&member).into_iter().map(|(name, _)| (name, false)));
            }
            found.push(member);
        }
    }
    for table in found {
        locks.lock(&table, Mode::AccessExclusive);
        if restart_identity {
            locks.owned_sequences(&table).iter().for_each(|sequence| locks.lock(sequence, Mode::AccessExclusive));
        }
    }
}
