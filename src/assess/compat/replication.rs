//! Tables whose changes are sent elsewhere: a row that is changed or deleted is told by a key, without which the server refuses.

use super::{Trial, Use};
use crate::catalog::{Catalog, Name, Table};
use crate::change::{Deferrable, ReplicaIdentity};
use crate::dialect::{AppError, Dialect};

/// Tries whether rows can be changed and deleted.
pub(super) fn try_published(trial: &mut Trial<'_>, name: &Name) {
    let (Some(own), Some(there)) = (trial.app.table(name), trial.state.table(name)) else { return };
    let (had, lacks) = (refused(trial.dialect, own, trial.app), refused(trial.dialect, there, trial.state));
    let relation = &name.name;
    if lacks.0 && !had.0 {
        let error = AppError::NoReplicaIdentity { relation: relation.clone(), deleted: false };
        trial.fail(Use::Update(name.clone()), error);
    }
    if lacks.1 && !had.1 {
        let error = AppError::NoReplicaIdentity { relation: relation.clone(), deleted: true };
        trial.fail(Use::Delete(name.clone()), error);
    }
}

/// Whether updates and deletes of a table are refused: they are sent, and nothing tells its rows.
fn refused(dialect: &dyn Dialect, table: &Table, catalog: &Catalog) -> (bool, bool) {
    if catalog.others.is_empty() || identified(table) {
        return (false, false);
    }
    let sent = dialect.published(table, catalog);
    (sent.updates, sent.deletes)
}

fn identified(table: &Table) -> bool {
    match &table.replica_identity {
        ReplicaIdentity::Full => true,
        ReplicaIdentity::Nothing => false,
        ReplicaIdentity::Index(name) => table.index(name).is_some(),
        ReplicaIdentity::Default => table.indexes.iter().filter(|index| index.primary).any(|index| {
            let constraint = index.constraint.as_ref().and_then(|name| table.constraint(name));
            constraint.is_none_or(|constraint| constraint.deferrable == Deferrable::No)
        }),
    }
}
