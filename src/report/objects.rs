//! What a statement's objects are called in reports: with their schemas.

use crate::catalog::Catalog;
use crate::change::{Change, ObjectKind, ObjectRef, QName};
use crate::replay::{ParsedStatement, Step};

/// The objects that a statement names, each once: `public.users`, `public.users.email`.
pub(super) fn of(statement: &ParsedStatement, step: &Step) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for object in statement.changes.iter().flat_map(|change| change.value.objects()) {
        let name = full_name(&object, step);
        if !out.contains(&name) {
            out.push(name);
        }
    }
    out
}

/// The kind of a statement's first change that is no transaction control.
pub(super) fn kind(statement: &ParsedStatement) -> &'static str {
    let first = |wanted: fn(&Change) -> bool| statement.changes.iter().map(|change| &change.value).find(|change| wanted(change));
    first(|change| !matches!(change, Change::NoEffect)).or_else(|| first(|_| true)).map_or("no-effect", Change::kind)
}

fn full_name(object: &ObjectRef, step: &Step) -> String {
    let has_schema = !matches!(
        object.kind,
        ObjectKind::Schema
            | ObjectKind::Extension
            | ObjectKind::Role
            | ObjectKind::Database
            | ObjectKind::Tablespace
            | ObjectKind::Publication
            | ObjectKind::Subscription
            | ObjectKind::EventTrigger
            | ObjectKind::Other
    );
    let name = match (&object.words, has_schema) {
        (Some(words), _) => words.clone(),
        (None, true) => resolve(&object.name, &step.before).or_else(|| resolve(&object.name, &step.after)).unwrap_or_else(|| {
            match step.before.creation_schema() {
                Some(schema) if object.name.schema.is_none() => format!("{schema}.{}", object.name),
                _ => object.name.to_string(),
            }
        }),
        (None, false) => object.name.to_string(),
    };
    match &object.member {
        Some(member) => format!("{name}.{member}"),
        None => name,
    }
}

fn resolve(name: &QName, catalog: &Catalog) -> Option<String> {
    let found = catalog.resolve_relation(name).or_else(|| catalog.resolve_type(name)).or_else(|| catalog.resolve_routine(name));
    found.map(|name| name.to_string())
}
