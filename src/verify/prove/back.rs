//! The way back of one migration: the project's own, or the one that is computed. It must lead to the schema before, and the up must
//! run again after it.

use super::super::schema::{ColumnOrder, Difference, Fingerprint, Onlooker};
use super::super::send::{Scripts, drops_role, execute_on_roles};
use super::super::{Connection, Database};
use super::rows::Rows;
use super::{Failure, Group, Shared};
use crate::down::Fidelity;
use crate::replay::read_script;
use crate::source::{Script, Transaction};

/// Whose way back was tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The project's.
    Project,
    /// The computed one.
    Computed,
}

/// What became of it.
#[derive(Debug)]
pub struct BackProof {
    /// Whose it is.
    pub origin: Origin,
    /// What is said to come back.
    pub fidelity: Fidelity,
    /// What the server refused of it: the statement and the answer.
    pub refused: Option<(String, String)>,
    /// What is left to a person, since it needs values that are gone.
    pub by_hand: Option<String>,
    /// Where the schema is not the one before, which is the first.
    pub schema: Vec<Difference>,
    /// How many tables held rows.
    pub tables: usize,
    /// What is not as it was in them.
    pub lost: Vec<String>,
    /// Why the migration does not run again, or where it makes another schema.
    pub again: Option<String>,
}

impl BackProof {
    /// Whether a claim does not hold.
    pub fn fails(&self) -> bool {
        let lies = self.origin == Origin::Computed && self.fidelity == Fidelity::Lossless && !self.lost.is_empty();
        self.refused.is_some() || !self.schema.is_empty() || self.again.is_some() || lies
    }
}

/// Tries the way back of a group in the database where it ran. Nothing where there is none to try.
pub(super) fn prove(
    run: &Shared<'_, '_>,
    scripts: &Scripts<'_>,
    group: &Group,
    (work, onlooker): (&Database<'_>, &mut Onlooker),
    rows: &Rows,
    (before, after): (&Fingerprint, &Fingerprint),
) -> Result<Option<BackProof>, Failure> {
    let dialect = run.judged.options.dialect;
    let Some((origin, fidelity, statements)) = ways(run, group) else { return Ok(None) };
    let mut proof = BackProof {
        origin,
        fidelity,
        refused: None,
        by_hand: None,
        schema: Vec::new(),
        tables: rows.filled(),
        lost: Vec::new(),
        again: None,
    };
    let mut session = run.open(work)?;
    for part in statements {
        if let Err(refused) = send(&mut session, &part)? {
            if part.needs_values {
                proof.by_hand = Some(refused.0);
                continue;
            }
            proof.refused = Some(refused);
            return Ok(Some(proof));
        }
    }
    drop(session);
    if proof.by_hand.is_none() {
        proof.schema = before.diff(&onlooker.look()?, ColumnOrder::Ignored);
    }
    proof.lost = rows.lost(&rows.look(onlooker.session(), dialect)?);
    match scripts.send(&mut run.open(work)?, group.commits.clone(), &mut |_| Ok(()))? {
        Err(refused) => proof.again = Some(refused.error.to_string()),
        Ok(()) => {
            let again = onlooker.look()?;
            let differences = after.diff(&again, ColumnOrder::Ignored);
            // Where the way back is not the way back, that was said already.
            if proof.schema.is_empty() && proof.by_hand.is_none() && !differences.is_empty() {
                proof.again = Some(differences.iter().map(ToString::to_string).collect::<Vec<_>>().join(""));
            }
        }
    }
    Ok(Some(proof))
}

/// Statements that are sent together.
struct Part {
    statements: Vec<String>,
    in_transaction: bool,
    /// Whether rows may be in the way that a person has to fill first.
    needs_values: bool,
}

/// The ways back of the group's migrations, the last migration's first.
fn ways(run: &Shared<'_, '_>, group: &Group) -> Option<(Origin, Fidelity, Vec<Part>)> {
    let judged = run.judged;
    let mut parts = Vec::new();
    let (mut origin, mut fidelity) = (Origin::Project, Fidelity::Lossless);
    for number in group.migrations.clone().rev() {
        let own = judged.ground().way_back(number);
        fidelity = fidelity.max(own.fidelity);
        if let Some(script) = &judged.project.history.migrations[number].down {
            parts.extend(of_script(run, script));
            continue;
        }
        if own.fidelity == Fidelity::Manual {
            return None;
        }
        origin = Origin::Computed;
        let write = |change| judged.options.dialect.write(change);
        let statements: Vec<String> = own.statements.iter().map(|inverse| write(&inverse.change)).collect();
        parts.push(Part { statements, in_transaction: own.transactional, needs_values: false });
        parts.push(Part { statements: own.follow_ups.iter().map(write).collect(), in_transaction: true, needs_values: true });
    }
    parts.retain(|part| !part.statements.is_empty());
    (!parts.is_empty()).then_some((origin, fidelity, parts))
}

fn of_script(run: &Shared<'_, '_>, script: &Script) -> Vec<Part> {
    let sources = &run.judged.project.sources;
    match script.transaction {
        // A server makes a transaction of each string.
        Transaction::PerChunk => {
            let one =
                |span| Part { statements: vec![sources.slice(span).to_owned()], in_transaction: false, needs_values: false };
            script.chunks.iter().copied().map(one).collect()
        }
        Transaction::Wrapped | Transaction::PerStatement => {
            let parsed = read_script(sources, script);
            let statements = parsed.statements.iter().map(|statement| sources.slice(statement.span).to_owned()).collect();
            vec![Part { statements, in_transaction: script.transaction == Transaction::Wrapped, needs_values: false }]
        }
    }
}

fn send(session: &mut Connection, part: &Part) -> Result<Result<(), (String, String)>, Failure> {
    if part.in_transaction {
        session.execute("BEGIN")?;
    }
    for statement in &part.statements {
        let sent = match drops_role(statement) {
            true => execute_on_roles(session, statement, part.in_transaction),
            false => session.execute(statement),
        };
        if let Err(error) = sent {
            if error.sqlstate().is_none() {
                return Err(error.into());
            }
            if part.in_transaction {
                session.execute("ROLLBACK")?;
            }
            return Ok(Err((statement.clone(), error.to_string())));
        }
    }
    if part.in_transaction {
        session.execute("COMMIT")?;
    }
    Ok(Ok(()))
}
