-- Verify inventory:item_codes on pg

BEGIN;

SELECT 1 / count(*) FROM pg_constraint WHERE conname = 'items_code_key';

ROLLBACK;
