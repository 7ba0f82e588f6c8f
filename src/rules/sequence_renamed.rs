//! A sequence has another name.

use super::evidence::Fate;
use super::{At, Check, Finding, FindingBreak, rule};
use crate::assess::{Broken, Use};
use crate::catalog::Name;

rule! {
    /// A sequence is renamed or moved: no moment suits both the old and the new application.
    ///
    /// `nextval('...')` under the old name fails with `42P01` after the change. A default that draws from it follows the new name by
    /// itself; only code that names the sequence is concerned. Keep the name.
    ///
    /// ```sql,bad
    /// CREATE SEQUENCE invoice_numbers;
    /// -- migration
    /// ALTER SEQUENCE invoice_numbers RENAME TO invoice_seq;
    /// ```
    ///
    /// ```sql,good
    /// CREATE SEQUENCE invoice_numbers;
    /// -- migration
    /// ALTER SEQUENCE invoice_numbers MAXVALUE 1000000;
    /// ```
    pub(super) static SEQUENCE_RENAMED = "sequence-renamed", Error, Compatibility, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let key = |broken: &Broken| match &broken.usage {
        Use::NextValue(name) => match at.fate(name) {
            Fate::Renamed(to) | Fate::Moved(to) => Some((name.clone(), to)),
            Fate::Stays | Fate::Gone => None,
        },
        _ => None,
    };
    let finding = |((name, to), mut breaks): ((Name, Name), Vec<FindingBreak>)| {
        breaks.extend(at.needs(|broken| matches!(&broken.usage, Use::NextValue(found) if *found == to)));
        let span = at.place(|catalog| catalog.sequence(&name).map(|sequence| sequence.id));
        at.breaking(span, format!("sequence {} is called {} from now on", at.shown(&name), at.shown(&to)), breaks)
            .help(format!("Keep the name {}, or let no code draw from it by name before.", at.shown(&name)))
    };
    at.claim_by(key).into_iter().map(finding).collect()
}
