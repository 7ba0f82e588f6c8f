//! A column is compared and ordered otherwise.

use super::evidence::numbered;
use super::{At, Check, Finding, rule};
use crate::assess::Use;
use crate::catalog::TableColumn;
use crate::change::QName;

rule! {
    /// A column gets another collation: the old application's comparisons, orders and unique keys mean something else.
    ///
    /// So it is where `citext` comes or goes. Nothing fails at once. `ORDER BY` gives another order, and under a nondeterministic collation, or as `citext`, texts that
    /// differed are equal: unique keys refuse what they took. From `citext` to `text`, a name in other letters is not found any more,
    /// and unique keys take both.
    ///
    /// ```sql,bad
    /// CREATE TABLE users (id bigint PRIMARY KEY, name text);
    /// -- migration
    /// ALTER TABLE users ALTER COLUMN name TYPE text COLLATE "C";
    /// ```
    ///
    /// ```sql,bad
    /// CREATE EXTENSION citext;
    /// CREATE TABLE users (id bigint PRIMARY KEY, email citext UNIQUE);
    /// -- migration
    /// ALTER TABLE users ALTER COLUMN email TYPE text;
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
            let Some(old) = numbered(before, new.number) else { continue };
            let Some((from, to)) = rules_of_comparison(at, old, new) else { continue };
            if at.step.base.table(&before.name).and_then(|table| numbered(table, new.number)).is_none() {
                continue;
            }
            let span = at.place(|catalog| {
                let column = catalog.table(&after.name).and_then(|table| table.column(&new.name));
                column.map(|column| (column.collation.clone(), column.data_type.clone()))
            });
            let label = format!("{}.{}", at.shown(&after.name), new.name);
            let message = format!("{label} is compared and ordered {to} instead of {from}");
            let help = format!("Leave {label} as it is, and let new code use a column beside it that is compared so.");
            let patterns = at
                .claim(|broken| matches!(&broken.usage, Use::Match(name, column) if *name == after.name && *column == new.name));
            out.push(match patterns.is_empty() {
                true => at.finding(span, message).help(help),
                false => at.breaking(span, message, patterns).help(help),
            });
        }
    }
    out
}

/// How values are compared before and after, where that is not the same.
fn rules_of_comparison(at: &At<'_>, old: &TableColumn, new: &TableColumn) -> Option<(String, String)> {
    if old.collation != new.collation {
        let by = |collation: &Option<QName>| format!("by {}", collation.as_ref().map_or("the default".into(), QName::to_string));
        return Some((by(&old.collation), by(&new.collation)));
    }
    let (from, to) = (&old.data_type, &new.data_type);
    let as_type = |column: &TableColumn| format!("as {}", at.type_of(&column.data_type));
    at.dialect().compares_otherwise(from, to, &at.step.before).then(|| (as_type(old), as_type(new)))
}
