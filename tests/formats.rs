//! The formats for pipelines, as the program writes them: valid by their schemas, with paths from the repository's root on, within the
//! limits of those who read them, and whatever names and SQL hold, nothing breaks out of them.

use migsafe::report::MARKER;
use migsafe::rules::{RULES, Topic};
use pulldown_cmark::{Event, Options, Parser, Tag};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

const INIT: &str = "CREATE TABLE users (id bigint PRIMARY KEY, name text NOT NULL, email text);\n";

/// What no format may obey: ends of lines, markup, commands, links, calls, terminal escapes.
const HOSTILE: [&str; 12] = [
    "<script>alert(1)</script>",
    "</summary></details><img src=x>",
    "]]> --> <!-- migsafe -->",
    "a|b | c",
    "`x` ``y`` ```z",
    "%0A::error ::owned",
    "::set-output name=x::y",
    "##[error]owned",
    "[go](https://evil.example) www.evil.example",
    "@everyone #1 *b* _i_ ~s~ $m$",
    "\x1b[31m\u{202e}\u{9b}\r\x08",
    "&amp;\"';DROP",
];

const FORMATS: [&str; 5] = ["sarif", "github", "gitlab", "junit", "markdown"];

/// A repository with these files.
fn repository(files: &[(&Path, &str)]) -> TempDir {
    let dir = tempfile::tempdir().expect("a temporary directory");
    fs::create_dir(dir.path().join(".git")).expect("a directory");
    for (name, text) in files {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().expect("a file has a directory")).expect("a directory");
        fs::write(path, text).expect("a file");
    }
    dir
}

/// What `lint` prints in a format.
fn lint(dir: &Path, format: &str, args: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_migsafe"));
    let output = command.current_dir(dir).args(["lint", "--format", format]).args(args).output().expect("the program runs");
    assert!(output.status.code().is_some_and(|code| code < 2), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("one JSON document")
}

fn list(value: &Value) -> &[Value] {
    value.as_array().expect("a list")
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a string")
}

/// Is valid by the schema, or says why not.
fn sarif(text: &str) -> Value {
    let schema: Value = json(include_str!("formats/sarif-schema-2.1.0.json"));
    let mut schemas = boon::Schemas::new();
    let mut compiler = boon::Compiler::new();
    compiler.enable_format_assertions();
    compiler.add_resource("http://localhost/sarif.json", schema).expect("a schema");
    let index = compiler.compile("http://localhost/sarif.json", &mut schemas).expect("a schema");
    let log = json(text);
    if let Err(error) = schemas.validate(&log, index) {
        panic!("{error:#}");
    }
    log
}

/// Command, properties, message.
type Annotation = (String, Vec<(String, String)>, String);

/// The annotations by the rules of the protocol.
fn annotations(output: &str) -> Vec<Annotation> {
    let decode = |text: &str| {
        let text = text.replace("%0D", "\r").replace("%0A", "\n").replace("%3A", ":").replace("%2C", ",");
        text.replace("%25", "%")
    };
    let commands = output.lines().filter_map(|line| line.trim_start().strip_prefix("::"));
    commands
        .map(|line| {
            let (head, message) = line.split_once("::").expect("a command has a message");
            let (command, properties) = head.split_once(' ').unwrap_or((head, ""));
            let properties = properties.split(',').map(|pair| pair.split_once('=').expect("a property has a value"));
            let properties = properties.map(|(name, value)| (name.to_owned(), decode(value))).collect();
            (command.to_owned(), properties, decode(message))
        })
        .collect()
}

/// What a renderer makes of Markdown: tables, rows, folded parts, and everything that must not be there.
#[derive(Debug, Default, PartialEq)]
struct Rendered {
    tables: usize,
    rows: usize,
    folds: usize,
    foreign: Vec<String>,
}

fn render(markdown: &str) -> Rendered {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS | Options::ENABLE_MATH;
    let mut out = Rendered::default();
    for event in Parser::new_ext(markdown, options) {
        match event {
            Event::Start(Tag::Table(_)) => out.tables += 1,
            Event::Start(Tag::TableRow) => out.rows += 1,
            Event::Html(html) | Event::InlineHtml(html) => {
                out.folds += html.matches("<details>").count();
                let ours = ["<details>", "</details>", "<summary>", "</summary>", "<b>", "</b>", MARKER];
                let rest = ours.iter().fold(html.to_string(), |rest, tag| rest.replace(tag, ""));
                if rest.contains('<') {
                    out.foreign.push(html.to_string());
                }
            }
            Event::Start(Tag::Link { .. } | Tag::Image { .. } | Tag::Emphasis | Tag::Strikethrough)
            | Event::InlineMath(_)
            | Event::DisplayMath(_)
            | Event::Code(_) => {
                out.foreign.push(format!("{event:?}"));
            }
            _ => {}
        }
    }
    out
}

/// The elements of a JUnit report in their order: name and where it stands; the counts are those of the elements.
fn junit(text: &str) -> usize {
    let document = roxmltree::Document::parse(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let root = document.root_element();
    let number =
        |node: roxmltree::Node<'_, '_>, name: &str| node.attribute(name).and_then(|text| text.parse().ok()).unwrap_or(usize::MAX);
    let count = |node: roxmltree::Node<'_, '_>, name: &str| node.descendants().filter(|node| node.has_tag_name(name)).count();
    assert!(root.has_tag_name("testsuites"));
    for suite in std::iter::once(root).chain(root.children().filter(roxmltree::Node::is_element)) {
        assert_eq!((number(suite, "tests"), number(suite, "failures")), (count(suite, "testcase"), count(suite, "failure")));
        assert_eq!(number(suite, "errors"), 0);
        if suite != root {
            assert!(suite.has_tag_name("testsuite") && number(suite, "skipped") == count(suite, "skipped"));
        }
    }
    let known = ["testsuites", "testsuite", "testcase", "failure", "skipped", "system-out"];
    assert!(root.descendants().filter(roxmltree::Node::is_element).all(|node| known.contains(&node.tag_name().name())));
    count(root, "testcase")
}

#[test]
fn an_example_in_each_format() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations-examples");
    for format in FORMATS {
        let output = lint(&examples, format, &["sqlx-shop"]);
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots/formats"));
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        // A checkout without its `.git` starts its paths here.
        settings.add_filter("migrations-examples/sqlx-shop", "sqlx-shop");
        settings.bind(|| insta::assert_snapshot!(format, output));
    }
}

#[test]
fn every_example_is_valid_in_every_format() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations-examples");
    let projects = fs::read_dir(&examples).expect("the examples are there").flatten().filter(|entry| entry.path().is_dir());
    for project in projects.map(|entry| entry.path()) {
        let report = json(&lint(&project, "json", &["--all"]));
        let migrations = list(&report["migrations"]);
        let findings = || migrations.iter().flat_map(|migration| list(&migration["findings"]));
        let open = findings().filter(|finding| finding["suppressed"].is_null()).count();
        let clean = migrations.iter().filter(|migration| list(&migration["findings"]).is_empty()).count();

        let log = sarif(&lint(&project, "sarif", &["--all"]));
        assert_eq!(list(&log["runs"][0]["results"]).len(), open);
        let issues = json(&lint(&project, "gitlab", &["--all"]));
        let prints: BTreeSet<&str> = list(&issues).iter().map(|issue| text(&issue["fingerprint"])).collect();
        assert_eq!((list(&issues).len(), prints.len()), (open, open));
        assert_eq!(junit(&lint(&project, "junit", &["--all"])), findings().count() + clean);
        let comment = render(&lint(&project, "markdown", &["--all"]));
        assert_eq!(comment, Rendered { tables: 1, rows: migrations.len(), folds: open, foreign: vec![] }, "{project:?}");
        let shown = annotations(&lint(&project, "github", &["--all"])).len();
        assert!(shown <= 30 && (shown >= open.min(10)), "{project:?}: {shown} of {open}");
    }
}

#[test]
fn code_scanning_gets_what_it_reads() {
    let dir = repository(&[
        ("db/migrations/0001_init.sql".as_ref(), INIT),
        ("db/migrations/0002_x.sql".as_ref(), "ALTER TABLE users DROP COLUMN email;\nCREATE INDEX é ON users (name);\n"),
    ]);
    let below = dir.path().join("db/migrations");
    let log = sarif(&lint(&below, "sarif", &["--since", "1", ".."]));
    let run = &log["runs"][0];
    let (rules, results) = (list(&run["tool"]["driver"]["rules"]), list(&run["results"]));
    assert_eq!(
        results.iter().map(|result| text(&result["ruleId"])).collect::<Vec<_>>(),
        ["column-dropped", "index-built-with-lock"]
    );
    for result in results {
        let rule = &rules[result["ruleIndex"].as_u64().expect("a number") as usize];
        assert_eq!(rule["id"], result["ruleId"]);
        let limit = |value: &Value, limit: usize| assert!((1..=limit).contains(&text(value).chars().count()), "{value}");
        limit(&rule["name"], 255);
        limit(&rule["shortDescription"]["text"], 1024);
        limit(&rule["fullDescription"]["text"], 1024);
        assert!(text(&rule["help"]["markdown"]).contains("**Reported:**\n\n```sql\n"), "{rule}");
        assert!(list(&rule["properties"]["tags"]).len() <= 10);
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"], serde_json::json!({"uri": "db/migrations/0002_x.sql", "uriBaseId": "%SRCROOT%"}));
    }
    let region = serde_json::json!({"startLine": 2, "startColumn": 1, "endLine": 2, "endColumn": 31});
    assert_eq!(results[1]["locations"][0]["physicalLocation"]["region"], region);
    let fix = &results[1]["fixes"][0]["artifactChanges"][0]["replacements"][0];
    assert_eq!(fix["deletedRegion"], region);
    assert!(text(&fix["insertedContent"]["text"]).starts_with("CREATE INDEX CONCURRENTLY"), "{fix}");
    assert_eq!(results[0].get("fixes"), None, "to drop a column later is no replacement of a text");
}

#[test]
fn paths_start_at_the_root_of_the_repository() {
    let file = Path::new("services/shop/migrations/0002_x.sql");
    let dir = repository(&[
        ("services/shop/migrations/0001_init.sql".as_ref(), INIT),
        (file, "ALTER TABLE users DROP COLUMN email;\n"),
    ]);
    let path = file.to_str().expect("UTF-8");
    for (here, named) in [
        ("services/shop", "."),
        ("services/shop/migrations", "../migrations"),
        ("", "services/shop"),
        (".git", "../services/shop"),
    ] {
        let here = dir.path().join(here);
        let output = |format| lint(&here, format, &["--since", "1", named]);
        assert_eq!(json(&output("gitlab"))[0]["location"]["path"], path);
        assert_eq!(
            sarif(&output("sarif"))["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"],
            path
        );
        assert!(
            output("github")
                .starts_with(&format!("::error file={path},line=1,endLine=1,col=1,endColumn=36,title=column-dropped::"))
        );
        assert!(output("junit").contains(&format!("file=\"{path}\"")));
        assert!(
            output("markdown").contains(&format!("| {path} | breaking |"))
                || output("markdown").contains(&format!("| {path} | contract |"))
        );
    }
}

/// A project in which names, directories, comments and conditions are hostile.
fn hostile() -> (TempDir, Vec<PathBuf>) {
    let column = |number: usize| format!("\"c{number} {}\"", HOSTILE[number].replace('"', "\"\""));
    let columns: String = (0..HOSTILE.len()).map(|number| format!(", {} text", column(number))).collect();
    let init = format!("CREATE TABLE users (id bigint PRIMARY KEY{columns});\n");
    let mut files = vec![(PathBuf::from("ev|l`<b>%0A/migrations/0001_init.sql"), init)];
    for (number, evil) in HOSTILE.iter().enumerate() {
        let (column, name) = (column(number), evil.replace('/', "\n"));
        let reason = evil.replace(['"', '\r'], " ");
        let sql = format!(
            "/* {evil} */ ALTER TABLE users DROP COLUMN {column};\n\
             ALTER TABLE users ADD CONSTRAINT \"k{number}\" CHECK (id <> length('{}'));\n\
             -- migsafe: allow(table-dropped) reason=\"{reason}\"\nDROP TABLE users;\nCREATE TABLE users (id bigint{columns});\n",
            evil.replace('\'', "''")
        );
        files.push((PathBuf::from(format!("ev|l`<b>%0A/migrations/{:04}_{name}.sql", number + 2)), sql));
    }
    let refs: Vec<(&Path, &str)> = files.iter().map(|(path, text)| (path.as_path(), text.as_str())).collect();
    (repository(&refs), files.into_iter().map(|(path, _)| path).collect())
}

#[test]
fn nothing_breaks_out() {
    let (dir, files) = hostile();
    let args = ["--all", "ev|l`<b>%0A/migrations"];
    let report = json(&lint(dir.path(), "json", &args));
    let findings = || list(&report["migrations"]).iter().flat_map(|migration| list(&migration["findings"]));
    let open = findings().filter(|finding| finding["suppressed"].is_null()).count();
    assert!(open > 2 * HOSTILE.len() && findings().count() > open, "there is something to show: {open}");
    for format in FORMATS {
        let output = lint(dir.path(), format, &args);
        let bad = |character: char| character.is_control() && !"\n\t".contains(character) || character == '\u{202e}';
        assert!(!output.contains(bad), "{format}: {output:?}");
    }

    let log = sarif(&lint(dir.path(), "sarif", &args));
    let results = list(&log["runs"][0]["results"]);
    assert_eq!(results.len(), open);
    for result in results {
        assert!(!text(&result["message"]["text"]).contains("]("), "no links: {result}");
        let uri = text(&result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]);
        assert!(files.contains(&decode(uri)), "{uri}");
    }
    for issue in list(&json(&lint(dir.path(), "gitlab", &args))) {
        assert!(files.contains(&PathBuf::from(text(&issue["location"]["path"]))), "{issue}");
        assert!(!text(&issue["description"]).contains('\n'));
    }
    assert!(junit(&lint(dir.path(), "junit", &args)) >= open);

    let output = lint(dir.path(), "github", &args);
    for (command, properties, _) in annotations(&output) {
        assert!(["error", "warning", "notice"].contains(&command.as_str()), "{command}");
        let names: Vec<&str> = properties.iter().map(|(name, _)| name.as_str()).collect();
        assert!(names.iter().all(|name| ["file", "line", "endLine", "col", "endColumn", "title"].contains(name)), "{names:?}");
    }
    let log: Vec<&str> = output.lines().filter(|line| !line.trim_start().starts_with("::")).collect();
    assert!(log.iter().all(|line| !line.contains("##[")), "{log:?}");

    let comment = lint(dir.path(), "markdown", &args);
    let outside: Vec<&str> = comment.split("\n```").step_by(2).collect();
    assert!(comment.starts_with(MARKER) && outside.iter().map(|part| part.matches(MARKER).count()).sum::<usize>() == 1);
    let rendered = render(&comment);
    assert_eq!((rendered.tables, rendered.rows, rendered.foreign), (1, HOSTILE.len() + 1, vec![]));
    assert_eq!(rendered.folds, open);
    for call in ["@everyone", "#1 ", "https://", "www.evil"] {
        assert!(!outside.iter().any(|part| part.contains(call)), "{call}");
    }
}

/// The path that a URI reference names.
fn decode(uri: &str) -> PathBuf {
    let mut parts = uri.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        bytes.push(u8::from_str_radix(&part[..2], 16).expect("two hexadecimal digits"));
        bytes.extend(&part.as_bytes()[2..]);
    }
    PathBuf::from(String::from_utf8(bytes).expect("UTF-8"))
}

#[cfg(unix)]
#[test]
fn paths_that_are_no_utf_8() {
    use std::os::unix::ffi::OsStrExt;
    let below = Path::new(std::ffi::OsStr::from_bytes(b"caf\xe9/migrations"));
    let drop = "ALTER TABLE users DROP COLUMN email;\n";
    let dir = repository(&[(&below.join("0001_init.sql"), INIT), (&below.join("0002_x.sql"), drop)]);
    let log = sarif(&lint(&dir.path().join(below), "sarif", &["--since", "1", "."]));
    let place = &log["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "caf%E9/migrations/0002_x.sql");
    for format in FORMATS {
        assert!(lint(&dir.path().join(below), format, &["--since", "1", "."]).contains("/0002_x.sql"), "{format}");
    }
}

#[test]
fn limits_are_kept_and_what_is_left_out_is_said() {
    let count = 400;
    let columns: String = (0..count).map(|number| format!(", c{number} text")).collect();
    let init = format!("CREATE TABLE users (id bigint PRIMARY KEY{columns});\n");
    let drops: String = (0..count).map(|number| format!("ALTER TABLE users DROP COLUMN c{number};\n")).collect();
    let dir = repository(&[("migrations/0001_init.sql".as_ref(), &init), ("migrations/0002_x.sql".as_ref(), &drops)]);

    let output = lint(dir.path(), "github", &["--since", "1"]);
    let found = annotations(&output);
    let of = |command: &str| found.iter().filter(|(name, ..)| name == command).count();
    assert_eq!((of("error"), of("notice")), (10, 1), "{output}");
    let (_, _, message) = found.last().expect("a last one");
    assert!(
        message.contains("400 errors") && message.ends_with("390 findings are not annotated but in the log of this step"),
        "{message}"
    );
    assert_eq!(output.lines().filter(|line| line.starts_with("error[column-dropped] migrations/0002_x.sql:")).count(), 390);

    let comment = lint(dir.path(), "markdown", &["--since", "1"]);
    assert!(comment.chars().count() <= 65_536);
    let folds = render(&comment).folds;
    assert!(folds > 50 && comment.contains(&format!("**{} more findings do not fit", count - folds)), "{folds}");
    assert_eq!(comment.matches("<details>").count(), comment.matches("</details>").count());

    let names: Vec<PathBuf> =
        (1..=900).map(|number| format!("migrations/{number:04}_{}.sql", "long_name_".repeat(12)).into()).collect();
    let many: Vec<(&Path, &str)> = names.iter().map(|name| (name.as_path(), "SELECT 1;\n")).collect();
    let comment = lint(repository(&many).path(), "markdown", &["--all"]);
    assert!(comment.chars().count() <= 65_536 && comment.contains(" more | | | | | |\n"), "{}", comment.len());
}

#[test]
fn nothing_pending_is_a_valid_report_too() {
    let dir = repository(&[("migrations/0001_init.sql".as_ref(), INIT)]);
    let output = |format| lint(dir.path(), format, &["--since", "1", "--quiet"]);
    assert_eq!(list(&sarif(&output("sarif"))["runs"][0]["results"]).len(), 0);
    assert_eq!(output("gitlab"), "[]\n");
    assert_eq!(junit(&output("junit")), 0);
    assert_eq!(annotations(&output("github")), []);
    assert_eq!(output("markdown"), format!("{MARKER}\n### migsafe: no migration is pending\n"));
}

#[test]
fn failures_of_a_test_are_what_fails_the_run() {
    let allowed = "-- migsafe: allow(column-dropped) reason=\"a < b\"\nALTER TABLE users DROP COLUMN email;\n";
    let dir = repository(&[
        ("migrations/0001_init.sql".as_ref(), INIT),
        ("migrations/0002_x.sql".as_ref(), "CREATE INDEX ON users (name);\n"),
        ("migrations/0003_x.sql".as_ref(), allowed),
    ]);
    let of = |fail_on| {
        let output = lint(dir.path(), "junit", &["--since", "1", "--fail-on", fail_on]);
        ["<failure", "<system-out", "<skipped message=\"allowed: a &lt; b\""].map(|tag| output.matches(tag).count())
    };
    assert_eq!((of("error"), of("warning"), of("info")), ([0, 1, 1], [1, 0, 1], [1, 0, 1]));
}

/// A fix is a replacement of a text: with it the finding is gone, nothing worse comes, and the schema is the same.
#[test]
fn fixes_fix() {
    let mut fixed = BTreeSet::new();
    for rule in RULES.iter().filter(|rule| rule.topic != Topic::Compatibility) {
        for (setup, migration) in bad_examples(rule.docs) {
            let dir = repository(&[("migrations/0001_a.sql".as_ref(), &setup), ("migrations/0002_b.sql".as_ref(), &migration)]);
            let log = sarif(&lint(dir.path(), "sarif", &["--since", "1"]));
            let before = schema(dir.path());
            for result in list(&log["runs"][0]["results"]).iter().filter(|result| result.get("fixes").is_some()) {
                let change = &result["fixes"][0]["artifactChanges"][0];
                let path = dir.path().join(text(&change["artifactLocation"]["uri"]));
                let new = replaced(&migration, &change["replacements"][0]);
                fs::write(&path, &new).expect("a file");
                let left = sarif(&lint(dir.path(), "sarif", &["--since", "1"]));
                let id = |result: &Value| (text(&result["level"]).to_owned(), text(&result["ruleId"]).to_owned());
                let ids = |log: &Value| list(&log["runs"][0]["results"]).iter().map(id).collect::<Vec<_>>();
                let (old_ids, new_ids) = (ids(&log), ids(&left));
                assert!(!new_ids.contains(&id(result)), "{}: {new}\n{new_ids:?}", rule.id);
                let errors = |ids: &[(String, String)]| ids.iter().filter(|(level, _)| level == "error").count();
                assert!(errors(&new_ids) <= errors(&old_ids), "{}: {new}\n{new_ids:?}", rule.id);
                assert_eq!(schema(dir.path()), before, "{new}");
                fixed.insert(text(&result["ruleId"]).to_owned());
                fs::write(&path, &migration).expect("a file");
            }
        }
    }
    assert!(fixed.contains("index-built-with-lock"), "{fixed:?}");
}

#[test]
fn fixes_keep_to_the_transactions_of_the_runner() {
    let index = "CREATE INDEX users_name ON users (name);\n";
    let not_null = "ALTER TABLE users ALTER COLUMN email SET NOT NULL;\n";
    let dbmate = |options: &str, sql: &str| format!("-- migrate:up{options}\n{sql}-- migrate:down{options}\n");
    for (runner, file, sql, fixes) in [
        ("plain", "2_b.sql", not_null.to_owned(), 1),
        ("golang-migrate", "2_b.up.sql", index.to_owned(), 1),
        ("golang-migrate", "2_b.up.sql", not_null.to_owned(), 0),
        ("golang-migrate", "2_b.up.sql", [index, index].concat(), 0),
        ("dbmate", "2_b.sql", dbmate("", index), 0),
        ("dbmate", "2_b.sql", dbmate(" transaction:false", index), 1),
    ] {
        let init = if runner == "dbmate" { dbmate("", INIT) } else { INIT.to_owned() };
        let first = file.replace("2_b", "1_a");
        let (first, second) = (Path::new("migrations").join(first), Path::new("migrations").join(file));
        let dir = repository(&[(&first, &init), (&second, &sql)]);
        let log = sarif(&lint(dir.path(), "sarif", &["--since", "1", "--runner", runner]));
        let found = list(&log["runs"][0]["results"]).iter().filter(|result| result.get("fixes").is_some()).count();
        assert_eq!(found, fixes, "{runner}: {sql}");
    }
}

/// The examples that a rule's documentation gives of what is reported: the schema before, and the migration.
fn bad_examples(docs: &str) -> impl Iterator<Item = (String, String)> {
    docs.split("```sql,bad\n").skip(1).map(|part| {
        let lines = part.lines().map(|line| line.strip_prefix(' ').unwrap_or(line)).take_while(|line| *line != "```");
        let example = lines.collect::<Vec<_>>().join("\n") + "\n";
        let (setup, migration) = example.split_once("-- migration\n").expect("an example has a line `-- migration`");
        (setup.to_owned(), migration.to_owned())
    })
}

fn schema(dir: &Path) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_migsafe"));
    let output = command.current_dir(dir).arg("schema").output().expect("the program runs");
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn replaced(text: &str, replacement: &Value) -> String {
    let number = |name: &str| replacement["deletedRegion"][name].as_u64().expect("a number") as usize;
    let offset = |line: usize, column: usize| {
        let start: usize = text.split_inclusive('\n').take(line - 1).map(str::len).sum();
        start + text[start..].char_indices().nth(column - 1).map_or(text.len() - start, |(at, _)| at)
    };
    let (start, end) = (offset(number("startLine"), number("startColumn")), offset(number("endLine"), number("endColumn")));
    let new = replacement["insertedContent"]["text"].as_str().expect("a string");
    [&text[..start], new, &text[end..]].concat()
}
