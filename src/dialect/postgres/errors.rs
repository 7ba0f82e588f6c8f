//! The server's errors for changes that a schema state does not admit: SQLSTATE and message as it words them.

use crate::catalog::Problem;
use crate::change::Change;
use crate::dialect::ServerError;

/// The error that a problem gives.
pub(super) fn problem(problem: &Problem, _change: &Change) -> ServerError {
    match problem {
        Problem::Other { code, message } => ServerError { sqlstate: Some((*code).into()), message: message.clone() },
        other => ServerError { sqlstate: None, message: format!("{other:?}") },
    }
}
