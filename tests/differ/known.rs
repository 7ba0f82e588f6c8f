//! Where server and judgement are known to differ, and why that is so for now. Nothing else is left out.

use super::case::Case;
use super::judge::Disagreement;

/// One known difference.
struct Known {
    /// How the disagreement's key begins.
    key: &'static str,
    /// Words that a statement of the case has, all of them.
    words: &'static [&'static str],
    /// What it is.
    why: &'static str,
}

const KNOWN: &[Known] = &[
    Known {
        key: "down schema: statistics",
        words: &["CREATE STATISTICS"],
        why: "statistics are kept as they were written: they are not known to go with their table",
    },
    Known {
        key: "missed: Old INSERT 23514 value for domain",
        words: &["CREATE DOMAIN", "CHECK"],
        why: "whether the default of a new column fulfils the checks of its domain is not computed",
    },
    Known {
        key: "missed: Old DELETE 23514 value for domain",
        words: &["CREATE DOMAIN", "CHECK"],
        why: "whether the default of a new column fulfils the checks of its domain is not computed",
    },
    Known {
        key: "fails unforeseen: 428C9",
        words: &[],
        why: "which values a statement may write to columns that the server fills is not followed",
    },
    Known {
        key: "fails unforeseen: 55000 cannot update table",
        words: &["CREATE PUBLICATION"],
        why: "publications are kept as they were written: what they demand of a table's updates is not followed",
    },
    Known {
        key: "fails unforeseen: 55000 cannot delete from table",
        words: &["CREATE PUBLICATION"],
        why: "publications are kept as they were written: what they demand of a table's updates is not followed",
    },
    Known {
        key: "missed: Old UPDATE 55000",
        words: &["CREATE PUBLICATION"],
        why: "publications are kept as they were written: what they demand of a table's updates is not followed",
    },
    Known {
        key: "missed: Old DELETE 55000",
        words: &["CREATE PUBLICATION"],
        why: "publications are kept as they were written: what they demand of a table's updates is not followed",
    },
    Known {
        key: "fails unforeseen: 42P17 functions in index",
        words: &[],
        why: "which functions are stable, and so refused in indexes, is not followed",
    },
    Known {
        key: "missed: Old INSERT 23P01",
        words: &["EXCLUDE", "SET DEFAULT"],
        why: "that a new constant default repeats itself is not held against exclusion constraints",
    },
    Known {
        key: "fails unforeseen: 42846 cannot cast type",
        words: &["::"],
        why: "the types inside an expression are not followed",
    },
    Known {
        key: "fails unforeseen: 42704 data type",
        words: &[],
        why: "which types have an operator class for an access method is not followed",
    },
    Known {
        key: "schema: publication",
        words: &["CREATE PUBLICATION"],
        why: "publications are kept as they were written: what is renamed or dropped since is still named in them",
    },
];

/// Statements that are not tried: their words, and why.
const LEFT_OUT: &[(&[&str], &str)] = &[(
    &["DO $do$", "CONCURRENTLY"],
    "what cannot run in a function is judged as what cannot run in a transaction: where that is open",
)];

/// Why a disagreement is no news.
pub fn known(case: &Case, disagreement: &Disagreement) -> Option<&'static str> {
    let has = |words: &[&str]| {
        words.is_empty() || case.migrations.iter().flatten().any(|text| words.iter().all(|word| text.contains(word)))
    };
    KNOWN.iter().find(|known| disagreement.key.starts_with(known.key) && has(known.words)).map(|known| known.why)
}

pub fn is_left_out(text: &str) -> bool {
    LEFT_OUT.iter().any(|(words, _)| words.iter().all(|word| text.contains(word)))
}
