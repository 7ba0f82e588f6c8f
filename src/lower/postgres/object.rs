//! Objects as statements name them: the words of a kind, and what follows them (`TRIGGER a ON t`, `FUNCTION f(integer)`,
//! `CAST (a AS b)`). `COMMENT`, `DROP`, `ALTER ... RENAME` and their kin share it.

use crate::change::{Ident, ObjectKind, ObjectRef, ParameterMode, QName, Signature, TypeName};
use crate::lower::cursor::{Cursor, Read};
use crate::parse::{Lexis, Scanner, TokenKind};
use sqlparser::tokenizer::Token;

/// The kinds by their words, the longer ones before those that they begin with.
const KINDS: &[(&str, ObjectKind)] = &[
    ("ACCESS METHOD", ObjectKind::Other),
    ("AGGREGATE", ObjectKind::Aggregate),
    ("CAST", ObjectKind::Other),
    ("COLLATION", ObjectKind::Collation),
    ("COLUMN", ObjectKind::Column),
    ("CONSTRAINT", ObjectKind::Constraint),
    ("CONVERSION", ObjectKind::Other),
    ("DATABASE", ObjectKind::Database),
    ("DOMAIN", ObjectKind::Domain),
    ("EVENT TRIGGER", ObjectKind::EventTrigger),
    ("EXTENSION", ObjectKind::Extension),
    ("FOREIGN DATA WRAPPER", ObjectKind::Other),
    ("FOREIGN TABLE", ObjectKind::ForeignTable),
    ("FUNCTION", ObjectKind::Function),
    ("GROUP", ObjectKind::Role),
    ("INDEX", ObjectKind::Index),
    ("LARGE OBJECT", ObjectKind::Other),
    ("MATERIALIZED VIEW", ObjectKind::MaterializedView),
    ("OPERATOR CLASS", ObjectKind::Other),
    ("OPERATOR FAMILY", ObjectKind::Other),
    ("OPERATOR", ObjectKind::Other),
    ("POLICY", ObjectKind::Policy),
    ("PROCEDURAL LANGUAGE", ObjectKind::Other),
    ("LANGUAGE", ObjectKind::Other),
    ("PROCEDURE", ObjectKind::Procedure),
    ("PUBLICATION", ObjectKind::Publication),
    ("ROLE", ObjectKind::Role),
    ("ROUTINE", ObjectKind::Routine),
    ("RULE", ObjectKind::Rule),
    ("SCHEMA", ObjectKind::Schema),
    ("SEQUENCE", ObjectKind::Sequence),
    ("SERVER", ObjectKind::Other),
    ("STATISTICS", ObjectKind::Statistics),
    ("SUBSCRIPTION", ObjectKind::Subscription),
    ("TABLESPACE", ObjectKind::Tablespace),
    ("TABLE", ObjectKind::Table),
    ("TEXT SEARCH CONFIGURATION", ObjectKind::Other),
    ("TEXT SEARCH DICTIONARY", ObjectKind::Other),
    ("TEXT SEARCH PARSER", ObjectKind::Other),
    ("TEXT SEARCH TEMPLATE", ObjectKind::Other),
    ("TRANSFORM", ObjectKind::Other),
    ("TRIGGER", ObjectKind::Trigger),
    ("TYPE", ObjectKind::Type),
    ("USER MAPPING", ObjectKind::Other),
    ("USER", ObjectKind::Role),
    ("VIEW", ObjectKind::View),
];

/// A kind and the words that say it.
pub(super) type Kind = (&'static str, ObjectKind);

/// Steps over the words of a kind.
pub(super) fn kind(c: &mut Cursor<'_>) -> Read<Kind> {
    let found = KINDS.iter().copied().find(|(words, _)| c.eat(words));
    match found {
        Some(("PROCEDURAL LANGUAGE", kind)) => Ok(("LANGUAGE", kind)),
        Some(kind) => Ok(kind),
        None => Err(c.refuse("a kind of object")),
    }
}

/// The object after the words of its kind.
pub(super) fn named(c: &mut Cursor<'_>, (words, kind): Kind) -> Read<ObjectRef> {
    match kind {
        ObjectKind::Column => {
            let (table, column) = c.column_name()?;
            Ok(ObjectRef::member(kind, table, column))
        }
        ObjectKind::Constraint | ObjectKind::Trigger | ObjectKind::Rule | ObjectKind::Policy => member(c, kind),
        ObjectKind::Function | ObjectKind::Procedure | ObjectKind::Aggregate | ObjectKind::Routine => {
            let Signature { name, arguments } = signature(c)?;
            Ok(ObjectRef { arguments, ..ObjectRef::new(kind, name) })
        }
        ObjectKind::Role => Ok(ObjectRef::new(kind, QName::bare(c.role()?))),
        ObjectKind::Type | ObjectKind::Domain => type_object(c, kind),
        ObjectKind::Other => other(c, words),
        _ => Ok(ObjectRef::new(kind, c.qname()?)),
    }
}

/// A type's name. Built-in types may be named here too, in their own words.
fn type_object(c: &mut Cursor<'_>, kind: ObjectKind) -> Read<ObjectRef> {
    let mark = c.mark();
    match c.data_type() {
        Ok(data_type) if data_type.modifiers.is_empty() && data_type.dimensions == 0 => {
            Ok(ObjectRef::new(kind, data_type.qname()))
        }
        _ => {
            c.reset(mark);
            Ok(ObjectRef::new(kind, c.qname()?))
        }
    }
}

/// `name ON table`; of a constraint also `ON DOMAIN domain`.
fn member(c: &mut Cursor<'_>, kind: ObjectKind) -> Read<ObjectRef> {
    let name = c.ident()?;
    c.expect("ON")?;
    let kind = if kind == ObjectKind::Constraint && c.at("DOMAIN") && matches!(c.peek(1), Token::Word(_)) {
        c.step();
        ObjectKind::DomainConstraint
    } else {
        kind
    };
    Ok(ObjectRef::member(kind, c.qname()?, name))
}

/// What is kept by name only: the words that name it, in one spelling.
fn other(c: &mut Cursor<'_>, words: &str) -> Read<ObjectRef> {
    let mark = c.mark();
    let name = match words {
        "CAST" => {
            c.expect_sign(&Token::LParen)?;
            let source = c.data_type()?;
            c.expect("AS")?;
            let target = c.data_type()?;
            c.expect_sign(&Token::RParen)?;
            let text = format!("({} AS {})", type_text(&source), type_text(&target));
            return Ok(other_ref(words, &text, source.qname()));
        }
        "TRANSFORM" => {
            c.expect("FOR")?;
            let data_type = c.data_type()?;
            c.expect("LANGUAGE")?;
            let text = format!("FOR {} LANGUAGE {}", type_text(&data_type), folded_name(c, Cursor::ident)?.1);
            return Ok(other_ref(words, &text, data_type.qname()));
        }
        "USER MAPPING" => {
            c.expect("FOR")?;
            let (role, role_text) = folded_name(c, Cursor::role)?;
            c.expect("SERVER")?;
            let text = format!("FOR {role_text} SERVER {}", folded_name(c, Cursor::ident)?.1);
            return Ok(other_ref(words, &text, QName::bare(role)));
        }
        "OPERATOR CLASS" | "OPERATOR FAMILY" => return operator_class(c, words, false),
        "OPERATOR" => {
            let name = operator(c)?;
            let mut text = folded(c.text_from(mark));
            if c.eat_sign(&Token::LParen) {
                text += &format!(" ({})", operator_types(c)?.join(", "));
            }
            return Ok(other_ref(words, &text, name));
        }
        "LARGE OBJECT" => QName::bare(c.integer()?.to_string()),
        _ => c.qname()?,
    };
    Ok(other_ref(words, &folded(c.text_from(mark)), name))
}

/// An object of a kind that is kept by name only.
pub(super) fn other_ref(words: &str, text: &str, name: QName) -> ObjectRef {
    ObjectRef { words: Some(format!("{words} {text}")), ..ObjectRef::new(ObjectKind::Other, name) }
}

/// `name [[DEFAULT] FOR TYPE t] USING method [AS ...]`: what stands between the two is written only where it is `created`.
pub(super) fn operator_class(c: &mut Cursor<'_>, words: &str, created: bool) -> Read<ObjectRef> {
    let (name, mut text) = folded_name(c, Cursor::qname)?;
    if created {
        c.eat("DEFAULT");
        c.expect("FOR TYPE")?;
        c.data_type()?;
    }
    if c.eat("USING") {
        text += &format!(" USING {}", folded_name(c, Cursor::ident)?.1);
    }
    Ok(other_ref(words, &text, name))
}

/// What `read` gives, and its text in one spelling.
fn folded_name<'t, T>(c: &mut Cursor<'t>, read: impl FnOnce(&mut Cursor<'t>) -> Read<T>) -> Read<(T, String)> {
    let mark = c.mark();
    let name = read(c)?;
    Ok((name, folded(c.text_from(mark))))
}

/// `(integer, NONE)`, after the parenthesis.
fn operator_types(c: &mut Cursor<'_>) -> Read<Vec<String>> {
    let types = c.list(|c| if c.eat("NONE") { Ok("NONE".to_owned()) } else { Ok(type_text(&c.data_type()?)) })?;
    c.expect_sign(&Token::RParen)?;
    Ok(types)
}

/// `(LEFTARG = integer, FUNCTION = f, ...)` of `CREATE OPERATOR`: the types in the form in which the operator is called later.
pub(super) fn operator_arguments(c: &mut Cursor<'_>) -> Read<String> {
    let mut sides = ["NONE".to_owned(), "NONE".to_owned()];
    c.expect_sign(&Token::LParen)?;
    c.list(|c| {
        let side = if c.eat("LEFTARG") { Some(0) } else { c.eat("RIGHTARG").then_some(1) };
        match side {
            Some(side) => {
                c.expect_sign(&Token::Eq)?;
                sides[side] = type_text(&c.data_type()?);
            }
            None => c.skip_to_comma(),
        }
        Ok(())
    })?;
    c.expect_sign(&Token::RParen)?;
    Ok(format!("({})", sides.join(", ")))
}

/// An operator's name: signs, perhaps with a schema before them.
pub(super) fn operator(c: &mut Cursor<'_>) -> Read<QName> {
    let schema = match (c.peek(0), c.peek(1)) {
        (Token::Word(_), Token::Period) => {
            let schema = c.ident()?;
            c.step();
            Some(schema)
        }
        _ => None,
    };
    let mark = c.mark();
    while !c.at_end() && !matches!(c.peek(0), Token::Word(_) | Token::LParen | Token::RParen | Token::Comma | Token::Number(..)) {
        c.step();
    }
    if c.mark() == mark { Err(c.refuse("an operator")) } else { Ok(QName { schema, name: c.text_from(mark).into() }) }
}

/// A routine's name, with the types of its input arguments where they are written.
pub(super) fn signature(c: &mut Cursor<'_>) -> Read<Signature> {
    let name = c.qname()?;
    let arguments = if c.at_sign(&Token::LParen) { Some(argument_types(c)?) } else { None };
    Ok(Signature { name, arguments })
}

/// `(integer, name text, OUT x integer)`, `(*)`, `(integer ORDER BY text)`: the input types.
fn argument_types(c: &mut Cursor<'_>) -> Read<Vec<TypeName>> {
    c.expect_sign(&Token::LParen)?;
    if c.eat_sign(&Token::RParen) {
        return Ok(Vec::new());
    }
    let arguments = arguments(c)?;
    let inputs = arguments.into_iter().filter(|(mode, ..)| !matches!(mode, ParameterMode::Out | ParameterMode::Table));
    Ok(inputs.map(|(_, _, data_type)| data_type).collect())
}

/// The rest of `(*)`, `(integer, b text)`, `(float8 ORDER BY anyelement)`, after the parenthesis.
pub(super) fn arguments(c: &mut Cursor<'_>) -> Read<Vec<Argument>> {
    let mut arguments = Vec::new();
    if c.eat_sign(&Token::Mul) {
        c.expect_sign(&Token::RParen)?;
        return Ok(arguments);
    }
    c.eat("ORDER BY");
    loop {
        arguments.push(argument(c)?);
        if c.eat_sign(&Token::RParen) {
            return Ok(arguments);
        }
        if !c.eat("ORDER BY") {
            c.expect_sign(&Token::Comma)?;
        }
    }
}

/// Mode, name and type.
pub(super) type Argument = (ParameterMode, Option<Ident>, TypeName);

/// `[mode] [name] [mode] type` of a parameter.
pub(super) fn argument(c: &mut Cursor<'_>) -> Read<Argument> {
    let mut mode = mode(c);
    let mark = c.mark();
    let ends = |c: &Cursor<'_>| {
        matches!(c.peek(0), Token::Comma | Token::RParen | Token::Eq | Token::Assignment | Token::EOF)
            || c.at_any(&["DEFAULT", "ORDER BY"])
    };
    if let Ok((data_type, _)) = c.routine_type()
        && ends(c)
    {
        return Ok((mode.unwrap_or_default(), None, data_type));
    }
    c.reset(mark);
    let name = c.ident()?;
    if mode.is_none() {
        mode = self::mode(c);
    }
    let (data_type, _) = c.routine_type()?;
    Ok((mode.unwrap_or_default(), Some(name), data_type))
}

fn mode(c: &mut Cursor<'_>) -> Option<ParameterMode> {
    // `in`, `out` and `inout` and `variadic` name neither parameters nor types without quotes.
    match c.eat_any(&["IN OUT", "INOUT", "IN", "OUT", "VARIADIC"])? {
        "IN" => Some(ParameterMode::In),
        "OUT" => Some(ParameterMode::Out),
        "VARIADIC" => Some(ParameterMode::Variadic),
        _ => Some(ParameterMode::InOut),
    }
}

/// A type in one spelling, for the words that name an object.
fn type_text(data_type: &TypeName) -> String {
    let mut text = data_type.qname().to_string();
    if !data_type.modifiers.is_empty() {
        text += &format!("({})", data_type.modifiers.join(", "));
    }
    text + &"[]".repeat(data_type.dimensions.into())
}

/// Text with its words in lower case and single spaces, so that two spellings of one name are one.
fn folded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for token in Scanner::new(text, &Lexis::POSTGRES) {
        match token.kind {
            _ if token.is_trivia() => out.push_str(if out.ends_with(' ') { "" } else { " " }),
            TokenKind::Word => out.push_str(&token.text(text).to_ascii_lowercase()),
            _ => out.push_str(token.text(text)),
        }
    }
    out
}
