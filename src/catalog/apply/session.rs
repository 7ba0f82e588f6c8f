//! Settings and transactions.

use super::Done;
use crate::catalog::Catalog;
use crate::change::{Ident, TransactionChange};
use crate::dialect::Dialect;

pub(super) fn transaction(_c: &mut Catalog, _t: &TransactionChange) -> Done {
    Ok(())
}

pub(super) fn set(_c: &mut Catalog, _n: &Ident, _v: Option<&[Ident]>, _local: bool, _d: &dyn Dialect) -> Done {
    Ok(())
}
