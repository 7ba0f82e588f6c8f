//! What a query does beside reading: the statements of the routines that it calls.

use super::Run;
use crate::change::{Data, ObjectKind, RefKind, RoutineBody};
use crate::lower;
use crate::source::{Sources, Span};

impl Run<'_> {
    /// The statements of routines of one's own that a query calls.
    pub(super) fn called(&self, data: &Data, span: Span) -> Vec<crate::change::BlockStatement> {
        let Some(query) = &data.query else { return Vec::new() };
        let mut out = Vec::new();
        for reference in query.text.refs.iter() {
            let RefKind::Function { arguments } = reference.kind else { continue };
            let Some(name) = self.catalog.resolve_routine(&reference.qname()) else { continue };
            let overloads = self.catalog.routines.get(&name).map(|routines| routines.as_slice()).unwrap_or_default();
            let fits = |routine: &&crate::catalog::CatalogRoutine| routine.routine.parameters.len() >= arguments as usize;
            let Some(routine) = overloads.iter().find(fits) else { continue };
            if let (RoutineBody::Text(text), true) = (&routine.routine.body, routine.routine.kind != ObjectKind::Aggregate) {
                let mut sources = Sources::default();
                let file = sources.add("", text.clone());
                let block = lower::block(text, Span::new(file, 0, text.len()), &routine.routine.language);
                out.extend(block.statements.into_iter().map(|mut statement| {
                    statement.change.span = span;
                    statement
                }));
            }
        }
        out
    }
}
