//! Bodies in, their statements out: `?` before what runs only under a condition, and the text at its place in the file.

use crate::change::{Change, Opaque, OpaqueClass};
use crate::lower::lower_text;
use crate::source::Sources;

/// What the strings of `EXECUTE` in a `DO` block come to: the objects that are dropped, `?` before what runs only under a condition, and
/// `-` for what is not known.
fn executed(body: &str) -> String {
    let sql = format!("DO $$ {body} $$");
    let mut sources = Sources::default();
    let file = sources.add("a.sql", &*sql);
    let changes = lower_text(&sql, sources.whole(file));
    let [only] = changes.as_slice() else { panic!("{changes:?}") };
    let Change::Do(block) = &only.value else { panic!("{changes:?}") };
    let statements = block.statements.iter().map(|statement| {
        let sign = if statement.conditional { "?" } else { "" };
        match &statement.change.value {
            Change::Drop { objects, .. } => {
                format!("{sign}{}", objects.iter().map(|o| o.name.to_string()).collect::<Vec<_>>().join("+"))
            }
            Change::Data(data) => format!("{sign}{}", data.query.as_ref().map_or("", |query| &query.text.sql)),
            Change::Opaque(_) => format!("{sign}-"),
            other => format!("{sign}{other:?}"),
        }
    });
    statements.collect::<Vec<_>>().join(" ")
}

#[test]
fn strings_whose_parts_are_known() {
    let cases: &[(&str, &str)] = &[
        (
            "DECLARE x text := 'a'; BEGIN EXECUTE 'DROP TABLE ' || x; x := x || 'b'; EXECUTE format('DROP TABLE %I', x); END",
            "a ab",
        ),
        ("DECLARE x text; BEGIN EXECUTE 'DROP TABLE ' || x; END", "-"),
        ("DECLARE x text := 'a'; BEGIN SELECT c INTO x FROM t; EXECUTE 'DROP TABLE ' || x; END", "SELECT c        FROM t -"),
        (
            "DECLARE x text; BEGIN FOREACH x IN ARRAY ARRAY['a', 'b'] LOOP EXECUTE format('DROP TABLE %I', x); END LOOP; END",
            "a b",
        ),
        (
            "DECLARE x text; BEGIN FOREACH x IN ARRAY '{a,b}'::text[] LOOP EXECUTE format('DROP TABLE %I', x); END LOOP; END",
            "a b",
        ),
        ("DECLARE x text; BEGIN FOREACH x IN ARRAY y LOOP EXECUTE format('DROP TABLE %I', x); END LOOP; END", "?-"),
        ("BEGIN FOR i IN 0..2 LOOP EXECUTE format('DROP TABLE t_%s', i); END LOOP; END", "t_0 t_1 t_2"),
        ("BEGIN FOR i IN REVERSE 3..1 BY 2 LOOP EXECUTE 'DROP TABLE t' || i; END LOOP; END", "t3 t1"),
        ("BEGIN FOR i IN 1..0 LOOP EXECUTE 'DROP TABLE t' || i; END LOOP; END", ""),
        ("BEGIN FOR i IN 1..1000000 LOOP EXECUTE 'DROP TABLE t' || i; END LOOP; END", "?-"),
        (
            "DECLARE r record; BEGIN FOR r IN VALUES ('a', 'b'), ('c', 'd') LOOP EXECUTE format('DROP TABLE %I.%I', r.column1, r.column2); END LOOP; END",
            "a.b c.d",
        ),
        ("DECLARE x text; BEGIN FOR x IN SELECT unnest(ARRAY['a', 'b']) LOOP EXECUTE 'DROP TABLE ' || x; END LOOP; END", "a b"),
        (
            "DECLARE r record; BEGIN FOR r IN SELECT * FROM (VALUES ('a', 1), ('b', 2)) AS v(n, i) LOOP EXECUTE 'DROP TABLE ' || r.n || r.i; END LOOP; END",
            "a1 b2",
        ),
        (
            "DECLARE r record; BEGIN FOR r IN SELECT t FROM unnest(ARRAY['a', 'b']) AS t LOOP EXECUTE 'DROP TABLE ' || r.t; END LOOP; END",
            "a b",
        ),
        (
            "DECLARE r record; BEGIN FOR r IN SELECT tablename FROM pg_tables LOOP EXECUTE 'DROP TABLE ' || r.tablename; END LOOP; END",
            "SELECT tablename FROM pg_tables ?-",
        ),
        (
            "DECLARE x text[] := ARRAY['a', 'b']; BEGIN FOR i IN 1 .. array_upper(x, 1) LOOP EXECUTE 'DROP TABLE ' || quote_ident(x[i]); END LOOP; END",
            "a b",
        ),
        (
            "DECLARE b boolean := true; BEGIN IF b = true THEN EXECUTE 'DROP TABLE a'; ELSE DROP TABLE c; END IF; IF NOT b THEN RETURN; END IF; DROP TABLE d; END",
            "a d",
        ),
        (
            "DECLARE x text := 'a'; BEGIN CASE WHEN x IN ('b', 'c') THEN DROP TABLE c; WHEN lower(x) = 'a' THEN DROP TABLE a; ELSE DROP TABLE d; END CASE; END",
            "a",
        ),
        (
            "DECLARE s text; BEGIN IF EXISTS (SELECT 1 FROM t) THEN s := 'a'; ELSE s := 'b'; END IF; EXECUTE 'DROP TABLE ' || s; END",
            "?a ?b",
        ),
        ("DECLARE s text := 'a'; BEGIN IF u THEN s := v; END IF; EXECUTE 'DROP TABLE ' || s; END", "-"),
        ("DECLARE s text := 'a'; BEGIN WHILE u LOOP s := s || 'a'; END LOOP; EXECUTE 'DROP TABLE ' || s; END", "-"),
        (
            "DECLARE s text := 'a'; BEGIN BEGIN s := 'b'; EXCEPTION WHEN OTHERS THEN NULL; END; EXECUTE 'DROP TABLE ' || s; END",
            "-",
        ),
        ("DECLARE s text := COALESCE(current_setting('app.role', true), 'a'); BEGIN EXECUTE 'DROP TABLE ' || s; END", "?a -"),
        (
            "DECLARE x text := 'a'; BEGIN PERFORM f(x, 1); DECLARE x text := y; BEGIN PERFORM f(x); END; PERFORM f(x => x); END",
            "SELECT f('a', 1) SELECT f(x) SELECT f(x => 'a')",
        ),
        ("BEGIN RETURN; DROP TABLE a; END", ""),
        (
            "DECLARE x text; BEGIN FOREACH x IN ARRAY ARRAY['a', 'b'] LOOP CONTINUE WHEN y; EXECUTE 'DROP TABLE ' || x; END LOOP; DROP TABLE c; END",
            "?a ?b c",
        ),
        (
            "DECLARE x text; BEGIN FOREACH x IN ARRAY ARRAY['a', 'b'] LOOP DROP TABLE s; EXECUTE 'DROP TABLE ' || x; END LOOP; END",
            "s a b",
        ),
        ("DECLARE s text := 'a'; BEGIN FOR i IN 1..100 LOOP s := s || s; END LOOP; EXECUTE 'DROP TABLE ' || s; END", "-"),
        ("BEGIN FOR i IN 1..900 LOOP FOR j IN 1..900 LOOP EXECUTE 'DROP TABLE t' || u || j; END LOOP; END LOOP; END", "- ?-"),
        (
            "BEGIN EXECUTE format('DROP TABLE %s', '\"A\"'::regclass); EXECUTE format('DROP TABLE %s', 'S.a'::regclass); EXECUTE format('DROP TABLE %I', 's.a'::regclass); END",
            "A s.a -",
        ),
    ];
    let wrong = cases.iter().filter(|(body, expected)| executed(body) != *expected);
    let wrong: Vec<String> = wrong.map(|(body, expected)| format!("{body}\n  {}\n  {expected}", executed(body))).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

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
            &["DROP TABLE a", "? DROP TABLE b"],
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
