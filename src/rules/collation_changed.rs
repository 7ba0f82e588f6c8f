//! A column is compared and ordered otherwise.

use super::evidence::numbered;
use super::{At, Check, Finding, rule};

rule! {
    /// A column gets another collation: the old application's comparisons, orders and unique keys mean something else.
    ///
    /// Nothing fails at once. `ORDER BY` gives another order, and under a nondeterministic collation texts that differed are equal:
    /// unique keys refuse what they took.
    ///
    /// ```sql,bad
    /// CREATE TABLE users (id bigint PRIMARY KEY, name text);
    /// -- migration
    /// ALTER TABLE users ALTER COLUMN name TYPE text COLLATE "C";
    /// ```
    ///
    /// ```sql,good
    /// CREATE TABLE users (id bigint PRIMARY KEY, name text COLLATE "C");
    /// -- migration
    /// ALTER TABLE users ALTER COLUMN name TYPE text COLLATE "C";
    /// ```
    pub(super) static COLLATION_CHANGED = "collation-changed", Warning, Compatibility, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let mut out = Vec::new();
    for (before, after) in at.changed_tables() {
        for new in &after.columns {
            let Some(old) = numbered(before, new.number).filter(|old| old.collation != new.collation) else { continue };
            if at.step.base.table(&before.name).and_then(|table| numbered(table, new.number)).is_none() {
                continue;
            }
            let span =
                at.place(|catalog| catalog.table(&after.name).and_then(|t| t.column(&new.name)).map(|c| c.collation.clone()));
            let label = format!("{}.{}", at.shown(&after.name), new.name);
            let name = |collation: &Option<crate::change::QName>| {
                collation.as_ref().map_or("the default".into(), |name| name.to_string())
            };
            let message =
                format!("{label} is compared and ordered by {} instead of {}", name(&new.collation), name(&old.collation));
            out.push(
                at.finding(span, message)
                    .help(format!("Add a column of the new collation beside {label}, and let new code use that.")),
            );
        }
    }
    out
}
