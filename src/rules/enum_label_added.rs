//! An enum has one label more.

use super::{At, Check, Finding, rule};
use crate::catalog::{Catalog, Name, UserTypeShape};
use crate::change::TypeShape;
use std::sync::Arc;

rule! {
    /// An enum gets a label: once new code writes it, the old application reads a value that it does not know.
    ///
    /// The change itself breaks nothing. The first row with the new label may: old code fails to decode it, or takes a branch it does
    /// not have; and a rollback of the deployment meets the same rows.
    ///
    /// ```sql,bad
    /// CREATE TYPE state AS ENUM ('open', 'closed');
    /// -- migration
    /// ALTER TYPE state ADD VALUE 'archived';
    /// ```
    ///
    /// ```sql,good
    /// CREATE TYPE state AS ENUM ('open', 'closed');
    /// -- migration
    /// ALTER TYPE state ADD VALUE IF NOT EXISTS 'closed';
    /// ```
    pub(super) static ENUM_LABEL_ADDED = "enum-label-added", Warning, Compatibility, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let mut out = Vec::new();
    for atom in &at.step.atoms {
        let crate::change::Change::AlterEnum { name, .. } = &atom.change.value else { continue };
        let Some(name) = atom.before.resolve_type(name) else { continue };
        let (Some(base), Some(before), Some(after)) =
            (labels(&at.step.base, &name), labels(&atom.before, &name), labels(&atom.after, &name))
        else {
            continue;
        };
        if after.len() <= before.len() {
            continue;
        }
        for label in after.iter().filter(|label| !before.contains(label) && !base.contains(label)) {
            let message = format!(
                "the old application may read '{label}' of {}, which it does not know, once the new one writes it",
                at.shown(&name)
            );
            out.push(at.finding(atom.change.span, message).help(format!(
                "Write '{label}' only when no instance that does not know it can read the row: behind a flag, or one release later."
            )));
        }
    }
    out
}

/// The labels of an enum.
pub(super) fn labels<'c>(catalog: &'c Catalog, name: &Name) -> Option<&'c [Arc<str>]> {
    match &catalog.types.get(name)?.shape {
        UserTypeShape::Type(TypeShape::Enum(labels)) => Some(labels),
        UserTypeShape::Type(_) | UserTypeShape::Domain(_) => None,
    }
}
