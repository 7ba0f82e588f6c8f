//! A check tried on every row while everybody waits.

use super::check_added::validated;
use super::work::{Slow, Work, added_constraints};
use super::{At, Check, Finding, rule};
use crate::assess::Phase;
use crate::change::{Change, Constraint, ConstraintKind, TableAction};

rule! {
    /// A check is tried on every row under a lock that the application waits for.
    ///
    /// Added as `NOT VALID` the check binds new rows at once and reads none. Validated in a later transaction, it reads the others under
    /// a lock that lets reads and writes go on.
    ///
    /// ```sql,bad
    /// CREATE TABLE products (id bigint PRIMARY KEY, price numeric);
    /// -- migration
    /// ALTER TABLE products ADD CONSTRAINT price_positive CHECK (price > 0);
    /// ```
    ///
    /// ```sql,bad
    /// CREATE DOMAIN positive AS numeric;
    /// CREATE TABLE products (id bigint PRIMARY KEY, price positive);
    /// -- migration
    /// ALTER DOMAIN positive ADD CONSTRAINT is_positive CHECK (VALUE > 0);
    /// ```
    ///
    /// ```sql,good
    /// CREATE TABLE products (id bigint PRIMARY KEY, price numeric);
    /// -- migration
    /// ALTER TABLE products ADD CONSTRAINT price_positive CHECK (price > 0) NOT VALID;
    /// ```
    pub(super) static CONSTRAINT_SCAN_WITH_LOCK = "constraint-scan-with-lock", Error, Locks, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    at.slow(Work::Check).iter().map(|slow| finding(at, slow)).collect()
}

fn finding(at: &At<'_>, slow: &Slow<'_>) -> Finding {
    let found = at.blocked(slow, "every row is checked");
    let Change::AlterTable(alter) = &slow.atom.change.value else {
        return found.help(
            "Add the check to the tables that use the domain instead, as NOT VALID, and validate it in a later transaction: \
             validating a domain's check keeps writers waiting too.",
        );
    };
    let table = slow.atom.before.resolve_relation(&alter.table).unwrap_or_else(|| slow.table().clone());
    let checks = || -> Vec<_> {
        let added = added_constraints(slow.atom, &table).into_iter();
        added.filter(|constraint| matches!(constraint.kind, ConstraintKind::Check(_))).collect()
    };
    let found = found.help("Add it as NOT VALID, and validate it in a later transaction.");
    match &alter.action {
        TableAction::AddColumn { column, constraints, if_not_exists } => {
            let is_check = |constraint: &Constraint| matches!(constraint.kind, ConstraintKind::Check(_));
            let rest = constraints.iter().filter(|constraint| !is_check(constraint)).cloned().collect();
            let bare = TableAction::AddColumn { column: column.clone(), constraints: rest, if_not_exists: *if_not_exists };
            let checks = checks().into_iter().flat_map(|check| validated(at, &table, &check));
            found.part(Phase::Expand, [at.alter(&table, bare)]).part(Phase::Contract, checks)
        }
        TableAction::AddConstraint(_) => {
            found.part(Phase::Contract, checks().into_iter().flat_map(|check| validated(at, &table, &check)))
        }
        _ => found,
    }
}
