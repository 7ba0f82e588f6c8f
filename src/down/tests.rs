//! Downs of small migrations.

use super::*;
use crate::dialect::Postgres;
use crate::replay::{Release, read_statements, replay};
use crate::source::{History, Migration, MigrationKind, Script, Sources, Transaction};

/// The down of a migration on the schema that `setup` makes.
fn of(setup: &str, up: &str) -> Down {
    let mut sources = Sources::default();
    let script = |sources: &mut Sources, name: &str, text: &str| {
        let file = sources.add(format!("{name}.sql"), text);
        let up = Script { chunks: vec![sources.whole(file)], transaction: Transaction::PerStatement };
        Migration { version: name.into(), name: String::new(), file, kind: MigrationKind::Versioned, up, down: None }
    };
    let migrations = vec![script(&mut sources, "0001", setup), script(&mut sources, "0002", up)];
    let history = History { migrations, one_transaction: false, partial: false, runner_table: "" };
    let parsed = read_statements(&sources, &history);
    let replayed = replay(&history, &parsed, |number| number == 1, Release::Together, &Postgres);
    down(&parsed[1], &replayed, 1, &Postgres)
}

/// What undoes it, statement by statement, and how faithfully.
fn check(setup: &str, up: &str, fidelity: &str, expected: &[&str]) {
    let down = of(setup, up);
    let written: Vec<String> =
        down.statements.iter().map(|inverse| Postgres.write(&inverse.change).replace("\n    ", " ")).collect();
    assert_eq!(written, expected, "{up}: {:?}", down.ups);
    assert_eq!(down.fidelity.name(), fidelity, "{up}: {:?}", down.ups);
}

const USERS: &str = "create table users (id serial primary key, email text not null default '' unique);";

#[test]
fn what_was_made_goes() {
    check(
        "",
        "create table t (id serial primary key, a text); create index i on t (a);",
        "drops-new-data",
        &["DROP TABLE public.t"],
    );
    check(
        USERS,
        "alter table users add column age integer not null default 0 check (age > 0);",
        "drops-new-data",
        &["ALTER TABLE public.users DROP COLUMN age"],
    );
    check(USERS, "create index i on users (email); comment on index i is 'x';", "lossless", &["DROP INDEX public.i"]);
    check(USERS, "create index concurrently i on users (email);", "lossless", &["DROP INDEX CONCURRENTLY public.i"]);
    check(
        USERS,
        "create view v as select id from users; create view w as select id from v;",
        "lossless",
        &["DROP VIEW public.w", "DROP VIEW public.v"],
    );
}

#[test]
fn what_was_dropped_comes_back() {
    check(
        USERS,
        "drop table users;",
        "schema-only",
        &[
            "CREATE SEQUENCE public.users_id_seq AS integer",
            "CREATE TABLE public.users ( id integer DEFAULT nextval('public.users_id_seq'::regclass) NOT NULL, email text DEFAULT '' NOT \
         NULL, CONSTRAINT users_pkey PRIMARY KEY (id), CONSTRAINT users_email_key UNIQUE (email)\n)",
            "ALTER SEQUENCE public.users_id_seq OWNED BY public.users.id",
        ],
    );
    check(
        "create table t (a integer, b text not null);",
        "alter table t drop column b;",
        "schema-only",
        &["ALTER TABLE public.t ADD COLUMN b text"],
    );
}

#[test]
fn a_label_goes_by_another_type() {
    let setup =
        "create type mood as enum ('a', 'b'); create table t (m mood default 'a', n mood[]); create view v as select m from t;";
    check(
        setup,
        "alter type mood add value 'c';",
        "drops-new-data",
        &[
            "ALTER TYPE public.mood RENAME TO mood_old",
            "CREATE TYPE public.mood AS ENUM ( 'a', 'b'\n)",
            "ALTER TABLE public.t ALTER COLUMN m DROP DEFAULT",
            "DROP VIEW public.v",
            "ALTER TABLE public.t ALTER COLUMN m TYPE public.mood USING m::text::public.mood",
            "ALTER TABLE public.t ALTER COLUMN m SET DEFAULT 'a'",
            "ALTER TABLE public.t ALTER COLUMN n TYPE public.mood[] USING n::text[]::public.mood[]",
            "CREATE VIEW public.v (m) AS\nselect m from public.t",
            "DROP TYPE public.mood_old",
        ],
    );
}

#[test]
fn what_was_changed_is_changed_back() {
    let setup =
        "create table t (id integer primary key, a varchar(20), b text default 'x' not null); create view v as select a from t;
        create function f() returns integer language sql as 'select 1';";
    for (up, fidelity, expected) in [
        ("alter table t rename column a to c;", "lossless", &["ALTER TABLE public.t RENAME COLUMN c TO a"][..]),
        ("alter table t rename to u;", "lossless", &["ALTER TABLE public.u RENAME TO t"]),
        ("alter table t alter b drop default;", "lossless", &["ALTER TABLE public.t ALTER COLUMN b SET DEFAULT 'x'"]),
        ("alter table t alter b drop not null;", "drops-new-data", &["ALTER TABLE public.t ALTER COLUMN b SET NOT NULL"]),
        ("alter table t alter a set not null;", "lossless", &["ALTER TABLE public.t ALTER COLUMN a DROP NOT NULL"]),
        (
            "drop view v; alter table t alter a type text; create view v as select a from t;",
            "drops-new-data",
            &[
                "DROP VIEW public.v",
                "ALTER TABLE public.t ALTER COLUMN a TYPE character varying(20)",
                "CREATE VIEW public.v (a) AS\nselect a from public.t",
            ],
        ),
        (
            "create or replace view v as select a, b from t;",
            "lossless",
            &["DROP VIEW public.v", "CREATE VIEW public.v (a) AS\nselect a from public.t"],
        ),
        (
            "create or replace function f() returns integer language sql as 'select 2';",
            "lossless",
            &[
                "SET check_function_bodies = 'off'",
                "CREATE OR REPLACE FUNCTION public.f() RETURNS integer LANGUAGE sql AS $$select 1$$",
                "RESET check_function_bodies",
            ],
        ),
        (
            "alter table t enable row level security; grant select on t to public; comment on table t is 'x';",
            "lossless",
            &[
                "ALTER TABLE public.t DISABLE ROW LEVEL SECURITY",
                "REVOKE SELECT ON TABLE public.t FROM PUBLIC",
                "COMMENT ON TABLE public.t IS NULL",
            ],
        ),
        (
            "alter table t drop constraint t_pkey;",
            "drops-new-data",
            &["ALTER TABLE public.t ADD CONSTRAINT t_pkey PRIMARY KEY (id)"],
        ),
    ] {
        check(setup, up, fidelity, expected);
    }
}

#[test]
fn rows_that_were_inserted_go_by_their_key() {
    let setup = "create table t (id integer primary key, a text);";
    check(
        setup,
        "insert into t (id, a) values (1, 'x'), (2, 'y');",
        "drops-new-data",
        &["DELETE FROM public.t WHERE id IN (1, 2)"],
    );
    check(
        setup,
        "alter table t add column b integer; update t set b = 1;",
        "drops-new-data",
        &["ALTER TABLE public.t DROP COLUMN b"],
    );
    check(
        setup,
        "update t set a = '' where a is null; alter table t alter a set not null;",
        "schema-only",
        &["ALTER TABLE public.t ALTER COLUMN a DROP NOT NULL"],
    );
    for by_hand in [
        "insert into t (a) values ('x');",
        "insert into t values (1, 'x') on conflict do nothing;",
        "update t set a = upper(a);",
        "select f();",
        "do $$ declare x text; begin execute x; end $$;",
        "-- migsafe: down=manual reason=\"ask first\"\nalter table t add column b integer;",
    ] {
        assert_eq!(of(setup, by_hand).fidelity, Fidelity::Manual, "{by_hand}");
    }
}

#[test]
fn a_script_says_what_it_cannot_do() {
    let down = of(
        "create table t (a integer); create table u (id integer primary key);",
        "alter table t drop column a; update u set id = 1;",
    );
    let text = script(&down, &Postgres);
    for line in [
        "-- migsafe: fidelity manual: no down can be computed",
        "--   gone: the values of public.t.a",
        "--   by hand: statement 2: the former values of public.u.id are gone",
        "    RAISE EXCEPTION USING MESSAGE = ",
        "ALTER TABLE public.t ADD COLUMN a integer;",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    let down = of("create table t (id integer, a text not null);", "alter table t drop column a;");
    let end = "\nALTER TABLE public.t ADD COLUMN a text;\n\n-- When the values are there again:\n--   ALTER TABLE public.t ALTER COLUMN a SET NOT NULL;\n";
    assert!(script(&down, &Postgres).ends_with(end), "{}", script(&down, &Postgres));
}

#[test]
fn one_foreign_key_more_is_one_more() {
    let setup = "create table a (id integer primary key);
        create table b (a integer constraint first references a, constraint second foreign key (a) references a);";
    check(
        setup,
        "alter table b drop constraint second;",
        "lossless",
        &["ALTER TABLE public.b ADD CONSTRAINT second FOREIGN KEY (a) REFERENCES public.a (id)"],
    );
}

#[test]
fn expressions_go_before_a_column_takes_its_former_type() {
    check(
        "create table t (at timestamp, n integer check (n > 0)); create index i on t (date(at));",
        "alter table t alter column at type date;",
        "schema-only",
        &[
            "DROP INDEX public.i",
            "ALTER TABLE public.t ALTER COLUMN at TYPE timestamp without time zone",
            "CREATE INDEX i ON public.t USING btree (date(at))",
        ],
    );
}

#[test]
fn what_was_not_seen_is_left_to_a_person() {
    let setup =
        "create table t (id integer); create table u (id integer); select 1 from f(); do $$ begin execute 'x' || 1; end $$;";
    let reason = |what: &str| Some(format!("whether {what} was there is not known: something before it was not understood"));
    let note = |what: &str| format!("{what}, even if it was there before: not all that came before was understood");
    for (up, wanted, noted) in [
        ("drop trigger if exists g on t;", reason("t.g"), None),
        ("alter table t drop column if exists a;", reason("t.a"), None),
        ("drop table u;", Some("what else public.u had is not known: something before it was not understood".to_owned()), None),
        ("create table w (id integer); drop table w;", None, None),
        ("alter table t add column if not exists a integer;", None, Some(note("t.a"))),
        ("create table if not exists v (id integer);", None, Some(note("v"))),
        ("create table v (id integer); alter table v add column if not exists a integer;", None, None),
        ("create or replace function h() returns integer language sql as 'select 1';", None, Some(note("h"))),
    ] {
        let down = of(setup, up);
        assert_eq!(down.reasons().next().map(|(_, reason)| reason.to_owned()), wanted, "{up}");
        let mut lost = down.ups.iter().flat_map(|up| &up.lost);
        let found = lost.find(|lost| lost.what.contains("even if")).map(|lost| lost.what.clone());
        assert_eq!(found, noted, "{up}");
    }
}

#[test]
fn a_membership_comes_back() {
    let setup = "create role g; create role m noinherit in role g; grant g to m with admin option;";
    for (up, fidelity, expected) in [
        ("revoke g from m;", "lossless", &["GRANT g TO m WITH ADMIN OPTION"][..]),
        ("revoke admin option for g from m;", "lossless", &["REVOKE g FROM m", "GRANT g TO m WITH ADMIN OPTION"]),
        ("alter role m inherit;", "lossless", &["ALTER ROLE m NOINHERIT"]),
        ("create role n; grant g to n;", "lossless", &["REVOKE g FROM n", "DROP ROLE n"]),
        ("drop role m;", "lossless", &["create role m", "ALTER ROLE m NOINHERIT", "GRANT g TO m WITH ADMIN OPTION"]),
    ] {
        check(setup, up, fidelity, expected);
    }
    // Nobody knows what roles had before that others made.
    for up in ["revoke x from y;", "grant x to y;", "alter role x noinherit;"] {
        assert_eq!(of(setup, up).fidelity.name(), "manual", "{up}");
    }
}

#[test]
fn what_calls_a_function_goes_before_it() {
    let function = "create function f() returns integer language sql as 'select 1';";
    check(
        "create table t (id integer);",
        &format!("{function} create rule r as on insert to t do also select f();"),
        "lossless",
        &["DROP RULE r ON public.t", "DROP FUNCTION public.f()"],
    );
    check(
        "",
        &format!("{function} create function g() returns integer begin atomic select f(); end;"),
        "lossless",
        &["DROP FUNCTION public.g()", "DROP FUNCTION public.f()"],
    );
}
