//! The locks and the work of every change. What stands here was observed in `pg_locks`, in file nodes and in scan counts on
//! PostgreSQL 12 to 18: `tests/locks.rs` compares each claim with a server.

mod alter;
mod collect;
mod constraint;
mod data;
mod drop;
mod object;
mod outside;
mod partition;
mod proof;
mod retype;

use super::locks::Mode;
use super::{Postgres, volatility};
use crate::change::{Block, Change, Maintenance, ObjectKind, QName, Target, TransactionChange};
use crate::dialect::{Held, Impact, ImpactContext};
use collect::Locks;
pub(super) use outside::{name, words};

/// The locks and the work of a change.
pub(super) fn impact(change: &Change, context: &ImpactContext<'_>) -> Impact {
    if let Change::Do(block) = change {
        return of_block(block, context);
    }
    let mut locks = Locks::new(context);
    collect(change, &mut locks);
    locks.finish(outside::not_in_transaction(change, context))
}

fn collect(change: &Change, locks: &mut Locks<'_>) {
    match change {
        Change::CreateTable(table) => object::create_table(table, locks),
        Change::AlterTable(alter) => alter::alter_table(alter, locks),
        Change::CreateIndex(index) => object::create_index(index, locks),
        Change::CreateView(view) => object::create_view(view, locks),
        Change::Refresh { view, concurrently, no_data } => object::refresh(view, *concurrently, *no_data, locks),
        Change::CreateSequence { options, .. } => object::owned_by(options, locks),
        Change::AlterSequence { name, options, .. } => {
            locks.lock_named(name, Mode::ShareRowExclusive);
            object::owned_by(options, locks);
        }
        Change::AlterComposite { name, .. } => object::alter_composite(name, locks),
        Change::AlterDomain { name, change } => object::alter_domain(name, change, locks),
        Change::CreateRoutine { routine, .. } => object::create_routine(routine, locks),
        Change::CreateTrigger { table, trigger, .. } => object::create_trigger(table, trigger, locks),
        Change::CreateRule { table, rule, .. } => object::create_rule(table, rule, locks),
        Change::CreatePolicy { table, policy } => {
            locks.lock_named(table, Mode::AccessExclusive);
            policy.using.iter().chain(&policy.check).for_each(|expr| locks.read_expr(expr));
        }
        Change::AlterPolicy { table, using, check, .. } => {
            locks.lock_named(table, Mode::AccessExclusive);
            using.iter().chain(check).for_each(|expr| locks.read_expr(expr));
        }
        Change::Drop { objects, concurrently, .. } => drop::drop(objects, *concurrently, locks),
        Change::Rename { object, .. } => object::rename(object, locks),
        Change::SetSchema { object, .. } | Change::SetOwner { object, .. } => object::move_or_own(object, locks),
        Change::Comment { object, .. } => object::comment(object, locks),
        Change::Grant(grant) => object::grant(grant, locks),
        Change::CreateOther { sql, .. } | Change::AlterOther { sql, .. } => outside::other(sql, locks),
        Change::Data(data) => data::data(data, locks),
        Change::Truncate { tables, cascade, restart_identity } => data::truncate(tables, *cascade, *restart_identity, locks),
        Change::Lock { tables, mode, nowait: _ } => lock_table(tables, mode, locks),
        Change::Maintenance(maintenance) => maintain(maintenance, locks),
        // Handled by `impact`, which follows the block's own states.
        Change::Do(_) => {}
        // They touch rows of the system catalogs alone.
        Change::CreateSchema { .. }
        | Change::CreateType { .. }
        | Change::AlterEnum { .. }
        | Change::CreateDomain { .. }
        | Change::AlterRoutine { .. }
        | Change::CreateExtension { .. }
        | Change::Set { .. }
        | Change::NoEffect => {}
        Change::Transaction(
            TransactionChange::Begin
            | TransactionChange::Commit { .. }
            | TransactionChange::Rollback { .. }
            | TransactionChange::Savepoint(_)
            | TransactionChange::RollbackTo(_)
            | TransactionChange::Release(_),
        ) => {}
        // Nothing is known of it.
        Change::Opaque(_) => {}
    }
}

/// The statements of a block, each on the state that those before it leave: what may run counts.
fn of_block(block: &Block, context: &ImpactContext<'_>) -> Impact {
    let mut whole = Impact::default();
    let mut before = context.before.clone();
    for statement in &block.statements {
        let change = &statement.change.value;
        let mut after = before.clone();
        if after.apply(change, &Postgres).is_err() {
            after = before.clone();
        }
        let part = impact(change, &ImpactContext { before: &before, after: &after, ..*context });
        whole.locks.extend(part.locks);
        whole.rewrites.extend(part.rewrites);
        whole.not_in_transaction = whole.not_in_transaction.or(part.not_in_transaction);
        before = after;
    }
    whole.rewrites.sort();
    whole.rewrites.dedup();
    let mut strongest: Vec<crate::dialect::Lock> = Vec::new();
    for lock in whole.locks.drain(..) {
        match strongest.iter_mut().find(|known| known.object == lock.object) {
            Some(known) if known.strength < lock.strength => {
                *known = crate::dialect::Lock { held: known.held.max(lock.held), ..lock }
            }
            Some(known) => known.held = known.held.max(lock.held),
            None => strongest.push(lock),
        }
    }
    strongest.sort_by(|a, b| b.strength.cmp(&a.strength).then_with(|| a.object.cmp(&b.object)));
    whole.locks = strongest;
    whole
}

fn lock_table(tables: &[Target], mode: &str, locks: &mut Locks<'_>) {
    let Some(mode) = Mode::named(mode) else { return };
    for target in tables {
        let Some(table) = locks.resolve(&target.table) else { continue };
        match target.only {
            true => locks.lock(&table, mode),
            false => locks.lock_tree(&table, mode),
        }
        for below in locks.below_view(&table) {
            locks.lock_tree(&below, mode);
        }
    }
}

fn maintain(maintenance: &Maintenance, locks: &mut Locks<'_>) {
    match maintenance {
        Maintenance::Vacuum { full, tables } => {
            for table in locks.named_or_all(tables) {
                if *full {
                    locks.rewrite(&table);
                    locks.lock_tree(&table, Mode::AccessExclusive);
                } else {
                    locks.hold(Held::Scan);
                    locks.lock_tree(&table, Mode::ShareUpdateExclusive);
                }
            }
        }
        Maintenance::Analyze(tables) => {
            locks.hold(Held::Scan);
            for table in locks.named_or_all(tables) {
                object::analyze(&table, locks);
            }
        }
        Maintenance::Cluster { table: Some(table), .. } => {
            if let Some(table) = locks.lock_named(table, Mode::AccessExclusive) {
                locks.rewrite(&table);
            }
        }
        Maintenance::Cluster { table: None, .. } => {
            for table in locks.all_tables() {
                if locks.before().table(&table).is_some_and(|table| table.cluster_on.is_some()) {
                    locks.lock(&table, Mode::AccessExclusive);
                    locks.rewrite(&table);
                }
            }
        }
        Maintenance::Reindex { kind, name, concurrently } => reindex(*kind, name.as_ref(), *concurrently, locks),
        Maintenance::Checkpoint => {}
    }
}

fn reindex(kind: ObjectKind, name: Option<&QName>, concurrently: bool, locks: &mut Locks<'_>) {
    locks.hold(Held::IndexBuild);
    let (table_mode, index_mode) = match concurrently {
        true => (Mode::ShareUpdateExclusive, Mode::ShareUpdateExclusive),
        false => (Mode::Share, Mode::AccessExclusive),
    };
    let found = name.and_then(|name| locks.resolve(name));
    let tables = match (kind, &found) {
        (ObjectKind::Index, Some(index)) => {
            let Some(owner) = locks.before().index(index).map(|(owner, _)| owner.clone()) else { return };
            locks.lock(&owner, table_mode);
            locks.lock_index(index, index_mode);
            return;
        }
        (ObjectKind::Schema, _) => {
            let schema = name.map(|name| name.name.clone());
            locks.all_tables().into_iter().filter(|table| Some(&table.schema) == schema.as_ref()).collect()
        }
        (ObjectKind::Database, _) => locks.all_tables(),
        (_, Some(table)) if locks.is_partitioned(table) => locks.tree(table),
        (_, Some(table)) => vec![table.clone()],
        (_, None) => return,
    };
    for table in tables {
        locks.lock(&table, table_mode);
        for index in locks.indexes_of(&table) {
            locks.lock_index(&index, index_mode);
        }
    }
}
