//! A key has another name, and upserts name it.

use super::{At, Check, Finding, FindingBreak, rule};
use crate::assess::{Broken, Phase, Use};
use crate::catalog::Name;
use crate::change::Ident;

rule! {
    /// A unique key is renamed, and upserts of the old application that name it fail.
    ///
    /// `ON CONFLICT ON CONSTRAINT` looks the constraint up by its name and fails with `42704`. Upserts that name the columns go on
    /// working, as does everything else.
    ///
    /// ```sql,bad
    /// CREATE TABLE users (id bigint PRIMARY KEY, email text CONSTRAINT users_email_key UNIQUE);
    /// -- migration
    /// ALTER TABLE users RENAME CONSTRAINT users_email_key TO users_email_unique;
    /// ```
    ///
    /// ```sql,good
    /// CREATE TABLE users (id bigint PRIMARY KEY, email text CONSTRAINT email_given CHECK (email <> ''));
    /// -- migration
    /// ALTER TABLE users RENAME CONSTRAINT email_given TO email_not_empty;
    /// ```
    pub(super) static CONSTRAINT_RENAMED = "constraint-renamed", Warning, Compatibility, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let key = |broken: &Broken| {
        let Use::UpsertConstraint(name, label) = &broken.usage else { return None };
        let (table, _) = at.below(name, label);
        let before = at.table_before(&table)?;
        let index = before.indexes.iter().find(|index| index.constraint.as_ref() == Some(label))?;
        let now = at.table_after(&table)?.indexes.iter().find(|other| other.id == index.id)?.constraint.clone()?;
        Some((table, label.clone(), now))
    };
    let finding = |((table, from, to), breaks): ((Name, Ident, Ident), Vec<FindingBreak>)| {
        let span = at.place(|catalog| catalog.table(&table).map(|table| table.constraint(&from).is_some()));
        let rename = format!("ALTER TABLE {} RENAME CONSTRAINT {} TO {}", at.sql(&table), at.quoted(&from), at.quoted(&to));
        at.breaking(span, format!("key {from} of {} is renamed to {to}", at.shown(&table)), breaks)
            .help(format!("Let upserts name the columns instead of {from} first, or keep the name."))
            .part(Phase::Contract, [rename])
    };
    at.claim_by(key).into_iter().map(finding).collect()
}
