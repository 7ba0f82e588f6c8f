//! Migrations without a down among others that have one.

use super::{Check, Finding, Scene, rule};
use crate::source::MigrationKind;

rule! {
    /// A migration has no down, although the project keeps them.
    ///
    /// At least half of the project's migrations have one, so somebody counts on being able to go back: the runner stops here, or passes
    /// over this migration and undoes an earlier one. Projects that keep no downs are not asked for any.
    ///
    /// ```sql,bad
    /// CREATE TABLE users (id bigint PRIMARY KEY);
    /// -- down
    /// DROP TABLE users;
    /// -- migration
    /// ALTER TABLE users ADD COLUMN nickname text;
    /// ```
    ///
    /// ```sql,good
    /// CREATE TABLE users (id bigint PRIMARY KEY);
    /// -- down
    /// DROP TABLE users;
    /// -- migration
    /// ALTER TABLE users ADD COLUMN nickname text;
    /// -- down
    /// ALTER TABLE users DROP COLUMN nickname;
    /// ```
    pub(super) static DOWN_MISSING = "down-missing", Warning, Down, Check::Migration(check);
}

fn check(scene: &Scene<'_>, number: usize) -> Vec<Finding> {
    let migration = &scene.history.migrations[scene.assessments[number].migration];
    let can_have = migration.down.is_none() && migration.kind == MigrationKind::Versioned;
    if !can_have || !scene.keeps_downs() || scene.has_manual_down(number) {
        return Vec::new();
    }
    let finding = scene.on_migration(number, "the migration has no down, unlike the others");
    vec![finding.help("`migsafe down --write` computes it and puts it where the runner looks.")]
}
