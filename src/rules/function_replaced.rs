//! A function does something else.

use super::function_dropped::overload;
use super::{At, Check, Finding, rule};
use crate::change::{Change, RoutineBody};

rule! {
    /// A function's body is replaced: the old application gets the new behaviour at once.
    ///
    /// No call fails. Whether what the function now does suits old callers, and triggers on rows that old code writes, only its
    /// author can tell.
    ///
    /// ```sql,bad
    /// CREATE FUNCTION vat(amount numeric) RETURNS numeric LANGUAGE sql AS 'SELECT amount * 0.19';
    /// -- migration
    /// CREATE OR REPLACE FUNCTION vat(amount numeric) RETURNS numeric LANGUAGE sql AS 'SELECT amount * 0.21';
    /// ```
    ///
    /// ```sql,good
    /// CREATE FUNCTION vat(amount numeric) RETURNS numeric LANGUAGE sql AS 'SELECT amount * 0.19';
    /// -- migration
    /// CREATE OR REPLACE FUNCTION vat(amount numeric) RETURNS numeric LANGUAGE sql AS 'SELECT amount * 0.19';
    /// ```
    pub(super) static FUNCTION_REPLACED = "function-replaced", Info, Compatibility, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let mut out = Vec::new();
    for atom in &at.step.atoms {
        let Change::CreateRoutine { name, .. } = &atom.change.value else { continue };
        let Some(name) = atom.after.resolve_routine(name) else { continue };
        for new in atom.after.routines.get(&name).into_iter().flat_map(|list| list.iter()) {
            // A routine of an earlier statement of the same transaction has no callers yet.
            let Some(old) = overload(&at.step.base, &name, &new.signature) else { continue };
            let differs = text(&old.routine.body) != text(&new.routine.body)
                && overload(&atom.before, &name, &new.signature)
                    .is_some_and(|before| text(&before.routine.body) != text(&new.routine.body));
            if differs {
                let label = format!("{}({})", at.shown(&name), new.signature);
                out.push(
                    at.finding(atom.change.span, format!("{label} does something else for the old application too"))
                        .help(format!("Make sure that the new {label} suits old callers, or give it a name of its own.")),
                );
            }
        }
    }
    out
}

/// A body without what does not count: the white space around its lines.
fn text(body: &RoutineBody) -> String {
    let text = match body {
        RoutineBody::Text(text) => text.to_string(),
        RoutineBody::Library(file, symbol) => format!("{file} {}", symbol.as_deref().unwrap_or_default()),
        RoutineBody::Sql(query) => query.text.sql.to_string(),
        RoutineBody::Aggregate(options) => options.clone(),
    };
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
