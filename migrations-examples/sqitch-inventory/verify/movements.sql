-- Verify inventory:movements on pg

BEGIN;

SELECT id, item_id, warehouse, quantity, moved_at, remark FROM inventory.movements WHERE false;

ROLLBACK;
