//! sequence

use super::Done;
use crate::catalog::Catalog;
use crate::change::*;
use crate::dialect::Dialect;

pub(super) fn create(_c: &mut Catalog, _n: &QName, _if_not_exists: bool, _p: Persistence, _o: &SequenceOptions) -> Done {
    Ok(())
}

pub(super) fn alter(_c: &mut Catalog, _n: &QName, _if_exists: bool, _o: &SequenceOptions) -> Done {
    Ok(())
}
