//! Columns: added, altered, renamed. Dropping them is in `drop`.

use super::{Done, constraint, describe, drop, exists_member, index, inherit, missing_member, remark, rename, sequence};
use crate::catalog::{Catalog, Dependency, Dependent, Name, Problem, Relation, Table, TableColumn, UserTypeShape};
use crate::change::{
    Column, ColumnSetting, ColumnValue, Constraint, ConstraintKind, Expr, ExprShape, Ident, ObjectKind, QName, Ref, RefKind,
    SequenceOptions, TypeName, TypeShape,
};
use crate::dialect::Dialect;
use std::sync::Arc;

/// `ADD COLUMN` with the constraints written at it.
pub(super) fn add(
    catalog: &mut Catalog,
    table: &Name,
    column: &Column,
    constraints: &[Constraint],
    if_not_exists: bool,
    only: bool,
    dialect: &dyn Dialect,
) -> Done {
    if catalog.has_column(table, &column.name) {
        return if if_not_exists { Ok(()) } else { Err(exists_member(ObjectKind::Column, &column.name, table)) };
    }
    if inherit::is_partition(catalog, table) {
        return Err(Problem::Other { code: "42809", message: "cannot add column to a partition".to_owned() });
    }
    if only && !inherit::children(catalog, table).is_empty() {
        return Err(Problem::Other { code: "42P16", message: "column must be added to child tables too".to_owned() });
    }
    let mut column = settled(catalog, column, dialect);
    check(catalog, &column, dialect)?;
    if let ColumnValue::Generated { expr, .. } = &column.value {
        index::check_text(catalog, table, expr, dialect)?;
    }
    let persistence = catalog.table(table).map(|table| table.persistence).unwrap_or_default();
    sequence::unfold(catalog, table, persistence, &mut column, dialect)?;
    for member in inherit::family(catalog, table) {
        let inherited = member != *table;
        let number = catalog.new_id().0;
        let mut column = column.clone();
        if inherited && matches!(column.value, ColumnValue::Identity { .. }) {
            column.value = ColumnValue::None;
        }
        catalog.edit_table(&member, |table| {
            match table.columns.iter_mut().find(|own| own.name == column.name) {
                Some(own) => Arc::make_mut(own).inherited = true,
                None => table.columns.push(Arc::new(TableColumn { number, column, inherited, local: !inherited })),
            };
        });
    }
    for written in constraint::in_order(constraints) {
        constraint::add(catalog, table, &constraint::of_column(written, &column.name), false, dialect)?;
    }
    Ok(())
}

/// The default must become a value of the column's type.
fn check_default(catalog: &Catalog, column: &Ident, default: &Expr, data_type: &TypeName, dialect: &dyn Dialect) -> Done {
    match dialect.default_problem(column, default, data_type, catalog) {
        Some(problem) => Err(problem),
        None => Ok(()),
    }
}

/// Refuses a column whose default its type does not take.
pub(super) fn check(catalog: &Catalog, column: &Column, dialect: &dyn Dialect) -> Done {
    match &column.value {
        ColumnValue::Default(default) => check_default(catalog, &column.name, default, &column.data_type, dialect),
        ColumnValue::None | ColumnValue::Serial | ColumnValue::Identity { .. } | ColumnValue::Generated { .. } => Ok(()),
    }
}

/// The column with its names as they are kept.
pub(super) fn settled(catalog: &Catalog, column: &Column, dialect: &dyn Dialect) -> Column {
    let value = match &column.value {
        ColumnValue::Default(expr) => ColumnValue::Default(catalog.settled(expr, dialect)),
        ColumnValue::Generated { expr, stored } => {
            ColumnValue::Generated { expr: catalog.settled(expr, dialect), stored: *stored }
        }
        ColumnValue::None | ColumnValue::Serial | ColumnValue::Identity { .. } => column.value.clone(),
    };
    Column { data_type: catalog.full_type(&column.data_type), value, ..column.clone() }
}

/// `RENAME COLUMN`, of a table with its children, of a view, or of a composite type's table.
pub(super) fn rename(catalog: &mut Catalog, relation: &Name, from: &Ident, to: &Ident, dialect: &dyn Dialect) -> Done {
    if !catalog.has_column(relation, from) {
        if matches!(catalog.relations.get(relation), Some(Relation::View(view)) if !view.columns_known) {
            return Ok(());
        }
        return Err(missing_member(ObjectKind::Column, from, relation));
    }
    if catalog.has_column(relation, to) {
        return Err(exists_member(ObjectKind::Column, to, relation));
    }
    if inherit::is_inherited(catalog, relation, from) {
        return Err(Problem::Other { code: "42P16", message: format!("cannot rename inherited column \"{from}\"") });
    }
    for member in inherit::family(catalog, relation) {
        rename::column(catalog, &member, from, to, dialect);
        remark::rename_member(catalog, ObjectKind::Column, &member, from, to);
    }
    Ok(())
}

/// `ALTER COLUMN ... TYPE`: views, generated columns, policies, rules and `UPDATE OF` triggers stand in the way.
pub(super) fn set_type(
    catalog: &mut Catalog,
    table: &Name,
    column: &Ident,
    data_type: &TypeName,
    collation: Option<&QName>,
    dialect: &dyn Dialect,
) -> Done {
    need(catalog, table, column)?;
    if inherit::is_inherited(catalog, table, column) {
        return Err(Problem::Other { code: "42P16", message: format!("cannot alter inherited column \"{column}\"") });
    }
    drop::check_partition_key(catalog, table, column, "alter")?;
    let data_type = catalog.full_type(data_type);
    let found = need(catalog, table, column)?;
    // The default has no `USING` to be cast by.
    if found.data_type != data_type && !follows(catalog, column, &found, &data_type, dialect) {
        let to = dialect.type_text(&shown(catalog, &data_type));
        let message = format!("default for column \"{column}\" cannot be cast automatically to type {to}");
        return Err(Problem::Other { code: "42804", message });
    }
    for member in inherit::family(catalog, table) {
        let blocking: Vec<String> = catalog
            .dependents(&Dependency::Column(member.clone(), column.clone()))
            .filter_map(|who| in_the_way(catalog, who))
            .collect();
        if !blocking.is_empty() {
            let what = describe::describe_column(catalog, &member, column);
            return Err(Problem::Dependents { what, dependents: blocking, drop: false });
        }
        let cast = cast_default(catalog, &member, column, &data_type, dialect);
        edit(catalog, &member, column, |column| {
            if let Some(default) = &cast {
                column.value = ColumnValue::Default(default.clone());
            } else if is_null(&column.value) && column.data_type.modifiers.is_empty() {
                // Without a length it never was one.
                column.value = ColumnValue::None;
            }
            column.data_type = data_type.clone();
            column.collation = collation.cloned();
            // The server takes those of the type again.
            column.storage = None;
            column.compression = None;
        });
        follow_with_sequence(catalog, &member, column, &data_type);
    }
    Ok(())
}

/// Whether a column's default can become a value of another type. A text is a value of the column's type; a number is one still.
fn follows(catalog: &Catalog, column: &Ident, own: &TableColumn, to: &TypeName, dialect: &dyn Dialect) -> bool {
    match &own.value {
        ColumnValue::Default(default) if default.shape == ExprShape::Null => true,
        ColumnValue::Default(default) if is_bare_text(default) => {
            dialect.assigns(&own.data_type, to, catalog) && !is_enum(catalog, to)
        }
        ColumnValue::Default(default) => !is_enum(catalog, to) && dialect.default_problem(column, default, to, catalog).is_none(),
        ColumnValue::None | ColumnValue::Serial | ColumnValue::Identity { .. } | ColumnValue::Generated { .. } => true,
    }
}

/// `DEFAULT NULL`.
fn is_null(value: &ColumnValue) -> bool {
    matches!(value, ColumnValue::Default(default) if default.sql.eq_ignore_ascii_case("NULL"))
}

fn is_bare_text(default: &Expr) -> bool {
    matches!(default.shape, ExprShape::Literal(_)) && default.sql.ends_with('\'')
}

/// A type as messages show it: without its length, and without the schema that the search path finds.
fn shown(catalog: &Catalog, data_type: &TypeName) -> TypeName {
    let schema = data_type.schema.clone().filter(|schema| !catalog.session.search_path.contains(schema));
    TypeName { modifiers: Vec::new(), schema, ..data_type.clone() }
}

fn is_enum(catalog: &Catalog, data_type: &TypeName) -> bool {
    let own = catalog.resolve_type(&data_type.qname()).and_then(|name| catalog.types.get(&name));
    data_type.dimensions == 0 && matches!(own.map(|own| &own.shape), Some(UserTypeShape::Type(TypeShape::Enum(_))))
}

/// A default stays a value of the type that the column had, and so depends on it where it is one's own.
fn cast_default(catalog: &Catalog, table: &Name, column: &Ident, to: &TypeName, dialect: &dyn Dialect) -> Option<Expr> {
    let own = catalog.table(table)?.column(column)?;
    let ColumnValue::Default(default) = &own.value else { return None };
    let same = own.data_type.qname() == to.qname() && own.data_type.dimensions == to.dimensions;
    // A type with a length makes a call of NULL, which stays one.
    let null = is_null(&own.value) && !own.data_type.modifiers.is_empty();
    if same || !null && !is_bare_text(default) {
        return None;
    }
    let from = TypeName { modifiers: Vec::new(), ..own.data_type.clone() };
    let mut refs = default.refs.to_vec();
    if let Some(schema) = &from.schema {
        let start = default.sql.len() + "::".len();
        let dot = start + dialect.quote(schema).len();
        let end = dot + 1 + dialect.quote(&from.name).len();
        refs.push(Ref {
            kind: RefKind::Type,
            parts: vec![schema.clone(), from.name.clone()],
            ranges: vec![(start as u32, dot as u32), (dot as u32 + 1, end as u32)],
        });
    }
    let sql = format!("{}::{}", default.sql, dialect.type_text(&from));
    Some(Expr { sql: sql.into(), refs: refs.into(), shape: default.shape.clone() })
}

/// An identity column's sequence takes the column's new type.
fn follow_with_sequence(catalog: &mut Catalog, table: &Name, column: &Ident, data_type: &TypeName) {
    let Some(name) = identity_sequence(catalog, table, column) else { return };
    let plain = TypeName { modifiers: Vec::new(), ..data_type.clone() };
    catalog.edit_sequence(&name, |sequence| sequence.options.data_type = Some(plain));
}

fn in_the_way(catalog: &Catalog, who: &Dependent) -> Option<String> {
    match who {
        Dependent::Relation(name) => {
            matches!(catalog.relations.get(name), Some(Relation::View(_))).then(|| describe::describe(catalog, who))
        }
        Dependent::Trigger(..) | Dependent::Policy(..) | Dependent::Rule(..) | Dependent::Routine(..) => {
            Some(describe::describe(catalog, who))
        }
        Dependent::Column(table, column) => {
            let value = catalog.table(table)?.column(column).map(|column| &column.value)?;
            matches!(value, ColumnValue::Generated { .. }).then(|| describe::describe_column(catalog, table, column))
        }
        Dependent::Constraint(..) | Dependent::Index(_) | Dependent::Type(_) => None,
    }
}

/// `SET DEFAULT` and `DROP DEFAULT`, of tables and views.
pub(super) fn set_default(
    catalog: &mut Catalog,
    relation: &Name,
    column: &Ident,
    default: Option<&Expr>,
    only: bool,
    dialect: &dyn Dialect,
) -> Done {
    let default = default.map(|default| catalog.settled(default, dialect));
    if let Some(Relation::View(view)) = catalog.relations.get(relation) {
        if view.columns_known && !catalog.has_column(relation, column) {
            return Err(missing_member(ObjectKind::Column, column, relation));
        }
        catalog.edit_view(relation, |view| {
            view.defaults.retain(|(name, _)| name != column);
            view.defaults.extend(default.map(|default| (column.clone(), default)));
        });
        return Ok(());
    }
    let refused = |what: &str| Problem::Other {
        code: "42601",
        message: format!("column \"{column}\" of relation \"{}\" is {what}", relation.name),
    };
    match need(catalog, relation, column)?.value {
        ColumnValue::Identity { .. } => return Err(refused("an identity column")),
        ColumnValue::Generated { .. } => return Err(refused("a generated column")),
        ColumnValue::None | ColumnValue::Default(_) | ColumnValue::Serial => {}
    }
    if let Some(default) = &default {
        check_default(catalog, column, default, &need(catalog, relation, column)?.data_type, dialect)?;
    }
    let members = if only { vec![relation.clone()] } else { inherit::family(catalog, relation) };
    for member in members {
        if let Some(table) = catalog.table(&member).cloned() {
            // Rows that are there hold what the default was before.
            catalog.fill_unnamed(&table, column);
        }
        edit(catalog, &member, column, |column| {
            column.value = default.clone().map_or(ColumnValue::None, ColumnValue::Default);
        });
    }
    Ok(())
}

/// `SET NOT NULL`
pub(super) fn set_not_null(catalog: &mut Catalog, table: &Name, column: &Ident) -> Done {
    need(catalog, table, column)?;
    for member in inherit::family(catalog, table) {
        edit(catalog, &member, column, |column| column.not_null = true);
    }
    Ok(())
}

/// `DROP NOT NULL`: not of what a primary key or an identity needs.
pub(super) fn drop_not_null(catalog: &mut Catalog, table: &Name, column: &Ident, only: bool) -> Done {
    let found = need(catalog, table, column)?;
    if matches!(found.value, ColumnValue::Identity { .. }) {
        return Err(Problem::Other {
            code: "42601",
            message: format!("column \"{column}\" of relation \"{}\" is an identity column", table.name),
        });
    }
    let own = catalog.table(table);
    let in_primary = |constraint: &Arc<Constraint>| match &constraint.kind {
        ConstraintKind::PrimaryKey(key) => key.columns.contains(column),
        _ => false,
    };
    if own.is_some_and(|table| table.constraints.iter().any(in_primary)) {
        return Err(Problem::Other { code: "42P16", message: format!("column \"{column}\" is in a primary key") });
    }
    let parent = own.and_then(|table| table.partition_of.as_ref()).and_then(|(parent, _)| catalog.table(parent));
    if parent.and_then(|parent| parent.column(column)).is_some_and(|column| column.not_null) {
        return Err(Problem::Other { code: "42P16", message: format!("column \"{column}\" is marked NOT NULL in parent table") });
    }
    let members = if only { vec![table.clone()] } else { inherit::family(catalog, table) };
    for member in members {
        edit(catalog, &member, column, |column| column.not_null = false);
        catalog.edit_table(&member, |table| {
            table.constraints.retain(|own| !matches!(&own.kind, ConstraintKind::NotNull(name) if name == column));
        });
    }
    Ok(())
}

/// `ADD GENERATED ... AS IDENTITY`
pub(super) fn add_identity(
    catalog: &mut Catalog,
    table: &Name,
    column: &Ident,
    always: bool,
    options: &SequenceOptions,
    dialect: &dyn Dialect,
) -> Done {
    let found = need(catalog, table, column)?;
    let refused = |code: &'static str, what: &str| {
        Err(Problem::Other { code, message: format!("column \"{column}\" of relation \"{}\" {what}", table.name) })
    };
    if !found.not_null {
        return refused("55000", "must be declared NOT NULL before identity can be added");
    }
    match &found.value {
        ColumnValue::Identity { .. } => return refused("55000", "is already an identity column"),
        ColumnValue::Default(_) => return refused("55000", "already has a default value"),
        ColumnValue::None | ColumnValue::Serial | ColumnValue::Generated { .. } => {}
    }
    let mut new = found.column.clone();
    new.value = ColumnValue::Identity { always, sequence: Box::new(options.clone()) };
    let persistence = catalog.table(table).map(|table| table.persistence).unwrap_or_default();
    sequence::unfold(catalog, table, persistence, &mut new, dialect)?;
    edit(catalog, table, column, |column| *column = new);
    Ok(())
}

/// `SET GENERATED`, and options of an identity's sequence.
pub(super) fn alter_identity(
    catalog: &mut Catalog,
    table: &Name,
    column: &Ident,
    always: Option<bool>,
    options: &SequenceOptions,
) -> Done {
    need(catalog, table, column)?;
    let Some(name) = identity_sequence(catalog, table, column) else { return Err(no_identity(table, column)) };
    catalog.edit_sequence(&name, |sequence| sequence::merge(&mut sequence.options, options));
    edit(catalog, table, column, |column| {
        if let ColumnValue::Identity { always: own, sequence } = &mut column.value {
            *own = always.unwrap_or(*own);
            sequence::merge(sequence, options);
        }
    });
    Ok(())
}

/// `DROP IDENTITY`
pub(super) fn drop_identity(catalog: &mut Catalog, table: &Name, column: &Ident, if_exists: bool) -> Done {
    need(catalog, table, column)?;
    match identity_sequence(catalog, table, column) {
        Some(name) => {
            edit(catalog, table, column, |column| column.value = ColumnValue::None);
            catalog.remove_relation(&name);
            Ok(())
        }
        None if if_exists => Ok(()),
        None => Err(no_identity(table, column)),
    }
}

fn no_identity(table: &Name, column: &Ident) -> Problem {
    let message = format!("column \"{column}\" of relation \"{}\" is not an identity column", table.name);
    Problem::Other { code: "55000", message }
}

fn identity_sequence(catalog: &Catalog, table: &Name, column: &Ident) -> Option<Name> {
    match &catalog.table(table)?.column(column)?.value {
        ColumnValue::Identity { sequence, .. } => sequence.name.as_ref().and_then(|name| catalog.resolve_relation(name)),
        ColumnValue::None | ColumnValue::Default(_) | ColumnValue::Serial | ColumnValue::Generated { .. } => None,
    }
}

/// `SET EXPRESSION` (`Some`) and `DROP EXPRESSION` (`None`).
pub(super) fn set_expression(
    catalog: &mut Catalog,
    table: &Name,
    column: &Ident,
    new: Option<&Expr>,
    if_exists: bool,
    dialect: &dyn Dialect,
) -> Done {
    let found = need(catalog, table, column)?;
    let ColumnValue::Generated { stored, .. } = found.value else {
        let message = format!("column \"{column}\" of relation \"{}\" is not a generated column", table.name);
        return if if_exists { Ok(()) } else { Err(Problem::Other { code: "55000", message }) };
    };
    let new = new.map(|expr| catalog.settled(expr, dialect));
    for member in inherit::family(catalog, table) {
        edit(catalog, &member, column, |column| {
            column.value = match &new {
                Some(expr) => ColumnValue::Generated { expr: expr.clone(), stored },
                None => ColumnValue::None,
            };
        });
    }
    Ok(())
}

/// `SET STORAGE` and its kin.
pub(super) fn set_storage(
    catalog: &mut Catalog,
    relation: &Name,
    column: &Ident,
    setting: &ColumnSetting,
    dialect: &dyn Dialect,
) -> Done {
    if !matches!(catalog.relations.get(relation), Some(Relation::Table(_))) {
        // A materialized view's or index's column: nothing of it is kept.
        return Ok(());
    }
    let data_type = need(catalog, relation, column)?.data_type.clone();
    if dialect.usual_storage(&data_type, catalog) == "PLAIN" {
        let shown = dialect.type_text(&data_type);
        let refused = match setting {
            ColumnSetting::Storage(storage) if !["PLAIN", "DEFAULT"].iter().any(|plain| storage.eq_ignore_ascii_case(plain)) => {
                Some(format!("column data type {shown} can only have storage PLAIN"))
            }
            ColumnSetting::Compression(method) if !method.eq_ignore_ascii_case("default") => {
                Some(format!("column data type {shown} does not support compression"))
            }
            _ => None,
        };
        if let Some(message) = refused {
            return Err(Problem::Other { code: "0A000", message });
        }
    }
    for member in inherit::family(catalog, relation) {
        edit(catalog, &member, column, |column| match setting {
            ColumnSetting::Storage(storage) => column.storage = Some(storage.clone()),
            ColumnSetting::Compression(method) => column.compression = Some(method.clone()),
            ColumnSetting::Statistics(target) => column.statistics = *target,
            ColumnSetting::Options(options) => merge_options(&mut column.options, options),
            ColumnSetting::Reset(names) => column.options.retain(|(name, _)| !names.contains(name)),
        });
    }
    Ok(())
}

/// The options after `SET (...)`.
pub(super) fn merge_options(options: &mut Vec<(Ident, String)>, set: &[(Ident, String)]) {
    options.retain(|(name, _)| !set.iter().any(|(new, _)| new == name));
    options.extend_from_slice(set);
}

/// The column that a statement names.
pub(super) fn need(catalog: &Catalog, table: &Name, column: &Ident) -> Result<Arc<TableColumn>, Problem> {
    let found = catalog.table(table).and_then(|table| table.column(column)).cloned();
    found.ok_or_else(|| missing_member(ObjectKind::Column, column, table))
}

pub(super) fn edit(catalog: &mut Catalog, table: &Name, column: &Ident, change: impl FnOnce(&mut Column)) {
    catalog.edit_table(table, |table: &mut Table| {
        if let Some(own) = table.columns.iter_mut().find(|own| own.name == *column) {
            change(&mut Arc::make_mut(own).column);
        }
    });
}
