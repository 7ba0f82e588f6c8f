//! Sequences: on their own, of serial and of identity columns.

use super::{Done, exists, naming, privileges};
use crate::catalog::{Catalog, Name, Problem, Relation, Sequence};
use crate::change::{Column, ColumnValue, Ident, ObjectKind, Persistence, QName, SequenceOptions, TypeName};
use crate::dialect::{AutomaticName, Dialect};

/// `CREATE SEQUENCE`
pub(super) fn create(
    catalog: &mut Catalog,
    name: &QName,
    if_not_exists: bool,
    persistence: Persistence,
    options: &SequenceOptions,
) -> Done {
    let name = catalog.creation_name(name)?;
    if catalog.relations.contains_key(&name) {
        return if if_not_exists { Ok(()) } else { Err(exists(ObjectKind::Table, &name.name)) };
    }
    let owned_by = owner(catalog, options)?.flatten();
    put(catalog, name, persistence, options, owned_by, false);
    Ok(())
}

/// `ALTER SEQUENCE`
pub(super) fn alter(catalog: &mut Catalog, name: &QName, if_exists: bool, options: &SequenceOptions) -> Done {
    let Some(name) = catalog.resolve_relation(name) else {
        return if if_exists { Ok(()) } else { Err(super::missing(ObjectKind::Table, name)) };
    };
    let Some(Relation::Sequence(old)) = catalog.relations.get(&name) else {
        return Err(Problem::WrongKind { name: name.name.to_string(), expected: ObjectKind::Sequence });
    };
    let identity = old.identity;
    let owned_by = owner(catalog, options)?;
    if owned_by.is_some() && identity {
        return Err(Problem::Other { code: "0A000", message: "cannot change ownership of identity sequence".to_owned() });
    }
    let of_identity = old.owned_by.clone().filter(|_| identity);
    catalog.edit_sequence(&name, |sequence| {
        merge(&mut sequence.options, options);
        if let Some(owned_by) = owned_by {
            sequence.owned_by = owned_by;
        }
    });
    if let Some((table, column)) = of_identity {
        super::column::edit(catalog, &table, &column, |column| {
            if let ColumnValue::Identity { sequence, .. } = &mut column.value {
                merge(sequence, options);
                // It is the column's, which cannot be said there.
                sequence.data_type = None;
            }
        });
    }
    Ok(())
}

/// What `OWNED BY` says, resolved.
fn owner(catalog: &Catalog, options: &SequenceOptions) -> Result<Option<Option<(Name, Ident)>>, Problem> {
    let (table, column) = match &options.owned_by {
        None => return Ok(None),
        Some(None) => return Ok(Some(None)),
        Some(Some(owner)) => owner,
    };
    let table = catalog.need_relation(table, ObjectKind::Table)?;
    if catalog.has_column(&table, column) {
        Ok(Some(Some((table, column.clone()))))
    } else {
        Err(super::missing_member(ObjectKind::Column, column, &table))
    }
}

/// The options after an alteration: what it does not name stays.
pub(super) fn merge(options: &mut SequenceOptions, change: &SequenceOptions) {
    if change.data_type.is_some() && change.data_type != options.data_type {
        // The bounds of the old type were no choice of anybody's; those that were chosen are named.
        options.data_type = change.data_type.clone();
    }
    options.increment = change.increment.or(options.increment);
    options.min = change.min.or(options.min);
    options.max = change.max.or(options.max);
    options.start = change.start.or(options.start);
    options.restart = change.restart.or(options.restart);
    options.cache = change.cache.or(options.cache);
    options.cycle = change.cycle.or(options.cycle);
}

fn put(
    catalog: &mut Catalog,
    name: Name,
    persistence: Persistence,
    options: &SequenceOptions,
    owned_by: Option<(Name, Ident)>,
    identity: bool,
) {
    let id = catalog.new_id();
    let options = SequenceOptions { name: None, owned_by: None, ..options.clone() };
    let privileges = privileges::initial(catalog, ObjectKind::Sequence, &name.schema);
    let owner = privileges::creator(catalog);
    catalog.put_sequence(Sequence { id, name, persistence, options, owned_by, identity, owner, privileges });
}

/// Unfolds a serial or identity column into its sequence. The sequence belongs to the column from the start; the table is
/// put in afterwards.
pub(super) fn unfold(
    catalog: &mut Catalog,
    table: &Name,
    persistence: Persistence,
    column: &mut Column,
    dialect: &dyn Dialect,
) -> Done {
    let automatic = |catalog: &Catalog| Name {
        schema: table.schema.clone(),
        name: naming::automatic(catalog, table, &[&column.name], AutomaticName::Sequence, &[], dialect),
    };
    let owned_by = Some((table.clone(), column.name.clone()));
    match column.value.clone() {
        ColumnValue::Serial => {
            let name = automatic(catalog);
            let options = SequenceOptions { data_type: Some(column.data_type.clone()), ..SequenceOptions::default() };
            put(catalog, name.clone(), persistence, &options, owned_by, false);
            column.not_null = true;
            column.value = ColumnValue::Default(dialect.next_value(&name));
        }
        ColumnValue::Identity { always, mut sequence } => {
            let name = match &sequence.name {
                Some(name) => {
                    Name { schema: name.schema.clone().unwrap_or_else(|| table.schema.clone()), name: name.name.clone() }
                }
                None => automatic(catalog),
            };
            if catalog.relations.contains_key(&name) {
                return Err(exists(ObjectKind::Table, &name.name));
            }
            let data_type = Some(TypeName { modifiers: Vec::new(), ..column.data_type.clone() });
            put(catalog, name.clone(), persistence, &SequenceOptions { data_type, ..*sequence.clone() }, owned_by, true);
            // The column says the type: in its options it cannot be written.
            sequence.data_type = None;
            sequence.name = Some(name.qname());
            column.not_null = true;
            column.value = ColumnValue::Identity { always, sequence };
        }
        ColumnValue::None | ColumnValue::Default(_) | ColumnValue::Generated { .. } => {}
    }
    Ok(())
}
