//! What is kept by name only goes, or changes, with what it is about: statistics with their table and columns, event triggers with
//! their function, and a publication goes on without a table that is gone.

use super::closure::Doomed;
use super::remark;
use crate::catalog::{Catalog, Name};
use crate::change::ObjectKind;
use std::sync::Arc;

/// Lets what is kept by name only follow what goes.
pub(super) fn follow(catalog: &mut Catalog, doomed: &[Doomed]) {
    if catalog.others.is_empty() {
        return;
    }
    let keys: Vec<_> = catalog.others.keys().cloned().collect();
    for (key, doomed) in keys.into_iter().flat_map(|key| doomed.iter().map(move |doomed| (key.clone(), doomed))) {
        let Some(text) = catalog.others.get(&key).map(|own| own.statements.join(" ")) else { continue };
        let words = words(&text);
        match (key.0, doomed) {
            (ObjectKind::Statistics, Doomed::Relation(table)) if is_from(&words, table) => forget(catalog, &key),
            (ObjectKind::Statistics, Doomed::Column(table, column)) if is_from(&words, table) && words.contains(&&**column) => {
                forget(catalog, &key);
            }
            (ObjectKind::EventTrigger, Doomed::Routine(name, _)) if words.contains(&&*name.name) => forget(catalog, &key),
            (ObjectKind::Publication, Doomed::Relation(table)) if is_published(&words, table) => leave(catalog, &key, table),
            (ObjectKind::Publication, Doomed::Column(table, column))
                if is_published(&words, table) && words.contains(&&**column) =>
            {
                leave(catalog, &key, table);
            }
            _ => {}
        }
    }
}

type Key = (ObjectKind, String);

fn forget(catalog: &mut Catalog, key: &Key) {
    catalog.others.remove(key);
    remark::outside(catalog, key.0, &key.1, None);
}

fn leave(catalog: &mut Catalog, key: &Key, table: &Name) {
    if let Some(other) = catalog.others.get_mut(key) {
        Arc::make_mut(other).statements.push(format!("ALTER PUBLICATION {} DROP TABLE {table}", key.1).into());
    }
}

/// The words of a statement, names without their quotes.
fn words(text: &str) -> Vec<&str> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|word| !word.is_empty()).collect()
}

/// Whether statistics are about a table: its name is the last.
fn is_from(words: &[&str], table: &Name) -> bool {
    let from = words.iter().rposition(|word| word.eq_ignore_ascii_case("from"));
    from.is_some_and(|from| names(&words[from + 1..], table))
}

/// Whether a publication names a table.
fn is_published(words: &[&str], table: &Name) -> bool {
    let first = words.iter().position(|word| word.eq_ignore_ascii_case("table"));
    first.is_some_and(|first| (first + 1..words.len()).any(|at| names(&words[at..], table)))
}

/// Whether the words begin with the name of a relation, with or without its schema.
fn names(words: &[&str], of: &Name) -> bool {
    let is = |word: Option<&&str>, name: &str| word.is_some_and(|word| word.eq_ignore_ascii_case(name));
    is(words.first(), &of.name) || is(words.first(), &of.schema) && is(words.get(1), &of.name)
}
