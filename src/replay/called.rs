//! What a query does beside reading: the statements of the routines that it calls, with the arguments that it gives them.

use super::Run;
use crate::catalog::CatalogRoutine;
use crate::change::{
    BlockStatement, Change, Data, ObjectKind, Opaque, OpaqueClass, Parameter, ParameterMode, RefKind, RoutineBody, Spanned,
};
use crate::lower::{self, Argument, Known, Value};
use crate::source::{Sources, Span};

/// How much of routines is read for one statement.
const MAX_BYTES: usize = 1 << 21;

/// Routines that call each other.
const MAX_DEPTH: usize = 16;

/// What the calls of one statement have used up.
#[derive(Debug, Default)]
pub(super) struct Calls {
    pub depth: usize,
    bytes: usize,
}

impl Run<'_> {
    /// The statements of routines of one's own that a query calls.
    pub(super) fn called(&mut self, data: &Data, span: Span) -> Vec<BlockStatement> {
        let Some(query) = &data.query else { return Vec::new() };
        let mut out = Vec::new();
        for reference in query.text.refs.iter() {
            let RefKind::Function { arguments: count } = reference.kind else { continue };
            let Some(name) = self.catalog.resolve_routine(&reference.qname()) else { continue };
            let overloads = self.catalog.routines.get(&name).map(|routines| routines.as_slice()).unwrap_or_default();
            let end = reference.ranges.last().map_or(0, |range| range.1 as usize);
            let arguments = query.text.sql.get(end..).and_then(lower::arguments).unwrap_or_default();
            let Some(routine) = chosen(overloads, &arguments, count) else { continue };
            if let (RoutineBody::Text(text), true) = (&routine.routine.body, routine.routine.kind != ObjectKind::Aggregate) {
                self.calls.bytes += text.len();
                if self.calls.depth >= MAX_DEPTH || self.calls.bytes > MAX_BYTES {
                    let reason = "routines that call each other too often".to_owned();
                    let value = Change::Opaque(Opaque { reason, class: OpaqueClass::Dynamic });
                    out.push(BlockStatement { change: Spanned { value, span }, conditional: true, returned: false });
                    continue;
                }
                let mut sources = Sources::default();
                let file = sources.add("", text.clone());
                let known = known(&routine.routine.parameters, &arguments);
                let block = lower::block_knowing(text, Span::new(file, 0, text.len()), &routine.routine.language, known);
                out.extend(block.statements.into_iter().map(|mut statement| {
                    statement.change.span = span;
                    statement
                }));
            }
        }
        out
    }
}

/// The overload that takes these arguments.
fn chosen<'r>(overloads: &'r [CatalogRoutine], arguments: &[Argument], count: u16) -> Option<&'r CatalogRoutine> {
    let taking = overloads.iter().filter_map(|routine| Some((misfits(&given(&routine.routine.parameters), arguments)?, routine)));
    let best = taking.min_by_key(|(misfits, _)| *misfits).map(|(_, routine)| routine);
    best.or_else(|| overloads.iter().find(|routine| routine.routine.parameters.len() >= count as usize))
}

/// The parameters that a call gives.
fn given(parameters: &[Parameter]) -> Vec<&Parameter> {
    parameters.iter().filter(|parameter| !matches!(parameter.mode, ParameterMode::Out | ParameterMode::Table)).collect()
}

/// The parameter that each argument is for.
fn matched<'p>(parameters: &[&'p Parameter], arguments: &[Argument]) -> Option<Vec<(usize, &'p Parameter)>> {
    let place = |(position, argument): (usize, &Argument)| {
        let position = match &argument.name {
            Some(name) => parameters.iter().position(|parameter| parameter.name.as_deref() == Some(name))?,
            None => match parameters.last() {
                Some(last) if last.mode == ParameterMode::Variadic => position.min(parameters.len() - 1),
                _ => position,
            },
        };
        Some((position, *parameters.get(position)?))
    };
    arguments.iter().enumerate().map(place).collect()
}

/// How many of the arguments are of another kind than the parameters; nothing where they cannot be given to them.
fn misfits(parameters: &[&Parameter], arguments: &[Argument]) -> Option<usize> {
    let matched = matched(parameters, arguments)?;
    let missing = |(position, parameter): (usize, &&Parameter)| {
        parameter.default.is_none()
            && parameter.mode != ParameterMode::Variadic
            && !matched.iter().any(|(found, _)| *found == position)
    };
    if parameters.iter().enumerate().any(missing) {
        return None;
    }
    let mut misfits = 0;
    for (argument, (_, parameter)) in arguments.iter().zip(&matched) {
        let is_array = parameter.data_type.dimensions > 0;
        let is_text = matches!(parameter.data_type.name.as_str(), "text" | "varchar" | "character varying" | "name");
        match &argument.value {
            Some(Value::List(_)) if !is_array => return None,
            Some(Value::Text(_)) if is_array || !is_text => misfits += 1,
            Some(Value::Integer(_)) if is_text => return None,
            Some(_) | None => {}
        }
    }
    Some(misfits)
}

/// What the routine knows of its parameters.
fn known(parameters: &[Parameter], arguments: &[Argument]) -> Known {
    let parameters = given(parameters);
    let matched = matched(&parameters, arguments).unwrap_or_default();
    let mut known = Known::default();
    for (position, parameter) in parameters.iter().enumerate() {
        let mut values =
            arguments.iter().zip(&matched).filter(|(_, (found, _))| *found == position).map(|(argument, _)| argument);
        let value = match (parameter.mode, values.next(), values.next()) {
            // Of `VARIADIC` parameters it is not followed how their values come together.
            (ParameterMode::Variadic, ..) | (_, Some(_), Some(_)) => None,
            (_, Some(argument), None) => argument.value.clone(),
            (_, None, _) => parameter.default.as_ref().and_then(|default| lower::constant(&default.sql)),
        };
        known.parameter(position + 1, parameter.name.as_deref(), &parameter.data_type, value);
    }
    known
}

#[cfg(test)]
mod tests {
    use crate::change::Change;
    use crate::dialect::Postgres;
    use crate::replay::{Release, read_statements, replay};

    #[test]
    fn calls_without_end_are_left_and_said_to_be() {
        for call in ["PERFORM f(n + 1);", "PERFORM f(n); PERFORM f(n); PERFORM f(n);"] {
            let sql = format!(
                "CREATE TABLE t (id int);
                CREATE FUNCTION f(n int) RETURNS void LANGUAGE plpgsql AS $$ BEGIN {call} DROP TABLE IF EXISTS x; END $$;
                SELECT f(1);"
            );
            let project = crate::read::read_stdin(sql, None).expect("a project");
            let parsed = read_statements(&project.sources, &project.history);
            let replayed = replay(&project.history, &parsed, |_| true, Release::Together, &Postgres);
            let atoms = replayed.steps.iter().flat_map(|step| &step.atoms);
            assert!(atoms.filter(|atom| matches!(atom.change.value, Change::Opaque(_))).count() > 0, "{call}");
        }
    }
}
