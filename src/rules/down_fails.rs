//! Downs that the server refuses.

use super::{Check, Finding, Place, Scene, rule};

rule! {
    /// The down fails: the server refuses a statement of it on the schema that the migration makes.
    ///
    /// Nobody has tried it. It will be needed in a hurry, and then it stops: inside a transaction nothing comes back, outside of one
    /// everything before the statement does.
    ///
    /// ```sql,bad
    /// CREATE TABLE users (id bigint PRIMARY KEY);
    /// -- migration
    /// ALTER TABLE users ADD COLUMN nickname text;
    /// -- down
    /// ALTER TABLE users DROP COLUMN nick;
    /// ```
    ///
    /// ```sql,good
    /// CREATE TABLE users (id bigint PRIMARY KEY);
    /// -- migration
    /// ALTER TABLE users ADD COLUMN nickname text;
    /// -- down
    /// ALTER TABLE users DROP COLUMN nickname;
    /// ```
    pub(super) static DOWN_FAILS = "down-fails", Error, Down, Check::Migration(check);
}

fn check(scene: &Scene<'_>, number: usize) -> Vec<Finding> {
    let Some(tried) = scene.tried_down(number).filter(|tried| tried.is_untrue()) else { return Vec::new() };
    let Some((step, span, problem)) = &tried.failure else { return Vec::new() };
    let error = tried.error(*step, *span, problem, scene.dialect);
    let place = Place { migration: tried.migration, statement: None, span: *span };
    let finding = Finding::at(place, format!("the down fails here: {error}"));
    vec![finding.help("`migsafe down` prints what leads back to the schema before.")]
}
