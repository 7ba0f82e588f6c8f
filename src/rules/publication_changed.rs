//! A publication sends less than before.

use super::{At, Check, Finding, rule};
use crate::change::{Change, ObjectKind};

rule! {
    /// A publication loses tables or is dropped: subscribers and change data capture silently get no changes any more.
    ///
    /// Nothing fails on this server. Whatever follows the publication goes on with stale data.
    ///
    /// ```sql,bad
    /// CREATE TABLE users (id bigint PRIMARY KEY);
    /// CREATE PUBLICATION feed FOR TABLE users;
    /// -- migration
    /// ALTER PUBLICATION feed DROP TABLE users;
    /// ```
    ///
    /// ```sql,good
    /// CREATE TABLE users (id bigint PRIMARY KEY);
    /// CREATE TABLE orders (id bigint PRIMARY KEY);
    /// CREATE PUBLICATION feed FOR TABLE users;
    /// -- migration
    /// ALTER PUBLICATION feed ADD TABLE orders;
    /// ```
    pub(super) static PUBLICATION_CHANGED = "publication-changed", Warning, Compatibility, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let less = |change: &Change| match change {
        Change::AlterOther { object, sql } if object.kind == ObjectKind::Publication => {
            let words = sql.to_uppercase();
            words.split_whitespace().nth(3).is_some_and(|word| word == "DROP" || word == "SET").then(|| object.name.name.clone())
        }
        Change::Drop { objects, .. } => {
            objects.iter().find(|object| object.kind == ObjectKind::Publication).map(|object| object.name.name.clone())
        }
        _ => None,
    };
    let finding = |(change, span): (&Change, _)| {
        let name = less(change)?;
        Some(
            at.finding(span, format!("subscribers of {name} may get no changes of some tables any more"))
                .help(format!("Make sure that nothing that follows {name} needs what it does not send any more.")),
        )
    };
    at.changes().filter_map(finding).collect()
}
