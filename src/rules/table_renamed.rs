//! A table or view has another name.

use super::evidence::Fate;
use super::{At, Check, Finding, rule};
use crate::assess::{Broken, Phase, Use};
use crate::catalog::{Name, Relation};

rule! {
    /// A table or view is renamed: no moment suits both the old and the new application.
    ///
    /// Old code fails with `42P01` after the change, new code fails before it. A view under the old name, made in the same
    /// transaction, keeps old code working: PostgreSQL writes through a view of one table.
    ///
    /// ```sql,bad
    /// CREATE TABLE users (id bigint PRIMARY KEY, email text);
    /// -- migration
    /// ALTER TABLE users RENAME TO accounts;
    /// ```
    ///
    /// ```sql,good
    /// CREATE TABLE users (id bigint PRIMARY KEY, email text);
    /// -- migration
    /// ALTER TABLE users RENAME TO accounts;
    /// CREATE VIEW users AS SELECT id, email FROM accounts;
    /// ```
    pub(super) static TABLE_RENAMED = "table-renamed", Error, Compatibility, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let key = |broken: &Broken| match &broken.usage {
        Use::Select(name) | Use::Insert(name) => match at.fate(name) {
            Fate::Renamed(to) => Some((name.clone(), to)),
            Fate::Moved(_) | Fate::Gone | Fate::Stays => None,
        },
        _ => None,
    };
    at.claim_by(key).into_iter().map(|((name, to), breaks)| finding(at, &name, &to, breaks)).collect()
}

fn finding(at: &At<'_>, name: &Name, to: &Name, breaks: Vec<super::FindingBreak>) -> Finding {
    let span = at.place(|catalog| catalog.relations.contains_key(name));
    let kind = if matches!(at.was(name), Some(Relation::View(_))) { "view" } else { "table" };
    let (old, new) = (at.sql(name), at.quoted(&to.name));
    let mut breaks = breaks;
    breaks.extend(at.needs(|broken| matches!(&broken.usage, Use::Select(found) | Use::Insert(found) if found == to)));
    let finding = at.breaking(span, format!("{kind} {} is renamed to {}", at.shown(name), at.shown(to)), breaks).help(format!(
        "Rename it and put a view {old} over it in one transaction; drop the view when no old instance can come back."
    ));
    let Some(columns) = columns(at, name) else { return finding };
    let view = format!("CREATE VIEW {old} AS SELECT {columns} FROM {}", at.sql(to));
    let kind = kind.to_uppercase();
    finding
        .part(Phase::Expand, ["BEGIN".to_string(), format!("ALTER {kind} {old} RENAME TO {new}"), view, "COMMIT".into()])
        .part(Phase::Contract, [format!("DROP VIEW {old}")])
}

/// The columns of a relation as it was, as a list.
pub(super) fn columns(at: &At<'_>, name: &Name) -> Option<String> {
    let names: Vec<String> = match at.was(name)? {
        Relation::Table(table) => table.columns.iter().map(|column| at.quoted(&column.name)).collect(),
        Relation::View(view) if view.columns_known => view.columns.iter().map(|column| at.quoted(&column.name)).collect(),
        Relation::View(_) | Relation::Sequence(_) | Relation::Index(_) => return None,
    };
    (!names.is_empty()).then(|| names.join(", "))
}
