//! The errors that PostgreSQL answers an application with when the schema is not the one it was written for: SQLSTATE and
//! message as the server words them. `tests/compat.rs` holds the codes against a server.

use crate::change::ObjectKind;
use crate::dialect::{AppError, ServerError};
use std::borrow::Cow;

/// The server's answer.
pub(super) fn app_error(error: &AppError) -> ServerError {
    let (code, message) = match error {
        AppError::InBody { routine, error } => {
            let inner = app_error(error);
            return ServerError { message: format!("{} (in function {routine})", inner.message), ..inner };
        }
        AppError::Raised { sqlstate, message } => {
            return ServerError { sqlstate: Some(Cow::Owned(sqlstate.clone())), message: message.clone() };
        }
        AppError::Silent(what) => return ServerError { sqlstate: None, message: what.clone() },
        AppError::NoRelation { .. } | AppError::NoColumn { .. } | AppError::NoRowField { .. } => missing(error),
        AppError::NoFunction { .. } | AppError::AmbiguousFunction { .. } | AppError::NoType { .. } => missing(error),
        AppError::NoConstraint { .. } | AppError::NoConflictTarget | AppError::NoLabel { .. } => missing(error),
        AppError::TooLong { data_type } => too_long(data_type),
        AppError::OutOfRange { data_type } => out_of_range(data_type),
        AppError::Malformed { data_type } => malformed(data_type),
        AppError::DivisionByZero => ("22012", "division by zero".to_string()),
        AppError::RangeBounds => ("22000", "range lower bound must be less than or equal to range upper bound".to_string()),
        AppError::TypeMismatch { column, data_type, value } => {
            ("42804", format!("column \"{column}\" is of type {data_type} but expression is of type {value}"))
        }
        AppError::AmbiguousColumn { column } => ("42702", format!("column reference \"{column}\" is ambiguous")),
        AppError::InsertCount { more: true } => ("42601", "INSERT has more expressions than target columns".to_string()),
        AppError::InsertCount { more: false } => ("42601", "INSERT has more target columns than expressions".to_string()),
        AppError::ResultShape { in_query: true, .. } => {
            ("42804", "structure of query does not match function result type".to_string())
        }
        AppError::ResultShape { returns, in_query: false } => {
            ("42P13", format!("return type mismatch in function declared to return {returns}"))
        }
        AppError::CompositeShape { name } => ("42846", format!("cannot cast type record to {name}")),
        AppError::NoAttribute { name, attribute } => ("42703", format!("column \"{attribute}\" not found in data type {name}")),
        AppError::GeneratedWritten { column, .. } => {
            ("428C9", format!("cannot insert a non-DEFAULT value into column \"{column}\""))
        }
        AppError::DeferrableConflictTarget => {
            ("55000", "ON CONFLICT does not support deferrable unique constraints/exclusion constraints as arbiters".to_string())
        }
        AppError::ConflictWithRules => {
            ("0A000", "INSERT with ON CONFLICT clause cannot be used with table that has INSERT or UPDATE rules".to_string())
        }
        AppError::CheckOption { view } => ("44000", format!("new row violates check option for view \"{view}\"")),
        AppError::RoutineKind { call, procedure: true } => ("42809", format!("{call} is a procedure")),
        AppError::RoutineKind { call, procedure: false } => ("42809", format!("{call} is not a procedure")),
        AppError::MaterializedWritten { relation } => ("42809", format!("cannot change materialized view \"{relation}\"")),
        AppError::NotMaterialized { relation, table: true } => ("0A000", format!("\"{relation}\" is not a materialized view")),
        AppError::NotMaterialized { relation, table: false } => {
            ("42809", format!("\"{relation}\" is not a table or materialized view"))
        }
        AppError::NotRefreshedConcurrently { view } => {
            ("55000", format!("cannot refresh materialized view \"{view}\" concurrently"))
        }
        AppError::NoOperator { operator } => ("42883", format!("operator does not exist: {operator}")),
        AppError::NoNamed { what } => ("42704", format!("{what} does not exist")),
        AppError::NotDeferrable { constraint } => ("42809", format!("constraint \"{constraint}\" is not deferrable")),
        AppError::NotWritable { relation, verb } => ("55000", format!("cannot {verb} view \"{relation}\"")),
        AppError::Denied { kind, name } => ("42501", format!("permission denied for {kind} {name}")),
        AppError::PolicyRecursion { relation } => {
            ("42P17", format!("infinite recursion detected in policy for relation \"{relation}\""))
        }
        AppError::NoReplicaIdentity { relation, deleted } => {
            let (verb, sent) = if *deleted { ("delete from", "deletes") } else { ("update", "updates") };
            let why = format!("it does not have a replica identity and publishes {sent}");
            ("55000", format!("cannot {verb} table \"{relation}\" because {why}"))
        }
        AppError::NoPatternMatch => {
            ("0A000", "nondeterministic collations are not supported for regular expressions".to_string())
        }
        AppError::NoLogin { role, limited: true } => ("53300", format!("too many connections for role \"{role}\"")),
        AppError::NoLogin { role, limited: false } => ("28000", format!("role \"{role}\" is not permitted to log in")),
        AppError::RowSecurity { relation } => {
            ("42501", format!("new row violates row-level security policy for table \"{relation}\""))
        }
        AppError::NotNull { .. } | AppError::Check { .. } | AppError::DomainCheck { .. } | AppError::DomainNotNull { .. } => {
            violated(error)
        }
        AppError::Duplicate { .. } | AppError::Excluded { .. } | AppError::NoReferencedRow { .. } => violated(error),
        AppError::StillReferenced { .. } | AppError::NoPartition { .. } | AppError::PartitionBound { .. } => violated(error),
    };
    ServerError { sqlstate: Some(Cow::Borrowed(code)), message }
}

/// What names something that is kept by its words only and is gone.
pub(super) fn without(kind: ObjectKind, words: &str) -> Option<AppError> {
    let lower = words.to_ascii_lowercase();
    if kind == ObjectKind::Collation {
        return Some(AppError::NoNamed { what: format!("collation \"{}\"", words.trim()) });
    }
    if let Some(operator) =
        lower.strip_prefix("operator ").filter(|rest| !rest.starts_with("class") && !rest.starts_with("family"))
    {
        return Some(AppError::NoOperator { operator: operator.to_owned() });
    }
    lower.starts_with("text search configuration ").then(|| AppError::NoNamed { what: words.to_owned() })
}

/// Something that is named is not there.
fn missing(error: &AppError) -> (&'static str, String) {
    match error {
        AppError::NoRelation { relation } => ("42P01", format!("relation \"{relation}\" does not exist")),
        AppError::NoColumn { column, relation, written: true } => {
            ("42703", format!("column \"{column}\" of relation \"{relation}\" does not exist"))
        }
        AppError::NoColumn { column, .. } => ("42703", format!("column \"{column}\" does not exist")),
        AppError::NoRowField { row, column } => ("42703", format!("record \"{row}\" has no field \"{column}\"")),
        AppError::NoFunction { call } => ("42883", format!("function {call} does not exist")),
        AppError::AmbiguousFunction { call } => ("42725", format!("function {call} is not unique")),
        AppError::NoType { name } => ("42704", format!("type \"{name}\" does not exist")),
        AppError::NoConstraint { constraint, relation } => {
            ("42704", format!("constraint \"{constraint}\" for table \"{relation}\" does not exist"))
        }
        AppError::NoLabel { enumeration, label } => ("22P02", format!("invalid input value for enum {enumeration}: \"{label}\"")),
        _ => ("42P10", "there is no unique or exclusion constraint matching the ON CONFLICT specification".to_string()),
    }
}

/// A row breaks a rule.
fn violated(error: &AppError) -> (&'static str, String) {
    match error {
        AppError::NotNull { column, relation } => {
            ("23502", format!("null value in column \"{column}\" of relation \"{relation}\" violates not-null constraint"))
        }
        AppError::DomainNotNull { domain } => ("23502", format!("domain {domain} does not allow null values")),
        AppError::Check { relation, constraint } => {
            ("23514", format!("new row for relation \"{relation}\" violates check constraint \"{constraint}\""))
        }
        AppError::DomainCheck { domain, constraint } => {
            ("23514", format!("value for domain {domain} violates check constraint \"{constraint}\""))
        }
        AppError::NoPartition { relation } => ("23514", format!("no partition of relation \"{relation}\" found for row")),
        AppError::PartitionBound { relation } => {
            ("23514", format!("new row for relation \"{relation}\" violates partition constraint"))
        }
        AppError::Duplicate { constraint } => {
            ("23505", format!("duplicate key value violates unique constraint \"{constraint}\""))
        }
        AppError::Excluded { constraint } => {
            ("23P01", format!("conflicting key value violates exclusion constraint \"{constraint}\""))
        }
        AppError::NoReferencedRow { relation, constraint } => {
            ("23503", format!("insert or update on table \"{relation}\" violates foreign key constraint \"{constraint}\""))
        }
        AppError::StillReferenced { relation, constraint, referencing } => (
            "23503",
            format!(
                "update or delete on table \"{relation}\" violates foreign key constraint \"{constraint}\" on table \"{referencing}\""
            ),
        ),
        other => ("23000", format!("{other:?}")),
    }
}

fn too_long(data_type: &str) -> (&'static str, String) {
    if data_type.starts_with("bit varying") {
        ("22001", format!("bit string too long for type {data_type}"))
    } else if data_type.starts_with("bit") {
        ("22026", format!("bit string length does not match type {data_type}"))
    } else {
        ("22001", format!("value too long for type {data_type}"))
    }
}

fn out_of_range(data_type: &str) -> (&'static str, String) {
    let message = match data_type {
        text if text.starts_with("numeric") => "numeric field overflow".to_string(),
        "real" | "double precision" => "value out of range: overflow".to_string(),
        other => format!("{other} out of range"),
    };
    ("22003", message)
}

fn malformed(data_type: &str) -> (&'static str, String) {
    let temporal = ["timestamp", "time", "date", "interval"].iter().any(|kind| data_type.starts_with(kind));
    let code = if temporal { "22007" } else { "22P02" };
    let plain = data_type.split('(').next().unwrap_or(data_type);
    let message = match plain {
        "json" | "jsonb" => format!("invalid input syntax for type {plain}"),
        plain => format!("invalid input syntax for type {plain}: \"...\""),
    };
    (code, message)
}
