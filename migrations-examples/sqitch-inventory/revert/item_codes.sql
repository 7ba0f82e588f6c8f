-- Revert inventory:item_codes from pg

BEGIN;

ALTER TABLE inventory.items DROP CONSTRAINT items_code_capitals, DROP CONSTRAINT items_code_key;

COMMIT;
