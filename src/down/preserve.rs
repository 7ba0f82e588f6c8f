//! The safe form of a removal: the up copies what it destroys into archive tables first, the down puts it back, and a script for later
//! drops the archives.
//!
//! The copy and the removal have to see the same rows: the tables are locked before they are copied, in the transaction of the removal.
//! Rows and values are put back before the constraints, indexes and triggers that could refuse or change them come back.

mod find;
mod weaken;

use super::{Context, Down, Fidelity, UpFidelity, data, fidelity, judged, plan, states, steps_of};
use crate::catalog::{Catalog, Name, Relation, diff};
use crate::change::{Change, DataKind, Ident, ObjectKind, ObjectRef};
use crate::dialect::{Dialect, ImpactContext, Keep, Kept};
use crate::replay::{ParsedMigration, Replayed, Step};
use crate::source::Migration;
use find::{Loss, Taken};
use std::collections::BTreeSet;
use std::fmt::Write;

/// A migration that keeps what it destroys.
#[derive(Debug, Clone)]
pub struct Preserved {
    /// The way back, which puts back what was kept.
    pub down: Down,
    /// The statement of the up before which the copies are made.
    pub statement: usize,
    /// The locks and copies; nothing where the migration has them already.
    pub copies: Vec<Change>,
    /// Whether the up has to open and end a transaction around them and what follows: its runner opens none.
    pub own_transaction: bool,
    /// The tables that hold what was kept.
    pub archives: Vec<Name>,
    /// The tables of which something is kept, by their names before the migration, and whether it is all of their columns.
    pub copied: Vec<(Name, bool)>,
}

impl Preserved {
    /// What is put into the up before the statement.
    pub fn opening(&self, dialect: &dyn Dialect) -> String {
        let mut text = String::from(
            "-- What is removed below is kept for the way back. Rows are copied under the lock, so that none is missed.\n",
        );
        if self.own_transaction {
            text += "BEGIN;\n";
        }
        for change in &self.copies {
            write!(text, "{};\n\n", dialect.write(change)).expect("a string");
        }
        text
    }

    /// What is put behind the up's last statement.
    pub fn ending(&self) -> Option<&'static str> {
        self.own_transaction.then_some("\n\nCOMMIT;")
    }

    /// The script that gives up what was kept; after it, the way back does not run any more.
    pub fn purge(&self, dialect: &dyn Dialect) -> String {
        let mut text = String::from(
            "-- Drops what was kept for the way back: after this, the way back fails. No runner reads this file; when the data may go,\n\
             -- make a migration of it.\n",
        );
        for archive in &self.archives {
            write!(text, "\n{};\n", dialect.write(&drop_table(archive))).expect("a string");
        }
        text
    }
}

/// The migration at that place with what it destroys kept; nothing where it destroys nothing; why not, where that cannot be done. `label`
/// is what the archives are called after.
pub fn preserve(
    parsed: &ParsedMigration,
    replayed: &Replayed,
    migration: usize,
    label: &str,
    dialect: &dyn Dialect,
) -> Option<Result<Preserved, String>> {
    let range = steps_of(replayed, migration);
    let (first, last) = states(replayed, migration)?;
    let context = Context { parsed, steps: &replayed.steps[range.clone()], first: &first, last: &last, dialect };
    let plain = super::down(parsed, replayed, migration, dialect);
    if let Some((_, reason)) = plain.reasons().next() {
        return Some(Err(format!("its way back has to be written by hand: {reason}")));
    }
    if plain.ups.iter().all(|up| up.lost.is_empty()) {
        return None;
    }
    let losses = match find::losses(&context) {
        Ok(losses) if losses.is_empty() => return None,
        Ok(losses) => losses,
        Err(reason) => return Some(Err(reason)),
    };
    Some(with_archives(&context, &plain, &losses, label, (replayed, range.start)))
}

/// The migration at that place if it keeps what it destroys already.
pub fn kept(
    migrations: &[Migration],
    parsed: &[ParsedMigration],
    replayed: &Replayed,
    migration: usize,
    dialect: &dyn Dialect,
) -> Option<Preserved> {
    let (first, last) = states(replayed, migration)?;
    let is_archive = |name: &Name| name.name.starts_with("archive_") && last.table(name).is_some() && first.table(name).is_none();
    if !diff::changed_relations(&first, &last).iter().any(is_archive) {
        return None;
    }
    let found = preserve(&parsed[migration], replayed, migration, archive_label(&migrations[migration]), dialect)?;
    found.ok().filter(|found| found.copies.is_empty())
}

/// What the archives of a migration are called after.
pub fn archive_label(migration: &Migration) -> &str {
    if migration.version.is_empty() { &migration.name } else { &migration.version }
}

fn with_archives(
    context: &Context<'_>,
    plain: &Down,
    losses: &[Loss],
    label: &str,
    (replayed, start): (&Replayed, usize),
) -> Result<Preserved, String> {
    let covered = find::covered(context, losses);
    let destroys = |up: &UpFidelity| up.lost.iter().any(|lost| covered.contains(&lost.what));
    let touches = |(step, up): (&Step, &UpFidelity)| changes_rows(step) || destroys(up);
    let pairs = || context.steps.iter().zip(&plain.ups);
    let (Some(at), Some(end)) = (pairs().position(touches), plain.ups.iter().rposition(destroys)) else {
        return Err("where it destroys them is not known".to_owned());
    };
    let own_transaction = transaction(context, replayed, start + at..start + end + 1)?;
    let copied_from = &context.steps[at].before;
    let mut names = Names { context, label, taken: BTreeSet::new() };
    let keeps = find::keeps(context, losses, copied_from, &mut |own| names.archive(own))?;
    let archives: Vec<Name> = keeps.iter().map(|keep| keep.archive.clone()).collect();
    let already = archives.iter().all(|name| context.last.table(name).is_some());
    let mut copies = Vec::new();
    if !already {
        let tables: Vec<Name> =
            losses.iter().filter_map(|loss| Some(find::by_id(copied_from, loss.table.id)?.name.clone())).collect();
        copies.push(context.dialect.lock_alone(&tables));
        copies.extend(keeps.iter().map(|keep| context.dialect.keep(keep)));
    }
    let down = judged(way_back(context, plain, losses, &keeps, &covered)?, plain.migration);
    let statement = context.steps[at].statement;
    let copied = losses.iter().map(|loss| (loss.table.name.clone(), takes_rows(loss))).collect();
    Ok(Preserved { down, statement, copies, own_transaction: own_transaction && !already, archives, copied })
}

/// The way back: the schema without what could refuse the rows, the rows, the rest of the schema, the sequences, and no archives.
fn way_back(
    context: &Context<'_>,
    plain: &Down,
    losses: &[Loss],
    keeps: &[Keep],
    covered: &BTreeSet<String>,
) -> Result<Down, String> {
    let mut from = context.last.clone();
    keeps.iter().for_each(|keep| {
        from.remove_relation(&keep.archive);
    });
    let blocked = |blocked: diff::Blocked| format!("no statements were found that bring it back: {}", blocked.reason);
    let weak = weaken::weak(context, &from, losses)?;
    let way = diff::way(&from, &weak, context.dialect).map_err(blocked)?;
    let later = way.on(context.first, context.dialect).map_err(blocked)?;
    let mut ups = plain.ups.clone();
    let data::Rows { gone: rows, replaced } = data::inverses(context, &mut ups.clone());
    if !replaced.is_empty() {
        return Err(
            "values that it replaces would have to be put back in between. Put what destroys data into a migration of its own"
                .to_owned(),
        );
    }
    let is_position = |keep: &&Keep| matches!(keep.what, Kept::Position { .. });
    let values = keeps.iter().filter(|keep| !is_position(keep)).map(|keep| context.dialect.put_back(keep));
    let positions = keeps.iter().filter(is_position).map(|keep| context.dialect.put_back(keep));
    let gone = keeps.iter().map(|keep| drop_table(&keep.archive));
    let changes = rows.into_iter().chain(way.changes).chain(values).chain(later.changes).chain(positions).chain(gone);
    let archived: BTreeSet<String> = keeps.iter().map(|keep| fidelity::rows_of(&keep.archive)).collect();
    judge_anew(&mut ups, losses, covered, &archived);
    Ok(plan::assembled(changes, Vec::new(), ups, context))
}

/// What the up destroyed and the archives hold is not lost. What stands in the way in spite of them is said of the last statement that
/// destroyed something.
fn judge_anew(ups: &mut [UpFidelity], losses: &[Loss], covered: &BTreeSet<String>, archived: &BTreeSet<String>) {
    let worst = |up: &UpFidelity| up.lost.iter().map(|lost| lost.fidelity).max().unwrap_or_default();
    let mut last = None;
    for (at, up) in ups.iter_mut().enumerate() {
        // The archives go when they are empty of use.
        if up.lost.iter().any(|lost| archived.contains(&lost.what)) {
            up.lost.retain(|lost| !archived.contains(&lost.what));
            up.fidelity = worst(up);
        }
        let before = up.lost.len();
        up.lost.retain(|lost| !covered.contains(&lost.what));
        if up.lost.len() < before {
            last = Some(at);
            up.fidelity = worst(up);
        }
    }
    let Some(last) = last.map(|at| &mut ups[at]) else { return };
    for note in losses.iter().flat_map(Loss::notes) {
        last.note(Fidelity::DropsNewData, note);
    }
}

/// Whether a statement may change rows: what is to be kept as it was has to be copied before.
fn changes_rows(step: &Step) -> bool {
    step.atoms.iter().any(|atom| match &atom.change.value {
        Change::Data(data) => data.kind != DataKind::Select && data.kind != DataKind::CopyOut,
        change => matches!(change, Change::Truncate { .. } | Change::Opaque(_)),
    })
}

/// Whether the up needs a transaction of its own for the copies and what removes what was copied, by the places of their steps.
fn transaction(context: &Context<'_>, replayed: &Replayed, steps: std::ops::Range<usize>) -> Result<bool, String> {
    let together = replayed.commits.iter().any(|own| own.steps.start <= steps.start && steps.end <= own.steps.end);
    if together && replayed.steps[steps].iter().all(|step| step.in_transaction) {
        return Ok(false);
    }
    let version = context.dialect.usual_version();
    let refuses = |step: &Step| {
        step.in_transaction
            || step.atoms.iter().any(|atom| {
                let own = ImpactContext { before: &atom.before, after: &atom.after, base: &step.base, version };
                matches!(atom.change.value, Change::Transaction(_))
                    || context.dialect.impact(&atom.change.value, &own).not_in_transaction.is_some()
            })
    };
    if context.steps.iter().any(refuses) {
        return Err("it is not removed in the transaction in which it would be copied: rows written in between would be lost. \
            Put what destroys data into a migration of its own"
            .to_owned());
    }
    Ok(true)
}

fn drop_table(name: &Name) -> Change {
    let objects = vec![ObjectRef::new(ObjectKind::Table, name.qname())];
    Change::Drop { objects, if_exists: false, cascade: false, concurrently: false }
}

/// The longest name that is not cut.
const LONGEST: usize = 63;

/// Names for archives: the same for the same migration, and nobody else's.
struct Names<'a> {
    context: &'a Context<'a>,
    label: &'a str,
    taken: BTreeSet<Name>,
}

impl Names<'_> {
    /// `archive_0042_users`, in the schema of what it keeps if that stays.
    fn archive(&mut self, own: &Name) -> Option<Name> {
        let Context { first, last, .. } = self.context;
        let stays = |schema: &Ident| first.schemas.contains_key(schema) && last.schemas.contains_key(schema);
        let schema =
            Some(&own.schema).filter(|schema| stays(schema)).or_else(|| first.creation_schema().filter(|own| stays(own)))?;
        let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
        let label: String = self.label.chars().map(plain).collect();
        let whole = format!("archive_{label}_{}", own.name);
        let name = (1..).find_map(|number| {
            let name = Name::new(schema.clone(), fitted(&whole, number));
            let free = !first.relations.contains_key(&name) && !first.types.contains_key(&name) && !self.taken.contains(&name);
            free.then_some(name)
        })?;
        self.taken.insert(name.clone());
        Some(name)
    }
}

/// The name, cut so that it fits; one that is cut has its checksum at the end, one that is taken a number.
fn fitted(whole: &str, number: usize) -> Ident {
    let tail = match number {
        1 => String::new(),
        number => format!("_{number}"),
    };
    if whole.len() + tail.len() <= LONGEST {
        return format!("{whole}{tail}").into();
    }
    let sum = whole.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    let tail = format!("_{sum:08x}{tail}");
    let mut end = LONGEST - tail.len();
    while !whole.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{tail}", &whole[..end]).into()
}

/// Whether something of that kind of loss takes the whole table or all its rows.
fn takes_rows(loss: &Loss) -> bool {
    matches!(loss.taken, Taken::Table | Taken::Rows)
}

/// The relation of an identity.
fn relation_by_id(catalog: &Catalog, id: crate::catalog::ObjectId) -> Option<&Relation> {
    catalog.relations.values().find(|own| own.id() == Some(id))
}

#[cfg(test)]
mod tests {
    use super::fitted;

    #[test]
    fn names_fit() {
        assert_eq!(&*fitted("archive_1_users", 1), "archive_1_users");
        assert_eq!(&*fitted("archive_1_users", 2), "archive_1_users_2");
        let long = format!("archive_1_{}", "ü".repeat(40));
        let (one, two) = (fitted(&long, 1), fitted(&format!("{long}x"), 1));
        assert!(one.len() <= 63 && two.len() <= 63 && one != two, "{one} {two}");
        assert!(fitted(&long, 12).ends_with("_12"));
    }
}
