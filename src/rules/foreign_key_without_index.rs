//! Foreign keys that are slow to check.

use super::{At, Check, Finding, rule};
use crate::assess::{Phase, Touched};
use crate::catalog::Table;
use crate::change::{ConstraintKind, Expr, ExprShape, ForeignKey, Ident, IndexKey, IndexShape};

rule! {
    /// No index begins with the columns of a foreign key.
    ///
    /// Whenever a row of the referenced table is deleted or its key changes, the server looks for rows that refer to it: without an index
    /// by reading all of them.
    ///
    /// ```sql,bad
    /// CREATE TABLE customers (id bigint PRIMARY KEY);
    /// -- migration
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer bigint REFERENCES customers);
    /// ```
    ///
    /// ```sql,good
    /// CREATE TABLE customers (id bigint PRIMARY KEY);
    /// -- migration
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer bigint REFERENCES customers);
    /// CREATE INDEX orders_customer ON orders (customer);
    /// ```
    pub(super) static FOREIGN_KEY_WITHOUT_INDEX = "foreign-key-without-index", Off, Convention, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let end = &at.scene.replayed.steps[at.assessment.steps.end - 1].after;
    let mut out = Vec::new();
    for name in Touched::between(&at.step.before, &at.step.after).relations {
        let (Some(now), Some(last)) = (at.step.after.table(&name), end.table(&name)) else { continue };
        let before = at.step.before.table(&name);
        for constraint in &now.constraints {
            let ConstraintKind::ForeignKey(key) = &constraint.kind else { continue };
            let label = constraint.name.clone().unwrap_or_default();
            let known = before.is_some_and(|before| before.constraint(&label).is_some());
            if known || has_index(last, key) {
                continue;
            }
            let message = format!("no index of {} begins with the columns of {label}", at.shown(&name));
            let found = at.finding(at.statement.span, message).help(format!("Add an index on {}.", key.columns.join(", ")));
            let index = super::recipe::short(&[&name.name, &key.columns.join("_"), "idx"]);
            let sql = at.index_concurrently(&name, &index, false, &shape(at, &key.columns));
            // A new table can have it from the start.
            out.push(if at.step.base.knows(now.id) { found.part(Phase::Expand, [sql]) } else { found });
        }
    }
    out
}

fn has_index(table: &Table, key: &ForeignKey) -> bool {
    let begins = |shape: &IndexShape| {
        let first = shape.keys.iter().take(key.columns.len()).map(IndexKey::column);
        let first: Vec<_> = first.collect();
        shape.predicate.is_none()
            && first.len() == key.columns.len()
            && key.columns.iter().all(|column| first.contains(&Some(column)))
    };
    table.indexes.iter().any(|index| begins(&index.shape))
}

fn shape(at: &At<'_>, columns: &[Ident]) -> IndexShape {
    let key = |column: &Ident| IndexKey {
        expr: Expr { shape: ExprShape::Column(column.clone()), ..Expr::plain(at.quoted(column)) },
        tail: String::new(),
    };
    IndexShape {
        method: "btree".into(),
        keys: columns.iter().map(key).collect(),
        include: Vec::new(),
        nulls_not_distinct: false,
        predicate: None,
        options: Vec::new(),
        tablespace: None,
    }
}
