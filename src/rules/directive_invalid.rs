//! Comments that address migsafe and cannot be followed.

use super::{Check, rule};

rule! {
    /// A comment addresses migsafe and cannot be followed, so it does nothing.
    ///
    /// A directive with a spelling mistake, without its reason, or for a rule that does not exist would otherwise pass for one that
    /// works: a finding that somebody meant to allow comes back, or an assertion is never checked.
    ///
    /// ```sql,bad
    /// CREATE TABLE users (id bigint PRIMARY KEY);
    /// -- migration
    /// -- migsafe: allow(table-droped) reason="nobody reads it any more"
    /// DROP TABLE users;
    /// ```
    pub(crate) static DIRECTIVE_INVALID = "directive-invalid", Error, Reading, Check::Elsewhere;
}
