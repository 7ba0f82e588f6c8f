-- Revert inventory:movements from pg

BEGIN;

DROP TABLE inventory.movements;

COMMIT;
