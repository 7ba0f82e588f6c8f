//! Names that the server cuts off.

use super::{At, Check, Finding, rule};
use std::collections::BTreeSet;

rule! {
    /// A name is longer than the server keeps, and is cut off without an error.
    ///
    /// PostgreSQL keeps 63 bytes. Two long names may become the same one, and whoever looks the name up in the catalog does not find it.
    ///
    /// ```sql,bad
    /// CREATE TABLE orders (id bigint PRIMARY KEY);
    /// -- migration
    /// ALTER TABLE orders ADD CONSTRAINT orders_have_an_identifier_that_is_positive_and_not_reserved_for_tests CHECK (id > 0) NOT VALID;
    /// ```
    ///
    /// ```sql,good
    /// CREATE TABLE orders (id bigint PRIMARY KEY);
    /// -- migration
    /// ALTER TABLE orders ADD CONSTRAINT orders_id_positive CHECK (id > 0) NOT VALID;
    /// ```
    pub(super) static IDENTIFIER_TOO_LONG = "identifier-too-long", Warning, Runner, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let text = at.scene.text(at.statement.span);
    if at.step.atoms.is_empty() || !has_long_word(text) {
        return Vec::new();
    }
    let folded = text.to_lowercase();
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$');
    // The name that was made is the beginning of a longer word in the text.
    let is_cut = |name: &&String| {
        let start = name.to_lowercase();
        folded.match_indices(&start).any(|(at, found)| folded[at + found.len()..].starts_with(is_part))
    };
    let names = made(at);
    let finding = |name: &String| {
        at.finding(at.statement.span, format!("a name is cut off after 63 bytes: it becomes {name}"))
            .help("Give it a shorter name.")
    };
    names.iter().filter(|name| name.len() > 59).filter(is_cut).map(finding).collect()
}

fn has_long_word(text: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '$')).any(|word| word.len() > 63)
}

/// The names of relations, columns and constraints that the statement makes.
fn made(at: &At<'_>) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    let (before, after) = (&at.step.before, &at.step.after);
    for name in crate::assess::Touched::between(before, after).relations {
        if after.relations.contains_key(&name) && !before.relations.contains_key(&name) {
            out.insert(name.name.to_string());
        }
        let Some(table) = after.table(&name) else { continue };
        let old = before.table(&name);
        let columns = table.columns.iter().map(|column| &column.name);
        let constraints = table.constraints.iter().filter_map(|constraint| constraint.name.as_ref());
        let known = |name: &str| old.is_some_and(|old| old.column(name).is_some() || old.constraint(name).is_some());
        out.extend(columns.chain(constraints).filter(|name| !known(name)).map(ToString::to_string));
        out.extend(
            table
                .indexes
                .iter()
                .filter(|index| old.is_none_or(|old| old.index(&index.name).is_none()))
                .map(|index| index.name.to_string()),
        );
    }
    out
}
