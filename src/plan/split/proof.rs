//! What a split runs, tried on the schema that it is for: a sequence that fails there is none.

use super::Piece;
use crate::lint::Lint;
use crate::lower;
use crate::source::{Sources, Span};

/// The first error of the pieces, run one after the other where the migration would have run.
pub(super) fn error(lint: &Lint<'_>, number: usize, pieces: &[Piece]) -> Option<String> {
    let dialect = lint.options.dialect;
    let steps = &lint.replayed.steps[lint.assessments[number].steps.clone()];
    let first = steps.first()?;
    // Where the schema is not fully known, nobody can tell.
    if !steps.iter().all(|step| step.known && step.problems.is_empty() && step.doubtful.is_empty()) {
        return None;
    }
    let mut state = (*first.before).clone();
    for piece in pieces {
        state.session = dialect.empty_catalog().session;
        for sql in &piece.statements {
            let mut sources = Sources::default();
            let file = sources.add("", sql.as_str());
            for change in lower::lower_text(sql, Span::new(file, 0, sql.len())) {
                if let Err(problem) = state.apply(&change.value, dialect) {
                    return Some(dialect.problem(&problem, &change.value).message);
                }
            }
        }
    }
    None
}
