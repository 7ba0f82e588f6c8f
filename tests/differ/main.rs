//! The judgement held against a server, at random: random schemas, random migrations on them, and whatever is said of them: whether a
//! statement fails, the schema after it, its locks, which application breaks, the way back. Where server and judgement differ, the case
//! is made as small as it can be and shown.
//!
//! The test makes the same cases every time. `MIGSAFE_DIFFER_SECONDS=3600 cargo test --test differ -- --nocapture` goes on for that
//! long, `MIGSAFE_DIFFER_FIRST=4711` begins with that seed, and `MIGSAFE_DIFFER_COUNT=1` ends after so many.
#![cfg(feature = "verify")]

mod case;
#[path = "../support/generate/mod.rs"]
mod generate;
mod judge;
mod known;
mod opinion;
mod shrink;

use case::Case;
use judge::{Counts, Disagreement};
use migsafe::parse::on_big_stack;
use migsafe::verify::Server;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How many seeds a usual run tries.
const USUAL: u64 = 30;

/// How many seeds are tried at the same time.
const AT_A_TIME: usize = 2;

/// What all threads found.
#[derive(Default)]
struct Found {
    /// How long one case may take to become small.
    patience: Duration,
    counts: Counts,
    /// Disagreements by their keys: how many, and the first one in full.
    wrong: BTreeMap<String, (usize, String)>,
    /// Those that are known, by the reason.
    known: BTreeMap<&'static str, usize>,
}

#[test]
fn the_server_agrees() {
    let number = |name| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let first = number("MIGSAFE_DIFFER_FIRST").unwrap_or(0);
    let seconds = number("MIGSAFE_DIFFER_SECONDS");
    let deadline = seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds));
    let last = first + number("MIGSAFE_DIFFER_COUNT").unwrap_or(if seconds.is_some() { u64::MAX / 2 } else { USUAL });
    let threads = if seconds.is_some() { 1 } else { AT_A_TIME };
    let patience = Duration::from_secs(if seconds.is_some() { 240 } else { 20 });
    let server = Server::shared().expect("a server");
    let (next, found) = (AtomicU64::new(first), Mutex::new(Found { patience, ..Found::default() }));
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= last || deadline.is_some_and(|deadline| Instant::now() > deadline) {
                break;
            }
            on_big_stack(|| try_seed(server, seed, &found));
        }
    };
    std::thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(work))));
    let found = found.into_inner().expect("no thread panicked");
    let seeds = next.into_inner().min(last) - first;
    println!("{seeds} seeds: {}", found.counts);
    found.known.iter().for_each(|(why, count)| println!("{count} known: {why}"));
    let wrong: Vec<String> = found.wrong.values().map(|(count, text)| format!("{count} times: {text}")).collect();
    assert!(wrong.is_empty(), "{} kinds of disagreement\n\n{}", wrong.len(), wrong.join("\n\n"));
}

fn try_seed(server: &Server, seed: u64, found: &Mutex<Found>) {
    let mut counts = Counts::default();
    let (case, mut all) = Case::make(server, seed, &mut counts);
    all.extend(judge::judge(server, &case, &mut counts).into_iter().map(|found| (case.clone(), found)));
    for (case, disagreement) in all {
        tell(server, seed, &case, disagreement, found);
    }
    found.lock().expect("no thread panicked").counts.add(&counts);
}

/// Counts a disagreement; the first of its kind is made small and shown.
fn tell(server: &Server, seed: u64, case: &Case, disagreement: Disagreement, found: &Mutex<Found>) {
    let key = disagreement.key.clone();
    {
        let mut found = found.lock().expect("no thread panicked");
        if let Some(why) = known::known(case, &disagreement) {
            *found.known.entry(why).or_default() += 1;
            return;
        }
        if let Some((count, _)) = found.wrong.get_mut(&key) {
            *count += 1;
            return;
        }
        found.wrong.insert(key.clone(), (1, String::new()));
    }
    let (small, disagreement) = shrink::shrink(server, case, disagreement, found.lock().expect("no thread panicked").patience);
    let text = format!("seed {seed}: {}\n{}\n{small}", disagreement.key, disagreement.detail.trim_end());
    println!("== {text}\n");
    let mut found = found.lock().expect("no thread panicked");
    if let Some(why) = known::known(&small, &disagreement) {
        // Made small it shows itself as what is known; another one of this key may not be.
        found.wrong.remove(&key);
        *found.known.entry(why).or_default() += 1;
    } else if let Some((_, known)) = found.wrong.get_mut(&key) {
        *known = text;
    }
}
