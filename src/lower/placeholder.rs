//! Places in a text that another program fills in before the database sees it: variables of `psql` and marks of templates.
//! A statement with one is not SQL yet, and says so instead of complaining about its grammar.

/// Why a text cannot be read, where it has such a place.
pub(super) fn reason(text: &str) -> Option<String> {
    const TEMPLATES: [(&str, &str); 5] = [("{{", "}}"), ("${", "}"), ("<%", "%>"), ("{%", "%}"), ("@@", "@@")];
    let template = TEMPLATES.iter().find_map(|(open, close)| {
        let start = text.find(open)?;
        let end = text[start + open.len()..].find(close)? + start + open.len() + close.len();
        (end - start <= 200 && !text[start..end].contains('\n')).then(|| &text[start..end])
    });
    if let Some(mark) = template {
        return Some(format!("`{mark}` is filled in before the statement runs"));
    }
    variable(text).map(|name| format!("`{name}` is a variable of psql: what it holds is not known"))
}

/// `:name`, `:'name'` or `:"name"`, which is no cast, no slice of an array and no part of a string.
fn variable(text: &str) -> Option<&str> {
    let mut quoted = false;
    let mut last = ' ';
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if c == '\'' {
            quoted = !quoted;
        }
        let stands_alone = c == ':' && !quoted && (last.is_whitespace() || matches!(last, '(' | ',' | '=' | '.'));
        let next = chars.peek().map(|(_, next)| *next);
        if stands_alone && next.is_some_and(|next| next.is_alphabetic() || matches!(next, '_' | '\'' | '"')) {
            let rest = &text[at + 1..];
            let quote = next.filter(|next| matches!(next, '\'' | '"'));
            let end = match quote {
                Some(quote) => rest[1..].find(quote)? + 2,
                None => rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len()),
            };
            return Some(&text[at..at + 1 + end]);
        }
        last = c;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::reason;

    #[test]
    fn what_is_filled_in_is_named() {
        for (text, mark) in [
            ("CREATE TABLE {{ .Schema }}.users (id int)", "{{ .Schema }}"),
            ("CREATE TABLE ${prefix}users (id int)", "${prefix}"),
            ("GRANT ALL ON t TO :role", ":role"),
            ("CREATE ROLE :\"role\" PASSWORD 'x'", ":\"role\""),
            ("CREATE TABLE :SCHEMA.t (id int)", ":SCHEMA"),
        ] {
            assert!(reason(text).is_some_and(|reason| reason.contains(&format!("`{mark}`"))), "{text}");
        }
        for text in ["SELECT a::int, b[1:n] FROM t WHERE c = ' :x'", "CREATE TABEL t (id int)"] {
            assert_eq!(reason(text), None, "{text}");
        }
    }
}
