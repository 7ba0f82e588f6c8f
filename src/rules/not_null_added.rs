//! A column refuses null that old code may write.

use super::foreign_key_added::owner;
use super::{At, Check, Finding, Level, rule};
use crate::assess::{Broken, Phase, Use};
use crate::dialect::AppError;

rule! {
    /// A column becomes NOT NULL, and the old application may still write null into it or leave it out.
    ///
    /// Such inserts and updates fail with `23502`. Ship the application that always fills the column first, fill the rows that hold
    /// null, and demand it last; a validated CHECK spares the scan under the strong lock.
    ///
    /// ```sql,bad
    /// CREATE TABLE users (id bigint PRIMARY KEY, email text);
    /// -- migration
    /// ALTER TABLE users ALTER COLUMN email SET NOT NULL;
    /// ```
    ///
    /// ```sql,good
    /// CREATE TABLE users (id bigint PRIMARY KEY, email text, CONSTRAINT email_given CHECK (email IS NOT NULL));
    /// -- migration
    /// ALTER TABLE users ALTER COLUMN email SET NOT NULL;
    /// ```
    pub(super) static NOT_NULL_ADDED = "not-null-added", Warning, Compatibility, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let key = |broken: &Broken| match (&broken.usage, &broken.error) {
        (Use::WriteNull(name, column) | Use::Omit(name, column), AppError::NotNull { .. }) => Some(at.below(name, column)),
        (Use::DeleteReferenced(_, label), AppError::NotNull { column, relation }) => {
            Some((owner(&at.step.after, relation, label)?, column.clone()))
        }
        _ => None,
    };
    let finding = |((table, column), breaks): ((crate::catalog::Name, crate::change::Ident), Vec<_>)| {
        let span =
            at.place(|catalog| catalog.table(&table).map(|t| (t.column(&column).map(|c| c.not_null), t.constraints.len())));
        let label = format!("{}.{column}", at.shown(&table));
        let finding = at
            .breaking(span, format!("{label} refuses null"), breaks)
            .help(format!(
                "Deploy an application that always fills {label}, fill the rows that hold null, and add the NOT NULL last."
            ))
            .at_most(Level::Warning);
        let domain = at.table_after(&table).and_then(|t| t.column(&column)).is_none_or(|column| !column.not_null);
        if domain { finding } else { finding.part(Phase::Contract, at.set_not_null(&table, &column)) }
    };
    at.claim_by(key).into_iter().map(finding).collect()
}
