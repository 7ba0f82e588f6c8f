//! The conditions of policies, made comparable: what admits the same rows is the same however it is written (`(SELECT f())` for
//! `f()`, swapped operands, parentheses), an alternative admits more than each of its arms, a conjunction less than each part.

use super::condition::follows;
use super::surface::normal_text;
use crate::change::{Expr, Ident, Policy};
use crate::parse::Lexis;
use sqlparser::ast::{BinaryOperator, Expr as Ast, FunctionArg, FunctionArgExpr, FunctionArguments};
use sqlparser::dialect::GenericDialect;
use std::sync::Arc;

/// Of which rows the policies of `there` refuse some that those of `own` admit for a command; nothing where they admit all of them.
/// Where row security did not bind the application (`bound`), all rows were admitted.
pub(super) fn admit_less(own: &[Arc<Policy>], there: &[Arc<Policy>], command: &str, bound: bool) -> Option<Part> {
    parts(command).iter().copied().find(|part| {
        let own: Vec<Admission<'_>> = admissions(own, command, *part).collect();
        let there: Vec<Admission<'_>> = admissions(there, command, *part).collect();
        if bound { lost(&own, &there) } else { !all_admitted(&there) }
    })
}

/// What a policy is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// Rows that are there.
    Using,
    /// Rows as they are to become.
    Check,
}

fn parts(command: &str) -> &'static [Part] {
    match command {
        "INSERT" => &[Part::Check],
        "UPDATE" => &[Part::Using, Part::Check],
        _ => &[Part::Using],
    }
}

/// What one policy says.
struct Admission<'p> {
    policy: &'p Policy,
    /// The condition; nothing where there is none.
    expr: Option<&'p Expr>,
    meaning: Meaning,
}

fn admissions<'p>(policies: &'p [Arc<Policy>], command: &'p str, part: Part) -> impl Iterator<Item = Admission<'p>> {
    let applies = move |policy: &&Arc<Policy>| policy.command == "ALL" || policy.command == command;
    policies.iter().filter(applies).map(move |policy| {
        let expr = match part {
            Part::Using => policy.using.as_ref(),
            Part::Check => policy.check.as_ref().or(policy.using.as_ref()),
        };
        Admission { policy, expr, meaning: expr.map_or(Meaning::ALWAYS, Meaning::of) }
    })
}

fn all_admitted(there: &[Admission<'_>]) -> bool {
    let open = |found: &Admission<'_>| found.meaning == Meaning::ALWAYS;
    let restricted = there.iter().any(|found| !found.policy.permissive && !open(found));
    !restricted && there.iter().any(|found| found.policy.permissive && open(found) && to(found.policy, "public"))
}

fn lost(own: &[Admission<'_>], there: &[Admission<'_>]) -> bool {
    let everybody = [Ident::from("public")];
    own.iter().filter(|found| found.policy.permissive).any(|admitting| {
        let roles = if admitting.policy.roles.is_empty() { &everybody[..] } else { &admitting.policy.roles };
        roles.iter().any(|role| {
            let bounds = own.iter().filter(|found| !found.policy.permissive && to(found.policy, role));
            let given: Vec<&Admission<'_>> = std::iter::once(admitting).chain(bounds).collect();
            let (permissive, restrictive): (Vec<_>, Vec<_>) = there.iter().partition(|found| found.policy.permissive);
            let admitted = permissive.iter().any(|found| to(found.policy, role) && implies(&given, found));
            !admitted || restrictive.iter().any(|found| !implies(&given, found))
        })
    })
}

/// Whether a policy holds for a role.
fn to(policy: &Policy, role: &str) -> bool {
    policy.roles.is_empty() || policy.roles.iter().any(|found| found == "public" || found == role)
}

/// Whether every row that all of `given` admit is one that `wanted` admits.
fn implies(given: &[&Admission<'_>], wanted: &Admission<'_>) -> bool {
    if Meaning::all(given.iter().map(|found| found.meaning.clone())).implies(&wanted.meaning) {
        return true;
    }
    let Some(expr) = wanted.expr else { return true };
    // Null is no admission, though it passes a check.
    let certain = |expr: &&Expr| !normal_text(expr).contains("is null");
    let known: Vec<&Expr> = given.iter().filter_map(|found| found.expr).filter(certain).collect();
    follows(&known, expr)
}

/// A condition in a form that is the same for many ways of writing it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Meaning {
    /// Each of them, in order; of none: always.
    All(Vec<Meaning>),
    /// One of them, in order; of none: never.
    Any(Vec<Meaning>),
    /// Anything else.
    Is(String),
}

impl Meaning {
    const ALWAYS: Meaning = Meaning::All(Vec::new());

    fn of(expr: &Expr) -> Meaning {
        let text = without_selects(&normal_text(expr));
        let parsed = crate::parse::parser(&text, &GenericDialect {}, &Lexis::POSTGRES).ok().and_then(|mut p| p.parse_expr().ok());
        parsed.map_or(Meaning::Is(text), |ast| meaning(&ast))
    }

    fn all(parts: impl Iterator<Item = Meaning>) -> Meaning {
        let flat = |part: Meaning| if let Meaning::All(inner) = part { inner } else { vec![part] };
        let mut parts: Vec<Meaning> = parts.flat_map(flat).collect();
        parts.sort();
        parts.dedup();
        if parts.len() == 1 { parts.remove(0) } else { Meaning::All(parts) }
    }

    fn any(arms: impl Iterator<Item = Meaning>) -> Meaning {
        let flat = |arm: Meaning| if let Meaning::Any(inner) = arm { inner } else { vec![arm] };
        let mut arms: Vec<Meaning> = arms.flat_map(flat).collect();
        arms.sort();
        arms.dedup();
        match arms.len() {
            1 => arms.remove(0),
            _ if arms.contains(&Meaning::ALWAYS) => Meaning::ALWAYS,
            _ => Meaning::Any(arms),
        }
    }

    fn implies(&self, wanted: &Meaning) -> bool {
        if self == wanted {
            return true;
        }
        match (self, wanted) {
            (_, Meaning::All(parts)) => parts.iter().all(|part| self.implies(part)),
            (Meaning::Any(arms), _) => arms.iter().all(|arm| arm.implies(wanted)),
            (Meaning::All(parts), Meaning::Any(arms)) => {
                parts.iter().any(|part| part.implies(wanted)) || arms.iter().any(|arm| self.implies(arm))
            }
            (Meaning::All(parts), Meaning::Is(_)) => parts.iter().any(|part| part.implies(wanted)),
            (Meaning::Is(_), Meaning::Any(arms)) => arms.iter().any(|arm| self.implies(arm)),
            (Meaning::Is(_), Meaning::Is(_)) => false,
        }
    }
}

fn meaning(ast: &Ast) -> Meaning {
    match ast {
        Ast::Nested(inner) => meaning(inner),
        Ast::BinaryOp { left, op: BinaryOperator::And, right } => Meaning::all([meaning(left), meaning(right)].into_iter()),
        Ast::BinaryOp { left, op: BinaryOperator::Or, right } => Meaning::any([meaning(left), meaning(right)].into_iter()),
        other => match text(other).as_str() {
            "true" => Meaning::ALWAYS,
            "false" => Meaning::Any(Vec::new()),
            text => Meaning::Is(text.to_string()),
        },
    }
}

/// The text of an expression, the same for many ways of writing it.
fn text(ast: &Ast) -> String {
    match ast {
        Ast::Nested(inner) => text(inner),
        Ast::Subquery(query) => match alone(&query.to_string()) {
            Some(inner) => text(&inner),
            None => ast.to_string(),
        },
        Ast::BinaryOp { op: BinaryOperator::And | BinaryOperator::Or, .. } => format!("{:?}", meaning(ast)),
        Ast::BinaryOp { left, op, right } => operation(&text(left), op, &text(right)),
        Ast::UnaryOp { op, expr } => format!("{op} ({})", text(expr)),
        Ast::IsNull(inner) => format!("({}) is null", text(inner)),
        Ast::IsNotNull(inner) => format!("({}) is not null", text(inner)),
        Ast::Cast { expr, data_type, .. } => format!("({})::{data_type}", text(expr)),
        Ast::InList { expr, list, negated: false } if list.len() == 1 => {
            operation(&text(expr), &BinaryOperator::Eq, &text(&list[0]))
        }
        Ast::AnyOp { left, compare_op, right, .. } => format!("({}) {compare_op} any ({})", text(left), text(right)),
        Ast::Function(call) => match &call.args {
            FunctionArguments::List(list) if list.clauses.is_empty() && list.duplicate_treatment.is_none() => {
                let argument = |argument: &FunctionArg| match argument {
                    FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => text(expr),
                    other => other.to_string(),
                };
                format!("{}({})", call.name, list.args.iter().map(argument).collect::<Vec<_>>().join(", "))
            }
            FunctionArguments::List(_) | FunctionArguments::None | FunctionArguments::Subquery(_) => ast.to_string(),
        },
        other => other.to_string(),
    }
}

fn operation(left: &str, op: &BinaryOperator, right: &str) -> String {
    let ordered = |a: &str, op: &str, b: &str| format!("({a}) {op} ({b})");
    match op {
        BinaryOperator::Eq | BinaryOperator::NotEq if right < left => ordered(right, &op.to_string(), left),
        BinaryOperator::Gt => ordered(right, "<", left),
        BinaryOperator::GtEq => ordered(right, "<=", left),
        _ => ordered(left, &op.to_string(), right),
    }
}

/// The expression of a `SELECT` that is nothing else.
fn alone(query: &str) -> Option<Ast> {
    let inner = query.strip_prefix("SELECT ")?;
    let mut parser = crate::parse::parser(inner, &GenericDialect {}, &Lexis::POSTGRES).ok()?;
    let ast = parser.parse_expr().ok()?;
    (parser.peek_token().token == sqlparser::tokenizer::Token::EOF).then_some(ast)
}

/// The text with `f(...)` for each `(select f(...))`, also inside of other queries.
fn without_selects(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("(select ") {
        let inner = &rest[at + "(select ".len()..];
        let call = called(inner).filter(|end| inner[*end..].starts_with(')'));
        match call {
            Some(end) => {
                out.push_str(&rest[..at]);
                // What stands before the parenthesis without a space was kept apart by it.
                if out.ends_with(|c: char| c.is_alphanumeric() || c == '_') {
                    out.push(' ');
                }
                out.push_str(&inner[..end]);
                rest = &inner[end + 1..];
                if rest.starts_with(|c: char| c.is_alphanumeric() || c == '_') {
                    out.push(' ');
                }
            }
            None => {
                out.push_str(&rest[..at + 1]);
                rest = &rest[at + 1..];
            }
        }
    }
    out.push_str(rest);
    out
}

/// The end of a name, or of a call without calls in its arguments, at the start of a text.
fn called(text: &str) -> Option<usize> {
    let name = text.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.')).filter(|end| *end > 0)?;
    match text[name..].strip_prefix('(') {
        None => Some(name),
        Some(arguments) => {
            let end = arguments.find(['(', ')'])?;
            arguments[end..].starts_with(')').then_some(name + 1 + end + 1)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admits(given: &str, wanted: &str) -> bool {
        Meaning::of(&Expr::plain(given)).implies(&Meaning::of(&Expr::plain(wanted)))
    }

    #[test]
    fn the_same_condition_is_written_in_many_ways() {
        for (one, other) in [
            ("owner = current_user", "((owner = (SELECT current_user)))"),
            ("auth.uid() = user_id", "user_id = (select auth.uid())"),
            ("a = 1 AND b", "(b) and (a = 1)"),
            ("t IN (SELECT t FROM m WHERE u = auth.uid())", "t in (select t from m where u = (select auth.uid()))"),
            ("x = (SELECT current_setting('app.t')::uuid)", "x = current_setting('app.t')::uuid"),
            ("now() > starts", "starts < now()"),
            ("kind IN ('a')", "kind = 'a'"),
        ] {
            assert!(admits(one, other) && admits(other, one), "{one} | {other}");
        }
    }

    #[test]
    fn alternatives_admit_more_and_conjunctions_less() {
        for (narrow, wide) in [
            ("a = 1", "a = 1 OR b"),
            ("a = 1 AND b", "b"),
            ("(a OR b) AND c", "b OR a OR d"),
            ("false", "a"),
            ("a", "true"),
            ("a AND (b OR c)", "(a AND b) OR c OR b"),
        ] {
            assert!(admits(narrow, wide), "{narrow} => {wide}");
            assert!(!admits(wide, narrow), "not {wide} => {narrow}");
        }
        for (one, other) in [("a < b", "b < a"), ("a = (SELECT b FROM t)", "a = b"), ("f('A')", "f('a')")] {
            assert!(!admits(one, other), "{one} => {other}");
        }
    }
}
