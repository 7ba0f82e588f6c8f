//! A column may hold null from now on.

use super::evidence::numbered;
use super::{At, Check, Finding, rule};

rule! {
    /// A column loses its NOT NULL: once new code stores null, the old application may read a null that it does not expect.
    ///
    /// The change itself breaks nothing. What the new application writes afterwards may: typed drivers fail to decode null into a
    /// plain value. A rollback of the deployment meets the same rows.
    ///
    /// ```sql,bad
    /// CREATE TABLE users (id bigint PRIMARY KEY, email text NOT NULL);
    /// -- migration
    /// ALTER TABLE users ALTER COLUMN email DROP NOT NULL;
    /// ```
    ///
    /// ```sql,good
    /// CREATE TABLE users (id bigint PRIMARY KEY, email text NOT NULL);
    /// -- migration
    /// ALTER TABLE users ALTER COLUMN email SET DEFAULT '';
    /// ```
    pub(super) static NOT_NULL_DROPPED = "not-null-dropped", Info, Compatibility, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let mut out = Vec::new();
    for (before, after) in at.changed_tables() {
        for new in after.columns.iter().filter(|column| !column.not_null) {
            let base = at.step.base.table(&before.name).and_then(|table| numbered(table, new.number));
            if !numbered(before, new.number).is_some_and(|old| old.not_null) || !base.is_some_and(|old| old.not_null) {
                continue;
            }
            let span = at.place(|catalog| catalog.table(&after.name).and_then(|t| t.column(&new.name)).map(|c| c.not_null));
            let label = format!("{}.{}", at.shown(&after.name), new.name);
            out.push(
                at.finding(span, format!("the old application may read null from {label} once the new one writes it"))
                    .help(format!("Store no null in {label} while an instance that does not expect it can read the row.")),
            );
        }
    }
    out
}
