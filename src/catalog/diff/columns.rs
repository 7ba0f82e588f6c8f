//! Columns of tables that stay: added again, and altered.

use super::Walk;
use super::alike::of_parent;
use crate::catalog::render::{alter, plain_column};
use crate::catalog::{Dependency, Dependent, Name, ObjectId, Relation, Table, TableColumn};
use crate::change::{Column, ColumnValue, ConstraintKind, Ident, SequenceOptions, TableAction, TypeName};
use crate::dialect::Cast;
use std::sync::Arc;

impl Walk<'_> {
    /// Columns that are missing, then those that are otherwise.
    pub(super) fn alter_columns(&mut self) {
        for (old, new) in self.tables() {
            let Some(state) = self.state.table(&old.name).cloned() else { continue };
            let found = self.columns(&state, &new);
            for column in found.missing.iter().filter(|column| !column.inherited) {
                if !self.types_are_there(column) || !self.needs_are_there(&new.name, &column.name) {
                    continue;
                }
                let column = plain_column(column, new.partition_of.is_some());
                let action = TableAction::AddColumn { column, constraints: Vec::new(), if_not_exists: false };
                self.make(alter(&state, action));
            }
            for (own, wanted) in &found.both {
                self.alter_column(&state, own, wanted);
            }
        }
    }

    /// Whether the type of a column that is wanted is not waited for: another may have its name for now.
    fn types_are_there(&self, column: &Column) -> bool {
        let wanted = self.to.resolve_type(&column.data_type.qname()).and_then(|name| self.to.types.get(&name));
        wanted.is_none_or(|wanted| {
            let own = self.state.types.get(&wanted.name);
            own.is_some_and(|own| own.id == wanted.id || self.is_new(own.id))
        })
    }

    /// Whether the routines and sequences that a column that is wanted names are not waited for: others may have their names for now.
    fn needs_are_there(&self, table: &Name, column: &Ident) -> bool {
        let is_it = |own: ObjectId, wanted: ObjectId| own == wanted || self.is_new(own);
        self.to.references(&Dependent::Column(table.clone(), column.clone())).all(|on| match on {
            Dependency::Routine(name) => {
                let own = self.state.routines.get(name).map(|own| own.as_slice()).unwrap_or_default();
                let all = self.to.routines.get(name).map(|own| own.as_slice()).unwrap_or_default();
                all.iter().all(|wanted| own.iter().any(|own| own.signature == wanted.signature && is_it(own.id, wanted.id)))
            }
            Dependency::Relation(name) => {
                self.to.sequence(name).is_none_or(|wanted| self.state.sequence(name).is_some_and(|own| is_it(own.id, wanted.id)))
            }
            Dependency::Column(..) | Dependency::Type(_) | Dependency::Overload(..) | Dependency::Other(..) => true,
        })
    }

    fn alter_column(&mut self, table: &Table, own: &TableColumn, wanted: &TableColumn) {
        if own.name != wanted.name || !self.types_are_there(wanted) {
            return;
        }
        let retyped = own.data_type != wanted.data_type || own.collation != wanted.collation;
        if retyped && !own.inherited {
            let computed = matches!((&own.value, &wanted.value), (ColumnValue::Generated { .. }, ColumnValue::Generated { .. }));
            if computed {
                // It is made anew, and its values computed.
                self.drop_column(table, &own.name);
                return;
            }
            if !self.set_type(table, own, wanted) {
                return;
            }
        }
        let Some(own) = self.state.table(&table.name).and_then(|table| table.column(&wanted.name)).cloned() else { return };
        self.set_value(table, &own, wanted);
        let Some(own) = self.state.table(&table.name).and_then(|table| table.column(&wanted.name)).cloned() else { return };
        if own.not_null && !wanted.not_null && !of_parent_column(self, table, &own) {
            self.make(alter(table, TableAction::DropNotNull { column: own.name.clone() }));
        }
    }

    /// Where the column's value comes from.
    fn set_value(&mut self, table: &Table, own: &TableColumn, wanted: &TableColumn) {
        let column = wanted.name.clone();
        if !own.not_null && wanted.not_null {
            self.make(alter(table, TableAction::SetNotNull { column: column.clone() }));
        }
        if own.value == wanted.value {
            return;
        }
        // An identity is not passed on to children, and what a partition has of it is its parent's.
        match (&own.value, &wanted.value) {
            (ColumnValue::Generated { expr: from, .. }, ColumnValue::Generated { expr: to, .. }) => {
                if from.sql != to.sql && !own.inherited {
                    let action = TableAction::SetExpression { column, expr: to.clone() };
                    self.make(alter(table, action));
                }
            }
            (ColumnValue::Generated { .. }, _) if !own.inherited => {
                self.make(alter(table, TableAction::DropExpression { column, if_exists: false }));
            }
            // No statement makes a column generated: it is made anew, and its values computed.
            (_, ColumnValue::Generated { .. }) if !own.inherited => self.drop_column(table, &column),
            (_, ColumnValue::Generated { .. }) | (ColumnValue::Generated { .. }, _) => {}
            (ColumnValue::Identity { always: from, sequence: have }, ColumnValue::Identity { always, sequence }) => {
                let changed = super::properties::sequence_change(have, sequence);
                let options = changed.clone().unwrap_or_default();
                if from != always || changed.is_some() {
                    let always = (from != always).then_some(*always);
                    self.make(alter(table, TableAction::AlterIdentity { column, always, sequence: Box::new(options) }));
                }
            }
            (ColumnValue::Identity { .. }, _) => {
                if self.make(alter(table, TableAction::DropIdentity { column: column.clone(), if_exists: false })) {
                    self.set_default(table, &column, &wanted.value);
                }
            }
            (_, ColumnValue::Identity { always, sequence }) => {
                self.set_default(table, &column, &ColumnValue::None);
                let sequence =
                    Box::new(SequenceOptions { data_type: None, owned_by: None, restart: None, ..(**sequence).clone() });
                self.make(alter(table, TableAction::AddIdentity { column, always: *always, sequence }));
            }
            (_, value) => self.set_default(table, &column, value),
        }
    }

    fn set_default(&mut self, table: &Table, column: &Ident, value: &ColumnValue) {
        let own = self.state.table(&table.name).and_then(|table| table.column(column)).map(|own| own.value.clone());
        let action = match value {
            _ if own.as_ref() == Some(value) => return,
            ColumnValue::Default(_) if !self.needs_are_there(&self.wanted_name(table), column) => return,
            ColumnValue::Default(default) => TableAction::SetDefault { column: column.clone(), default: default.clone() },
            _ => TableAction::DropDefault { column: column.clone() },
        };
        self.make(alter(table, action));
    }

    /// The name that a table is to have.
    fn wanted_name(&self, table: &Table) -> Name {
        let found = self.tables().into_iter().find(|(old, _)| old.id == table.id);
        found.map_or_else(|| table.name.clone(), |(_, new)| new.name.clone())
    }

    /// Drops a column whose values are computed, with what depends on it.
    fn drop_column(&mut self, table: &Table, column: &Ident) {
        let on = Dependency::Column(table.name.clone(), column.clone());
        let others: Vec<Dependent> = self.state.dependents(&on).filter(|who| !is_part(who, &table.name)).cloned().collect();
        for who in others {
            self.drop_with_dependents(who);
        }
        let action = TableAction::DropColumn { column: column.clone(), if_exists: false, cascade: false };
        self.make(alter(table, action));
    }

    fn set_type(&mut self, table: &Table, own: &TableColumn, wanted: &TableColumn) -> bool {
        let column = wanted.name.clone();
        let same_type = own.data_type == wanted.data_type;
        let using = match self.dialect.cast(&column, &own.data_type, &wanted.data_type, &self.state) {
            Cast::Assignment => None,
            Cast::Explicit(using) => Some(using),
            Cast::Never if same_type => None,
            Cast::Never => {
                let message = format!(
                    "no cast leads from {} back to {}",
                    self.dialect.type_text(&own.data_type),
                    self.dialect.type_text(&wanted.data_type)
                );
                self.no_cast = Some(message);
                return false;
            }
        };
        let family = self.family(&table.name);
        let made = self.changes.len();
        let state = self.state.clone();
        if using.is_some() || self.own_type(&own.data_type) || self.own_type(&wanted.data_type) {
            for member in &family {
                self.clear_texts(member, &column);
            }
        } else if own.data_type.name != wanted.data_type.name
            && self.dialect.conversion(&own.data_type, &wanted.data_type, &self.state).rewrite
        {
            for member in &family {
                self.clear_expressions(member, &column, |_| false);
            }
        }
        let action = TableAction::SetType {
            column: column.clone(),
            data_type: wanted.data_type.clone(),
            collation: wanted.collation.clone(),
            using,
        };
        let change = alter(table, action);
        if self.make(change.clone()) {
            return true;
        }
        for member in &family {
            self.clear_readers(member, &column);
        }
        let done = self.make(change);
        if !done {
            self.state = state;
            self.changes.truncate(made);
        }
        done
    }

    fn own_type(&self, data_type: &TypeName) -> bool {
        self.state.resolve_type(&data_type.qname()).is_some()
    }

    /// A table and those below it.
    pub(super) fn family(&self, table: &Name) -> Vec<Name> {
        let mut all = vec![table.clone()];
        let mut at = 0;
        while at < all.len() {
            let on = Dependency::Relation(all[at].clone());
            let below = self.state.dependents(&on).filter_map(|who| match who {
                Dependent::Relation(name) => self.state.table(name).map(|table| table.name.clone()),
                _ => None,
            });
            let below: Vec<Name> = below.filter(|name| !all.contains(name)).collect();
            all.extend(below);
            at += 1;
        }
        all
    }

    /// The server keeps the default, checks and conditions of indexes with the values of the former type, and a foreign key joins
    /// columns of types that can be compared: they go first.
    fn clear_texts(&mut self, table: &Name, column: &Ident) {
        let Some(state) = self.state.table(table).cloned() else { return };
        if state.column(column).is_some_and(|own| matches!(own.value, ColumnValue::Default(_))) {
            self.make(alter(&state, TableAction::DropDefault { column: column.clone() }));
        }
        self.clear_expressions(table, column, |kind| matches!(kind, ConstraintKind::ForeignKey(_)));
    }

    /// The server reads checks and expressions and conditions of indexes anew where a column takes another type, and what was a
    /// call or a cast may then be none: they go first. Other constraints go where they are asked for.
    fn clear_expressions(&mut self, table: &Name, column: &Ident, others: fn(&ConstraintKind) -> bool) {
        let on = Dependency::Column(table.clone(), column.clone());
        let who: Vec<Dependent> = self.state.dependents(&on).cloned().collect();
        for who in who {
            let is_text = match &who {
                Dependent::Constraint(of, name) => {
                    let found = self.state.table(of).and_then(|table| Some((table, table.constraint(name)?)));
                    found.is_some_and(|(table, own)| {
                        let text = matches!(own.kind, ConstraintKind::Check(_) | ConstraintKind::Exclude(_));
                        (text || others(&own.kind)) && !of_parent(&self.state, table, own)
                    })
                }
                Dependent::Index(name) => self.state.index(name).is_some_and(|(_, index)| {
                    let expression = index.shape.keys.iter().any(|key| key.column().is_none());
                    index.parent.is_none() && index.constraint.is_none() && (expression || index.shape.predicate.is_some())
                }),
                _ => false,
            };
            if is_text {
                self.drop_with_dependents(who);
            }
        }
    }

    /// Views, triggers, policies, rules and generated columns stand in the way of a column's new type.
    fn clear_readers(&mut self, table: &Name, column: &Ident) {
        let on = Dependency::Column(table.clone(), column.clone());
        let who: Vec<Dependent> = self.state.dependents(&on).cloned().collect();
        for who in who {
            match &who {
                Dependent::Relation(name) if matches!(self.state.relations.get(name), Some(Relation::View(_))) => {}
                Dependent::Trigger(..) | Dependent::Policy(..) | Dependent::Rule(..) | Dependent::Routine(..) => {}
                Dependent::Column(of, name) => {
                    let state = self.state.table(of).cloned();
                    let own = state.as_ref().and_then(|table| table.column(name)).cloned();
                    if let (Some(state), Some(own)) = (state, own)
                        && matches!(own.value, ColumnValue::Generated { .. })
                        && !own.inherited
                    {
                        self.drop_column(&state, name);
                    }
                    continue;
                }
                Dependent::Relation(_) | Dependent::Constraint(..) | Dependent::Index(_) | Dependent::Type(_) => continue,
            }
            self.drop_with_dependents(who);
        }
    }
}

/// Whether something is an index or constraint of a table, and goes with the column that it is on.
fn is_part(who: &Dependent, table: &Name) -> bool {
    match who {
        Dependent::Constraint(of, _) => of == table,
        Dependent::Index(name) => name.schema == table.schema,
        Dependent::Relation(_)
        | Dependent::Column(..)
        | Dependent::Trigger(..)
        | Dependent::Policy(..)
        | Dependent::Rule(..)
        | Dependent::Type(_)
        | Dependent::Routine(..) => false,
    }
}

/// Whether a parent demands that the column is not null.
fn of_parent_column(walk: &Walk<'_>, table: &Table, own: &Arc<TableColumn>) -> bool {
    let parent = table.partition_of.as_ref().map(|(parent, _)| parent);
    let parents = table.inherits.iter().chain(parent);
    own.inherited
        && parents.clone().any(|parent| {
            walk.state.table(parent).and_then(|parent| parent.column(&own.name)).is_some_and(|column| column.not_null)
        })
}
