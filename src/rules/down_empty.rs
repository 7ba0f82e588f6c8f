//! Downs that do nothing.

use super::down::does_nothing;
use super::{Check, Finding, Scene, rule};

rule! {
    /// The down does nothing, although the migration changes the schema.
    ///
    /// The runner takes it for a way back: it runs, the version is taken off the runner's table, and the schema stays as it is. The
    /// next run of the migration fails at what is still there. Projects that keep no downs are not asked for any.
    ///
    /// ```sql,bad
    /// CREATE TABLE users (id bigint PRIMARY KEY);
    /// -- down
    /// DROP TABLE users;
    /// -- migration
    /// ALTER TABLE users ADD COLUMN nickname text;
    /// -- down
    /// -- nothing to do
    /// ```
    ///
    /// ```sql,good
    /// CREATE TABLE users (id bigint PRIMARY KEY);
    /// -- down
    /// DROP TABLE users;
    /// -- migration
    /// UPDATE users SET id = 2 WHERE id = 1;
    /// -- down
    /// -- nothing to do
    /// ```
    pub(super) static DOWN_EMPTY = "down-empty", Warning, Down, Check::Migration(check);
}

fn check(scene: &Scene<'_>, number: usize) -> Vec<Finding> {
    let Some(tried) = scene.tried_down(number) else { return Vec::new() };
    if !does_nothing(tried) || !scene.changes_schema(number) || !scene.keeps_downs() || scene.has_manual_down(number) {
        return Vec::new();
    }
    let finding = scene.on_migration(number, "the down is empty, but the migration changes the schema");
    vec![finding.help("`migsafe down --write` computes it; where there is no way back, let it raise an error.")]
}
