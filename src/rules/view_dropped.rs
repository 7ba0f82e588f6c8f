//! A view that old code still reads is gone.

use super::evidence::Fate;
use super::{At, Check, Finding, FindingBreak, rule};
use crate::assess::{Broken, Phase, Use};
use crate::catalog::{Name, Relation};
use crate::change::{Change, ObjectKind, ObjectRef};

rule! {
    /// A view or materialized view is dropped that the old application may still read.
    ///
    /// Its queries fail with `42P01`. `CASCADE` takes views along that the statement does not name. A view that is dropped and made
    /// again in one transaction is not gone for anybody.
    ///
    /// ```sql,bad
    /// CREATE TABLE users (id bigint PRIMARY KEY, active boolean);
    /// CREATE VIEW active_users AS SELECT id FROM users WHERE active;
    /// -- migration
    /// DROP VIEW active_users;
    /// ```
    ///
    /// ```sql,good
    /// CREATE TABLE users (id bigint PRIMARY KEY, active boolean);
    /// CREATE VIEW active_users AS SELECT id FROM users WHERE active;
    /// -- migration
    /// DROP VIEW active_users;
    /// CREATE VIEW active_users AS SELECT id, active FROM users WHERE active;
    /// ```
    pub(super) static VIEW_DROPPED = "view-dropped", Error, Compatibility, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let gone = |name: &Name| matches!(at.was(name), Some(Relation::View(_))) && at.fate(name) == Fate::Gone;
    let key = |broken: &Broken| match &broken.usage {
        Use::Select(name) | Use::Insert(name) => gone(name).then(|| name.clone()),
        _ => None,
    };
    let finding = |(name, breaks): (Name, Vec<FindingBreak>)| {
        let span = at.place(|catalog| catalog.view(&name).map(|view| view.id));
        let named = at.changes().any(|(change, _)| match change {
            Change::Drop { objects, .. } => objects.iter().any(|object| object.name.name == name.name),
            _ => false,
        });
        let what = if named { "is dropped" } else { "is dropped along by CASCADE" };
        let materialized = matches!(at.was(&name), Some(Relation::View(view)) if view.materialized);
        let kind = if materialized { ObjectKind::MaterializedView } else { ObjectKind::View };
        at.breaking(span, format!("view {} {what}", at.shown(&name)), breaks)
            .help(format!(
                "Deploy an application that does not read {} first, and drop it after the rollback window.",
                at.shown(&name)
            ))
            .part(Phase::Contract, [at.drop(ObjectRef::new(kind, at.qname(&name)))])
    };
    at.claim_by(key).into_iter().map(finding).collect()
}
