//! A trigger that old code relies on does not fire any more.

use super::{At, Check, Finding, rule};
use crate::change::{Firing, Trigger};

rule! {
    /// A trigger is dropped or disabled, and what it did for the old application's writes is not done any more.
    ///
    /// Nothing fails by itself: audit rows, filled columns and copies between columns are simply missing for everything that old
    /// instances still write.
    ///
    /// ```sql,bad
    /// CREATE TABLE users (id bigint PRIMARY KEY, email text);
    /// CREATE FUNCTION fold() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.email := lower(NEW.email); RETURN NEW; END';
    /// CREATE TRIGGER fold BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION fold();
    /// -- migration
    /// DROP TRIGGER fold ON users;
    /// ```
    ///
    /// ```sql,good
    /// CREATE TABLE users (id bigint PRIMARY KEY, email text);
    /// CREATE FUNCTION fold() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.email := lower(NEW.email); RETURN NEW; END';
    /// CREATE TRIGGER fold BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION fold();
    /// -- migration
    /// ALTER TABLE users DISABLE TRIGGER fold;
    /// UPDATE users SET email = lower(email);
    /// ALTER TABLE users ENABLE TRIGGER fold;
    /// ```
    pub(super) static TRIGGER_DISABLED = "trigger-disabled", Warning, Compatibility, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let mut out = Vec::new();
    for (before, after) in at.changed_tables() {
        let Some(base) = at.step.base.table(&before.name) else { continue };
        let last = at.committed().table(&after.name).unwrap_or(after);
        let fires = |triggers: &[std::sync::Arc<Trigger>], name: &str| {
            triggers.iter().any(|trigger| trigger.name == name && matches!(trigger.enabled, Firing::Origin | Firing::Always))
        };
        for trigger in &before.triggers {
            let name = &trigger.name;
            let ends = fires(&before.triggers, name) && !fires(&after.triggers, name);
            if !ends || !fires(&base.triggers, name) || fires(&last.triggers, name) {
                continue;
            }
            let span = at.place(|catalog| catalog.table(&before.name).map(|table| fires(&table.triggers, name)));
            let table = at.shown(&after.name);
            out.push(
                at.finding(span, format!("trigger {name} does not act on what the old application writes to {table} any more"))
                    .help(format!("Drop {name} when no instance that relies on it writes to {table}.")),
            );
        }
    }
    out
}
