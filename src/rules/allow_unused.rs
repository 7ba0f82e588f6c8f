//! Suppressions that suppress nothing.

use super::{Check, rule};

rule! {
    /// An `allow` suppresses nothing.
    ///
    /// It is left over, or stands at the wrong statement. Left in place it would silence a finding that somebody has yet to cause.
    ///
    /// ```sql,bad
    /// -- migration
    /// -- migsafe: allow(incompatible-change) reason="there is nothing to allow here"
    /// CREATE TABLE users (id bigint PRIMARY KEY);
    /// ```
    ///
    /// ```sql,good
    /// -- migration
    /// CREATE TABLE users (id bigint PRIMARY KEY);
    /// ```
    pub(crate) static ALLOW_UNUSED = "allow-unused", Warning, Reading, Check::Elsewhere;
}
