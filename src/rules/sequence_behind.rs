//! Keys that a sequence will give out again.

use super::{At, Check, Finding, Scene, rule};
use crate::catalog::{Catalog, Dependency, Dependent, Name, Sequence, Table};
use crate::change::{Change, ColumnValue, Data, DataKind, ExprShape, Ident};
use std::collections::BTreeSet;

rule! {
    /// Rows hold keys that the sequence of their column has not given out yet: the insert that draws one of them fails.
    ///
    /// Keys that are written as they are, into a `serial` or identity column, do not move its sequence, and a sequence that is started
    /// again comes back to keys that rows have. Every application that leaves the column out meets a duplicate key then. Move the
    /// sequence beyond the highest key in the same migration, or leave the column out.
    ///
    /// ```sql,bad
    /// CREATE TABLE roles (id serial PRIMARY KEY, name text);
    /// -- migration
    /// INSERT INTO roles (id, name) VALUES (1, 'admin'), (2, 'editor');
    /// ```
    ///
    /// ```sql,good
    /// CREATE TABLE roles (id serial PRIMARY KEY, name text);
    /// -- migration
    /// INSERT INTO roles (id, name) VALUES (1, 'admin'), (2, 'editor');
    /// SELECT setval('roles_id_seq', (SELECT max(id) FROM roles));
    /// ```
    pub(super) static SEQUENCE_BEHIND = "sequence-behind", Warning, Compatibility, Check::Migration(check);
}

fn check(scene: &Scene<'_>, number: usize) -> Vec<Finding> {
    let texts: Vec<String> = scene.statements(number).map(|at| scene.text(at.statement.span).to_ascii_lowercase()).collect();
    let mut told = BTreeSet::new();
    let mut out = Vec::new();
    for at in scene.statements(number) {
        for atom in &at.step.atoms {
            let found = match &atom.change.value {
                Change::Data(data) => written(data, &atom.after),
                Change::AlterSequence { name, options, .. } => {
                    let back = matches!(options.restart, Some(None | Some(i64::MIN..=1)));
                    let name = atom.after.resolve_relation(name).filter(|_| back);
                    name.and_then(|name| restarted(&at, &name, &atom.after))
                }
                _ => None,
            };
            let Some(Keys { table, column, sequence, what }) = found else { continue };
            if !moved(&texts, &what, &table, &sequence) && told.insert(table.clone()) {
                out.push(finding(&at, atom.change.span, (&table, &column), &sequence, &what));
            }
        }
    }
    out
}

/// Keys that are ahead of a sequence.
struct Keys {
    table: Name,
    column: Ident,
    sequence: Name,
    what: Ahead,
}

enum Ahead {
    /// Keys that are written as they are: the highest.
    Written(i64),
    /// The sequence starts again.
    Restarted,
}

fn finding(at: &At<'_>, span: crate::source::Span, key: (&Name, &Ident), sequence: &Name, what: &Ahead) -> Finding {
    let label = format!("{}.{}", at.shown(key.0), key.1);
    let of = at.shown(sequence);
    match what {
        Ahead::Written(highest) => at
            .finding(
                span,
                format!("{of} does not know of the keys up to {highest} that are written into {label}, and gives them out again"),
            )
            .help(format!("Move {of} beyond the highest {label} in the same migration.")),
        Ahead::Restarted => at
            .finding(span, format!("{of} starts again and gives out keys that rows have in {label}"))
            .help(format!("Let {of} go on beyond the highest {label}.")),
    }
}

/// The keys that an insert writes into a column that a sequence fills.
fn written(data: &Data, catalog: &Catalog) -> Option<Keys> {
    let rows = data.rows.as_ref().filter(|_| data.kind == DataKind::Insert)?;
    let name = catalog.resolve_relation(data.table.as_ref()?)?;
    let table = catalog.table(&name)?;
    let all: Vec<Ident>;
    let columns = match &data.columns {
        Some(columns) => columns,
        None => {
            all = table.columns.iter().map(|column| column.name.clone()).collect();
            &all
        }
    };
    columns.iter().enumerate().find_map(|(place, column)| {
        let sequence = filling(catalog, table, column)?;
        let key = |row: &Vec<crate::change::Expr>| match &row.get(place)?.shape {
            ExprShape::Literal(text) => text.parse::<i64>().ok().filter(|key| *key > 0),
            _ => None,
        };
        let highest = rows.iter().filter_map(key).max()?;
        // A sequence that begins beyond the keys leaves room for them.
        let begins = sequence.options.restart.flatten().or(sequence.options.start).unwrap_or(1);
        let what = Ahead::Written(highest);
        (begins <= highest && is_key(table, column)).then(|| Keys {
            table: name.clone(),
            column: column.clone(),
            sequence: sequence.name.clone(),
            what,
        })
    })
}

/// The column of an older table whose keys a sequence gives out again.
fn restarted(at: &At<'_>, sequence: &Name, catalog: &Catalog) -> Option<Keys> {
    let (name, column) = catalog.sequence(sequence)?.owned_by.clone()?;
    let table = catalog.table(&name).filter(|table| at.step.base.table(&name).is_some() && is_key(table, &column))?;
    Some(Keys { table: table.name.clone(), column, sequence: sequence.clone(), what: Ahead::Restarted })
}

/// The sequence that fills a column.
fn filling<'c>(catalog: &'c Catalog, table: &Table, column: &Ident) -> Option<&'c Sequence> {
    let name = match &table.column(column)?.value {
        ColumnValue::Identity { sequence, .. } => catalog.resolve_relation(sequence.name.as_ref()?),
        ColumnValue::Default(_) => {
            let on = Dependent::Column(table.name.clone(), column.clone());
            catalog.references(&on).find_map(|to| match to {
                Dependency::Relation(name) if catalog.sequence(name).is_some() => Some(name.clone()),
                _ => None,
            })
        }
        ColumnValue::None | ColumnValue::Serial | ColumnValue::Generated { .. } => None,
    };
    catalog.sequence(&name?).map(|sequence| &**sequence)
}

fn is_key(table: &Table, column: &Ident) -> bool {
    let keys = |index: &crate::catalog::Index| index.shape.keys.iter().filter_map(|key| key.column()).eq([column]);
    table.indexes.iter().any(|index| index.unique && keys(index))
}

/// Whether the migration moves the sequence itself, or empties the table.
fn moved(texts: &[String], what: &Ahead, table: &Name, sequence: &Name) -> bool {
    let names = |text: &str| text.contains(&*table.name.to_lowercase()) || text.contains(&*sequence.name.to_lowercase());
    let empties = |text: &str| text.trim_start().starts_with("truncate") || text.trim_start().starts_with("delete");
    texts.iter().any(|text| match what {
        Ahead::Written(_) => {
            text.contains("setval") || text.contains("overriding user") || (text.contains("restart") && names(text))
        }
        Ahead::Restarted => text.contains("setval") || (empties(text) && names(text)),
    })
}
