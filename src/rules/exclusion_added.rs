//! An exclusion constraint that old code may violate.

use super::{At, Check, Finding, FindingBreak, Level, rule};
use crate::assess::{Broken, Phase, Use};
use crate::catalog::Name;
use crate::change::{Ident, TableAction};
use crate::dialect::AppError;

rule! {
    /// An exclusion constraint is added, and the old application may write rows that conflict under it.
    ///
    /// Such a row fails with `23P01`, and the change itself fails where rows conflict already. There is no concurrent way to build
    /// it: the table is locked meanwhile.
    ///
    /// ```sql,bad
    /// CREATE TABLE bookings (id bigint PRIMARY KEY, during tsrange);
    /// -- migration
    /// ALTER TABLE bookings ADD CONSTRAINT no_overlap EXCLUDE USING gist (during WITH &&);
    /// ```
    ///
    /// ```sql,good
    /// CREATE TABLE bookings (id bigint PRIMARY KEY, during tsrange);
    /// -- migration
    /// CREATE INDEX bookings_during ON bookings USING gist (during);
    /// ```
    pub(super) static EXCLUSION_ADDED = "exclusion-added", Warning, Compatibility, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let key = |broken: &Broken| match (&broken.usage, &broken.error) {
        (Use::WriteRow(name, label), AppError::Excluded { .. }) => Some((at.below(name, label).0, label.clone())),
        _ => None,
    };
    let finding = |((table, label), breaks): ((Name, Ident), Vec<FindingBreak>)| {
        let span = at.place(|catalog| catalog.table(&table).and_then(|t| t.constraint(&label)).cloned());
        let finding = at
            .breaking(span, format!("rows of {} must not conflict under {label}", at.shown(&table)), breaks)
            .help(format!("Deploy an application whose rows do not conflict first, and add {label} after the rollback window."))
            .at_most(Level::Warning);
        match at.step.after.table(&table).and_then(|t| t.constraint(&label)) {
            Some(constraint) if at.step.before.table(&table).is_some() => {
                finding.part(Phase::Contract, [at.alter(&table, TableAction::AddConstraint((**constraint).clone()))])
            }
            _ => finding,
        }
    };
    at.claim_by(key).into_iter().map(finding).collect()
}
