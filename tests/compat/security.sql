-- case: rls disabled
CREATE ROLE app_security8;
CREATE TABLE t (id int PRIMARY KEY); GRANT ALL ON t TO app_security8; ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY few ON t USING (id > 5);
-- migration: expand
ALTER TABLE t DISABLE ROW LEVEL SECURITY;
-- old: SET LOCAL ROLE app_security8; INSERT INTO t VALUES (10) => ok
-- new: SET LOCAL ROLE app_security8; INSERT INTO t VALUES (1) => 42501

-- case: policy loosened
CREATE ROLE app_security9;
CREATE TABLE t (id int PRIMARY KEY); GRANT ALL ON t TO app_security9; ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY few ON t USING (id > 5);
-- migration: expand
ALTER POLICY few ON t USING (true) WITH CHECK (true);
-- old: SET LOCAL ROLE app_security9; INSERT INTO t VALUES (10) => ok
-- new: SET LOCAL ROLE app_security9; INSERT INTO t VALUES (1) => 42501

-- case: second permissive policy
CREATE ROLE app_security10;
CREATE TABLE t (id int PRIMARY KEY); GRANT ALL ON t TO app_security10; ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY few ON t USING (id > 5);
-- migration: expand
CREATE POLICY more ON t FOR INSERT WITH CHECK (id = 1);
-- old: SET LOCAL ROLE app_security10; INSERT INTO t VALUES (10) => ok
-- new: SET LOCAL ROLE app_security10; INSERT INTO t VALUES (1) => 42501

-- case: restrictive policy
CREATE ROLE app_security11;
CREATE TABLE t (id int PRIMARY KEY); GRANT ALL ON t TO app_security11; ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY every ON t USING (true);
-- migration: contract
CREATE POLICY big ON t AS RESTRICTIVE USING (id > 5);
-- old: SET LOCAL ROLE app_security11; INSERT INTO t VALUES (1) => 42501
-- new: SET LOCAL ROLE app_security11; INSERT INTO t VALUES (10) => ok

-- case: rls with tenant policy
CREATE ROLE app_security12;
CREATE TABLE t (id int PRIMARY KEY, tenant text); GRANT ALL ON t TO app_security12;
-- migration: contract
ALTER TABLE t ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON t USING (tenant = current_setting('app.tenant', true)) WITH CHECK (tenant = current_setting('app.tenant', true));
-- old: SET LOCAL ROLE app_security12; INSERT INTO t VALUES (1, 'a') => 42501
-- new: SET LOCAL ROLE app_security12; SET LOCAL app.tenant = 'a'; INSERT INTO t VALUES (1, 'a') => ok

-- case: policy renamed
CREATE ROLE app_security14;
CREATE TABLE t (id int PRIMARY KEY); GRANT ALL ON t TO app_security14; ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON t TO app_security14 USING (true);
-- migration: free
ALTER POLICY p ON t RENAME TO everyone;
-- old: SET LOCAL ROLE app_security14; INSERT INTO t VALUES (1) => ok

-- case: policy dropped and made again the same
CREATE ROLE app_security15;
CREATE TABLE t (id int PRIMARY KEY, owner text); GRANT ALL ON t TO app_security15; ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON t USING (owner = current_user);
-- migration: free
DROP POLICY IF EXISTS p ON t;
CREATE POLICY p ON t USING (owner = current_user);
-- old: SET LOCAL ROLE app_security15; INSERT INTO t VALUES (1, current_user) => ok

-- case: rls on a new table
CREATE TABLE t (id int PRIMARY KEY);
-- migration: expand
CREATE TABLE u (id int PRIMARY KEY);
ALTER TABLE u ENABLE ROW LEVEL SECURITY;
CREATE POLICY p ON u USING (true);
-- old: INSERT INTO t VALUES (1) => ok
-- new: SELECT id FROM u => 42P01

-- case: column privilege revoked
CREATE ROLE app_security17;
CREATE TABLE t (id int PRIMARY KEY, a text); GRANT SELECT (id, a) ON t TO app_security17;
-- migration: contract
REVOKE SELECT (a) ON t FROM app_security17;
-- old: SET LOCAL ROLE app_security17; SELECT a FROM t => 42501
-- new: SET LOCAL ROLE app_security17; SELECT id FROM t => ok

-- case: table right narrowed to columns
CREATE ROLE app_security18;
CREATE TABLE t (id int PRIMARY KEY, a text); GRANT SELECT ON t TO app_security18;
-- migration: contract
REVOKE SELECT ON t FROM app_security18;
GRANT SELECT (id) ON t TO app_security18;
-- old: SET LOCAL ROLE app_security18; SELECT a FROM t => 42501
-- new: SET LOCAL ROLE app_security18; SELECT id FROM t => ok

-- case: schema usage revoked
CREATE ROLE app_security20;
CREATE SCHEMA app; CREATE TABLE app.t (id int PRIMARY KEY); GRANT USAGE ON SCHEMA app TO app_security20; GRANT SELECT ON app.t TO app_security20;
-- migration: contract
REVOKE USAGE ON SCHEMA app FROM app_security20;
-- old: SET LOCAL ROLE app_security20; SELECT id FROM app.t => 42501

-- case: all tables granted
CREATE ROLE app_security21;
CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE u (id serial);
-- migration: expand
GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA public TO app_security21;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO app_security21;
-- old: SELECT id FROM t => ok
-- new: SET LOCAL ROLE app_security21; SELECT id FROM t => 42501

-- case: sequence right revoked
CREATE ROLE app_security23;
CREATE TABLE t (id serial PRIMARY KEY); GRANT INSERT ON t TO app_security23; GRANT USAGE ON SEQUENCE t_id_seq TO app_security23;
-- migration: contract
REVOKE ALL ON SEQUENCE t_id_seq FROM app_security23;
-- old: SET LOCAL ROLE app_security23; INSERT INTO t DEFAULT VALUES => 42501

-- case: default privileges
CREATE ROLE app_security24;
-- migration: expand
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO app_security24;
CREATE TABLE t (id int);
-- new: SET LOCAL ROLE app_security24; SELECT id FROM t => 42P01

-- case: grant option
CREATE ROLE app_security25;
CREATE TABLE t (id int); GRANT SELECT ON t TO app_security25 WITH GRANT OPTION;
-- migration: free
REVOKE GRANT OPTION FOR SELECT ON t FROM app_security25;
-- old: SET LOCAL ROLE app_security25; SELECT id FROM t => ok
