//! `RENAME TO` and `SET SCHEMA` of every kind: everything that names the object follows.

use super::carry::{self, Carried};
use super::text::Renaming;
use super::{Done, drop, exists, exists_member, extension, missing, missing_member, remark, role, routine};
use crate::catalog::{Catalog, Dependency, Name, Problem, Relation, UserTypeShape};
use crate::change::{Ident, ObjectClass, ObjectKind, ObjectRef, Signature};
use crate::dialect::Dialect;
use std::sync::Arc;

/// `RENAME TO`
pub(super) fn rename(catalog: &mut Catalog, object: &ObjectRef, to: &Ident, if_exists: bool, dialect: &dyn Dialect) -> Done {
    let done = match (object.kind, object.kind.class()) {
        (_, ObjectClass::Relation) => catalog.need_relation(&object.name, object.kind).and_then(|from| {
            let to = Name { schema: from.schema.clone(), name: to.clone() };
            relation(catalog, &from, &to, dialect)
        }),
        (ObjectKind::Type | ObjectKind::Domain, _) => match catalog.resolve_type(&object.name) {
            Some(from) => {
                let to = Name { schema: from.schema.clone(), name: to.clone() };
                user_type(catalog, &from, &to, dialect)
            }
            None if catalog.may_lie_outside(&object.name, dialect) => Ok(()),
            None => Err(missing(object.kind, &object.name)),
        },
        (_, ObjectClass::Routine) => {
            routines(catalog, object, |from| Name { schema: from.schema.clone(), name: to.clone() }, dialect)
        }
        (ObjectKind::Trigger | ObjectKind::Policy | ObjectKind::Rule, _) => member(catalog, object, to),
        (_, ObjectClass::Schema) => schema(catalog, &object.name.name, to, dialect),
        (_, ObjectClass::Other) => {
            if object.kind == ObjectKind::Role {
                role::rename(catalog, &object.name.name, to);
            }
            let key = extension::other_key(catalog, object, false);
            if let Some(other) = catalog.others.remove(&key) {
                let schema = key.1.rsplit_once('.').map(|(schema, _)| format!("{schema}."));
                let new = format!("{}{to}", schema.unwrap_or_default());
                remark::outside(catalog, object.kind, &key.1, Some(&new));
                catalog.others.insert((key.0, new), other);
            }
            Ok(())
        }
        (_, ObjectClass::Member | ObjectClass::Type) => Ok(()),
    };
    match done {
        Err(Problem::Missing { .. }) if if_exists => Ok(()),
        done => done,
    }
}

/// `SET SCHEMA`
pub(super) fn set_schema(
    catalog: &mut Catalog,
    object: &ObjectRef,
    schema: &Ident,
    if_exists: bool,
    dialect: &dyn Dialect,
) -> Done {
    if !catalog.schemas.contains_key(schema) && catalog.extensions.is_empty() {
        return Err(Problem::Missing { kind: ObjectKind::Schema, name: schema.to_string(), of: None });
    }
    let moved = |from: &Name| Name { schema: schema.clone(), name: from.name.clone() };
    let done = match object.kind {
        ObjectKind::Table | ObjectKind::ForeignTable | ObjectKind::View | ObjectKind::MaterializedView | ObjectKind::Sequence => {
            catalog.need_relation(&object.name, object.kind).and_then(|from| {
                // Who is there already stays.
                if from.schema == *schema {
                    return Ok(());
                }
                if catalog.sequence(&from).is_some_and(|sequence| sequence.owned_by.is_some()) {
                    let message = "cannot move an owned sequence into another schema".to_owned();
                    return Err(Problem::Other { code: "0A000", message });
                }
                let sequences = drop::owned_sequences(catalog, &from);
                relation(catalog, &from, &moved(&from), dialect)?;
                sequences.iter().try_for_each(|sequence| relation(catalog, sequence, &moved(sequence), dialect))
            })
        }
        ObjectKind::Type | ObjectKind::Domain => match catalog.resolve_type(&object.name) {
            Some(from) if from.schema == *schema => Ok(()),
            Some(from) => user_type(catalog, &from, &moved(&from), dialect),
            None if catalog.may_lie_outside(&object.name, dialect) => Ok(()),
            None => Err(missing(object.kind, &object.name)),
        },
        ObjectKind::Function | ObjectKind::Procedure | ObjectKind::Aggregate | ObjectKind::Routine => {
            let of = Signature { name: object.name.clone(), arguments: object.arguments.clone() };
            match routine::find(catalog, object.kind, &of, dialect) {
                Ok(found) if found.iter().all(|(from, _)| from.schema == *schema) => Ok(()),
                _ => routines(catalog, object, moved, dialect),
            }
        }
        ObjectKind::Extension => {
            if let Some(extension) = catalog.extensions.get_mut(&object.name.name) {
                Arc::make_mut(extension).schema = Some(schema.clone());
            }
            Ok(())
        }
        ObjectKind::Collation | ObjectKind::Statistics => {
            let key = extension::other_key(catalog, object, false);
            if let Some(other) = catalog.others.remove(&key) {
                catalog.others.insert((key.0, format!("{schema}.{}", object.name.name)), other);
            }
            Ok(())
        }
        ObjectKind::Index
        | ObjectKind::Column
        | ObjectKind::Constraint
        | ObjectKind::DomainConstraint
        | ObjectKind::Trigger
        | ObjectKind::EventTrigger
        | ObjectKind::Rule
        | ObjectKind::Policy
        | ObjectKind::Schema
        | ObjectKind::Role
        | ObjectKind::Database
        | ObjectKind::Tablespace
        | ObjectKind::Publication
        | ObjectKind::Subscription
        | ObjectKind::Other => Ok(()),
    };
    match done {
        Err(Problem::Missing { .. }) if if_exists => Ok(()),
        done => done,
    }
}

/// Gives a relation another name, perhaps in another schema.
fn relation(catalog: &mut Catalog, from: &Name, to: &Name, dialect: &dyn Dialect) -> Done {
    if from == to && from.name == to.name {
        return if from.schema == to.schema { Err(exists(ObjectKind::Table, &to.name)) } else { Ok(()) };
    }
    if catalog.relations.contains_key(to) {
        return Err(exists(ObjectKind::Table, &to.name));
    }
    let renaming = Renaming::Relation(from, to);
    match catalog.relations.get(from).cloned() {
        Some(Relation::Table(table)) => {
            let carried = carry::carried(catalog, &every_part(catalog, from), renaming, dialect);
            let mut new = carry::table(catalog, &table, renaming, dialect);
            new.name = to.clone();
            catalog.remove_relation(from);
            catalog.put_table(new);
            carried.put(catalog, to, renaming);
        }
        Some(Relation::View(view)) => {
            let carried = carry::carried(catalog, &every_part(catalog, from), renaming, dialect);
            let mut new = carry::view(catalog, &view, renaming, dialect);
            new.name = to.clone();
            catalog.remove_relation(from);
            catalog.put_view(new);
            carried.put(catalog, to, renaming);
        }
        Some(Relation::Sequence(sequence)) => {
            let mut on = vec![Dependency::Relation(from.clone())];
            on.extend(
                sequence
                    .owned_by
                    .iter()
                    .filter(|_| sequence.identity)
                    .map(|(table, column)| Dependency::Column(table.clone(), column.clone())),
            );
            let carried = carry::carried(catalog, &on, renaming, dialect);
            catalog.remove_relation(from);
            let mut new = crate::catalog::Sequence::clone(&sequence);
            new.name = to.clone();
            catalog.put_sequence(new);
            let owner = sequence.owned_by.clone().filter(|_| sequence.identity);
            carried.put(catalog, to, renaming);
            if let Some((table, column)) = owner {
                carry::identity_sequence(catalog, &table, &column, to);
            }
        }
        Some(Relation::Index(owner)) => {
            let behind = catalog.index(from).and_then(|(_, index)| index.constraint.clone());
            index(catalog, from, &to.name);
            if let Some(constraint) = behind {
                catalog.edit_table(&owner, |table| super::constraint::rename_in(table, &constraint, &to.name));
                remark::rename_member(catalog, ObjectKind::Constraint, &owner, &constraint, &to.name);
            }
        }
        None => {}
    }
    remark::rename(catalog, from, to);
    Ok(())
}

/// Everything of a table or view that others may name: itself, its columns and its indexes.
fn every_part(catalog: &Catalog, name: &Name) -> Vec<Dependency> {
    let mut on = vec![Dependency::Relation(name.clone())];
    let column = |column: &Ident| Dependency::Column(name.clone(), column.clone());
    let index =
        |index: &Arc<crate::catalog::Index>| Dependency::Relation(Name { schema: name.schema.clone(), name: index.name.clone() });
    match catalog.relations.get(name) {
        Some(Relation::Table(table)) => {
            on.extend(table.columns.iter().map(|own| column(&own.name)));
            on.extend(table.indexes.iter().map(index));
        }
        Some(Relation::View(view)) => {
            on.extend(view.columns.iter().map(|own| column(&own.name)));
            on.extend(view.indexes.iter().map(index));
        }
        Some(Relation::Sequence(_) | Relation::Index(_)) | None => {}
    }
    on
}

/// Gives an index another name; what refers to it (foreign keys, parts of it, `CLUSTER ON`) follows.
pub(super) fn index(catalog: &mut Catalog, from: &Name, to: &Ident) {
    let Some(owner) = catalog.index(from).map(|(owner, _)| owner.clone()) else { return };
    let to = Name { schema: from.schema.clone(), name: to.clone() };
    let who: Vec<_> = catalog.dependents(&Dependency::Relation(from.clone())).cloned().collect();
    let rename = |indexes: &mut Vec<Arc<crate::catalog::Index>>| {
        for index in indexes.iter_mut().filter(|own| own.name == from.name) {
            Arc::make_mut(index).name = to.name.clone();
        }
    };
    catalog.edit_table(&owner, |table| {
        rename(&mut table.indexes);
        if table.cluster_on.as_ref() == Some(&from.name) {
            table.cluster_on = Some(to.name.clone());
        }
        if table.replica_identity == crate::change::ReplicaIdentity::Index(from.name.clone()) {
            table.replica_identity = crate::change::ReplicaIdentity::Index(to.name.clone());
        }
    });
    catalog.edit_view(&owner, |view| rename(&mut view.indexes));
    for dependent in who {
        if let crate::catalog::Dependent::Index(part) = &dependent
            && let Some(of) = catalog.index(part).map(|(of, _)| of.clone())
        {
            super::index::edit(catalog, &of, &part.name, |index| index.parent = Some(to.clone()));
        }
        catalog.refresh(&dependent);
    }
}

/// Gives a column of a table or view another name.
pub(super) fn column(catalog: &mut Catalog, of: &Name, from: &Ident, to: &Ident, dialect: &dyn Dialect) {
    let renaming = Renaming::Column(of, from, to);
    let on = [Dependency::Column(of.clone(), from.clone())];
    let carried: Carried = carry::carried(catalog, &on, renaming, dialect);
    match catalog.relations.get(of).cloned() {
        Some(Relation::Table(table)) => {
            let mut new = carry::table(catalog, &table, renaming, dialect);
            for own in new.privileges.clone().iter().filter(|(_, columns)| columns.contains(from)) {
                let named = |column: &Ident| if column == from { to.clone() } else { column.clone() };
                new.privileges.insert(own.0.clone(), own.1.iter().map(named).collect());
            }
            catalog.put_table(new);
        }
        Some(Relation::View(view)) => {
            let new = carry::view(catalog, &view, renaming, dialect);
            catalog.put_view(new);
        }
        Some(Relation::Sequence(_) | Relation::Index(_)) | None => {}
    }
    carried.put(catalog, of, renaming);
}

fn user_type(catalog: &mut Catalog, from: &Name, to: &Name, dialect: &dyn Dialect) -> Done {
    if catalog.types.contains_key(to) {
        return Err(exists(ObjectKind::Type, &to.name));
    }
    let renaming = Renaming::Type(from, to);
    let carried = carry::carried(catalog, &[Dependency::Type(from.clone())], renaming, dialect);
    if let Some(old) = catalog.remove_type(from) {
        let mut new = crate::catalog::UserType::clone(&old);
        new.name = to.clone();
        catalog.put_type(new);
    }
    carried.put(catalog, to, renaming);
    remark::rename(catalog, from, to);
    if let Some(UserTypeShape::Domain(_)) = catalog.types.get(to).map(|found| &found.shape) {
        catalog.refresh(&crate::catalog::Dependent::Type(to.clone()));
    }
    Ok(())
}

fn routines(catalog: &mut Catalog, object: &ObjectRef, to: impl Fn(&Name) -> Name, dialect: &dyn Dialect) -> Done {
    let of = Signature { name: object.name.clone(), arguments: object.arguments.clone() };
    for (from, signature) in routine::find(catalog, object.kind, &of, dialect)? {
        let to = to(&from);
        let taken = catalog.routines.get(&to).is_some_and(|all| all.iter().any(|own| own.signature == signature));
        if taken {
            return Err(exists(object.kind, &to.name));
        }
        // Who calls one of several overloads cannot be told apart; the only one of its name takes its callers along.
        let alone = catalog.routines.get(&from).is_some_and(|all| all.len() == 1);
        let on = if alone { vec![Dependency::Routine(from.clone())] } else { Vec::new() };
        let renaming = Renaming::Routine(&from, &to);
        let carried = carry::carried(catalog, &on, renaming, dialect);
        if let Some(mut own) = catalog.remove_routine(&from, &signature) {
            own.name = to.clone();
            catalog.put_routine(own);
        }
        carried.put(catalog, &to, renaming);
        remark::routine(catalog, &from, Some(&to), &signature);
    }
    Ok(())
}

fn member(catalog: &mut Catalog, object: &ObjectRef, to: &Ident) -> Done {
    let of = catalog.need_relation(&object.name, ObjectKind::Table)?;
    let from = object.member.clone().unwrap_or_default();
    let names: Vec<&Ident> = match (&catalog.relations[&of], object.kind) {
        (Relation::Table(table), ObjectKind::Trigger) => table.triggers.iter().map(|own| &own.name).collect(),
        (Relation::Table(table), ObjectKind::Policy) => table.policies.iter().map(|own| &own.name).collect(),
        (Relation::Table(table), _) => table.rules.iter().map(|own| &own.name).collect(),
        (Relation::View(view), ObjectKind::Trigger) => view.triggers.iter().map(|own| &own.name).collect(),
        (Relation::View(view), _) => view.rules.iter().map(|own| &own.name).collect(),
        (Relation::Sequence(_) | Relation::Index(_), _) => Vec::new(),
    };
    if !names.contains(&&from) {
        return Err(missing_member(object.kind, &from, &of));
    }
    if names.contains(&to) {
        return Err(exists_member(object.kind, to, &of));
    }
    catalog.edit_table(&of, |table| match object.kind {
        ObjectKind::Trigger => {
            table.triggers.iter_mut().filter(|own| own.name == from).for_each(|own| Arc::make_mut(own).name = to.clone())
        }
        ObjectKind::Policy => {
            table.policies.iter_mut().filter(|own| own.name == from).for_each(|own| Arc::make_mut(own).name = to.clone())
        }
        _ => table.rules.iter_mut().filter(|own| own.name == from).for_each(|own| Arc::make_mut(own).name = to.clone()),
    });
    catalog.edit_view(&of, |view| match object.kind {
        ObjectKind::Trigger => {
            view.triggers.iter_mut().filter(|own| own.name == from).for_each(|own| Arc::make_mut(own).name = to.clone())
        }
        _ => view.rules.iter_mut().filter(|own| own.name == from).for_each(|own| Arc::make_mut(own).name = to.clone()),
    });
    remark::rename_member(catalog, object.kind, &of, &from, to);
    Ok(())
}

/// `ALTER SCHEMA ... RENAME TO`: everything in it moves.
fn schema(catalog: &mut Catalog, from: &Ident, to: &Ident, dialect: &dyn Dialect) -> Done {
    let Some(old) = catalog.schemas.get(from).cloned() else {
        let missing = Problem::Missing { kind: ObjectKind::Schema, name: from.to_string(), of: None };
        return if catalog.extensions.is_empty() { Err(missing) } else { Ok(()) };
    };
    if catalog.schemas.contains_key(to) {
        return Err(exists(ObjectKind::Schema, to));
    }
    catalog.schemas.insert(to.clone(), old);
    let first = Name { schema: from.clone(), name: Ident::default() };
    let moved = |name: &Name| Name { schema: to.clone(), name: name.name.clone() };
    let inside = |name: &&Name| name.schema == *from;
    let types: Vec<Name> = catalog.types.range(first.clone()..).map(|(name, _)| name).take_while(inside).cloned().collect();
    for name in types {
        user_type(catalog, &name, &moved(&name), dialect)?;
    }
    let routine_names: Vec<Name> =
        catalog.routines.range(first.clone()..).map(|(name, _)| name).take_while(inside).cloned().collect();
    for name in routine_names {
        while let Some(signature) = catalog.routines.get(&name).and_then(|all| all.first()).map(|own| own.signature.clone()) {
            let renamed = moved(&name);
            let renaming = Renaming::Routine(&name, &renamed);
            let carried = carry::carried(catalog, &[Dependency::Routine(name.clone())], renaming, dialect);
            if let Some(mut own) = catalog.remove_routine(&name, &signature) {
                own.name = renamed.clone();
                catalog.put_routine(own);
            }
            carried.put(catalog, &renamed, renaming);
            remark::routine(catalog, &name, Some(&renamed), &signature);
        }
    }
    let relations: Vec<Name> = catalog
        .relations
        .range(first..)
        .take_while(|(name, _)| name.schema == *from)
        .filter(|(_, relation)| !matches!(relation, Relation::Index(_)))
        .map(|(name, _)| name.clone())
        .collect();
    for name in relations {
        relation(catalog, &name, &moved(&name), dialect)?;
    }
    catalog.schemas.remove(from);
    remark::outside(catalog, ObjectKind::Schema, from, Some(to));
    Ok(())
}
