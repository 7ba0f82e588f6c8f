//! Words that the grammar or the server has for itself, where a name of one's own could stand.

use super::names::idents;
use sqlparser::ast::{Ident as SqlIdent, ObjectName};

/// Grammar that looks like a call.
pub(super) const NO_FUNCTIONS: [&str; 13] = [
    "array",
    "coalesce",
    "greatest",
    "grouping",
    "least",
    "nullif",
    "row",
    "xmlconcat",
    "xmlelement",
    "xmlforest",
    "xmlparse",
    "xmlpi",
    "xmlroot",
];

/// Grammar that looks like a column.
const KEYWORD_VALUES: [&str; 13] = [
    "current_catalog",
    "current_date",
    "current_role",
    "current_schema",
    "current_time",
    "current_timestamp",
    "current_user",
    "default",
    "localtime",
    "localtimestamp",
    "session_user",
    "system_user",
    "user",
];

/// Whether an identifier is a keyword that stands for a value.
pub(super) fn is_keyword_value(ident: &SqlIdent) -> bool {
    ident.quote_style.is_none() && KEYWORD_VALUES.iter().any(|word| ident.value.eq_ignore_ascii_case(word))
}

/// Types of PostgreSQL itself that `sqlparser` has no word for.
pub(super) fn is_built_in(name: &ObjectName) -> bool {
    const TYPES: [&str; 48] = [
        "box",
        "bpchar",
        "char",
        "cidr",
        "circle",
        "cstring",
        "daterange",
        "datemultirange",
        "inet",
        "int4range",
        "int8range",
        "int4multirange",
        "int8multirange",
        "jsonpath",
        "line",
        "lseg",
        "macaddr",
        "macaddr8",
        "money",
        "name",
        "numrange",
        "nummultirange",
        "oid",
        "path",
        "pg_lsn",
        "pg_snapshot",
        "point",
        "polygon",
        "record",
        "refcursor",
        "regcollation",
        "regconfig",
        "regdictionary",
        "regnamespace",
        "regoper",
        "regoperator",
        "regproc",
        "regprocedure",
        "regrole",
        "regtype",
        "tid",
        "tsquery",
        "tsrange",
        "tstzrange",
        "tsvector",
        "txid_snapshot",
        "xid",
        "xml",
    ];
    name.0.len() == 1
        && idents(name).next().is_some_and(|ident| TYPES.iter().any(|known| ident.value.eq_ignore_ascii_case(known)))
}
