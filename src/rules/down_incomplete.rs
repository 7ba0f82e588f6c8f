//! Downs that lead to another schema than the one before.

use super::down::does_nothing;
use super::{Check, Finding, Place, Scene, rule};

rule! {
    /// The down does not lead back: after up and down the schema is not the one before.
    ///
    /// A default, a constraint, an index or a grant does not come back, or something is left over. The schema drifts from what the
    /// migrations say, and the next run of the up may fail. The order of columns that come back does not count, nor that a column
    /// cannot be NOT NULL before it has values.
    ///
    /// ```sql,bad
    /// CREATE TABLE users (id bigint PRIMARY KEY, nickname text DEFAULT 'nobody');
    /// CREATE INDEX users_nickname ON users (nickname);
    /// -- migration
    /// ALTER TABLE users DROP COLUMN nickname;
    /// -- down
    /// ALTER TABLE users ADD COLUMN nickname text;
    /// ```
    ///
    /// ```sql,good
    /// CREATE TABLE users (id bigint PRIMARY KEY, nickname text DEFAULT 'nobody');
    /// CREATE INDEX users_nickname ON users (nickname);
    /// -- migration
    /// ALTER TABLE users DROP COLUMN nickname;
    /// -- down
    /// ALTER TABLE users ADD COLUMN nickname text DEFAULT 'nobody';
    /// CREATE INDEX users_nickname ON users (nickname);
    /// ```
    pub(super) static DOWN_INCOMPLETE = "down-incomplete", Warning, Down, Check::Migration(check);
}

/// How many differences are named.
const MAX_NAMED: usize = 3;

fn check(scene: &Scene<'_>, number: usize) -> Vec<Finding> {
    let Some(tried) = scene.tried_down(number).filter(|tried| tried.is_untrue() && !tried.told_elsewhere && !does_nothing(tried))
    else {
        return Vec::new();
    };
    let Some(difference) = &tried.difference else { return Vec::new() };
    let parts = [list("missing", &difference.missing), list("left over", &difference.left)];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    let Some(first) = tried.parsed.statements.first() else { return Vec::new() };
    let place = Place { migration: tried.migration, statement: None, span: first.span };
    let finding = Finding::at(place, format!("the down does not lead back to the schema before: {}", parts.join("; ")));
    vec![finding.help("`migsafe down --check` shows the whole difference, `migsafe down` what leads back.")]
}

fn list(what: &str, items: &[String]) -> Option<String> {
    let shown = &items[..items.len().min(MAX_NAMED)];
    let more = items.len() - shown.len();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    (!items.is_empty()).then(|| format!("{what} {}{more}", shown.join(", ")))
}
