-- Verify inventory:movements_idx on pg

BEGIN;

SELECT 1 / count(*) FROM pg_class WHERE oid = 'inventory.movements_item_idx'::regclass;

ROLLBACK;
