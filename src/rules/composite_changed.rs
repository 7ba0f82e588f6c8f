//! A type is made otherwise.

use super::{At, Check, Finding, FindingBreak, rule};
use crate::assess::{Broken, Use};
use crate::catalog::Name;
use crate::dialect::AppError;

rule! {
    /// A composite type gets other attributes, and rows that the old application writes as that type do not fit.
    ///
    /// `ROW(...)` with the old number of values fails with `42846`, and old code decodes what it reads by the old attributes. Make a
    /// second type beside it.
    ///
    /// ```sql,bad
    /// CREATE TYPE address AS (street text, city text);
    /// -- migration
    /// ALTER TYPE address ADD ATTRIBUTE zip text;
    /// ```
    ///
    /// ```sql,good
    /// CREATE TYPE address AS (street text, city text);
    /// -- migration
    /// CREATE TYPE full_address AS (street text, city text, zip text);
    /// ```
    pub(super) static COMPOSITE_CHANGED = "composite-changed", Error, Compatibility, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let key = |broken: &Broken| match (&broken.usage, &broken.error) {
        (Use::Cast(name), AppError::CompositeShape { .. } | AppError::NoAttribute { .. }) => Some(name.clone()),
        _ => None,
    };
    let finding = |(name, breaks): (Name, Vec<FindingBreak>)| {
        let span = at.place(|catalog| catalog.types.get(&name).cloned());
        at.breaking(span, format!("type {} is made otherwise", at.shown(&name)), breaks)
            .help(format!("Make a second type beside {}, and drop the old one after the rollback window.", at.shown(&name)))
    };
    at.claim_by(key).into_iter().map(finding).collect()
}
