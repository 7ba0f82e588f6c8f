//! Row security policies.

use super::{Done, exists_member, missing_member};
use crate::catalog::Catalog;
use crate::change::{Expr, Ident, ObjectKind, Policy, QName};
use crate::dialect::Dialect;
use std::sync::Arc;

/// `CREATE POLICY`.
pub(super) fn create(catalog: &mut Catalog, table: &QName, policy: &Policy, dialect: &dyn Dialect) -> Done {
    let name = catalog.need_table(table)?;
    if catalog.table(&name).is_some_and(|table| table.policies.iter().any(|own| own.name == policy.name)) {
        return Err(exists_member(ObjectKind::Policy, &policy.name, &name));
    }
    let full = |expr: &Option<Expr>| expr.as_ref().map(|expr| catalog.settled(expr, dialect));
    let new = Arc::new(Policy { using: full(&policy.using), check: full(&policy.check), ..policy.clone() });
    catalog.edit_table(&name, |table| table.policies.push(new));
    Ok(())
}

/// `ALTER POLICY`.
pub(super) fn alter(
    catalog: &mut Catalog,
    table: &QName,
    policy: &Ident,
    roles: Option<&[Ident]>,
    using: Option<&Expr>,
    check: Option<&Expr>,
    dialect: &dyn Dialect,
) -> Done {
    let name = catalog.need_table(table)?;
    let found = catalog.table(&name).and_then(|table| table.policies.iter().position(|own| own.name == *policy));
    let at = found.ok_or_else(|| missing_member(ObjectKind::Policy, policy, &name))?;
    let full = |expr: &Expr| catalog.settled(expr, dialect);
    let (using, check) = (using.map(full), check.map(full));
    catalog.edit_table(&name, |table| {
        let own = Arc::make_mut(&mut table.policies[at]);
        if let Some(roles) = roles {
            own.roles = roles.to_vec();
        }
        own.using = using.or(own.using.take());
        own.check = check.or(own.check.take());
    });
    Ok(())
}
