-- Revert inventory:schema from pg

BEGIN;

DROP SCHEMA inventory;

COMMIT;
