//! Values that go with their column or table.

use super::{At, Check, Finding, rule};
use crate::assess::Loss;

rule! {
    /// A table or column is dropped, and what is stored in it cannot be brought back.
    ///
    /// That the old application still uses it is another rule's matter; this one is for those who want every loss named, also where nobody
    /// uses the table or column any more. With the strategy `stop-the-world`, where no other rule speaks of a drop, it is a warning
    /// unless configured.
    ///
    /// ```sql,bad
    /// CREATE TABLE users (id bigint PRIMARY KEY, fax text);
    /// -- migration
    /// ALTER TABLE users DROP COLUMN fax;
    /// ```
    ///
    /// ```sql,good
    /// -- migration
    /// CREATE TABLE import (line text);
    /// DROP TABLE import;
    /// ```
    pub(crate) static DATA_DROPPED = "data-dropped", Off, Data, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let lost: Vec<String> = at
        .verdict
        .losses
        .iter()
        .filter_map(|loss| match loss {
            Loss::Table(name) => Some(format!("all rows of {}", at.shown(name))),
            Loss::Column(name, column) => Some(format!("the values of {}.{column}", at.shown(name))),
            Loss::Rows(..) | Loss::Values(..) | Loss::Precision(..) => None,
        })
        .collect();
    if lost.is_empty() {
        return Vec::new();
    }
    vec![
        at.finding(at.statement.span, format!("{} are lost", lost.join(", ")))
            .help("Keep a copy of what is dropped until nobody can want it back."),
    ]
}
