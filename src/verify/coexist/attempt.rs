//! Trying statements without leaving a trace: each attempt runs in a subtransaction that is rolled back, many in one round trip.

use super::values::quoted;
use crate::verify::{Connection, SqlError};

/// What to try: statements that prepare it, whose failures do not matter, and those that are tried.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Attempt {
    /// Run before, each by itself.
    pub setup: Vec<String>,
    /// Tried together.
    pub statements: Vec<String>,
}

impl Attempt {
    /// One statement.
    pub fn one(statement: impl Into<String>) -> Self {
        Attempt { setup: Vec::new(), statements: vec![statement.into()] }
    }
}

/// What the server answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It worked.
    Works,
    /// It failed.
    Fails {
        /// The class and code of the error.
        sqlstate: String,
        /// The message.
        message: String,
    },
}

impl Answer {
    /// Whether it worked.
    pub fn works(&self) -> bool {
        *self == Answer::Works
    }
}

/// A function of the session: it is gone with it, and no look at the schema sees it. Constraints that wait for the end of the
/// transaction are checked at the end of the attempt.
const FUNCTION: &str = r#"
CREATE OR REPLACE FUNCTION pg_temp.migsafe_try(setup text[], statements text[], keep boolean) RETURNS text LANGUAGE plpgsql AS $body$
DECLARE
    statement text;
    state text := '00000';
    message text := '';
BEGIN
    BEGIN
        FOREACH statement IN ARRAY setup LOOP
            BEGIN
                EXECUTE statement;
            EXCEPTION WHEN OTHERS THEN NULL;
            END;
        END LOOP;
        FOREACH statement IN ARRAY statements LOOP
            EXECUTE statement;
        END LOOP;
        SET CONSTRAINTS ALL IMMEDIATE;
        IF NOT keep THEN
            RAISE EXCEPTION USING ERRCODE = 'MS000';
        END IF;
    EXCEPTION WHEN SQLSTATE 'MS000' THEN NULL;
    WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT;
    END;
    RETURN state || message;
END
$body$;
"#;

/// Whether what worked stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// It is undone.
    Nothing,
    /// It stays.
    Success,
}

/// Tries each; the answers are in the same order.
pub fn attempt(session: &mut Connection, attempts: &[Attempt], keep: Keep) -> Result<Vec<Answer>, SqlError> {
    let mut answers = Vec::with_capacity(attempts.len());
    session.execute(FUNCTION)?;
    for some in attempts.chunks(100) {
        let calls: Vec<String> = some.iter().map(|attempt| call(attempt, keep)).collect();
        for row in session.query_rows(&calls.join(";\n"))? {
            let text = row.into_iter().next().flatten().unwrap_or_default();
            answers.push(match text.split_at_checked(5) {
                Some(("00000", _)) => Answer::Works,
                Some((sqlstate, message)) => Answer::Fails { sqlstate: sqlstate.into(), message: message.into() },
                None => Answer::Fails { sqlstate: String::new(), message: text },
            });
        }
    }
    Ok(answers)
}

/// Tries one.
pub fn attempt_one(session: &mut Connection, attempt_: Attempt, keep: Keep) -> Result<Answer, SqlError> {
    let mut answers = attempt(session, &[attempt_], keep)?;
    Ok(answers.pop().unwrap_or(Answer::Works))
}

/// What sets the sequences back to where they are now: no rollback does, and migrations may count on the numbers that come next.
pub fn sequences(session: &mut Connection) -> Result<String, SqlError> {
    let rows = session.query_rows(
        "SELECT format('SELECT setval(%L, %s, %L)', format('%I.%I', schemaname, sequencename), coalesce(last_value, start_value),
            last_value IS NOT NULL) FROM pg_sequences",
    )?;
    let statements: Vec<String> = rows.into_iter().flatten().flatten().collect();
    Ok(if statements.is_empty() { "SELECT 1".into() } else { statements.join(";\n") })
}

fn call(attempt: &Attempt, keep: Keep) -> String {
    let array = |statements: &[String]| {
        format!("ARRAY[{}]::text[]", statements.iter().map(|text| quoted(text)).collect::<Vec<_>>().join(", "))
    };
    format!("SELECT pg_temp.migsafe_try({}, {}, {})", array(&attempt.setup), array(&attempt.statements), keep == Keep::Success)
}
