//! A function that old code calls is gone.

use super::{At, Check, Finding, FindingBreak, rule};
use crate::assess::{Broken, Phase, Use};
use crate::catalog::{Catalog, CatalogRoutine, Name};
use crate::change::{ObjectKind, ObjectRef};
use crate::dialect::AppError;
use std::sync::Arc;

rule! {
    /// A function or procedure is dropped, renamed or moved, and the old application may still call it.
    ///
    /// The call fails with `42883`. Make the function under its new name beside the old one, and drop the old one when no instance
    /// that calls it can come back.
    ///
    /// ```sql,bad
    /// CREATE FUNCTION vat(amount numeric) RETURNS numeric LANGUAGE sql AS 'SELECT amount * 0.21';
    /// -- migration
    /// DROP FUNCTION vat(numeric);
    /// ```
    ///
    /// ```sql,good
    /// CREATE FUNCTION vat(amount numeric) RETURNS numeric LANGUAGE sql AS 'SELECT amount * 0.21';
    /// -- migration
    /// CREATE FUNCTION tax(amount numeric) RETURNS numeric LANGUAGE sql AS 'SELECT amount * 0.21';
    /// ```
    pub(super) static FUNCTION_DROPPED = "function-dropped", Error, Compatibility, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let key = |broken: &Broken| {
        let (Use::Call(name, signature, _), AppError::NoFunction { .. }) = (&broken.usage, &broken.error) else { return None };
        // Where other overloads stay under the name, its signature changed.
        (!at.step.after.routines.contains_key(name)).then(|| (name.clone(), signature.clone()))
    };
    at.claim_by(key).into_iter().map(|((name, signature), breaks)| finding(at, &name, &signature, breaks)).collect()
}

fn finding(at: &At<'_>, name: &Name, signature: &Arc<str>, breaks: Vec<FindingBreak>) -> Finding {
    let label = format!("{}({signature})", at.shown(name));
    let span = at.place(|catalog| overload(catalog, name, signature).is_some());
    let Some(old) = overload(&at.step.before, name, signature) else {
        return at.breaking(at.statement.span, format!("function {label} is gone"), breaks);
    };
    let renamed = at.step.after.routines.values().flat_map(|list| list.iter()).find(|routine| routine.id == old.id);
    let what = match renamed {
        Some(now) => format!("function {label} is called {} from now on", at.shown(&now.name)),
        None => format!("function {label} is dropped"),
    };
    let mut object = ObjectRef::new(
        if old.routine.kind == ObjectKind::Procedure { ObjectKind::Procedure } else { ObjectKind::Function },
        at.qname(name),
    );
    if old.routine.kind == ObjectKind::Aggregate {
        object.kind = ObjectKind::Aggregate;
    }
    let inputs =
        old.routine.parameters.iter().filter(|parameter| {
            !matches!(parameter.mode, crate::change::ParameterMode::Out | crate::change::ParameterMode::Table)
        });
    object.arguments = Some(inputs.map(|parameter| parameter.data_type.clone()).collect());
    let finding = at.breaking(span, what, breaks);
    let finding = match renamed {
        Some(now) => {
            let routine = Box::new(old.routine.clone());
            let create = crate::change::Change::CreateRoutine { name: at.qname(&now.name), or_replace: false, routine };
            finding
                .help(format!("Make {} beside {label}, and drop {label} after the rollback window.", at.shown(&now.name)))
                .part(Phase::Expand, [at.write(&create)])
        }
        None => finding
            .help(format!("Deploy an application that does not call {label} first, and drop it after the rollback window.")),
    };
    finding.part(Phase::Contract, [at.drop(object)])
}

/// The routine of that name and signature.
pub(super) fn overload<'c>(catalog: &'c Catalog, name: &Name, signature: &str) -> Option<&'c CatalogRoutine> {
    catalog.routines.get(name)?.iter().find(|routine| *routine.signature == *signature)
}
