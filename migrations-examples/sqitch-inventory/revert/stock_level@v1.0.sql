-- Revert inventory:stock_level from pg

BEGIN;

DROP FUNCTION inventory.stock_level(integer);

COMMIT;
