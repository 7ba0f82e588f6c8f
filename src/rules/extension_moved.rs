//! What an extension brings lies in another schema.

use super::{At, Check, Finding, FindingBreak, rule};
use crate::assess::{Broken, Use};
use crate::change::Ident;

rule! {
    /// An extension moves to another schema: its functions, types and operators are not found where applications look for them.
    ///
    /// A name without a schema is looked up along the search path, a qualified one in its schema alone; either fails with `42883` or
    /// `42704` on one side of the move. Let the search path of both applications hold both schemas first, and use no qualified names.
    ///
    /// ```sql,bad
    /// CREATE SCHEMA ext;
    /// CREATE EXTENSION pgcrypto;
    /// -- migration
    /// ALTER EXTENSION pgcrypto SET SCHEMA ext;
    /// ```
    ///
    /// ```sql,good
    /// CREATE SCHEMA ext;
    /// -- migration
    /// CREATE EXTENSION pgcrypto SCHEMA ext;
    /// ```
    pub(super) static EXTENSION_MOVED = "extension-moved", Error, Compatibility, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let schema = |name: &Ident| at.step.after.extensions.get(name).and_then(|extension| extension.schema.clone());
    let key = |broken: &Broken| match &broken.usage {
        Use::Extension(name) => schema(name).map(|to| (name.clone(), to)),
        _ => None,
    };
    let finding = |((name, to), mut breaks): ((Ident, Ident), Vec<FindingBreak>)| {
        breaks.extend(at.needs(|broken| broken.usage == Use::Extension(name.clone())));
        let span = at.place(|catalog| catalog.extensions.get(&name).map(|extension| extension.schema.clone()));
        at.breaking(span, format!("extension {name} moves to schema {to}"), breaks)
            .help(format!("Let the search path of both applications hold {to} before, or leave {name} where it is."))
    };
    at.claim_by(key).into_iter().map(finding).collect()
}
