//! Triggers and rules.

use super::{Done, exists_member, inherit, missing_member};
use crate::catalog::{Catalog, Name, Problem, Relation};
use crate::change::{Ident, ObjectKind, QName, Query, Rule, Trigger};
use crate::dialect::Dialect;
use std::sync::Arc;

/// `CREATE TRIGGER`.
pub(super) fn create(catalog: &mut Catalog, table: &QName, or_replace: bool, trigger: &Trigger, dialect: &dyn Dialect) -> Done {
    let name = need_table_or_view(catalog, table)?;
    let missing = trigger.update_of.iter().find(|column| columns_known(catalog, &name) && !catalog.has_column(&name, column));
    if let Some(column) = missing {
        return Err(missing_member(ObjectKind::Column, column, &name));
    }
    let full = |name: &QName| catalog.resolve_routine(name).map_or_else(|| name.clone(), |found| found.qname());
    let relation = |name: &QName| catalog.resolve_relation(name).map_or_else(|| name.clone(), |found| found.qname());
    let new = Arc::new(Trigger {
        function: full(&trigger.function),
        when: trigger.when.as_ref().map(|when| catalog.settled(when, dialect)),
        from: trigger.from.as_ref().map(relation),
        ..trigger.clone()
    });
    let taken = |table: &Name| catalog.table(table).is_some_and(|own| own.triggers.iter().any(|own| own.name == trigger.name));
    let below = if trigger.for_each_row { inherit::family(catalog, &name) } else { Vec::new() };
    if let Some(partition) = below.iter().skip(1).find(|below| inherit::is_partition(catalog, below) && taken(below)) {
        return Err(exists_member(ObjectKind::Trigger, &trigger.name, partition));
    }
    if cloned_from(catalog, &name, &trigger.name).is_some() {
        return Err(exists_member(ObjectKind::Trigger, &trigger.name, &name));
    }
    put_part(catalog, &name, ObjectKind::Trigger, new, or_replace, |parts| parts.0, |trigger| &trigger.name)
}

/// The table from which a partition has its own copy of a row trigger of that name.
pub(super) fn cloned_from(catalog: &Catalog, partition: &Name, trigger: &str) -> Option<Name> {
    let above = |table: &Name| catalog.table(table)?.partition_of.as_ref().map(|(parent, _)| parent.clone());
    let first = above(partition)?;
    let mut next = Some(first.clone());
    while let Some(parent) = next {
        let is_row_trigger = |own: &&Arc<Trigger>| own.for_each_row && own.name == trigger;
        if catalog.table(&parent)?.triggers.iter().find(is_row_trigger).is_some() {
            return Some(first);
        }
        next = above(&parent);
    }
    None
}

/// `ATTACH PARTITION`: the row triggers above are copied to all that it brings.
pub(super) fn check_attached(catalog: &Catalog, parent: &Name, partition: &Name) -> Done {
    for member in inherit::family(catalog, partition) {
        for own in catalog.table(&member).into_iter().flat_map(|table| &table.triggers) {
            let in_parent = catalog
                .table(parent)
                .is_some_and(|above| above.triggers.iter().any(|above| above.for_each_row && above.name == own.name));
            if in_parent || cloned_from(catalog, parent, &own.name).is_some() {
                return Err(exists_member(ObjectKind::Trigger, &own.name, &member));
            }
        }
    }
    Ok(())
}

/// `CREATE RULE`.
pub(super) fn create_rule(catalog: &mut Catalog, table: &QName, or_replace: bool, rule: &Rule, dialect: &dyn Dialect) -> Done {
    let name = need_table_or_view(catalog, table)?;
    let text = Query { text: catalog.settled(&rule.text.text, dialect), ..rule.text.clone() };
    let new = Arc::new(Rule { text, ..rule.clone() });
    put_part(catalog, &name, ObjectKind::Rule, new, or_replace, |parts| parts.1, |rule| &rule.name)
}

type Parts<'a> = (&'a mut Vec<Arc<Trigger>>, &'a mut Vec<Arc<Rule>>);

fn put_part<T>(
    catalog: &mut Catalog,
    name: &Name,
    kind: ObjectKind,
    new: Arc<T>,
    or_replace: bool,
    of: impl for<'a> Fn(Parts<'a>) -> &'a mut Vec<Arc<T>>,
    name_of: impl Fn(&T) -> &Ident,
) -> Done {
    let mut done = Ok(());
    let mut put = |parts: &mut Vec<Arc<T>>| match parts.iter_mut().find(|own| name_of(own) == name_of(&new)) {
        Some(old) if or_replace => *old = new.clone(),
        Some(_) => done = Err(exists_member(kind, name_of(&new), name)),
        None => parts.push(new.clone()),
    };
    match catalog.relations.get(name) {
        Some(Relation::View(_)) => catalog.edit_view(name, |view| put(of((&mut view.triggers, &mut view.rules)))),
        _ => catalog.edit_table(name, |table| put(of((&mut table.triggers, &mut table.rules)))),
    }
    done
}

fn need_table_or_view(catalog: &Catalog, table: &QName) -> Result<Name, Problem> {
    let name = catalog.need_relation(table, ObjectKind::Table)?;
    match catalog.relations.get(&name) {
        Some(Relation::Table(_) | Relation::View(_)) => Ok(name),
        _ => Err(Problem::WrongKind { name: name.name.to_string(), expected: ObjectKind::Table }),
    }
}

fn columns_known(catalog: &Catalog, name: &Name) -> bool {
    catalog.view(name).is_none_or(|view| view.columns_known)
}
