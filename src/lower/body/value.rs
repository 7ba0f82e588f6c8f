//! The values that are known before a body runs, and what the server's functions make of them. What is not sure to come out
//! the same on every server is not known: an answer is `None`.

use crate::change::TypeName;

/// A value that is known before it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// `NULL`.
    Null,
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// A string, also a literal whose type its context says.
    Text(String),
    /// A relation's name as `regclass` prints it.
    Relation(String),
    /// An array of one dimension.
    List(Vec<Value>),
}

/// Longer strings are not followed.
const MAX_BYTES: usize = 1 << 18;

/// What a variable holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Integer,
    Bool,
    Relation,
    List(Box<Kind>),
    /// Anything else: such values are not followed.
    Other,
}

impl Kind {
    /// The kind of a type by its name, in small letters, with `[]` behind an array's.
    pub fn of(name: &str) -> Kind {
        if let Some(element) = name.strip_suffix("[]") {
            return Kind::List(Box::new(Kind::of(element)));
        }
        match name {
            "text" | "varchar" | "character varying" | "name" => Kind::Text,
            "int" | "integer" | "int4" | "bigint" | "int8" | "smallint" | "int2" => Kind::Integer,
            "bool" | "boolean" => Kind::Bool,
            "regclass" => Kind::Relation,
            _ => Kind::Other,
        }
    }

    /// The kind of a parameter's type.
    pub fn of_type(data_type: &TypeName) -> Kind {
        match data_type.dimensions {
            0 => Kind::of(&data_type.name),
            1 => Kind::List(Box::new(Kind::of(&data_type.name))),
            _ => Kind::Other,
        }
    }
}

impl Value {
    /// The value as one of that kind.
    pub(super) fn cast(self, kind: &Kind) -> Option<Value> {
        match (kind, self) {
            (Kind::Other, _) => None,
            (_, Value::Null) => Some(Value::Null),
            (Kind::Text, Value::Bool(value)) => Some(Value::Text(value.to_string())),
            (Kind::Text, value) => value.text().map(Value::Text),
            (Kind::Integer, value @ Value::Integer(_)) => Some(value),
            (Kind::Integer, Value::Text(text)) => text.trim().parse().ok().map(Value::Integer),
            (Kind::Bool, value @ Value::Bool(_)) => Some(value),
            (Kind::Bool, Value::Text(text)) => match text.trim().to_ascii_lowercase().as_str() {
                "t" | "true" | "yes" | "on" | "1" => Some(Value::Bool(true)),
                "f" | "false" | "no" | "off" | "0" => Some(Value::Bool(false)),
                _ => None,
            },
            (Kind::Relation, value @ Value::Relation(_)) => Some(value),
            (Kind::Relation, Value::Text(text)) => relation_name(&text).map(Value::Relation),
            (Kind::List(element), Value::List(values)) => {
                values.into_iter().map(|value| value.cast(element)).collect::<Option<_>>().map(Value::List)
            }
            (Kind::List(element), Value::Text(text)) => {
                let values = elements(&text)?.into_iter().map(|value| value.cast(element));
                values.collect::<Option<_>>().map(Value::List)
            }
            (Kind::Integer | Kind::Bool | Kind::Relation | Kind::List(_), _) => None,
        }
    }

    /// How it is printed where a string is made of it.
    pub(super) fn text(&self) -> Option<String> {
        match self {
            Value::Bool(value) => Some(if *value { "t" } else { "f" }.into()),
            Value::Integer(value) => Some(value.to_string()),
            Value::Text(text) => Some(text.clone()),
            // What is printed of a name with its schema depends on the search path.
            Value::Relation(name) => (!name.contains('.')).then(|| name.clone()),
            Value::Null | Value::List(_) => None,
        }
    }

    /// The value as SQL.
    pub(super) fn literal(&self) -> String {
        match self {
            Value::Null => "NULL".into(),
            Value::Bool(value) => value.to_string(),
            Value::Integer(value) => value.to_string(),
            Value::Text(text) | Value::Relation(text) => quote_literal(text),
            Value::List(values) => {
                format!("ARRAY[{}]", values.iter().map(Value::literal).collect::<Vec<_>>().join(", "))
            }
        }
    }
}

/// A string, where it is of a size that is followed.
pub(super) fn bounded(text: String) -> Option<Value> {
    (text.len() <= MAX_BYTES).then_some(Value::Text(text))
}

/// What a function of the server makes of known arguments.
pub(super) fn call(name: &str, arguments: &[Value]) -> Option<Value> {
    let strict = || arguments.iter().map(Value::text).collect::<Option<Vec<String>>>();
    match (name, arguments) {
        ("format", [template, values @ ..]) => return bounded(format(&template.text()?, values)?),
        ("coalesce", values) => return Some(values.iter().find(|value| **value != Value::Null).cloned().unwrap_or(Value::Null)),
        ("nullif", [left, right]) => return Some(if left == right { Value::Null } else { left.clone() }),
        ("quote_nullable", [Value::Null]) => return Some(Value::Text("NULL".into())),
        ("concat", values) => {
            let parts = values.iter().filter(|value| **value != Value::Null).map(Value::text).collect::<Option<Vec<_>>>();
            return bounded(parts?.concat());
        }
        ("concat_ws", [separator, values @ ..]) => {
            let parts = values.iter().filter(|value| **value != Value::Null).map(Value::text).collect::<Option<Vec<_>>>();
            return bounded(parts?.join(&separator.text()?));
        }
        ("array_to_string", [Value::List(values), separator]) => {
            let parts = values.iter().filter(|value| **value != Value::Null).map(Value::text).collect::<Option<Vec<_>>>();
            return bounded(parts?.join(&separator.text()?));
        }
        ("array_length" | "array_upper", [Value::List(values), Value::Integer(1)]) if !values.is_empty() => {
            return Some(Value::Integer(values.len() as i64));
        }
        ("array_lower", [Value::List(values), Value::Integer(1)]) if !values.is_empty() => return Some(Value::Integer(1)),
        ("cardinality", [Value::List(values)]) => return Some(Value::Integer(values.len() as i64)),
        (_, values) if values.contains(&Value::Null) => return None,
        _ => {}
    }
    let texts = strict()?;
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let text = match (name, texts.as_slice()) {
        ("quote_ident", [name]) => quote_ident(name),
        ("quote_literal" | "quote_nullable", [value]) => quote_literal(value),
        ("lower", [text]) if text.is_ascii() => text.to_ascii_lowercase(),
        ("upper", [text]) if text.is_ascii() => text.to_ascii_uppercase(),
        ("replace", [text, from, to]) if !from.is_empty() => text.replace(from, to),
        ("trim" | "btrim", [text]) => text.trim_matches(' ').to_owned(),
        ("length", [text]) => return Some(Value::Integer(text.chars().count() as i64)),
        ("left", [text, count]) => text.chars().take(count.parse().ok()?).collect(),
        ("split_part", [text, separator, at]) if !separator.is_empty() => {
            text.split(separator).nth(at.parse::<usize>().ok()?.checked_sub(1)?).unwrap_or_default().to_owned()
        }
        ("lpad", [text, width, fill]) => {
            let width: usize = width.parse().ok().filter(|width| *width <= MAX_BYTES)?;
            let missing = width.checked_sub(text.chars().count())?;
            fill.chars().cycle().take(missing).chain(text.chars()).collect()
        }
        _ => return None,
    };
    bounded(text)
}

/// The texts between the braces of an array's literal, where none is quoted or nested.
fn elements(text: &str) -> Option<Vec<Value>> {
    let inside = text.trim().strip_prefix('{')?.strip_suffix('}')?;
    if inside.trim().is_empty() {
        return Some(Vec::new());
    }
    let element = |part: &str| {
        let part = part.trim();
        let plain = !part.is_empty() && !part.contains(['"', '\\', '{', '}']) && !part.eq_ignore_ascii_case("null");
        plain.then(|| Value::Text(part.to_owned()))
    };
    inside.split(',').map(element).collect()
}

/// A relation's name as `regclass` prints it.
fn relation_name(text: &str) -> Option<String> {
    let mut parts = Vec::new();
    let mut rest = text.trim();
    loop {
        let (part, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').map(|(part, after)| (part.to_owned(), after))?,
            None => {
                let end = rest.find('.').unwrap_or(rest.len());
                (rest[..end].to_lowercase(), &rest[end..])
            }
        };
        parts.push(if is_plain(&part) { part } else { quote_ident(&part) });
        match after.strip_prefix('.') {
            Some(after) => rest = after,
            None => return after.is_empty().then(|| parts.join(".")),
        }
    }
}

/// Whether a name needs no quotes.
fn is_plain(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

/// `format` with `%s`, `%I`, `%L`, `%%` and positions; widths are left alone.
fn format(template: &str, values: &[Value]) -> Option<String> {
    let mut out = String::with_capacity(template.len());
    let mut next = 0;
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('%') {
        out += before;
        if let Some(after) = after.strip_prefix('%') {
            out.push('%');
            rest = after;
            continue;
        }
        let digits = after.len() - after.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (at, after) = match after[..digits].parse::<usize>() {
            Ok(position) => (position.checked_sub(1)?, after[digits..].strip_prefix('$')?),
            Err(_) => (next, after),
        };
        let value = values.get(at)?;
        let kind = after.chars().next()?;
        rest = &after[kind.len_utf8()..];
        match (kind, value) {
            ('s', Value::Null) => {}
            // On its own, a name with its schema says the same with and without.
            ('s', Value::Relation(name)) if !touches(&out, rest) => out += name,
            ('s', value) => out += &value.text()?,
            ('I', Value::Null) => return None,
            ('I', value) => out += &quote_ident(&value.text()?),
            ('L', Value::Null) => out += "NULL",
            ('L', value) => out += &quote_literal(&value.text()?),
            _ => return None,
        }
        next = at + 1;
    }
    out += rest;
    Some(out)
}

/// Whether what stands between these would be part of a longer word or string.
fn touches(before: &str, after: &str) -> bool {
    let joins = |c: char| c.is_alphanumeric() || matches!(c, '_' | '\'' | '"' | '.' | '$');
    before.ends_with(joins) || after.starts_with(joins)
}

/// Quotes also where the server would not; the name is the same.
fn quote_ident(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn quote_literal(value: &str) -> String {
    let quoted = value.replace('\'', "''");
    if quoted.contains('\\') { format!("E'{}'", quoted.replace('\\', "\\\\")) } else { format!("'{quoted}'") }
}
