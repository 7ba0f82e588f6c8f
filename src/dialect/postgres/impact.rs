//! The locks and the work of every change.

use crate::change::Change;
use crate::dialect::{Impact, ImpactContext};

/// The locks and the work of a change.
pub(super) fn impact(_change: &Change, _context: &ImpactContext<'_>) -> Impact {
    Impact::default()
}
