//! Settings and transactions. What a rollback undoes is not undone here: whoever replays holds the states to return to.

use super::Done;
use crate::catalog::{Catalog, Session};
use crate::change::{Ident, TransactionChange};
use crate::dialect::Dialect;

/// `BEGIN`, `COMMIT` and their kin.
pub(super) fn transaction(catalog: &mut Catalog, change: &TransactionChange) -> Done {
    match change {
        TransactionChange::Begin => catalog.session.in_transaction = true,
        TransactionChange::Commit { chain } | TransactionChange::Rollback { chain } => end(catalog, *chain),
        TransactionChange::Savepoint(_) | TransactionChange::RollbackTo(_) | TransactionChange::Release(_) => {}
    }
    Ok(())
}

/// `SET`, `RESET`.
pub(super) fn set(catalog: &mut Catalog, name: &Ident, value: Option<&[Ident]>, local: bool, dialect: &dyn Dialect) -> Done {
    let session = &mut catalog.session;
    if local && !session.in_transaction {
        return Ok(());
    }
    if local {
        let before = session.clone();
        session.before_local.get_or_insert_with(|| Box::new(before));
    } else if let Some(before) = &mut session.before_local {
        assign(before, name, value, dialect);
    }
    assign(session, name, value, dialect);
    Ok(())
}

/// The end of a transaction: local settings end, labels can be used.
fn end(catalog: &mut Catalog, chain: bool) {
    for name in std::mem::take(&mut catalog.session.new_labels) {
        catalog.edit_type(&name, |own| own.uncommitted_labels.clear());
    }
    let session = &mut catalog.session;
    session.new_types.clear();
    if let Some(before) = session.before_local.take() {
        session.search_path = before.search_path;
        session.settings = before.settings;
    }
    session.in_transaction = chain;
}

fn assign(session: &mut Session, name: &Ident, value: Option<&[Ident]>, dialect: &dyn Dialect) {
    match (name.as_str(), value) {
        ("search_path", Some(schemas)) => {
            session.search_path = schemas.iter().filter(|schema| !schema.is_empty()).cloned().collect();
        }
        ("search_path", None) => session.search_path = dialect.empty_catalog().session.search_path,
        (_, Some(values)) => {
            let text = values.iter().map(Ident::as_str).collect::<Vec<_>>().join(", ");
            session.settings.insert(name.clone(), text.into());
        }
        (_, None) => drop(session.settings.remove(name)),
    }
}
