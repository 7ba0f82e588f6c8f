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

-- case: membership revoked
CREATE ROLE group_security30; CREATE ROLE app_security30; GRANT group_security30 TO app_security30;
CREATE TABLE t (id serial PRIMARY KEY); GRANT SELECT, INSERT ON t TO group_security30; GRANT USAGE ON SEQUENCE t_id_seq TO group_security30;
-- migration: contract
REVOKE group_security30 FROM app_security30;
-- old: SET LOCAL ROLE app_security30; SELECT id FROM t => 42501
-- old: SET LOCAL ROLE app_security30; INSERT INTO t DEFAULT VALUES => 42501
-- old: SET LOCAL ROLE group_security30; SELECT id FROM t => ok

-- case: membership granted
CREATE ROLE group_security31; CREATE ROLE app_security31;
CREATE TABLE t (id int PRIMARY KEY); GRANT SELECT ON t TO group_security31;
-- migration: expand
GRANT group_security31 TO app_security31;
-- old: SET LOCAL ROLE group_security31; SELECT id FROM t => ok
-- new: SET LOCAL ROLE app_security31; SELECT id FROM t => 42501

-- case: membership two roles away revoked
CREATE ROLE far_security32; CREATE ROLE near_security32 IN ROLE far_security32; CREATE ROLE app_security32;
GRANT near_security32 TO app_security32;
CREATE SCHEMA app; CREATE TABLE app.t (id int PRIMARY KEY); GRANT USAGE ON SCHEMA app TO far_security32; GRANT SELECT ON app.t TO far_security32;
-- migration: contract
REVOKE far_security32 FROM near_security32;
-- old: SET LOCAL ROLE app_security32; SELECT id FROM app.t => 42501

-- case: membership revoked of who was granted the same
CREATE ROLE group_security33; CREATE ROLE app_security33; GRANT group_security33 TO app_security33;
CREATE TABLE t (id int PRIMARY KEY); GRANT SELECT ON t TO group_security33; GRANT SELECT ON t TO app_security33;
-- migration: free
REVOKE group_security33 FROM app_security33;
-- old: SET LOCAL ROLE app_security33; SELECT id FROM t => ok

-- case: membership revoked of who does not inherit
CREATE ROLE group_security34; CREATE ROLE app_security34 NOINHERIT; GRANT group_security34 TO app_security34;
CREATE TABLE t (id int PRIMARY KEY); GRANT SELECT ON t TO group_security34;
-- migration: free
REVOKE ADMIN OPTION FOR group_security34 FROM app_security34;
REVOKE group_security34 FROM app_security34;
-- old: SET LOCAL ROLE app_security34; SELECT 1 => ok

-- case: a role inherits no more
CREATE ROLE group_security35; CREATE ROLE app_security35; GRANT group_security35 TO app_security35;
CREATE TABLE t (id int PRIMARY KEY); GRANT SELECT ON t TO group_security35;
-- migration: contract
ALTER ROLE app_security35 NOINHERIT;
-- old: SET LOCAL ROLE app_security35; SELECT id FROM t => 42501

-- case: the right to call through a role revoked
CREATE ROLE group_security36; CREATE ROLE app_security36 IN ROLE group_security36;
CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; REVOKE ALL ON FUNCTION f() FROM PUBLIC; GRANT EXECUTE ON FUNCTION f() TO group_security36;
-- migration: contract
ALTER GROUP group_security36 DROP USER app_security36;
-- old: SET LOCAL ROLE app_security36; SELECT f() => 42501

-- case: membership of the owner revoked
CREATE ROLE owner_security37; CREATE ROLE app_security37 IN ROLE owner_security37;
CREATE TABLE t (id int PRIMARY KEY); ALTER TABLE t OWNER TO owner_security37;
-- migration: contract
REVOKE owner_security37 FROM app_security37;
-- old: SET LOCAL ROLE app_security37; SELECT id FROM t => 42501

-- case: owner becomes a role that the old one is a member of
CREATE ROLE owners_security38; CREATE ROLE app_security38 IN ROLE owners_security38;
CREATE TABLE t (id int PRIMARY KEY); ALTER TABLE t OWNER TO app_security38;
-- migration: expand
ALTER TABLE t OWNER TO owners_security38;
-- old: SET LOCAL ROLE app_security38; INSERT INTO t VALUES (1) => ok
-- new: SET LOCAL ROLE owners_security38; INSERT INTO t VALUES (1) => 42501

-- case: group dropped
CREATE ROLE far_security39; CREATE ROLE app_security39; CREATE ROLE group_security39 IN ROLE far_security39 ROLE app_security39;
CREATE TABLE t (id int PRIMARY KEY); GRANT SELECT ON t TO far_security39;
-- migration: contract
DROP ROLE group_security39;
-- old: SET LOCAL ROLE app_security39; SELECT id FROM t => 42501

-- case: grant moved to the group
CREATE ROLE group_security40; CREATE ROLE app_security40 IN ROLE group_security40;
CREATE TABLE t (id int PRIMARY KEY); GRANT SELECT ON t TO app_security40;
-- migration: expand
GRANT SELECT ON t TO group_security40;
REVOKE SELECT ON t FROM app_security40;
-- old: SET LOCAL ROLE app_security40; SELECT id FROM t => ok
-- new: SET LOCAL ROLE group_security40; SELECT id FROM t => 42501

-- case: grant moved from the group
CREATE ROLE group_security41; CREATE ROLE app_security41 IN ROLE group_security41;
CREATE TABLE t (id int PRIMARY KEY); GRANT SELECT ON t TO group_security41;
-- migration: contract
GRANT SELECT ON t TO app_security41;
REVOKE SELECT ON t FROM group_security41;
-- old: SET LOCAL ROLE app_security41; SELECT id FROM t => ok
-- old: SET LOCAL ROLE group_security41; SELECT id FROM t => 42501

-- case: policy that reads its own table
CREATE ROLE app_security60;
CREATE TABLE t (id int PRIMARY KEY, team int, who text); GRANT SELECT, INSERT ON t TO app_security60; ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY every ON t USING (true);
-- migration: contract
CREATE POLICY team ON t AS RESTRICTIVE FOR SELECT USING (team IN (SELECT x.team FROM t x WHERE x.who = current_user));
-- old: SET LOCAL ROLE app_security60; SELECT id FROM t => 42P17
-- old: SET LOCAL ROLE app_security60; INSERT INTO t VALUES (1, 1, 'a') => ok

-- case: policies of two tables that read each other
CREATE ROLE app_security61;
CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE u (id int PRIMARY KEY); GRANT ALL ON t, u TO app_security61; ALTER TABLE t ENABLE ROW LEVEL SECURITY; ALTER TABLE u ENABLE ROW LEVEL SECURITY;
CREATE POLICY p ON t USING (true); CREATE POLICY p ON u USING (EXISTS (SELECT 1 FROM t WHERE t.id = u.id));
-- migration: contract
ALTER POLICY p ON t USING (EXISTS (SELECT 1 FROM u WHERE u.id = t.id)) WITH CHECK (true);
-- old: SET LOCAL ROLE app_security61; SELECT id FROM t => 42P17
-- old: SET LOCAL ROLE app_security61; SELECT id FROM u => 42P17
-- old: SET LOCAL ROLE app_security61; INSERT INTO t VALUES (1) => ok

-- case: policy that asks a function of the owner
CREATE ROLE app_security62;
CREATE TABLE t (id int PRIMARY KEY, team int, who text); GRANT ALL ON t TO app_security62; ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY every ON t USING (true);
CREATE FUNCTION teams() RETURNS SETOF int LANGUAGE sql SECURITY DEFINER AS 'SELECT team FROM t';
-- migration: free
CREATE POLICY team ON t FOR SELECT USING (team IN (SELECT teams()));
-- old: SET LOCAL ROLE app_security62; SELECT id FROM t => ok

-- case: policy for another role that reads its own table through a view
CREATE ROLE app_security63;
CREATE TABLE t (id int PRIMARY KEY); GRANT ALL ON t TO app_security63; ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY every ON t USING (true);
CREATE VIEW v AS SELECT id FROM t; GRANT SELECT ON v TO app_security63;
-- migration: free
CREATE POLICY again ON t FOR SELECT USING (id IN (SELECT id FROM v));
-- old: SET LOCAL ROLE app_security63; SELECT id FROM t => ok

-- case: check for inserts that counts the table
CREATE ROLE app_security64;
CREATE TABLE t (id int PRIMARY KEY); GRANT ALL ON t TO app_security64; ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY reading ON t FOR SELECT USING (true);
-- migration: expand
CREATE POLICY few ON t FOR INSERT WITH CHECK ((SELECT count(*) FROM t) < 5);
-- old: SET LOCAL ROLE app_security64; SELECT id FROM t => ok
-- new: SET LOCAL ROLE app_security64; INSERT INTO t VALUES (1) => 42501

-- case: policy that reads a table without right
CREATE ROLE app_security65;
CREATE TABLE m (who text, org int); CREATE TABLE t (id int PRIMARY KEY, org int); GRANT SELECT ON t TO app_security65; ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY few ON t USING (org > 0);
-- migration: contract
CREATE POLICY member ON t AS RESTRICTIVE FOR SELECT USING (org IN (SELECT m.org FROM m WHERE m.who = current_user));
-- old: SET LOCAL ROLE app_security65; SELECT id FROM t => 42501

-- case: policy that reads a table without right beside one that admits all
CREATE ROLE app_security66;
CREATE TABLE m (who text, org int); CREATE TABLE t (id int PRIMARY KEY, org int); GRANT SELECT ON t TO app_security66; ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY few ON t USING (true);
-- migration: free
CREATE POLICY member ON t FOR SELECT USING (org IN (SELECT m.org FROM m WHERE m.who = current_user));
-- old: SET LOCAL ROLE app_security66; SELECT id FROM t => ok

-- case: trigger writes a table without right
CREATE ROLE app_security67;
CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE log (id int); GRANT SELECT, INSERT ON t TO app_security67;
-- migration: contract
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO log (id) VALUES (NEW.id); RETURN NEW; END $$;
CREATE TRIGGER note AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION note();
-- old: SET LOCAL ROLE app_security67; INSERT INTO t VALUES (1) => 42501
-- old: SET LOCAL ROLE app_security67; SELECT id FROM t => ok

-- case: trigger writes a table without right on its sequence
CREATE ROLE app_security68;
CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE log (number serial, id int); GRANT INSERT ON t, log TO app_security68;
-- migration: contract
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO log (id) VALUES (NEW.id); RETURN NEW; END $$;
CREATE TRIGGER note AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION note();
-- old: SET LOCAL ROLE app_security68; INSERT INTO t VALUES (1) => 42501

-- case: trigger of its definer writes a table without right
CREATE ROLE app_security69;
CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE log (id int); GRANT SELECT, INSERT ON t TO app_security69;
-- migration: free
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN INSERT INTO log (id) VALUES (NEW.id); RETURN NEW; END $$;
CREATE TRIGGER note AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION note();
-- old: SET LOCAL ROLE app_security69; INSERT INTO t VALUES (1) => ok

-- case: trigger writes a table with a right by membership
CREATE ROLE writers_security70; CREATE ROLE app_security70; GRANT writers_security70 TO app_security70;
CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE log (id int); GRANT INSERT ON t TO app_security70; GRANT INSERT ON log TO writers_security70;
-- migration: free
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO log (id) VALUES (NEW.id); RETURN NEW; END $$;
CREATE TRIGGER note AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION note();
-- old: SET LOCAL ROLE app_security70; INSERT INTO t VALUES (1) => ok

-- case: serial column without right on its sequence
CREATE ROLE app_security71;
CREATE TABLE t (id int PRIMARY KEY); GRANT INSERT ON t TO app_security71;
-- migration: breaking
ALTER TABLE t ADD COLUMN number bigserial;
-- old: SET LOCAL ROLE app_security71; INSERT INTO t (id) VALUES (1) => 42501
-- new: SELECT number FROM t => 42703

-- case: serial column with right on its sequence
CREATE ROLE app_security72;
CREATE TABLE t (id int PRIMARY KEY); GRANT INSERT ON t TO app_security72;
-- migration: expand
ALTER TABLE t ADD COLUMN number bigserial;
GRANT USAGE ON SEQUENCE t_number_seq TO app_security72;
-- old: SET LOCAL ROLE app_security72; INSERT INTO t (id) VALUES (1) => ok
-- new: SELECT number FROM t => 42703

-- case: identity column needs no right
CREATE ROLE app_security73;
CREATE TABLE t (id int PRIMARY KEY); GRANT INSERT ON t TO app_security73;
-- migration: expand
ALTER TABLE t ADD COLUMN number bigint GENERATED BY DEFAULT AS IDENTITY;
-- old: SET LOCAL ROLE app_security73; INSERT INTO t (id) VALUES (1) => ok
-- new: SELECT number FROM t => 42703

-- case: view handed to an owner without rights
CREATE ROLE app_security74;
CREATE TABLE t (id int PRIMARY KEY); CREATE VIEW v AS SELECT id FROM t; GRANT CREATE ON SCHEMA public TO app_security74;
-- migration: contract
ALTER VIEW v OWNER TO app_security74;
-- old: SELECT id FROM v => 42501

-- case: view handed to an owner with rights
CREATE ROLE app_security75;
CREATE TABLE t (id int PRIMARY KEY); CREATE VIEW v AS SELECT id FROM t; GRANT CREATE ON SCHEMA public TO app_security75; GRANT SELECT, INSERT, UPDATE, DELETE ON t TO app_security75;
-- migration: free
ALTER VIEW v OWNER TO app_security75;
-- old: SELECT id FROM v => ok

-- case: role may not begin sessions any more
CREATE ROLE app_security80 LOGIN; CREATE TABLE t (id int);
-- migration: contract
ALTER ROLE app_security80 NOLOGIN;

-- case: role may have no sessions any more
CREATE USER app_security81; CREATE TABLE t (id int);
-- migration: contract
ALTER ROLE app_security81 CONNECTION LIMIT 0;

-- case: role gets a password
CREATE USER app_security82; CREATE TABLE t (id int);
-- migration: free
ALTER ROLE app_security82 PASSWORD 'x' CONNECTION LIMIT 10;

-- case: policy's function wrapped in a select
CREATE ROLE app_differ1;
CREATE TABLE t (id int PRIMARY KEY, owner text NOT NULL); GRANT ALL ON t TO app_differ1; ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON t USING (owner = current_user);
-- migration: free
ALTER POLICY own ON t USING (((SELECT current_user) = owner)) WITH CHECK ((owner = (SELECT current_user)));
-- old: SET LOCAL ROLE app_differ1; INSERT INTO t VALUES (1, current_user); UPDATE t SET id = 2; DELETE FROM t => ok
-- new: SET LOCAL ROLE app_differ1; INSERT INTO t VALUES (1, current_user); UPDATE t SET id = 2; DELETE FROM t => ok

-- case: policy for all commands split by command
CREATE ROLE app_differ2;
CREATE TABLE t (id int PRIMARY KEY, owner text NOT NULL); GRANT ALL ON t TO app_differ2; ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON t USING (owner = current_user);
-- migration: free
DROP POLICY own ON t;
CREATE POLICY s ON t FOR SELECT USING (owner = current_user);
CREATE POLICY i ON t FOR INSERT WITH CHECK (owner = current_user);
CREATE POLICY u ON t FOR UPDATE USING (owner = current_user) WITH CHECK (owner = current_user);
CREATE POLICY d ON t FOR DELETE USING (owner = current_user);
-- old: SET LOCAL ROLE app_differ2; INSERT INTO t VALUES (1, current_user); UPDATE t SET id = 2; DELETE FROM t => ok
-- new: SET LOCAL ROLE app_differ2; INSERT INTO t VALUES (1, current_user); UPDATE t SET id = 2; DELETE FROM t => ok

-- case: policy split by command that leaves one out
CREATE ROLE app_differ3;
CREATE TABLE t (id int PRIMARY KEY, owner text NOT NULL); GRANT ALL ON t TO app_differ3; ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON t USING (owner = current_user);
-- migration: contract
DROP POLICY own ON t;
CREATE POLICY s ON t FOR SELECT USING (owner = current_user);
CREATE POLICY u ON t FOR UPDATE USING (owner = current_user);
CREATE POLICY d ON t FOR DELETE USING (owner = current_user);
-- old: SET LOCAL ROLE app_differ3; INSERT INTO t VALUES (1, current_user) => 42501
-- new: SET LOCAL ROLE app_differ3; DELETE FROM t => ok

-- case: policy gains an alternative
CREATE ROLE app_differ4;
CREATE TABLE t (id int PRIMARY KEY, owner text NOT NULL); GRANT ALL ON t TO app_differ4; ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON t USING (owner = current_user);
-- migration: expand
ALTER POLICY own ON t USING (id > 5 OR owner = current_user);
-- old: SET LOCAL ROLE app_differ4; INSERT INTO t VALUES (1, current_user) => ok
-- new: SET LOCAL ROLE app_differ4; INSERT INTO t VALUES (6, 'x') => 42501

-- case: policy gains a condition
CREATE ROLE app_differ5;
CREATE TABLE t (id int PRIMARY KEY, owner text NOT NULL); GRANT ALL ON t TO app_differ5; ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON t USING (owner = current_user);
-- migration: contract
ALTER POLICY own ON t USING (owner = current_user AND id > 5);
-- old: SET LOCAL ROLE app_differ5; INSERT INTO t VALUES (1, current_user) => 42501
-- new: SET LOCAL ROLE app_differ5; INSERT INTO t VALUES (6, current_user) => ok

-- case: policy for update gets a check of its own
CREATE ROLE app_differ6;
CREATE TABLE t (id int PRIMARY KEY, owner text NOT NULL); INSERT INTO t VALUES (1, 'app_differ6'); GRANT ALL ON t TO app_differ6; ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY s ON t FOR SELECT USING (true); CREATE POLICY u ON t FOR UPDATE USING (owner = current_user) WITH CHECK (true);
-- migration: contract
ALTER POLICY u ON t WITH CHECK (owner = current_user);
-- old: SET LOCAL ROLE app_differ6; UPDATE t SET owner = 'x' => 42501
-- new: SET LOCAL ROLE app_differ6; UPDATE t SET id = 2 => ok

-- case: policy lists one more state
CREATE ROLE app_differ7;
CREATE TABLE t (id int PRIMARY KEY, state text NOT NULL); GRANT ALL ON t TO app_differ7; ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON t USING (state = 'a');
-- migration: expand
ALTER POLICY p ON t USING (state IN ('a', 'b'));
-- old: SET LOCAL ROLE app_differ7; INSERT INTO t VALUES (1, 'a') => ok
-- new: SET LOCAL ROLE app_differ7; INSERT INTO t VALUES (1, 'b') => 42501
