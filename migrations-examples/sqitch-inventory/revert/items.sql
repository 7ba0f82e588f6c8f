-- Revert inventory:items from pg

BEGIN;

DROP TABLE inventory.items;

COMMIT;
