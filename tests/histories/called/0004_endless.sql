CREATE FUNCTION endless(n integer) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF n > 3 THEN
        RETURN;
    END IF;
    EXECUTE format('CREATE TABLE level_%s (id integer)', n);
    PERFORM endless(n + 1);
    PERFORM endless(n + 2);
    PERFORM endless(n + 3);
END $$;
DO $$ BEGIN IF false THEN PERFORM endless(1); END IF; END $$;
