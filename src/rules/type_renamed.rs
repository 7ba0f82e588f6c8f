//! A type has another name.

use super::type_dropped::now;
use super::{At, Check, Finding, FindingBreak, rule};
use crate::assess::{Broken, Use};
use crate::catalog::Name;
use crate::dialect::AppError;

rule! {
    /// A type or domain is renamed or moved: no moment suits both the old and the new application.
    ///
    /// Casts and typed parameters of the old application fail with `42704` after the change, those of the new one before it. Keep the
    /// name, or make a second type and move the columns to it.
    ///
    /// ```sql,bad
    /// CREATE TYPE mood AS ENUM ('happy', 'sad');
    /// -- migration
    /// ALTER TYPE mood RENAME TO feeling;
    /// ```
    ///
    /// ```sql,good
    /// CREATE TYPE mood AS ENUM ('happy', 'sad');
    /// -- migration
    /// CREATE TYPE feeling AS ENUM ('happy', 'sad');
    /// ```
    pub(super) static TYPE_RENAMED = "type-renamed", Error, Compatibility, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let key = |broken: &Broken| match (&broken.usage, &broken.error) {
        (Use::Cast(name), AppError::NoType { .. }) => now(at, name).map(|to| (name.clone(), to)),
        _ => None,
    };
    let finding = |((name, to), mut breaks): ((Name, Name), Vec<FindingBreak>)| {
        breaks.extend(at.needs(|broken| matches!(&broken.usage, Use::Cast(found) if *found == to)));
        let span = at.place(|catalog| catalog.types.contains_key(&name));
        at.breaking(span, format!("type {} is called {} from now on", at.shown(&name), at.shown(&to)), breaks)
            .help(format!("Keep the name {}: no application sees a better one.", at.shown(&name)))
    };
    at.claim_by(key).into_iter().map(finding).collect()
}
