-- Verify inventory:stock_level on pg

BEGIN;

SELECT has_function_privilege('inventory.stock_level(integer)', 'execute');

ROLLBACK;
