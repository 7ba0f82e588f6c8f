//! Statements cut into migrations: by phase, and within a phase by what may share a transaction. What runs outside of any, a batched
//! backfill and the validation of a constraint each stand alone.

use crate::assess::Phase;
use crate::change::{Change, TableAction, TransactionChange};
use crate::lower;
use crate::source::{Sources, Span};

/// One migration of a split.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// When it runs.
    pub phase: Phase,
    /// What it does, for its name: `expand`, `backfill`, `validate`, `index`, `contract`.
    pub what: &'static str,
    /// Whether it runs inside a transaction.
    pub transaction: Transactions,
    /// Its statements, without `;`.
    pub statements: Vec<String>,
}

/// Whether a migration runs inside a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transactions {
    /// In one.
    One,
    /// Outside of any.
    None,
}

/// What a statement asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Demand {
    /// Nothing: it goes with its neighbours.
    Any,
    /// A transaction of its own.
    Alone(&'static str),
    /// No transaction.
    Outside(&'static str),
    /// That the transaction ends here.
    End,
    /// Nothing at all: the runner makes the transaction.
    Skip,
}

/// The migrations that these statements make, by phase.
pub(super) fn pieces(statements: Vec<(Phase, String)>) -> Vec<Piece> {
    let mut out: Vec<Piece> = Vec::new();
    for phase in [Phase::Expand, Phase::Migrate, Phase::Contract] {
        let mut open = false;
        let mut seen: Vec<Vec<Change>> = Vec::new();
        for (_, sql) in statements.iter().filter(|(found, _)| *found == phase) {
            // What a rule makes of a change and the change itself may be the same.
            let changes = read(sql);
            let demand = demand(&changes);
            if demand == Demand::End {
                open = false;
                continue;
            }
            if seen.contains(&changes) {
                continue;
            }
            seen.push(changes);
            let (what, transaction, joins) = match demand {
                Demand::End | Demand::Skip => continue,
                Demand::Any => (phase.name(), Transactions::One, true),
                Demand::Alone(what) => (what, Transactions::One, false),
                Demand::Outside(what) => (what, Transactions::None, false),
            };
            match out.last_mut().filter(|_| open && joins) {
                Some(last) => last.statements.push(sql.clone()),
                None => out.push(Piece { phase, what, transaction, statements: vec![sql.clone()] }),
            }
            open = joins;
        }
    }
    out
}

/// Whether a statement may share its transaction with others.
pub(super) fn joins(sql: &str) -> bool {
    match demand(&read(sql)) {
        Demand::Skip | Demand::Any => true,
        Demand::End | Demand::Alone(_) | Demand::Outside(_) => false,
    }
}

pub(super) fn read(sql: &str) -> Vec<Change> {
    let mut sources = Sources::default();
    let file = sources.add("", sql);
    lower::lower_text(sql, Span::new(file, 0, sql.len())).into_iter().map(|change| change.value).collect()
}

fn demand(changes: &[Change]) -> Demand {
    let mut demand = Demand::Any;
    for change in changes {
        demand = match change {
            Change::Transaction(TransactionChange::Commit { .. }) => Demand::End,
            Change::Transaction(_) => Demand::Skip,
            Change::CreateIndex(index) if index.concurrently => Demand::Outside("index"),
            Change::Drop { concurrently: true, .. } => Demand::Outside("index"),
            Change::Do(_) => Demand::Outside("backfill"),
            Change::AlterTable(alter) if matches!(alter.action, TableAction::ValidateConstraint { .. }) => {
                Demand::Alone("validate")
            }
            Change::AlterEnum { .. } => Demand::Alone("label"),
            Change::Data(_) | Change::Truncate { .. } => Demand::Alone("rows"),
            _ => continue,
        };
    }
    demand
}
