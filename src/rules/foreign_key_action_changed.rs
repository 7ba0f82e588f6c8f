//! A foreign key does something else when the referenced row goes.

use super::foreign_key_added::owner;
use super::{At, Check, Finding, FindingBreak, Level, rule};
use crate::assess::{Broken, Use};
use crate::catalog::Table;
use crate::change::{ConstraintKind, ForeignKey, Ident, ReferentialAction};
use crate::dialect::AppError;

rule! {
    /// A foreign key's ON DELETE or ON UPDATE changes: what the old application deletes is refused, or takes other rows along.
    ///
    /// Where rows followed and now do not, deletes of the old application fail with `23503`. Where they were refused and now cascade,
    /// rows vanish that it counted on.
    ///
    /// ```sql,bad
    /// CREATE TABLE users (id bigint PRIMARY KEY);
    /// CREATE TABLE notes (id bigint PRIMARY KEY, user_id bigint CONSTRAINT notes_user_fkey REFERENCES users (id) ON DELETE CASCADE);
    /// -- migration
    /// ALTER TABLE notes DROP CONSTRAINT notes_user_fkey,
    ///     ADD CONSTRAINT notes_user_fkey FOREIGN KEY (user_id) REFERENCES users (id);
    /// ```
    ///
    /// ```sql,good
    /// CREATE TABLE users (id bigint PRIMARY KEY);
    /// CREATE TABLE notes (id bigint PRIMARY KEY, user_id bigint CONSTRAINT notes_user_fkey REFERENCES users (id) ON DELETE CASCADE);
    /// -- migration
    /// ALTER TABLE notes DROP CONSTRAINT notes_user_fkey,
    ///     ADD CONSTRAINT notes_user_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE;
    /// ```
    pub(super) static FOREIGN_KEY_ACTION_CHANGED = "foreign-key-action-changed", Warning, Compatibility, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let mut out = Vec::new();
    for (before, after) in at.changed_tables() {
        let base = at.step.base.table(&before.name).unwrap_or(before);
        for (label, new) in keys(after) {
            if keys(before).any(|(_, old)| old == new) {
                continue;
            }
            let Some((_, old)) = keys(base).find(|(_, old)| same_rows(old, new)) else { continue };
            if (old.on_delete, old.on_update) == (new.on_delete, new.on_update) {
                continue;
            }
            let breaks = claim(at, &after.name.name, label);
            let span = at.place(|catalog| catalog.table(&after.name).and_then(|table| table.constraint(label)).cloned());
            let target = &new.table.name;
            let what = words(old, new);
            let finding =
                if breaks.is_empty() { at.finding(span, what).at_most(Level::Warning) } else { at.breaking(span, what, breaks) };
            out.push(finding.help(format!(
                "Deploy an application that deals with the rows of {} itself when it deletes from {target}, and change {label} after \
                 that.",
                at.shown(&after.name)
            )));
        }
    }
    out
}

fn claim(at: &At<'_>, child: &Ident, label: &Ident) -> Vec<FindingBreak> {
    at.claim(|broken: &Broken| match (&broken.usage, &broken.error) {
        (Use::DeleteReferenced(_, found), AppError::StillReferenced { referencing, .. }) => {
            found == label && referencing == child && owner(&at.step.after, child, label).is_some()
        }
        _ => false,
    })
}

fn keys(table: &Table) -> impl Iterator<Item = (&Ident, &ForeignKey)> {
    table.constraints.iter().filter_map(|constraint| match &constraint.kind {
        ConstraintKind::ForeignKey(key) => Some((constraint.name.as_ref()?, key)),
        _ => None,
    })
}

fn same_rows(a: &ForeignKey, b: &ForeignKey) -> bool {
    a.columns == b.columns && a.table == b.table && a.referenced == b.referenced
}

/// What happens now instead of before, in words.
fn words(old: &ForeignKey, new: &ForeignKey) -> String {
    let word = |action: ReferentialAction| match action {
        ReferentialAction::NoAction | ReferentialAction::Restrict => "are refused while rows refer to them",
        ReferentialAction::Cascade => "take the referring rows along",
        ReferentialAction::SetNull => "null the references",
        ReferentialAction::SetDefault => "reset the references",
    };
    let target = &new.table.name;
    let (from, to, what) = if old.on_delete != new.on_delete {
        (old.on_delete, new.on_delete, format!("deletes from {target}"))
    } else {
        (old.on_update, new.on_update, format!("key changes in {target}"))
    };
    if word(from) == word(to) {
        format!("{what} are refused at another moment")
    } else {
        format!("{what} {} from now on; before, they {}", word(to), word(from))
    }
}
