//! A sequence that old code draws from is gone, or has another name.

use super::evidence::Fate;
use super::{At, Check, Finding, FindingBreak, rule};
use crate::assess::{Broken, Phase, Use};
use crate::catalog::Name;
use crate::change::{ObjectKind, ObjectRef};

rule! {
    /// A sequence is dropped that the old application may still draw from.
    ///
    /// `nextval('...')` fails with `42P01`. Mappers that fetch keys from a sequence name it in every insert.
    ///
    /// ```sql,bad
    /// CREATE SEQUENCE invoice_numbers;
    /// -- migration
    /// DROP SEQUENCE invoice_numbers;
    /// ```
    ///
    /// ```sql,good
    /// CREATE SEQUENCE invoice_numbers;
    /// -- migration
    /// ALTER SEQUENCE invoice_numbers CACHE 10;
    /// ```
    pub(super) static SEQUENCE_DROPPED = "sequence-dropped", Error, Compatibility, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let key = |broken: &Broken| match &broken.usage {
        Use::NextValue(name) => (at.fate(name) == Fate::Gone).then(|| name.clone()),
        _ => None,
    };
    let finding = |(name, breaks): (Name, Vec<FindingBreak>)| {
        let span = at.place(|catalog| catalog.sequence(&name).map(|sequence| sequence.id));
        let drop = at.drop(ObjectRef::new(ObjectKind::Sequence, at.qname(&name)));
        at.breaking(span, format!("sequence {} is dropped", at.shown(&name)), breaks)
            .help(format!(
                "Deploy an application that does not draw from {} first, and drop it after the rollback window.",
                at.shown(&name)
            ))
            .part(Phase::Contract, [drop])
    };
    at.claim_by(key).into_iter().map(finding).collect()
}
