//! What publications send, read from the statements that made them: the server refuses changes that it has to send and cannot
//! tell the rows of.

use super::impact::{name, words};
use crate::catalog::{Catalog, Name, Other, Table};
use crate::change::{Ident, ObjectKind, Persistence, QName};
use crate::dialect::Published;

/// What some publication sends of a table. A partitioned table's own rows lie in its partitions.
pub(super) fn published(table: &Table, catalog: &Catalog) -> Published {
    let mut sent = Published::default();
    if table.persistence != Persistence::Permanent || table.server.is_some() || table.partition_by.is_some() {
        return sent;
    }
    for other in catalog.others.values().filter(|other| other.kind == ObjectKind::Publication) {
        let publication = Publication::of(other);
        if publication.sends(table, catalog) {
            sent.updates |= publication.updates;
            sent.deletes |= publication.deletes;
        }
    }
    sent
}

/// A publication as its statements leave it.
struct Publication {
    all: bool,
    tables: Vec<QName>,
    schemas: Vec<Ident>,
    updates: bool,
    deletes: bool,
}

impl Publication {
    fn of(other: &Other) -> Publication {
        let mut own = Publication { all: false, tables: Vec::new(), schemas: Vec::new(), updates: true, deletes: true };
        for statement in &other.statements {
            own.follow(&words(statement));
        }
        own
    }

    /// `CREATE PUBLICATION p [FOR objects] [WITH (...)]`, `ALTER PUBLICATION p ADD | SET | DROP objects`, `SET (...)`.
    fn follow(&mut self, words: &[String]) {
        let is = |at: usize, text: &str| words.get(at).is_some_and(|word| word.eq_ignore_ascii_case(text));
        match () {
            () if is(3, "with") || (is(3, "set") && is(4, "(")) => self.options(&words[3..]),
            () if is(3, "for") && is(4, "all") => self.all = true,
            () if is(3, "for") || is(3, "add") => self.objects(&words[4..], true),
            () if is(3, "set") => {
                self.tables.clear();
                self.schemas.clear();
                self.objects(&words[4..], true);
            }
            () if is(3, "drop") => self.objects(&words[4..], false),
            () => {}
        }
        if let Some(at) = (4..words.len()).find(|&at| is(at, "with") && is(at + 1, "(")) {
            self.options(&words[at..]);
        }
    }

    /// `TABLE a, ONLY b (x, y) WHERE (...), TABLES IN SCHEMA s, t`
    fn objects(&mut self, words: &[String], add: bool) {
        let is = |at: usize, text: &str| words.get(at).is_some_and(|word| word.eq_ignore_ascii_case(text));
        let (mut depth, mut expected, mut schemas) = (0usize, true, false);
        for (at, word) in words.iter().enumerate() {
            match word.as_str() {
                "(" => depth += 1,
                ")" => depth = depth.saturating_sub(1),
                "," if depth == 0 => expected = true,
                _ if depth > 0 || !expected => {}
                _ if is(at, "tables") && is(at + 1, "in") => schemas = true,
                _ if is(at, "in") || (is(at, "schema") && is(at.wrapping_sub(1), "in")) || is(at, "only") => {}
                _ if is(at, "table") => schemas = false,
                text => {
                    expected = false;
                    self.object(name(text), schemas, add);
                }
            }
        }
    }

    fn object(&mut self, name: QName, schema: bool, add: bool) {
        match (schema, add) {
            (true, true) => self.schemas.push(name.name),
            (true, false) => self.schemas.retain(|own| *own != name.name),
            (false, true) => self.tables.push(name),
            (false, false) => self.tables.retain(|own| own.name != name.name || !same_schema(own, &name)),
        }
    }

    /// `(publish = 'insert, update')`
    fn options(&mut self, words: &[String]) {
        let Some(at) = words.iter().position(|word| word.eq_ignore_ascii_case("publish")) else { return };
        let end = words[at..].iter().position(|word| word == ")").map_or(words.len(), |end| at + end);
        let sends = |what: &str| words[at..end].iter().any(|word| word.eq_ignore_ascii_case(what));
        self.updates = sends("update");
        self.deletes = sends("delete");
    }

    /// Whether it sends the rows of a table, itself or as those of a table above it.
    fn sends(&self, table: &Table, catalog: &Catalog) -> bool {
        let named = |own: &QName| catalog.resolve_relation(own).is_some_and(|found| found == table.name);
        let above = table.partition_of.iter().map(|(parent, _)| parent).chain(&table.inherits);
        let by_parent = |parent: &Name| catalog.table(parent).is_some_and(|parent| self.sends(parent, catalog));
        self.all || self.schemas.contains(&table.name.schema) || self.tables.iter().any(named) || above.into_iter().any(by_parent)
    }
}

fn same_schema(a: &QName, b: &QName) -> bool {
    a.schema.is_none() || b.schema.is_none() || a.schema == b.schema
}
