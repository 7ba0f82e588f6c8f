//! Functions, procedures and aggregates.

use super::Done;
use crate::catalog::Catalog;
use crate::change::{ObjectKind, QName, Routine, Signature};
use crate::dialect::Dialect;

pub(super) fn create(_c: &mut Catalog, _n: &QName, _or_replace: bool, _r: &Routine, _d: &dyn Dialect) -> Done {
    Ok(())
}

pub(super) fn alter(_c: &mut Catalog, _k: ObjectKind, _s: &Signature, _options: &str, _d: &dyn Dialect) -> Done {
    Ok(())
}
