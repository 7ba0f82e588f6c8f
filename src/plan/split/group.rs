//! Changes that only make sense together: statements of one migration that are replaced as a whole.

use super::{key, labels, moved, renamed};
use crate::assess::Phase;
use crate::catalog::{Catalog, Name};
use crate::change::{Change, QName};
use crate::lint::Lint;
use crate::replay::{Atom, Step};
use std::collections::BTreeSet;

/// Some changes of a migration, and what takes their place.
#[derive(Debug, Default)]
pub(super) struct Group {
    /// The changes: the step within the migration, the atom within the step.
    pub atoms: BTreeSet<(usize, usize)>,
    /// The step behind which its statements stand.
    pub step: usize,
    /// What runs instead.
    pub out: Vec<(Phase, String)>,
}

impl Group {
    /// Whether it stands in the place of a change.
    pub(super) fn has(&self, step: usize, atom: usize) -> bool {
        self.atoms.contains(&(step, atom))
    }
}

/// A migration as groups look at it.
pub(super) struct Scope<'a> {
    pub lint: &'a Lint<'a>,
    pub steps: &'a [Step],
    /// The schema before the migration and after it.
    pub before: &'a Catalog,
    pub after: &'a Catalog,
}

impl<'a> Scope<'a> {
    pub(super) fn new(lint: &'a Lint<'a>, number: usize) -> Option<Self> {
        let steps = &lint.replayed.steps[lint.assessments[number].steps.clone()];
        let (first, last) = (steps.first()?, steps.last()?);
        Some(Scope { lint, steps, before: &first.before, after: &last.after })
    }

    /// Every change with its place.
    pub(super) fn atoms(&self) -> impl Iterator<Item = ((usize, usize), &'a Atom)> {
        let steps = self.steps.iter().enumerate();
        steps.flat_map(|(step, found)| found.atoms.iter().enumerate().map(move |(atom, found)| ((step, atom), found)))
    }

    /// A name as SQL, as briefly as a new session finds it.
    pub(super) fn sql(&self, name: &Name) -> String {
        let name = self.qname(name);
        let own = self.quote(&name.name);
        name.schema.map_or(own.clone(), |schema| format!("{}.{own}", self.quote(&schema)))
    }

    /// The same as a name of the IR.
    pub(super) fn qname(&self, name: &Name) -> QName {
        let path = self.lint.options.dialect.empty_catalog().session.search_path;
        QName { schema: (!path.contains(&name.schema)).then(|| name.schema.clone()), name: name.name.clone() }
    }

    pub(super) fn quote(&self, ident: &str) -> String {
        self.lint.options.dialect.quote(ident).into_owned()
    }

    pub(super) fn write(&self, change: &Change) -> String {
        self.lint.options.dialect.write(change)
    }
}

/// The groups of a migration.
pub(super) fn groups(scope: &Scope<'_>) -> Vec<Group> {
    let mut out = key::groups(scope);
    out.extend(labels::groups(scope));
    out.extend(renamed::groups(scope));
    out.extend(moved::groups(scope));
    out
}

/// A name from parts, within the server's limit of 63 bytes.
pub(super) fn short(parts: &[&str]) -> String {
    let mut name = parts.join("_");
    while name.len() > 63 {
        name.pop();
    }
    name
}

/// `SET NOT NULL` without a scan under the strong lock.
pub(super) fn set_not_null(scope: &Scope<'_>, table: &Name, column: &str) -> Vec<String> {
    let (name, quoted) = (scope.sql(table), scope.quote(column));
    let check = scope.quote(&short(&[&table.name, column, "not_null"]));
    vec![
        format!("ALTER TABLE {name} ADD CONSTRAINT {check} CHECK ({quoted} IS NOT NULL) NOT VALID"),
        format!("ALTER TABLE {name} VALIDATE CONSTRAINT {check}"),
        format!("ALTER TABLE {name} ALTER COLUMN {quoted} SET NOT NULL"),
        format!("ALTER TABLE {name} DROP CONSTRAINT {check}"),
    ]
}
