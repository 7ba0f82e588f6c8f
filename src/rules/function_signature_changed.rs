//! A function takes or gives something else.

use super::function_dropped::overload;
use super::{At, Check, Finding, FindingBreak, rule};
use crate::assess::{Broken, Use};
use crate::catalog::Name;
use crate::dialect::AppError;
use std::sync::Arc;

rule! {
    /// A function's parameters or result change, or a second function makes calls ambiguous, and calls of the old application fail.
    ///
    /// A call that finds no function fails with `42883`, one that finds two with `42725`: a new overload whose further parameters
    /// have defaults fits the old call as well. Give the new function a name of its own.
    ///
    /// ```sql,bad
    /// CREATE FUNCTION price(id bigint) RETURNS bigint LANGUAGE sql AS 'SELECT id';
    /// -- migration
    /// DROP FUNCTION price(bigint);
    /// CREATE FUNCTION price(id bigint, country text) RETURNS bigint LANGUAGE sql AS 'SELECT id';
    /// ```
    ///
    /// ```sql,bad
    /// CREATE FUNCTION price(id bigint) RETURNS bigint LANGUAGE sql AS 'SELECT id';
    /// -- migration
    /// CREATE FUNCTION price(id bigint, country text DEFAULT 'NL') RETURNS bigint LANGUAGE sql AS 'SELECT id';
    /// ```
    ///
    /// ```sql,good
    /// CREATE FUNCTION price(id bigint) RETURNS bigint LANGUAGE sql AS 'SELECT id';
    /// -- migration
    /// CREATE FUNCTION price(id bigint, country text) RETURNS bigint LANGUAGE sql AS 'SELECT id';
    /// ```
    pub(super) static FUNCTION_SIGNATURE_CHANGED = "function-signature-changed", Error, Compatibility, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    // What a release leaves of the name counts: a function that is dropped and made again in other words has changed.
    let there = |name: &Name| at.step.after.routines.contains_key(name) || at.scene.replayed.schema.routines.contains_key(name);
    let key = |broken: &Broken| match &broken.usage {
        Use::Call(name, signature, _) | Use::CallColumn(name, signature, _) => {
            there(name).then(|| (name.clone(), signature.clone()))
        }
        _ => None,
    };
    let finding = |((name, signature), breaks): ((Name, Arc<str>), Vec<FindingBreak>)| {
        let label = format!("{}({signature})", at.shown(&name));
        let span = at.place(|catalog| {
            let count = catalog.routines.get(&name).map(|list| list.len());
            (overload(catalog, &name, &signature).map(|routine| routine.routine.clone()), count)
        });
        let ambiguous = breaks.iter().any(|found| matches!(found.broken.error, AppError::AmbiguousFunction { .. }));
        let what = if ambiguous {
            format!("a second function fits calls of {label}")
        } else {
            format!("the parameters or the result of {label} change")
        };
        at.breaking(span, what, breaks).help(format!(
            "Give the new function a name of its own, and drop {label} when no instance that calls it can come back."
        ))
    };
    at.claim_by(key).into_iter().map(finding).collect()
}
