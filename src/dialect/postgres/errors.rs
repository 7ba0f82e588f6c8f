//! The server's errors for changes that a schema state does not admit: SQLSTATE and message as it words them. `tests/errors.rs`
//! compares them with a server.

use crate::catalog::{Problem, ViewColumnsProblem};
use crate::change::{Change, ConstraintKind, EnumChange, ObjectKind, TableAction};
use crate::dialect::ServerError;

/// The error that a problem gives.
pub(super) fn problem(problem: &Problem, change: &Change) -> ServerError {
    match problem {
        Problem::Missing { kind, name, of } => missing(*kind, name, of.as_deref(), change),
        Problem::Exists { kind, name, of } => exists(*kind, own(name), of.as_deref()),
        Problem::Dependents { drop: true, .. } if drops_several(change) => {
            error("2BP01", "cannot drop desired object(s) because other objects depend on them")
        }
        Problem::Dependents { what, drop: true, .. } => {
            error("2BP01", format!("cannot drop {what} because other objects depend on it"))
        }
        Problem::Dependents { dependents, drop: false, .. } => error("0A000", retyped(dependents)),
        Problem::WrongKind { name, .. } if matches!(change, Change::Refresh { .. }) => {
            error("42809", format!("\"{}\" is not a table or materialized view", own(name)))
        }
        Problem::WrongKind { name, expected } => error("42809", format!("\"{}\" is not {}", own(name), with_article(*expected))),
        Problem::InTransaction { statement } => error("25001", format!("{statement} cannot run inside a transaction block")),
        Problem::UncommittedLabel { label, enumeration } => {
            error("55P04", format!("unsafe use of new value \"{label}\" of enum type {enumeration}"))
        }
        Problem::UnknownLabel { label, enumeration } => match change {
            Change::AlterEnum { change: EnumChange::Add { .. } | EnumChange::Rename { .. }, .. } => {
                error("22023", format!("\"{label}\" is not an existing enum label"))
            }
            _ => error("22P02", format!("invalid input value for enum {enumeration}: \"{label}\"")),
        },
        Problem::SecondPrimaryKey { table } => {
            error("42P16", format!("multiple primary keys for table \"{table}\" are not allowed"))
        }
        Problem::NoKeyReferenced { table } => {
            let table = own(table);
            error("42830", format!("there is no unique constraint matching given keys for referenced table \"{table}\""))
        }
        Problem::NoConflictKey { .. } => {
            error("42P10", "there is no unique or exclusion constraint matching the ON CONFLICT specification")
        }
        Problem::ViewColumns { detail, column, to } => error("42P16", view_columns(*detail, column, to.as_deref())),
        Problem::RoutineReplaced { result: true, .. } => error("42P13", "cannot change return type of existing function"),
        Problem::RoutineReplaced { result: false, .. } => error("42P13", "cannot change name of input parameter"),
        Problem::Other { code, message } => error(code, message),
    }
}

fn drops_several(change: &Change) -> bool {
    matches!(change, Change::Drop { objects, .. } if objects.len() > 1)
}

fn error(code: &'static str, message: impl Into<String>) -> ServerError {
    ServerError { sqlstate: Some(code.into()), message: message.into() }
}

/// The name without its schema.
fn own(name: &str) -> &str {
    if name.contains(['(', '"']) { name } else { name.rsplit('.').next().unwrap_or(name) }
}

fn missing(kind: ObjectKind, name: &str, of: Option<&str>, change: &Change) -> ServerError {
    let dropped = matches!(change, Change::Drop { .. });
    let of = of.map(own).unwrap_or_default();
    match kind {
        ObjectKind::Table
        | ObjectKind::ForeignTable
        | ObjectKind::View
        | ObjectKind::MaterializedView
        | ObjectKind::Sequence
        | ObjectKind::Index => missing_relation(kind, name, dropped, change),
        ObjectKind::Column => missing_column(name, of, change),
        ObjectKind::Constraint => match change {
            Change::AlterTable(alter) if !matches!(alter.action, TableAction::RenameConstraint { .. }) => {
                error("42704", format!("constraint \"{name}\" of relation \"{of}\" does not exist"))
            }
            _ => error("42704", format!("constraint \"{name}\" for table \"{of}\" does not exist")),
        },
        ObjectKind::DomainConstraint => match change {
            Change::Comment { .. } | Change::AlterDomain { change: crate::change::DomainChange::RenameConstraint(..), .. } => {
                error("42704", format!("constraint \"{name}\" for domain {of} does not exist"))
            }
            _ => error("42704", format!("constraint \"{name}\" of domain \"{of}\" does not exist")),
        },
        ObjectKind::Trigger | ObjectKind::Policy => {
            error("42704", format!("{} \"{name}\" for table \"{of}\" does not exist", word(kind)))
        }
        ObjectKind::Rule => error("42704", format!("rule \"{name}\" for relation \"{of}\" does not exist")),
        ObjectKind::Function | ObjectKind::Procedure | ObjectKind::Aggregate | ObjectKind::Routine => match name.contains('(') {
            true => error("42883", format!("{} {name} does not exist", word(kind))),
            false => {
                let article = if kind == ObjectKind::Aggregate { "an" } else { "a" };
                error("42883", format!("could not find {article} {} named \"{name}\"", word(kind)))
            }
        },
        ObjectKind::Schema => error("3F000", format!("schema \"{name}\" does not exist")),
        ObjectKind::Database => error("3D000", format!("database \"{name}\" does not exist")),
        ObjectKind::Collation => error("42704", format!("collation \"{name}\" for encoding \"UTF8\" does not exist")),
        ObjectKind::Type
        | ObjectKind::Domain
        | ObjectKind::EventTrigger
        | ObjectKind::Extension
        | ObjectKind::Role
        | ObjectKind::Tablespace
        | ObjectKind::Publication
        | ObjectKind::Subscription
        | ObjectKind::Statistics
        | ObjectKind::Other => error("42704", format!("{} \"{name}\" does not exist", word(kind))),
    }
}

/// `DROP` names the kind that it expects and the bare name; everything else looks for a relation.
fn missing_relation(kind: ObjectKind, name: &str, dropped: bool, change: &Change) -> ServerError {
    let by_kind = || format!("{} \"{}\" does not exist", word(kind), own(name));
    let uses_index = match change {
        Change::AlterTable(alter) => matches!(alter.action, TableAction::AddConstraint(_)),
        _ => false,
    };
    match kind {
        ObjectKind::Index if dropped || uses_index => error("42704", by_kind()),
        _ if dropped => error("42P01", by_kind()),
        _ => error("42P01", format!("relation \"{name}\" does not exist")),
    }
}

fn missing_column(name: &str, of: &str, change: &Change) -> ServerError {
    let in_key = |kind: &ConstraintKind| match kind {
        ConstraintKind::ForeignKey(_) => format!("column \"{name}\" referenced in foreign key constraint does not exist"),
        ConstraintKind::PrimaryKey(_) | ConstraintKind::Unique(_) | ConstraintKind::Exclude(_) => {
            format!("column \"{name}\" named in key does not exist")
        }
        ConstraintKind::Check(_) => format!("column \"{name}\" does not exist"),
        ConstraintKind::NotNull(_) => format!("column \"{name}\" of relation \"{of}\" does not exist"),
    };
    let message = match change {
        Change::AlterTable(alter) => match &alter.action {
            TableAction::AddConstraint(constraint) => in_key(&constraint.kind),
            TableAction::RenameColumn { .. } => format!("column \"{name}\" does not exist"),
            _ => format!("column \"{name}\" of relation \"{of}\" does not exist"),
        },
        Change::CreateTable(table) => match table.constraints.last() {
            Some(constraint) => in_key(&constraint.kind),
            None => format!("column \"{name}\" does not exist"),
        },
        Change::CreateIndex(_) | Change::CreateView(_) | Change::CreatePolicy { .. } | Change::AlterPolicy { .. } => {
            format!("column \"{name}\" does not exist")
        }
        Change::AlterComposite { change: crate::change::AttributeChange::Rename(..), .. } => {
            format!("column \"{name}\" does not exist")
        }
        _ => format!("column \"{name}\" of relation \"{of}\" does not exist"),
    };
    error("42703", message)
}

fn exists(kind: ObjectKind, name: &str, of: Option<&str>) -> ServerError {
    let of = of.map(own).unwrap_or_default();
    match kind {
        ObjectKind::Table
        | ObjectKind::ForeignTable
        | ObjectKind::View
        | ObjectKind::MaterializedView
        | ObjectKind::Sequence
        | ObjectKind::Index => error("42P07", format!("relation \"{name}\" already exists")),
        ObjectKind::Column => error("42701", format!("column \"{name}\" of relation \"{of}\" already exists")),
        ObjectKind::Constraint => error("42710", format!("constraint \"{name}\" for relation \"{of}\" already exists")),
        ObjectKind::DomainConstraint => error("42710", format!("constraint \"{name}\" for domain \"{of}\" already exists")),
        ObjectKind::Function | ObjectKind::Procedure | ObjectKind::Aggregate | ObjectKind::Routine => {
            let name = name.split('(').next().unwrap_or(name);
            error("42723", format!("function \"{name}\" already exists with same argument types"))
        }
        ObjectKind::Trigger | ObjectKind::Rule => {
            error("42710", format!("{} \"{name}\" for relation \"{of}\" already exists", word(kind)))
        }
        ObjectKind::Policy => error("42710", format!("policy \"{name}\" for table \"{of}\" already exists")),
        ObjectKind::Schema => error("42P06", format!("schema \"{name}\" already exists")),
        ObjectKind::Database => error("42P04", format!("database \"{name}\" already exists")),
        ObjectKind::Type
        | ObjectKind::Domain
        | ObjectKind::EventTrigger
        | ObjectKind::Extension
        | ObjectKind::Role
        | ObjectKind::Tablespace
        | ObjectKind::Publication
        | ObjectKind::Subscription
        | ObjectKind::Collation
        | ObjectKind::Statistics
        | ObjectKind::Other => error("42710", format!("{} \"{name}\" already exists", word(kind))),
    }
}

/// The kind as messages call it.
fn word(kind: ObjectKind) -> &'static str {
    match kind {
        ObjectKind::Table => "table",
        ObjectKind::ForeignTable => "foreign table",
        ObjectKind::Column => "column",
        ObjectKind::Constraint | ObjectKind::DomainConstraint => "constraint",
        ObjectKind::Index => "index",
        ObjectKind::View => "view",
        ObjectKind::MaterializedView => "materialized view",
        ObjectKind::Sequence => "sequence",
        ObjectKind::Type | ObjectKind::Domain => "type",
        ObjectKind::Function => "function",
        ObjectKind::Procedure => "procedure",
        ObjectKind::Aggregate => "aggregate",
        ObjectKind::Routine => "routine",
        ObjectKind::Trigger => "trigger",
        ObjectKind::EventTrigger => "event trigger",
        ObjectKind::Rule => "rule",
        ObjectKind::Policy => "policy",
        ObjectKind::Schema => "schema",
        ObjectKind::Extension => "extension",
        ObjectKind::Role => "role",
        ObjectKind::Database => "database",
        ObjectKind::Tablespace => "tablespace",
        ObjectKind::Publication => "publication",
        ObjectKind::Subscription => "subscription",
        ObjectKind::Collation => "collation",
        ObjectKind::Statistics => "statistics object",
        ObjectKind::Other => "object",
    }
}

fn with_article(kind: ObjectKind) -> String {
    let word = if kind == ObjectKind::Domain { "domain" } else { word(kind) };
    let article = if word.starts_with(['a', 'e', 'i', 'o']) { "an" } else { "a" };
    format!("{article} {word}")
}

/// Why a column cannot change its type, by the first thing that depends on it.
fn retyped(dependents: &[String]) -> String {
    let by = dependents.first().map_or("", |it| it.split(' ').next().unwrap_or(""));
    let used = match by {
        "policy" => "used in a policy definition",
        "trigger" => "used in a trigger definition",
        "function" | "procedure" => "used by a function or procedure",
        "column" => "used by a generated column",
        _ => "used by a view or rule",
    };
    format!("cannot alter type of a column {used}")
}

fn view_columns(detail: ViewColumnsProblem, column: &str, to: Option<&str>) -> String {
    let to = to.unwrap_or_default();
    match detail {
        ViewColumnsProblem::Dropped => "cannot drop columns from view".to_owned(),
        ViewColumnsProblem::Renamed => format!("cannot change name of view column \"{column}\" to \"{to}\""),
        // The message also tells the old type.
        ViewColumnsProblem::Retyped => format!("cannot change data type of view column \"{column}\" to {to}"),
    }
}
