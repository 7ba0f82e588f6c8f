//! Comments follow the objects that they are on: they go with a dropped one and move with a renamed one.

use crate::catalog::{Catalog, CommentKey, Name};
use crate::change::{Ident, ObjectKind};

const WHOLE: [ObjectKind; 9] = [
    ObjectKind::Table,
    ObjectKind::ForeignTable,
    ObjectKind::View,
    ObjectKind::MaterializedView,
    ObjectKind::Sequence,
    ObjectKind::Index,
    ObjectKind::Type,
    ObjectKind::Domain,
    ObjectKind::DomainConstraint,
];
const MEMBERS: [ObjectKind; 5] =
    [ObjectKind::Column, ObjectKind::Constraint, ObjectKind::Trigger, ObjectKind::Rule, ObjectKind::Policy];

/// The comments on a relation or type and its parts.
fn of(catalog: &Catalog, name: &Name) -> Vec<CommentKey> {
    let mut keys = Vec::new();
    for kind in WHOLE.into_iter().chain(MEMBERS) {
        let first = CommentKey { kind, name: name.clone(), member: None };
        let range = catalog.comments.range(first..).map(|(key, _)| key);
        keys.extend(range.take_while(|key| key.kind == kind && key.name == *name).cloned());
    }
    keys
}

/// Forgets the comments on a relation or type and its parts.
pub(super) fn forget(catalog: &mut Catalog, name: &Name) {
    for key in of(catalog, name) {
        catalog.comments.remove(&key);
    }
}

/// Forgets the comment on a part.
pub(super) fn forget_member(catalog: &mut Catalog, kind: ObjectKind, name: &Name, member: &str) {
    catalog.comments.remove(&CommentKey { kind, name: name.clone(), member: Some(member.into()) });
}

/// Moves the comments on a relation or type and its parts.
pub(super) fn rename(catalog: &mut Catalog, from: &Name, to: &Name) {
    for key in of(catalog, from) {
        if let Some(text) = catalog.comments.remove(&key) {
            catalog.comments.insert(CommentKey { name: to.clone(), ..key }, text);
        }
    }
}

/// Moves the comment on a part.
pub(super) fn rename_member(catalog: &mut Catalog, kind: ObjectKind, name: &Name, from: &Ident, to: &Ident) {
    let key = CommentKey { kind, name: name.clone(), member: Some(from.clone()) };
    if let Some(text) = catalog.comments.remove(&key) {
        catalog.comments.insert(CommentKey { member: Some(to.clone()), ..key }, text);
    }
}

/// Moves or (without a new name) forgets the comment on a routine.
pub(super) fn routine(catalog: &mut Catalog, from: &Name, to: Option<&Name>, signature: &str) {
    for kind in [ObjectKind::Function, ObjectKind::Procedure, ObjectKind::Aggregate, ObjectKind::Routine] {
        let key = CommentKey { kind, name: from.clone(), member: Some(signature.into()) };
        if let Some(text) = catalog.comments.remove(&key)
            && let Some(to) = to
        {
            catalog.comments.insert(CommentKey { name: to.clone(), ..key }, text);
        }
    }
}

/// Moves or (without a new name) forgets the comment on something outside schemas.
pub(super) fn outside(catalog: &mut Catalog, kind: ObjectKind, from: &str, to: Option<&str>) {
    let key = CommentKey { kind, name: Name::new("", from), member: None };
    if let Some(text) = catalog.comments.remove(&key)
        && let Some(to) = to
    {
        catalog.comments.insert(CommentKey { name: Name::new("", to), ..key }, text);
    }
}
