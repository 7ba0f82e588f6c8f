//! A column's default is another one.

use super::{At, Check, Finding, rule};
use crate::assess::Phase;
use crate::change::{ColumnValue, TableAction};

rule! {
    /// A column's default changes: inserts of the old application silently store another value than it expects.
    ///
    /// No query fails. Where the value decides what the application does with the row (a state, a flag, a limit), old code now makes
    /// rows that it does not reckon with.
    ///
    /// ```sql,bad
    /// CREATE TABLE users (id bigint PRIMARY KEY, plan text NOT NULL DEFAULT 'free');
    /// -- migration
    /// ALTER TABLE users ALTER COLUMN plan SET DEFAULT 'trial';
    /// ```
    ///
    /// ```sql,good
    /// CREATE TABLE users (id bigint PRIMARY KEY, plan text);
    /// -- migration
    /// ALTER TABLE users ALTER COLUMN plan SET DEFAULT 'trial';
    /// ```
    pub(super) static COLUMN_DEFAULT_CHANGED = "column-default-changed", Info, Compatibility, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let mut out = Vec::new();
    for (before, after) in at.changed_tables() {
        for new in &after.columns {
            let Some(old) = super::evidence::numbered(before, new.number) else { continue };
            let base = at.step.base.table(&before.name).and_then(|table| super::evidence::numbered(table, new.number));
            let (Some(base), ColumnValue::Default(from), ColumnValue::Default(to)) = (base, &old.value, &new.value) else {
                continue;
            };
            if !matches!(base.value, ColumnValue::Default(_)) || from.sql == to.sql || old.data_type != new.data_type {
                continue;
            }
            let span = at.place(|catalog| catalog.table(&after.name).and_then(|t| t.column(&new.name)).map(|c| c.value.clone()));
            let label = format!("{}.{}", at.shown(&after.name), new.name);
            let message =
                format!("inserts of the old application that leave {label} out now store {} instead of {}", to.sql, from.sql);
            let set = at.alter(&before.name, TableAction::SetDefault { column: old.name.clone(), default: to.clone() });
            out.push(
                at.finding(span, message)
                    .help(format!(
                        "Let the new application write {label} itself, and change the default after the old one is gone."
                    ))
                    .part(Phase::Contract, [set]),
            );
        }
    }
    out
}
