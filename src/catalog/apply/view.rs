//! Views and materialized views.

use super::Done;
use crate::catalog::Catalog;
use crate::change::{CreateView, QName};
use crate::dialect::Dialect;

pub(super) fn create(_c: &mut Catalog, _v: &CreateView, _d: &dyn Dialect) -> Done {
    Ok(())
}

pub(super) fn refresh(_c: &mut Catalog, _v: &QName, _concurrently: bool, _no_data: bool) -> Done {
    Ok(())
}
