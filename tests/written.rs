//! What the PostgreSQL dialect writes reads back as the same change, and is canonical: writing it again changes nothing.

use migsafe::change::Change;
use migsafe::dialect::{Dialect, Postgres};
use migsafe::lower::lower_text;
use migsafe::source::{Sources, Span};

/// Statements of every kind that is not about tables and queries.
const OBJECTS: &[&str] = &[
    "create schema if not exists app authorization bob",
    "create sequence if not exists app.s as integer increment by 2 minvalue 1 no maxvalue start with 3 cache 4 cycle owned by none",
    "alter sequence s restart with 5",
    "create type mood as enum ('sad', 'it''s')",
    "create type \"Order\" as (a integer, b text collate \"C\", c timestamp(3) with time zone[])",
    "create type r as range (subtype = float8)",
    "create type shell",
    "alter type mood add value if not exists 'x' before 'sad'",
    "alter type mood rename value 'x' to 'y'",
    "alter type t add attribute d numeric(10,2) cascade",
    "alter type t rename attribute a to b",
    "create domain email as character varying(20) default 'x' constraint n not null constraint c check (value like '%@%')",
    "alter domain email drop constraint if exists c cascade",
    "alter domain email add constraint c check (value <> '') not valid",
    "create or replace function f(a integer default 1, inout b text[], variadic c bigint[]) returns text language plpgsql \
     stable strict security definer parallel safe cost 5 set search_path to public as $x$ begin return $$a$$; end $x$",
    "create function g() returns table(a integer, b text) language sql as 'select 1, ''x\\y'''",
    "create procedure p(a integer) language sql as $$ select 1 $$",
    "alter function f(integer, text[]) immutable",
    "create constraint trigger t after insert or update of a, b on app.x deferrable initially deferred for each row \
     when (new.a > 1) execute function f('a', 'b')",
    "create trigger t after update on x referencing old table as o for each statement execute function f()",
    "create or replace rule r as on insert to x do instead nothing",
    "create policy p on x as restrictive for select to bob, public using (a = 1)",
    "alter policy p on x to bob using (true) with check (false)",
    "drop table if exists a, app.b cascade",
    "drop index concurrently if exists i",
    "drop function f(integer), g()",
    "drop trigger if exists t on x",
    "drop operator class if exists c using btree",
    "alter index i rename to j",
    "alter function f(integer) rename to g",
    "alter type t set schema app",
    "alter table if exists x set schema app",
    "alter view v owner to current_user",
    "comment on column app.x.\"Order\" is 'it''s'",
    "comment on constraint c on x is null",
    "comment on constraint c on domain d is 'x'",
    "comment on function f(integer) is 'x'",
    "grant select (a, b), update on x, y to bob, public with grant option",
    "revoke grant option for all on all tables in schema app from bob cascade",
    "grant execute on function f(integer) to bob",
    "grant a, b to c with admin option",
    "alter default privileges for role a in schema app grant select on tables to bob",
    "create extension if not exists \"uuid-ossp\" schema app version '1.1' cascade",
    "create role bob login",
    "refresh materialized view concurrently v",
    "vacuum full a, b",
    "analyze a",
    "cluster a using i",
    "reindex index concurrently i",
    "checkpoint",
];

/// Statements about tables, indexes, views and rows.
const TABLES: &[&str] = &[
    "create unlogged table if not exists app.t (id bigint generated always as identity (start with 5), a varchar(20) collate \"C\" \
     default 'x' not null, b numeric(10,2)[], c integer generated always as (a + 1) stored, constraint p primary key (id), \
     constraint u unique nulls not distinct (a, b) include (c) deferrable initially deferred, check (a <> ''), \
     foreign key (c) references o (id) match full on update cascade on delete set null (c), \
     exclude using gist (b with &&) where (id > 1)) with (fillfactor=70)",
    "create table t (id serial not null, like o including defaults including indexes) inherits (p)",
    "create table t (at date) partition by range (at)",
    "create table t partition of p for values from (1) to (2)",
    "create table t (a) as select 1 with no data",
    "alter table if exists only t add column if not exists a integer default 1 not null",
    "alter table t add column a integer references o (id) on delete cascade",
    "alter table t add column a integer unique",
    "alter table t add column a integer primary key",
    "alter table t add column a integer check (a > 0)",
    "alter table t drop column if exists a cascade",
    "alter table t rename column a to b",
    "alter table t rename constraint a to b",
    "alter table t alter column a type text collate \"C\" using a::text",
    "alter table t alter column a set default now()",
    "alter table t alter column a drop not null",
    "alter table t alter column a add generated by default as identity",
    "alter table t alter column a set statistics 100",
    "alter table t alter column a set storage external",
    "alter table t add constraint c check (a > 0) not valid",
    "alter table t add constraint c unique using index i",
    "alter table t add constraint c foreign key (a) references o not valid",
    "alter table t drop constraint if exists c cascade",
    "alter table t validate constraint c",
    "alter table t alter constraint c deferrable initially deferred",
    "alter table t attach partition p for values in ('a')",
    "alter table t detach partition p concurrently",
    "alter table t enable row level security",
    "alter table t disable trigger x",
    "alter table t replica identity using index i",
    "alter table t set (fillfactor=70)",
    "alter table t reset (fillfactor)",
    "alter table t set logged",
    "alter table t cluster on i",
    "create unique index concurrently if not exists i on only app.t using btree (a desc nulls last, lower(b) text_pattern_ops, (a || ')')) \
     include (c) with (fillfactor=70) where (a > 0)",
    "create or replace view v (a, b) with (security_barrier=true) as select 1, 2 with local check option",
    "create materialized view v as select a from t with no data",
    "truncate table a, b restart identity cascade",
    "lock table a in access exclusive mode nowait",
    "set local lock_timeout = '5s'",
    "set search_path = app, \"Public\"",
    "reset search_path",
    "savepoint a",
    "rollback to savepoint a",
];

#[test]
fn tables_read_back() {
    TABLES.iter().for_each(|sql| reads_back(sql));
}

#[test]
fn objects_read_back() {
    OBJECTS.iter().for_each(|sql| reads_back(sql));
}

fn reads_back(sql: &str) {
    let change = one(sql);
    assert!(!matches!(change, Change::Opaque(_)), "{sql} was not understood: {change:?}");
    let written = Postgres.write(&change);
    let again = one(&written);
    assert_eq!(again, change, "{sql}\nwas written as\n{written}");
    assert_eq!(Postgres.write(&again), written);
}

fn one(sql: &str) -> Change {
    let mut sources = Sources::default();
    let file = sources.add("test.sql", sql);
    let span = Span::new(file, 0, sql.len());
    let mut changes = lower_text(sql, span);
    assert_eq!(changes.len(), 1, "{sql}");
    changes.remove(0).value
}
