//! Types and domains.

use super::Done;
use crate::catalog::Catalog;
use crate::change::{AttributeChange, Domain, DomainChange, EnumChange, QName, TypeShape};
use crate::dialect::Dialect;

pub(super) fn create(_c: &mut Catalog, _n: &QName, _s: &TypeShape, _d: &dyn Dialect) -> Done {
    Ok(())
}

pub(super) fn alter_enum(_c: &mut Catalog, _n: &QName, _x: &EnumChange) -> Done {
    Ok(())
}

pub(super) fn alter_composite(_c: &mut Catalog, _n: &QName, _x: &AttributeChange, _cascade: bool, _d: &dyn Dialect) -> Done {
    Ok(())
}

pub(super) fn create_domain(_c: &mut Catalog, _n: &QName, _x: &Domain, _d: &dyn Dialect) -> Done {
    Ok(())
}

pub(super) fn alter_domain(_c: &mut Catalog, _n: &QName, _x: &DomainChange, _d: &dyn Dialect) -> Done {
    Ok(())
}
