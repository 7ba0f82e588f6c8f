//! Values for columns: for each type one that differs from row to row, and others at the ends of what the type takes. They are
//! literals without a type, as a program's text parameters are.

use crate::catalog::{Catalog, UserTypeShape};
use crate::change::{TypeName, TypeShape};

/// A text as a literal.
pub fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// The value of a type in row `k`; nothing for a type of which no value is known.
pub fn usual(data_type: &TypeName, k: u32, catalog: &Catalog) -> Option<String> {
    let text = plain(data_type, k, catalog, 0)?;
    Some(if data_type.dimensions > 0 { quoted(&format!("{{{}}}", element(&text))) } else { quoted(&text) })
}

/// Other values of a type: short, long, large, negative, empty, and whatever checks like to see.
pub fn others(data_type: &TypeName, catalog: &Catalog) -> Vec<String> {
    if data_type.dimensions > 0 {
        let mut scalar = data_type.clone();
        scalar.dimensions = 0;
        let inner = texts(&scalar, catalog, 0).into_iter().map(|text| format!("{{{}}}", element(&text)));
        return std::iter::once("{}".to_owned()).chain(inner).map(|text| quoted(&text)).collect();
    }
    texts(data_type, catalog, 0).iter().map(|text| quoted(text)).collect()
}

/// A value that differs from row to row as an expression of `g`, the number of the row; where none is known, the usual value of one row.
pub fn many(data_type: &TypeName, catalog: &Catalog) -> Option<String> {
    if data_type.dimensions == 0
        && let Some(expression) = expression(data_type, catalog, 0)
    {
        return Some(expression);
    }
    usual(data_type, 1, catalog)
}

fn expression(data_type: &TypeName, catalog: &Catalog, depth: u8) -> Option<String> {
    match own(data_type, catalog) {
        Some(Own::Labels(labels)) => {
            let all = labels.iter().map(|label| quoted(label)).collect::<Vec<_>>();
            return Some(format!("(ARRAY[{}])[1 + g % {}]", all.join(", "), all.len().max(1)));
        }
        Some(Own::Domain(domain)) if depth < 4 => return expression(&domain.data_type, catalog, depth + 1),
        Some(Own::Domain(_) | Own::Composite(_) | Own::Range | Own::Unknown) => return None,
        None => {}
    }
    let length = modifier(data_type, 0);
    Some(match data_type.name.as_str() {
        "smallint" => "21000 + g % 11000".into(),
        "integer" | "bigint" | "oid" => "1000000 + g".into(),
        "numeric" => match (length, modifier(data_type, 1)) {
            (Some(precision), scale) => {
                format!("g % {}", 10u64.pow(precision.saturating_sub(scale.unwrap_or(0)).min(15)))
            }
            _ => "1000 + g".into(),
        },
        "real" | "double precision" | "money" => "g".into(),
        "text" | "character varying" | "citext" | "name" => match length {
            Some(length) => format!("right('m' || g, {length})"),
            None => "'m' || g".into(),
        },
        "character" => format!("right(lpad(g::text, {0}, '0'), {0})", length.unwrap_or(1)),
        "boolean" => "g % 2 = 1".into(),
        "date" => "date '2001-01-01' + (g % 18000)::integer".into(),
        "timestamp without time zone" | "timestamp" => "timestamp '2001-01-01' + g * interval '1 minute'".into(),
        "timestamp with time zone" | "timestamptz" => "timestamptz '2001-01-01 00:00+00' + g * interval '1 minute'".into(),
        "interval" => "g * interval '1 minute'".into(),
        "uuid" => "'00000000-0000-4000-8000-' || lpad(to_hex(g), 12, '0')".into(),
        "json" | "jsonb" => "'{\"m\": ' || g || '}'".into(),
        "bytea" => "'\\x' || lpad(to_hex(g), 16, '0')".into(),
        "inet" | "cidr" => "'10.' || g / 65536 % 256 || '.' || g / 256 % 256 || '.' || g % 256".into(),
        _ => return None,
    })
}

/// An array's element as its text form writes it.
fn element(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn modifier(data_type: &TypeName, at: usize) -> Option<u32> {
    data_type.modifiers.get(at)?.trim().parse().ok()
}

/// What a type of one's own is made of.
enum Own<'a> {
    Labels(&'a [std::sync::Arc<str>]),
    Domain(&'a crate::change::Domain),
    Composite(&'a [(crate::change::Ident, TypeName, Option<crate::change::QName>)]),
    Range,
    Unknown,
}

fn own<'a>(data_type: &TypeName, catalog: &'a Catalog) -> Option<Own<'a>> {
    let name = catalog.resolve_type(&data_type.qname())?;
    Some(match &catalog.types.get(&name)?.shape {
        UserTypeShape::Domain(domain) => Own::Domain(domain),
        UserTypeShape::Type(TypeShape::Enum(labels)) => Own::Labels(labels),
        UserTypeShape::Type(TypeShape::Composite(attributes)) => Own::Composite(attributes),
        UserTypeShape::Type(TypeShape::Range(_)) => Own::Range,
        UserTypeShape::Type(TypeShape::Base(_)) => Own::Unknown,
    })
}

fn plain(data_type: &TypeName, k: u32, catalog: &Catalog, depth: u8) -> Option<String> {
    if depth > 4 {
        return None;
    }
    match own(data_type, catalog) {
        Some(Own::Labels(labels)) => return labels.get(k as usize % labels.len().max(1)).map(|label| label.to_string()),
        Some(Own::Domain(domain)) => return plain(&domain.data_type, k, catalog, depth + 1),
        Some(Own::Composite(attributes)) => {
            let inner = attributes.iter().map(|(_, data_type, _)| {
                plain(data_type, k, catalog, depth + 1)
                    .map(|text| if data_type.dimensions > 0 { format!("\"{{{text}}}\"") } else { element(&text) })
            });
            return Some(format!("({})", inner.map(Option::unwrap_or_default).collect::<Vec<_>>().join(",")));
        }
        Some(Own::Range) => return Some("empty".into()),
        Some(Own::Unknown) => return None,
        None => {}
    }
    let fits = |text: String| match modifier(data_type, 0) {
        // The end of the text is what differs.
        Some(length) => text.chars().rev().take(length as usize).collect::<Vec<_>>().into_iter().rev().collect(),
        None => text,
    };
    let day = format!("2021-{:02}-{:02}", k / 28 % 12 + 1, k % 28 + 1);
    Some(match data_type.name.as_str() {
        "smallint" => (20_000 + k).to_string(),
        "integer" | "bigint" | "oid" => (1_000_000 + k).to_string(),
        "numeric" => match (modifier(data_type, 0), modifier(data_type, 1)) {
            (Some(precision), scale) => {
                let digits = precision.saturating_sub(scale.unwrap_or(0));
                if digits == 0 { format!("0.{k}") } else { (k % 10u32.saturating_pow(digits.min(9))).to_string() }
            }
            _ => (1000 + k).to_string(),
        },
        "real" | "double precision" | "money" => format!("{k}.5"),
        "text" | "character varying" | "citext" | "name" => fits(format!("m{k}")),
        "character" => {
            let length = modifier(data_type, 0).unwrap_or(1) as usize;
            let text = format!("{k:0length$}");
            text[text.len().saturating_sub(length)..].to_owned()
        }
        "\"char\"" | "char" => char::from(b'a' + (k % 26) as u8).to_string(),
        "boolean" => if k % 2 == 1 { "t" } else { "f" }.into(),
        "date" => day,
        "timestamp without time zone" | "timestamp" => format!("{day} 12:00:00"),
        "timestamp with time zone" | "timestamptz" => format!("{day} 12:00:00+00"),
        "time without time zone" | "time" => format!("12:{:02}:00", k % 60),
        "time with time zone" | "timetz" => format!("12:{:02}:00+00", k % 60),
        "interval" => format!("{k} minutes"),
        "uuid" => format!("00000000-0000-4000-8000-{k:012}"),
        "json" | "jsonb" => format!("{{\"m\": {k}}}"),
        "bytea" => format!("\\x{k:08x}"),
        "inet" | "cidr" => format!("10.0.{}.{}", k / 250, k % 250 + 1),
        "macaddr" => format!("08:00:2b:01:02:{:02x}", k % 256),
        "macaddr8" => format!("08:00:2b:01:02:03:04:{:02x}", k % 256),
        "bit" => {
            let length = modifier(data_type, 0).unwrap_or(1) as usize;
            let text = format!("{k:0length$b}");
            text[text.len() - length..].to_owned()
        }
        "bit varying" => fits(format!("{k:b}")),
        "xml" => format!("<m>{k}</m>"),
        "tsvector" | "tsquery" => format!("m{k}"),
        "point" => format!("({k},1)"),
        "box" | "lseg" => format!("(({k},1),(0,0))"),
        "path" | "polygon" => format!("(({k},1),(0,0),(1,1))"),
        "circle" => format!("<({k},1),1>"),
        "line" => format!("{{1,1,{k}}}"),
        "int4range" | "int8range" | "numrange" => format!("[{k},{})", k + 1),
        "daterange" => format!("[{day},{day}]"),
        "tsrange" => format!("[{day} 12:00,{day} 13:00)"),
        "tstzrange" => format!("[{day} 12:00+00,{day} 13:00+00)"),
        "int4multirange" | "int8multirange" | "nummultirange" => format!("{{[{k},{})}}", k + 1),
        "pg_lsn" => format!("0/{k:X}"),
        "hstore" => format!("m=>{k}"),
        "ltree" => format!("m.{k}"),
        "regclass" => "pg_class".into(),
        "xid" | "xid8" | "cid" => k.to_string(),
        _ => return None,
    })
}

fn texts(data_type: &TypeName, catalog: &Catalog, depth: u8) -> Vec<String> {
    let list = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    if depth > 4 {
        return Vec::new();
    }
    match own(data_type, catalog) {
        Some(Own::Labels(labels)) => return labels.iter().map(|label| label.to_string()).collect(),
        Some(Own::Domain(domain)) => {
            let mut all: Vec<String> = domain.checks.iter().flat_map(|check| super::rows::literals(&check.expr.sql)).collect();
            all.extend(texts(&domain.data_type, catalog, depth + 1));
            return all;
        }
        Some(Own::Composite(_) | Own::Range | Own::Unknown) => return Vec::new(),
        None => {}
    }
    match data_type.name.as_str() {
        "smallint" => list(&["0", "1", "-1", "2", "10", "32767", "-32768"]),
        "integer" => list(&["0", "1", "-1", "2", "10", "100", "40000", "2147483647", "-2147483648"]),
        "bigint" => list(&["0", "1", "-1", "2", "10", "100", "40000", "9223372036854775807", "-9223372036854775808"]),
        "numeric" => match (modifier(data_type, 0), modifier(data_type, 1).unwrap_or(0)) {
            (Some(precision), scale) => {
                let nines = "9".repeat(precision.saturating_sub(scale) as usize);
                let fraction = if scale > 0 { format!(".{}", "9".repeat(scale as usize)) } else { String::new() };
                let mut all = list(&["0", "1", "-1"]);
                all.push(format!("{}{fraction}", if nines.is_empty() { "0" } else { &nines }));
                all
            }
            _ => list(&["0", "1", "-1", "0.5", "100", "1.123456789", "1e20"]),
        },
        "real" => list(&["0", "1", "-1", "0.5", "100", "3.4e38"]),
        "double precision" => list(&["0", "1", "-1", "0.5", "100", "1e300"]),
        "text" | "character varying" | "citext" | "character" | "name" => words(data_type),
        "boolean" => list(&["t", "f"]),
        "date" | "timestamp without time zone" | "timestamp with time zone" => {
            list(&["1970-01-01", "1999-12-31", "2100-01-01", "2024-02-29 12:34:56.123456", "infinity"])
        }
        "interval" => list(&["0", "1 second", "-1 day", "1 year"]),
        "uuid" => list(&["00000000-0000-0000-0000-000000000000"]),
        "json" | "jsonb" => list(&["{}", "[]", "null", "1", "\"m\"", "[{\"m\": 1}]"]),
        "bytea" => vec![
            "\\x".to_owned(),
            format!("\\x{}", "ab".repeat(16)),
            format!("\\x{}", "ab".repeat(20)),
            format!("\\x{}", "ab".repeat(32)),
        ],
        "bit varying" => vec!["1".repeat(modifier(data_type, 0).unwrap_or(64) as usize), String::new()],
        "int4range" | "int8range" | "numrange" => list(&["empty", "[1,10)", "(,)"]),
        _ => Vec::new(),
    }
}

/// Texts that programs write, cut to the length of the type, and one as long as it takes.
fn words(data_type: &TypeName) -> Vec<String> {
    let length = modifier(data_type, 0).unwrap_or(300) as usize;
    let words = [
        "x",
        "",
        "A",
        "ab",
        "abc",
        "en",
        "USD",
        "0",
        "1",
        "a@b.co",
        "https://example.com/",
        "+15550100",
        "a b",
        "_",
        "a-b",
        "2021-01-01",
        "0123456789abcdef0123456789abcdef",
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "#ffffff",
        "{}",
        "true",
    ];
    let fitting = words.iter().filter(|word| word.chars().count() <= length).map(|word| (*word).to_owned());
    let kind = if data_type.name == "name" { 60 } else { length.min(20_000) };
    fitting.chain(["x".repeat(kind)]).collect()
}
