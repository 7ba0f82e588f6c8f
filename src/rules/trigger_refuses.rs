//! A trigger that raises an error on what old code writes.

use super::{At, Check, Finding, FindingBreak, Level, rule};
use crate::assess::{Broken, Use};
use crate::catalog::{Catalog, Name};
use crate::change::Ident;

rule! {
    /// A trigger begins to refuse rows or statements of the old application: its function raises an error.
    ///
    /// The statement fails with the code that the function gives, `P0001` where it gives none. That holds for a new trigger, for one
    /// that is enabled, and for one whose function gets a new `RAISE EXCEPTION`. Which rows it refuses its condition tells.
    ///
    /// ```sql,bad
    /// CREATE TABLE entries (id bigint PRIMARY KEY, amount bigint);
    /// CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'entries are kept'; END $$;
    /// -- migration
    /// CREATE TRIGGER keep BEFORE DELETE ON entries FOR EACH ROW EXECUTE FUNCTION keep();
    /// ```
    ///
    /// ```sql,good
    /// CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'entries are kept'; END $$;
    /// -- migration
    /// CREATE TABLE entries (id bigint PRIMARY KEY, amount bigint);
    /// CREATE TRIGGER keep BEFORE DELETE ON entries FOR EACH ROW EXECUTE FUNCTION keep();
    /// ```
    pub(super) static TRIGGER_REFUSES = "trigger-refuses", Warning, Compatibility, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let key = |broken: &Broken| match &broken.usage {
        Use::Guarded(name, trigger, _) => Some((name.clone(), trigger.clone())),
        _ => None,
    };
    let finding = |((name, trigger), breaks): ((Name, Ident), Vec<FindingBreak>)| {
        let triggers = |catalog: &Catalog| {
            let found = catalog.table(&name)?.triggers.iter().find(|found| found.name == trigger)?;
            let function = catalog.resolve_routine(&found.function)?;
            Some((found.clone(), catalog.routines.get(&function).cloned()))
        };
        at.breaking(
            at.place(triggers),
            format!("trigger {trigger} begins to refuse what is written to {}", at.shown(&name)),
            breaks,
        )
        .help(format!("Deploy an application that keeps to {trigger} first, and let it refuse after the rollback window."))
        .at_most(Level::Warning)
    };
    at.claim_by(key).into_iter().map(finding).collect()
}
