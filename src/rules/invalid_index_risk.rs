//! A failed index that counts as built.

use super::{At, Check, Finding, rule};
use crate::assess::Phase;
use crate::catalog::Name;
use crate::change::{Change, CreateIndex, ObjectKind, ObjectRef};

rule! {
    /// An index that a failed build left behind is taken for the wanted one.
    ///
    /// A concurrent build that fails leaves an invalid index under its name: it slows writes down and serves no query. When the migration
    /// is run again, `IF NOT EXISTS` finds it and does nothing.
    ///
    /// ```sql,bad
    /// -- transaction: none
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer bigint);
    /// -- migration
    /// CREATE INDEX CONCURRENTLY IF NOT EXISTS orders_customer ON orders (customer);
    /// ```
    ///
    /// ```sql,good
    /// -- transaction: none
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer bigint);
    /// -- migration
    /// DROP INDEX CONCURRENTLY IF EXISTS orders_customer;
    /// CREATE INDEX CONCURRENTLY orders_customer ON orders (customer);
    /// ```
    pub(super) static INVALID_INDEX_RISK = "invalid-index-risk", Info, Runner, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let mut out = Vec::new();
    for atom in &at.step.atoms {
        let Change::CreateIndex(index) = &atom.change.value else { continue };
        let Some(table) = atom.before.resolve_relation(&index.table) else { continue };
        let Some(label) = index.name.clone().filter(|_| index.concurrently && index.if_not_exists) else { continue };
        let name = at.qname(&Name::new(table.schema.clone(), label.clone()));
        let drop = Change::Drop {
            objects: vec![ObjectRef::new(ObjectKind::Index, name)],
            if_exists: true,
            cascade: false,
            concurrently: true,
        };
        let create = Change::CreateIndex(Box::new(CreateIndex { if_not_exists: false, ..*index.clone() }));
        let phase = if index.unique { Phase::Contract } else { Phase::Expand };
        out.push(
            at.finding(atom.change.span, format!("if the build of {label} fails, running this again leaves it invalid"))
                .help("Drop what a failed build may have left, and build the index then.")
                .part(phase, [at.write(&drop), at.write(&create)]),
        );
    }
    out
}
