//! Primary keys that run out.

use super::{At, Check, Finding, rule};
use crate::assess::Touched;

rule! {
    /// A primary key is a number of 32 bits or fewer, and may run out.
    ///
    /// After 2,147,483,647 rows, deleted ones included, no insert succeeds any more. Widening the key later means to write the table and
    /// everything that refers to it anew; eight bytes from the start cost little.
    ///
    /// ```sql,bad
    /// -- migration
    /// CREATE TABLE users (id serial PRIMARY KEY);
    /// ```
    ///
    /// ```sql,good
    /// -- migration
    /// CREATE TABLE users (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY);
    /// ```
    pub(super) static INTEGER_PRIMARY_KEY = "integer-primary-key", Off, Convention, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let mut out = Vec::new();
    for name in Touched::between(&at.step.before, &at.step.after).relations {
        let Some(table) = at.step.after.table(&name) else { continue };
        let key = |table: &crate::catalog::Table| {
            let index = table.indexes.iter().find(|index| index.primary && index.shape.keys.len() == 1)?;
            table.column(index.shape.keys[0].column()?).cloned()
        };
        let Some(column) = key(table) else { continue };
        let small = matches!(column.data_type.name.as_str(), "integer" | "smallint") && column.data_type.dimensions == 0;
        let known = at.step.before.table(&name).is_some_and(|before| key(before).is_some());
        if small && !known {
            let message =
                format!("the primary key of {} is of type {}, and may run out", at.shown(&name), at.type_of(&column.data_type));
            out.push(at.finding(at.statement.span, message).help(format!("Make {} a bigint.", column.name)));
        }
    }
    out
}
