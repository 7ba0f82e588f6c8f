//! drop

use super::Done;
use crate::catalog::Catalog;
use crate::change::*;
use crate::dialect::Dialect;

pub(super) fn drop(_c: &mut Catalog, _x: &[ObjectRef], _if_exists: bool, _cascade: bool, _d: &dyn Dialect) -> Done {
    Ok(())
}
