//! Rows that tables accept: for each table a recipe that makes row after row, found by trying on the server. Rows of one number
//! belong together: a row refers to the rows of its number in the tables above it, so that keys of several columns agree.

use super::attempt::{Answer, Attempt, Keep, attempt, attempt_one};
use super::values::{others, quoted, usual};
use crate::catalog::{Catalog, Dependency, Dependent, Name, Table};
use crate::change::{Column, ColumnValue, ConstraintKind, Expr, Ident};
use crate::dialect::Dialect;
use crate::verify::{Connection, SqlError};
use std::collections::{BTreeMap, BTreeSet};

/// The numbers of the rows that every table is given.
pub const SEEDS: std::ops::RangeInclusive<u32> = 1..=3;
/// The number of the first row that a program adds; it refers to the rows in [`SEEDS`].
pub const FIRST_NEW: u32 = 11;
/// The number of the row with which recipes are tried out.
const TRIAL: u32 = 21;
/// How often a recipe is changed before the table is left empty.
const PATIENCE: usize = 60;

/// What a column of a row gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// The usual value of its type, which differs from row to row.
    Usual,
    /// The same in all rows: a literal, or `NULL`.
    Fixed(String),
    /// The value of a column of the row of its number in another table.
    Parent(Name, Ident),
    /// It is left out.
    Omitted,
}

/// How to make rows of a table.
#[derive(Debug, Clone, Default)]
pub struct Recipe {
    /// What each column gets, in the order of the table.
    pub choices: Vec<(Ident, Choice)>,
    /// The numbers of the first rows that are there.
    pub there: Vec<u32>,
}

/// The recipes of the tables for which one was found.
#[derive(Debug, Clone, Default)]
pub struct Recipes {
    /// By table.
    pub tables: BTreeMap<Name, Recipe>,
    /// The tables for which none was found, with the last answer.
    pub failed: BTreeMap<Name, String>,
}

/// Columns with the values of one row.
pub type Row = Vec<(Ident, String)>;

impl Recipes {
    /// The tables that have rows.
    pub fn tables(&self) -> impl Iterator<Item = &Name> {
        self.tables.keys()
    }

    /// The row of a number.
    pub fn row(&self, catalog: &Catalog, table: &Name, k: u32) -> Option<Row> {
        let recipe = self.tables.get(table)?;
        let own = catalog.table(table)?;
        Some(make(self, catalog, own, recipe, k))
    }
}

/// Finds recipes for tables, those that they refer to first, and gives each its first rows. `hints` is another state whose foreign
/// keys the rows shall satisfy too, where they can; `known` are recipes of that state, which are kept as far as they are any good.
pub fn seed(
    session: &mut Connection,
    catalog: &Catalog,
    hints: &Catalog,
    wanted: &BTreeSet<Name>,
    known: &Recipes,
    dialect: &dyn Dialect,
) -> Result<Recipes, SqlError> {
    let mut recipes = Recipes::default();
    for name in in_order(catalog, hints, wanted) {
        let Some(table) = catalog.table(&name) else { continue };
        match find(session, catalog, hints, (&recipes, known.tables.get(&name)), table, dialect)? {
            Ok(mut recipe) => {
                let rows: Vec<Attempt> = SEEDS
                    .map(|k| make(&recipes, catalog, table, &recipe, k))
                    .map(|row| Attempt::one(insert(&name, &row, true, dialect)))
                    .collect();
                let answers = attempt(session, &rows, Keep::Success)?;
                let before = known.tables.get(&name).filter(|known| known.choices == recipe.choices);
                let is_there = |(k, answer): (u32, &Answer)| match (before, answer) {
                    // Rows that both applications find.
                    (Some(before), _) => before.there.contains(&k).then_some(k),
                    (None, Answer::Works) => Some(k),
                    (None, Answer::Fails { .. }) => None,
                };
                recipe.there = SEEDS.zip(&answers).filter_map(is_there).collect();
                recipes.tables.insert(name, recipe);
            }
            Err(answer) => {
                recipes.failed.insert(name, answer);
            }
        }
    }
    Ok(recipes)
}

/// `INSERT` of a row. A program does not override what identity columns draw; the first rows do.
pub fn insert(table: &Name, row: &Row, overriding: bool, dialect: &dyn Dialect) -> String {
    let relation = relation(table, dialect);
    if row.is_empty() {
        return format!("INSERT INTO {relation} DEFAULT VALUES");
    }
    let columns = row.iter().map(|(column, _)| dialect.quote(column)).collect::<Vec<_>>().join(", ");
    let values = row.iter().map(|(_, value)| value.as_str()).collect::<Vec<_>>().join(", ");
    let overriding = if overriding { " OVERRIDING SYSTEM VALUE" } else { "" };
    format!("INSERT INTO {relation} ({columns}){overriding} VALUES ({values})")
}

/// A relation's full name.
pub fn relation(name: &Name, dialect: &dyn Dialect) -> String {
    format!("{}.{}", dialect.quote(&name.schema), dialect.quote(&name.name))
}

/// The texts and numbers that stand in an expression.
pub fn literals(sql: &str) -> Vec<String> {
    let mut out = Vec::new();
    let bytes = sql.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        match bytes[at] {
            b'\'' => {
                at += 1;
                while at < bytes.len() && (bytes[at] != b'\'' || bytes.get(at + 1) == Some(&b'\'')) {
                    at += if bytes[at] == b'\'' { 2 } else { 1 };
                }
                out.push(sql[start + 1..at.min(sql.len())].replace("''", "'"));
                at += 1;
            }
            c if c.is_ascii_digit() && !sql[..start].ends_with(|c: char| c.is_alphanumeric() || c == '_') => {
                while at < bytes.len() && (bytes[at].is_ascii_digit() || bytes[at] == b'.') {
                    at += 1;
                }
                out.push(sql[start..at].to_owned());
            }
            _ => at += 1,
        }
    }
    out.truncate(20);
    out
}

fn make(recipes: &Recipes, catalog: &Catalog, table: &Table, recipe: &Recipe, k: u32) -> Row {
    let value = |column: &Ident, choice: &Choice| match choice {
        Choice::Usual => usual(&table.column(column)?.data_type, k, catalog),
        Choice::Fixed(value) => Some(value.clone()),
        Choice::Omitted => None,
        Choice::Parent(parent, column) => {
            let there = recipes.tables.get(parent).map(|parent| parent.there.as_slice()).unwrap_or_default();
            let seed = match there.contains(&k) {
                true => k,
                false => *there.get((k - 1) as usize % 10 % there.len().max(1))?,
            };
            value_of(recipes, catalog, parent, column, seed, 0)
        }
    };
    recipe.choices.iter().filter_map(|(column, choice)| Some((column.clone(), value(column, choice)?))).collect()
}

/// The value of one column in the row of a number.
pub fn value_of(recipes: &Recipes, catalog: &Catalog, table: &Name, column: &Ident, k: u32, depth: u8) -> Option<String> {
    let recipe = recipes.tables.get(table)?;
    let (_, choice) = recipe.choices.iter().find(|(name, _)| name == column)?;
    match choice {
        Choice::Usual => usual(&catalog.table(table)?.column(column)?.data_type, k, catalog),
        Choice::Fixed(value) => Some(value.clone()),
        Choice::Parent(parent, there) if depth < 16 => value_of(recipes, catalog, parent, there, k, depth + 1),
        Choice::Parent(..) | Choice::Omitted => None,
    }
}

/// The foreign keys of a table: columns, the table referred to, its columns.
fn references(table: &Table) -> impl Iterator<Item = (&[Ident], Name, &[Ident])> {
    table.constraints.iter().filter_map(|constraint| match &constraint.kind {
        ConstraintKind::ForeignKey(key) => {
            let target = Name::new(key.table.schema.clone().unwrap_or_default(), key.table.name.clone());
            Some((key.columns.as_slice(), target, key.referenced.as_slice()))
        }
        _ => None,
    })
}

fn all_references(name: &Name, catalog: &Catalog, hints: &Catalog) -> Vec<(Vec<Ident>, Name, Vec<Ident>)> {
    let mut all: Vec<(Vec<Ident>, Name, Vec<Ident>)> = Vec::new();
    for state in [catalog, hints] {
        for (columns, target, referenced) in state.table(name).iter().flat_map(|table| references(table)) {
            let known = catalog.table(name).is_some_and(|own| columns.iter().all(|column| own.column(column).is_some()))
                && catalog.table(&target).is_some_and(|own| referenced.iter().all(|column| own.column(column).is_some()));
            let key = (columns.to_vec(), target, referenced.to_vec());
            if known && !all.contains(&key) {
                all.push(key);
            }
        }
    }
    all
}

/// The tables and all that they refer to, those first.
pub fn in_order(catalog: &Catalog, hints: &Catalog, wanted: &BTreeSet<Name>) -> Vec<Name> {
    fn visit(name: &Name, catalog: &Catalog, hints: &Catalog, seen: &mut BTreeSet<Name>, order: &mut Vec<Name>) {
        if catalog.table(name).is_none() || !seen.insert(name.clone()) {
            return;
        }
        for (_, target, _) in all_references(name, catalog, hints) {
            visit(&target, catalog, hints, seen, order);
        }
        order.push(name.clone());
    }
    let (mut seen, mut order) = (BTreeSet::new(), Vec::new());
    wanted.iter().for_each(|name| visit(name, catalog, hints, &mut seen, &mut order));
    order
}

/// What a column can be given, the best first.
fn options(catalog: &Catalog, hints: &Catalog, recipes: &Recipes, table: &Table, column: &Column) -> Vec<Choice> {
    if matches!(column.value, ColumnValue::Generated { .. }) {
        return vec![Choice::Omitted];
    }
    let mut all = Vec::new();
    for (columns, target, referenced) in all_references(&table.name, catalog, hints) {
        let Some(at) = columns.iter().position(|name| *name == column.name) else { continue };
        // A row that refers to one of its own table refers to itself, where the keys are the usual values.
        if target != table.name && recipes.tables.contains_key(&target) {
            all.push(Choice::Parent(target, referenced[at].clone()));
        } else if !column.not_null {
            all.push(Choice::Fixed("NULL".into()));
        }
    }
    if usual(&column.data_type, TRIAL, catalog).is_some() {
        all.push(Choice::Usual);
    }
    let mut fixed: Vec<String> = mentioned(table, &column.name).iter().map(|text| quoted(text)).collect();
    fixed.extend(partitions(catalog, &table.name).flat_map(|part| mentioned(part, &column.name)).map(|text| quoted(&text)));
    fixed.extend(hints.table(&table.name).iter().flat_map(|own| mentioned(own, &column.name)).map(|text| quoted(&text)));
    fixed.extend(others(&column.data_type, catalog));
    if !column.not_null {
        fixed.insert(0, "NULL".into());
    }
    all.extend(fixed.into_iter().map(Choice::Fixed));
    all.push(Choice::Omitted);
    all.dedup();
    all
}

/// The texts and numbers that checks, predicates and partition bounds name together with a column.
pub fn mentioned(table: &Table, column: &Ident) -> Vec<String> {
    let names = |expr: &Expr| expr.refs.iter().any(|name| name.name() == column);
    let checks = table.constraints.iter().filter_map(|constraint| match &constraint.kind {
        ConstraintKind::Check(expr) => Some(expr),
        _ => None,
    });
    let predicates = table.indexes.iter().filter_map(|index| index.shape.predicate.as_ref());
    let bound = table.partition_of.iter().map(|(_, bound)| bound);
    let mut all: Vec<String> =
        checks.chain(predicates).filter(|expr| names(expr)).chain(bound).flat_map(|expr| literals(&expr.sql)).collect();
    all.dedup();
    all
}

/// The partitions of a table.
pub fn partitions<'c>(catalog: &'c Catalog, name: &'c Name) -> impl Iterator<Item = &'c Table> {
    let dependents: Vec<&Dependent> = catalog.dependents(&Dependency::Relation(name.clone())).collect();
    let partition = move |dependent: &Dependent| match dependent {
        Dependent::Relation(child) => catalog.table(child).map(|table| &**table),
        _ => None,
    };
    let of = move |table: &&Table| table.partition_of.as_ref().is_some_and(|(parent, _)| parent == name);
    dependents.into_iter().filter_map(partition).filter(of)
}

/// A recipe that the server accepts, or its last answer.
fn find(
    session: &mut Connection,
    catalog: &Catalog,
    hints: &Catalog,
    (recipes, known): (&Recipes, Option<&Recipe>),
    table: &Table,
    dialect: &dyn Dialect,
) -> Result<Result<Recipe, String>, SqlError> {
    let options: Vec<(Ident, Vec<Choice>)> =
        table.columns.iter().map(|column| (column.name.clone(), options(catalog, hints, recipes, table, column))).collect();
    let before = |(name, all): &(Ident, Vec<Choice>)| {
        let (_, choice) = known?.choices.iter().find(|(column, _)| column == name)?;
        all.iter().position(|other| other == choice)
    };
    let mut picked: Vec<usize> = options.iter().map(|option| before(option).unwrap_or(0)).collect();
    let mut chance = Chance(1);
    let mut last = String::new();
    for _ in 0..PATIENCE {
        let choices = options.iter().zip(&picked).map(|((name, all), at)| (name.clone(), all[*at].clone())).collect();
        let recipe = Recipe { choices, there: Vec::new() };
        let row = make(recipes, catalog, table, &recipe, TRIAL);
        let statement = insert(&table.name, &row, true, dialect);
        match attempt_one(session, Attempt::one(statement), Keep::Nothing)? {
            Answer::Works => return Ok(Ok(recipe)),
            // The row is there since it was made by the same recipe.
            Answer::Fails { sqlstate, .. }
                if sqlstate == "23505" && known.is_some_and(|known| known.choices == recipe.choices) =>
            {
                return Ok(Ok(recipe));
            }
            Answer::Fails { sqlstate, message } => {
                let suspects = suspects(catalog, table, &message);
                last = format!("{message} (SQLSTATE {sqlstate})");
                vary(&mut picked, &options, &suspects, &mut chance);
            }
        }
    }
    Ok(Err(last))
}

/// The columns that an error is about: those that it names, or that the constraint does which it names.
fn suspects(catalog: &Catalog, table: &Table, message: &str) -> Vec<usize> {
    let named = |name: &str| message.contains(&format!("\"{name}\""));
    let mut names: BTreeSet<&Ident> = table.columns.iter().map(|column| &column.name).filter(|name| named(name)).collect();
    for constraint in table.constraints.iter().filter(|it| it.name.as_deref().is_some_and(named)) {
        match &constraint.kind {
            ConstraintKind::PrimaryKey(key) | ConstraintKind::Unique(key) => names.extend(&key.columns),
            ConstraintKind::ForeignKey(key) => names.extend(&key.columns),
            ConstraintKind::Check(expr) => names.extend(expr.refs.iter().map(|name| name.name())),
            ConstraintKind::Exclude(shape) => names.extend(shape.keys.iter().filter_map(|key| key.column())),
            ConstraintKind::NotNull(column) => names.extend([column]),
        }
    }
    for index in table.indexes.iter().filter(|index| named(&index.name)) {
        names.extend(index.shape.keys.iter().filter_map(|key| key.column()));
    }
    if let (Some(key), true) = (&table.partition_by, message.starts_with("no partition of relation")) {
        names.extend(key.keys.refs.iter().map(|name| name.name()));
    }
    let parent = table.partition_of.as_ref().and_then(|(parent, _)| catalog.table(parent));
    if let (Some(key), true) = (parent.and_then(|parent| parent.partition_by.as_ref()), message.ends_with("partition constraint"))
    {
        names.extend(key.keys.refs.iter().map(|name| name.name()));
    }
    let at = |name: &&Ident| table.columns.iter().position(|column| column.name == **name);
    names.iter().filter_map(at).collect()
}

/// Another choice for one or some of the suspects; where there are none, for any column.
fn vary(picked: &mut [usize], options: &[(Ident, Vec<Choice>)], suspects: &[usize], chance: &mut Chance) {
    match suspects {
        [only] => picked[*only] = (picked[*only] + 1) % options[*only].1.len(),
        [] => {
            if !picked.is_empty() {
                let at = chance.below(picked.len());
                picked[at] = chance.below(options[at].1.len());
            }
        }
        some => {
            for at in some {
                if chance.below(2) == 0 {
                    picked[*at] = chance.below(options[*at].1.len());
                }
            }
        }
    }
}

/// Numbers that look random and are the same in every run.
pub struct Chance(pub u64);

impl Chance {
    /// A number below `limit`; 0 where that is 0.
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }
}
