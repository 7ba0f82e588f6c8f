//! Carrying a renaming into everything that names what is renamed.

use super::text::Renaming;
use crate::catalog::{
    Catalog, CatalogRoutine, Dependency, Dependent, Index, Name, Relation, Sequence, Table, TableColumn, UserType, UserTypeShape,
    View,
};
use crate::change::{
    ColumnRef, ColumnValue, Constraint, ConstraintKind, Ident, IndexKey, IndexShape, Key, Policy, Query, ReplicaIdentity,
    RoutineBody, Rule, SourceKind, Trigger, TypeShape,
};
use crate::dialect::Dialect;
use imbl::OrdSet;
use std::sync::Arc;

/// An object as a whole, whose parts depend on what is renamed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Whole {
    Relation(Name),
    Type(Name),
    Routine(Name, Arc<str>),
}

/// Everything that names one of these, after the renaming, worked out on the state before it. The caller takes the renamed
/// object itself out and puts it in under its new name, then [`Carried::put`]s the rest.
pub(super) struct Carried {
    relations: Vec<Relation>,
    types: Vec<UserType>,
    routines: Vec<CatalogRoutine>,
    dependents: OrdSet<Dependent>,
}

pub(super) fn carried(catalog: &Catalog, on: &[Dependency], renaming: Renaming<'_>, dialect: &dyn Dialect) -> Carried {
    let dependents: OrdSet<Dependent> = on.iter().flat_map(|on| catalog.dependents(on)).cloned().collect();
    let wholes: OrdSet<Whole> = dependents.iter().filter_map(|who| whole(catalog, who)).collect();
    let carry = Carry { catalog, renaming, dialect };
    let mut carried = Carried { relations: Vec::new(), types: Vec::new(), routines: Vec::new(), dependents };
    for whole in &wholes {
        match whole {
            Whole::Relation(name) => match catalog.relations.get(name) {
                Some(Relation::Table(table)) => carried.relations.push(Relation::Table(Arc::new(carry.table(table)))),
                Some(Relation::View(view)) => carried.relations.push(Relation::View(Arc::new(carry.view(view)))),
                Some(Relation::Sequence(sequence)) => {
                    carried.relations.push(Relation::Sequence(Arc::new(carry.sequence(sequence))))
                }
                Some(Relation::Index(_)) | None => {}
            },
            Whole::Type(name) => carried.types.extend(catalog.types.get(name).map(|user_type| carry.user_type(user_type))),
            Whole::Routine(name, signature) => {
                let overloads = catalog.routines.get(name).into_iter().flat_map(|all| all.iter());
                carried.routines.extend(overloads.filter(|own| own.signature == *signature).map(|own| carry.routine(own)));
            }
        }
    }
    carried
}

/// The renamed table itself after the renaming, under its new name.
pub(super) fn table(catalog: &Catalog, table: &Table, renaming: Renaming<'_>, dialect: &dyn Dialect) -> Table {
    Carry { catalog, renaming, dialect }.table(table)
}

/// The same for a view.
pub(super) fn view(catalog: &Catalog, view: &View, renaming: Renaming<'_>, dialect: &dyn Dialect) -> View {
    Carry { catalog, renaming, dialect }.view(view)
}

impl Carried {
    /// Puts everything but the renamed object in and works out what it refers to.
    pub(super) fn put(self, catalog: &mut Catalog, renamed: &Name, renaming: Renaming<'_>) {
        for relation in self.relations {
            match relation {
                Relation::Table(table) if table.name != *renamed => catalog.put_table(Arc::unwrap_or_clone(table)),
                Relation::View(view) if view.name != *renamed => catalog.put_view(Arc::unwrap_or_clone(view)),
                Relation::Sequence(sequence) => catalog.put_sequence(Arc::unwrap_or_clone(sequence)),
                Relation::Table(_) | Relation::View(_) | Relation::Index(_) => {}
            }
        }
        for user_type in self.types {
            catalog.put_type(user_type);
        }
        for routine in self.routines {
            catalog.put_routine(routine);
        }
        for who in &self.dependents {
            catalog.refresh(&who.renamed(renaming));
        }
    }
}

fn whole(catalog: &Catalog, who: &Dependent) -> Option<Whole> {
    match who {
        Dependent::Relation(name)
        | Dependent::Column(name, _)
        | Dependent::Constraint(name, _)
        | Dependent::Trigger(name, _)
        | Dependent::Policy(name, _)
        | Dependent::Rule(name, _) => Some(Whole::Relation(name.clone())),
        Dependent::Index(name) => match catalog.relations.get(name) {
            Some(Relation::Index(owner)) => Some(Whole::Relation(owner.clone())),
            _ => None,
        },
        Dependent::Type(name) => Some(Whole::Type(name.clone())),
        Dependent::Routine(name, signature) => Some(Whole::Routine(name.clone(), signature.clone())),
    }
}

impl Dependent {
    fn renamed(&self, renaming: Renaming<'_>) -> Dependent {
        let relation = |name: &Name| renaming.relation(name);
        match self {
            Dependent::Relation(name) => Dependent::Relation(relation(name)),
            Dependent::Column(name, column) => Dependent::Column(relation(name), renaming.column(name, column)),
            Dependent::Constraint(name, part) => Dependent::Constraint(relation(name), part.clone()),
            Dependent::Index(name) => Dependent::Index(relation(name)),
            Dependent::Trigger(name, part) => Dependent::Trigger(relation(name), part.clone()),
            Dependent::Policy(name, part) => Dependent::Policy(relation(name), part.clone()),
            Dependent::Rule(name, part) => Dependent::Rule(relation(name), part.clone()),
            Dependent::Type(name) => Dependent::Type(renaming.user_type(name)),
            Dependent::Routine(name, signature) => Dependent::Routine(renaming.routine(name), signature.clone()),
        }
    }
}

struct Carry<'a> {
    catalog: &'a Catalog,
    renaming: Renaming<'a>,
    dialect: &'a dyn Dialect,
}

/// The same value where nothing in it changed, so that it stays shared between the states.
fn shared<T: Clone + PartialEq>(old: &Arc<T>, new: T) -> Arc<T> {
    if **old == new { old.clone() } else { Arc::new(new) }
}

impl Carry<'_> {
    fn table(&self, table: &Table) -> Table {
        let renaming = &self.renaming;
        let index_name = |name: &Ident| self.index_name(&table.name, name);
        Table {
            name: renaming.relation(&table.name),
            partition_by: table
                .partition_by
                .as_ref()
                .map(|key| crate::change::PartitionKey { keys: self.expr(&key.keys, Some(&table.name)), ..key.clone() }),
            partition_of: table.partition_of.as_ref().map(|(parent, bound)| (renaming.relation(parent), bound.clone())),
            inherits: table.inherits.iter().map(|parent| renaming.relation(parent)).collect(),
            of_type: table.of_type.as_ref().map(|name| renaming.user_type(name)),
            columns: table.columns.iter().map(|column| shared(column, self.column(&table.name, column))).collect(),
            constraints: table.constraints.iter().map(|part| shared(part, self.constraint(&table.name, part))).collect(),
            indexes: table.indexes.iter().map(|index| shared(index, self.index(&table.name, index))).collect(),
            triggers: table.triggers.iter().map(|trigger| shared(trigger, self.trigger(&table.name, trigger))).collect(),
            rules: table.rules.iter().map(|rule| shared(rule, self.rule(&table.name, rule))).collect(),
            policies: table.policies.iter().map(|policy| shared(policy, self.policy(&table.name, policy))).collect(),
            replica_identity: match &table.replica_identity {
                ReplicaIdentity::Index(name) => ReplicaIdentity::Index(index_name(name)),
                other => other.clone(),
            },
            cluster_on: table.cluster_on.as_ref().map(index_name),
            ..table.clone()
        }
    }

    fn expr(&self, expr: &crate::change::Expr, owner: Option<&Name>) -> crate::change::Expr {
        self.renaming.expr(self.catalog, expr, owner, self.dialect)
    }

    fn index_name(&self, owner: &Name, index: &Ident) -> Ident {
        self.renaming.relation(&Name { schema: owner.schema.clone(), name: index.clone() }).name
    }

    fn columns(&self, of: &Name, columns: &[Ident]) -> Vec<Ident> {
        columns.iter().map(|column| self.renaming.column(of, column)).collect()
    }

    fn column(&self, table: &Name, column: &TableColumn) -> TableColumn {
        let mut new = column.clone();
        new.column.name = self.renaming.column(table, &column.name);
        new.column.data_type = self.renaming.type_name(&column.data_type);
        new.column.value = match &column.value {
            ColumnValue::Default(expr) => ColumnValue::Default(self.expr(expr, Some(table))),
            ColumnValue::Generated { expr, stored } => {
                ColumnValue::Generated { expr: self.expr(expr, Some(table)), stored: *stored }
            }
            ColumnValue::Identity { always, sequence } => {
                let mut sequence = sequence.clone();
                sequence.name = sequence.name.as_ref().map(|name| self.renaming.relation_qname(name));
                ColumnValue::Identity { always: *always, sequence }
            }
            ColumnValue::None | ColumnValue::Serial => column.value.clone(),
        };
        new
    }

    fn key(&self, table: &Name, key: &Key) -> Key {
        Key { columns: self.columns(table, &key.columns), include: self.columns(table, &key.include), ..key.clone() }
    }

    fn constraint(&self, table: &Name, constraint: &Constraint) -> Constraint {
        let kind = match &constraint.kind {
            ConstraintKind::PrimaryKey(key) => ConstraintKind::PrimaryKey(self.key(table, key)),
            ConstraintKind::Unique(key) => ConstraintKind::Unique(self.key(table, key)),
            ConstraintKind::Check(expr) => ConstraintKind::Check(self.expr(expr, Some(table))),
            ConstraintKind::ForeignKey(key) => {
                let mut new = key.clone();
                let target = self.catalog.resolve_relation(&key.table);
                new.columns = self.columns(table, &key.columns);
                new.on_delete_columns = self.columns(table, &key.on_delete_columns);
                new.table = self.renaming.relation_qname(&key.table);
                if let Some(target) = target {
                    new.referenced = self.columns(&target, &key.referenced);
                }
                ConstraintKind::ForeignKey(new)
            }
            ConstraintKind::Exclude(shape) => ConstraintKind::Exclude(self.shape(table, shape)),
            ConstraintKind::NotNull(column) => ConstraintKind::NotNull(self.renaming.column(table, column)),
        };
        Constraint { kind, ..constraint.clone() }
    }

    fn shape(&self, table: &Name, shape: &IndexShape) -> IndexShape {
        let key = |key: &IndexKey| IndexKey { expr: self.expr(&key.expr, Some(table)), tail: key.tail.clone() };
        IndexShape {
            keys: shape.keys.iter().map(key).collect(),
            include: self.columns(table, &shape.include),
            predicate: shape.predicate.as_ref().map(|predicate| self.expr(predicate, Some(table))),
            ..shape.clone()
        }
    }

    fn index(&self, table: &Name, index: &Index) -> Index {
        Index {
            name: self.index_name(table, &index.name),
            shape: self.shape(table, &index.shape),
            parent: index.parent.as_ref().map(|parent| self.renaming.relation(parent)),
            ..index.clone()
        }
    }

    fn trigger(&self, table: &Name, trigger: &Trigger) -> Trigger {
        Trigger {
            update_of: self.columns(table, &trigger.update_of),
            when: trigger.when.as_ref().map(|when| self.expr(when, Some(table))),
            function: self.renaming.routine_qname(&trigger.function),
            from: trigger.from.as_ref().map(|from| self.renaming.relation_qname(from)),
            ..trigger.clone()
        }
    }

    fn rule(&self, table: &Name, rule: &Rule) -> Rule {
        Rule { text: self.query(&rule.text, Some(table)), ..rule.clone() }
    }

    fn policy(&self, table: &Name, policy: &Policy) -> Policy {
        Policy {
            using: policy.using.as_ref().map(|expr| self.expr(expr, Some(table))),
            check: policy.check.as_ref().map(|expr| self.expr(expr, Some(table))),
            ..policy.clone()
        }
    }

    fn view(&self, view: &View) -> View {
        let query = self.query(&view.query, None);
        let column = |column: &crate::catalog::ViewColumn| crate::catalog::ViewColumn {
            name: self.renaming.column(&view.name, &column.name),
            data_type: column.data_type.as_ref().map(|data_type| self.renaming.type_name(data_type)),
            source: column.source.as_ref().map(|(of, name)| (self.renaming.relation(of), self.renaming.column(of, name))),
        };
        View {
            name: self.renaming.relation(&view.name),
            query,
            columns: view.columns.iter().map(column).collect(),
            indexes: view.indexes.iter().map(|index| shared(index, self.index(&view.name, index))).collect(),
            triggers: view.triggers.iter().map(|trigger| shared(trigger, self.trigger(&view.name, trigger))).collect(),
            rules: view.rules.iter().map(|rule| shared(rule, self.rule(&view.name, rule))).collect(),
            ..view.clone()
        }
    }

    /// A query: its text, which may name the columns of `owner` bare, and what is known of its selects. A column that is shown under its own name keeps that name.
    fn query(&self, query: &Query, owner: Option<&Name>) -> Query {
        let mut selects = self.catalog.selects_renamed(query, |relation, by_own_name, column| {
            let mut qualifier = column.qualifier.clone();
            let new = self.renaming.relation(relation);
            let mut parts = qualifier.iter_mut().rev().filter(|_| by_own_name);
            parts.next().into_iter().for_each(|table| *table = new.name.clone());
            parts.next().into_iter().for_each(|schema| *schema = new.schema.clone());
            ColumnRef { qualifier, name: self.renaming.column(relation, &column.name) }
        });
        for source in selects.iter_mut().flat_map(|select| &mut select.sources) {
            match &mut source.from {
                SourceKind::Relation(name) => *name = self.renaming.relation_qname(name),
                SourceKind::Function(name) => *name = self.renaming.routine_qname(name),
                SourceKind::Select(_) | SourceKind::Unknown => {}
            }
        }
        Query { text: self.expr(&query.text, owner), selects: selects.into() }
    }

    fn sequence(&self, sequence: &Sequence) -> Sequence {
        let owner = |(table, column): &(Name, Ident)| (self.renaming.relation(table), self.renaming.column(table, column));
        Sequence {
            name: self.renaming.relation(&sequence.name),
            owned_by: sequence.owned_by.as_ref().map(owner),
            ..sequence.clone()
        }
    }

    fn user_type(&self, user_type: &UserType) -> UserType {
        let mut new = user_type.clone();
        match &mut new.shape {
            UserTypeShape::Type(TypeShape::Composite(attributes)) => {
                for (_, data_type, _) in attributes {
                    *data_type = self.renaming.type_name(data_type);
                }
            }
            UserTypeShape::Type(TypeShape::Enum(_) | TypeShape::Range(_) | TypeShape::Base(_)) => {}
            UserTypeShape::Domain(domain) => {
                domain.data_type = self.renaming.type_name(&domain.data_type);
                domain.default = domain.default.as_ref().map(|default| self.expr(default, None));
                for check in &mut domain.checks {
                    check.expr = self.expr(&check.expr, None);
                }
            }
        }
        new
    }

    fn routine(&self, routine: &CatalogRoutine) -> CatalogRoutine {
        let mut new = routine.clone();
        for parameter in &mut new.routine.parameters {
            parameter.data_type = self.renaming.type_name(&parameter.data_type);
            parameter.default = parameter.default.as_ref().map(|default| self.expr(default, None));
        }
        new.routine.returns = new.routine.returns.as_ref().map(|returns| self.renaming.type_name(returns));
        if let RoutineBody::Sql(body) = &routine.routine.body {
            new.routine.body = RoutineBody::Sql(self.query(body, None));
        }
        new
    }
}

/// An identity column knows its sequence's name.
pub(super) fn identity_sequence(catalog: &mut Catalog, table: &Name, column: &Ident, to: &Name) {
    catalog.edit_table(table, |table| {
        for own in table.columns.iter_mut().filter(|own| own.name == *column) {
            if let ColumnValue::Identity { sequence, .. } = &mut Arc::make_mut(own).column.value {
                sequence.name = Some(to.qname());
            }
        }
    });
}
