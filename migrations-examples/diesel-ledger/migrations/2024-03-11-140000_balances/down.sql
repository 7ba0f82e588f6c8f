DROP FUNCTION balance_of(INTEGER);
DROP VIEW balances;
