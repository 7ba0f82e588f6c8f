//! A routine's body does not fit the schema any more.

use super::{At, Check, Finding, rule};

rule! {
    /// A routine's body does not fit the schema any more: it fails from now on, for every application.
    ///
    /// PostgreSQL does not look into bodies before they run: a table or column that they name is gone, a new column makes `SELECT *`
    /// give more than the routine returns or the history table takes, or shares its name with a variable. The function of a trigger
    /// makes ordinary writes fail. Replace the routine in the same transaction.
    ///
    /// ```sql,bad
    /// CREATE TABLE users (id bigint PRIMARY KEY, email text);
    /// CREATE FUNCTION fold() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.email := lower(NEW.email); RETURN NEW; END';
    /// CREATE TRIGGER fold BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION fold();
    /// -- migration
    /// ALTER TABLE users DROP COLUMN email;
    /// ```
    ///
    /// ```sql,good
    /// CREATE TABLE users (id bigint PRIMARY KEY, email text);
    /// CREATE FUNCTION fold() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.email := lower(NEW.email); RETURN NEW; END';
    /// -- migration
    /// CREATE TRIGGER fold BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION fold();
    /// ```
    pub(super) static ROUTINE_DANGLING = "routine-dangling", Error, Compatibility, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let replaced = |name: &crate::catalog::Name, body: &crate::assess::Dangling| {
        // A later statement of the same transaction may set it right.
        let last = at.committed();
        let trigger_gone = body.trigger_of.as_ref().is_some_and(|table| !last.relations.contains_key(table));
        last.routines.get(name) != at.step.after.routines.get(name) || trigger_gone
    };
    let finding = |dangling: &crate::assess::Dangling| {
        let error = at.dialect().app_error(&dangling.error);
        let code = error.sqlstate.map(|code| format!(" ({code})")).unwrap_or_default();
        let who = match &dangling.trigger_of {
            Some(table) => format!("every write to {} that fires it", at.shown(table)),
            None => "every call".into(),
        };
        let name = at.shown(&dangling.routine);
        at.finding(at.statement.span, format!("{name}() does not run any more, and {who} fails: {}{code}", error.message))
            .help(format!("Replace {name}() in the same transaction with a body that fits."))
    };
    at.verdict.dangling.iter().filter(|dangling| !replaced(&dangling.routine, dangling)).map(finding).collect()
}
