//! Bodies in, their statements out: `?` before what runs only under a condition, and the text at its place in the file.

use crate::change::{Change, Opaque, OpaqueClass};
use crate::lower::lower_text;
use crate::source::Sources;

/// The statements of a `DO` block, each as its text in the file.
fn read(sql: &str) -> Vec<String> {
    let mut sources = Sources::default();
    let file = sources.add("a.sql", sql);
    let changes = lower_text(sql, sources.whole(file));
    let [only] = changes.as_slice() else { panic!("{changes:?}") };
    let Change::Do(block) = &only.value else { panic!("{changes:?}") };
    let statements = block.statements.iter().map(|statement| {
        let sign = if statement.conditional { "? " } else { "" };
        let text = &sql[statement.change.span.range()];
        match &statement.change.value {
            Change::Opaque(Opaque { class: OpaqueClass::Syntax, .. }) => format!("{sign}unread {text}"),
            Change::Opaque(Opaque { class, .. }) => format!("{sign}{class:?} {text}"),
            _ => format!("{sign}{text}"),
        }
    });
    statements.collect()
}

#[test]
fn plpgsql() {
    let cases: &[(&str, &[&str])] = &[
        ("BEGIN DROP TABLE a; DROP TABLE b; END", &["DROP TABLE a", "DROP TABLE b"]),
        ("<<l>> DECLARE x int := 1; BEGIN x := 2; x = 3; y.z[1] := 4; NULL; DROP TABLE a; END l;", &["DROP TABLE a"]),
        (
            "BEGIN IF a THEN DROP TABLE a; ELSIF b THEN DROP TABLE b; ELSE DROP TABLE c; END IF; DROP TABLE d; END",
            &["? DROP TABLE a", "? DROP TABLE b", "? DROP TABLE c", "DROP TABLE d"],
        ),
        (
            "BEGIN IF NOT EXISTS (SELECT 1 FROM x WHERE CASE WHEN a THEN b END) THEN CREATE TYPE e AS ENUM (); END IF; END",
            &["? CREATE TYPE e AS ENUM ()"],
        ),
        (
            "BEGIN CREATE TYPE e AS ENUM (); EXCEPTION WHEN duplicate_object THEN NULL; WHEN OTHERS THEN DROP TYPE e; END",
            &["? CREATE TYPE e AS ENUM ()", "? DROP TYPE e"],
        ),
        (
            "BEGIN BEGIN DROP TABLE a; EXCEPTION WHEN OTHERS THEN RAISE NOTICE 'x;'; END; DROP TABLE b; END",
            &["? DROP TABLE a", "DROP TABLE b"],
        ),
        (
            "BEGIN CASE x WHEN 1 THEN DROP TABLE a; WHEN 2, 3 THEN DROP TABLE b; ELSE NULL; END CASE; DROP TABLE c; END",
            &["? DROP TABLE a", "? DROP TABLE b", "DROP TABLE c"],
        ),
        (
            "BEGIN LOOP DROP TABLE a; EXIT WHEN x; END LOOP; WHILE x LOOP DROP TABLE b; END LOOP; DROP TABLE c; END",
            &["? DROP TABLE a", "? DROP TABLE b", "DROP TABLE c"],
        ),
        (
            "BEGIN FOR i IN 1..(2) LOOP DROP TABLE a; END LOOP; FOREACH x SLICE 1 IN ARRAY y LOOP DROP TABLE b; END LOOP; END",
            &["? DROP TABLE a", "? DROP TABLE b"],
        ),
        ("BEGIN IF a THEN RETURN; END IF; DROP TABLE a; RETURN; END", &["? DROP TABLE a"]),
        (
            "BEGIN EXECUTE 'DROP TABLE a'; EXECUTE $x$DROP TABLE b; DROP TABLE c$x$; END",
            &["DROP TABLE a", "DROP TABLE b", "DROP TABLE c"],
        ),
        (
            "BEGIN EXECUTE 'DROP TABLE a' || ' CASCADE'; EXECUTE format('DROP TABLE %I.%s', 'S', 't'); END",
            &["EXECUTE 'DROP TABLE a' || ' CASCADE'", "EXECUTE format('DROP TABLE %I.%s', 'S', 't')"],
        ),
        (
            "BEGIN EXECUTE 'DROP TABLE ' || quote_ident(x); IF a THEN EXECUTE format('DROP TABLE %I', y) USING z; END IF; END",
            &["Dynamic EXECUTE 'DROP TABLE ' || quote_ident(x)", "? Dynamic EXECUTE format('DROP TABLE %I', y) USING z"],
        ),
        (
            "BEGIN FOR r IN EXECUTE 'SELECT ' || x LOOP NULL; END LOOP; RETURN QUERY EXECUTE y; END",
            &["Dynamic EXECUTE 'SELECT ' || x", "Dynamic EXECUTE y"],
        ),
        (
            "BEGIN CREATE RULE r AS ON INSERT TO t DO (DELETE FROM a; DELETE FROM b); DROP TABLE a; END",
            &["CREATE RULE r AS ON INSERT TO t DO (DELETE FROM a; DELETE FROM b)", "DROP TABLE a"],
        ),
        ("BEGIN GRANT SELECT ON (a; DROP TABLE b; END", &["unread GRANT SELECT ON (a", "DROP TABLE b"]),
        ("BEGIN DO 'BEGIN DROP TABLE x; END'; END IF; END LOOP; DROP TABLE a", &["DO 'BEGIN DROP TABLE x; END'", "DROP TABLE a"]),
        ("", &[]),
    ];
    for (body, expected) in cases {
        assert_eq!(read(&format!("DO $$ {body} $$")), *expected, "{body}");
    }
}

#[test]
fn other_languages_and_literals() {
    assert_eq!(read("DO LANGUAGE plpython3u 'x'"), ["Language x"]);
    assert_eq!(read("DO 'BEGIN DROP TABLE a; END' LANGUAGE plpgsql"), ["DROP TABLE a"]);
    assert_eq!(read("DO E'BEGIN\\nDROP TABLE a; END'"), ["E'BEGIN\\nDROP TABLE a; END'"]);
}

#[test]
fn bodies_of_sql() {
    let mut sources = Sources::default();
    let text = "BEGIN ATOMIC DROP TABLE a; DROP TABLE b; END";
    let file = sources.add("a.sql", text);
    let block = super::block(text, sources.whole(file), "sql");
    let texts: Vec<&str> = block.statements.iter().map(|statement| sources.slice(statement.change.span)).collect();
    assert_eq!(texts, ["DROP TABLE a", "DROP TABLE b"]);
}

#[test]
fn nothing_is_too_deep() {
    let nested = |open: &str, close: &str, times: usize| format!("{}DROP TABLE a;{}", open.repeat(times), close.repeat(times));
    for body in [
        nested("BEGIN ", " END;", 5_000),
        nested("IF a THEN ", " END IF;", 5_000),
        nested("LOOP ", " END LOOP;", 5_000),
        "EXECUTE (".repeat(5_000),
        "(;".repeat(5_000),
        "IF ".repeat(5_000),
        "CASE WHEN THEN ".repeat(5_000),
    ] {
        read(&format!("DO $$ BEGIN {body} END $$"));
    }
    let mut inner = "DROP TABLE a".to_owned();
    for depth in 0..100 {
        inner = format!("DO $d{depth}$ BEGIN {inner}; END $d{depth}$");
    }
    read(&inner);
}
