//! An enum has one label more.

use super::{At, Check, Finding, Scene, rule};
use crate::catalog::{Catalog, Name, UserTypeShape};
use crate::change::{Change, TypeShape};
use crate::source::Span;
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
    pub(super) static ENUM_LABEL_ADDED = "enum-label-added", Warning, Compatibility, Check::Migration(check);
}

/// How many labels are named.
const NAMED: usize = 3;

/// One finding for each enum, at its first new label: a migration that adds twenty says one thing.
fn check(scene: &Scene<'_>, number: usize) -> Vec<Finding> {
    let mut found: Vec<(String, Vec<Arc<str>>, Finding)> = Vec::new();
    for at in scene.statements(number) {
        for (name, label, span) in added(&at) {
            match found.iter_mut().find(|(other, ..)| *other == name) {
                Some((_, labels, _)) => labels.push(label),
                None => found.push((name, vec![label], at.finding(span, ""))),
            }
        }
    }
    found.into_iter().map(|(name, labels, finding)| told(&name, &labels, finding)).collect()
}

fn told(name: &str, labels: &[Arc<str>], finding: Finding) -> Finding {
    let named: Vec<String> = labels.iter().take(NAMED).map(|label| format!("'{label}'")).collect();
    let named = named.join(", ");
    let (what, them) = match labels.len() {
        1 => (named, "it"),
        few if few <= NAMED => (named, "them"),
        many => (format!("{many} new labels ({named}, ...)"), "them"),
    };
    let message =
        format!("the old application may read {what} of {name}, which it does not know, once the new one writes {them}");
    let written = if labels.len() == 1 { format!("'{}'", labels[0]) } else { "a new label".to_owned() };
    Finding { message, ..finding }.help(format!(
        "Write {written} only when no instance that does not know it can read the row: behind a flag, or one release later."
    ))
}

/// The enums as they are shown, with the labels that a statement adds to them.
fn added(at: &At<'_>) -> Vec<(String, Arc<str>, Span)> {
    let mut out = Vec::new();
    for atom in &at.step.atoms {
        let Change::AlterEnum { name, .. } = &atom.change.value else { continue };
        let Some(name) = atom.before.resolve_type(name) else { continue };
        let (Some(base), Some(before), Some(after)) =
            (labels(&at.step.base, &name), labels(&atom.before, &name), labels(&atom.after, &name))
        else {
            continue;
        };
        if after.len() > before.len() {
            let new = after.iter().filter(|label| !before.contains(label) && !base.contains(label));
            out.extend(new.map(|label| (at.shown(&name).to_string(), label.clone(), atom.change.span)));
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
