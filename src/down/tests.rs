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
