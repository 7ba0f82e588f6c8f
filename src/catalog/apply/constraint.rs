//! Constraints of tables: added, validated, altered, renamed. Dropping them is in `drop`.

use super::index::{self, New};
use super::{Done, exists, exists_member, inherit, missing_member, naming, remark};
use crate::catalog::{Catalog, Name, Problem, Table};
use crate::change::{Constraint, ConstraintKind, Deferrable, Expr, ForeignKey, Ident, Key, ObjectKind, RefKind};
use crate::dialect::{AutomaticName, Dialect};
use std::sync::Arc;

/// `ADD CONSTRAINT`, and the constraints of a new table or column.
pub(super) fn add(catalog: &mut Catalog, table: &Name, constraint: &Constraint, only: bool, dialect: &dyn Dialect) -> Done {
    if let Some(name) = &constraint.name
        && catalog.table(table).is_some_and(|table| table.constraint(name).is_some())
    {
        return Err(exists_member(ObjectKind::Constraint, name, table));
    }
    match &constraint.kind {
        ConstraintKind::PrimaryKey(key) | ConstraintKind::Unique(key) => {
            let primary = matches!(constraint.kind, ConstraintKind::PrimaryKey(_));
            if primary && catalog.table(table).is_some_and(|table| has_primary_key(table)) {
                return Err(Problem::SecondPrimaryKey { table: table.name.to_string() });
            }
            match &key.using_index {
                Some(index) => use_index(catalog, table, constraint, key, index),
                None => add_with_index(catalog, table, constraint, only, dialect),
            }
        }
        ConstraintKind::Exclude(_) => add_with_index(catalog, table, constraint, only, dialect),
        ConstraintKind::Check(expr) => add_check(catalog, table, constraint, expr, dialect),
        ConstraintKind::ForeignKey(key) => add_foreign_key(catalog, table, constraint, key, dialect),
        ConstraintKind::NotNull(column) => add_not_null(catalog, table, constraint, column, dialect),
    }
}

fn has_primary_key(table: &Table) -> bool {
    table.constraints.iter().any(|constraint| matches!(constraint.kind, ConstraintKind::PrimaryKey(_)))
}

fn add_with_index(catalog: &mut Catalog, table: &Name, constraint: &Constraint, only: bool, dialect: &dyn Dialect) -> Done {
    if let Some(new) = index::of_constraint(catalog, table, constraint, dialect)? {
        let partitioned = catalog.table(table).is_some_and(|table| table.partition_by.is_some());
        index::build(catalog, table, &New { only: only && partitioned, ..new }, None, dialect)?;
    }
    Ok(())
}

/// `ADD CONSTRAINT ... USING INDEX`: the index takes the constraint's name.
fn use_index(catalog: &mut Catalog, table: &Name, constraint: &Constraint, key: &Key, index: &Ident) -> Done {
    let found = catalog.table(table).and_then(|table| table.index(index)).cloned();
    let Some(found) = found else {
        return Err(Problem::Missing { kind: ObjectKind::Index, name: index.to_string(), of: None });
    };
    let refused = |message: String| Err(Problem::Other { code: "42809", message });
    if found.constraint.is_some() {
        return Err(Problem::Other {
            code: "55000",
            message: format!("index \"{index}\" is already associated with a constraint"),
        });
    }
    if !found.valid {
        return Err(Problem::Other { code: "55000", message: format!("index \"{index}\" is not valid") });
    }
    if !found.unique {
        return refused(format!("\"{index}\" is not a unique index"));
    }
    if found.shape.predicate.is_some() {
        return refused(format!("\"{index}\" is a partial index"));
    }
    let columns: Option<Vec<Ident>> = found.shape.keys.iter().map(|key| key.column().cloned()).collect();
    let Some(columns) = columns else { return refused(format!("index \"{index}\" contains expressions")) };
    let name = constraint.name.clone().unwrap_or_else(|| index.clone());
    if name != *index && catalog.relations.contains_key(&Name { schema: table.schema.clone(), name: name.clone() }) {
        return Err(exists(ObjectKind::Table, &name));
    }
    let key = Key {
        columns: columns.clone(),
        include: found.shape.include.clone(),
        nulls_not_distinct: found.shape.nulls_not_distinct,
        options: found.shape.options.clone(),
        tablespace: found.shape.tablespace.clone(),
        using_index: None,
        ..key.clone()
    };
    let primary = matches!(constraint.kind, ConstraintKind::PrimaryKey(_));
    let kind = if primary { ConstraintKind::PrimaryKey(key) } else { ConstraintKind::Unique(key) };
    if name != *index {
        super::rename::index(catalog, &Name { schema: table.schema.clone(), name: index.clone() }, &name);
    }
    catalog.edit_table(table, |table| {
        if let Some(own) = table.indexes.iter_mut().find(|own| own.name == name) {
            let own = Arc::make_mut(own);
            own.constraint = Some(name.clone());
            own.primary = primary;
        }
        table.constraints.push(Arc::new(Constraint { name: Some(name), kind, ..constraint.clone() }));
        for column in table.columns.iter_mut().filter(|column| primary && !column.not_null && columns.contains(&column.name)) {
            Arc::make_mut(column).column.not_null = true;
        }
    });
    Ok(())
}

fn add_check(catalog: &mut Catalog, table: &Name, constraint: &Constraint, expr: &Expr, dialect: &dyn Dialect) -> Done {
    index::check_text(catalog, table, expr, dialect)?;
    let name = constraint.name.clone().unwrap_or_else(|| check_name(catalog, table, expr, dialect));
    let kept = Constraint {
        name: Some(name.clone()),
        kind: ConstraintKind::Check(catalog.settled(expr, dialect)),
        ..constraint.clone()
    };
    let kept = Arc::new(kept);
    let tables = if constraint.no_inherit { vec![table.clone()] } else { inherit::family(catalog, table) };
    for name_of in tables {
        catalog.edit_table(&name_of, |table| {
            if table.constraint(&name).is_none() {
                table.constraints.push(kept.clone());
            }
        });
    }
    Ok(())
}

/// A check is named after its column where it names only one.
fn check_name(catalog: &Catalog, table: &Name, expr: &Expr, dialect: &dyn Dialect) -> Ident {
    let mut columns: Vec<&str> = Vec::new();
    let named = expr.refs.iter().filter(|reference| reference.kind == RefKind::Column).map(|reference| reference.name().as_str());
    for column in named.filter(|column| catalog.has_column(table, column)) {
        if !columns.contains(&column) {
            columns.push(column);
        }
    }
    let parts: &[&str] = if columns.len() == 1 { &columns } else { &[] };
    naming::automatic(catalog, table, parts, AutomaticName::Check, &[], dialect)
}

fn add_foreign_key(
    catalog: &mut Catalog,
    table: &Name,
    constraint: &Constraint,
    key: &ForeignKey,
    dialect: &dyn Dialect,
) -> Done {
    let target = catalog.need_relation(&key.table, ObjectKind::Table)?;
    let Some(referenced) = catalog.table(&target) else {
        return Err(Problem::Other { code: "42809", message: format!("referenced relation \"{}\" is not a table", target.name) });
    };
    for column in &key.columns {
        if !catalog.has_column(table, column) {
            return Err(missing_member(ObjectKind::Column, column, table));
        }
    }
    let mut kept = key.clone();
    if kept.referenced.is_empty() {
        let primary = referenced.constraints.iter().find_map(|constraint| match &constraint.kind {
            ConstraintKind::PrimaryKey(key) => Some(key.columns.clone()),
            _ => None,
        });
        kept.referenced = primary.ok_or_else(|| Problem::Other {
            code: "42704",
            message: format!("there is no primary key for referenced table \"{}\"", target.name),
        })?;
    }
    if let Some(column) = kept.referenced.iter().find(|column| referenced.column(column).is_none()) {
        return Err(missing_member(ObjectKind::Column, column, &target));
    }
    if kept.referenced.len() != kept.columns.len() {
        return Err(Problem::Other {
            code: "42830",
            message: "number of referencing and referenced columns for foreign key disagree".to_owned(),
        });
    }
    if !kept.period && referenced.key_index(&kept.referenced).is_none() {
        return Err(Problem::NoKeyReferenced { table: key.table.to_string() });
    }
    kept.table = target.qname();
    let columns: Vec<&str> = kept.columns.iter().map(Ident::as_str).collect();
    let automatic = || naming::automatic(catalog, table, &columns, AutomaticName::ForeignKey, &[], dialect);
    let name = constraint.name.clone().unwrap_or_else(automatic);
    let type_of = |table: &Name, column: &Ident| Some(catalog.table(table)?.column(column)?.data_type.clone());
    for (own, other) in kept.columns.iter().zip(&kept.referenced) {
        if let (Some(from), Some(to)) = (type_of(table, own), type_of(&target, other))
            && !dialect.may_reference(&from, &to, catalog)
        {
            let message = format!("foreign key constraint \"{name}\" cannot be implemented");
            return Err(Problem::Other { code: "42804", message });
        }
    }
    let kept = Arc::new(Constraint { name: Some(name.clone()), kind: ConstraintKind::ForeignKey(kept), ..constraint.clone() });
    let partitioned = catalog.table(table).is_some_and(|table| table.partition_by.is_some());
    let tables = if partitioned { inherit::family(catalog, table) } else { vec![table.clone()] };
    for name_of in tables {
        // A partition's own foreign key becomes its parent's; one more on the table itself is one more.
        let is_partition = name_of != *table;
        catalog.edit_table(&name_of, |own| {
            if !(is_partition && own.constraints.iter().any(|own| own.kind == kept.kind)) {
                own.constraints.push(kept.clone());
            }
        });
    }
    Ok(())
}

fn add_not_null(catalog: &mut Catalog, table: &Name, constraint: &Constraint, column: &Ident, dialect: &dyn Dialect) -> Done {
    if !catalog.has_column(table, column) {
        return Err(missing_member(ObjectKind::Column, column, table));
    }
    let automatic = || naming::automatic(catalog, table, &[column], AutomaticName::NotNull, &[], dialect);
    let name = constraint.name.clone().unwrap_or_else(automatic);
    for name_of in inherit::family(catalog, table) {
        catalog.edit_table(&name_of, |table| {
            if let Some(own) = table.columns.iter_mut().find(|own| own.name == *column) {
                Arc::make_mut(own).column.not_null = true;
            }
            if table.constraint(&name).is_none() {
                table.constraints.push(Arc::new(Constraint { name: Some(name.clone()), ..constraint.clone() }));
            }
        });
    }
    Ok(())
}

/// `VALIDATE CONSTRAINT`
pub(super) fn validate(catalog: &mut Catalog, table: &Name, name: &Ident) -> Done {
    let found = need(catalog, table, name)?;
    match &found.kind {
        ConstraintKind::Check(_) | ConstraintKind::ForeignKey(_) | ConstraintKind::NotNull(_) => {}
        ConstraintKind::PrimaryKey(_) | ConstraintKind::Unique(_) | ConstraintKind::Exclude(_) => {
            return Err(Problem::Other {
                code: "42809",
                message: format!("constraint \"{name}\" of relation \"{}\" is not a foreign key or check constraint", table.name),
            });
        }
    }
    edit_everywhere(catalog, table, name, |constraint| constraint.not_valid = false);
    Ok(())
}

/// `ALTER CONSTRAINT`
pub(super) fn alter(
    catalog: &mut Catalog,
    table: &Name,
    name: &Ident,
    deferrable: Option<Deferrable>,
    enforced: Option<bool>,
    inherit: Option<bool>,
) -> Done {
    let found = need(catalog, table, name)?;
    if deferrable.is_some() && !matches!(found.kind, ConstraintKind::ForeignKey(_)) {
        return Err(Problem::Other {
            code: "42809",
            message: format!("constraint \"{name}\" of relation \"{}\" is not a foreign key constraint", table.name),
        });
    }
    edit_everywhere(catalog, table, name, |constraint| {
        constraint.deferrable = deferrable.unwrap_or(constraint.deferrable);
        if let Some(enforced) = enforced {
            constraint.not_enforced = !enforced;
            // What was not enforced before is validated when it is enforced again.
            constraint.not_valid &= !enforced;
        }
        if let Some(inherit) = inherit {
            constraint.no_inherit = !inherit;
        }
    });
    Ok(())
}

/// `RENAME CONSTRAINT`: an index behind it takes the name too.
pub(super) fn rename(catalog: &mut Catalog, table: &Name, from: &Ident, to: &Ident) -> Done {
    need(catalog, table, from)?;
    if catalog.table(table).is_some_and(|table| table.constraint(to).is_some()) {
        return Err(exists_member(ObjectKind::Constraint, to, table));
    }
    let is_check = |table: &Table| {
        matches!(table.constraint(from).map(|c| &c.kind), Some(ConstraintKind::Check(_) | ConstraintKind::NotNull(_)))
    };
    let checks = catalog.table(table).is_some_and(|table| is_check(table));
    let index = Name { schema: table.schema.clone(), name: from.clone() };
    if catalog.table(table).is_some_and(|table| table.indexes.iter().any(|own| own.constraint.as_ref() == Some(from))) {
        let full = Name { schema: table.schema.clone(), name: to.clone() };
        if catalog.relations.contains_key(&full) {
            return Err(exists(ObjectKind::Table, to));
        }
        super::rename::index(catalog, &index, to);
    }
    let tables = if checks { inherit::family(catalog, table) } else { vec![table.clone()] };
    for name_of in tables {
        catalog.edit_table(&name_of, |table| rename_in(table, from, to));
        remark::rename_member(catalog, ObjectKind::Constraint, &name_of, from, to);
    }
    Ok(())
}

/// Renames a constraint of a table, and the name by which its index knows it.
pub(super) fn rename_in(table: &mut Table, from: &Ident, to: &Ident) {
    for constraint in table.constraints.iter_mut().filter(|own| own.name.as_ref() == Some(from)) {
        Arc::make_mut(constraint).name = Some(to.clone());
    }
    for index in table.indexes.iter_mut().filter(|own| own.constraint.as_ref() == Some(from)) {
        Arc::make_mut(index).constraint = Some(to.clone());
    }
}

fn edit_everywhere(catalog: &mut Catalog, table: &Name, name: &Ident, edit: impl Fn(&mut Constraint)) {
    for name_of in inherit::family(catalog, table) {
        catalog.edit_table(&name_of, |table| {
            for constraint in table.constraints.iter_mut().filter(|own| own.name.as_ref() == Some(name)) {
                edit(Arc::make_mut(constraint));
            }
        });
    }
}

/// The constraint that a statement names.
pub(super) fn need(catalog: &Catalog, table: &Name, name: &Ident) -> Result<Arc<Constraint>, Problem> {
    let found = catalog.table(table).and_then(|table| table.constraint(name)).cloned();
    found.ok_or_else(|| missing_member(ObjectKind::Constraint, name, table))
}

/// Constraints written in one statement in the order in which the server makes them: checks, then the primary key and the
/// others with an index, then foreign keys. Of two on the same columns with the same index one is made.
pub(super) fn in_order(written: &[Constraint]) -> Vec<&Constraint> {
    let rank = |constraint: &Constraint| match constraint.kind {
        ConstraintKind::NotNull(_) => 0,
        ConstraintKind::Check(_) => 1,
        ConstraintKind::PrimaryKey(_) => 2,
        ConstraintKind::Unique(_) | ConstraintKind::Exclude(_) => 3,
        ConstraintKind::ForeignKey(_) => 4,
    };
    let mut ordered: Vec<&Constraint> = written.iter().collect();
    ordered.sort_by_key(|constraint| rank(constraint));
    ordered
}

/// A constraint that was written at a column, with that column where none is named.
pub(super) fn of_column(written: &Constraint, column: &Ident) -> Constraint {
    let mut constraint = written.clone();
    match &mut constraint.kind {
        ConstraintKind::PrimaryKey(key) | ConstraintKind::Unique(key) if key.columns.is_empty() && key.using_index.is_none() => {
            key.columns.push(column.clone());
        }
        ConstraintKind::ForeignKey(key) if key.columns.is_empty() => key.columns.push(column.clone()),
        ConstraintKind::PrimaryKey(_)
        | ConstraintKind::Unique(_)
        | ConstraintKind::Check(_)
        | ConstraintKind::ForeignKey(_)
        | ConstraintKind::Exclude(_)
        | ConstraintKind::NotNull(_) => {}
    }
    constraint
}
