//! Asserted phases that are not so.

use super::{Check, rule};

rule! {
    /// A directive asserts a phase that the statement or migration does not have.
    ///
    /// Whoever wrote `phase=contract` plans to run it after the last old instance is gone. If it is an expand step, new code that is
    /// deployed before fails; if it is breaking, no moment is safe.
    ///
    /// ```sql,bad
    /// CREATE TABLE users (id bigint PRIMARY KEY);
    /// -- migration
    /// -- migsafe: phase=contract
    /// ALTER TABLE users ADD COLUMN email text;
    /// ```
    ///
    /// ```sql,good
    /// CREATE TABLE users (id bigint PRIMARY KEY);
    /// -- migration
    /// -- migsafe: phase=expand
    /// ALTER TABLE users ADD COLUMN email text;
    /// ```
    pub(crate) static PHASE_MISMATCH = "phase-mismatch", Error, Reading, Check::Elsewhere;
}
