//! What a migration destroys and how it can be kept.

use super::{relation_by_id, takes_rows};
use crate::catalog::diff::{changed_relations, table_among};
use crate::catalog::{Catalog, Name, ObjectId, Relation, Table, TableColumn};
use crate::change::{Change, ColumnValue, ConstraintKind, DataKind, Persistence, ReferentialAction};
use crate::dialect::{Keep, Kept, KeptColumn};
use crate::down::{Context, fidelity};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What is destroyed of a table.
#[derive(Debug)]
pub struct Loss {
    /// The table as it was before the migration.
    pub table: Arc<Table>,
    pub taken: Taken,
}

#[derive(Debug)]
pub enum Taken {
    /// The table goes.
    Table,
    /// Its rows go.
    Rows,
    /// These columns go, or their values are converted.
    Columns(Vec<TakenColumn>),
}

#[derive(Debug)]
pub struct TakenColumn {
    pub column: Arc<TableColumn>,
    /// Whether it stays, with another type.
    pub converted: bool,
}

impl Loss {
    /// What is lost, or stands in the way, in spite of the archive.
    pub fn notes(&self) -> Vec<String> {
        let name = &self.table.name;
        let may_move = has_moving_key(&self.table);
        let of = |own: &TakenColumn| {
            let column = &own.column.name;
            let needed = own.column.not_null && own.column.value == ColumnValue::None;
            if own.converted {
                Some(format!("what was changed since in {name}.{column}, in rows that were there before"))
            } else {
                let inserted = needed.then(|| {
                    format!("rows of {name} that were inserted since have no {column}: give them one, or the down fails")
                });
                inserted.or_else(|| {
                    may_move.then(|| {
                        format!("the {column} of rows of {name} whose primary key was changed since: they count as new ones")
                    })
                })
            }
        };
        match &self.taken {
            Taken::Table => Vec::new(),
            Taken::Rows => {
                vec![format!("rows of {name} that have the keys of those that were there before keep the down from running")]
            }
            Taken::Columns(columns) => columns.iter().filter_map(of).collect(),
        }
    }
}

/// Whether rows may get another primary key: the server lets nobody set one that it always generates.
fn has_moving_key(table: &Table) -> bool {
    let generated = |column: &crate::change::Ident| {
        table.column(column).is_some_and(|own| matches!(own.value, ColumnValue::Identity { always: true, .. }))
    };
    !table.constraints.iter().any(|own| match &own.kind {
        ConstraintKind::PrimaryKey(key) => key.columns.iter().all(generated),
        _ => false,
    })
}

/// The table of an identity, whatever it is called.
pub fn by_id(catalog: &Catalog, id: ObjectId) -> Option<&Arc<Table>> {
    match relation_by_id(catalog, id)? {
        Relation::Table(table) => Some(table),
        Relation::View(_) | Relation::Sequence(_) | Relation::Index(_) => None,
    }
}

/// What the migration destroys; why something of it cannot be kept.
pub fn losses(context: &Context<'_>) -> Result<Vec<Loss>, String> {
    let mut out: BTreeMap<ObjectId, Loss> = emptied(context)?;
    let names = changed_relations(context.first, context.last);
    for table in names.iter().filter_map(|name| context.first.table(name)) {
        if table.persistence == Persistence::Temporary || table.server.is_some() {
            continue;
        }
        let Some(now) = table_among(context.last, &names, table.id) else {
            if table.partition_by.is_none() && !table.columns.is_empty() {
                out.insert(table.id, Loss { table: table.clone(), taken: Taken::Table });
            }
            continue;
        };
        let columns = columns(context, table, now);
        if !columns.is_empty() && !out.contains_key(&table.id) {
            out.insert(table.id, Loss { table: table.clone(), taken: Taken::Columns(columns) });
        }
    }
    let losses: Vec<Loss> = out.into_values().collect();
    losses.iter().try_for_each(|loss| possible(context, loss))?;
    Ok(losses)
}

/// The tables that lose all rows and stay.
fn emptied(context: &Context<'_>) -> Result<BTreeMap<ObjectId, Loss>, String> {
    let mut out = BTreeMap::new();
    for atom in context.steps.iter().flat_map(|step| &step.atoms) {
        let (tables, exact) = match &atom.change.value {
            Change::Truncate { tables, cascade, .. } => {
                (tables.iter().map(|target| target.table.clone()).collect::<Vec<_>>(), !cascade)
            }
            Change::Data(data) if data.kind == DataKind::Delete => {
                (data.table.iter().cloned().collect(), !data.filtered && !data.batched)
            }
            _ => continue,
        };
        for name in &tables {
            let table = atom.before.resolve_relation(name).and_then(|name| atom.before.table(&name));
            let Some(old) = table.and_then(|table| by_id(context.first, table.id)) else { continue };
            if by_id(context.last, old.id).is_none() {
                continue;
            }
            if !exact || follows(context.first, old) {
                return Err(format!("which rows it deletes, in {} or because of that, cannot be told", old.name));
            }
            out.insert(old.id, Loss { table: old.clone(), taken: Taken::Rows });
        }
    }
    Ok(out)
}

/// Whether something else may change when a table's rows are deleted.
fn follows(catalog: &Catalog, table: &Table) -> bool {
    let triggers = table.triggers.iter().any(|own| own.events.iter().any(|event| event == "DELETE" || event == "TRUNCATE"));
    let referring = catalog.relations.values().any(|own| match own {
        Relation::Table(own) => own.constraints.iter().any(|own| match &own.kind {
            ConstraintKind::ForeignKey(key) => {
                key.table == table.name.qname()
                    && !matches!(key.on_delete, ReferentialAction::NoAction | ReferentialAction::Restrict)
            }
            _ => false,
        }),
        Relation::View(_) | Relation::Sequence(_) | Relation::Index(_) => false,
    });
    triggers || referring || !table.rules.is_empty()
}

/// The columns of a table that go, or whose values may become others.
fn columns(context: &Context<'_>, old: &Arc<Table>, now: &Table) -> Vec<TakenColumn> {
    let lossy = |own: &TableColumn| context.steps.iter().any(|step| converted(step, old, own).is_some());
    let taken = |column: &&Arc<TableColumn>| !matches!(column.value, ColumnValue::Generated { .. });
    let of = |column: &Arc<TableColumn>| match now.columns.iter().find(|own| own.number == column.number) {
        None => Some(TakenColumn { column: column.clone(), converted: false }),
        Some(new) if new.data_type != column.data_type && lossy(column) => {
            Some(TakenColumn { column: column.clone(), converted: true })
        }
        Some(_) => None,
    };
    old.columns.iter().filter(taken).filter_map(of).collect()
}

/// The full name under which a statement gives a column another type.
fn converted(step: &crate::replay::Step, table: &Table, column: &TableColumn) -> Option<String> {
    let before = by_id(&step.before, table.id)?;
    let find = |table: &Table| table.columns.iter().find(|own| own.number == column.number).cloned();
    let (was, is) = (find(before)?, find(by_id(&step.after, table.id)?)?);
    (was.data_type != is.data_type).then(|| format!("{}.{}", before.name, is.name))
}

/// Why it cannot be kept, where it cannot.
fn possible(context: &Context<'_>, loss: &Loss) -> Result<(), String> {
    let table = &loss.table;
    if table.force_row_security {
        return Err(format!("row security is forced on {}: its owner may not see all rows to copy", table.name));
    }
    if !table.rules.is_empty() {
        return Err(format!("{} has rules, which would change what is put back", table.name));
    }
    let Taken::Columns(columns) = &loss.taken else { return Ok(()) };
    let parent = |own: &Relation| match own {
        Relation::Table(own) => own.inherits.contains(&table.name),
        Relation::View(_) | Relation::Sequence(_) | Relation::Index(_) => false,
    };
    if table.partition_by.is_some() || context.first.relations.values().any(parent) {
        return Err(format!("columns of {} are columns of its partitions or children too, which are not copied", table.name));
    }
    for own in columns {
        let numbers = match &own.column.value {
            ColumnValue::Identity { .. } | ColumnValue::Serial => true,
            ColumnValue::Default(default) => {
                context.dialect.is_volatile(default, context.first) && is_numbered(context.first, table, &own.column)
            }
            ColumnValue::None | ColumnValue::Generated { .. } => false,
        };
        if numbers {
            return Err(format!(
                "{}.{} numbers its rows by itself: rows that are inserted since would get numbers twice",
                table.name, own.column.name
            ));
        }
    }
    key(context, table).map(|_| ())
}

fn is_numbered(catalog: &Catalog, table: &Table, column: &TableColumn) -> bool {
    catalog.relations.values().any(|own| match own {
        Relation::Sequence(own) => own.owned_by.as_ref().is_some_and(|(name, of)| *name == table.name && *of == column.name),
        Relation::Table(_) | Relation::View(_) | Relation::Index(_) => false,
    })
}

/// The columns of the primary key, which have to stay what they are.
fn key<'a>(context: &Context<'_>, table: &'a Table) -> Result<Vec<&'a Arc<TableColumn>>, String> {
    let primary = table.constraints.iter().find_map(|own| match &own.kind {
        ConstraintKind::PrimaryKey(key) => Some(&key.columns),
        _ => None,
    });
    let Some(primary) = primary else {
        return Err(format!("{} has no primary key by which its rows could be found again", table.name));
    };
    let now = by_id(context.last, table.id);
    let stays = |column: &TableColumn| {
        now.is_some_and(|now| now.columns.iter().any(|own| own.number == column.number && own.data_type == column.data_type))
    };
    let found = |name: &crate::change::Ident| table.column(name).filter(|column| stays(column));
    primary
        .iter()
        .map(found)
        .collect::<Option<Vec<_>>>()
        .ok_or_else(|| format!("the primary key of {} does not stay what it is: its rows could not be found again", table.name))
}

/// What the statements say is lost and the archives hold.
pub fn covered(context: &Context<'_>, losses: &[Loss]) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    for (step, loss) in context.steps.iter().flat_map(|step| losses.iter().map(move |loss| (step, loss))) {
        let Some(now) = by_id(&step.before, loss.table.id) else { continue };
        let columns: Vec<&Arc<TableColumn>> = match &loss.taken {
            Taken::Table | Taken::Rows => loss.table.columns.iter().collect(),
            Taken::Columns(columns) => columns.iter().map(|own| &own.column).collect(),
        };
        if takes_rows(loss) {
            out.insert(fidelity::rows_of(&now.name));
            out.insert(fidelity::deleted_from(&now.name));
        }
        for column in columns {
            if let Some(own) = now.columns.iter().find(|own| own.number == column.number) {
                out.insert(fidelity::values_of(&now.name, &own.name));
            }
            out.extend(converted(step, &loss.table, column).map(|full| fidelity::former_values_of(&full)));
        }
    }
    out
}

/// What is copied, from the state `now`, each into an archive that `archive` names after what it keeps.
pub fn keeps(
    context: &Context<'_>,
    losses: &[Loss],
    now: &Catalog,
    archive: &mut dyn FnMut(&Name) -> Option<Name>,
) -> Result<Vec<Keep>, String> {
    let mut out = Vec::new();
    let mut add = |own: &Name, what: Kept| -> Result<(), String> {
        let archive = archive(own).ok_or_else(|| format!("there is no schema that stays for the archive of {own}"))?;
        out.push(Keep { archive, what });
        Ok(())
    };
    for loss in losses {
        let table = &loss.table;
        let source = by_id(now, table.id).ok_or_else(|| format!("{} is gone before it can be copied", table.name))?;
        let copied = |column: &Arc<TableColumn>| kept(context, source, column);
        let (from, to) = (source.name.clone(), table.name.clone());
        let what = match &loss.taken {
            Taken::Table | Taken::Rows => {
                let own = |column: &&Arc<TableColumn>| !matches!(column.value, ColumnValue::Generated { .. });
                let columns = table.columns.iter().filter(own).map(copied).collect::<Result<_, _>>()?;
                let numbered = table.columns.iter().any(|own| matches!(own.value, ColumnValue::Identity { .. }));
                Kept::Rows { from, to, columns, numbered }
            }
            Taken::Columns(columns) => Kept::Values {
                from,
                to,
                key: key(context, table)?.into_iter().map(copied).collect::<Result<_, _>>()?,
                columns: columns.iter().map(|own| copied(&own.column)).collect::<Result<_, _>>()?,
            },
        };
        add(&table.name, what)?;
    }
    for (name, id) in positions(context, losses) {
        if let Some(Relation::Sequence(source)) = relation_by_id(now, id) {
            add(&name, Kept::Position { from: source.name.clone(), to: name.clone() })?;
        }
    }
    Ok(out)
}

/// The sequences that go with the tables that own them.
fn positions(context: &Context<'_>, losses: &[Loss]) -> Vec<(Name, ObjectId)> {
    let names = changed_relations(context.first, context.last);
    let goes = |table: &Name| losses.iter().any(|loss| matches!(loss.taken, Taken::Table) && loss.table.name == *table);
    let sequences = names.iter().filter_map(|name| context.first.sequence(name));
    let owned = sequences.filter(|own| own.owned_by.as_ref().is_some_and(|(table, _)| goes(table)));
    owned.filter(|own| relation_by_id(context.last, own.id).is_none()).map(|own| (own.name.clone(), own.id)).collect()
}

/// A column as it is copied: what is of a type that may go is kept as text.
fn kept(context: &Context<'_>, source: &Table, column: &Arc<TableColumn>) -> Result<KeptColumn, String> {
    let now = source.columns.iter().find(|own| own.number == column.number);
    let now = now.ok_or_else(|| format!("{}.{} is gone before it can be copied", source.name, column.name))?;
    let catalog = context.first;
    let own_type = catalog.types.iter().any(|(name, _)| name.name == column.data_type.name);
    let extension_goes = catalog.extensions.keys().any(|name| !context.last.extensions.contains_key(name));
    let text_of = (own_type || extension_goes).then(|| column.data_type.clone());
    Ok(KeptColumn { from: now.name.clone(), to: column.name.clone(), text_of })
}
