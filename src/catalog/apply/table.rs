//! table

use super::Done;
use crate::catalog::Catalog;
use crate::change::*;
use crate::dialect::Dialect;

pub(super) fn create(_c: &mut Catalog, _t: &CreateTable, _d: &dyn Dialect) -> Done {
    Ok(())
}

pub(super) fn alter(_c: &mut Catalog, _t: &AlterTable, _d: &dyn Dialect) -> Done {
    Ok(())
}
