//! An enum has lost a label.

use super::{At, Check, Finding, FindingBreak, rule};
use crate::assess::{Broken, Use};
use crate::catalog::Name;

rule! {
    /// An enum loses a label that the old application may still write.
    ///
    /// Such a value fails with `22P02`; the rows that hold the label must go before. An enum gets smaller only by another type in its
    /// place.
    ///
    /// ```sql,bad
    /// CREATE TYPE state AS ENUM ('open', 'closed', 'lost');
    /// -- migration
    /// ALTER TYPE state RENAME TO state_old;
    /// CREATE TYPE state AS ENUM ('open', 'closed');
    /// DROP TYPE state_old;
    /// ```
    ///
    /// ```sql,good
    /// CREATE TYPE state AS ENUM ('open', 'closed');
    /// -- migration
    /// ALTER TYPE state RENAME TO state_old;
    /// CREATE TYPE state AS ENUM ('open', 'closed', 'lost');
    /// DROP TYPE state_old;
    /// ```
    pub(super) static ENUM_LABEL_REMOVED = "enum-label-removed", Error, Compatibility, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let key = |broken: &Broken| match &broken.usage {
        Use::Label(name, _) => Some(name.clone()),
        _ => None,
    };
    let finding = |(name, breaks): (Name, Vec<FindingBreak>)| {
        let gone = breaks.iter().filter_map(|found| match &found.broken.usage {
            Use::Label(_, label) => Some(format!("'{label}'")),
            _ => None,
        });
        let gone = gone.collect::<Vec<_>>().join(", ");
        let span = at.place(|catalog| catalog.types.get(&name).cloned());
        at.breaking(span, format!("{} loses {gone}", at.shown(&name)), breaks).help(format!(
            "Deploy an application that does not write {gone} first, move the rows that hold it, and change the type last."
        ))
    };
    at.claim_by(key).into_iter().map(finding).collect()
}
