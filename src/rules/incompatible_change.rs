//! The last of the compatibility rules: whatever breaks and has no rule of its own.

use super::{At, Check, Finding, FindingBreak, Level, rule};
use crate::assess::Use;

rule! {
    /// A change after which the old application fails, of a kind that no other rule describes.
    ///
    /// Every use that stops working is reported. Where the change has a rule of its own (a dropped column, a rename, a tightened
    /// constraint), that rule reports it; this one keeps everything else from passing in silence.
    ///
    /// ```sql,bad
    /// CREATE TABLE a (id bigint);
    /// CREATE VIEW v AS SELECT id FROM a UNION ALL SELECT id FROM a;
    /// CREATE FUNCTION into_a() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO a VALUES (NEW.id); RETURN NEW; END';
    /// CREATE TRIGGER into_a INSTEAD OF INSERT ON v FOR EACH ROW EXECUTE FUNCTION into_a();
    /// -- migration
    /// DROP TRIGGER into_a ON v;
    /// ```
    ///
    /// ```sql,good
    /// CREATE TABLE a (id bigint);
    /// -- migration
    /// CREATE VIEW v AS SELECT id FROM a UNION ALL SELECT id FROM a;
    /// ```
    pub(super) static INCOMPATIBLE_CHANGE = "incompatible-change", Error, Compatibility, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let breaks = at.claim(|_| true);
    let Some(first) = breaks.first() else { return Vec::new() };
    let error = first.broken.server_error(at.dialect());
    let message = format!("the old application fails after this: {}", error.message);
    // What only some rows meet may break; the rest must.
    let some_rows = |found: &FindingBreak| matches!(found.broken.usage, Use::WriteRow(..) | Use::Guarded(..) | Use::Defer(..));
    let level = if breaks.iter().all(some_rows) { Level::Warning } else { Level::Error };
    vec![at.finding(at.statement.span, message).breaks(breaks).at_most(level)]
}
