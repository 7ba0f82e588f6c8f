-- Routines that build statements of their arguments.
CREATE TABLE orders (id integer PRIMARY KEY, updated_at timestamptz);
CREATE TABLE "Odd" (id integer PRIMARY KEY, updated_at timestamptz);
CREATE TABLE customers (id integer PRIMARY KEY);
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.updated_at := now(); RETURN NEW; END $$;
CREATE FUNCTION touches(target regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TRIGGER touched BEFORE UPDATE ON %s FOR EACH ROW EXECUTE FUNCTION touch()', target);
END $$;
CREATE FUNCTION audited(target text, prefix text DEFAULT 'audit_', plus boolean DEFAULT false) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    name text := prefix || target;
BEGIN
    EXECUTE 'CREATE TABLE ' || quote_ident(name) || ' (id integer, at timestamptz)';
    IF plus THEN
        EXECUTE format('CREATE INDEX %I ON %I (at)', name || '_by_at', name);
        PERFORM touches(target => target);
    END IF;
END $$;
CREATE FUNCTION granted(operation text, name text, to_whom text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF lower(operation) NOT IN ('select', 'insert') THEN
        RAISE EXCEPTION 'no such operation';
    ELSE
        EXECUTE format('GRANT ' || operation || ' ON ' || quote_ident(name) || ' TO ' || to_whom);
    END IF;
END $$;
CREATE FUNCTION granted(operation text, name text, to_whom text, columns text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    own text;
BEGIN
    FOREACH own IN ARRAY columns LOOP
        EXECUTE 'GRANT ' || operation || ' (' || quote_ident(own) || ') ON ' || quote_ident(name) || ' TO ' || to_whom;
    END LOOP;
END $$;
CREATE PROCEDURE widened(a text, b int) LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN 1..b LOOP
        EXECUTE format('ALTER TABLE %I ADD COLUMN extra_%s integer', a, i);
    END LOOP;
END $$;
CREATE FUNCTION policed(name text, target text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    head text;
BEGIN
    IF EXISTS (SELECT 1 FROM pg_policies WHERE policyname = name AND tablename = target) THEN
        head := 'ALTER POLICY ' || quote_ident(name) || ' ON ' || quote_ident(target);
    ELSE
        head := 'CREATE POLICY ' || quote_ident(name) || ' ON ' || quote_ident(target);
    END IF;
    EXECUTE head || ' USING (id > 0)';
END $$;
