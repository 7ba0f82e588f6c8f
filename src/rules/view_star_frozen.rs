//! A view that showed all columns of a table does not show the new one.

use super::evidence::numbered;
use super::{At, Check, Finding, rule};
use crate::catalog::{Dependency, Dependent, Table, View};

rule! {
    /// A view that shows every column of a table does not show the one that is added.
    ///
    /// The star of `SELECT *` is unfolded when the view is made. A new application that expects the column in the view fails with
    /// 42703 until the view is made again.
    ///
    /// ```sql,bad
    /// CREATE TABLE users (id bigint PRIMARY KEY, email text);
    /// CREATE VIEW everybody AS SELECT * FROM users;
    /// -- migration
    /// ALTER TABLE users ADD COLUMN phone text;
    /// ```
    ///
    /// ```sql,good
    /// CREATE TABLE users (id bigint PRIMARY KEY, email text);
    /// CREATE VIEW everybody AS SELECT * FROM users;
    /// -- migration
    /// ALTER TABLE users ADD COLUMN phone text;
    /// CREATE OR REPLACE VIEW everybody AS SELECT * FROM users;
    /// ```
    pub(super) static VIEW_STAR_FROZEN = "view-star-frozen", Info, Compatibility, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let mut out = Vec::new();
    for (before, after) in at.changed_tables() {
        let Some(added) = after.columns.iter().find(|column| numbered(before, column.number).is_none()) else { continue };
        let on = Dependency::Relation(before.name.clone());
        let views = at.step.before.dependents(&on).filter_map(|dependent| match dependent {
            Dependent::Relation(view) => at.step.before.view(view),
            _ => None,
        });
        for view in views.filter(|view| shows_all(view, before)) {
            // What the release makes of the view in the end counts.
            let last = at.scene.replayed.schema.view(&view.name);
            if last.is_none_or(|last| last.columns.iter().any(|column| column.name == added.name)) {
                continue;
            }
            let span = at.place(|catalog| catalog.table(&after.name).map(|table| table.column(&added.name).is_some()));
            let message = format!(
                "view {} shows every column of {}, but not the new {}",
                at.shown(&view.name),
                at.shown(&after.name),
                added.name
            );
            let help =
                format!("Make {} again with CREATE OR REPLACE VIEW if the new column belongs in it.", at.shown(&view.name));
            out.push(at.finding(span, message).help(help));
        }
    }
    out
}

/// Whether a view shows all columns of a table in their order.
fn shows_all(view: &View, table: &Table) -> bool {
    let shown = view.columns.iter().filter_map(|column| match &column.source {
        Some((name, source)) if *name == table.name => Some(source),
        _ => None,
    });
    table.columns.len() > 1 && shown.eq(table.columns.iter().map(|column| &column.name))
}
