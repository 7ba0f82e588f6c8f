//! `--base` and `--staged` in real repositories with a bare remote: what is judged, what a released migration may not become, and
//! what is said where git cannot tell.

mod repository;

use repository::{Repository, ran};
use std::fs;
use std::path::Path;

const INIT: &str = "CREATE TABLE users (id bigint PRIMARY KEY, name text NOT NULL, email text);\n";
const AGE: &str = "ALTER TABLE users ADD COLUMN age integer;\n";
const DROP: &str = "ALTER TABLE users DROP COLUMN email;\n";
const DRAFT: &str = "-- nothing yet\n";

/// A clone on a branch of its own; `main` has two migrations.
fn shop() -> Repository {
    let repository = Repository::new();
    repository.write("migrations/0001_init.up.sql", INIT);
    repository.write("migrations/0002_age.up.sql", AGE);
    repository.commit("two migrations");
    repository.git(&["push", "-q", "origin", "main"]);
    repository.git(&["remote", "set-head", "origin", "main"]);
    repository.git(&["checkout", "-q", "-b", "feature"]);
    repository
}

/// Versions that are judged, and rules that fire on them and on released ones.
fn judged(dir: &Path, args: &[&str]) -> (Vec<String>, Vec<String>) {
    let ran = ran(dir, &[&["lint", "--format", "json"], args].concat());
    assert!(ran.code < 2, "{args:?}: {}", ran.err);
    let report: serde_json::Value = serde_json::from_str(&ran.out).expect("one document");
    let list = |value: &serde_json::Value| value.as_array().cloned().expect("a list");
    let text = |value: &serde_json::Value| value.as_str().expect("a string").to_owned();
    let all = [list(&report["released"]), list(&report["migrations"])].concat();
    let rules = all.iter().flat_map(|migration| list(&migration["findings"]));
    (
        list(&report["migrations"]).iter().map(|migration| text(&migration["version"])).collect(),
        rules.map(|finding| text(&finding["rule"])).collect(),
    )
}

fn found(versions: &[&str], rules: &[&str]) -> (Vec<String>, Vec<String>) {
    let owned = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
    (owned(versions), owned(rules))
}

#[test]
fn only_what_the_branch_adds_is_judged() {
    let shop = shop();
    let none = ran(shop.path(), &["lint"]);
    assert_eq!((none.code, none.out.as_str()), (0, ""));
    let note =
        "nothing is pending: all migrations are in origin/main already; --base REVISION compares with another, --all judges all";
    assert!(none.err.contains(note), "{}", none.err);

    shop.write("migrations/0003_drop.up.sql", DROP);
    let dropped = found(&["0003"], &["column-dropped"]);
    assert_eq!(judged(shop.path(), &[]), dropped, "not even added to the index");
    shop.commit("drop");
    assert_eq!(judged(shop.path(), &[]), dropped);
    assert_eq!(judged(shop.path(), &["--base", "origin/main"]), dropped);
    assert_eq!(judged(shop.path(), &["--base", "main"]), dropped);
    assert_eq!(judged(&shop.path().join("migrations"), &[]), dropped, "in a subdirectory");
    assert_eq!(judged(shop.path().parent().expect("a parent"), &["clone"]), dropped, "from outside");
    assert_eq!(judged(shop.path(), &["--base", "HEAD"]).0, [""; 0]);
    assert_eq!(judged(shop.path(), &["--all"]).0, ["0001", "0002", "0003"]);

    // The branch that was left has gone on: its migration is none of this branch's, but is ordered after it.
    shop.git(&["checkout", "-q", "main"]);
    shop.write("migrations/0004_later.up.sql", DRAFT);
    shop.commit("later");
    shop.git(&["push", "-q", "origin", "main"]);
    shop.git(&["checkout", "-q", "--detach", "feature"]);
    assert_eq!(judged(shop.path(), &[]), found(&["0003"], &["column-dropped", "migration-out-of-order"]), "on no branch");
}

#[test]
fn what_is_staged_is_judged_and_not_what_lies_on_disk() {
    let shop = shop();
    shop.write("migrations/0003_drop.up.sql", DROP);
    assert_eq!(judged(shop.path(), &["--staged"]), found(&[], &[]), "not in the index");
    shop.git(&["add", "migrations"]);
    shop.write("migrations/0003_drop.up.sql", DRAFT);
    shop.write("migrations/0004_untracked.up.sql", DROP);
    assert_eq!(judged(shop.path(), &["--staged"]), found(&["0003"], &["column-dropped"]));
    fs::remove_file(shop.path().join("migrations/0003_drop.up.sql")).expect("it is there");
    assert_eq!(judged(shop.path(), &["--staged"]), found(&["0003"], &["column-dropped"]), "deleted on disk only");
    shop.git(&["commit", "-q", "-m", "drop"]);

    // What was committed before belongs to the same release, and was reported then.
    shop.git(&["checkout", "-q", "--", "migrations"]);
    fs::remove_file(shop.path().join("migrations/0004_untracked.up.sql")).expect("it is there");
    shop.write("migrations/0004_readd.up.sql", "ALTER TABLE users ADD COLUMN email text;\n");
    shop.git(&["add", "migrations"]);
    assert_eq!(judged(shop.path(), &["--staged"]).0, ["0004"]);
    assert_eq!(judged(shop.path(), &[]).0, ["0003", "0004"]);

    // One that is not released may still be edited.
    shop.git(&["commit", "-q", "-m", "again"]);
    shop.write("migrations/0003_drop.up.sql", DRAFT);
    shop.git(&["add", "migrations"]);
    assert_eq!(judged(shop.path(), &["--staged"]), found(&["0003"], &[]));
}

#[test]
fn the_first_commit_has_all_of_it_staged() {
    let repository = Repository::new();
    repository.write("migrations/0001_init.up.sql", INIT);
    assert_eq!(judged(repository.path(), &["--staged"]).0, [""; 0]);
    repository.git(&["add", "."]);
    assert_eq!(judged(repository.path(), &["--staged"]).0, ["0001"]);
}

#[test]
fn released_migrations_do_not_change() {
    let shop = shop();
    let edited = "released-migration-edited";
    shop.write("migrations/0002_age.up.sql", "ALTER TABLE users ADD COLUMN age bigint;\n");
    assert_eq!(judged(shop.path(), &[]), found(&[], &[edited]));
    assert_eq!(judged(shop.path(), &["--staged"]), found(&[], &[]), "not staged");
    shop.git(&["add", "."]);
    assert_eq!(judged(shop.path(), &["--staged"]), found(&[], &[edited]));
    let told = ran(shop.path(), &["lint"]);
    assert_eq!(told.code, 1);
    assert!(
        told.out.contains("`0002_age` is released (origin/main), and it was edited\n --> migrations/0002_age.up.sql:1:1"),
        "{}",
        told.out
    );

    let allow = format!("-- migsafe: allow({edited}) reason=\"not deployed yet\"\n\nALTER TABLE users ADD COLUMN age bigint;\n");
    shop.write("migrations/0002_age.up.sql", &allow);
    assert_eq!(ran(shop.path(), &["lint"]).code, 0);

    // Comments matter to those who keep a checksum of every byte.
    shop.write("migrations/0002_age.up.sql", &format!("-- years\n{AGE}"));
    assert_eq!(judged(shop.path(), &[]), found(&[], &[]));
    for (runner, rules) in [("sqlx", &[edited][..]), ("golang-migrate", &[])] {
        assert_eq!(judged(shop.path(), &["--runner", runner]), found(&[], rules), "{runner}");
    }

    shop.git(&["checkout", "-q", "HEAD", "--", "migrations"]);
    shop.git(&["rm", "-q", "migrations/0002_age.up.sql"]);
    assert_eq!(judged(shop.path(), &[]), found(&[], &[edited]), "deleted");
    assert_eq!(judged(shop.path(), &["--staged"]), found(&[], &[edited]), "deleted");

    // The released schema is that of the base, whatever the files say now.
    shop.write("migrations/0003_drop_age.up.sql", "ALTER TABLE users DROP COLUMN age;\n");
    assert_eq!(judged(shop.path(), &[]), found(&["0003"], &[edited, "column-dropped"]));
}

#[test]
fn renaming_is_editing_where_the_runner_goes_by_the_name() {
    let shop = shop();
    shop.git(&["mv", "migrations/0002_age.up.sql", "migrations/0002_years.up.sql"]);
    assert_eq!(judged(shop.path(), &["--runner", "sqlx"]), found(&[], &[]), "the version is the same");
    shop.git(&["mv", "migrations/0002_years.up.sql", "migrations/0007_age.up.sql"]);
    let again = found(&["0007"], &["released-migration-edited", "migration-fails"]);
    assert_eq!(judged(shop.path(), &["--runner", "golang-migrate"]).0, ["0007"]);
    assert_eq!(judged(shop.path(), &["--runner", "sqlx"]), again);
    let told = ran(shop.path(), &["lint", "--runner", "sqlx"]);
    assert!(told.out.contains("`0002_age` is released (origin/main), and is now `0007_age`"), "{}", told.out);
}

#[test]
fn a_directory_that_moved_has_the_same_migrations() {
    let shop = shop();
    fs::create_dir(shop.path().join("db")).expect("a directory");
    shop.git(&["mv", "migrations", "db/migrations"]);
    shop.write("db/migrations/0003_drop.up.sql", DROP);
    assert_eq!(judged(shop.path(), &[]), found(&["0003"], &["column-dropped"]));
    shop.commit("moved");
    assert_eq!(judged(shop.path(), &[]), found(&["0003"], &["column-dropped"]));
}

#[test]
fn new_migrations_come_after_released_ones() {
    let shop = shop();
    shop.write("migrations/0000_first.up.sql", "ALTER TABLE users ADD COLUMN height integer;\n");
    for (runner, level) in [("plain", "warning"), ("golang-migrate", "error"), ("sqlx", "info")] {
        let ran = ran(shop.path(), &["lint", "--runner", runner]);
        let title = format!(
            "{level}[migration-out-of-order]: `0000_first` is ordered before `0002_age`, which is released (origin/main)"
        );
        assert!(ran.out.contains(&title), "{runner}: {}{}", ran.out, ran.err);
        assert_eq!(ran.code, i32::from(level == "error"), "{runner}");
        // Where it is applied at all, then after the others: the table is there.
        assert!(!ran.out.contains("migration-fails") && !ran.out.contains("schema-assumed"), "{}", ran.out);
    }
}

#[test]
fn what_is_merged_meanwhile_takes_numbers_and_places() {
    for (theirs, relation) in [("0003_theirs", "has the version of"), ("0004_later", "is ordered before")] {
        let shop = shop();
        shop.write("migrations/0003_mine.up.sql", "ALTER TABLE users ADD COLUMN height integer;\n");
        shop.commit("mine");
        assert_eq!(judged(shop.path(), &[]), found(&["0003"], &[]));
        shop.git(&["checkout", "-q", "main"]);
        shop.write(&format!("migrations/{theirs}.up.sql"), "CREATE TABLE theirs (id integer PRIMARY KEY);\n");
        shop.commit("theirs");
        shop.git(&["push", "-q", "origin", "main"]);
        shop.git(&["checkout", "-q", "feature"]);
        let title = format!("`0003_mine` {relation} `{theirs}`, which is released (origin/main)");
        for base in [&[][..], &["--base", "origin/main"]] {
            let ran = ran(shop.path(), &[&["lint", "--runner", "golang-migrate"], base].concat());
            assert!(ran.out.contains(&title), "{base:?}: {}{}", ran.out, ran.err);
            assert_eq!(ran.code, 1, "{base:?}");
        }
        // Their migration is not judged, and a new number is the way out.
        assert_eq!(judged(shop.path(), &[]), found(&["0003"], &["migration-out-of-order"]));
        shop.git(&["mv", "migrations/0003_mine.up.sql", "migrations/0005_mine.up.sql"]);
        assert_eq!(judged(shop.path(), &["--staged"]), found(&["0005"], &[]));
    }
}

#[test]
fn shallow_clones_and_missing_revisions_say_what_to_fetch() {
    let shop = shop();
    shop.write("migrations/0003_drop.up.sql", DROP);
    shop.commit("drop");
    shop.git(&["push", "-q", "origin", "feature"]);
    let error = |dir: &Path, args: &[&str]| {
        let ran = ran(dir, &[&["lint"], args].concat());
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{args:?}");
        ran.err
    };
    for (args, message) in [
        (["--base", "nowhere"], "error: no revision `nowhere`; "),
        (["--base", "origin/nowhere"], "fetch it: `git fetch origin nowhere:refs/remotes/origin/nowhere`"),
        (["--base", "--output=x"], "a value is required for '--base <REVISION>'"),
    ] {
        assert!(error(shop.path(), &args).contains(message), "{args:?}: {}", error(shop.path(), &args));
    }
    assert!(error(shop.path(), &["--base=--output=x"]).contains("no revision `--output=x`"));

    // As CI does by default: one commit of one branch.
    let shallow = shop.clone_as("shallow", &["--depth", "1", "--branch", "feature"]);
    let told = error(&shallow, &[]);
    assert!(told.contains("this clone is shallow") && told.contains("fetch-depth: 0") && told.contains("--all"), "{told}");
    shop.git_in(&shallow, &["fetch", "-q", "--depth", "1", "origin", "main:refs/remotes/origin/main"]);
    let told = error(&shallow, &["--base", "origin/main"]);
    assert!(
        told.contains("`origin/main` and HEAD have no common history here; fetch the history: `git fetch --unshallow`"),
        "{told}"
    );
    assert_eq!(judged(&shallow, &["--all"]).0, ["0001", "0002", "0003"]);
    shop.git_in(&shallow, &["fetch", "-q", "--unshallow", "origin"]);
    assert_eq!(judged(&shallow, &[]).0, ["0003"]);

    // Deep enough for the merge commit's parents is deep enough.
    shop.git(&["checkout", "-q", "-b", "merge", "main"]);
    shop.git(&["merge", "-q", "--no-ff", "-m", "merge", "feature"]);
    shop.git(&["push", "-q", "origin", "merge"]);
    let two = shop.clone_as("two", &["--depth", "2", "--branch", "merge"]);
    assert_eq!(judged(&two, &["--base", "HEAD^1"]).0, ["0003"]);
}

#[test]
fn unrelated_histories_have_nothing_in_common() {
    let shop = shop();
    shop.git(&["checkout", "-q", "--orphan", "other"]);
    shop.commit("from scratch");
    let ran = ran(shop.path(), &["lint"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("`origin/main` and HEAD have no common history here; name a revision"), "{}", ran.err);
}

#[test]
fn worktrees_and_submodules_are_repositories_as_well() {
    let shop = shop();
    let tree = shop.beside("tree");
    shop.git(&["worktree", "add", "-q", "-b", "other", tree.to_str().expect("UTF-8"), "main"]);
    fs::write(tree.join("migrations/0003_drop.up.sql"), DROP).expect("a file");
    assert_eq!(judged(&tree, &[]), found(&["0003"], &["column-dropped"]));
    assert_eq!(judged(shop.path(), &[]), found(&[], &[]));
    shop.git_in(&tree, &["add", "."]);
    assert_eq!(judged(&tree, &["--staged"]), found(&["0003"], &["column-dropped"]));

    let outer = Repository::new();
    outer.write("README", "the outer one\n");
    outer.commit("outer");
    outer.git(&["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", shop.remote().to_str().expect("UTF-8"), "db"]);
    outer.commit("with a submodule");
    let inner = outer.path().join("db");
    fs::write(inner.join("migrations/0003_drop.up.sql"), DROP).expect("a file");
    assert_eq!(judged(&inner, &[]), found(&["0003"], &["column-dropped"]));
    assert_eq!(judged(outer.path(), &["db"]), found(&["0003"], &["column-dropped"]), "from the outer repository");
    // A hook of the outer repository speaks of the outer one.
    let environment = [("GIT_DIR", ".git"), ("GIT_INDEX_FILE", ".git/index")];
    let ran = repository::ran_with(outer.path(), &["lint", "db"], &environment);
    assert_eq!(ran.code, 1, "{}", ran.err);
}

#[test]
fn the_environment_of_hooks_and_bare_checkouts_is_honoured() {
    let shop = shop();
    shop.write("migrations/0003_drop.up.sql", DROP);
    // `git commit <file>` gives its hooks an index of their own.
    let other = shop.path().join(".git/other-index");
    fs::copy(shop.path().join(".git/index"), &other).expect("a copy");
    let index = [("GIT_INDEX_FILE", ".git/other-index")];
    shop.git_with(&["add", "migrations"], &index);
    assert_eq!(ran(shop.path(), &["lint", "--staged", "-q"]).code, 0, "the usual index has nothing");
    assert_eq!(repository::ran_with(shop.path(), &["lint", "--staged"], &index).code, 1);
    let both = [("GIT_INDEX_FILE", ".git/other-index"), ("GIT_DIR", ".git")];
    assert_eq!(repository::ran_with(shop.path(), &["lint", "--staged"], &both).code, 1);
    shop.commit("drop");
    shop.git(&["push", "-q", "origin", "feature"]);

    let files = shop.beside("files");
    fs::create_dir(&files).expect("a directory");
    let bare = shop.remote();
    let bare = bare.to_str().expect("UTF-8");
    shop.git_in(&files, &["--git-dir", bare, "--work-tree", ".", "checkout", "-q", "-f", "feature", "--", "."]);
    shop.git_in(&files, &["--git-dir", bare, "symbolic-ref", "HEAD", "refs/heads/feature"]);
    let ran = repository::ran_with(&files, &["lint", "--base", "main"], &[("GIT_DIR", bare)]);
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("1 error in 1 migration (1 statement)"), "{}", ran.out);
}

#[test]
fn without_a_repository_or_a_remote_all_are_judged() {
    let shop = shop();
    let alone = shop.beside("alone");
    fs::create_dir_all(alone.join("migrations")).expect("a directory");
    fs::write(alone.join("migrations/0001_init.up.sql"), INIT).expect("a file");
    assert_eq!(judged(&alone, &[]).0, ["0001"]);
    for flag in [&["--staged"][..], &["--base", "main"]] {
        let failed = ran(&alone, &[&["lint"], flag].concat());
        assert_eq!(failed.code, 2);
        assert!(failed.err.contains("not in a working tree of git; --base and --staged need one"), "{}", failed.err);
    }
    shop.git_in(&alone, &["init", "-q", "-b", "main"]);
    let told = ran(&alone, &["lint"]);
    assert!(told.out.contains("in 1 migration ") && told.err.contains("no remote branch tells what is released"), "{}", told.err);
    shop.git_in(&alone, &["add", "."]);
    shop.git_in(&alone, &["commit", "-q", "-m", "first"]);
    shop.git_in(&alone, &["checkout", "-q", "-b", "feature"]);
    fs::write(alone.join("migrations/0002_drop.up.sql"), DROP).expect("a file");
    assert_eq!(judged(&alone, &[]).0, ["0002"], "the local main is the base");
}

#[test]
fn a_merge_in_progress_takes_the_other_side_for_released() {
    let shop = shop();
    shop.git(&["checkout", "-q", "main"]);
    shop.write("migrations/0003_drop.up.sql", DROP);
    shop.write("conflict", "theirs\n");
    shop.commit("drop, on main");
    shop.git(&["push", "-q", "origin", "main"]);
    shop.git(&["checkout", "-q", "feature"]);
    shop.write("migrations/0004_height.up.sql", "ALTER TABLE users ADD COLUMN height integer;\n");
    shop.write("conflict", "ours\n");
    shop.commit("height");
    assert!(!shop.try_git(&["merge", "-q", "main"]), "a conflict");
    shop.write("conflict", "both\n");
    shop.git(&["add", "."]);
    assert_eq!(judged(shop.path(), &["--staged"]), found(&[], &[]), "the drop is released, the height was reported");
    shop.git(&["commit", "-q", "-m", "merge"]);
    assert_eq!(judged(shop.path(), &[]).0, ["0004"]);
}

#[cfg(unix)]
#[test]
fn odd_names_are_names() {
    use std::os::unix::ffi::OsStrExt;
    let repository = Repository::new();
    let dir = "db [*]\n\u{e9} \"x\"/migrations";
    repository.write(&format!("{dir}/0001_init.up.sql"), INIT);
    repository.commit("odd");
    repository.git(&["push", "-q", "origin", "main"]);
    repository.write(&format!("{dir}/0002_line\nbreak.up.sql"), AGE);
    let raw = std::ffi::OsStr::from_bytes(b"0003_\xff.sql");
    fs::write(repository.path().join(dir).join(raw), DROP).expect("a file");
    assert_eq!(judged(&repository.path().join(dir), &[]).0, ["0002"]);
    repository.git(&["add", "."]);
    repository.write(&format!("{dir}/0002_line\nbreak.up.sql"), DROP);
    assert_eq!(judged(&repository.path().join(dir), &["--staged"]), found(&["0002"], &[]));
}
