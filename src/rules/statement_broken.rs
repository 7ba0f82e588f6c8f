//! Statements whose text does not end.

use super::{Check, rule};

rule! {
    /// A quoted string, name or comment is opened and never closed.
    ///
    /// The server refuses the file, and everything after the opening is taken for its content: nothing there was judged.
    ///
    /// ```sql,bad
    /// -- migration
    /// CREATE TABLE users (name text DEFAULT 'nobody);
    /// ```
    ///
    /// ```sql,good
    /// -- migration
    /// CREATE TABLE users (name text DEFAULT 'nobody');
    /// ```
    pub(crate) static STATEMENT_BROKEN = "statement-broken", Error, Reading, Check::Elsewhere;
}
