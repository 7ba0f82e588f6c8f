//! Something belongs to another role.

use super::{At, Check, Finding, FindingBreak, rule};
use crate::assess::{Broken, Use};
use crate::catalog::{Catalog, Name, Relation};
use crate::change::Ident;

rule! {
    /// A table changes its owner, and the old application may have worked as the one before.
    ///
    /// Only the owner and roles with grants may use a table: the former owner's statements fail with `42501`. Grant it what it needs
    /// in the same transaction.
    ///
    /// ```sql,bad
    /// CREATE TABLE notes (id bigint PRIMARY KEY);
    /// ALTER TABLE notes OWNER TO pg_monitor;
    /// -- migration
    /// ALTER TABLE notes OWNER TO pg_signal_backend;
    /// ```
    ///
    /// ```sql,good
    /// CREATE TABLE notes (id bigint PRIMARY KEY);
    /// ALTER TABLE notes OWNER TO pg_monitor;
    /// -- migration
    /// ALTER TABLE notes OWNER TO pg_monitor;
    /// ```
    pub(super) static OWNER_CHANGED = "owner-changed", Error, Compatibility, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let key = |broken: &Broken| match &broken.usage {
        Use::Privilege(name, role, privilege) if privilege == "ALL" => {
            let was = owner(&at.step.before, name).or_else(|| owner(&at.step.base, name));
            (was == Some(role) && owner(&at.step.after, name) != was).then(|| (name.clone(), role.clone()))
        }
        _ => None,
    };
    let finding = |((name, role), breaks): ((Name, Ident), Vec<FindingBreak>)| {
        let span = at.place(|catalog| owner(catalog, &name).cloned());
        let shown = at.shown(&name);
        at.breaking(span, format!("{shown} does not belong to {role} any more"), breaks)
            .help(format!("Grant {role} what it needs on {shown} in the same transaction."))
            .part(crate::assess::Phase::Expand, [format!("GRANT ALL ON {} TO {}", at.sql(&name), at.quoted(&role))])
    };
    at.claim_by(key).into_iter().map(finding).collect()
}

fn owner<'c>(catalog: &'c Catalog, name: &Name) -> Option<&'c Ident> {
    match catalog.relations.get(name)? {
        Relation::Table(table) => table.owner.as_ref(),
        Relation::View(view) => view.owner.as_ref(),
        Relation::Sequence(sequence) => sequence.owner.as_ref(),
        Relation::Index(_) => None,
    }
}
