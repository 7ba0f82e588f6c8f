//! index

use super::Done;
use crate::catalog::Catalog;
use crate::change::*;
use crate::dialect::Dialect;

pub(super) fn create(_c: &mut Catalog, _t: &CreateIndex, _d: &dyn Dialect) -> Done {
    Ok(())
}
