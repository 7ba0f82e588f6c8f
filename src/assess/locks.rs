//! What a migration holds as a whole: a lock lasts to the end of its transaction, whatever its own statement took.

use super::Assessment;
use crate::dialect::{Held, Lock};
use crate::replay::Replayed;
use rustc_hash::FxHashMap;

/// The strongest lock on each object, held as long as the slowest work that is done from then on in its transaction: the strongest
/// first, then those that are held longest, then as they are taken.
pub fn locks(replayed: &Replayed, assessment: &Assessment) -> Vec<Lock> {
    let steps = &assessment.steps;
    let first = replayed.commits.partition_point(|commit| commit.steps.end <= steps.start);
    let mut out: Vec<Lock> = Vec::new();
    let mut places = FxHashMap::default();
    for commit in replayed.commits[first..].iter().take_while(|commit| commit.steps.start < steps.end) {
        let inside = commit.steps.start.max(steps.start) - steps.start..commit.steps.end.min(steps.end) - steps.start;
        let taken = assessment.verdicts[inside].iter().map(|verdict| verdict.impact.locks.as_slice());
        for (locks, held) in taken.clone().zip(slowest_from(taken)) {
            for lock in locks {
                let place = *places.entry(&lock.object).or_insert_with(|| {
                    out.push(lock.clone());
                    out.len() - 1
                });
                let known = &mut out[place];
                let held = known.held.max(held);
                if lock.strength > known.strength {
                    known.clone_from(lock);
                }
                known.held = held;
            }
        }
    }
    out.sort_by_key(|lock| std::cmp::Reverse((lock.strength, lock.held)));
    out
}

/// For each statement of a transaction how long its slowest work from then on takes.
fn slowest_from<'a>(taken: impl DoubleEndedIterator<Item = &'a [Lock]>) -> impl Iterator<Item = Held> {
    let mut slowest = Held::Instant;
    let backwards = taken.rev().map(|locks| {
        slowest = locks.iter().map(|lock| lock.held).fold(slowest, Ord::max);
        slowest
    });
    backwards.collect::<Vec<Held>>().into_iter().rev()
}
