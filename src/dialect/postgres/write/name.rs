//! Objects as statements name them: after `ALTER`, `DROP` and `COMMENT ON`.

use super::spell::{join, qname, quote, type_text};
use super::when;
use crate::change::{ObjectKind, ObjectRef, Signature, TypeName};

/// The words of a kind: `MATERIALIZED VIEW`. What is kept by name only carries its words itself.
pub fn kind_words(kind: ObjectKind) -> &'static str {
    match kind {
        ObjectKind::Table => "TABLE",
        ObjectKind::ForeignTable => "FOREIGN TABLE",
        ObjectKind::Column => "COLUMN",
        ObjectKind::Constraint | ObjectKind::DomainConstraint => "CONSTRAINT",
        ObjectKind::Index => "INDEX",
        ObjectKind::View => "VIEW",
        ObjectKind::MaterializedView => "MATERIALIZED VIEW",
        ObjectKind::Sequence => "SEQUENCE",
        ObjectKind::Type => "TYPE",
        ObjectKind::Domain => "DOMAIN",
        ObjectKind::Function => "FUNCTION",
        ObjectKind::Procedure => "PROCEDURE",
        ObjectKind::Aggregate => "AGGREGATE",
        ObjectKind::Routine => "ROUTINE",
        ObjectKind::Trigger => "TRIGGER",
        ObjectKind::EventTrigger => "EVENT TRIGGER",
        ObjectKind::Rule => "RULE",
        ObjectKind::Policy => "POLICY",
        ObjectKind::Schema => "SCHEMA",
        ObjectKind::Extension => "EXTENSION",
        ObjectKind::Role => "ROLE",
        ObjectKind::Database => "DATABASE",
        ObjectKind::Tablespace => "TABLESPACE",
        ObjectKind::Publication => "PUBLICATION",
        ObjectKind::Subscription => "SUBSCRIPTION",
        ObjectKind::Collation => "COLLATION",
        ObjectKind::Statistics => "STATISTICS",
        ObjectKind::Other => "",
    }
}

/// Kind and name, with `if_exists` between them where it is to be written.
pub fn object_name(object: &ObjectRef, if_exists: &str) -> String {
    match (object.kind, &object.words) {
        (ObjectKind::Other, Some(words)) => {
            let kind = other_kind(words);
            format!("{kind} {if_exists}{}", words[kind.len()..].trim_start())
        }
        (kind, _) => format!("{} {if_exists}{}", kind_words(kind), bare_name(object)),
    }
}

/// What follows `COMMENT ON`.
pub fn comment_target(object: &ObjectRef) -> String {
    match (object.kind, &object.member) {
        (ObjectKind::Column, Some(column)) => format!("COLUMN {}.{}", qname(&object.name), quote(column)),
        (ObjectKind::DomainConstraint, Some(member)) => {
            format!("CONSTRAINT {} ON DOMAIN {}", quote(member), qname(&object.name))
        }
        _ => object_name(object, ""),
    }
}

/// A routine's name with its argument types.
pub fn signature(kind: ObjectKind, signature: &Signature) -> String {
    format!("{}{}", qname(&signature.name), arguments(kind, signature.arguments.as_deref()))
}

/// `DROP` of objects of one kind.
pub fn drop_objects(objects: &[ObjectRef], if_exists: bool, cascade: bool, concurrently: bool) -> String {
    let Some((first, rest)) = objects.split_first() else { return "-- drops nothing".into() };
    let mut sql = format!("DROP {}", object_name(first, ""));
    let exists = when(if_exists, "IF EXISTS ");
    let concurrently = when(concurrently, "CONCURRENTLY ");
    let kind = match (first.kind, &first.words) {
        (ObjectKind::Other, Some(words)) => other_kind(words),
        (kind, _) => kind_words(kind),
    };
    sql.insert_str("DROP ".len() + kind.len() + 1, &format!("{concurrently}{exists}"));
    for object in rest {
        let name = match (object.kind, &object.words) {
            (ObjectKind::Other, Some(words)) => words[other_kind(words).len()..].trim_start().to_owned(),
            _ => bare_name(object),
        };
        sql += &format!(", {name}");
    }
    sql + when(cascade, " CASCADE")
}

fn bare_name(object: &ObjectRef) -> String {
    match (object.kind, &object.member) {
        (ObjectKind::DomainConstraint, Some(member)) => format!("{} ON DOMAIN {}", quote(member), qname(&object.name)),
        (ObjectKind::Column, Some(column)) => format!("{}.{}", qname(&object.name), quote(column)),
        (_, Some(member)) => format!("{} ON {}", quote(member), qname(&object.name)),
        (kind, None) => format!("{}{}", qname(&object.name), arguments(kind, object.arguments.as_deref())),
    }
}

fn arguments(kind: ObjectKind, types: Option<&[TypeName]>) -> String {
    match types {
        None => String::new(),
        Some([]) if kind == ObjectKind::Aggregate => "(*)".into(),
        Some(types) => format!("({})", join(types, type_text)),
    }
}

/// The kind at the head of the words that name an object (`OPERATOR CLASS x USING btree`): `IF EXISTS` goes behind it.
fn other_kind(words: &str) -> &str {
    const KINDS: [&str; 16] = [
        "ACCESS METHOD",
        "CAST",
        "CONVERSION",
        "FOREIGN DATA WRAPPER",
        "LANGUAGE",
        "LARGE OBJECT",
        "OPERATOR CLASS",
        "OPERATOR FAMILY",
        "OPERATOR",
        "SERVER",
        "TEXT SEARCH CONFIGURATION",
        "TEXT SEARCH DICTIONARY",
        "TEXT SEARCH PARSER",
        "TEXT SEARCH TEMPLATE",
        "TRANSFORM",
        "USER MAPPING",
    ];
    let is_head = |kind: &str| {
        words.get(..kind.len()).is_some_and(|head| head.eq_ignore_ascii_case(kind))
            && !words[kind.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '_')
    };
    let length =
        KINDS.iter().find(|kind| is_head(kind)).map_or_else(|| words.find(' ').unwrap_or(words.len()), |kind| kind.len());
    &words[..length]
}
