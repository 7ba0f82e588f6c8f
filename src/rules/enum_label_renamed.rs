//! A label of an enum has another name.

use super::enum_label_added::labels;
use super::recipe::{literal, short};
use super::{At, Check, Finding, FindingBreak, rule};
use crate::assess::{Broken, Phase, Use};
use crate::catalog::{Dependency, Dependent, Name};
use std::sync::Arc;

rule! {
    /// A label of an enum is renamed: no moment suits both the old and the new application.
    ///
    /// Old code writes the old label and fails with `22P02`, and reads one it does not know; new code does so before the change. Add the
    /// new label, let code understand both, and move the rows.
    ///
    /// ```sql,bad
    /// CREATE TYPE state AS ENUM ('open', 'closed');
    /// -- migration
    /// ALTER TYPE state RENAME VALUE 'closed' TO 'done';
    /// ```
    ///
    /// ```sql,good
    /// CREATE TYPE state AS ENUM ('open', 'closed');
    /// -- migration
    /// ALTER TYPE state ADD VALUE 'done';
    /// ```
    pub(super) static ENUM_LABEL_RENAMED = "enum-label-renamed", Error, Compatibility, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let key = |broken: &Broken| {
        let Use::Label(name, label) = &broken.usage else { return None };
        let (before, after) = (labels(&at.step.before, name)?, labels(&at.step.after, name)?);
        let place = before.iter().position(|found| found == label)?;
        let same_type =
            at.step.before.types.get(name).map(|found| found.id) == at.step.after.types.get(name).map(|found| found.id);
        (same_type && before.len() == after.len()).then(|| (name.clone(), label.clone(), after[place].clone()))
    };
    let finding = |((name, from, to), breaks): ((Name, Arc<str>, Arc<str>), Vec<FindingBreak>)| {
        let span = at.place(|catalog| labels(catalog, &name).map(|labels| labels.contains(&from)));
        let quoted = |label: &str| format!("'{}'", label.replace('\'', "''"));
        at.breaking(span, format!("'{from}' of {} is called '{to}' from now on", at.shown(&name)), breaks)
            .help(format!(
                "Add '{to}' beside '{from}', deploy code that understands both, and move the rows before anything else relies on it."
            ))
            .part(Phase::Expand, [format!("ALTER TYPE {} ADD VALUE {} AFTER {}", at.sql(&name), quoted(&to), quoted(&from))])
            .part(Phase::Contract, leave(at, &name, &from, &to))
    };
    at.claim_by(key).into_iter().map(finding).collect()
}

/// Rows take the new label, and the old one is refused: labels cannot be dropped.
fn leave(at: &At<'_>, name: &Name, from: &str, to: &str) -> Vec<String> {
    let on = Dependency::Type(name.clone());
    let columns = at.step.before.dependents(&on).filter_map(|dependent| match dependent {
        Dependent::Column(table, column) => Some((at.step.before.table(table)?, column)),
        _ => None,
    });
    let plain = columns.filter(|(table, column)| {
        table.partition_of.is_none() && table.column(column).is_some_and(|column| column.data_type.dimensions == 0)
    });
    let (from, to) = (literal(from), literal(to));
    let mut out = Vec::new();
    for (table, column) in plain {
        let (owner, quoted) = (at.sql(&table.name), at.quoted(column));
        let check = at.quoted(&short(&[&table.name.name, column, "label"]));
        out.push(at.backfill(table, &format!("{quoted} = {to}"), &format!("{quoted} = {from}")));
        out.push(format!("ALTER TABLE {owner} ADD CONSTRAINT {check} CHECK ({quoted} <> {from}) NOT VALID"));
        out.push(format!("ALTER TABLE {owner} VALIDATE CONSTRAINT {check}"));
    }
    out
}
