//! A column's default is gone, and old code relies on it.

use super::{At, Check, Finding, Level, rule};
use crate::assess::{Broken, Phase, Use};
use crate::catalog::TableColumn;
use crate::change::{ColumnValue, ExprShape, TableAction};

rule! {
    /// A column loses its default, and inserts that leave it out fail or store null.
    ///
    /// On a NOT NULL column the old application's inserts fail with `23502`. On a nullable one they go on without an error and store
    /// null where the default stood before: reported as a warning.
    ///
    /// ```sql,bad
    /// CREATE TABLE orders (id bigint PRIMARY KEY, state text NOT NULL DEFAULT 'new');
    /// -- migration
    /// ALTER TABLE orders ALTER COLUMN state DROP DEFAULT;
    /// ```
    ///
    /// ```sql,good
    /// CREATE TABLE orders (id bigint PRIMARY KEY, state text NOT NULL DEFAULT 'new');
    /// -- migration
    /// ALTER TABLE orders ALTER COLUMN state DROP NOT NULL;
    /// ```
    pub(super) static COLUMN_DEFAULT_DROPPED = "column-default-dropped", Error, Compatibility, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let mut out = Vec::new();
    let key = |broken: &Broken| {
        let Use::Omit(name, column) = &broken.usage else { return None };
        let (table, column) = at.below(name, column);
        let before = at.table_before(&table)?.column(&column)?;
        let after = at.table_after(&table)?.column(&column)?;
        (supplied(before) && !supplied(after)).then_some((table, column))
    };
    let groups = at.claim_by(key);
    let claimed = |table: &crate::catalog::Name, column: &crate::change::Ident| {
        groups.iter().any(|((name, found), _)| name == table && found == column)
    };
    for (before, after) in at.changed_tables() {
        for old in &before.columns {
            let Some(new) = super::evidence::numbered(after, old.number) else { continue };
            let lost = matches!(&old.value, ColumnValue::Default(expr) if expr.shape != ExprShape::Null) && !supplied(new);
            let known =
                at.step.base.knows(before.id) && at.step.base.table(&before.name).is_some_and(|b| b.column(&old.name).is_some());
            if lost && known && !new.not_null && !claimed(&before.name, &old.name) {
                let span =
                    at.place(|catalog| catalog.table(&before.name).and_then(|t| t.column(&old.name)).map(|c| c.value.clone()));
                let label = format!("{}.{}", at.shown(&before.name), old.name);
                out.push(
                    at.finding(span, format!("inserts of the old application that leave {label} out now store null in it"))
                        .help(format!("Keep the default of {label} until no instance that relies on it can come back."))
                        .part(Phase::Contract, [at.alter(&before.name, TableAction::DropDefault { column: old.name.clone() })])
                        .at_most(Level::Warning),
                );
            }
        }
    }
    out.extend(groups.into_iter().map(|((table, column), breaks)| {
        let span = at.place(|catalog| catalog.table(&table).and_then(|t| t.column(&column)).map(|c| c.value.clone()));
        let label = format!("{}.{column}", at.shown(&table));
        let finding = at
            .breaking(span, format!("{label} must be filled and loses what filled it"), breaks)
            .help(format!("Keep the default of {label} until every instance writes the column."));
        match at.table_before(&table).and_then(|before| before.column(&column)).map(|column| &column.value) {
            Some(ColumnValue::Default(_)) => {
                finding.part(Phase::Contract, [at.alter(&table, TableAction::DropDefault { column: column.clone() })])
            }
            Some(ColumnValue::Identity { .. }) => finding.part(
                Phase::Contract,
                [at.alter(&table, TableAction::DropIdentity { column: column.clone(), if_exists: false })],
            ),
            _ => finding,
        }
    }));
    out
}

fn supplied(column: &TableColumn) -> bool {
    !matches!(column.value, ColumnValue::None)
}
