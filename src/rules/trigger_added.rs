//! A trigger acts on rows that old code writes.

use super::{At, Check, Finding, rule};
use crate::assess::{Broken, Use};
use crate::change::Change;

rule! {
    /// A trigger is added to an existing table: from now on it acts on what the old application writes as well.
    ///
    /// Nothing fails by itself. A trigger that refuses rows, fills columns or writes elsewhere does so for code that was written
    /// without it. (Of triggers that keep two columns the same during a change this is the purpose.)
    ///
    /// ```sql,bad
    /// CREATE TABLE users (id bigint PRIMARY KEY, email text);
    /// CREATE FUNCTION fold() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.email := lower(NEW.email); RETURN NEW; END';
    /// -- migration
    /// CREATE TRIGGER fold BEFORE INSERT OR UPDATE ON users FOR EACH ROW EXECUTE FUNCTION fold();
    /// ```
    ///
    /// ```sql,good
    /// CREATE FUNCTION fold() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.email := lower(NEW.email); RETURN NEW; END';
    /// -- migration
    /// CREATE TABLE users (id bigint PRIMARY KEY, email text);
    /// CREATE TRIGGER fold BEFORE INSERT OR UPDATE ON users FOR EACH ROW EXECUTE FUNCTION fold();
    /// ```
    pub(super) static TRIGGER_ADDED = "trigger-added", Info, Compatibility, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let added = |(change, span): (&Change, _)| {
        let Change::CreateTrigger { table, trigger, .. } = change else { return None };
        let name = at.step.before.resolve_relation(table)?;
        let base = at.step.base.table(&name)?;
        let refuses =
            |broken: &Broken| matches!(&broken.usage, Use::Guarded(table, guard, _) if *table == name && *guard == trigger.name);
        // That it refuses rows is said by itself.
        let known = base.triggers.iter().any(|found| found.name == trigger.name) || at.verdict.breaks.iter().any(refuses);
        let label = at.shown(&name);
        (!known).then(|| {
            at.finding(span, format!("trigger {} acts on what the old application writes to {label}", trigger.name))
                .help(format!("Make sure that {} suits rows of an application that does not know it.", trigger.name))
        })
    };
    at.changes().filter_map(added).collect()
}
