//! Triggers that refuse: `RAISE EXCEPTION` in a trigger's function is a rule for rows that no constraint tells of. Which rows
//! it refuses is not worked out; that a refusal is there which was not there before is.

use super::{Trial, Use};
use crate::catalog::{Catalog, Name};
use crate::change::{Ident, RoutineBody, Trigger};
use crate::dialect::AppError;

/// Tries what the application writes against the triggers of the state.
pub(super) fn try_guards(trial: &mut Trial<'_>, name: &Name) {
    let own = guards(trial.app, name);
    for guard in guards(trial.state, name) {
        let known = own.iter().any(|have| have.event == guard.event && have.refusal.condition == guard.refusal.condition);
        if !known {
            let error = AppError::Raised { sqlstate: guard.refusal.sqlstate, message: guard.refusal.message };
            trial.fail(Use::Guarded(name.clone(), guard.trigger, guard.event), error);
        }
    }
}

struct Guard {
    event: Ident,
    trigger: Ident,
    refusal: Refusal,
}

/// One `RAISE` that ends the statement with an error.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Refusal {
    /// From the condition before it on, white space made the same: two of one text refuse the same.
    condition: String,
    sqlstate: String,
    message: String,
}

fn guards(catalog: &Catalog, name: &Name) -> Vec<Guard> {
    let Some(table) = catalog.table(name) else { return Vec::new() };
    let mut out = Vec::new();
    for trigger in table.triggers.iter().filter(|trigger| trigger.fires()) {
        for refusal in body(catalog, trigger).map(refusals).unwrap_or_default() {
            let when = trigger.when.as_ref().map(super::surface::normal_text).unwrap_or_default();
            let condition = format!("{when} {}", refusal.condition);
            out.extend(trigger.events.iter().map(|event| Guard {
                event: event.clone(),
                trigger: trigger.name.clone(),
                refusal: Refusal { condition: condition.clone(), ..refusal.clone() },
            }));
        }
    }
    out
}

fn body<'c>(catalog: &'c Catalog, trigger: &Trigger) -> Option<&'c str> {
    let name = catalog.resolve_routine(&trigger.function)?;
    catalog.routines.get(&name)?.iter().find_map(|routine| match &routine.routine.body {
        RoutineBody::Text(text) if routine.routine.language == "plpgsql" => Some(&**text),
        _ => None,
    })
}

/// The statements of a body that refuse.
fn refusals(body: &str) -> Vec<Refusal> {
    if !body.to_ascii_lowercase().contains("raise") {
        return Vec::new();
    }
    let tokens = tokens(body);
    let asks_operation = tokens.iter().any(|token| *token == Token::Word("tg_op".into()));
    let raise = Token::Word("raise".into());
    let at = tokens.iter().enumerate().filter(|(_, token)| **token == raise).map(|(at, _)| at);
    at.filter_map(|at| refusal(&tokens, at, asks_operation)).collect()
}

fn refusal(tokens: &[Token], at: usize, asks_operation: bool) -> Option<Refusal> {
    let end = tokens[at..].iter().position(|token| *token == Token::Sign(';')).map_or(tokens.len(), |end| at + end);
    let statement = &tokens[at + 1..end];
    let first = statement.first()?;
    if let Token::Word(level) = first
        && matches!(level.as_str(), "debug" | "log" | "info" | "notice" | "warning")
    {
        return None;
    }
    let starts = |token: &Token| matches!(token, Token::Word(word) if matches!(word.as_str(), "if" | "elsif" | "elseif" | "else" | "when" | "begin"));
    let start = tokens[..at].iter().rposition(starts).unwrap_or(0);
    // The branch for an operation that the trigger is not made for.
    if asks_operation && tokens.get(start) == Some(&Token::Word("else".into())) {
        return None;
    }
    let message = statement.iter().find_map(|token| if let Token::Text(text) = token { Some(text.clone()) } else { None });
    let condition = tokens[start..end].iter().map(Token::to_string).collect::<Vec<_>>().join(" ");
    Some(Refusal { condition, sqlstate: sqlstate(statement), message: filled(&message.unwrap_or_default()) })
}

/// The message of a `RAISE` with an ellipsis for each value that it is given.
fn filled(format: &str) -> String {
    format.split("%%").map(|part| part.replace('%', "…")).collect::<Vec<_>>().join("%")
}

/// The code that a `RAISE` gives: named, written, or that of a raised exception.
fn sqlstate(statement: &[Token]) -> String {
    let word = |at: usize| if let Some(Token::Word(word)) = statement.get(at) { word.as_str() } else { "" };
    let text = |at: usize| if let Some(Token::Text(text)) = statement.get(at) { Some(text.as_str()) } else { None };
    let option = statement.iter().position(|token| *token == Token::Word("errcode".into()));
    let written = option.and_then(|at| (at + 1..at + 4).find_map(text));
    let given = match (written, word(0)) {
        (Some(written), _) => written,
        (None, "sqlstate") => text(1).unwrap_or_default(),
        (None, condition) => condition,
    };
    match given {
        "check_violation" => "23514",
        "unique_violation" => "23505",
        "foreign_key_violation" => "23503",
        "not_null_violation" => "23502",
        "restrict_violation" => "23001",
        "exclusion_violation" => "23P01",
        "integrity_constraint_violation" => "23000",
        "insufficient_privilege" => "42501",
        "invalid_parameter_value" => "22023",
        "feature_not_supported" => "0A000",
        code if code.len() == 5 && code.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase()) => code,
        _ => "P0001",
    }
    .to_owned()
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    /// In small letters.
    Word(String),
    /// A string, without its quotes.
    Text(String),
    Sign(char),
}

impl std::fmt::Display for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Token::Word(word) => f.write_str(word),
            Token::Text(text) => write!(f, "'{text}'"),
            Token::Sign(sign) => write!(f, "{sign}"),
        }
    }
}

/// The words, strings and signs of a body; comments and white space fall away.
fn tokens(body: &str) -> Vec<Token> {
    let mut out = Vec::new();
    let mut rest = body;
    while let Some(c) = rest.chars().next() {
        if let Some(comment) = rest.strip_prefix("--") {
            rest = comment.find('\n').map_or("", |end| &comment[end..]);
        } else if let Some(comment) = rest.strip_prefix("/*") {
            rest = comment.find("*/").map_or("", |end| &comment[end + 2..]);
        } else if c == '\'' {
            let (text, after) = string(&rest[1..]);
            out.push(Token::Text(text));
            rest = after;
        } else if c.is_alphanumeric() || c == '_' {
            let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$')).unwrap_or(rest.len());
            out.push(Token::Word(rest[..end].to_lowercase()));
            rest = &rest[end..];
        } else {
            if !c.is_whitespace() {
                out.push(Token::Sign(c));
            }
            rest = &rest[c.len_utf8()..];
        }
    }
    out
}

/// A string after its first quote, and what follows it.
fn string(text: &str) -> (String, &str) {
    let mut out = String::new();
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if c != '\'' {
            out.push(c);
        } else if chars.next_if(|(_, next)| *next == '\'').is_some() {
            out.push('\'');
        } else {
            return (out, &text[at + 1..]);
        }
    }
    (out, "")
}

#[cfg(test)]
mod tests {
    use super::refusals;

    fn found(body: &str) -> Vec<(String, String)> {
        refusals(body).into_iter().map(|refusal| (refusal.sqlstate, refusal.message)).collect()
    }

    #[test]
    fn raised_errors_refuse() {
        let raised = |code: &str, text: &str| vec![(code.to_string(), text.to_string())];
        assert_eq!(found("BEGIN RAISE EXCEPTION 'it''s closed'; END"), raised("P0001", "it's closed"));
        assert_eq!(found("BEGIN RAISE 'no' USING ERRCODE = '23514', HINT = 'x'; END"), raised("23514", "no"));
        assert_eq!(found("BEGIN RAISE EXCEPTION USING ERRCODE = 'unique_violation'; END"), raised("23505", "unique_violation"));
        assert_eq!(found("BEGIN RAISE SQLSTATE 'AB123'; END"), raised("AB123", "AB123"));
        assert_eq!(found("BEGIN RAISE EXCEPTION 'no % at 5%%', NEW.v; END"), raised("P0001", "no … at 5%"));
    }

    #[test]
    fn messages_and_branches_for_other_operations_do_not() {
        for body in [
            "BEGIN RAISE NOTICE 'x'; RAISE; END",
            "BEGIN -- RAISE EXCEPTION 'x';\n RETURN NEW; END",
            "BEGIN IF TG_OP = 'INSERT' THEN RETURN NEW; ELSE RAISE EXCEPTION 'unexpected'; END IF; END",
        ] {
            assert_eq!(found(body), [], "{body}");
        }
    }
}
