//! Row security policies.

use super::Done;
use crate::catalog::Catalog;
use crate::change::{Expr, Ident, Policy, QName};
use crate::dialect::Dialect;

pub(super) fn create(_c: &mut Catalog, _t: &QName, _p: &Policy, _d: &dyn Dialect) -> Done {
    Ok(())
}

pub(super) fn alter(
    _c: &mut Catalog,
    _t: &QName,
    _n: &Ident,
    _roles: Option<&[Ident]>,
    _using: Option<&Expr>,
    _check: Option<&Expr>,
    _d: &dyn Dialect,
) -> Done {
    Ok(())
}
