//! A whole table written by one statement.

use super::{At, Check, Finding, rule};
use crate::assess::Phase;
use crate::catalog::Table;
use crate::change::{Change, Data, DataKind, Ident};

rule! {
    /// One statement writes every row of a table that was there before.
    ///
    /// All rows stay locked until the commit, so writers of any of them wait; replicas fall behind, and the dead rows cannot be cleaned up
    /// before the end. Batches of some thousand rows, each in a transaction of its own, have none of this.
    ///
    /// ```sql,bad
    /// CREATE TABLE users (id bigint PRIMARY KEY, name text, label text);
    /// -- migration
    /// UPDATE users SET label = name;
    /// ```
    ///
    /// ```sql,bad
    /// CREATE TABLE users (id bigint PRIMARY KEY, name text, label text);
    /// -- migration
    /// UPDATE users SET label = name WHERE label IS NULL;
    /// ```
    ///
    /// ```sql,good
    /// CREATE TABLE users (id bigint PRIMARY KEY, name text, label text);
    /// -- migration
    /// UPDATE users SET label = name WHERE id BETWEEN 1 AND 1000;
    /// ```
    pub(super) static BACKFILL_UNBATCHED = "backfill-unbatched", Warning, Locks, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let mut out = Vec::new();
    for atom in &at.step.atoms {
        let Change::Data(data) = &atom.change.value else { continue };
        let table = data.table.as_ref().and_then(|name| atom.before.resolve_relation(name));
        let Some(table) = table.and_then(|name| atom.before.table(&name)).filter(|table| at.step.base.knows(table.id)) else {
            continue;
        };
        if data.batched || !is_whole(at, table, data) {
            continue;
        }
        let verb = if data.kind == DataKind::Delete { "deletes" } else { "writes" };
        let shown = at.shown(&table.name);
        let key = table.indexes.iter().find(|index| index.primary).and_then(|index| index.shape.keys.first()?.column().cloned());
        let found = at
            .finding(
                atom.change.span,
                format!("one statement {verb} every row of {shown}, and keeps them locked until the commit"),
            )
            .help(match key {
                Some(key) => {
                    format!("Go through {shown} by {key} in batches of some thousand rows, each in a transaction of its own.")
                }
                None => format!("Go through {shown} in batches of some thousand rows, each in a transaction of its own."),
            });
        out.push(match data.kind {
            DataKind::Delete => {
                let name = at.sql(&table.name);
                let batch = format!("DELETE FROM {name} WHERE ctid = ANY (ARRAY(SELECT ctid FROM {name} LIMIT 1000))");
                found.part(Phase::Migrate, [batch])
            }
            _ => found,
        });
    }
    out
}

/// Whether it concerns all rows: nothing limits them, or a condition that holds for all rows of a column that was just added, or
/// that looks for the rows which are not filled yet.
fn is_whole(at: &At<'_>, table: &Table, data: &Data) -> bool {
    match data.kind {
        DataKind::Delete => !data.filtered,
        DataKind::Update => {
            let columns = || data.columns.iter().flatten();
            !data.filtered
                || columns().any(|column| is_new(at, table, column))
                || columns().any(|column| seeks_null(data, column))
        }
        DataKind::Select | DataKind::Insert | DataKind::Merge | DataKind::CopyIn | DataKind::CopyOut | DataKind::Call => false,
    }
}

fn is_new(at: &At<'_>, table: &Table, column: &Ident) -> bool {
    let first = at.assessment.steps.start;
    let base = at.scene.replayed.steps.get(first).and_then(|step| step.base.table(&table.name));
    base.is_some_and(|base| base.column(column).is_none())
}

fn seeks_null(data: &Data, column: &Ident) -> bool {
    let Some(query) = &data.query else { return false };
    let words: Vec<String> = query.text.sql.split_whitespace().map(|word| word.to_ascii_lowercase()).collect();
    let is_column = |word: &str| {
        let bare = word.trim_matches(['(', '"']);
        bare == column.as_str() || bare.ends_with(&format!(".{column}"))
    };
    words.windows(3).any(|three| is_column(&three[0]) && three[1] == "is" && three[2].trim_matches([')', ';']) == "null")
}
