//! Schemas.

use super::{Done, exists};
use crate::catalog::{Catalog, Schema};
use crate::change::{Ident, ObjectKind};
use std::sync::Arc;

/// `CREATE SCHEMA`
pub(super) fn create(catalog: &mut Catalog, name: &Ident, if_not_exists: bool, owner: Option<&Ident>) -> Done {
    if catalog.schemas.contains_key(name) {
        return if if_not_exists { Ok(()) } else { Err(exists(ObjectKind::Schema, name)) };
    }
    catalog.schemas.insert(name.clone(), Arc::new(Schema { owner: owner.cloned(), ..Schema::default() }));
    Ok(())
}
