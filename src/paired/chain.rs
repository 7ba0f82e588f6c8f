//! Downs that only make sense together: one migration that is split into several files of one name, whose downs lead back as one.

use super::attempt::{Ground, Tried};
use super::differ::{self, Difference};
use crate::catalog::Catalog;
use crate::replay;

/// The most downs that are tried as one.
const LONGEST: usize = 256;

/// Looks at each down that does not lead back alone: where those of the migrations of the same name before it, run after it, lead back
/// from all of them, none of them is at fault. The same where all downs of that name do, with those that have no statement; where
/// these run and do not lead back, that is told once. `tried` is in the order of the history.
pub(super) fn find(ground: &Ground<'_>, tried: &mut [Tried]) {
    let mut at = tried.len();
    while at > 0 {
        at -= 1;
        if !tried[at].is_untrue() {
            continue;
        }
        if let Some(first) = closes(ground, tried, at) {
            let together = (tried[first].migration, tried[at].migration);
            tried[first..=at].iter_mut().for_each(|own| excuse(own, together));
            at = first;
        } else if let Some((together, difference)) = whole(ground, tried, at) {
            let inside = |own: &&mut Tried| (together.0..=together.1).contains(&own.migration);
            for (number, own) in tried.iter_mut().filter(inside).enumerate() {
                excuse(own, together);
                own.difference = difference.clone();
                own.told_elsewhere = difference.is_some() && number > 0;
            }
            at = tried.iter().position(|own| own.migration >= together.0).unwrap_or(at);
        }
    }
}

/// What one of them does alone does not count.
fn excuse(own: &mut Tried, together: (usize, usize)) {
    own.together = Some(together);
    own.failure = None;
    own.difference = None;
}

/// So many downs of one name that do not lead back alone are taken for one that is split.
const SPLIT: usize = 3;

/// The first and the last of the migrations of one name, all of whose downs run one after the other, and what differs then: some may
/// have no statement.
fn whole(ground: &Ground<'_>, tried: &[Tried], at: usize) -> Option<((usize, usize), Option<Difference>)> {
    let migrations = &ground.history.migrations;
    let own = tried[at].migration;
    let same = |other: &usize| !migrations[own].name.is_empty() && migrations[*other].name == migrations[own].name;
    let first = (0..own).rev().take_while(same).last().unwrap_or(own);
    let last = (own..migrations.len()).take_while(same).last().unwrap_or(own);
    if first == last || last - first > LONGEST {
        return None;
    }
    let (after, mut known) = replay::after(ground.replayed, ground.history, last)?;
    let mut state: Catalog = after.clone();
    let mut wrong = 0;
    for number in (first..=last).rev() {
        let script = migrations[number].down.as_ref()?;
        // Those without a statement are not tried.
        let Some(own) = tried.iter().find(|own| own.migration == number) else { continue };
        wrong += usize::from(own.is_untrue());
        let back = ground.onto(&state, known, number, script, &own.parsed);
        known &= back.steps.iter().all(replay::is_certain);
        if !known || own.manual || own.together.is_some() || back.steps.iter().any(|step| !step.problems.is_empty()) {
            return None;
        }
        state = back.schema;
    }
    let (before, _) = replay::before(ground.replayed, ground.history, first)?;
    let difference = differ::difference(before, &state, ground.dialect);
    (difference.is_none() || wrong >= SPLIT).then_some(((first, last), difference))
}

/// The place of the first of the downs that lead back together, the last of which is this one.
fn closes(ground: &Ground<'_>, tried: &[Tried], last: usize) -> Option<usize> {
    let (after, mut known) = replay::after(ground.replayed, ground.history, tried[last].migration)?;
    let mut state: Catalog = after.clone();
    for at in (0..=last).rev().take(LONGEST) {
        let own = &tried[at];
        let (migration, of) = (&ground.history.migrations[own.migration], &ground.history.migrations[tried[last].migration]);
        // Every migration between must be one of them: what drops everything leads back from anything.
        let next = own.migration + (last - at) == tried[last].migration;
        if !next || migration.name.is_empty() || migration.name != of.name || own.manual {
            return None;
        }
        let script = ground.history.migrations[own.migration].down.as_ref()?;
        let back = ground.onto(&state, known, own.migration, script, &own.parsed);
        known &= back.steps.iter().all(replay::is_certain);
        if !known || back.steps.iter().any(|step| !step.problems.is_empty()) {
            return None;
        }
        state = back.schema;
        let (before, _) = replay::before(ground.replayed, ground.history, own.migration)?;
        if at < last && differ::difference(before, &state, ground.dialect).is_none() {
            return Some(at);
        }
    }
    None
}
