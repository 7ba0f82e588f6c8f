//! A role may run a statement, but not what the database does for it.

use super::{At, Check, Finding, FindingBreak, rule};
use crate::assess::{Broken, Use};
use crate::catalog::Name;
use crate::change::Ident;
use crate::dialect::AppError;

rule! {
    /// Statements that a role may run now need a right on something else, which it does not have.
    ///
    /// Policies read their tables, triggers write theirs and defaults draw from their sequences with the rights of who asks; a view
    /// reads with those of its owner. The statement fails with `42501`, though nothing was revoked. Grant what is needed in the same
    /// migration, or let a `SECURITY DEFINER` function do it.
    ///
    /// ```sql,bad
    /// CREATE TABLE users (id bigint PRIMARY KEY);
    /// GRANT INSERT ON users TO pg_monitor;
    /// -- migration
    /// CREATE TABLE users_log (user_id bigint);
    /// CREATE FUNCTION log_user() RETURNS trigger LANGUAGE plpgsql AS
    ///     'BEGIN INSERT INTO users_log (user_id) VALUES (NEW.id); RETURN NULL; END';
    /// CREATE TRIGGER log_user AFTER INSERT ON users FOR EACH ROW EXECUTE FUNCTION log_user();
    /// ```
    ///
    /// ```sql,good
    /// CREATE TABLE users (id bigint PRIMARY KEY);
    /// GRANT INSERT ON users TO pg_monitor;
    /// -- migration
    /// CREATE TABLE users_log (user_id bigint);
    /// GRANT INSERT ON users_log TO pg_monitor;
    /// CREATE FUNCTION log_user() RETURNS trigger LANGUAGE plpgsql AS
    ///     'BEGIN INSERT INTO users_log (user_id) VALUES (NEW.id); RETURN NULL; END';
    /// CREATE TRIGGER log_user AFTER INSERT ON users FOR EACH ROW EXECUTE FUNCTION log_user();
    /// ```
    pub(super) static RIGHT_LACKING = "right-lacking", Error, Compatibility, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let key = |broken: &Broken| match (&broken.usage, &broken.error) {
        (Use::Privilege(name, role, _), AppError::Denied { name: of, .. }) if *of != name.name => {
            Some((name.clone(), Some(role.clone()), of.clone()))
        }
        (Use::Select(name), AppError::Denied { name: of, .. }) => Some((name.clone(), None, of.clone())),
        _ => None,
    };
    let finding = |((name, role, of), breaks): ((Name, Option<Ident>, Ident), Vec<FindingBreak>)| {
        let shown = at.shown(&name);
        let what = match &role {
            Some(role) => format!("what {role} may do with {shown} needs a right on {of}"),
            None => format!("the owner of {shown} may not read {of}"),
        };
        let needy = role.as_ref().map_or("that owner", |role| role.as_str());
        at.breaking(at.statement.span, what, breaks)
            .help(format!("Grant {needy} what it needs on {of} before, or in the same migration."))
    };
    at.claim_by(key).into_iter().map(finding).collect()
}
