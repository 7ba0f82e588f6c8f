//! Locks of statements on whole objects: creation, renames, owners, comments, grants, domains.

use super::super::locks::Mode;
use super::collect::Locks;
use super::{constraint, partition};
use crate::catalog::{Dependency, Dependent, Name};
use crate::change::{
    Access, CreateIndex, CreateTable, CreateView, DomainChange, Grant, GrantObjects, ObjectClass, ObjectKind, ObjectRef, QName,
    Routine, RoutineBody, Rule, SequenceOptions, TableElement, Trigger,
};
use crate::dialect::Held;

pub(super) fn create_table(table: &CreateTable, locks: &mut Locks<'_>) {
    if table.if_not_exists && locks.resolve(&table.name).is_some() {
        // The query is analyzed before it is found that nothing is to be done.
        if let Some(query) = &table.query {
            read(query, true, locks);
        }
        return;
    }
    for element in &table.elements {
        if let TableElement::Like { table, .. } = element {
            locks.lock_named(table, Mode::AccessShare);
        }
    }
    for parent in &table.inherits {
        locks.lock_named(parent, Mode::ShareUpdateExclusive);
    }
    for constraint in &table.constraints {
        constraint::lock_referenced(constraint, locks);
    }
    if let Some((parent, bound)) = &table.partition_of {
        partition::create(parent, bound, locks);
    }
    if let Some(query) = &table.query {
        read(query, table.no_data, locks);
    }
}

/// Reads what a query names: to its tables where it runs, else only what its text says.
fn read(query: &crate::change::Query, no_data: bool, locks: &mut Locks<'_>) {
    if !no_data {
        locks.sequences_in(&query.text).iter().for_each(|sequence| locks.lock(sequence, Mode::RowExclusive));
    }
    for source in locks.sources(query) {
        if no_data {
            locks.lock(&source.name, Mode::AccessShare);
            continue;
        }
        let below = locks.under_view(&source.name, Access::Read);
        for used in std::iter::once(source).chain(below) {
            let tables = if used.only { vec![used.name] } else { locks.tree(&used.name) };
            locks.hold_for(&tables, Held::Scan);
            tables.iter().for_each(|table| locks.lock(table, Mode::AccessShare));
            if locks.is_partitioned(&tables[0]) {
                locks.lock_above(&tables[0]);
            }
        }
    }
}

pub(super) fn create_index(index: &CreateIndex, locks: &mut Locks<'_>) {
    let Some(table) = locks.resolve(&index.table) else { return };
    let mode = if index.concurrently { Mode::ShareUpdateExclusive } else { Mode::Share };
    let exists = index.if_not_exists
        && index
            .name
            .as_ref()
            .is_some_and(|name| locks.before().relations.contains_key(&Name::new(table.schema.clone(), name.clone())));
    if exists {
        locks.lock(&table, mode);
        return;
    }
    let tables = if locks.is_partitioned(&table) && !index.only { locks.tree(&table) } else { vec![table] };
    tables.iter().for_each(|table| locks.lock(table, mode));
    locks.hold_for(&tables, Held::IndexBuild);
}

pub(super) fn create_view(view: &CreateView, locks: &mut Locks<'_>) {
    let existing = locks.resolve(&view.name);
    if let Some(existing) = existing {
        if view.if_not_exists {
            return read(&view.query, true, locks);
        }
        locks.lock(&existing, Mode::AccessExclusive);
    }
    read(&view.query, view.no_data || !view.materialized, locks);
}

pub(super) fn refresh(view: &QName, concurrently: bool, no_data: bool, locks: &mut Locks<'_>) {
    let Some(name) = locks.resolve(view) else { return };
    locks.lock(&name, if concurrently { Mode::Exclusive } else { Mode::AccessExclusive });
    let query = locks.before().view(&name).map(|view| view.query.clone());
    if no_data {
        return;
    }
    if let Some(query) = query {
        read(&query, false, locks);
    }
    match concurrently {
        true => locks.hold(Held::Scan),
        false => locks.rewrite(&name),
    }
}

pub(super) fn owned_by(options: &SequenceOptions, locks: &mut Locks<'_>) {
    if let Some(Some((table, _))) = &options.owned_by {
        locks.lock_named(table, Mode::AccessShare);
    }
}

/// Tables `OF` the type change with it.
pub(super) fn alter_composite(name: &QName, locks: &mut Locks<'_>) {
    let Some(name) = locks.before().resolve_type(name) else { return };
    let dependents: Vec<Name> = locks
        .before()
        .dependents(&Dependency::Type(name.clone()))
        .filter_map(|dependent| match dependent {
            Dependent::Relation(table) => Some(table.clone()),
            _ => None,
        })
        .collect();
    for table in dependents {
        if locks.before().table(&table).is_some_and(|table| table.of_type.as_ref() == Some(&name)) {
            locks.lock(&table, Mode::AccessExclusive);
        }
    }
}

/// What has to be checked against the rows reads every table with a column of the domain; the rest changes the catalog.
pub(super) fn alter_domain(name: &QName, change: &DomainChange, locks: &mut Locks<'_>) {
    let checks_rows = match change {
        DomainChange::NotNull(not_null) => *not_null,
        DomainChange::AddCheck(check) => !check.not_valid,
        DomainChange::Validate(_) => true,
        DomainChange::Default(_) | DomainChange::DropConstraint(..) | DomainChange::RenameConstraint(..) => false,
    };
    let Some(domain) = locks.before().resolve_type(name).filter(|_| checks_rows) else { return };
    let mut open = vec![domain];
    while let Some(domain) = open.pop() {
        for view in views_with(&domain, locks) {
            locks.lock(&view, Mode::Share);
            locks.hold(Held::Scan);
        }
        let dependents: Vec<Dependent> = locks.before().dependents(&Dependency::Type(domain)).cloned().collect();
        for dependent in dependents {
            match dependent {
                Dependent::Column(table, _) if locks.before().table(&table).is_some() && !locks.is_partitioned(&table) => {
                    locks.lock(&table, Mode::Share);
                    locks.hold_for(std::slice::from_ref(&table), Held::Scan);
                }
                Dependent::Type(above) => open.push(above),
                _ => {}
            }
        }
    }
}

/// The materialized views with a column of this type.
fn views_with(data_type: &Name, locks: &Locks<'_>) -> Vec<Name> {
    let is_it = |column: &crate::catalog::ViewColumn| {
        column
            .data_type
            .as_ref()
            .is_some_and(|found| found.dimensions == 0 && locks.before().resolve_type(&found.qname()).as_ref() == Some(data_type))
    };
    let shows = |name: &Name| locks.before().view(name).is_some_and(|view| view.materialized && view.columns.iter().any(is_it));
    locks.all_tables().into_iter().filter(shows).collect()
}

pub(super) fn create_routine(routine: &Routine, locks: &mut Locks<'_>) {
    if let RoutineBody::Sql(body) = &routine.body {
        locks.read_expr(&body.text);
    }
}

pub(super) fn create_trigger(table: &QName, trigger: &Trigger, locks: &mut Locks<'_>) {
    if let Some(from) = &trigger.from {
        locks.lock_named(from, Mode::AccessShare);
    }
    let Some(table) = locks.resolve(table) else { return };
    match trigger.for_each_row && locks.is_partitioned(&table) {
        true => locks.lock_tree(&table, Mode::ShareRowExclusive),
        false => locks.lock(&table, Mode::ShareRowExclusive),
    }
}

pub(super) fn create_rule(table: &QName, rule: &Rule, locks: &mut Locks<'_>) {
    for used in locks.sources(&rule.text) {
        locks.lock(&used.name, Mode::of(used.access));
    }
    locks.lock_named(table, Mode::AccessExclusive);
}

pub(super) fn rename(object: &ObjectRef, locks: &mut Locks<'_>) {
    match (object.kind, object.kind.class()) {
        (_, ObjectClass::Relation) => {
            let Some(name) = locks.resolve(&object.name) else { return };
            match locks.kind_of(&name) {
                Some(ObjectKind::Index) => locks.lock_index(&name, Mode::ShareUpdateExclusive),
                _ => locks.lock(&name, Mode::AccessExclusive),
            }
        }
        (ObjectKind::Trigger, _) => {
            let Some(table) = locks.resolve(&object.name) else { return };
            // The triggers of partitions follow since 15.
            match locks.version() >= 15 && locks.is_partitioned(&table) {
                true => locks.lock_tree(&table, Mode::AccessExclusive),
                false => locks.lock(&table, Mode::AccessExclusive),
            }
        }
        (_, ObjectClass::Member) => {
            locks.lock_named(&object.name, Mode::AccessExclusive);
        }
        (_, ObjectClass::Type | ObjectClass::Routine | ObjectClass::Schema | ObjectClass::Other) => {}
    }
}

/// `SET SCHEMA` and `OWNER TO`: the sequences that a table owns go with it, its partitions do not.
pub(super) fn move_or_own(object: &ObjectRef, locks: &mut Locks<'_>) {
    let is_relation = object.kind.class() == ObjectClass::Relation;
    let Some(name) = locks.resolve(&object.name).filter(|_| is_relation) else { return };
    locks.lock(&name, Mode::AccessExclusive);
    for sequence in locks.owned_sequences(&name) {
        locks.lock(&sequence, Mode::AccessExclusive);
    }
}

pub(super) fn comment(object: &ObjectRef, locks: &mut Locks<'_>) {
    let mode = match (object.kind, object.kind.class()) {
        (ObjectKind::Column, _) | (_, ObjectClass::Relation) => Mode::ShareUpdateExclusive,
        (_, ObjectClass::Member) => Mode::AccessShare,
        (_, ObjectClass::Type | ObjectClass::Routine | ObjectClass::Schema | ObjectClass::Other) => return,
    };
    let Some(name) = locks.resolve(&object.name) else { return };
    locks.lock(&name, mode);
    locks.lock_index(&name, mode);
}

/// Relations that are named are locked since 18.
pub(super) fn grant(grant: &Grant, locks: &mut Locks<'_>) {
    match &grant.on {
        GrantObjects::Named(_, names) if locks.version() >= 18 => {
            for name in names {
                locks.lock_named(name, Mode::AccessShare);
            }
        }
        GrantObjects::Named(..)
        | GrantObjects::Routines(..)
        | GrantObjects::AllIn(..)
        | GrantObjects::Membership(_)
        | GrantObjects::Inheritance
        | GrantObjects::Default { .. } => {}
    }
}

/// Partitions are analyzed with their table; children are sampled for their parent, since 18 analyzed too.
pub(super) fn analyze(table: &Name, locks: &mut Locks<'_>) {
    let children = match locks.is_partitioned(table) || locks.version() >= 18 {
        true => Mode::ShareUpdateExclusive,
        false => Mode::AccessShare,
    };
    locks.lock_tree(table, children);
    locks.lock(table, Mode::ShareUpdateExclusive);
}
