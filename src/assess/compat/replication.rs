//! Tables whose changes are sent elsewhere: a row that is changed or deleted is told by a key, without which the server refuses.

use super::{Trial, Use};
use crate::catalog::{Catalog, Dependency, Dependent, Name, Table};
use crate::change::{Deferrable, Ident, ReplicaIdentity};
use crate::dialect::{AppError, Dialect};
use std::sync::Arc;

/// Tries whether rows can be changed and deleted.
pub(super) fn try_published(trial: &mut Trial<'_>, name: &Name) {
    let (Some(own), Some(there)) = (trial.app.table(name), trial.state.table(name)) else { return };
    let (had, lacks) = (refused(trial.dialect, own, trial.app), refused(trial.dialect, there, trial.state));
    if let (None, Some(relation)) = (had.0, lacks.0) {
        let error = AppError::NoReplicaIdentity { relation, deleted: false };
        trial.fail(Use::Update(name.clone()), error);
    }
    if let (None, Some(relation)) = (had.1, lacks.1) {
        let error = AppError::NoReplicaIdentity { relation, deleted: true };
        trial.fail(Use::Delete(name.clone()), error);
    }
}

/// The table, or partition of it, whose updates are refused, and the one whose deletes are: they are sent, and nothing tells its rows.
fn refused(dialect: &dyn Dialect, table: &Table, catalog: &Catalog) -> (Option<Ident>, Option<Ident>) {
    if catalog.others.is_empty() {
        return (None, None);
    }
    if table.partition_by.is_some() {
        let is_partition = |child: &&Arc<Table>| child.partition_of.as_ref().is_some_and(|(parent, _)| *parent == table.name);
        let on = Dependency::Relation(table.name.clone());
        let partitions = catalog.dependents(&on).filter_map(|dependent| match dependent {
            Dependent::Relation(child) => catalog.table(child).filter(is_partition),
            _ => None,
        });
        let found = partitions.map(|partition| refused(dialect, partition, catalog));
        return found.fold((None, None), |all, one| (all.0.or(one.0), all.1.or(one.1)));
    }
    if identified(table) {
        return (None, None);
    }
    let sent = dialect.published(table, catalog);
    let own = |refused: bool| refused.then(|| table.name.name.clone());
    (own(sent.updates), own(sent.deletes))
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
