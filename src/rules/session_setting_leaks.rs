//! Settings that outlive their migration.

use super::{At, Check, Finding, rule};
use crate::catalog::Session;
use crate::change::{Change, Ident};

rule! {
    /// A setting that changes what statements mean stays after the migration.
    ///
    /// A runner that applies several migrations in one session runs the later ones under it: names resolve elsewhere, another role owns
    /// what is made, triggers do not fire. `SET LOCAL` ends with the transaction.
    ///
    /// ```sql,bad
    /// CREATE SCHEMA shop;
    /// -- migration
    /// SET search_path = shop;
    /// CREATE TABLE orders (id bigint PRIMARY KEY);
    /// ```
    ///
    /// ```sql,good
    /// CREATE SCHEMA shop;
    /// -- migration
    /// SET LOCAL search_path = shop;
    /// CREATE TABLE orders (id bigint PRIMARY KEY);
    /// ```
    pub(super) static SESSION_SETTING_LEAKS = "session-setting-leaks", Info, Runner, Check::Statement(check);
}

/// Settings under which the same statement does something else.
const MEANINGFUL: [&str; 7] = [
    "search_path",
    "role",
    "session_authorization",
    "session_replication_role",
    "row_security",
    "default_tablespace",
    "default_table_access_method",
];

fn check(at: &At<'_>) -> Vec<Finding> {
    let mut out = Vec::new();
    for (change, span) in at.changes() {
        let Change::Set { name, value: Some(_), local: false } = change else { continue };
        let last = &at.scene.replayed.steps[at.assessment.steps.end - 1].after.session;
        let first = &at.scene.replayed.steps[at.assessment.steps.start].before.session;
        // Who sets it back, or sets what was set before, leaves nothing behind.
        let leaks = value(last, name) == value(&at.step.after.session, name) && value(last, name) != value(first, name);
        if MEANINGFUL.contains(&name.as_str()) && leaks {
            let help = match at.step.in_transaction {
                true => format!("Write SET LOCAL {name}: it ends with the transaction."),
                false => format!("Write RESET {name} at the end of the migration."),
            };
            out.push(at.finding(span, format!("{name} stays set for the migrations after this one")).help(help));
        }
    }
    out
}

/// What is left of a setting when the transaction is over.
fn value(session: &Session, name: &Ident) -> String {
    let session = session.before_local.as_deref().unwrap_or(session);
    match name.as_str() {
        "search_path" => session.search_path.join(", "),
        _ => session.settings.get(name).map(ToString::to_string).unwrap_or_default(),
    }
}
