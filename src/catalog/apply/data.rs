//! data

use super::Done;
use crate::catalog::Catalog;
use crate::change::*;
use crate::dialect::Dialect;

pub(super) fn data(_c: &mut Catalog, _x: &Data) -> Done {
    Ok(())
}

pub(super) fn truncate(_c: &mut Catalog, _x: &[QName], _cascade: bool) -> Done {
    Ok(())
}

pub(super) fn known(_c: &mut Catalog, _x: &[QName]) -> Done {
    Ok(())
}

pub(super) fn maintenance(_c: &mut Catalog, _x: &Maintenance) -> Done {
    Ok(())
}
