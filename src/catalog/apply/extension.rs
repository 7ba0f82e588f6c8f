//! Extensions, and what is kept by name only.

use super::Done;
use crate::catalog::Catalog;
use crate::change::{Ident, ObjectRef};

pub(super) fn create(
    _c: &mut Catalog,
    _n: &Ident,
    _if_not_exists: bool,
    _schema: Option<&Ident>,
    _version: Option<&str>,
) -> Done {
    Ok(())
}

pub(super) fn create_other(_c: &mut Catalog, _o: &ObjectRef, _if_not_exists: bool, _or_replace: bool, _sql: &str) -> Done {
    Ok(())
}

pub(super) fn alter_other(_c: &mut Catalog, _o: &ObjectRef, _sql: &str) -> Done {
    Ok(())
}
