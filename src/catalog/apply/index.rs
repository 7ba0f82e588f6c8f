//! Indexes: on their own and behind constraints, of tables, partitions and materialized views.

use super::{Done, exists, inherit, missing, missing_member, naming, text};
use crate::catalog::{Catalog, Index, Name, Problem, Relation};
use crate::change::{
    Constraint, ConstraintKind, CreateIndex, Expr, Ident, IndexKey, IndexShape, Key, ObjectKind, QName, RefKind,
};
use crate::dialect::{AutomaticName, Dialect};
use std::sync::Arc;

/// An index to be made.
pub(super) struct New<'a> {
    pub(super) name: Option<&'a Ident>,
    /// Primary key, unique, exclusion, or an index without a constraint.
    pub(super) kind: AutomaticName,
    pub(super) unique: bool,
    pub(super) only: bool,
    pub(super) shape: IndexShape,
    /// The constraint that it is behind, without a name.
    pub(super) constraint: Option<Constraint>,
}

/// `CREATE INDEX`
pub(super) fn create(catalog: &mut Catalog, index: &CreateIndex, dialect: &dyn Dialect) -> Done {
    let owner = catalog.need_relation(&index.table, ObjectKind::Table)?;
    let indexable = match catalog.relations.get(&owner) {
        Some(Relation::Table(_)) => true,
        Some(Relation::View(view)) => view.materialized,
        Some(Relation::Sequence(_) | Relation::Index(_)) | None => false,
    };
    if !indexable {
        return Err(Problem::Other { code: "42809", message: format!("cannot create index on relation \"{}\"", owner.name) });
    }
    if let Some(name) = &index.name
        && index.if_not_exists
        && catalog.relations.contains_key(&Name { schema: owner.schema.clone(), name: name.clone() })
    {
        return Ok(());
    }
    let partitioned = catalog.table(&owner).is_some_and(|table| table.partition_by.is_some());
    if partitioned && index.concurrently {
        return Err(Problem::Other {
            code: "0A000",
            message: format!("cannot create index on partitioned table \"{}\" concurrently", owner.name),
        });
    }
    let new = New {
        name: index.name.as_ref(),
        kind: AutomaticName::Index,
        unique: index.unique,
        only: index.only && partitioned,
        shape: settled(catalog, &owner, &index.shape, dialect)?,
        constraint: None,
    };
    build(catalog, &owner, &new, None, dialect)?;
    Ok(())
}

/// The shape with its texts as they are kept; every column in it must exist.
pub(super) fn settled(catalog: &Catalog, owner: &Name, shape: &IndexShape, dialect: &dyn Dialect) -> Result<IndexShape, Problem> {
    check_columns(catalog, owner, shape, dialect)?;
    let key = |key: &IndexKey| IndexKey { expr: catalog.settled(&key.expr, dialect), tail: key.tail.clone() };
    Ok(IndexShape {
        keys: shape.keys.iter().map(key).collect(),
        predicate: shape.predicate.as_ref().map(|predicate| catalog.settled(predicate, dialect)),
        ..shape.clone()
    })
}

fn check_columns(catalog: &Catalog, owner: &Name, shape: &IndexShape, dialect: &dyn Dialect) -> Done {
    if matches!(catalog.relations.get(owner), Some(Relation::View(view)) if !view.columns_known) {
        return Ok(());
    }
    for column in &shape.include {
        need_column(catalog, owner, column)?;
    }
    shape.keys.iter().map(|key| &key.expr).chain(&shape.predicate).try_for_each(|expr| check_text(catalog, owner, expr, dialect))
}

/// Every column that a text without subqueries names must exist.
pub(super) fn check_text(catalog: &Catalog, owner: &Name, expr: &Expr, dialect: &dyn Dialect) -> Done {
    if expr.refs.iter().any(|reference| reference.kind == RefKind::Relation) {
        return Ok(());
    }
    let own = |parts: &[Ident]| parts.len() == 1 || parts.len() == 2 && parts[0] == owner.name;
    let columns = expr.refs.iter().filter(|reference| reference.kind == RefKind::Column && own(&reference.parts));
    columns.map(|reference| reference.name()).try_for_each(|column| {
        // A table's own name stands for its whole row.
        if *column == owner.name || dialect.is_system_column(column) { Ok(()) } else { need_column(catalog, owner, column) }
    })
}

fn need_column(catalog: &Catalog, owner: &Name, column: &Ident) -> Done {
    if catalog.has_column(owner, column) { Ok(()) } else { Err(missing_member(ObjectKind::Column, column, owner)) }
}

/// Makes an index with its constraint, and on a partitioned table those of its partitions. Answers with its name.
pub(super) fn build(
    catalog: &mut Catalog,
    owner: &Name,
    new: &New<'_>,
    parent: Option<&Name>,
    dialect: &dyn Dialect,
) -> Result<Name, Problem> {
    let name = match new.name {
        Some(name) => name.clone(),
        None => {
            let parts = naming::index_parts(&new.shape);
            let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
            naming::automatic(catalog, owner, &parts, new.kind, &[], dialect)
        }
    };
    let full = Name { schema: owner.schema.clone(), name };
    if catalog.relations.contains_key(&full) {
        return Err(exists(ObjectKind::Table, &full.name));
    }
    if new.unique
        && let Some(key) = catalog.table(owner).and_then(|table| table.partition_by.as_ref())
    {
        let has = |column: &Ident| new.shape.keys.iter().any(|key| key.column() == Some(column));
        let columns = key.keys.refs.iter().filter(|found| found.kind == RefKind::Column);
        if !columns.map(|found| found.name()).all(has) {
            let message = "unique constraint on partitioned table must include all partitioning columns".to_owned();
            return Err(Problem::Other { code: "0A000", message });
        }
    }
    let partitions = inherit::partitions(catalog, owner);
    let index = Index {
        id: catalog.new_id(),
        name: full.name.clone(),
        unique: new.unique,
        primary: new.kind == AutomaticName::PrimaryKey,
        constraint: new.constraint.as_ref().map(|_| full.name.clone()),
        shape: new.shape.clone(),
        valid: !new.only || partitions.is_empty(),
        only: new.only,
        parent: parent.cloned(),
    };
    let constraint = new.constraint.as_ref().map(|constraint| Constraint { name: Some(full.name.clone()), ..constraint.clone() });
    put(catalog, owner, index, constraint);
    if !new.only {
        for partition in partitions {
            match match_in(catalog, &partition, new) {
                Some(found) => set_parent(catalog, &partition, &found, &full),
                None => {
                    let same = New { name: None, shape: new.shape.clone(), constraint: new.constraint.clone(), ..*new };
                    build(catalog, &partition, &same, Some(&full), dialect)?;
                }
            }
        }
    }
    Ok(full)
}

fn put(catalog: &mut Catalog, owner: &Name, index: Index, constraint: Option<Constraint>) {
    let primary = index.primary;
    let keys: Vec<Ident> = index.shape.keys.iter().filter_map(|key| key.column().cloned()).collect();
    match catalog.relations.get(owner) {
        Some(Relation::View(_)) => catalog.edit_view(owner, |view| view.indexes.push(Arc::new(index))),
        _ => catalog.edit_table(owner, |table| {
            table.indexes.push(Arc::new(index));
            table.constraints.extend(constraint.map(Arc::new));
            for column in table.columns.iter_mut().filter(|column| primary && keys.contains(&column.name) && !column.not_null) {
                Arc::make_mut(column).column.not_null = true;
            }
        }),
    }
}

/// The index of a partition that can serve as its part of a partitioned index.
pub(super) fn match_in(catalog: &Catalog, partition: &Name, new: &New<'_>) -> Option<Ident> {
    let table = catalog.table(partition)?;
    let fits = |index: &&Arc<Index>| {
        index.parent.is_none()
            && index.unique == new.unique
            && index.primary == (new.kind == AutomaticName::PrimaryKey)
            && (new.constraint.is_none() || index.constraint.is_some())
            && same_shape(&index.shape, &new.shape)
    };
    table.indexes.iter().find(fits).map(|index| index.name.clone())
}

fn same_shape(a: &IndexShape, b: &IndexShape) -> bool {
    let same_key = |(a, b): (&IndexKey, &IndexKey)| a.expr.sql == b.expr.sql && a.tail == b.tail;
    a.method == b.method
        && a.keys.len() == b.keys.len()
        && a.keys.iter().zip(&b.keys).all(same_key)
        && a.include == b.include
        && a.nulls_not_distinct == b.nulls_not_distinct
        && a.predicate.as_ref().map(|p| &p.sql) == b.predicate.as_ref().map(|p| &p.sql)
}

fn set_parent(catalog: &mut Catalog, partition: &Name, index: &Ident, parent: &Name) {
    edit(catalog, partition, index, |index| index.parent = Some(parent.clone()));
}

/// Changes an index of a table in place.
pub(super) fn edit(catalog: &mut Catalog, owner: &Name, index: &str, change: impl FnOnce(&mut Index)) {
    let change_in = |indexes: &mut Vec<Arc<Index>>| {
        if let Some(index) = indexes.iter_mut().find(|own| own.name == index) {
            change(Arc::make_mut(index));
        }
    };
    match catalog.relations.get(owner) {
        Some(Relation::View(_)) => catalog.edit_view(owner, |view| change_in(&mut view.indexes)),
        _ => catalog.edit_table(owner, |table| change_in(&mut table.indexes)),
    }
}

/// `ALTER INDEX ... ATTACH PARTITION`
pub(super) fn attach(catalog: &mut Catalog, parent: &Name, child: &QName) -> Done {
    let child = catalog.resolve_relation(child).ok_or_else(|| missing(ObjectKind::Index, child))?;
    let Some((owner, _)) = catalog.index(&child).map(|(owner, index)| (owner.clone(), index.clone())) else {
        return Err(Problem::WrongKind { name: child.name.to_string(), expected: ObjectKind::Index });
    };
    set_parent(catalog, &owner, &child.name, parent);
    validate_if_complete(catalog, parent);
    Ok(())
}

/// A partitioned index becomes valid when every partition has its part.
pub(super) fn validate_if_complete(catalog: &mut Catalog, index: &Name) {
    let Some((owner, found)) = catalog.index(index).map(|(owner, found)| (owner.clone(), found.clone())) else { return };
    let has_part = |partition: &Name| {
        let part = |part: &Arc<Index>| part.parent.as_ref() == Some(index) && part.valid;
        catalog.table(partition).is_some_and(|table| table.indexes.iter().any(part))
    };
    if !found.valid && inherit::partitions(catalog, &owner).iter().all(has_part) {
        edit(catalog, &owner, &index.name, |index| index.valid = true);
        if let Some(parent) = &found.parent {
            validate_if_complete(catalog, parent);
        }
    }
}

/// The index behind a primary key or unique constraint.
pub(super) fn key_shape(key: &Key, dialect: &dyn Dialect) -> IndexShape {
    let column = |name: &Ident| IndexKey { expr: text::column(name, dialect), tail: String::new() };
    IndexShape {
        method: "btree".into(),
        keys: key.columns.iter().map(column).collect(),
        include: key.include.clone(),
        nulls_not_distinct: key.nulls_not_distinct,
        predicate: None,
        options: key.options.clone(),
        tablespace: key.tablespace.clone(),
    }
}

/// The index to make for a constraint that has one; `None` for the others.
pub(super) fn of_constraint<'a>(
    catalog: &Catalog,
    owner: &Name,
    constraint: &'a Constraint,
    dialect: &dyn Dialect,
) -> Result<Option<New<'a>>, Problem> {
    let (kind, shape) = match &constraint.kind {
        ConstraintKind::PrimaryKey(key) => (AutomaticName::PrimaryKey, key_shape(key, dialect)),
        ConstraintKind::Unique(key) => (AutomaticName::Unique, key_shape(key, dialect)),
        ConstraintKind::Exclude(shape) => (AutomaticName::Exclude, shape.clone()),
        ConstraintKind::Check(_) | ConstraintKind::ForeignKey(_) | ConstraintKind::NotNull(_) => return Ok(None),
    };
    let shape = settled(catalog, owner, &shape, dialect)?;
    let mut kept = constraint.clone();
    if let ConstraintKind::Exclude(own) = &mut kept.kind {
        *own = shape.clone();
    }
    let unique = kind != AutomaticName::Exclude;
    Ok(Some(New { name: constraint.name.as_ref(), kind, unique, only: false, shape, constraint: Some(kept) }))
}
