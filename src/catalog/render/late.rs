//! What comes when all tables, routines and views are there: ownership of sequences, indexes, foreign keys, triggers, rules,
//! policies, and what is kept by name only and may name all of these.

use super::other;
use super::table::{alter, is_inherited, is_inline};
use crate::catalog::{Catalog, Index, Name, Relation, Table, View};
use crate::change::{
    AlterTable, Change, Constraint, ConstraintKind, CreateIndex, Expr, Firing, Ident, ObjectKind, Persistence, ReplicaIdentity,
    RowSecurity, Rule, SequenceOptions, TableAction, Trigger,
};
use std::sync::Arc;

/// Whether something kept by name only may name everything else.
pub(super) fn is_late(kind: ObjectKind) -> bool {
    matches!(
        kind,
        ObjectKind::Publication
            | ObjectKind::Subscription
            | ObjectKind::Statistics
            | ObjectKind::EventTrigger
            | ObjectKind::Database
    )
}

/// All of it.
pub(super) fn changes(catalog: &Catalog, changes: &mut Vec<Change>) {
    let relations = || catalog.relations.values().filter(|relation| !super::is_temporary(relation));
    let tables = || relations().filter_map(|relation| if let Relation::Table(table) = relation { Some(table) } else { None });
    let views = || relations().filter_map(|relation| if let Relation::View(view) = relation { Some(view) } else { None });
    changes.extend(relations().filter_map(|relation| owned_by(catalog, relation)));
    let bottom_up = bottom_up(catalog, tables().collect());
    indexes(&bottom_up, changes);
    for view in views() {
        changes.extend(view.indexes.iter().map(|index| create_index(&view.name, index)));
        view_defaults(view, changes);
    }
    for table in &bottom_up {
        constraints(catalog, table, false, changes);
    }
    for table in tables() {
        constraints(catalog, table, true, changes);
    }
    for table in tables() {
        programs(&table.name, &table.triggers, &table.rules, changes);
        security(table, changes);
        storage(table, changes);
    }
    for view in views() {
        programs(&view.name, &view.triggers, &view.rules, changes);
    }

    for (kind, words) in catalog.others.keys().filter(|(kind, _)| is_late(*kind)) {
        changes.extend(other(catalog, *kind, words));
    }
}

/// What is said of a column's sequence when the column is there: whose it is, and of an identity's its type, which is the column's
/// unless somebody changed it.
fn owned_by(catalog: &Catalog, relation: &Relation) -> Option<Change> {
    let Relation::Sequence(sequence) = relation else { return None };
    let (table, column) = sequence.owned_by.as_ref()?;
    let options = if sequence.identity {
        let of_column = &catalog.table(table)?.column(column)?.data_type;
        let data_type = sequence.options.data_type.clone().filter(|own| own.name != of_column.name)?;
        SequenceOptions { data_type: Some(data_type), ..SequenceOptions::default() }
    } else {
        SequenceOptions { owned_by: Some(Some((table.qname(), column.clone()))), ..SequenceOptions::default() }
    };
    let options = Box::new(options);
    Some(Change::AlterSequence { name: sequence.name.qname(), if_exists: false, options })
}

/// The indexes of partitions come before those of their parents, which then take them as their own.
fn bottom_up<'a>(catalog: &Catalog, mut tables: Vec<&'a Arc<Table>>) -> Vec<&'a Arc<Table>> {
    let depth = |table: &Table| {
        let mut depth = 0;
        let mut at = table.partition_of.as_ref();
        while let Some((parent, _)) = at {
            depth += 1;
            at = catalog.table(parent).filter(|_| depth < 64).and_then(|parent| parent.partition_of.as_ref());
        }
        std::cmp::Reverse(depth)
    };
    tables.sort_by_cached_key(|table| depth(table));
    tables
}

fn indexes(tables: &[&Arc<Table>], changes: &mut Vec<Change>) {
    for table in tables {
        let mut own: Vec<_> = table.indexes.iter().filter(|index| is_late_part(index)).collect();
        own.sort_by(|a, b| a.name.cmp(&b.name));
        changes.extend(own.iter().map(|index| create_index(&table.name, index)));
        for index in own.iter().filter(|index| index.only && !index.valid) {
            attached(tables, &table.name, index, changes);
        }
    }
}

/// An index of a partitioned table that does not cover all partitions yet takes the parts that it has one by one.
fn attached(tables: &[&Arc<Table>], owner: &Name, index: &Index, changes: &mut Vec<Change>) {
    let full = Name { schema: owner.schema.clone(), name: index.name.clone() };
    for table in tables {
        for part in table.indexes.iter().filter(|part| part.parent.as_ref() == Some(&full)) {
            let partition = Name { schema: table.name.schema.clone(), name: part.name.clone() }.qname();
            let action = TableAction::AttachPartition { partition, bound: Expr::plain("") };
            let alter = AlterTable { kind: ObjectKind::Index, table: full.qname(), if_exists: false, only: false, action };
            changes.push(Change::AlterTable(Box::new(alter)));
        }
    }
}

/// Whether an index has a statement of its own, and does not come with a constraint.
pub(in crate::catalog) fn is_late_part(index: &Index) -> bool {
    index.constraint.is_none() && !index.primary
}

/// The statement that makes an index.
pub(in crate::catalog) fn create_index(table: &Name, index: &Index) -> Change {
    Change::CreateIndex(Box::new(CreateIndex {
        name: Some(index.name.clone()),
        table: table.qname(),
        unique: index.unique,
        concurrently: false,
        if_not_exists: false,
        only: index.only && !index.valid,
        shape: index.shape.clone(),
    }))
}

/// What does not stand in the table's own statement; foreign keys apart, for they need the keys of other tables.
fn constraints(catalog: &Catalog, table: &Table, foreign: bool, changes: &mut Vec<Change>) {
    let parents: Vec<Name> =
        table.inherits.iter().cloned().chain(table.partition_of.iter().map(|(parent, _)| parent.clone())).collect();
    let of_parent = |constraint: &Constraint| {
        let same = |own: &Arc<Constraint>| match (&own.kind, &constraint.kind) {
            (ConstraintKind::ForeignKey(own), ConstraintKind::ForeignKey(key)) => own == key,
            _ => false,
        };
        let parent = table.partition_of.as_ref().and_then(|(parent, _)| catalog.table(parent));
        parent.is_some_and(|parent| parent.constraints.iter().any(same)) || is_inherited(catalog, &parents, constraint)
    };
    let wanted = |constraint: &&Arc<Constraint>| matches!(constraint.kind, ConstraintKind::ForeignKey(_)) == foreign;
    let own = table.constraints.iter().filter(wanted);
    for constraint in own.filter(|constraint| !is_inline(table, constraint) && !of_parent(constraint)) {
        changes.push(alter(table, TableAction::AddConstraint((**constraint).clone())));
    }
}

fn view_defaults(view: &View, changes: &mut Vec<Change>) {
    changes.extend(view.defaults.iter().map(|(column, default)| {
        let action = TableAction::SetDefault { column: column.clone(), default: default.clone() };
        let table = view.name.qname();
        Change::AlterTable(Box::new(AlterTable { kind: ObjectKind::View, table, if_exists: false, only: false, action }))
    }));
}

fn programs(name: &Name, triggers: &[Arc<Trigger>], rules: &[Arc<Rule>], changes: &mut Vec<Change>) {
    let firing = |action: TableAction| {
        let table = name.qname();
        Change::AlterTable(Box::new(AlterTable { kind: ObjectKind::Table, table, if_exists: false, only: false, action }))
    };
    for trigger in sorted(triggers, |trigger| &trigger.name) {
        changes.push(Change::CreateTrigger { table: name.qname(), or_replace: false, trigger: Box::new((**trigger).clone()) });
        if trigger.enabled != Firing::Origin {
            changes.push(firing(TableAction::SetTrigger { name: Some(trigger.name.clone()), firing: trigger.enabled }));
        }
    }
    for rule in sorted(rules, |rule| &rule.name) {
        changes.push(Change::CreateRule { table: name.qname(), or_replace: false, rule: Box::new((**rule).clone()) });
        if rule.enabled != Firing::Origin {
            changes.push(firing(TableAction::SetRule { name: rule.name.clone(), firing: rule.enabled }));
        }
    }
}

fn security(table: &Table, changes: &mut Vec<Change>) {
    for policy in sorted(&table.policies, |policy| &policy.name) {
        changes.push(Change::CreatePolicy { table: table.name.qname(), policy: Box::new((**policy).clone()) });
    }
    if table.row_security {
        changes.push(alter(table, TableAction::RowSecurity(RowSecurity::Enable)));
    }
    if table.force_row_security {
        changes.push(alter(table, TableAction::RowSecurity(RowSecurity::Force)));
    }
}

fn storage(table: &Table, changes: &mut Vec<Change>) {
    if table.persistence == Persistence::Temporary {
        return;
    }
    if table.replica_identity != ReplicaIdentity::Default {
        changes.push(alter(table, TableAction::ReplicaIdentity(table.replica_identity.clone())));
    }
    if table.cluster_on.is_some() {
        changes.push(alter(table, TableAction::ClusterOn(table.cluster_on.clone())));
    }
}

fn sorted<T>(parts: &[Arc<T>], name: impl Fn(&T) -> &Ident) -> Vec<&Arc<T>> {
    let mut sorted: Vec<_> = parts.iter().collect();
    sorted.sort_by(|a, b| name(a).cmp(name(b)));
    sorted
}
