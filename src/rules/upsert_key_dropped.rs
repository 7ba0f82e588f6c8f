//! A key is gone that upserts rely on.

use super::{At, Check, Finding, FindingBreak, rule};
use crate::assess::{Broken, Phase, Use};
use crate::catalog::{Catalog, Name};
use crate::change::{Change, Ident};

rule! {
    /// A unique key is dropped, made partial or made deferrable, and upserts of the old application on it fail.
    ///
    /// `ON CONFLICT (columns)` needs a unique index on exactly these columns and fails with `42P10` without one, although everything
    /// that could be written before still can. Where the key changes, build the new one first and drop the old one when no upsert
    /// names it any more.
    ///
    /// ```sql,bad
    /// CREATE TABLE users (id bigint PRIMARY KEY, email text CONSTRAINT users_email_key UNIQUE);
    /// -- migration
    /// ALTER TABLE users DROP CONSTRAINT users_email_key;
    /// ```
    ///
    /// ```sql,good
    /// CREATE TABLE users (id bigint PRIMARY KEY, email text);
    /// CREATE UNIQUE INDEX users_email ON users (email);
    /// CREATE UNIQUE INDEX users_email_again ON users (email);
    /// -- migration
    /// DROP INDEX users_email_again;
    /// ```
    pub(super) static UPSERT_KEY_DROPPED = "upsert-key-dropped", Error, Compatibility, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let key = |broken: &Broken| match &broken.usage {
        Use::Upsert(name, columns) => Some(at.below(name, columns.first().unwrap_or(&Ident::default())).0),
        Use::UpsertConstraint(name, label) => Some(at.below(name, label).0),
        _ => None,
    };
    let finding = |(table, breaks): (Name, Vec<FindingBreak>)| {
        let span = at.place(|catalog: &Catalog| {
            let table = catalog.table(&table)?;
            let keys = |constraint: &&std::sync::Arc<crate::change::Constraint>| {
                table.indexes.iter().any(|index| index.constraint == constraint.name)
            };
            let constraints: Vec<_> = table.constraints.iter().filter(keys).cloned().collect();
            Some((constraints, table.indexes.iter().filter(|index| index.unique).cloned().collect::<Vec<_>>()))
        });
        let columns = breaks.iter().find_map(|found| match &found.broken.usage {
            Use::Upsert(_, columns) => Some(columns.join(", ")),
            _ => None,
        });
        let on = columns.map(|columns| format!(" on ({columns})")).unwrap_or_default();
        let finding = at.breaking(span, format!("upserts into {}{on} find no key", at.shown(&table)), breaks).help(format!(
            "Deploy an application that does not upsert into {}{on} first, and drop the key after the rollback window.",
            at.shown(&table)
        ));
        match at.step.atoms.as_slice() {
            [only] if !matches!(only.change.value, Change::Do(_)) => {
                finding.part(Phase::Contract, [at.write(&only.change.value)])
            }
            _ => finding,
        }
    };
    at.claim_by(key).into_iter().map(finding).collect()
}
