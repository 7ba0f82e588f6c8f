//! The names that PostgreSQL gives to what a statement left unnamed.

use crate::change::Ident;
use crate::dialect::AutomaticName;

/// `table_parts_suffix`, with a number where it is taken.
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
    let mut stem = vec![table];
    stem.extend(parts);
    let stem = stem.join("_");
    let mut name = format!("{stem}_{suffix}");
    let mut number = 0u32;
    while taken(&name) {
        number += 1;
        name = format!("{stem}_{suffix}{number}");
    }
    name.into()
}
