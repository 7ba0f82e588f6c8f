//! A domain that refuses more than before.

use super::{At, Check, Finding, FindingBreak, Level, rule};
use crate::assess::{Broken, Use};
use crate::catalog::{Catalog, Name, UserType, UserTypeShape};
use crate::dialect::AppError;
use std::sync::Arc;

rule! {
    /// A domain gets a check or NOT NULL, and the old application may write values that it refuses.
    ///
    /// Such a value fails with `23514` (null with `23502`) wherever the domain is used: in every column, cast and parameter. A check
    /// on the one table that needs it concerns fewer writers.
    ///
    /// ```sql,bad
    /// CREATE DOMAIN email AS text;
    /// CREATE TABLE users (id bigint PRIMARY KEY, address email);
    /// -- migration
    /// ALTER DOMAIN email ADD CONSTRAINT has_at CHECK (VALUE LIKE '%@%') NOT VALID;
    /// ```
    ///
    /// ```sql,good
    /// CREATE DOMAIN email AS text CONSTRAINT short CHECK (length(VALUE) < 50);
    /// CREATE TABLE users (id bigint PRIMARY KEY, address email);
    /// -- migration
    /// ALTER DOMAIN email ADD CONSTRAINT not_long CHECK (length(VALUE) < 100) NOT VALID;
    /// ```
    pub(super) static DOMAIN_TIGHTENED = "domain-tightened", Warning, Compatibility, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let changed = |name: &Name| is_domain(at.step.before.types.get(name)) && is_domain(at.step.after.types.get(name));
    let domain_of = |name: &Name, column: &crate::change::Ident| {
        let (table, column) = at.below(name, column);
        let data_type = &at.step.after.table(&table)?.column(&column)?.data_type;
        let domain = at.step.after.resolve_type(&data_type.qname())?;
        let differs = at.step.before.types.get(&domain) != at.step.after.types.get(&domain);
        (differs && changed(&domain)).then_some(domain)
    };
    let key = |broken: &Broken| match (&broken.usage, &broken.error) {
        (Use::DomainValue(name, _), _) => Some(name.clone()),
        (Use::Cast(name), AppError::CompositeShape { .. }) => changed(name).then(|| name.clone()),
        (Use::WriteNull(name, column) | Use::Omit(name, column), AppError::NotNull { .. }) => domain_of(name, column),
        _ => None,
    };
    let finding = |(name, mut breaks): (Name, Vec<FindingBreak>)| {
        breaks.sort_by_key(|found| !matches!(found.broken.usage, Use::DomainValue(..)));
        let span = at.place(|catalog: &Catalog| catalog.types.get(&name).cloned());
        at.breaking(span, format!("domain {} refuses values that it took before", at.shown(&name)), breaks)
            .help(format!(
                "Deploy an application whose values {} takes first, and tighten it after the rollback window.",
                at.shown(&name)
            ))
            .at_most(Level::Warning)
    };
    at.claim_by(key).into_iter().map(finding).collect()
}

fn is_domain(found: Option<&Arc<UserType>>) -> bool {
    found.is_some_and(|found| matches!(found.shape, UserTypeShape::Domain(_)))
}
