//! What a table, view, index or sequence is beside its parts: partition or not, options, storage, row security, ownership of
//! sequences.

use super::Walk;
use super::alike::indexes;
use crate::catalog::render::{alter, relation_kind};
use crate::catalog::{Name, Relation, Sequence, Table, TableColumn, View};
use crate::change::{
    AlterTable, Change, Column, ColumnSetting, Ident, ObjectKind, Persistence, ReplicaIdentity, RowSecurity, SequenceOptions,
    TableAction,
};
use std::sync::Arc;

type Options = Vec<(Ident, String)>;

impl Walk<'_> {
    /// Partitions and children that are none any more: what they have is their own from then on.
    pub(super) fn detach(&mut self) {
        for (old, new) in self.tables() {
            if let Some((parent, _)) = &old.partition_of
                && old.partition_of != new.partition_of
                && let Some(parent) = self.state.table(parent).cloned()
            {
                let partition = old.name.qname();
                self.make(alter(&parent, TableAction::DetachPartition { partition, concurrently: false, finalize: false }));
            }
            let former: Vec<Name> = old.inherits.iter().filter(|parent| !self.is_parent(&new, parent)).cloned().collect();
            for parent in former {
                self.make(alter(&old, TableAction::SetInherit { parent: parent.qname(), inherit: false }));
            }
        }
    }

    /// Whether the parent of a child as it is, by its name now, is one of those wanted.
    fn is_parent(&self, new: &Table, parent: &Name) -> bool {
        let id = self.state.table(parent).map(|own| own.id);
        new.inherits.iter().any(|other| other == parent || id.is_some() && self.to.table(other).map(|own| own.id) == id)
    }

    /// Everything that one action sets.
    pub(super) fn set_properties(&mut self) {
        for (old, new) in self.relations().both {
            let Some(name) = old.own_name().cloned() else { continue };
            let Some(state) = self.state.relations.get(&name).cloned() else { continue };
            match (&state, &new) {
                (Relation::Table(state), Relation::Table(new)) => {
                    self.set_table(state, new);
                    self.attach(&state.name, new);
                }
                (Relation::View(state), Relation::View(new)) => self.set_view(state, new),
                (Relation::Sequence(state), Relation::Sequence(new)) => self.set_sequence(state, new),
                _ => {}
            }
            self.set_indexes(&state, &new);
        }
    }

    fn set_table(&mut self, state: &Arc<Table>, new: &Table) {
        let mut actions = Vec::new();
        if state.persistence != new.persistence {
            actions.push(TableAction::SetPersistence(new.persistence));
        }
        actions.extend(options_change(&state.options, &new.options));
        let usual = self.dialect.usual();
        let place = |of: &Option<Ident>| of.clone().unwrap_or_else(|| usual.tablespace.into());
        if place(&state.tablespace) != place(&new.tablespace) {
            actions.push(TableAction::SetTablespace(place(&new.tablespace)));
        }
        let method = |of: &Option<Ident>| of.clone().unwrap_or_else(|| usual.access_method.into());
        if method(&state.access_method) != method(&new.access_method) {
            actions.push(TableAction::SetAccessMethod(method(&new.access_method)));
        }
        if state.of_type != new.of_type {
            actions.push(TableAction::OfType(new.of_type.as_ref().map(Name::qname)));
        }
        if state.row_security != new.row_security {
            let change = if new.row_security { RowSecurity::Enable } else { RowSecurity::Disable };
            actions.push(TableAction::RowSecurity(change));
        }
        if state.force_row_security != new.force_row_security {
            let change = if new.force_row_security { RowSecurity::Force } else { RowSecurity::NoForce };
            actions.push(TableAction::RowSecurity(change));
        }
        let there = |index: &Ident| state.index(index).is_some();
        if state.replica_identity != new.replica_identity
            && !matches!(&new.replica_identity, ReplicaIdentity::Index(index) if !there(index))
        {
            actions.push(TableAction::ReplicaIdentity(new.replica_identity.clone()));
        }
        if state.cluster_on != new.cluster_on && new.cluster_on.as_ref().is_none_or(there) {
            actions.push(TableAction::ClusterOn(new.cluster_on.clone()));
        }
        for (own, wanted) in self.columns(state, new).both {
            actions.extend(self.settings(&own, &wanted));
        }
        for action in actions {
            self.make(alter(state, action));
        }
    }

    fn settings(&self, own: &TableColumn, wanted: &TableColumn) -> Vec<TableAction> {
        let storage = |of: &Column| of.storage.clone().unwrap_or_else(|| self.dialect.usual_storage(&of.data_type, self.to));
        let compression = |of: &Column| of.compression.clone().unwrap_or_else(|| self.dialect.usual().compression.into());
        let statistics = |of: &Column| of.statistics.filter(|target| *target >= 0);
        let mut settings = Vec::new();
        if storage(own) != storage(wanted) {
            settings.push(ColumnSetting::Storage(storage(wanted)));
        }
        if compression(own) != compression(wanted) {
            settings.push(ColumnSetting::Compression(compression(wanted)));
        }
        if statistics(own) != statistics(wanted) {
            settings.push(ColumnSetting::Statistics(statistics(wanted)));
        }
        let (reset, set) = options_difference(&own.options, &wanted.options);
        settings.extend(Some(reset).filter(|names| !names.is_empty()).map(ColumnSetting::Reset));
        settings.extend(Some(set).filter(|set| !set.is_empty()).map(ColumnSetting::Options));
        let action = |setting| TableAction::SetColumnStorage { column: wanted.name.clone(), setting };
        settings.into_iter().map(action).collect()
    }

    fn attach(&mut self, name: &Name, new: &Table) {
        let Some(state) = self.state.table(name).cloned() else { return };
        if let (None, Some((parent, bound))) = (&state.partition_of, &new.partition_of)
            && let Some(parent) = self.state.table(parent).cloned()
        {
            let action = TableAction::AttachPartition { partition: name.qname(), bound: bound.clone() };
            self.make(alter(&parent, action));
        }
        for parent in new.inherits.iter().filter(|parent| !state.inherits.contains(parent)) {
            self.make(alter(&state, TableAction::SetInherit { parent: parent.qname(), inherit: true }));
        }
    }

    fn set_view(&mut self, state: &View, new: &View) {
        let kind = relation_kind(&Relation::View(Arc::new(state.clone())));
        let change = |action| {
            let table = state.name.qname();
            Change::AlterTable(Box::new(AlterTable { kind, table, if_exists: false, only: false, action }))
        };
        for action in options_change(&state.options, &new.options) {
            self.make(change(action));
        }
        if state.tablespace != new.tablespace {
            let usual = || self.dialect.usual().tablespace.into();
            let tablespace = new.tablespace.clone().unwrap_or_else(usual);
            if state.tablespace.as_ref() != Some(&tablespace) {
                self.make(change(TableAction::SetTablespace(tablespace)));
            }
        }
        for (column, _) in &state.defaults {
            if !new.defaults.iter().any(|(other, _)| other == column) {
                self.make(change(TableAction::DropDefault { column: column.clone() }));
            }
        }
        for own in new.defaults.iter().filter(|own| !state.defaults.contains(own)) {
            self.make(change(TableAction::SetDefault { column: own.0.clone(), default: own.1.clone() }));
        }
        if !state.populated && new.populated {
            self.make(Change::Refresh { view: state.name.qname(), concurrently: false, no_data: false });
        }
    }

    fn set_sequence(&mut self, state: &Sequence, new: &Sequence) {
        if state.identity && new.identity {
            // The rest of an identity's options is its column's.
            let data_type = new.options.data_type.clone().filter(|wanted| state.options.data_type.as_ref() != Some(wanted));
            if data_type.is_some() {
                let options = Box::new(SequenceOptions { data_type, ..SequenceOptions::default() });
                self.make(Change::AlterSequence { name: state.name.qname(), if_exists: false, options });
            }
        }
        if state.identity || new.identity {
            return;
        }
        let mut options = sequence_change(&state.options, &new.options).unwrap_or_default();
        if state.owned_by != new.owned_by {
            let there = |(table, column): &(Name, Ident)| self.state.has_column(table, column);
            if new.owned_by.as_ref().is_none_or(there) {
                options.owned_by = Some(new.owned_by.as_ref().map(|(table, column)| (table.qname(), column.clone())));
            }
        }
        if options != SequenceOptions::default() {
            self.make(Change::AlterSequence { name: state.name.qname(), if_exists: false, options: Box::new(options) });
        }
        // A sequence that a column owns takes its table's.
        if state.persistence != new.persistence && new.owned_by.is_none() && new.persistence != Persistence::Temporary {
            let (table, action) = (state.name.qname(), TableAction::SetPersistence(new.persistence));
            let kind = ObjectKind::Sequence;
            self.make(Change::AlterTable(Box::new(AlterTable { kind, table, if_exists: false, only: false, action })));
        }
    }

    fn set_indexes(&mut self, state: &Relation, new: &Relation) {
        let Some(owner) = state.own_name() else { return };
        for (own, wanted) in self.indexes(indexes(state), indexes(new)).both {
            let table = Name { schema: owner.schema.clone(), name: own.name.clone() }.qname();
            let mut actions = options_change(&own.shape.options, &wanted.shape.options);
            let place = |of: &Option<Ident>| of.clone().unwrap_or_else(|| self.dialect.usual().tablespace.into());
            if place(&own.shape.tablespace) != place(&wanted.shape.tablespace) {
                actions.push(TableAction::SetTablespace(place(&wanted.shape.tablespace)));
            }
            for action in actions {
                let (kind, table) = (ObjectKind::Index, table.clone());
                self.make(Change::AlterTable(Box::new(AlterTable { kind, table, if_exists: false, only: false, action })));
            }
        }
    }
}

/// The actions that make the one list of options of the other.
fn options_change(old: &Options, new: &Options) -> Vec<TableAction> {
    let (reset, set) = options_difference(old, new);
    let mut actions = Vec::new();
    actions.extend(Some(reset).filter(|names| !names.is_empty()).map(TableAction::ResetOptions));
    actions.extend(Some(set).filter(|set| !set.is_empty()).map(TableAction::SetOptions));
    actions
}

fn options_difference(old: &Options, new: &Options) -> (Vec<Ident>, Options) {
    let gone = old.iter().filter(|(name, _)| !new.iter().any(|(other, _)| other == name)).map(|(name, _)| name.clone());
    (gone.collect(), new.iter().filter(|own| !old.contains(own)).cloned().collect())
}

/// The options that lead from the one to the other, what is not said spelled out as the server takes it; nothing where they
/// mean the same.
pub(super) fn sequence_change(old: &SequenceOptions, new: &SequenceOptions) -> Option<SequenceOptions> {
    let (have, want) = (Meaning::of(old), Meaning::of(new));
    let differ = |same: bool| !same;
    let change = SequenceOptions {
        name: None,
        data_type: new.data_type.clone().filter(|_| differ(old.data_type == new.data_type)),
        increment: Some(want.increment).filter(|_| differ(have.increment == want.increment)),
        min: Some(want.min).filter(|_| differ(have.min == want.min)),
        max: Some(want.max).filter(|_| differ(have.max == want.max)),
        start: Some(want.start).filter(|_| differ(have.start == want.start)),
        restart: None,
        cache: Some(want.cache).filter(|_| differ(have.cache == want.cache)),
        cycle: Some(want.cycle).filter(|_| differ(have.cycle == want.cycle)),
        owned_by: None,
    };
    (change != SequenceOptions::default()).then_some(change)
}

/// What a sequence's options mean, whatever is said of them.
#[derive(Debug, PartialEq, Eq)]
struct Meaning {
    increment: i64,
    min: Option<i64>,
    max: Option<i64>,
    start: i64,
    cache: i64,
    cycle: bool,
}

impl Meaning {
    fn of(options: &SequenceOptions) -> Meaning {
        let increment = options.increment.unwrap_or(1);
        let (min, max) = (options.min.flatten(), options.max.flatten());
        let first = if increment > 0 { min.unwrap_or(1) } else { max.unwrap_or(-1) };
        Meaning {
            increment,
            min,
            max,
            start: options.start.unwrap_or(first),
            cache: options.cache.unwrap_or(1),
            cycle: options.cycle.unwrap_or(false),
        }
    }
}
