CREATE VIEW balances AS
    SELECT account_id, sum(amount) AS balance FROM entries GROUP BY account_id;

CREATE FUNCTION balance_of(account INTEGER) RETURNS NUMERIC
    LANGUAGE sql STABLE
    AS $$ SELECT coalesce(sum(amount), 0) FROM entries WHERE account_id = account $$;
