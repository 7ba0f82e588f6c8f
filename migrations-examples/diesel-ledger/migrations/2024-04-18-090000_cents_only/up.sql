-- The view stands on the column, so it is taken away and put back around the change.
DROP VIEW balances;
ALTER TABLE entries ALTER COLUMN amount TYPE NUMERIC(14, 2);
CREATE VIEW balances AS
    SELECT account_id, sum(amount) AS balance FROM entries GROUP BY account_id;
