//! Routines: calls that find no routine any more, or more than one; and routines whose bodies name what is gone.

use super::body::Body;
use super::security::try_routine_rights;
use super::{Touched, Trial, Use};
use crate::catalog::{Catalog, CatalogRoutine, Dependency, Dependent, Name, Relation};
use crate::change::{
    Change, ColumnRef, DataKind, Ident, ObjectKind, ParameterMode, Query, RoutineBody, SourceKind, Trigger, TypeName,
};
use crate::dialect::{AppError, Dialect};
use crate::lower;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Tries the calls that the application can make of the routines of a name.
pub(super) fn try_routines(trial: &mut Trial<'_>, name: &Name) {
    let Some(own) = trial.app.routines.get(name) else { return };
    let none = Arc::new(Vec::new());
    let there = trial.state.routines.get(name).unwrap_or(&none);
    for routine in own.iter().filter(|routine| callable(routine)) {
        let inputs = inputs(routine);
        let all = inputs.len();
        let fewest = all - defaults(routine);
        for given in BTreeSet::from([fewest, all]) {
            try_call(trial, name, routine, &inputs[..given], there);
        }
        if let Some(found) = there.iter().find(|found| found.signature == routine.signature) {
            try_routine_rights(trial, routine, found);
        }
    }
}

/// Whether an application can call it: the functions of triggers are called by them alone.
fn callable(routine: &CatalogRoutine) -> bool {
    let returns = routine.routine.returns.as_ref().map(|data_type| data_type.name.as_str());
    !matches!(returns, Some("trigger" | "event_trigger" | "internal"))
}

fn inputs(routine: &CatalogRoutine) -> Vec<TypeName> {
    let procedure = routine.routine.kind == ObjectKind::Procedure;
    let is_input = |mode: ParameterMode| match mode {
        ParameterMode::In | ParameterMode::InOut | ParameterMode::Variadic => true,
        ParameterMode::Out => procedure,
        ParameterMode::Table => false,
    };
    routine.routine.parameters.iter().filter(|p| is_input(p.mode)).map(|p| p.data_type.clone()).collect()
}

fn defaults(routine: &CatalogRoutine) -> usize {
    routine.routine.parameters.iter().filter(|parameter| parameter.default.is_some()).count()
}

fn try_call(trial: &mut Trial<'_>, name: &Name, own: &CatalogRoutine, given: &[TypeName], there: &[CatalogRoutine]) {
    let call = || format!("{}({})", name.name, given.iter().map(|t| trial.type_text(t)).collect::<Vec<_>>().join(", "));
    let usage = Use::Call(name.clone(), own.signature.clone(), given.len() as u16);
    let takes = |routine: &CatalogRoutine| {
        let inputs = inputs(routine);
        (inputs.len() >= given.len() && inputs.len() - defaults(routine) <= given.len()).then_some(inputs)
    };
    let exact = |routine: &&CatalogRoutine| takes(routine).is_some_and(|inputs| inputs[..given.len()] == *given);
    let fitting: Vec<&CatalogRoutine> = there.iter().filter(exact).collect();
    match fitting.as_slice() {
        [] => {
            let passes = |(from, to): (&TypeName, &TypeName)| from == to || trial.dialect.passes_as(from, to, trial.state);
            let near = |routine: &&CatalogRoutine| takes(routine).is_some_and(|inputs| given.iter().zip(&inputs).all(passes));
            match there.iter().find(near) {
                Some(found) => try_result(trial, own, found, usage),
                None => {
                    let error = AppError::NoFunction { call: call() };
                    trial.fail(usage, error);
                }
            }
        }
        [found] => try_result(trial, own, found, usage),
        _ => {
            let error = AppError::AmbiguousFunction { call: call() };
            trial.fail(usage, error);
        }
    }
}

fn try_result(trial: &mut Trial<'_>, own: &CatalogRoutine, found: &CatalogRoutine, usage: Use) {
    if own.routine.kind != found.routine.kind {
        let call = format!("{}({})", own.name.name, own.signature);
        trial.fail(usage, AppError::RoutineKind { call, procedure: found.routine.kind == ObjectKind::Procedure });
        return;
    }
    let variadic = |routine: &CatalogRoutine| routine.routine.parameters.iter().any(|p| p.mode == ParameterMode::Variadic);
    if variadic(own) && !variadic(found) {
        let call = format!("{}({}, ...)", own.name.name, own.signature);
        trial.fail(usage, AppError::NoFunction { call });
        return;
    }
    if let Some(error) = renamed_parameter(own, found) {
        trial.fail(usage, error);
        return;
    }
    if own.routine.security_definer
        && !found.routine.security_definer
        && let Some(table) = first_table(found)
    {
        let usage = Use::Privilege(own.name.clone(), "public".into(), "EXECUTE".into());
        trial.fail(usage, AppError::Denied { kind: "table", name: table });
    }
    let outputs = |routine: &CatalogRoutine| -> Vec<(Option<Ident>, TypeName)> {
        let out = |mode: ParameterMode| matches!(mode, ParameterMode::Out | ParameterMode::InOut | ParameterMode::Table);
        routine.routine.parameters.iter().filter(|p| out(p.mode)).map(|p| (p.name.clone(), p.data_type.clone())).collect()
    };
    let (own_outputs, found_outputs) = (outputs(own), outputs(found));
    for (column, data_type) in &own_outputs {
        let Some(column) = column else { continue };
        match found_outputs.iter().find(|(name, _)| name.as_ref() == Some(column)) {
            None => {
                let error = AppError::NoColumn { column: column.clone(), relation: own.name.name.clone(), written: false };
                trial.fail(Use::CallColumn(own.name.clone(), own.signature.clone(), column.clone()), error);
            }
            Some((_, found)) if data_type != found => {
                let unread = super::types::conversion(trial, data_type, found).is_some_and(|conversion| !conversion.old_reads);
                if unread {
                    trial.fail(usage.clone(), AppError::Silent(format!("{column} of the result is of another type")));
                }
            }
            Some(_) => {}
        }
    }
    if own_outputs.len() != found_outputs.len() {
        return;
    }
    if let (Some(from), Some(to)) = (&own.routine.returns, &found.routine.returns)
        && super::types::conversion(trial, from, to).is_some_and(|conversion| !conversion.old_reads)
    {
        trial.fail(usage, AppError::Silent("the result is of another type, which the application cannot decode".into()));
    }
}

/// A call by a parameter's name finds no routine whose parameter in that place is called otherwise.
fn renamed_parameter(own: &CatalogRoutine, found: &CatalogRoutine) -> Option<AppError> {
    let named = |routine: &CatalogRoutine| -> Vec<(Option<Ident>, TypeName)> {
        let given = |mode: ParameterMode| matches!(mode, ParameterMode::In | ParameterMode::InOut);
        routine.routine.parameters.iter().filter(|p| given(p.mode)).map(|p| (p.name.clone(), p.data_type.clone())).collect()
    };
    let other = named(found);
    let (name, data_type) = named(own).into_iter().find_map(|(name, data_type)| {
        let name = name?;
        other.iter().all(|(found, _)| found.as_ref() != Some(&name)).then_some((name, data_type))
    })?;
    Some(AppError::NoFunction { call: format!("{}({name} => {})", own.name.name, data_type.name) })
}

/// The first table that a routine's body names.
fn first_table(routine: &CatalogRoutine) -> Option<Ident> {
    let RoutineBody::Text(text) = &routine.routine.body else { return None };
    let block = lower::body(text, &routine.routine.language);
    block.statements.iter().find_map(|statement| match &statement.change.value {
        Change::Data(data) => {
            let read = || {
                let sources = data.query.iter().flat_map(|query| query.selects.iter()).flat_map(|select| &select.sources);
                sources.into_iter().find_map(|source| match &source.from {
                    SourceKind::Relation(name) => Some(name.name.clone()),
                    _ => None,
                })
            };
            data.table.as_ref().map(|table| table.name.clone()).or_else(read)
        }
        _ => None,
    })
}

/// A routine whose body a change makes fail: from then on it fails when it runs, for every application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dangling {
    /// The routine.
    pub routine: Name,
    /// The table whose trigger calls it, where one does: then ordinary writes fail.
    pub trigger_of: Option<Name>,
    /// What it meets.
    pub error: AppError,
    /// What applications do that fails by it.
    pub uses: Vec<Use>,
}

/// The routines that worked on `before` and whose bodies fail on `after`: they name what is gone, or what is there now does not fit.
pub fn dangling(before: &Catalog, after: &Catalog, touched: &Touched, dialect: &dyn Dialect) -> Vec<Dangling> {
    let gone = Gone::between(before, after, touched);
    let mut found = Vec::new();
    for (name, routine) in touched.concerned(before, after) {
        let RoutineBody::Text(text) = &routine.routine.body else { continue };
        let tables = triggers_calling(after, name);
        let mentioned = gone.mentioned(text);
        let missing = || gone.in_statements(text, &routine.routine.language, after).or_else(|| gone.in_rows(text, &tables));
        let all = || (uses(after, name, routine, &tables), mentioned.then(missing).flatten());
        let (uses, error) = match all() {
            (uses, Some(error)) => (uses, error),
            (_, None) => match misfit(before, after, name, routine, &tables, dialect) {
                Some(found) => found,
                None => continue,
            },
        };
        let error = AppError::InBody { routine: format!("{}({})", name.name, routine.signature), error: Box::new(error) };
        found.push(Dangling { routine: name.clone(), trigger_of: tables.into_iter().next(), error, uses });
    }
    found
}

/// What a routine's body meets after a change that it did not meet before, and what fails by it.
fn misfit(
    before: &Catalog,
    after: &Catalog,
    name: &Name,
    routine: &CatalogRoutine,
    tables: &[Name],
    dialect: &dyn Dialect,
) -> Option<(Vec<Use>, AppError)> {
    let body = Body::read(routine)?;
    let same = |own: &&CatalogRoutine| own.signature == routine.signature;
    let former = before.routines.get(name).and_then(|own| own.iter().find(same));
    let former = former.and_then(Body::read);
    let begins = |rows: Option<&Name>, was_called: bool| {
        let error = body.error(after, rows, dialect)?;
        let before = former.as_ref().filter(|_| was_called).and_then(|former| former.error(before, rows, dialect));
        before.is_none().then_some(error)
    };
    let mut found: Option<(Vec<Use>, AppError)> = None;
    for table in tables {
        let was_called = triggers_calling(before, name).contains(table);
        if let Some(error) = begins(Some(table), was_called) {
            let failing = found.get_or_insert_with(|| (Vec::new(), error));
            failing.0.extend(uses(after, name, routine, std::slice::from_ref(table)));
        }
    }
    if tables.is_empty() && callable(routine) && former.is_some() {
        found = begins(None, true).map(|error| (uses(after, name, routine, &[]), error));
    }
    found.filter(|(uses, _)| !uses.is_empty())
}

/// What an application does that runs the routine: calls of it, and what fires the triggers of these tables.
fn uses(catalog: &Catalog, name: &Name, routine: &CatalogRoutine, tables: &[Name]) -> Vec<Use> {
    let mut out = Vec::new();
    for table in tables {
        let triggers = match catalog.relations.get(table) {
            Some(Relation::Table(own)) => &own.triggers,
            Some(Relation::View(own)) => &own.triggers,
            _ => continue,
        };
        let fires =
            |trigger: &&Arc<Trigger>| trigger.fires() && catalog.resolve_routine(&trigger.function).as_ref() == Some(name);
        out.extend(triggers.iter().filter(fires).flat_map(|trigger| trigger.events.iter()).filter_map(
            |event| match event.as_str() {
                "INSERT" => Some(Use::Insert(table.clone())),
                "UPDATE" => Some(Use::Update(table.clone())),
                "DELETE" => Some(Use::Delete(table.clone())),
                _ => None,
            },
        ));
    }
    if callable(routine) {
        out.push(Use::Call(name.clone(), routine.signature.clone(), inputs(routine).len() as u16));
    }
    out.sort();
    out.dedup();
    out
}

impl Touched {
    /// The routines whose bodies a change between two states may make fail: their text names a relation of which columns came or went,
    /// they are new, or triggers of what is touched call them.
    pub fn concerned<'c>(&self, before: &Catalog, after: &'c Catalog) -> Vec<(&'c Name, &'c CatalogRoutine)> {
        let reshaped = |name: &&Name| columns(before.relations.get(*name)) != columns(after.relations.get(*name));
        let names: Vec<&Ident> = self.relations.iter().filter(reshaped).map(|name| &name.name).collect();
        let triggers = |catalog: &Catalog, name: &Name| match catalog.relations.get(name) {
            Some(Relation::Table(table)) => table.triggers.clone(),
            Some(Relation::View(view)) => view.triggers.clone(),
            _ => Vec::new(),
        };
        let hung = |name: &&Name| reshaped(name) || triggers(before, name) != triggers(after, name);
        let hung: Vec<&Name> = self.relations.iter().filter(hung).collect();
        if names.is_empty() && hung.is_empty() && self.routines.is_empty() {
            return Vec::new();
        }
        let called = hung.iter().flat_map(|name| triggers(after, name)).filter_map(|t| after.resolve_routine(&t.function));
        let called: BTreeSet<Name> = called.collect();
        let concerns = |name: &Name, routine: &CatalogRoutine| {
            let RoutineBody::Text(text) = &routine.routine.body else { return false };
            self.routines.contains(name) || called.contains(name) || names.iter().any(|word| mentions(text, word))
        };
        let all = after.routines.iter().flat_map(|(name, overloads)| overloads.iter().map(move |routine| (name, routine)));
        all.filter(|(name, routine)| concerns(name, routine)).collect()
    }
}

/// Whether a text has a word in it, in whatever case of its letters.
fn mentions(text: &str, word: &str) -> bool {
    let (text, word) = (text.as_bytes(), word.as_bytes());
    let first = word.first().map(u8::to_ascii_lowercase);
    text.windows(word.len().max(1))
        .any(|part| part.first().map(u8::to_ascii_lowercase) == first && part.eq_ignore_ascii_case(word))
}

/// The tables whose triggers call routines of that name.
fn triggers_calling(catalog: &Catalog, name: &Name) -> Vec<Name> {
    let on = Dependency::Routine(name.clone());
    catalog
        .dependents(&on)
        .filter_map(|d| if let Dependent::Trigger(table, _) = d { Some(table.clone()) } else { None })
        .collect()
}

/// Relations and columns that are there in one state and not in the next.
struct Gone {
    relations: Vec<Name>,
    columns: Vec<(Name, Ident)>,
}

impl Gone {
    fn between(before: &Catalog, after: &Catalog, touched: &Touched) -> Gone {
        let mut gone = Gone { relations: Vec::new(), columns: Vec::new() };
        for name in &touched.relations {
            let old = columns(before.relations.get(name));
            match (old, after.relations.get(name)) {
                (Some(_), None) => gone.relations.push(name.clone()),
                (Some(old), now) => {
                    let now = columns(now).unwrap_or_default();
                    gone.columns
                        .extend(old.into_iter().filter(|column| !now.contains(column)).map(|column| (name.clone(), column)));
                }
                (None, _) => {}
            }
        }
        gone
    }

    /// A quick look that spares reading most bodies.
    fn mentioned(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        let has = |name: &Ident| text.contains(&name.to_lowercase());
        self.relations.iter().any(|name| has(&name.name)) || self.columns.iter().any(|(_, column)| has(column))
    }

    /// The first static statement of the body that names something gone.
    fn in_statements(&self, text: &str, language: &str, after: &Catalog) -> Option<AppError> {
        let block = lower::body(text, language);
        block.statements.iter().find_map(|statement| match &statement.change.value {
            Change::Data(data) => {
                let target = data.table.as_ref().and_then(|table| self.missing_relation(table, after));
                let written = data.table.as_ref().zip(data.columns.as_ref()).and_then(|(table, columns)| {
                    let (name, column) =
                        self.columns.iter().find(|(name, column)| names(table, name) && columns.contains(column))?;
                    let written = matches!(data.kind, DataKind::Insert | DataKind::Update | DataKind::CopyIn);
                    Some(AppError::NoColumn { column: column.clone(), relation: name.name.clone(), written })
                });
                target.or(written).or_else(|| data.query.as_ref().and_then(|query| self.in_query(query, after)))
            }
            _ => None,
        })
    }

    fn missing_relation(&self, table: &crate::change::QName, after: &Catalog) -> Option<AppError> {
        let gone = self.relations.iter().any(|name| names(table, name)) && after.resolve_relation(table).is_none();
        gone.then(|| AppError::NoRelation { relation: table.to_string() })
    }

    fn in_query(&self, query: &Query, after: &Catalog) -> Option<AppError> {
        query.selects.iter().find_map(|select| {
            let relations = select.sources.iter().filter_map(|source| match &source.from {
                SourceKind::Relation(name) => Some((source.alias.as_ref().unwrap_or(&name.name), name)),
                _ => None,
            });
            let relations: Vec<_> = relations.collect();
            if let Some(error) = relations.iter().find_map(|(_, name)| self.missing_relation(name, after)) {
                return Some(error);
            }
            select.columns.iter().find_map(|column| self.gone_column(column, &relations, select.sources.len()))
        })
    }

    fn gone_column(&self, column: &ColumnRef, relations: &[(&Ident, &crate::change::QName)], sources: usize) -> Option<AppError> {
        let (name, _) = self.columns.iter().find(|(name, gone)| {
            *gone == column.name
                && match column.qualifier.last() {
                    Some(qualifier) => relations.iter().any(|(alias, relation)| *alias == qualifier && names(relation, name)),
                    None => sources == 1 && relations.iter().any(|(_, relation)| names(relation, name)),
                }
        })?;
        Some(AppError::NoColumn { column: column.name.clone(), relation: name.name.clone(), written: false })
    }

    /// `NEW.column` and `OLD.column` in the function of a trigger on the column's table.
    fn in_rows(&self, text: &str, tables: &[Name]) -> Option<AppError> {
        let text = text.to_lowercase();
        let (_, column) = self.columns.iter().find(|(table, column)| {
            tables.contains(table)
                && ["new.", "old."].iter().any(|row| {
                    let wanted = format!("{row}{}", column.to_lowercase());
                    let quoted = format!("{row}\"{}\"", column.to_lowercase());
                    text.contains(&quoted)
                        || text.match_indices(&wanted).any(|(at, hit)| {
                            let next = text[at + hit.len()..].chars().next();
                            let before = text[..at].chars().next_back();
                            let word = |c: char| c.is_alphanumeric() || c == '_';
                            !next.is_some_and(word) && !before.is_some_and(word)
                        })
                })
        })?;
        let row = if text.contains("new.") { "new" } else { "old" };
        Some(AppError::NoRowField { row, column: column.clone() })
    }
}

fn names(written: &crate::change::QName, name: &Name) -> bool {
    written.name == name.name && written.schema.as_ref().is_none_or(|schema| *schema == name.schema)
}

fn columns(relation: Option<&Relation>) -> Option<Vec<Ident>> {
    match relation? {
        Relation::Table(table) => Some(table.columns.iter().map(|column| column.name.clone()).collect()),
        Relation::View(view) => Some(view.columns.iter().map(|column| column.name.clone()).collect()),
        Relation::Sequence(_) | Relation::Index(_) => None,
    }
}
