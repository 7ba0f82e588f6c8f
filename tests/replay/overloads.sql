-- What depends on one of several routines of a name goes with that one.
CREATE FUNCTION f(a integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT a';
CREATE FUNCTION f(a text, b text DEFAULT '') RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT a';
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TABLE t (a text CHECK (f(a, 'x') <> ''), b integer DEFAULT length(f('x', 'y')));
CREATE VIEW v AS SELECT f(a, 'z') AS a FROM t;
CREATE TRIGGER touched BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f();
DROP FUNCTION f(text, text);
DROP FUNCTION f(integer);
DROP FUNCTION f();
DROP FUNCTION f(text, text) CASCADE;
CREATE FUNCTION g(a integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT a';
CREATE TABLE u (a integer DEFAULT g(1));
CREATE FUNCTION g(a integer, b integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT a';
CREATE FUNCTION g(a text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT a';
DROP FUNCTION g(integer);
DROP FUNCTION g(integer, integer);
DROP FUNCTION g(text);
DROP FUNCTION g(integer) CASCADE;
DROP FUNCTION f() CASCADE;
-- The types of one argument do not tell them apart.
CREATE FUNCTION h(a integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT a';
CREATE FUNCTION h(a text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT a';
CREATE VIEW w AS SELECT h(1) AS a;
DROP FUNCTION h(text);
