//! A table or view has another name.

use super::evidence::Fate;
use super::{At, Check, Finding, rule};
use crate::assess::{Broken, Phase, Use};
use crate::catalog::{Name, Relation};
use crate::change::Ident;

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
        .part(
            Phase::Expand,
            begin_and_commit([format!("ALTER {kind} {old} RENAME TO {new}"), view].into_iter().chain(grants(at, name))),
        )
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

/// What the view in the place of a table needs so that whoever uses the table may use it.
pub(super) fn grants(at: &At<'_>, name: &Name) -> Vec<String> {
    let privileges = match at.was(name) {
        Some(Relation::Table(table)) => &table.privileges,
        Some(Relation::View(view)) => &view.privileges,
        Some(Relation::Sequence(_) | Relation::Index(_)) | None => return Vec::new(),
    };
    let mut roles: Vec<(&Ident, Vec<&str>)> = Vec::new();
    for ((role, privilege), columns) in privileges.iter() {
        let of_views = ["SELECT", "INSERT", "UPDATE", "DELETE"].contains(&privilege.as_str());
        if !columns.is_empty() || !of_views {
            continue;
        }
        match roles.iter_mut().find(|(known, _)| *known == role) {
            Some((_, list)) => list.push(privilege),
            None => roles.push((role, vec![privilege])),
        }
    }
    let role = |role: &Ident| if role == "public" { "PUBLIC".to_owned() } else { at.quoted(role) };
    roles.iter().map(|(to, list)| format!("GRANT {} ON {} TO {}", list.join(", "), at.sql(name), role(to))).collect()
}

/// Statements that only make sense together.
pub(super) fn begin_and_commit(statements: impl IntoIterator<Item = String>) -> Vec<String> {
    ["BEGIN".to_owned()].into_iter().chain(statements).chain(["COMMIT".to_owned()]).collect()
}
