//! Views and materialized views.

use super::{Done, exists, privileges};
use crate::catalog::{Catalog, Problem, Relation, ResolvedQuery, View, ViewColumn, ViewColumnsProblem};
use crate::change::{CreateView, Ident, ObjectKind, QName, Query, Source, SourceKind};
use crate::dialect::Dialect;

/// `CREATE VIEW`, `CREATE MATERIALIZED VIEW`.
pub(super) fn create(catalog: &mut Catalog, view: &CreateView, dialect: &dyn Dialect) -> Done {
    let name = catalog.creation_name(&view.name)?;
    let kind = if view.materialized { ObjectKind::MaterializedView } else { ObjectKind::View };
    let old = match catalog.relations.get(&name) {
        Some(_) if view.if_not_exists => return Ok(()),
        Some(Relation::View(old)) if view.or_replace && !old.materialized => Some(old.clone()),
        Some(_) if view.or_replace => return Err(Problem::WrongKind { name: name.name.to_string(), expected: kind }),
        Some(_) => return Err(exists(kind, &name.name)),
        None => None,
    };
    let (columns, query) = read(catalog, view, dialect)?;
    if let (Some(old), Some(columns)) = (&old, &columns)
        && old.columns_known
    {
        same_leading_columns(&old.columns, columns, dialect)?;
    }
    let new = View {
        id: old.as_ref().map_or_else(|| catalog.new_id(), |old| old.id),
        materialized: view.materialized,
        temporary: view.temporary,
        recursive: view.recursive,
        query,
        columns_known: columns.is_some(),
        columns: columns.unwrap_or_default(),
        options: view.options.clone(),
        check_option: view.check_option.clone(),
        populated: !view.no_data,
        tablespace: view.tablespace.clone(),
        indexes: Vec::new(),
        triggers: old.as_ref().map_or_else(Vec::new, |old| old.triggers.clone()),
        rules: old.as_ref().map_or_else(Vec::new, |old| old.rules.clone()),
        defaults: old.as_ref().map_or_else(Vec::new, |old| old.defaults.clone()),
        owner: old.as_ref().map_or_else(|| privileges::creator(catalog), |old| old.owner.clone()),
        privileges: match &old {
            Some(old) => old.privileges.clone(),
            None => privileges::initial(catalog, ObjectKind::Table, &name.schema),
        },
        name,
    };
    catalog.put_view(new);
    Ok(())
}

/// `REFRESH MATERIALIZED VIEW`.
pub(super) fn refresh(catalog: &mut Catalog, view: &QName, concurrently: bool, no_data: bool) -> Done {
    let name = catalog.need_relation(view, ObjectKind::MaterializedView)?;
    let found = match catalog.view(&name) {
        Some(found) if found.materialized => found,
        _ => return Err(Problem::WrongKind { name: name.name.to_string(), expected: ObjectKind::MaterializedView }),
    };
    let is_key = |index: &crate::catalog::Index| {
        index.unique && index.shape.predicate.is_none() && index.shape.keys.iter().all(|key| key.column().is_some())
    };
    if concurrently && !found.populated {
        let message = "CONCURRENTLY cannot be used when the materialized view is not populated".to_owned();
        return Err(Problem::Other { code: "0A000", message });
    }
    if concurrently && !found.indexes.iter().any(|index| is_key(index)) {
        return Err(Problem::Other {
            code: "55000",
            message: format!("cannot refresh materialized view \"{name}\" concurrently"),
        });
    }
    catalog.edit_view(&name, |view| view.populated = !no_data);
    Ok(())
}

/// The view's columns, where all are known, and its query as it is kept.
fn read(catalog: &Catalog, view: &CreateView, dialect: &dyn Dialect) -> Result<(Option<Vec<ViewColumn>>, Query), Problem> {
    let named = |name: &Ident| ViewColumn { name: name.clone(), data_type: None, source: None };
    if view.recursive {
        // Its query reads the view itself, which is not there yet; its columns have to be named.
        let columns = view.columns.iter().map(named).collect();
        return Ok((Some(columns), stored(catalog, &view.query, dialect)));
    }
    let ResolvedQuery { columns, query, .. } = catalog.resolve_query(&view.query, dialect)?;
    let columns = columns.map(|columns| renamed(columns, &view.columns)).transpose()?;
    for (at, column) in columns.iter().flatten().enumerate() {
        if columns.iter().flatten().take(at).any(|other| other.name == column.name) {
            let message = format!("column \"{}\" specified more than once", column.name);
            return Err(Problem::Other { code: "42701", message });
        }
    }
    Ok((columns, stored(catalog, &query, dialect)))
}

fn renamed(mut columns: Vec<ViewColumn>, names: &[Ident]) -> Result<Vec<ViewColumn>, Problem> {
    if names.len() > columns.len() {
        let message = "CREATE VIEW specifies more column names than columns".to_owned();
        return Err(Problem::Other { code: "42601", message });
    }
    columns.iter_mut().zip(names).for_each(|(column, name)| column.name = name.clone());
    Ok(columns)
}

/// A query with the schema before every relation that the catalog knows.
fn stored(catalog: &Catalog, query: &Query, dialect: &dyn Dialect) -> Query {
    let full = |name: &QName| catalog.resolve_relation(name).map_or_else(|| name.clone(), |found| found.qname());
    let source = |source: &Source| match &source.from {
        SourceKind::Relation(name) => Source { from: SourceKind::Relation(full(name)), ..source.clone() },
        SourceKind::Select(_) | SourceKind::Function(_) | SourceKind::Unknown => source.clone(),
    };
    let selects = query.selects.iter().map(|select| {
        let sources = select.sources.iter().map(source).collect();
        crate::change::Select { sources, ..select.clone() }
    });
    Query { text: catalog.settled(&query.text, dialect), selects: selects.collect() }
}

fn same_leading_columns(old: &[ViewColumn], new: &[ViewColumn], dialect: &dyn Dialect) -> Done {
    let problem = |detail, column: &ViewColumn, to| Problem::ViewColumns { detail, column: column.name.to_string(), to };
    if let Some(gone) = old.get(new.len()) {
        return Err(problem(ViewColumnsProblem::Dropped, gone, None));
    }
    for (old, new) in old.iter().zip(new) {
        if old.name != new.name {
            return Err(problem(ViewColumnsProblem::Renamed, old, Some(new.name.to_string())));
        }
        if let (Some(before), Some(after)) = (&old.data_type, &new.data_type)
            && before != after
        {
            return Err(problem(ViewColumnsProblem::Retyped, old, Some(dialect.type_text(after))));
        }
    }
    Ok(())
}
