//! Objects in the words of messages: `column email of table users`.

use super::closure::Doomed;
use crate::catalog::{Catalog, Dependent, Name, Relation, UserTypeShape};
use crate::change::{Ident, ObjectKind, QName};

/// What depends on something, in the server's words.
pub(super) fn describe(catalog: &Catalog, who: &Dependent) -> String {
    match who {
        Dependent::Relation(name) => relation(catalog, name),
        Dependent::Column(table, column) => describe_column(catalog, table, column),
        Dependent::Constraint(table, part) => format!("constraint {part} on {}", relation(catalog, table)),
        Dependent::Index(name) => format!("index {}", visible(catalog, name)),
        Dependent::Trigger(table, part) => format!("trigger {part} on {}", relation(catalog, table)),
        Dependent::Policy(table, part) => format!("policy {part} on {}", relation(catalog, table)),
        Dependent::Rule(table, part) => format!("rule {part} on {}", relation(catalog, table)),
        Dependent::Type(name) => match catalog.types.get(name).map(|found| &found.shape) {
            Some(UserTypeShape::Domain(_)) | Some(UserTypeShape::Type(_)) | None => format!("type {}", visible(catalog, name)),
        },
        Dependent::Routine(name, signature) => {
            let overloads = catalog.routines.get(name);
            let kind = overloads.and_then(|all| all.iter().find(|own| own.signature == *signature)).map(|own| own.routine.kind);
            let kind = if kind == Some(ObjectKind::Procedure) { "procedure" } else { "function" };
            format!("{kind} {}({})", visible(catalog, name), signature.replace(", ", ","))
        }
    }
}

/// The same for what a drop takes away.
pub(super) fn describe_doomed(catalog: &Catalog, doomed: &Doomed) -> String {
    match doomed {
        Doomed::Relation(name) => relation(catalog, name),
        Doomed::Index(name) => format!("index {}", visible(catalog, name)),
        Doomed::Column(table, column) => describe_column(catalog, table, column),
        Doomed::Default(table, column) => format!("default value for {}", describe_column(catalog, table, column)),
        Doomed::Constraint(table, part) => describe(catalog, &Dependent::Constraint(table.clone(), part.clone())),
        Doomed::Trigger(table, part) => describe(catalog, &Dependent::Trigger(table.clone(), part.clone())),
        Doomed::Policy(table, part) => describe(catalog, &Dependent::Policy(table.clone(), part.clone())),
        Doomed::Rule(table, part) => describe(catalog, &Dependent::Rule(table.clone(), part.clone())),
        Doomed::Type(name) => format!("type {}", visible(catalog, name)),
        Doomed::Routine(name, signature) => describe(catalog, &Dependent::Routine(name.clone(), signature.clone())),
    }
}

/// `column email of table users`
pub(super) fn describe_column(catalog: &Catalog, table: &Name, column: &Ident) -> String {
    format!("column {column} of {}", relation(catalog, table))
}

/// `table users`, `materialized view sums`
fn relation(catalog: &Catalog, name: &Name) -> String {
    let kind = match catalog.relations.get(name) {
        Some(Relation::Table(table)) if table.server.is_some() => "foreign table",
        Some(Relation::Table(_)) | None => "table",
        Some(Relation::View(view)) if view.materialized => "materialized view",
        Some(Relation::View(_)) => "view",
        Some(Relation::Sequence(_)) => "sequence",
        Some(Relation::Index(_)) => "index",
    };
    format!("{kind} {}", visible(catalog, name))
}

/// The name, with its schema where the search path does not find it.
fn visible(catalog: &Catalog, name: &Name) -> String {
    let bare = QName::bare(name.name.clone());
    let found =
        catalog.resolve_relation(&bare).or_else(|| catalog.resolve_type(&bare)).or_else(|| catalog.resolve_routine(&bare));
    if found.as_ref() == Some(name) { name.name.to_string() } else { name.to_string() }
}
