//! An extension has another version.

use super::{At, Check, Finding, rule};
use crate::change::{Change, ObjectKind};

rule! {
    /// An extension is updated: its functions may behave otherwise for the old application at once.
    ///
    /// What an update script changes is not visible in the migration. Read the extension's release notes for what both applications
    /// use.
    ///
    /// ```sql,bad
    /// CREATE EXTENSION citext;
    /// -- migration
    /// ALTER EXTENSION citext UPDATE;
    /// ```
    ///
    /// ```sql,good
    /// CREATE SCHEMA ext;
    /// -- migration
    /// CREATE EXTENSION citext SCHEMA ext;
    /// ```
    pub(super) static EXTENSION_UPDATED = "extension-updated", Info, Compatibility, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let updated = |(change, span): (&Change, _)| match change {
        Change::AlterOther { object, sql } if object.kind == ObjectKind::Extension => {
            let words = sql.to_uppercase();
            words.split_whitespace().any(|word| word == "UPDATE").then(|| {
                at.finding(span, format!("extension {} changes for the old application too", object.name.name))
                    .help(format!("Make sure that both applications work with the new version of {}.", object.name.name))
            })
        }
        _ => None,
    };
    at.changes().filter_map(updated).collect()
}
