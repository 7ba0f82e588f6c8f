//! A table that old code still uses is gone.

use super::evidence::Fate;
use super::{At, Check, Finding, rule};
use crate::assess::{Broken, Phase, Use};
use crate::catalog::{Name, Relation};
use crate::change::{ObjectKind, ObjectRef};

rule! {
    /// A table is dropped that the old application may still read and write.
    ///
    /// Every query of the old application on it fails with `42P01` from that moment, in running instances and after a rollback of
    /// the deployment. Stop using the table first; drop it when no instance that knows it can come back.
    ///
    /// ```sql,bad
    /// CREATE TABLE carts (id bigint PRIMARY KEY);
    /// -- migration
    /// DROP TABLE carts;
    /// ```
    ///
    /// ```sql,good
    /// CREATE TABLE carts (id bigint PRIMARY KEY);
    /// -- migration
    /// CREATE TABLE import (line text);
    /// DROP TABLE import;
    /// ```
    pub(super) static TABLE_DROPPED = "table-dropped", Error, Compatibility, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let gone = |name: &Name| matches!(at.was(name), Some(Relation::Table(_))) && at.fate(name) == Fate::Gone;
    let key = |broken: &Broken| match &broken.usage {
        Use::Select(name) | Use::Insert(name) | Use::InsertPartition(_, name) => gone(name).then(|| name.clone()),
        Use::NextValue(name) => match at.was(name) {
            Some(Relation::Sequence(sequence)) => sequence.owned_by.as_ref().map(|(table, _)| table.clone()).filter(gone),
            _ => None,
        },
        _ => None,
    };
    let finding = |(name, breaks): (Name, _)| {
        let span = at.place(|catalog| catalog.table(&name).map(|table| table.id));
        at.breaking(span, format!("table {} is dropped", at.shown(&name)), breaks)
            .help(format!(
                "Deploy an application that does not use {} first, and drop it after the rollback window.",
                at.shown(&name)
            ))
            .part(Phase::Contract, [at.drop(ObjectRef::new(ObjectKind::Table, at.qname(&name)))])
    };
    at.claim_by(key).into_iter().map(finding).collect()
}
