//! What becomes of values when a column changes its type, compared with a server: values of the one type are written into a column
//! of the other, and file nodes tell whether the change of type writes the table anew.

#![cfg(feature = "verify")]

use migsafe::change::TypeName;
use migsafe::dialect::{Cast, Dialect, Fit, Postgres};
use migsafe::lower::lower_text;
use migsafe::source::Sources;
use migsafe::verify::{Connection, Server};

/// Types, and values at the ends of what each takes. Every ordered pair within a group is tried.
const GROUPS: [&[(&str, &[&str])]; 7] = [
    &[
        ("character varying(3)", &["", "abc"]),
        ("character varying(5)", &["abcde"]),
        ("character varying", &["abcdefg"]),
        ("text", &["abcdefg"]),
    ],
    &[("smallint", &["-32768", "32767"]), ("integer", &["2147483647"]), ("bigint", &["9223372036854775807"])],
    &[
        ("numeric(6,2)", &["9999.99", "-9999.99", "1.25"]),
        ("numeric(8,2)", &["999999.99", "1.25"]),
        ("numeric(8,3)", &["99999.999", "1.255"]),
        ("numeric(9,4)", &["99999.9999", "1.2555"]),
        ("numeric", &["1e20", "1.123456789"]),
    ],
    &[("real", &["3.4e38", "0.1"]), ("double precision", &["1e300", "0.1234567890123"])],
    &[
        ("timestamp(0) without time zone", &["2020-01-01 00:00:00"]),
        ("timestamp(3) without time zone", &["2020-01-01 00:00:00.123"]),
        ("timestamp without time zone", &["2020-01-01 00:00:00.123456"]),
    ],
    &[("bit varying(3)", &["101"]), ("bit varying(5)", &["10101"]), ("bit varying", &["1010101"])],
    &[("character varying(3)[]", &["{abc}"]), ("character varying(5)[]", &["{abcde}"]), ("text[]", &["{abcdefg}"])],
];

/// From, to, and values of each that the other may not take.
const PAIRS: [(&str, &str, &[&str], &[&str]); 16] = [
    ("integer", "numeric(6,2)", &["10000"], &["9999.99", "1.5"]),
    ("integer", "numeric(12,2)", &["2147483647", "-2147483648"], &["9999999999.99"]),
    ("bigint", "numeric(18)", &["9223372036854775807"], &["999999999999999999", "-999999999999999999"]),
    ("smallint", "numeric(5,1)", &["32767"], &["9999.9"]),
    ("text", "uuid", &["x"], &["00000000-0000-0000-0000-000000000000"]),
    ("text", "jsonb", &["x{"], &["1"]),
    ("text", "integer", &["x"], &["1"]),
    ("text", "date", &["x"], &["2020-01-01"]),
    ("json", "jsonb", &["{\"b\": 1,   \"a\": 1}"], &["{\"a\": 1}"]),
    ("integer", "text", &["1"], &["x"]),
    ("character varying(2)", "integer", &["x"], &["12345"]),
    ("text", "mood", &["x"], &["a"]),
    ("mood", "mood_more", &["a", "b"], &["c"]),
    ("mood_more", "mood", &["c"], &["a", "b"]),
    ("integer", "positive", &["-1"], &["1"]),
    ("positive", "integer", &["1"], &["-1"]),
];

const TYPES: &str = "
    CREATE TYPE mood AS ENUM ('a', 'b');
    CREATE TYPE mood_more AS ENUM ('a', 'b', 'c');
    CREATE DOMAIN positive AS integer CHECK (VALUE > 0)";

#[test]
fn values_become_what_is_claimed() {
    let database = Server::shared().expect("a server").create_database().expect("a database");
    let mut session = database.connect().expect("a session");
    session.execute("SET TimeZone = 'Europe/Berlin'").expect("set");
    session.execute(TYPES).expect("types");
    let mut schema = Postgres.empty_catalog();
    for change in TYPES.split(';').flat_map(lower) {
        schema.apply(&change, &Postgres).expect("the server accepts it");
    }
    let mut wrong = Vec::new();
    let mut check = |from: &str, to: &str, old: &[&str], new: &[&str]| {
        let claimed = Postgres.conversion(&type_name(from), &type_name(to), &schema);
        let found = (fit(&mut session, from, to, old), fit(&mut session, to, from, new), rewritten(&mut session, from, to));
        if found != (claimed.old_values, claimed.new_values, claimed.rewrite) {
            wrong.push(format!("{from} -> {to}: {found:?}, not {claimed:?}"));
        }
    };
    for group in GROUPS {
        for (from, old) in group {
            for (to, new) in group.iter().filter(|(to, _)| to != from) {
                check(from, to, old, new);
            }
        }
    }
    for (from, to, old, new) in PAIRS {
        check(from, to, old, new);
    }
    assert!(wrong.is_empty(), "{} conversions differ:\n{}", wrong.len(), wrong.join("\n"));
}

/// Every pair of the types that `pg_cast` names, and some of one's own: a column takes the other type by itself, by the expression
/// that is given, or not at all.
#[test]
fn columns_take_types_as_claimed() {
    let database = Server::shared().expect("a server").create_database().expect("a database");
    let mut session = database.connect().expect("a session");
    session.execute(TYPES).expect("types");
    let mut schema = Postgres.empty_catalog();
    for change in TYPES.split(';').flat_map(lower) {
        schema.apply(&change, &Postgres).expect("the server accepts it");
    }
    let named = "SELECT string_agg(DISTINCT format_type(t.oid, NULL), ';') FROM pg_cast c JOIN pg_type t \
                 ON t.oid IN (c.castsource, c.casttarget) WHERE t.typtype IN ('b', 'r', 'm') \
                 AND t.typname NOT LIKE 'pg\\_%' AND t.typname <> 'bytea'";
    let named = session.query_value(named).expect("casts").expect("there are some");
    let own = ["uuid", "mood", "mood_more", "positive", "integer[]", "bigint[]", "text[]", "mood[]", "positive[]"];
    let types: Vec<&str> = named.split(';').chain(own).collect();
    let mut wrong = Vec::new();
    for from in &types {
        session.execute(&format!("DROP TABLE IF EXISTS w; CREATE TABLE w (a {from})")).expect("a table");
        for to in types.iter().filter(|to| *to != from) {
            let mut takes = |using: &str| {
                session.execute("BEGIN").expect("a transaction");
                let taken = session.execute(&format!("ALTER TABLE w ALTER COLUMN a TYPE {to}{using}")).is_ok();
                session.execute("ROLLBACK").expect("the end of a transaction");
                taken
            };
            let claimed = Postgres.cast("a", &type_name(from), &type_name(to), &schema);
            let right = match &claimed {
                Cast::Assignment => takes(""),
                Cast::Explicit(using) => !takes("") && takes(&format!(" USING {}", using.sql)),
                Cast::Never => !takes(&format!(" USING a::{to}")),
            };
            if !right {
                wrong.push(format!("{from} -> {to}: not {claimed:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {} casts differ:\n{}", wrong.len(), types.len() * types.len(), wrong.join("\n"));
}

/// What the server makes of values of one type that are written to a column of another.
fn fit(session: &mut Connection, from: &str, to: &str, values: &[&str]) -> Fit {
    session.execute(&format!("DROP TABLE IF EXISTS w; CREATE TABLE w (a {to})")).expect("a table");
    // Numbers are the same by value, whatever zeros they are shown with, and JSON by its content; everything else by its text.
    let is_number =
        |name: &str| ["numeric", "real", "double", "smallint", "integer", "bigint"].iter().any(|word| name.starts_with(word));
    let cast = match (from, to) {
        ("json" | "jsonb", "json" | "jsonb") => "::jsonb",
        _ if is_number(from) && is_number(to) => "",
        _ => "::text",
    };
    let mut worst = Fit::All;
    for value in values {
        let value = value.replace('\'', "''");
        // A program sends its value with the column's former type, or as text.
        let typed =
            session.query_value(&format!("INSERT INTO w VALUES ('{value}'::{from}) RETURNING a{cast} = '{value}'::{from}{cast}"));
        let answer = match typed {
            Err(error) if error.sqlstate() == Some("42804") => {
                session.query_value(&format!("INSERT INTO w VALUES ('{value}') RETURNING a{cast} = '{value}'::{from}{cast}"))
            }
            answer => answer,
        };
        let one = match answer {
            Ok(Some(same)) if same == "t" => Fit::All,
            Ok(_) => Fit::Altered,
            Err(error) => match error.sqlstate() {
                Some("22001" | "22003") => Fit::Overflow,
                Some("22P02" | "22007" | "23514") => Fit::Malformed,
                Some("42804") => Fit::Mismatch,
                _ => panic!("{from} -> {to}: {error}"),
            },
        };
        let rank =
            |fit: Fit| [Fit::All, Fit::Altered, Fit::Overflow, Fit::Malformed, Fit::Mismatch].iter().position(|it| *it == fit);
        if rank(one) > rank(worst) {
            worst = one;
        }
    }
    worst
}

fn rewritten(session: &mut Connection, from: &str, to: &str) -> bool {
    session.execute(&format!("DROP TABLE IF EXISTS w; CREATE TABLE w (a {from})")).expect("a table");
    let node = |session: &mut Connection| session.query_value("SELECT pg_relation_filenode('w')").expect("a node");
    let before = node(session);
    let alter = format!("ALTER TABLE w ALTER COLUMN a TYPE {to}");
    session.execute(&alter).or_else(|_| session.execute(&format!("{alter} USING a::text::{to}"))).expect("altered");
    before != node(session)
}

fn lower(sql: &str) -> Vec<migsafe::change::Change> {
    let mut sources = Sources::default();
    let file = sources.add("case.sql", sql);
    lower_text(sql, sources.whole(file)).into_iter().map(|it| it.value).collect()
}

fn type_name(text: &str) -> TypeName {
    let changes = lower(&format!("CREATE TABLE t (a {text})"));
    let [migsafe::change::Change::CreateTable(table)] = &changes[..] else { panic!("{changes:?}") };
    match &table.elements[..] {
        [migsafe::change::TableElement::Column(column)] => column.data_type.clone(),
        other => panic!("{other:?}"),
    }
}
