//! Statements in, changes out: what each form of the grammar says of tables, columns, indexes, views and rows.

use crate::change::{
    Change, ColumnValue, ConflictTarget, ConstraintKind, Data, Deferrable, Output, Query, SourceKind, TableAction, TableElement,
};
use crate::lower::lower_text;
use crate::source::Sources;

fn changes(text: &str) -> Vec<Change> {
    let mut sources = Sources::default();
    let file = sources.add("a.sql", text);
    lower_text(text, sources.whole(file)).into_iter().map(|change| change.value).collect()
}

fn change(text: &str) -> Change {
    let mut all = changes(text);
    assert_eq!(all.len(), 1, "{text}: {all:?}");
    all.remove(0)
}

fn kinds(text: &str) -> Vec<&'static str> {
    changes(text).iter().map(Change::kind).collect()
}

fn data(text: &str) -> Data {
    match change(text) {
        Change::Data(data) => std::sync::Arc::unwrap_or_clone(data),
        other => panic!("{text}: {other:?}"),
    }
}

fn view(text: &str) -> Query {
    match change(&format!("CREATE VIEW v AS {text}")) {
        Change::CreateView(view) => view.query,
        other => panic!("{text}: {other:?}"),
    }
}

fn outputs(text: &str) -> Vec<String> {
    let shown = |output: &Output| match output {
        Output::Star { .. } => "*".to_owned(),
        Output::QualifiedStar { qualifier, .. } => format!("{}.*", qualifier.join(".")),
        Output::Value { name, .. } => name.to_string(),
    };
    view(text).selects[0].outputs.iter().map(shown).collect()
}

#[test]
fn each_statement_has_its_kind() {
    let cases = [
        ("CREATE TABLE t (a int)", "create-table"),
        ("CREATE TABLE t AS SELECT 1", "create-table-as"),
        ("SELECT a INTO u FROM t", "create-table-as"),
        ("ALTER TABLE t ADD a int", "add-column"),
        ("ALTER TABLE t ADD UNIQUE (a)", "add-unique"),
        ("ALTER TABLE t ADD \"unique\" int", "add-column"),
        ("ALTER TABLE t RENAME a TO b", "rename-column"),
        ("ALTER TABLE t RENAME TO u", "rename-table"),
        ("ALTER VIEW v RENAME TO w", "rename-view"),
        ("ALTER TABLE t SET SCHEMA s", "set-schema"),
        ("ALTER TABLE t OWNER TO bob", "set-owner"),
        ("ALTER TABLE t ALTER a RESTART WITH 5", "alter-identity"),
        ("CREATE UNIQUE INDEX ON t (a)", "create-index"),
        ("CREATE RECURSIVE VIEW v (n) AS SELECT 1", "create-view"),
        ("CREATE MATERIALIZED VIEW v AS SELECT 1 WITH NO DATA", "create-materialized-view"),
        ("WITH x AS (SELECT 1) DELETE FROM t USING x", "delete"),
        ("(SELECT 1)", "select"),
        ("SELECT", "select"),
        ("SELECT set_config('search_path', '', false)", "set"),
        ("EXPLAIN (ANALYZE, FORMAT json) DELETE FROM t", "delete"),
        ("EXPLAIN DELETE FROM t", "no-effect"),
        ("SET LOCAL lock_timeout = '5s'", "set"),
        ("BEGIN ISOLATION LEVEL SERIALIZABLE", "begin"),
        ("ROLLBACK TO SAVEPOINT a", "rollback-to-savepoint"),
        ("FROBNICATE", "opaque"),
        ("CREATE TABLE t (a int", "opaque"),
        ("CREATE TABLE t (a int) EXTRA", "opaque"),
        ("", "opaque"),
    ];
    for (text, kind) in cases {
        assert_eq!(kinds(text), [kind], "{text}");
    }
}

#[test]
fn actions_come_in_the_servers_order() {
    let text = "ALTER TABLE t ADD CHECK (b > 0), ADD UNIQUE (b), ALTER c SET DEFAULT 1, ALTER b SET NOT NULL, ADD b int, \
                ALTER a TYPE text, DROP c, SET (fillfactor = 70)";
    let expected =
        ["drop-column", "set-type", "add-column", "set-not-null", "add-unique", "add-check", "set-default", "set-options"];
    assert_eq!(kinds(text), expected);
}

#[test]
fn an_action_that_is_not_understood_leaves_its_neighbours() {
    let all = changes("ALTER TABLE t ADD a int, FROB (x, y) z, DROP b");
    let Some(Change::Opaque(opaque)) = all.last() else { panic!("{all:?}") };
    assert_eq!(opaque.reason, "ALTER of t: expected an action of ALTER TABLE, found `FROB`");
    assert_eq!(all.iter().map(Change::kind).collect::<Vec<_>>(), ["drop-column", "add-column", "opaque"]);
}

#[test]
fn a_column_with_all_that_may_follow_it() {
    let text = "CREATE TABLE t (a varchar(20) DEFAULT 'x' COLLATE \"C\" NOT NULL CONSTRAINT k UNIQUE DEFERRABLE INITIALLY DEFERRED \
                CHECK (a <> '') REFERENCES o ON DELETE SET NULL, b serial, c int GENERATED ALWAYS AS (d + 1) STORED)";
    let Change::CreateTable(table) = change(text) else { panic!() };
    let columns: Vec<_> = table
        .elements
        .iter()
        .map(|element| match element {
            TableElement::Column(column) => column,
            TableElement::Like { .. } => panic!("{element:?}"),
        })
        .collect();
    assert!(columns[0].not_null && matches!(&columns[0].value, ColumnValue::Default(default) if &*default.sql == "'x'"));
    assert_eq!(columns[0].collation.as_ref().map(|name| name.name.as_str()), Some("C"));
    assert_eq!((&columns[1].value, columns[1].data_type.name.as_str()), (&ColumnValue::Serial, "integer"));
    assert!(matches!(&columns[2].value, ColumnValue::Generated { expr, stored: true } if &*expr.sql == "d + 1"));
    let [unique, check, foreign] = table.constraints.as_slice() else { panic!("{:?}", table.constraints) };
    assert_eq!((unique.name.as_deref(), unique.deferrable), (Some("k"), Deferrable::Deferred));
    assert!(matches!(check.kind, ConstraintKind::Check(_)) && check.name.is_none());
    assert!(matches!(&foreign.kind, ConstraintKind::ForeignKey(key) if key.columns == ["a"] && key.referenced.is_empty()));
}

#[test]
fn defaults_end_where_the_column_goes_on() {
    let cases = [
        ("1 NOT NULL", "1"),
        ("now() NOT NULL", "now()"),
        ("'a' || 'b' UNIQUE", "'a' || 'b'"),
        ("(a IS NULL) CHECK (b)", "(a IS NULL)"),
        ("'{}'::jsonb NOT NULL", "'{}'::jsonb"),
        ("nextval('s'::regclass) PRIMARY KEY", "nextval('s'::regclass)"),
        ("-1", "-1"),
    ];
    for (text, expected) in cases {
        let Change::AlterTable(alter) = change(&format!("ALTER TABLE t ADD a int DEFAULT {text}")) else { panic!("{text}") };
        let TableAction::AddColumn { column, .. } = alter.action else { panic!("{text}") };
        assert!(matches!(&column.value, ColumnValue::Default(default) if &*default.sql == expected), "{text}: {column:?}");
    }
}

#[test]
fn index_keys_keep_their_tails() {
    let text = "CREATE INDEX i ON t USING gin (a gin_trgm_ops, lower(b) COLLATE \"C\" DESC NULLS LAST, (c || d) text_ops)";
    let Change::CreateIndex(index) = change(text) else { panic!() };
    let keys: Vec<_> = index.shape.keys.iter().map(|key| (&*key.expr.sql, key.tail.as_str())).collect();
    assert_eq!(keys, [("a", "gin_trgm_ops"), ("lower(b)", "COLLATE \"C\" DESC NULLS LAST"), ("(c || d)", "text_ops")]);
    let text = "CREATE INDEX i ON t (a ASC, b text_ops asc nulls last, c NULLS LAST, d DESC NULLS FIRST, e NULLS FIRST, f ASC NULLS FIRST, g DESC)";
    let Change::CreateIndex(index) = change(text) else { panic!() };
    let tails: Vec<_> = index.shape.keys.iter().map(|key| key.tail.as_str()).collect();
    // The order that there is without a word is none.
    assert_eq!(tails, ["", "text_ops", "", "DESC", "NULLS FIRST", "ASC NULLS FIRST", "DESC"]);
}

#[test]
fn outputs_are_named_as_the_server_does() {
    let cases = [
        ("SELECT a, t.b, c AS d, *, t.* FROM t", vec!["a", "b", "d", "*", "t.*"]),
        (
            "SELECT count(*), max(a)::text, a::int, 1::int, 'x', now(), current_date",
            vec!["count", "max", "a", "int4", "?column?", "now", "current_date"],
        ),
        (
            "SELECT CASE WHEN a THEN b END, CASE WHEN a THEN b ELSE c END, coalesce(a, b), a + b",
            vec!["case", "c", "coalesce", "?column?"],
        ),
        (
            "SELECT (SELECT x FROM y), EXISTS (SELECT 1), ARRAY(SELECT 1), (r).f, a[1], a AT TIME ZONE 'UTC'",
            vec!["x", "exists", "array", "f", "a", "timezone"],
        ),
        ("VALUES (1, 2)", vec!["column1", "column2"]),
    ];
    for (text, expected) in cases {
        assert_eq!(outputs(text), expected, "{text}");
    }
}

#[test]
fn scopes_of_a_query() {
    let query = view(
        "WITH c AS (SELECT id FROM s.a) SELECT x.id FROM c x JOIN b USING (id) WHERE EXISTS (SELECT 1 FROM d WHERE d.k = x.id)",
    );
    let [outer, common, exists] = &*query.selects else { panic!("{query:#?}") };
    assert_eq!(outer.sources.len(), 2);
    assert_eq!(outer.sources[0].from, SourceKind::Select(1));
    assert_eq!(outer.sources[1].using, ["id"]);
    assert!(matches!(&common.sources[0].from, SourceKind::Relation(name) if name.to_string() == "s.a"));
    assert_eq!((common.parent, exists.parent), (None, Some(0)));
    let union = view("SELECT a FROM t UNION ALL SELECT b FROM u ORDER BY 1");
    assert_eq!(union.selects[0].arms, [1, 2]);
    for output in union.selects.iter().chain(&*query.selects).flat_map(|select| &select.outputs) {
        assert!(matches!(output, Output::Value { .. }));
    }
}

#[test]
fn stars_stand_at_their_ranges() {
    let query = view("SELECT t.*, u.a FROM t, u");
    let Output::QualifiedStar { range, .. } = query.selects[0].outputs[0] else { panic!() };
    assert_eq!(&query.text.sql[range.0 as usize..range.1 as usize], "t.*");
}

#[test]
fn written_rows_and_columns() {
    let insert = data(
        "INSERT INTO s.t AS x (a, b) VALUES (1, 'y'), (2, now()) ON CONFLICT (a) WHERE a > 0 DO UPDATE SET b = EXCLUDED.b RETURNING id",
    );
    assert_eq!(insert.columns.as_deref(), Some(&["a".into(), "b".into()][..]));
    assert_eq!(insert.rows.as_ref().map(Vec::len), Some(2));
    assert_eq!(insert.conflict, Some(ConflictTarget::Columns { columns: vec!["a".into()], filtered: true }));
    let update = data("UPDATE t SET a = u.a, (b, c) = (1, 2) FROM u WHERE t.id = u.id");
    assert_eq!((update.columns.map(|columns| columns.len()), update.filtered, update.batched), (Some(3), true, false));
    assert_eq!(update.query.map(|query| query.selects[0].sources.len()), Some(2));
    assert!(!data("DELETE FROM t").filtered);
    assert!(data("DELETE FROM t WHERE id IN (SELECT id FROM t LIMIT 100)").batched);
}

#[test]
fn long_statements_are_told_by_their_beginning() {
    let rows = format!("INSERT INTO t (a) VALUES {}(1)", "(1), ".repeat(3_000));
    let insert = data(&rows);
    assert_eq!((insert.table.map(|name| name.to_string()), insert.query, insert.rows), (Some("t".into()), None, None));
    let rows = format!("INSERT INTO t (a) VALUES {}(1)", "(1), ".repeat(300_000));
    assert_eq!(data(&rows).columns.as_deref(), Some(&["a".into()][..]));
    let deep = format!("SELECT {}1{}", "(".repeat(20_000), ")".repeat(20_000));
    assert_eq!(kinds(&deep), ["opaque"]);
}

#[test]
fn only_is_kept() {
    for (text, only) in [
        ("UPDATE ONLY t SET a = 1", true),
        ("UPDATE t SET a = 1", false),
        ("DELETE FROM ONLY (t) WHERE a = 1", true),
        ("DELETE FROM t * USING ONLY u", false),
        ("WITH x AS (SELECT 1) DELETE FROM ONLY t AS a", true),
    ] {
        assert_eq!(data(text).only, only, "{text}");
    }
    for (text, expected) in [
        ("SELECT * FROM ONLY t JOIN u ON true", [true, false]),
        ("SELECT * FROM t, ONLY (u) x", [false, true]),
        ("SELECT * FROM (ONLY t JOIN ONLY s.u USING (a))", [true, true]),
        ("UPDATE t SET a = u.a FROM ONLY u", [false, true]),
        ("DELETE FROM ONLY t USING ONLY u", [true, true]),
    ] {
        let query = data(text).query.expect("it was read");
        let only: Vec<bool> = query.selects.iter().flat_map(|select| &select.sources).map(|source| source.only).collect();
        assert_eq!(only, expected, "{text}");
    }
    for text in ["TRUNCATE a, ONLY b, ONLY (c)", "LOCK a, ONLY b, ONLY (c)"] {
        let (Change::Truncate { tables, .. } | Change::Lock { tables, .. }) = change(text) else { panic!("{text}") };
        let only: Vec<bool> = tables.iter().map(|target| target.only).collect();
        assert_eq!(only, [false, true, true], "{text}");
        let written = crate::dialect::Dialect::write(&crate::dialect::Postgres, &change(text));
        assert_eq!(change(&written), change(text));
    }
}
