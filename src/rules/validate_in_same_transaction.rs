//! A constraint validated by the transaction that adds it.

use super::check_added::validated;
use super::work::{level, waiting};
use super::{At, Check, Finding, rule};
use crate::assess::Phase;
use crate::catalog::Name;
use crate::change::{AlterTable, Change, Ident, TableAction};
use crate::dialect::Lock;
use crate::replay::Atom;

rule! {
    /// A constraint is validated in the transaction that added it, so the strong lock of adding it is held for the whole scan.
    ///
    /// `NOT VALID` is there to add the constraint in an instant and to read the rows later under a weak lock. Within one transaction
    /// the first lock is kept until the commit, and nothing is won.
    ///
    /// ```sql,bad
    /// CREATE TABLE products (id bigint PRIMARY KEY, price numeric);
    /// -- migration
    /// ALTER TABLE products ADD CONSTRAINT price_positive CHECK (price > 0) NOT VALID;
    /// ALTER TABLE products VALIDATE CONSTRAINT price_positive;
    /// ```
    ///
    /// ```sql,good
    /// -- transaction: none
    /// CREATE TABLE products (id bigint PRIMARY KEY, price numeric);
    /// -- migration
    /// ALTER TABLE products ADD CONSTRAINT price_positive CHECK (price > 0) NOT VALID;
    /// ALTER TABLE products VALIDATE CONSTRAINT price_positive;
    /// ```
    pub(super) static VALIDATE_IN_SAME_TRANSACTION = "validate-in-same-transaction", Error, Locks, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let mut out = Vec::new();
    for (number, atom) in at.step.atoms.iter().enumerate() {
        let Some((table, constraint)) = own_constraint(at, atom) else { continue };
        let Some(lock) = held(at, number, &table) else { continue };
        let shown = at.shown(&table);
        let added = atom.before.table(&table).and_then(|table| table.constraint(&constraint));
        let sql = added.map(|added| validated(at, &table, added)).unwrap_or_default();
        let message = format!(
            "{constraint} is validated in the transaction that adds it, and {} of {shown} wait until it is done",
            waiting(lock)
        );
        out.push(
            at.finding(atom.change.span, message)
                .why(format!("{} on {shown} is held from the statement that adds it until the commit.", lock.mode))
                .help("Validate it in a later transaction: in a migration of its own.")
                .part(Phase::Contract, sql)
                .at_most(level(lock)),
        );
    }
    out
}

fn held<'a>(at: &At<'a>, atom: usize, table: &Name) -> Option<&'a Lock> {
    let mut held = at.held_before(atom).into_iter();
    held.find(|(_, lock)| lock.object == *table).map(|(_, lock)| lock)
}

/// The table and constraint that a change validates, where both the constraint is new and the table is not.
pub(super) fn own_constraint(at: &At<'_>, atom: &Atom) -> Option<(Name, Ident)> {
    let Change::AlterTable(alter) = &atom.change.value else { return None };
    let AlterTable { table, action: TableAction::ValidateConstraint { name }, .. } = alter.as_ref() else { return None };
    let table = atom.before.resolve_relation(table)?;
    let base = at.step.base.table(&table)?;
    base.constraint(name).is_none().then(|| (table, name.clone()))
}
