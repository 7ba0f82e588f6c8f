//! How a column's values become values of another type (`pg_cast`, and the conversions through text that the manual's `CREATE
//! CAST` describes), and how columns of a type are stored.

use super::types::domain;
use super::write::{quote, type_text};
use crate::catalog::{Catalog, UserTypeShape};
use crate::change::{Expr, Ident, TypeName, TypeShape};
use crate::dialect::Cast;

/// How values of the one type become values of the other in `ALTER COLUMN ... TYPE`.
pub(super) fn cast(column: &str, from: &TypeName, to: &TypeName, catalog: &Catalog) -> Cast {
    let explicit = |through_text: bool| {
        let text = if through_text { format!("::text{}", "[]".repeat(from.dimensions.min(1).into())) } else { String::new() };
        Cast::Explicit(Expr::plain(format!("{}{text}::{}", quote(column), type_text(to))))
    };
    if (from.dimensions > 0) != (to.dimensions > 0) {
        return if is_text(from) || is_text(to) { of_text(from, to, explicit(false)) } else { Cast::Never };
    }
    let (base_from, base_to) = (base(from, catalog), base(to, catalog));
    if base_from.name == base_to.name && base_from.schema == base_to.schema {
        return Cast::Assignment;
    }
    if is_text(&base_from) || is_text(&base_to) {
        return of_text(&base_from, &base_to, explicit(false));
    }
    if is_own(&base_from, catalog) || is_own(&base_to, catalog) {
        return explicit(true);
    }
    let pair = (base_from.name.as_str(), base_to.name.as_str());
    if ASSIGNMENTS.contains(&pair) || is_number(pair.0) && is_number(pair.1) {
        return Cast::Assignment;
    }
    if EXPLICIT.contains(&pair) { explicit(false) } else { Cast::Never }
}

/// Everything becomes text without being asked for; from text everything is read that can be.
fn of_text(from: &TypeName, to: &TypeName, explicit: Cast) -> Cast {
    if is_text(to) && !(is_text(from) && from.dimensions != to.dimensions) { Cast::Assignment } else { explicit }
}

const ASSIGNMENTS: [(&str, &str); 27] = [
    ("bigint", "money"),
    ("bigint", "oid"),
    ("bit", "bit varying"),
    ("bit varying", "bit"),
    ("cidr", "inet"),
    ("date", "timestamp with time zone"),
    ("date", "timestamp without time zone"),
    ("inet", "cidr"),
    ("integer", "money"),
    ("integer", "oid"),
    ("interval", "time without time zone"),
    ("json", "jsonb"),
    ("jsonb", "json"),
    ("macaddr", "macaddr8"),
    ("macaddr8", "macaddr"),
    ("money", "numeric"),
    ("numeric", "money"),
    ("oid", "bigint"),
    ("oid", "integer"),
    ("time with time zone", "time without time zone"),
    ("time without time zone", "interval"),
    ("time without time zone", "time with time zone"),
    ("timestamp with time zone", "date"),
    ("timestamp with time zone", "timestamp without time zone"),
    ("timestamp without time zone", "date"),
    ("timestamp without time zone", "time without time zone"),
    ("timestamp without time zone", "timestamp with time zone"),
];

const EXPLICIT: [(&str, &str); 14] = [
    ("bigint", "bit"),
    ("bit", "bigint"),
    ("bit", "integer"),
    ("boolean", "integer"),
    ("integer", "bit"),
    ("integer", "boolean"),
    ("jsonb", "bigint"),
    ("jsonb", "boolean"),
    ("jsonb", "double precision"),
    ("jsonb", "integer"),
    ("jsonb", "numeric"),
    ("jsonb", "real"),
    ("jsonb", "smallint"),
    ("timestamp with time zone", "time with time zone"),
];

fn is_text(data_type: &TypeName) -> bool {
    data_type.schema.is_none()
        && matches!(data_type.name.as_str(), "text" | "character varying" | "character" | "name" | "citext")
}

fn is_number(name: &str) -> bool {
    matches!(name, "smallint" | "integer" | "bigint" | "numeric" | "real" | "double precision")
}

/// Whether it is a type of one's own, whose text form is read by its input function.
fn is_own(data_type: &TypeName, catalog: &Catalog) -> bool {
    catalog.resolve_type(&data_type.qname()).is_some_and(|name| catalog.types.contains_key(&name))
}

/// The type below all domains.
fn base(data_type: &TypeName, catalog: &Catalog) -> TypeName {
    match domain(&TypeName { dimensions: 0, ..data_type.clone() }, catalog) {
        Some(UserTypeShape::Domain(found)) => base(&found.data_type, catalog),
        Some(UserTypeShape::Type(_)) | None => data_type.clone(),
    }
}

/// The storage mode that `pg_type` gives columns of a type.
pub(super) fn usual_storage(data_type: &TypeName, catalog: &Catalog) -> Ident {
    let base = base(data_type, catalog);
    if base.dimensions > 0 {
        return "EXTENDED".into();
    }
    if let Some(UserTypeShape::Type(shape)) = domain(&base, catalog) {
        return match shape {
            TypeShape::Enum(_) => "PLAIN".into(),
            TypeShape::Composite(_) | TypeShape::Range(_) | TypeShape::Base(_) => "EXTENDED".into(),
        };
    }
    match base.name.as_str() {
        "numeric" | "inet" | "cidr" => "MAIN".into(),
        "smallint"
        | "integer"
        | "bigint"
        | "real"
        | "double precision"
        | "boolean"
        | "date"
        | "uuid"
        | "interval"
        | "oid"
        | "money"
        | "macaddr"
        | "macaddr8"
        | "name"
        | "char"
        | "point"
        | "box"
        | "line"
        | "circle"
        | "lseg"
        | "time without time zone"
        | "time with time zone"
        | "timestamp without time zone"
        | "timestamp with time zone" => "PLAIN".into(),
        _ => "EXTENDED".into(),
    }
}
