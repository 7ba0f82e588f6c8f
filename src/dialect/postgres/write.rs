//! PostgreSQL's spelling: identifiers, types and statements.

use crate::change::{Change, TypeName};
use std::borrow::Cow;

/// An identifier, in quotes where it needs them.
pub(super) fn quote(ident: &str) -> Cow<'_, str> {
    let plain = ident.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && ident.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '$');
    if plain { Cow::Borrowed(ident) } else { Cow::Owned(format!("\"{}\"", ident.replace('"', "\"\""))) }
}

/// A type as `format_type` prints it.
pub(super) fn type_text(data_type: &TypeName) -> String {
    let modifiers = if data_type.modifiers.is_empty() { String::new() } else { format!("({})", data_type.modifiers.join(",")) };
    let brackets = "[]".repeat(data_type.dimensions.into());
    match data_type.name.strip_suffix(" time zone") {
        _ if data_type.schema.is_some() => format!("{}{modifiers}{brackets}", data_type.qname()),
        Some(_) => {
            let (stem, rest) = data_type.name.split_once(' ').unwrap_or((&data_type.name, ""));
            format!("{stem}{modifiers} {rest}{brackets}")
        }
        None => format!("{}{modifiers}{brackets}", data_type.name),
    }
}

/// A change as SQL.
pub(super) fn write(change: &Change) -> String {
    format!("{change:?}")
}
