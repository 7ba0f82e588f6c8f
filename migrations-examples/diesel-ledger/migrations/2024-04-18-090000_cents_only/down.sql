DROP VIEW balances;
ALTER TABLE entries ALTER COLUMN amount TYPE NUMERIC(14, 4);
CREATE VIEW balances AS
    SELECT account_id, sum(amount) AS balance FROM entries GROUP BY account_id;
