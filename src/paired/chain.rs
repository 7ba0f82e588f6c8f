//! Downs that only make sense together: one migration that is split into several files of one name, whose downs lead back as one.

use super::attempt::{Ground, Tried};
use super::differ;
use crate::catalog::Catalog;
use crate::replay;

/// The most downs that are tried as one.
const LONGEST: usize = 64;

/// Looks at each down that does not lead back alone: where those of the migrations of the same name before it, run after it, lead back
/// from all of them, none of them is at fault. `tried` is in the order of the history.
pub(super) fn find(ground: &Ground<'_>, tried: &mut [Tried]) {
    let mut at = tried.len();
    while at > 0 {
        at -= 1;
        if !tried[at].is_untrue() {
            continue;
        }
        if let Some(first) = closes(ground, tried, at) {
            let together = (tried[first].migration, tried[at].migration);
            tried[first..=at].iter_mut().for_each(|own| own.together = Some(together));
            at = first;
        }
    }
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
