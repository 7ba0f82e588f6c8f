//! A type that old code names is gone, or has another name.

use super::{At, Check, Finding, FindingBreak, rule};
use crate::assess::{Broken, Use};
use crate::catalog::{Name, UserType, UserTypeShape};
use crate::change::{ObjectKind, ObjectRef};
use crate::dialect::AppError;
use std::sync::Arc;

rule! {
    /// A type or domain is dropped that the old application may still name.
    ///
    /// Casts and typed parameters fail with `42704`; drivers look types up by their names when they connect.
    ///
    /// ```sql,bad
    /// CREATE TYPE mood AS ENUM ('happy', 'sad');
    /// -- migration
    /// DROP TYPE mood;
    /// ```
    ///
    /// ```sql,good
    /// CREATE TYPE mood AS ENUM ('happy', 'sad');
    /// -- migration
    /// ALTER TYPE mood ADD VALUE 'calm';
    /// ```
    pub(super) static TYPE_DROPPED = "type-dropped", Error, Compatibility, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let finding = |(name, breaks): (Name, Vec<FindingBreak>)| {
        let span = at.place(|catalog| catalog.types.get(&name).map(|found| found.id));
        let domain = was(at, &name).is_some_and(|found| matches!(found.shape, UserTypeShape::Domain(_)));
        let kind = if domain { ObjectKind::Domain } else { ObjectKind::Type };
        at.breaking(span, format!("type {} is dropped", at.shown(&name)), breaks)
            .help(format!(
                "Deploy an application that does not name {} first, and drop it after the rollback window.",
                at.shown(&name)
            ))
            .part(crate::assess::Phase::Contract, [at.drop(ObjectRef::new(kind, at.qname(&name)))])
    };
    let key = |broken: &Broken| match (&broken.usage, &broken.error) {
        (Use::Cast(name), AppError::NoType { .. }) => now(at, name).is_none().then(|| name.clone()),
        _ => None,
    };
    at.claim_by(key).into_iter().map(finding).collect()
}

/// A type as it was.
pub(super) fn was<'a>(at: &At<'a>, name: &Name) -> Option<&'a Arc<UserType>> {
    at.step.before.types.get(name).or_else(|| at.step.base.types.get(name))
}

/// The name that a type has after the statement.
pub(super) fn now(at: &At<'_>, name: &Name) -> Option<Name> {
    let id = was(at, name)?.id;
    at.step.after.types.iter().find(|(_, found)| found.id == id).map(|(name, _)| name.clone())
}
