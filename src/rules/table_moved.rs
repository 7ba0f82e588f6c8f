//! A table or view lies in another schema.

use super::evidence::Fate;
use super::{At, Check, Finding, FindingBreak, rule, table_renamed};
use crate::assess::{Broken, Phase, Use};
use crate::catalog::Name;

rule! {
    /// A table or view is moved to another schema, where the old application does not find it.
    ///
    /// Old code fails with `42P01` unless its `search_path` names the new schema too. A view in the old place, made in the same
    /// transaction, keeps it working.
    ///
    /// ```sql,bad
    /// CREATE SCHEMA sales;
    /// CREATE TABLE orders (id bigint PRIMARY KEY, total numeric);
    /// -- migration
    /// ALTER TABLE orders SET SCHEMA sales;
    /// ```
    ///
    /// ```sql,good
    /// CREATE SCHEMA sales;
    /// CREATE TABLE orders (id bigint PRIMARY KEY, total numeric);
    /// -- migration
    /// ALTER TABLE orders SET SCHEMA sales;
    /// CREATE VIEW orders AS SELECT id, total FROM sales.orders;
    /// ```
    pub(super) static TABLE_MOVED = "table-moved", Error, Compatibility, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let key = |broken: &Broken| match &broken.usage {
        Use::Select(name) | Use::Insert(name) => match at.fate(name) {
            Fate::Moved(to) => Some((name.clone(), to)),
            Fate::Renamed(_) | Fate::Gone | Fate::Stays => None,
        },
        _ => None,
    };
    let finding = |((name, to), mut breaks): ((Name, Name), Vec<FindingBreak>)| {
        let span = at.place(|catalog| catalog.relations.contains_key(&name));
        breaks.extend(at.needs(|broken| matches!(&broken.usage, Use::Select(found) | Use::Insert(found) if *found == to)));
        let finding = at.breaking(span, format!("{} is moved to schema {}", at.shown(&name), to.schema), breaks);
        let old = at.sql(&name);
        let finding = finding
            .help(format!("Leave a view {old} in its place, in the same transaction, until no old instance can come back."));
        let renamed_schema =
            at.step.before.schemas.contains_key(&name.schema) && !at.step.after.schemas.contains_key(&name.schema);
        let Some(columns) = table_renamed::columns(at, &name).filter(|_| !renamed_schema && to.name == name.name) else {
            return finding;
        };
        let kind = if at.step.before.view(&name).is_some() { "VIEW" } else { "TABLE" };
        let to_schema = at.quoted(&to.schema);
        let mut steps = vec!["BEGIN".to_string()];
        if !at.step.base.schemas.contains_key(&to.schema) {
            steps.push(format!("CREATE SCHEMA {to_schema}"));
        }
        steps.push(format!("ALTER {kind} {old} SET SCHEMA {to_schema}"));
        steps.push(format!("CREATE VIEW {old} AS SELECT {columns} FROM {}", at.sql(&to)));
        steps.extend(table_renamed::grants(at, &name));
        steps.push("COMMIT".into());
        finding.part(Phase::Expand, steps).part(Phase::Contract, [format!("DROP VIEW {old}")])
    };
    at.claim_by(key).into_iter().map(finding).collect()
}
