//! Hostile input: mutated statements go the whole way from text to findings, plans, downs and every report of them. Nothing may
//! panic, hang or reach a terminal as it stands, JSON must be JSON and XML must be XML.
//!
//! The test makes the same mutations every time. `MIGSAFE_FUZZ_SECONDS=1800 cargo test --test fuzz` goes on for that long, and
//! `MIGSAFE_FUZZ_FIRST=4711` begins with that mutation. Such a run keeps the input of the moment as `fuzz-<mutation>.sql` in the
//! directory that Cargo gives to tests (`target/tmp`) until it has survived.

use migsafe::assess::Strategy;
use migsafe::dialect::{Dialect, Postgres};
use migsafe::lint::on_pool;
use migsafe::read::{Runner, read_stdin};
use migsafe::replay::Release;
use migsafe::report::{self, Detail, Look};
use migsafe::rules::{Base, Level, Levels};
use migsafe::{Options, Pending, down, lint};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How many mutations a usual run makes.
const USUAL: u64 = 4_000;

/// How long one input may take before it counts as a hang; debug builds on busy machines are slow.
const HANG: Duration = Duration::from_secs(60);

/// The mutation of the moment, for who finds the process dead.
static CURRENT: AtomicU64 = AtomicU64::new(0);

#[test]
fn no_text_breaks_the_way_to_a_report() {
    let number = |name| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let (first, seconds) = (number("MIGSAFE_FUZZ_FIRST").unwrap_or(0), number("MIGSAFE_FUZZ_SECONDS"));
    let deadline = seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds));
    let pool = Pool::new();
    std::thread::spawn(watch);
    let mut read = 0;
    for at in first.. {
        if deadline.map_or(at >= first + USUAL, |deadline| Instant::now() > deadline) {
            println!("{} inputs, {read} of them were text", at - first);
            break;
        }
        let mut random = Random(at);
        let input = pool.mutated(&mut random);
        let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fuzz-{at}.sql"));
        if deadline.is_some() {
            std::fs::write(&kept, &input).expect("the input of the moment is kept");
        }
        CURRENT.store(at, Ordering::Relaxed);
        // As the command line does: statements nest deeper than a usual stack holds.
        read += u64::from(on_pool(|| survives(&input, &mut random, at)));
        if deadline.is_some() {
            std::fs::remove_file(&kept).expect("it was written");
        }
    }
}

/// Text to reports. Whether it was text at all.
fn survives(input: &[u8], random: &mut Random, at: u64) -> bool {
    let runners: Vec<Runner> = Runner::all().collect();
    let runner = (random.below(4) == 0).then(|| runners[random.below(runners.len())]);
    let Ok(project) = read_stdin(input, runner) else { return false };
    let count = project.history.migrations.len();
    let pending =
        if random.below(2) == 0 { Pending::all(&project.history) } else { Pending::only((0..count).collect::<Vec<_>>()) };
    let options = Options {
        dialect: &Postgres,
        version: Postgres.usual_version(),
        strategy: Strategy::Rolling,
        levels: Levels::default(),
        pending,
    };
    let together = options.pending.release == Release::Together;
    let judged = [lint(&project, &options)];
    let shown = |name: &str, text: &str| {
        let bad = text.chars().find(|character| character.is_control() && !matches!(character, '\n' | '\t'));
        assert_eq!(bad, None, "mutation {at} reaches {name}: {}", String::from_utf8_lossy(input).escape_debug());
    };
    let is_json = |name: &str, text: &str| {
        shown(name, text);
        let parsed = serde_json::from_str::<serde_json::Value>(text);
        assert!(parsed.is_ok(), "mutation {at} makes {name} that is no JSON: {parsed:?}");
    };
    let look = Look { color: false, width: 80, detail: Detail::Verbose };
    shown("the terminal", &report::human(&judged, look));
    is_json("JSON", &report::json(&judged));
    let base = Base::new(Path::new("/"), Path::new("/"));
    is_json("SARIF", &report::sarif(&judged, &base));
    is_json("code quality", &report::gitlab(&judged, &base));
    shown("annotations", &report::github(&judged, &base));
    shown("Markdown", &report::markdown(&judged, &base));
    let junit = report::junit(&judged, &base, Level::Error);
    shown("JUnit", &junit);
    assert!(roxmltree::Document::parse(&junit).is_ok(), "mutation {at} makes JUnit that is no XML");
    let [judged] = judged;
    if together {
        let plan = migsafe::plan::plan(&judged);
        shown("the plan", &report::plan_human(&judged, &plan, look));
        is_json("the plan's JSON", &report::plan_json(&judged, &plan));
        shown("the plan's Markdown", &report::plan_markdown(&judged, &plan));
        shown("the plan's page", &report::plan_html(&judged, &plan));
    }
    for assessment in &judged.assessments {
        let number = assessment.migration;
        let back = down::down(&judged.parsed[number], &judged.replayed, number, &Postgres);
        down::script(&back, &Postgres);
    }
    true
}

/// Ends the process where one input takes too long: there is no other way to stop it.
fn watch() {
    let mut seen = (CURRENT.load(Ordering::Relaxed), Instant::now());
    loop {
        std::thread::sleep(Duration::from_secs(1));
        let now = CURRENT.load(Ordering::Relaxed);
        if now != seen.0 {
            seen = (now, Instant::now());
        } else if seen.1.elapsed() > HANG {
            eprintln!("mutation {now} hangs");
            std::process::abort();
        }
    }
}

/// Statements to mutate.
struct Pool {
    /// Those of each file, in order: later ones name what earlier ones made.
    files: Vec<Vec<String>>,
}

/// What is put where it does not belong.
const ODDITIES: &[&str] = &[
    "'",
    "\"",
    "$$",
    "$a$",
    "E'\\",
    "/*",
    "*/",
    "--",
    ";",
    "(",
    ")",
    "[",
    "]",
    ",",
    ".",
    "::",
    "\\",
    "\\.",
    "\0",
    "\r",
    "\t",
    "\u{1b}[31m",
    "\u{9b}",
    "\u{202e}",
    "\u{feff}",
    "\u{200b}",
    "é",
    "表",
    "\u{1f600}",
    "U&\"\\0441\"",
    "0x7f",
    "1e999",
    "-9223372036854775808",
    "99999999999999999999",
    "BEGIN",
    "COMMIT",
    "ROLLBACK",
    "ROLLBACK TO s",
    "SAVEPOINT s",
    "CASCADE",
    "CONCURRENTLY",
    "IF EXISTS",
    "NOT NULL",
    "DEFAULT",
    "USING",
    "ONLY",
    "*",
    "=",
    "<>",
    "NULL",
    "COPY t FROM stdin;\n1\t2\n\\.\n",
    "BEGIN ATOMIC",
    "END",
    "DO $$",
    "CREATE",
    "ALTER",
    "DROP",
    "TABLE",
    "RENAME TO",
    "public.",
    "-- migsafe: allow(",
    "-- migsafe: allow(x) reason=\"\u{1b}\"\n",
    "-- migsafe: phase=contract\n",
    "-- +goose Down\n",
    "-- migrate:down\n",
    "--> statement-breakpoint\n",
    "--rollback x\n",
    "--changeset a:b\n",
    ":'x'",
    "{{",
    "}}",
    "@@",
    "#",
    "`",
];

impl Pool {
    fn new() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut paths = sql_files(&root.join("tests"));
        paths.extend(sql_files(&root.join("migrations-examples")));
        let statements = |path: PathBuf| {
            let text = std::fs::read_to_string(path).expect("it is UTF-8");
            text.split_inclusive(";\n").map(str::to_owned).collect::<Vec<_>>()
        };
        let files: Vec<Vec<String>> = paths.into_iter().map(statements).filter(|file| !file.is_empty()).collect();
        assert!(files.len() > 20, "the statements to mutate are there");
        Pool { files }
    }

    fn mutated(&self, random: &mut Random) -> Vec<u8> {
        let file = &self.files[random.below(self.files.len())];
        let start = random.below(file.len());
        let length = 1 + random.below(12);
        let mut text: String = file[start..(start + length).min(file.len())].concat();
        for _ in 0..random.below(6) {
            text = self.change(text, random);
        }
        let mut bytes = text.into_bytes();
        if random.below(20) == 0 && !bytes.is_empty() {
            let at = random.below(bytes.len());
            bytes[at] = random.below(256) as u8;
        }
        bytes
    }

    /// One mutation of a text.
    fn change(&self, text: String, random: &mut Random) -> String {
        let words = words(&text);
        let word = |random: &mut Random| words[random.below(words.len())].clone();
        if words.is_empty() {
            return ODDITIES[random.below(ODDITIES.len())].to_owned();
        }
        let at = word(random);
        let replaced = |range: std::ops::Range<usize>, by: &str| [&text[..range.start], by, &text[range.end..]].concat();
        match random.below(12) {
            0 => text[..at.start].to_owned(),
            1 => replaced(at, ""),
            2 => replaced(at.clone(), &text[at.clone()].repeat(2)),
            3 => replaced(at, &text[word(random)]),
            4 | 5 => replaced(at.start..at.start, ODDITIES[random.below(ODDITIES.len())]),
            6 => replaced(at, ODDITIES[random.below(ODDITIES.len())]),
            7 => {
                let other = &self.files[random.below(self.files.len())];
                replaced(at.start..at.start, &other[random.below(other.len())])
            }
            8 => {
                let end = word(random).end.max(at.end);
                replaced(at.start..end, "")
            }
            9 => {
                let end = word(random).end.max(at.end);
                replaced(end..end, &text[at.start..end])
            }
            10 => {
                replaced(at.clone(), &format!("{}{}{}", "(".repeat(random.below(300)), &text[at], ")".repeat(random.below(300))))
            }
            _ => replaced(at.clone(), &format!("\"{}\"", &text[at])),
        }
    }
}

/// The words and signs of a text, by their place.
fn words(text: &str) -> Vec<std::ops::Range<usize>> {
    let mut out: Vec<std::ops::Range<usize>> = Vec::new();
    let mut in_word = false;
    for (at, character) in text.char_indices() {
        let end = at + character.len_utf8();
        let is_word = character.is_alphanumeric() || character == '_';
        match out.last_mut() {
            Some(last) if is_word && in_word => last.end = end,
            _ if !character.is_whitespace() => out.push(at..end),
            _ => {}
        }
        in_word = is_word;
    }
    out
}

fn sql_files(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(directory).expect("it can be listed").flatten() {
        let path = entry.path();
        if path.is_dir() {
            files.extend(sql_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "sql") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// SplitMix64: each mutation has its own, seeded with its number.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }
}
