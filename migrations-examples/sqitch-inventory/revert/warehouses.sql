-- Revert inventory:warehouses from pg

BEGIN;

DROP TABLE inventory.warehouses;

COMMIT;
