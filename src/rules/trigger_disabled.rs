//! A trigger that old code relies on does not fire any more.

use super::{At, Check, Finding, rule};
use crate::catalog::{Catalog, Name};
use crate::change::{Change, Firing, Ident, TableAction, Trigger};
use crate::replay::Atom;
use crate::source::Span;
use std::sync::Arc;

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
    /// ```sql,bad
    /// CREATE TABLE events (id bigint, year int) PARTITION BY LIST (year);
    /// CREATE TABLE events_2026 PARTITION OF events FOR VALUES IN (2026);
    /// CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
    /// CREATE TRIGGER note AFTER INSERT ON events FOR EACH ROW EXECUTE FUNCTION note();
    /// -- migration
    /// ALTER TABLE events_2026 DISABLE TRIGGER note;
    /// ```
    ///
    /// ```sql,good
    /// CREATE TABLE events (id bigint, year int) PARTITION BY LIST (year);
    /// CREATE TABLE events_2026 PARTITION OF events FOR VALUES IN (2026);
    /// CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
    /// CREATE TRIGGER note AFTER INSERT ON events FOR EACH ROW EXECUTE FUNCTION note();
    /// -- migration
    /// ALTER TABLE events_2026 DISABLE TRIGGER ALL;
    /// INSERT INTO events SELECT 1, 2026 WHERE false;
    /// ALTER TABLE events_2026 ENABLE TRIGGER ALL;
    /// CREATE TABLE events_2027 PARTITION OF events FOR VALUES IN (2027);
    /// ALTER TABLE events_2027 DISABLE TRIGGER note;
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
        for trigger in &before.triggers {
            let name = &trigger.name;
            let ends = fires(&before.triggers, name) && !fires(&after.triggers, name);
            if !ends || !fires(&base.triggers, name) || fires(&last.triggers, name) {
                continue;
            }
            let span = at.place(|catalog| catalog.table(&before.name).map(|table| fires(&table.triggers, name)));
            out.push(finding(at, span, name, &after.name));
        }
    }
    for atom in &at.step.atoms {
        let Some((partition, switched, false)) = switched(atom) else { continue };
        let stopped = clones(atom, &partition).into_iter().filter(|clone| switched.is_none_or(|name| name == *clone));
        let stopped = stopped.filter(|clone| !starts_again(at, atom, &partition, clone));
        out.extend(stopped.map(|clone| finding(at, atom.change.span, clone, &partition)));
    }
    out
}

fn fires(triggers: &[Arc<Trigger>], name: &str) -> bool {
    triggers.iter().any(|trigger| trigger.name == name && is_on(trigger.enabled))
}

fn is_on(firing: Firing) -> bool {
    matches!(firing, Firing::Origin | Firing::Always)
}

fn finding(at: &At<'_>, span: Span, trigger: &Ident, table: &Name) -> Finding {
    let table = at.shown(table);
    at.finding(span, format!("trigger {trigger} does not act on what the old application writes to {table} any more"))
        .help(format!("Drop {trigger} when no instance that relies on it writes to {table}."))
}

/// The table of which a change switches a trigger, or all of them, and whether they fire then.
fn switched(atom: &Atom) -> Option<(Name, Option<&Ident>, bool)> {
    let Change::AlterTable(alter) = &atom.change.value else { return None };
    let TableAction::SetTrigger { name, firing } = &alter.action else { return None };
    Some((atom.before.resolve_relation(&alter.table)?, name.as_ref(), is_on(*firing)))
}

/// The row triggers that a partition has from the tables above it; the schema lists them there.
fn clones<'a>(atom: &'a Atom, partition: &Name) -> Vec<&'a Ident> {
    let mut found = Vec::new();
    for above in parents(&atom.before, partition) {
        let triggers = atom.before.table(&above).map(|table| table.triggers.as_slice()).unwrap_or_default();
        found.extend(triggers.iter().filter(|own| own.for_each_row && is_on(own.enabled)).map(|own| &own.name));
    }
    found
}

fn parents(catalog: &Catalog, table: &Name) -> Vec<Name> {
    let above = |name: &Name| catalog.table(name)?.partition_of.as_ref().map(|(parent, _)| parent.clone());
    std::iter::successors(above(table), above).collect()
}

/// Whether the transaction lets it fire again, or has only made the partition or the trigger.
fn starts_again(at: &At<'_>, stop: &Atom, partition: &Name, trigger: &Ident) -> bool {
    let is_old = at.step.base.table(partition).is_some_and(|_| {
        let above = parents(&at.step.base, partition);
        above.iter().filter_map(|above| at.step.base.table(above)).any(|above| fires(&above.triggers, trigger))
    });
    let later = at.number..at.transaction().end;
    let atoms = later.filter_map(|number| at.scene.step(number)).flat_map(|(step, _)| &step.atoms);
    let after = atoms.skip_while(|atom| !std::ptr::eq(*atom, stop)).skip(1);
    let mut again = after.filter_map(switched).filter(|(table, name, on)| {
        *on && name.is_none_or(|name| name == trigger) && (table == partition || parents(&stop.before, partition).contains(table))
    });
    let kept = at.committed().table(partition).is_some()
        && parents(at.committed(), partition)
            .iter()
            .filter_map(|above| at.committed().table(above))
            .any(|above| fires(&above.triggers, trigger));
    !is_old || !kept || again.next().is_some()
}
