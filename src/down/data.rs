//! What statements about rows need to be undone: nothing where the rows or columns go anyway, a deletion by key where a statement
//! inserted literal rows, an update where it shows which rows had which constant, a person everywhere else.

use super::replaced::{Replaced, replaced};
use super::{Context, Fidelity, UpFidelity, fidelity};
use crate::catalog::{Catalog, Name, ObjectId, Table};
use crate::change::{
    Change, ConstraintKind, Data, DataKind, Expr, ExprShape, Firing, Ident, OpaqueClass, QName, Rule, TableAction, Trigger,
};
use crate::replay::Atom;
use std::collections::BTreeSet;

/// What undoes what a migration did to rows.
#[derive(Default)]
pub(super) struct Rows {
    /// The deletions, the last insertion's first.
    pub gone: Vec<Change>,
    /// The constants that are given back, the last change's first.
    pub replaced: Vec<Replaced>,
}

/// What undoes the migration's statements about rows; what needs a person is noted.
pub(super) fn inverses(context: &Context<'_>, ups: &mut [UpFidelity]) -> Rows {
    let mut out = Rows::default();
    let mut own = Vec::new();
    for (step, up) in context.steps.iter().zip(ups) {
        if !step.problems.is_empty() {
            continue;
        }
        for atom in &step.atoms {
            match undo(atom, &own, context) {
                Undo::Nothing => {}
                Undo::Delete(change, inserted) => {
                    let what = format!("what was changed since in the rows that were inserted into {}", inserted.name);
                    up.note(Fidelity::DropsNewData, what);
                    out.gone.push(change);
                    own.push(inserted);
                }
                Undo::Replace(replaced) => {
                    up.note(Fidelity::DropsNewData, replaced.note());
                    out.replaced.push(replaced);
                }
                Undo::Lost(what) => up.note(Fidelity::SchemaOnly, what),
                Undo::ByHand(reason) => up.by_hand(reason),
            }
        }
    }
    out.gone.reverse();
    out.replaced.reverse();
    out
}

/// What it takes to undo a change of rows.
enum Undo {
    Nothing,
    Delete(Change, Inserted),
    Replace(Replaced),
    /// Nothing can be done, and nothing has to be.
    Lost(String),
    ByHand(String),
}

/// Rows that the migration itself inserted: they go by their key, whatever else it does to them.
struct Inserted {
    table: ObjectId,
    name: Name,
    /// The numbers of the key's columns.
    key: Vec<u32>,
    rows: Vec<Vec<Expr>>,
}

impl Inserted {
    /// Whether a statement writes none but these rows, and not their key.
    fn covers(&self, data: &Data, table: &Table) -> bool {
        let number = |name: &Ident| table.column(name).map(|own| own.number);
        let writes_key = data.columns.iter().flatten().any(|name| number(name).is_none_or(|number| self.key.contains(&number)));
        if self.table != table.id || writes_key {
            return false;
        }
        let demanded = |key: &u32| data.demands.of.iter().find(|(name, _)| number(name) == Some(*key)).map(|(_, values)| values);
        let Some(demanded) = self.key.iter().map(demanded).collect::<Option<Vec<_>>>() else { return false };
        let mut wanted: Vec<Vec<&Expr>> = vec![Vec::new()];
        for values in demanded {
            let longer = wanted.iter().flat_map(|row| values.iter().map(|value| [row.as_slice(), &[value]].concat()));
            wanted = longer.take(MOST_KEYS).collect();
        }
        let same = |row: &Vec<Expr>, key: &[&Expr]| row.iter().zip(key).all(|(one, other)| one.sql == other.sql);
        wanted.len() < MOST_KEYS && wanted.iter().all(|key| self.rows.iter().any(|row| same(row, key)))
    }
}

/// A condition that names more keys than this is not looked at.
const MOST_KEYS: usize = 1000;

fn undo(atom: &Atom, own: &[Inserted], context: &Context<'_>) -> Undo {
    match &atom.change.value {
        Change::Data(data) => rows(data, atom, own, context),
        Change::Truncate { tables, .. } => {
            let old = tables.iter().find_map(|target| old_table(&target.table, &atom.before, context));
            match old {
                Some(table) => Undo::Lost(fidelity::rows_of(&table.name)),
                None => Undo::Nothing,
            }
        }
        Change::Opaque(opaque) => Undo::ByHand(match opaque.class {
            OpaqueClass::Syntax | OpaqueClass::Dynamic | OpaqueClass::Language | OpaqueClass::ClientCommand => {
                format!("it was not understood: {}", opaque.reason)
            }
        }),
        _ => Undo::Nothing,
    }
}

/// The table that a statement names, if it was there before the migration and still is after it.
fn old_table<'a>(name: &QName, before: &'a Catalog, context: &Context<'_>) -> Option<&'a Table> {
    let name = before.resolve_relation(name)?;
    let table = before.table(&name)?;
    (context.first.knows(table.id) && exists(context.last, table.id, &name)).then_some(&**table)
}

/// Whether a table is still there.
fn exists(catalog: &Catalog, id: ObjectId, name: &Name) -> bool {
    let is_it = |table: &std::sync::Arc<Table>| table.id == id;
    catalog.table(name).is_some_and(is_it) || catalog.relations.values().any(|own| own.id() == Some(id))
}

fn rows(data: &Data, atom: &Atom, own: &[Inserted], context: &Context<'_>) -> Undo {
    if matches!(data.kind, DataKind::Select | DataKind::Call | DataKind::CopyOut) {
        return called(data, atom, context);
    }
    let Some(written) = &data.table else { return Undo::Nothing };
    let Some(table) = old_table(written, &atom.before, context) else {
        return match atom.before.resolve_relation(written) {
            Some(name) if atom.before.view(&name).is_some() => {
                Undo::ByHand(format!("which rows it wrote through {name} cannot be told"))
            }
            Some(_) => Undo::Nothing,
            None => Undo::ByHand(format!("{written} is not known")),
        };
    };
    let is_own = matches!(data.kind, DataKind::Update | DataKind::Delete) && !does_more(table, data.kind);
    if is_own && own.iter().any(|own| own.covers(data, table)) {
        return Undo::Nothing;
    }
    match data.kind {
        DataKind::Insert => match delete(data, table, context).filter(|_| !atom.conditional) {
            Some((change, inserted)) => Undo::Delete(change, inserted),
            None => Undo::ByHand(format!("which rows it inserted into {} cannot be told", table.name)),
        },
        DataKind::Update => updated(data, table, atom, context),
        DataKind::Delete => Undo::Lost(fidelity::deleted_from(&table.name)),
        DataKind::Merge => Undo::ByHand(format!("what it did to the rows of {} cannot be told", table.name)),
        DataKind::CopyIn => Undo::ByHand(format!("which rows it copied into {} cannot be told", table.name)),
        DataKind::Select | DataKind::Call | DataKind::CopyOut => Undo::Nothing,
    }
}

/// What undoes an update of a table that was there before.
fn updated(data: &Data, table: &Table, atom: &Atom, context: &Context<'_>) -> Undo {
    let old = |column: &&Ident| {
        let own = table.column(column);
        own.is_none_or(|own| context.first.knows(ObjectId(own.number)) && is_kept(own.number, table, context))
    };
    let Some(columns) = &data.columns else {
        return Undo::ByHand(format!("the former values in {} are gone", table.name));
    };
    let Some(column) = columns.iter().find(old) else { return Undo::Nothing };
    if let Some(replaced) = replaced(data, table, atom, context).filter(|_| !does_more(table, data.kind)) {
        return Undo::Replace(replaced);
    }
    match fills_nulls(data, column) {
        true => Undo::Lost(format!("in which rows {}.{column} was NULL", table.name)),
        false => Undo::ByHand(format!("the former values of {}.{column} are gone", table.name)),
    }
}

/// Whether triggers or rules may do more than the statement says.
fn does_more(table: &Table, kind: DataKind) -> bool {
    let event = match kind {
        DataKind::Insert => "INSERT",
        DataKind::Update => "UPDATE",
        DataKind::Delete => "DELETE",
        DataKind::Select | DataKind::Call | DataKind::Merge | DataKind::CopyIn | DataKind::CopyOut => return true,
    };
    let fires = |trigger: &std::sync::Arc<Trigger>| {
        let events = trigger.events.iter().filter_map(|own| own.split_whitespace().next());
        trigger.enabled != Firing::Disabled && events.into_iter().any(|own| own == event)
    };
    let acts = |rule: &std::sync::Arc<Rule>| rule.event == event && rule.enabled != Firing::Disabled;
    table.triggers.iter().any(fires) || table.rules.iter().any(acts)
}

/// Whether an update only gives values to rows that have none in its one column.
fn fills_nulls(data: &Data, column: &Ident) -> bool {
    let Some(text) = data.query.as_ref().map(|query| query.text.sql.to_lowercase()) else { return false };
    let Some((_, condition)) = text.rsplit_once("where") else { return false };
    let words: Vec<&str> =
        condition.split(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | ';' | '"')).filter(|w| !w.is_empty()).collect();
    let is_it = |word: &str| word == column.as_str() || word.ends_with(&format!(".{column}"));
    data.columns.as_ref().is_some_and(|columns| columns.len() == 1)
        && !words.contains(&"or")
        && words.windows(3).any(|three| is_it(three[0]) && three[1] == "is" && three[2] == "null")
}

/// Whether a column is still there after the migration.
fn is_kept(number: u32, table: &Table, context: &Context<'_>) -> bool {
    let now = context.last.relations.values().find_map(|own| match own {
        crate::catalog::Relation::Table(own) if own.id == table.id => Some(own),
        _ => None,
    });
    now.is_some_and(|now| now.columns.iter().any(|own| own.number == number))
}

/// A query changes nothing unless a function that it calls does; what those of one's own do is looked at by itself.
fn called(data: &Data, atom: &Atom, context: &Context<'_>) -> Undo {
    let Some(query) = &data.query else { return Undo::Nothing };
    let mut unknown: BTreeSet<String> = BTreeSet::new();
    for reference in query.text.refs.iter() {
        let crate::change::RefKind::Function { .. } = reference.kind else { continue };
        let name = reference.qname();
        if matches!(name.name.as_str(), "setval" | "nextval") {
            return Undo::Lost("the position of a sequence".to_owned());
        }
        let own = atom.before.resolve_routine(&name).is_some();
        let one = Expr { refs: [reference.clone()].into(), ..query.text.clone() };
        if !own && !context.dialect.is_harmless(&name) && context.dialect.is_volatile(&one, &atom.before) {
            unknown.insert(name.to_string());
        }
    }
    match unknown.pop_first() {
        Some(name) => Undo::ByHand(format!("what {name}() does is not known")),
        None => Undo::Nothing,
    }
}

/// The deletion of literal rows by a key of theirs, and what they are.
fn delete(data: &Data, table: &Table, context: &Context<'_>) -> Option<(Change, Inserted)> {
    let rows = data.rows.as_ref().filter(|rows| data.conflict.is_none() && !rows.is_empty())?;
    // What a trigger does with the rows, or because of them, is not known.
    if does_more(table, data.kind) {
        return None;
    }
    let columns: Vec<Ident> = match &data.columns {
        Some(columns) => columns.clone(),
        None => table.columns.iter().map(|own| own.column.name.clone()).collect(),
    };
    let key = key_of(table, &columns)?;
    let places: Vec<usize> = key.iter().filter_map(|column| columns.iter().position(|own| own == column)).collect();
    // Under the names that the table and the columns have after the migration.
    let now = context.last.relations.values().find_map(|own| match own {
        crate::catalog::Relation::Table(own) if own.id == table.id => Some(own),
        _ => None,
    })?;
    let names: Vec<Ident> = key
        .iter()
        .map(|column| {
            let number = table.column(column)?.number;
            now.columns.iter().find(|own| own.number == number).map(|own| own.column.name.clone())
        })
        .collect::<Option<_>>()?;
    let mut values = Vec::new();
    for row in rows {
        let literal = |at: &usize| row.get(*at).filter(|value| matches!(value.shape, ExprShape::Literal(_))).cloned();
        values.push(places.iter().map(literal).collect::<Option<Vec<Expr>>>()?);
    }
    let change = context.dialect.delete_rows(&now.name, &names, &values);
    let key = key.iter().filter_map(|column| Some(table.column(column)?.number)).collect();
    Some((change, Inserted { table: table.id, name: table.name.clone(), key, rows: values }))
}

/// The columns of a key that are all among those written: the primary key before the others.
fn key_of(table: &Table, columns: &[Ident]) -> Option<Vec<Ident>> {
    let mut keys: Vec<(bool, &Vec<Ident>)> = Vec::new();
    for own in &table.constraints {
        match &own.kind {
            ConstraintKind::PrimaryKey(key) => keys.push((false, &key.columns)),
            ConstraintKind::Unique(key) => keys.push((true, &key.columns)),
            ConstraintKind::Check(_)
            | ConstraintKind::ForeignKey(_)
            | ConstraintKind::Exclude(_)
            | ConstraintKind::NotNull(_) => {}
        }
    }
    keys.sort_by_key(|(rank, _)| *rank);
    keys.into_iter().map(|(_, key)| key.clone()).find(|key| key.iter().all(|column| columns.contains(column)))
}

/// Whether a statement restarts a sequence.
pub(super) fn restarts(change: &Change) -> bool {
    match change {
        Change::AlterSequence { options, .. } => options.restart.is_some(),
        Change::AlterTable(alter) => match &alter.action {
            TableAction::AlterIdentity { sequence, .. } => sequence.restart.is_some(),
            _ => false,
        },
        Change::Truncate { restart_identity, .. } => *restart_identity,
        _ => false,
    }
}
