//! Which object of one state is which of the other: by identity, and by name where it was made again on the way.

use super::Walk;
use crate::catalog::{Catalog, CatalogRoutine, Index, Name, ObjectId, Relation, Table, TableColumn, UserType};
use crate::change::Ident;
use imbl::OrdMap;
use imbl::ordmap::DiffItem;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What differs, by what becomes of it.
#[derive(Debug)]
pub(super) struct Pairs<T> {
    /// In the state, and not wanted.
    pub gone: Vec<T>,
    /// Wanted, and not in the state.
    pub missing: Vec<T>,
    /// In both: as it is and as it is wanted.
    pub both: Vec<(T, T)>,
}

impl Relation {
    /// Its name; of an index there is none here.
    pub(super) fn own_name(&self) -> Option<&Name> {
        match self {
            Relation::Table(table) => Some(&table.name),
            Relation::View(view) => Some(&view.name),
            Relation::Sequence(sequence) => Some(&sequence.name),
            Relation::Index(_) => None,
        }
    }
}

impl Walk<'_> {
    /// Tables, views and sequences.
    pub(super) fn relations(&self) -> Pairs<Relation> {
        let (old, new) = changed(&self.state.relations, &self.to.relations);
        let real = |all: Vec<Relation>| all.into_iter().filter(|own| own.id().is_some()).collect();
        let name = |own: &Relation| own.own_name().cloned().expect("indexes were left out");
        self.pair(real(old), real(new), |own| own.id().expect("indexes were left out"), name)
    }

    /// The tables in both, parents before their children.
    pub(super) fn tables(&self) -> Vec<(Arc<Table>, Arc<Table>)> {
        let both = self.relations().both.into_iter().filter_map(|pair| match pair {
            (Relation::Table(old), Relation::Table(new)) => Some((old, new)),
            _ => None,
        });
        let mut tables: Vec<_> = both.collect();
        tables.sort_by_cached_key(|(_, new)| self.depth(new));
        tables
    }

    /// How many parents are above a table.
    fn depth(&self, table: &Table) -> usize {
        let mut depth = 0;
        let above = |table: &Table| table.partition_of.as_ref().map(|(of, _)| of).or(table.inherits.first()).cloned();
        let mut at = above(table);
        while let Some(parent) = at.filter(|_| depth < 64) {
            depth += 1;
            at = self.to.table(&parent).and_then(|parent| above(parent));
        }
        depth
    }

    /// Types of one's own.
    pub(super) fn types(&self) -> Pairs<Arc<UserType>> {
        let (old, new) = changed(&self.state.types, &self.to.types);
        self.pair(old, new, |own| own.id, |own| own.name.clone())
    }

    /// Routines, each overload.
    pub(super) fn routines(&self) -> Pairs<CatalogRoutine> {
        let (old, new) = changed(&self.state.routines, &self.to.routines);
        let each = |all: Vec<Arc<Vec<CatalogRoutine>>>| all.iter().flat_map(|own| own.iter().cloned()).collect();
        self.pair(each(old), each(new), |own| own.id, |own| (own.name.clone(), own.signature.clone()))
    }

    /// The columns of a table in both.
    pub(super) fn columns(&self, old: &Table, new: &Table) -> Pairs<Arc<TableColumn>> {
        self.pair(old.columns.clone(), new.columns.clone(), |own| ObjectId(own.number), |own| own.column.name.clone())
    }

    /// The indexes of a table or materialized view in both.
    pub(super) fn indexes(&self, old: &[Arc<Index>], new: &[Arc<Index>]) -> Pairs<Arc<Index>> {
        self.pair(old.to_vec(), new.to_vec(), |own| own.id, |own| own.name.clone())
    }

    fn pair<T: Clone, N: Ord>(&self, old: Vec<T>, new: Vec<T>, id: impl Fn(&T) -> ObjectId, name: impl Fn(&T) -> N) -> Pairs<T> {
        let mut by_id: BTreeMap<ObjectId, usize> = Default::default();
        let mut by_name: BTreeMap<N, usize> = Default::default();
        for (at, own) in new.iter().enumerate() {
            by_id.insert(id(own), at);
            by_name.insert(name(own), at);
        }
        let mut taken = vec![false; new.len()];
        let mut pairs = Pairs { gone: Vec::new(), missing: Vec::new(), both: Vec::new() };
        let mut rest = Vec::new();
        for own in old {
            match by_id.get(&id(&own)).filter(|_| !self.aside.contains(&id(&own))) {
                Some(at) => {
                    taken[*at] = true;
                    pairs.both.push((own, new[*at].clone()));
                }
                None => rest.push(own),
            }
        }
        for own in rest {
            match by_name.get(&name(&own)).filter(|at| !taken[**at] && self.is_new(id(&own))) {
                Some(at) => {
                    taken[*at] = true;
                    pairs.both.push((own, new[*at].clone()));
                }
                None => pairs.gone.push(own),
            }
        }
        pairs.missing.extend(new.iter().zip(&taken).filter(|(_, taken)| !**taken).map(|(own, _)| own.clone()));
        pairs
    }
}

/// The values under the keys whose values differ, in either map.
pub(super) fn changed<K: Ord + Clone, V: Clone + PartialEq>(old: &OrdMap<K, V>, new: &OrdMap<K, V>) -> (Vec<V>, Vec<V>) {
    let (mut gone, mut come) = (Vec::new(), Vec::new());
    for item in old.diff(new) {
        match item {
            DiffItem::Add(_, value) => come.push(value.clone()),
            DiffItem::Remove(_, value) => gone.push(value.clone()),
            DiffItem::Update { old: (_, old), new: (_, new) } => {
                gone.push(old.clone());
                come.push(new.clone());
            }
        }
    }
    (gone, come)
}

/// Parts that are known by their names alone: those only in the first, those only in the second, and those in both that differ.
pub(super) struct Parts<T> {
    pub gone: Vec<Arc<T>>,
    pub missing: Vec<Arc<T>>,
    pub both: Vec<(Arc<T>, Arc<T>)>,
    /// The same under another name: the old name and the part.
    pub renamed: Vec<(Ident, Arc<T>)>,
}

/// Tells parts apart; `alike` says whether two differ in nothing but their names.
pub(super) fn parts<T: PartialEq>(
    old: &[Arc<T>],
    new: &[Arc<T>],
    name: impl Fn(&T) -> &Ident,
    alike: impl Fn(&T, &T) -> bool,
) -> Parts<T> {
    let find = |all: &[Arc<T>], wanted: &Ident| all.iter().find(|own| name(own) == wanted).cloned();
    let mut parts = Parts { gone: Vec::new(), missing: Vec::new(), both: Vec::new(), renamed: Vec::new() };
    for own in old {
        match find(new, name(own)) {
            Some(other) if !Arc::ptr_eq(own, &other) && *own != other => parts.both.push((own.clone(), other)),
            Some(_) => {}
            None => parts.gone.push(own.clone()),
        }
    }
    parts.missing = new.iter().filter(|own| find(old, name(own)).is_none()).cloned().collect();
    parts.gone.retain(|own| match parts.missing.iter().position(|other| alike(own, other)) {
        Some(at) => {
            parts.renamed.push((name(own).clone(), parts.missing.remove(at)));
            false
        }
        None => true,
    });
    parts
}

/// The names of tables, views, sequences and indexes that differ between two states.
pub fn changed_relations(old: &Catalog, new: &Catalog) -> BTreeSet<Name> {
    let name = |item: DiffItem<'_, '_, Name, Relation>| match item {
        DiffItem::Add(name, _) | DiffItem::Remove(name, _) => name.clone(),
        DiffItem::Update { new: (name, _), .. } => name.clone(),
    };
    old.relations.diff(&new.relations).map(name).collect()
}

/// The table of an identity among those of these names.
pub fn table_among<'a>(catalog: &'a Catalog, names: &BTreeSet<Name>, id: ObjectId) -> Option<&'a Arc<Table>> {
    names.iter().filter_map(|name| catalog.table(name)).find(|table| table.id == id)
}
