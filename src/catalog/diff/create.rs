//! What is missing as a whole: schemas, extensions, types and sequences first, then tables, routines and views in the order of
//! their dependencies.

use super::Walk;
use super::pairs::changed;
use crate::catalog::render::{self, Node};
use crate::catalog::{Extension, Relation};
use crate::change::{Change, ObjectKind, ObjectRef, QName};
use std::collections::BTreeSet;
use std::sync::Arc;

impl Walk<'_> {
    /// Schemas and extensions.
    pub(super) fn create_early(&mut self) {
        for name in self.to.schemas.keys() {
            if !self.state.schemas.contains_key(name) {
                self.make(Change::CreateSchema { name: name.clone(), if_not_exists: false, owner: None });
            }
        }
        for own in changed(&self.state.extensions, &self.to.extensions).1 {
            if !self.state.extensions.contains_key(&own.name) {
                self.make(Change::CreateExtension {
                    name: own.name.clone(),
                    if_not_exists: false,
                    schema: own.schema.clone().filter(|schema| self.to.schemas.contains_key(schema)),
                    version: own.version.clone(),
                    cascade: false,
                });
            }
        }
        for (own, wanted) in self.extensions() {
            if let Some(schema) = wanted.schema.clone().filter(|schema| own.schema.as_ref() != Some(schema)) {
                let object = ObjectRef::new(ObjectKind::Extension, QName::bare(own.name.clone()));
                self.make(Change::SetSchema { object, schema, if_exists: false });
            }
        }
        self.make_others(is_early);
        self.create(&|node| matches!(node, Node::Early(..) | Node::Type(_) | Node::Sequence(_)));
    }

    /// Tables, routines, views, and what is kept by name only.
    pub(super) fn create_wholes(&mut self) {
        self.create(&|_| true);
        self.make_others(|_| true);
    }

    /// The extensions that are there and wanted.
    fn extensions(&self) -> Vec<(Arc<Extension>, Arc<Extension>)> {
        let wanted = changed(&self.state.extensions, &self.to.extensions).1;
        wanted.into_iter().filter_map(|wanted| Some((self.state.extensions.get(&wanted.name)?.clone(), wanted))).collect()
    }

    /// What is kept by name only.
    fn make_others(&mut self, wanted: impl Fn(&(ObjectKind, String)) -> bool) {
        if self.state.others.ptr_eq(&self.to.others) {
            return;
        }
        let missing = self.to.others.keys().filter(|key| !self.state.others.contains_key(*key) && wanted(key));
        for (kind, words) in missing.cloned().collect::<Vec<_>>() {
            self.make_all(render::other(self.to, kind, &words));
        }
    }

    fn create(&mut self, wanted: &dyn Fn(&Node) -> bool) {
        let mut missing: BTreeSet<Node> = BTreeSet::new();
        for own in self.relations().missing {
            let Some(name) = own.own_name().cloned() else { continue };
            missing.extend(match &own {
                Relation::Table(_) => Some(Node::Table(name)),
                Relation::View(view) => Some(render::view_node(view)),
                // An identity's sequence comes with its column.
                Relation::Sequence(sequence) if sequence.identity => None,
                Relation::Sequence(_) => Some(Node::Sequence(name)),
                Relation::Index(_) => None,
            });
        }
        missing.extend(self.types().missing.iter().map(|own| Node::Type(own.name.clone())));
        missing.extend(self.routines().missing.iter().map(|own| Node::Routine(own.name.clone(), own.signature.clone())));
        let mut refused: BTreeSet<Node> = BTreeSet::new();
        for node in render::in_order(self.to, &missing) {
            let needs = render::needs_of(self.to, &node);
            let waits = needs.iter().any(|other| *other != node && refused.contains(other));
            let done = !waits && wanted(&node) && {
                let mut changes = Vec::new();
                node.create(self.to, &mut changes);
                self.make_all(changes)
            };
            if !done {
                refused.insert(node);
            }
        }
    }
}

/// What tables may need: foreign servers and what they go through, collations, text search.
fn is_early((kind, words): &(ObjectKind, String)) -> bool {
    let first = ["SERVER", "FOREIGN DATA WRAPPER", "TEXT SEARCH"];
    *kind == ObjectKind::Collation || first.iter().any(|first| words.to_uppercase().starts_with(first))
}
