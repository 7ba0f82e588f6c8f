-- Verify inventory:items on pg

BEGIN;

SELECT id, code, name, unit, weight_g FROM inventory.items WHERE false;

ROLLBACK;
