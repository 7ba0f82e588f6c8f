//! What becomes of values when a column's type changes.

use crate::catalog::Catalog;
use crate::change::TypeName;
use crate::dialect::{Conversion, Fit};

/// The conversion between two types of a column.
pub(super) fn conversion(from: &TypeName, to: &TypeName, _catalog: &Catalog) -> Conversion {
    let same = from == to;
    let fit = if same { Fit::All } else { Fit::Malformed };
    Conversion { old_values: fit, new_values: fit, old_reads: same, new_reads: same, rewrite: !same, lossy: !same }
}
