//! Triggers and rules.

use super::Done;
use crate::catalog::Catalog;
use crate::change::{QName, Rule, Trigger};
use crate::dialect::Dialect;

pub(super) fn create(_c: &mut Catalog, _t: &QName, _or_replace: bool, _x: &Trigger, _d: &dyn Dialect) -> Done {
    Ok(())
}

pub(super) fn create_rule(_c: &mut Catalog, _t: &QName, _or_replace: bool, _x: &Rule, _d: &dyn Dialect) -> Done {
    Ok(())
}
