-- case: enum label added
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE t (id int PRIMARY KEY, m mood);
-- migration: expand
ALTER TYPE mood ADD VALUE 'happy';
-- old: INSERT INTO t VALUES (1, 'ok') => ok
-- new: INSERT INTO t VALUES (1, 'happy') => 22P02

-- case: enum label renamed
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE t (id int PRIMARY KEY, m mood);
-- migration: breaking
ALTER TYPE mood RENAME VALUE 'ok' TO 'fine';
-- old: INSERT INTO t VALUES (1, 'ok') => 22P02
-- new: INSERT INTO t VALUES (1, 'fine') => 22P02

-- case: enum label removed by a swap
CREATE TYPE mood AS ENUM ('sad', 'ok', 'odd');
CREATE TABLE t (id int PRIMARY KEY, m mood);
-- migration: contract
ALTER TYPE mood RENAME TO mood_old;
CREATE TYPE mood AS ENUM ('sad', 'ok');
ALTER TABLE t ALTER COLUMN m TYPE mood USING m::text::mood;
DROP TYPE mood_old;
-- old: INSERT INTO t VALUES (1, 'odd') => 22P02
-- new: INSERT INTO t VALUES (1, 'ok') => ok

-- case: enum replaced by text
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE t (id int PRIMARY KEY, m mood);
-- migration: breaking
ALTER TABLE t ALTER COLUMN m TYPE text;
-- old: INSERT INTO t VALUES (1, 'ok') => ok
-- new: INSERT INTO t VALUES (1, 'else') => 22P02

-- case: type dropped
CREATE TYPE mood AS ENUM ('sad', 'ok');
-- migration: contract
DROP TYPE mood;
-- old: SELECT 'ok'::mood => 42704

-- case: type created
-- migration: expand
CREATE TYPE mood AS ENUM ('sad', 'ok');
-- new: SELECT 'ok'::mood => 42704

-- case: domain tightened
CREATE DOMAIN d AS int;
CREATE TABLE t (id int PRIMARY KEY, a d);
-- migration: contract
ALTER DOMAIN d ADD CONSTRAINT positive CHECK (VALUE > 0) NOT VALID;
-- old: INSERT INTO t VALUES (1, -1) => 23514
-- new: INSERT INTO t VALUES (1, 1) => ok

-- case: domain loosened
CREATE DOMAIN d AS int CONSTRAINT positive CHECK (VALUE > 0);
CREATE TABLE t (id int PRIMARY KEY, a d);
-- migration: expand
ALTER DOMAIN d DROP CONSTRAINT positive;
-- old: INSERT INTO t VALUES (1, 1) => ok
-- new: INSERT INTO t VALUES (1, -1) => 23514

-- case: view created
CREATE TABLE t (id int PRIMARY KEY, a int);
-- migration: expand
CREATE VIEW v AS SELECT id FROM t;
-- old: INSERT INTO t VALUES (1, 1) => ok
-- new: SELECT id FROM v => 42P01

-- case: view dropped
CREATE TABLE t (id int PRIMARY KEY, a int);
CREATE VIEW v AS SELECT id FROM t;
-- migration: contract
DROP VIEW v;
-- old: SELECT id FROM v => 42P01

-- case: view gets a column
CREATE TABLE t (id int PRIMARY KEY, a int);
CREATE VIEW v AS SELECT id FROM t;
-- migration: expand
CREATE OR REPLACE VIEW v AS SELECT id, a FROM t;
-- old: SELECT id FROM v => ok
-- new: SELECT a FROM v => 42703

-- case: view loses a column
CREATE TABLE t (id int PRIMARY KEY, a int);
CREATE VIEW v AS SELECT id, a FROM t;
-- migration: contract
DROP VIEW v;
CREATE VIEW v AS SELECT id FROM t;
-- old: SELECT a FROM v => 42703
-- new: SELECT id FROM v => ok

-- case: view made again around a change
CREATE TABLE t (id int PRIMARY KEY, a varchar(5));
CREATE VIEW v AS SELECT id, a FROM t;
-- migration: expand
DROP VIEW v;
ALTER TABLE t ALTER COLUMN a TYPE text;
CREATE VIEW v AS SELECT id, a FROM t;
-- old: SELECT a FROM v => ok
-- new: INSERT INTO t VALUES (1, 'longer than five') => 22001

-- case: column dropped with the views that show it
CREATE TABLE t (id int PRIMARY KEY, a int);
CREATE VIEW v AS SELECT id, a FROM t;
-- migration: contract
ALTER TABLE t DROP COLUMN a CASCADE;
-- old: SELECT id FROM v => 42P01
-- old: SELECT a FROM t => 42703
-- new: SELECT id FROM t => ok

-- case: function created
-- migration: expand
CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT a';
-- new: SELECT f(1) => 42883

-- case: function dropped
CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT a';
-- migration: contract
DROP FUNCTION f(int);
-- old: SELECT f(1) => 42883

-- case: function body replaced
CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT a';
-- migration: free
CREATE OR REPLACE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT a + 1';
-- old: SELECT f(1) => ok

-- case: overload with a default makes calls ambiguous
CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT a';
-- migration: breaking
CREATE FUNCTION f(a int, b int DEFAULT 0) RETURNS int LANGUAGE sql AS 'SELECT a + b';
-- old: SELECT f(1) => 42725
-- new: SELECT f(1, 2) => 42883

-- case: parameter with a default added
CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT a';
-- migration: expand
DROP FUNCTION f(int);
CREATE FUNCTION f(a int, b int DEFAULT 0) RETURNS int LANGUAGE sql AS 'SELECT a + b';
-- old: SELECT f(1) => ok
-- new: SELECT f(1, 2) => 42883

-- case: parameter added
CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT a';
-- migration: breaking
DROP FUNCTION f(int);
CREATE FUNCTION f(a int, b int) RETURNS int LANGUAGE sql AS 'SELECT a + b';
-- old: SELECT f(1) => 42883
-- new: SELECT f(1, 2) => 42883

-- case: sequence dropped
CREATE SEQUENCE s;
-- migration: contract
DROP SEQUENCE s;
-- old: SELECT nextval('s') => 42P01

-- case: sequence renamed
CREATE SEQUENCE s;
-- migration: breaking
ALTER SEQUENCE s RENAME TO r;
-- old: SELECT nextval('s') => 42P01
-- new: SELECT nextval('r') => 42P01

-- case: trigger added
CREATE TABLE t (id int PRIMARY KEY, at timestamptz);
-- migration: free
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.at := now(); RETURN NEW; END $$;
CREATE TRIGGER touch BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION touch();
-- old: INSERT INTO t (id) VALUES (1) => ok

-- case: row security enabled without a policy
CREATE TABLE t (id int PRIMARY KEY);
CREATE ROLE app_rls1; GRANT ALL ON t TO app_rls1;
-- migration: contract
ALTER TABLE t ENABLE ROW LEVEL SECURITY;
-- old: SET LOCAL ROLE app_rls1; INSERT INTO t VALUES (1) => 42501
-- new: INSERT INTO t VALUES (1) => ok

-- case: row security enabled with an open policy
CREATE TABLE t (id int PRIMARY KEY);
CREATE ROLE app_rls2; GRANT ALL ON t TO app_rls2;
-- migration: free
ALTER TABLE t ENABLE ROW LEVEL SECURITY;
CREATE POLICY everybody ON t USING (true) WITH CHECK (true);
-- old: SET LOCAL ROLE app_rls2; INSERT INTO t VALUES (1) => ok

-- case: policy tightened
CREATE TABLE t (id int PRIMARY KEY);
CREATE ROLE app_rls3; GRANT ALL ON t TO app_rls3;
ALTER TABLE t ENABLE ROW LEVEL SECURITY;
CREATE POLICY everybody ON t USING (true) WITH CHECK (true);
-- migration: contract
DROP POLICY everybody ON t;
CREATE POLICY few ON t USING (id > 5) WITH CHECK (id > 5);
-- old: SET LOCAL ROLE app_rls3; INSERT INTO t VALUES (1) => 42501
-- new: SET LOCAL ROLE app_rls3; INSERT INTO t VALUES (10) => ok

-- case: policy without row security
CREATE TABLE t (id int PRIMARY KEY);
-- migration: free
CREATE POLICY few ON t USING (id > 5);
-- old: INSERT INTO t VALUES (1) => ok

-- case: right granted
CREATE TABLE t (id int PRIMARY KEY);
CREATE ROLE app_g1;
-- migration: expand
GRANT SELECT ON t TO app_g1;
-- new: SET LOCAL ROLE app_g1; SELECT id FROM t => 42501

-- case: right revoked
CREATE TABLE t (id int PRIMARY KEY);
CREATE ROLE app_g2; GRANT SELECT, INSERT ON t TO app_g2;
-- migration: contract
REVOKE INSERT ON t FROM app_g2;
-- old: SET LOCAL ROLE app_g2; INSERT INTO t VALUES (1) => 42501
-- new: SET LOCAL ROLE app_g2; SELECT id FROM t => ok

-- case: right revoked that nobody had
CREATE TABLE t (id int PRIMARY KEY);
-- migration: free
REVOKE ALL ON t FROM PUBLIC;
-- old: INSERT INTO t VALUES (1) => ok

-- case: execution revoked from everybody
CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE ROLE app_g3;
-- migration: contract
REVOKE EXECUTE ON FUNCTION f() FROM PUBLIC;
-- old: SET LOCAL ROLE app_g3; SELECT f() => 42501

-- case: column changed in a block
CREATE TABLE t (id int PRIMARY KEY, a text);
-- migration: contract
DO $$ BEGIN ALTER TABLE t DROP COLUMN a; END $$;
-- old: SELECT a FROM t => 42703

-- case: composite type changed
CREATE TYPE pair AS (a int, b int);
-- migration: breaking
ALTER TYPE pair ADD ATTRIBUTE c int;
-- old: SELECT ROW(1, 2)::pair => 42846
-- new: SELECT ROW(1, 2, 3)::pair => 42846

-- case: extension created
-- migration: expand
CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- case: roles, comments, settings
CREATE TABLE t (id int PRIMARY KEY);
-- migration: free
SET lock_timeout = '2s';
COMMENT ON TABLE t IS 'x';
ANALYZE t;
-- old: INSERT INTO t VALUES (1) => ok
