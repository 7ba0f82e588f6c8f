-- The second argument has a default, so that callers with one argument look unaffected.
CREATE FUNCTION balance_of(account INTEGER, on_day DATE DEFAULT CURRENT_DATE) RETURNS NUMERIC
    LANGUAGE sql STABLE
    AS $$
        SELECT coalesce(sum(e.amount), 0)
        FROM entries e JOIN transfers t ON t.id = e.transfer_id
        WHERE e.account_id = account AND t.booked_on <= on_day
    $$;
DROP FUNCTION balance_of(INTEGER);
