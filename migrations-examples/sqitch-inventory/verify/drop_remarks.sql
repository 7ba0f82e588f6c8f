-- Verify inventory:drop_remarks on pg

BEGIN;

SELECT id, item_id, warehouse, quantity, moved_at FROM inventory.movements WHERE false;

ROLLBACK;
