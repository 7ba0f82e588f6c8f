//! A column in the place of another: beside it while both versions write, kept the same by a trigger, filled in batches, alone in the
//! end. What stands on the old column, its indexes, constraints, default and sequence, comes along.

use super::recipe::short;
use super::{At, Finding};
use crate::assess::{Phase, Touched};
use crate::catalog::{Catalog, Name, Relation, Table, TableColumn, ViewColumn, render};
use crate::change::{
    AlterTable, Change, Column, ColumnValue, Constraint, ConstraintKind, CreateIndex, CreateView, Ident, Key, ObjectKind,
    TableAction,
};
use std::sync::Arc;

/// A column and the one that takes its place.
pub(super) struct Twin<'a> {
    /// The table as it was.
    pub table: &'a Table,
    /// The column as it was.
    pub old: &'a TableColumn,
    /// The new column as it is in the end.
    pub new: Column,
    /// The statement that sets the new column in a trigger; that which sets the old one.
    pub ways: Option<(String, String)>,
}

/// What has to be done for something that stood on the old column.
#[derive(Default)]
struct Steps {
    expand: Vec<String>,
    migrate: Vec<String>,
    contract: Vec<String>,
    /// Views that show the new column from then on.
    views: Vec<String>,
    /// When the old column is gone.
    last: Vec<String>,
}

impl At<'_> {
    /// Adds the safe sequence to a finding; nothing where something stands on the old column that cannot be made a second time.
    pub(super) fn with_twin(&self, finding: Finding, twin: &Twin<'_>) -> Finding {
        let state = &self.step.before;
        let Some(along) = self.along(state, twin) else { return finding };
        let (table, old, new) = (&twin.table.name, &twin.old.name, &twin.new.name);
        let (from, to) = (self.quoted(old), self.quoted(new));
        let mut expand = vec![self.add_column(table, self.twin(&twin.new, new))];
        expand.extend(match &twin.ways {
            Some((forward, backward)) => self.sync_by(table, old, new, forward, backward),
            None => self.sync(table, old, new),
        });
        expand.extend(along.expand);
        // The trigger knows how to fill the new column.
        let pending = format!("{to} IS NULL AND {from} IS NOT NULL");
        let mut migrate = vec![self.backfill(twin.table, &format!("{from} = {from}"), &pending)];
        migrate.extend(along.migrate);
        // Who reads a view locks it before its table.
        let mut contract = along.views;
        contract.extend(self.value(state, twin));
        if twin.new.not_null {
            contract.extend(self.set_not_null(table, new));
        }
        contract.extend(along.contract);
        contract.extend(self.end_sync(table, old));
        contract.push(self.drop_column(table, old));
        contract.extend(along.last);
        finding.part(Phase::Expand, expand).part(Phase::Migrate, migrate).part(Phase::Contract, contract)
    }

    /// What has to be made a second time: whatever changes when the column is renamed stands on it.
    fn along(&self, state: &Catalog, twin: &Twin<'_>) -> Option<Steps> {
        let (name, old, new) = (&twin.table.name, &twin.old.name, &twin.new.name);
        let mut renamed = Catalog::clone(state);
        let action = TableAction::RenameColumn { from: old.clone(), to: new.clone() };
        let alter = AlterTable { kind: ObjectKind::Table, table: name.qname(), if_exists: false, only: false, action };
        renamed.apply(&Change::AlterTable(Box::new(alter)), self.dialect()).ok()?;
        let is_other = |found: &Name| {
            let index = matches!(state.relations.get(found), Some(Relation::Index(_)));
            found != name
                && !index
                && !owned(state, found, name, old)
                && state.relations.get(found) != renamed.relations.get(found)
        };
        let mut steps = Steps::default();
        for view in Touched::between(state, &renamed).relations.iter().filter(|found| is_other(found)) {
            steps.views.push(self.replaced(state, &renamed, view)?);
        }
        let now = renamed.table(name)?;
        let same = now.triggers == twin.table.triggers && now.rules == twin.table.rules && now.policies == twin.table.policies;
        let others = twin.table.columns.iter().zip(&now.columns).all(|(was, is)| was.name == *old || was == is);
        let plain = twin.table.partition_by.is_none() && twin.table.partition_of.is_none() && twin.table.inherits.is_empty();
        let simple = matches!(twin.old.value, ColumnValue::None | ColumnValue::Default(_));
        if !(same && others && plain && simple) {
            return None;
        }
        self.indexes(state, twin, now, &mut steps)?;
        self.constraints(twin, now, &mut steps)?;
        Some(steps)
    }

    /// A view of the column, made again in place with the new one: nobody sees a difference.
    fn replaced(&self, state: &Catalog, renamed: &Catalog, name: &Name) -> Option<String> {
        let (was, is) = (state.view(name)?, renamed.view(name)?);
        let plain = !was.materialized && !was.temporary && was.triggers == is.triggers && was.rules == is.rules;
        let same = |(was, is): (&ViewColumn, &ViewColumn)| was.name == is.name && was.data_type == is.data_type;
        if !plain || was.columns.len() != is.columns.len() || !was.columns.iter().zip(&is.columns).all(same) {
            return None;
        }
        let created = render::creation(renamed, self.dialect()).into_iter().find_map(|change| match change {
            Change::CreateView(view) if renamed.resolve_relation(&view.name).as_ref() == Some(name) => Some(view),
            _ => None,
        })?;
        Some(self.write(&Change::CreateView(Box::new(CreateView { name: self.qname(name), or_replace: true, ..*created }))))
    }

    fn indexes(&self, state: &Catalog, twin: &Twin<'_>, now: &Table, steps: &mut Steps) -> Option<()> {
        let table = &twin.table.name;
        for (was, is) in twin.table.indexes.iter().zip(&now.indexes).filter(|(was, is)| was.shape != is.shape) {
            let constraint = was.constraint.as_ref().and_then(|label| twin.table.constraint(label));
            let deferrable = constraint.is_some_and(|found| found.deferrable != Default::default());
            let exclusion = constraint.is_some_and(|found| matches!(found.kind, ConstraintKind::Exclude(_)));
            if was.parent.is_some() || was.only || deferrable || exclusion {
                return None;
            }
            let name = fresh(state, table, &was.name, twin);
            steps.expand.push(self.write(&Change::CreateIndex(Box::new(CreateIndex {
                name: Some(name.clone()),
                table: self.qname(table),
                unique: was.unique,
                concurrently: true,
                if_not_exists: false,
                only: false,
                shape: is.shape.clone(),
            }))));
            let key = Key { using_index: Some(name.clone()), ..Key::default() };
            let add = |label: &Ident, kind| {
                let constraint = Constraint { name: Some(label.clone()), ..Constraint::new(kind) };
                self.alter(table, TableAction::AddConstraint(constraint))
            };
            match (&was.constraint, was.primary) {
                (Some(label), true) => steps.last.push(add(label, ConstraintKind::PrimaryKey(key))),
                (Some(_), false) => steps.expand.push(add(&name, ConstraintKind::Unique(key))),
                (None, _) => {}
            }
        }
        Some(())
    }

    fn constraints(&self, twin: &Twin<'_>, now: &Table, steps: &mut Steps) -> Option<()> {
        let table = &twin.table.name;
        for (was, is) in twin.table.constraints.iter().zip(&now.constraints).filter(|(was, is)| was.kind != is.kind) {
            match &is.kind {
                ConstraintKind::Check(_) | ConstraintKind::ForeignKey(_) => {
                    let label = was.name.as_ref().map(|label| beside(label, twin))?;
                    let taken = twin.table.constraint(&label).is_some();
                    let label = if taken { short(&[&label, "new"]) } else { label };
                    let added = Constraint { name: Some(label.clone()), not_valid: true, ..Constraint::clone(is) };
                    steps.expand.push(self.alter(table, TableAction::AddConstraint(added)));
                    if !was.not_valid {
                        steps.migrate.push(self.alter(table, TableAction::ValidateConstraint { name: label }));
                    }
                }
                ConstraintKind::PrimaryKey(_) | ConstraintKind::Unique(_) | ConstraintKind::NotNull(_) => {}
                ConstraintKind::Exclude(_) => return None,
            }
        }
        Some(())
    }

    /// The default of the finished column, and the sequence behind it. The table comes first, as in an insert, which locks it and
    /// then draws from the sequence: the other way round both wait in a circle.
    fn value(&self, state: &Catalog, twin: &Twin<'_>) -> Vec<String> {
        let ColumnValue::Default(default) = &twin.new.value else { return Vec::new() };
        let (table, old, new) = (&twin.table.name, &twin.old.name, &twin.new.name);
        let mut out = vec![self.alter(table, TableAction::SetDefault { column: new.clone(), default: default.clone() })];
        for (name, sequence) in state.relations.iter().filter(|(name, _)| owned(state, name, table, old)) {
            let (sequence_name, owner, column) = (self.sql(name), self.sql(table), self.quoted(new));
            if let Relation::Sequence(_) = sequence {
                let data_type = self.type_of(&twin.new.data_type);
                if twin.new.data_type != twin.old.data_type {
                    out.push(format!("ALTER SEQUENCE {sequence_name} AS {data_type}"));
                }
                out.push(format!("ALTER SEQUENCE {sequence_name} OWNED BY {owner}.{column}"));
            }
        }
        out
    }
}

/// Whether a sequence belongs to the column.
fn owned(state: &Catalog, sequence: &Name, table: &Name, column: &Ident) -> bool {
    state.sequence(sequence).is_some_and(|found: &Arc<_>| found.owned_by.as_ref() == Some(&(table.clone(), column.clone())))
}

/// A name that tells of the new column as the old name told of the old one.
fn beside(name: &Ident, twin: &Twin<'_>) -> Ident {
    let (old, new) = (twin.old.name.as_str(), twin.new.name.as_str());
    if name.contains(old) { short(&[&name.replacen(old, new, 1)]) } else { short(&[name, new]) }
}

/// The same for a relation, and not taken.
fn fresh(state: &Catalog, table: &Name, name: &Ident, twin: &Twin<'_>) -> Ident {
    let name = beside(name, twin);
    if state.relations.contains_key(&Name::new(table.schema.clone(), name.clone())) { short(&[&name, "new"]) } else { name }
}
