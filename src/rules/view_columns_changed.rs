//! A view shows other columns.

use super::evidence::column_of;
use super::{At, Check, Finding, FindingBreak, rule};
use crate::assess::{Broken, Use};
use crate::catalog::Name;
use crate::dialect::AppError;

rule! {
    /// A view loses, renames or retypes a column, or cannot be written any more, and the old application relies on it.
    ///
    /// Old code that names a lost column fails with `42703`; new code that names a new one fails before the change. Append columns to
    /// a view, or make a second view under another name; drop the old one when no instance that reads it can come back.
    ///
    /// ```sql,bad
    /// CREATE TABLE users (id bigint PRIMARY KEY, email text, phone text);
    /// CREATE VIEW contacts AS SELECT id, email, phone FROM users;
    /// -- migration
    /// DROP VIEW contacts;
    /// CREATE VIEW contacts AS SELECT id, email FROM users;
    /// ```
    ///
    /// ```sql,good
    /// CREATE TABLE users (id bigint PRIMARY KEY, email text, phone text);
    /// CREATE VIEW contacts AS SELECT id, email FROM users;
    /// -- migration
    /// CREATE OR REPLACE VIEW contacts AS SELECT id, email, phone FROM users;
    /// ```
    pub(super) static VIEW_COLUMNS_CHANGED = "view-columns-changed", Error, Compatibility, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let changed = |name: &Name| {
        at.step.after.view(name).is_some_and(|after| {
            at.step.before.view(name).is_none_or(|before| before.columns != after.columns || before.query != after.query)
        })
    };
    let key = |broken: &Broken| {
        let name = match (&broken.usage, &broken.error) {
            (usage, AppError::NoColumn { .. } | AppError::Silent(_) | AppError::GeneratedWritten { .. }) => column_of(usage)?.0,
            (usage, AppError::TypeMismatch { .. } | AppError::Malformed { .. }) => column_of(usage)?.0,
            (Use::Insert(name), AppError::NotWritable { .. }) => name,
            _ => return None,
        };
        changed(name).then(|| name.clone())
    };
    let finding = |(name, breaks): (Name, Vec<FindingBreak>)| {
        let span = at.place(|catalog| catalog.view(&name).map(|view| view.columns.clone()));
        at.breaking(span, format!("view {} shows something else", at.shown(&name)), breaks).help(format!(
            "Only append columns to {}, or make a view under another name and drop this one after the rollback window.",
            at.shown(&name)
        ))
    };
    at.claim_by(key).into_iter().map(finding).collect()
}
