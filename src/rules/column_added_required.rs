//! A column comes that every insert must fill.

use super::{At, Check, Finding, FindingBreak, rule};
use crate::assess::{Broken, Phase, Use};
use crate::catalog::Name;
use crate::change::{Ident, TableAction};

rule! {
    /// A column is added that is NOT NULL and has no default, so inserts that do not know it fail.
    ///
    /// The old application leaves the column out and gets `23502`; where rows exist the change itself fails. A default that is dropped
    /// again right after the column was filled has the same effect. Keep a default until every instance writes the column, or begin
    /// with a nullable column.
    ///
    /// ```sql,bad
    /// CREATE TABLE users (id bigint PRIMARY KEY);
    /// -- migration
    /// ALTER TABLE users ADD COLUMN country text NOT NULL;
    /// ```
    ///
    /// ```sql,bad
    /// CREATE TABLE users (id bigint PRIMARY KEY);
    /// -- migration
    /// ALTER TABLE users ADD COLUMN country text NOT NULL DEFAULT 'NL';
    /// ALTER TABLE users ALTER COLUMN country DROP DEFAULT;
    /// ```
    ///
    /// ```sql,good
    /// CREATE TABLE users (id bigint PRIMARY KEY);
    /// -- migration
    /// ALTER TABLE users ADD COLUMN country text NOT NULL DEFAULT 'NL';
    /// ```
    pub(super) static COLUMN_ADDED_REQUIRED = "column-added-required", Error, Compatibility, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let key = |broken: &Broken| {
        let Use::Omit(name, column) = &broken.usage else { return None };
        let (table, column) = at.below(name, column);
        let after = at.step.after.table(&table)?;
        let number = after.column(&column)?.number;
        let base = at.step.base.relations.iter().find(|(_, relation)| relation.id() == Some(after.id));
        let known = match base {
            Some((name, _)) => at.step.base.table(name).is_some_and(|base| super::evidence::numbered(base, number).is_some()),
            None => false,
        };
        (!known).then_some((table, column))
    };
    at.claim_by(key).into_iter().map(|((table, column), breaks)| finding(at, &table, &column, breaks)).collect()
}

fn finding(at: &At<'_>, table: &Name, column: &Ident, breaks: Vec<FindingBreak>) -> Finding {
    let label = format!("{}.{column}", at.shown(table));
    let span = at.place(|catalog| {
        let column = catalog.table(table).and_then(|table| table.column(column));
        column.map(|column| (column.not_null, column.value.clone()))
    });
    let finding = at
        .breaking(span, format!("inserts must fill the new column {label}"), breaks)
        .help(format!("Add {label} as nullable or with a default; demand it when no instance that leaves it out can come back."));
    let Some((after, added)) = at.step.after.table(table).and_then(|after| Some((after, after.column(column)?))) else {
        return finding;
    };
    let mut nullable = added.column.clone();
    nullable.not_null = false;
    let (name, quoted) = (at.sql(table), at.quoted(column));
    let kept = at.step.before.table(table).and_then(|before| before.column(column)).map(|before| before.value.clone());
    if let Some(value @ crate::change::ColumnValue::Default(_)) = kept {
        // The default was there until this statement took it: it only has to stay a while.
        let with_default = crate::change::Column { value, ..added.column.clone() };
        let drop = at.alter(table, TableAction::DropDefault { column: column.clone() });
        return finding.part(Phase::Expand, [at.add_column(table, with_default)]).part(Phase::Contract, [drop]);
    }
    if at.step.before.table(table).is_some_and(|before| before.column(column).is_some()) {
        // A statement before this one brought it; this one demands it too early.
        return finding.part(Phase::Contract, at.set_not_null(table, column));
    }
    let sample = sample(at, table, column);
    let drop = at.alter(table, TableAction::DropDefault { column: column.clone() });
    if sample == "NULL" {
        return finding
            .part(Phase::Expand, [at.add_column(table, nullable)])
            .part(Phase::Contract, at.set_not_null(table, column));
    }
    let finding =
        finding.why(format!("{sample} stands for the value that rows of the old application shall have: choose the right one."));
    let default = format!("ALTER TABLE {name} ALTER COLUMN {quoted} SET DEFAULT {sample}");
    if sample.ends_with("uuid()") {
        // A value of its own for every row: as the default of a new column it would write the table anew.
        let fill = at.backfill(after, &format!("{quoted} = {sample}"), &format!("{quoted} IS NULL"));
        let mut contract = at.set_not_null(table, column);
        contract.push(drop);
        return finding
            .part(Phase::Expand, [at.add_column(table, nullable), default])
            .part(Phase::Migrate, [fill])
            .part(Phase::Contract, contract);
    }
    let data_type = at.type_of(&added.data_type);
    let collation = added.collation.as_ref().map(|name| format!(" COLLATE {}", at.quoted(&name.name))).unwrap_or_default();
    let add = format!("ALTER TABLE {name} ADD COLUMN {quoted} {data_type}{collation} DEFAULT {sample} NOT NULL");
    finding.part(Phase::Expand, [add]).part(Phase::Contract, [drop])
}

/// A value of the column's type, as a place to begin.
fn sample(at: &At<'_>, table: &Name, column: &Ident) -> String {
    let Some(column) = at.step.after.table(table).and_then(|table| table.column(column)) else { return "NULL".into() };
    let text = at.type_of(&column.data_type);
    let base = text.split(['(', '[']).next().unwrap_or_default().trim();
    let value = match base {
        "smallint" | "integer" | "bigint" | "numeric" | "real" | "double precision" => "0".to_string(),
        "boolean" => "false".into(),
        "text" | "character varying" | "character" | "citext" => "''".into(),
        "jsonb" | "json" => format!("'{{}}'::{base}"),
        "date" => "CURRENT_DATE".into(),
        "timestamp with time zone" | "timestamp without time zone" | "timestamp" => "now()".into(),
        "uuid" => "gen_random_uuid()".into(),
        _ => match labels(at, &column.data_type).and_then(|labels| labels.first().cloned()) {
            Some(label) => format!("'{}'::{text}", label.replace('\'', "''")),
            None => "NULL".into(),
        },
    };
    if column.data_type.dimensions > 0 { format!("'{{}}'::{text}") } else { value }
}

fn labels(at: &At<'_>, data_type: &crate::change::TypeName) -> Option<Vec<std::sync::Arc<str>>> {
    let name = at.step.after.resolve_type(&data_type.qname())?;
    match &at.step.after.types.get(&name)?.shape {
        crate::catalog::UserTypeShape::Type(crate::change::TypeShape::Enum(labels)) => Some(labels.clone()),
        _ => None,
    }
}
