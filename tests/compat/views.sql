-- case: view expression changed
CREATE TABLE t (id int PRIMARY KEY, a int);
CREATE VIEW v AS SELECT id, a + 1 AS n FROM t;
-- migration: free
CREATE OR REPLACE VIEW v AS SELECT id, a + 2 AS n FROM t;
-- old: SELECT n FROM v => ok
-- new: SELECT n FROM v => ok

-- case: view column renamed by recreation
CREATE TABLE t (id int PRIMARY KEY, a int);
CREATE VIEW v AS SELECT id, a AS n FROM t;
-- migration: breaking
DROP VIEW v;
CREATE VIEW v AS SELECT id, a AS m FROM t;
-- old: SELECT n FROM v => 42703
-- new: SELECT m FROM v => 42703

-- case: view column renamed in place
CREATE TABLE t (id int PRIMARY KEY, a int);
CREATE VIEW v AS SELECT id, a AS n FROM t;
-- migration: breaking
ALTER VIEW v RENAME COLUMN n TO m;
-- old: SELECT n FROM v => 42703
-- new: SELECT m FROM v => 42703

-- case: view gets check option and condition
CREATE TABLE t (id int PRIMARY KEY, a int);
CREATE VIEW v AS SELECT id, a FROM t;
-- migration: contract
CREATE OR REPLACE VIEW v AS SELECT id, a FROM t WHERE a > 0 WITH CHECK OPTION;
-- old: INSERT INTO v VALUES (1, -1) => 44000
-- new: INSERT INTO v VALUES (1, 1) => ok

-- case: view becomes a join
CREATE TABLE t (id int PRIMARY KEY, a int); CREATE TABLE u (id int PRIMARY KEY);
CREATE VIEW v AS SELECT t.id, t.a FROM t;
-- migration: contract
CREATE OR REPLACE VIEW v AS SELECT t.id, t.a FROM t JOIN u ON u.id = t.id;
-- old: INSERT INTO v VALUES (1, -1) => 55000
-- new: SELECT id, a FROM v => ok

-- case: instead of trigger dropped
CREATE TABLE t (id int PRIMARY KEY, a int);
CREATE VIEW v AS SELECT id, max(a) AS a FROM t GROUP BY id;
CREATE FUNCTION ins() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO t VALUES (NEW.id, NEW.a); RETURN NEW; END $$;
CREATE TRIGGER ins INSTEAD OF INSERT ON v FOR EACH ROW EXECUTE FUNCTION ins();
-- migration: contract
DROP TRIGGER ins ON v;
-- old: INSERT INTO v VALUES (1, 1) => 55000
-- new: SELECT a FROM v => ok

-- case: instead of trigger added
CREATE TABLE t (id int PRIMARY KEY, a int);
CREATE VIEW v AS SELECT id, max(a) AS a FROM t GROUP BY id;
-- migration: expand
CREATE FUNCTION ins() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO t VALUES (NEW.id, NEW.a); RETURN NEW; END $$;
CREATE TRIGGER ins INSTEAD OF INSERT ON v FOR EACH ROW EXECUTE FUNCTION ins();
-- old: SELECT a FROM v => ok
-- new: INSERT INTO v VALUES (1, 1) => 55000

-- case: view made again loses its grants
CREATE ROLE app_views7;
CREATE TABLE t (id int PRIMARY KEY, a int);
CREATE VIEW v AS SELECT id FROM t; GRANT SELECT ON v TO app_views7;
-- migration: contract
DROP VIEW v;
CREATE VIEW v AS SELECT id FROM t;
-- old: SET LOCAL ROLE app_views7; SELECT id FROM v => 42501
-- new: SELECT id FROM v => ok

-- case: view made again with its grants
CREATE ROLE app_views8;
CREATE TABLE t (id int PRIMARY KEY, a int);
CREATE VIEW v AS SELECT id FROM t; GRANT SELECT ON v TO app_views8;
-- migration: expand
DROP VIEW v;
CREATE VIEW v AS SELECT a, id FROM t;
GRANT SELECT ON v TO app_views8;
-- old: SET LOCAL ROLE app_views8; SELECT id FROM v => ok
-- new: SELECT a FROM v => 42703

-- case: view becomes invoker
CREATE ROLE app_views9;
CREATE TABLE t (id int PRIMARY KEY, a int);
CREATE VIEW v AS SELECT id FROM t; GRANT SELECT ON v TO app_views9;
-- migration: contract
ALTER VIEW v SET (security_invoker = true);
-- old: SET LOCAL ROLE app_views9; SELECT id FROM v => 42501
-- new: SELECT id FROM v => ok

-- case: view to materialized
CREATE TABLE t (id int PRIMARY KEY, a int);
CREATE VIEW v AS SELECT id, a FROM t;
-- migration: breaking
DROP VIEW v;
CREATE MATERIALIZED VIEW v AS SELECT id, a FROM t;
-- old: INSERT INTO v VALUES (1, 2) => 42809
-- old: SELECT id FROM v => ok
-- new: SELECT id FROM v => ok
-- new: REFRESH MATERIALIZED VIEW v => 42809

-- case: materialized made again with a column
CREATE TABLE t (id int PRIMARY KEY, a int);
CREATE MATERIALIZED VIEW v AS SELECT id FROM t; CREATE UNIQUE INDEX v_id ON v (id);
-- migration: expand
DROP MATERIALIZED VIEW v;
CREATE MATERIALIZED VIEW v AS SELECT id, a FROM t;
CREATE UNIQUE INDEX v_id ON v (id);
-- old: SELECT id FROM v => ok
-- new: SELECT a FROM v => 42703

-- case: materialized refreshed
CREATE TABLE t (id int PRIMARY KEY, a int);
CREATE MATERIALIZED VIEW v AS SELECT id FROM t; CREATE UNIQUE INDEX v_id ON v (id);
-- migration: migrate
REFRESH MATERIALIZED VIEW CONCURRENTLY v;
-- old: SELECT id FROM v => ok

-- case: view default
CREATE TABLE t (id int PRIMARY KEY, a int NOT NULL);
CREATE VIEW v AS SELECT id, a FROM t;
-- migration: expand
ALTER VIEW v ALTER COLUMN a SET DEFAULT 5;
-- old: INSERT INTO v VALUES (1, 1) => ok
-- new: INSERT INTO v (id) VALUES (1) => 23502

-- case: insert rule hides rows
CREATE TABLE t (id int PRIMARY KEY, a int);
-- migration: contract
CREATE RULE t_log AS ON INSERT TO t DO ALSO NOTIFY t;
-- old: INSERT INTO t VALUES (1, 1) ON CONFLICT (id) DO NOTHING => 0A000
-- new: INSERT INTO t VALUES (1, 1) => ok

-- case: materialized view loses its key
CREATE TABLE t (id int, a text); CREATE MATERIALIZED VIEW v AS SELECT id, a FROM t; CREATE UNIQUE INDEX v_id ON v (id);
-- migration: contract
DROP INDEX v_id;
-- old: REFRESH MATERIALIZED VIEW CONCURRENTLY v => 55000
-- old: REFRESH MATERIALIZED VIEW v => ok

-- case: materialized view has its key under another name
CREATE TABLE t (id int, a text); CREATE MATERIALIZED VIEW v AS SELECT id, a FROM t; CREATE UNIQUE INDEX v_id ON v (id);
-- migration: free
CREATE UNIQUE INDEX v_key ON v (id);
DROP INDEX v_id;
-- old: REFRESH MATERIALIZED VIEW CONCURRENTLY v => ok

-- case: materialized view gets its key
CREATE TABLE t (id int, a text); CREATE MATERIALIZED VIEW v AS SELECT id, a FROM t; CREATE UNIQUE INDEX v_lower ON v (lower(a));
-- migration: expand
CREATE UNIQUE INDEX v_id ON v (id);
-- old: REFRESH MATERIALIZED VIEW v => ok
-- new: REFRESH MATERIALIZED VIEW CONCURRENTLY v => 55000

-- case: materialized view becomes a view
CREATE TABLE t (id int, a text); CREATE MATERIALIZED VIEW v AS SELECT id, a FROM t GROUP BY id, a;
-- migration: contract
DROP MATERIALIZED VIEW v;
CREATE VIEW v AS SELECT id, a FROM t GROUP BY id, a;
-- old: REFRESH MATERIALIZED VIEW v => 42809
-- old: SELECT a FROM v => ok

-- case: materialized view becomes a table
CREATE TABLE t (id int, a text); CREATE MATERIALIZED VIEW v AS SELECT id, a FROM t;
-- migration: breaking
DROP MATERIALIZED VIEW v;
CREATE TABLE v (id int, a text);
-- old: REFRESH MATERIALIZED VIEW v => 0A000
-- old: SELECT a FROM v => ok
-- new: INSERT INTO v VALUES (1, 'a') => 42809

-- case: table becomes a view that is written by triggers for inserts only
CREATE TABLE t (who text, page text);
-- migration: mixed
ALTER TABLE t RENAME TO base;
CREATE VIEW t AS SELECT who, page FROM base UNION ALL SELECT 'x', 'y';
CREATE FUNCTION ins() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO base VALUES (NEW.who, NEW.page); RETURN NEW; END $$;
CREATE TRIGGER ins INSTEAD OF INSERT ON t FOR EACH ROW EXECUTE FUNCTION ins();
-- old: INSERT INTO t VALUES ('a', 'b') => ok
-- old: UPDATE t SET page = 'x' => 55000
-- old: DELETE FROM t => 55000
-- new: SELECT who FROM base => 42P01

-- case: table becomes a simple view that is written by triggers for inserts only
CREATE TABLE t (who text, page text);
-- migration: expand
ALTER TABLE t RENAME TO base;
CREATE VIEW t AS SELECT who, page FROM base;
CREATE FUNCTION ins() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO base VALUES (NEW.who, NEW.page); RETURN NEW; END $$;
CREATE TRIGGER ins INSTEAD OF INSERT ON t FOR EACH ROW EXECUTE FUNCTION ins();
-- old: INSERT INTO t VALUES ('a', 'b') => ok
-- old: UPDATE t SET page = 'x' => ok
-- old: DELETE FROM t => ok
-- new: SELECT who FROM base => 42P01

-- case: table becomes a view that is written by triggers for all
CREATE TABLE t (id int PRIMARY KEY, page text NOT NULL);
-- migration: mixed
ALTER TABLE t RENAME TO base;
CREATE VIEW t AS SELECT id, page FROM base UNION ALL SELECT 0, 'y';
CREATE FUNCTION ins() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
IF TG_OP = 'INSERT' THEN INSERT INTO base VALUES (NEW.id, NEW.page); END IF; RETURN NEW; END $$;
CREATE TRIGGER ins INSTEAD OF INSERT OR UPDATE OR DELETE ON t FOR EACH ROW EXECUTE FUNCTION ins();
-- old: INSERT INTO t VALUES (1, 'b') ON CONFLICT (id) DO NOTHING => 42P10
-- old: UPDATE t SET page = 'x' => ok
-- new: SELECT id FROM base => 42P01

-- case: view loses its check option by alter
CREATE TABLE t (id int PRIMARY KEY, state text NOT NULL);
CREATE VIEW drafts AS SELECT id, state FROM t WHERE state = 'draft' WITH CHECK OPTION;
-- migration: expand
ALTER VIEW drafts RESET (check_option);
-- old: INSERT INTO drafts VALUES (1, 'draft') => ok
-- new: INSERT INTO drafts VALUES (1, 'live') => 44000

-- case: view gains a check option by alter
CREATE TABLE t (id int PRIMARY KEY, state text NOT NULL);
CREATE VIEW drafts AS SELECT id, state FROM t WHERE state = 'draft';
-- migration: contract
ALTER VIEW drafts SET (check_option = local);
-- old: INSERT INTO drafts VALUES (1, 'live') => 44000
-- new: INSERT INTO drafts VALUES (1, 'draft') => ok

-- case: view's other options altered
CREATE TABLE t (id int PRIMARY KEY, state text NOT NULL);
CREATE VIEW drafts AS SELECT id, state FROM t WHERE state = 'draft' WITH CHECK OPTION;
-- migration: free
ALTER VIEW drafts SET (security_barrier);
ALTER VIEW drafts RESET (security_barrier);
-- old: INSERT INTO drafts VALUES (1, 'draft') => ok
-- new: INSERT INTO drafts VALUES (1, 'draft') => ok
