//! `CREATE FUNCTION`, `CREATE PROCEDURE`, `CREATE AGGREGATE`.

use super::{data, object};
use crate::change::{
    Change, Ident, ObjectKind, Parameter, ParameterMode, Routine, RoutineBody, RoutineOption, Source, SourceKind, TypeName,
    Volatility,
};
use crate::lower::cursor::{Cursor, Read, is_word};
use crate::lower::names::Names;
use sqlparser::tokenizer::Token;

/// `CREATE [OR REPLACE] FUNCTION | PROCEDURE`.
pub(super) fn create(c: &mut Cursor<'_>) -> Read<Change> {
    c.expect("CREATE")?;
    let or_replace = c.eat("OR REPLACE");
    let kind = match c.eat_any(&["FUNCTION", "PROCEDURE"]) {
        Some("FUNCTION") => ObjectKind::Function,
        Some(_) => ObjectKind::Procedure,
        None => return Err(c.refuse("FUNCTION or PROCEDURE")),
    };
    let name = c.qname()?;
    let mut routine = Routine { parameters: parameters(c)?, ..empty(kind) };
    if c.eat("RETURNS TABLE") {
        routine.returns_set = true;
        let columns = c.paren_list(|c| Ok((c.ident()?, c.routine_type()?.0)))?;
        routine.parameters.extend(columns.into_iter().map(|(name, data_type)| Parameter {
            mode: ParameterMode::Table,
            name: Some(name),
            data_type,
            default: None,
        }));
    } else if c.eat("RETURNS") {
        let (data_type, set) = c.routine_type()?;
        (routine.returns, routine.returns_set) = (Some(data_type), set);
    }
    let mut body = None;
    while !c.at_end() {
        option(c, &mut routine, &mut body)?;
    }
    // A body of standard SQL needs no `LANGUAGE`.
    routine.body = body.ok_or_else(|| c.refuse("a body"))?;
    Ok(Change::CreateRoutine { name, or_replace, routine: Box::new(routine) })
}

/// A routine of which nothing was said.
fn empty(kind: ObjectKind) -> Routine {
    Routine {
        kind,
        parameters: Vec::new(),
        returns: None,
        returns_set: false,
        language: "sql".into(),
        body: RoutineBody::Text("".into()),
        volatility: Volatility::Volatile,
        strict: false,
        security_definer: false,
        leakproof: false,
        parallel: "UNSAFE".into(),
        cost: None,
        rows: None,
        settings: Vec::new(),
        window: false,
        support: None,
        transform: None,
    }
}

/// `(a integer, b text DEFAULT 'x', OUT c integer)`.
fn parameters(c: &mut Cursor<'_>) -> Read<Vec<Parameter>> {
    c.expect_sign(&Token::LParen)?;
    if c.eat_sign(&Token::RParen) {
        return Ok(Vec::new());
    }
    let parameters = c.list(|c| {
        let (mode, name, data_type) = object::argument(c)?;
        let has_default = c.eat("DEFAULT") || c.eat_sign(&Token::Eq) || c.eat_sign(&Token::Assignment);
        let default = if has_default { Some(c.expr()?) } else { None };
        Ok(Parameter { mode, name, data_type, default })
    });
    let parameters = parameters?;
    c.expect_sign(&Token::RParen)?;
    Ok(parameters)
}

/// One option, or the body.
fn option(c: &mut Cursor<'_>, routine: &mut Routine, body: &mut Option<RoutineBody>) -> Read<()> {
    if let Some(option) = behaviour(c)? {
        routine.set(&option);
        return Ok(());
    }
    if c.eat("LANGUAGE") {
        routine.language = if c.at_string() { c.string()?.to_ascii_lowercase().into() } else { c.ident()? };
    } else if c.eat("WINDOW") {
        routine.window = true;
    } else if c.at("TRANSFORM") {
        routine.transform = Some(transform(c)?);
    } else if c.eat("WITH") {
        // `WITH (isStrict, isCachable)`, the way before 7.3; since 11 the server refuses it.
        c.options()?;
    } else if c.eat("AS") {
        *body = Some(text_body(c)?);
    } else if c.at("BEGIN ATOMIC") {
        *body = Some(atomic_body(c)?);
    } else if c.at("RETURN") {
        let mark = c.mark();
        c.step();
        let mut names = Names::new(c);
        names.current = Some(parameters_in(&mut names));
        c.expr_into(&mut names)?;
        *body = Some(RoutineBody::Sql(c.finish_query(mark, names)));
    } else {
        return Err(c.refuse("an option of the routine or its body"));
    }
    Ok(())
}

/// The options after `ALTER FUNCTION name`, of which there is one at least.
pub(super) fn options(c: &mut Cursor<'_>) -> Read<Vec<RoutineOption>> {
    let mut options = Vec::new();
    while options.is_empty() || !(c.at_end() || c.eat("RESTRICT")) {
        options.push(behaviour(c)?.ok_or_else(|| c.refuse("an option of a routine"))?);
    }
    Ok(options)
}

/// How the routine runs, if that comes next.
fn behaviour(c: &mut Cursor<'_>) -> Read<Option<RoutineOption>> {
    const WORDS: [(&str, RoutineOption); 13] = [
        ("IMMUTABLE", RoutineOption::Volatility(Volatility::Immutable)),
        ("STABLE", RoutineOption::Volatility(Volatility::Stable)),
        ("VOLATILE", RoutineOption::Volatility(Volatility::Volatile)),
        ("STRICT", RoutineOption::Strict(true)),
        ("RETURNS NULL ON NULL INPUT", RoutineOption::Strict(true)),
        ("CALLED ON NULL INPUT", RoutineOption::Strict(false)),
        ("SECURITY DEFINER", RoutineOption::SecurityDefiner(true)),
        ("EXTERNAL SECURITY DEFINER", RoutineOption::SecurityDefiner(true)),
        ("SECURITY INVOKER", RoutineOption::SecurityDefiner(false)),
        ("EXTERNAL SECURITY INVOKER", RoutineOption::SecurityDefiner(false)),
        ("LEAKPROOF", RoutineOption::Leakproof(true)),
        ("NOT LEAKPROOF", RoutineOption::Leakproof(false)),
        ("RESET ALL", RoutineOption::Reset(None)),
    ];
    if let Some((_, option)) = WORDS.into_iter().find(|(words, _)| c.eat(words)) {
        return Ok(Some(option));
    }
    Ok(Some(if c.eat("PARALLEL") {
        RoutineOption::Parallel(c.ident()?.to_ascii_uppercase().into())
    } else if c.eat("COST") {
        RoutineOption::Cost(number(c)?)
    } else if c.eat("ROWS") {
        RoutineOption::Rows(number(c)?)
    } else if c.eat("SUPPORT") {
        RoutineOption::Support(c.qname()?)
    } else if c.eat("SET") {
        let (name, value) = setting(c)?;
        RoutineOption::Set(name, value)
    } else if c.eat("RESET") {
        RoutineOption::Reset(Some(c.option_name()?))
    } else {
        return Ok(None);
    }))
}

fn number(c: &mut Cursor<'_>) -> Read<String> {
    let mark = c.mark();
    let is_number = matches!(c.peek(0), Token::Number(..));
    if !is_number {
        return Err(c.refuse("a number"));
    }
    c.step();
    Ok(c.text_from(mark).to_owned())
}

/// `TRANSFORM FOR TYPE a, FOR TYPE b`, as written.
fn transform(c: &mut Cursor<'_>) -> Read<String> {
    let mark = c.mark();
    c.expect("TRANSFORM")?;
    c.list(|c| {
        c.expect("FOR TYPE")?;
        c.data_type()
    })?;
    Ok(c.text_from(mark).to_owned())
}

/// `name = value, ...`, `name TO value`, `name FROM CURRENT`, `TIME ZONE value`.
fn setting(c: &mut Cursor<'_>) -> Read<(Ident, String)> {
    let name = match c.eat_any(&["TIME ZONE", "SESSION CHARACTERISTICS", "TRANSACTION"]) {
        Some("TIME ZONE") => "timezone".into(),
        Some(_) => return Err(c.refuse("a setting")),
        None => {
            let name = c.option_name()?;
            if c.eat("FROM CURRENT") {
                return Ok((name, "FROM CURRENT".to_owned()));
            }
            if !c.eat_sign(&Token::Eq) {
                c.expect("TO")?;
            }
            name
        }
    };
    let mark = c.mark();
    c.list(|c| match c.peek(0) {
        Token::Word(_) => c.dotted().map(drop),
        _ if c.at_string() => c.string().map(drop),
        Token::Minus => {
            c.step();
            number(c).map(drop)
        }
        _ => number(c).map(drop),
    })?;
    Ok((name, c.text_from(mark).to_owned()))
}

/// `'text'` or `'object file', 'symbol'`.
fn text_body(c: &mut Cursor<'_>) -> Read<RoutineBody> {
    let first = c.string()?;
    if c.eat_sign(&Token::Comma) {
        return Ok(RoutineBody::Library(first, Some(c.string()?)));
    }
    Ok(RoutineBody::Text(first.into()))
}

/// `BEGIN ATOMIC ... END`, as written.
fn atomic_body(c: &mut Cursor<'_>) -> Read<RoutineBody> {
    let mark = c.mark();
    c.expect("BEGIN ATOMIC")?;
    let mut open = 1usize;
    while open > 0 {
        if c.at_end() {
            return Err(c.refuse("`END`"));
        }
        let after_name = is_word(c.peek(0), "AS") || *c.peek(0) == Token::Period;
        if is_word(c.peek(0), "CASE") {
            open += 1;
        } else if is_word(c.peek(0), "END") {
            open -= 1;
        }
        c.step();
        if after_name {
            c.step();
        }
    }
    let end = c.mark();
    c.reset(mark);
    c.expect("BEGIN ATOMIC")?;
    let mut names = Names::new(c);
    let parameters = parameters_in(&mut names);
    data::statements_into(c, &mut names, Some(parameters), end.saturating_sub(1));
    c.reset(end);
    Ok(RoutineBody::Sql(c.finish_query(mark, names)))
}

/// A select around a body, whose source stands for the parameters: what no table has may be one of them.
fn parameters_in(names: &mut Names<'_>) -> u32 {
    let at = names.reserve(None);
    names.current = Some(at);
    names.push_source(Source::new(None, SourceKind::Unknown));
    at
}

/// `CREATE [OR REPLACE] AGGREGATE`, with the arguments before the options or, the old way, among them.
pub(super) fn create_aggregate(c: &mut Cursor<'_>) -> Read<Change> {
    c.expect("CREATE")?;
    let or_replace = c.eat("OR REPLACE");
    c.expect("AGGREGATE")?;
    let name = c.qname()?;
    let mut routine = empty(ObjectKind::Aggregate);
    routine.language = "internal".into();
    if *c.peek(0) == Token::LParen && is_option(c) {
        let (options, base) = aggregate_options(c)?;
        let parameter = |data_type| Parameter { mode: ParameterMode::In, name: None, data_type, default: None };
        routine.parameters = base.into_iter().map(parameter).collect();
        routine.body = RoutineBody::Aggregate(options);
    } else {
        c.expect_sign(&Token::LParen)?;
        let parameters = object::arguments(c)?.into_iter();
        let parameters = parameters.map(|(mode, name, data_type)| Parameter { mode, name, data_type, default: None });
        routine.parameters = parameters.collect();
        routine.body = RoutineBody::Aggregate(aggregate_options(c)?.0);
    }
    Ok(Change::CreateRoutine { name, or_replace, routine: Box::new(routine) })
}

/// Whether `(name = ...` comes next.
fn is_option(c: &Cursor<'_>) -> bool {
    matches!(c.peek(1), Token::Word(_)) && *c.peek(2) == Token::Eq
}

/// `(SFUNC = f, STYPE = integer)`: the text, and of the old way the type after `BASETYPE`.
fn aggregate_options(c: &mut Cursor<'_>) -> Read<(String, Option<TypeName>)> {
    let mark = c.mark();
    c.expect_sign(&Token::LParen)?;
    let mut base = None;
    while !c.eat_sign(&Token::RParen) {
        let name = c.ident()?;
        if name == "basetype" && c.eat_sign(&Token::Eq) {
            let data_type = if c.at_string() { TypeName::simple(c.string()?.to_ascii_lowercase()) } else { c.data_type()? };
            // "ANY" stands for `(*)`.
            base = (!data_type.name.eq_ignore_ascii_case("any")).then_some(data_type);
        }
        c.skip_to_comma();
        if !c.eat_sign(&Token::Comma) && !c.at_sign(&Token::RParen) {
            return Err(c.refuse("`,` or `)`"));
        }
    }
    let text = c.text_from(mark);
    Ok((text[1..text.len() - 1].trim().to_owned(), base))
}
