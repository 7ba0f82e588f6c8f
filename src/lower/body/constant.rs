//! The value of the string that `EXECUTE` is given, where it is the same in every run: a literal, literals joined by
//! `||`, and `format`, `concat`, `quote_ident`, `quote_literal` of literals.

use crate::lower::literal;
use crate::parse::{Token, TokenKind};

/// A string that is known before it runs.
pub(super) struct Constant {
    /// Its value.
    pub text: String,
    /// Where it stands as it is, without escapes.
    pub exact: Option<(usize, usize)>,
}

/// The value of the expression that these tokens of `text` are.
pub(super) fn evaluate(text: &str, tokens: &[Token]) -> Option<Constant> {
    let mut reader = Reader { text, tokens, at: 0 };
    let constant = reader.joined(0)?;
    (reader.at == tokens.len()).then_some(constant)
}

/// Parentheses and calls inside each other.
const MAX_NESTING: usize = 20;

struct Reader<'t> {
    text: &'t str,
    tokens: &'t [Token],
    at: usize,
}

impl Reader<'_> {
    fn sign(&self) -> &str {
        self.tokens.get(self.at).map_or("", |token| token.text(self.text))
    }

    fn eat(&mut self, sign: &str) -> Option<()> {
        let found = self.sign().eq_ignore_ascii_case(sign);
        self.at += usize::from(found);
        found.then_some(())
    }

    /// `a || b || c`.
    fn joined(&mut self, nesting: usize) -> Option<Constant> {
        let mut constant = self.value(nesting)?;
        while self.eat("||").is_some() {
            constant.text += &self.value(nesting)?.text;
            constant.exact = None;
        }
        Some(constant)
    }

    /// One value with its casts to `text`.
    fn value(&mut self, nesting: usize) -> Option<Constant> {
        let token = *self.tokens.get(self.at).filter(|_| nesting < MAX_NESTING)?;
        let constant = match token.kind {
            TokenKind::String | TokenKind::DollarString => self.literal()?,
            TokenKind::Punctuation if self.eat("(").is_some() => {
                let inside = self.joined(nesting + 1)?;
                self.eat(")")?;
                inside
            }
            TokenKind::Word => self.call(nesting)?,
            _ => return None,
        };
        while self.eat("::").is_some() {
            self.eat("text").or_else(|| self.eat("varchar"))?;
        }
        Some(constant)
    }

    /// A literal, with those on the next lines that continue it.
    fn literal(&mut self) -> Option<Constant> {
        let first = self.tokens[self.at];
        self.at += 1;
        let mut end = first.end;
        if first.kind == TokenKind::String {
            while let Some(next) = self.tokens.get(self.at).filter(|next| next.kind == TokenKind::String) {
                end = next.end;
                self.at += 1;
            }
        }
        let (text, exact) = literal::decode(&self.text[first.start..end])?;
        let exact = exact.map(|inside| (first.start + inside.start, first.start + inside.end));
        Some(Constant { text, exact })
    }

    fn call(&mut self, nesting: usize) -> Option<Constant> {
        let name = self.sign().to_ascii_lowercase();
        self.at += 1;
        self.eat("(")?;
        let mut arguments = vec![self.joined(nesting + 1)?.text];
        while self.eat(",").is_some() {
            arguments.push(self.joined(nesting + 1)?.text);
        }
        self.eat(")")?;
        let text = match (name.as_str(), arguments.as_slice()) {
            ("format", [template, values @ ..]) => format(template, values)?,
            ("concat", values) => values.concat(),
            ("quote_ident", [name]) => quote_ident(name),
            ("quote_literal", [value]) => quote_literal(value),
            _ => return None,
        };
        Some(Constant { text, exact: None })
    }
}

/// `format` with `%s`, `%I`, `%L`, `%%` and positions; widths are left alone.
fn format(template: &str, values: &[String]) -> Option<String> {
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
        match kind {
            's' => out += value,
            'I' => out += &quote_ident(value),
            'L' => out += &quote_literal(value),
            _ => return None,
        }
        next = at + 1;
        rest = &after[1..];
    }
    out += rest;
    Some(out)
}

/// Quotes also where the server would not; the name is the same.
fn quote_ident(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn quote_literal(value: &str) -> String {
    let quoted = value.replace('\'', "''");
    if quoted.contains('\\') { format!("E'{}'", quoted.replace('\\', "\\\\")) } else { format!("'{quoted}'") }
}
