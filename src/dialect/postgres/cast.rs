//! How a column's values become values of another type (`pg_cast`, and the conversions through text that the manual's `CREATE
//! CAST` describes), and how columns of a type are stored.

use super::types::domain;
use super::write::{quote, type_text};
use crate::catalog::{Catalog, UserTypeShape};
use crate::change::{Expr, Ident, TypeName, TypeShape};
use crate::dialect::Cast;

/// How values of the one type become values of the other in `ALTER COLUMN ... TYPE`.
pub(super) fn cast(column: &str, from: &TypeName, to: &TypeName, catalog: &Catalog) -> Cast {
    let through = match way(from, to, catalog) {
        Way::Assignment => return Cast::Assignment,
        Way::Never => return Cast::Never,
        Way::Explicit => String::new(),
        Way::Text => format!("::text{}", "[]".repeat(from.dimensions.min(1).into())),
    };
    Cast::Explicit(Expr::plain(format!("{}{through}::{}", quote(column), type_text(to))))
}

/// What leads from one type to another.
#[derive(Clone, Copy)]
enum Way {
    Assignment,
    /// A cast that has to be asked for.
    Explicit,
    /// The one's text, read as the other.
    Text,
    Never,
}

fn way(from: &TypeName, to: &TypeName, catalog: &Catalog) -> Way {
    let (from, to) = (base(from, catalog), base(to, catalog));
    match (from.dimensions > 0, to.dimensions > 0) {
        (true, true) => way(&element(&from), &element(&to), catalog),
        (true, false) if is_text(&to) => Way::Assignment,
        (false, true) if is_text(&from) => Way::Explicit,
        (true, false) | (false, true) => Way::Never,
        (false, false) => way_of_one(&from, &to, catalog),
    }
}

/// Everything becomes text without being asked for; from text everything is read that can be.
fn way_of_one(from: &TypeName, to: &TypeName, catalog: &Catalog) -> Way {
    let pair = (from.name.as_str(), to.name.as_str());
    let own = is_own(from, catalog) || is_own(to, catalog);
    if pair.0 == pair.1 && from.schema == to.schema || !own && is_assignment(pair) || is_text(to) {
        Way::Assignment
    } else if is_text(from) || !own && is_explicit(pair) {
        Way::Explicit
    } else if own {
        Way::Text
    } else {
        Way::Never
    }
}

fn is_assignment(pair: (&str, &str)) -> bool {
    let listed = ASSIGNMENTS.iter().any(|(from, to)| *from == pair.0 && to.contains(&pair.1));
    listed
        || is_number(pair.0) && is_number(pair.1)
        || match (is_name_of_object(pair.0), is_name_of_object(pair.1)) {
            (false, true) => OBJECT_NUMBERS.contains(&pair.0) || pair.0 == "smallint",
            (true, false) => OBJECT_NUMBERS.contains(&pair.1),
            (true, true) => ["regproc", "regoper"].iter().any(|kind| pair.0.starts_with(kind) && pair.1.starts_with(kind)),
            (false, false) => false,
        }
}

fn is_explicit(pair: (&str, &str)) -> bool {
    let listed = EXPLICIT.iter().any(|(from, to)| *from == pair.0 && to.contains(&pair.1));
    listed || pair.0.strip_suffix("range").is_some_and(|kind| pair.1.strip_suffix("multirange") == Some(kind))
}

const ASSIGNMENTS: [(&str, &[&str]); 27] = [
    ("bigint", &["money", "oid"]),
    ("bit", &["bit varying"]),
    ("bit varying", &["bit"]),
    ("box", &["polygon"]),
    ("character", &["\"char\""]),
    ("character varying", &["\"char\"", "regclass"]),
    ("cidr", &["inet"]),
    ("date", &["timestamp with time zone", "timestamp without time zone"]),
    ("inet", &["cidr"]),
    ("integer", &["money", "oid"]),
    ("interval", &["time without time zone"]),
    ("json", &["jsonb"]),
    ("jsonb", &["json"]),
    ("macaddr", &["macaddr8"]),
    ("macaddr8", &["macaddr"]),
    ("money", &["numeric"]),
    ("numeric", &["money"]),
    ("oid", &["bigint", "integer"]),
    ("path", &["polygon"]),
    ("point", &["box"]),
    ("polygon", &["path"]),
    ("smallint", &["oid"]),
    ("text", &["\"char\"", "regclass"]),
    ("time with time zone", &["time without time zone"]),
    ("time without time zone", &["interval", "time with time zone"]),
    ("timestamp with time zone", &["date", "time with time zone", "time without time zone", "timestamp without time zone"]),
    ("timestamp without time zone", &["date", "time without time zone", "timestamp with time zone"]),
];

const EXPLICIT: [(&str, &[&str]); 11] = [
    ("bigint", &["bit"]),
    ("bit", &["bigint", "integer"]),
    ("boolean", &["integer"]),
    ("box", &["circle", "lseg", "point"]),
    ("\"char\"", &["integer"]),
    ("circle", &["box", "point", "polygon"]),
    ("integer", &["bit", "boolean", "\"char\""]),
    ("jsonb", &["bigint", "boolean", "double precision", "integer", "numeric", "real", "smallint"]),
    ("lseg", &["point"]),
    ("polygon", &["box", "circle", "point"]),
    ("xid8", &["xid"]),
];

/// What names of objects are kept as.
const OBJECT_NUMBERS: [&str; 3] = ["bigint", "integer", "oid"];

/// Whether it is a type like `regclass`.
fn is_name_of_object(name: &str) -> bool {
    const KINDS: [&str; 11] =
        ["class", "collation", "config", "dictionary", "namespace", "oper", "operator", "proc", "procedure", "role", "type"];
    name.strip_prefix("reg").is_some_and(|kind| KINDS.contains(&kind))
}

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

/// The type below all domains; an array of a domain is none.
fn base(data_type: &TypeName, catalog: &Catalog) -> TypeName {
    if data_type.dimensions > 0 {
        return data_type.clone();
    }
    match domain(data_type, catalog) {
        Some(UserTypeShape::Domain(found)) => base(&found.data_type, catalog),
        Some(UserTypeShape::Type(_)) | None => data_type.clone(),
    }
}

fn element(data_type: &TypeName) -> TypeName {
    TypeName { dimensions: 0, ..data_type.clone() }
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
        | "\"char\""
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
