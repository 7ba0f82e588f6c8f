//! Random statements that make and change schemas, the same for the same seed. They know what is there, so that most of them are
//! possible; some are wrong on purpose.

mod alter;
mod data;
mod object;
mod other;
mod rights;
mod table;
mod types;

use migsafe::catalog::{Catalog, Index, Name, Relation, Sequence, Table, TableColumn, UserType, View};
use migsafe::change::Ident;
use migsafe::dialect::{Dialect, Postgres};
use std::sync::Arc;

/// Statements from a seed.
pub struct Generator {
    state: u64,
    /// For names that are not taken.
    number: u32,
    /// How many of a hundred names are wrong on purpose.
    wrong: usize,
}

impl Generator {
    pub fn new(seed: u64) -> Self {
        Generator { state: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15), number: 0, wrong: 2 }
    }

    /// SplitMix64.
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `limit`.
    pub fn below(&mut self, limit: usize) -> usize {
        (self.next() >> 11) as usize % limit.max(1)
    }

    /// True so many times out of a hundred.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn pick<'t, T>(&mut self, all: &'t [T]) -> Option<&'t T> {
        if all.is_empty() { None } else { Some(&all[self.below(all.len())]) }
    }

    fn word(&mut self, all: &[&'static str]) -> &'static str {
        self.pick(all).copied().unwrap_or_default()
    }

    /// A word, or nothing most of the time.
    fn maybe(&mut self, percent: usize, text: &str) -> String {
        if self.chance(percent) { text.to_owned() } else { String::new() }
    }

    /// A new name; some have to be quoted.
    fn name(&mut self, head: &str) -> String {
        self.number += 1;
        match self.below(24) {
            0 => format!("\"{head} {}\"", self.number),
            1 => format!("\"{}{}\"", head.to_uppercase(), self.number),
            _ => format!("{head}{}", self.number),
        }
    }

    /// A new name in one of the schemas; now and then one that is taken.
    fn new_relation(&mut self, scene: &Scene<'_>, head: &str) -> String {
        if self.chance(self.wrong)
            && let Some(name) = self.pick(&scene.relations).cloned()
        {
            return shown(&name);
        }
        let name = self.name(head);
        let schema = if self.chance(15) { self.pick(&scene.schemas).cloned() } else { None };
        schema.map_or(name.clone(), |schema| format!("{}.{name}", quoted(&schema)))
    }

    /// The name of something, with or without its schema; now and then it is wrong.
    fn called(&mut self, name: &Name) -> String {
        if self.chance(self.wrong) {
            return "missing".to_owned();
        }
        if name.schema == "public" && self.chance(40) { quoted(&name.name) } else { shown(name) }
    }

    /// The name of a part of something; now and then it is wrong.
    fn part(&mut self, name: &str) -> String {
        if self.chance(self.wrong) { "missing".to_owned() } else { quoted(name) }
    }

    fn if_exists(&mut self) -> &'static str {
        if self.chance(12) { "IF EXISTS " } else { "" }
    }

    fn cascade(&mut self, percent: usize) -> &'static str {
        if self.chance(percent) { " CASCADE" } else { "" }
    }

    /// A statement that may or may not be possible on the schema.
    pub fn statement(&mut self, catalog: &Catalog) -> String {
        let scene = Scene::new(catalog);
        let text = self.plain(&scene);
        if self.chance(3) {
            let condition = self.chance(30);
            let (begin, end) = if condition { ("IF true THEN ", " END IF;") } else { ("", "") };
            return format!("DO $do$ BEGIN {begin}{text};{end} END $do$");
        }
        text
    }

    fn plain(&mut self, scene: &Scene<'_>) -> String {
        if scene.tables.len() < 2 {
            return self.create_table(scene);
        }
        match self.below(100) {
            0..=7 => self.create_table(scene),
            8..=12 => self.create_type(scene),
            13..=17 => self.create_view(scene),
            18..=21 => self.create_routine(scene),
            22..=24 => self.create_trigger(scene),
            25..=30 => self.create_other(scene),
            31..=37 => self.create_index(scene),
            38..=66 => self.alter_table(scene),
            67..=71 => self.alter_type(scene),
            72..=75 => self.comment(scene),
            76..=79 => self.grant(scene),
            80..=85 => self.drop(scene),
            86..=90 => self.rename(scene),
            91..=95 => self.data(scene),
            _ => self.alter_other(scene),
        }
    }
}

/// What is there to be named.
pub struct Scene<'c> {
    catalog: &'c Catalog,
    schemas: Vec<Ident>,
    relations: Vec<Name>,
    /// Tables that have columns.
    tables: Vec<Arc<Table>>,
    views: Vec<Arc<View>>,
    sequences: Vec<Arc<Sequence>>,
    types: Vec<Arc<UserType>>,
}

impl<'c> Scene<'c> {
    fn new(catalog: &'c Catalog) -> Self {
        let mut scene = Scene {
            catalog,
            schemas: catalog.schemas.keys().cloned().collect(),
            relations: catalog.relations.keys().cloned().collect(),
            tables: Vec::new(),
            views: Vec::new(),
            sequences: Vec::new(),
            types: catalog.types.values().cloned().collect(),
        };
        for relation in catalog.relations.values() {
            match relation {
                // A table may have lost all its columns.
                Relation::Table(table) if !table.columns.is_empty() => scene.tables.push(table.clone()),
                Relation::View(view) => scene.views.push(view.clone()),
                Relation::Sequence(sequence) => scene.sequences.push(sequence.clone()),
                Relation::Table(_) | Relation::Index(_) => {}
            }
        }
        scene
    }

    /// Every index with the name of its table.
    fn indexes(&self) -> Vec<(Name, Arc<Index>)> {
        let of = |table: &Arc<Table>| table.indexes.iter().map(|index| (table.name.clone(), index.clone())).collect::<Vec<_>>();
        self.tables.iter().flat_map(of).collect()
    }

    /// Functions: name, signature, whether a trigger's.
    fn functions(&self) -> Vec<(Name, String, bool)> {
        let all = self.catalog.routines.iter().flat_map(|(_, all)| all.iter());
        let is_trigger = |own: &migsafe::catalog::CatalogRoutine| {
            own.routine.returns.as_ref().is_some_and(|returns| returns.name == "trigger")
        };
        all.filter(|own| own.routine.kind == migsafe::change::ObjectKind::Function)
            .map(|own| (own.name.clone(), own.signature.to_string(), is_trigger(own)))
            .collect()
    }
}

fn quoted(name: &str) -> String {
    Postgres.quote(name).into_owned()
}

fn shown(name: &Name) -> String {
    format!("{}.{}", quoted(&name.schema), quoted(&name.name))
}

fn type_of(column: &TableColumn) -> String {
    Postgres.type_text(&column.data_type)
}

/// The columns that a unique index is on, where it is on plain columns and whole.
fn key_columns(table: &Table) -> Vec<Vec<Ident>> {
    let whole = |index: &&Arc<Index>| index.unique && index.shape.predicate.is_none();
    let columns = |index: &Arc<Index>| index.shape.keys.iter().map(|key| key.column().cloned()).collect::<Option<Vec<_>>>();
    table.indexes.iter().filter(whole).filter_map(columns).collect()
}
