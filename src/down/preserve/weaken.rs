//! The schema to which rows and values are put back: without what could refuse them, or do something because of them.

use super::find::{Loss, Taken, by_id};
use crate::catalog::diff::changed_relations;
use crate::catalog::{Catalog, Name, Relation, Table};
use crate::change::{
    AlterTable, Change, ColumnValue, Constraint, ConstraintKind, Firing, ObjectKind, ObjectRef, TableAction, Trigger,
};
use crate::down::Context;

/// The state before the migration, weakened; `from` is the one from which the way back starts.
pub fn weak(context: &Context<'_>, from: &Catalog, losses: &[Loss]) -> Result<Catalog, String> {
    let to = context.first;
    let mut weak = to.clone();
    weak.session = context.dialect.empty_catalog().session;
    let mut weaker = Weaker { context, from, weak };
    for name in changed_relations(from, to) {
        match to.relations.get(&name) {
            // It shows the rows of the moment in which it is made.
            Some(Relation::View(view)) if view.materialized && super::relation_by_id(from, view.id).is_none() => {
                weaker.drop(ObjectRef::new(ObjectKind::MaterializedView, name.qname()))?;
            }
            Some(Relation::Table(table)) => weaker.references(table, losses)?,
            Some(Relation::View(_) | Relation::Sequence(_) | Relation::Index(_)) | None => {}
        }
    }
    for loss in losses {
        weaker.loss(loss)?;
    }
    Ok(weaker.weak)
}

struct Weaker<'a> {
    context: &'a Context<'a>,
    from: &'a Catalog,
    weak: Catalog,
}

impl Weaker<'_> {
    fn make(&mut self, change: &Change) -> Result<(), String> {
        let refused = |problem| self.context.dialect.problem(&problem, change).message;
        self.weak.apply(change, self.context.dialect).map_err(refused)
    }

    fn drop(&mut self, object: ObjectRef) -> Result<(), String> {
        self.make(&Change::Drop { objects: vec![object], if_exists: true, cascade: true, concurrently: false })
    }

    fn alter(&mut self, table: &Name, action: TableAction) -> Result<(), String> {
        let kind = ObjectKind::Table;
        self.make(&Change::AlterTable(Box::new(AlterTable { kind, table: table.qname(), if_exists: false, only: false, action })))
    }

    /// Foreign keys from and to tables that get their rows back.
    fn references(&mut self, table: &Table, losses: &[Loss]) -> Result<(), String> {
        let made = |name: &crate::change::QName| {
            losses.iter().any(|loss| matches!(loss.taken, Taken::Table) && loss.table.name.qname() == *name)
        };
        for own in &table.constraints {
            let ConstraintKind::ForeignKey(key) = &own.kind else { continue };
            if made(&key.table) || made(&table.name.qname()) {
                self.drop_constraint(&table.name, own)?;
            }
        }
        Ok(())
    }

    fn loss(&mut self, loss: &Loss) -> Result<(), String> {
        let table = &loss.table;
        match &loss.taken {
            Taken::Table => {
                for own in table.constraints.iter().filter(|own| own.not_valid) {
                    self.drop_constraint(&table.name, own)?;
                }
                for own in &table.triggers {
                    self.drop(ObjectRef::member(ObjectKind::Trigger, table.name.qname(), own.name.clone()))?;
                }
            }
            Taken::Rows => self.silence(table, "INSERT")?,
            Taken::Columns(columns) => {
                self.silence(table, "UPDATE")?;
                self.parts(table)?;
                for own in columns.iter().filter(|own| !own.converted) {
                    if own.column.not_null && own.column.value == ColumnValue::None {
                        self.alter(&table.name, TableAction::DropNotNull { column: own.column.name.clone() })?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Constraints and indexes that come back with the columns.
    fn parts(&mut self, table: &Table) -> Result<(), String> {
        let Some(now) = by_id(self.from, table.id).cloned() else { return Ok(()) };
        let back = |own: &Constraint| own.name.as_ref().is_none_or(|name| now.constraint(name).is_none());
        for own in table.constraints.iter().filter(|own| back(own) && !matches!(own.kind, ConstraintKind::NotNull(_))) {
            self.drop_constraint(&table.name, own)?;
        }
        for own in table.indexes.iter().filter(|own| own.constraint.is_none() && now.index(&own.name).is_none()) {
            let name = Name { schema: table.name.schema.clone(), name: own.name.clone() };
            self.drop(ObjectRef::new(ObjectKind::Index, name.qname()))?;
        }
        Ok(())
    }

    /// Triggers do not fire for what is put back.
    fn silence(&mut self, table: &Table, event: &str) -> Result<(), String> {
        let fires = |own: &&std::sync::Arc<Trigger>| {
            own.enabled != Firing::Disabled && own.events.iter().any(|own| own.split_whitespace().next() == Some(event))
        };
        for own in table.triggers.iter().filter(fires) {
            let action = TableAction::SetTrigger { name: Some(own.name.clone()), firing: Firing::Disabled };
            self.alter(&table.name, action)?;
        }
        Ok(())
    }

    fn drop_constraint(&mut self, table: &Name, own: &Constraint) -> Result<(), String> {
        let Some(name) = own.name.clone() else { return Ok(()) };
        self.alter(table, TableAction::DropConstraint { name, if_exists: true, cascade: true })
    }
}
