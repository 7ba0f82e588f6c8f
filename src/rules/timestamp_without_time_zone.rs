//! Times that do not say when.

use super::{At, Check, Finding, rule};
use crate::assess::Touched;

rule! {
    /// A column holds times without a time zone.
    ///
    /// Such a value is no moment: what it stands for depends on who reads it. `timestamptz` keeps the moment, in the same eight bytes.
    ///
    /// ```sql,bad
    /// -- migration
    /// CREATE TABLE visits (id bigint PRIMARY KEY, at timestamp);
    /// ```
    ///
    /// ```sql,good
    /// -- migration
    /// CREATE TABLE visits (id bigint PRIMARY KEY, at timestamptz);
    /// ```
    pub(super) static TIMESTAMP_WITHOUT_TIME_ZONE = "timestamp-without-time-zone", Off, Convention, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let mut out = Vec::new();
    for name in Touched::between(&at.step.before, &at.step.after).relations {
        let Some(table) = at.step.after.table(&name) else { continue };
        let before = at.step.before.table(&name);
        for column in table.columns.iter().filter(|column| column.data_type.name == "timestamp without time zone") {
            let known =
                before.and_then(|before| before.column(&column.name)).is_some_and(|old| old.data_type == column.data_type);
            if !known && !column.inherited {
                let message = format!("{}.{} holds times without a time zone", at.shown(&name), column.name);
                out.push(at.finding(at.statement.span, message).help(format!("Make {} a timestamptz.", column.name)));
            }
        }
    }
    out
}
