//! A table without what may need other tables: columns, and the constraints that only look at its own rows.

use crate::catalog::{Catalog, Name, Table, TableColumn};
use crate::change::{
    AlterTable, Change, Column, ColumnSetting, ColumnValue, Constraint, ConstraintKind, CreateTable, Ident, Key, ObjectKind,
    SequenceOptions, TableAction, TableElement,
};

/// Whether a constraint stands in the table's own statement.
pub(super) fn is_inline(table: &Table, constraint: &Constraint) -> bool {
    match &constraint.kind {
        // Of two keys on the same columns that one statement asks for the server makes only one.
        ConstraintKind::PrimaryKey(key) | ConstraintKind::Unique(key)
            if keys(table).find(|(_, own)| own.columns == key.columns).is_some_and(|(name, _)| *name != constraint.name) =>
        {
            false
        }
        ConstraintKind::PrimaryKey(_) | ConstraintKind::Unique(_) | ConstraintKind::Exclude(_) => true,
        // In a new table there is nothing to check: it would count as valid.
        ConstraintKind::Check(_) | ConstraintKind::NotNull(_) => !constraint.not_valid,
        ConstraintKind::ForeignKey(_) => false,
    }
}

/// The table and what its statement cannot say on every server.
pub(super) fn create(catalog: &Catalog, table: &Table, changes: &mut Vec<Change>) {
    let partition = table.partition_of.is_some();
    let columns = table.columns.iter().filter(|column| column.local || partition || !column.inherited);
    let elements = columns.map(|column| TableElement::Column(plain(column, partition))).collect();
    let mut constraints: Vec<Constraint> = table
        .constraints
        .iter()
        .filter(|constraint| is_inline(table, constraint))
        .map(|constraint| (**constraint).clone())
        .collect();
    if !partition {
        let inherited = |constraint: &Constraint| is_inherited(catalog, &table.inherits, constraint);
        constraints.retain(|constraint| !inherited(constraint));
    }
    changes.push(Change::CreateTable(Box::new(CreateTable {
        name: table.name.qname(),
        if_not_exists: false,
        persistence: table.persistence,
        elements,
        constraints,
        inherits: table.inherits.iter().map(Name::qname).collect(),
        partition_by: table.partition_by.clone(),
        partition_of: None,
        server: table.server.clone(),
        of_type: None,
        query: None,
        query_columns: Vec::new(),
        no_data: false,
        options: table.options.clone(),
        tablespace: table.tablespace.clone(),
        access_method: table.access_method.clone(),
    })));
    for column in &table.columns {
        if column.inherited && !column.local && !partition {
            otherwise(catalog, table, column, changes);
        }
        settings(table, column, changes);
    }
    if let Some(of_type) = &table.of_type {
        changes.push(alter(table, TableAction::OfType(Some(of_type.qname()))));
    }
    if let Some((parent, bound)) = &table.partition_of
        && let Some(parent) = catalog.table(parent)
    {
        let action = TableAction::AttachPartition { partition: table.name.qname(), bound: bound.clone() };
        changes.push(alter(parent, action));
    }
}

/// The keys, the primary key first.
fn keys(table: &Table) -> impl Iterator<Item = (&Option<Ident>, &Key)> {
    let primary = table.constraints.iter().filter_map(|own| match &own.kind {
        ConstraintKind::PrimaryKey(key) => Some((&own.name, key)),
        _ => None,
    });
    primary.chain(table.constraints.iter().filter_map(|own| match &own.kind {
        ConstraintKind::Unique(key) => Some((&own.name, key)),
        _ => None,
    }))
}

/// One action on a table.
pub(in crate::catalog) fn alter(table: &Table, action: TableAction) -> Change {
    let kind = if table.server.is_some() { ObjectKind::ForeignTable } else { ObjectKind::Table };
    Change::AlterTable(Box::new(AlterTable { kind, table: table.name.qname(), if_exists: false, only: false, action }))
}

/// Whether a parent gives the constraint to its children.
pub(super) fn is_inherited(catalog: &Catalog, parents: &[Name], constraint: &Constraint) -> bool {
    let of_parent = |parent: &Name| {
        let parent = catalog.table(parent)?;
        parent.constraints.iter().find(|own| own.name == constraint.name && !own.no_inherit)
    };
    matches!(constraint.kind, ConstraintKind::Check(_) | ConstraintKind::NotNull(_))
        && parents.iter().any(|parent| of_parent(parent).is_some())
}

/// The column without what older servers do not take in `CREATE TABLE`. An identity is the partitioned table's alone, and its
/// sequence's type always the column's.
pub(in crate::catalog) fn plain(column: &TableColumn, partition: bool) -> Column {
    let value = match &column.value {
        ColumnValue::Identity { .. } if partition => ColumnValue::None,
        ColumnValue::Identity { always, sequence } => {
            let sequence = SequenceOptions { data_type: None, owned_by: None, restart: None, ..(**sequence).clone() };
            ColumnValue::Identity { always: *always, sequence: Box::new(sequence) }
        }
        value => value.clone(),
    };
    Column { value, storage: None, compression: None, statistics: None, options: Vec::new(), ..column.column.clone() }
}

/// Where an inherited column is not as the parents give it.
fn otherwise(catalog: &Catalog, table: &Table, column: &TableColumn, changes: &mut Vec<Change>) {
    let parents = table.inherits.iter().filter_map(|parent| catalog.table(parent)?.column(&column.name));
    let given: Vec<&Column> = parents.map(|given| &given.column).collect();
    let Some(first) = given.first() else { return };
    let name = || column.name.clone();
    match (&column.value, &first.value) {
        (own, given) if own == given => {}
        (ColumnValue::Default(default), _) => {
            changes.push(alter(table, TableAction::SetDefault { column: name(), default: default.clone() }));
        }
        (ColumnValue::None, ColumnValue::Default(_)) => changes.push(alter(table, TableAction::DropDefault { column: name() })),
        (ColumnValue::None | ColumnValue::Serial | ColumnValue::Identity { .. } | ColumnValue::Generated { .. }, _) => {}
    }
    match (column.not_null, given.iter().any(|given| given.not_null)) {
        (true, false) => changes.push(alter(table, TableAction::SetNotNull { column: name() })),
        (false, true) => changes.push(alter(table, TableAction::DropNotNull { column: name() })),
        (true, true) | (false, false) => {}
    }
}

fn settings(table: &Table, column: &TableColumn, changes: &mut Vec<Change>) {
    let options = Some(&column.options).filter(|options| !options.is_empty());
    let settings = [
        column.storage.clone().map(ColumnSetting::Storage),
        column.compression.clone().map(ColumnSetting::Compression),
        column.statistics.map(|statistics| ColumnSetting::Statistics(Some(statistics))),
        options.cloned().map(ColumnSetting::Options),
    ];
    for setting in settings.into_iter().flatten() {
        changes.push(alter(table, TableAction::SetColumnStorage { column: column.name.clone(), setting }));
    }
}
