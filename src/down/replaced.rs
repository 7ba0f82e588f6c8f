//! Updates that can be undone without knowing a row: `UPDATE t SET a = 'new' WHERE a = 'old'`, where a `CHECK` of the schema before says
//! that no row had `'new'`. Then those that have it are those that were updated, and those that got it since.

use super::Context;
use crate::catalog::{Catalog, Name, ObjectId, Relation, Table, TableColumn};
use crate::change::{
    AlterTable, Change, ColumnValue, ConstraintKind, Data, DataKind, Expr, ExprShape, ObjectKind, TableAction, TypeName,
};
use crate::lower;
use crate::replay::Atom;
use std::sync::Arc;

/// A constant that a migration replaced by another one, and the update that gives it back.
pub(super) struct Replaced {
    pub change: Change,
    table: ObjectId,
    column: u32,
    /// The column's name, for people.
    name: String,
    old: Expr,
    new: Expr,
}

impl Replaced {
    /// What is to be known of it.
    pub fn note(&self) -> String {
        format!("which rows got {} in {} since: they have {} then", self.new.sql, self.name, self.old.sql)
    }
}

/// The way back of an update that replaces one constant by another one, where that is certain.
pub(super) fn replaced(data: &Data, table: &Table, atom: &Atom, context: &Context<'_>) -> Option<Replaced> {
    let ([name], Some([new]), [(tested, values)]) =
        (data.columns.as_deref()?, data.values.as_deref(), data.demands.of.as_slice())
    else {
        return None;
    };
    let [old] = values.as_slice() else { return None };
    let exact = data.demands.whole && tested == name && !data.only && !data.batched && !atom.conditional;
    if !exact || table.force_row_security || literal(old)? == literal(new)? {
        return None;
    }
    let number = table.column(name)?.number;
    let (before, now) = (by_id(context.first, table.id)?, by_id(context.last, table.id)?);
    let (was, is) = (numbered(before, number)?, numbered(now, number)?);
    let stays_text = is_text(was) && context.steps.iter().all(|step| same_type(&step.after, table.id, was));
    if !stays_text || !is_impossible(new, before, was) || is_written_elsewhere(atom, table.id, number, new, context) {
        return None;
    }
    Some(Replaced {
        change: context.dialect.replace_value(&now.name, &is.name, new, old),
        table: table.id,
        column: number,
        name: format!("{}.{name}", table.name),
        old: old.clone(),
        new: new.clone(),
    })
}

/// The state without the checks that came since and might not let the constants come back.
pub(super) fn loosened(replaced: &[Replaced], context: &Context<'_>) -> Option<Catalog> {
    let mut loose = context.last.clone();
    loose.session = context.dialect.empty_catalog().session;
    let mut any = false;
    for own in replaced {
        let (Some(before), Some(now)) = (by_id(context.first, own.table), by_id(context.last, own.table)) else { continue };
        let Some(column) = numbered(now, own.column) else { continue };
        for check in &now.constraints {
            let ConstraintKind::Check(condition) = &check.kind else { continue };
            let kept = before.constraints.iter().any(|other| Arc::ptr_eq(check, other));
            let named = condition.refs.iter().any(|own| own.name() == &column.name);
            let Some(name) = check.name.clone().filter(|_| named && !kept) else { continue };
            let action = TableAction::DropConstraint { name, if_exists: true, cascade: false };
            let (kind, table) = (ObjectKind::Table, now.name.qname());
            let alter = AlterTable { kind, table, if_exists: false, only: false, action };
            any |= loose.apply(&Change::AlterTable(Box::new(alter)), context.dialect).is_ok();
        }
    }
    any.then_some(loose)
}

fn literal(value: &Expr) -> Option<&str> {
    match &value.shape {
        ExprShape::Literal(text) => Some(text),
        ExprShape::Null | ExprShape::Column(_) | ExprShape::NotNull(_) | ExprShape::Other => None,
    }
}

/// The table of an identity.
fn by_id(catalog: &Catalog, id: ObjectId) -> Option<&Arc<Table>> {
    catalog.relations.values().find_map(|own| match own {
        Relation::Table(table) if table.id == id => Some(table),
        Relation::Table(_) | Relation::View(_) | Relation::Sequence(_) | Relation::Index(_) => None,
    })
}

fn numbered(table: &Table, number: u32) -> Option<&TableColumn> {
    table.columns.iter().find(|own| own.number == number).map(|own| &**own)
}

/// Whether constants that are written otherwise are other values: not so for numbers, nor under a collation of one's own.
fn is_text(column: &TableColumn) -> bool {
    let TypeName { schema, name, .. } = &column.data_type;
    let plain = matches!(column.value, ColumnValue::None | ColumnValue::Default(_)) && column.collation.is_none();
    plain && schema.is_none() && column.data_type.dimensions == 0 && matches!(name.as_str(), "text" | "character varying")
}

fn same_type(catalog: &Catalog, table: ObjectId, column: &TableColumn) -> bool {
    let own = by_id(catalog, table).and_then(|table| numbered(table, column.number));
    own.is_some_and(|own| own.data_type == column.data_type)
}

/// Whether a check says that no row has this constant.
fn is_impossible(value: &Expr, table: &Table, column: &TableColumn) -> bool {
    table.constraints.iter().filter(|own| !own.not_valid && !own.not_enforced && !own.no_inherit).any(|own| {
        let ConstraintKind::Check(condition) = &own.kind else { return false };
        let demands = lower::demands(condition);
        let mut of_column = demands.of.iter().filter(|(name, _)| *name == column.name);
        of_column.any(|(_, values)| !values.iter().any(|own| literal(own) == literal(value)))
    })
}

/// Whether another statement of the migration may give the constant to rows that stay.
fn is_written_elsewhere(this: &Atom, table: ObjectId, number: u32, value: &Expr, context: &Context<'_>) -> bool {
    let writes = |atom: &Atom| {
        let Change::Data(data) = &atom.change.value else { return false };
        let target: Option<Name> = data.table.as_ref().and_then(|name| atom.before.resolve_relation(name));
        let Some(own) = target.and_then(|name| atom.before.table(&name)).filter(|own| own.id == table) else { return false };
        let at = data
            .columns
            .as_ref()
            .map(|columns| columns.iter().position(|name| own.column(name).is_some_and(|own| own.number == number)));
        match (data.kind, at) {
            (DataKind::Update, Some(None)) | (DataKind::Insert | DataKind::Delete, _) => false,
            (DataKind::Update, Some(Some(at))) => {
                let given = data.values.as_ref().and_then(|values| literal(values.get(at)?));
                given.is_none() || given == literal(value)
            }
            _ => true,
        }
    };
    context.steps.iter().flat_map(|step| &step.atoms).any(|atom| !std::ptr::eq(atom, this) && writes(atom))
}
