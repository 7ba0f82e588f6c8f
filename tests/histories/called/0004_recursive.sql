CREATE FUNCTION levels(n integer) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF n > 3 THEN
        RETURN;
    END IF;
    EXECUTE format('CREATE TABLE IF NOT EXISTS level_%s (id integer)', n);
    PERFORM levels(n + 1);
    PERFORM levels(n + 2);
END $$;
SELECT levels(1);
