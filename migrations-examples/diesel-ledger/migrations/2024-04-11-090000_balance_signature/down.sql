CREATE FUNCTION balance_of(account INTEGER) RETURNS NUMERIC
    LANGUAGE sql STABLE
    AS $$ SELECT coalesce(sum(amount), 0) FROM entries WHERE account_id = account $$;
DROP FUNCTION balance_of(INTEGER, DATE);
