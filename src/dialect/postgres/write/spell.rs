//! Identifiers, type names, strings and lists as PostgreSQL reads them.

use crate::change::{Ident, QName, TypeName};
use std::borrow::Cow;

/// An identifier as it must be written: in quotes where it is not folded lower case, or a keyword that cannot stand alone in
/// every place of a name.
pub fn quote(ident: &str) -> Cow<'_, str> {
    if is_plain(ident) && KEYWORDS.binary_search(&ident).is_err() {
        Cow::Borrowed(ident)
    } else {
        Cow::Owned(format!("\"{}\"", ident.replace('"', "\"\"")))
    }
}

/// A type as `format_type` prints it: `character varying(20)[]`, `timestamp(3) with time zone`.
pub fn type_text(data_type: &TypeName) -> String {
    let mut text = match &data_type.schema {
        Some(schema) => format!("{}.{}", quote(schema), quote(&data_type.name)),
        None => builtin(&data_type.name).unwrap_or_else(|| quote(&data_type.name).into_owned()),
    };
    if !data_type.modifiers.is_empty() {
        insert_modifiers(&mut text, &data_type.modifiers);
    }
    text.push_str(&"[]".repeat(data_type.dimensions.into()));
    text
}

/// A qualified name.
pub fn qname(name: &QName) -> String {
    match &name.schema {
        Some(schema) => format!("{}.{}", quote(schema), quote(&name.name)),
        None => quote(&name.name).into_owned(),
    }
}

/// A string literal; with backslashes in the form that reads the same under every setting.
pub fn literal(text: &str) -> String {
    let doubled = text.replace('\'', "''");
    if text.contains('\\') { format!("E'{}'", doubled.replace('\\', "\\\\")) } else { format!("'{doubled}'") }
}

/// A text in dollar quotes whose tag does not occur in it.
pub fn dollar(text: &str) -> String {
    let mut tag = String::from("$$");
    let mut number = 0;
    // A `$` at the end of the text would join the closing tag: no tag may occur in the text up to its own last `$`.
    while text.contains(&tag) || text.ends_with(&tag[..tag.len() - 1]) {
        number += 1;
        tag = if number == 1 { "$_$".into() } else { format!("$_{number}$") };
    }
    format!("{tag}{text}{tag}")
}

/// Identifiers with commas between them.
pub fn idents(list: &[Ident]) -> String {
    join(list, |ident| quote(ident).into_owned())
}

/// Qualified names with commas between them.
pub fn qnames(list: &[QName]) -> String {
    join(list, qname)
}

/// Items with commas between them.
pub fn join<T>(items: impl IntoIterator<Item = T>, each: impl FnMut(T) -> String) -> String {
    items.into_iter().map(each).collect::<Vec<_>>().join(", ")
}

/// A role; `public` and the words for the current role are keywords there.
pub fn role(ident: &Ident) -> String {
    match ident.as_str() {
        "public" | "current_user" | "current_role" | "session_user" => ident.to_uppercase(),
        _ => quote(ident).into_owned(),
    }
}

/// Storage parameters: `(fillfactor=70, toast.autovacuum_enabled=false)`.
pub fn options(list: &[(Ident, String)]) -> String {
    let item = |(name, value): &(Ident, String)| match value.as_str() {
        "" => option_name(name),
        value => format!("{}={value}", option_name(name)),
    };
    format!("({})", join(list, item))
}

/// A storage parameter's name, whose parts (`toast.autovacuum_enabled`) are identifiers.
pub fn option_name(name: &Ident) -> String {
    name.split('.').map(quote).collect::<Vec<_>>().join(".")
}

fn is_plain(ident: &str) -> bool {
    let mut bytes = ident.bytes();
    bytes.next().is_some_and(|b| b.is_ascii_lowercase() || b == b'_')
        && bytes.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'$')
}

/// Built-in types whose names are keywords or several words: they are written without quotes.
fn builtin(name: &str) -> Option<String> {
    const WORDS: [&str; 17] = [
        "bigint",
        "bit",
        "bit varying",
        "boolean",
        "character",
        "character varying",
        "double precision",
        "integer",
        "interval",
        "json",
        "numeric",
        "real",
        "smallint",
        "time with time zone",
        "time without time zone",
        "timestamp with time zone",
        "timestamp without time zone",
    ];
    match name {
        "char" => Some("\"char\"".into()),
        "\"char\"" => Some(name.into()),
        _ => WORDS.binary_search(&name).is_ok().then(|| name.into()),
    }
}

fn insert_modifiers(text: &mut String, modifiers: &[Ident]) {
    if text == "interval" {
        // The fields come first, without parentheses: `interval day to second(3)`.
        let (fields, numbers): (Vec<&Ident>, Vec<&Ident>) =
            modifiers.iter().partition(|modifier| modifier.starts_with(|c: char| c.is_ascii_alphabetic()));
        for field in fields {
            *text += &format!(" {field}");
        }
        if !numbers.is_empty() {
            *text += &format!("({})", join(numbers, |number| number.to_string()));
        }
        return;
    }
    let inside = format!("({})", modifiers.join(","));
    let at = ["time ", "timestamp "].iter().find(|word| text.starts_with(**word)).map_or(text.len(), |word| word.len() - 1);
    text.insert_str(at, &inside);
}

/// The words of categories R, T and C in `pg_get_keywords()` of any version from 12 to 18, sorted.
#[rustfmt::skip]
const KEYWORDS: [&str; 164] = [
    "all", "analyse", "analyze", "and", "any", "array", "as", "asc", "asymmetric", "authorization", "between", "bigint",
    "binary", "bit", "boolean", "both", "case", "cast", "char", "character", "check", "coalesce", "collate", "collation",
    "column", "concurrently", "constraint", "create", "cross", "current_catalog", "current_date", "current_role",
    "current_schema", "current_time", "current_timestamp", "current_user", "dec", "decimal", "default", "deferrable", "desc",
    "distinct", "do", "else", "end", "except", "exists", "extract", "false", "fetch", "float", "for", "foreign", "freeze",
    "from", "full", "grant", "greatest", "group", "grouping", "having", "ilike", "in", "initially", "inner", "inout", "int",
    "integer", "intersect", "interval", "into", "is", "isnull", "join", "json", "json_array", "json_arrayagg", "json_exists",
    "json_object", "json_objectagg", "json_query", "json_scalar", "json_serialize", "json_table", "json_value", "lateral",
    "leading", "least", "left", "like", "limit", "localtime", "localtimestamp", "merge_action", "national", "natural",
    "nchar", "none", "normalize", "not", "notnull", "null", "nullif", "numeric", "offset", "on", "only", "or", "order", "out",
    "outer", "overlaps", "overlay", "placing", "position", "precision", "primary", "real", "references", "returning", "right",
    "row", "select", "session_user", "setof", "similar", "smallint", "some", "substring", "symmetric", "system_user", "table",
    "tablesample", "then", "time", "timestamp", "to", "trailing", "treat", "trim", "true", "union", "unique", "user", "using",
    "values", "varchar", "variadic", "verbose", "when", "where", "window", "with", "xmlattributes", "xmlconcat", "xmlelement",
    "xmlexists", "xmlforest", "xmlnamespaces", "xmlparse", "xmlpi", "xmlroot", "xmlserialize", "xmltable",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers() {
        assert!(KEYWORDS.is_sorted());
        for (ident, written) in [
            ("users", "users"),
            ("a$1", "a$1"),
            ("Users", "\"Users\""),
            ("order", "\"order\""),
            ("name", "name"),
            ("a b", "\"a b\""),
            ("a\"b", "\"a\"\"b\""),
            ("1a", "\"1a\""),
            ("\u{fc}ber", "\"\u{fc}ber\""),
            ("", "\"\""),
        ] {
            assert_eq!(quote(ident), written);
        }
    }

    #[test]
    fn types() {
        let typed = |name: &str, modifiers: &[&str], dimensions| TypeName {
            schema: None,
            name: name.into(),
            modifiers: modifiers.iter().map(|m| Ident::from(*m)).collect(),
            dimensions,
        };
        for (data_type, written) in [
            (typed("character varying", &["20"], 1), "character varying(20)[]"),
            (typed("timestamp with time zone", &["3"], 0), "timestamp(3) with time zone"),
            (typed("timestamp without time zone", &[], 2), "timestamp without time zone[][]"),
            (typed("numeric", &["10", "2"], 0), "numeric(10,2)"),
            (typed("interval", &["day to second", "3"], 0), "interval day to second(3)"),
            (typed("Mood", &[], 0), "\"Mood\""),
            (typed("char", &[], 0), "\"char\""),
            (TypeName { schema: Some("app".into()), ..typed("order", &[], 0) }, "app.\"order\""),
        ] {
            assert_eq!(type_text(&data_type), written);
        }
    }

    #[test]
    fn strings() {
        assert_eq!(literal("it's"), "'it''s'");
        assert_eq!(literal("a\\b'"), "E'a\\\\b'''");
        assert_eq!(dollar("a"), "$$a$$");
        assert_eq!(dollar("a $$ b"), "$_$a $$ b$_$");
        assert_eq!(dollar("a$"), "$_$a$$_$");
        assert_eq!(dollar("$_$ $$"), "$_2$$_$ $$$_2$");
    }
}
