//! The names that PostgreSQL gives to what a statement left unnamed.

use super::write;
use crate::catalog::Name;
use crate::change::{Expr, ExprShape, Ident, Ref, RefKind};
use crate::dialect::AutomaticName;

/// The longest name in bytes: a longer one is cut.
const LONGEST: usize = 63;

/// `table_parts_suffix`, shortened so that it fits, with a number after the suffix where it is taken.
pub(super) fn automatic_name(table: &str, parts: &[&str], kind: AutomaticName, taken: &dyn Fn(&str) -> bool) -> Ident {
    let suffix = match kind {
        AutomaticName::PrimaryKey => "pkey",
        AutomaticName::Unique => "key",
        AutomaticName::Check => "check",
        AutomaticName::ForeignKey => "fkey",
        AutomaticName::Exclude => "excl",
        AutomaticName::NotNull => "not_null",
        AutomaticName::Index => "idx",
        AutomaticName::Sequence => "seq",
    };
    // A primary key's columns are no part of its name.
    let middle = match kind {
        AutomaticName::PrimaryKey => String::new(),
        _ => parts.join("_"),
    };
    let middle = cut(&middle, LONGEST);
    let mut name = fitted(table, middle, suffix);
    let mut number = 0u32;
    while taken(&name) {
        number += 1;
        name = fitted(table, middle, &format!("{suffix}{number}"));
    }
    name.into()
}

/// The default that takes a sequence's next value.
pub(super) fn next_value(sequence: &Name) -> Expr {
    let (schema, name) = (write::quote(&sequence.schema), write::quote(&sequence.name));
    let start = "nextval('".len();
    let sql = format!("nextval('{}.{}'::regclass)", schema.replace('\'', "''"), name.replace('\'', "''"));
    let dot = start + schema.replace('\'', "''").len();
    let end = sql.len() - "'::regclass)".len();
    let range = |from: usize, to: usize| (from as u32, to as u32);
    let function = Ref { kind: RefKind::Function { arguments: 1 }, parts: vec!["nextval".into()], ranges: vec![range(0, 7)] };
    let relation = Ref {
        kind: RefKind::Relation,
        parts: vec![sequence.schema.clone(), sequence.name.clone()],
        ranges: vec![range(start, dot), range(dot + 1, end)],
    };
    Expr { sql: sql.into(), refs: [function, relation].into(), shape: ExprShape::Other }
}

/// The three joined; where that is too long the longer of the first two gives way, byte by byte.
fn fitted(table: &str, middle: &str, suffix: &str) -> String {
    let separators = 1 + usize::from(!middle.is_empty());
    let room = LONGEST.saturating_sub(suffix.len() + separators);
    let (mut first, mut second) = (table.len(), middle.len());
    while first + second > room {
        if first > second {
            first -= 1;
        } else {
            second -= 1;
        }
    }
    let (table, middle) = (cut(table, first), cut(middle, second));
    if separators == 2 { format!("{table}_{middle}_{suffix}") } else { format!("{table}_{suffix}") }
}

/// At most so many bytes of the text, never half a character.
fn cut(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(table: &str, parts: &[&str], kind: AutomaticName) -> String {
        automatic_name(table, parts, kind, &|_| false).to_string()
    }

    #[test]
    fn names_are_cut_as_the_server_does() {
        use AutomaticName::*;
        assert_eq!(name("users", &["id"], PrimaryKey), "users_pkey");
        assert_eq!(name("users", &["first", "last"], Unique), "users_first_last_key");
        assert_eq!(name("users", &[], Check), "users_check");
        let table = "a_rather_long_table_name_that_somebody_chose_without_care";
        assert_eq!(
            name(table, &["and_a_long_column_too"], ForeignKey),
            "a_rather_long_table_name_that_somebo_and_a_long_column_too_fkey"
        );
        assert_eq!(name(&"é".repeat(31), &["ab"], Index), format!("{}_ab_idx", "é".repeat(28)));
        assert_eq!(automatic_name("t", &["a"], Index, &|name| name == "t_a_idx"), "t_a_idx1");
    }
}
