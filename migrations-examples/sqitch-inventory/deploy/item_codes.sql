-- Deploy inventory:item_codes to pg

BEGIN;

UPDATE inventory.items SET code = upper(code) WHERE code <> upper(code);
ALTER TABLE inventory.items
    ADD CONSTRAINT items_code_key UNIQUE (code),
    ADD CONSTRAINT items_code_capitals CHECK (code = upper(code));

COMMIT;
