//! schema

use super::Done;
use crate::catalog::Catalog;
use crate::change::*;
use crate::dialect::Dialect;

pub(super) fn create(_c: &mut Catalog, _n: &Ident, _if_not_exists: bool, _owner: Option<&Ident>) -> Done {
    Ok(())
}
