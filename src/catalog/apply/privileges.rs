//! Owners, privileges and default privileges.

use super::Done;
use crate::catalog::Catalog;
use crate::change::{Grant, Ident, ObjectRef};
use crate::dialect::Dialect;

pub(super) fn set_owner(_c: &mut Catalog, _o: &ObjectRef, _owner: &Ident, _d: &dyn Dialect) -> Done {
    Ok(())
}

pub(super) fn grant(_c: &mut Catalog, _g: &Grant, _d: &dyn Dialect) -> Done {
    Ok(())
}
