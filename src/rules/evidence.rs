//! What compatibility rules share: which object a broken use is about, what became of that object, which change did it, and how
//! all of it is named for people.

use super::{At, Finding, FindingBreak};
use crate::assess::{App, Broken, Use};
use crate::catalog::{Catalog, Name, ObjectId, Relation, Table, TableColumn, View};
use crate::change::{Ident, TypeName};
use crate::dialect::AppError;
use crate::replay::Atom;
use crate::source::Span;
use std::sync::Arc;

/// What a statement did to a relation that it found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is there under its name.
    Stays,
    /// It has another name.
    Renamed(Name),
    /// It lies in another schema.
    Moved(Name),
    /// It is gone.
    Gone,
}

impl<'a> At<'a> {
    /// The breaks that have a key, those of one key together, in the order in which the keys come up.
    pub(super) fn claim_by<K: PartialEq>(&self, key: impl Fn(&Broken) -> Option<K>) -> Vec<(K, Vec<FindingBreak>)> {
        let mut groups: Vec<(K, Vec<FindingBreak>)> = Vec::new();
        for found in self.claim(|broken| key(broken).is_some()) {
            let Some(key) = key(&found.broken) else { continue };
            match groups.iter_mut().find(|(other, _)| *other == key) {
                Some((_, group)) => group.push(found),
                None => groups.push((key, vec![found])),
            }
        }
        groups
    }

    /// The first change that changes what `of` sees in the schema: where to point at. The statement, where none does.
    pub(super) fn place<T: PartialEq>(&self, of: impl Fn(&Catalog) -> T) -> Span {
        self.atom(of).map_or(self.statement.span, |atom| atom.change.span)
    }

    /// The first change that changes what `of` sees in the schema.
    pub(super) fn atom<T: PartialEq>(&self, of: impl Fn(&Catalog) -> T) -> Option<&'a Atom> {
        self.step.atoms.iter().find(|atom| of(&atom.before) != of(&atom.after))
    }

    /// The relation as it was: right before the statement, or else before its transaction.
    pub(super) fn was(&self, name: &Name) -> Option<&'a Relation> {
        self.step.before.relations.get(name).or_else(|| self.step.base.relations.get(name))
    }

    /// The table as it was.
    pub(super) fn table_before(&self, name: &Name) -> Option<&'a Arc<Table>> {
        self.step.before.table(name).or_else(|| self.step.base.table(name))
    }

    /// The same table after the statement, whatever it is called then.
    pub(super) fn table_after(&self, name: &Name) -> Option<&'a Arc<Table>> {
        let id = self.table_before(name)?.id;
        let after = &self.step.after;
        match after.table(name) {
            Some(table) if table.id == id => Some(table),
            _ => after.table(&renamed(after, id)?),
        }
    }

    /// What became of a relation.
    pub(super) fn fate(&self, name: &Name) -> Fate {
        let after = &self.step.after;
        let Some(id) = self.was(name).and_then(Relation::id) else { return Fate::Stays };
        if after.relations.get(name).is_some_and(|relation| relation.id() == Some(id)) {
            return Fate::Stays;
        }
        match renamed(after, id) {
            Some(to) if to.schema != name.schema => Fate::Moved(to),
            Some(to) => Fate::Renamed(to),
            None => Fate::Gone,
        }
    }

    /// The table and the table's column behind a column of a table or view, as things were; and of a column that a view does not
    /// show, that of the table below.
    pub(super) fn below(&self, name: &Name, column: &Ident) -> (Name, Ident) {
        let mut at = (name.clone(), column.clone());
        for _ in 0..16 {
            let view = self.step.after.view(&at.0).or_else(|| self.step.before.view(&at.0));
            let Some(next) = view.and_then(|view| source(view, &at.1)) else { break };
            at = next;
        }
        at
    }

    /// Whether the table was there before the transaction: one that is new concerns no old application.
    pub(super) fn is_old(&self, id: ObjectId) -> bool {
        self.step.base.knows(id)
    }

    /// Tables that were there before the transaction and that the statement changes: before and after, with the name after.
    pub(super) fn changed_tables(&self) -> Vec<(&'a Arc<Table>, &'a Arc<Table>)> {
        let touched = crate::assess::Touched::between(&self.step.before, &self.step.after);
        let tables = touched.relations.iter().filter_map(|name| self.step.before.table(name));
        tables
            .filter(|before| self.is_old(before.id))
            .filter_map(|before| Some((before, self.table_after(&before.name)?)))
            .filter(|(before, after)| !Arc::ptr_eq(before, after))
            .collect()
    }

    /// A name for people: without the schema where the search path of a new session finds it.
    pub(super) fn shown(&self, name: &Name) -> String {
        if self.finds(name) { name.name.to_string() } else { name.to_string() }
    }

    /// A name as SQL.
    pub(super) fn sql(&self, name: &Name) -> String {
        if self.finds(name) {
            self.quoted(&name.name)
        } else {
            format!("{}.{}", self.quoted(&name.schema), self.quoted(&name.name))
        }
    }

    fn finds(&self, name: &Name) -> bool {
        self.dialect().empty_catalog().session.search_path.contains(&name.schema)
    }

    /// An identifier as SQL.
    pub(super) fn quoted(&self, ident: &str) -> String {
        self.dialect().quote(ident).into_owned()
    }

    /// A type as SQL.
    pub(super) fn type_of(&self, data_type: &TypeName) -> String {
        self.dialect().type_text(data_type)
    }

    /// A finding whose message says what happens and which error the first of the breaks meets.
    pub(super) fn breaking(&self, span: Span, what: impl Into<String>, mut breaks: Vec<FindingBreak>) -> Finding {
        breaks.sort_by_key(|found| (found.app == App::New, matches!(found.broken.error, AppError::Silent(_))));
        let what = what.into();
        let message = match breaks.first().map(|first| (&first.broken.error, first.broken.server_error(self.dialect()))) {
            Some((AppError::Silent(text), _)) => format!("{what}, and the old application suffers silently: {text}"),
            Some((_, error)) => {
                let code = error.sqlstate.map(|code| format!(" ({code})")).unwrap_or_default();
                format!("{what}, and the old application fails: {}{code}", error.message)
            }
            None => what,
        };
        self.finding(span, message).breaks(breaks)
    }
}

/// The name of what has an identity.
pub(super) fn renamed(catalog: &Catalog, id: ObjectId) -> Option<Name> {
    catalog.relations.iter().find(|(_, relation)| relation.id() == Some(id)).map(|(name, _)| name.clone())
}

/// The column of a table that has a number.
pub(super) fn numbered(table: &Table, number: u32) -> Option<&Arc<TableColumn>> {
    table.columns.iter().find(|column| column.number == number)
}

/// What a column of a view shows; of a column that it does not show, that of the relation below.
fn source(view: &View, column: &Ident) -> Option<(Name, Ident)> {
    let shown = view.columns.iter().find(|found| found.name == *column).and_then(|found| found.source.clone());
    let first = || view.columns.iter().find_map(|found| found.source.as_ref());
    shown.or_else(|| first().map(|(relation, _)| (relation.clone(), column.clone())))
}

/// The relation and column that a use of one column is about.
pub(super) fn column_of(usage: &Use) -> Option<(&Name, &Ident)> {
    match usage {
        Use::Read(name, column) | Use::Write(name, column) | Use::WriteNull(name, column) | Use::Omit(name, column) => {
            Some((name, column))
        }
        _ => None,
    }
}
