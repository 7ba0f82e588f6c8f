//! Comments.

use super::Done;
use crate::catalog::Catalog;
use crate::change::ObjectRef;
use crate::dialect::Dialect;

pub(super) fn comment(_c: &mut Catalog, _o: &ObjectRef, _text: Option<&str>, _d: &dyn Dialect) -> Done {
    Ok(())
}
