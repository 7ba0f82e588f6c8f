//! Comments.

use super::{Done, missing, missing_member, routine};
use crate::catalog::{Catalog, CommentKey, Name, Problem, Relation};
use crate::change::{Ident, ObjectKind, ObjectRef, Signature};
use crate::dialect::Dialect;

/// `COMMENT ON`.
pub(super) fn comment(catalog: &mut Catalog, object: &ObjectRef, text: Option<&str>, dialect: &dyn Dialect) -> Done {
    let Some(key) = key(catalog, object, dialect)? else { return Ok(()) };
    match text.filter(|text| !text.is_empty()) {
        Some(text) => drop(catalog.comments.insert(key, text.into())),
        None => drop(catalog.comments.remove(&key)),
    }
    Ok(())
}

/// Under which key a comment on an object is kept; none for what lies outside the catalog.
fn key(catalog: &Catalog, object: &ObjectRef, dialect: &dyn Dialect) -> Result<Option<CommentKey>, Problem> {
    let outside = |kind| CommentKey {
        kind,
        name: Name::new("", object.words.clone().unwrap_or_else(|| object.name.to_string())),
        member: None,
    };
    match object.kind {
        ObjectKind::Table
        | ObjectKind::ForeignTable
        | ObjectKind::View
        | ObjectKind::MaterializedView
        | ObjectKind::Sequence
        | ObjectKind::Index => relation_key(catalog, object),
        ObjectKind::Column | ObjectKind::Constraint | ObjectKind::Trigger | ObjectKind::Rule | ObjectKind::Policy => {
            let Some(name) = catalog.resolve_relation(&object.name) else {
                let composite = catalog.resolve_type(&object.name).filter(|_| object.kind == ObjectKind::Column);
                return match composite {
                    Some(name) => Ok(Some(CommentKey { kind: object.kind, name, member: object.member.clone() })),
                    None => Err(missing(ObjectKind::Table, &object.name)),
                };
            };
            let member = object.member.clone().unwrap_or_default();
            if !has_member(catalog, &name, object.kind, &member) {
                return Err(missing_member(object.kind, &member, &name));
            }
            Ok(Some(CommentKey { kind: object.kind, name, member: Some(member) }))
        }
        ObjectKind::Type | ObjectKind::Domain | ObjectKind::DomainConstraint => {
            let Some(name) = catalog.resolve_type(&object.name) else {
                return if catalog.may_lie_outside(&object.name, dialect) {
                    Ok(None)
                } else {
                    Err(missing(ObjectKind::Type, &object.name))
                };
            };
            Ok(Some(CommentKey { kind: object.kind, name, member: object.member.clone() }))
        }
        ObjectKind::Function | ObjectKind::Procedure | ObjectKind::Aggregate | ObjectKind::Routine => {
            let of = Signature { name: object.name.clone(), arguments: object.arguments.clone() };
            let found = routine::find(catalog, object.kind, &of, dialect)?;
            Ok(found.into_iter().next().map(|(name, signature)| CommentKey {
                kind: catalog.routines[&name]
                    .iter()
                    .find(|own| own.signature == signature)
                    .map_or(object.kind, |own| own.routine.kind),
                name,
                member: Some(Ident::from(&*signature)),
            }))
        }
        ObjectKind::Schema if !catalog.schemas.contains_key(&object.name.name) => {
            let system = catalog.system_schemas.contains(&object.name.name.as_str());
            if system || !catalog.extensions.is_empty() { Ok(None) } else { Err(missing(ObjectKind::Schema, &object.name)) }
        }
        kind @ (ObjectKind::Schema
        | ObjectKind::Extension
        | ObjectKind::EventTrigger
        | ObjectKind::Role
        | ObjectKind::Database
        | ObjectKind::Tablespace
        | ObjectKind::Publication
        | ObjectKind::Subscription
        | ObjectKind::Collation
        | ObjectKind::Statistics
        | ObjectKind::Other) => Ok(Some(outside(kind))),
    }
}

fn relation_key(catalog: &Catalog, object: &ObjectRef) -> Result<Option<CommentKey>, Problem> {
    let name = catalog.resolve_relation(&object.name).ok_or_else(|| missing(object.kind, &object.name))?;
    let kind = match &catalog.relations[&name] {
        Relation::Table(table) if table.server.is_some() => ObjectKind::ForeignTable,
        Relation::Table(_) => ObjectKind::Table,
        Relation::View(view) if view.materialized => ObjectKind::MaterializedView,
        Relation::View(_) => ObjectKind::View,
        Relation::Sequence(_) => ObjectKind::Sequence,
        Relation::Index(_) => ObjectKind::Index,
    };
    if kind != object.kind {
        return Err(Problem::WrongKind { name: name.name.to_string(), expected: object.kind });
    }
    Ok(Some(CommentKey { kind, name, member: None }))
}

fn has_member(catalog: &Catalog, name: &Name, kind: ObjectKind, member: &Ident) -> bool {
    match (catalog.relations.get(name), kind) {
        (Some(Relation::View(view)), ObjectKind::Column) if !view.columns_known => true,
        (_, ObjectKind::Column) => catalog.has_column(name, member),
        (Some(Relation::Table(table)), ObjectKind::Constraint) => table.constraint(member).is_some(),
        (Some(Relation::Table(table)), ObjectKind::Trigger) => table.triggers.iter().any(|own| own.name == *member),
        (Some(Relation::View(view)), ObjectKind::Trigger) => view.triggers.iter().any(|own| own.name == *member),
        (Some(Relation::Table(table)), ObjectKind::Rule) => table.rules.iter().any(|own| own.name == *member),
        (Some(Relation::View(view)), ObjectKind::Rule) => view.rules.iter().any(|own| own.name == *member),
        (Some(Relation::Table(table)), ObjectKind::Policy) => table.policies.iter().any(|own| own.name == *member),
        _ => false,
    }
}
