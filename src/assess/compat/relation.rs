//! Tables, views and sequences: can they be named, read and written as the application does?

use super::computed::try_computed;
use super::constraint::try_rows;
use super::guard::try_guards;
use super::passing::try_passing;
use super::policy::try_recursion;
use super::replication::try_published;
use super::security::{try_privileges, try_row_security};
use super::surface::{Generated, NullRefusal, Surface, SurfaceColumn};
use super::unique::compared_exactly;
use super::{App, Trial, Use};
use crate::catalog::{Catalog, Dependency, Dependent, Index, Name, Relation, Table, View};
use crate::change::{Firing, Ident, Persistence};
use crate::dialect::{AppError, Conversion, Fit};
use std::sync::Arc;

/// Tries every use that the application makes of a relation.
pub(super) fn try_relation(trial: &mut Trial<'_>, name: &Name) {
    let (app, state) = (trial.app, trial.state);
    match app.relations.get(name) {
        Some(Relation::Sequence(sequence))
            if !sequence.identity && sequence.persistence != Persistence::Temporary && state.sequence(name).is_none() =>
        {
            trial.fail(Use::NextValue(name.clone()), AppError::NoRelation { relation: shown(trial, name) });
        }
        Some(Relation::Table(table)) if table.persistence != Persistence::Temporary => try_rows_of(trial, name),
        Some(Relation::View(view)) if !view.temporary => {
            try_rows_of(trial, name);
            try_refresh(trial, name, view);
        }
        _ => {}
    }
    try_privileges(trial, name);
    try_passing(trial, name);
}

/// A materialized view is refreshed, and where a key allows it without keeping readers away.
fn try_refresh(trial: &mut Trial<'_>, name: &Name, own: &View) {
    let keyed = |view: &View| {
        let whole = |index: &Arc<Index>| {
            index.unique
                && index.valid
                && index.shape.predicate.is_none()
                && index.shape.keys.iter().all(|key| key.column().is_some())
        };
        view.indexes.iter().any(whole)
    };
    match trial.state.relations.get(name).filter(|_| own.materialized) {
        Some(Relation::View(there)) if there.materialized && (keyed(there) || !keyed(own)) => {}
        Some(Relation::View(there)) if there.materialized => {
            trial.fail(Use::Refresh(name.clone(), true), AppError::NotRefreshedConcurrently { view: shown(trial, name) });
        }
        Some(Relation::View(_) | Relation::Table(_) | Relation::Sequence(_) | Relation::Index(_)) => {
            let table = trial.state.table(name).is_some();
            trial.fail(Use::Refresh(name.clone(), false), AppError::NotMaterialized { relation: name.name.clone(), table });
        }
        None => {}
    }
}

/// A relation's name as an error shows it: as the application writes it, without the schema where the search path finds it.
fn shown(trial: &Trial<'_>, name: &Name) -> String {
    if trial.app.session.search_path.contains(&name.schema) { name.name.to_string() } else { name.to_string() }
}

fn try_rows_of(trial: &mut Trial<'_>, name: &Name) {
    let (app, state) = (trial.app, trial.state);
    let Some(own) = Surface::of(app, name) else { return };
    let Some(there) = Surface::of(state, name) else {
        let error = AppError::NoRelation { relation: shown(trial, name) };
        trial.fail(Use::Select(name.clone()), error.clone());
        if own.writable {
            trial.fail(Use::Insert(name.clone()), error);
        }
        return;
    };
    if own.writable && !there.writable {
        let error = match state.view(name).is_some_and(|view| view.materialized) {
            true => AppError::MaterializedWritten { relation: name.name.clone() },
            false => AppError::NotWritable { relation: name.name.clone(), verb: "insert into" },
        };
        trial.fail(Use::Insert(name.clone()), error);
    } else {
        let refused = |verb| AppError::NotWritable { relation: name.name.clone(), verb };
        if own.updatable && !there.updatable {
            trial.fail(Use::Update(name.clone()), refused("update"));
        }
        if own.deletable && !there.deletable {
            trial.fail(Use::Delete(name.clone()), refused("delete from"));
        }
    }
    for column in &own.columns {
        match there.column(&column.name) {
            Some(found) => try_column(trial, name, column, found, (&own, &there)),
            None => missing_column(trial, name, column, own.writable),
        }
    }
    try_patterns(trial, name);
    if own.writable && there.writable {
        try_insert(trial, name, &own, &there);
        try_rows(trial, name, &own, &there);
        try_computed(trial, name, &own, &there);
        try_children(trial, name);
        try_guards(trial, name);
        try_rules(trial, name);
        try_check_option(trial, name);
        try_published(trial, name);
        try_recursion(trial, name);
        try_row_security(trial, name);
    }
}

/// Patterns are not looked for in texts that are equal without being the same.
fn try_patterns(trial: &mut Trial<'_>, name: &Name) {
    let (Some(own), Some(there)) = (trial.app.table(name), trial.state.table(name)) else { return };
    for column in &own.columns {
        let exact = |table: &Table, catalog| compared_exactly(trial.dialect, table, &column.name, catalog);
        if exact(own, trial.app) && !exact(there, trial.state) {
            trial.fail(Use::Match(name.clone(), column.name.clone()), AppError::NoPatternMatch);
        }
    }
}

/// Rows of a table that inherits from this one are seen in it; when it does not any more, they are not.
fn try_children(trial: &mut Trial<'_>, name: &Name) {
    let inherits = |catalog: &Catalog, child: &Name| catalog.table(child).is_some_and(|table| table.inherits.contains(name));
    let on = Dependency::Relation(name.clone());
    let left = trial.app.dependents(&on).find_map(|dependent| match dependent {
        Dependent::Relation(child) if inherits(trial.app, child) && trial.state.table(child).is_some() => {
            (!inherits(trial.state, child)).then(|| child.clone())
        }
        _ => None,
    });
    if let Some(child) = left {
        trial.fail(Use::Select(name.clone()), AppError::Silent(format!("the rows of {} are not in it", child.name)));
    }
}

/// A rule `DO INSTEAD` does something else with what the application writes.
fn try_rules(trial: &mut Trial<'_>, name: &Name) {
    let (Some(own), Some(there)) = (trial.app.table(name), trial.state.table(name)) else { return };
    let new = there.rules.iter().filter(|rule| rule.instead && rule.enabled != Firing::Disabled && !own.rules.contains(rule));
    let found: Vec<(Use, AppError)> = new
        .filter_map(|rule| {
            let usage = match rule.event.as_str() {
                "INSERT" => Use::Insert(name.clone()),
                "UPDATE" => Use::Update(name.clone()),
                "DELETE" => Use::Delete(name.clone()),
                _ => return None,
            };
            Some((usage, AppError::Silent(format!("rule {} does something else instead", rule.name))))
        })
        .collect();
    for (usage, error) in found {
        trial.fail(usage, error);
    }
}

/// A view that checks what is written through it refuses rows that it does not show.
fn try_check_option(trial: &mut Trial<'_>, name: &Name) {
    let Some(there) = trial.state.view(name).filter(|view| view.check_option.is_some()) else { return };
    let own = trial.app.view(name);
    let same = own.is_some_and(|own| {
        own.check_option.is_some()
            && super::surface::normal_text(&own.query.text) == super::surface::normal_text(&there.query.text)
    });
    if !same && there.query.text.sql.to_ascii_lowercase().contains("where") {
        trial.fail(Use::WriteRow(name.clone(), "check option".into()), AppError::CheckOption { view: name.name.clone() });
    }
}

fn missing_column(trial: &mut Trial<'_>, name: &Name, column: &SurfaceColumn<'_>, writable: bool) {
    let error = |written| AppError::NoColumn { column: column.name.clone(), relation: name.name.clone(), written };
    trial.fail(Use::Read(name.clone(), column.name.clone()), error(false));
    if writable && column.generated == Generated::No {
        trial.fail(Use::Write(name.clone(), column.name.clone()), error(true));
    }
}

/// The insert as a whole: columns that the application does not know must do without it.
fn try_insert(trial: &mut Trial<'_>, name: &Name, own: &Surface<'_>, there: &Surface<'_>) {
    if own.table.is_none() {
        return;
    }
    for column in there.columns.iter().filter(|column| own.column(&column.name).is_none() && !column.omittable) {
        trial.fail(Use::Omit(name.clone(), column.name.clone()), null_error(name, column));
    }
    let hidden = there.hidden_required(trial.state).into_iter().filter(|_| own.hidden_required(trial.app).is_empty());
    for column in hidden {
        trial.fail(Use::Omit(name.clone(), column.clone()), AppError::NotNull { column, relation: name.name.clone() });
    }
}

/// The error of a row that leaves the column null.
fn null_error(name: &Name, column: &SurfaceColumn<'_>) -> AppError {
    match &column.not_null {
        Some(NullRefusal::Check(constraint)) => AppError::Check { relation: name.name.clone(), constraint: constraint.clone() },
        Some(NullRefusal::Domain(domain)) => AppError::DomainNotNull { domain: domain.clone() },
        Some(NullRefusal::Column) | None => AppError::NotNull { column: column.name.clone(), relation: name.name.clone() },
    }
}

fn try_column(
    trial: &mut Trial<'_>,
    name: &Name,
    own: &SurfaceColumn<'_>,
    there: &SurfaceColumn<'_>,
    (own_surface, surface): (&Surface<'_>, &Surface<'_>),
) {
    let column = &own.name;
    let writable = own_surface.writable && surface.writable;
    if let (Some(from), Some(to)) = (&own.data_type, &there.data_type) {
        let conversion = convert(trial, from, to);
        try_read(trial, name, column, &conversion);
        if writable && own.generated == Generated::No {
            try_values(trial, name, own, there, &conversion);
        }
    }
    if !writable {
        return;
    }
    if own.generated == Generated::No && there.generated != Generated::No {
        let identity = there.generated == Generated::IdentityAlways;
        trial.fail(Use::Write(name.clone(), column.clone()), AppError::GeneratedWritten { column: column.clone(), identity });
    }
    // What a trigger instead of the write puts there, nobody knows.
    if own_surface.table.is_none() {
        return;
    }
    let refused = null_error(name, there);
    if own.not_null.is_none() && own.generated == Generated::No && there.not_null.is_some() {
        trial.fail(Use::WriteNull(name.clone(), column.clone()), refused.clone());
    }
    if own.omittable && !there.omittable {
        trial.fail(Use::Omit(name.clone(), column.clone()), refused);
    }
}

/// What the conversion of the application's type into the state's does to values; nothing where both are the same type with the
/// same meaning in both states.
fn convert(trial: &Trial<'_>, from: &crate::change::TypeName, to: &crate::change::TypeName) -> Option<Conversion> {
    let same = from == to && {
        let name = trial.app.resolve_type(&from.qname());
        match name {
            Some(name) => trial.app.types.get(&name).map(|t| &t.shape) == trial.state.types.get(&name).map(|t| &t.shape),
            None => true,
        }
    };
    if same { None } else { super::types::conversion(trial, from, to) }
}

fn try_read(trial: &mut Trial<'_>, name: &Name, column: &Ident, conversion: &Option<Conversion>) {
    let Some(conversion) = conversion else { return };
    // Rows that are in the table when a column is narrowed must fit the narrower type, or the change itself would fail; so a new
    // application that expects it can read them before.
    let narrowed = trial.which == App::New && conversion.old_values == Fit::All && conversion.new_values == Fit::Overflow;
    if !conversion.old_reads && !narrowed {
        let error =
            AppError::Silent(format!("the application cannot decode every value of {column} any more: its type is another one"));
        trial.fail(Use::Read(name.clone(), column.clone()), error);
    }
}

fn try_values(
    trial: &mut Trial<'_>,
    name: &Name,
    own: &SurfaceColumn<'_>,
    there: &SurfaceColumn<'_>,
    conversion: &Option<Conversion>,
) {
    let (Some(conversion), Some(from), Some(to)) = (conversion, &own.data_type, &there.data_type) else { return };
    let data_type = trial.type_text(to);
    let refusing =
        super::types::refusing_check(trial.state, to).filter(|_| super::types::refusing_check(trial.app, from).is_none());
    if super::constraint::refused_already(trial, name, &own.name, from, to, conversion.old_values) {
        return;
    }
    let error = match conversion.old_values {
        Fit::All => return,
        Fit::Malformed if let Some((domain, constraint)) = refusing => AppError::DomainCheck { domain, constraint },
        Fit::Altered => AppError::Silent(format!("the value is changed silently to fit {data_type}")),
        Fit::Overflow if is_text(&data_type) => AppError::TooLong { data_type },
        Fit::Overflow => AppError::OutOfRange { data_type },
        Fit::Malformed => AppError::Malformed { data_type },
        Fit::Mismatch => AppError::TypeMismatch { column: own.name.clone(), data_type, value: trial.type_text(from) },
    };
    trial.fail(Use::Write(name.clone(), own.name.clone()), error);
}

/// Whether a type holds strings, whose overflow is a length.
fn is_text(data_type: &str) -> bool {
    data_type.starts_with("char")
        || data_type.starts_with("bit")
        || data_type.starts_with("text")
        || data_type.starts_with("varchar")
}
