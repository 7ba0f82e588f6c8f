//! Rows for tables of any schema: made up from types, defaults and foreign keys, and looked at.

use migsafe::catalog::{Catalog, Name, Relation, Table, UserTypeShape};
use migsafe::change::{ColumnValue, ConstraintKind, Ident, TypeName, TypeShape};
use migsafe::dialect::{Dialect, Postgres};
use migsafe::verify::Connection;
use std::collections::BTreeMap;

/// Puts a row into each of these tables, and into those that they refer to. What a table's checks refuse stays empty. The session
/// is in a transaction.
pub fn seed(session: &mut Connection, catalog: &Catalog, tables: &[Name]) {
    let mut done = Vec::new();
    for table in tables {
        seed_one(session, catalog, table, &mut done);
    }
}

fn seed_one(session: &mut Connection, catalog: &Catalog, name: &Name, done: &mut Vec<Name>) {
    let Some(table) = catalog.table(name).cloned() else { return };
    if done.contains(name) {
        return;
    }
    done.push(name.clone());
    for (target, _) in keys(&table).values() {
        seed_one(session, catalog, target, done);
    }
    let row = row(catalog, &table);
    let (columns, values): (Vec<String>, Vec<String>) = row.into_iter().unzip();
    let sql = match columns.as_slice() {
        [] => format!("INSERT INTO {} DEFAULT VALUES", shown(name)),
        _ => format!("INSERT INTO {} ({}) VALUES ({})", shown(name), columns.join(", "), values.join(", ")),
    };
    session.execute("SAVEPOINT seed").expect("a savepoint");
    let ended = if session.execute(&sql).is_ok() { "RELEASE seed" } else { "ROLLBACK TO seed" };
    session.execute(ended).expect("a savepoint");
}

/// The referenced table and column of each column with a foreign key.
fn keys(table: &Table) -> BTreeMap<Ident, (Name, Ident)> {
    let mut keys = BTreeMap::new();
    for constraint in &table.constraints {
        let ConstraintKind::ForeignKey(key) = &constraint.kind else { continue };
        let target = Name { schema: key.table.schema.clone().unwrap_or_default(), name: key.table.name.clone() };
        for (own, other) in key.columns.iter().zip(&key.referenced) {
            keys.insert(own.clone(), (target.clone(), other.clone()));
        }
    }
    keys
}

fn row(catalog: &Catalog, table: &Table) -> Vec<(String, String)> {
    let keys = keys(table);
    let mut row = Vec::new();
    for column in &table.columns {
        if column.value != ColumnValue::None {
            continue;
        }
        let value = match keys.get(&column.name) {
            Some((target, other)) => Some(format!("(SELECT {} FROM {} LIMIT 1)", Postgres.quote(other), shown(target))),
            None => value(catalog, &column.data_type),
        };
        row.extend(value.map(|value| (Postgres.quote(&column.name).into_owned(), value)));
    }
    row
}

fn value(catalog: &Catalog, data_type: &TypeName) -> Option<String> {
    if data_type.dimensions > 0 {
        return Some("'{}'".to_owned());
    }
    if let Some(own) = catalog.resolve_type(&data_type.qname()).and_then(|name| catalog.types.get(&name)) {
        return match &own.shape {
            UserTypeShape::Type(TypeShape::Enum(labels)) => {
                labels.first().map(|label| format!("'{}'", label.replace('\'', "''")))
            }
            UserTypeShape::Domain(domain) => value(catalog, &domain.data_type),
            UserTypeShape::Type(_) => None,
        };
    }
    let text = match data_type.name.as_str() {
        "smallint" | "integer" | "bigint" | "numeric" | "real" | "double precision" | "money" => "7",
        "boolean" => "true",
        "json" | "jsonb" => "'{}'",
        "uuid" => "gen_random_uuid()",
        "bytea" => "'\\x07'",
        "date" | "timestamp with time zone" | "timestamp without time zone" => "'2024-02-29'",
        "time with time zone" | "time without time zone" => "'12:34'",
        "interval" => "'1 day'",
        "inet" | "cidr" => "'10.0.0.1'",
        "character varying" | "text" | "character" => "'7'",
        _ => return None,
    };
    Some(text.to_owned())
}

/// The rows of each of these tables that exists, column by column in the order of their names, as one text.
pub fn rows(session: &mut Connection, catalog: &Catalog, tables: &[Name]) -> BTreeMap<Name, String> {
    let mut found = BTreeMap::new();
    for name in tables {
        let Some(Relation::Table(table)) = catalog.relations.get(name) else { continue };
        let mut columns: Vec<String> = table.columns.iter().map(|own| Postgres.quote(&own.column.name).into_owned()).collect();
        columns.sort();
        let list = if columns.is_empty() { "1".to_owned() } else { columns.join(", ") };
        let sql = format!(
            "SELECT count(*) || ': ' || coalesce(string_agg(r::text, '; ' ORDER BY r::text), '') FROM (SELECT {list} FROM {}) r",
            shown(name)
        );
        let text = session.query_value(&sql).expect("rows can be read").unwrap_or_default();
        found.insert(name.clone(), text);
    }
    found
}

fn shown(name: &Name) -> String {
    format!("{}.{}", Postgres.quote(&name.schema), Postgres.quote(&name.name))
}
