//! What every PostgreSQL database has of its own: relations, hidden columns, and the results of common functions.

use crate::change::{ObjectKind, QName, TypeName};

/// Names that begin so are reserved for the server's catalogs.
pub(super) fn is_system_name(name: &str) -> bool {
    name.starts_with("pg_")
}

/// The manual's chapter "System Columns".
pub(super) fn is_system_column(name: &str) -> bool {
    matches!(name, "tableoid" | "xmin" | "cmin" | "xmax" | "cmax" | "ctid")
}

/// The manual's table "Access Privileges"; `MAINTAIN` (17 and later) is left out, for older servers do not know it.
pub(super) fn all_privileges(kind: ObjectKind) -> &'static [&'static str] {
    match kind {
        ObjectKind::Sequence => &["SELECT", "UPDATE", "USAGE"],
        ObjectKind::Function | ObjectKind::Procedure | ObjectKind::Aggregate | ObjectKind::Routine => &["EXECUTE"],
        ObjectKind::Schema => &["CREATE", "USAGE"],
        ObjectKind::Type | ObjectKind::Domain => &["USAGE"],
        ObjectKind::Database => &["CONNECT", "CREATE", "TEMPORARY"],
        ObjectKind::Tablespace => &["CREATE"],
        _ => &["DELETE", "INSERT", "REFERENCES", "SELECT", "TRIGGER", "TRUNCATE", "UPDATE"],
    }
}

/// Whether an object that is kept by name only needs no type, table or routine.
pub(super) fn stands_alone(kind: ObjectKind, words: &str) -> bool {
    const HEADS: [&str; 6] = ["FOREIGN DATA WRAPPER", "LANGUAGE", "SERVER", "TEXT SEARCH", "USER MAPPING", "ACCESS METHOD"];
    match kind {
        ObjectKind::Role | ObjectKind::Tablespace | ObjectKind::Collation => true,
        _ => HEADS.iter().any(|head| words.get(..head.len()).is_some_and(|start| start.eq_ignore_ascii_case(head))),
    }
}

/// Volatile functions of the server that leave schema and rows as they are: settings, locks, waiting, messages, random values.
pub(super) fn is_harmless(function: &QName) -> bool {
    const NAMES: [&str; 10] = [
        "clock_timestamp",
        "gen_random_uuid",
        "pg_notify",
        "pg_reload_conf",
        "pg_sleep",
        "random",
        "set_config",
        "timeofday",
        "txid_current",
        "uuid_generate_v4",
    ];
    let built_in = function.schema.as_ref().is_none_or(|schema| schema == "pg_catalog");
    built_in && (NAMES.contains(&function.name.as_str()) || function.name.contains("advisory"))
}

/// Results that `pg_proc` gives for every overload of the name with that many arguments.
pub(super) fn call_type(function: &QName, arguments: u16) -> Option<TypeName> {
    if function.schema.as_deref().is_some_and(|schema| schema != "pg_catalog") {
        return None;
    }
    let name = match (function.name.as_str(), arguments) {
        ("count", 0 | 1) | ("row_number" | "rank" | "dense_rank", 0) | ("nextval" | "currval" | "lastval", _) => "bigint",
        ("now" | "clock_timestamp" | "statement_timestamp" | "transaction_timestamp", 0) => "timestamp with time zone",
        ("concat" | "concat_ws" | "format" | "initcap" | "replace" | "to_char" | "md5", _) => "text",
        ("bool_and" | "bool_or" | "every", 1) => "boolean",
        ("gen_random_uuid", 0) => "uuid",
        ("json_agg" | "json_build_object" | "json_build_array" | "row_to_json" | "to_json", _) => "json",
        ("jsonb_agg" | "jsonb_build_object" | "jsonb_build_array" | "to_jsonb", _) => "jsonb",
        _ => return None,
    };
    Some(TypeName::simple(name))
}
