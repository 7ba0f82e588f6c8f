//! An extension is gone.

use super::{At, Check, Finding, FindingBreak, rule};
use crate::assess::{Broken, Phase, Use};
use crate::change::Ident;

rule! {
    /// An extension is dropped whose types and functions the old application may still use.
    ///
    /// Everything that it brought is gone with it: types fail with `42704`, functions and operators with 42883.
    ///
    /// ```sql,bad
    /// CREATE EXTENSION citext;
    /// -- migration
    /// DROP EXTENSION citext;
    /// ```
    ///
    /// ```sql,good
    /// CREATE EXTENSION citext;
    /// -- migration
    /// CREATE EXTENSION IF NOT EXISTS citext;
    /// ```
    pub(super) static EXTENSION_DROPPED = "extension-dropped", Error, Compatibility, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let key = |broken: &Broken| match &broken.usage {
        Use::Extension(name) => Some(name.clone()),
        _ => None,
    };
    let finding = |(name, breaks): (Ident, Vec<FindingBreak>)| {
        let span = at.place(|catalog| catalog.extensions.contains_key(&name));
        at.breaking(span, format!("extension {name} is dropped"), breaks)
            .help(format!("Deploy an application that uses nothing of {name} first, and drop it after the rollback window."))
            .part(Phase::Contract, [format!("DROP EXTENSION {}", at.quoted(&name))])
    };
    at.claim_by(key).into_iter().map(finding).collect()
}
