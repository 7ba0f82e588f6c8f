//! One line of SQL in, what was understood of it out: written back by the dialect, which must read as the same change again.

use crate::change::{Change, Opaque, Spanned};
use crate::dialect::{Dialect, Postgres};
use crate::lower::lower_text;
use crate::source::Sources;
use std::fmt::Write;

fn lower(sql: &str) -> Vec<Spanned<Change>> {
    let mut sources = Sources::default();
    let file = sources.add("a.sql", sql);
    let changes = lower_text(sql, sources.whole(file));
    assert!(!changes.is_empty(), "nothing: {sql}");
    for change in &changes {
        assert!(sql.get(change.span.range()).is_some(), "{sql}");
    }
    changes
}

fn show(change: &Change) -> String {
    match change {
        Change::Opaque(Opaque { reason, class }) => format!("opaque ({class:?}): {reason}"),
        Change::NoEffect => "no effect".to_owned(),
        Change::Do(block) => {
            let statements = block.statements.iter().map(|statement| {
                format!("{}{}", if statement.conditional { "maybe " } else { "" }, show(&statement.change.value))
            });
            format!("do [{}]", statements.collect::<Vec<_>>().join("; "))
        }
        known => Postgres.write(known),
    }
}

/// Every statement of the list, under its own line where what was understood reads otherwise.
fn report(list: &str) -> String {
    let mut out = String::new();
    for sql in list.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let shown: Vec<String> = lower(sql).iter().map(|change| show(&change.value)).collect();
        let shown = shown.join("; ");
        let _ = match shown == sql {
            true => writeln!(out, "{sql}"),
            false => writeln!(out, "{sql}\n    {shown}"),
        };
    }
    out
}

#[test]
fn every_statement_is_understood() {
    insta::with_settings!({ snapshot_path => "../../../snapshots", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("lower_other", report(STATEMENTS));
    });
}

#[test]
fn what_is_written_reads_back() {
    for sql in STATEMENTS.lines().map(str::trim).filter(|line| !line.is_empty()) {
        for change in lower(sql) {
            if matches!(
                change.value,
                Change::Opaque(_) | Change::NoEffect | Change::Do(_) | Change::CreateOther { .. } | Change::AlterOther { .. }
            ) {
                continue;
            }
            let written = Postgres.write(&change.value);
            let again: Vec<Change> = lower(&written).into_iter().map(|change| change.value).collect();
            assert_eq!(again, [change.value], "{sql}\n{written}");
        }
    }
}

#[test]
fn every_beginning_of_a_statement_is_something() {
    for sql in STATEMENTS.lines().map(str::trim) {
        for end in (1..sql.len()).filter(|end| sql.is_char_boundary(*end)) {
            lower(&sql[..end]);
        }
    }
}

#[test]
fn what_is_not_postgres_is_opaque() {
    for sql in [
        "DROP INDEX a ON t",
        "DROP INDEX IF EXIST a",
        "DROP SOMETHING a",
        "DROP FUNCTION f(a text DEFAULT 'x')",
        "ALTER TYPE a FROB",
        "CREATE DOMAIN d",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql",
        "GRANT SELECT ON t",
        "COMMENT ON TABLE t IS 1",
        "CREATE TYPE t AS ENUM ('a' 'b',)",
        "ALTER SEQUENCE s",
    ] {
        let changes = lower(sql);
        assert!(matches!(changes[0].value, Change::Opaque(_)), "{sql}: {changes:?}");
    }
}

const STATEMENTS: &str = r#"
    CREATE SEQUENCE IF NOT EXISTS s START WITH 1 INCREMENT BY 1 NO MINVALUE NO MAXVALUE CACHE 1
    CREATE TEMP SEQUENCE s AS integer START 1 INCREMENT -1 MINVALUE -5 MAXVALUE 10 CYCLE OWNED BY NONE
    CREATE SEQUENCE "S" OWNED BY app."T".id
    ALTER SEQUENCE s OWNED BY t.a
    ALTER SEQUENCE IF EXISTS s RESTART
    ALTER SEQUENCE s RESTART WITH 5 NO CYCLE
    ALTER SEQUENCE s RENAME TO r
    ALTER SEQUENCE s AS bigint
    ALTER SEQUENCE s SET SCHEMA x
    ALTER SEQUENCE s OWNER TO CURRENT_USER
    ALTER SEQUENCE s SET UNLOGGED
    CREATE TYPE e AS ENUM ('a', 'it''s')
    CREATE TYPE e AS ENUM ()
    CREATE TYPE c AS (a integer, b text COLLATE "C")
    CREATE TYPE r AS RANGE (SUBTYPE = float8, SUBTYPE_DIFF = float8mi)
    CREATE TYPE b (INPUT = f, OUTPUT = g)
    CREATE TYPE b
    ALTER TYPE e ADD VALUE IF NOT EXISTS 'b' BEFORE 'c'
    ALTER TYPE e ADD VALUE 'b' AFTER 'a'
    ALTER TYPE e RENAME VALUE 'a' TO 'b'
    ALTER TYPE s.e RENAME TO f
    ALTER TYPE e SET SCHEMA s
    ALTER TYPE e OWNER TO bob
    ALTER TYPE c ADD ATTRIBUTE x int
    ALTER TYPE c ADD ATTRIBUTE x int, DROP ATTRIBUTE IF EXISTS y CASCADE, ALTER ATTRIBUTE z SET DATA TYPE bigint
    ALTER TYPE c RENAME ATTRIBUTE x TO y CASCADE
    ALTER TYPE c SET (RECEIVE = f)
    CREATE DOMAIN d AS text NOT NULL CHECK (VALUE <> '')
    CREATE DOMAIN d int DEFAULT 1 NOT NULL
    CREATE DOMAIN d AS text COLLATE "C" DEFAULT 'x' CONSTRAINT n NOT NULL CONSTRAINT c CHECK (VALUE > 'a') CHECK (VALUE < 'z') NULL
    ALTER DOMAIN d ADD CONSTRAINT c CHECK (VALUE > 0) NOT VALID
    ALTER DOMAIN d DROP CONSTRAINT IF EXISTS c CASCADE
    ALTER DOMAIN d SET NOT NULL
    ALTER DOMAIN d DROP NOT NULL
    ALTER DOMAIN d SET DEFAULT 5
    ALTER DOMAIN d DROP DEFAULT
    ALTER DOMAIN d VALIDATE CONSTRAINT c
    ALTER DOMAIN d RENAME CONSTRAINT a TO b
    ALTER DOMAIN d RENAME TO e
    CREATE FUNCTION f() RETURNS TABLE (a int, b text) LANGUAGE sql STABLE PARALLEL SAFE COST 10 ROWS 5 AS $$ SELECT 1, 'x' $$
    CREATE FUNCTION f(VARIADIC a int[], OUT b int) LANGUAGE plpgsql STRICT LEAKPROOF AS $$ BEGIN b := 1; END $$
    CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT CASE WHEN a > 1 THEN 1 END AS end; SELECT a; END
    CREATE FUNCTION f(a int) RETURNS int IMMUTABLE RETURN a + 1
    CREATE OR REPLACE FUNCTION s.f(a int = 1, b double precision DEFAULT 2.5, IN c character varying, d timestamp with time zone) RETURNS SETOF t LANGUAGE 'plpgsql' SECURITY DEFINER SET search_path = a, pg_temp SET work_mem TO '1MB' AS 'BEGIN RETURN; END'
    CREATE FUNCTION f(cstring) RETURNS t AS 'lib', 'sym' LANGUAGE c IMMUTABLE RETURNS NULL ON NULL INPUT
    CREATE FUNCTION f(a INOUT integer) LANGUAGE sql WINDOW SUPPORT g TRANSFORM FOR TYPE hstore SET x FROM CURRENT AS E'SELECT\n1'
    CREATE FUNCTION f() RETURNS trigger AS $$BEGIN RETURN new; END$$ LANGUAGE plpgsql NOT LEAKPROOF CALLED ON NULL INPUT SECURITY INVOKER
    CREATE PROCEDURE p(a int) LANGUAGE plpgsql AS $$ BEGIN NULL; END $$
    CREATE OR REPLACE PROCEDURE p(IN a int, INOUT b text) LANGUAGE plpgsql AS $$ BEGIN NULL; END $$
    ALTER FUNCTION f(a int, text) OWNER TO bob
    ALTER FUNCTION f(int) RENAME TO g
    ALTER FUNCTION f SET SCHEMA s
    ALTER FUNCTION f(int) STRICT SET search_path TO 'x'
    ALTER FUNCTION f(int) DEPENDS ON EXTENSION x
    ALTER PROCEDURE p(int) SECURITY DEFINER
    ALTER ROUTINE r RENAME TO q
    ALTER AGGREGATE agg(int ORDER BY text) OWNER TO bob
    CREATE AGGREGATE agg (int) (SFUNC = f, STYPE = int, INITCOND = '0')
    CREATE AGGREGATE agg (*) (SFUNC = f, STYPE = int)
    CREATE OR REPLACE AGGREGATE agg (x float8 ORDER BY y text) (SFUNC = f, STYPE = int)
    CREATE AGGREGATE agg (BASETYPE = int, SFUNC = f, STYPE = int)
    CREATE TRIGGER tr AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION f('a', 1, b)
    CREATE OR REPLACE TRIGGER tr BEFORE INSERT OR UPDATE OF a, b OR DELETE ON s.t FOR EACH ROW WHEN (OLD.a IS DISTINCT FROM NEW.a) EXECUTE PROCEDURE s.f()
    CREATE TRIGGER tr AFTER UPDATE ON t REFERENCING OLD TABLE AS o NEW TABLE AS n FOR EACH STATEMENT EXECUTE FUNCTION f()
    CREATE TRIGGER tr INSTEAD OF INSERT ON v FOR ROW EXECUTE FUNCTION f()
    CREATE CONSTRAINT TRIGGER tr AFTER INSERT ON t FROM o DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION f()
    ALTER TRIGGER tr ON t RENAME TO ts
    ALTER TRIGGER tr ON t DEPENDS ON EXTENSION x
    CREATE EVENT TRIGGER et ON ddl_command_end WHEN TAG IN ('CREATE TABLE', 'DROP TABLE') EXECUTE FUNCTION f()
    ALTER EVENT TRIGGER et DISABLE
    CREATE RULE r AS ON INSERT TO t DO INSTEAD NOTHING
    CREATE OR REPLACE RULE r AS ON UPDATE TO t WHERE OLD.a > 1 DO ALSO (INSERT INTO l VALUES (1); DELETE FROM m;)
    ALTER RULE r ON t RENAME TO q
    CREATE POLICY p ON t
    CREATE POLICY p ON t AS RESTRICTIVE FOR UPDATE TO bob, PUBLIC USING (a = 1) WITH CHECK (a > 0)
    ALTER POLICY p ON t RENAME TO q
    ALTER POLICY p ON t TO CURRENT_USER USING (true)
    GRANT SELECT (a, b), UPDATE ON t, s.u TO bob, GROUP g WITH GRANT OPTION
    GRANT ALL PRIVILEGES ON ALL TABLES IN SCHEMA a, b TO bob
    GRANT ALL ON TABLE t TO PUBLIC
    GRANT EXECUTE ON FUNCTION f(int, OUT text), g() TO bob
    GRANT USAGE ON SCHEMA s TO bob GRANTED BY CURRENT_USER
    GRANT SELECT ON type TO bob
    GRANT SET ON PARAMETER work_mem TO bob
    GRANT SELECT ON LARGE OBJECT 1234 TO bob
    GRANT USAGE ON FOREIGN SERVER x TO bob
    GRANT r1, r2 TO bob WITH ADMIN OPTION
    GRANT r1 TO bob WITH INHERIT FALSE, SET TRUE
    REVOKE GRANT OPTION FOR SELECT ON t FROM bob CASCADE
    REVOKE ALL ON DATABASE d FROM PUBLIC
    REVOKE r1 FROM bob
    ALTER DEFAULT PRIVILEGES IN SCHEMA s GRANT SELECT ON TABLES TO bob
    ALTER DEFAULT PRIVILEGES FOR ROLE a, b REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC
    COMMENT ON TABLE t IS 'a ' 'b'
    COMMENT ON COLUMN s.t.c IS E'it\'s'
    COMMENT ON FUNCTION f(int, text) IS $$x$$
    COMMENT ON AGGREGATE agg(*) IS 'x'
    COMMENT ON CONSTRAINT c ON t IS NULL
    COMMENT ON CONSTRAINT c ON DOMAIN d IS 'x'
    COMMENT ON TRIGGER tr ON t IS 'x'
    COMMENT ON TYPE e IS ''
    COMMENT ON EXTENSION pgcrypto IS 'x'
    COMMENT ON CAST (text AS int4) IS 'x'
    COMMENT ON OPERATOR s.=== (int, NONE) IS 'x'
    COMMENT ON OPERATOR CLASS o USING btree IS 'x'
    COMMENT ON LARGE OBJECT 5 IS 'x'
    COMMENT ON TEXT SEARCH CONFIGURATION Eng IS 'x'
    COMMENT ON MATERIALIZED VIEW v IS 'x'
    SECURITY LABEL FOR p ON TABLE t IS 'x'
    DROP TABLE IF EXISTS a, s.b CASCADE
    DROP INDEX CONCURRENTLY IF EXISTS idx
    DROP FUNCTION IF EXISTS f(int, a text), g() RESTRICT
    DROP FUNCTION f, g
    DROP PROCEDURE p(IN int, OUT text)
    DROP AGGREGATE first(anyelement)
    DROP TRIGGER IF EXISTS tr ON s.t CASCADE
    DROP RULE r ON t
    DROP POLICY p ON t
    DROP TYPE e, f
    DROP DOMAIN d
    DROP SEQUENCE s
    DROP VIEW v
    DROP MATERIALIZED VIEW v
    DROP FOREIGN TABLE ft
    DROP SCHEMA IF EXISTS s CASCADE
    DROP EXTENSION IF EXISTS "uuid-ossp"
    DROP ROLE IF EXISTS a, b
    DROP USER u
    DROP DATABASE d WITH (FORCE)
    DROP CAST IF EXISTS (text AS integer) CASCADE
    DROP OPERATOR === (integer, integer)
    DROP OPERATOR FAMILY o USING btree
    DROP EVENT TRIGGER et
    DROP STATISTICS st
    DROP COLLATION co
    DROP PUBLICATION p
    DROP SUBSCRIPTION s
    DROP SERVER x CASCADE
    DROP USER MAPPING IF EXISTS FOR bob SERVER x
    DROP TEXT SEARCH DICTIONARY d
    DROP TRANSFORM FOR hstore LANGUAGE plpython3u
    DROP LANGUAGE plperl
    DROP OWNED BY bob CASCADE
    REASSIGN OWNED BY a, b TO c
    ALTER INDEX IF EXISTS a RENAME TO b
    ALTER INDEX a ATTACH PARTITION b
    ALTER INDEX a SET (fillfactor = 50)
    ALTER INDEX a RESET (fillfactor)
    ALTER INDEX a SET TABLESPACE ts
    ALTER INDEX a ALTER COLUMN 1 SET STATISTICS 100
    ALTER INDEX ALL IN TABLESPACE a SET TABLESPACE b
    ALTER SCHEMA a RENAME TO b
    ALTER SCHEMA a OWNER TO bob
    ALTER ROLE bob RENAME TO bill
    ALTER ROLE bob WITH LOGIN
    ALTER ROLE ALL SET work_mem = '1MB'
    ALTER DATABASE d SET timezone TO 'UTC'
    ALTER SYSTEM SET work_mem = '1MB'
    ALTER EXTENSION postgis UPDATE TO '3.0'
    ALTER EXTENSION x SET SCHEMA y
    ALTER EXTENSION x ADD FUNCTION f(int)
    ALTER PUBLICATION p ADD TABLE t
    ALTER SUBSCRIPTION s DISABLE
    ALTER STATISTICS st SET STATISTICS 100
    ALTER COLLATION c RENAME TO d
    ALTER OPERATOR === (int, int) OWNER TO bob
    ALTER TEXT SEARCH CONFIGURATION c ALTER MAPPING FOR word WITH simple
    ALTER TEXT SEARCH CONFIGURATION c RENAME TO d
    ALTER SERVER x OPTIONS (SET host 'h')
    ALTER FOREIGN DATA WRAPPER w OWNER TO bob
    ALTER USER MAPPING FOR bob SERVER x OPTIONS (SET user 'u')
    ALTER LARGE OBJECT 5 OWNER TO bob
    ALTER LANGUAGE plpgsql RENAME TO x
    CREATE EXTENSION pgcrypto SCHEMA x
    CREATE EXTENSION IF NOT EXISTS "uuid-ossp" WITH SCHEMA public VERSION '1.1' CASCADE
    CREATE SCHEMA s
    CREATE SCHEMA IF NOT EXISTS s AUTHORIZATION bob
    CREATE SCHEMA AUTHORIZATION bob
    CREATE SCHEMA s CREATE SEQUENCE a CREATE SEQUENCE x.b GRANT CREATE ON SCHEMA s TO bob WITH GRANT OPTION
    CREATE ROLE bob WITH LOGIN PASSWORD 'x'
    CREATE USER bob
    CREATE DATABASE d OWNER bob
    CREATE TABLESPACE ts LOCATION '/x'
    CREATE PUBLICATION p FOR TABLE t
    CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p
    CREATE STATISTICS st (dependencies) ON a, b FROM t
    CREATE STATISTICS IF NOT EXISTS st ON lower(a), (b + 1) FROM s.t
    CREATE STATISTICS ON a, (b + 1) FROM t
    CREATE COLLATION IF NOT EXISTS c (provider = icu, locale = 'und')
    CREATE CAST (text AS int) WITH FUNCTION f(text) AS IMPLICIT
    CREATE OPERATOR === (LEFTARG = int, RIGHTARG = int, FUNCTION = f)
    CREATE OPERATOR CLASS o DEFAULT FOR TYPE int USING btree AS OPERATOR 1 <
    CREATE OPERATOR FAMILY o USING btree
    CREATE DEFAULT CONVERSION c FOR 'UTF8' TO 'LATIN1' FROM f
    CREATE OR REPLACE TRUSTED PROCEDURAL LANGUAGE plx HANDLER h
    CREATE ACCESS METHOD am TYPE INDEX HANDLER h
    CREATE FOREIGN DATA WRAPPER w
    CREATE SERVER x FOREIGN DATA WRAPPER w OPTIONS (host 'h')
    CREATE USER MAPPING IF NOT EXISTS FOR bob SERVER x
    CREATE TEXT SEARCH CONFIGURATION s.c (COPY = english)
    CREATE TRANSFORM FOR hstore LANGUAGE plx (FROM SQL WITH FUNCTION f(internal))
    IMPORT FOREIGN SCHEMA a FROM SERVER x INTO b
    REINDEX TABLE t
    REINDEX INDEX CONCURRENTLY idx
    REINDEX (CONCURRENTLY, VERBOSE) SCHEMA s
    REINDEX DATABASE
    VACUUM
    VACUUM FULL t
    VACUUM (ANALYZE, FULL false) a, b (x, y)
    ANALYZE a, b
    ANALYZE (SKIP_LOCKED) a
    CLUSTER t USING idx
    CLUSTER
    REFRESH MATERIALIZED VIEW CONCURRENTLY v
    REFRESH MATERIALIZED VIEW v WITH NO DATA
    CHECKPOINT
    DISCARD ALL
    LISTEN a
    NOTIFY a, 'x'
    LOAD 'x'
    PREPARE p AS SELECT 1
    EXECUTE p(1)
    DEALLOCATE p
    SET CONSTRAINTS ALL DEFERRED
    DO $$ BEGIN DROP TABLE t; END $$
    DO LANGUAGE plpgsql 'BEGIN DROP TABLE t; END'
    DO LANGUAGE plperl $$ x $$
"#;
