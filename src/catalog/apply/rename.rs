//! rename

use super::Done;
use crate::catalog::Catalog;
use crate::change::*;
use crate::dialect::Dialect;

pub(super) fn rename(_c: &mut Catalog, _x: &ObjectRef, _to: &Ident, _if_exists: bool, _d: &dyn Dialect) -> Done {
    Ok(())
}

pub(super) fn set_schema(_c: &mut Catalog, _x: &ObjectRef, _to: &Ident, _if_exists: bool, _d: &dyn Dialect) -> Done {
    Ok(())
}
