//! SQL that is made when it runs.

use super::{At, Check, Finding, Level, rule};
use crate::change::{Change, OpaqueClass};

rule! {
    /// SQL is put together when it runs, so what it does is not known.
    ///
    /// A statement that is built from variables or from what the database holds cannot be read in the migration. Its neighbours are judged
    /// all the same.
    ///
    /// ```sql,bad
    /// CREATE TABLE users (id bigint PRIMARY KEY);
    /// -- migration
    /// DO $$
    /// DECLARE name text;
    /// BEGIN
    ///     FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
    ///         EXECUTE 'ANALYZE ' || quote_ident(name);
    ///     END LOOP;
    /// END $$;
    /// ```
    ///
    /// ```sql,good
    /// CREATE TABLE users (id bigint PRIMARY KEY);
    /// -- migration
    /// DO $$ BEGIN EXECUTE 'ANALYZE users'; END $$;
    /// ```
    pub(super) static NOT_ANALYSED = "not-analysed", Warning, Reading, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    // In a routine that is called it has been there before, and perhaps for long.
    let called = !at.statement.changes.iter().any(|change| matches!(change.value, Change::Do(_) | Change::Opaque(_)));
    let most = if called { Level::Info } else { Level::Warning };
    let mut out: Vec<Finding> = Vec::new();
    for (change, span) in at.changes() {
        let Change::Opaque(opaque) = change else { continue };
        let message = match called {
            true => format!("a routine that is called here was not analysed: {}", opaque.reason),
            false => format!("not analysed: {}", opaque.reason),
        };
        let known = out.iter().any(|found| found.place.span == span && found.message == message);
        if opaque.class == OpaqueClass::Dynamic && !known {
            out.push(at.finding(span, message).help("Check by hand what it does.").at_most(most));
        }
    }
    out
}
