//! How long a judgement takes, over histories of 100, 1,000 and 10,000 migrations: `cargo bench`. The time should grow with the
//! number of migrations and no faster.

mod history;

use divan::Bencher;
use migsafe::assess::Strategy;
use migsafe::dialect::{Dialect, Postgres};
use migsafe::lint::on_pool;
use migsafe::read::{Project, read};
use migsafe::replay::{Release, read_statements, replay};
use migsafe::report::{Detail, Look, human, json};
use migsafe::rules::Levels;
use migsafe::{Options, Pending, lint};
use std::path::Path;
use std::process::{Command, Stdio};
use tempfile::TempDir;

const SIZES: [usize; 3] = [100, 1_000, 10_000];

/// How many of the last migrations are judged.
const PENDING: usize = 5;

fn main() {
    divan::main();
}

/// Files to a project.
#[divan::bench(args = SIZES, sample_count = 10)]
fn files(bencher: Bencher, size: usize) {
    let dir = laid_out(size);
    bencher.bench_local(|| read(dir.path(), None).expect("a project"));
}

/// Texts to changes, on all cores.
#[divan::bench(args = SIZES, sample_count = 10)]
fn statements(bencher: Bencher, size: usize) {
    let project = project(size);
    bencher.bench_local(|| on_pool(|| read_statements(&project.sources, &project.history)));
}

/// Changes to schema states.
#[divan::bench(args = SIZES, sample_count = 10)]
fn states(bencher: Bencher, size: usize) {
    let project = project(size);
    let parsed = on_pool(|| read_statements(&project.sources, &project.history));
    bencher.bench_local(|| {
        on_pool(|| replay(&project.history, &parsed, |number| number + PENDING >= size, Release::Together, &Postgres))
    });
}

/// A project to its reports, the last migrations judged.
#[divan::bench(args = SIZES, sample_count = 10)]
fn judged_last(bencher: Bencher, size: usize) {
    let project = project(size);
    let options = options(Pending::only((size - PENDING..size).collect::<Vec<_>>()));
    bencher.bench_local(|| reports(&project, &options));
}

/// A project to its reports, every migration judged.
#[divan::bench(args = SIZES, sample_count = 5)]
fn judged_all(bencher: Bencher, size: usize) {
    let project = project(size);
    let options = options(Pending::all(&project.history));
    bencher.bench_local(|| reports(&project, &options));
}

/// The whole process for one file of a project with 200 migrations, as a hook calls it.
#[divan::bench(sample_count = 30)]
fn process_one_of_200(bencher: Bencher) {
    let dir = laid_out(200);
    let file = dir.path().join(history::name(199));
    bencher.bench_local(|| run(&file));
}

/// The whole process for everything in a project with 10,000 migrations.
#[divan::bench(sample_count = 5)]
fn process_all_of_10_000(bencher: Bencher) {
    let dir = laid_out(10_000);
    bencher.bench_local(|| run(dir.path()));
}

fn run(path: &Path) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_migsafe"));
    command.arg("lint").arg(path).stdout(Stdio::null()).stderr(Stdio::null());
    let status = command.status().expect("it starts");
    assert!(status.code().is_some_and(|code| code < 2), "{status}");
}

fn reports(project: &Project, options: &Options) -> (String, String) {
    let judged = [lint(project, options)];
    (human(&judged, Look { color: false, width: 100, detail: Detail::Usual }), json(&judged))
}

fn options(pending: Pending) -> Options {
    Options {
        dialect: &Postgres,
        version: Postgres.usual_version(),
        strategy: Strategy::Rolling,
        levels: Levels::default(),
        pending,
    }
}

fn project(size: usize) -> Project {
    read(laid_out(size).path(), None).expect("a project")
}

fn laid_out(size: usize) -> TempDir {
    let dir = TempDir::new().expect("a directory");
    for number in 0..size {
        std::fs::write(dir.path().join(history::name(number)), history::migration(number)).expect("written");
    }
    dir
}
