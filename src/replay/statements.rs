//! Reading the statements of a history: texts cut, each statement lowered, on all cores.

use crate::change::{Change, Spanned};
use crate::lower;
use crate::parse::{self, Directive, RawStatement, StatementKind};
use crate::source::{History, Script, Sources, Span};
use rayon::prelude::*;

/// A migration's statements, read but not yet applied.
#[derive(Debug, Clone, Default)]
pub struct ParsedMigration {
    /// In order, with the number of the chunk that each is sent in.
    pub statements: Vec<ParsedStatement>,
    /// Directives for the whole file.
    pub directives: Vec<Directive>,
    /// Comments that look like directives and are none.
    pub bad_directives: Vec<parse::Problem>,
}

/// One statement, read.
#[derive(Debug, Clone)]
pub struct ParsedStatement {
    /// Its text.
    pub span: Span,
    /// What it does.
    pub changes: Vec<Spanned<Change>>,
    /// The directives above it.
    pub directives: Vec<Directive>,
    /// What is wrong with its text (an unterminated string).
    pub problem: Option<parse::Problem>,
    pub(super) chunk: u32,
}

/// Reads the statements of all migrations, on all cores.
pub fn read_statements(sources: &Sources, history: &History) -> Vec<ParsedMigration> {
    history.migrations.par_iter().with_min_len(8).map(|migration| read_script(sources, &migration.up)).collect()
}

/// Reads the statements of one script.
pub fn read_script(sources: &Sources, script: &Script) -> ParsedMigration {
    let mut out = ParsedMigration::default();
    for (number, chunk) in script.chunks.iter().enumerate() {
        let one = Script { chunks: vec![*chunk], transaction: script.transaction };
        let parsed = parse::split(sources, &one, &parse::Lexis::POSTGRES);
        out.directives.extend(parsed.file_directives);
        out.bad_directives.extend(parsed.bad_directives);
        out.statements.extend(parsed.statements.into_iter().map(|raw| ParsedStatement {
            span: raw.span,
            changes: changes(sources, &raw),
            directives: raw.directives,
            problem: raw.problem,
            chunk: number as u32,
        }));
    }
    out
}

fn changes(sources: &Sources, raw: &RawStatement) -> Vec<Spanned<Change>> {
    let text = sources.slice(raw.span);
    match raw.kind {
        StatementKind::Sql | StatementKind::SqlWithData(_) => lower::lower_text(text, raw.span),
        StatementKind::ClientCommand | StatementKind::ClientCommandWithData(_) => {
            vec![Spanned { value: lower::command(text), span: raw.span }]
        }
    }
}
