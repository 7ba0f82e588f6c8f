//! `DROP` of every kind, with what it takes along, or the refusal because of what depends on it.

use super::closure::{Closure, Doomed};
use super::describe::{describe_column, describe_doomed};
use super::{Done, extension, inherit, missing, missing_member, outside, remark, role, routine, trigger};
use crate::catalog::{Catalog, Dependency, Dependent, Name, Privileges, Problem, Relation, Table, UserTypeShape};
use crate::change::{
    ColumnValue, Constraint, ConstraintKind, Ident, ObjectKind, ObjectRef, PartitionKey, RefKind, ReplicaIdentity, Signature,
};
use crate::dialect::Dialect;
use std::sync::Arc;

/// `DROP`
pub(super) fn drop(catalog: &mut Catalog, objects: &[ObjectRef], if_exists: bool, cascade: bool, dialect: &dyn Dialect) -> Done {
    let mut dropped = Vec::new();
    let mut schemas = Vec::new();
    for object in objects {
        if object.kind == ObjectKind::Schema {
            schemas.extend(schema(catalog, object, if_exists, cascade, &mut dropped)?);
        } else if let Err(problem) = find(catalog, object, if_exists, dialect, &mut dropped) {
            // A missing schema, table or object is what IF EXISTS allows for.
            if !(if_exists && matches!(problem, Problem::Missing { .. })) {
                return Err(problem);
            }
        }
    }
    let what = match (dropped.as_slice(), schemas.first()) {
        (_, Some(schema)) => format!("schema {schema}"),
        ([only], None) => describe_doomed(catalog, only),
        _ => "desired object(s)".to_owned(),
    };
    execute(catalog, dropped, what, cascade)?;
    for schema in schemas {
        catalog.schemas.remove(&schema);
        let inside: Vec<_> =
            catalog.default_privileges.keys().filter(|of| of.schema.as_ref() == Some(&schema)).cloned().collect();
        for of in inside {
            catalog.default_privileges.remove(&of);
        }
        remark::outside(catalog, ObjectKind::Schema, &schema, None);
    }
    Ok(())
}

/// Takes these and everything that depends on them away, if they may go.
fn execute(catalog: &mut Catalog, dropped: Vec<Doomed>, what: String, cascade: bool) -> Done {
    let closure = Closure::of(catalog, dropped);
    let blockers = closure.blockers();
    if !cascade && !blockers.is_empty() {
        return Err(Problem::Dependents { what, dependents: blockers, drop: true });
    }
    let all = closure.all().to_vec();
    // Parts first, so that what is left of a table is put again only while it is there.
    let (wholes, parts): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|doomed| matches!(doomed, Doomed::Relation(_) | Doomed::Type(_) | Doomed::Routine(..)));
    let gone = |name: &Name| wholes.contains(&Doomed::Relation(name.clone()));
    outside::follow(catalog, &wholes);
    outside::follow(catalog, &parts);
    for part in &parts {
        remove_part(catalog, part, &gone);
    }
    for whole in &wholes {
        match whole {
            Doomed::Relation(name) => {
                catalog.remove_relation(name);
                remark::forget(catalog, name);
            }
            Doomed::Type(name) => {
                catalog.remove_type(name);
                remark::forget(catalog, name);
            }
            Doomed::Routine(name, signature) => {
                catalog.remove_routine(name, signature);
                remark::routine(catalog, name, None, signature);
            }
            _ => {}
        }
    }
    Ok(())
}

fn remove_part(catalog: &mut Catalog, part: &Doomed, gone: &dyn Fn(&Name) -> bool) {
    match part {
        Doomed::Column(table, _)
        | Doomed::Default(table, _)
        | Doomed::Constraint(table, _)
        | Doomed::Trigger(table, _)
        | Doomed::Policy(table, _)
        | Doomed::Rule(table, _)
            if gone(table) => {}
        Doomed::Column(table, column) => {
            catalog.edit_table(table, |table| {
                table.columns.retain(|own| own.name != *column);
                table.privileges = without_column(&table.privileges, column);
            });
            remark::forget_member(catalog, ObjectKind::Column, table, column);
        }
        Doomed::Default(table, column) => catalog.edit_table(table, |table| {
            for own in table.columns.iter_mut().filter(|own| own.name == *column) {
                Arc::make_mut(own).column.value = ColumnValue::None;
            }
        }),
        Doomed::Constraint(table, constraint) => {
            catalog.edit_table(table, |table| table.constraints.retain(|own| own.name.as_ref() != Some(constraint)));
            remark::forget_member(catalog, ObjectKind::Constraint, table, constraint);
        }
        Doomed::Index(name) => {
            let Some(owner) = catalog.index(name).map(|(owner, _)| owner.clone()) else { return };
            if !gone(&owner) {
                catalog.edit_table(&owner, |table| {
                    table.indexes.retain(|own| own.name != name.name);
                    table.cluster_on.take_if(|own| *own == name.name);
                    // Without its index it is as good as none.
                    if table.replica_identity == ReplicaIdentity::Index(name.name.clone()) {
                        table.replica_identity = ReplicaIdentity::Nothing;
                    }
                });
                catalog.edit_view(&owner, |view| view.indexes.retain(|own| own.name != name.name));
            }
            remark::forget(catalog, name);
        }
        Doomed::Trigger(table, trigger) => {
            catalog.edit_table(table, |table| table.triggers.retain(|own| own.name != *trigger));
            catalog.edit_view(table, |view| view.triggers.retain(|own| own.name != *trigger));
            remark::forget_member(catalog, ObjectKind::Trigger, table, trigger);
        }
        Doomed::Policy(table, policy) => {
            catalog.edit_table(table, |table| table.policies.retain(|own| own.name != *policy));
            remark::forget_member(catalog, ObjectKind::Policy, table, policy);
        }
        Doomed::Rule(table, rule) => {
            catalog.edit_table(table, |table| table.rules.retain(|own| own.name != *rule));
            catalog.edit_view(table, |view| view.rules.retain(|own| own.name != *rule));
            remark::forget_member(catalog, ObjectKind::Rule, table, rule);
        }
        Doomed::Relation(_) | Doomed::Type(_) | Doomed::Routine(..) => {}
    }
}

/// The privileges without those on a column.
fn without_column(privileges: &Privileges, column: &Ident) -> Privileges {
    let rest = privileges.iter().filter_map(|(key, columns)| {
        let left: Vec<Ident> = columns.iter().filter(|own| *own != column).cloned().collect();
        (columns.is_empty() || !left.is_empty()).then(|| (key.clone(), left))
    });
    rest.collect()
}

/// What an object of a `DROP` is; what is kept by name only is taken out at once.
fn find(catalog: &mut Catalog, object: &ObjectRef, if_exists: bool, dialect: &dyn Dialect, dropped: &mut Vec<Doomed>) -> Done {
    match object.kind {
        ObjectKind::Table
        | ObjectKind::ForeignTable
        | ObjectKind::View
        | ObjectKind::MaterializedView
        | ObjectKind::Sequence
        | ObjectKind::Index => dropped.push(relation(catalog, object)?),
        ObjectKind::Trigger | ObjectKind::Policy | ObjectKind::Rule => dropped.push(member(catalog, object)?),
        ObjectKind::Type | ObjectKind::Domain => {
            let Some(name) = catalog.resolve_type(&object.name) else {
                return if catalog.may_lie_outside(&object.name, dialect) {
                    Ok(())
                } else {
                    Err(missing(object.kind, &object.name))
                };
            };
            let is_domain = matches!(catalog.types[&name].shape, UserTypeShape::Domain(_));
            if object.kind == ObjectKind::Domain && !is_domain {
                return Err(Problem::WrongKind { name: name.name.to_string(), expected: ObjectKind::Domain });
            }
            dropped.push(Doomed::Type(name));
        }
        ObjectKind::Function | ObjectKind::Procedure | ObjectKind::Aggregate | ObjectKind::Routine => {
            let of = Signature { name: object.name.clone(), arguments: object.arguments.clone() };
            let found = routine::find(catalog, object.kind, &of, dialect)?;
            dropped.extend(found.into_iter().map(|(name, signature)| Doomed::Routine(name, signature)));
        }
        ObjectKind::Extension => {
            if catalog.extensions.remove(&object.name.name).is_none() && !if_exists {
                return Err(missing(ObjectKind::Extension, &object.name));
            }
            remark::outside(catalog, ObjectKind::Extension, &object.name.name, None);
        }
        ObjectKind::EventTrigger
        | ObjectKind::Role
        | ObjectKind::Database
        | ObjectKind::Tablespace
        | ObjectKind::Publication
        | ObjectKind::Subscription
        | ObjectKind::Collation
        | ObjectKind::Statistics
        | ObjectKind::Other => {
            if object.kind == ObjectKind::Role && role::in_use(catalog, &object.name.name) {
                let message = format!("role \"{}\" cannot be dropped because some objects depend on it", object.name.name);
                return Err(Problem::Other { code: "2BP01", message });
            }
            // What nobody created here may still be there.
            let key = extension::other_key(catalog, object, false);
            catalog.others.remove(&key);
            if object.kind == ObjectKind::Role {
                role::forget(catalog, &object.name.name);
            }
            remark::outside(catalog, object.kind, &key.1, None);
        }
        ObjectKind::Column | ObjectKind::Constraint | ObjectKind::DomainConstraint | ObjectKind::Schema => {}
    }
    Ok(())
}

fn relation(catalog: &Catalog, object: &ObjectRef) -> Result<Doomed, Problem> {
    let name = catalog.need_relation(&object.name, object.kind)?;
    let wrong = || Problem::WrongKind { name: name.name.to_string(), expected: object.kind };
    let refused = |message: String| Problem::Other { code: "2BP01", message };
    match (&catalog.relations[&name], object.kind) {
        (Relation::Table(table), ObjectKind::Table) if table.server.is_none() => {}
        (Relation::Table(table), ObjectKind::ForeignTable) if table.server.is_some() => {}
        (Relation::View(view), ObjectKind::View) if !view.materialized => {}
        (Relation::View(view), ObjectKind::MaterializedView) if view.materialized => {}
        (Relation::Sequence(sequence), ObjectKind::Sequence) => {
            if let (true, Some((table, column))) = (sequence.identity, &sequence.owned_by) {
                let column = describe_column(catalog, table, column);
                return Err(refused(format!("cannot drop sequence {} because {column} requires it", name.name)));
            }
        }
        (Relation::Index(_), ObjectKind::Index) => {
            let (owner, index) = catalog.index(&name).ok_or_else(wrong)?;
            if let Some(constraint) = &index.constraint {
                let message = format!(
                    "cannot drop index {} because constraint {constraint} on table {} requires it",
                    index.name, owner.name
                );
                return Err(refused(message));
            }
            if let Some(parent) = &index.parent {
                return Err(refused(format!("cannot drop index {} because index {} requires it", index.name, parent.name)));
            }
            return Ok(Doomed::Index(name));
        }
        _ => return Err(wrong()),
    }
    Ok(Doomed::Relation(name))
}

fn member(catalog: &Catalog, object: &ObjectRef) -> Result<Doomed, Problem> {
    let of = catalog.need_relation(&object.name, ObjectKind::Table)?;
    let member = object.member.clone().unwrap_or_default();
    let names: Vec<&Ident> = match (&catalog.relations[&of], object.kind) {
        (Relation::Table(table), ObjectKind::Trigger) => table.triggers.iter().map(|own| &own.name).collect(),
        (Relation::Table(table), ObjectKind::Policy) => table.policies.iter().map(|own| &own.name).collect(),
        (Relation::Table(table), _) => table.rules.iter().map(|own| &own.name).collect(),
        (Relation::View(view), ObjectKind::Trigger) => view.triggers.iter().map(|own| &own.name).collect(),
        (Relation::View(view), _) => view.rules.iter().map(|own| &own.name).collect(),
        (Relation::Sequence(_) | Relation::Index(_), _) => {
            return Err(Problem::WrongKind { name: of.name.to_string(), expected: ObjectKind::Table });
        }
    };
    if let Some(above) = trigger::cloned_from(catalog, &of, &member).filter(|_| object.kind == ObjectKind::Trigger) {
        let (own, above) = (describe_member(&member, &of), describe_member(&member, &above));
        return Err(Problem::Other { code: "2BP01", message: format!("cannot drop {own} because {above} requires it") });
    }
    if !names.contains(&&member) {
        return Err(missing_member(object.kind, &member, &of));
    }
    Ok(match object.kind {
        ObjectKind::Trigger => Doomed::Trigger(of, member),
        ObjectKind::Policy => Doomed::Policy(of, member),
        _ => Doomed::Rule(of, member),
    })
}

fn describe_member(trigger: &Ident, table: &Name) -> String {
    format!("trigger {trigger} on table {}", table.name)
}

/// A schema with all that is in it.
fn schema(
    catalog: &Catalog,
    object: &ObjectRef,
    if_exists: bool,
    cascade: bool,
    dropped: &mut Vec<Doomed>,
) -> Result<Option<Ident>, Problem> {
    let name = &object.name.name;
    if !catalog.schemas.contains_key(name) {
        return if if_exists || !catalog.extensions.is_empty() {
            Ok(None)
        } else {
            Err(missing(ObjectKind::Schema, &object.name))
        };
    }
    let first = Name { schema: name.clone(), name: Ident::default() };
    let mut inside = Vec::new();
    let relations = catalog.relations.range(first.clone()..).take_while(|(full, _)| full.schema == *name);
    inside.extend(
        relations.filter(|(_, relation)| !matches!(relation, Relation::Index(_))).map(|(full, _)| Doomed::Relation(full.clone())),
    );
    let types = catalog.types.range(first.clone()..).take_while(|(full, _)| full.schema == *name);
    inside.extend(types.map(|(full, _)| Doomed::Type(full.clone())));
    let routines = catalog.routines.range(first..).take_while(|(full, _)| full.schema == *name);
    inside.extend(routines.flat_map(|(full, all)| all.iter().map(|own| Doomed::Routine(full.clone(), own.signature.clone()))));
    if !cascade && !inside.is_empty() {
        let dependents = inside.iter().map(|doomed| describe_doomed(catalog, doomed)).collect();
        return Err(Problem::Dependents { what: format!("schema {name}"), dependents, drop: true });
    }
    dropped.extend(inside);
    Ok(Some(name.clone()))
}

/// By what a table is partitioned stays as it is.
pub(super) fn check_partition_key(catalog: &Catalog, table: &Name, column: &Ident, verb: &str) -> Done {
    let key = catalog.table(table).and_then(|table| table.partition_by.as_ref());
    if key.is_some_and(|key| in_partition_key(key, column)) {
        let message =
            format!("cannot {verb} column \"{column}\" because it is part of the partition key of relation \"{}\"", table.name);
        return Err(Problem::Other { code: "42P16", message });
    }
    Ok(())
}

/// `DROP COLUMN`
pub(super) fn column(catalog: &mut Catalog, table: &Name, column: &Ident, if_exists: bool, cascade: bool, only: bool) -> Done {
    if !catalog.has_column(table, column) {
        return if if_exists { Ok(()) } else { Err(missing_member(ObjectKind::Column, column, table)) };
    }
    if inherit::is_inherited(catalog, table, column) {
        return Err(Problem::Other { code: "42P16", message: format!("cannot drop inherited column \"{column}\"") });
    }
    check_partition_key(catalog, table, column, "drop")?;
    let mut dropped = vec![Doomed::Column(table.clone(), column.clone())];
    for child in inherit::family(catalog, table).into_iter().skip(1) {
        let own = catalog.table(&child).and_then(|table| table.column(column)).is_some_and(|column| column.local);
        if own || only {
            catalog.edit_table(&child, |table| {
                for own in table.columns.iter_mut().filter(|own| own.name == *column) {
                    let own = Arc::make_mut(own);
                    own.inherited = false;
                    own.local = true;
                }
            });
        } else {
            dropped.push(Doomed::Column(child, column.clone()));
        }
    }
    let what = describe_column(catalog, table, column);
    execute(catalog, dropped, what, cascade)
}

fn in_partition_key(key: &PartitionKey, column: &Ident) -> bool {
    key.keys.refs.iter().any(|reference| reference.kind == RefKind::Column && reference.name() == column)
}

/// `DROP CONSTRAINT`
pub(super) fn constraint(catalog: &mut Catalog, table: &Name, constraint: &Ident, if_exists: bool, cascade: bool) -> Done {
    let Some(found) = catalog.table(table).and_then(|table| table.constraint(constraint)).cloned() else {
        return if if_exists { Ok(()) } else { Err(missing_member(ObjectKind::Constraint, constraint, table)) };
    };
    if is_of_parent(catalog, table, &found) {
        let message = format!("cannot drop inherited constraint \"{constraint}\" of relation \"{}\"", table.name);
        return Err(Problem::Other { code: "42P16", message });
    }
    let mut dropped = vec![Doomed::Constraint(table.clone(), constraint.clone())];
    if matches!(found.kind, ConstraintKind::Check(_) | ConstraintKind::ForeignKey(_) | ConstraintKind::NotNull(_)) {
        let partitioned = catalog.table(table).is_some_and(|table| table.partition_by.is_some());
        let passed_on = partitioned || !matches!(found.kind, ConstraintKind::ForeignKey(_));
        for child in inherit::family(catalog, table).into_iter().skip(1).filter(|_| passed_on) {
            // A partition's own foreign key that is the same became the parent's when it was attached, whatever its name.
            let any_name = matches!(found.kind, ConstraintKind::ForeignKey(_));
            let same = |own: &&Arc<Constraint>| own.kind == found.kind && (any_name || own.name.as_ref() == Some(constraint));
            if let Some(name) =
                catalog.table(&child).and_then(|table| table.constraints.iter().find(same)).and_then(|own| own.name.clone())
            {
                dropped.push(Doomed::Constraint(child, name));
            }
        }
    }
    if let ConstraintKind::NotNull(column) = &found.kind {
        catalog.edit_table(table, |table| {
            for own in table.columns.iter_mut().filter(|own| own.name == *column) {
                Arc::make_mut(own).column.not_null = false;
            }
        });
    }
    let what = describe_doomed(catalog, &dropped[0]);
    execute(catalog, dropped, what, cascade)
}

/// Whether a parent gave a table the constraint, so that it goes with the parent's only.
fn is_of_parent(catalog: &Catalog, table: &Name, constraint: &Constraint) -> bool {
    let Some(own) = catalog.table(table) else { return false };
    let index = constraint.name.as_ref().and_then(|name| own.index(name));
    let parents = own.inherits.iter().chain(own.partition_of.iter().map(|(parent, _)| parent));
    let has = |parent: &Arc<Table>| match &constraint.kind {
        ConstraintKind::Check(_) | ConstraintKind::NotNull(_) => {
            parent.constraints.iter().any(|of| of.name == constraint.name && !of.no_inherit)
        }
        ConstraintKind::ForeignKey(_) => {
            own.partition_of.is_some() && parent.constraints.iter().any(|of| of.kind == constraint.kind)
        }
        ConstraintKind::PrimaryKey(_) | ConstraintKind::Unique(_) | ConstraintKind::Exclude(_) => false,
    };
    index.is_some_and(|index| index.constraint.is_some() && index.parent.is_some())
        || parents.filter_map(|parent| catalog.table(parent)).any(has)
}

/// The sequences that columns of a table own.
pub(super) fn owned_sequences(catalog: &Catalog, table: &Name) -> Vec<Name> {
    let columns = catalog.table(table).into_iter().flat_map(|table| &table.columns);
    let on = columns.map(|column| Dependency::Column(table.clone(), column.name.clone()));
    let sequence = |who: &Dependent| match who {
        Dependent::Relation(name) => catalog.sequence(name).map(|sequence| sequence.name.clone()),
        _ => None,
    };
    on.flat_map(|on| catalog.dependents(&on).filter_map(sequence).collect::<Vec<_>>()).collect()
}
