//! What the parts of an impact are gathered in, and the walks over the schema that they share.

use super::super::locks::Mode;
use crate::catalog::{Catalog, Dependency, Dependent, Name, Relation, Table};
use crate::change::{Access, Expr, ForeignKey, ObjectKind, QName, Query, Ref, RefKind, SourceKind};
use crate::dialect::{Held, Impact, ImpactContext, Lock};
use std::collections::BTreeMap;

/// The locks of one change, as they are found.
pub(super) struct Locks<'a> {
    pub(super) context: &'a ImpactContext<'a>,
    modes: BTreeMap<Name, Mode>,
    rewrites: Vec<Name>,
    held: Held,
}

/// A relation as a query uses it.
pub(super) struct Used {
    pub(super) name: Name,
    pub(super) access: Access,
    /// Without its children and partitions.
    pub(super) only: bool,
}

impl<'a> Locks<'a> {
    pub(super) fn new(context: &'a ImpactContext<'a>) -> Self {
        Locks { context, modes: BTreeMap::new(), rewrites: Vec::new(), held: Held::Instant }
    }

    /// The state before the change.
    pub(super) fn before(&self) -> &'a Catalog {
        self.context.before
    }

    /// The major version of the server.
    pub(super) fn version(&self) -> u16 {
        self.context.version.major
    }

    /// All that was found. A statement holds each of its locks to its end, so all are held as long as its slowest part.
    pub(super) fn finish(self, not_in_transaction: Option<&'static str>) -> Impact {
        let held = self.held;
        let mut locks: Vec<Lock> = self
            .modes
            .into_iter()
            .map(|(object, mode)| Lock { object, mode: mode.name(), strength: mode as u8, blocks: mode.blocks(), held })
            .collect();
        locks.sort_by_key(|lock| std::cmp::Reverse(lock.strength));
        let mut rewrites = self.rewrites;
        rewrites.sort();
        rewrites.dedup();
        Impact { locks, rewrites, not_in_transaction }
    }

    /// The change takes at least this long.
    pub(super) fn hold(&mut self, held: Held) {
        self.held = self.held.max(held);
    }

    /// The same, where any of the tables was there before the transaction: others are as good as empty.
    pub(super) fn hold_for(&mut self, tables: &[Name], held: Held) {
        if tables.iter().any(|table| self.is_old(table) && !self.is_partitioned(table)) {
            self.hold(held);
        }
    }

    /// Locks a relation that was there before the transaction.
    pub(super) fn lock(&mut self, object: &Name, mode: Mode) {
        if self.is_old(object) {
            let known = self.modes.entry(object.clone()).or_insert(mode);
            *known = (*known).max(mode);
        }
    }

    /// Locks an index that was there before the transaction.
    pub(super) fn lock_index(&mut self, index: &Name, mode: Mode) {
        if self.before().index(index).is_some_and(|(_, index)| self.context.base.knows(index.id)) {
            let known = self.modes.entry(index.clone()).or_insert(mode);
            *known = (*known).max(mode);
        }
    }

    /// Locks the relation of that name and tells its full name.
    pub(super) fn lock_named(&mut self, name: &QName, mode: Mode) -> Option<Name> {
        let found = self.resolve(name)?;
        self.lock(&found, mode);
        Some(found)
    }

    /// Locks a table with its partitions or children, of all generations.
    pub(super) fn lock_tree(&mut self, table: &Name, mode: Mode) {
        for member in self.tree(table) {
            self.lock(&member, mode);
        }
    }

    /// Says that a table is written anew.
    pub(super) fn rewrite(&mut self, table: &Name) {
        let stored = match self.before().relations.get(table) {
            Some(Relation::Table(table)) => table.partition_by.is_none() && table.server.is_none(),
            Some(Relation::View(view)) => view.materialized,
            Some(Relation::Sequence(_) | Relation::Index(_)) | None => false,
        };
        if stored && self.is_old(table) {
            self.hold(Held::Rewrite);
            self.rewrites.push(table.clone());
        }
    }

    /// Whether a relation was there before the transaction, under whatever name.
    pub(super) fn is_old(&self, object: &Name) -> bool {
        let id = self.before().relations.get(object).and_then(Relation::id);
        id.is_some_and(|id| self.context.base.knows(id))
    }

    pub(super) fn is_partitioned(&self, table: &Name) -> bool {
        self.before().table(table).is_some_and(|table| table.partition_by.is_some())
    }

    pub(super) fn resolve(&self, name: &QName) -> Option<Name> {
        self.before().resolve_relation(name)
    }

    pub(super) fn resolve_all(&self, names: &[QName]) -> Vec<Name> {
        names.iter().filter_map(|name| self.resolve(name)).collect()
    }

    /// These tables, or all where none is named.
    pub(super) fn named_or_all(&self, names: &[QName]) -> Vec<Name> {
        if names.is_empty() { self.all_tables() } else { self.resolve_all(names) }
    }

    /// All tables and materialized views.
    pub(super) fn all_tables(&self) -> Vec<Name> {
        let stored = |relation: &Relation| match relation {
            Relation::Table(table) => table.server.is_none(),
            Relation::View(view) => view.materialized,
            Relation::Sequence(_) | Relation::Index(_) => false,
        };
        self.before().relations.iter().filter(|(_, relation)| stored(relation)).map(|(name, _)| name.clone()).collect()
    }

    /// The partitions or children of a table.
    pub(super) fn children(&self, table: &Name) -> Vec<Name> {
        let is_child = |child: &Table| {
            child.inherits.contains(table) || child.partition_of.as_ref().is_some_and(|(parent, _)| parent == table)
        };
        let on = Dependency::Relation(table.clone());
        self.before()
            .dependents(&on)
            .filter_map(|dependent| match dependent {
                Dependent::Relation(name) => self.before().table(name).filter(|child| is_child(child)).map(|_| name.clone()),
                _ => None,
            })
            .collect()
    }

    /// A table and all its descendants.
    pub(super) fn tree(&self, table: &Name) -> Vec<Name> {
        let mut found = vec![table.clone()];
        let mut at = 0;
        while at < found.len() {
            for child in self.children(&found[at]) {
                if !found.contains(&child) {
                    found.push(child);
                }
            }
            at += 1;
        }
        found
    }

    /// The names of the indexes of a table or materialized view.
    pub(super) fn indexes_of(&self, owner: &Name) -> Vec<Name> {
        let indexes = match self.before().relations.get(owner) {
            Some(Relation::Table(table)) => &table.indexes,
            Some(Relation::View(view)) => &view.indexes,
            Some(Relation::Sequence(_) | Relation::Index(_)) | None => return Vec::new(),
        };
        indexes.iter().map(|index| Name::new(owner.schema.clone(), index.name.clone())).collect()
    }

    /// The sequences that columns of a table own.
    pub(super) fn owned_sequences(&self, table: &Name) -> Vec<Name> {
        let Some(table) = self.before().table(table) else { return Vec::new() };
        let owns = |name: &Name| {
            self.before()
                .sequence(name)
                .and_then(|sequence| sequence.owned_by.as_ref())
                .is_some_and(|(owner, _)| owner == &table.name)
        };
        let mut found = Vec::new();
        for column in &table.columns {
            let on = Dependency::Column(table.name.clone(), column.name.clone());
            let of_column = self.before().dependents(&on);
            found.extend(of_column.filter_map(|dependent| match dependent {
                Dependent::Relation(name) if owns(name) => Some(name.clone()),
                _ => None,
            }));
        }
        found.sort();
        found.dedup();
        found
    }

    /// The tables with foreign keys to this one, each with such a key.
    pub(super) fn referencing(&self, table: &Name) -> Vec<(Name, ForeignKey)> {
        let mut found = Vec::new();
        for dependent in self.before().dependents(&Dependency::Relation(table.clone())) {
            let Dependent::Constraint(owner, constraint) = dependent else { continue };
            let key = self.before().table(owner).and_then(|table| table.constraint(constraint)).map(|it| it.kind.clone());
            if let Some(crate::change::ConstraintKind::ForeignKey(key)) = key
                && self.resolve(&key.table).as_ref() == Some(table)
            {
                found.push((owner.clone(), key));
            }
        }
        found
    }

    /// The tables that a partition is one of, the nearest first.
    pub(super) fn above(&self, table: &Name) -> Vec<Name> {
        let parent = |table: &Name| Some(self.before().table(table)?.partition_of.as_ref()?.0.clone());
        std::iter::successors(parent(table), parent).collect()
    }

    /// The bound of a partition is asked of the tables above it.
    pub(super) fn lock_above(&mut self, partition: &Name) {
        self.above(partition).iter().for_each(|above| self.lock(above, Mode::AccessShare));
    }

    /// The tables with foreign keys to this one or to a table that it is a partition of: they refer to its rows too.
    pub(super) fn referring_to_rows(&self, table: &Name) -> Vec<(Name, ForeignKey)> {
        std::iter::once(table.clone()).chain(self.above(table)).flat_map(|table| self.referencing(&table)).collect()
    }

    /// What stands under a view, through other views to the tables; nothing for anything else.
    pub(super) fn below_view(&self, view: &Name) -> Vec<Name> {
        self.under_view(view, Access::Read).into_iter().map(|used| used.name).collect()
    }

    /// The same, with what happens to the rows of each where this happens to those of the view: what only a subquery of a
    /// condition names is read.
    pub(super) fn under_view(&self, view: &Name, access: Access) -> Vec<Used> {
        let mut found: Vec<Used> = Vec::new();
        let mut open = vec![(view.clone(), access)];
        while let Some((next, access)) = open.pop() {
            let Some(view) = self.before().view(&next).filter(|view| !view.materialized) else { continue };
            let shown = self.shown(&view.query);
            for used in self.sources(&view.query) {
                let access = if shown.contains(&used.name) { access } else { Access::Read };
                if !found.iter().any(|known| known.name == used.name && known.access >= access) {
                    open.push((used.name.clone(), access));
                    found.push(Used { access, ..used });
                }
            }
        }
        found
    }

    /// The relations whose rows a query puts out: those in its own `FROM` and in that of subqueries there.
    fn shown(&self, query: &Query) -> Vec<Name> {
        let mut found = Vec::new();
        let mut open = vec![0u32];
        while let Some(select) = open.pop().and_then(|at| query.selects.get(at as usize)) {
            open.extend(&select.arms);
            for source in &select.sources {
                match &source.from {
                    SourceKind::Relation(name) => found.extend(self.resolve(name)),
                    SourceKind::Select(inner) => open.push(*inner),
                    SourceKind::Function(_) | SourceKind::Unknown => {}
                }
            }
        }
        found
    }

    /// The relations that a query names in its `FROM` clauses, with what happens to their rows.
    pub(super) fn sources(&self, query: &Query) -> Vec<Used> {
        let mut found: Vec<Used> = Vec::new();
        for source in query.selects.iter().flat_map(|select| &select.sources) {
            let SourceKind::Relation(name) = &source.from else { continue };
            let Some(name) = self.resolve(name) else { continue };
            match found.iter_mut().find(|known| known.name == name) {
                Some(known) => {
                    known.access = known.access.max(source.access);
                    known.only &= source.only;
                }
                None => found.push(Used { name, access: source.access, only: source.only }),
            }
        }
        found.sort_by(|a, b| a.name.cmp(&b.name));
        found
    }

    /// The relations that an expression reads in subqueries. A name in a literal (`nextval('s')`) is not read.
    pub(super) fn expr_relations(&self, expr: &Expr) -> Vec<Name> {
        let written = expr.refs.iter().filter(|reference| {
            let in_literal = reference.ranges.first().is_some_and(|(start, _)| expr.sql[..*start as usize].ends_with('\''));
            reference.kind == RefKind::Relation && !in_literal
        });
        written.filter_map(|reference| self.resolve(&reference.qname())).collect()
    }

    /// Reads what an expression's subqueries name.
    pub(super) fn read_expr(&mut self, expr: &Expr) {
        for relation in self.expr_relations(expr) {
            self.lock(&relation, Mode::AccessShare);
        }
    }

    /// The sequences that an expression draws from.
    pub(super) fn sequences_in(&self, expr: &Expr) -> Vec<Name> {
        let calls_nextval = expr.refs.iter().any(|reference| {
            matches!(reference.kind, RefKind::Function { .. }) && matches!(reference.name().as_str(), "nextval" | "setval")
        });
        if !calls_nextval {
            return Vec::new();
        }
        let named = expr.refs.iter().filter(|reference| reference.kind == RefKind::Relation);
        let named = named.filter_map(|name| self.resolve(&name.qname()));
        let named = named.filter(|name| self.before().sequence(name).is_some());
        let of_columns = expr.refs.iter().filter_map(|reference| self.serial_sequence(expr, reference));
        named.chain(of_columns).collect()
    }

    /// What `pg_get_serial_sequence('table', 'column')` gives, where both are literals.
    fn serial_sequence(&self, expr: &Expr, reference: &Ref) -> Option<Name> {
        let is_call = matches!(reference.kind, RefKind::Function { .. }) && reference.name() == "pg_get_serial_sequence";
        let (_, end) = reference.ranges.last().filter(|_| is_call)?;
        let mut literals = expr.sql[*end as usize..].split('\'');
        let opens = literals.next()?.trim() == "(";
        let (table, comma, column) = (literals.next()?, literals.next()?, literals.next()?);
        let table = self.resolve(&super::outside::name(table)).filter(|_| opens && comma.trim() == ",")?;
        let owned = self.owned_sequences(&table).into_iter();
        let owner = |name: &Name| self.before().sequence(name).and_then(|sequence| sequence.owned_by.clone());
        owned.into_iter().find(|name| owner(name).is_some_and(|(_, owner)| owner == column))
    }

    /// What kind of relation a name stands for.
    pub(super) fn kind_of(&self, name: &Name) -> Option<ObjectKind> {
        Some(match self.before().relations.get(name)? {
            Relation::Table(table) if table.server.is_some() => ObjectKind::ForeignTable,
            Relation::Table(_) => ObjectKind::Table,
            Relation::View(view) if view.materialized => ObjectKind::MaterializedView,
            Relation::View(_) => ObjectKind::View,
            Relation::Sequence(_) => ObjectKind::Sequence,
            Relation::Index(_) => ObjectKind::Index,
        })
    }
}
