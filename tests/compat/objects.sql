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

-- case: enum label before
CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TABLE t (m mood);
-- migration: expand
ALTER TYPE mood ADD VALUE IF NOT EXISTS 'meh' BEFORE 'ok';
-- old: INSERT INTO t VALUES ('ok') => ok
-- new: INSERT INTO t VALUES ('meh') => 22P02

-- case: enum label that exists
CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TABLE t (m mood);
-- migration: free
ALTER TYPE mood ADD VALUE IF NOT EXISTS 'ok';
-- old: INSERT INTO t VALUES ('ok') => ok

-- case: enum swap with more labels and a default
CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TABLE t (id int, m mood NOT NULL DEFAULT 'ok');
-- migration: expand
ALTER TYPE mood RENAME TO mood_old;
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
ALTER TABLE t ALTER COLUMN m DROP DEFAULT, ALTER COLUMN m TYPE mood USING m::text::mood, ALTER COLUMN m SET DEFAULT 'ok';
DROP TYPE mood_old;
-- old: INSERT INTO t (id) VALUES (1) => ok
-- new: INSERT INTO t VALUES (1, 'happy') => 22P02

-- case: enum swap under another name
CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TABLE t (id int, m mood);
-- migration: breaking
CREATE TYPE feeling AS ENUM ('sad', 'ok');
ALTER TABLE t ALTER COLUMN m TYPE feeling USING m::text::feeling;
DROP TYPE mood;
-- old: SELECT 'ok'::mood => 42704
-- new: INSERT INTO t VALUES (1, 'ok'::feeling) => 42704

-- case: text to enum
CREATE TABLE t (id int, m text);
-- migration: breaking
CREATE TYPE mood AS ENUM ('sad', 'ok');
ALTER TABLE t ALTER COLUMN m TYPE mood USING m::mood;
-- old: INSERT INTO t VALUES (1, 'other') => 22P02
-- new: SELECT 'ok'::mood => 42704

-- case: domain not null
CREATE DOMAIN d AS text; CREATE TABLE t (id int, a d);
-- migration: contract
ALTER DOMAIN d SET NOT NULL;
-- old: INSERT INTO t VALUES (1, NULL) => 23502
-- old: INSERT INTO t (id) VALUES (1) => 23502
-- new: INSERT INTO t VALUES (1, 'x') => ok

-- case: domain drops not null
CREATE DOMAIN d AS text NOT NULL; CREATE TABLE t (id int, a d);
-- migration: expand
ALTER DOMAIN d DROP NOT NULL;
-- old: INSERT INTO t VALUES (1, 'x') => ok
-- new: INSERT INTO t VALUES (1, NULL) => 23502

-- case: domain default
CREATE DOMAIN d AS text; CREATE TABLE t (id int, a d NOT NULL);
-- migration: expand
ALTER DOMAIN d SET DEFAULT 'x';
-- old: INSERT INTO t VALUES (1, 'x') => ok
-- new: INSERT INTO t (id) VALUES (1) => 23502

-- case: domain check replaced by a wider one
CREATE DOMAIN d AS int CONSTRAINT pos CHECK (VALUE > 0); CREATE TABLE t (id int, a d);
-- migration: expand
ALTER DOMAIN d DROP CONSTRAINT pos;
ALTER DOMAIN d ADD CONSTRAINT pos CHECK (VALUE >= 0);
-- old: INSERT INTO t VALUES (1, 1) => ok
-- new: INSERT INTO t VALUES (1, 0) => 23514

-- case: domain to base type
CREATE DOMAIN email AS text CHECK (VALUE LIKE '%@%'); CREATE TABLE t (id int, a email);
-- migration: expand
ALTER TABLE t ALTER COLUMN a TYPE text;
-- old: INSERT INTO t VALUES (1, 'a@b') => ok
-- new: INSERT INTO t VALUES (1, 'ab') => 23514

-- case: base type to domain
CREATE DOMAIN email AS text CHECK (VALUE LIKE '%@%'); CREATE TABLE t (id int, a text);
-- migration: contract
ALTER TABLE t ALTER COLUMN a TYPE email;
-- old: INSERT INTO t VALUES (1, 'ab') => 23514
-- new: INSERT INTO t VALUES (1, 'a@b') => ok

-- case: type renamed
CREATE TYPE mood AS ENUM ('sad'); CREATE TABLE t (m mood);
-- migration: breaking
ALTER TYPE mood RENAME TO feeling;
-- old: SELECT 'sad'::mood => 42704
-- old: INSERT INTO t VALUES ('sad') => ok
-- new: SELECT 'sad'::feeling => 42704

-- case: composite attribute dropped
CREATE TYPE pair AS (a int, b int);
-- migration: breaking
ALTER TYPE pair DROP ATTRIBUTE b;
-- old: SELECT ROW(1, 2)::pair => 42846
-- new: SELECT ROW(1)::pair => 42846

-- case: composite attribute renamed
CREATE TYPE pair AS (a int, b int);
-- migration: breaking
ALTER TYPE pair RENAME ATTRIBUTE b TO c;
-- old: SELECT (NULL::pair).b => 42703
-- new: SELECT (NULL::pair).c => 42703

-- case: range type created
-- migration: expand
CREATE TYPE timerange AS RANGE (subtype = time);
-- new: SELECT '[10:00,11:00)'::timerange => 42704

-- case: sequence settings
CREATE SEQUENCE s; CREATE TABLE t (id int);
-- migration: free
ALTER SEQUENCE s RESTART WITH 100;
ALTER SEQUENCE s INCREMENT BY 5 CACHE 10 OWNED BY t.id;
SELECT setval('s', 500);
-- old: SELECT nextval('s') => ok

-- case: column dropped with its sequence
CREATE TABLE t (id int PRIMARY KEY, n serial);
-- migration: contract
ALTER TABLE t DROP COLUMN n;
-- old: SELECT nextval('t_n_seq') => 42P01
-- old: SELECT n FROM t => 42703
-- new: INSERT INTO t (id) VALUES (1) => ok

-- case: column moved to a side table
CREATE TABLE t (id int PRIMARY KEY, bio text);
-- migration: mixed
CREATE TABLE profile (t_id int PRIMARY KEY REFERENCES t, bio text);
INSERT INTO profile SELECT id, bio FROM t;
ALTER TABLE t DROP COLUMN bio;
-- old: SELECT bio FROM t => 42703
-- new: SELECT bio FROM profile => 42P01

-- case: status text replaced by a boolean
CREATE TABLE t (id int PRIMARY KEY, status text NOT NULL DEFAULT 'on');
-- migration: mixed
ALTER TABLE t ADD COLUMN active boolean NOT NULL DEFAULT true;
UPDATE t SET active = (status = 'on');
ALTER TABLE t DROP COLUMN status;
-- old: SELECT status FROM t => 42703
-- new: SELECT active FROM t => 42703

-- case: generated column over a dropped one
CREATE TABLE t (id int PRIMARY KEY, a int, b int GENERATED ALWAYS AS (a * 2) STORED);
-- migration: contract
ALTER TABLE t DROP COLUMN b, DROP COLUMN a;
-- old: SELECT b FROM t => 42703
-- new: INSERT INTO t (id) VALUES (1) => ok

-- case: generated column replaced by a plain one
CREATE TABLE t (id int PRIMARY KEY, a int, b int GENERATED ALWAYS AS (a * 2) STORED);
-- migration: expand
ALTER TABLE t DROP COLUMN b;
ALTER TABLE t ADD COLUMN b int;
-- old: INSERT INTO t (id, a) VALUES (1, 1) => ok
-- old: SELECT b FROM t => ok
-- new: INSERT INTO t (id, b) VALUES (1, 1) => 428C9

-- case: generation expression dropped and required
CREATE TABLE t (id int PRIMARY KEY, a int NOT NULL, b int NOT NULL GENERATED ALWAYS AS (a * 2) STORED);
-- migration: breaking
ALTER TABLE t ALTER COLUMN b DROP EXPRESSION;
-- old: INSERT INTO t (id, a) VALUES (1, 1) => 23502
-- new: INSERT INTO t (id, a, b) VALUES (1, 1, 1) => 428C9

-- case: updated at trigger with its column
CREATE TABLE t (id int PRIMARY KEY);
-- migration: expand
ALTER TABLE t ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now();
CREATE FUNCTION touch() RETURNS trigger AS $$ BEGIN NEW.updated_at = now(); RETURN NEW; END; $$ LANGUAGE plpgsql;
CREATE TRIGGER touch BEFORE UPDATE ON t FOR EACH ROW EXECUTE PROCEDURE touch();
-- old: INSERT INTO t VALUES (1); UPDATE t SET id = 2 => ok
-- new: SELECT updated_at FROM t => 42703

-- case: guard on a new column only
CREATE TABLE t (id int PRIMARY KEY);
-- migration: mixed
ALTER TABLE t ADD COLUMN kind text;
CREATE FUNCTION kinds() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.kind IS NULL THEN RAISE EXCEPTION 'kind is missing'; END IF; RETURN NEW; END $$;
CREATE TRIGGER kinds BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION kinds();
-- old: INSERT INTO t (id) VALUES (1) => P0001
-- new: SELECT kind FROM t => 42703

-- case: guard made again the same
CREATE TABLE t (id int PRIMARY KEY, a int);
CREATE FUNCTION pos() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.a < 0 THEN RAISE EXCEPTION 'negative'; END IF; RETURN NEW; END $$;
CREATE TRIGGER pos BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION pos();
-- migration: free
DROP TRIGGER IF EXISTS pos ON t;
CREATE OR REPLACE FUNCTION pos() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- as before
  IF NEW.a < 0 THEN
    RAISE EXCEPTION 'negative';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER pos_check BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION pos();
-- old: INSERT INTO t VALUES (1, 1) => ok

-- case: guard enabled that was disabled
CREATE TABLE t (id int PRIMARY KEY, a int);
CREATE FUNCTION pos() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'closed'; END $$;
CREATE TRIGGER pos BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION pos();
ALTER TABLE t DISABLE TRIGGER pos;
-- migration: contract
ALTER TABLE t ENABLE TRIGGER pos;
-- old: INSERT INTO t VALUES (1, 1) => P0001

-- case: truncate guard
CREATE TABLE t (id int PRIMARY KEY, a int);
-- migration: contract
CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'kept'; END $$;
CREATE TRIGGER keep BEFORE TRUNCATE ON t FOR EACH STATEMENT EXECUTE FUNCTION keep();
-- old: TRUNCATE t => P0001
-- old: INSERT INTO t VALUES (1, 1) => ok

-- case: table dropped and made again
CREATE TABLE t (id int PRIMARY KEY, a text);
-- migration: expand
DROP TABLE IF EXISTS t CASCADE;
CREATE TABLE t (id int CONSTRAINT t_pkey PRIMARY KEY, a text, b text);
-- old: INSERT INTO t (id, a) VALUES (1, 'x') ON CONFLICT ON CONSTRAINT t_pkey DO NOTHING => ok
-- new: SELECT b FROM t => 42703

-- case: table dropped and made again loses grants
CREATE ROLE app_objects12;
CREATE TABLE t (id int PRIMARY KEY); GRANT ALL ON t TO app_objects12;
-- migration: contract
DROP TABLE t;
CREATE TABLE t (id int PRIMARY KEY);
-- old: SET LOCAL ROLE app_objects12; SELECT id FROM t => 42501

-- case: insert-only role gets update
CREATE ROLE app_objects14;
CREATE TABLE t (id int PRIMARY KEY); GRANT INSERT ON t TO app_objects14;
-- migration: expand
GRANT UPDATE, DELETE ON t TO app_objects14;
-- old: SET LOCAL ROLE app_objects14; INSERT INTO t VALUES (1) => ok
-- new: SET LOCAL ROLE app_objects14; UPDATE t SET id = 5 => 42501

-- case: granted again after revoke all
CREATE ROLE app_objects15;
CREATE TABLE t (id int PRIMARY KEY); GRANT SELECT, INSERT ON t TO app_objects15;
-- migration: free
REVOKE ALL ON t FROM app_objects15;
GRANT SELECT, INSERT ON t TO app_objects15;
-- old: SET LOCAL ROLE app_objects15; INSERT INTO t VALUES (1) => ok

-- case: check on jsonb key added
CREATE TABLE t (id int PRIMARY KEY, doc jsonb NOT NULL);
-- migration: contract
ALTER TABLE t ADD CONSTRAINT doc_kind CHECK (doc ? 'kind') NOT VALID;
-- old: INSERT INTO t VALUES (1, '{}') => 23514
-- new: INSERT INTO t VALUES (1, '{"kind": 1}') => ok

-- case: enum column in a table added with label
CREATE TYPE st AS ENUM ('new', 'paid'); CREATE TABLE t (id int PRIMARY KEY, st st NOT NULL DEFAULT 'new');
-- migration: expand
ALTER TYPE st ADD VALUE 'refunded' AFTER 'paid';
ALTER TABLE t ADD COLUMN refund_at timestamptz;
-- old: INSERT INTO t (id) VALUES (1) => ok
-- new: INSERT INTO t (id, st) VALUES (1, 'refunded') => 22P02

-- case: unique index made partial beside the old
CREATE TABLE t (id int PRIMARY KEY, a int, gone boolean NOT NULL DEFAULT false);
CREATE UNIQUE INDEX t_a ON t (a);
-- migration: free
CREATE UNIQUE INDEX t_a_live ON t (a) WHERE NOT gone;
-- old: INSERT INTO t VALUES (1, 1) ON CONFLICT (a) DO NOTHING => ok

-- case: two columns swapped names
CREATE TABLE t (id int PRIMARY KEY, a int, b text);
-- migration: breaking
ALTER TABLE t RENAME COLUMN a TO c;
ALTER TABLE t RENAME COLUMN b TO a;
ALTER TABLE t RENAME COLUMN c TO b;
-- old: INSERT INTO t (id, a, b) VALUES (1, 1, 'x') => 22P02
-- new: INSERT INTO t (id, a, b) VALUES (1, 'x', 1) => 22P02

-- case: foreign key on two columns with match full
CREATE TABLE p (a int, b int, PRIMARY KEY (a, b)); CREATE TABLE t (id int PRIMARY KEY, a int, b int);
-- migration: contract
ALTER TABLE t ADD CONSTRAINT fk FOREIGN KEY (a, b) REFERENCES p MATCH FULL;
-- old: INSERT INTO t VALUES (1, 1, 1) => 23503
-- new: INSERT INTO t VALUES (1, NULL, NULL) => ok

-- case: function used by default replaced by built-in
CREATE FUNCTION gen() RETURNS uuid LANGUAGE sql AS 'SELECT gen_random_uuid()';
CREATE TABLE t (id uuid PRIMARY KEY DEFAULT gen());
-- migration: contract
ALTER TABLE t ALTER COLUMN id SET DEFAULT gen_random_uuid();
DROP FUNCTION gen();
-- old: INSERT INTO t DEFAULT VALUES => ok
-- old: SELECT gen() => 42883

-- case: view over view column added through both
CREATE TABLE t (id int PRIMARY KEY, a int, b int); CREATE VIEW v AS SELECT id, a FROM t; CREATE VIEW w AS SELECT id, a FROM v;
-- migration: expand
CREATE OR REPLACE VIEW v AS SELECT id, a, b FROM t;
CREATE OR REPLACE VIEW w AS SELECT id, a, b FROM v;
-- old: SELECT a FROM w => ok
-- new: SELECT b FROM w => 42703

-- case: view dropped with cascade and only one made again
CREATE TABLE t (id int PRIMARY KEY, a int); CREATE VIEW v AS SELECT id, a FROM t; CREATE VIEW w AS SELECT id, a FROM v;
-- migration: contract
DROP VIEW v CASCADE;
CREATE VIEW v AS SELECT id, a FROM t;
-- old: SELECT a FROM w => 42P01
-- old: SELECT a FROM v => ok

-- case: view filter tightened
CREATE TABLE t (id int PRIMARY KEY, a int); CREATE VIEW v AS SELECT id, a FROM t;
-- migration: free
CREATE OR REPLACE VIEW v AS SELECT id, a FROM t WHERE a > 0;
-- old: SELECT a FROM v => ok

-- case: bigserial on an existing table
CREATE TABLE t (a text);
-- migration: expand
ALTER TABLE t ADD COLUMN id bigserial PRIMARY KEY;
-- old: INSERT INTO t (a) VALUES ('x'), ('y') => ok
-- new: SELECT id FROM t => 42703

-- case: overload dropped that nobody's default uses
CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT a';
CREATE FUNCTION f(a text) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE TABLE t (id int, n int DEFAULT f(5));
-- migration: contract
DROP FUNCTION f(text);
-- old: SELECT f('x'::text) => 42883
-- old: INSERT INTO t (id) VALUES (1) => ok

-- case: row trigger on partitioned table refuses in partitions
CREATE TABLE t (id int, at date NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE t_1 PARTITION OF t FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
-- migration: contract
CREATE FUNCTION closed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'closed'; END $$;
CREATE TRIGGER closed BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION closed();
-- old: INSERT INTO t_1 VALUES (1, '2020-05-05') => P0001
-- old: INSERT INTO t VALUES (1, '2020-05-05') => P0001

-- case: text column with check to enum-like list
CREATE TABLE t (id int PRIMARY KEY, kind varchar(20));
-- migration: contract
ALTER TABLE t ADD CONSTRAINT kind_list CHECK (kind IN ('a', 'b', 'c'));
-- old: INSERT INTO t VALUES (1, 'z') => 23514
-- new: INSERT INTO t VALUES (1, 'a') => ok

-- case: operator dropped
CREATE FUNCTION same(int, int) RETURNS bool LANGUAGE sql AS 'SELECT $1 = $2';
CREATE OPERATOR === (FUNCTION = same, LEFTARG = int, RIGHTARG = int);
-- migration: contract
DROP OPERATOR === (int, int);
-- old: SELECT 1 === 1 => 42883
-- new: SELECT 1 => ok

-- case: operator with one argument dropped
CREATE FUNCTION negated(int) RETURNS int LANGUAGE sql AS 'SELECT -$1';
CREATE OPERATOR @@@ (FUNCTION = negated, RIGHTARG = int);
-- migration: contract
DROP OPERATOR @@@ (NONE, int);
-- old: SELECT @@@ 1 => 42883
-- new: SELECT 1 => ok

-- case: publication of a table without key
CREATE TABLE t (at int, url text); CREATE TABLE u (id int PRIMARY KEY);
-- migration: contract
CREATE PUBLICATION feed FOR TABLE t, u;
-- old: UPDATE t SET url = 'b' => 55000
-- old: DELETE FROM t => 55000
-- old: INSERT INTO t VALUES (1, 'a') => ok
-- old: UPDATE u SET id = 1 => ok

-- case: publication of all tables
CREATE TABLE t (at int, url text); CREATE UNLOGGED TABLE u (at int);
-- migration: contract
CREATE PUBLICATION feed FOR ALL TABLES WITH (publish = 'insert, update');
-- old: UPDATE t SET url = 'b' => 55000
-- old: DELETE FROM t => ok
-- old: UPDATE u SET at = 1 => ok

-- case: publication of a schema
CREATE TABLE t (at int); CREATE SCHEMA s; CREATE TABLE s.t (at int);
-- migration: contract
CREATE PUBLICATION feed FOR TABLES IN SCHEMA s;
-- old: UPDATE s.t SET at = 1 => 55000
-- old: UPDATE t SET at = 1 => ok

-- case: publication of inserts
CREATE TABLE t (at int, url text);
-- migration: free
CREATE PUBLICATION feed FOR TABLE t WITH (publish = 'insert');
-- old: UPDATE t SET url = 'b' => ok
-- old: DELETE FROM t => ok

-- case: table with a full identity joins a publication
CREATE TABLE t (at int, url text); ALTER TABLE t REPLICA IDENTITY FULL; CREATE TABLE u (id int PRIMARY KEY); CREATE PUBLICATION feed FOR TABLE u;
-- migration: free
ALTER PUBLICATION feed ADD TABLE t;
-- old: UPDATE t SET url = 'b' => ok

-- case: table without key joins a publication
CREATE TABLE t (at int, url text); CREATE TABLE u (id int PRIMARY KEY); CREATE PUBLICATION feed FOR TABLE u;
-- migration: contract
ALTER PUBLICATION feed ADD TABLE t;
-- old: UPDATE t SET url = 'b' => 55000

-- case: table without key leaves a publication
CREATE TABLE t (at int, url text); CREATE PUBLICATION feed FOR TABLE t;
-- migration: expand
ALTER PUBLICATION feed DROP TABLE t;
-- new: UPDATE t SET url = 'b' => 55000

-- case: published table has no identity any more
CREATE TABLE t (id int PRIMARY KEY, url text); CREATE PUBLICATION feed FOR TABLE t;
-- migration: contract
ALTER TABLE t REPLICA IDENTITY NOTHING;
-- old: UPDATE t SET url = 'b' => 55000
-- old: INSERT INTO t VALUES (1, 'a') => ok

-- case: published table loses its primary key
CREATE TABLE t (id int PRIMARY KEY, url text); CREATE PUBLICATION feed FOR TABLE t;
-- migration: breaking
ALTER TABLE t DROP CONSTRAINT t_pkey;
-- old: UPDATE t SET url = 'b' => 55000
-- old: DELETE FROM t => 55000

-- case: published table loses the index that identifies its rows
CREATE TABLE t (id int PRIMARY KEY, code text NOT NULL); CREATE UNIQUE INDEX t_code ON t (code); ALTER TABLE t REPLICA IDENTITY USING INDEX t_code; CREATE PUBLICATION feed FOR TABLE t;
-- migration: breaking
DROP INDEX t_code;
-- old: UPDATE t SET code = 'b' => 55000

-- case: partition without key of a published table
CREATE TABLE t (id int, at int) PARTITION BY RANGE (at); CREATE TABLE t_1 PARTITION OF t FOR VALUES FROM (0) TO (9);
-- migration: contract
CREATE PUBLICATION feed FOR TABLE t;
-- old: INSERT INTO t VALUES (1, 1) => ok
-- old: UPDATE t_1 SET id = 2 => 55000
-- old: UPDATE t SET id = 2 => 55000

-- case: extension moved out of the search path
CREATE SCHEMA ext; CREATE EXTENSION pgcrypto;
-- migration: breaking
ALTER EXTENSION pgcrypto SET SCHEMA ext;
-- old: SELECT digest('x', 'sha256') => 42883
-- new: SELECT ext.digest('x', 'sha256') => 42883

-- case: extension stays where it is
CREATE SCHEMA ext; CREATE EXTENSION pgcrypto SCHEMA ext;
-- migration: free
ALTER EXTENSION pgcrypto SET SCHEMA ext;
-- old: SELECT ext.digest('x', 'sha256') => ok
